"""The stamps of what is published, and who else publishes it."""

from __future__ import annotations

import math
from time import time_ns
from types import SimpleNamespace
from typing import Any

from hypothesis import given, strategies as st
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.ros.conversions import stamp_to_ns
from ik_solver_node.ros.outputs import Command, JointStateOutput, LARGEST_STEP_BACK
import pytest
from rclpy.clock import ClockType, ROSClock
from rclpy.serialization import deserialize_message
from rclpy.time import Time
from sensor_msgs.msg import JointState


class FakeNode:
    """As much of a node as an output needs, with simulated time to set."""

    topic_name = '/joint_states'

    def __init__(self, *publishers: str) -> None:
        self.clock = ROSClock()
        self.clock._set_ros_time_is_active(True)  # as the node does that hears /clock
        self.sent: list[JointState] = []
        self._publishers = publishers

    def create_publisher(self, *_: Any) -> FakeNode:
        """Return what publishes."""
        return self

    def destroy_publisher(self, publisher: FakeNode) -> None:
        """Publish no more."""

    def publish(self, message: bytes) -> None:
        """Keep a message."""
        self.sent.append(deserialize_message(message, JointState))

    def get_clock(self) -> ROSClock:
        """Return the clock."""
        return self.clock

    def set_time(self, now: int) -> None:
        """Set the time [ns]."""
        self.clock.set_ros_time_override(Time(nanoseconds=now, clock_type=ClockType.ROS_TIME))

    def get_fully_qualified_name(self) -> str:
        """Return a name in the root namespace."""
        return '/solver'

    def get_publishers_info_by_topic(self, topic: str) -> list[Any]:
        """Return who publishes on a topic."""
        assert topic == self.topic_name
        return [SimpleNamespace(node_namespace=name.rpartition('/')[0] or '/',
                                node_name=name.rpartition('/')[2]) for name in self._publishers]


@given(st.lists(st.integers(0, 10 * LARGEST_STEP_BACK), min_size=2))
def test_stamps_increase_unless_the_clock_is_set_back(times: list[int]) -> None:
    """They are never zero, never repeated, and at most a little ahead of the clock."""
    node = FakeNode()
    output = JointStateOutput(node, 'joint_states')
    last = 0
    for now in times:
        node.set_time(now)
        stamp = output.send(Command(('a',), [0.0]))
        assert stamp > last or now <= last - LARGEST_STEP_BACK
        assert stamp > 0
        assert now <= stamp <= now + LARGEST_STEP_BACK or stamp == 1
        last = stamp


def test_positions_are_sent_with_the_stamp_that_is_returned() -> None:
    """One message for each call."""
    node = FakeNode()
    node.set_time(5)
    stamp = JointStateOutput(node, 'joint_states').send(Command(('b', 'a'), [1.0, 2.0]))
    message, = node.sent
    assert stamp_to_ns(message.header.stamp) == stamp
    assert dict(zip(message.name, message.position)) == {'b': 1.0, 'a': 2.0}


def test_stamps_are_of_the_system_as_soon_as_time_is_not_simulated() -> None:
    """And simulated again when it is."""
    node = FakeNode()
    output, command = JointStateOutput(node, 'joint_states'), Command(('a',), [1.0])
    node.set_time(7)
    assert output.send(command) == 7
    node.clock._set_ros_time_is_active(False)
    before = time_ns()
    assert before <= output.send(command) <= time_ns()
    node.clock._set_ros_time_is_active(True)
    assert output.send(command) == 7
    output.close()
    node.clock._set_ros_time_is_active(False)  # nobody listens any more


def test_what_is_recorded_is_what_is_sent() -> None:
    """Also of other joints, and with and without velocities."""
    node, recorded = FakeNode(), []
    output = JointStateOutput(node, 'joint_states',
                              record=lambda topic, sent: recorded.append((topic, sent)))
    for command in (Command(('a',), [1.0]), Command(('a',), [2.0], [0.5]),
                    Command(('b',), [3.0], [0.5]), Command(('b', 'c'), [4.0, 5.0])):
        output.send(command)
        sent, (topic, kept) = node.sent[-1], recorded[-1]
        assert (tuple(sent.name), list(sent.position), list(sent.velocity)) == (
            command.names, command.positions, list(command.velocities))
        assert topic == node.topic_name
        assert kept.kind is JointState and deserialize_message(kept.data, JointState) == sent


@pytest.mark.parametrize('position', [math.nan, math.inf])
def test_nothing_is_sent_that_is_not_finite(position: float) -> None:
    """Whatever went wrong before, it goes no further."""
    node = FakeNode()
    with pytest.raises(InvalidPoseError, match="joint 'elbow' is at"):
        JointStateOutput(node, 'joint_states').send(Command(('hip', 'elbow'), [0.0, position]))
    assert not node.sent


def test_what_is_finite_is_sent_however_large_it_is() -> None:
    """Even if the sum of it is not."""
    node = FakeNode()
    JointStateOutput(node, 'joint_states').send(Command(('a', 'b'), [1.5e308, 1.5e308]))
    assert list(node.sent[-1].position) == [1.5e308, 1.5e308]


def test_other_publishers_are_those_that_are_not_this_node() -> None:
    """A second node of the same name is another one."""
    def others(*publishers: str) -> list[str]:
        return JointStateOutput(FakeNode(*publishers), 'joint_states').other_publishers()

    assert others('/solver') == []
    assert others('/solver', '/left/gui', '/driver') == ['/driver', '/left/gui']
    assert others('/solver', '/solver') == ['/solver']
