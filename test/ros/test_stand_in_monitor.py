"""What is noticed about commanded motion, by finite differences."""

from __future__ import annotations

import math

from ik_solver_node.ros.stand_in.joints import HardLimits
from ik_solver_node.ros.stand_in.monitor import CommandMonitor
import numpy as np
import pytest

PERIOD = 10_000_000
"""A cycle [ns]."""


def monitored(*commands: tuple[float, float], turns: bool = False) -> CommandMonitor:
    """Return what is noticed of joints that may move at 1 and 2 per second, from 0."""
    limits = HardLimits(np.full(2, -math.inf), np.full(2, math.inf), np.array([1.0, 2.0]),
                        np.full(2, turns))
    monitor = CommandMonitor(('a', 'b'), limits, np.zeros(2), PERIOD)
    for command in commands:
        monitor.watch(np.array(command))
    return monitor


def test_nothing_is_noticed_of_rest() -> None:
    """No motion, no joint."""
    monitor = monitored((0.0, 0.0))
    assert (monitor.largest_velocity, monitor.largest_acceleration) == (0.0, 0.0)
    assert (monitor.fastest_joint, monitor.roughest_joint) == ('', '')


def test_the_largest_are_kept_with_their_joints() -> None:
    """A moves evenly, b sets out slower and turns round."""
    monitor = monitored((0.01, 0.005), (0.02, 0.0), (0.03, 0.0))
    assert monitor.largest_velocity == pytest.approx(1.0)
    assert monitor.fastest_joint == 'a'
    assert monitor.largest_acceleration == pytest.approx(100.0)
    monitor = monitored((0.001, 0.005), (0.002, 0.0))
    assert monitor.largest_acceleration == pytest.approx(100.0)
    assert monitor.roughest_joint == 'b'


def test_steps_beyond_the_velocity_limit_are_discontinuities() -> None:
    """At the limit there is none yet."""
    assert monitored((0.01, 0.02), (0.02, 0.04)).discontinuities == 0
    assert monitored((0.0101, 0.02), (0.02, 0.041)).discontinuities == 2


def test_a_whole_turn_is_no_step_of_a_joint_without_end() -> None:
    """It does not move by it."""
    assert monitored((math.tau, 0.0), turns=True).largest_velocity == pytest.approx(0.0)
    assert monitored((math.tau, 0.0)).discontinuities == 1
