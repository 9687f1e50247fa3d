"""Chunks of a batch: each is solved in compiled code, which many threads can do at once."""

from __future__ import annotations

from dataclasses import dataclass

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.relaxation import Relaxation
from ik_solver_node.result import errors_of
from ik_solver_node.solver import solve_goal
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import is_full
import numpy as np

LONGEST_TIME = 60.0
"""Time budget of a target that is solved by itself: the longest there is [s]."""
CODE = kernels.REPORT
"""Column of a report with the code the kernels ended with."""
REPORT_SIZE = kernels.REPORT + 1
"""Columns of a report."""


@dataclass(frozen=True, eq=False)
class ChunkSolver:
    """
    Solves the chunks of one batch.

    Attributes
    ----------
    chain : KinematicChain
        The chain.
    options : SolverOptions
        How to solve.
    array, rows : ndarray
        Options and preferences as the kernels take them.
    relaxation : Relaxation, optional
        What the chain may leave free of a full pose.

    """

    chain: KinematicChain
    options: SolverOptions
    array: np.ndarray
    rows: np.ndarray
    relaxation: Relaxation | None

    def solve(self, goals: np.ndarray, positions: np.ndarray, reports: np.ndarray) -> None:
        """
        Solve for some targets, as `solver.solve` would for each.

        Parameters
        ----------
        goals : ndarray, shape (c, m, GOAL_SIZE)
            What is asked, as the kernels take it; read-only.
        positions : ndarray, shape (c, n)
            The seeds; gets the answers [rad or m].
        reports : ndarray, shape (c, REPORT_SIZE)
            Gets what the kernels report of each.

        """
        if len(self.chain.tip_links) > 1:
            self._solve_each(goals, positions, reports)
            return
        seeds = positions.copy()
        self._descend(goals, positions, reports)
        if self.relaxation is not None:
            self._relax(self.relaxation, goals, seeds, positions, reports)

    def _solve_each(self, goals: np.ndarray, positions: np.ndarray, reports: np.ndarray) -> None:
        """Solve for several tips one goal at a time: these may take more than one search."""
        for k, goal in enumerate(goals):
            reports[k, CODE] = kernels.BAD_SEED
            if np.isfinite(positions[k]).all():
                result = solve_goal(self.chain, goal, positions[k], self.options, LONGEST_TIME)
                positions[k] = result.positions
                reports[k] = (result.position_error, result.orientation_error, result.iterations,
                              result.restarts, result.out_of_reach, result.reason)

    def _descend(self, goals: np.ndarray, positions: np.ndarray, reports: np.ndarray) -> None:
        """Run the kernels for one tip; what was reached by polishing was reached, too."""
        kernels.descend_many(*self.chain.arrays, goals, self.array, self.rows, positions, reports)
        there = ((reports[:, kernels.N_POSITION] <= self.options.position_tolerance)
                 & (reports[:, kernels.N_ORIENTATION] <= self.options.orientation_tolerance))
        reports[there & (reports[:, CODE] != kernels.BAD_SEED), CODE] = kernels.CONVERGED

    def _relax(self, relaxation: Relaxation, goals: np.ndarray, seeds: np.ndarray,
               positions: np.ndarray, reports: np.ndarray) -> None:
        """Replace answers that missed a full pose by those to what the chain controls of it."""
        missed = [int(k) for k in np.flatnonzero(reports[:, CODE] != kernels.CONVERGED)
                  if is_full(goals[k])]
        if not missed:
            return
        less = np.array([relaxation.goal(goals[k]) for k in missed])
        less.flags.writeable = False
        again, told = seeds[missed], np.empty((len(missed), REPORT_SIZE))
        self._descend(less, again, told)
        counts = [kernels.N_ITERATIONS, kernels.N_RESTARTS]
        for row, k in enumerate(missed):
            reports[k, counts] += told[row, counts]
            if told[row, CODE] == kernels.CONVERGED:
                positions[k] = again[row]
                reports[k, [kernels.N_POSITION, kernels.N_ORIENTATION]] = errors_of(
                    self.chain, goals[k], positions[k])
                reports[k, CODE] = kernels.RELAXED
