"""Pink: differential inverse kinematics by quadratic programs on Pinocchio; one start."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import serial
from benchmarks.problem import Goal, Problem
from benchmarks.solver import Answer, Solver
import numpy as np

STEPS = 100
TOLERANCE = 1e-7
"""Length of the error at which it stops [m and rad]."""
DAMPING = 1e-3
"""Levenberg-Marquardt damping of the task."""


class Pink(Solver):
    """``solve_ik`` of one frame task, integrated until it arrives."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        import pink
        import pinocchio
        self._pink, self._pin = pink, pinocchio
        self._model = pinocchio.buildModelFromXML(serial.urdf(problem, continuous=False))
        self._data = self._model.createData()
        turning = 0.0 if goal is Goal.POSITION else 1.0
        self._task = pink.FrameTask(problem.chain.tip_links[0], position_cost=1.0,
                                    orientation_cost=turning, lm_damping=DAMPING)
        self._limits = [pink.limits.ConfigurationLimit(self._model, config_limit_gain=1.0)]
        self._rows = slice(0, 3) if goal is Goal.POSITION else slice(0, 6)

    def target(self, pose: np.ndarray) -> Any:
        """Return the pose as an SE3."""
        return self._pin.SE3(pose)

    def solve(self, target: Any, start: np.ndarray) -> Answer:
        """Take steps of one second until the error is gone."""
        configuration = self._pink.Configuration(self._model, self._data, start)
        self._task.set_target(target)
        for _ in range(STEPS):
            error = self._task.compute_error(configuration)[self._rows]
            if error @ error < TOLERANCE ** 2:
                return Answer(configuration.q, True)
            velocity = self._pink.solve_ik(
                configuration, [self._task], 1.0, solver='quadprog', limits=self._limits,
                safety_break=False)
            configuration.integrate_inplace(velocity, 1.0)
        return Answer(configuration.q, False)

    def answer(self, found: Answer) -> Answer:
        """Return what the loop returned."""
        return found
