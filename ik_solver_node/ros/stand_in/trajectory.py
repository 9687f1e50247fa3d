"""Waypoints, and the trajectory through them as joint_trajectory_controller interpolates it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True, eq=False)
class Waypoint:
    """
    Where the joints shall be at a time, and how they move there.

    Attributes
    ----------
    time : int
        When, on the clock or from the start of a goal [ns].
    positions : ndarray, shape (n,)
        Joint positions [rad or m].
    velocities : ndarray, shape (n,), or None
        Joint velocities [rad/s or m/s]; None if they do not matter.
    accelerations : ndarray, shape (n,), or None
        Joint accelerations [rad/s^2 or m/s^2]; None if they do not matter.

    """

    time: int
    positions: np.ndarray
    velocities: np.ndarray | None = None
    accelerations: np.ndarray | None = None

    def shifted(self, nanoseconds: int) -> Waypoint:
        """Return the same, later by `nanoseconds`."""
        return replace(self, time=self.time + nanoseconds)

    def filled(self, like: Waypoint) -> Waypoint:
        """Return the same, at rest where nothing is said of a velocity that `like` speaks of."""
        def known(own: np.ndarray | None, other: np.ndarray | None) -> np.ndarray | None:
            return np.zeros_like(self.positions) if own is None and other is not None else own

        return replace(self, velocities=known(self.velocities, like.velocities),
                       accelerations=known(self.accelerations, like.accelerations))


class Trajectory:
    """
    A motion through waypoints: before the first and after the last, that one is held.

    Parameters
    ----------
    waypoints : sequence of Waypoint
        At least one, in the order of their times; of two at the same time the later one is where
        the motion goes on.

    """

    def __init__(self, waypoints: Sequence[Waypoint]) -> None:
        self._waypoints = tuple(waypoints)
        self._times = [waypoint.time for waypoint in self._waypoints]

    def __len__(self) -> int:
        """Return how many waypoints there are."""
        return len(self._waypoints)

    @property
    def end(self) -> int:
        """The time of the last waypoint [ns]."""
        return self._times[-1]

    def sample(self, time: int) -> Waypoint:
        """Return where the joints shall be at `time` [ns], with velocities and accelerations."""
        after = bisect_right(self._times, time)
        if 0 < after < len(self._times):
            return between(self._waypoints[after - 1], self._waypoints[after], time)
        held = self._waypoints[max(after - 1, 0)]
        at_rest = np.zeros_like(held.positions)
        return Waypoint(time, held.positions,
                        at_rest if held.velocities is None else held.velocities,
                        at_rest if held.accelerations is None else held.accelerations)

    def strictly_between(self, first: int, last: int) -> tuple[Waypoint, ...]:
        """Return the waypoints after `first` and before `last` [ns]."""
        return tuple(waypoint for waypoint in self._waypoints if first < waypoint.time < last)


def between(a: Waypoint, b: Waypoint, time: int) -> Waypoint:
    """
    Return the point at `time` [ns] on the way from `a` to a later `b`.

    The way is a straight line; with velocities at both ends the cubic that has them, and with
    accelerations too the quintic that has these as well.
    """
    duration = 1e-9 * (b.time - a.time)
    s = (time - a.time) / (b.time - a.time)
    c = _coefficients(a, b, duration)
    powers = s ** np.arange(len(c))
    order = np.arange(1, len(c))
    c_velocity = order[:, None] * c[1:]
    c_acceleration = order[:-1, None] * c_velocity[1:]
    return Waypoint(time, powers @ c, powers[:-1] @ c_velocity / duration,
                    powers[:-2] @ c_acceleration / duration**2)


def _coefficients(a: Waypoint, b: Waypoint, duration: float) -> np.ndarray:
    """
    Return the coefficients of the polynomial from `a` to `b`, shape (2, 4 or 6, n).

    The polynomial is one of s, which goes from 0 to 1 in `duration` [s]. With the end values x
    (way from a to b), v and w (velocities in units of s), the cubic must meet
    c2 + c3 = x - v and 2 c2 + 3 c3 = w - v; the quintic likewise meets three conditions.
    """
    way = b.positions - a.positions
    if a.velocities is None or b.velocities is None:
        return np.array([a.positions, way])
    v, w = duration * a.velocities, duration * b.velocities
    if a.accelerations is None or b.accelerations is None:
        return np.array([a.positions, v, 3.0 * way - 2.0 * v - w, v + w - 2.0 * way])
    half, other = 0.5 * duration**2 * a.accelerations, duration**2 * b.accelerations
    # What is left of position, velocity and acceleration at the end for the last three terms.
    x = way - v - half
    y = w - v - 2.0 * half
    z = other - 2.0 * half
    return np.array([a.positions, v, half, 10.0 * x - 4.0 * y + 0.5 * z,
                     -15.0 * x + 7.0 * y - z, 6.0 * x - 3.0 * y + 0.5 * z])
