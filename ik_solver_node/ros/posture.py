"""Where every joint of the robot is taken to be, so that a model can be shown whole."""

from __future__ import annotations

import math

from ik_solver_node.chain import KinematicChain, position_range
from ik_solver_node.exceptions import ChainError
from ik_solver_node.robot_model import RobotModel
import numpy as np


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
        known = {} if previous is None else previous._independent
        self._independent: dict[str, float] = {
            name: known.get(name, _middle(chain.model, name))
            for name in chain.model.movable_joint_names}
        self._independent.update(chain.locked)
        start = chain.mid_range() if previous is None else chain.clip(self.chain_positions)
        self.move(start)

    @property
    def chain_positions(self) -> np.ndarray:
        """The positions of the chain's joints, shape (n,) [rad or m]."""
        return np.array([self._independent[name] for name in self._chain.joint_names])

    def move(self, positions: np.ndarray) -> None:
        """Take the chain's joints to be at `positions` (n,) [rad or m]."""
        self._independent.update(zip(self._chain.joint_names, positions.tolist()))

    def joints(self, every: bool) -> dict[str, float]:
        """
        Return positions by name [rad or m].

        Parameters
        ----------
        every : bool
            Whether every movable joint of the robot, or those of the chain only.

        """
        if not every:
            return {name: self._independent[name] for name in self._chain.joint_names}
        return {name: multiplier * self._independent[source] + offset
                for name, (source, multiplier, offset) in self._sources.items()}


def _middle(model: RobotModel, name: str) -> float:
    """Return the middle of the range of a joint; 0 or the limit where it is unlimited."""
    try:
        lower, upper = position_range(model, name)
    except ChainError:  # limits of a mimic joint beside the chain that contradict its own rule
        lower, upper = model.joint(name).lower, model.joint(name).upper
    if math.isfinite(lower) and math.isfinite(upper):
        return 0.5 * (lower + upper)
    return min(max(0.0, lower), upper)
