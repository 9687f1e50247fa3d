"""Where the joints are, from the joint states of a driver: by name, bit by bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
import math

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.robot_model import listed
import numpy as np
from sensor_msgs.msg import JointState


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
        self._chain: KinematicChain | None = None
        # Of the joints of the chain: where, how fast, and when measured. None is ever written to,
        # so that whoever was given one may keep it.
        self._positions: list[float] = []
        self._velocities: list[float] = []
        self._times: list[float] = []
        self._oldest = -math.inf
        # A driver sends the same names again and again: which of them are whose.
        self._names: list[str] = []
        self._here: list[int] = []
        self._there: list[int] = []

    def follow(self, chain: KinematicChain) -> None:
        """Look for the joints of `chain` from now on; what is known of them stays known."""
        before = {} if self._chain is None else {
            name: k for k, name in enumerate(self._chain.joint_names)}
        self._positions, self._velocities, self._times = (
            [values[before[name]] if name in before else missing for name in chain.joint_names]
            for values, missing in (
                (self._positions, 0.0), (self._velocities, 0.0), (self._times, -math.inf)))
        self._oldest = min(self._times, default=math.inf)
        self._chain, self._names = chain, []

    def take(self, message: JointState, now: float) -> bool:
        """
        Take a message that arrived at time `now` [s]; return whether it is of joints of the chain.

        It may hold no positions; velocities may be missing or not finite, as they often are.
        """
        names = message.name
        if self._chain is None or not message.position:
            return False
        if len(message.position) != len(names):
            self._warn_once('lengths', (
                f'joint states have {len(names)} names, but {len(message.position)} positions; '
                'such messages are skipped'))
            return False
        if names != self._names:
            self._look_up(names, self._chain.joint_names)
        self._keep([message.position[k] for k in self._there], now)
        if len(message.velocity) == len(names):
            self._velocities = self._renewed(
                self._velocities, [message.velocity[k] for k in self._there])
        return bool(self._here)

    def _look_up(self, names: list[str], joints: Sequence[str]) -> None:
        """Note which joint of the chain each name is; of names that come twice the last counts."""
        there = {name: k for k, name in enumerate(names)}
        self._names = list(names)
        self._here = [k for k, name in enumerate(joints) if name in there]
        self._there = [there[name] for name in joints if name in there]

    def _keep(self, positions: list[float], now: float) -> None:
        """Keep those of `positions` that are some, of the joints that a message has."""
        assert self._chain is not None
        times = [now] * len(positions)
        if not all(map(math.isfinite, positions)):
            for place, (k, position) in enumerate(zip(self._here, positions)):
                if not math.isfinite(position):
                    times[place] = position
                    name = self._chain.joint_names[k]
                    self._warn_once(f'value of {name}', (
                        f'the measured position of joint {name!r} is {position}; such values are '
                        'skipped'))
        self._positions = self._renewed(self._positions, positions)
        self._times = self._renewed(self._times, times)
        self._oldest = min(self._times, default=math.inf)

    def _renewed(self, kept: list[float], new: list[float]) -> list[float]:
        """Return what was kept of each joint, with those of `new` that are finite."""
        if len(new) == len(kept) and all(map(math.isfinite, new)):
            return new
        renewed = list(kept)
        for k, value in zip(self._here, new):
            if math.isfinite(value):
                renewed[k] = value
        return renewed

    def state(self, oldest: float) -> tuple[list[float], list[float]]:
        """
        Return where the joints of the chain are, and how fast, n numbers each [rad or m], seconds.

        They are finite, are not to be written to, and may lie outside the limits.

        Parameters
        ----------
        oldest : float
            Time of the oldest measurement to use [s].

        Raises
        ------
        NotMeasuredError
            If a joint was not measured since `oldest`, or there is no chain.

        """
        if self._chain is None:
            raise NotMeasuredError('any joint')
        if self._oldest < oldest:
            raise NotMeasuredError(listed([
                name for name, time in zip(self._chain.joint_names, self._times)
                if time < oldest]))
        return self._positions, self._velocities

    def missing(self) -> list[str]:
        """Return the names of the joints that have never been measured."""
        return [] if self._chain is None else [
            name for name, time in zip(self._chain.joint_names, self._times) if time == -math.inf]

    def seed(self, oldest: float) -> np.ndarray:
        """Return where the joints of the chain are, as `state` does, but inside their limits."""
        positions, _ = self.state(oldest)
        assert self._chain is not None
        self.warn_of_limits()
        return self._chain.clip(positions)

    def warn_of_limits(self) -> None:
        """Tell of joints that are measured outside their limits; for when a motion begins."""
        chain, positions = self._chain, self._positions
        if chain is None:
            return
        outside = (positions < chain.lower) | (positions > chain.upper)
        for index in np.flatnonzero(outside):
            name = chain.joint_names[index]
            self._warn_once(f'limits of {name}', (
                f'joint {name!r} is measured at {positions[index]:.6g}, outside its limits '
                f'[{chain.lower[index]:.6g}, {chain.upper[index]:.6g}]; solves start at the '
                'limit'))

    def _warn_once(self, what: str, sentence: str) -> None:
        """Tell `sentence`, unless something about `what` was told before."""
        if what not in self._said:
            self._said.add(what)
            self._warn(sentence)
