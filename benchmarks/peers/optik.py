"""OptIK: SLSQP on the manifold of poses with random restarts, in Rust, on one thread."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import serial
from benchmarks.problem import Goal, Problem
from benchmarks.solver import Answer, Solver
import numpy as np

TOLERANCE = 1e-12
"""On its cost, which is a squared error."""


class OptIK(Solver):
    """``Robot.ik`` with its default time budget of 0.1 s."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        import optik
        serial.refuse_prismatic(problem)
        with serial.urdf_file(problem, continuous=False) as file:
            self._robot = optik.Robot.from_urdf_file(
                file, problem.chain.base_link, problem.chain.tip_links[0])
        self._robot.set_parallelism(1)
        weights = {'angular_weight': np.zeros(3)} if goal is Goal.POSITION else {}
        self._config = optik.SolverConfig(solution_mode='speed', tol_f=TOLERANCE, **weights)

    def target(self, pose: np.ndarray) -> np.ndarray:
        """Return the matrix as it is."""
        return pose

    def solve(self, target: np.ndarray, start: np.ndarray) -> Any:
        """Solve; the result is the joints and their cost, or None."""
        return self._robot.ik(self._config, target, start)

    def answer(self, found: Any) -> Answer:
        """Return the joints, if there are any."""
        return Answer(None, False) if found is None else Answer(np.array(found[0]), True)
