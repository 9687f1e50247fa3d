"""Solve: from a target and a seed to joint positions, a verdict and how far they are off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError
from ik_solver_node.options import check_options, option
from ik_solver_node.pose import as_vector, Pose
from ik_solver_node.target import no_goal, PointTarget, PoseTarget, Target, TARGETS
import numpy as np
from numpy.typing import ArrayLike


class StepRule(str, Enum):
    """How the joints move down the slope of the error."""

    SWEEP = 'sweep'
    GRADIENT = 'gradient'
    DAMPED = 'damped'


class Slope(str, Enum):
    """Where the slope of the error comes from; the damped rule always uses the exact one."""

    EXACT = 'exact'
    FINITE_DIFFERENCE = 'finite_difference'


class SweepOrder(str, Enum):
    """Which joint the sweep moves first."""

    TIP_TO_BASE = 'tip_to_base'
    BASE_TO_TIP = 'base_to_tip'


SMALL_CHAIN = 8
CHUNK_WORK = 25 * SMALL_CHAIN ** 2
"""
Work between two looks at the clock: 25 iterations of a small chain, fewer of a longer one, as an
iteration of the sweep grows with the square of the joints.
"""


@dataclass(frozen=True)
class SolverOptions:
    """
    How to solve. Every field says its unit and range in its metadata.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    step_rule: StepRule = option(
        StepRule.DAMPED, 'step rule: sweep (joint by joint), gradient (adaptive rate) or damped '
        '(least squares, by far the fastest)')
    slope: Slope = option(
        Slope.EXACT, 'slope of the error for sweep and gradient: exact or finite_difference')
    sweep_order: SweepOrder = option(
        SweepOrder.TIP_TO_BASE, 'order of the sweep: tip_to_base or base_to_tip')
    rate: float = option(
        0.5, 'rate of the sweep, first rate of the gradient: joint motion per slope of half the '
        'squared error', unit='rad^2/m^2', minimum=1e-6, maximum=1e3)
    sampling_distance: float = option(
        1e-6, 'joint motion over which a finite difference is taken', unit='rad or m',
        minimum=1e-10, maximum=0.1)
    position_tolerance: float = option(
        1e-6, 'position error at which a target counts as reached', unit='m',
        minimum=1e-9, maximum=1.0)
    orientation_tolerance: float = option(
        1e-6, 'orientation error at which a target counts as reached', unit='rad',
        minimum=1e-9, maximum=3.15)
    orientation_weight: float = option(
        0.3, 'length that one radian of orientation error counts as', unit='m/rad',
        minimum=1e-3, maximum=1e3)
    max_iterations: int = option(
        500, 'most steps of one descent', minimum=1, maximum=100000)
    max_restarts: int = option(
        100, 'most descents from random starts after the one from the seed',
        minimum=0, maximum=100000)
    max_time: float = option(
        0.02, 'time budget of one solve', unit='s', minimum=1e-4, maximum=60.0)
    random_seed: int = option(
        0, 'seed of the random starts: same seed, same answer', minimum=0, maximum=2**31 - 1)
    _array: np.ndarray = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check every field and lay them out for the kernels."""
        check_options(self)
        array = np.array(kernels.Options(
            step_rule=_STEP_RULES[self.step_rule],
            slope=_SLOPES[self.slope],
            sweep_order=_SWEEP_ORDERS[self.sweep_order],
            rate=self.rate,
            sampling_distance=self.sampling_distance,
            position_tolerance=self.position_tolerance,
            orientation_tolerance=self.orientation_tolerance,
            orientation_weight=self.orientation_weight,
            max_iterations=self.max_iterations,
            max_restarts=self.max_restarts,
            random_seed=self.random_seed), dtype=np.float64)
        object.__setattr__(self, '_array', array)


_STEP_RULES = {StepRule.SWEEP: kernels.SWEEP, StepRule.GRADIENT: kernels.GRADIENT,
               StepRule.DAMPED: kernels.DAMPED}
_SLOPES = {Slope.EXACT: kernels.EXACT, Slope.FINITE_DIFFERENCE: kernels.FINITE_DIFFERENCE}
_SWEEP_ORDERS = {SweepOrder.TIP_TO_BASE: kernels.TIP_TO_BASE,
                 SweepOrder.BASE_TO_TIP: kernels.BASE_TO_TIP}


class TerminationReason(IntEnum):
    """Why a solve ended."""

    CONVERGED = kernels.CONVERGED
    STALLED = kernels.STALLED
    OUT_OF_ITERATIONS = kernels.OUT_OF_ITERATIONS
    OUT_OF_RESTARTS = kernels.OUT_OF_RESTARTS
    NOT_FINITE = kernels.NOT_FINITE
    OUT_OF_TIME = kernels.OUT_OF_TIME

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _SENTENCES[self]


_SENTENCES = {
    TerminationReason.CONVERGED: 'reached the target within tolerance',
    TerminationReason.STALLED: 'the descent from the seed stalled, and restarts are off',
    TerminationReason.OUT_OF_ITERATIONS: 'the iterations ran out, and restarts are off',
    TerminationReason.OUT_OF_RESTARTS: 'neither the descent from the seed nor any restart '
                                       'reached the target',
    TerminationReason.NOT_FINITE: 'the error is not a finite number',
    TerminationReason.OUT_OF_TIME: 'the time budget ran out',
}


@dataclass(frozen=True, eq=False)
class IkResult:
    """
    The outcome of a solve: always the best joints found, always inside the limits.

    Attributes
    ----------
    chain : KinematicChain
        The chain that was solved for.
    positions : ndarray, shape (n,)
        Joint positions in the order of ``chain.joint_names`` [rad or m].
    reason : TerminationReason
        Why the solve ended.
    position_error, orientation_error : float
        How far the tip is from what was asked at `positions`, [m] and [rad], measured from them;
        the largest over several tips. What is not asked for has no error.
    iterations, restarts : int
        Steps over all descents, and descents after the first.
    elapsed : float
        Wall time of the solve [s].

    """

    chain: KinematicChain = field(repr=False)
    positions: np.ndarray
    reason: TerminationReason
    position_error: float
    orientation_error: float
    iterations: int
    restarts: int
    elapsed: float

    @property
    def success(self) -> bool:
        """Whether the target was reached within the tolerances."""
        return self.reason is TerminationReason.CONVERGED

    @property
    def joints_at_limit(self) -> tuple[str, ...]:
        """Names of the joints whose position is a limit."""
        there = (self.positions <= self.chain.lower) | (self.positions >= self.chain.upper)
        return tuple(self.chain.joint_names[j] for j in np.flatnonzero(there))


Request = Target | Pose | Sequence[Target | Pose | None] | Mapping[str, Target | Pose]
"""What `solve` takes as a target: of the only tip, or of each of several tips."""


def solve(chain: KinematicChain, target: Request, seed: ArrayLike | None = None,
          options: SolverOptions = SolverOptions()) -> IkResult:
    """
    Find joint positions that bring the tips of `chain` to `target`.

    The first descent starts at the seed; when it gives up, more start elsewhere until one arrives
    or a budget is spent. The same input gives the same answer, unless the time budget ended the
    solve.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    target : Target or Pose, or a sequence or mapping of them
        Where the tip shall be, in the base frame; see `target`. A `Pose` is a full pose target.
        For several tips a sequence in the order of ``chain.tip_links``, None for a tip that nothing
        is asked of, or a mapping from tip links to targets.
    seed : array_like, shape (n,), optional
        Where to start [rad or m]; moved inside the limits first. Default: the middle of the range.
    options : SolverOptions, optional
        Step rule, tolerances and budgets.

    Returns
    -------
    IkResult
        Also when the target was not reached: an unreachable target is an outcome, not an error.

    Raises
    ------
    InvalidPoseError
        If the target is none, or the seed has the wrong length or a number that is not finite.
    ChainError
        If the targets do not match the tips.

    """
    warm_up()
    began = perf_counter()
    goal = _goal(chain, target)
    positions = _positions(chain, seed)
    memory = np.empty(kernels.NUMBERS + kernels.VECTORS * chain.size)
    chunk = max(1, CHUNK_WORK // max(chain.size, SMALL_CHAIN) ** 2)
    code = kernels.START
    while True:
        code = kernels.descend(*chain.arrays, goal, options._array, positions, memory, code, chunk)
        if code != kernels.RUNNING:
            break
        if perf_counter() - began > options.max_time:
            code = kernels.OUT_OF_TIME
    if code == kernels.BAD_SEED:
        as_vector(positions, chain.size, 'seed')
    return _result(chain, options, code, positions, memory, began)


def _goal(chain: KinematicChain, target: Request) -> np.ndarray:
    """Return what is asked of the tips as the kernels take it, shape (m, GOAL_SIZE)."""
    tips = chain.tip_links
    if isinstance(target, TARGETS) and len(tips) == 1:
        return target.goal
    if isinstance(target, (Pose, *TARGETS)):
        targets: Sequence[Target | Pose | None] = [target]
    elif isinstance(target, Mapping):
        unknown = sorted(set(target) - set(tips))
        if unknown:
            raise ChainError(f'there is a target for {unknown[0]!r}, but the tips of the chain are '
                             f'{", ".join(tips)}')
        targets = [target.get(tip) for tip in tips]
    elif isinstance(target, (list, tuple)):
        targets = target
    else:
        raise InvalidPoseError(f'target must be a Pose or one of '
                               f'{", ".join(kind.__name__ for kind in TARGETS)}, got {target!r}')
    if len(targets) != len(tips):
        raise ChainError(f'the chain has {len(tips)} tips, {", ".join(tips)}, but '
                         f'{len(targets)} targets were given; give one for each, None where '
                         'nothing is asked')
    if all(one is None for one in targets):
        raise InvalidPoseError('nothing is asked of any tip; give at least one a target')
    goal = np.concatenate([_goal_of(one) for one in targets])
    goal.flags.writeable = False
    return goal


def _goal_of(target: Target | Pose | None) -> np.ndarray:
    """Return the goal of one tip, shape (1, GOAL_SIZE)."""
    if target is None:
        return no_goal()
    if isinstance(target, Pose):
        return PoseTarget(target).goal
    if not isinstance(target, TARGETS):
        raise InvalidPoseError(f'target must be a Pose or one of '
                               f'{", ".join(kind.__name__ for kind in TARGETS)}, got {target!r}')
    return target.goal


def _positions(chain: KinematicChain, seed: ArrayLike | None) -> np.ndarray:
    """Return a new vector (n,) with the seed, which the kernels check for finite numbers."""
    if seed is None:
        return chain.mid_range()
    try:
        positions = np.array(seed, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        positions = np.empty(0)
    if positions.shape != (chain.size,):
        as_vector(seed, chain.size, 'seed')
    return positions


_REASONS = {reason.value: reason for reason in TerminationReason}


def _result(chain: KinematicChain, options: SolverOptions, code: int, positions: np.ndarray,
            memory: np.ndarray, began: float) -> IkResult:
    """Put what the kernels report into words; the verdict is that of the errors they report."""
    position_error, orientation_error, iterations, restarts = memory[:kernels.REPORT].tolist()
    if (position_error <= options.position_tolerance
            and orientation_error <= options.orientation_tolerance):
        code = kernels.CONVERGED  # also by polishing
    # Made without the constructor, which takes as long for a frozen dataclass as a short solve.
    result = object.__new__(IkResult)
    result.__dict__.update(
        chain=chain, positions=positions, reason=_REASONS[code], position_error=position_error,
        orientation_error=orientation_error, iterations=int(iterations), restarts=int(restarts),
        elapsed=perf_counter() - began)
    return result


@lru_cache(maxsize=None)
def warm_up() -> float:
    """
    Compile the kernels, or load them from the cache, and return the time it took [s].

    The first solve of a process does this on its own, before its budget begins; a node calls it
    before it listens. Later calls do nothing and return the same.
    """
    began = perf_counter()
    constants, topology = np.zeros((2, 14)), np.array([[-1, 0, kernels.REVOLUTE],
                                                       [0, -1, kernels.TIP]])
    constants[:, [0, 4, 8, 12]] = 1.0
    bounds = np.array([[-1.0], [1.0], [-1.0], [1.0], [0.0]])
    starts, start_tips = np.empty((1, 1)), np.empty((1, 12, 1))
    for array in (constants, topology, bounds):
        array.flags.writeable = False  # as those of a chain: numba tells the two apart
    kernels.tabulate(constants, topology, bounds, starts, start_tips)
    starts.flags.writeable, start_tips.flags.writeable = False, False
    memory = np.empty(kernels.NUMBERS + kernels.VECTORS)
    kernels.descend(constants, topology, bounds, starts, start_tips, PointTarget(np.ones(3)).goal,
                    SolverOptions()._array, np.zeros(1), memory, kernels.START, 1)
    q, frames = np.zeros(1), np.empty((2, 12))
    q.flags.writeable = False
    kernels.tip_frames(constants, topology, q, frames)
    kernels.tip_jacobian(constants, topology, q, frames, 1, np.empty((1, 6)))
    return perf_counter() - began
