"""Feedback: what the joints tell about themselves, with noise, and with faults on demand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
import math

import numpy as np

JUMP_EVERY = 10
"""Of so many messages one jumps, while they do."""


class Fault(str, Enum):
    """What can be wrong with the feedback."""

    NONE = 'none'
    STALE = 'stale'
    FROZEN = 'frozen'
    JUMPING = 'jumping'
    MISSING = 'missing'
    NAN = 'nan'


@dataclass(frozen=True)
class Reading:
    """
    What is told about the joints.

    Attributes
    ----------
    joints : tuple of str
        Their names.
    positions, velocities : tuple of float
        How they are, in the same order [rad or m, per s].

    """

    joints: tuple[str, ...]
    positions: tuple[float, ...]
    velocities: tuple[float, ...]


class Feedback:
    """
    Tells where the joints are, more or less.

    Parameters
    ----------
    joints : sequence of str
        Names of the joints.
    random_seed : int
        Seed of the noise: same seed, same noise.

    """

    def __init__(self, joints: Sequence[str], random_seed: int) -> None:
        self._joints = tuple(joints)
        self._random = np.random.default_rng(random_seed)
        self._noise = 0.0
        self._fault = Fault.NONE
        self._faulty = np.ones(len(self._joints), dtype=bool)
        self._jump = 0.0
        self._frozen: tuple[np.ndarray, np.ndarray] | None = None
        self._count = 0

    def configure(self, noise: float, fault: Fault, fault_joint: str, jump: float) -> None:
        """
        Choose what is wrong from now on.

        Parameters
        ----------
        noise : float
            Standard deviation of measured positions [rad or m].
        fault : Fault
            What is wrong.
        fault_joint : str
            The joint with which it is; empty for all.
        jump : float
            How far a jumping joint jumps [rad or m].

        """
        if fault is not self._fault:
            self._frozen, self._count = None, 0
        self._noise, self._fault, self._jump = noise, fault, jump
        self._faulty = np.array([fault_joint in ('', name) for name in self._joints])

    def measure(self, positions: np.ndarray) -> np.ndarray:
        """Return `positions` as an encoder sees them, shape (n,) [rad or m]."""
        if self._noise == 0.0:
            return positions
        return positions + self._random.normal(0.0, self._noise, len(positions))

    def tell(self, positions: np.ndarray, velocities: np.ndarray) -> Reading | None:
        """Return what is published about the joints now; None for nothing."""
        if self._fault is Fault.STALE:
            return None
        positions, velocities = self.measure(positions), np.array(velocities, dtype=float)
        self._count += 1
        if self._fault is Fault.FROZEN:
            if self._frozen is None:
                self._frozen = positions, velocities
            positions = np.where(self._faulty, self._frozen[0], positions)
            velocities = np.where(self._faulty, self._frozen[1], velocities)
        elif self._fault is Fault.JUMPING and self._count % JUMP_EVERY == 0:
            positions = positions + np.where(self._faulty, self._jump, 0.0)
        elif self._fault is Fault.NAN:
            positions = np.where(self._faulty, math.nan, positions)
            velocities = np.where(self._faulty, math.nan, velocities)
        told = ~self._faulty if self._fault is Fault.MISSING else np.ones_like(self._faulty)
        return Reading(tuple(np.array(self._joints)[told].tolist()),
                       tuple(positions[told].tolist()), tuple(velocities[told].tolist()))
