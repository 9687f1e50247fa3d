"""IKPy: scipy's bounded least squares on a chain, in Python; one start, no verdict."""

from __future__ import annotations

from typing import Any
import warnings

from benchmarks.peers import serial
from benchmarks.problem import Goal, Problem
from benchmarks.solver import Answer, Solver
import numpy as np


class IKPy(Solver):
    """``Chain.inverse_kinematics_frame`` with its defaults."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        from ikpy.chain import Chain
        warnings.simplefilter('ignore')  # on fixed joints, axes and starts beside a limit
        with serial.urdf_file(problem) as file:
            links = Chain.from_urdf_file(file, base_elements=[problem.chain.base_link]).links
        self._active = np.array([link.joint_type != 'fixed' for link in links])
        self._chain = Chain(links, active_links_mask=self._active)
        self._orientation = None if goal is Goal.POSITION else 'all'

    def target(self, pose: np.ndarray) -> np.ndarray:
        """Return the matrix as it is."""
        return pose

    def solve(self, target: np.ndarray, start: np.ndarray) -> Any:
        """Solve; the result has a value for each link."""
        initial = np.zeros(len(self._active))
        initial[self._active] = start
        return self._chain.inverse_kinematics_frame(
            target, initial_position=initial, orientation_mode=self._orientation)

    def answer(self, found: Any) -> Answer:
        """Return the values of the movable joints."""
        return Answer(np.asarray(found)[self._active], True)
