"""TargetParameters: from what was sent to the target that is meant."""

from __future__ import annotations

import math
import re
from typing import Any

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.pose import Pose
from ik_solver_node.ros.target_parameters import TargetParameters
from ik_solver_node.target import (
    DirectionTarget, OrientationTarget, PointTarget, PoseTarget, TargetFrame)
import numpy as np
import pytest

INF = math.inf
POSE = Pose.from_rpy([0.4, 0.1, 0.5], [0.3, 2.0, -0.7])
TOOL = Pose.from_rpy([0.0, 0.05, 0.12], [0.0, 0.5, 0.1])
WITH_TOOL = {'tool_position': (0.0, 0.05, 0.12), 'tool_rpy': (0.0, 0.5, 0.1)}


def test_defaults_ask_for_all_that_is_sent() -> None:
    """Nothing is free, and there is no tool."""
    asked = TargetParameters()
    assert asked.tool is None
    assert np.array_equal(asked.pose(POSE).goal, PoseTarget(POSE).goal)
    assert np.array_equal(asked.point(POSE.position).goal, PointTarget(POSE.position).goal)
    assert np.array_equal(asked.orientation(POSE.quat_xyzw).goal,
                          OrientationTarget(POSE.quat_xyzw).goal)
    assert np.array_equal(asked.direction(np.array([0.0, 1.0, 0.0])).goal,
                          DirectionTarget(np.array([0.0, 1.0, 0.0])).goal)


def test_poses_get_what_poses_have() -> None:
    """Free axes, frame, tolerances and tool."""
    asked = TargetParameters(
        free=('x', 'rz'), frame='base', position_tolerance=(0.01, 0.02, 0.03),
        orientation_tolerance=(0.1,), **WITH_TOOL)
    same = PoseTarget(POSE, ['x', 'rz'], [0.01, 0.02, 0.03], 0.1, TargetFrame.BASE, TOOL)
    assert np.array_equal(asked.pose(POSE).goal, same.goal)


def test_points_get_what_points_have() -> None:
    """Tolerances and tool; free axes are those of poses."""
    asked = TargetParameters(free=('z',), position_tolerance=(0.0, 0.0, INF), **WITH_TOOL)
    same = PointTarget(POSE.position, [0.0, 0.0, INF], TOOL)
    assert np.array_equal(asked.point(POSE.position).goal, same.goal)


def test_orientations_get_what_orientations_have() -> None:
    """Tolerances and tool."""
    asked = TargetParameters(orientation_tolerance=(0.0, 0.1, INF), **WITH_TOOL)
    same = OrientationTarget(POSE.quat_xyzw, [0.0, 0.1, INF], TOOL)
    assert np.array_equal(asked.orientation(POSE.quat_xyzw).goal, same.goal)


def test_directions_get_what_directions_have() -> None:
    """Axis, cone and tool; of a pose, while pointing, also the position and its tolerance."""
    asked = TargetParameters(axis=(0, 3, 0), cone=0.2, pointing=True, position_tolerance=(0.01,),
                             **WITH_TOOL)
    along = np.array([1.0, 2.0, -1.0])
    same = DirectionTarget(along, [0, 1, 0], cone=0.2, tool=TOOL)
    assert np.array_equal(asked.direction(along).goal, same.goal)
    same = DirectionTarget(POSE.rotation()[:, 1], [0, 1, 0], POSE.position, 0.2, 0.01, TOOL)
    assert asked.pose(POSE).goal == pytest.approx(same.goal)


def test_single_values_are_lists_of_one() -> None:
    """And an empty list is no tolerance."""
    assert TargetParameters(free='rz', position_tolerance=0.1, orientation_tolerance=1) == (
        TargetParameters(free=('rz',), position_tolerance=(0.1,), orientation_tolerance=(1.0,)))
    assert TargetParameters(position_tolerance=(), orientation_tolerance=()) == TargetParameters()


@pytest.mark.parametrize('values, sentence', [
    ({'free': ['q']}, "free has 'q', but must be axes out of x, y, z, rx, ry, rz"),
    ({'free': ['x', 'y', 'z', 'rx', 'ry', 'rz']}, 'free: all six axes of the target are free'),
    ({'free': [3]}, 'free is [3], but must be a list of str'),
    ({'frame': 'tip'}, "frame is 'tip', but must be one of 'base', 'target'"),
    ({'free': ['x', 'rx'], 'position_tolerance': [0.0, INF, INF],
      'orientation_tolerance': [0.0, INF, INF]}, 'free: all six axes of the target are free'),
    ({'position_tolerance': [-0.1]}, 'position_tolerance is -0.1, but must be a number from 0'),
    ({'position_tolerance': [0.1, 0.2]}, 'position_tolerance is (0.1, 0.2), but must be'),
    ({'position_tolerance': [True]}, 'position_tolerance is [True], but must be a list of float'),
    ({'position_tolerance': [INF]}, 'position_tolerance is inf, which leaves all axes of'),
    ({'position_tolerance': math.nan}, 'position_tolerance is nan, but must be a list of float'),
    ({'position_tolerance': False}, 'position_tolerance is False, but must be a list of float'),
    ({'orientation_tolerance': [-0.1]}, 'orientation_tolerance is -0.1, but must be a number'),
    ({'orientation_tolerance': [0.1] * 4}, 'orientation_tolerance is (0.1, 0.1, 0.1, 0.1), but'),
    ({'orientation_tolerance': [INF]}, 'orientation_tolerance is inf, which leaves all axes of'),
    ({'position_tolerance': [INF], 'orientation_tolerance': [INF]}, 'position_tolerance is'),
    ({'tool_position': [0.0, 0.1]}, 'tool_position must have shape (3,), got (2,)'),
    ({'tool_position': [0.0, 0.1, INF]}, 'tool_position must be finite'),
    ({'tool_rpy': []}, 'tool_rpy must have shape (3,), got (0,)'),
    ({'axis': [0.0, 0.0, 0.0]}, 'axis is [0.0, 0.0, 0.0], which is too short to point'),
    ({'axis': [1.0]}, 'axis must have shape (3,), got (1,)'),
    ({'cone': 3.2}, 'cone is 3.2 [rad], but must be between 0.0 and 3.14'),
    ({'cone': [0.1]}, 'cone is [0.1], but must be a number'),
    ({'pointing': 1}, 'pointing is 1, but must be a bool'),
    ({'pointing': True, 'free': ['rz']}, "free is ['rz'], but must be empty while"),
])
def test_what_no_target_takes_is_refused(values: dict[str, Any], sentence: str) -> None:
    """In the words of the target, beginning with the name of the field."""
    with pytest.raises(OptionsError, match='^' + re.escape(sentence)):
        TargetParameters(**values)
