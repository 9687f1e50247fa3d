"""Our own solver: its bare call, the tracker of a stream of targets, and that of a whole path."""

from __future__ import annotations

from typing import Any

from benchmarks.figures import JUMP
from benchmarks.problem import Goal, Problem
from benchmarks.solver import Answer, PathSolver, Solver
from ik_solver_node.compilation import warm_up
from ik_solver_node.path import PathResult, solve_path
from ik_solver_node.pose import Pose
from ik_solver_node.result import IkResult
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PointTarget, PoseTarget, Target
from ik_solver_node.tracker import PoseTracker, TrackerOptions, TrackResult
import numpy as np


class Ours(Solver):
    """``solve()`` with its default options."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        self._chain = problem.chain
        self._goal = goal
        self._options = SolverOptions()
        warm_up()

    def target(self, pose: np.ndarray) -> Target:
        """Return the target as the library takes it."""
        if self._goal is Goal.POSITION:
            return PointTarget(pose[:3, 3])
        return PoseTarget(Pose.from_matrix(pose))

    def solve(self, target: Target, start: np.ndarray) -> Any:
        """Solve by the bare call."""
        return solve(self._chain, target, start, self._options)

    def answer(self, found: IkResult) -> Answer:
        """Return the best joints found, and whether they are within our tolerances."""
        return Answer(found.positions, found.success)


class Tracker(Ours):
    """``PoseTracker``, told what counts as a jump; what it does not accept is no answer."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        super().__init__(problem, goal)
        self._tracker = PoseTracker(self._chain, self._options,
                                    TrackerOptions(max_joint_step=JUMP))

    def begin(self, start: np.ndarray) -> None:
        """Put the arm to `start`."""
        self._tracker.reset(start)

    def solve(self, target: Target, start: np.ndarray) -> TrackResult:
        """Follow; the tracker starts from what it accepted last, which is `start`."""
        return self._tracker.track(target)

    def answer(self, found: TrackResult) -> Answer:  # type: ignore[override]
        """Return the accepted joints, if they were accepted."""
        return Answer(found.positions, found.accepted)


class Path(PathSolver):
    """``solve_path()``, told what counts as a jump; what it does not get to is no answer."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        self._chain = problem.chain
        warm_up()

    def target(self, pose: np.ndarray) -> Target:
        """Return the target as the library takes it."""
        return PoseTarget(Pose.from_matrix(pose))

    def follow(self, targets: list[Target], start: np.ndarray) -> PathResult:
        """Follow the whole path."""
        return solve_path(self._chain, targets, start, max_joint_step=JUMP)

    def answers(self, found: PathResult, count: int) -> list[Answer]:
        """Return the joints as far as the path was followed."""
        return [Answer(found.positions[k], True) if k < len(found.positions)
                else Answer(None, False) for k in range(count)]
