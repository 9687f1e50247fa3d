"""Targets check what they are given and know what counts."""

from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.target import PointTarget
import numpy as np
import pytest


@pytest.mark.parametrize('point', [[np.nan, 0, 0], [0, np.inf, 0], [0, 0], 'abc', None])
def test_a_bad_point_is_refused(point):
    """A point is three finite numbers."""
    with pytest.raises(InvalidPoseError, match='position'):
        PointTarget(point)
