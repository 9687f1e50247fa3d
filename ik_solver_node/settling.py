"""
Settling for objectives that only Python can evaluate.

The steps are those of ``kernels.settle``: towards what the objectives wish, then back to the
target. Both are kept only if the tips arrive and the objectives are lower.
"""

from __future__ import annotations

import math
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.objective import Custom
from ik_solver_node.several_tips import asked_joints
from ik_solver_node.solver_options import SolverOptions
import numpy as np

Wanted = tuple[np.ndarray, np.ndarray, tuple[Custom, ...]]
"""Options and preferences as the kernels take them, and what only Python can evaluate."""


def settle(chain: KinematicChain, goal: np.ndarray, options: SolverOptions, wanted: Wanted,
           seed: np.ndarray, positions: np.ndarray, end: float) -> None:
    """
    Move `positions`, which arrived, to where all objectives are lower.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    goal : ndarray, shape (m, GOAL_SIZE)
        What is asked of its tips.
    options : SolverOptions
        How many steps, and how far.
    wanted : tuple
        See `Wanted`.
    seed : ndarray, shape (n,)
        Where the solve started, inside the limits [rad or m].
    positions : ndarray, shape (n,)
        Where to start; gets where it ends [rad or m].
    end : float
        When to end at the latest, by ``perf_counter`` [s].

    """
    objectives = _Objectives(chain, goal, wanted, seed)
    slope, trial, beside = np.empty(chain.size), np.empty(chain.size), np.empty(chain.size)
    lowest = objectives.value_at(positions, slope)
    reach = min(kernels.SETTLE_STEP, options.settle_reach)
    for _ in range(options.settle_steps):
        displacement = -slope / objectives.weights
        longest = float(np.abs(displacement).max())
        if longest > reach:
            displacement *= reach / longest
        value = math.inf
        if objectives.step_aside(positions, displacement, trial):
            value = objectives.value_at(trial, beside)
        moved = float(np.abs(trial - positions).max())
        if value < lowest:
            lowest = value
            positions[:], slope[:] = trial, beside
            reach = min(2.0 * reach, kernels.SETTLE_STEP_MAX, options.settle_reach)
        else:
            reach = 0.25 * min(reach, longest)
        if min(moved, reach) < kernels.SETTLE_STEP_MIN or perf_counter() > end:
            break


class _Objectives:
    """All objectives together, those of the kernels and those in Python: see `settle`."""

    def __init__(self, chain: KinematicChain, goal: np.ndarray, wanted: Wanted,
                 seed: np.ndarray) -> None:
        array, self._rows, self._customs = wanted
        self._arrays, self._seed = (*chain.arrays, goal, array), seed
        self._asked = asked_joints(chain, goal)
        self.weights = np.empty(chain.size)
        """Second derivatives where the objectives were evaluated last, shape (n,)."""

    def value_at(self, q: np.ndarray, slope: np.ndarray) -> float:
        """Return the sum of the objectives at `q` (n,), and fill their `slope` (n,)."""
        value: float = kernels.objective_at(*self._arrays, self._rows, q, self._seed, slope,
                                            self.weights)
        for custom in self._customs:
            one, its_slope = custom.evaluate(q)
            value += custom.weight * one
            slope += custom.weight * its_slope
        self.weights += sum(custom.weight for custom in self._customs)
        slope[~self._asked] = 0.0  # what moves no tip stays where it is
        return value

    def step_aside(self, q: np.ndarray, displacement: np.ndarray, trial: np.ndarray) -> bool:
        """Step from `q` to `trial`, near `displacement` (n,); return whether the tips arrive."""
        return bool(kernels.step_aside(*self._arrays, q, displacement, self.weights, trial))
