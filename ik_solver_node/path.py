"""
Follow a path that is known beforehand, from the first target to the last without a jump.

A tracker sees one target at a time. Where a path passes a singularity or comes near a limit, which
of the postures there has a future depends on the targets to come, and a tracker that took the
other one must hold. Who has the whole path can do better: `solve_path` takes several postures
along it side by side, and keeps those that can go on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum
import math
from time import perf_counter
from typing import NamedTuple

from ik_solver_node import kernels
from ik_solver_node.all_solutions import list_solutions
from ik_solver_node.chain import KinematicChain
from ik_solver_node.compilation import warm_up, warm_up_paths
from ik_solver_node.exceptions import InvalidPoseError, OptionsError
from ik_solver_node.objective import LimitMargin, preferences
from ik_solver_node.pose import as_vector
from ik_solver_node.progress import Progress
from ik_solver_node.relaxation import relaxation_of
from ik_solver_node.request import check_targets, goals_of, Requests
from ik_solver_node.result import IkResult
from ik_solver_node.solver import solve_goal
from ik_solver_node.solver_options import Solution, SolverOptions
from ik_solver_node.target import is_full
import numpy as np
from numpy.typing import ArrayLike

WIDTHS = (1, 4, 16, 64, 256)
"""How many postures are taken along the path; more only if fewer did not get to its end."""
CHUNK = 64
"""Targets between two looks at what came of it: a sixth of a second in the widest search."""
WINDOWS = (64, 32, 16, 8, 4, 2, 1)
"""Targets to either side over whose mean a path is smoothed, one pass for each."""
START_SEPARATION = 0.3
"""Postures to begin in differ by this much in some joint [rad or m]."""
MARGIN_WEIGHT = 1e-4
"""What nearness to limits costs at each target, beside the squared step [rad^2 or m^2]."""


class PathEnd(str, Enum):
    """How far a path could be followed, and why not further."""

    FOLLOWED = 'followed'
    NOT_REACHED = 'not_reached'
    WOULD_JUMP = 'would_jump'


@dataclass(frozen=True, eq=False)
class PathResult:
    """
    The answer to a path: the joints for each of its targets, as far as it could be followed.

    Attributes
    ----------
    chain : KinematicChain
        The chain that was solved for.
    positions : ndarray, shape (k, n)
        Joint positions for the first `k` targets [rad or m], no step between them a jump.
    position_errors, orientation_errors : ndarray, shape (k,)
        How far the tip is from each target [m], [rad]; with several tips the largest.
    targets : int
        How many targets the path has.
    end : PathEnd
        Whether it was followed to the end, and why not.
    beyond : IkResult or None
        What the solver says of the first target that could not be followed.
    postures : int
        How many postures were taken along side by side at most.
    elapsed : float
        Wall time [s].

    """

    chain: KinematicChain = field(repr=False)
    positions: np.ndarray
    position_errors: np.ndarray
    orientation_errors: np.ndarray
    targets: int
    end: PathEnd
    beyond: IkResult | None
    postures: int
    elapsed: float

    @property
    def success(self) -> bool:
        """Whether the whole path was followed."""
        return self.end is PathEnd.FOLLOWED

    @property
    def fraction(self) -> float:
        """Share of the targets that were followed, 0 to 1."""
        return len(self.positions) / self.targets

    @property
    def joint_steps(self) -> np.ndarray:
        """Motion of each joint from one target to the next, shape (k - 1, n) [rad or m]."""
        return np.abs(np.diff(self.positions, axis=0))

    @property
    def sentence(self) -> str:
        """How it ended, in words."""
        count = len(self.positions)
        if self.success:
            largest = float(self.joint_steps.max(initial=0.0))
            return (f'followed all {count} targets; no joint moves by more than {largest:.3g} '
                    'rad or m from one to the next')
        told = f'followed {count} of {self.targets} targets ({100.0 * self.fraction:.1f} %)'
        assert self.beyond is not None
        if self.end is PathEnd.NOT_REACHED:
            return f'{told}; number {count}: {self.beyond.sentence}'
        steps = np.abs(self.beyond.positions - self.positions[-1])
        worst = int(steps.argmax())
        return (f'{told}; number {count} is reached only by a jump, of {steps[worst]:.3g} rad or '
                f'm in joint {self.chain.joint_names[worst]}')


def solve_path(chain: KinematicChain, targets: Requests, seed: ArrayLike | None = None,
               options: SolverOptions = SolverOptions(), *, max_joint_step: float = 0.2,
               progress: bool | None = None) -> PathResult:
    """
    Find joint positions for a path of targets, which no joint jumps between.

    The path is walked in one posture first. Where that comes to a place which goes on only by a
    jump, and the arm has joints to spare, it is walked again in 4, 16, 64 or 256 postures side
    by side until one arrives; its way is then smoothed.

    Parameters
    ----------
    chain : KinematicChain
        The chain, with one tip or several.
    targets : sequence, or ndarray of shape (N, 4, 4) or (N, 3)
        What `solve` takes as a target, for each place of the path, in the base frame. An array
        holds homogeneous transforms or points [m].
    seed : array_like, shape (n,), optional
        Where the arm is [rad or m], moved inside the limits. If the first target is a step away
        from it, the path begins there; if it is not, and without a seed, the path may begin in any
        posture: in one near the seed, or the middle of the range, of those that can follow it.
    options : SolverOptions, optional
        Tolerances and joint weights; restarts and times are those of the search for the first
        target. It has no place for objectives: the freedom of the arm is used to get to the end.
    max_joint_step : float
        A step from one target to the next that moves a joint, or what mimics it, further than this
        is a jump [rad or m].
    progress : bool, optional
        Whether to show a progress bar; by default on a terminal if it takes more than a second.

    Returns
    -------
    PathResult
        Also when the path could not be followed to its end: then as far as it could.

    Raises
    ------
    InvalidPoseError
        If there is no target, one of them is none, or the seed has the wrong length or a number
        that is not finite.
    ChainError
        If a target does not match the tips.
    OptionsError
        If `max_joint_step` is not a positive number, or there are objectives.

    """
    began = perf_counter()
    _check(targets, options, max_joint_step)
    goals = goals_of(chain, targets, slice(0, len(targets)))
    start = chain.clip(chain.mid_range() if seed is None
                       else as_vector(seed, chain.size, 'seed'))
    warm_up()
    warm_up_paths()
    problem = _problem(chain, goals, start, options, max_joint_step)
    with Progress(len(goals), progress) as bar:
        end, walk, beyond = _search(problem, start, seed is not None, bar)
    path = walk.positions if walk.width == 1 else _smoothed(problem, walk.positions)
    errors = np.empty((len(path), 2))
    kernels.errors_along(*chain.arrays, goals, options._array, path, errors)
    return PathResult(chain, path, errors[:, 0], errors[:, 1], len(goals), end, beyond,
                      walk.width, perf_counter() - began)


def _check(targets: Requests, options: SolverOptions, max_joint_step: float) -> None:
    """Refuse what makes no sense for a path."""
    check_targets(targets)
    if not len(targets):
        raise InvalidPoseError('a path needs at least one target, got none')
    if isinstance(max_joint_step, bool) or not (isinstance(max_joint_step, (int, float))
                                                and 0.0 < max_joint_step < math.inf):
        raise OptionsError(f'max_joint_step is {max_joint_step!r}, but must be a positive number '
                           '[rad or m]')
    if options.objectives:
        raise OptionsError('solve_path has no place for objectives: it uses the freedom of the '
                           'arm to get to the end of the path; leave them out')


@dataclass(frozen=True, eq=False)
class _Problem:
    """
    A path as the kernels take it.

    Attributes
    ----------
    chain : KinematicChain
        The chain.
    goals : ndarray, shape (N, m, GOAL_SIZE)
        What is asked in the end: of an arm of few joints what it controls.
    options : SolverOptions
        How exactly.
    rows : ndarray, shape (PREFERENCES, n)
        What a step costs.
    gains : ndarray, shape (n,)
        How far what mimics a joint moves with it.
    furthest : float
        A step that is longer is a jump [rad or m].

    """

    chain: KinematicChain
    goals: np.ndarray
    options: SolverOptions
    rows: np.ndarray
    gains: np.ndarray
    furthest: float

    def nearest(self, k: int, seed: np.ndarray) -> IkResult:
        """Return the answer to goal `k` that is nearest to `seed` (n,)."""
        options = replace(self.options, solution=Solution.NEAREST)
        return solve_goal(self.chain, self.goals[k], seed, options, options.max_time)


def _problem(chain: KinematicChain, goals: np.ndarray, start: np.ndarray, options: SolverOptions,
             furthest: float) -> _Problem:
    """Return the path for the kernels; of full poses only what an arm of few joints controls."""
    relaxation = relaxation_of(chain, options)
    if relaxation is not None and not _reached_as_they_are(chain, goals, start, options):
        goals = np.array([relaxation.goal(goal) if is_full(goal) else goal for goal in goals])
        goals.flags.writeable = False
    rows = preferences(chain, (LimitMargin(MARGIN_WEIGHT),),
                       tuple(options.joint_weights.items())).rows
    return _Problem(chain, goals, options, rows, chain.gains, float(furthest))


def _reached_as_they_are(chain: KinematicChain, goals: np.ndarray, start: np.ndarray,
                         options: SolverOptions) -> bool:
    """Return whether an arm of few joints reaches the first, middle and last full pose."""
    # The first alone does not tell: a path often begins where the arm is.
    return all(solve_goal(chain, goals[k], start, options, options.max_time).success
               for k in (0, len(goals) // 2, -1) if is_full(goals[k]))


class _Walk(NamedTuple):
    """A way along the first targets of a path, (k, n), found among so many postures."""

    positions: np.ndarray
    width: int


def _search(problem: _Problem, start: np.ndarray, is_there: bool,
            bar: Progress) -> tuple[PathEnd, _Walk, IkResult | None]:
    """Walk the path in ever more postures until one gets to its end, or none can."""
    starts = start[np.newaxis]
    if not is_there or not len(_walk(problem, starts, start, 1, 1, bar).positions):
        starts = _postures(problem, start)
    best, count, beyond = _Walk(np.empty((0, len(start))), 1), len(problem.goals), None
    for width in WIDTHS:
        walk = _walk(problem, starts[:width], start, width, count, bar)
        if len(walk.positions) == count:
            return PathEnd.FOLLOWED, walk, None
        if beyond is None or len(walk.positions) > len(best.positions):
            best = walk
            last = best.positions[-1] if len(best.positions) else start
            beyond = problem.nearest(len(best.positions), last)
            if not beyond.success:
                return PathEnd.NOT_REACHED, best, beyond
        bar.restart(f'{width} postures are not enough')
    return PathEnd.WOULD_JUMP, best, beyond


def _postures(problem: _Problem, start: np.ndarray) -> np.ndarray:
    """Return postures in which the path may begin, shape (s, n), nearest to `start` first."""
    results = list_solutions(problem.chain, problem.goals[0], start, problem.options,
                             separation=START_SEPARATION, max_solutions=max(WIDTHS))
    return np.array([result.positions for result in results]).reshape(-1, len(start))


def _walk(problem: _Problem, starts: np.ndarray, origin: np.ndarray, width: int, count: int,
          bar: Progress) -> _Walk:
    """Take `width` postures, first `starts` (s, n), along the first `count` targets."""
    n, s = problem.chain.size, len(starts)
    positions, steps, costs = np.zeros((width, n)), np.zeros((width, n)), np.zeros(width)
    numbers, history = np.zeros(kernels.FAN_NUMBERS), _History(n)
    positions[:s] = starts
    costs[:s] = (problem.rows[kernels.P_METRIC] * (starts - origin) ** 2).sum(axis=1)
    numbers[kernels.F_COUNT] = s
    places, parents = np.empty((CHUNK, width, n)), np.empty((CHUNK, width), dtype=np.int64)
    for first in range(0, count if s else 0, CHUNK):
        goals = problem.goals[first:min(first + CHUNK, count)]
        done = kernels.walk(*problem.chain.arrays, goals, problem.options._array, problem.rows,
                            problem.gains, problem.furthest, positions, steps, costs, numbers,
                            places, parents)
        history.add(places[:done], parents[:done])
        bar.add(done)
        if done < len(goals):
            break
    return _Walk(history.way(int(costs[:int(numbers[kernels.F_COUNT])].argmin()) if s else 0),
                 width)


class _History:
    """
    The postures that were taken along the path so far, and from which each of them came.

    Those that led nowhere are forgotten, so that a long path needs little more than its answer.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._places: list[np.ndarray] = []
        self._parents: list[np.ndarray] = []

    def add(self, places: np.ndarray, parents: np.ndarray) -> None:
        """Add postures (k, w, n), NaN where there is none, and their parents (k, w)."""
        counts = np.isfinite(places[:, :, 0]).sum(axis=1).tolist()
        for here, came_from, count in zip(places, parents, counts):
            self._places.append(here[:count].copy())
            self._parents.append(came_from[:count].copy())
        for k in range(len(self._places) - 2, -1, -1):
            used, renumbered = np.unique(self._parents[k + 1], return_inverse=True)
            if len(used) == len(self._places[k]):
                break
            self._parents[k + 1] = renumbered
            self._places[k], self._parents[k] = self._places[k][used], self._parents[k][used]

    def way(self, last: int) -> np.ndarray:
        """Return the way that ended in posture `last`, shape (k, n)."""
        way = np.empty((len(self._places), self._size))
        for k in range(len(way) - 1, -1, -1):
            way[k] = self._places[k][last]
            last = int(self._parents[k][last])
        return way


def _smoothed(problem: _Problem, path: np.ndarray) -> np.ndarray:
    """Return the path (k, n) without its kinks, and with no longer a step than it has."""
    arrays, options = problem.chain.arrays, problem.options._array
    for half in WINDOWS:
        smoother = np.empty_like(path)
        kernels.smooth(*arrays, problem.goals, options, path, half, smoother)
        longest = (problem.gains * np.abs(np.diff(path, axis=0))).max(initial=0.0)
        path = _patched(problem.gains, path, smoother, half, float(longest))
    return path


def _patched(gains: np.ndarray, path: np.ndarray, smoother: np.ndarray, half: int,
             longest: float) -> np.ndarray:
    """Return `smoother` (k, n), but `path` wherever that would make a step too long."""
    while True:
        steps = (gains * np.abs(np.diff(smoother, axis=0))).max(axis=1)
        torn = np.flatnonzero(steps > longest)
        if not len(torn):
            return smoother
        for k in torn:
            around = slice(max(0, k - half), k + half + 2)
            smoother[around] = path[around]
