"""How targets went, in words for the panel."""

from __future__ import annotations

from collections.abc import Mapping
import math

from diagnostic_msgs.msg import DiagnosticStatus

MARKS = {DiagnosticStatus.OK: '🟢', DiagnosticStatus.WARN: '🟠', DiagnosticStatus.ERROR: '🔴'}
"""How good a verdict is, at a glance."""


class Answer:
    """
    What a node that solves says about a target.

    Attributes
    ----------
    tip : str
        The tip link it is about.
    elapsed, error : float
        How long the solve took [s] and how far off it is [m]; NaN if nothing was solved.

    """

    def __init__(self, status: DiagnosticStatus) -> None:
        values = {pair.key: pair.value for pair in status.values}
        self.tip = status.name.partition(': ')[2]
        self.elapsed = _number(values, 'elapsed [s]')
        self.error = _number(values, 'position_error [m]')
        self._turn = _number(values, 'orientation_error [rad]')
        self._verdict = values.get('verdict', '').replace('_', ' ') or 'no verdict'
        self._blocking = values.get('blocking_joints', '')
        self._tries = values.get('iterations', ''), values.get('restarts', '')
        self._mark = MARKS.get(status.level, '🔴')
        self._sentence = status.message

    def words(self) -> str:
        """Return it as Markdown."""
        lines = [f'{self._mark} **{self._verdict}** {self.tip}', self._sentence]
        if self._blocking:
            lines.append(f'In the way: the limits of {self._blocking}')
        if math.isfinite(self.elapsed):
            lines.append(f'{1e3 * self.error:.3g} mm and {math.degrees(self._turn):.3g} deg off, '
                         f'solved in {1e3 * self.elapsed:.3g} ms with {self._tries[0]} steps and '
                         f'{self._tries[1]} restarts')
        return '\n\n'.join(lines)


def _number(values: Mapping[str, str], key: str) -> float:
    """Return a value as a number, NaN if it is none."""
    try:
        return float(values.get(key, ''))
    except ValueError:
        return math.nan
