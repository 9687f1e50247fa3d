"""Targets in, joint states and verdicts out: the real node with a planar arm of two joints."""

from __future__ import annotations

import math
from time import monotonic

from diagnostic_msgs.msg import DiagnosticStatus
from harness import Client, connected_client, NodeProcess, planar_tip, URDF, values
from ik_solver_node.ros.conversions import stamp_from_ns, stamp_to_ns
import pytest
from sensor_msgs.msg import JointState

ARM = URDF / 'planar_2r.urdf'

NAN, INF = math.nan, math.inf


def tip(joints: dict[str, float]) -> tuple[float, float]:
    """Return where the tip is at these joints."""
    return planar_tip(joints['joint_1'], joints['joint_2'])


def test_reaches_a_pose(client: Client) -> None:
    """Position and orientation of the tip are those that were sent."""
    wanted = planar_tip(0.4, 0.9)
    answer = client.answer(client.send_pose(*wanted, yaw=1.3))
    joints = client.joints_of(answer)
    assert answer.level == DiagnosticStatus.OK
    assert tip(joints) == pytest.approx(wanted, abs=1e-5)
    assert joints['joint_1'] + joints['joint_2'] == pytest.approx(1.3, abs=1e-5)


def test_reaches_a_point(client: Client) -> None:
    """A point may be reached in any orientation."""
    assert tip(client.reach_point(-0.2, 0.7)) == pytest.approx((-0.2, 0.7), abs=1e-5)


def test_solution_tells_the_verdict(client: Client) -> None:
    """Every value that is announced is there."""
    answer = client.answer(client.send_point(0.5, 0.5))
    told = values(answer)
    assert list(told) == [
        'verdict', 'reason', 'position_error [m]', 'orientation_error [rad]', 'iterations',
        'restarts', 'elapsed [s]', 'joints_at_limit', 'blocking_joints', 'out_of_reach [m]',
        'smallest_singular_value', 'manipulability', 'joint_states_stamp']
    assert (told['verdict'], told['reason']) == ('reached', 'converged')
    assert 0.0 <= float(told['position_error [m]']) < 1e-6
    assert answer.name == 'ik_solver_node: tool0'
    assert answer.hardware_id == 'planar_2r'
    assert client.solutions[-1].header.frame_id == 'base_link'


def test_joint_states_are_well_formed(client: Client) -> None:
    """Arrays fit, velocity and effort stay empty, and each stamp is later than the one before."""
    start = len(client.joint_states)
    for step in range(20):
        client.send_point(0.6, 0.01 * step)
    client.spin_until(lambda: len(client.joint_states) > start + 10, 'joint states')
    for message in client.joint_states:
        assert message.name == ['joint_1', 'joint_2']
        assert len(message.position) == 2
        assert not message.velocity and not message.effort
    stamps = [stamp_to_ns(message.header.stamp) for message in client.joint_states]
    assert all(earlier < later for earlier, later in zip(stamps, stamps[1:]))


@pytest.mark.parametrize('frame', ['base_link', '/base_link', ''])
def test_base_frame_needs_no_tf(client: Client, frame: str) -> None:
    """The base frame may be named or left out."""
    answer = client.answer(client.send_point(0.3, 0.6, frame=frame))
    assert answer.level == DiagnosticStatus.OK


BAD_POSES = {
    'nan': {'x': NAN, 'y': 0.5},
    'inf': {'x': INF, 'y': 0.5},
    'nan quaternion': {'x': 0.5, 'y': 0.5, 'quaternion': (0, 0, NAN, 1)},
    'zero quaternion': {'x': 0.5, 'y': 0.5, 'quaternion': (0, 0, 0, 0)},
    'long quaternion': {'x': 0.5, 'y': 0.5, 'quaternion': (0, 0, 3, 4)},
    'unknown frame': {'x': 0.5, 'y': 0.5, 'frame': 'nowhere'},
    'old stamp': {'x': 0.5, 'y': 0.5, 'stamp': stamp_from_ns(10**9)},
    'future stamp': {'x': 0.5, 'y': 0.5, 'stamp': stamp_from_ns(2 * 10**18)},
}

REASONS = {
    'nan': 'finite', 'inf': 'finite', 'nan quaternion': 'finite', 'zero quaternion': 'length 0',
    'long quaternion': 'length 5', 'unknown frame': "'nowhere'", 'old stamp': 'target_timeout',
    'future stamp': 'use_sim_time',
}


@pytest.mark.parametrize('kind', BAD_POSES)
def test_bad_pose_is_refused_and_the_next_good_one_works(client: Client, kind: str) -> None:
    """A bad target gets a reason and moves nothing."""
    before = client.reach_point(0.4, 0.5)
    answer = client.answer(client.send_pose(**BAD_POSES[kind]))
    assert answer.level == DiagnosticStatus.ERROR
    assert REASONS[kind] in answer.message
    assert values(answer)['verdict'] == 'refused'
    assert values(answer)['joint_states_stamp'] == ''
    client.joint_states.clear()
    client.spin_until(lambda: len(client.joint_states) >= 2, 'repeated joint states')
    for message in client.joint_states:
        assert dict(zip(message.name, message.position)) == before
    assert tip(client.reach_point(0.5, -0.3)) == pytest.approx((0.5, -0.3), abs=1e-5)


