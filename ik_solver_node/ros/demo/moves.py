"""
How the referee judges the mode move: whether the measured arm comes to stand at each target.

A target counts from when it is answered: the arm must come to stand there, unless a newer target
that is within reach comes while it is on its way.
"""

from __future__ import annotations

from collections import Counter
import math
from typing import NamedTuple

from ik_solver_node.ros.demo.arm import RefereeArm
from ik_solver_node.ros.demo.judgement import (
    Answer, Complain, how_far, is_beyond, Joints, Judgement, Pairs, rows, Ruling, ruling_beyond,
    Strictness, Trajectory)
from ik_solver_node.ros.demo.watch import ArmWatch
import numpy as np

SETTLED = 0.2
"""An arm that stands at its target for so long has reached it [s]."""

PATIENCE = 1.5
"""An arm that stands elsewhere for so long has missed it [s]."""


class _Goal(NamedTuple):
    """The target that the arm is to get to: when it was sent and answered [ns], where, and why."""

    sent: int
    answered: int
    T_base_target: np.ndarray
    why: str


class MoveJudge:
    """
    Judges where the measured arm comes to stand.

    Parameters
    ----------
    arm : RefereeArm
        The arm, read on its own.
    strictness : Strictness
        What counts as being at a target.
    complain : callable
        Says what is wrong apart from targets.

    """

    unit = 'from the target until the measured arm stands there'

    def __init__(self, arm: RefereeArm, strictness: Strictness, complain: Complain) -> None:
        self.arm = arm
        self.seen = 0
        self._watch = ArmWatch(arm, strictness, complain)
        self._pairs = Pairs()
        self._goal: _Goal | None = None
        self._rulings: Counter[Ruling] = Counter()
        self._worst = (0.0, 0.0)
        self._times: list[float] = []

    @property
    def is_good(self) -> bool:
        """Whether targets were reached, none is left, and nothing is wrong."""
        is_done = not self._pairs and self._goal is None
        return (is_done and self._rulings[Ruling.REACHED] > 0 and self._watch.limits.is_good
                and all(ruling.is_good for ruling in +self._rulings))

    def see_target(self, stamp: int, T_base_target: np.ndarray) -> list[Judgement]:
        """Take a target (4, 4) [m]; return what can be judged now."""
        self.seen += 1
        self._pairs.add_target(stamp, T_base_target)
        return self._begin_all()

    def see_answer(self, stamp: int, answer: Answer) -> list[Judgement]:
        """Take what the node says about the target of `stamp`; return what can be judged now."""
        self._pairs.add_answer(stamp, answer)
        return self._begin_all()

    def _begin_all(self) -> list[Judgement]:
        """Return what can be judged of a target as soon as it is answered."""
        return [judgement for stamp, T_base_target, answer in self._pairs.taken()
                for judgement in self._begin(
                    _Goal(stamp, self._watch.stamp, T_base_target, answer.why), answer)]

    def _begin(self, goal: _Goal, answer: Answer) -> list[Judgement]:
        """Take a target as the one to get to, if it is within reach."""
        if is_beyond(self.arm, goal.T_base_target):
            return [self._ruled(ruling_beyond(answer), goal)]
        if not answer.claims_reached:
            return [self._ruled(Ruling.MISSED, goal)]
        replaced, self._goal = self._goal, goal
        return [] if replaced is None else [self._ruled(Ruling.REPLACED, replaced)]

    def see_joints(self, joints: Joints) -> list[Judgement]:
        """Take a joint state; return the judgement on the target, if the arm stands."""
        self._watch.see_joints(joints)
        goal = self._goal
        if goal is None:
            return []
        lasts = self._watch.standstill.lasts(goal.answered)
        if lasts >= SETTLED and self._watch.compare(goal.T_base_target)[1]:
            self._goal = None
            return [self._ruled(Ruling.REACHED, goal, 1e-9 * (joints.stamp - goal.sent) - lasts)]
        if lasts >= PATIENCE:
            self._goal = None
            return [self._ruled(Ruling.MISSED, goal)]
        return []

    def see_command(self, trajectory: Trajectory) -> None:
        """Take what the node commands."""
        self._watch.see_command(trajectory)

    def _ruled(self, ruling: Ruling, goal: _Goal, time: float = math.nan) -> Judgement:
        """Count and return a judgement."""
        errors, _ = self._watch.compare(goal.T_base_target)
        self._rulings[ruling] += 1
        if ruling is Ruling.REACHED:
            self._times.append(time)
            self._worst = (max(self._worst[0], errors[0]), max(self._worst[1], errors[1]))
        return Judgement(ruling, goal.sent, goal.T_base_target, self._watch.T_base_tip, *errors,
                         goal.why, time)

    def summary(self) -> str:
        """Return the whole run in a few lines."""
        count = self._rulings
        left = len(self._pairs) + (self._goal is not None)
        times = (f'{min(self._times):.2f} to {max(self._times):.2f} s' if self._times
                 else 'no target was reached')
        return rows([
            ('targets seen', f'{self.seen}'),
            ('reached', f'{count[Ruling.REACHED]}, the measured tip at worst '
                        f'{how_far(*self._worst)} off'),
            ('within reach, missed', f'{count[Ruling.MISSED]}'),
            ('out of reach', f'{count[Ruling.REFUSED]} refused, '
                             f'{count[Ruling.FALSE_CLAIM]} wrongly claimed as reached'),
            ('not judged', f'{count[Ruling.REPLACED]} replaced by a newer target on the way, '
                           f'{left} still on the way'),
            ('target to standstill', times),
            *self._watch.limits.lines()])
