"""What was commanded, whichever way it went out: joint states, position arrays, trajectories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ik_solver_node.record import trajectories
from ik_solver_node.record.courses import Course
from ik_solver_node.record.curves import Curves
from ik_solver_node.record.reading import Message
from ik_solver_node.record.trajectories import Trajectory

JOINTS = 'sensor_msgs/msg/JointState'
ARRAY = 'std_msgs/msg/Float64MultiArray'
KINDS = (JOINTS, ARRAY, trajectories.KIND)

PAUSE = 3.5
"""Commands of a timed motion further apart than so many periods have a pause between them."""
PERIOD = 0.01
"""Time between two places on the course of a trajectory, if the motion has no period [s]."""
MOST_OFF = 1.0
"""A stamp further from when it was recorded than this is that of another clock [s]."""


class Ways(NamedTuple):
    """
    What there is to know about commands beside what is in them.

    period : time between two of a timed motion [s]; 0 if they come when a target does
    joints : whose positions are in an array, in order
    """

    period: float = 0.0
    joints: tuple[str, ...] = ()


class _Last(NamedTuple):
    """The command before."""

    time: float
    joints: tuple[str, ...]
    positions: Sequence[float]
    velocities: Sequence[float]


class Commands:
    """
    Collects commands into curves.

    Velocities and accelerations that are not in them are differences: in a timed motion of one
    period, else from the command for one target to that for the next.
    """

    def __init__(self) -> None:
        self.curves = Curves()
        self.ways = Ways()
        self.measured: dict[str, float] = {}
        """Where joints were measured last, where a first trajectory sets out [rad or m]."""
        self.trajectories: list[float] = []
        """When a trajectory was sent, each [s]."""
        self._last: _Last | None = None
        self._course: Course | None = None

    def interrupt(self) -> None:
        """Forget what was last: what comes is not to be compared with it."""
        self._last = None

    def take(self, message: Message, now: float, is_new: bool) -> None:
        """Add a message that was sent at `now` [s]; `is_new` if it is the first for a target."""
        if message.kind == trajectories.KIND:
            self._take_trajectory(message, now)
            return
        value: Any = message.value
        if message.kind == ARRAY:
            joints, positions, velocities = self.ways.joints, value.data, []
        else:
            joints, positions, velocities = tuple(value.name), value.position, value.velocity
        if len(positions) != len(joints) or not joints:
            return
        if self.ways.period:
            self._take_period(_Last(now, joints, positions, velocities))
        else:
            self._take_leap(_Last(now, joints, positions, velocities), is_new)

    def end(self, now: float) -> None:
        """Add what is left of the last command, up to `now` [s]."""
        if self._course is not None:
            self._course.follow(now)
        if self._last is not None and self.ways.period and now > self._last.time:
            still = [0.0] * len(self._last.joints)
            self.curves.add(now, self._last.joints, self._last.positions, still)

    def _take_leap(self, new: _Last, is_new: bool) -> None:
        """Add a command that is sent at once, however far it is."""
        velocities, last = new.velocities, self._last
        if not len(velocities) and is_new and last is not None and last.joints == new.joints:
            step = max(new.time - last.time, 1e-9)
            velocities = _differences(new.positions, last.positions, step)
        self.curves.add(new.time, new.joints, new.positions, velocities)
        if is_new:
            self._last = new

    def _take_period(self, new: _Last) -> None:
        """Add a command of a timed motion, which is one period on from the last."""
        last, period = self._last, self.ways.period
        accelerations: Sequence[float] = ()
        if last is not None and last.joints == new.joints:
            if new.time - last.time > PAUSE * period:
                still = [0.0] * len(new.joints)
                last = _Last(new.time - period, new.joints, last.positions, still)
                self.curves.add(*last)
            elif len(last.velocities):
                told = new.velocities if len(new.velocities) else _differences(
                    new.positions, last.positions, period)
                accelerations = _differences(told, last.velocities, period)
            if not len(new.velocities):
                new = new._replace(velocities=_differences(new.positions, last.positions, period))
        self.curves.add(*new, accelerations)
        self._last = new

    def _take_trajectory(self, message: Message, now: float) -> None:
        """Add a trajectory, which counts from its stamp, or from now."""
        trajectory = Trajectory(message.data)
        age = 1e-9 * (message.time - trajectory.stamp)
        if self._course is None:
            self._course = Course(self.curves, self.ways.period or PERIOD)
        self._course.take(trajectory, now - age if abs(age) < MOST_OFF else now, self.measured)
        self.trajectories.append(now)


def _differences(new: Sequence[float], old: Sequence[float], step: float) -> list[float]:
    """Return how fast numbers change over a time [s]."""
    return [(a - b) / step for a, b in zip(new, old)]
