"""CommandMonitor: how smooth and how lawful the commanded motion is, seen from outside."""

from __future__ import annotations

from collections.abc import Sequence

from ik_solver_node.ros.stand_in.joints import HardLimits
import numpy as np

ROUNDING = 1e-6
"""Part of a velocity limit by which a command may be beyond it."""


class CommandMonitor:
    """
    Watches the commanded positions, cycle by cycle, by finite differences.

    Parameters
    ----------
    joints : sequence of str
        Names of the joints.
    limits : HardLimits
        What they cannot do.
    positions : ndarray, shape (n,)
        What is commanded at first [rad or m].
    period : int
        Length of a cycle [ns].

    Attributes
    ----------
    largest_velocity, largest_acceleration : float
        Over all joints and cycles [rad/s or m/s, rad/s^2 or m/s^2].
    fastest_joint, roughest_joint : str
        The joints they belong to.
    discontinuities : int
        Cycles in which a joint was commanded further than it can go in one.

    """

    def __init__(self, joints: Sequence[str], limits: HardLimits, positions: np.ndarray,
                 period: int) -> None:
        self._joints = tuple(joints)
        self._limits = limits
        self._duration = 1e-9 * period
        self._positions = np.array(positions, dtype=float)
        self._velocities = np.zeros(len(self._positions))
        self.largest_velocity = self.largest_acceleration = 0.0
        self.fastest_joint = self.roughest_joint = ''
        self.discontinuities = 0

    def watch(self, command: np.ndarray) -> None:
        """Note what is commanded in this cycle, shape (n,) [rad or m]."""
        velocities = self._limits.short_way(command - self._positions) / self._duration
        accelerations = np.abs(velocities - self._velocities) / self._duration
        self._positions, self._velocities = command, velocities
        speeds = np.abs(velocities)
        if np.any(speeds > (1.0 + ROUNDING) * self._limits.velocities):
            self.discontinuities += 1
        fastest, roughest = int(speeds.argmax()), int(accelerations.argmax())
        if speeds[fastest] > self.largest_velocity:
            self.largest_velocity = float(speeds[fastest])
            self.fastest_joint = self._joints[fastest]
        if accelerations[roughest] > self.largest_acceleration:
            self.largest_acceleration = float(accelerations[roughest])
            self.roughest_joint = self._joints[roughest]
