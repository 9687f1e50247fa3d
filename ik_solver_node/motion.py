"""
From joint positions that jump to a motion that an arm can follow.

A `Motion` is asked for one state every period, and each follows from the last inside the limits of
position, velocity, acceleration and jerk, whatever goals come in between. A `GoalStream` turns
goals that arrive now and then into one for every period.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
import math
from operator import sub
from typing import NamedTuple

from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.motion_limits import MotionDefaults, MotionLimits
from ik_solver_node.options import check_options, option
from ik_solver_node.pose import as_vector
from ik_solver_node.profiles import (
    at_rest, MotionState, Profile, ROUNDING, RuckigProfile, TrapezoidProfile)
import numpy as np
from numpy.typing import ArrayLike


class Mode(str, Enum):
    """How accepted solutions get to the arm."""

    DIRECT = 'direct'
    MOVE = 'move'
    TRACK = 'track'


class ProfileKind(str, Enum):
    """What makes the motion; auto takes ruckig if it is installed."""

    AUTO = 'auto'
    RUCKIG = 'ruckig'
    TRAPEZOID = 'trapezoid'


@dataclass(frozen=True)
class MotionOptions:
    """
    How an arm moves to the solutions that were accepted.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    mode: Mode = option(
        Mode.DIRECT, 'direct (each solution is sent at once), move (a timed motion to each '
        'target, which a new target bends) or track (the same for a stream of targets, smoothed)')
    rate: float = option(
        100.0, 'how often joint positions are sent in the modes move and track', unit='Hz',
        minimum=1.0, maximum=1000.0)
    speed: float = option(
        1.0, 'share of the velocity limits that is used; may change while the arm moves',
        minimum=0.01, maximum=1.0)
    profile: ProfileKind = option(
        ProfileKind.AUTO, 'ruckig (limits of velocity, acceleration and jerk), trapezoid (of '
        'velocity and acceleration) or auto (ruckig if it is installed)')
    default_velocity: float = option(
        1.0, 'velocity limit of a joint that has none', unit='rad/s or m/s', minimum=1e-3,
        maximum=1e3)
    acceleration_time: float = option(
        0.5, 'time to full velocity of a joint without a limit of acceleration', unit='s',
        minimum=1e-3, maximum=100.0)
    jerk_time: float = option(
        0.1, 'time to full acceleration of a joint without a limit of jerk', unit='s',
        minimum=1e-3, maximum=100.0)
    joint_limits_file: str = option(
        '', 'path of a joint_limits.yaml, as of MoveIt or ros2_control, with limits of velocity, '
        'acceleration and jerk; of it and the URDF the tighter one counts')

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)

    @property
    def defaults(self) -> MotionDefaults:
        """What counts for a joint that nobody gave a limit for."""
        return MotionDefaults(self.default_velocity, self.acceleration_time, self.jerk_time)


class Waypoint(NamedTuple):
    """A place on the course of a motion, and when it is passed, from now on [s]."""

    time: float
    state: MotionState


SPLICE = 0.1
"""
Time from now to the first waypoint of a course [s].

Who follows one course and is told another is never quite where we take it to be. To the first
waypoint it has so much time to come over smoothly.
"""
COURSE_PERIOD, TAIL_PERIOD = 0.02, 0.05
"""Least time between the waypoints of a course, and between those of braking at its end [s]."""
LONGEST_COURSE = 5000
"""Waypoints of a course at most."""


