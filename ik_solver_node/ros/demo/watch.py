"""What the referee sees of an arm that moves: where its tip is, if it stands, and its limits."""

from __future__ import annotations

from collections.abc import Mapping
import math

from ik_solver_node.ros.demo.arm import pose_errors, RefereeArm
from ik_solver_node.ros.demo.judgement import Complain, Joints, Strictness, Trajectory
from ik_solver_node.ros.demo.limits import LimitWatch, STRAYS
import numpy as np

AT_REST = 5e-3
"""A joint that is no faster stands [rad/s or m/s]."""


class Standstill:
    """Notes since when joints stand."""

    def __init__(self) -> None:
        self._since: int | None = None
        self._now = 0

    def see(self, stamp: int, velocities: Mapping[str, float]) -> None:
        """Take how fast all joints are [rad/s or m/s], at a time [ns]."""
        self._now = stamp
        if not velocities or any(not abs(velocity) <= AT_REST for velocity in velocities.values()):
            self._since = None
        elif self._since is None:
            self._since = stamp

    def lasts(self, since: int = 0) -> float:
        """Return for how long they have been standing, not counting the time before `since`."""
        if self._since is None:
            return 0.0
        return max(0.0, 1e-9 * (self._now - max(self._since, since)))


class ArmWatch:
    """
    Looks at an arm through what is measured and commanded.

    Parameters
    ----------
    arm : RefereeArm
        The arm, read on its own.
    strictness : Strictness
        What counts as being at a target.
    complain : callable
        Says what is wrong.

    Attributes
    ----------
    T_base_tip : ndarray, shape (4, 4), or None
        Where the tip is measured [m].
    stamp : int
        When [ns].
    standstill : Standstill
        Whether the joints move.
    limits : LimitWatch
        Whether they keep their limits.

    """

    def __init__(self, arm: RefereeArm, strictness: Strictness, complain: Complain) -> None:
        self.arm = arm
        self.T_base_tip: np.ndarray | None = None
        self.stamp = 0
        self.standstill = Standstill()
        self.limits = LimitWatch(arm, strictness, complain)
        self._strictness = strictness
        self._positions: Mapping[str, float] = {}

    def see_joints(self, joints: Joints) -> None:
        """Take a joint state."""
        self.limits.see_joints(joints)
        self.standstill.see(joints.stamp, joints.velocities)
        self.T_base_tip, self.stamp, self._positions = None, joints.stamp, joints.positions
        if all(map(math.isfinite, joints.positions.values())):
            try:
                self.T_base_tip = self.arm.tip_pose(joints.positions)
            except KeyError as name:
                self.limits.accuse('measured position', f'joint {name} has no position')

    def see_command(self, trajectory: Trajectory) -> None:
        """Take a trajectory that is commanded."""
        self.limits.see_command(trajectory)

    def compare(self, T_base_target: np.ndarray) -> tuple[tuple[float, float], bool]:
        """Return how far the tip is from a target, [m] and [rad], and whether it is there."""
        errors = pose_errors(T_base_target, self.T_base_tip)
        if self.T_base_tip is None:
            return errors, False
        spread = self.arm.tip_spread(self._positions, self._strictness.noise)
        wanted = self._strictness.position, self._strictness.orientation
        return errors, all(error <= tolerance + STRAYS * stray for error, tolerance, stray in
                           zip(errors, wanted, spread))
