"""Solve: from a target and a seed to joint positions, a verdict and how far they are off."""

from __future__ import annotations

from dataclasses import replace

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.compilation import warm_up
from ik_solver_node.objective import Custom
from ik_solver_node.relaxation import Relaxation, relaxation_of
from ik_solver_node.request import goal_of, Request
from ik_solver_node.result import IkResult, TerminationReason
from ik_solver_node.search import search_goal
from ik_solver_node.several_tips import eased, is_out_of_reach, parted
from ik_solver_node.solver_options import SolverOptions
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
