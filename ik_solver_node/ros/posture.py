"""Where every joint of the robot is taken to be, so that a model can be shown whole."""

from __future__ import annotations

import math

from ik_solver_node.chain import KinematicChain, position_range
from ik_solver_node.exceptions import ChainError


ROUNDING = 1e-9
"""Less than this is taken for rounding [rad or m]."""


class Posture:
    """
    The positions of all movable joints of the robot: the chain's, their mimics', the others'.

    Parameters
    ----------
    chain : KinematicChain
        The chain that is moved.
    previous : Posture, optional
        Where the joints were before. Joints it does not know are in the middle of their range.

    """

    def __init__(self, chain: KinematicChain, previous: Posture | None = None) -> None:
        self._chain = chain
        self._sources = {joint.name: chain.model.resolve_mimic(joint.name)
                         for joint in chain.model.joints if joint.type.is_movable}
        self._names = tuple(self._sources)
        known = {} if previous is None else previous._independent()
        self._beside: dict[str, float] = {}
        for name in chain.model.movable_joint_names:
            lower, upper = _range_beside(chain, name)
            middle = _middle(lower, upper)
            self._beside[name] = min(max(known.get(name, middle), lower), upper)
        self._beside.update(chain.locked)
        # How much faster than a joint of the chain each joint goes, and which one that is.
        places = {name: k for k, name in enumerate(chain.joint_names)}
        self._gears = [(multiplier if source in places else 0.0, places.get(source, 0))
                       for source, multiplier, _ in self._sources.values()]
        start = chain.mid_range() if previous is None else chain.clip(
            [self._beside[name] for name in chain.joint_names])
        self.move(start.tolist())

    @property
    def chain_positions(self) -> list[float]:
        """The positions of the chain's joints, n numbers [rad or m]; not to be written to."""
        return self._moved

    def move(self, positions: list[float]) -> None:
        """Take the chain's joints to be at `positions`, n numbers [rad or m], which are kept."""
        self._moved = positions

    def moved_to(self, positions: list[float]) -> Posture:
        """Return the same robot with the chain's joints at `positions`, n numbers [rad or m]."""
        there = Posture(self._chain, self)
        there.move(positions)
        return there

    def names(self, every: bool) -> tuple[str, ...]:
        """Return those of `every` movable joint of the robot, or of the chain's only."""
        return self._names if every else self._chain.joint_names

    def positions(self, every: bool) -> list[float]:
        """Return the positions of the joints of these `names` [rad or m]."""
        if not every:
            return self._moved
        known = self._independent()
        return [known[name] if name in known else self._position(name, known)
                for name in self._names]

    def joints(self, every: bool) -> dict[str, float]:
        """Return the same positions by name."""
        return dict(zip(self.names(every), self.positions(every)))

    def velocities(self, chain: list[float], every: bool) -> list[float]:
        """Return velocities of the same [rad/s or m/s]; those of the chain's are `chain`."""
        return [multiplier * chain[place] for multiplier, place in self._gears] if every else chain

    def _independent(self) -> dict[str, float]:
        """Return the positions of the joints that mimic no other, by name [rad or m]."""
        return {**self._beside, **dict(zip(self._chain.joint_names, self._moved))}

    def _position(self, name: str, known: dict[str, float]) -> float:
        """Return where a mimic joint is; rounding does not take it past its limits."""
        source, multiplier, offset = self._sources[name]
        position = multiplier * known[source] + offset
        joint = self._chain.model.joint(name)
        inside = min(max(position, joint.lower), joint.upper)
        return inside if abs(inside - position) < ROUNDING else position


def _range_beside(chain: KinematicChain, name: str) -> tuple[float, float]:
    """Return the range of an independent joint, on the chain or beside it [rad or m]."""
    try:
        return position_range(chain.model, name, chain.limits)
    except ChainError:  # a mimic joint beside the chain whose limits contradict its own rule
        joint = chain.model.joint(name)
        return chain.limits.get(name, (joint.lower, joint.upper))


def _middle(lower: float, upper: float) -> float:
    """Return the middle of a range; 0 or the limit where it is unlimited."""
    if math.isfinite(lower) and math.isfinite(upper):
        return 0.5 * lower + 0.5 * upper  # halved first: the sum of large limits would overflow
    return min(max(0.0, lower), upper)
