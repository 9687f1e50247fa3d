"""What is asked of a solver: a robot between two links with its limits, and targets for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
import sys
from typing import NamedTuple

from benchmarks.referee import Referee
from ik_solver_node.chain import KinematicChain
import numpy as np

SEED = 2024
"""Seed of all random numbers; each robot starts anew with it."""
LARGEST_STEP = 0.013
"""Most that a joint moves from one pose of a path to the next [rad or m]."""
RANGE_USED = 0.9
"""Share of each joint's range that a path sweeps over."""


class Goal(str, Enum):
    """What of a pose is asked for."""

    POSE = 'pose'
    POSITION = 'position'


@dataclass(frozen=True)
class Problem:
    """
    A robot as all solvers get it.

    Attributes
    ----------
    name : str
        How the robot is called here.
    urdf : str
        Text of its URDF.
    chain : KinematicChain
        Base, tip, joint order and the limits that count.

    """

    name: str
    urdf: str
    chain: KinematicChain

    @property
    def draw_range(self) -> tuple[np.ndarray, np.ndarray]:
        """Where random joints are drawn, shapes (n,): the limits, [-pi, pi] if there are none."""
        lower, upper = self.chain.lower, self.chain.upper
        return (np.where(np.isfinite(lower), lower, -np.pi),
                np.where(np.isfinite(upper), upper, np.pi))


class Tasks(NamedTuple):
    """
    Targets of one track for one robot.

    Attributes
    ----------
    poses : ndarray, shape (count, 4, 4)
        Wanted poses of the tip in the base frame, by Pinocchio [m].
    starts : ndarray, shape (count, n) or (1, n)
        Where each solve starts, or where the path begins [rad or m].

    """

    poses: np.ndarray
    starts: np.ndarray


def load_problems(names: Sequence[str] | None = None) -> list[Problem]:
    """
    Return the stock robots of these names, all of them by default.

    Raises
    ------
    ImportError
        If the package that has their files is not installed.
    ValueError
        If there is no such robot.

    """
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'test'))
    from robots import STOCK_ROBOTS
    unknown = sorted(set(names or ()) - set(STOCK_ROBOTS))
    if unknown:
        raise ValueError(
            f'there is no robot {unknown[0]!r}; choose from {", ".join(STOCK_ROBOTS)}')
    problems = []
    for name in names or STOCK_ROBOTS:
        urdf = STOCK_ROBOTS[name].urdf()
        problems.append(Problem(name, urdf, STOCK_ROBOTS[name].chain(urdf)))
    return problems


def random_tasks(problem: Problem, referee: Referee, count: int) -> Tasks:
    """Return poses of random joints, and other random joints to start from."""
    rng = np.random.default_rng(SEED)
    low, high = problem.draw_range
    draws = rng.uniform(low, high, size=(count, 2, len(low)))
    return Tasks(np.array([referee.tip_in_base(q).homogeneous for q in draws[:, 0]]), draws[:, 1])


def path_tasks(problem: Problem, referee: Referee, count: int) -> Tasks:
    """Return the poses along a smooth path, and the joints it begins with."""
    joints = lissajous(*problem.draw_range, count + 1)
    return Tasks(np.array([referee.tip_in_base(q).homogeneous for q in joints[1:]]), joints[:1])


def lissajous(low: np.ndarray, high: np.ndarray, count: int) -> np.ndarray:
    """
    Return joints along a Lissajous curve inside the limits, shape (count, n) [rad or m].

    Each joint swings about its middle at its own pace; the fastest moves `LARGEST_STEP` in its
    fastest step.
    """
    rng = np.random.default_rng(SEED)
    reach = 0.5 * RANGE_USED * (high - low)
    pace, phase = rng.uniform(0.5, 1.5, len(low)), rng.uniform(0.0, 2.0 * np.pi, len(low))
    angle_step = LARGEST_STEP / np.max(reach * pace)  # as |sin a - sin b| <= |a - b|
    angles = angle_step * np.arange(count)[:, np.newaxis] * pace + phase
    return 0.5 * (low + high) + reach * np.sin(angles)
