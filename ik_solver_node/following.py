"""Follow: solve for one tip again and again, each time from near the answer."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import Any

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.compilation import NO_LIST, warm_up
from ik_solver_node.result import CONVERGED, IkResult, result_of
from ik_solver_node.search import new_memory, run_kernels, search_goal
from ik_solver_node.solver_options import prepared, Solution, SolverOptions
import numpy as np

SETTLE_REACH_MIN = 1e-6
"""The least that the option takes [rad or m]."""
_SETTLE_REACH = kernels.Options._fields.index('settle_reach')


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
        self._array, self._settles = array.copy(), bool(self._options.objectives)
        self._memory = new_memory(chain)
        self._report = self._memory[:kernels.REPORT]
        arrived = kernels.NUMBERS + kernels.V_ARRIVED * chain.size
        self._arrived = self._memory[arrived:arrived + chain.size]

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle through the constructor: parts of the memory must stay parts of it."""
        return type(self), (self._chain, self._options)

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
            Joint positions [rad or m], valid until the next call.

        """
        began = perf_counter()
        if self._customs:
            options = replace(self._options, settle_reach=max(room, SETTLE_REACH_MIN))
            result = search_goal(self._chain, goal, seed, options, options.max_time)
            return (result if result.success else None), result.positions
        if self._settles:
            self._array[_SETTLE_REACH] = room
        positions = seed.copy()
        code = run_kernels(self._chain, goal, self._array, self._rows, positions, self._memory,
                           NO_LIST, began + self._options.max_time)
        result = result_of(self._chain, goal, self._options, code, positions, self._report, began)
        if result.reason is not CONVERGED:
            return None, positions
        if code != kernels.CONVERGED:  # but by polishing
            return result, positions
        return result, self._arrived
