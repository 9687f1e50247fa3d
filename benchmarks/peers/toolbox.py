"""
Robotics Toolbox for Python: ``ETS.ik_LM``, Levenberg-Marquardt after Chan, compiled from C++.

Its tolerance is on half the squared error: 5e-13 asks for 1e-6.
"""

from __future__ import annotations

from typing import Any

from benchmarks.peers import serial
from benchmarks.problem import Goal, Problem
from benchmarks.solver import Answer, Solver
import numpy as np

TOLERANCE = 5e-13
SEARCHES, ITERATIONS = 100, 30


class Toolbox(Solver):
    """``ik_LM(k=0.1)``, the damping gain that does best on these robots."""

    gain = 0.1

    def __init__(self, problem: Problem, goal: Goal) -> None:
        self._ets = elementary_transforms(problem)
        self._mask = np.array([1.0] * 3 + [0.0] * 3) if goal is Goal.POSITION else None

    def target(self, pose: np.ndarray) -> np.ndarray:
        """Return the matrix as it is."""
        return pose

    def solve(self, target: np.ndarray, start: np.ndarray) -> Any:
        """Solve with searches from random joints after the one from `start`."""
        return self._ets.ik_LM(
            target, q0=start, ilimit=ITERATIONS, slimit=SEARCHES, tol=TOLERANCE, mask=self._mask,
            joint_limits=True, k=self.gain, method='chan')

    def answer(self, found: Any) -> Answer:
        """Return the joints and the verdict."""
        return Answer(found.q, bool(found.success))


class ToolboxK1(Toolbox):
    """``ik_LM(k=1)``, its default."""

    gain = 1.0


def elementary_transforms(problem: Problem) -> Any:
    """Return the robot as the toolbox's sequence of elementary transforms."""
    from roboticstoolbox import ET, ETS
    from spatialmath import SE3
    segments, tail = serial.segments(problem)
    low, high = problem.draw_range
    parts = []
    for index, segment in enumerate(segments):
        turn = _turn_z_to(segment.axis)
        parts.append(ET.SE3(SE3(segment.transform @ turn, check=False)))
        make = ET.tz if segment.prismatic else ET.Rz
        parts.append(make(jindex=index, qlim=[low[index], high[index]]))
        if index + 1 < len(segments):  # the turn back joins the constant part that follows
            follower = segments[index + 1]
            segments[index + 1] = follower._replace(transform=turn.T @ follower.transform)
        else:
            tail = turn.T @ tail
    parts.append(ET.SE3(SE3(tail, check=False)))
    return ETS(parts)


def _turn_z_to(axis: np.ndarray) -> np.ndarray:
    """Return a rotation (4, 4) that brings the z axis to the unit vector `axis` (3,)."""
    helper = np.eye(3)[np.argmin(np.abs(axis))]
    x = np.cross(helper, axis)
    x /= np.linalg.norm(x)
    turn = np.eye(4)
    turn[:3, :3] = np.column_stack([x, np.cross(axis, x), axis])
    return turn
