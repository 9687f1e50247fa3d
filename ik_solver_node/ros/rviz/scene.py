"""What is to be seen: the target, the tip and how far they are apart, the way, the verdict."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
import math

from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.target import (
    DirectionTarget, OrientationTarget, PoseTarget, Target, TargetFrame)
import numpy as np

FAR = 1e4
"""What is further from the base than this is not drawn: RViz counts in single precision [m]."""
STILL = 1e-6
"""A tip that moved less than this has not moved [m], and the same for its axes."""


def is_near(position: np.ndarray) -> bool:
    """Return whether a position, shape (3,) [m], can be drawn."""
    return bool((np.abs(position) < FAR).all())


class Trail:
    """
    The way of the tip, of which the oldest is forgotten.

    Parameters
    ----------
    length : int
        How many points it has at most.
    spacing : float
        How far they are apart at least [m].

    """

    def __init__(self, length: int, spacing: float) -> None:
        self._spacing = spacing
        self._points: deque[np.ndarray] = deque(maxlen=length)

    @property
    def points(self) -> list[np.ndarray]:
        """The points, the oldest first, each of shape (3,) [m]."""
        return list(self._points)

    def add(self, position: np.ndarray) -> None:
        """Go on to `position`, shape (3,) [m], if it is far enough from the last one."""
        if not self._points or np.linalg.norm(position - self._points[-1]) >= self._spacing:
            self._points.append(position)


class Scene:
    """
    What is known about one tip of a robot and its targets, all in the base frame.

    Parameters
    ----------
    chain : KinematicChain
        The chain that is moved.
    tip_link : str
        The tip link.
    trail : Trail
        Where the way of the tip is kept.

    Attributes
    ----------
    tool : Pose or None
        What is meant by the tip, in the tip link, if it is not that itself.
    tip, home : Pose or None
        Where the tip, or its tool, is, and where it was seen first.
    target : Target or None
        What was asked for last.
    lines : ndarray, shape (k, 3)
        The corners of straight lines, if that is what was asked for last [m].
    level : int
        How bad the last answer was: 0, 1 or 2, as diagnostics have it.
    sentence : str
        The last answer in words.
    changed : bool
        Whether any of these has changed since it was last set to False.

    """

    def __init__(self, chain: KinematicChain, tip_link: str, trail: Trail) -> None:
        self.chain, self.tip_link, self.trail = chain, tip_link, trail
        self.tool: Pose | None = None
        self.tip: Pose | None = None
        self.home: Pose | None = None
        self.target: Target | None = None
        self.lines = np.empty((0, 3))
        self.level, self.sentence = 0, ''
        self.changed = True

    def see_joints(self, positions: Mapping[str, float]) -> None:
        """Take the joints to be at `positions` by name [rad or m], if none of the chain lacks."""
        q = np.array([positions.get(name, math.nan) for name in self.chain.joint_names])
        if not (np.abs(q) < FAR).all():
            return
        tip = self._tool_at(self.chain.forward_kinematics(q, self.tip_link))
        if not is_near(tip.position) or (self.tip is not None and np.abs(
                tip.matrix() - self.tip.matrix()).max() < STILL):
            return
        self.tip, self.home, self.changed = tip, self.home or tip, True
        self.trail.add(tip.position)

    def aim(self, target: Target) -> None:
        """Take note of a target."""
        self.target, self.lines, self.changed = target, np.empty((0, 3)), True

    def lead(self, poses: list[Pose], target: Target) -> None:
        """Take note of straight lines through `poses`, from where the tip is to a target."""
        corners = [pose.position for pose in poses]
        if self.tip is not None:
            corners.insert(0, self.tip.position)
        self.aim(target)
        self.lines = np.array(list(filter(is_near, corners))).reshape(-1, 3)

    def judge(self, level: int, sentence: str) -> None:
        """Take note of an answer."""
        self.level, self.sentence, self.changed = level, sentence, True

    @property
    def wanted_position(self) -> np.ndarray | None:
        """
        Where the target is, shape (3,) [m]; None if it is anywhere, or too far to draw.

        Along axes that are free it is beside the tip.
        """
        position = getattr(self.target, 'position', None)
        if position is None or not is_near(position):
            return None
        if self.tip is not None:
            axes = self._free_axes()
            position = position + axes @ (axes.T @ (self.tip.position - position))
        return position

    @property
    def shown_position(self) -> np.ndarray | None:
        """Where the target is drawn, shape (3,) [m]: one that may be anywhere, at the tip."""
        if self.target is not None and getattr(self.target, 'position', None) is None:
            return None if self.tip is None else self.tip.position
        return self.wanted_position

    @property
    def wanted_rotation(self) -> np.ndarray | None:
        """How the target is turned, shape (3, 3); None if it does not say."""
        if isinstance(self.target, PoseTarget):
            return self.target.pose.rotation()
        if isinstance(self.target, OrientationTarget):
            return Pose(np.zeros(3), self.target.quat_xyzw).rotation()
        return None

    @property
    def wanted_direction(self) -> np.ndarray | None:
        """Where an axis of the tip shall point, shape (3,) of length 1; None for no matter."""
        return self.target.direction if isinstance(self.target, DirectionTarget) else None

    def _free_axes(self) -> np.ndarray:
        """Return the axes along which the target may be anywhere, shape (3, k)."""
        target, axes = self.target, np.eye(3)
        if isinstance(target, PoseTarget):
            tolerance = target.position_tolerance
            if target.frame is TargetFrame.TARGET:
                axes = target.pose.rotation()
        elif isinstance(target, DirectionTarget):
            tolerance = target.position_tolerance
        else:
            tolerance = getattr(target, 'tolerance', np.zeros(3))
        return axes[:, np.isinf(np.broadcast_to(tolerance, 3))]

    def _tool_at(self, tip: Pose) -> Pose:
        """Return where the tool is when the tip is at `tip`."""
        return tip if self.tool is None else Pose.from_matrix(tip.matrix() @ self.tool.matrix())


def ghost_joints(chain: KinematicChain, destination: Mapping[str, float],
                 present: Mapping[str, float]) -> dict[str, float]:
    """
    Return where the joints of the ghost are, by name [rad or m].

    Parameters
    ----------
    chain : KinematicChain
        The chain that is moved.
    destination : mapping of str to float
        Where the joints will be; empty if that is not known.
    present : mapping of str to float
        Where they are: what the chain does not move stays there.

    """
    moved = {follower.name for name in chain.joint_names
             for follower, _, _ in chain.model.followers(name)}
    robot = {joint.name for joint in chain.model.joints if joint.type.is_movable}
    beside = {name: position for name, position in present.items() if name in robot}
    if not moved <= destination.keys():  # not known yet, or that of another robot
        return beside
    return {**{name: position for name, position in destination.items() if name in robot},
            **{name: position for name, position in beside.items() if name not in moved}}
