"""Ask a fresh tracker what was recorded, and compare its answers bit by bit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
import copy
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import RecordingError
from ik_solver_node.mobility import mobility_of
from ik_solver_node.record import steps
from ik_solver_node.record.reading import LINE_KINDS, Recording
from ik_solver_node.record.steps import Step
from ik_solver_node.request import goal_of
from ik_solver_node.result import IkResult, TerminationReason
from ik_solver_node.search import LAST_CHUNK
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import AXES, Target
from ik_solver_node.together import Aim, Together
from ik_solver_node.tracker import PoseTracker, TrackerOptions, TrackResult
import numpy as np

PATIENCE = 60.0
"""Time budget of a solve of the replay, so that it ends none [s]."""

MOST_SHOWN = 10
"""So many differences are kept."""


class Sameness(str, Enum):
    """How an answer compares with the recorded one."""

    SAME = 'same'
    ENDED_BY_TIME = 'ended_by_time'
    AFTER_THAT = 'after_that'
    DIFFERENT = 'different'


@dataclass(frozen=True)
class Difference:
    """
    An answer that is another one than was recorded.

    Attributes
    ----------
    number : int
        Which of the recorded targets, from 0.
    seconds : float
        How long after the first message it was asked [s].
    sameness : Sameness
        Whether there is an excuse.
    recorded, replayed : dict of str to str
        The values that differ.

    """

    number: int
    seconds: float
    sameness: Sameness
    recorded: dict[str, str]
    replayed: dict[str, str]


@dataclass
class Replay:
    """
    What came of a replay.

    Attributes
    ----------
    counts : Counter of Sameness
        How many answers compared how.
    skipped : int
        Targets after a gap, whose answers cannot be compared.
    lines : int
        Straight lines, which no tracker is asked.
    differences : list of Difference
        The first few.
    recorded_with, replayed_with : dict of str to str
        Versions.
    is_complete : bool
        Whether the recording was closed.

    """

    counts: Counter = field(default_factory=Counter)
    skipped: int = 0
    lines: int = 0
    differences: list[Difference] = field(default_factory=list)
    recorded_with: dict[str, str] = field(default_factory=dict)
    replayed_with: dict[str, str] = field(default_factory=steps.versions)
    is_complete: bool = True

    @property
    def targets(self) -> int:
        """How many answers were compared."""
        return sum(self.counts.values())

    @property
    def is_same(self) -> bool:
        """Whether no answer differs without an excuse."""
        return not self.counts[Sameness.DIFFERENT]


def replay(recording: Recording) -> Replay:
    """
    Ask a fresh tracker everything that was recorded.

    Raises
    ------
    RecordingError
        If there are no targets in the recording, or something of it cannot be used.

    """
    player = _Player(Replay(is_complete=recording.is_complete, lines=sum(
        message.kind in LINE_KINDS for message in recording.messages)))
    for step in steps.steps_of(recording.messages):
        player.take(step, recording.messages[0].time)
    if not player.told.targets + player.told.skipped + player.told.lines:
        raise RecordingError(
            f'{recording.path} has no targets that a tracker was asked: they are there if the '
            'node recorded it (its parameter record) and got some')
    return player.told


class _Player:
    """Takes the steps one after the other, and notes what it is told."""

    def __init__(self, told: Replay) -> None:
        self.told = told
        self._chain: KinematicChain | None = None
        self._tracker: _ReplayedTracker | None = None
        self._budget = 0.0
        self._is_off = False  # an answer was ended by time, and the arm went there

    def take(self, step: Step, start: int) -> None:
        """Do what the recorded tracker did."""
        if step.kind == 'chain':
            self._chain, self._tracker, self._is_off = steps.chain_of(step), None, False
            self.told.recorded_with = steps.value_of(step.values, 'versions')
        elif step.kind == 'gap':
            self._chain = self._tracker = None
        elif step.kind == 'track' and self._tracker is None:
            self.told.skipped += 1
        elif step.kind == 'track':
            self._track(step, 1e-9 * (step.time - start))
        elif step.kind == 'configure' and self._chain is not None:
            self._configure(self._chain, *steps.options_of(step.values))
        elif step.kind == 'reset' and self._tracker is not None:
            self._tracker.reset(steps.positions_of(step.values))
            self._is_off = False

    def _configure(self, chain: KinematicChain, solver: SolverOptions,
                   tracking: TrackerOptions) -> None:
        """Use these options, but for the time budget."""
        self._budget = solver.max_time
        patient = replace(solver, max_time=PATIENCE)
        if self._tracker is None:
            self._tracker = _ReplayedTracker(chain, patient, tracking)
        else:
            self._tracker.configure(patient, tracking)

    def _track(self, step: Step, seconds: float) -> None:
        """Ask a target, and compare the answer."""
        assert self._tracker is not None
        target = steps.target_of(step.values)
        measured = steps.positions_of(step.values, 'measured')
        before = self._tracker.twin() if self._may_be_ended(step.values) else None
        replayed = steps.answer_values(self._tracker.track(target, measured))
        differs = [name for name in replayed if name not in steps.TIMES
                   and replayed[name] != step.values.get(name)]
        sameness = Sameness.SAME
        if differs and before is not None:
            sameness, self._tracker = Sameness.ENDED_BY_TIME, before
            self._tracker.track_as(target, measured, step.values)
            self._is_off = True
        elif differs:
            sameness = Sameness.AFTER_THAT if self._is_off else Sameness.DIFFERENT
        if differs and len(self.told.differences) < MOST_SHOWN:
            self.told.differences.append(Difference(
                self.told.targets + self.told.skipped, seconds, sameness,
                {name: step.values.get(name, '') for name in differs},
                {name: replayed[name] for name in differs}))
        self.told.counts[sameness] += 1

    def _may_be_ended(self, values: Mapping[str, str]) -> bool:
        """Return whether the time budget may have ended a search of this answer."""
        assert self._chain is not None
        took = float(steps.value_of(values, 'took [s]'))
        tips = len(self._chain.tip_links)
        if tips > 1:  # `PoseTracker` halves it for two attempts, `solve_goal` shares out the rest
            return took >= 0.2 * self._budget / tips
        # As `solve` and `search_goal` share it out: nothing ends earlier than that.
        share = self._budget if self._chain.size >= len(AXES) else 0.5 * self._budget
        earliest = share - min(LAST_CHUNK, 0.2 * share)
        return took >= earliest


class _ReplayedTracker(PoseTracker):
    """A tracker that can also be told what its search finds."""

    _told: IkResult | None = None

    def twin(self) -> _ReplayedTracker:
        """Return a tracker in the same state."""
        other = copy.copy(self)
        other._motions, other._joints = self._motions.copy(), self._joints.copy()
        other._holding = copy.copy(self._holding)
        return other

    def track_as(self, target: Aim, measured: np.ndarray | None,
                 values: Mapping[str, str]) -> None:
        """Take the recorded answer for what a search found, to be where the arm was then."""
        positions = steps.positions_of(values)
        if isinstance(target, Mapping):  # it may be of two searches; what is held is lost
            self.reset(positions if steps.value_of(values, 'accepted') else self._positions)
            return
        reason = TerminationReason[str(steps.value_of(values, 'reason')).upper()]
        numbers: dict[str, Any] = {
            name.partition(' ')[0]: steps.value_of(values, name) for name in (
                'position_error [m]', 'orientation_error [rad]', 'iterations', 'restarts',
                'elapsed [s]', 'out_of_reach [m]')}
        assert positions is not None
        relaxed = mobility_of(self._chain) if reason is TerminationReason.RELAXED else None
        self._told = IkResult(self._chain, positions, reason, goal=goal_of(self._chain, target),
                              **numbers, relaxed=relaxed)
        self.track(target, measured)
        self._told = None

    def _followed(self, target: Target | Together, last: np.ndarray,
                  moved: float) -> TrackResult | None:
        """Do not follow, if the search is to be taken."""
        return None if self._told is not None else super()._followed(target, last, moved)

    def _found(self, target: Target | Together, seed: np.ndarray | None) -> IkResult:
        """Return what a search found, then or now."""
        return super()._found(target, seed) if self._told is None else self._told
