"""Draw what happened: a PNG, or an HTML page with the picture and the report in it."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from io import BytesIO
import math
from pathlib import Path
from typing import Any

from ik_solver_node.exceptions import MissingDependencyError, OptionsError, RecordingError
from ik_solver_node.record.history import History, JointHistory, Series

SUFFIXES = ('.png', '.html')
MOST_NAMES = 12
"""More joints than this are drawn without a legend."""
SMALLEST_ERROR = 1e-12
"""Less is drawn as this, where the scale is logarithmic, [m] and [rad]."""

VERDICTS = {'reached': 'tab:green', 'closest': 'tab:olive', 'not_reached': 'tab:orange',
            'would_jump': 'tab:red', 'refused': 'black'}
"""The verdicts with their colours."""


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
    figure = Figure(figsize=(12, 13), layout='constrained')
    figure.suptitle(f'{history.robot}, {history.tip}: {history.targets} targets')
    axes = figure.subplots(5, 1, sharex=True, height_ratios=[3, 3, 2, 2, 1])
    _draw_positions(axes[0], history.joints)
    _draw_velocities(axes[1], history.joints)
    _draw_errors(axes[2], history)
    _draw_dots(axes[3], history.latency, 1e3, 'target to joints [ms]')
    _draw_verdicts(axes[4], history.answers)
    axes[4].set_xlabel('time [s]')
    stream = BytesIO()
    figure.savefig(stream, format='png', dpi=100)
    return stream.getvalue()


def _draw_positions(axis: Any, joints: dict[str, JointHistory]) -> None:
    """Draw the joints over time, each with its limits where they are near."""
    for name, joint in joints.items():
        line, = axis.step(joint.positions.times, joint.positions.values, where='post',
                          label=f'{name} [{joint.unit}]', linewidth=1.2)
        for limit in (joint.lower, joint.upper):
            if math.isfinite(limit) and abs(limit) < 2.0 * math.pi:
                axis.axhline(limit, color=line.get_color(), linestyle=':', linewidth=0.8)
    axis.set_ylabel('joints, limits dotted')
    _name_joints(axis, joints)


def _draw_velocities(axis: Any, joints: dict[str, JointHistory]) -> None:
    """Draw the velocities as parts of their limits, or as they are where there is no limit."""
    for name, joint in joints.items():
        is_limited = math.isfinite(joint.velocity_limit)
        scale = 1.0 / joint.velocity_limit if is_limited else 1.0
        label = f'{name} / {joint.velocity_limit:.3g} {joint.unit}/s' if is_limited else (
            f'{name} [{joint.unit}/s], no limit')
        axis.plot(joint.velocities.times, [scale * value for value in joint.velocities.values],
                  '.', markersize=3, label=label)
    for limit in (-1.0, 1.0):
        axis.axhline(limit, color='tab:red', linestyle=':', linewidth=1.0)
    axis.set_yscale('symlog', linthresh=1.0)
    axis.set_ylabel('velocity / limit')
    _name_joints(axis, joints)


def _name_joints(axis: Any, joints: dict[str, JointHistory]) -> None:
    """Add a legend, unless it would be all one sees."""
    if 0 < len(joints) <= MOST_NAMES:
        axis.legend(loc='center left', bbox_to_anchor=(1.0, 0.5), fontsize='small')


def _draw_errors(axis: Any, history: History) -> None:
    """Draw how far the tip is off."""
    for series, label in ((history.position_error, 'position [m]'),
                          (history.orientation_error, 'orientation [rad]')):
        axis.plot(series.times, [max(value, SMALLEST_ERROR) for value in series.values], '.',
                  markersize=3, label=label)
    axis.set_yscale('log')
    axis.set_ylabel('tip error')
    axis.legend(loc='center left', bbox_to_anchor=(1.0, 0.5), fontsize='small')


def _draw_dots(axis: Any, series: Series, scale: float, label: str) -> None:
    """Draw some values."""
    axis.plot(series.times, [scale * value for value in series.values], '.', markersize=3)
    axis.set_ylim(bottom=0.0)
    axis.set_ylabel(label)


def _draw_verdicts(axis: Any, answers: list[tuple[float, str]]) -> None:
    """Draw a mark for each target, in the colour and the row of its verdict."""
    for row, (verdict, colour) in enumerate(reversed(VERDICTS.items())):
        times = [time for time, told in answers if told == verdict]
        axis.plot(times, [row] * len(times), '|', color=colour, markersize=8)
    axis.set_yticks(range(len(VERDICTS)), [name.replace('_', ' ') for name in reversed(VERDICTS)])
    axis.set_ylim(-0.5, len(VERDICTS) - 0.5)
