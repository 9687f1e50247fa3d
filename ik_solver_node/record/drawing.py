"""Draw what happened: a PNG, or an HTML page with the picture and the report in it."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from html import escape
from io import BytesIO
import math
from pathlib import Path
from typing import Any

from ik_solver_node.exceptions import MissingDependencyError, OptionsError, RecordingError
from ik_solver_node.record.curves import Curve
from ik_solver_node.record.history import History, JointHistory, Series
import numpy as np

SUFFIXES = ('.png', '.html')
MOST_NAMES = 12
"""More joints than this are drawn without a legend."""
SMALLEST_ERROR = 1e-12
"""Less is drawn as this, where the scale is logarithmic, [m] and [rad]."""

BINS = 1500
"""Of a curve with more points than some times this, the extremes of so many parts are drawn."""
MOST_STOPS_NAMED = 8
"""With more stops than this, only the first are named in the picture."""
ASKED_FOR = ('stop', 'inactive', 'change', 'stream')
"""Reasons to stop which are no fault."""

VERDICTS = {'reached': 'tab:green', 'closest': 'tab:olive', 'not_reached': 'tab:orange',
            'would_jump': 'tab:red', 'refused': 'black'}
"""The verdicts with their colours."""
GOOD = ('reached', 'closest')
"""Those that move the arm."""

BESIDE = {'loc': 'center left', 'bbox_to_anchor': (1.0, 0.5), 'fontsize': 'small'}
"""Where a legend is."""


def check_output(path: Path) -> None:
    """Raise `OptionsError` if a picture cannot have this name."""
    if path.suffix.lower() not in SUFFIXES:
        raise OptionsError(f'the output is {str(path)!r}, but its name must end in '
                           f'{" or ".join(SUFFIXES)}')


def write_picture(history: History, text: str, path: Path) -> None:
    """
    Draw a history into a file.

    Parameters
    ----------
    history : History
        What happened.
    text : str
        The report, for an HTML page.
    path : Path
        A file that ends in .png or .html.

    Raises
    ------
    OptionsError
        If it ends in something else.
    MissingDependencyError
        If matplotlib is not installed.
    RecordingError
        If it cannot be written.

    """
    check_output(path)
    picture = png_of(history)
    if path.suffix.lower() == '.html':
        title = f'{escape(history.robot)}, {escape(history.tip)}'
        picture = (f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
                   f'<title>{title}</title></head>\n<body><h1>{title}</h1>\n'
                   f'<pre>{escape(text)}</pre>\n<img alt="what happened over time" '
                   f'src="data:image/png;base64,{b64encode(picture).decode()}">\n'
                   '</body></html>\n').encode()
    try:
        path.write_bytes(picture)
    except OSError as error:
        raise RecordingError(f'{path} cannot be written: {error.strerror}') from error


def png_of(history: History) -> bytes:
    """Return the picture as a PNG; raises `MissingDependencyError` without matplotlib."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError(f'to draw needs the package matplotlib ({error}): pip '
                                     'install matplotlib, or use --json') from error
    panels = _panels(history)
    figure = Figure(figsize=(12, max(13, 2.3 * len(panels))), layout='constrained')
    mode = f', mode {history.mode}, {history.output}' if history.mode else ''
    figure.suptitle(f'{history.robot}, {history.tip}: {history.targets} targets{mode}')
    axes = figure.subplots(len(panels), 1, sharex=True,
                           height_ratios=[height for height, _ in panels])
    for axis, (_, draw) in zip(axes, panels):
        draw(axis, history)
        _shade_stops(axis, history)
    _name_stops(axes[0], history)
    axes[-1].set_xlabel('time [s]')
    begin = _begin_of(history)
    margin = 0.01 * (history.duration - begin) or 1.0
    axes[-1].set_xlim(begin - margin, history.duration + margin)
    stream = BytesIO()
    figure.savefig(stream, format='png', dpi=100)
    return stream.getvalue()


def _begin_of(history: History) -> float:
    """Return when something happened first: a node may wait for long before that."""
    curves = [curve for joint in history.joints.values()
              for curve in (joint.commanded, joint.measured)]
    times = [*(time for time, _ in history.answers[:1]),
             *(float(curve.times[0]) for curve in curves if len(curve.times))]
    return min(times, default=0.0)


