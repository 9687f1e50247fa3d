"""The stand-in as a process of its own, commanded and read over DDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
import math
from pathlib import Path
import signal
from typing import Any

from builtin_interfaces.msg import Duration, Time
from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from harness import Client, NodeProcess, planar_tip, running_node, START_TIMEOUT, URDF, values
from ik_solver_node.ros.conversions import stamp_from_ns, stamp_to_ns
import pytest
from rclpy.qos import ReliabilityPolicy
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

ARM = URDF / 'planar_2r.urdf'
MODULE = 'ik_solver_node.ros.stand_in'
NAN = math.nan


class Operator(Client):
    """
    Commands the stand-in.

    Parameters
    ----------
    kind : type
        Type of the commands.
    topic : str
        Where they are sent.

    """

    def __init__(self, kind: type = JointTrajectory,
                 topic: str = 'joint_trajectory_controller/joint_trajectory') -> None:
        super().__init__(node_name='ik_solver_stand_in')
        self.truth: list[JointState] = []
        self.node.create_subscription(
            JointState, 'ik_solver_stand_in/true_joint_states', self.truth.append, 1000)
        self.commands = self.node.create_publisher(kind, topic, 1)

    def connect(self, moves: bool = True) -> None:
        """Wait until commands arrive, and answers come."""
        self.spin_until(self.commands.get_subscription_count, 'listener', START_TIMEOUT)
        self.spin_until(lambda: self.truth and self.diagnostics, 'joints and diagnostics')

    def command(self, message: Any) -> str:
        """Send a command; return why it was refused, nothing if it was not."""
        def count(status: DiagnosticStatus) -> tuple[str, str]:
            found = values(status)
            return found['commands accepted'], found['commands refused']

        before = self.diagnostics[-1].status[0]  # the last command waited for its own
        self.commands.publish(message)
        after = self.next_diagnostics(lambda status: count(status) != count(before))
        refused = count(after)[1] != count(before)[1]
        return values(after)['last refusal'] if refused else ''

    def arrive(self, *positions: float) -> None:
        """Wait until the joints have really come to `positions` [rad]."""
        self.spin_until(lambda: list(self.truth[-1].position) == pytest.approx(positions),
                        f'arrival at {positions}')

    def next_state(self, condition: Callable[[JointState], bool] = lambda _: True) -> JointState:
        """Return the first of the joint states from now on that meets `condition`."""
        seen = len(self.joint_states)
        return self.spin_until(
            lambda: next((message for message in self.joint_states[seen:] if condition(message)),
                         None), 'such a joint state')


@contextmanager
def operated(*arguments: str, kind: type = JointTrajectory,
             topic: str = 'joint_trajectory_controller/joint_trajectory') -> Iterator[Operator]:
    """Start the stand-in for the planar arm, connect to it, and stop it in the end."""
    with running_node('-p', f'urdf_file:={ARM}', *arguments, module=MODULE,
                      until='ready: simulation, no hardware'):
        operator = Operator(kind, topic)
        try:
            operator.connect()
            yield operator
        finally:
            operator.close()


@pytest.fixture(scope='module', autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use one ROS domain for the nodes of this module."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        yield


@pytest.fixture(scope='module')
def operator(environment: None) -> Iterator[Operator]:
    """Return the operator of a simulated joint_trajectory_controller, shared by the tests."""
    with operated() as operator:
        yield operator


def point(seconds: float, *positions: float, **others: list[float]) -> JointTrajectoryPoint:
    """Return a point of a trajectory."""
    nanoseconds = round(1e9 * seconds)
    return JointTrajectoryPoint(
        time_from_start=Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9),
        positions=positions, **others)


def trajectory(*points: JointTrajectoryPoint, joints: tuple[str, ...] = ('joint_1', 'joint_2'),
               stamp: Time | None = None) -> JointTrajectory:
    """Return a trajectory."""
    message = JointTrajectory(joint_names=joints, points=points)
    message.header.stamp = stamp or Time()
    return message


def test_a_trajectory_is_followed(operator: Operator) -> None:
    """By name; states tell positions and velocities with stamps of now."""
    began = operator.node.get_clock().now().nanoseconds
    assert operator.command(trajectory(
        point(0.3, -0.2, 0.4), point(0.6, 0.3, 0.5), joints=('joint_2', 'joint_1'))) == ''
    operator.arrive(0.5, 0.3)
    state = operator.next_state(lambda state: not any(state.velocity))
    assert state.name == ['joint_1', 'joint_2']
    assert list(state.position) == pytest.approx([0.5, 0.3])
    moving = [state for state in operator.joint_states if any(state.velocity)]
    assert moving and began < stamp_to_ns(moving[0].header.stamp) < stamp_to_ns(state.header.stamp)


def test_it_says_that_it_is_a_simulation(operator: Operator) -> None:
    """In each of its diagnostics, with what it noticed of the motion."""
    status = operator.next_diagnostics(lambda _: True)
    assert status.message.startswith('simulation, no hardware')
    assert status.hardware_id == 'simulation, no hardware'
    told = values(status)
    assert told['joints'] == 'joint_1, joint_2'
    assert told['command topic'] == 'joint_trajectory_controller/joint_trajectory'
    assert float(told['largest velocity [rad/s or m/s]']) >= 0.0
    assert told['limit violations'] == told['discontinuities'] == '0'


def test_qos_is_that_of_the_real_ones(operator: Operator) -> None:
    """States are reliable, commands are taken from any sender."""
    states, = operator.node.get_publishers_info_by_topic('joint_states')
    assert states.qos_profile.reliability is ReliabilityPolicy.RELIABLE
    commands, = operator.node.get_subscriptions_info_by_topic(operator.commands.topic_name)
    assert commands.qos_profile.reliability is ReliabilityPolicy.BEST_EFFORT


EVIL = {
    'nothing': (JointTrajectory(), 'names no joint'),
    'no points': (trajectory(), 'has 0 points'),
    'nan': (trajectory(point(1.0, NAN, 0.0)), "nan for joint 'joint_1'"),
    'infinite velocity': (trajectory(point(1.0, 0.0, 0.0, velocities=[0.0, math.inf])),
                          "inf for joint 'joint_2'"),
    'huge': (trajectory(point(1.0, 1e300, 0.0)), '1e+300'),
    'wrong names': (trajectory(point(1.0, 0.0, 0.0), joints=('joint_1', 'elbow')),
                    'names elbow, but the joints are joint_1, joint_2'),
    'partial': (trajectory(point(1.0, 0.0), joints=('joint_1',)), 'does not name joint_2'),
    'twice': (trajectory(point(1.0, 0.0, 0.0), joints=('joint_1', 'joint_1')), 'a joint twice'),
    'decreasing': (trajectory(point(1.0, 0.0, 0.0), point(0.5, 0.0, 0.0)), 'later than'),
    'negative': (trajectory(point(-1.0, 0.0, 0.0)), 'not before the start'),
    'too few': (trajectory(point(1.0, 0.0)), 'has 1 positions'),
    'no positions': (trajectory(point(1.0)), 'has 0 positions'),
    'effort': (trajectory(point(1.0, 0.0, 0.0, effort=[1.0, 1.0])), 'has efforts'),
    'no rest': (trajectory(point(1.0, 0.0, 0.0, velocities=[1.0, 0.0])), 'must end at rest'),
    'over': (trajectory(point(1.0, 0.0, 0.0), stamp=Time(sec=5)), 'the trajectory ended'),
    'before time': (trajectory(point(1.0, 0.0, 0.0), stamp=Time(sec=-5)), 'below zero'),
}


def test_evil_trajectories_are_refused(operator: Operator) -> None:
    """Each with a sentence; the node lives on and the joints stay where they are."""
    assert operator.command(trajectory(point(0.2, 0.1, 0.2))) == ''
    operator.arrive(0.1, 0.2)
    for name, (message, sentence) in EVIL.items():
        assert sentence in operator.command(message), name
    operator.arrive(0.1, 0.2)
    status = operator.next_diagnostics(lambda _: True)
    assert status.level == DiagnosticStatus.WARN
    assert 'last command refused: ' in status.message
    assert operator.command(trajectory(point(0.2, 0.2, 0.1))) == ''
    operator.arrive(0.2, 0.1)


def test_a_limit_stops_the_joint_and_is_counted(operator: Operator) -> None:
    """The controller goes on, as the real one; the joint does not."""
    assert operator.command(trajectory(point(1.5, 0.0, 3.0))) == ''
    operator.arrive(0.0, 2.8)
    status = operator.next_diagnostics(lambda status: values(status)['limit violations'] == '1')
    assert 'commands led beyond limits' in status.message


def test_faults_are_switched_at_run_time(operator: Operator) -> None:
    """Each shows in what is told, none in where the joints are."""
    operator.set_parameter('fault_joint', 'joint_2')
    assert operator.set_parameter('fault', 'nan') == (True, '')
    state = operator.next_state(lambda state: math.isnan(state.position[1]))
    assert not math.isnan(state.position[0])
    operator.next_diagnostics(lambda status: "'nan' of joint_2 is switched on" in status.message)
    operator.set_parameter('fault', 'missing')
    operator.next_state(lambda state: state.name == ['joint_1'])
    operator.set_parameter('fault', 'jumping')
    true = operator.truth[-1].position[1]
    operator.next_state(lambda state: len(state.name) == 2
                        and state.position[1] == pytest.approx(true + 0.5))
    operator.set_parameter('fault', 'none')
    operator.next_state(lambda state: list(state.position) == list(operator.truth[-1].position))


def test_stale_states_stop_and_come_back(operator: Operator) -> None:
    """The joints themselves are still told of on a topic of their own."""
    assert operator.set_parameter('fault', 'stale') == (True, '')
    operator.spin_for(0.1)
    seen, true = len(operator.joint_states), len(operator.truth)
    operator.spin_until(lambda: len(operator.truth) > true + 20, 'joints')
    assert len(operator.joint_states) == seen
    assert operator.set_parameter('fault', 'none') == (True, '')
    operator.next_state()


@pytest.mark.parametrize('name, value, reason', [
    ('fault', 'fire', "fault is 'fire', but must be one of 'none', 'stale'"),
    ('fault_joint', 'elbow', "fault_joint is 'elbow', but must be empty or one of joint_1"),
    ('noise', -1.0, 'noise'), ('update_rate', 10.0, 'read-only')])
def test_bad_parameters_are_refused(operator: Operator, name: str, value: Any,
                                    reason: str) -> None:
    """With the reason; what is structural cannot be changed at all."""
    accepted, why = operator.set_parameter(name, value)
    assert not accepted and reason in why


def test_forward_commands(ros_domain: int) -> None:
    """Positions in the order of the joints; another number of them is refused."""
    with operated('-p', 'controller:=forward_command', '-p', 'joints:=[joint_2, joint_1]',
                  '-p', 'controller_name:=arm_controller', '-p', 'noise:=0.01',
                  kind=Float64MultiArray, topic='arm_controller/commands') as operator:
        assert operator.command(Float64MultiArray(data=[0.3, -0.4])) == ''
        operator.arrive(0.3, -0.4)
        assert operator.truth[-1].name == ['joint_2', 'joint_1']
        assert 'has 1 numbers' in operator.command(Float64MultiArray(data=[0.3]))
        assert 'nan' in operator.command(Float64MultiArray(data=[0.3, NAN]))
        operator.next_state(lambda state: 0.0 < abs(state.position[0] - 0.3) < 0.1)
        status = operator.next_diagnostics(
            lambda status: values(status)['discontinuities'] != '0')
        assert 'commands leapt' in status.message


def test_the_node_moves_it(ros_domain: int) -> None:
    """The whole way: a target to the solver, its commands to the stand-in, its states back."""
    with operated('-p', 'controller:=joint_commands', '-p', 'delay:=0.05',
                  kind=JointState, topic='joint_commands') as operator:
        assert 'names elbow' in operator.command(JointState(name=['elbow'], position=[0.0]))
        assert '1 names and 0 positions' in operator.command(JointState(name=['joint_1']))
        # The node moves no arm that somebody else may command as well.
        operator.node.destroy_publisher(operator.commands)
        with running_node('-p', f'urdf_file:={ARM}', '-p', 'use_measured_state:=true'):
            def arrived() -> bool:
                operator.send_point(0.5, 0.4)
                operator.spin_for(0.1)
                tip = planar_tip(*operator.truth[-1].position)
                return tip == pytest.approx((0.5, 0.4), abs=1e-5)

            operator.spin_until(arrived, 'arrival of the tip')


def test_the_description_may_come_later(ros_domain: int) -> None:
    """A bad one is refused; the first good one is what the arm is from then on."""
    with running_node(module=MODULE, until='waiting for robot_description on /robot') as process:
        operator = Operator()
        try:
            publish = operator.description_publisher()
            publish('<robot')
            process.wait_for('robot_description refused, waiting for another')
            publish(ARM.read_text())
            process.wait_for('ready: simulation, no hardware')
            operator.connect()
            publish((URDF / 'planar_3r.urdf').read_text())
            process.wait_for('an arm stays what it is')
            assert operator.next_state().name == ['joint_1', 'joint_2']
        finally:
            operator.close()


def test_simulated_time(ros_domain: int) -> None:
    """Joints stand still while the clock does, and go on with it."""
    with operated('-p', 'use_sim_time:=true') as operator:
        clock = operator.node.create_publisher(Clock, '/clock', 10)

        def tick(nanoseconds: int) -> None:
            stamp = stamp_from_ns(nanoseconds)
            clock.publish(Clock(clock=stamp))
            operator.spin_until(lambda: operator.truth[-1].header.stamp == stamp, 'that time')

        operator.spin_until(clock.get_subscription_count, 'listener to the clock')
        tick(10**12)
        assert operator.command(trajectory(point(1.0, 1.0, -1.0))) == ''
        assert list(operator.truth[-1].position) == [0.0, 0.0]
        tick(10**12 + 5 * 10**8)
        assert list(operator.truth[-1].position) == pytest.approx([0.5, -0.5])
        tick(3 * 10**9)  # a simulation that was started again
        tick(3 * 10**9 + 5 * 10**8)
        assert list(operator.truth[-1].position) == pytest.approx([1.0, -1.0])


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signals_end_it_cleanly(ros_domain: int, number: int) -> None:
    """With exit code 0 and no traceback."""
    node = NodeProcess('-p', f'urdf_file:={ARM}', module=MODULE)
    try:
        node.wait_for('ready: ', START_TIMEOUT)
    finally:
        code = node.stop(number)
    assert code == 0, node.output
    assert 'Traceback' not in node.output


@pytest.mark.parametrize('argument, sentence', [
    ('controller:=effort', "controller is 'effort', but must be one of 'joint_trajectory'"),
    ('controller_name:="a b"', "controller_name is 'a b', but must be a name in ROS"),
    ('joints:=[elbow]', "joints names elbow, but the joints of robot 'planar_2r'"),
    ('urdf_file:=none.urdf', 'there is no file')])
def test_a_bad_start_is_one_clear_error(ros_domain: int, tmp_path: Path, argument: str,
                                        sentence: str) -> None:
    """Exit code 1 and a sentence, not a traceback."""
    node = NodeProcess('-p', f'urdf_file:={ARM}', '-p', argument, module=MODULE)
    assert node.wait_for_end() == 1, node.output
    assert sentence in node.output
    assert 'Traceback' not in node.output
