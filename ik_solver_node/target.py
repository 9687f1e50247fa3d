"""What is asked of a tip: a full pose, or a point."""

from __future__ import annotations

from dataclasses import dataclass, field

from ik_solver_node import kernels
from ik_solver_node.pose import as_vector, Pose
import numpy as np


@dataclass(frozen=True, eq=False)
class PoseTarget:
    """
    The tip shall have this position and this orientation.

    Attributes
    ----------
    pose : Pose
        Wanted pose of the tip in the base frame.

    """

    pose: Pose
    _row: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay the pose out for the kernels."""
        object.__setattr__(self, '_row', _goal_row(self.pose.position, self.pose.rotation()))

    @property
    def position(self) -> np.ndarray:
        """Wanted position of the tip in the base frame, shape (3,) [m]."""
        return self.pose.position

    def goal_row(self, orientation_weight: float) -> np.ndarray:
        """Return the target as the kernels take it, with the orientation weighted [m/rad]."""
        row = self._row.copy()
        row[kernels.GOAL_ORIENTATION_WEIGHT] = orientation_weight
        return row


@dataclass(frozen=True, eq=False)
class PointTarget:
    """
    The tip shall be at this point, in any orientation.

    Attributes
    ----------
    position : ndarray, shape (3,)
        Wanted position of the tip in the base frame [m].

    Raises
    ------
    InvalidPoseError
        If the position is not three finite numbers.

    """

    position: np.ndarray
    _row: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the point and lay it out for the kernels."""
        object.__setattr__(self, 'position', as_vector(self.position, 3, 'position'))
        object.__setattr__(self, '_row', _goal_row(self.position, np.eye(3)))

    def goal_row(self, orientation_weight: float) -> np.ndarray:
        """Return the target as the kernels take it; its orientation has no weight."""
        return self._row.copy()


Target = PoseTarget | PointTarget


def _goal_row(position: np.ndarray, rotation: np.ndarray) -> np.ndarray:
    """Return one row of ``kernels`` goal, with weight on the position only."""
    row = np.zeros(kernels.GOAL_SIZE)
    row[kernels.GOAL_POSITION:kernels.GOAL_POSITION + 3] = position
    row[kernels.GOAL_ROTATION:kernels.GOAL_ROTATION + 9] = rotation.ravel()
    row[kernels.GOAL_POSITION_WEIGHT] = 1.0
    return row
