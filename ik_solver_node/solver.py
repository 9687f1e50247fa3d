"""Solve: from a target and a seed to joint positions, a verdict and how far they are off."""

from __future__ import annotations

from dataclasses import replace
import math
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.compilation import NO_LIST, warm_up
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.objective import Custom
from ik_solver_node.pose import as_vector
from ik_solver_node.relaxation import Relaxation, relaxation_of
from ik_solver_node.request import goal_of, Request, seed_of
from ik_solver_node.result import IkResult, result_of, TerminationReason
from ik_solver_node.search import run_kernels, search_goal
from ik_solver_node.several_tips import eased, is_out_of_reach, parted
from ik_solver_node.solver_options import (
    DEFAULTS, prepared, prepared_for_all, Solution, SolverOptions)
from ik_solver_node.target import AXES, is_full
import numpy as np
from numpy.typing import ArrayLike


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
        For several tips a sequence in the order of ``chain.tip_links``, None for a tip that
        nothing is asked of, or a mapping from tip links to targets.
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
    goal = goal_of(chain, target)
    # Six joints and more seldom lack an axis; with less, half of the time is kept for the rest.
    share = 0.5 if chain.size < len(AXES) and is_full(goal) else 1.0
    result = solve_goal(chain, goal, seed, options, share * options.max_time)
    if result.success or not is_full(goal):
        return result
    relaxation = relaxation_of(chain, options)
    return _relaxed(chain, goal, seed, options, relaxation, result) if relaxation else result


def _relaxed(chain: KinematicChain, goal: np.ndarray, seed: ArrayLike | None,
             options: SolverOptions, relaxation: Relaxation, exact: IkResult) -> IkResult:
    """Return the answer to what the chain controls of a pose; `exact` if it is not reached."""
    less = solve_goal(chain, relaxation.goal(goal), seed, options,
                      options.max_time - exact.elapsed)
    if less.success:
        best = relaxation.result(replace(less, out_of_reach=exact.out_of_reach), goal)
    else:
        best = exact
    return replace(best, iterations=exact.iterations + less.iterations,
                   restarts=exact.restarts + less.restarts, elapsed=exact.elapsed + less.elapsed)


def solve_goal(chain: KinematicChain, goal: np.ndarray, seed: ArrayLike | None,
               options: SolverOptions, max_time: float) -> IkResult:
    """Solve for a goal as the kernels take it, shape (m, GOAL_SIZE), in `max_time` [s]."""
    if len(goal) == 1:
        return search_goal(chain, goal, seed, options, max_time)
    parts = [goal]
    if not any(isinstance(one, Custom) for one in options.objectives):  # which looks at all joints
        parts = parted(chain, goal)
    # Each gets its share of the time that is left, so that none starves another.
    result = _search_tips(chain, parts[0], seed, options, max_time / len(parts))
    for k, part in enumerate(parts[1:], 1):
        share = (max_time - result.elapsed) / (len(parts) - k)
        result = _put_together(result, _search_tips(chain, part, result.positions, options, share))
    return replace(result, goal=goal)


def _search_tips(chain: KinematicChain, goal: np.ndarray, seed: ArrayLike | None,
                 options: SolverOptions, max_time: float) -> IkResult:
    """Solve for several tips, whose targets perhaps cannot all be met: see `several_tips`."""
    easier = eased(chain, goal, options.position_tolerance)
    if easier is None:
        return search_goal(chain, goal, seed, options, max_time)
    out_of_reach = is_out_of_reach(chain, goal, options.position_tolerance)
    first = search_goal(chain, easier, seed, replace(options, max_restarts=min(
        options.max_restarts, COMPROMISE_RESTARTS)) if out_of_reach else options, 0.5 * max_time)
    if first.success and not out_of_reach:
        return first
    result = search_goal(chain, goal, first.positions, replace(options, max_restarts=min(
        options.max_restarts, kernels.IMPOSSIBLE_RESTARTS)), max_time - first.elapsed)
    return replace(result, iterations=first.iterations + result.iterations,
                   restarts=first.restarts + result.restarts,
                   elapsed=first.elapsed + result.elapsed)


def _put_together(one: IkResult, other: IkResult) -> IkResult:
    """Return what came of two parts of a goal, `other` solved from where `one` ended."""
    reasons = [result.reason for result in (one, other) if not result.success]
    reason = one.reason if not reasons else (
        TerminationReason.IMPOSSIBLE if TerminationReason.IMPOSSIBLE in reasons else reasons[0])
    return replace(
        other, reason=reason, position_error=max(one.position_error, other.position_error),
        orientation_error=max(one.orientation_error, other.orientation_error),
        iterations=one.iterations + other.iterations, restarts=one.restarts + other.restarts,
        elapsed=one.elapsed + other.elapsed,
        out_of_reach=max(one.out_of_reach, other.out_of_reach))


COMPROMISE_RESTARTS = 40
"""Restarts to search for what the other tips do when one is out of reach."""


