"""Frames of targets, with a stand-in for tf2_ros: PyPI does not have the real one."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

from builtin_interfaces.msg import Time
from domains import private_domain
from geometry_msgs.msg import TransformStamped
from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.ros import frames
from ik_solver_node.ros.conversions import TargetRefusedError
from ik_solver_node.ros.frames import Frames
import pytest
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_msgs.msg import Header


class TransformException(Exception):
    """What tf2 raises."""


class Buffer:
    """Knows one frame: ``camera`` is 1 m in front of everything."""

    def __init__(self) -> None:
        self.asked: list[int] = []
        self.is_clear = False

    def lookup_transform(self, target: str, source: str, time: Any) -> TransformStamped:
        """Return the transform, or raise."""
        self.asked.append(time.nanoseconds)
        if source != 'camera':
            raise TransformException(f'frame {source} does not exist')
        found = TransformStamped()
        found.transform.translation.x = 1.0
        return found

    def clear(self) -> None:
        """Forget all."""
        self.is_clear = True


@pytest.fixture
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """Return a node."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        rclpy.init()
        yield rclpy.create_node('some_node')
        rclpy.shutdown()


@pytest.fixture
def tf(node: Node, monkeypatch: pytest.MonkeyPatch) -> Frames:
    """Return frames that use the stand-in."""
    monkeypatch.setattr(frames, 'tf2_ros', SimpleNamespace(
        Buffer=Buffer, TransformException=TransformException,
        TransformListener=lambda buffer, node: None))
    return Frames(node)


@pytest.mark.parametrize('frame', ['', 'base', '/base'])
def test_base_frame_is_none(tf: Frames, frame: str) -> None:
    """Nothing has to be looked up."""
    assert tf.T_base_frame('base', Header(frame_id=frame)) is None


def test_frame_is_looked_up_at_the_stamp(tf: Frames) -> None:
    """At the time of the message, as tf has it."""
    header = Header(frame_id='camera', stamp=Time(sec=3, nanosec=4))
    found = tf.T_base_frame('base', header)
    assert found is not None
    assert found.position.tolist() == [1.0, 0.0, 0.0]
    assert tf._buffer.asked == [3 * 10**9 + 4]


def test_unknown_frame_is_refused(tf: Frames) -> None:
    """The sentence names both frames and what tf says."""
    with pytest.raises(TargetRefusedError, match="'moon'.*'base': frame moon does not exist"):
        tf.T_base_frame('base', Header(frame_id='moon'))


def test_clock_that_is_set_back_clears_tf(tf: Frames, node: Node) -> None:
    """Else tf2 would hold all that comes for out of date."""
    clock = node.get_clock()
    node.set_parameters([Parameter('use_sim_time', value=True)])
    clock.set_ros_time_override(rclpy.time.Time(seconds=9, clock_type=clock.clock_type))
    tf._buffer.is_clear = False
    clock.set_ros_time_override(rclpy.time.Time(seconds=10, clock_type=clock.clock_type))
    assert not tf._buffer.is_clear
    clock.set_ros_time_override(rclpy.time.Time(seconds=1, clock_type=clock.clock_type))
    assert tf._buffer.is_clear


def test_without_tf2_the_sentence_says_what_to_do(node: Node,
                                                  monkeypatch: pytest.MonkeyPatch) -> None:
    """Send in the base frame, or install tf2."""
    monkeypatch.setattr(frames, 'tf2_ros', None)
    with pytest.raises(MissingDependencyError, match="'moon'.*'base'.*install ros-"):
        Frames(node).T_base_frame('base', Header(frame_id='moon'))
    assert Frames(node).T_base_frame('base', Header(frame_id='base')) is None
