"""Where the joints are, from the joint states of a driver: by name, bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import math

from ik_solver_node.chain import KinematicChain
import numpy as np


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
        self._times: dict[str, float] = {}

    def update(self, positions: Mapping[str, float], now: float) -> None:
        """Take the positions [rad or m] of a message that arrived at steady time `now` [s]."""
        for name, position in positions.items():
            if math.isfinite(position):
                self._positions[name] = position
                self._times[name] = now
            else:
                self.warn_once(f'value of {name}', (
                    f'the measured position of joint {name!r} is {position}; such values are '
                    'skipped'))

    def seed(self, chain: KinematicChain, otherwise: np.ndarray,
             oldest: float) -> np.ndarray | None:
        """
        Return where the joints of `chain` are, inside their limits.

        Parameters
        ----------
        chain : KinematicChain
            Whose joints.
        otherwise : ndarray, shape (n,)
            Where joints are taken to be that were not measured [rad or m].
        oldest : float
            Steady time of the oldest measurement to use [s].

        Returns
        -------
        ndarray, shape (n,), or None
            None if no joint was measured since `oldest`.

        """
        fresh = [name for name in chain.joint_names
                 if self._times.get(name, -math.inf) >= oldest]
        if not fresh:
            return None
        missing = [name for name in chain.joint_names if name not in fresh]
        if missing:
            text = ', '.join(missing)
            self.warn_once(f'lack of {text}', (
                f'the measured joint states lack {text}; these joints are taken to be where they '
                'were last sent, or in the middle of their range'))
        seed = np.array([self._positions[name] if name in fresh else default
                         for name, default in zip(chain.joint_names, otherwise)])
        inside = chain.clip(seed)
        for index in np.flatnonzero(inside != seed):
            name = chain.joint_names[index]
            self.warn_once(f'limits of {name}', (
                f'joint {name!r} is measured at {seed[index]:.6g}, outside its limits '
                f'[{chain.lower[index]:.6g}, {chain.upper[index]:.6g}]; solves start at the '
                'limit'))
        return inside

    def warn_once(self, what: str, sentence: str) -> None:
        """Tell `sentence`, unless something about `what` was told before."""
        if what not in self._said:
            self._said.add(what)
            self._warn(sentence)
