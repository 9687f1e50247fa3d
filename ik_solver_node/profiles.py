"""
Profiles: how joints get from one state of motion to the next, a period at a time.

Two of them take the same limits. `RuckigProfile` keeps to velocity, acceleration and jerk, and
brings all joints to the goal at the same time; it needs the package ruckig [1]_. Without it
`TrapezoidProfile` keeps to velocity and acceleration.

Both hold one promise by induction: a joint that can stop inside its limits now can still do so a
period later. What a profile asks for is taken only if it keeps that; else the joint brakes, which
always does.

References
----------
.. [1] L. Berscheid, T. Kroeger, "Jerk-limited Real-time Trajectory Generation with Arbitrary
   Target States", Robotics: Science and Systems, 2021.

"""

from __future__ import annotations

from operator import le
from typing import Any, NamedTuple, Protocol

from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.motion_limits import MotionLimits
import numpy as np
from numpy.typing import ArrayLike

ROUNDING = 1e-9
"""Past a limit by less than this is rounding, and is cut off [rad or m]."""
NO_RUCKIG = ('the package ruckig is not installed (run "pip install ruckig"), so that motions '
             'keep to limits of velocity and acceleration, but not of jerk')


class MotionState(NamedTuple):
    """
    Where joints are and how they move, n numbers each, in [rad] or [m] and seconds.

    Lists, as of so few numbers numpy takes longer to make an array than it saves. Nobody writes to
    them.
    """

    positions: list[float]
    velocities: list[float]
    accelerations: list[float]

    @property
    def is_at_rest(self) -> bool:
        """Whether nothing moves."""
        return not (any(self.velocities) or any(self.accelerations))


class MotionStates(NamedTuple):
    """The same at moments one after another, in arrays of shape (k, n)."""

    positions: np.ndarray
    velocities: np.ndarray
    accelerations: np.ndarray


def at_rest(positions: list[float]) -> MotionState:
    """Return the state of joints that stand at `positions`, n numbers."""
    still = [0.0] * len(positions)
    return MotionState(positions, still, still)


class Profile(Protocol):
    """Goes on from one state to the next, one period later."""

    def towards(self, state: MotionState, goal: list[float], limits: MotionLimits) -> MotionState:
        """Return the next state on the way to rest at `goal`, n numbers inside the limits."""

    def braking(self, state: MotionState, limits: MotionLimits) -> MotionState:
        """Return the next state on the shortest way to rest."""

    def ahead(self, state: MotionState, time: float, brakes: bool) -> MotionState | None:
        """
        Return where the way that is being followed leads in `time` [s], if that is known.

        It is for the newest state that `braking` has returned if it `brakes`, else `towards`.
        """


class RuckigProfile:
    """
    The quickest motion inside limits of velocity, acceleration and jerk, all joints in step.

    Parameters
    ----------
    size : int
        How many joints.
    period : float
        Time from one state to the next [s].

    Raises
    ------
    MissingDependencyError
        If ruckig is not installed.

    """

    def __init__(self, size: int, period: float) -> None:
        try:
            import ruckig
        except ImportError as error:
            raise MissingDependencyError(NO_RUCKIG) from error
        self._moving = _Generator(ruckig, size, period)
        self._stopping = _Generator(ruckig, size, period)
        self._stopping.input.control_interface = ruckig.ControlInterface.Velocity
        self._stopping.input.synchronization = ruckig.Synchronization.No
        self._stopping.input.target_velocity = [0.0] * size
        # Joints that wait for one another may swing out further than each by itself.
        self._together = (ruckig.Synchronization.Time, ruckig.Synchronization.No)
        self._way: tuple[list[float], MotionLimits] | None = None
        self._choice = 0

    def towards(self, state: MotionState, goal: list[float], limits: MotionLimits) -> MotionState:
        """Return the next state on the way to rest at `goal`, n numbers inside the limits."""
        way = goal, limits
        if way != self._way or state is not self._moving.newest:
            self._way = way
            self._choose(0)
        self._moving.input.target_position = goal
        # Who has begun a way goes on with it: another choice in the middle would be another way.
        for choice in range(self._choice, len(self._together)):
            self._choose(choice)
            following = self._moving.advance(state, limits)
            if following is not None:
                return following
        return self.braking(state, limits)

    def braking(self, state: MotionState, limits: MotionLimits) -> MotionState:
        """Return the next state on the shortest way to rest."""
        following = self._stopping.advance(state, limits)
        if following is None:
            # To stop short of a limit, a joint may have to swing back from it.
            self._moving.input.target_position = limits.clip(self._stopping.end)
            self._choose(-1)
            self._way = None
            following = self._moving.advance(state, limits, anyhow=True)
        return following or at_rest(limits.clip(state.positions))

    def _choose(self, choice: int) -> None:
        """Let joints wait for one another, or not."""
        if choice != self._choice:
            self._choice = choice
            self._moving.input.synchronization = self._together[choice]

    def ahead(self, state: MotionState, time: float, brakes: bool) -> MotionState | None:
        """Return where the way that is being followed leads in `time` [s], if that is known."""
        generator = self._stopping if brakes else self._moving
        return generator.ahead(time) if state is generator.newest else None


