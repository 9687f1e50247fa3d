"""How the node is doing, for ``/diagnostics``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from diagnostic_msgs.msg import DiagnosticStatus
from ik_solver_node.chain import KinematicChain
from ik_solver_node.line_plan import LinePlan
from ik_solver_node.pilot import Reason
from ik_solver_node.tracker import TrackResult, Verdict

FAULTS = (Reason.DEVIATION, Reason.MEASURED, Reason.DESCRIPTION, Reason.OTHERS, Reason.CONTROLLER,
          Reason.UNHEARD)
"""Reasons to stop which nobody has asked for."""


@dataclass
class Cycles:
    """
    What the periods of a timed motion took.

    Attributes
    ----------
    missed : int
        How many passed unserved since the node was configured, because it was late.
    count : int
        How many were served since the last `begin_again`, as all else here.
    total, longest : float
        Time of all of them and of the longest [s].

    """

    missed: int = 0
    count: int = 0
    total: float = 0.0
    longest: float = 0.0

    def add(self, elapsed: float, missed: int) -> None:
        """Note that one took `elapsed` [s], after some that were `missed`."""
        self.count += 1
        self.missed += missed
        self.total += elapsed
        self.longest = max(self.longest, elapsed)

    def begin_again(self) -> None:
        """Forget the times."""
        self.count, self.total, self.longest = 0, 0.0, 0.0

    def values(self) -> dict[str, str]:
        """Return the details; without a number where there was no period."""
        return {
            'mean cycle time [s]': f'{self.total / self.count:.3g}' if self.count else '',
            'longest cycle time [s]': f'{self.longest:.3g}' if self.count else '',
            'missed cycles': str(self.missed)}


@dataclass
class NodeStatus:
    """
    What happened so far, and what is wrong now.

    Attributes
    ----------
    chain : KinematicChain or None
        The chain that is solved.
    waiting_for : str
        What the node waits for while it has no chain.
    bad_description : str
        Why the last description was refused, if it was.
    problems : dict of str to str
        What is wrong apart from targets: a sentence each, empty if all is well.
    halts : mapping of Reason to str
        Why the arm stopped and stays where it is.
    verdicts : Counter of str
        How many targets ended how.
    last : TrackResult or None
        The last answer of the tracker.
    last_problem : str
        Why the last target was not reached, if it was not.
    last_goal : str
        What became of the last goal, if goals are sent.
    solves : int
        How many answers there were; that of several tips together is one.
    solve_time : float
        Sum over all of them [s].
    cycles : Cycles
        What the periods of a timed motion took.

    """

    chain: KinematicChain | None = None
    waiting_for: str = ''
    bad_description: str = ''
    problems: dict[str, str] = field(default_factory=dict)
    halts: Mapping[Reason, str] = field(default_factory=dict)
    verdicts: Counter = field(default_factory=Counter)
    last: TrackResult | None = None
    last_problem: str = ''
    last_goal: str = ''
    solves: int = 0
    solve_time: float = 0.0
    cycles: Cycles = field(default_factory=Cycles)

    def count(self, answer: TrackResult) -> None:
        """Note the answer to a target."""
        if answer.together is None:
            self.verdicts[answer.verdict.value] += 1
        else:
            self.verdicts.update(answer.of_tip(tip).verdict.value for tip in answer.asked)
        self.last = answer
        self.solves += 1
        self.solve_time += answer.result.elapsed
        self.last_problem = '' if answer.verdict is Verdict.REACHED else answer.sentence

    def count_lines(self, plan: LinePlan, verdict: Verdict) -> None:
        """Note what became of straight lines."""
        self.verdicts[verdict.value] += 1
        self.solves += 1
        self.solve_time += plan.elapsed
        self.last_problem = '' if verdict is Verdict.REACHED else plan.sentence

    def count_refusal(self, sentence: str) -> None:
        """Note that a target was refused."""
        self.verdicts['refused'] += 1
        self.last_problem = f'refused: {sentence}'

    @property
    def summary(self) -> tuple[bytes, str]:
        """The level and the sentence of the diagnostics."""
        if self.chain is None:
            return DiagnosticStatus.ERROR, self.bad_description or self.waiting_for
        sentences = [*self.halts.values(), *filter(None, self.problems.values())]
        if self.last_problem:
            sentences.append(f'last target: {self.last_problem}')
        if sentences:
            level = DiagnosticStatus.WARN
            if any(reason in FAULTS for reason in self.halts):
                level = DiagnosticStatus.ERROR
            return level, '; '.join(sentences)
        received = sum(self.verdicts.values())
        return DiagnosticStatus.OK, ('every target reached so far' if received == self._reached
                                     else 'last target reached') if received else 'no target yet'

    def values(self) -> dict[str, str]:
        """Return the details."""
        solved = sum(self.verdicts.values()) - self.verdicts['refused']
        details = {
            'robot': '', 'base_link': '', 'tip_links': '', 'joints': '',
            'targets received': str(sum(self.verdicts.values())),
            'targets reached': str(self._reached),
            'targets refused': str(self.verdicts['refused']),
            'targets not reached': str(solved - self._reached),
            'mean solve time [s]': (
                f'{self.solve_time / self.solves:.3g}' if self.solves else ''),
            'last reason': '', 'last position error [m]': '', 'last orientation error [rad]': '',
            'last bad description': self.bad_description,
            'stopped by': ', '.join(reason.value for reason in self.halts),
            'last goal': self.last_goal,
            **self.cycles.values(),
        }
        if self.chain is not None:
            details.update({
                'robot': self.chain.model.name, 'base_link': self.chain.base_link,
                'tip_links': ', '.join(self.chain.tip_links),
                'joints': ', '.join(self.chain.joint_names)})
        if self.last is not None:
            details.update({
                'last reason': self.last.result.reason.name.lower(),
                'last position error [m]': f'{self.last.result.position_error:.3g}',
                'last orientation error [rad]': f'{self.last.result.orientation_error:.3g}'})
        return details

    @property
    def _reached(self) -> int:
        """How many targets were reached."""
        return self.verdicts[Verdict.REACHED.value]
