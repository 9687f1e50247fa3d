"""How long solves took and how far off they were, as curves."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

MEMORY = 300
"""So many solves are shown."""

FLOOR = 1e-3
"""Errors are drawn on a scale that has no 0; this is its lower end [um]."""


class SolvePlots:
    """
    Two curves over the last solves.

    Parameters
    ----------
    gui : viser.GuiApi
        Where they are drawn.

    """

    def __init__(self, gui: Any) -> None:
        self._solves: deque[tuple[float, float, float]] = deque(maxlen=MEMORY)
        self._start: float | None = None
        self._is_new = False
        self._times = self._plot(gui, 'solve time [ms]', '#3c6ee6', None)
        self._errors = self._plot(gui, 'position error [um]', '#e1232d', {'distr': 3})

    def add(self, now: float, elapsed: float, error: float) -> None:
        """Note a solve at a time [s], how long it took [s] and how far off it is [m]."""
        if np.isfinite([now, elapsed, error]).all():
            self._start = now if self._start is None else self._start
            self._solves.append((now - self._start, 1e3 * elapsed, max(1e6 * error, FLOOR)))
            self._is_new = True

    def draw(self) -> None:
        """Draw what is new."""
        if self._is_new:
            self._is_new = False
            at, times, errors = np.array(self._solves).T
            self._times.data = (at, times)
            self._errors.data = (at, errors)

    @staticmethod
    def _plot(gui: Any, label: str, colour: str, scale: dict[str, Any] | None) -> Any:
        """Add an empty plot."""
        scales = {'x': {'time': False}, **({'y': scale} if scale else {})}
        return gui.add_uplot(
            data=(np.zeros(1), np.full(1, FLOOR)), height=140, scales=scales, title=label,
            legend={'show': False},
            series=({'label': 'time [s]'}, {'label': label, 'stroke': colour, 'width': 1.5}))
