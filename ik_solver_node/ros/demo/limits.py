"""
Whether the motion of an arm keeps its limits, as it is commanded and as it is measured.

The limits of velocity are those of the URDF, and a joint may take a fixed time to come to its full
velocity, which limits its acceleration.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from ik_solver_node.ros.demo.arm import RefereeArm
from ik_solver_node.ros.demo.judgement import Complain, Joints, Strictness, Trajectory
import numpy as np

WINDOW = 100_000_000
"""Measured accelerations are means over so long [ns]: encoders and clocks are not exact."""

HELD_UP, RECOVERY = 50_000_000, 300_000_000
"""
A machine on which a joint state or a trajectory is so late was held up, and for so long after that
no measured acceleration is judged [ns]: a simulated arm that hears of a motion when it has already
begun leaps there.
"""

STRAYS = 6.0
"""So many standard deviations may noise be off."""

COMMANDED, VELOCITY, ACCELERATION = 1.001, 1.02, 1.3
"""
The share of its limit that is allowed of what is commanded, and of what is measured.

A controller comes over from one trajectory to the next on a spline to the first waypoint, a tenth
of a second after it was commanded. The later it hears of it, the less time is left for that.
"""


@dataclass
class Extreme:
    """
    The largest of a kind that was seen.

    Attributes
    ----------
    share : float
        As part of its limit.
    joint : str
        Of which joint.

    """

    share: float = 0.0
    joint: str = ''

    def __str__(self) -> str:
        """Return it in words."""
        return f'{100.0 * self.share:.0f} % of its limit ({self.joint})' if self.joint else 'none'


class LimitWatch:
    """
    Looks at joints, measured and commanded, and complains of what is beyond a limit.

    Parameters
    ----------
    arm : RefereeArm
        Has the limits.
    strictness : Strictness
        What is allowed on top, and what counts where the URDF says nothing.
    complain : callable
        Called once for each joint and each kind of violation.

    """

    def __init__(self, arm: RefereeArm, strictness: Strictness, complain: Complain) -> None:
        self._arm, self._strictness, self._complain = arm, strictness, complain
        self._past: deque[Joints] = deque()
        self._complained: set[tuple[str, str]] = set()
        self._last = self._excused_until = 0
        self.violations = self.delays = 0
        self.states = self.commands = 0
        self.extremes = {what: Extreme() for what in (
            'commanded velocity', 'commanded acceleration', 'measured velocity',
            'measured acceleration')}

    @property
    def is_good(self) -> bool:
        """Whether joints were measured and commanded, and all kept their limits."""
        return self.violations == 0 and self.states > 0 and self.commands > 0

    def see_joints(self, joints: Joints) -> None:
        """Look at a joint state."""
        self.states += 1
        if self._last and joints.stamp - self._last > HELD_UP:
            self._excuse(joints.stamp)
        self._last = joints.stamp
        slack = STRAYS * self._strictness.noise
        for text in self._arm.complaints(joints.positions, slack + 1e-9):
            self.accuse('measured position', text)
        if joints.velocities.keys() != joints.positions.keys():
            self.accuse('measured velocity', 'joint_states do not tell all velocities')
            return
        for name, velocity in joints.velocities.items():
            self._compare('measured velocity', name, velocity, self._fastest(name), VELOCITY)
        earlier = self._earlier(joints)
        if earlier is not None and joints.stamp >= self._excused_until:
            duration = 1e-9 * (joints.stamp - earlier.stamp)
            for name, velocity in joints.velocities.items():
                self._compare('measured acceleration', name,
                              (velocity - earlier.velocities[name]) / duration,
                              self._quickest(name), ACCELERATION)

    def see_command(self, trajectory: Trajectory) -> None:
        """Look at a trajectory: its waypoints, and how fast joints get from each to the next."""
        self.commands += 1
        if 1e9 * trajectory.age > HELD_UP:
            self._excuse(self._last)
        if not (np.diff(trajectory.times) > 0.0).all():
            self.accuse('commanded time', 'a trajectory has waypoints that are not in order')
            return
        for row in trajectory.positions:
            for text in self._arm.complaints(dict(zip(trajectory.joints, row.tolist()))):
                self.accuse('commanded position', text)
        between = np.diff(trajectory.positions, axis=0) / np.diff(trajectory.times)[:, None]
        for index, name in enumerate(trajectory.joints):
            for what, values, limit in (
                    ('commanded velocity', between, self._fastest(name)),
                    ('commanded velocity', trajectory.velocities, self._fastest(name)),
                    ('commanded acceleration', trajectory.accelerations, self._quickest(name))):
                largest = float(np.abs(values[:, index]).max(initial=0.0))
                self._compare(what, name, largest, limit, COMMANDED)
        if np.any(np.abs(trajectory.velocities[-1:]) > 1e-6):
            self.accuse('commanded end', 'a trajectory does not end at rest')

    def accuse(self, what: str, text: str, joint: str = '') -> None:
        """Count a violation, and complain of the first one of a kind."""
        self.violations += 1
        key = what, joint or text.split(' is at ')[0]
        if key not in self._complained:
            self._complained.add(key)
            self._complain(text if what in text else f'{what}: {text}')

    def lines(self) -> list[tuple[str, str]]:
        """Return the lines of a summary."""
        seen = self.extremes
        return [
            ('largest velocity', f'commanded {seen["commanded velocity"]}, '
                                 f'measured {seen["measured velocity"]}'),
            ('largest acceleration', f'commanded {seen["commanded acceleration"]}, '
                                     f'measured {seen["measured acceleration"]}'),
            ('beyond limits', f'{self.violations} times, in {self.commands} trajectories and '
                              f'{self.states} joint states'),
            ('machine held up', f'{self.delays} times, each followed by {1e-9 * RECOVERY:g} s in '
                                'which measured accelerations are not judged')]

    def _excuse(self, stamp: int) -> None:
        """Note that the machine was held up until `stamp` [ns]."""
        self.delays += 1
        self._excused_until = stamp + RECOVERY

    def _fastest(self, name: str) -> float:
        """Return the limit of velocity of a joint [rad/s or m/s]."""
        return self._arm.fastest(name, self._strictness.default_velocity)

    def _quickest(self, name: str) -> float:
        """Return the limit of acceleration of a joint [rad/s^2 or m/s^2]."""
        return self._fastest(name) / self._strictness.acceleration_time

    def _earlier(self, joints: Joints) -> Joints | None:
        """Return the joint state that was a window before this one, and remember this one."""
        if self._past and self._past[-1].velocities.keys() != joints.velocities.keys():
            self._past.clear()
        self._past.append(joints)
        earlier = None
        while self._past and joints.stamp - self._past[0].stamp >= WINDOW:
            earlier = self._past.popleft()
        if earlier is not None:
            self._past.appendleft(earlier)
        return earlier

    def _compare(self, what: str, joint: str, value: float, limit: float, allowed: float) -> None:
        """Note how a value compares with its limit."""
        share, extreme = abs(value) / limit, self.extremes[what]
        if share > extreme.share:
            extreme.share, extreme.joint = share, joint
        if not share <= allowed:  # nor if it is no number
            self.accuse(what, (
                f'{what} of joint {joint} is {value:.4g}, its limit {limit:.4g} '
                f'({100.0 * share:.0f} %, allowed are {100.0 * allowed:.0f} %)'), joint)
