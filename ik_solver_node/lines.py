"""
Straight lines through poses: where the tip shall be, and when if nothing slows it down.

Between two poses the position goes straight and the orientation turns about one axis, both at
once, as fast as the slower of the two allows. What counts as time along the lines is the nominal
one, in which they are passed at the speeds that are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import math

from ik_solver_node.pose import Pose
import numpy as np
from transforms3d.quaternions import qconjugate, qmult, quat2axangle

CORNER = 0.5
"""Where the way turns by more than this, the tip stops [rad]; else the corner is rounded off."""
SHORTEST = 1e-9
"""A line that takes less than this is none [s]."""


@dataclass(frozen=True, eq=False)
class Line:
    """
    A straight line between two poses.

    Attributes
    ----------
    start : Pose
        Where it begins.
    way : ndarray, shape (3,)
        From there to its end [m].
    turn : ndarray, shape (3,)
        Rotation vector from the start to its end, in the axes of the base [rad].
    duration : float
        Nominal time [s].

    """

    start: Pose
    way: np.ndarray
    turn: np.ndarray
    duration: float

    @property
    def length(self) -> float:
        """Length of the way of the position [m]."""
        return float(np.linalg.norm(self.way))

    @property
    def angle(self) -> float:
        """Angle of the turn [rad]."""
        return float(np.linalg.norm(self.turn))

    @property
    def velocity(self) -> np.ndarray:
        """Linear and angular velocity, shape (6,) [m/s], [rad/s]."""
        return np.concatenate([self.way, self.turn]) / self.duration

    def at(self, times: np.ndarray) -> np.ndarray:
        """Return the poses at nominal times (k,) from its start [s] as transforms (k, 4, 4)."""
        parts = np.clip(times / self.duration, 0.0, 1.0)
        transforms = np.tile(np.eye(4), (len(parts), 1, 1))
        transforms[:, :3, 3] = self.start.position + parts[:, np.newaxis] * self.way
        transforms[:, :3, :3] = _turns(self.turn, parts) @ self.start.rotation()
        return transforms


@dataclass(frozen=True, eq=False)
class Run:
    """
    Lines that are passed without a stop.

    Attributes
    ----------
    lines : tuple of Line
        At least one.

    """

    lines: tuple[Line, ...]

    @property
    def duration(self) -> float:
        """Nominal time [s]."""
        return sum(line.duration for line in self.lines)

    @property
    def length(self) -> float:
        """Length of the way of the position [m]."""
        return sum(line.length for line in self.lines)

    @property
    def angle(self) -> float:
        """Angle of the turns [rad]."""
        return sum(line.angle for line in self.lines)

    def fastest(self, radian: float) -> float:
        """Return the highest nominal speed on it [m/s], of turns, too, a radian counting so."""
        return max(max(line.length, radian * line.angle) / line.duration for line in self.lines)

    def at(self, times: np.ndarray) -> np.ndarray:
        """Return the poses at nominal times (k,) from its start [s] as transforms (k, 4, 4)."""
        ends = np.cumsum([line.duration for line in self.lines])
        which = np.minimum(np.searchsorted(ends, times, side='right'), len(self.lines) - 1)
        transforms = np.empty((len(times), 4, 4))
        for k, line in enumerate(self.lines):
            here = which == k
            transforms[here] = line.at(times[here] - (ends[k] - line.duration))
        return transforms


def runs_through(poses: Sequence[Pose], tip_speed: float, turn_speed: float) -> list[Run]:
    """
    Return straight lines from pose to pose, divided where the tip must stop to turn off.

    Parameters
    ----------
    poses : sequence of Pose
        Where the tip is, and then shall be, one after the other; what is repeated counts once.
    tip_speed, turn_speed : float
        How fast it moves [m/s] and turns [rad/s].

    """
    lines = [line for line in map(_line, poses[:-1], poses[1:], [tip_speed] * len(poses),
                                  [turn_speed] * len(poses)) if line.duration > SHORTEST]
    runs: list[list[Line]] = []
    for line in lines:
        if runs and _turn_off(runs[-1][-1], line, tip_speed, turn_speed) <= CORNER:
            runs[-1].append(line)
        else:
            runs.append([line])
    return [Run(tuple(run)) for run in runs]


def _line(start: Pose, end: Pose, tip_speed: float, turn_speed: float) -> Line:
    """Return the line between two poses."""
    way = end.position - start.position
    between = qmult(np.roll(end.quat_xyzw, 1), qconjugate(np.roll(start.quat_xyzw, 1)))
    axis, angle = quat2axangle(between if between[0] >= 0.0 else -between)
    turn = angle * np.asarray(axis)
    return Line(start, way, turn, max(math.sqrt(way @ way) / tip_speed, angle / turn_speed))


def _turn_off(before: Line, after: Line, tip_speed: float, turn_speed: float) -> float:
    """Return by how much the velocity turns from one line to the next, in units of the speeds."""
    change = (after.velocity - before.velocity) / np.repeat([tip_speed, turn_speed], 3)
    return float(np.linalg.norm(change))


def _turns(turn: np.ndarray, parts: np.ndarray) -> np.ndarray:
    """Return the rotations by `parts` (k,) of a rotation vector (3,), shape (k, 3, 3)."""
    angle = float(np.linalg.norm(turn))
    if angle == 0.0:
        return np.tile(np.eye(3), (len(parts), 1, 1))
    x, y, z = turn / angle
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    angles = angle * parts[:, np.newaxis, np.newaxis]
    return np.eye(3) + np.sin(angles) * cross + (1.0 - np.cos(angles)) * (cross @ cross)
