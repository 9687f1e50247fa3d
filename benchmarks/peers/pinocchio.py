"""A Levenberg-Marquardt loop on Pinocchio, in Python, as its users write it."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import serial
from benchmarks.problem import Goal, Problem, SEED
from benchmarks.solver import Answer, Solver
import numpy as np

TOLERANCE = 1e-7
"""Length of the error at which it stops [m and rad]."""
ITERATIONS, RESTARTS = 50, 50
DAMPING = 0.1
"""Damping per squared error."""


class PinocchioLoop(Solver):
    """Damped least squares steps, clipped to the limits, from the start and then at random."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        import pinocchio
        self._pin = pinocchio
        self._model = pinocchio.buildModelFromXML(serial.urdf(problem, continuous=False))
        self._data = self._model.createData()
        self._tip = self._model.getFrameId(problem.chain.tip_links[0], pinocchio.BODY)
        self._low, self._high = problem.draw_range
        self._rows = slice(0, 3) if goal is Goal.POSITION else slice(0, 6)
        self._rng = np.random.default_rng(SEED)

    def target(self, pose: np.ndarray) -> Any:
        """Return the pose as an SE3."""
        return self._pin.SE3(pose)

    def solve(self, target: Any, start: np.ndarray) -> Answer:
        """Descend until one descent arrives."""
        q = start
        for _ in range(RESTARTS):
            q, arrived = self._descend(target, q)
            if arrived:
                return Answer(q, True)
            q = self._rng.uniform(self._low, self._high)
        return Answer(q, False)

    def _descend(self, target: Any, q: np.ndarray) -> tuple[np.ndarray, bool]:
        """Return where one descent ends, and whether that is at the target."""
        pin, model, data = self._pin, self._model, self._data
        for _ in range(ITERATIONS):
            pin.framesForwardKinematics(model, data, q)
            between = data.oMf[self._tip].actInv(target)
            error = np.concatenate([between.translation, pin.log3(between.rotation)])[self._rows]
            squared = error @ error
            if squared < TOLERANCE ** 2:
                return q, True
            jacobian = pin.computeFrameJacobian(model, data, q, self._tip, pin.LOCAL)[self._rows]
            normal = jacobian @ jacobian.T + (DAMPING * squared + 1e-12) * np.eye(len(error))
            step = jacobian.T @ np.linalg.solve(normal, error)
            q = np.clip(q + step, model.lowerPositionLimit, model.upperPositionLimit)
        return q, False

    def answer(self, found: Answer) -> Answer:
        """Return what the loop returned."""
        return found
