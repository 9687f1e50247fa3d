"""TRAC-IK: two solvers race, in C++; by the binding of pytracik, with its usual 5 ms."""

from __future__ import annotations

from typing import Any

from benchmarks.peers import serial
from benchmarks.problem import Goal, Problem
from benchmarks.solver import Answer, Solver, Unsuitable
import numpy as np
from transforms3d.quaternions import mat2quat

TIMEOUT = 0.005
"""Time budget [s]."""
TOLERANCE = 5e-7
"""On each component of position [m] and rotation [rad]; with 1e-6, few answers are strict."""


class TracIK(Solver):
    """
    ``pytracik.ik``, with solve type Speed.

    The function is called as it is, since the class ``TracIK`` around it fails with numpy 2.
    """

    def __init__(self, problem: Problem, goal: Goal) -> None:
        import pytracik
        if goal is Goal.POSITION:
            raise Unsuitable('pytracik has no way to leave the orientation free')
        self._ik = pytracik.ik
        self._solver = pytracik.TRAC_IK(
            problem.chain.base_link, problem.chain.tip_links[0], serial.urdf(problem), TIMEOUT,
            TOLERANCE, pytracik.SolveType.Speed)

    def target(self, pose: np.ndarray) -> tuple[float, ...]:
        """Return x, y, z and the quaternion x, y, z, w."""
        w, x, y, z = mat2quat(pose[:3, :3]).tolist()
        return (*pose[:3, 3].tolist(), x, y, z, w)

    def solve(self, target: tuple[float, ...], start: np.ndarray) -> Any:
        """Solve; the result is a code followed by the joints."""
        return self._ik(self._solver, start, *target)

    def answer(self, found: Any) -> Answer:
        """Return the joints, if the code says that there are any."""
        return Answer(np.array(found[1:]), True) if found[0] >= 0 else Answer(None, False)