def _panels(history: History) -> list[tuple[float, Callable[[Any, History], None]]]:
    """Return the height of each panel of the picture, and what draws it."""
    panels: list[tuple[float, Callable[[Any, History], None]]] = [
        (3, _draw_positions), (3, _draw_velocities)]
    if any(np.isfinite(joint.commanded.accelerations).any() for joint in history.joints.values()):
        panels.append((2, _draw_accelerations))
    if any(len(joint.deviation.times) for joint in history.joints.values()):
        panels.append((2, _draw_deviations))
    return [*panels, (2, _draw_errors), (1.5, _draw_latency), (1.5, _draw_answers)]


def _draw_positions(axis: Any, history: History) -> None:
    """Draw the joints over time, each with its limits where they are near."""
    for number, (name, joint) in enumerate(history.joints.items()):
        colour = f'C{number % 10}'
        commanded = joint.commanded
        axis.plot(*thinned(commanded.times, commanded.positions), color=colour, linewidth=1.2,
                  drawstyle='steps-post' if commanded.is_held else 'default',
                  label=f'{name} [{joint.unit}]')
        _draw_measured(axis, joint.measured, joint.measured.positions, colour)
        for limit in (joint.lower, joint.upper):
            if math.isfinite(limit) and abs(limit) < 2.0 * math.pi:
                axis.axhline(limit, color=colour, linestyle=':', linewidth=0.8)
    _look_at_curves(axis, history)
    axis.set_ylabel(f'joints{_and_measured(history)},\nlimits dotted')
    _name_joints(axis, history.joints)


def _look_at_curves(axis: Any, history: History) -> None:
    """Leave out limits that are far from all joints."""
    seen = [curve.positions for joint in history.joints.values()
            for curve in (joint.commanded, joint.measured) if len(curve.times)]
    if seen:
        low, high = min(one.min() for one in seen), max(one.max() for one in seen)
        margin = max(0.1, 0.2 * (high - low))
        axis.set_ylim(low - margin, high + margin)


def _draw_velocities(axis: Any, history: History) -> None:
    """Draw the velocities as parts of their limits, or as they are where there is no limit."""
    style = '-' if history.is_timed else '.'
    for number, (name, joint) in enumerate(history.joints.items()):
        is_limited = math.isfinite(joint.velocity_limit)
        scale = 1.0 / joint.velocity_limit if is_limited else 1.0
        label = f'{name} / {joint.velocity_limit:.3g} {joint.unit}/s' if is_limited else (
            f'{name} [{joint.unit}/s], no limit')
        axis.plot(*thinned(joint.commanded.times, scale * joint.commanded.velocities), style,
                  color=f'C{number % 10}', linewidth=1.2, markersize=3, label=label)
        _draw_measured(axis, joint.measured, scale * joint.measured.velocities,
                       f'C{number % 10}')
    _draw_bounds(axis)
    if not history.is_timed:  # a leap is as far as it may be
        axis.set_yscale('symlog', linthresh=1.0)
    told = 'as measured' if history.has_measured_velocities else 'from positions'
    axis.set_ylabel('velocity / limit' + (
        f',\nmeasured dashed ({told})' if _and_measured(history) else ''))
    _name_joints(axis, history.joints)


def _draw_accelerations(axis: Any, history: History) -> None:
    """Draw the commanded accelerations as parts of their limits."""
    for number, joint in enumerate(history.joints.values()):
        if math.isfinite(joint.acceleration_limit):
            commanded = joint.commanded
            axis.plot(*thinned(commanded.times,
                               commanded.accelerations / joint.acceleration_limit),
                      color=f'C{number % 10}', linewidth=0.8)
    _draw_bounds(axis)
    axis.set_ylabel('acceleration /\nlimit')


def _draw_deviations(axis: Any, history: History) -> None:
    """Draw how far the joints are measured from where they were commanded at the time."""
    for number, joint in enumerate(history.joints.values()):
        axis.plot(*thinned(joint.deviation.times, joint.deviation.positions),
                  color=f'C{number % 10}', linewidth=0.8)
    late = '' if history.lag is None else f'\n{1e3 * history.lag:.0f} ms late'
    axis.set_ylabel(f'measured -\ncommanded{late}')


def _draw_measured(axis: Any, measured: Curve, values: np.ndarray, colour: str) -> None:
    """Draw what was measured of a joint, if anything was."""
    if len(measured.times):
        axis.plot(*thinned(measured.times, values), '--', color=colour, linewidth=0.8, alpha=0.7)


def _draw_bounds(axis: Any) -> None:
    """Draw the limits of what is drawn as a part of its limit."""
    for limit in (-1.0, 1.0):
        axis.axhline(limit, color='tab:red', linestyle=':', linewidth=1.0)