@pytest.mark.parametrize('x', [NAN, INF])
def test_bad_point_is_refused(client: Client, x: float) -> None:
    """The same for points."""
    answer = client.answer(client.send_point(x, 0.5))
    assert answer.level == DiagnosticStatus.ERROR
    assert 'finite' in answer.message


def test_refusals_are_logged(client: Client, process: NodeProcess) -> None:
    """What is refused also shows on the screen."""
    client.answer(client.send_point(NAN, 0.5))
    assert '[WARN]' in process.wait_for('target refused: ')


def test_nearly_normalised_quaternion_is_taken(client: Client) -> None:
    """Rounding, as senders have it, is not held against them."""
    wanted = planar_tip(0.4, 0.9)
    turned = (0.0, 0.0, 1.01 * math.sin(0.65), 1.01 * math.cos(0.65))
    answer = client.answer(client.send_pose(*wanted, quaternion=turned))
    assert answer.level == DiagnosticStatus.OK


def test_zero_stamp_is_taken(client: Client) -> None:
    """Senders without a clock are served."""
    client.solutions.clear()
    answer = client.answer(client.send_point(0.2, 0.5, stamp=stamp_from_ns(0)))
    assert answer.level == DiagnosticStatus.OK


def test_unreachable_target_holds_the_arm(client: Client, process: NodeProcess) -> None:
    """By default nothing moves, and the distance left is told."""
    client.reach_point(0.6, 0.3)
    answer = client.answer(client.send_point(1.9, 0.0))
    told = values(answer)
    assert answer.level == DiagnosticStatus.WARN
    assert told['verdict'] == 'not_reached'
    assert float(told['position_error [m]']) == pytest.approx(1.0, abs=1e-3)
    assert told['joint_states_stamp'] == ''
    process.wait_for('holding, the closest pose found is')


def test_unreachable_target_moves_to_the_closest_pose_if_allowed(client: Client) -> None:
    """With tracking.allow_approximate the arm stretches out towards the target."""
    assert client.set_parameter('tracking.allow_approximate', True) == (True, '')
    try:
        client.reach_point(0.7, 0.3)
        answer = client.answer(client.send_point(0.0, 1.9))
        assert answer.level == DiagnosticStatus.WARN
        assert values(answer)['verdict'] == 'closest'
        assert tip(client.joints_of(answer)) == pytest.approx((0.0, 0.9), abs=1e-3)
    finally:
        assert client.set_parameter('tracking.allow_approximate', False) == (True, '')


@pytest.mark.parametrize('radius', [0.7, 1.5], ids=['reachable', 'unreachable'])
def test_newest_target_wins_in_a_flood(client: Client, radius: float) -> None:
    """After a second of targets at 200 Hz the next one is answered at once."""
    client.reach_point(0.6, 0.3)
    client.solutions.clear()
    start = monotonic()
    for sent in range(200):
        client.send_point(radius * math.cos(0.005 * sent), radius * math.sin(0.005 * sent))
        client.spin_for(start + 0.005 * (sent + 1) - monotonic())
    began = monotonic()
    answer = client.answer(client.send_point(0.1, 0.6))
    latency = monotonic() - began
    assert latency < 0.5
    assert answer.level == DiagnosticStatus.OK
    assert tip(client.joints_of(answer)) == pytest.approx((0.1, 0.6), abs=1e-5)
    stamps = [stamp_to_ns(solution.header.stamp) for solution in client.solutions]
    assert stamps == sorted(stamps)
    assert 20 < len(stamps) <= 201


def test_late_joiner_sees_the_arm(client: Client) -> None:
    """Who comes late gets the last joints without a new target."""
    joints = client.reach_point(0.3, -0.6)
    with connected_client() as late:
        late.spin_until(lambda: late.joint_states, 'joint state for the late joiner')
        message = late.joint_states[0]
        assert dict(zip(message.name, message.position)) == joints


def test_diagnostics_follow_the_targets(client: Client) -> None:
    """They say at once when targets fail, and when they are reached again."""
    client.reach_point(0.6, 0.3)
    client.send_point(NAN, 0.0)
    bad = client.next_diagnostics(lambda status: status.level == DiagnosticStatus.WARN)
    assert 'finite' in bad.message
    client.send_point(0.5, 0.4)
    good = client.next_diagnostics(lambda status: status.level == DiagnosticStatus.OK)
    told = values(good)
    assert (told['robot'], told['base_link'], told['tip_links']) == (
        'planar_2r', 'base_link', 'tool0')
    assert told['joints'] == 'joint_1, joint_2'
    counts = [int(told[f'targets {what}']) for what in ('received', 'reached', 'refused',
                                                        'not reached')]
    assert counts[0] == sum(counts[1:]) > 0


def test_second_publisher_is_noticed(client: Client, process: NodeProcess) -> None:
    """Two publishers of joint states make a model flicker: that is said, and when it is over."""
    other = client.node.create_publisher(JointState, 'joint_states', 10)
    client.next_diagnostics(lambda status: '/client also publishes on /joint_states'
                            in status.message)
    assert '[WARN]' in process.wait_for('/client also publishes on /joint_states')
    client.node.destroy_publisher(other)
    client.next_diagnostics(lambda status: 'also publishes' not in status.message)