class Motion:
    """
    Joints on the move, from one period to the next.

    Parameters
    ----------
    limits : MotionLimits
        What the motion keeps to.
    period : float
        Time from one state to the next [s].
    profile : ProfileKind
        What makes the motion.

    Raises
    ------
    MissingDependencyError
        If ruckig is wanted and not installed.

    """

    def __init__(self, limits: MotionLimits, period: float,
                 profile: ProfileKind = ProfileKind.AUTO) -> None:
        self._size, self._speed = len(limits.lower), 1.0
        self._limits = self._scaled = self._wanted = limits
        self._profile, self.without_ruckig = _made(profile, self._size, period)
        self._period = period
        self._splice, self._pace, self._tail = SPLICE, max(period, COURSE_PERIOD), max(
            period, TAIL_PERIOD)
        if not self.is_smooth:  # each of its periods counts: with longer ones it goes another way
            self._splice, self._pace, self._tail = (
                period * max(1, round(at / period)) for at in (SPLICE, self._pace, self._tail))
        # What looks ahead must not disturb what goes on.
        self._scouts = {at: _made(profile, self._size, at if self.is_smooth else period)[0]
                        for at in (self._splice, self._pace, self._tail)}
        self._take(at_rest(limits.clip(np.zeros(self._size))))
        self._goal = self._state.positions
        self._stops = False
        # What is to come of a motion that was planned, period by period; empty for none.
        self._planned: deque[MotionState] = deque()

    @property
    def state(self) -> MotionState:
        """Where the joints are, and how they move."""
        return self._state

    @property
    def is_smooth(self) -> bool:
        """Whether velocities and accelerations are those of the way between the positions."""
        return isinstance(self._profile, RuckigProfile)

    @property
    def is_planned(self) -> bool:
        """Whether it goes on as was planned beforehand."""
        return bool(self._planned)

    @property
    def has_arrived(self) -> bool:
        """Whether nothing moves, and nothing is to move."""
        return self._is_at_rest and not self._planned and (self._stops or max(
            map(abs, map(sub, self._goal, self._state.positions))) < ROUNDING)

    def start(self, positions: ArrayLike, velocities: ArrayLike | None = None) -> None:
        """
        Take it that the joints are at `positions` (n,) [rad or m], and stay there.

        Positions outside the limits are where the motion begins; it leads inside. `velocities`
        (n,) default to rest; what is faster than the limits is taken as a limit.
        """
        state = at_rest(as_vector(positions, self._size, 'positions').tolist())
        if velocities is not None:
            fastest = self._limits.velocity
            state = state._replace(velocities=np.clip(
                as_vector(velocities, self._size, 'velocities'), -fastest, fastest).tolist())
        self._take(state)
        self._goal = self._limits.clip(self._state.positions)
        self._stops, self._planned = False, deque()

    def go_to(self, goal: ArrayLike) -> None:
        """Go to `goal` (n,) [rad or m], moved inside the limits, from now on."""
        self.lead_to(self._limits.clip(as_vector(goal, self._size, 'goal')))

    def lead_to(self, goal: list[float]) -> None:
        """Go to `goal`, n numbers [rad or m] that are known to be finite and inside the limits."""
        self._goal = goal
        self._stops, self._planned = False, deque()

    def follow(self, planned: Iterable[MotionState]) -> None:
        """Go on from rest as is planned, one state a period, the last at rest."""
        self._stops, self._planned = False, deque(planned)

    def stop(self) -> None:
        """Come to rest as soon as the limits allow, and stay there until the next goal."""
        self._stops, self._planned = True, deque()

    def limit(self, limits: MotionLimits, speed: float) -> None:
        """
        Keep to other limits, of which `speed` is the share of the velocity to use.

        The velocity counts from the next period on. All else counts from the next rest on, because
        an arm that could suddenly brake less would not stop where it can now.
        """
        self._wanted, self._speed = limits, speed
        self._limits = limits if self._is_at_rest else MotionLimits(
            self._limits.lower, self._limits.upper, limits.velocity, self._limits.acceleration,
            self._limits.jerk)
        self._scaled = self._limits.at_speed(speed)
        self._goal = self._limits.clip(self._goal)

    def step(self) -> MotionState:
        """Return the state one period later."""
        if self._is_at_rest:
            if self._limits is not self._wanted:
                self.limit(self._wanted, self._speed)
            if self.has_arrived:
                return self._state
        if self._planned:
            self._goal = self._planned[0].positions
            return self._take(self._planned.popleft())
        if self._stops:
            return self._take(self._profile.braking(self._state, self._scaled))
        return self._take(self._profile.towards(self._state, self._goal, self._scaled))

    def _take(self, state: MotionState) -> MotionState:
        """Take `state` for where the joints are, and return it."""
        self._state = state
        self._is_at_rest = state.is_at_rest  # kept, as it is asked for several times a period
        return state

    def course(self, brakes: bool) -> list[Waypoint]:
        """
        Return how the motion would go on without another goal, to rest.

        Parameters
        ----------
        brakes : bool
            Whether the joints brake from the first waypoint on, and do not go on to the goal.

        Returns
        -------
        list of Waypoint
            The first one `SPLICE` after the present state, which is that of a period from now.

        """
        if self._planned:
            return self._planned_course()
        state, time, at = self._state, self._period, self._splice
        course: list[Waypoint] = []
        while len(course) < LONGEST_COURSE and not (course and state.is_at_rest):
            stops = self._stops or (brakes and bool(course))
            known = None
            if stops is self._stops:  # as the joints go anyway
                known = self._profile.ahead(self._state, time + at - self._period, stops)
            state = self._scouted(state, at, stops) if known is None else known
            time += at
            course.append(Waypoint(time, state))
            at = self._tail if brakes else self._pace
        return course

    def _scouted(self, state: MotionState, at: float, stops: bool) -> MotionState:
        """Return the state that is `at` [s] after another."""
        scout = self._scouts[at]
        for _ in range(1 if self.is_smooth else round(at / self._period)):
            state = (scout.braking(state, self._scaled) if stops
                     else scout.towards(state, self._goal, self._scaled))
        return state

    def _planned_course(self) -> list[Waypoint]:
        """Return what is to come of a planned motion, at the same distances."""
        last = len(self._planned) - 1
        stride = max(round(self._pace / self._period), math.ceil(last / LONGEST_COURSE))
        first = min(round(self._splice / self._period) - 1, last)
        return [Waypoint(self._period * (k + 2), self._planned[k])
                for k in dict.fromkeys([*range(first, last, stride), last])]


