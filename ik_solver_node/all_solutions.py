"""All solutions: those that descents from many places reach, each listed once."""

from __future__ import annotations

from dataclasses import replace
import math
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.compilation import warm_up
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.objective import Custom
from ik_solver_node.pose import as_vector
from ik_solver_node.request import goal_of, Request, seed_of
from ik_solver_node.result import IkResult, result_of
from ik_solver_node.search import new_memory, run_kernels
from ik_solver_node.several_tips import eased, is_out_of_reach
from ik_solver_node.solver_options import DEFAULTS, prepared_for_all, SolverOptions
import numpy as np
from numpy.typing import ArrayLike

ALL_RESTARTS, ALL_TIME = 1000, 1.0
"""Other starts of `solve_all`, and its time budget [s]."""


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
    _check_wishes(options, separation, max_solutions)
    warm_up()
    goal = _goal(chain, target, options.position_tolerance)
    return list_solutions(chain, goal, seed, options, separation, max_solutions)


def list_solutions(chain: KinematicChain, goal: np.ndarray, seed: ArrayLike | None,
                   options: SolverOptions, separation: float,
                   max_solutions: int) -> tuple[IkResult, ...]:
    """Do what `solve_all` does for a goal as the kernels take it, shape (m, GOAL_SIZE)."""
    began = perf_counter()
    positions = seed_of(chain, seed)
    as_vector(positions, chain.size, 'seed')
    start = chain.clip(positions)
    options, max_time = _generous(options)
    array, rows = prepared_for_all(chain, options, separation)
    found = np.full((max_solutions, chain.size + 2), np.nan)
    memory = new_memory(chain)
    run_kernels(chain, goal, array, rows, positions, memory, found, began + max_time)
    report, results = memory[:kernels.REPORT], []
    for row in _nearest_first(found, start, rows[kernels.P_METRIC]):
        report[:kernels.N_ITERATIONS] = row[chain.size:]
        results.append(result_of(chain, goal, options, kernels.CONVERGED, row[:chain.size].copy(),
                                 report, began))
    return tuple(results)


def _check_wishes(options: SolverOptions, separation: float, max_solutions: int) -> None:
    """Refuse what cannot be listed."""
    if isinstance(max_solutions, bool) or not (isinstance(max_solutions, int)
                                               and 0 < max_solutions <= 1_000_000):
        raise OptionsError(f'max_solutions is {max_solutions!r}, but must be a number between 1 '
                           'and 1000000')
    if isinstance(separation, bool) or not (isinstance(separation, (int, float))
                                            and 0.0 < separation < math.inf):
        raise OptionsError(f'separation is {separation!r}, but must be a positive number')
    if any(isinstance(one, Custom) for one in options.objectives):
        raise OptionsError('solve_all runs outside of Python, so that it cannot call a Custom '
                           'objective; use solve for one solution')


def _goal(chain: KinematicChain, target: Request, tolerance: float) -> np.ndarray:
    """Return what is asked: where all tips arrive, within `tolerance` [m], without weights."""
    goal = goal_of(chain, target)
    easier = eased(chain, goal, tolerance) if len(goal) > 1 else None
    if easier is None or is_out_of_reach(chain, goal, tolerance):
        return goal
    return easier


def _generous(options: SolverOptions) -> tuple[SolverOptions, float]:
    """Return options and time budget [s] that are enough for many solutions, unless changed."""
    max_time = ALL_TIME if options.max_time == DEFAULTS.max_time else options.max_time
    if options.search_restarts == DEFAULTS.search_restarts:
        options = replace(options, search_restarts=ALL_RESTARTS,
                          max_restarts=max(options.max_restarts, ALL_RESTARTS))
    return options, max_time


def _nearest_first(found: np.ndarray, start: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the rows of `found` (k, n + 2) that hold solutions, by their distance to `start`."""
    solutions = found[np.isfinite(found).all(axis=1)]
    moved = solutions[:, :len(start)] - start
    distances = (moved ** 2 * weights).sum(axis=1)
    return np.asarray(solutions[np.argsort(distances, kind='stable')])
