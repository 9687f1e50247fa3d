"""Goal, a trajectory as it was asked for, checked on its own."""

from __future__ import annotations

from dataclasses import dataclass

from ik_solver_node.ros.stand_in.refusal import check_numbers, CommandRefusedError
from ik_solver_node.ros.stand_in.trajectory import Waypoint

MOST_WAYPOINTS = 10_000
"""A longer goal is refused: nobody sends one, and reading it would halt the arm."""


@dataclass(frozen=True, eq=False)
class Goal:
    """
    A trajectory as it was asked for.

    Attributes
    ----------
    joints : tuple of str
        The joints it moves, in the order of its waypoints.
    start : int
        When it starts on the clock [ns]; 0 for now.
    waypoints : tuple of Waypoint
        Where to, with times from the start [ns].

    Raises
    ------
    CommandRefusedError
        If it contradicts itself.

    """

    joints: tuple[str, ...]
    start: int
    waypoints: tuple[Waypoint, ...]

    def __post_init__(self) -> None:
        """Check every number."""
        if not self.joints:
            raise CommandRefusedError('the trajectory names no joint')
        if len(set(self.joints)) != len(self.joints):
            raise CommandRefusedError(
                f'the trajectory names a joint twice: {list(self.joints)}')
        if not 1 <= len(self.waypoints) <= MOST_WAYPOINTS:
            raise CommandRefusedError(f'the trajectory has {len(self.waypoints)} points, but must '
                                      f'have 1 to {MOST_WAYPOINTS}')
        if self.start < 0:
            raise CommandRefusedError(
                f'the trajectory is stamped {1e-9 * self.start:.3f} s, but time does not go below '
                'zero')
        self._check_times()
        for index, waypoint in enumerate(self.waypoints):
            self._check_waypoint(index, waypoint)

    @property
    def end(self) -> int:
        """How long after the start the last waypoint is [ns]."""
        return self.waypoints[-1].time

    def _check_times(self) -> None:
        """Refuse times that do not increase."""
        last = -1
        for index, waypoint in enumerate(self.waypoints):
            if waypoint.time <= last:
                before = 'the start' if index == 0 else f'that of the point before, {last:d} ns'
                raise CommandRefusedError(
                    f'point {index} has the time_from_start {waypoint.time:d} ns, but must be '
                    f'{"not before" if index == 0 else "later than"} {before}')
            last = waypoint.time

    def _check_waypoint(self, index: int, waypoint: Waypoint) -> None:
        """Refuse a waypoint whose numbers do not fit the joints, or are none."""
        for what, numbers in (('positions', waypoint.positions),
                              ('velocities', waypoint.velocities),
                              ('accelerations', waypoint.accelerations)):
            if numbers is None:
                continue
            if len(numbers) != len(self.joints):
                raise CommandRefusedError(f'point {index} has {len(numbers)} {what}, but must '
                                          f'have one for each of {len(self.joints)} joints')
            check_numbers(self.joints, numbers, f'point {index} has among its {what}')
        if waypoint.velocities is None and waypoint.accelerations is not None:
            raise CommandRefusedError(f'point {index} has accelerations, but no velocities; both '
                                      'are needed for a quintic')
