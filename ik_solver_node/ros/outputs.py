"""The ways out of the node: one class each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import math
from typing import Any

from builtin_interfaces.msg import Time
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.ros import conversions
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState

LARGEST_STEP_BACK = 100_000_000
"""A clock that is further behind the last stamp than this has been set back [ns]."""


class JointStateOutput:
    """
    Publishes joint positions as JointState: reliable, volatile, depth 10.

    Parameters
    ----------
    node : Node
        Publishes, and has the clock.
    topic : str
        Name of the topic.
    record : callable
        Gets the resolved name of the topic and each message that was published.

    """

    def __init__(self, node: Node, topic: str,
                 record: Callable[[str, Any], None] = lambda topic, message: None) -> None:
        self._node, self._record = node, record
        self._publisher = node.create_publisher(JointState, topic, QoSProfile(depth=10))
        self._last = 0

    @property
    def topic(self) -> str:
        """The resolved name of the topic."""
        return self._publisher.topic_name

    def send(self, positions: Mapping[str, float]) -> Time:
        """
        Publish positions by joint name [rad or m]; return the stamp they got.

        Raises
        ------
        InvalidPoseError
            If a position is not finite: whatever went wrong before, it goes no further.

        """
        for name, position in positions.items():
            if not math.isfinite(position):
                raise InvalidPoseError(f'joint {name!r} is at {position}; nothing was published')
        stamp = conversions.stamp_from_ns(self._next_stamp())
        message = conversions.joint_state(positions, stamp)
        self._publisher.publish(message)
        self._record(self.topic, message)
        return stamp

    def other_publishers(self) -> list[str]:
        """Return the names of other nodes that publish on the same topic."""
        names = [f'{info.node_namespace.rstrip("/")}/{info.node_name}' for info in
                 self._node.get_publishers_info_by_topic(self.topic)]
        own = self._node.get_fully_qualified_name()
        if own in names:
            names.remove(own)
        return sorted(names)

    def _next_stamp(self) -> int:
        """
        Return the time of the clock, but always later than the last stamp [ns].

        Receivers drop joint states that are not newer than the last. Only a clock that was set
        back, such as that of a simulation started again, takes the stamps with it.
        """
        now = self._node.get_clock().now().nanoseconds
        if self._last - LARGEST_STEP_BACK < now <= self._last:
            now = self._last + 1
        self._last = max(now, 1)
        return self._last
