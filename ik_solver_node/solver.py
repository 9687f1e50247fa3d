"""Solve: from a target and a seed to joint positions, a verdict and how far they are off."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from functools import lru_cache
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError
from ik_solver_node.options import check_options, option
from ik_solver_node.pose import as_vector, Pose
from ik_solver_node.target import PointTarget, PoseTarget, Target
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
    OUT_OF_TIME = 6

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
    positions : ndarray, shape (n,)
        Joint positions in the order of ``chain.joint_names`` [rad or m].
    reason : TerminationReason
        Why the solve ended.
    position_error, orientation_error : float
        How far the tip is from the target at `positions`, [m] and [rad], measured afresh from
        them; the largest over several tips. The orientation of a point target has no error.
    iterations, restarts : int
        Steps over all descents, and descents after the first.
    elapsed : float
        Wall time of the solve [s].
    joints_at_limit : tuple of str
        Joints whose position is a limit.

    """

    positions: np.ndarray
    reason: TerminationReason
    position_error: float
    orientation_error: float
    iterations: int
    restarts: int
    elapsed: float
    joints_at_limit: tuple[str, ...]

    @property
    def success(self) -> bool:
        """Whether the target was reached within the tolerances."""
        return self.reason is TerminationReason.CONVERGED


def solve(chain: KinematicChain, target: Target | Pose, seed: ArrayLike | None = None,
          options: SolverOptions = SolverOptions()) -> IkResult:
    """
    Find joint positions that bring the tip of `chain` to `target`.

    The first descent starts at the seed; when it gives up, more start at random joints until one
    arrives or a budget is spent. The same input gives the same answer, unless the time budget
    ended the solve.

    Parameters
    ----------
    chain : KinematicChain
        A chain with one tip.
    target : PoseTarget, PointTarget or Pose
        Where the tip shall be, in the base frame. A `Pose` is a full pose target.
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
        If the chain has several tips.

    """
    warm_up()
    began = perf_counter()
    if len(chain.tip_links) != 1:
        raise ChainError(f'a chain to solve has one tip, but this one has the tips '
                         f'{", ".join(chain.tip_links)}; build one chain for each')
    if isinstance(target, Pose):
        target = PoseTarget(target)
    if not isinstance(target, (PoseTarget, PointTarget)):
        raise InvalidPoseError(f'target must be a PoseTarget, a PointTarget or a Pose, got '
                               f'{target!r}')
    vectors = np.empty((kernels.VECTORS, chain.size))
    vectors[kernels.V_SEED] = (
        chain.mid_range() if seed is None else as_vector(seed, chain.size, 'seed'))
    goal = target.goal_row(options.orientation_weight).reshape(1, kernels.GOAL_SIZE)
    arrays = (chain.constants, chain.topology, chain.bounds, goal)
    memory, report = np.empty(kernels.MEMORY_SIZE), np.empty(kernels.REPORT)
    counts = _FIRST_CALL.copy()
    chunk = max(1, CHUNK_WORK // max(chain.size, SMALL_CHAIN) ** 2)
    code = kernels.RUNNING
    while code == kernels.RUNNING:
        code = kernels.descend(*arrays, options._array, vectors, memory, counts, report, chunk)
        if code == kernels.RUNNING and perf_counter() - began > options.max_time:
            code = TerminationReason.OUT_OF_TIME
    if code != kernels.CONVERGED:
        if code != kernels.OUT_OF_ITERATIONS and options.step_rule is StepRule.DAMPED:
            kernels.polish(*arrays, vectors, memory)
        kernels.finish(*arrays, vectors, report)
    return _result(chain, options, code, vectors[kernels.V_BEST].copy(), report, counts, began)


_FIRST_CALL = np.full(kernels.COUNTS, -1, dtype=np.int64)
_REASONS = {reason.value: reason for reason in TerminationReason}


def _result(chain: KinematicChain, options: SolverOptions, code: int, positions: np.ndarray,
            report: np.ndarray, counts: np.ndarray, began: float) -> IkResult:
    """Put what the kernels report into words; the verdict is that of the errors it reports."""
    position_error, orientation_error, at_limit = report.tolist()
    if (position_error <= options.position_tolerance
            and orientation_error <= options.orientation_tolerance):
        code = kernels.CONVERGED  # by polishing
    joints_at_limit: tuple[str, ...] = ()
    if at_limit:
        there = (positions <= chain.lower) | (positions >= chain.upper)
        joints_at_limit = tuple(chain.joint_names[j] for j in np.flatnonzero(there))
    return IkResult(
        positions=positions,
        reason=_REASONS[code],
        position_error=position_error,
        orientation_error=orientation_error,
        iterations=int(counts[kernels.N_ITERATIONS]),
        restarts=int(counts[kernels.N_RESTARTS]),
        elapsed=perf_counter() - began,
        joints_at_limit=joints_at_limit)


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
    for array in (constants, topology, bounds):
        array.flags.writeable = False  # as those of a chain: numba tells the two apart
    goal = PointTarget(np.ones(3)).goal_row(1.0).reshape(1, kernels.GOAL_SIZE)
    arrays = (constants, topology, bounds, goal)
    vectors, memory = np.zeros((kernels.VECTORS, 1)), np.empty(kernels.MEMORY_SIZE)
    report, frames = np.empty(kernels.REPORT), np.empty((2, 12))
    kernels.descend(*arrays, SolverOptions()._array, vectors, memory, _FIRST_CALL.copy(), report,
                    1)
    kernels.polish(*arrays, vectors, memory)
    kernels.finish(*arrays, vectors, report)
    q = np.zeros(1)
    q.flags.writeable = False
    kernels.tip_frames(constants, topology, bounds, q, frames)
    kernels.tip_jacobian(constants, topology, bounds, q, frames, 1, np.empty((1, 6)))
    return perf_counter() - began
