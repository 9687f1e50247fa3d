"""What the benchmark needs to know of a solver, be it ours or a peer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from importlib import import_module
from typing import Any, NamedTuple

from benchmarks.problem import Goal, Problem
import numpy as np


class Unsuitable(Exception):
    """A solver cannot take a robot or a goal; the message says why in a few words."""


class Answer(NamedTuple):
    """
    What a solver found.

    Attributes
    ----------
    positions : ndarray, shape (n,), or None
        Joints in the order of the chain [rad or m]; None if it gave none.
    claimed : bool
        Whether the solver itself says that it arrived: an arm would move there.

    """

    positions: np.ndarray | None
    claimed: bool


class Entrant(ABC):
    """
    One solver, set up for one robot and goal; made anew for the next.

    Only `Solver.solve` and `PathSolver.follow` are timed: the public call of the solver, with what
    it takes and returns.

    Raises
    ------
    Unsuitable
        If it cannot take the robot or the goal.

    """

    @abstractmethod
    def __init__(self, problem: Problem, goal: Goal) -> None:
        ...

    @abstractmethod
    def target(self, pose: np.ndarray) -> Any:
        """Return a pose (4, 4) in the form that the solver takes."""


class Solver(Entrant):
    """A solver that takes one target after the other."""

    @abstractmethod
    def solve(self, target: Any, start: np.ndarray) -> Any:
        """Solve from `start` (n,) and return whatever the solver returns."""

    @abstractmethod
    def answer(self, found: Any) -> Answer:
        """Return what came out of `solve`."""

    def begin(self, start: np.ndarray) -> None:  # noqa: B027
        """Take note that a path begins at `start` (n,); most solvers remember nothing."""


class PathSolver(Entrant):
    """A solver that takes all targets of a path at once; its time is that of all."""

    @abstractmethod
    def follow(self, targets: list[Any], start: np.ndarray) -> Any:
        """Follow all targets from `start` (n,) and return whatever the solver returns."""

    @abstractmethod
    def answers(self, found: Any, count: int) -> list[Answer]:
        """Return what came out of `follow`, for each of `count` targets."""


class Entry(NamedTuple):
    """
    A solver in the list: where its class is, and the package on PyPI it measures.

    A `PathSolver` gets a whole path at once, all others one target after the other.
    """

    module: str
    name: str
    package: str
    whole_path: bool = False

    def load(self) -> type[Entrant]:
        """Return the class; its package is imported when an object of it is made."""
        return getattr(import_module(self.module), self.name)


OURS = 'ik_solver_node'
TRACKER = 'PoseTracker'
PATH = 'solve_path'
YARDSTICK = 'roboticstoolbox'
"""The peer that ours is compared with robot by robot."""

SOLVERS = {
    OURS: Entry('benchmarks.ours', 'Ours', 'ik_solver_node'),
    TRACKER: Entry('benchmarks.ours', 'Tracker', 'ik_solver_node'),
    PATH: Entry('benchmarks.ours', 'Path', 'ik_solver_node', whole_path=True),
    YARDSTICK: Entry('benchmarks.peers.toolbox', 'Toolbox', 'roboticstoolbox-python'),
    'roboticstoolbox-k1': Entry('benchmarks.peers.toolbox', 'ToolboxK1', 'roboticstoolbox-python'),
    'optik': Entry('benchmarks.peers.optik', 'OptIK', 'optik-py'),
    'trac_ik': Entry('benchmarks.peers.trac_ik', 'TracIK', 'pytracik'),
    'eaik': Entry('benchmarks.peers.eaik', 'Analytic', 'EAIK'),
    'pinocchio': Entry('benchmarks.peers.pinocchio', 'PinocchioLoop', 'pin'),
    'pink': Entry('benchmarks.peers.pink', 'Pink', 'pin-pink'),
    'ikpy': Entry('benchmarks.peers.ikpy', 'IKPy', 'ikpy'),
}
"""Every solver by the name it has in the tables."""

PEERS = [name for name in SOLVERS if name not in (OURS, TRACKER, PATH)]
