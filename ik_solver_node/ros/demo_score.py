"""
How the referee of the demo judges: targets, answers and joints in, verdicts and a summary out.

Nothing here waits or talks: messages arrive in any order, and what belongs together is found by
its stamp. All stamps and times are in nanoseconds of one clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
import math
from typing import Any

from ik_solver_node.ros.demo_arm import RefereeArm
import numpy as np

MEMORY = 1000
"""So many answers and joint states are kept while they wait for what belongs to them."""


class Ruling(str, Enum):
    """What the referee says about one target."""

    REACHED = 'reached'
    MISSED = 'MISSED'
    REFUSED = 'refused'
    FALSE_CLAIM = 'FALSE CLAIM'

    @property
    def is_good(self) -> bool:
        """Whether the node did what can be asked of it."""
        return self in (Ruling.REACHED, Ruling.REFUSED)


@dataclass(frozen=True)
class Answer:
    """
    What the node says about one target.

    Attributes
    ----------
    claims_reached : bool
        Whether the node says that the tip is at the target.
    why : str
        Why the solver stopped.
    elapsed : float
        Time of the solve [s].
    joints_stamp : int or None
        Stamp of the joint state sent for it [ns], None if the arm was left where it was.

    """

    claims_reached: bool
    why: str
    elapsed: float
    joints_stamp: int | None


@dataclass(frozen=True, eq=False)
class Judgement:
    """
    One target, what came of it, and what the referee says.

    Attributes
    ----------
    ruling : Ruling
        The verdict.
    sent : int
        Stamp of the target [ns].
    T_base_target, T_base_tip : ndarray, shape (4, 4)
        Where the tip was wanted and where it is [m]; the tip is None before the arm has moved.
    position_error, orientation_error : float
        Between the two, [m] and [rad].
    answer : Answer
        What the node said.
    latency : float
        From sending the target to receiving the joint state [s]; NaN where none was sent.
    complaints : tuple of str
        What is wrong with the joint state.

    """

    ruling: Ruling
    sent: int
    T_base_target: np.ndarray
    T_base_tip: np.ndarray | None
    position_error: float
    orientation_error: float
    answer: Answer
    latency: float
    complaints: tuple[str, ...] = ()


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
                        f'{1e3 * self.position_error:.2g} mm and '
                        f'{math.degrees(self.orientation_error):.2g} deg off'),
            ('within reach, missed', f'{self.rulings[Ruling.MISSED]}'),
            ('out of reach', f'{self.rulings[Ruling.REFUSED]} refused, '
                             f'{self.rulings[Ruling.FALSE_CLAIM]} wrongly claimed as reached'),
            ('not judged', f'{self.superseded} superseded by a newer target, '
                           f'{self.seen - self.judged - self.superseded} still on the way'),
            ('target to joints', self._latency()),
            ('wrong joint states', f'{self.complaints}')]
        return '\n'.join(f'  {name + ":":22} {value}' for name, value in lines)

    def _latency(self) -> str:
        """Return the latencies in words."""
        if not self.latencies:
            return 'no joint state arrived'
        median, late, worst = 1e3 * np.percentile(self.latencies, [50.0, 99.0, 100.0])
        return f'median {median:.2f} ms, p99 {late:.2f} ms, worst {worst:.2f} ms'


class Referee:
    """
    Judges each target as soon as the answer and the joints for it have arrived.

    Parameters
    ----------
    arm : RefereeArm
        The arm, read on its own.
    position_tolerance, orientation_tolerance : float
        How close counts as reached, [m] and [rad].

    """

    def __init__(self, arm: RefereeArm, position_tolerance: float,
                 orientation_tolerance: float) -> None:
        self.tally = Tally()
        self.arm = arm
        self._tolerances = (position_tolerance, orientation_tolerance)
        self._T_base_tip: np.ndarray | None = None
        self._targets: dict[int, np.ndarray] = {}
        self._answers: dict[int, Answer] = {}
        self._joints: dict[int, tuple[Mapping[str, float], int]] = {}
        self._newest_joints = 0

    def see_target(self, stamp: int, T_base_target: np.ndarray) -> list[Judgement]:
        """Take a target (4, 4) [m]; return what can be judged now."""
        self.tally.seen += 1
        self._targets[stamp] = T_base_target
        return self._judge_all()

    def see_answer(self, stamp: int, answer: Answer) -> list[Judgement]:
        """Take what the node says about the target of `stamp`; return what can be judged now."""
        _remember(self._answers, stamp, answer)
        return self._judge_all()

    def see_joints(self, stamp: int, positions: Mapping[str, float],
                   received: int) -> list[Judgement]:
        """Take joint positions [rad or m], received at a time [ns]; return what can be judged."""
        _remember(self._joints, stamp, (positions, received))
        self._newest_joints = max(self._newest_joints, stamp)
        return self._judge_all()

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
            positions, received = self._joints[answer.joints_stamp]
            latency = 1e-9 * (received - stamp)
            complaints = self.arm.complaints(positions)
            self._move(positions, complaints)
        elif answer.joints_stamp is not None:
            complaints.append('the joint state that the node says it sent never arrived')
            self._T_base_tip = None
        errors = _errors(T_base_target, self._T_base_tip)
        ruling = self._rule(T_base_target, answer, errors)
        return Judgement(ruling, stamp, T_base_target, self._T_base_tip, *errors, answer, latency,
                         tuple(complaints))

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
        if np.linalg.norm(T_base_target[:3, 3]) > self.arm.reach + self._tolerances[0]:
            return Ruling.FALSE_CLAIM if answer.claims_reached else Ruling.REFUSED
        is_there = all(error <= tolerance for error, tolerance in zip(errors, self._tolerances))
        return Ruling.REACHED if is_there else Ruling.MISSED


def _remember(memory: dict[int, Any], stamp: int, value: Any) -> None:
    """Store `value` and forget the oldest one if there are too many."""
    memory[stamp] = value
    if len(memory) > MEMORY:
        del memory[next(iter(memory))]


def _errors(T_base_target: np.ndarray, T_base_tip: np.ndarray | None) -> tuple[float, float]:
    """Return how far the tip is from the target, [m] and [rad]."""
    if T_base_tip is None:
        return math.inf, math.inf
    position = float(np.linalg.norm(T_base_tip[:3, 3] - T_base_target[:3, 3]))
    turn = T_base_tip[:3, :3] @ T_base_target[:3, :3].T
    # |turn - turn.T| is 2 sqrt(2) sin, the trace 1 + 2 cos; the two are exact at every angle.
    sine = np.linalg.norm(turn - turn.T) / math.sqrt(2.0)
    return position, math.atan2(sine, np.trace(turn) - 1.0)
