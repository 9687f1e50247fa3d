"""
Check a robot: what a chain controls, what is wrong with its URDF, and how well it is solved.

The robot itself makes the targets: random joints inside the limits, of which forward kinematics
makes poses that are certainly within reach. Each is then solved from other random joints, and the
answer is judged by the forward kinematics of the joints that it names, not by what the solver says
of itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
import json
import math
from textwrap import wrap
from time import perf_counter
from typing import Any, NamedTuple

from ik_solver_node import __version__
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, OptionsError
from ik_solver_node.mobility import Mobility, mobility_of
from ik_solver_node.pose import Pose
from ik_solver_node.result import IkResult
from ik_solver_node.robot_model import Joint, JointType, listed, RobotModel
from ik_solver_node.solver import solve
from ik_solver_node.target import PoseTarget
from ik_solver_node.urdf_lint import Finding, Level
import numpy as np

SOLVED = (1e-4, 1e-3)
"""Errors [m] and [rad] within which a target counts as solved."""

STRICT = (1e-6, 1e-6)
"""The same as strict as a default solve, with a digit for rounding."""

ROUNDING = 1e-9
"""What the errors of the solver and those measured here may differ by, [m] and [rad]."""

MOST_UNSOLVED = 0.05
"""Share of the targets that may be missed before it is a problem."""

RADIAN = 0.3
"""The length [m] that a radian counts as where errors are put in order."""

WIDTH = 99
"""Longest line of a text, but for names that are longer."""

BLOCK = 1000
"""Targets that are made at once: what makes them would disturb the solves in between."""

WORST = 5
"""How many of the worst targets are kept."""

TOOL_WORDS = (('tool', 'tcp', 'ee', 'eef', 'effector', 'flange'), ('gripper', 'hand', 'tip'))
"""What links are called that are meant to be brought somewhere, the surest words first."""


class Readiness(str, Enum):
    """What the check comes to."""

    READY = 'ready'
    CAREFUL = 'careful'
    PROBLEM = 'problem'


@dataclass(frozen=True)
class ChainJoint:
    """
    A movable joint between base and tips.

    Attributes
    ----------
    name, type : str
        What it is called, and how it moves.
    lower, upper : float
        Limits [rad or m] that the solver keeps, infinite where there are none.
    unit : str
        ``rad`` or ``m``.
    follows : str
        The joint that it mimics, empty for none.

    """

    name: str
    type: str  # noqa: A003
    lower: float
    upper: float
    unit: str
    follows: str


@dataclass(frozen=True)
class Case:
    """
    One target and what became of it.

    Attributes
    ----------
    number : int
        Which of the targets, from 0.
    target_joints, start, positions : tuple of float
        Joints that the target was made of, those the solve started from, and its answer
        [rad or m].
    position_error, orientation_error : float
        How far the answer is off, [m] and [rad]; the largest over several tips.
    within_limits : bool
        Whether the answer is inside the limits.
    reason : str
        Why the solve ended, in words.
    restarts : int
        Descents after the first.
    elapsed : float
        Wall time of the call [s].

    """

    number: int
    target_joints: tuple[float, ...]
    start: tuple[float, ...]
    positions: tuple[float, ...]
    position_error: float
    orientation_error: float
    within_limits: bool
    reason: str
    restarts: int
    elapsed: float

    def within(self, position: float, orientation: float) -> bool:
        """Return whether it was solved to these errors, [m] and [rad]."""
        return (self.within_limits and self.position_error <= position + ROUNDING
                and self.orientation_error <= orientation + ROUNDING)


@dataclass(frozen=True)
class Times:
    """How long the solves took, failures included [s]."""

    mean: float
    median: float
    p99: float
    worst: float


@dataclass(frozen=True)
class RobotReport:
    """
    What a check found out.

    Attributes
    ----------
    version : str
        That of this package.
    robot : str
        Name of the robot.
    links : int
        How many links it has.
    base_link : str
        Where the chain begins.
    tip_links : tuple of str
        Where it ends.
    joints : tuple of ChainJoint
        The movable joints in between, from base to tips.
    mobility : tuple of Mobility
        What the chain controls, for each tip.
    findings : tuple of Finding
        What the linter says about the joints of the chain.
    elsewhere : int
        How many findings are about other joints as well.
    targets, seed : int
        How many targets were made, and the seed of the random numbers.
    solved, strict : int
        How many were solved to `SOLVED` and to `STRICT`.
    times : Times
        How long it took.
    restarts : float
        Descents after the first, in the mean.
    reasons : dict of str to int
        Why the solves ended, in words, and how often.
    worst : tuple of Case
        The worst targets: those missed by most, then those that took longest.

    """

    version: str
    robot: str
    links: int
    base_link: str
    tip_links: tuple[str, ...]
    joints: tuple[ChainJoint, ...]
    mobility: tuple[Mobility, ...]
    findings: tuple[Finding, ...]
    elsewhere: int
    targets: int
    seed: int
    solved: int
    strict: int
    times: Times
    restarts: float
    reasons: dict[str, int]
    worst: tuple[Case, ...]

    @property
    def warnings(self) -> int:
        """How many findings are more than notes."""
        return sum(finding.level is not Level.NOTE for finding in self.findings)

    @property
    def verdict(self) -> Readiness:
        """What it comes to."""
        if self.targets - self.solved > MOST_UNSOLVED * self.targets:
            return Readiness.PROBLEM
        if self.solved < self.targets or self.warnings:
            return Readiness.CAREFUL
        return Readiness.READY

    @property
    def sentence(self) -> str:
        """The verdict in words."""
        took = f'in {1e3 * self.times.mean:.3g} ms on average'
        missed = self.targets - self.solved
        if not missed:
            told = f'every one of {self.targets} random reachable poses was solved, {took}'
        else:
            told = (f'{missed} of {self.targets} random reachable poses were not solved '
                    f'({took}); the worst of them are listed')
        if self.warnings:
            effect = 'be why' if missed else 'mean that it describes another robot than yours'
            told += f'; {_counted(self.warnings, "warning")} about the URDF may {effect}'
        return f'{self.verdict.value}: {told}'


@dataclass(frozen=True)
class TipChoice:
    """
    Tips that the same joints move, for a robot where one has to be chosen.

    Attributes
    ----------
    tip_links : tuple of str
        The leaves of the robot that these joints move, the likeliest first.
    joints : tuple of str
        The joints.

    """

    tip_links: tuple[str, ...]
    joints: tuple[str, ...]


@dataclass(frozen=True)
class TipQuestion:
    """
    What can be said about a robot before a tip is chosen.

    Attributes
    ----------
    version, robot, links, base_link
        As of `RobotReport`.
    findings : tuple of Finding
        What the linter says about all joints.
    choices : tuple of TipChoice
        The tips there are, the likeliest first.

    """

    version: str
    robot: str
    links: int
    base_link: str
    findings: tuple[Finding, ...]
    choices: tuple[TipChoice, ...]

    @property
    def sentence(self) -> str:
        """What is to be done, in words."""
        ends = sum(len(choice.tip_links) for choice in self.choices)
        return (f'the robot ends in {_counted(ends, "link")} that its joints move; choose a tip '
                'among these or any other links')


Progress = Callable[[Sequence[Any]], Iterable[Any]]
"""Passes on what it is given, and shows how far that is."""


def check_chain(chain: KinematicChain, findings: Sequence[Finding] = (), targets: int = 1000,
                seed: int = 0, progress: Progress = iter) -> RobotReport:
    """
    Solve random reachable poses with a chain and put together what is known about it.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    findings : sequence of Finding
        What `lint_urdf` says about its robot.
    targets : int
        How many poses to solve.
    seed : int
        Seed of the random numbers.
    progress : callable
        Passes on the numbers of the targets while they are solved.

    Returns
    -------
    RobotReport
        All of it.

    Raises
    ------
    OptionsError
        If there is not at least one target.

    """
    if targets < 1:
        raise OptionsError(f'targets is {targets}, but must be at least 1')
    model, path = chain.model, _path(chain)
    on_chain = {*chain.joint_names, *(joint.name for joint in path)}
    cases = list(_cases(chain, targets, seed, progress))
    elapsed = np.array([case.elapsed for case in cases])
    return RobotReport(
        version=__version__, robot=model.name, links=len(model.links),
        base_link=chain.base_link, tip_links=chain.tip_links,
        joints=tuple(_chain_joint(chain, joint) for joint in path if joint.type.is_movable),
        mobility=tuple(mobility_of(chain, tip) for tip in chain.tip_links),
        findings=tuple(_about(findings, on_chain)),
        elsewhere=sum(not on_chain.issuperset(finding.joints) for finding in findings),
        targets=targets, seed=seed,
        solved=sum(case.within(*SOLVED) for case in cases),
        strict=sum(case.within(*STRICT) for case in cases),
        times=Times(float(elapsed.mean()), float(np.median(elapsed)),
                    float(np.quantile(elapsed, 0.99)), float(elapsed.max())),
        restarts=float(np.mean([case.restarts for case in cases])),
        reasons=dict(Counter(case.reason for case in cases).most_common()),
        worst=tuple(sorted(cases, key=_badness, reverse=True)[:WORST]))


def ask_for_tip(model: RobotModel, base_link: str | None = None,
                findings: Sequence[Finding] = ()) -> TipQuestion:
    """
    List the tips that a robot has, for someone who has to choose one.

    Parameters
    ----------
    model : RobotModel
        The robot.
    base_link : str, optional
        Where the chain shall begin; default the root.
    findings : sequence of Finding
        What `lint_urdf` says about it.

    Raises
    ------
    ChainError
        If there is no such base, or no joint moves any leaf.

    """
    moved: dict[tuple[str, ...], list[str]] = {}
    refusal = None
    for leaf in model.leaf_links:
        try:
            joints = KinematicChain.from_model(model, base_link, [leaf]).joint_names
            moved.setdefault(joints, []).append(leaf)
        except ChainError as error:
            refusal = error
    if not moved and refusal is not None:
        raise refusal
    choices = [TipChoice(tuple(sorted(leaves, key=_tool_rank)), joints)
               for joints, leaves in moved.items()]
    choices.sort(key=lambda choice: (_tool_rank(choice.tip_links[0]), -len(choice.joints)))
    return TipQuestion(__version__, model.name, len(model.links), base_link or model.root_link,
                       tuple(findings), tuple(choices))


def _tool_rank(link: str) -> int:
    """Return how little the name of a link says that it is meant to be brought somewhere."""
    words = {word.rstrip('0123456789') for word in link.lower().replace('-', '_').split('_')}
    ranks = [rank for rank, known in enumerate(TOOL_WORDS) if words & set(known)]
    return min(ranks, default=len(TOOL_WORDS))


def _path(chain: KinematicChain) -> list[Joint]:
    """Return the joints between base and tips, each once, in the order of the way."""
    joints: dict[str, Joint] = {}
    for tip in chain.tip_links:
        from_base, from_tip = (list(_upward(chain.model, link)) for link in (chain.base_link, tip))
        shared = set(from_base) & set(from_tip)
        way = [*from_base, *reversed(from_tip)]
        joints.update((joint.name, joint) for joint in way if joint not in shared)
    return list(joints.values())


def _upward(model: RobotModel, link: str) -> Iterator[Joint]:
    """Yield the joints from a link to the root."""
    while (joint := model.parent_joint(link)) is not None:
        yield joint
        link = joint.parent


def _chain_joint(chain: KinematicChain, joint: Joint) -> ChainJoint:
    """Return a joint with the limits that the solver keeps."""
    lower, upper = joint.lower, joint.upper
    if joint.name in chain.joint_names:
        column = chain.joint_names.index(joint.name)
        lower, upper = float(chain.lower[column]), float(chain.upper[column])
    return ChainJoint(joint.name, joint.type.value, lower, upper,
                      'm' if joint.type is JointType.PRISMATIC else 'rad',
                      joint.mimic.joint if joint.mimic else '')


def _about(findings: Iterable[Finding], joints: set[str]) -> Iterator[Finding]:
    """Yield the findings that are about `joints`, without what they say about others."""
    for finding in findings:
        kept = [(joint, value) for joint, value in zip(finding.joints, finding.values)
                if joint in joints]
        if kept:
            names, values = zip(*kept)
            yield replace(finding, joints=names, values=values)
        elif not finding.joints:
            yield finding


class _Problem(NamedTuple):
    """A target for each tip, the joints that it is made of, and those to start from."""

    joints: np.ndarray
    start: np.ndarray
    poses: list[Pose]


def _cases(chain: KinematicChain, count: int, seed: int, progress: Progress) -> Iterator[Case]:
    """Yield the targets with what became of them."""
    rng = np.random.default_rng(seed)
    problems: list[_Problem] = []
    for number in progress(range(count)):
        if number % BLOCK == 0:
            problems = [_problem(chain, rng) for _ in range(min(BLOCK, count - number))]
        if number == 0:  # what a chain works out once is not part of any solve
            solve(chain, [PoseTarget(pose) for pose in problems[0].poses], problems[0].start)
        problem = problems[number % BLOCK]
        targets = [PoseTarget(pose) for pose in problem.poses]
        began = perf_counter()
        result = solve(chain, targets, problem.start)
        yield _judged(number, problem, result, perf_counter() - began)


def _problem(chain: KinematicChain, rng: np.random.Generator) -> _Problem:
    """Return a random problem that can be solved."""
    joints, start = (_random_joints(chain, rng) for _ in range(2))
    poses = [chain.forward_kinematics(joints, tip) for tip in chain.tip_links]
    return _Problem(joints, start, poses)


def _random_joints(chain: KinematicChain, rng: np.random.Generator) -> np.ndarray:
    """Return joints inside the limits, shape (n,) [rad or m]."""
    share = rng.uniform(size=chain.size)
    # Not low + share * (high - low), which overflows between large limits.
    return (1.0 - share) * chain.bounds[2] + share * chain.bounds[3]


def _judged(number: int, problem: _Problem, result: IkResult, elapsed: float) -> Case:
    """Return what became of a target, measured from the joints that were found."""
    chain, found = result.chain, result.positions
    errors = [_errors(chain.forward_kinematics(found, tip), pose)
              for tip, pose in zip(chain.tip_links, problem.poses)]
    inside = bool(np.all((found >= chain.lower) & (found <= chain.upper)))
    return Case(
        number, tuple(problem.joints.tolist()), tuple(problem.start.tolist()),
        tuple(found.tolist()), max(error[0] for error in errors),
        max(error[1] for error in errors), inside, result.reason.sentence, result.restarts,
        elapsed)


def _errors(found: Pose, wanted: Pose) -> tuple[float, float]:
    """Return how far two poses are apart, [m] and [rad]."""
    turn = found.rotation().T @ wanted.rotation()
    sine = 0.5 * math.hypot(turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0],
                            turn[1, 0] - turn[0, 1])
    return (float(np.linalg.norm(found.position - wanted.position)),
            math.atan2(sine, 0.5 * (float(np.trace(turn)) - 1.0)))


def _badness(case: Case) -> tuple[bool, float, float]:
    """Return by what cases are put in order: those off the target first, then the slow ones."""
    error = case.position_error + RADIAN * case.orientation_error
    off = not case.within(*STRICT)
    return off, error if off else 0.0, case.elapsed


def as_json(value: RobotReport | TipQuestion) -> str:
    """Return all of a report as one JSON object; what is not finite is null."""
    tree = asdict(value)
    for number, finding in enumerate(value.findings):
        tree['findings'][number]['sentence'] = finding.sentence
    if isinstance(value, RobotReport):
        for number, mobility in enumerate(value.mobility):
            tree['mobility'][number].update(
                tip_link=value.tip_links[number], sentence=mobility.sentence)
    verdict = value.verdict.value if isinstance(value, RobotReport) else None
    tree.update(verdict=verdict, sentence=value.sentence)
    return json.dumps(finite(tree), indent=2, allow_nan=False)


def finite(tree: Any) -> Any:
    """Return `tree` with None for every number that JSON does not have."""
    if isinstance(tree, dict):
        return {key: finite(value) for key, value in tree.items()}
    if isinstance(tree, (list, tuple)):
        return [finite(value) for value in tree]
    return None if isinstance(tree, float) and not math.isfinite(tree) else tree


def as_text(value: RobotReport | TipQuestion) -> str:
    """Return a report for people."""
    if isinstance(value, TipQuestion):
        lines = [*_heading(value), *_findings_text(value), *_choices_text(value)]
    else:
        lines = [*_heading(value), *_chain_text(value), *_findings_text(value),
                 *_solves_text(value), *_worst_text(value), value.sentence]
    return '\n'.join(lines)


def _heading(value: RobotReport | TipQuestion) -> list[str]:
    """Return what robot it is."""
    return [f'robot {value.robot}, {_counted(value.links, "link")}', '']


def _counted(count: int, what: str) -> str:
    """Return how many there are of something."""
    return f'{count} {what}' + ('' if count == 1 else 's')


def _chain_text(report: RobotReport) -> list[str]:
    """Return the chain with its joints, and what it controls."""
    lines = [f'chain from {report.base_link} to {" and ".join(report.tip_links)}']
    width = max((len(joint.name) for joint in report.joints), default=0)
    for joint in report.joints:
        limits = f'{_limit_text(joint.lower):>9} to {_limit_text(joint.upper):>8} {joint.unit}'
        if joint.lower == -math.inf and joint.upper == math.inf:
            limits = 'without limits'
        follows = f', follows {joint.follows}' if joint.follows else ''
        lines.append(f'  {joint.name:<{width}}  {joint.type:<10} {limits}{follows}')
    for tip, mobility in zip(report.tip_links, report.mobility):
        which = f'{tip}: ' if len(report.tip_links) > 1 else ''
        lines.append(f'  {which}{mobility.sentence}')
        if 0 < mobility.rank < 6:
            lines.append(f'  to ask for these: PoseTarget(pose, free={list(mobility.free)}, '
                         f"frame='{mobility.frame.value}')")
    return [*lines, '']


def _limit_text(value: float) -> str:
    """Return a limit with the same digits as others, unless it has no end."""
    return f'{value:.4f}' if abs(value) < 1e4 else f'{value:g}'


def _findings_text(value: RobotReport | TipQuestion) -> list[str]:
    """Return what the linter says."""
    lines = [line for finding in value.findings for line in wrap(
        f'  {finding.level.value}: {finding.sentence}', WIDTH, subsequent_indent=6 * ' ',
        break_long_words=False, break_on_hyphens=False)]
    if isinstance(value, RobotReport) and value.elsewhere:
        lines.append(f'  {_counted(value.elsewhere, "finding")} about joints off this chain')
    return ['about the URDF', *lines, ''] if lines else []


def _choices_text(question: TipQuestion) -> list[str]:
    """Return the tips to choose from."""
    lines = [f'tips that {question.base_link} can be the base of, by the joints that move them']
    for choice in question.choices:
        count = _counted(len(choice.joints), 'joint')
        lines.append(f'  {count:>9}: {listed(choice.tip_links, 6)}')
    return [*lines, '', question.sentence]


def _solves_text(report: RobotReport) -> list[str]:
    """Return how well the targets were solved, and how fast."""
    times = [f'{1e3 * time:.3g}' for time in
             (report.times.mean, report.times.median, report.times.p99, report.times.worst)]
    return [
        f'{report.targets} random reachable poses, each from other random joints '
        f'(seed {report.seed})',
        f'  solved    {_percent(report.solved, report.targets)}  within 0.1 mm and 1 mrad',
        f'  strict    {_percent(report.strict, report.targets)}  within 1 um and 1 urad',
        '  time      {} ms mean, {} median, {} 99th percentile, {} worst'.format(*times),
        f'  restarts  {report.restarts:.3g} on average', '']


def _percent(part: int, whole: int) -> str:
    """Return a share, rounded down: all is 100 %, and less is not."""
    return f'{math.floor(1e4 * part / whole) / 100:6.2f} %'


def _worst_text(report: RobotReport) -> list[str]:
    """Return the worst targets, if any was missed by the strict measure."""
    lines: list[str] = []
    for case in report.worst:
        if not case.within(*STRICT):
            outside = '' if case.within_limits else ', outside the limits'
            lines += [
                f'  target {case.number}: {1e3 * case.position_error:.3g} mm and '
                f'{case.orientation_error:.3g} rad off{outside} after '
                f'{1e3 * case.elapsed:.3g} ms: {case.reason}',
                f'    target {_joints_text(case.target_joints)}',
                f'    start  {_joints_text(case.start)}',
                f'    end    {_joints_text(case.positions)}']
    return ['the worst, with their joints', *lines, ''] if lines else []


def _joints_text(joints: Sequence[float]) -> str:
    """Return joint positions that can be pasted into Python."""
    return f'[{", ".join(f"{value:.6g}" for value in joints)}]'
