"""The whole way: targets to the node, its commands to a simulated arm, and its states back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from harness import Client, NodeProcess, planar_tip, running_node, URDF, values
import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import Trigger
from trajectory_msgs.msg import JointTrajectory

ARM = URDF / 'planar_2r.urdf'
FASTEST = np.array([2.5, 3.0])
"""Velocity limits of the joints in the URDF [rad/s]."""
QUICKEST = FASTEST / 0.5
"""Limits of acceleration that follow from them, `motion.acceleration_time` being 0.5 s."""
SLACK = 1.3
"""What splines between waypoints, and the splices of one course to another, add to a limit."""
STAND_IN = 'ik_solver_node.ros.stand_in'
CONTROLLERS = {
    'joint_state': 'joint_commands', 'joint_trajectory': 'joint_trajectory',
    'position_array': 'forward_command'}
"""The controller that understands each way out."""


@pytest.fixture(autouse=True)
def ros_domain(tmp_path: Path) -> Iterator[None]:
    """Give each test a domain of its own."""
    with private_domain(tmp_path):
        yield


class Watcher(Client):
    """A client that also hears where the simulated joints are, and what is said of them."""

    def __init__(self) -> None:
        super().__init__(joints_topic='ik_solver_stand_in/true_joint_states')
        self.trajectories: list[JointTrajectory] = []
        self.node.create_subscription(
            JointTrajectory, 'joint_trajectory_controller/joint_trajectory',
            self.trajectories.append, 1000)

    @property
    def there(self) -> np.ndarray:
        """Where the joints are, shape (2,) [rad]."""
        newest = self.joint_states[-1]
        return np.array([newest.position[newest.name.index(name)]
                         for name in ('joint_1', 'joint_2')])

    def arm(self) -> dict[str, str]:
        """Return what the stand-in says of the commands it got so far."""
        def is_its(status: DiagnosticStatus) -> bool:
            return 'hardware' in values(status)
        return values(self.next_diagnostics(is_its))

    def arrive(self, x: float, y: float) -> None:
        """Wait until the tip is at a point, and stays there."""
        self.spin_until(lambda: planar_tip(*self.there) == pytest.approx((x, y), abs=2e-3)
                        and not any(np.abs(self.joint_states[-1].velocity) > 1e-3), 'arrival')


@contextmanager
def moved_arm(kind: str, mode: str, *more: str, arm: tuple[str, ...] = ()) -> Iterator[Watcher]:
    """Run a stand-in and a node that moves it in its way; return who watches them."""
    stand_in = ['-p', f'urdf_file:={ARM}', '-p', f'controller:={CONTROLLERS[kind]}',
                '-p', 'start_positions:=[0.3, 0.6]']
    node = ['-p', f'urdf_file:={ARM}', '-p', 'use_measured_state:=true',
            '-p', f'output.kind:={kind}', '-p', f'motion.mode:={mode}']
    for arguments, extra in ((stand_in, arm), (node, more)):
        for one in extra:
            arguments += ['-p', one]
    if kind == 'joint_trajectory':
        stand_in += ['-p', 'trajectory.interpolate_from_desired_state:=true']
    with running_node(*stand_in, module=STAND_IN, until='simulation, no hardware'):
        with running_node(*node):
            watcher = Watcher()
            try:
                watcher.spin_until(lambda: watcher.joint_states
                                   and watcher.points.get_subscription_count(), 'arm')
                here = planar_tip(*watcher.there)
                watcher.spin_until(lambda: watcher.answer(
                    watcher.send_point(*here)).level == DiagnosticStatus.OK, 'measured joints')
                yield watcher
            finally:
                watcher.close()


def assert_gentle(watcher: Watcher, whole: bool = False) -> None:
    """
    Check what the stand-in says of the commands: no limit, and no leap in `whole` trajectories.

    What is sent period by period comes to its cycles two at a time or not at all now and then, and
    a trajectory that replaces another comes when it comes: on a busy machine that shows.
    """
    told = watcher.arm()
    assert (told['limit violations'], told['commands refused']) == ('0', '0'), told
    if whole:
        assert told['discontinuities'] == '0'
        assert float(told['largest velocity [rad/s or m/s]']) <= SLACK * FASTEST.max()
        assert float(told['largest acceleration [rad/s^2 or m/s^2]']) <= SLACK * QUICKEST.max()


@pytest.mark.parametrize('mode', ['move', 'track'])
@pytest.mark.parametrize('kind', sorted(CONTROLLERS))
def test_an_arm_with_delay_is_moved_gently(kind: str, mode: str) -> None:
    """By each way out; it begins where it is measured, and gets where it is asked to."""
    with moved_arm(kind, mode, arm=('delay:=0.03',)) as watcher:
        for angles in ((1.2, 0.4), (0.2, 1.5)):
            wanted = planar_tip(*angles)
            assert watcher.answer(watcher.send_point(*wanted)).level == DiagnosticStatus.OK
            if mode == 'track':  # a stream, or the arm would stop for want of one
                for _ in range(30):
                    watcher.send_point(*wanted)
                    watcher.spin_for(0.05)
            watcher.arrive(*wanted)
        assert_gentle(watcher, whole=kind == 'joint_trajectory' and mode == 'move')


def test_a_motion_is_sent_once_and_again_when_it_changes() -> None:
    """The real controller stutters if it hears the same again and again."""
    with moved_arm('joint_trajectory', 'move') as watcher:
        del watcher.trajectories[:]
        watcher.send_point(*planar_tip(2.6, 0.4))
        watcher.spin_until(lambda: watcher.trajectories, 'trajectory')
        watcher.spin_for(0.3)
        first, = watcher.trajectories
        assert first.joint_names == ['joint_1', 'joint_2']
        assert len(first.points) > 20
        assert all(len(point.velocities) == len(point.accelerations) == 2
                   for point in first.points)
        assert not any(first.points[-1].velocities)
        times = [point.time_from_start.sec + 1e-9 * point.time_from_start.nanosec
                 for point in first.points]
        assert all(before < after for before, after in zip(times, times[1:]))
        watcher.call(Trigger, 'stop', Trigger.Request())
        watcher.spin_until(lambda: len(watcher.trajectories) == 2, 'braking')
        braking = watcher.trajectories[-1]
        assert len(braking.points) < len(first.points)
        # What a brake makes of the way to its first waypoint, and no step back from where the
        # controller is by now.
        assert np.abs(place(braking, 0) - sampled(first, time_of(braking, 0))).max() < 0.1
        watcher.spin_until(lambda: not any(watcher.joint_states[-1].velocity), 'rest')
        assert_gentle(watcher)


def test_what_is_sent_of_a_stream_ends_at_rest() -> None:
    """An arm that hears no more of it stops by itself."""
    with moved_arm('joint_trajectory', 'track') as watcher:
        for k in range(40):
            watcher.send_point(*planar_tip(0.3 + 0.02 * k, 0.6))
            watcher.spin_for(0.02)
        assert len(watcher.trajectories) > 30
        for trajectory in watcher.trajectories:
            assert not any(trajectory.points[-1].velocities)
            assert trajectory.points[-1].time_from_start.sec < 2


@pytest.mark.parametrize(('fault', 'says'), [
    ('stale', 'measured_timeout'), ('frozen', 'max_deviation'), ('nan', 'measured_timeout'),
    ('missing', 'measured_timeout'), ('jumping', 'max_deviation')])
def test_a_fault_of_the_feedback_stops_the_arm(fault: str, says: str) -> None:
    """Smoothly, with an error, and it moves again when the fault is gone."""
    limits = ('measured_timeout:=0.3', 'watch.max_deviation:=0.2', 'motion.speed:=0.3')
    with moved_arm('joint_state', 'move', *limits) as watcher:
        watcher.answer(watcher.send_point(*planar_tip(2.6, 0.6)))
        watcher.spin_until(lambda: np.abs(watcher.joint_states[-1].velocity).max() > 0.3, 'motion')
        set_fault(watcher, fault)
        watcher.next_diagnostics(lambda status: status.level == DiagnosticStatus.ERROR
                                 and says in status.message)
        watcher.spin_until(lambda: not any(watcher.joint_states[-1].velocity), 'rest')
        assert watcher.answer(watcher.send_point(0.5, 0.3)).level == DiagnosticStatus.ERROR
        set_fault(watcher, 'none')
        watcher.spin_for(0.3)
        watcher.call(Trigger, 'resume', Trigger.Request())
        assert watcher.answer(watcher.send_point(0.5, 0.3)).level == DiagnosticStatus.OK
        watcher.arrive(0.5, 0.3)
        assert_gentle(watcher)


def time_of(trajectory: JointTrajectory, index: int) -> float:
    """Return when a waypoint is passed, on the clock [s]."""
    stamp, after = trajectory.header.stamp, trajectory.points[index].time_from_start
    return stamp.sec + after.sec + 1e-9 * (stamp.nanosec + after.nanosec)


def place(trajectory: JointTrajectory, index: int) -> np.ndarray:
    """Return where a waypoint is, shape (2,) [rad]."""
    return np.array(trajectory.points[index].positions)


def sampled(trajectory: JointTrajectory, time: float) -> np.ndarray:
    """Return where a trajectory is at a time on the clock [s], shape (2,) [rad]."""
    times = [time_of(trajectory, k) for k in range(len(trajectory.points))]
    places = np.array([point.positions for point in trajectory.points])
    return np.array([np.interp(time, times, column) for column in places.T])


def set_fault(watcher: Watcher, fault: str) -> None:
    """Switch a fault of the stand-in."""
    watcher._node_name = 'ik_solver_stand_in'
    assert watcher.set_parameter('fault', fault) == (True, '')
    watcher._node_name = 'ik_solver_node'


def test_an_arm_that_is_not_heard_yet_is_told_of() -> None:
    """Before anybody sends a target; all is well as soon as it is heard."""
    arguments = ['use_measured_state:=true', 'motion.mode:=move', f'urdf_file:={ARM}']
    with running_node(*(word for one in arguments for word in ('-p', one))):
        watcher = Watcher()
        try:
            watcher.next_diagnostics(
                lambda status: status.level == DiagnosticStatus.WARN
                and 'no position of joint_1, joint_2 on /joint_states yet' in status.message)
            # Nor is all well for a moment when the arm is moved in another way from now on.
            assert watcher.set_parameter('motion.rate', 50.0) == (True, '')
            watcher.next_diagnostics(lambda status: status.message.startswith(
                'waiting for positions of joint_1, joint_2 on /joint_states'))
            assert not any(status.level == DiagnosticStatus.OK
                           for message in watcher.diagnostics for status in message.status)
            measured = watcher.node.create_publisher(JointState, 'joint_states', 10)
            here = JointState(name=['joint_1', 'joint_2'], position=[0.1, 0.2])
            watcher.node.create_timer(0.05, lambda: measured.publish(here))
            watcher.next_diagnostics(lambda status: status.level == DiagnosticStatus.OK)
        finally:
            watcher.close()


def test_an_arm_that_another_node_commands_is_not_moved() -> None:
    """Two who command it would tear it to and fro."""
    with moved_arm('position_array', 'move') as watcher:
        rival = watcher.node.create_publisher(
            Float64MultiArray, 'forward_position_controller/commands', 10)
        watcher.spin_until(rival.get_subscription_count, 'arm')
        watcher.next_diagnostics(lambda status: status.level == DiagnosticStatus.ERROR
                                 and '/client also publishes' in status.message)
        refused = watcher.answer(watcher.send_point(0.5, 0.3))
        assert refused.level == DiagnosticStatus.ERROR
        watcher.node.destroy_publisher(rival)
        watcher.next_diagnostics(lambda status: values(status).get('stopped by') == '')
        assert watcher.answer(watcher.send_point(0.5, 0.3)).level == DiagnosticStatus.OK
        watcher.arrive(0.5, 0.3)


def test_the_order_of_a_controller_is_kept() -> None:
    """A forward_command_controller has no names."""
    order = 'output.joints:=[joint_2, joint_1]'
    with moved_arm('position_array', 'move', order, arm=('joints:=[joint_2, joint_1]',
                                                         )) as watcher:
        watcher.answer(watcher.send_point(*planar_tip(1.0, 0.3)))
        watcher.arrive(*planar_tip(1.0, 0.3))
        assert_gentle(watcher)


@pytest.mark.parametrize(('parameters', 'says'), [
    (('output.kind:=joint_trajectory', 'use_measured_state:=true'), 'motion.mode must be'),
    (('output.kind:=position_array',), 'use_measured_state must be true'),
    (('output.kind:=position_array', 'use_measured_state:=true', 'output.joints:=[knee]'),
     "output.joints names joint 'knee', but must name joints that the chain moves"),
    (('output.kind:=follow_joint_trajectory', 'use_measured_state:=true', 'motion.mode:=track'),
     "for a stream of targets in the mode 'track', output.kind must be 'joint_trajectory'"),
    (('output.kind:=carrier_pigeon',), "must be one of 'joint_state', 'joint_trajectory'"),
])
def test_a_way_out_that_makes_no_sense_ends_the_start(parameters: tuple[str, ...],
                                                      says: str) -> None:
    """With one sentence."""
    node = NodeProcess('-p', f'urdf_file:={ARM}', *[
        part for one in parameters for part in ('-p', one)])
    assert node.wait_for_end() == 1
    assert says in node.output and 'Traceback' not in node.output


def test_joint_states_are_those_of_the_arm() -> None:
    """The node does not publish where the broadcaster does."""
    with moved_arm('joint_trajectory', 'move') as watcher:
        heard: list[JointState] = []
        watcher.node.create_subscription(JointState, 'joint_states', heard.append, 10)
        watcher.spin_until(lambda: len(heard) > 5, 'joint states')
        # The name of a node may take a moment longer to be known than its topics.
        watcher.spin_until(lambda: [
            info.node_name for info in watcher.node.get_publishers_info_by_topic('joint_states')
        ] == ['ik_solver_stand_in'], 'stand-in as the only publisher')
