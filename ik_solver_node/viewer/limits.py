"""How near a joint is to its limits."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
import math

from ik_solver_node.chain import position_range
from ik_solver_node.exceptions import ChainError
from ik_solver_node.robot_model import RobotModel

AT_LIMIT = 1e-3
"""A joint this near to a limit is at it [rad or m]."""


class Nearness(str, Enum):
    """Whether a joint is free to move both ways."""

    FREE = 'free'
    NEAR = 'near'
    AT_LIMIT = 'at the limit'


@dataclass(frozen=True)
class Range:
    """Where a joint may be [rad or m]; infinite where there is no limit."""

    lower: float
    upper: float

    def nearness(self, position: float, near: float) -> Nearness:
        """
        Return how near `position` [rad or m] is to the limits.

        Parameters
        ----------
        position : float
            Where the joint is [rad or m].
        near : float
            Which share of the range, at each end, counts as near.

        """
        left = min(position - self.lower, self.upper - position)
        if left <= AT_LIMIT:
            return Nearness.AT_LIMIT
        is_near = math.isfinite(self.width) and left <= near * self.width
        return Nearness.NEAR if is_near else Nearness.FREE

    @property
    def width(self) -> float:
        """From one limit to the other [rad or m]."""
        return self.upper - self.lower


def ranges_of(model: RobotModel) -> dict[str, Range]:
    """Return where each joint that moves on its own may be, for itself and all that mimic it."""
    ranges = {}
    for name in model.movable_joint_names:
        try:
            ranges[name] = Range(*position_range(model, name, {}))
        except ChainError:  # a mimic joint whose limits contradict its own rule
            joint = model.joint(name)
            ranges[name] = Range(joint.lower, joint.upper)
    return ranges
