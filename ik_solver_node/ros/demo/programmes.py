"""
What the source of the demo sends when: a programme for each mode of the node.

A programme is asked again and again what to send now, and is told what the arm does. It has no
clock: times are those since it began [s].
"""

from __future__ import annotations

import math
from typing import Protocol

from ik_solver_node.pose import Pose
from ik_solver_node.ros.demo.path import TargetPath

LAST_ANSWERS = 0.3
"""A source stays so long after its last target, for the answers to arrive [s]."""

LEAP = 100.0
"""A leap goes on along the path where it would be after so much time [s]."""


class Programme(Protocol):
    """
    What is sent when.

    Attributes
    ----------
    path : TargetPath
        Where the targets come from.
    looks : bool
        Whether it wants to be told what the arm does.

    """

    path: TargetPath
    looks: bool

    def due(self, time: float) -> Pose | None:
        """Return what to send at `time`, if anything."""

    def is_over(self, time: float) -> bool:
        """Return whether nothing is left to send, and all answers have had time to come."""

    def see_answer(self) -> None:
        """Hear that the last target was answered."""

    def see_arm(self, pose: Pose, stands: bool, time: float) -> None:
        """Hear where the measured tip is, and whether the arm stands."""


class _Stream:
    """
    A target in each period, some of them out of reach.

    Parameters
    ----------
    path : TargetPath
        Where the targets come from.
    rate : float
        How often one is sent [Hz].
    duration : float
        For how long [s]; 0 for ever.
    far_period : float
        Time between two that are out of reach [s]; 0 for none.

    """

    looks = False

    def __init__(self, path: TargetPath, rate: float, duration: float,
                 far_period: float) -> None:
        self.path = path
        self.duration = duration or math.inf
        self._count = 0
        self._every = max(2, round(far_period * rate)) if far_period > 0.0 else 0

    def is_over(self, time: float) -> bool:
        """Return whether nothing is left to send, and all answers have had time to come."""
        return time > self.duration + LAST_ANSWERS

    def see_answer(self) -> None:
        """Hear that the last target was answered: a stream goes on in any case."""

    def see_arm(self, pose: Pose, stands: bool, time: float) -> None:
        """Hear what the arm does: a stream goes on in any case."""

    def _near_or_far(self, pose: Pose) -> Pose:
        """Return a target, or instead of it one that is out of reach if it is time for one."""
        self._count += 1
        # Not the first of the period, so that it does not coincide with a leap.
        if self._every and self._count % self._every == self._every // 2:
            return self.path.out_of_reach(pose) or pose
        return pose


class Leaping(_Stream):
    """
    For the mode direct: a stream that leaps to a far pose now and then.

    Parameters
    ----------
    leap_period : float
        Time between two leaps [s]; 0 for none.

    """

    def __init__(self, path: TargetPath, rate: float, duration: float, far_period: float,
                 leap_period: float) -> None:
        super().__init__(path, rate, duration, far_period)
        self._leap_period = leap_period

    def due(self, time: float) -> Pose | None:
        """Return what to send at `time`, if anything."""
        if time > self.duration:
            return None
        leaps = time // self._leap_period if self._leap_period > 0.0 else 0.0
        return self._near_or_far(self.path.pose(time + LEAP * leaps))


class Smooth(_Stream):
    """For the mode track: a stream that sets out and ends gently, and then stands for a while."""

    EASE = 1.0
    """Time in which the target comes to its speed, and to rest again [s]."""
    REST = 2.5
    """For how long it stands in the end, still sent [s]."""

    def due(self, time: float) -> Pose | None:
        """Return what to send at `time`, if anything."""
        if time >= self.duration:  # an arm that is no longer told stops, wherever it is
            return self.path.pose(self._way(self.duration))
        return self._near_or_far(self.path.pose(self._way(time)))

    def is_over(self, time: float) -> bool:
        """Return whether nothing is left to send, and all answers have had time to come."""
        return time > self.duration + self.REST

    def _way(self, time: float) -> float:
        """Return how far along the path the target is, as the time it would take at full pace."""
        ease = min(self.EASE, 0.5 * self.duration)
        gained = min(time, ease) ** 2 / (2.0 * ease) + max(0.0, time - ease)
        late = time - (self.duration - ease)
        return gained - max(0.0, late) ** 2 / (2.0 * ease)


class Stops:
    """
    For the mode move: the next target when the arm stands at the last, and a few sooner.

    Of four targets the second comes while the arm is on its way to the first, and the last is out
    of reach. When the time is over, the arm is given time to come to the last one.
    """

    looks = True

    PAUSE = 0.4
    """So long the arm stands at a target, or after one that is out of reach [s]."""
    BEND = 0.6
    """So long after a target the one comes that bends the motion [s]."""
    PATIENCE = 2.5
    """An arm that stands elsewhere for so long will not come any more [s]."""
    LONGEST = 30.0
    """Nor one that takes so long [s]."""
    NEAR = 5e-3
    """So near is at the target [m]."""

    def __init__(self, path: TargetPath, duration: float, has_far: bool) -> None:
        self.path = path
        self._duration = duration or math.inf
        self._has_far = has_far
        self._count = 0
        self._sent_at = -math.inf
        self._stands_since = math.inf
        self._aim: Pose | None = None
        self._is_far, self._is_answered, self._is_there = False, True, True

    def due(self, time: float) -> Pose | None:
        """Return what to send at `time`, if anything."""
        turn = self._count % 4
        if time > self._duration or not (self._is_done(time) or (
                turn == 1 and self._is_answered and time - self._sent_at > self.BEND)):
            return None
        self._count += 1
        pose = self.path.pose(LEAP * self._count)
        far = self.path.out_of_reach(pose) if turn == 3 and self._has_far else None
        self._is_far = far is not None
        if far is None:
            self._aim, self._is_there = pose, False
        self._is_answered = False
        self._sent_at, self._stands_since = time, math.inf
        return far or pose

    def is_over(self, time: float) -> bool:
        """Return whether nothing is left to send, and the arm is where it was sent."""
        return time > self._duration and self._is_done(time)

    def see_answer(self) -> None:
        """Hear that the last target was answered."""
        self._is_answered = True

    def see_arm(self, pose: Pose, stands: bool, time: float) -> None:
        """Hear where the measured tip is, and whether the arm stands."""
        if not (stands and self._is_answered):
            self._stands_since = math.inf
        elif self._stands_since == math.inf:
            self._stands_since = time
        if self._aim is not None:
            away = math.dist(pose.position, self._aim.position)
            self._is_there = stands and away < self.NEAR

    def _is_done(self, time: float) -> bool:
        """Return whether the arm has done what the last target asked for, or never will."""
        if not self._count or time - self._sent_at > self.LONGEST:
            return True
        stands = time - self._stands_since
        return stands > (self.PAUSE if self._is_there or self._is_far else self.PATIENCE)
