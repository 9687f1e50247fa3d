"""Have the kernels compiled, or loaded from the cache, before they are needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
import os
import subprocess
import sys
import threading
from time import perf_counter
from typing import Any, NamedTuple

from ik_solver_node import kernels
from numba.core import event
import numpy as np

NO_LIST = np.empty((0, 1))
"""Where solutions are listed when only one is wanted."""


class _Smallest(NamedTuple):
    """What the kernels take, for an arm of one joint."""

    chain: tuple[np.ndarray, ...]
    goal: np.ndarray
    options: np.ndarray
    preferences: np.ndarray


@lru_cache(maxsize=None)
def warm_up() -> float:
    """
    Compile the kernels, or load them from the cache, and return the time it took [s].

    The first solve of a process does this on its own, before its budget begins; a node calls it
    before it listens. Later calls do nothing and return the same. What only batches and objectives
    in Python need is left to the first of these.
    """
    began = perf_counter()
    chain, goal, options, preferences = _smallest()
    memory = np.empty(kernels.NUMBERS + kernels.VECTORS)
    kernels.descend(*chain, goal, options, preferences, np.zeros(1), memory, NO_LIST,
                    kernels.START, 1)
    _warm_up_beside()
    return perf_counter() - began


def _warm_up_beside() -> None:
    """Do the same for what is called before and after a solve."""
    chain, goal, options, preferences = _smallest()
    constants, topology, bounds = chain[:3]
    q, frames = np.zeros(1), np.empty((2, 12))
    kernels.assess(*chain, goal, options, np.zeros(1), np.zeros(1), np.zeros(kernels.ERRORS))
    kernels.tip_distance(goal, 1.0, np.zeros((1, 12)))
    kernels.gap_to_reach(goal, chain[-1])
    motions, joints = np.zeros((2, kernels.G_TOOL)), np.zeros((kernels.TRACKED, 1))
    kernels.carry_on(goal, goal, bounds, preferences, 1.0, 1.0, motions, joints)
    kernels.accept_step(_read_only(np.ones(1)), q, q, 1.0, motions, joints, np.zeros(1))
    q.flags.writeable = False
    kernels.tip_frames(constants, topology, q, frames)
    kernels.tip_jacobian(constants, topology, q, frames, 1, np.empty((1, 6)))


def warm_up_node() -> float:
    """
    Do the same for all that a node may need, and return the time it took [s].

    If there is anything to compile, another process compiles all but the solve itself at the same
    time; here that is then loaded from the cache, which the two share.
    """
    began = perf_counter()
    helpers: list[subprocess.Popen] = []
    with announced(lambda: helpers.append(_start_helper())):
        warm_up()
    for helper in helpers:
        assert helper.stdin is not None
        with helper.stdin:
            helper.wait()
    warm_up_paths()
    return perf_counter() - began


def _start_helper() -> subprocess.Popen:
    """Start a process that compiles all but the solve itself, and ends when this one does."""
    return subprocess.Popen(
        [sys.executable, '-m', __name__], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL, env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})


def _help() -> None:
    """Compile all but the solve itself; if who asked for it ends, that closes our input."""
    def follow() -> None:
        sys.stdin.read()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()
    _warm_up_beside()
    warm_up_paths()


@contextmanager
def announced(tell: Callable[[], None]) -> Iterator[None]:
    """Call `tell` before the first kernel that is compiled, not only loaded, while this lasts."""
    with event.install_listener('numba:compile', _Once(tell)):
        yield


class _Once(event.Listener):
    """Calls a function at the first event it hears of."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._told = False

    def on_start(self, event: Any) -> None:
        """Call it, unless that was done."""
        if not self._told:
            self._told = True
            self._tell()

    def on_end(self, event: Any) -> None:
        """Do nothing: what takes long is over."""


@lru_cache(maxsize=None)
def warm_up_batches() -> None:
    """Do the same for what only batches need."""
    chain, goal, options, preferences = _smallest()
    goals = goal.reshape(1, 1, -1)
    kernels.descend_many(*chain, goals, options, preferences, np.zeros((1, 1)),
                         np.empty((1, kernels.REPORT + 1)))


@lru_cache(maxsize=None)
def warm_up_paths() -> None:
    """Do the same for what only paths need."""
    chain, goal, options, preferences = _smallest()
    goals, one = goal.reshape(1, 1, -1), np.zeros((1, 1))
    goals.flags.writeable = False
    kernels.walk(*chain, goals, options, preferences, _read_only(np.ones(1)), 1.0, one, one.copy(),
                 np.zeros(1), np.zeros(kernels.FAN_NUMBERS), np.zeros((1, 1, 1)),
                 np.zeros((1, 1), dtype=np.int64))
    kernels.smooth(*chain, goals, options, one, 1, one.copy())
    kernels.errors_along(*chain, goals, options, one, np.zeros((1, 2)))
    ones, rates = _read_only(np.ones(1)), np.zeros(2)
    kernels.pace(np.zeros((2, 1)), np.zeros((2, 1)), 1.0, ones, ones, np.ones(2), rates)


def _read_only(array: np.ndarray) -> np.ndarray:
    """Return `array`, which can no longer be written."""
    array.flags.writeable = False
    return array


@lru_cache(maxsize=None)
def warm_up_customs() -> None:
    """Do the same for what only objectives in Python need."""
    chain, goal, options, preferences = _smallest()
    q, weights, slope = np.zeros(1), np.ones(1), np.zeros(1)
    kernels.objective_at(*chain, goal, options, preferences, q, q, slope, weights)
    kernels.step_aside(*chain, goal, options, q, slope, weights, np.zeros(1))


def _smallest() -> _Smallest:
    """Return an arm of one joint, read-only as a chain is: numba tells the two apart."""
    constants = np.zeros((2, 14))
    constants[:, [0, 4, 8, 12]] = 1.0
    topology = np.array([[-1, 0, kernels.REVOLUTE], [0, -1, kernels.TIP]])
    bounds = np.array([[-1.0], [1.0], [-1.0], [1.0], [0.0]])
    starts, start_tips = np.empty((1, 1)), np.empty((1, 12, 1))
    reach = np.array([[0.0, 0.0, 0.0, 0.0, 2.0]])
    goal = np.zeros((1, kernels.GOAL_SIZE))
    goal[0, kernels.G_WEIGHT] = 1.0
    preferences = np.ones((kernels.PREFERENCES, 1))
    for array in (constants, topology, bounds, reach, goal, preferences):
        array.flags.writeable = False
    kernels.tabulate(constants, topology, bounds, starts, start_tips)
    starts.flags.writeable, start_tips.flags.writeable = False, False
    chain = (constants, topology, bounds, starts, start_tips, reach)
    return _Smallest(chain, goal, np.ones(len(kernels.Options._fields)), preferences)


if __name__ == '__main__':
    _help()