def _and_measured(history: History) -> str:
    """Return that there are dashed curves, if there are."""
    is_there = any(len(joint.measured.times) for joint in history.joints.values())
    return ', measured dashed' if is_there else ''


def _name_joints(axis: Any, joints: dict[str, JointHistory]) -> None:
    """Add a legend, unless it would be all one sees."""
    if 0 < len(joints) <= MOST_NAMES:
        axis.legend(**BESIDE)


def _draw_errors(axis: Any, history: History) -> None:
    """Draw how far the tip is off: as it was solved, and as it was measured."""
    errors = history.measured_errors
    for series, column, label, colour in (
            (history.position_error, 1, 'position [m]', 'C0'),
            (history.orientation_error, 2, 'orientation [rad]', 'C1')):
        axis.plot(series.times, np.maximum(series.values, SMALLEST_ERROR), '.', markersize=3,
                  color=colour, label=label)
        if len(errors):
            axis.plot(*thinned(errors[:, 0], np.maximum(errors[:, column], SMALLEST_ERROR)),
                      color=colour, linewidth=0.8, label=f'measured, {label}')
    axis.set_yscale('log')
    axis.set_ylabel('tip off its target')
    axis.legend(**BESIDE)


def _draw_latency(axis: Any, history: History) -> None:
    """Draw how long after each target its command was sent."""
    series: Series = history.latency
    axis.plot(series.times, [1e3 * value for value in series.values], '.', markersize=3)
    axis.set_ylim(bottom=0.0)
    axis.set_ylabel('target to\ncommand [ms]')


def _draw_answers(axis: Any, history: History) -> None:
    """Draw a mark for each target, in the colour and the row of its verdict, lines as bars."""
    rows = [*reversed(VERDICTS), *(['lines'] if history.lines else []),
            *(['sent'] if history.trajectories else [])]
    for row, verdict in enumerate(reversed(VERDICTS)):
        times = [time for time, told in history.answers if told == verdict]
        axis.plot(times, [row] * len(times), '|', color=VERDICTS[verdict], markersize=8)
    for lines in history.lines:
        row, goes = rows.index('lines'), lines.verdict in GOOD
        others = [time for time, told in history.answers if told in GOOD and time > lines.time]
        end = min([lines.time + lines.duration, history.duration, *others])
        axis.barh(row, end - lines.time if goes else 0.0, left=lines.time, height=0.6,
                  alpha=0.4, color=VERDICTS[lines.verdict])
        axis.text(lines.time, row, f' {lines.fraction:.0%}', verticalalignment='center',
                  fontsize='small', clip_on=True)
    if history.trajectories:
        axis.plot(history.trajectories, [len(rows) - 1] * len(history.trajectories), '|',
                  color='tab:blue', markersize=8)
    axis.set_yticks(range(len(rows)), [name.replace('_', ' ') for name in rows])
    axis.set_ylim(-0.5, len(rows) - 0.5)


def _shade_stops(axis: Any, history: History) -> None:
    """Shade when the arm was kept where it was."""
    for stop in history.stops:
        is_fault = not set(stop.reasons.split(', ')) <= set(ASKED_FOR)
        axis.axvspan(stop.begin, stop.end, color='tab:red' if is_fault else 'tab:gray',
                     alpha=0.2, linewidth=0.0)


def _name_stops(axis: Any, history: History) -> None:
    """Write the reasons of the stops over the picture."""
    for stop in history.stops[:MOST_STOPS_NAMED]:
        axis.text(stop.begin, 1.01, f'stopped: {stop.reasons}', fontsize='small', rotation=15,
                  transform=axis.get_xaxis_transform(), verticalalignment='bottom')


def thinned(times: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """
    Return a curve with fewer points that looks the same.

    Of a long one, the lowest and the highest value of each part of the time stay, and all holes.
    """
    if len(times) <= 4 * BINS:
        return times, values
    edges = np.linspace(times[0], times[-1], BINS + 1)[:-1]
    starts = np.unique(np.searchsorted(times, edges))
    known = np.isfinite(values)
    if not known.any():
        return times[:0], values[:0]
    low = np.minimum.reduceat(np.where(known, values, np.inf), starts)
    high = np.maximum.reduceat(np.where(known, values, -np.inf), starts)
    ends = np.append(starts[1:], len(times)) - 1
    both = np.column_stack([low, high]).ravel()
    both[~np.isfinite(both)] = math.nan
    return np.column_stack([times[starts], times[ends]]).ravel(), both
