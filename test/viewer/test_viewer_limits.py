"""When a joint is near to its limits."""

from __future__ import annotations

import math

from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.viewer.limits import Nearness, Range, ranges_of
import pytest
from robots import GRIPPER


@pytest.mark.parametrize('position, expected', [
    (0.0, Nearness.FREE), (0.89, Nearness.FREE), (0.91, Nearness.NEAR), (-0.91, Nearness.NEAR),
    (0.9995, Nearness.AT_LIMIT), (-1.0, Nearness.AT_LIMIT), (1.2, Nearness.AT_LIMIT)])
def test_nearness(position: float, expected: Nearness) -> None:
    """A twentieth of the range at each end is near, and outside is at the limit."""
    assert Range(-1.0, 1.0).nearness(position, 0.05) is expected


def test_a_joint_without_limits_is_free() -> None:
    """Wherever it is."""
    assert Range(-math.inf, math.inf).nearness(1e6, 0.5) is Nearness.FREE
    assert Range(0.0, math.inf).nearness(1.0, 0.5) is Nearness.FREE
    assert Range(0.0, math.inf).nearness(0.0, 0.5) is Nearness.AT_LIMIT


def test_mimic_joints_limit_what_they_follow() -> None:
    """They have no range of their own."""
    ranges = ranges_of(parse_urdf(GRIPPER))
    assert list(ranges) == ['left_slide']
    assert (ranges['left_slide'].lower, ranges['left_slide'].upper) == (0.01, 0.05)
