"""Timed motions of the real node: smooth over DDS, stopped by services, watchdogs and changes."""

from __future__ import annotations

from collections.abc import Iterator
import math
from pathlib import Path
from time import monotonic

from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from harness import Client, connected_client, planar_tip, running_node, URDF, values
import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

ARM = URDF / 'planar_2r.urdf'
RATE = 100.0
FASTEST = np.array([2.5, 3.0])
"""Velocity limits of the joints in the URDF [rad/s]."""
SLACK = 1.0 + 1e-6


@pytest.fixture
def ros_domain(tmp_path: Path) -> Iterator[None]:
    """Give a test a domain of its own."""
    with private_domain(tmp_path):
        yield


def motion_node(mode: str, *more: str) -> list[str]:
    """Return the arguments of a node with the planar arm in a mode."""
    arguments = ['-p', f'urdf_file:={ARM}', '-p', f'motion.mode:={mode}',
                 '-p', f'motion.rate:={RATE}']
    for one in more:
        arguments += ['-p', one]
    return arguments


def positions(messages: list[JointState]) -> np.ndarray:
    """Return what messages say of both joints, shape (k, 2) [rad]."""
    return np.array([[dict(zip(message.name, message.position))[name]
                      for name in ('joint_1', 'joint_2')] for message in messages])


def assert_smooth(messages: list[JointState]) -> None:
    """Check that no step is longer than the velocity limit allows in a period."""
    steps = np.abs(np.diff(positions(messages), axis=0))
    assert (steps <= FASTEST / RATE * SLACK).all()
    for message in messages:
        assert all(math.isfinite(value) for value in message.position)


def wait_for_rest(client: Client) -> np.ndarray:
    """Return where the arm is, once it stands, shape (2,) [rad]."""
    client.spin_until(
        lambda: client.joint_states and not any(client.joint_states[-1].velocity), 'rest')
    return positions(client.joint_states[-1:])[0]


def is_moving(client: Client) -> bool:
    """Return whether the newest message tells of a motion."""
    return bool(client.joint_states) and max(
        map(abs, client.joint_states[-1].velocity), default=0.0) > 0.3


def is_at_rest(client: Client) -> bool:
    """Return whether the newest message is the last of a motion."""
    return bool(client.joint_states) and not any(client.joint_states[-1].velocity)


def trigger(client: Client, service: str) -> Trigger.Response:
    """Call one of the services stop and resume."""
    return client.call(Trigger, service, Trigger.Request())


def test_a_target_is_reached_by_a_motion(ros_domain: None) -> None:
    """In steps that the limits allow, with velocities, and to the end."""
    with running_node(*motion_node('move', 'publish_rate:=0.0')), connected_client() as client:
        client.connect()
        wait_for_rest(client)
        del client.joint_states[:]
        wanted = planar_tip(1.2, -0.8)
        answer = client.answer(client.send_point(*wanted))
        assert answer.level == DiagnosticStatus.OK
        client.spin_until(lambda: is_moving(client), 'motion')
        there = wait_for_rest(client)
        assert planar_tip(*there) == pytest.approx(wanted, abs=1e-5)
        assert_smooth(client.joint_states)
        fastest = max(max(map(abs, message.velocity)) for message in client.joint_states)
        assert 0.5 < fastest <= FASTEST.max() * SLACK


def test_the_storm_is_weathered(ros_domain: None) -> None:
    """Whatever is sent, every step is a step, and the node lives."""
    rng = np.random.default_rng(7)
    with running_node(*motion_node('track', 'publish_rate:=0.0')), connected_client() as client:
        client.connect()
        for k in range(400):
            x, y = rng.uniform(-1.5, 1.5, 2)
            client.send_point(math.nan if k % 5 == 0 else x, math.inf if k % 7 == 0 else y)
            if k % 3 == 0:
                client.send_pose(*planar_tip(*rng.uniform(-2.0, 2.0, 2)), yaw=rng.uniform(-3, 3))
            client.spin_for(0.005)
        end = client.reach_point(0.5, 0.3)
        assert end
        client.spin_until(lambda: not is_moving(client), 'rest')
        assert_smooth(client.joint_states)


