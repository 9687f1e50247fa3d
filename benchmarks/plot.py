"""The results as a picture: time against share solved, a panel for each track."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.figures import Summary
from benchmarks.report import Result
from benchmarks.solver import OURS, TRACKER
import numpy as np

LEAST_MISSED = 0.01
"""Share of missed targets that is drawn as none [%]."""
TICKS = [0.0, 50.0, 80.0, 90.0, 95.0, 99.0, 99.9, 100.0]
OUR_COLOR, PEER_COLOR, TEXT_COLOR, GRID_COLOR = '#c8402a', '#4a6a8a', '#333333', '#e2e2e2'
SPACING = 14.0
"""Least distance between two names [points]."""


def draw(file: Path, results: Sequence[Result]) -> None:
    """
    Write the picture; the ending of `file` says in which format.

    Raises
    ------
    ImportError
        If matplotlib is not installed.

    """
    from matplotlib.figure import Figure
    figure = Figure(figsize=(4.3 * len(results) + 0.7, 4.6))
    figure.subplots_adjust(0.75 / figure.get_figwidth(), 0.12, 0.99, 0.69, wspace=0.08)
    panels = figure.subplots(1, len(results), sharey=True, squeeze=False)[0]
    lowest = min(row.solved for result in results for row in result.summaries())
    for panel, result in zip(panels, results):
        rows = result.summaries()
        _prepare(panel, f'{result.track.value} track', rows, min(lowest, 90.0))
        for row in rows:
            ours = _is_ours(row)
            panel.plot(row.mean, row.solved, marker='o', markersize=9 if ours else 7,
                       color=OUR_COLOR if ours else PEER_COLOR, markeredgecolor='white',
                       clip_on=False, zorder=4 if ours else 3)
        _name_above(panel, [row for row in rows if row.solved > 100.0 - LEAST_MISSED])
        _name_beside(panel, [row for row in rows if row.solved <= 100.0 - LEAST_MISSED])
    panels[0].set_ylabel('targets solved [%]', color=TEXT_COLOR)
    figure.savefig(file, dpi=160, facecolor='white')


def _prepare(panel: Any, title: str, rows: Sequence[Summary], lowest: float) -> None:
    """Set up the axes of one track."""
    from matplotlib.ticker import LogLocator, NullLocator
    panel.set_xscale('log')
    panel.set_yscale('function', functions=(_stretch, _unstretch))
    panel.set_ylim(_unstretch(_stretch(lowest) - 0.25), 100.0 - 0.5 * LEAST_MISSED)
    left, right = min(row.mean for row in rows) / 2.0, max(row.mean for row in rows) * 4.0
    panel.set_xlim(left, right)
    panel.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if right < 100.0 * left else (
        1.0,)))
    panel.xaxis.set_major_formatter('{x:,.0f}')
    panel.xaxis.set_minor_locator(NullLocator())
    ticks = [tick for tick in TICKS if tick >= lowest - 5.0]
    panel.set_yticks(ticks, [f'{tick:g}' for tick in ticks])
    panel.tick_params(color=GRID_COLOR, labelcolor=TEXT_COLOR)
    panel.grid(color=GRID_COLOR, linewidth=0.8)
    panel.set_axisbelow(True)
    panel.spines[['left', 'right', 'bottom', 'top']].set_visible(False)
    panel.set_title(title, color=TEXT_COLOR, fontsize=11, pad=92.0)
    panel.set_xlabel('mean time of a solve [µs]', color=TEXT_COLOR)


def _name_above(panel: Any, rows: Sequence[Summary]) -> None:
    """Write the names of those who solve all above the axes, aslant, in the order of time."""
    rows = sorted(rows, key=lambda row: row.mean)
    if not rows:
        return
    scale = 72.0 / panel.figure.dpi
    points = np.array([panel.transData.transform((row.mean, row.solved))[0] for row in rows])
    places = spread(points * scale, SPACING)
    for row, point, place in zip(rows, points * scale, places):
        panel.annotate(
            row.solver, (row.mean, row.solved), xytext=(place - point, 22.0),
            textcoords='offset points', rotation=40.0, rotation_mode='anchor', **_style(row),
            va='center', ha='left', annotation_clip=False,
            arrowprops={'arrowstyle': '-', 'color': '#aaaaaa', 'linewidth': 0.7, 'shrinkB': 4.0,
                        'shrinkA': 0.0, 'relpos': (0.0, 0.0)})


def _name_beside(panel: Any, rows: Sequence[Summary]) -> None:
    """Write the names of the others beside their points, one below the other where it is full."""
    scale = 72.0 / panel.figure.dpi
    taken: list[tuple[float, float]] = []
    for row in sorted(rows, key=lambda row: -row.solved):
        point = panel.transData.transform((row.mean, row.solved)) * scale
        x, y = point + (8.0, 0.0)
        while any(abs(y - other) < SPACING and x < end for end, other in taken):
            y -= 1.0
        taken.append((x + 5.0 * len(row.solver), y))
        panel.annotate(row.solver, (row.mean, row.solved), xytext=(8.0, y - point[1]),
                       textcoords='offset points', va='center', **_style(row))


def spread(places: np.ndarray, least: float) -> np.ndarray:
    """
    Return ascending `places` (k,) moved apart to a distance of at least `least`.

    Those that are too close move together as a group, which keeps its middle.
    """
    steps = least * np.arange(len(places))
    groups: list[list[float]] = []
    for place in places - steps:
        groups.append([place])
        while len(groups) > 1 and np.mean(groups[-2]) > np.mean(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return np.concatenate([np.full(len(group), np.mean(group)) for group in groups]) + steps


def _style(row: Summary) -> dict[str, Any]:
    """Return how a name is written."""
    ours = _is_ours(row)
    return {'color': OUR_COLOR if ours else TEXT_COLOR, 'fontsize': 8.5,
            'fontweight': 'bold' if ours else 'normal'}


def _is_ours(row: Summary) -> bool:
    """Return whether a solver is ours."""
    return row.solver in (OURS, TRACKER)


def _stretch(solved: Any) -> Any:
    """Return where a share solved [%] is drawn: missing ten times less is one step up."""
    return -np.log10(np.maximum(100.0 - np.asarray(solved, dtype=float), 0.5 * LEAST_MISSED))


def _unstretch(height: Any) -> Any:
    """Return the share solved [%] that is drawn there."""
    return 100.0 - 10.0 ** -np.asarray(height, dtype=float)