class _Generator:
    """
    Ruckig with its input and output, asked for one period at a time.

    Attributes
    ----------
    newest : MotionState or None
        What it has returned last.

    """

    def __init__(self, ruckig: Any, size: int, period: float) -> None:
        self._generator = ruckig.Ruckig(size, period)
        self._finished, self._error = ruckig.Result.Finished, ruckig.RuckigError
        self._output = ruckig.OutputParameter(size)
        self._limits: MotionLimits | None = None
        self._lower: list[float] = []
        self._upper: list[float] = []
        self._lowest: list[float] = []
        self._highest: list[float] = []
        self.input = ruckig.InputParameter(size)
        self.newest: MotionState | None = None
        self._passed: MotionState | None = None  # the state that the input holds

    @property
    def end(self) -> list[float]:
        """Where the last way leads, n numbers [rad or m]."""
        trajectory = self._output.trajectory
        return trajectory.at_time(trajectory.duration)[0]

    def ahead(self, time: float) -> MotionState:
        """Return where the last way leads in `time` [s] from the newest state on."""
        trajectory, at = self._output.trajectory, self._output.time + time
        if at >= trajectory.duration:
            return at_rest(self.end)
        return MotionState(*trajectory.at_time(at))

    def advance(self, state: MotionState, limits: MotionLimits,
                anyhow: bool = False) -> MotionState | None:
        """Return the next state, None if the way leaves the limits of positions, unless anyhow."""
        self.newest = self._advanced(state, limits, anyhow)
        return self.newest

    def _advanced(self, state: MotionState, limits: MotionLimits,
                  anyhow: bool) -> MotionState | None:
        """Return the next state; see `advance`."""
        if limits is not self._limits:
            self.input.max_velocity = limits.velocity.tolist()
            self.input.max_acceleration = limits.acceleration.tolist()
            self.input.max_jerk = limits.jerk.tolist()
            self._limits = limits
            self._lower, self._upper = limits.lower.tolist(), limits.upper.tolist()
            self._lowest = (limits.lower - ROUNDING).tolist()
            self._highest = (limits.upper + ROUNDING).tolist()
        if state is not self._passed:
            self.input.current_position = state.positions
            self.input.current_velocity = state.velocities
            self.input.current_acceleration = state.accelerations
            self._passed = state
        try:
            result = self._generator.update(self.input, self._output)
        except self._error:  # a rare failure of its arithmetic
            return None
        if self._output.new_calculation and not anyhow and not self._stays_inside(state):
            self._generator.reset()
            return None
        positions = self._output.new_position
        following = at_rest(positions) if result == self._finished else MotionState(
            positions, self._output.new_velocity, self._output.new_acceleration)
        if all(map(le, self._lower, positions)) and all(map(le, positions, self._upper)):
            if result != self._finished:
                self._output.pass_to_input(self.input)
                self._passed = following
            return following
        return following._replace(positions=inside(positions, limits))

    def _stays_inside(self, state: MotionState) -> bool:
        """Return whether the way keeps to the limits of positions, or comes back to them."""
        for extrema, position, lowest, highest in zip(
                self._output.trajectory.position_extrema, state.positions,
                self._lowest, self._highest):
            if (extrema.min < lowest and extrema.min < position - ROUNDING
                    or extrema.max > highest and extrema.max > position + ROUNDING):
                return False
        return True


class TrapezoidProfile:
    """
    Motion inside limits of velocity and acceleration, each joint by itself.

    Positions follow from velocities period by period, ``q' = q + v' T``, and so does the way a
    joint needs to stop: ``v' T + (v' - a T) T + ...``. The fastest `v'` that can still stop at the
    goal has a closed form, see `fastest`.

    Parameters
    ----------
    size : int
        How many joints.
    period : float
        Time from one state to the next [s].

    """

    def __init__(self, size: int, period: float) -> None:
        self._period = period

    def towards(self, state: MotionState, goal: list[float], limits: MotionLimits) -> MotionState:
        """Return the next state on the way to rest at `goal`, n numbers inside the limits."""
        change = limits.acceleration * self._period
        away = (np.array(goal) - state.positions) / self._period
        wanted = np.copysign(np.minimum(fastest(np.abs(away), change), limits.velocity), away)
        return self._at(state, wanted, limits)

    def braking(self, state: MotionState, limits: MotionLimits) -> MotionState:
        """Return the next state on the shortest way to rest."""
        return self._at(state, np.zeros(len(state.velocities)), limits)

    def ahead(self, state: MotionState, time: float, brakes: bool) -> MotionState | None:
        """Return None: each state follows from the last alone."""
        return None

    def _at(self, state: MotionState, wanted: np.ndarray, limits: MotionLimits) -> MotionState:
        """Return the state after a period at the velocities nearest to `wanted` (n,)."""
        change = limits.acceleration * self._period
        before = np.array(state.velocities)
        velocities = np.clip(wanted, before - change, before + change)
        positions = state.positions + velocities * self._period
        return MotionState(inside(positions, limits), velocities.tolist(),
                           ((velocities - before) / self._period).tolist())


def fastest(distance: np.ndarray, change: np.ndarray) -> np.ndarray:
    """
    Return the velocity of a joint that can just stop after `distance`, in steps of `change`.

    With ``m a < v <= (m + 1) a`` the way to rest is ``(m + 1) v - a m (m + 1) / 2``, counted in
    periods. It is as long as `distance` for ``v = distance / (m + 1) + a m / 2``, and the bounds
    on `v` give ``m = ceil((sqrt(1 + 8 distance / a) - 3) / 2)``.

    Parameters
    ----------
    distance : ndarray, shape (n,)
        How far away, as the velocity that would get there in one period [rad/s or m/s].
    change : ndarray, shape (n,)
        How much a velocity may change in one period, `a` [rad/s or m/s].

    """
    m = np.maximum(np.ceil(0.5 * (np.sqrt(1.0 + 8.0 * distance / change) - 3.0)), 0.0)
    return distance / (m + 1.0) + 0.5 * m * change


def inside(positions: ArrayLike, limits: MotionLimits) -> list[float]:
    """Return `positions` (n,) without what rounding took past their limits, n numbers."""
    kept = np.clip(positions, limits.lower, limits.upper)
    return np.where(np.abs(kept - positions) < ROUNDING, kept, positions).tolist()
