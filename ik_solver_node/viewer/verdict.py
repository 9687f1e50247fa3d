"""How targets went, in words for the panel."""

from __future__ import annotations

from collections.abc import Mapping
import math

from diagnostic_msgs.msg import DiagnosticStatus
from ik_solver_node.appearance.visuals import Colour

COLOURS: Mapping[bytes, Colour] = {
    DiagnosticStatus.OK: (60, 170, 90), DiagnosticStatus.WARN: (245, 165, 30),
    DiagnosticStatus.ERROR: (225, 35, 45)}
"""How good a verdict is, at a glance."""


class Answer:
    """
    What a node that solves says about a target.

    Attributes
    ----------
    tip : str
        The tip link it is about.
    verdict : str
        In a word.
    colour : Colour
        How good it is.
    elapsed, error : float
        How long the solve took [s] and how far off it is [m]; NaN if nothing was solved.

    """

    def __init__(self, status: DiagnosticStatus) -> None:
        values = {pair.key: pair.value for pair in status.values}
        self.tip = status.name.partition(': ')[2]
        self.elapsed = _number(values, 'elapsed [s]')
        self.error = _number(values, 'position_error [m]')
        self.verdict = values.get('verdict', '').replace('_', ' ') or 'no verdict'
        self.colour = COLOURS.get(status.level, COLOURS[DiagnosticStatus.ERROR])
        self._blocking = values.get('blocking_joints', '')
        self._tries = values.get('iterations', ''), values.get('restarts', '')
        self._sentence = status.message

    def words(self) -> list[str]:
        """Return what more there is to say: some sentences."""
        sentences = [self.tip, self._sentence]
        if self._blocking:
            sentences.append(f'in the way: the limits of {self._blocking}')
        if math.isfinite(self.elapsed):
            sentences.append(f'solved in {1e3 * self.elapsed:.2g} ms, steps: {self._tries[0]}, '
                             f'restarts: {self._tries[1]}')
        return sentences


def _number(values: Mapping[str, str], key: str) -> float:
    """Return a value as a number, NaN if it is none."""
    try:
        return float(values.get(key, ''))
    except ValueError:
        return math.nan
