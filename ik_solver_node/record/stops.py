"""When an arm was stopped and kept where it was, and why, as the diagnostics tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STOPPED_BY = 'stopped by'
"""The value of the diagnostics that names the reasons."""
LAST_TARGET = '; last target: '
"""What follows this in the sentence of the diagnostics is not about the stop."""
INACTIVE = 'inactive'
"""The reason for which every node begins: until it is activated, there is nothing to stop."""


@dataclass
class Stop:
    """
    A time in which the arm was kept where it was.

    Attributes
    ----------
    begin, end : float
        From when to when [s since the first message]; the end of the recording if it lasts.
    reasons : str
        The names of the reasons.
    sentence : str
        What was said about it.

    """

    begin: float
    end: float
    reasons: str
    sentence: str


class Stops:
    """Collects them from diagnostics, which are published when the reasons change."""

    def __init__(self) -> None:
        self.all: list[Stop] = []
        self._last = ''
        self._has_begun = False

    def take(self, status: Any, now: float) -> None:
        """Hear a status that came at `now` [s]."""
        told = [pair.value for pair in status.values if pair.key == STOPPED_BY]
        self._has_begun = self._has_begun or (told != [] and INACTIVE not in told[0].split(', '))
        if not (told and self._has_begun):
            return
        if self._last:
            self.all[-1].end = now
        if told[0] and told[0] != self._last:
            self.all.append(Stop(now, now, told[0], status.message.partition(LAST_TARGET)[0]))
        self._last = told[0]

    def end(self, now: float) -> None:
        """Hear that the recording ends at `now` [s]."""
        if self._last:
            self.all[-1].end = now
