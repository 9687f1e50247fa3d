"""The ways out of the node: one class each, all with the same promises."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum
from itertools import zip_longest
import math
from time import time_ns
from typing import Any, cast, NamedTuple, Protocol

from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.motion import Waypoint
from ik_solver_node.ros import conversions
from ik_solver_node.ros.encoding import Serialized
from ik_solver_node.ros.endpoints import name_of
from ik_solver_node.ros.stencil import JointStateStencil
from rclpy.clock import JumpThreshold, ROSClock, TimeJump
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory

LARGEST_STEP_BACK = 100_000_000
"""A clock that is further behind the last stamp than this has been set back [ns]."""


Record = Callable[[str, Any], None]
"""Gets the resolved name of a topic and what was published there, to keep."""


def forget(topic: str, message: Any) -> None:
    """Record nothing."""


class OutputKind(str, Enum):
    """The ways out."""

    JOINT_STATE = 'joint_state'
    JOINT_TRAJECTORY = 'joint_trajectory'
    FOLLOW_JOINT_TRAJECTORY = 'follow_joint_trajectory'
    POSITION_ARRAY = 'position_array'


class Command(NamedTuple):
    """
    What is to be sent.

    Attributes
    ----------
    names : tuple of str
        The joints that are sent.
    positions : list of float
        Their positions [rad or m].
    velocities : list of float
        Their velocities, or none [rad/s or m/s].
    course : callable, optional
        Returns how the motion goes on, for `joints`; None if it goes on as was told before.
    joints : tuple of str
        The joints of the course.
    is_smooth : bool
        Whether the course has velocities and accelerations.
    age : float
        How long ago the moment was that the course counts from [s].

    """

    names: tuple[str, ...]
    positions: list[float]
    velocities: Sequence[float] = ()
    course: Callable[[], Sequence[Waypoint]] | None = None
    joints: tuple[str, ...] = ()
    is_smooth: bool = False
    age: float = 0.0


class Output(Protocol):
    """A way out."""

    @property
    def topic(self) -> str:
        """The resolved name of the topic on which nobody else may command the same joints."""

    @property
    def commands(self) -> bool:
        """Whether what is sent moves an arm, so that nobody else may send there."""

    @property
    def keeps_time(self) -> bool:
        """Whether who receives it goes on by a clock of its own, so that motions must keep up."""

    def send(self, command: Command) -> int:
        """Publish a command; return the stamp it got [ns]; raises `InvalidPoseError`."""

    def other_publishers(self) -> list[str]:
        """Return the names of other nodes that publish on `topic`."""

    def watch(self) -> str:
        """Return why nobody takes commands, in a sentence; empty if somebody may."""

    def close(self) -> None:
        """Leave the topic."""


class WayOut:
    """
    What all ways out have in common.

    Parameters
    ----------
    node : Node
        Has the clock, and knows who else is there.
    topic : str
        Resolved name of the topic on which nobody else may command the same joints.
    commands : bool
        Whether what is sent moves an arm.
    record : callable
        Gets the resolved name of where it was sent to, and each message.

    """

    keeps_time = False

    def __init__(self, node: Node, topic: str, commands: bool, record: Record) -> None:
        self._node, self._record = node, record
        self._clock = cast(ROSClock, node.get_clock())
        self._is_simulated = self._clock.ros_time_is_active
        self._clock_changes = self._clock.create_jump_callback(
            JumpThreshold(min_forward=None, min_backward=None),
            post_callback=self._on_clock_change)
        self._last = 0
        self.topic, self.commands = topic, commands

    def close(self) -> None:
        """Leave the clock."""
        self._clock_changes.unregister()

    def watch(self) -> str:
        """Return nothing: who publishes need not care who listens."""
        return ''

    def other_publishers(self) -> list[str]:
        """Return the names of other nodes that publish on `topic`."""
        names = [name_of(info) for info in self._node.get_publishers_info_by_topic(self.topic)]
        own = self._node.get_fully_qualified_name()
        if own in names:
            names.remove(own)
        return sorted(names)

    def _checked_stamp(self, command: Command) -> int:
        """Return the stamp for a command whose numbers are all finite [ns]."""
        # What is not finite makes the sum so; that is seen at once, and nearly never.
        if not math.isfinite(sum(command.positions) + sum(command.velocities)):
            _check_finite(command)
        return self._next_stamp(round(1e9 * command.age))

    def _now(self) -> int:
        """
        Return the time of the node's clock [ns].

        Unless time is simulated that is the system's, which rclpy takes far longer to tell.
        """
        return self._clock.now().nanoseconds if self._is_simulated else time_ns()

    def _on_clock_change(self, jump: TimeJump) -> None:
        """Hear that simulated time begins, or ends."""
        self._is_simulated = self._clock.ros_time_is_active

    def _next_stamp(self, age: int) -> int:
        """
        Return the time of the clock `age` ago, but always later than the last stamp [ns].

        Receivers drop joint states that are not newer than the last. Only a clock that was set
        back, such as that of a simulation started again, takes the stamps with it.
        """
        now = self._now() - age
        if self._last - LARGEST_STEP_BACK < now <= self._last:
            now = self._last + 1
        self._last = max(now, 1)
        return self._last


def _check_finite(command: Command) -> None:
    """Raise `InvalidPoseError` about the first joint whose numbers are not all finite."""
    for name, position, velocity in zip_longest(
            command.names, command.positions, command.velocities, fillvalue=0.0):
        if not (math.isfinite(position) and math.isfinite(velocity)):
            raise InvalidPoseError(f'joint {name!r} is at {position}, with a velocity of '
                                   f'{velocity}; nothing was published')


class _Topic(WayOut):
    """
    A way out that is a topic.

    Parameters
    ----------
    node, commands, record
        As of a `WayOut`.
    kind : type
        Of message.
    topic : str
        Name of the topic.

    """

    def __init__(self, node: Node, kind: Any, topic: str, commands: bool, record: Record) -> None:
        self._publisher = node.create_publisher(kind, topic, QoSProfile(depth=10))
        super().__init__(node, self._publisher.topic_name, commands, record)

    def close(self) -> None:
        """Leave the topic."""
        super().close()
        self._node.destroy_publisher(self._publisher)

    def _publish(self, message: Any) -> None:
        """Publish and record a message."""
        self._publisher.publish(message)
        self._record(self.topic, message)


class JointStateOutput(_Topic):
    """Publishes joint positions as JointState: reliable, volatile, depth 10."""

    def __init__(self, node: Node, topic: str, commands: bool = False,
                 record: Record = forget) -> None:
        super().__init__(node, JointState, topic, commands, record)
        self._stencil = JointStateStencil((), False)

    def send(self, command: Command) -> int:
        """Publish positions, and velocities; return the stamp they got [ns]."""
        stamp = self._checked_stamp(command)
        names, positions, velocities = command.names, command.positions, command.velocities
        if self._stencil.names != names or self._stencil.has_velocities != bool(velocities):
            self._stencil = JointStateStencil(names, bool(velocities))
        data = self._stencil.filled(stamp, positions, velocities)
        self._publisher.publish(data)
        if self._record is not forget:
            self._record(self.topic, Serialized(JointState, data))
        return stamp


class TrajectoryOutput(_Topic):
    """
    Publishes the course of a motion as JointTrajectory, for a joint_trajectory_controller.

    Each message leads to rest: what is sent in the mode track goes on for a few periods and then
    brakes, so that an arm that hears no more of it stops. In the mode move the whole motion is
    sent once, and again only when something has changed it.
    """

    keeps_time = True

    def __init__(self, node: Node, topic: str, record: Record = forget) -> None:
        super().__init__(node, JointTrajectory, topic, True, record)

    def send(self, command: Command) -> int:
        """Publish the course, if it is a new one; return the stamp it got [ns]."""
        stamp = self._checked_stamp(command)
        if command.course is not None:
            self._publish(conversions.joint_trajectory(
                command.joints, command.course(), stamp, command.is_smooth))
        return stamp


class PositionArrayOutput(_Topic):
    """Publishes positions as Float64MultiArray, for a forward_command_controller."""

    def __init__(self, node: Node, topic: str, joints: Sequence[str],
                 record: Record = forget) -> None:
        super().__init__(node, Float64MultiArray, topic, True, record)
        self._joints = tuple(joints)

    def send(self, command: Command) -> int:
        """Publish positions in the order of the joints; return when [ns]."""
        stamp = self._checked_stamp(command)
        positions = dict(zip(command.names, command.positions))
        self._publish(Float64MultiArray(
            data=[positions[name] for name in self._joints or command.joints]))
        return stamp
