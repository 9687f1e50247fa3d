"""The figures of one solver on one robot, judged by the referee, and their means over robots."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.problem import Problem
from benchmarks.referee import Referee, SOLVED, STRICT
from benchmarks.worker import Measured
import numpy as np

JUMP = 0.2
"""Step of a joint from one answer on a path to the next that counts as a jump [rad or m]."""


@dataclass(frozen=True)
class Figures:
    """
    What one solver did on one robot.

    Attributes
    ----------
    solver, robot : str
        Their names.
    joints, targets : int
        How many.
    solved, strict : float
        Share of the targets reached within the bounds of `referee` [%].
    mean, median, p95, p99 : float
        Time of a call [us].
    jumps : int or None
        Steps of more than `JUMP`, on a path.
    refused : int or None
        Targets for which the arm did not move, on a path.
    missed, loose : tuple of int
        Indices of the targets that were not solved, and of those solved but not strictly.

    """

    solver: str
    robot: str
    joints: int
    targets: int
    solved: float
    strict: float
    mean: float
    median: float
    p95: float
    p99: float
    jumps: int | None = None
    refused: int | None = None
    missed: tuple[int, ...] = ()
    loose: tuple[int, ...] = ()


def judge(solver: str, problem: Problem, referee: Referee, poses: np.ndarray, measured: Measured,
          position_only: bool = False, start: np.ndarray | None = None) -> Figures:
    """
    Return the figures of a solver on a robot.

    Parameters
    ----------
    solver : str
        Its name.
    problem : Problem
        The robot.
    referee : Referee
        That of the robot.
    poses : ndarray, shape (count, 4, 4)
        The targets.
    measured : Measured
        What came of them.
    position_only : bool
        Whether the orientation does not count.
    start : ndarray, shape (n,), optional
        On a path, where it begins [rad or m]; only claimed answers count then.

    """
    positions = measured.positions
    if start is not None:
        positions = np.where(measured.claimed[:, np.newaxis], positions, np.nan)
    off = np.array([referee.errors(pose, q) for pose, q in zip(poses, positions)])
    if position_only:
        off[np.isfinite(off)[:, 0], 1] = 0.0
    solved, strict = (off < SOLVED).all(axis=1), (off < STRICT).all(axis=1)
    median, p95, p99 = (1e6 * np.percentile(measured.times, [50, 95, 99])).tolist()
    return Figures(
        solver, problem.name, problem.chain.size, len(poses), 100.0 * float(solved.mean()),
        100.0 * float(strict.mean()), 1e6 * float(measured.times.mean()), median, p95, p99,
        jumps=None if start is None else count_jumps(problem, positions, start),
        refused=None if start is None else int((~measured.claimed).sum()),
        missed=tuple(np.flatnonzero(~solved).tolist()),
        loose=tuple(np.flatnonzero(solved & ~strict).tolist()))


def count_jumps(problem: Problem, positions: np.ndarray, start: np.ndarray) -> int:
    """
    Return how often a joint moves by more than `JUMP` from one answer to the next.

    Where there is none (NaN), the arm stays. A full turn of a joint without limits is no motion.
    """
    there = positions[~np.isnan(positions).any(axis=1)]
    steps = np.abs(np.diff(np.vstack([start, there]), axis=0))
    endless = np.isinf(problem.chain.lower) & np.isinf(problem.chain.upper)
    turned = np.abs((steps + np.pi) % (2.0 * np.pi) - np.pi)
    return int((np.where(endless, turned, steps) > JUMP).any(axis=1).sum())


@dataclass(frozen=True)
class Summary:
    """The means over robots of one solver's figures; `worst` is the least share solved [%]."""

    solver: str
    robots: int
    solved: float
    strict: float
    worst: float
    worst_robot: str
    mean: float
    median: float
    p95: float
    p99: float
    jumps: int | None
    refused: int | None


def summarise(rows: Sequence[Figures]) -> Summary:
    """Return the summary of all rows of one solver."""
    worst = min(rows, key=lambda row: row.solved)

    def over_robots(name: str) -> float:
        return float(np.mean([getattr(row, name) for row in rows]))

    def in_all(name: str) -> int | None:
        values = [getattr(row, name) for row in rows]
        return None if None in values else sum(values)

    return Summary(
        rows[0].solver, len(rows), over_robots('solved'), over_robots('strict'), worst.solved,
        worst.robot, over_robots('mean'), over_robots('median'), over_robots('p95'),
        over_robots('p99'), in_all('jumps'), in_all('refused'))
