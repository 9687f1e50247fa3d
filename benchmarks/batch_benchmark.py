"""How many random poses a second `solve_batch` solves, on one core and on all of them."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.problem import Problem, random_tasks
from benchmarks.referee import Referee
from ik_solver_node.batch import solve_batch
import numpy as np

TIMES = 20
"""So many times as many targets as for the tracks: a batch is for many."""


def run(problems: Sequence[Problem], targets: int) -> None:
    """Print a line for each robot, and one for all of them."""
    count = TIMES * targets
    print(f'\nBatch: {count} random reachable poses for each robot, random starts, solve_batch\n'
          f'{"robot":<14}{"joints":>7}{"solved %":>10}{"1/s, one core":>16}{"1/s, all":>11}')
    alone, together, solved = 0.0, 0.0, []
    for problem in problems:
        tasks = random_tasks(problem, Referee(problem.urdf, problem.chain), count)
        solve_batch(problem.chain, tasks.poses[:100], tasks.starts[:100], progress=False)
        one = solve_batch(problem.chain, tasks.poses, tasks.starts, workers=1, progress=False)
        every = solve_batch(problem.chain, tasks.poses, tasks.starts, progress=False)
        alone, together = alone + one.elapsed, together + every.elapsed
        solved.append(100.0 * float(np.mean(every.success)))
        print(f'{problem.name:<14}{problem.chain.size:>7}{solved[-1]:>10.2f}'
              f'{count / one.elapsed:>16.0f}{count / every.elapsed:>11.0f}', flush=True)
    total = count * len(problems)
    print(f'{"all":<14}{"":>7}{np.mean(solved):>10.2f}{total / alone:>16.0f}'
          f'{total / together:>11.0f}')