class Following:
    """
    Solves for one tip again and again near the last answer, as quickly as it can be called.

    Parameters
    ----------
    chain : KinematicChain
        A chain with one tip.
    options : SolverOptions
        How to solve; restarts and the search for the nearest are left out.

    """

    def __init__(self, chain: KinematicChain, options: SolverOptions) -> None:
        warm_up()
        self._chain, self._options = chain, replace(options, max_restarts=0,
                                                    solution=Solution.FIRST)
        array, self._rows, self._customs = prepared(chain, self._options)
        self._array = array.copy()

    def solve(self, goal: np.ndarray, seed: np.ndarray,
              room: float) -> tuple[IkResult | None, np.ndarray]:
        """
        Return the answer and where it arrived, before it moved towards the objectives.

        Parameters
        ----------
        goal : ndarray, shape (1, GOAL_SIZE)
            Where the tip shall be, as the kernels take it.
        seed : ndarray, shape (n,)
            Where to start [rad or m].
        room : float
            Furthest that the objectives may move a joint [rad or m].

        Returns
        -------
        IkResult or None
            None if the target was not reached.
        ndarray, shape (n,)
            Joint positions [rad or m].

        """
        began = perf_counter()
        if self._customs:
            options = replace(self._options, settle_reach=max(room, SETTLE_REACH_MIN))
            result = solve_goal(self._chain, goal, seed, options, options.max_time)
            return (result if result.success else None), result.positions
        self._array[_SETTLE_REACH] = room
        positions = np.array(seed)
        memory, code = run_kernels(self._chain, goal, self._array, self._rows, positions, NO_LIST,
                                   began + self._options.max_time)
        result = result_of(self._chain, goal, self._options, code, positions, memory, began)
        if not result.success:
            return None, positions
        if code != kernels.CONVERGED:  # but by polishing
            return result, positions
        first = kernels.NUMBERS + kernels.V_ARRIVED * positions.size
        return result, memory[first:first + positions.size]


SETTLE_REACH_MIN = 1e-6
_SETTLE_REACH = kernels.Options._fields.index('settle_reach')


def solve_all(chain: KinematicChain, target: Request, seed: ArrayLike | None = None,
              options: SolverOptions = SolverOptions(), *, separation: float = 1e-2,
              max_solutions: int = 64) -> tuple[IkResult, ...]:
    """
    Find the distinct solutions that bring the tips of `chain` to `target`, nearest first.

    Descents start at the seed and at ``options.search_restarts`` other places, 1000 unless that
    was changed, and end after ``options.max_time``, 1 s unless that was changed; what they reach
    and nothing nearer than `separation` was found before is listed.
    A six-joint arm with a spherical wrist has up to 8. A redundant arm has a continuum, of which
    this is a sample.

    Parameters
    ----------
    chain, target, seed, options
        As in `solve`; the solutions are unwound towards the seed.
    separation : float
        Two solutions are distinct if a joint differs by this much [rad or m].
    max_solutions : int
        End when so many are found.

    Returns
    -------
    tuple of IkResult
        Empty if none was found. Each has the iterations and the time of the whole search.

    Raises
    ------
    InvalidPoseError, ChainError, OptionsError
        As in `solve`.

    """
    if isinstance(max_solutions, bool) or not (isinstance(max_solutions, int)
                                               and 0 < max_solutions <= 1_000_000):
        raise OptionsError(f'max_solutions is {max_solutions!r}, but must be a number between 1 '
                           'and 1000000')
    if isinstance(separation, bool) or not (isinstance(separation, (int, float))
                                            and 0.0 < separation < math.inf):
        raise OptionsError(f'separation is {separation!r}, but must be a positive number')
    warm_up()
    began = perf_counter()
    goal = goal_of(chain, target)
    easier = eased(chain, goal, options.position_tolerance) if len(goal) > 1 else None
    if easier is not None and not is_out_of_reach(chain, goal, options.position_tolerance):
        goal = easier  # where all tips arrive, their weights do not matter
    positions = seed_of(chain, seed)
    as_vector(positions, chain.size, 'seed')
    start = chain.clip(positions)
    if any(isinstance(one, Custom) for one in options.objectives):
        raise OptionsError('solve_all runs outside of Python, so that it cannot call a Custom '
                           'objective; use solve for one solution')
    if options.search_restarts == DEFAULTS.search_restarts:
        options = replace(options, search_restarts=ALL_RESTARTS,
                          max_restarts=max(options.max_restarts, ALL_RESTARTS))
    max_time = ALL_TIME if options.max_time == DEFAULTS.max_time else options.max_time
    array, rows = prepared_for_all(chain, options, separation)
    found = np.full((max_solutions, chain.size + 2), np.nan)
    memory, _ = run_kernels(chain, goal, array, rows, positions, found, began + max_time)
    solutions = found[np.isfinite(found).all(axis=1)]
    moved = solutions[:, :chain.size] - start
    distances = (moved ** 2 * rows[kernels.P_METRIC]).sum(axis=1)
    results = []
    for row in solutions[np.argsort(distances, kind='stable')]:
        memory[:kernels.N_ITERATIONS] = row[chain.size:]
        results.append(result_of(chain, goal, options, kernels.CONVERGED, row[:chain.size].copy(),
                                 memory, began))
    return tuple(results)


ALL_RESTARTS, ALL_TIME = 1000, 1.0
"""Other starts of `solve_all`, and its time budget [s]."""
