"""One search: the kernels, called until they are done or the time is up."""

from __future__ import annotations

from functools import lru_cache
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.compilation import NO_LIST, warm_up_customs
from ik_solver_node.pose import as_vector
from ik_solver_node.request import seed_of
from ik_solver_node.result import errors_of, IkResult, result_of
from ik_solver_node.settling import settle
from ik_solver_node.solver_options import prepared, SolverOptions
import numpy as np
from numpy.typing import ArrayLike

SMALL_CHAIN = 8
LAST_CHUNK = 1e-4
"""What is begun before the time is up, and finished after, may take this long [s]."""
CHUNK_WORK = 25 * SMALL_CHAIN ** 2
"""
Work between two looks at the clock: 25 iterations of a small chain, fewer of a longer one, as an
iteration of the sweep grows with the square of the joints.
"""


def search_goal(chain: KinematicChain, goal: np.ndarray, seed: ArrayLike | None,
                options: SolverOptions, max_time: float) -> IkResult:
    """Search once for a goal as the kernels take it, shape (m, GOAL_SIZE), for `max_time` [s]."""
    array, rows, customs = prepared(chain, options)
    if customs:
        warm_up_customs()
    began = perf_counter()
    end = began + max_time - min(LAST_CHUNK, 0.2 * max_time)
    positions = seed_of(chain, seed)
    start = chain.clip(positions) if customs else positions
    memory = new_memory(chain)
    code = run_kernels(chain, goal, array, rows, positions, memory, NO_LIST, end)
    if customs and code == kernels.CONVERGED:
        settle(chain, goal, options, (array, rows, customs), start, positions, end)
        memory[kernels.N_POSITION], memory[kernels.N_ORIENTATION] = errors_of(
            chain, goal, positions)
    return result_of(chain, goal, options, code, positions, memory[:kernels.REPORT], began)


def new_memory(chain: KinematicChain) -> np.ndarray:
    """Return ``kernels.Memory`` in one piece, in which a search begins with its report."""
    return np.empty(kernels.NUMBERS + kernels.VECTORS * chain.size)


def run_kernels(chain: KinematicChain, goal: np.ndarray, array: np.ndarray, rows: np.ndarray,
                positions: np.ndarray, memory: np.ndarray, found: np.ndarray, end: float) -> int:
    """
    Search from a seed until an answer is found or the budgets are spent, and return the code.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    goal : ndarray, shape (m, GOAL_SIZE)
        What is asked of its tips.
    array, rows : ndarray
        Options and preferences, see `prepared`.
    positions : ndarray, shape (n,)
        The seed; gets the answer [rad or m].
    memory : ndarray
        See `new_memory`; gets the report of the search.
    found : ndarray, shape (k, n + 2)
        Gets the solutions with their errors, if all are wanted; else ``NO_LIST``.
    end : float
        When to end at the latest, by ``perf_counter`` [s].

    """
    chunk, code = _chunk(positions.size), kernels.START
    while True:
        code = kernels.descend(*chain.arrays, goal, array, rows, positions, memory, found, code,
                               chunk)
        if code != kernels.RUNNING:
            break
        if perf_counter() > end:
            code = kernels.OUT_OF_TIME
    if code == kernels.BAD_SEED:
        as_vector(positions, chain.size, 'seed')
    return code


@lru_cache(maxsize=None)
def _chunk(joints: int) -> int:
    """Return how many iterations there are between two looks at the clock."""
    return max(1, CHUNK_WORK // max(joints, SMALL_CHAIN) ** 2)
