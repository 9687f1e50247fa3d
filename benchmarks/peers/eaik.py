"""EAIK: all solutions of an arm of six revolute joints in closed form, where there is one."""

from __future__ import annotations

from benchmarks.peers import serial
from benchmarks.problem import Goal, Problem
from benchmarks.solver import Answer, Solver, Unsuitable
import numpy as np

TURN = 2.0 * np.pi


class Analytic(Solver):
    """``HPRobot.IK``, and of its solutions the one inside the limits that is nearest."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        from eaik.IK_HP import HPRobot
        if goal is Goal.POSITION:
            raise Unsuitable('solves for full poses only')
        if problem.chain.size != 6:
            raise Unsuitable('has not six joints')
        serial.refuse_prismatic(problem)
        axes, offsets, self._home = axes_at_zero(problem)
        self._robot = HPRobot(axes, offsets)
        if not self._robot.hasKnownDecomposition():
            raise Unsuitable('has no solution in closed form')
        self._lower, self._upper = problem.chain.lower, problem.chain.upper

    def target(self, pose: np.ndarray) -> np.ndarray:
        """Return the pose of the frame that is not turned when all joints are zero."""
        turned = pose.copy()
        turned[:3, :3] = pose[:3, :3] @ self._home.T
        return turned

    def solve(self, target: np.ndarray, start: np.ndarray) -> Answer:
        """Compute all solutions and choose."""
        solutions = self._robot.IK(target)
        exact = ~np.asarray(solutions.is_LS, dtype=bool)  # the others are least squares
        if not exact.any():
            return Answer(None, False)
        found = np.asarray(solutions.Q)[exact]
        nearest = start + (found - start + np.pi) % TURN - np.pi
        for shift in (0.0, -TURN, TURN):
            shifted = nearest + shift
            outside = (nearest < self._lower) | (nearest > self._upper)
            allowed = (shifted >= self._lower) & (shifted <= self._upper)
            nearest = np.where(outside & allowed, shifted, nearest)
        inside = ((nearest >= self._lower) & (nearest <= self._upper)).all(axis=1)
        if not inside.any():
            return Answer(None, False)
        candidates = nearest[inside]
        return Answer(candidates[np.abs(candidates - start).max(axis=1).argmin()], True)

    def answer(self, found: Answer) -> Answer:
        """Return what was chosen."""
        return found


def axes_at_zero(problem: Problem) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return joint axes (6, 3), offsets between them (7, 3) [m] and turn of the tip, in base."""
    segments, tail = serial.segments(problem)
    frame, axes, points = np.eye(4), [], [np.zeros(3)]
    for segment in segments:
        frame = frame @ segment.transform
        axes.append(frame[:3, :3] @ segment.axis)
        points.append(frame[:3, 3])
    frame = frame @ tail
    return np.array(axes), np.diff([*points, frame[:3, 3]], axis=0), frame[:3, :3]
