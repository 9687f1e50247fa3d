"""Straight lines through the real node: straight over DDS, refused where they do not lead on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import math
from pathlib import Path

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from geometry_msgs.msg import Pose as PoseMessage, PoseArray, PoseStamped
from harness import Client, connected_client, planar_tip, running_node, values
from nav_msgs.msg import Path as PathMessage
import numpy as np
import pytest
from rclpy.qos import QoSProfile
from test_node_motion import assert_smooth, motion_node, positions, trigger, wait_for_rest
from test_node_with_stand_in import assert_gentle, moved_arm

HOME = planar_tip(0.6, 1.2)
YAW = 1.8
"""How the tip is turned there; on these lines it stays that way, as far as the arm can [rad]."""


@pytest.fixture(autouse=True)
def ros_domain(tmp_path: Path) -> Iterator[None]:
    """Give each test a domain of its own."""
    with private_domain(tmp_path):
        yield


def pose_at(point: Sequence[float]) -> PoseMessage:
    """Return a pose message at a point of the plane."""
    message = PoseMessage()
    message.position.x, message.position.y = map(float, point)
    message.orientation.z, message.orientation.w = math.sin(0.5 * YAW), math.cos(0.5 * YAW)
    return message


def send_lines(client: Client, *points: Sequence[float], topic: str = 'target_poses') -> Time:
    """Publish points of straight lines, once somebody listens; return their stamp."""
    kind = PoseArray if topic == 'target_poses' else PathMessage
    publisher = client.node.create_publisher(kind, topic, QoSProfile(depth=1))
    client.spin_until(publisher.get_subscription_count, 'node that listens')
    message = kind()
    message.header.stamp = client.stamp()
    for point in points:
        pose = pose_at(point)
        message.poses.append(pose if kind is PoseArray else PoseStamped(pose=pose))
    publisher.publish(message)
    return message.header.stamp


def go_home(client: Client) -> None:
    """Bring the arm to where the lines of these tests begin, at rest."""
    client.connect()

    def is_home() -> bool:
        client.send_point(*HOME)  # a stream that ends would stop the arm on its way
        client.spin_for(0.1)
        return is_at(client, HOME)

    client.spin_until(is_home, 'home')
    client.spin_for(0.2)
    del client.joint_states[:]


def is_at(client: Client, point: Sequence[float]) -> bool:
    """Return whether the arm stands at a point."""
    if not client.joint_states or any(client.joint_states[-1].velocity):
        return False
    return bool(np.hypot(*(tip_of(positions(client.joint_states[-1:])[0]) - point)) < 1e-5)


def tip_of(joints: np.ndarray) -> np.ndarray:
    """Return where the tip is, shape (2,) [m]."""
    return np.array(planar_tip(*joints))


def off_line(point: np.ndarray, start: Sequence[float], end: Sequence[float]) -> float:
    """Return how far a point is from a straight line [m]."""
    way = np.subtract(end, start)
    part = np.clip((point - start) @ way / (way @ way), 0.0, 1.0)
    return float(np.linalg.norm(point - start - part * way))


@pytest.mark.parametrize('mode, topic', [('move', 'target_poses'), ('track', 'target_path')])
def test_the_tip_goes_straight_from_pose_to_pose(mode: str, topic: str) -> None:
    """Every published position is on the lines, and the last one is at their end."""
    first, second = (HOME[0] - 0.15, HOME[1]), (HOME[0] - 0.15, HOME[1] - 0.2)
    with running_node(*motion_node(mode, 'publish_rate:=0.0')), connected_client() as client:
        go_home(client)
        answer = client.answer(send_lines(client, first, second, topic=topic))
        assert answer.level == DiagnosticStatus.OK, answer.message
        told = values(answer)
        assert float(told['fraction']) == 1.0
        assert float(told['length [m]']) == pytest.approx(0.35)
        # At 0.1 m/s, with a stop at the corner.
        assert 3.5 < float(told['duration [s]']) < 4.5
        client.spin_until(lambda: is_at(client, second), 'arrival')
        for joints in positions(client.joint_states):
            assert min(off_line(tip_of(joints), HOME, first),
                       off_line(tip_of(joints), first, second)) < 5e-5
        assert_smooth(client.joint_states)
        assert len(client.joint_states) == pytest.approx(
            100.0 * float(told['duration [s]']), abs=5)


def test_lines_that_lead_nowhere_are_refused_or_followed_in_part() -> None:
    """The fraction is told in both cases; which one it is, is a parameter."""
    beyond = (HOME[0] + 1.0, HOME[1])
    with running_node(*motion_node('move', 'publish_rate:=0.0')) as node, \
            connected_client() as client:
        go_home(client)
        answer = client.answer(send_lines(client, beyond))
        assert answer.level == DiagnosticStatus.WARN
        told = values(answer)
        assert told['verdict'] == 'not_reached'
        assert 0.05 < float(told['fraction']) < 0.95
        assert f'{100 * float(told["fraction"]):.1f} % of 1 m only' in answer.message
        node.wait_for('the lines can be followed for')
        client.spin_for(0.3)
        assert client.joint_states == []
        assert client.set_parameter('lines.allow_partial', True) == (True, '')
        answer = client.answer(send_lines(client, beyond))
        assert values(answer)['verdict'] == 'closest'
        end = HOME[0] + float(told['fraction'])
        client.spin_until(lambda: client.joint_states and abs(
            tip_of(positions(client.joint_states[-1:])[0])[0] - end) < 1e-3, 'as far as it goes')
        client.next_diagnostics(lambda status: '% of 1 m only' in status.message)


def test_lines_are_refused_where_they_make_no_sense() -> None:
    """On the move, after a stop, without poses, in frames that nobody knows."""
    with running_node(*motion_node('move', 'motion.speed:=0.2')), connected_client() as client:
        go_home(client)
        empty = client.answer(send_lines(client))
        assert 'at least one pose' in empty.message
        bad = pose_at(HOME)
        bad.orientation.z, bad.orientation.w = 0.0, 0.5
        publisher = client.node.create_publisher(PoseArray, 'target_poses', QoSProfile(depth=1))
        client.spin_until(publisher.get_subscription_count, 'node that listens')
        message = PoseArray(poses=[pose_at(HOME), bad])
        message.header.stamp = client.stamp()
        publisher.publish(message)
        assert 'length 0.5' in client.answer(message.header.stamp).message
        message = PoseArray(poses=[pose_at(HOME)])
        message.header.stamp, message.header.frame_id = client.stamp(), 'nowhere'
        publisher.publish(message)
        assert "'nowhere'" in client.answer(message.header.stamp).message
        client.send_point(*planar_tip(-1.5, 1.0))
        client.spin_until(lambda: client.joint_states
                          and max(map(abs, client.joint_states[-1].velocity), default=0.0) > 0.2,
                          'motion')
        moving = client.answer(send_lines(client, HOME))
        assert 'begins where it stands' in moving.message
        assert trigger(client, 'stop').success
        wait_for_rest(client)
        assert 'stopped by the service stop' in client.answer(send_lines(client, HOME)).message


def test_in_the_mode_direct_there_are_no_lines() -> None:
    """It says which modes have them."""
    with running_node(*motion_node('direct')), connected_client() as client:
        client.connect()
        answer = client.answer(send_lines(client, HOME))
        assert answer.level == DiagnosticStatus.ERROR
        assert 'motion.mode must be move or track' in answer.message


def test_a_stop_and_a_target_end_a_path() -> None:
    """The stop at once; the target by a bend, without a jump."""
    way = [(HOME[0] - 0.3, HOME[1])]
    with running_node(*motion_node('move', 'publish_rate:=0.0')), connected_client() as client:
        go_home(client)
        assert client.answer(send_lines(client, *way)).level == DiagnosticStatus.OK
        client.spin_until(lambda: len(client.joint_states) > 50, 'motion')
        assert trigger(client, 'stop').success
        stopped = tip_of(wait_for_rest(client))
        assert HOME[0] - 0.2 < stopped[0] < HOME[0] - 0.01
        client.spin_for(0.3)
        assert trigger(client, 'resume').success
        count = len(client.joint_states)
        assert client.answer(send_lines(client, *way)).level == DiagnosticStatus.OK
        client.spin_until(lambda: len(client.joint_states) > count + 50, 'motion')
        assert client.answer(client.send_point(*HOME)).level == DiagnosticStatus.OK
        client.spin_until(lambda: is_at(client, HOME), 'home')
        assert_smooth(client.joint_states)


def test_a_controller_gets_lines_as_one_trajectory() -> None:
    """The arm that it moves goes straight, too, as it is measured."""
    with moved_arm('joint_trajectory', 'move') as watcher:
        watcher.answer(watcher.send_point(*HOME))
        watcher.arrive(*HOME)
        del watcher.trajectories[:], watcher.joint_states[:]
        end = (HOME[0] - 0.2, HOME[1] - 0.05)
        assert watcher.answer(send_lines(watcher, end)).level == DiagnosticStatus.OK
        watcher.arrive(*end)
        assert len(watcher.trajectories) == 1
        assert max(off_line(tip_of(joints), HOME, end)
                   for joints in positions(watcher.joint_states)) < 1e-3
        assert_gentle(watcher, whole=True)
