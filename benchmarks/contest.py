"""
One track: every solver on the same targets of every robot, in turns, so that noise hits all alike.

Each solver has a process; all of them are on one core, and one at a time is asked for a block of
targets. A solver that does not take a robot, hangs or crashes costs a line in the output.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import Enum

from benchmarks.figures import Figures, judge
from benchmarks.problem import Goal, path_tasks, Problem, random_tasks, Tasks
from benchmarks.referee import Referee
from benchmarks.solver import OURS, PATH, SOLVERS, TRACKER
from benchmarks.worker import Block, Follow, Lost, Measured, Worker
import numpy as np

BLOCK = 100
"""Targets that one solver gets before it is the turn of the next."""


class Track(str, Enum):
    """
    A kind of targets.

    Pose and position: those of random joints, from random starts. Path: 1000 poses that follow
    one another closely, each solve started from the last answer.
    """

    POSE = 'pose'
    POSITION = 'position'
    PATH = 'path'

    @property
    def goal(self) -> Goal:
        """What of a pose is asked for."""
        return Goal.POSITION if self is Track.POSITION else Goal.POSE

    def tasks(self, problem: Problem, referee: Referee, count: int) -> Tasks:
        """Return the targets for a robot, the same ones every time."""
        make = path_tasks if self is Track.PATH else random_tasks
        return make(problem, referee, count)

    def solvers(self, peers: Sequence[str]) -> list[str]:
        """Return who runs on this track: two of ours have nothing to follow on the others."""
        return [OURS, *([TRACKER, PATH] if self is Track.PATH else []), *peers]


class Contest:
    """
    The processes of all solvers, and what they refused.

    Parameters
    ----------
    peers : sequence of str
        The peers to run beside ours, names in `SOLVERS`.
    progress : callable
        Called with a few words before each piece of work.

    """

    def __init__(self, peers: Sequence[str] = (),
                 progress: Callable[[str], None] = lambda text: None) -> None:
        self._peers = peers
        self._progress = progress
        self._workers: dict[str, Worker] = {}
        self.notes: dict[tuple[Track, str, str], list[str]] = {}
        """Robots that a solver did not take, by track, solver and reason."""

    def __enter__(self) -> Contest:
        """Return itself; processes start when they are needed."""
        return self

    def __exit__(self, *_: object) -> None:
        """End all processes."""
        for worker in self._workers.values():
            worker.close()

    def run(self, track: Track, problems: Sequence[Problem], count: int) -> list[Figures]:
        """Return the figures of every solver on every robot it takes, with `count` targets."""
        figures = []
        for number, problem in enumerate(problems, 1):
            label = f'{track.value} {number}/{len(problems)} {problem.name}'
            figures += self._run_robot(track, problem, count, label)
        return figures

    def _run_robot(self, track: Track, problem: Problem, count: int,
                   label: str) -> list[Figures]:
        """Return the figures of every solver on one robot."""
        referee = Referee(problem.urdf, problem.chain)
        tasks = track.tasks(problem, referee, count)
        names = []
        for name in track.solvers(self._peers):
            self._progress(f'{label}: loading {name}')
            if self._load(track, name, problem):
                names.append(name)
        measured = self._take_turns(track, names, problem, tasks, label)
        start = tasks.starts[0] if track is Track.PATH else None
        self._progress(f'{label}: judging')
        return [judge(name, problem, referee, tasks.poses, results,
                      position_only=track is Track.POSITION, start=start)
                for name, results in measured.items()]

    def _load(self, track: Track, name: str, problem: Problem) -> bool:
        """Set a solver up for a robot; return whether it takes it."""
        if name not in self._workers or not self._workers[name].alive:
            self._workers[name] = Worker(SOLVERS[name])
        try:
            self._workers[name].load(problem, track.goal)
        except Lost as error:
            self._note(track, name, str(error), problem)
            return False
        return True

    def _take_turns(self, track: Track, names: Sequence[str], problem: Problem, tasks: Tasks,
                    label: str) -> dict[str, Measured]:
        """Let the solvers work block by block; return the results of those that lived."""
        results: dict[str, list[Measured]] = {name: [] for name in names}
        for turn, first in enumerate(range(0, len(tasks.poses), BLOCK)):
            shift = turn % max(len(names), 1)  # so that nobody is always after the same one
            for name in [*names[shift:], *names[:shift]]:
                if name not in results or (SOLVERS[name].whole_path and turn):
                    continue
                last = None if SOLVERS[name].whole_path else first + BLOCK
                request = _request(track, tasks, slice(first, last))
                self._progress(f'{label}: {name} {first}/{len(tasks.poses)}')
                try:
                    results[name].append(self._workers[name].solve(request))
                except Lost as error:
                    self._note(track, name, str(error), problem)
                    del results[name]
        return {name: self._joined(track, name, problem, blocks)
                for name, blocks in results.items()}

    def _joined(self, track: Track, name: str, problem: Problem,
                blocks: list[Measured]) -> Measured:
        """Return the results of all blocks in one."""
        error = next((block.error for block in blocks if block.error), '')
        if error:
            self._note(track, name, f'raised {error}', problem)
        return Measured(np.concatenate([block.positions for block in blocks]),
                        np.concatenate([block.claimed for block in blocks]),
                        np.concatenate([block.times for block in blocks]), error)

    def _note(self, track: Track, name: str, reason: str, problem: Problem) -> None:
        """Remember what went wrong, for the output."""
        self.notes.setdefault((track, name, reason), []).append(problem.name)


def _request(track: Track, tasks: Tasks, part: slice) -> Block | Follow:
    """Return a part of the targets as a worker takes it."""
    if track is Track.PATH:
        return Follow(tasks.poses[part], tasks.starts[0] if part.start == 0 else None)
    return Block(tasks.poses[part], tasks.starts[part])