def test_stop_brakes_at_once_and_resume_leads_on(ros_domain: None) -> None:
    """Between the two, targets are refused with the way back."""
    with running_node(*motion_node('move', 'publish_rate:=0.0')), connected_client() as client:
        client.connect()
        wait_for_rest(client)
        client.send_point(*planar_tip(2.0, 0.5))
        client.spin_until(lambda: is_moving(client), 'motion')
        stopped = trigger(client, 'stop')
        assert stopped.success and '/ik_solver_node/resume' in stopped.message
        there = wait_for_rest(client)
        assert np.linalg.norm(there - [2.0, 0.5]) > 0.1
        refused = client.answer(client.send_point(0.5, 0.3))
        assert refused.level == DiagnosticStatus.ERROR
        assert 'stopped by the service stop' in refused.message
        client.next_diagnostics(lambda status: status.level == DiagnosticStatus.WARN
                                and values(status)['stopped by'] == 'stop')
        assert trigger(client, 'resume').success
        assert client.answer(client.send_point(0.5, 0.3)).level == DiagnosticStatus.OK
        client.spin_until(lambda: is_moving(client), 'motion')
        assert planar_tip(*wait_for_rest(client)) == pytest.approx((0.5, 0.3), abs=1e-5)
        assert_smooth(client.joint_states)


def test_a_stream_that_ends_is_told(ros_domain: None) -> None:
    """The arm stops, and the next target moves it again."""
    arguments = motion_node('track', 'watch.stream_timeout:=0.2', 'motion.speed:=0.1')
    with running_node(*arguments), connected_client() as client:
        client.connect()
        client.send_point(*planar_tip(2.5, 0.5))
        client.next_diagnostics(lambda status: status.level == DiagnosticStatus.WARN
                                and 'watch.stream_timeout' in status.message)
        assert client.answer(client.send_point(0.5, 0.3)).level == DiagnosticStatus.OK


def test_the_mode_may_change_in_full_flight(ros_domain: None) -> None:
    """The arm brakes first; nothing jumps."""
    with running_node(*motion_node('move', 'publish_rate:=0.0')), connected_client() as client:
        client.connect()
        wait_for_rest(client)
        client.send_point(*planar_tip(2.2, 0.5))
        client.spin_until(lambda: is_moving(client), 'motion')
        assert client.set_parameter('motion.mode', 'track') == (True, '')
        client.spin_until(lambda: not is_moving(client), 'rest')
        for _ in range(40):
            client.send_point(0.5, 0.3)
            client.spin_for(0.05)
        assert planar_tip(*positions(client.joint_states[-1:])[0]) == pytest.approx(
            (0.5, 0.3), abs=1e-3)
        assert_smooth(client.joint_states)


@pytest.mark.parametrize(('name', 'value', 'says'), [
    ('motion.mode', 'fly', "motion.mode is 'fly', but must be one of 'direct', 'move', 'track'"),
    ('motion.speed', 0.0, 'motion.speed out of range'),
    ('motion.joint_limits_file', '/nowhere.yaml', 'cannot be read from /nowhere.yaml'),
    ('motion_limits.joints', ['knee'], 'velocity has 0 entries for 1 joints'),
])
def test_a_wrong_parameter_of_motion_is_refused(moving: Client, name: str, value: object,
                                                says: str) -> None:
    """With the sentence that says why; what was before counts on."""
    accepted, reason = moving.set_parameter(name, value)
    assert not accepted and says in reason
    assert moving.reach_point(0.4, 0.4) is not None


