"""
How the referee judges the mode direct: whether the joints that are sent are at the target.

Messages arrive in any order, and what belongs together is found by its stamp.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
import math

from ik_solver_node.ros.demo.arm import pose_errors, RefereeArm
from ik_solver_node.ros.demo.judgement import (
    Answer, Complain, how_far, is_beyond, Joints, Judgement, remember, rows, Ruling,
    ruling_beyond, Strictness, Trajectory)
import numpy as np


@dataclass
class Tally:
    """Everything that was judged, counted: errors in [m] and [rad], latencies in [s]."""

    seen: int = 0
    superseded: int = 0
    complaints: int = 0
    rulings: dict[Ruling, int] = field(default_factory=lambda: dict.fromkeys(Ruling, 0))
    position_error: float = 0.0
    orientation_error: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def judged(self) -> int:
        """How many targets were judged."""
        return sum(self.rulings.values())

    @property
    def is_good(self) -> bool:
        """Whether something was reached and nothing is wrong."""
        wrong = sum(count for ruling, count in self.rulings.items() if not ruling.is_good)
        return self.rulings[Ruling.REACHED] > 0 and wrong == 0 and self.complaints == 0

    def add(self, judgement: Judgement) -> None:
        """Count one more target."""
        self.rulings[judgement.ruling] += 1
        self.complaints += len(judgement.complaints)
        if math.isfinite(judgement.latency):
            self.latencies.append(judgement.latency)
        if judgement.ruling is Ruling.REACHED:
            self.position_error = max(self.position_error, judgement.position_error)
            self.orientation_error = max(self.orientation_error, judgement.orientation_error)

    def summary(self) -> str:
        """Return the whole run in a few lines."""
        lines = [
            ('targets seen', f'{self.seen}'),
            ('reached', f'{self.rulings[Ruling.REACHED]}, at worst '
                        f'{how_far(self.position_error, self.orientation_error)} off'),
            ('within reach, missed', f'{self.rulings[Ruling.MISSED]}'),
            ('out of reach', f'{self.rulings[Ruling.REFUSED]} refused, '
                             f'{self.rulings[Ruling.FALSE_CLAIM]} wrongly claimed as reached'),
            ('not judged', f'{self.superseded} superseded by a newer target, '
                           f'{self.seen - self.judged - self.superseded} still on the way'),
            ('target to joints', self._latency()),
            ('wrong joint states', f'{self.complaints}')]
        return rows(lines)

    def _latency(self) -> str:
        """Return the latencies in words."""
        if not self.latencies:
            return 'no joint state arrived'
        median, late, worst = 1e3 * np.percentile(self.latencies, [50.0, 99.0, 100.0])
        return f'median {median:.2f} ms, p99 {late:.2f} ms, worst {worst:.2f} ms'


class DirectJudge:
    """
    Judges each target as soon as the answer and the joints for it have arrived.

    Parameters
    ----------
    arm : RefereeArm
        The arm, read on its own.
    strictness : Strictness
        How close counts as reached.
    complain : callable
        Not needed: what is wrong with joints is part of the judgement on their target.

    """

    unit = 'from the target to the joint state'

    def __init__(self, arm: RefereeArm, strictness: Strictness, complain: Complain) -> None:
        self.tally = Tally()
        self.arm = arm
        self._tolerances = (strictness.position, strictness.orientation)
        self._T_base_tip: np.ndarray | None = None
        self._targets: dict[int, np.ndarray] = {}
        self._answers: dict[int, Answer] = {}
        self._joints: dict[int, Joints] = {}
        self._newest_joints = 0

    @property
    def seen(self) -> int:
        """How many targets were seen."""
        return self.tally.seen

    @property
    def is_good(self) -> bool:
        """Whether something was reached and nothing is wrong."""
        return self.tally.is_good

    def summary(self) -> str:
        """Return the whole run in a few lines."""
        return self.tally.summary()

    def see_target(self, stamp: int, T_base_target: np.ndarray) -> list[Judgement]:
        """Take a target (4, 4) [m]; return what can be judged now."""
        self.tally.seen += 1
        self._targets[stamp] = T_base_target
        return self._judge_all()

    def see_answer(self, stamp: int, answer: Answer) -> list[Judgement]:
        """Take what the node says about the target of `stamp`; return what can be judged now."""
        remember(self._answers, stamp, answer)
        return self._judge_all()

    def see_joints(self, joints: Joints) -> list[Judgement]:
        """Take a joint state; return what can be judged now."""
        remember(self._joints, joints.stamp, joints)
        self._newest_joints = max(self._newest_joints, joints.stamp)
        return self._judge_all()

    def see_command(self, trajectory: Trajectory) -> None:
        """Take what the node commands: nothing beside the joint states, in this mode."""

    def _judge_all(self) -> list[Judgement]:
        """Return the judgements on all targets for which everything has arrived, oldest first."""
        judgements = []
        for stamp in sorted(self._targets.keys() & self._answers.keys()):
            joints_stamp = self._answers[stamp].joints_stamp
            # Joint states arrive in order: one that a newer one has overtaken was never sent.
            if joints_stamp is None or joints_stamp <= self._newest_joints:
                self._drop_superseded(stamp)
                judgements.append(self._judge(stamp))
                self.tally.add(judgements[-1])
        return judgements

    def _drop_superseded(self, stamp: int) -> None:
        """Forget the targets older than `stamp` that the node left out: it takes the newest."""
        for older in [older for older in self._targets if older < stamp]:
            if older not in self._answers:
                del self._targets[older]
                self.tally.superseded += 1

    def _judge(self, stamp: int) -> Judgement:
        """Judge one target for which everything has arrived."""
        T_base_target, answer = self._targets.pop(stamp), self._answers.pop(stamp)
        complaints: list[str] = []
        latency = math.nan
        if answer.joints_stamp in self._joints:
            joints = self._joints[answer.joints_stamp]
            latency = 1e-9 * (joints.received - stamp)
            complaints = self.arm.complaints(joints.positions)
            self._move(joints.positions, complaints)
        elif answer.joints_stamp is not None:
            complaints.append('the joint state that the node says it sent never arrived')
            self._T_base_tip = None
        errors = pose_errors(T_base_target, self._T_base_tip)
        ruling = self._rule(T_base_target, answer, errors)
        return Judgement(ruling, stamp, T_base_target, self._T_base_tip, *errors, answer.why,
                         latency, tuple(complaints))

    def _move(self, positions: Mapping[str, float], complaints: list[str]) -> None:
        """Move the referee's own arm to `positions` [rad or m], or add why that cannot be."""
        self._T_base_tip = None
        try:
            if all(map(math.isfinite, positions.values())):
                self._T_base_tip = self.arm.tip_pose(positions)
        except KeyError as name:
            complaints.append(f'joint {name} has no position')

    def _rule(self, T_base_target: np.ndarray, answer: Answer,
              errors: tuple[float, float]) -> Ruling:
        """Return the verdict on a target, given how far off the tip is ([m], [rad])."""
        if is_beyond(self.arm, T_base_target):
            return ruling_beyond(answer)
        is_there = all(error <= tolerance for error, tolerance in zip(errors, self._tolerances))
        return Ruling.REACHED if is_there else Ruling.MISSED
