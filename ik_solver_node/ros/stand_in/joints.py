"""SimulatedJoints: they follow what is commanded, late, not too fast and not too far."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
import math

import numpy as np


@dataclass(frozen=True, eq=False)
class HardLimits:
    """
    What the joints cannot do.

    Attributes
    ----------
    lower, upper : ndarray, shape (n,)
        Positions between which they are [rad or m]; infinite for none.
    velocities : ndarray, shape (n,)
        How fast they are at most [rad/s or m/s]; infinite for no limit.
    turns : ndarray of bool, shape (n,)
        Those that turn without end; such a joint goes the short way to a commanded angle, and
        counts its turns.

    """

    lower: np.ndarray
    upper: np.ndarray
    velocities: np.ndarray
    turns: np.ndarray

    def short_way(self, way: np.ndarray) -> np.ndarray:
        """Return the way [rad or m] without the whole turns in it, for joints without an end."""
        return way - math.tau * np.where(self.turns, np.round(way / math.tau), 0.0)


class SimulatedJoints:
    """
    Joints with a position drive.

    Parameters
    ----------
    limits : HardLimits
        What they cannot do.
    positions : ndarray, shape (n,)
        Where they are at first [rad or m].
    period : int
        Length of a cycle [ns].
    delay : float
        How long after it was sent a command takes effect [s], in whole cycles.
    lag : float
        Time constant with which they approach what is commanded [s]; 0 goes there at once.

    Attributes
    ----------
    positions, velocities : ndarray, shape (n,)
        How they are [rad or m, per s].
    violations : int
        How often a command has led a joint beyond a limit.

    """

    def __init__(self, limits: HardLimits, positions: np.ndarray, period: int, delay: float,
                 lag: float) -> None:
        self._limits = limits
        self._duration = 1e-9 * period
        self._cycles = round(delay / self._duration)
        self._share = 1.0 if lag == 0.0 else -math.expm1(-self._duration / lag)
        self.positions = np.array(positions, dtype=float)
        self.velocities = np.zeros(len(self.positions))
        self.violations = 0
        self._aim = self.positions
        self._outside = np.zeros(len(self.positions), dtype=bool)
        self._under_way: deque[np.ndarray] = deque()

    def step(self, command: np.ndarray) -> None:
        """Move for a cycle, at whose begin `command` was sent, shape (n,) [rad or m]."""
        self._under_way.append(command)
        if len(self._under_way) > self._cycles:
            self._aim = self._stopped(self._under_way.popleft())
        farthest = self._limits.velocities * self._duration
        way = np.clip(self._share * self._limits.short_way(self._aim - self.positions),
                      -farthest, farthest)
        self.positions = self.positions + way
        self.velocities = way / self._duration

    def _stopped(self, command: np.ndarray) -> np.ndarray:
        """Return `command` inside the limits, and count where it leads out of them."""
        inside = np.clip(command, self._limits.lower, self._limits.upper)
        outside = inside != command
        self.violations += int(np.count_nonzero(outside & ~self._outside))
        self._outside = outside
        return inside
