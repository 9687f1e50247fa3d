"""The recorder of the node: what comes in, what goes out, and what the tracker is asked."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from functools import partial
from time import monotonic_ns
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from ik_solver_node.chain import KinematicChain
from ik_solver_node.motion_limits import MotionLimits
from ik_solver_node.record import steps
from ik_solver_node.record.background import BackgroundWriter
from ik_solver_node.record.recorded_tracker import RecordedTracker
from ik_solver_node.record.writing import Encoded, RecordingFile
from ik_solver_node.ros import conversions
from ik_solver_node.ros.encoding import encoded
from ik_solver_node.ros.parameters import NodeParameters, to_ros
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import Target
from ik_solver_node.tracker import PoseTracker, TrackerOptions
from rcl_interfaces.msg import Parameter as ParameterMessage, ParameterEvent
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from sensor_msgs.msg import JointState
from std_msgs.msg import String

MEASURED_PAUSE = 3_000_000
"""
Measured joints that come sooner than this after the last are not recorded [ns].

Drivers publish at up to 1000 Hz. All that come at 250 Hz are kept, also if they are not on time.
"""


class Recorder:
    """
    Records a node, if its parameter ``record`` says where to; else every call does nothing.

    No call waits: messages are encoded and written by a thread, see `BackgroundWriter`. The times
    in the recording are those of the system when it began, carried on by a clock that is never
    set, so that time between two messages is what passed.

    Parameters
    ----------
    node : Node
        The node.
    settings : NodeParameters
        Its parameters, which are recorded, too.

    Raises
    ------
    RecordingError
        If nothing can be written there.
    MissingDependencyError
        If the package that writes it is not installed.

    """

    def __init__(self, node: Node, settings: NodeParameters) -> None:
        self._node = node
        self._writer: BackgroundWriter | None = None
        self._parameters: dict[str, ParameterMessage] = {}
        self._measured_at: dict[tuple[str, ...], int] = {}
        self._lost = 0
        if not settings.record:
            return
        self._steps = node.resolve_topic_name(f'~/{steps.TOPIC}')
        self._description = node.resolve_topic_name('robot_description')
        file = RecordingFile(settings.record, (
            self._description, node.resolve_topic_name('~/solution')))
        began = Clock(clock_type=ClockType.SYSTEM_TIME).now().nanoseconds
        self._offset = began - monotonic_ns()
        self._writer = BackgroundWriter(file, _encoded)
        # However the process ends, also by a mistake in a parameter further on.
        atexit.register(self.close)
        node.get_logger().info(f'recording to {file.path}')
        self.parameters(settings)

    @property
    def problem(self) -> str:
        """What is wrong with the recording, in a sentence; empty if nothing is."""
        return '' if self._writer is None else self._writer.problem

    def heard(self, topic: str, callback: Callable[[Any], None]) -> Callable[[Any], None]:
        """Return a callback that records what arrives on `topic`, and does as `callback`."""
        if self._writer is None:
            return callback
        resolved = self._node.resolve_topic_name(topic)

        def record_first(message: Any) -> None:
            """Record a message before it is worked on."""
            self.message(resolved, message)
            callback(message)

        return record_first

    def message(self, topic: str, message: Any) -> None:
        """
        Record a message that was just published on `topic`, a resolved name.

        It must not be changed any more, as it has yet to be written.
        """
        if self._writer is None:
            return
        time = monotonic_ns() + self._offset
        if self._lost:
            gap = partial(_step_message, 'gap', time, partial(steps.gap_values, self._lost))
            self._lost = 0 if self._writer.put(self._steps, gap, time) else self._lost
        if not self._writer.put(topic, message, time):
            self._lost += 1

    def measured(self, topic: str, message: JointState) -> None:
        """Record measured joints, unless the same joints were recorded just now."""
        if self._writer is None:
            return
        joints, now = tuple(message.name), monotonic_ns()
        if now - self._measured_at.get(joints, 0) >= MEASURED_PAUSE:
            self._measured_at[joints] = now
            self.message(topic, message)

    def measures(self, topic: str) -> None:
        """Record that joints are measured on `topic`, a resolved name."""
        self._tell('measured', partial(steps.measured_values, topic))

    def limits(self, chain: KinematicChain, limits: MotionLimits) -> None:
        """Record how fast joints may move from now on."""
        self._tell('limits', partial(steps.limits_values, chain, limits))

    def lines(self, poses: int, target: Target) -> None:
        """Record that straight lines are taken, and what their last pose means."""
        self._tell('lines', partial(steps.lines_values, poses, target))

    def parameters(self, settings: NodeParameters) -> None:
        """Record the parameters, or those of them that have changed."""
        if self._writer is None:
            return
        now = {one.name: one.to_parameter_msg() for one in to_ros(settings)}
        changed = [one for name, one in now.items() if self._parameters.get(name) != one]
        event = ParameterEvent(stamp=self._node.get_clock().now().to_msg(),
                               node=self._node.get_fully_qualified_name())
        if self._parameters:
            event.changed_parameters = changed
        else:
            event.new_parameters = changed
        self._parameters = now
        self.message('/parameter_events', event)

    def tracker(self, chain: KinematicChain, solver: SolverOptions,
                tracking: TrackerOptions) -> PoseTracker:
        """Return a tracker; if there is a recording, with the robot and all it is asked in it."""
        if self._writer is None:
            return PoseTracker(chain, solver, tracking)
        self.message(self._description, String(data=chain.model.urdf))
        return RecordedTracker(chain, solver, tracking, self._tell)

    def close(self) -> None:
        """Write what waits to be written, and end the recording."""
        atexit.unregister(self.close)
        if self._writer is None:
            return
        known, (writer, self._writer) = self.problem, (self._writer, None)
        writer.close()
        if writer.problem != known:
            self._node.get_logger().error(writer.problem)

    def _tell(self, kind: str, values: Callable[[], dict[str, str]]) -> None:
        """Record a step, of the tracker or beside it."""
        if self._writer is None:
            return
        stamp = self._node.get_clock().now().nanoseconds
        self.message(self._steps, partial(_step_message, kind, stamp, values))


def _step_message(kind: str, stamp: int, values: Callable[[], dict[str, str]]) -> Any:
    """Return a step of the tracker as a message."""
    return conversions.diagnostics(
        conversions.stamp_from_ns(stamp), '', conversions.diagnostic_status(
            kind, '', DiagnosticStatus.OK, '', values()))


def _encoded(message: Any) -> Encoded:
    """Return a message, or what makes it, as bytes."""
    return encoded(message() if isinstance(message, partial) else message)
