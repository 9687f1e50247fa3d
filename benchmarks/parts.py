"""
What a solve of a random pose is made of, in microseconds.

The parts are run many times over in one compiled loop, so that nothing but them is timed; what is
left of a whole call is Python: checks, the call into compiled code, and the result.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import perf_counter

from benchmarks.problem import Problem, random_tasks
from benchmarks.referee import Referee
from ik_solver_node import kernels
from ik_solver_node.pose import Pose
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PoseTarget
import numba
import numpy as np

REPEATS, TRIES = 20000, 5


@numba.njit(error_model='numpy')
def _frames(chain: tuple, goal: np.ndarray, q: np.ndarray, work: kernels.Work,
            repeats: int) -> None:
    """Place the frames, again and again."""
    for _ in range(repeats):
        kernels.place_frames(chain[0], chain[1], q, work.frames)


@numba.njit(error_model='numpy')
def _errors(chain: tuple, goal: np.ndarray, q: np.ndarray, work: kernels.Work,
            repeats: int) -> None:
    """Place the frames and find the errors."""
    for _ in range(repeats):
        kernels.evaluate(chain[0], chain[1], goal, 0.3, q, work.frames, work.residual, work.task,
                         work.errors)


@numba.njit(error_model='numpy')
def _jacobian(chain: tuple, goal: np.ndarray, q: np.ndarray, work: kernels.Work,
              repeats: int) -> None:
    """Fill the Jacobian."""
    for _ in range(repeats):
        kernels.fill_jacobian(chain[0], chain[1], goal, 0.3, work.frames, work.task,
                              work.jacobian)


@numba.njit(error_model='numpy')
def _step(chain: tuple, goal: np.ndarray, q: np.ndarray, work: kernels.Work,
          repeats: int) -> None:
    """Solve for the step."""
    for _ in range(repeats):
        kernels.damped_step(chain[2], q, 1e-3, work.jacobian, work.residual, work.free,
                            work.normal, work.rhs, work.step)


@numba.njit(error_model='numpy')
def _ranking(chain: tuple, goal: np.ndarray, q: np.ndarray, work: kernels.Work,
             repeats: int) -> None:
    """Rank the table of starts."""
    numbers = np.zeros(kernels.NUMBERS)
    for _ in range(repeats // 20):
        kernels.rank_starts(kernels.Chain(chain[0], chain[1], chain[2], chain[3], chain[4],
                                          chain[5]), kernels.Goal(goal, 0.3), numbers)


PARTS: dict[str, tuple[Callable[..., None], int]] = {
    'frames': (_frames, REPEATS), 'frames and errors': (_errors, REPEATS),
    'Jacobian': (_jacobian, REPEATS), 'step': (_step, REPEATS),
    'ranking of starts': (_ranking, REPEATS // 20)}


def run(problems: Sequence[Problem], targets: int) -> None:
    """Print a column for each robot."""
    rows: dict[str, list[float]] = {}
    for problem in problems:
        for name, value in _profile(problem, targets).items():
            rows.setdefault(name, []).append(value)
    print(f'\nParts of a solve of a random pose, {targets} targets for each robot, us\n'
          f'{"":<34}' + ''.join(f'{problem.name:>12}' for problem in problems))
    for name, values in rows.items():
        print(f'{name:<34}' + ''.join(f'{value:>12.2f}' for value in values))


def _profile(problem: Problem, targets: int) -> dict[str, float]:
    """Return the times of the parts on one robot [us], and how often a solve needs them."""
    chain, options = problem.chain, SolverOptions()
    tasks = random_tasks(problem, Referee(problem.urdf, chain), targets)
    wanted = [PoseTarget(Pose.from_matrix(pose)) for pose in tasks.poses]
    q, goal = tasks.starts[0].copy(), wanted[0].goal
    n, f = chain.size, len(chain.topology)
    work = kernels.Work(np.empty((f, 12)), np.empty(6), np.empty((n, 6)), np.empty((1, 18)),
                        np.empty((6, 6)), np.empty(6), np.empty(n), np.empty(n), np.empty(n),
                        np.empty(kernels.ERRORS), np.ones(n, dtype=np.bool_))
    times = {name: 1e6 * _best(lambda: part(chain.arrays, goal, q, work, REPEATS)) / repeats
             for name, (part, repeats) in PARTS.items()}
    there = chain.forward_kinematics(q)
    reached = PoseTarget(there)
    times['call that has nothing to do'] = 1e6 * min(
        _timed(lambda: solve(chain, reached, q, options)) for _ in range(2000))
    results = [solve(chain, target, start, options)
               for target, start in zip(wanted, tasks.starts)]
    iterations = float(np.mean([result.iterations for result in results]))
    restarted = float(np.mean([result.restarts > 0 for result in results]))
    iteration = times['frames and errors'] + times['Jacobian'] + times['step']
    whole = np.min([[_timed(lambda: solve(chain, target, start, options))
                     for target, start in zip(wanted, tasks.starts)]
                    for _ in range(TRIES)], axis=0)
    return {**times, 'steps of a solve': iterations, 'solves that rank': restarted,
            'steps, calls and rankings': (times['call that has nothing to do']
                                          + iterations * iteration
                                          + restarted * times['ranking of starts']),
            'whole call, measured': 1e6 * float(np.mean(whole))}


def _best(work: Callable[[], None]) -> float:
    """Return the shortest of a few times that `work` takes, but for its compilation [s]."""
    work()
    return min(_timed(work) for _ in range(TRIES))


def _timed(work: Callable[[], object]) -> float:
    """Return how long `work` takes [s]."""
    began = perf_counter()
    work()
    return perf_counter() - began
