"""Where all links of a robot are, from the positions of its joints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
import math

from ik_solver_node.robot_model import Joint, JointType, RobotModel
import numpy as np
from transforms3d.axangles import axangle2mat


class JointTree:
    """
    The robot in a posture.

    Parameters
    ----------
    model : RobotModel
        The robot.
    start : mapping of str to float, optional
        Where its joints are taken to be until that is told [rad or m]; others are as near to 0 as
        their limits allow.

    """

    def __init__(self, model: RobotModel, start: Mapping[str, float] = {}) -> None:
        self.model = model
        self._known = {joint.name: start.get(joint.name, min(max(0.0, joint.lower), joint.upper))
                       for joint in model.joints if joint.type.is_movable}
        self._told: set[str] = set()

    def update(self, positions: Mapping[str, float]) -> bool:
        """
        Take positions by name [rad or m]; return whether anything moved.

        Joints that the robot has not, and positions that are not finite, are passed over. A mimic
        joint that is not told follows its rule.
        """
        told = {name: float(position) for name, position in positions.items()
                if name in self._known and math.isfinite(position)}
        moved = any(self._known[name] != position for name, position in told.items())
        self._known.update(told)
        self._told.update(told)
        return moved

    def has_heard_of(self, names: Iterable[str]) -> bool:
        """Return whether the positions of all of these joints were told."""
        return self._told.issuperset(names)

    def position(self, name: str) -> float:
        """Return where a movable joint is [rad or m]."""
        if name not in self._told:
            source, multiplier, offset = self.model.resolve_mimic(name)
            if source != name:
                return multiplier * self._known[source] + offset
        return self._known[name]

    def T_parent_child(self, joint: Joint) -> np.ndarray:
        """Return the child link of a joint in its parent link, shape (4, 4) [m]."""
        if not joint.type.is_movable:
            return joint.T_parent_joint
        position, motion = self.position(joint.name), np.eye(4)
        if joint.type is JointType.PRISMATIC:
            motion[:3, 3] = position * joint.axis
        else:
            motion[:3, :3] = axangle2mat(joint.axis, position, is_normalized=True)
        return joint.T_parent_joint @ motion

    def T_root_link(self, link: str) -> np.ndarray:
        """Return a link in the root link, shape (4, 4) [m]."""
        transform = np.eye(4)
        while (joint := self.model.parent_joint(link)) is not None:
            transform = self.T_parent_child(joint) @ transform
            link = joint.parent
        return transform

    def T_base_tip(self, base_link: str, tip_link: str) -> np.ndarray:
        """Return one link in another, shape (4, 4) [m]."""
        return np.linalg.inv(self.T_root_link(base_link)) @ self.T_root_link(tip_link)

    def size(self) -> float:
        """Return how far the links reach from the root in this posture, at least 0.1 m."""
        places = [np.linalg.norm(self.T_root_link(link)[:3, 3]) for link in self.model.links]
        return max(0.1, float(max(places)))
