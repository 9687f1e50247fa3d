"""The results as tables to read, and as JSON to keep."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
import json
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.contest import Track
from benchmarks.figures import Figures, summarise, Summary
from benchmarks.solver import OURS, TRACKER, YARDSTICK
import numpy as np

SOLVED_FLOOR = 99.9
"""Least share of poses that ours solves, on every robot [%]."""
MEAN_CEILING = 100.0
"""Most mean time of our solve for a pose, over the robots [us]."""
INDICES_SHOWN = 12


class Result(NamedTuple):
    """
    What one track gave.

    Attributes
    ----------
    track : Track
        Which one.
    targets : int
        How many for each robot.
    figures : list of Figures
        One for each solver and robot.
    refusals : list of tuple
        Solver, reason and robots, where a solver did not take a robot or failed.

    """

    track: Track
    targets: int
    figures: list[Figures]
    refusals: list[tuple[str, str, list[str]]]

    def of(self, solver: str) -> list[Figures]:
        """Return the figures of one solver."""
        return [row for row in self.figures if row.solver == solver]

    def summaries(self) -> list[Summary]:
        """Return the summary of each solver."""
        return [summarise(self.of(solver))
                for solver in dict.fromkeys(row.solver for row in self.figures)]

    def ours_beside(self, solver: str) -> float:
        """Return our mean time over the robots that a solver took [us]."""
        robots = {row.robot for row in self.of(solver)}
        return float(np.mean([row.mean for row in self.of(OURS) if row.robot in robots]))


HEADINGS = {
    Track.POSE: 'random reachable poses for each robot, random starts',
    Track.POSITION: 'random reachable points for each robot, in any orientation, random starts',
    Track.PATH: 'poses along a smooth path for each robot, each solve from the last answer',
}


def text(result: Result) -> str:
    """Return all tables of a track."""
    count = len({row.robot for row in result.figures})
    parts = [f'{result.track.value.capitalize()} track: {result.targets} '
             f'{HEADINGS[result.track]}, {count} {"robot" if count == 1 else "robots"}, one core, '
             'refereed by Pinocchio',
             summary_table(result)]
    parts += refusals(result)
    for solver in (OURS, TRACKER):
        if result.of(solver):
            parts += ['', robot_table(result, solver), *failures(result.of(solver))]
    if result.of(YARDSTICK):
        parts.append(comparison(result))
    return '\n'.join(parts)


def summary_table(result: Result) -> str:
    """Return one line for each solver, with the means over the robots it took."""
    path = result.track is Track.PATH
    lines = [f'{"solver":<20}{"robots":>7}{"solved %":>10}{"strict %":>10}{"worst robot %":>25}'
             f'{"mean us":>10}{"median":>9}{"p95":>9}{"p99":>9}'
             + (f'{"jumps":>7}{"refused":>9}' if path else '') + f'{"ours us":>9}']
    for row in result.summaries():
        worst = f'{row.worst_robot if row.worst < 100.0 else ""} {row.worst:.2f}'
        lines.append(
            f'{row.solver:<20}{row.robots:>7}{row.solved:>10.2f}{row.strict:>10.2f}{worst:>25}'
            f'{row.mean:>10.1f}{row.median:>9.1f}{row.p95:>9.1f}{row.p99:>9.1f}'
            + (f'{row.jumps:>7}{row.refused:>9}' if path else '')
            + f'{result.ours_beside(row.solver):>9.1f}')
    lines.append('ours us: mean time of ik_solver_node on the same robots')
    return '\n'.join(lines)


def refusals(result: Result) -> list[str]:
    """Return a line for each reason why solvers did not take robots, or failed on them."""
    everyone = list(dict.fromkeys(row.robot for row in result.figures))
    solvers: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for solver, reason, robots in result.refusals:
        solvers.setdefault((reason, tuple(robots)), []).append(solver)
    return [f'{", ".join(them)}: '
            f'{"all robots" if len(robots) == len(everyone) else ", ".join(robots)}: {reason}'
            for (reason, robots), them in solvers.items()]


def robot_table(result: Result, solver: str) -> str:
    """Return one line for each robot, with the time of the yardstick if it ran."""
    path = result.track is Track.PATH
    beside = {row.robot: row for row in result.of(YARDSTICK)} if solver == OURS else {}
    lines = [f'{solver:<16}{"joints":>7}{"solved %":>10}{"strict %":>10}'
             f'{"mean us":>10}{"median":>9}{"p95":>9}{"p99":>9}'
             + (f'{"jumps":>7}{"refused":>9}' if path else '')
             + (f'{YARDSTICK:>17}{"ratio":>7}' if beside else '')]
    for row in result.of(solver):
        other = beside.get(row.robot)
        lines.append(
            f'{row.robot:<16}{row.joints:>7}{row.solved:>10.2f}{row.strict:>10.2f}'
            f'{row.mean:>10.1f}{row.median:>9.1f}{row.p95:>9.1f}{row.p99:>9.1f}'
            + (f'{row.jumps:>7}{row.refused:>9}' if path else '')
            + (f'{other.mean:>17.1f}{other.mean / row.mean:>7.2f}' if other else ''))
    return '\n'.join(lines)


def failures(rows: Iterable[Figures]) -> list[str]:
    """Return which targets were not solved, and which not strictly, for each robot."""
    lines = []
    for row in rows:
        for what, indices in (('solved', row.missed), ('solved strictly', row.loose)):
            if indices:
                shown = ', '.join(map(str, indices[:INDICES_SHOWN]))
                more = ' ...' if len(indices) > INDICES_SHOWN else ''
                lines.append(f'{row.solver}, {row.robot}: not {what}: target {shown}{more}')
    return lines


def comparison(result: Result) -> str:
    """Return how much longer the yardstick takes than ours."""
    ours = {row.robot: row for row in result.of(OURS)}
    ratios = {row.robot: (row.mean / ours[row.robot].mean, row.median / ours[row.robot].median)
              for row in result.of(YARDSTICK) if row.robot in ours}
    if not ratios:
        return f'{YARDSTICK} and ours have no robot in common'
    mean, median = np.exp(np.mean(np.log(list(ratios.values())), axis=0))
    least = min(ratios, key=lambda robot: ratios[robot][0])
    return (f'{YARDSTICK} takes {mean:.2f} times our mean time and {median:.2f} times our median '
            f'time (geometric means over {len(ratios)} robots), at least '
            f'{ratios[least][0]:.2f} times our mean time ({least})')


def floor(result: Result) -> tuple[bool, str]:
    """Return whether ours keeps what is promised for poses, and a sentence about it."""
    lost = [robot for solver, _, robots in result.refusals if solver == OURS for robot in robots]
    if lost:
        return False, f'floor MISSED: ours failed on {", ".join(lost)}'
    row = summarise(result.of(OURS))
    kept = row.worst >= SOLVED_FLOOR and row.mean <= MEAN_CEILING
    return kept, (
        f'floor {"held" if kept else "MISSED"}: worst robot {row.worst:.2f} % '
        f'(at least {SOLVED_FLOOR} %), mean {row.mean:.1f} us (at most {MEAN_CEILING:.0f} us)')


def write_json(file: Path, results: Sequence[Result], about: dict[str, Any]) -> None:
    """Write everything that was measured, with what `about` says of machine and command."""
    tracks = {result.track.value: {
        'targets': result.targets,
        'summary': [asdict(row) for row in result.summaries()],
        'robots': [_figures(row) for row in result.figures],
        'refusals': [{'solver': solver, 'reason': reason, 'robots': robots}
                     for solver, reason, robots in result.refusals],
    } for result in results}
    file.write_text(json.dumps({**about, 'tracks': tracks}, indent=1) + '\n')


def _figures(row: Figures) -> dict[str, Any]:
    """Return the figures as JSON takes them; which targets failed is told of ours only."""
    values = asdict(row)
    if row.solver not in (OURS, TRACKER):
        del values['missed'], values['loose']
    return values
