"""Where the joints are, from the joint states of a driver: by name, bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import math

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.robot_model import listed
import numpy as np


class NotMeasuredError(IkSolverError):
    """Where these joints are is not known."""


class MeasuredJoints:
    """
    Collects measured joint positions and makes the seed of a solve from them.

    A message may hold any joints in any order, a part of the robot or more than it. What is odd
    is told once.

    Parameters
    ----------
    warn : callable
        Gets a sentence for the log.

    """

    def __init__(self, warn: Callable[[str], None]) -> None:
        self._warn = warn
        self._said: set[str] = set()
        self._positions: dict[str, float] = {}
        self._velocities: dict[str, float] = {}
        self._times: dict[str, float] = {}

    def update(self, positions: Mapping[str, float], now: float,
               velocities: Mapping[str, float] = {}) -> None:
        """
        Take the positions [rad or m] of a message that arrived at time `now` [s].

        Velocities may be missing or not finite, as they often are.
        """
        self._velocities.update({name: velocity for name, velocity in velocities.items()
                                 if math.isfinite(velocity)})
        for name, position in positions.items():
            if math.isfinite(position):
                self._positions[name] = position
                self._times[name] = now
            else:
                self.warn_once(f'value of {name}', (
                    f'the measured position of joint {name!r} is {position}; such values are '
                    'skipped'))

    def state(self, chain: KinematicChain, oldest: float) -> tuple[np.ndarray, np.ndarray]:
        """
        Return where the joints of `chain` are, and how fast, each (n,) [rad or m] and seconds.

        Parameters
        ----------
        chain : KinematicChain
            Whose joints.
        oldest : float
            Time of the oldest measurement to use [s].

        Raises
        ------
        NotMeasuredError
            If a joint was not measured since `oldest`.

        """
        missing = [name for name in chain.joint_names
                   if self._times.get(name, -math.inf) < oldest]
        if missing:
            raise NotMeasuredError(listed(missing))
        positions = np.array([self._positions[name] for name in chain.joint_names])
        for index in np.flatnonzero((positions < chain.lower) | (positions > chain.upper)):
            name = chain.joint_names[index]
            self.warn_once(f'limits of {name}', (
                f'joint {name!r} is measured at {positions[index]:.6g}, outside its limits '
                f'[{chain.lower[index]:.6g}, {chain.upper[index]:.6g}]; solves start at the '
                'limit'))
        return positions, np.array([self._velocities.get(name, 0.0)
                                    for name in chain.joint_names])

    def seed(self, chain: KinematicChain, oldest: float) -> np.ndarray:
        """Return where the joints of `chain` are, as `state` does, but inside their limits."""
        return chain.clip(self.state(chain, oldest)[0])

    def warn_once(self, what: str, sentence: str) -> None:
        """Tell `sentence`, unless something about `what` was told before."""
        if what not in self._said:
            self._said.add(what)
            self._warn(sentence)