def test_limits_of_motion_are_set_together(moving: Client) -> None:
    """They count at once, for joints that the chain has."""
    accepted, reason = moving.set_together(
        motion_limits__joints=['knee'], motion_limits__velocity=[1.0],
        motion_limits__acceleration=[math.inf], motion_limits__jerk=[math.inf])
    assert not accepted and "motion limits for joint 'knee'" in reason
    assert moving.set_together(
        motion_limits__joints=['joint_1', 'joint_2'], motion_limits__velocity=[0.2, 0.2],
        motion_limits__acceleration=[math.inf] * 2, motion_limits__jerk=[math.inf] * 2)[0]
    wait_for_rest(moving)
    del moving.joint_states[:]
    moving.send_point(-0.3, 0.5)
    moving.spin_until(lambda: moving.joint_states and max(
        map(abs, moving.joint_states[-1].velocity), default=0.0) > 0.1, 'motion')
    wait_for_rest(moving)
    assert np.abs(np.diff(positions(moving.joint_states), axis=0)).max() <= 0.2 / RATE * SLACK


@pytest.fixture(scope='module')
def moving(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """Return a client of a node in the mode move, shared by tests that end at rest."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        with running_node(*motion_node('move')), connected_client() as client:
            client.connect()
            yield client


# On a measured arm -------------------------------------------------------------------------------


class Echo:
    """A driver that measures the arm where it was commanded, and may fail."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._publisher = client.node.create_publisher(JointState, 'joint_states', 10)
        self._timer = client.node.create_timer(0.01, self.tell)
        self.is_dead, self.offset = False, 0.0

    def tell(self) -> None:
        """Say where the arm is."""
        if self.is_dead:
            return
        there = [0.3, 0.5]
        if self._client.joint_states:
            there = positions(self._client.joint_states[-1:])[0].tolist()
        message = JointState(name=['joint_1', 'joint_2'])
        message.header.stamp = self._client.node.get_clock().now().to_msg()
        message.position = [there[0], there[1] + self.offset]
        self._publisher.publish(message)


@pytest.fixture
def measured(ros_domain: None) -> Iterator[tuple[Client, Echo]]:
    """Return a client and a driver of an arm that is measured."""
    arguments = motion_node('move', 'use_measured_state:=true', 'measured_timeout:=0.3',
                            'watch.max_deviation:=0.2')
    with running_node(*arguments), connected_client(joints_topic='joint_commands') as client:
        echo = Echo(client)
        client.connect()
        client.spin_until(lambda: client.joint_states and not is_moving(client), 'rest')
        yield client, echo


def test_a_motion_begins_where_the_arm_is_measured(measured: tuple[Client, Echo]) -> None:
    """Its first command is no jump from there."""
    client, _ = measured
    first = positions(client.joint_states[:1])[0]
    assert (np.abs(first - [0.3, 0.5]) < FASTEST / RATE * SLACK).all()
    assert_smooth(client.joint_states)


def test_a_driver_that_dies_stops_the_arm(measured: tuple[Client, Echo]) -> None:
    """It is an error, and goes by itself when the driver is back."""
    client, echo = measured
    client.send_point(*planar_tip(2.2, 0.5))
    client.spin_until(lambda: is_moving(client), 'motion')
    echo.is_dead = True
    client.next_diagnostics(lambda status: status.level == DiagnosticStatus.ERROR
                            and 'measured_timeout' in status.message)
    client.spin_until(lambda: not is_moving(client), 'rest')
    refused = client.answer(client.send_point(0.5, 0.3))
    assert 'last measured' in refused.message
    echo.is_dead = False
    client.next_diagnostics(lambda status: not values(status)['stopped by'])
    assert client.answer(client.send_point(0.5, 0.3)).level == DiagnosticStatus.OK
    assert_smooth(client.joint_states)


def test_an_arm_that_leaves_its_commands_is_stopped(measured: tuple[Client, Echo]) -> None:
    """Only resume leads on, from where it is measured."""
    client, echo = measured
    client.send_point(*planar_tip(2.2, 0.5))
    client.spin_until(lambda: is_moving(client), 'motion')
    echo.offset = 0.6
    client.next_diagnostics(lambda status: status.level == DiagnosticStatus.ERROR
                            and "joint 'joint_2' is measured" in status.message)
    client.spin_until(lambda: is_at_rest(client), 'rest')  # else it is still braking
    echo.is_dead = False
    assert 'resume' in client.answer(client.send_point(0.5, 0.3)).message
    there = positions(client.joint_states[-1:])[0] + [0.0, echo.offset]
    assert trigger(client, 'resume').success
    count = len(client.joint_states)
    echo.offset = 0.0
    answer = client.answer(client.send_point(0.5, 0.3))
    assert answer.level == DiagnosticStatus.OK, answer.message
    client.spin_until(lambda: len(client.joint_states) > count, 'motion')
    began = positions(client.joint_states[count:count + 1])[0]
    assert min(np.abs(began - there).max(), np.abs(began - there + [0.0, 0.6]).max()) < 0.05


# A description that comes by topic ---------------------------------------------------------------


def test_a_description_that_is_gone_stops_the_arm(ros_domain: None) -> None:
    """Its publisher belongs to the robot; when it is back the arm may move again."""
    arguments = ['-p', 'motion.mode:=move', '-p', 'motion.speed:=0.1']
    with running_node(*arguments, until='waiting for robot_description'):
        with connected_client() as client:
            publish = client.description_publisher()
            publish(ARM.read_text())
            client.connect()
            client.send_point(*planar_tip(2.5, 0.5))
            client.spin_until(lambda: client.joint_states and any(
                client.joint_states[-1].velocity), 'motion')
            for publisher in list(client.node.publishers):
                if publisher.topic_name == '/robot_description':
                    client.node.destroy_publisher(publisher)
            client.next_diagnostics(lambda status: status.level == DiagnosticStatus.ERROR
                                    and 'watch.description' in status.message)
            client.description_publisher()(ARM.read_text())
            client.next_diagnostics(lambda status: not values(status)['stopped by'])
            assert client.answer(client.send_point(0.5, 0.3)).level == DiagnosticStatus.OK


def test_another_robot_in_full_flight_does_not_make_it_jump(ros_domain: None) -> None:
    """The arm stands before the other limits count."""
    text = ARM.read_text()
    narrow = text.replace('upper="2.', 'upper="1.', 1) if 'upper="2.' in text else text
    arguments = ['-p', 'motion.mode:=move', '-p', 'publish_rate:=0.0']
    with running_node(*arguments, until='waiting for robot_description'):
        with connected_client() as client:
            publish = client.description_publisher()
            publish(text)
            client.connect()
            wait_for_rest(client)
            client.send_point(*planar_tip(2.2, 0.5))
            client.spin_until(lambda: is_moving(client), 'motion')
            publish(narrow.replace('name="planar_2r"', 'name="other"'))
            client.next_diagnostics(lambda status: values(status)['robot'] == 'other')
            end = monotonic() + 20.0
            while client.answer(client.send_point(0.5, 0.3)).level != DiagnosticStatus.OK:
                assert monotonic() < end
            assert_smooth(client.joint_states)


def test_the_diagnostics_tell_how_much_of_the_periods_is_used(ros_domain: None) -> None:
    """And how many were missed, here because the process stood still for a while."""
    with running_node(*motion_node('track')) as node, connected_client() as client:
        client.connect()
        told = values(client.next_diagnostics(
            lambda status: values(status)['mean cycle time [s]'] != ''))
        assert 0.0 < float(told['mean cycle time [s]']) <= float(told['longest cycle time [s]'])
        before = int(told['missed cycles'])
        node.pause(lambda: client.spin_for(0.2))
        missed = int(values(client.next_diagnostics(
            lambda status: int(values(status)['missed cycles']) >= before + 15))['missed cycles'])
        assert missed - before < 0.5 * RATE
