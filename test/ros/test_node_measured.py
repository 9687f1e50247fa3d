"""Measured joint states as the seed: by name, in parts, stale, and with nonsense in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
import math

from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from harness import Client, connected_client, NodeProcess, planar_tip, running_node, URDF
import pytest
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import JointState

Measure = Callable[[Sequence[str], Sequence[float]], None]

NAN = math.nan


@pytest.fixture(scope='module')
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """Return the node, shared by the tests of this module; each solve starts where measured."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        with running_node('-p', f'urdf_file:={URDF / "planar_2r.urdf"}',
                          '-p', 'use_measured_state:=true', '-p', 'seed_timeout:=0.001',
                          '-p', 'measured_timeout:=0.5') as node:
            yield node


@pytest.fixture(scope='module')
def client(process: NodeProcess) -> Iterator[Client]:
    """Return a client of the node."""
    with connected_client(joints_topic='joint_commands') as client:
        client.connect(moves=False)
        yield client


@pytest.fixture(scope='module')
def measure(client: Client) -> Measure:
    """Return a function that publishes measured joint states."""
    publisher = client.node.create_publisher(JointState, 'joint_states', qos_profile_sensor_data)
    client.spin_until(publisher.get_subscription_count, 'subscription to joint states')

    def publish(names: Sequence[str], positions: Sequence[float]) -> None:
        publisher.publish(JointState(name=names, position=positions))
        client.spin_for(0.05)

    return publish


def elbow(client: Client) -> float:
    """Return the position of the elbow after a target that both ways of bending it reach."""
    joints = client.reach_point(0.6, 0.2)
    assert planar_tip(joints['joint_1'], joints['joint_2']) == pytest.approx((0.6, 0.2), abs=1e-5)
    return joints['joint_2']


def test_nothing_moves_before_every_joint_is_measured(client: Client, measure: Measure) -> None:
    """An arm is not commanded from where it may not be: the target is refused, with the joints."""
    answer = client.answer(client.send_point(0.6, 0.2))
    assert answer.level == DiagnosticStatus.ERROR
    assert 'no position of joint_1, joint_2 on joint_states' in answer.message
    measure(['joint_1'], [0.5])
    answer = client.answer(client.send_point(0.6, 0.2))
    assert 'no position of joint_2 on joint_states' in answer.message
    assert client.joint_states == []
    client.next_diagnostics(lambda status: status.level == DiagnosticStatus.ERROR
                            and 'no position of joint_2' in status.message)


@pytest.mark.parametrize('names, positions, sign', [
    (['joint_1', 'joint_2'], [0.0, 1.0], 1.0),
    (['joint_1', 'joint_2'], [0.5, -1.0], -1.0),
    (['joint_2', 'joint_1'], [1.0, 0.0], 1.0),
    (['gripper', 'joint_2', 'wheel', 'joint_1'], [0.1, -1.0, 3.0, 0.5], -1.0),
], ids=['up', 'down', 'other order', 'with other joints'])
def test_solution_is_on_the_measured_side(client: Client, measure: Measure, names: list[str],
                                          positions: list[float], sign: float) -> None:
    """The elbow stays on the side where it was measured, however the names are ordered."""
    measure(names, positions)
    assert math.copysign(1.0, elbow(client)) == sign


def test_parts_are_put_together(client: Client, measure: Measure) -> None:
    """Drivers may report each joint in a message of its own."""
    measure(['joint_2'], [-1.0])
    measure(['joint_1'], [0.5])
    assert elbow(client) < 0.0
    measure(['joint_2'], [1.0])
    assert elbow(client) > 0.0


def test_nan_is_no_measurement_and_said_once(client: Client, process: NodeProcess,
                                             measure: Measure) -> None:
    """The joint counts as not measured until a number comes."""
    client.spin_for(0.6)  # until what was measured before is too old
    for _ in range(2):
        measure(['joint_1', 'joint_2'], [NAN, -1.0])
        answer = client.answer(client.send_point(0.6, 0.2))
        assert 'no position of joint_1 on joint_states' in answer.message
    process.wait_for("the measured position of joint 'joint_1' is nan")
    assert process.output.count("the measured position of joint 'joint_1' is nan") == 1
    measure(['joint_1'], [0.5])
    assert elbow(client) < 0.0


def test_lengths_that_differ_are_said(client: Client, process: NodeProcess,
                                      measure: Measure) -> None:
    """A message whose positions cannot be told apart is skipped."""
    measure(['joint_1', 'joint_2'], [0.5, -1.0])
    measure(['joint_1', 'joint_2'], [1.0])
    process.wait_for('joint states have 2 names, but 1 positions')
    assert elbow(client) < 0.0


def test_positions_outside_the_limits_are_pulled_in(client: Client, process: NodeProcess,
                                                    measure: Measure) -> None:
    """The seed starts at the limit; that is said once for a joint."""
    for _ in range(2):
        measure(['joint_1', 'joint_2'], [0.5, -2.9])
        assert -2.8 <= elbow(client) < 0.0
    process.wait_for("joint 'joint_2' is measured at -2.9, outside its limits [-2.8, 2.8]")
    assert process.output.count("joint 'joint_2' is measured at") == 1


def test_old_measurements_are_not_used(client: Client, measure: Measure) -> None:
    """When the driver falls silent, nothing is commanded until it is back."""
    measure(['joint_1', 'joint_2'], [0.5, -1.0])
    assert elbow(client) < 0.0
    client.spin_for(0.6)
    answer = client.answer(client.send_point(0.6, 0.2))
    assert 'no position of joint_1, joint_2' in answer.message
    client.next_diagnostics(lambda status: 'no position of' in status.message)
    measure(['joint_1', 'joint_2'], [0.5, -1.0])
    elbow(client)
    client.next_diagnostics(lambda status: status.level == DiagnosticStatus.OK)


def test_commands_are_sent_once(client: Client, measure: Measure) -> None:
    """Nothing is repeated, and the node publishes nothing where the driver does."""
    measure(['joint_1', 'joint_2'], [0.0, 1.0])
    elbow(client)
    client.joint_states.clear()
    client.spin_for(0.4)
    assert client.joint_states == []
    assert client.node.count_publishers('joint_states') == 1  # the one of this test
