"""
The pose track: random reachable full poses on real robots, from random starts.

For each robot joint vectors are drawn evenly inside the limits (continuous joints in
[-pi, pi]); their tip poses by Pinocchio are the targets, other draws are the starts. A solve
counts when Pinocchio finds a position error below 1e-4 m, a rotation error below 1e-3 rad and
every joint inside its limits; strictly, below 1e-6 m and 1e-6 rad. Times are wall time of the
public ``solve()``, failures included, on one core.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import sys
from time import perf_counter
from typing import Any, NamedTuple

from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver import solve, SolverOptions, warm_up
from ik_solver_node.target import PoseTarget
import numpy as np

SOLVED_FLOOR = 99.9
"""Least share of solved targets, on every robot [%]."""
MEAN_CEILING = 100.0
"""Most mean time of a solve, over the robots [us]."""


class Row(NamedTuple):
    """What one robot gave."""

    name: str
    joints: int
    solved: float
    strict: float
    times: np.ndarray
    restarts: float


class Referee:
    """Pinocchio's forward kinematics of a chain, independent of ours."""

    def __init__(self, urdf: str, chain: KinematicChain) -> None:
        import pinocchio
        self._pin = pinocchio
        self._model = pinocchio.buildModelFromXML(urdf)
        self._data = self._model.createData()
        self._chain = chain
        self._links = [self._model.getFrameId(link, pinocchio.BODY)
                       for link in (chain.base_link, chain.tip_links[0])]

    def tip_in_base(self, q: np.ndarray) -> Any:
        """Return the pose of the tip in the base as a Pinocchio SE3."""
        configuration = self._pin.neutral(self._model)
        for name, value in self._chain.joint_positions(q).items():
            joint = self._model.joints[self._model.getJointId(name)]
            if joint.nq == 2:
                configuration[joint.idx_q:joint.idx_q + 2] = np.cos(value), np.sin(value)
            else:
                configuration[joint.idx_q] = value
        self._pin.framesForwardKinematics(self._model, self._data, configuration)
        base, tip = (self._data.oMf[link] for link in self._links)
        return base.inverse() * tip

    def errors(self, asked: Any, q: np.ndarray) -> tuple[float, float]:
        """Return position [m] and rotation [rad] error at `q`; infinite outside the limits."""
        if not np.all((q >= self._chain.lower) & (q <= self._chain.upper)):
            return np.inf, np.inf
        found = self.tip_in_base(q)
        rotation = self._pin.log3(found.rotation.T @ asked.rotation)
        return (float(np.linalg.norm(asked.translation - found.translation)),
                float(np.linalg.norm(rotation)))


def measure(name: str, urdf: str, chain: KinematicChain, targets: int) -> Row:
    """Solve for `targets` random poses of one robot."""
    referee = Referee(urdf, chain)
    rng = np.random.default_rng(2024)
    low, high = chain.bounds[2], chain.bounds[3]
    options = SolverOptions()
    errors, times, restarts = [], [], 0
    warm_up()
    for _ in range(targets):
        asked = referee.tip_in_base(rng.uniform(low, high))
        target = PoseTarget(Pose.from_matrix(asked.homogeneous))
        start = rng.uniform(low, high)
        began = perf_counter()
        result = solve(chain, target, start, options)
        times.append(1e6 * (perf_counter() - began))
        restarts += result.restarts
        errors.append(referee.errors(asked, result.positions))
    off = np.array(errors)
    return Row(name, chain.size,
               100.0 * np.mean((off[:, 0] < 1e-4) & (off[:, 1] < 1e-3)),
               100.0 * np.mean((off[:, 0] < 1e-6) & (off[:, 1] < 1e-6)),
               np.array(times), restarts / targets)


def load() -> dict[str, tuple[str, KinematicChain]]:
    """Return text and chain of each stock robot with 5 to 8 joints between its usual links."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'test'))
    from robots import STOCK_ROBOTS
    loaded = {}
    for name, spec in STOCK_ROBOTS.items():
        urdf = spec.urdf()
        chain = KinematicChain.from_model(parse_urdf(urdf), spec.base, [spec.tip])
        if 5 <= chain.size <= 8:
            loaded[name] = (urdf, chain)
    return loaded


def table(rows: list[Row]) -> str:
    """Return the rows as aligned text, with the mean over the robots at the end."""
    lines = [f'{"robot":<12}{"joints":>7}{"solved %":>10}{"strict %":>10}{"mean us":>9}'
             f'{"median":>8}{"p95":>8}{"p99":>8}{"restarts":>10}']
    for row in rows:
        lines.append(f'{row.name:<12}{row.joints:>7}' + _figures(
            row.solved, row.strict, row.times.mean(), np.percentile(row.times, [50, 95, 99]),
            row.restarts))
    lines.append(f'{"mean":<19}' + _figures(
        np.mean([row.solved for row in rows]), np.mean([row.strict for row in rows]),
        np.mean([row.times.mean() for row in rows]),
        np.mean([np.percentile(row.times, [50, 95, 99]) for row in rows], axis=0),
        np.mean([row.restarts for row in rows])))
    return '\n'.join(lines)


def _figures(solved: float, strict: float, mean: float, percentiles: np.ndarray,
             restarts: float) -> str:
    """Return the figures of one line."""
    return (f'{solved:>10.2f}{strict:>10.2f}{mean:>9.1f}'
            + ''.join(f'{value:>8.1f}' for value in percentiles) + f'{restarts:>10.2f}')


def run(arguments: Namespace) -> bool:
    """Print the table and return whether the floor is held."""
    with one_core():
        return _run(arguments)


@contextmanager
def one_core() -> Iterator[None]:
    """Stay on one core, where the system allows to say so."""
    if not hasattr(os, 'sched_setaffinity'):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _run(arguments: Namespace) -> bool:
    """Print the table and return whether the floor is held."""
    print(f'\nPose track: {arguments.targets} random reachable poses for each robot, random '
          'starts, one core, refereed by Pinocchio', flush=True)
    rows = []
    robots = load()
    for name, (urdf, chain) in robots.items():
        if sys.stderr.isatty():
            print(f'\r{len(rows) + 1}/{len(robots)} {name:<12}', end='', file=sys.stderr,
                  flush=True)
        rows.append(measure(name, urdf, chain, arguments.targets))
    if sys.stderr.isatty():
        print('\r', end='', file=sys.stderr)
    print(table(rows))
    mean = np.mean([row.times.mean() for row in rows])
    worst = min(row.solved for row in rows)
    kept = worst >= SOLVED_FLOOR and mean <= MEAN_CEILING
    print(f'floor {"held" if kept else "MISSED"}: worst robot {worst:.2f} % '
          f'(at least {SOLVED_FLOOR} %), mean {mean:.1f} us (at most {MEAN_CEILING:.0f} us)')
    return bool(kept)