def _made(kind: ProfileKind, size: int, period: float) -> tuple[Profile, str]:
    """Return a profile, and what to say if it is not the best one that was wanted."""
    if kind is ProfileKind.TRAPEZOID:
        return TrapezoidProfile(size, period), ''
    try:
        return RuckigProfile(size, period), ''
    except MissingDependencyError as error:
        if kind is ProfileKind.RUCKIG:
            raise
        return TrapezoidProfile(size, period), str(error)


class GoalStream:
    """
    Goals that arrive at their own pace, turned into one for every period.

    The way to each is spread over a little more than the time between the last ones, so that a
    motion which follows does not start and stop for each. That costs as much delay. Goals that
    come as often as the periods, and the first after a pause, count at once.

    Parameters
    ----------
    period : float
        Time between two goals that are given [s].

    """

    SPREAD = 1.5
    """Time over which the way to a goal is spread, as part of that between two."""
    PAUSE = 0.25
    """After so long without a goal the next one begins a new stream [s]."""
    SHARE = 0.2
    """Share of the last interval in the mean of all."""

    def __init__(self, period: float) -> None:
        self._period = period
        self.reset()

    def reset(self) -> None:
        """Forget all goals."""
        self._goal: list[float] = []
        self._here: list[float] = []
        self._at, self._interval, self._left = 0.0, 0.0, 1

    def add(self, goal: np.ndarray, now: float) -> None:
        """Take a goal (n,) [rad or m] that arrived at steady time `now` [s]."""
        since = now - self._at
        self._goal = goal.tolist()
        if not self._here or not 0.0 <= since < self.PAUSE:
            self._here, self._interval = self._goal, 0.0
        elif self._interval == 0.0:
            self._interval = since
        else:
            self._interval += self.SHARE * (since - self._interval)
        self._at = now
        self._left = max(1, int(self.SPREAD * self._interval / self._period))

    def advance(self) -> list[float]:
        """Return the goal for the next period, n numbers [rad or m]; an empty list for none."""
        self._here = [here + (there - here) / self._left
                      for here, there in zip(self._here, self._goal)]
        self._left = max(1, self._left - 1)
        return self._here
