"""TrajectoryController, which follows trajectories as joint_trajectory_controller does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
import math

from ik_solver_node.options import check_options, option
from ik_solver_node.robot_model import listed
from ik_solver_node.ros.stand_in.goal import Goal, MOST_WAYPOINTS
from ik_solver_node.ros.stand_in.refusal import check_names, CommandRefusedError
from ik_solver_node.ros.stand_in.trajectory import Trajectory, Waypoint
import numpy as np

MOST_WAITING = 10 * MOST_WAYPOINTS
"""So many waypoints may be ahead when trajectories that start later are queued behind others."""

AT_REST = float(np.finfo(np.float32).eps)
"""A last velocity up to this counts as zero [rad/s or m/s]; the real controller says the same."""


class Replacement(str, Enum):
    """How a new trajectory takes over from one that is under way."""

    AT_ONCE = 'at_once'
    AT_START = 'at_start'


@dataclass(frozen=True)
class TrajectoryOptions:
    """What joint_trajectory_controller lets its user choose, with its names and defaults."""

    allow_partial_joints_goal: bool = option(
        False, 'whether a trajectory may name only some of the joints; the others then stay where '
        'they are commanded to be', read_only=True)
    allow_nonzero_velocity_at_trajectory_end: bool = option(
        False, 'whether the last point of a trajectory may have a velocity', read_only=True)
    interpolate_from_desired_state: bool = option(
        False, 'whether a new trajectory sets out from where the joints were commanded to be, not '
        'from where they are measured', read_only=True)
    replacement: Replacement = option(
        Replacement.AT_ONCE, 'when a new trajectory replaces the old one: at_once (as '
        'before ros2_controllers 6.8: also one that starts later sets out for its first point at '
        'once) or at_start (as documented, and from 6.8 on: the old one goes on until then)',
        read_only=True)

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)


class TrajectoryController:
    """
    Follows trajectories like joint_trajectory_controller with a position interface.

    Parameters
    ----------
    joints : sequence of str
        Names of the joints.
    positions : ndarray, shape (n,)
        What is commanded at first [rad or m].
    turns : ndarray of bool, shape (n,)
        The joints that turn without end: they go the short way to a first point.
    options : TrajectoryOptions
        What is allowed.

    """

    def __init__(self, joints: Sequence[str], positions: np.ndarray, turns: np.ndarray,
                 options: TrajectoryOptions) -> None:
        self._joints = tuple(joints)
        self._turns = np.asarray(turns, dtype=bool)
        self._options = options
        at_rest = np.zeros(len(self._joints))
        self._desired = Waypoint(0, np.array(positions, dtype=float), at_rest, at_rest)
        self._trajectory = Trajectory([self._desired])
        self._pending: Goal | None = None

    @property
    def joints(self) -> tuple[str, ...]:
        """The joints, in the order of all arrays."""
        return self._joints

    @property
    def desired(self) -> Waypoint:
        """What was commanded last."""
        return self._desired

    def is_done(self, time: int) -> bool:
        """Return whether nothing is left to move for at `time` [ns]."""
        return self._pending is None and self._trajectory.end <= time

    def take(self, goal: Goal, time: int) -> None:
        """
        Follow a goal from the next cycle on.

        Parameters
        ----------
        goal : Goal
            What to follow; its start is on the clock of `time`.
        time : int
            What time it is [ns].

        Raises
        ------
        CommandRefusedError
            If it does not fit the joints or the options, or is over.

        """
        self._check(goal, time)
        self._pending = self._ordered(goal)

    def hold(self) -> None:
        """Stop where the joints are commanded to be now."""
        self._pending = None
        self._trajectory = Trajectory([Waypoint(self._desired.time, self._desired.positions)])

    def command(self, time: int, period: int, measured: Waypoint) -> np.ndarray:
        """
        Return the commanded positions, shape (n,) [rad or m].

        Parameters
        ----------
        time, period : int
            When this cycle is, and how much later the next [ns].
        measured : Waypoint
            Where the joints are.

        """
        if self._pending is not None:
            self._replace(self._pending, time, measured)
            self._pending = None
        self._desired = self._trajectory.sample(time + period)
        return self._desired.positions

    def _check(self, goal: Goal, time: int) -> None:
        """Refuse a goal that the real controller would refuse."""
        check_names(goal.joints, self._joints, 'the trajectory')
        missing = [name for name in self._joints if name not in goal.joints]
        if missing and not self._options.allow_partial_joints_goal:
            raise CommandRefusedError(
                f'the trajectory does not name {listed(missing)}, but must name every joint '
                '(trajectory.allow_partial_joints_goal)')
        last = goal.waypoints[-1].velocities
        if (last is not None and np.abs(last).max() > AT_REST
                and not self._options.allow_nonzero_velocity_at_trajectory_end):
            raise CommandRefusedError(
                f'the trajectory ends with the velocities {last.tolist()}, but must end at rest '
                '(trajectory.allow_nonzero_velocity_at_trajectory_end)')
        if goal.start != 0 and goal.start + goal.end < time:
            raise CommandRefusedError(
                f'the trajectory ended {1e-9 * (time - goal.start - goal.end):.3f} s ago')
        if len(self._trajectory) > MOST_WAITING:
            raise CommandRefusedError(f'{len(self._trajectory)} points are under way already, but '
                                      f'at most {MOST_WAITING} may be')

    def _ordered(self, goal: Goal) -> Goal:
        """Return `goal` for all joints in our order; those that it does not name stay."""
        given = [goal.joints.index(name) if name in goal.joints else -1 for name in self._joints]

        def ordered(values: np.ndarray | None, others: np.ndarray) -> np.ndarray | None:
            return None if values is None else np.array(
                [others[own] if index < 0 else values[index] for own, index in enumerate(given)])

        stay, rest = self._desired.positions, np.zeros(len(self._joints))
        waypoints = []
        for point in goal.waypoints:
            positions = ordered(point.positions, stay)
            assert positions is not None
            waypoints.append(Waypoint(point.time, positions, ordered(point.velocities, rest),
                                      ordered(point.accelerations, rest)))
        return Goal(self._joints, goal.start, tuple(waypoints))

    def _replace(self, goal: Goal, time: int, measured: Waypoint) -> None:
        """Follow `goal` from `time` or its start on [ns]."""
        start = goal.start or time
        new = [point.shifted(start) for point in goal.waypoints]
        if self._options.replacement is Replacement.AT_START:
            self._trajectory = self._spliced(new, time, max(start, time))
            return
        if new[0].time > time:
            # Otherwise the start is past, and the trajectory is entered where it is by now.
            state = self._desired if self._options.interpolate_from_desired_state else measured
            state = Waypoint(time, self._near(state.positions, new[0].positions),
                             state.velocities, state.accelerations)
            new.insert(0, state.filled(new[0]))
        self._trajectory = Trajectory(new)

    def _spliced(self, new: list[Waypoint], time: int, begin: int) -> Trajectory:
        """Return the trajectory from `time` on, which from `begin` on is the `new` one [ns]."""
        # A point of the start itself is a step there; others that are not to come are left out.
        kept = [point for point in new if point.time > begin or (
            point is new[0] and point.time == begin)]
        if not kept:  # it has ended since it was accepted
            return self._trajectory
        old = self._trajectory
        return Trajectory([old.sample(time), *old.strictly_between(time, begin),
                           old.sample(begin), *kept])

    def _near(self, positions: np.ndarray, others: np.ndarray) -> np.ndarray:
        """Return `positions`, those that turn without end by whole turns close to `others`."""
        turns = np.round((others - positions) / math.tau)
        return positions + math.tau * np.where(self._turns, turns, 0.0)
