"""Targets check what they are given and know what counts."""

from ik_solver_node import kernels
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import Pose
from ik_solver_node.target import PointTarget, PoseTarget
import numpy as np
import pytest


def test_a_pose_target_weighs_position_and_orientation():
    """Both parts of a full pose count."""
    target = PoseTarget(Pose.from_rpy([1.0, 2.0, 3.0], [0.1, 0.2, 0.3]))
    row = target.goal_row(0.3)
    assert row[:3].tolist() == [1.0, 2.0, 3.0]
    np.testing.assert_allclose(row[3:12].reshape(3, 3), target.pose.rotation())
    assert row[kernels.GOAL_POSITION_WEIGHT] == 1.0
    assert row[kernels.GOAL_ORIENTATION_WEIGHT] == 0.3


def test_a_point_target_does_not_weigh_orientation():
    """Only the position of a point counts."""
    row = PointTarget([1.0, 2.0, 3.0]).goal_row(0.3)
    assert row[kernels.GOAL_ORIENTATION_WEIGHT] == 0.0


def test_a_row_is_a_copy():
    """Nobody can change a target through the row it gave out."""
    target = PointTarget([1.0, 2.0, 3.0])
    target.goal_row(0.3)[:] = 0.0
    assert target.goal_row(0.3)[0] == 1.0


@pytest.mark.parametrize('point', [[np.nan, 0, 0], [0, np.inf, 0], [0, 0], 'abc', None])
def test_a_bad_point_is_refused(point):
    """A point is three finite numbers."""
    with pytest.raises(InvalidPoseError, match='position'):
        PointTarget(point)
