"""
The way that joints are sent by trajectories, as a joint_trajectory_controller goes it.

A new trajectory takes over when it starts, from where the joints are commanded to be by then, on a
spline to its first point: one that is sent every period is only ever followed for its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ik_solver_node.record.curves import Curves
from ik_solver_node.record.trajectories import Point, Trajectory
import numpy as np


class _Place(NamedTuple):
    """Where joints are at a time [s]; velocities and accelerations are empty if nobody says."""

    time: float
    positions: np.ndarray
    velocities: np.ndarray
    accelerations: np.ndarray


class Course:
    """
    Follows trajectories one after the other, and puts where they lead into curves.

    Parameters
    ----------
    curves : Curves
        Gets them.
    period : float
        Time between two places that are put there [s].

    """

    def __init__(self, curves: Curves, period: float) -> None:
        self._curves, self._period = curves, period
        self._joints: tuple[str, ...] = ()
        self._here: _Place | None = None
        self._next: _Place | None = None
        self._ahead: Iterator[Point] = iter(())
        self._start = 0.0

    def take(self, trajectory: Trajectory, start: float, measured: Mapping[str, float]) -> None:
        """
        Follow another trajectory from `start` on [s], or from now on if that is past.

        The first one sets out at rest from where the joints are measured, if they are.
        """
        self.follow(start)
        if self._here is None or self._joints != trajectory.joints:
            self._here = _at_rest(start, trajectory.joints, measured)
        self._joints, self._ahead, self._start = trajectory.joints, trajectory.points(), start
        self._turn()
        while self._here is not None and self._next is not None and (
                self._next.time <= self._here.time):
            self._turn()
        if self._here is None:
            self._here = self._next
            self._turn()

    def follow(self, until: float) -> None:
        """Go on up to a time [s]."""
        while self._here is not None and self._here.time < until:
            if self._next is None:
                still = np.zeros(len(self._here.positions))
                self._here = _Place(until, self._here.positions, still, still)
                self._put(self._here)
            elif self._next.time <= until:
                self._pass(self._here, self._next, self._next.time)
                self._here = self._next
                self._turn()
            else:
                self._here = self._pass(self._here, self._next, until)

    def _turn(self) -> None:
        """Take the next point as the one to go to."""
        point = next(self._ahead, None)
        self._next = None if point is None else _Place(
            self._start + point.time, *map(np.array, point[1:]))

    def _pass(self, here: _Place, there: _Place, until: float) -> _Place:
        """Put what is between two places into the curves, up to a time; return what is there."""
        steps = np.arange(here.time, until - 0.5 * self._period, self._period)[1:]
        for time in (*steps.tolist(), until):
            place = _between(here, there, time)
            self._put(place)
        return place

    def _put(self, place: _Place) -> None:
        """Put a place into the curves."""
        time, positions, velocities, accelerations = place
        self._curves.add(time, self._joints, positions, velocities, accelerations)


def _at_rest(time: float, joints: Sequence[str], measured: Mapping[str, float]) -> _Place | None:
    """Return where joints are measured, None if one of them is not."""
    if not all(name in measured for name in joints):
        return None
    still = np.zeros(len(joints))
    return _Place(time, np.array([measured[name] for name in joints]), still, still)


def _between(here: _Place, there: _Place, time: float) -> _Place:
    """Return where joints are between two places: on the spline that both have numbers for."""
    span, t = there.time - here.time, time - here.time
    s = t / span
    p, v, a = here.positions, here.velocities, here.accelerations
    way = there.positions - p
    if not (len(v) and len(there.velocities)):
        return _Place(time, p + s * way, way / span, np.empty(0))
    if not (len(a) and len(there.accelerations)):
        d, e = way - span * v, span * (there.velocities - v)
        b, c = 3.0 * d - e, e - 2.0 * d
        return _Place(time, p + t * v + s**2 * (b + s * c),
                      v + s * (2.0 * b + 3.0 * s * c) / span, np.empty(0))
    d = way - span * v - 0.5 * span**2 * a
    e = span * (there.velocities - v - span * a)
    f = span**2 * (there.accelerations - a)
    b, c, g = 10.0 * d - 4.0 * e + 0.5 * f, -15.0 * d + 7.0 * e - f, 6.0 * d - 3.0 * e + 0.5 * f
    return _Place(
        time, p + t * (v + 0.5 * t * a) + s**3 * (b + s * (c + s * g)),
        v + t * a + s**2 * (3.0 * b + s * (4.0 * c + 5.0 * s * g)) / span,
        a + s * (6.0 * b + s * (12.0 * c + 20.0 * s * g)) / span**2)
