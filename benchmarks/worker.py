"""
Each solver in a process of its own, so that one that hangs or crashes ends nothing but itself.

The processes stay on the core of the one that starts them, and only one works at a time: the
others wait for their next request.
"""

from __future__ import annotations

from multiprocessing import get_context
from multiprocessing.connection import Connection
import os
import signal
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.problem import Goal, Problem
from benchmarks.solver import Answer, Entry, PathSolver, Solver, Unsuitable
import numpy as np

EACH = 1.0
"""What one target adds to the longest wait for a block of them [s]."""


class Load(NamedTuple):
    """Set the solver up for a robot."""

    problem: Problem
    goal: Goal


class Block(NamedTuple):
    """Solve for each of these poses (k, 4, 4) from the start (k, n) that belongs to it."""

    poses: np.ndarray
    starts: np.ndarray


class Follow(NamedTuple):
    """Solve for these poses (k, 4, 4) one from the other; first from `start`, None to go on."""

    poses: np.ndarray
    start: np.ndarray | None


class Measured(NamedTuple):
    """
    What came of some targets.

    Attributes
    ----------
    positions : ndarray, shape (k, n)
        Joints found [rad or m]; NaN where there are none.
    claimed : ndarray of bool, shape (k,)
        Whether the solver says that it arrived.
    times : ndarray, shape (k,)
        Wall time of each call [s].
    error : str
        What the last call that raised an exception said; empty if none did.

    """

    positions: np.ndarray
    claimed: np.ndarray
    times: np.ndarray
    error: str


class Lost(Exception):
    """A solver refused, failed or died; the message says so in a few words."""


class Worker:
    """
    The process of one solver, seen from outside.

    Parameters
    ----------
    entry : Entry
        The solver.
    loading : float
        Longest wait for it to load a robot, compilation included [s].
    solving : float
        Longest wait for a block of targets, to which comes `EACH` for each of them [s].

    """

    def __init__(self, entry: Entry, loading: float = 300.0, solving: float = 30.0) -> None:
        self._loading, self._solving = loading, solving
        context = get_context('spawn')
        self._connection, other = context.Pipe()
        self._process = context.Process(target=serve, args=(entry, other), daemon=True)
        self._process.start()
        other.close()

    def load(self, problem: Problem, goal: Goal) -> None:
        """
        Set up for a robot.

        Raises
        ------
        Lost
            If the solver does not take it.

        """
        self._ask(Load(problem, goal), self._loading)

    def solve(self, request: Block | Follow) -> Measured:
        """
        Solve for some targets.

        Raises
        ------
        Lost
            If the process hangs or has died.

        """
        return self._ask(request, self._solving + EACH * len(request.poses))

    def _ask(self, request: Any, patience: float) -> Any:
        """Send a request and wait for what comes back."""
        try:
            self._connection.send(request)
            if not self._connection.poll(patience):
                self.close()
                raise Lost(f'hangs: no answer in {patience:g} s')
            reply = self._connection.recv()
        except (EOFError, OSError) as error:
            self._process.join(5.0)
            code = self._process.exitcode
            self.close()
            raise Lost(f'its process died with exit code {code}') from error
        if isinstance(reply, Lost):
            raise reply
        return reply

    @property
    def alive(self) -> bool:
        """Whether the process can be asked again."""
        return self._process.is_alive() and not self._connection.closed

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self._process.kill()
        self._process.join()


def serve(entry: Entry, connection: Connection) -> None:
    """Answer requests until the other end is closed: the main loop of a worker's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that asks
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)  # libraries print, also from C++
    os.dup2(silence, 2)
    state: dict[str, Any] = {}
    while True:
        try:
            request = connection.recv()
        except EOFError:
            return
        try:
            reply: Measured | Lost | None = _reply(entry, request, state)
        except Unsuitable as error:
            reply = Lost(str(error))
        except BaseException as error:  # a panic in Rust is no Exception
            reply = Lost(f'{type(error).__name__}: {first_line(error)}')
        connection.send(reply)


def _reply(entry: Entry, request: Any, state: dict[str, Any]) -> Measured | None:
    """Do what is asked; `state` has the solver, and where it is on a path."""
    if isinstance(request, Load):
        state.clear()
        state['solver'] = entry.load()(request.problem, request.goal)
        return None
    solver = state['solver']
    if isinstance(request, Block):
        _warm_up(solver, request.poses[0], request.starts[0])
        return measure(solver, request.poses, request.starts)
    if isinstance(solver, PathSolver):
        assert request.start is not None
        solver.follow([solver.target(request.poses[0])], request.start)  # not timed
        return follow_all(solver, request.poses, request.start)
    if request.start is not None:
        _warm_up(solver, request.poses[0], request.start)
        state['last'] = request.start
    measured, state['last'] = follow(solver, request.poses, state['last'])
    return measured


def _warm_up(solver: Solver, pose: np.ndarray, start: np.ndarray) -> None:
    """Solve once without timing, as the caches belong to the solver that was asked before."""
    solver.begin(start)
    try:
        solver.solve(solver.target(pose), start.copy())
    except Exception:  # noqa: B902
        pass  # it will be seen when it counts
    solver.begin(start)


def measure(solver: Solver, poses: np.ndarray, starts: np.ndarray) -> Measured:
    """Solve for poses (k, 4, 4), each from its own start (k, n)."""
    targets = [solver.target(pose) for pose in poses]
    results = [_timed(solver, target, start) for target, start in zip(targets, starts)]
    return _measured(results, starts.shape[1])


def follow(solver: Solver, poses: np.ndarray, last: np.ndarray) -> tuple[Measured, np.ndarray]:
    """Solve for poses (k, 4, 4) from `last` (n,) on; return also where the arm then is."""
    results = []
    for target in [solver.target(pose) for pose in poses]:
        results.append(_timed(solver, target, last))
        answer = results[-1][0]
        if answer.claimed and answer.positions is not None:
            last = answer.positions
    return _measured(results, len(last)), last


def follow_all(solver: PathSolver, poses: np.ndarray, start: np.ndarray) -> Measured:
    """Let a solver follow poses (k, 4, 4) from `start` (n,), which it knows all from the start."""
    targets = [solver.target(pose) for pose in poses]
    began = perf_counter()
    found = solver.follow(targets, start.copy())
    each = (perf_counter() - began) / len(poses)
    return _measured([(answer, each, '') for answer in solver.answers(found, len(poses))],
                     len(start))


def _timed(solver: Solver, target: Any, start: np.ndarray) -> tuple[Answer, float, str]:
    """Solve for one target; return the answer, the time of the call [s], and what it raised."""
    start = np.array(start)
    began = perf_counter()
    try:
        found = solver.solve(target, start)
    except Exception as error:
        return Answer(None, False), perf_counter() - began, (
            f'{type(error).__name__}: {first_line(error)}')
    elapsed = perf_counter() - began
    return solver.answer(found), elapsed, ''


def _measured(results: list[tuple[Answer, float, str]], size: int) -> Measured:
    """Put single results into arrays."""
    nothing = np.full(size, np.nan)
    return Measured(
        np.array([nothing if answer.positions is None else answer.positions
                  for answer, _, _ in results]),
        np.array([answer.claimed for answer, _, _ in results]),
        np.array([elapsed for _, elapsed, _ in results]),
        next((error for _, _, error in reversed(results) if error), ''))


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message."""
    return (str(error).splitlines() or [''])[0][:120]
