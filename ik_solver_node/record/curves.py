"""Joints over time: collected message by message, and then an array for each joint."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
import math
from typing import Union

import numpy as np

Numbers = Union[Sequence[float], np.ndarray]
Row = tuple[Numbers, Numbers, Numbers]
"""Positions, velocities and accelerations of some joints; of the latter two, perhaps none."""

DIFFERENCE_TIME = 0.02
"""Velocities that nobody told are differences over at least this time, against noise [s]."""


def _none() -> np.ndarray:
    """Return an array of nothing."""
    return np.empty(0)


@dataclass
class Curve:
    """
    A joint over time.

    Attributes
    ----------
    times : ndarray, shape (N,)
        In order [s since the first message].
    positions, velocities, accelerations : ndarray, shape (N,)
        [rad or m] and seconds; nan where they are not known.
    is_held : bool
        Whether a position counts until the next comes; if not, the joint moves from one to the
        next.

    """

    times: np.ndarray = field(default_factory=_none)
    positions: np.ndarray = field(default_factory=_none)
    velocities: np.ndarray = field(default_factory=_none)
    accelerations: np.ndarray = field(default_factory=_none)
    is_held: bool = False

    def at(self, times: np.ndarray) -> np.ndarray:
        """Return where the joint is at these times, of the same shape; nan before the first."""
        if not len(self.times):
            return np.full(len(times), math.nan)
        if self.is_held:
            before = np.searchsorted(self.times, times, 'right') - 1
            positions = self.positions[np.maximum(before, 0)]
        else:
            positions = np.interp(times, self.times, self.positions)
        return np.where(times < self.times[0], math.nan, positions)

    def with_differences(self) -> Curve:
        """Return the same with velocities that are differences of positions."""
        before = np.searchsorted(self.times, self.times - DIFFERENCE_TIME, 'right') - 1
        known = np.flatnonzero(before >= 0)
        velocities = np.full(len(self.times), math.nan)
        velocities[known] = (self.positions[known] - self.positions[before[known]]) / (
            self.times[known] - self.times[before[known]])
        return Curve(self.times, self.positions, velocities, self.accelerations, self.is_held)


class Curves:
    """Collects what is told about joints, any of them at a time."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, ...], list[tuple[float, Row]]] = {}

    def add(self, time: float, joints: Iterable[str], positions: Numbers,
            velocities: Numbers = (), accelerations: Numbers = ()) -> None:
        """Add where joints are at a time [s]; what does not fit their names is left out."""
        names = tuple(joints)
        if len(positions) == len(names):
            nothing = (math.nan,) * len(names)
            self._rows.setdefault(names, []).append((time, (
                positions, velocities if len(velocities) == len(names) else nothing,
                accelerations if len(accelerations) == len(names) else nothing)))

    def by_joint(self, joints: Iterable[str], is_held: bool) -> dict[str, Curve]:
        """Return these joints over time, an empty curve for one that nothing is known of."""
        tables = {names: (np.array([time for time, _ in rows]),
                          np.array([row for _, row in rows], dtype=np.float64))
                  for names, rows in self._rows.items()}
        curves = {}
        for joint in joints:
            parts = [(times, table[:, :, names.index(joint)])
                     for names, (times, table) in tables.items() if joint in names]
            curves[joint] = _joined(parts, is_held) if parts else Curve(is_held=is_held)
        return curves


def _joined(parts: list[tuple[np.ndarray, np.ndarray]], is_held: bool) -> Curve:
    """Return parts of a joint, times (N,) and a table (N, 3) each, in the order of their times."""
    times = np.concatenate([part for part, _ in parts])
    table = np.concatenate([part for _, part in parts])
    order = np.argsort(times, kind='stable')
    order = order[np.isfinite(table[order, 0])]
    positions, velocities, accelerations = table[order].T.copy()
    return Curve(times[order], positions, velocities, accelerations, is_held)
