"""How fast the joints of a chain may move: from the URDF, a file of limits, and options."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
import math

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.joint_limits_file import JointLimit
import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True, eq=False)
class MotionLimits:
    """
    What a motion keeps to, each an ndarray of shape (n,), in [rad] or [m] and seconds.

    Attributes
    ----------
    lower, upper : ndarray
        Where the joints may be; infinite where they may be anywhere.
    velocity, acceleration, jerk : ndarray
        The most of each, either way: positive and finite.

    Raises
    ------
    OptionsError
        If the shapes differ, a limit is not positive, or `lower` is above `upper`.

    """

    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    acceleration: np.ndarray
    jerk: np.ndarray

    def __post_init__(self) -> None:
        """Check and freeze every array."""
        shape = np.shape(self.lower)
        for name in ('lower', 'upper', 'velocity', 'acceleration', 'jerk'):
            values = np.array(getattr(self, name), dtype=np.float64)
            if values.shape != shape or len(shape) != 1:
                raise OptionsError(f'{name} has shape {values.shape}, but all limits of a motion '
                                   'must have the same shape (n,)')
            if name not in ('lower', 'upper') and not (np.isfinite(values) & (values > 0.0)).all():
                raise OptionsError(f'{name} is {values.tolist()}, but must be positive and finite '
                                   'for every joint')
            values.flags.writeable = False
            object.__setattr__(self, name, values)
        if not (self.lower <= self.upper).all():
            raise OptionsError(f'lower is {self.lower.tolist()}, but must not be above upper, '
                               f'{self.upper.tolist()}')

    def clip(self, positions: ArrayLike) -> list[float]:
        """Return the positions inside the limits nearest to `positions` (n,), n numbers."""
        return np.clip(positions, self.lower, self.upper).tolist()

    def at_speed(self, speed: float) -> MotionLimits:
        """
        Return the limits of a motion slowed down to a share of the velocity, 0 to 1.

        Acceleration and jerk stay: with less of them a moving arm could no longer stop in time.
        """
        return self if speed == 1.0 else replace(self, velocity=speed * self.velocity)


@dataclass(frozen=True)
class MotionDefaults:
    """
    What counts for a joint that nobody gave a limit for.

    Attributes
    ----------
    velocity : float
        How fast it may go [rad/s or m/s].
    acceleration_time : float
        Time in which it may come to its full velocity [s].
    jerk_time : float
        Time in which it may come to its full acceleration [s].

    """

    velocity: float
    acceleration_time: float
    jerk_time: float


def motion_limits(chain: KinematicChain, defaults: MotionDefaults,
                  from_file: Mapping[str, JointLimit] = {},
                  instead: Mapping[str, JointLimit] = {}) -> MotionLimits:
    """
    Return how fast the joints of `chain` may move.

    Of URDF and file the tighter limit counts. What mimics a joint limits the joint it follows, by
    as much as it moves more.

    Parameters
    ----------
    chain : KinematicChain
        The chain; it has the limits of positions.
    defaults : MotionDefaults
        What counts where there is no limit.
    from_file : mapping of str to JointLimit
        Limits by joint, from a file.
    instead : mapping of str to JointLimit
        Limits that replace both.

    Raises
    ------
    OptionsError
        If `instead` names a joint that the chain does not move.

    """
    known = {follower.name for name in chain.joint_names
             for follower, _, _ in chain.model.followers(name)}
    unknown = sorted(set(instead) - known)
    if unknown:
        raise OptionsError(f'there are motion limits for joint {unknown[0]!r}, but those that the '
                           f'chain moves are {", ".join(sorted(known))}')
    table = np.array([_of_joint(chain, name, defaults, from_file, instead)
                      for name in chain.joint_names]).reshape(-1, 3)
    return MotionLimits(chain.lower, chain.upper, table[:, 0], table[:, 1], table[:, 2])


def _of_joint(chain: KinematicChain, name: str, defaults: MotionDefaults,
              from_file: Mapping[str, JointLimit],
              instead: Mapping[str, JointLimit]) -> tuple[float, float, float]:
    """Return velocity, acceleration and jerk of a joint, and of all that follows it."""
    velocity, acceleration, jerk = math.inf, math.inf, math.inf
    for joint, multiplier, _ in chain.model.followers(name):
        if multiplier == 0.0:
            continue
        given, other = from_file.get(joint.name, JointLimit()), instead.get(joint.name)
        fastest = min(joint.velocity, given.velocity)
        quickest, smoothest = given.acceleration, given.jerk
        if other is not None:
            fastest = other.velocity if other.velocity < math.inf else fastest
            quickest = other.acceleration if other.acceleration < math.inf else quickest
            smoothest = other.jerk if other.jerk < math.inf else smoothest
        velocity = min(velocity, fastest / abs(multiplier))
        acceleration = min(acceleration, quickest / abs(multiplier))
        jerk = min(jerk, smoothest / abs(multiplier))
    velocity = velocity if velocity < math.inf else defaults.velocity
    if acceleration == math.inf:
        acceleration = velocity / defaults.acceleration_time
    if jerk == math.inf:
        jerk = acceleration / defaults.jerk_time
    return velocity, acceleration, jerk
