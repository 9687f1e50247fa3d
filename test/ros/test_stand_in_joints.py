"""Simulated joints: delay, limits, lag and turns, each exactly."""

from __future__ import annotations

import math
from typing import Any

from ik_solver_node.ros.stand_in.joints import HardLimits, SimulatedJoints
import numpy as np
import pytest

PERIOD = 10_000_000
"""A cycle [ns]."""


def joint(*, velocity: float = math.inf, turns: bool = False, start: float = 0.0,
          delay: float = 0.0, lag: float = 0.0) -> SimulatedJoints:
    """Return a joint between -1 and 2, or one that turns without end."""
    limits = HardLimits(*(np.array([value]) for value in (
        -math.inf if turns else -1.0, math.inf if turns else 2.0, velocity)), np.array([turns]))
    return SimulatedJoints(limits, np.array([start]), PERIOD, delay, lag)


def moved(joints: SimulatedJoints, *commands: float) -> list[float]:
    """Return where the joint is after each of `commands`."""
    where = []
    for command in commands:
        joints.step(np.array([command]))
        where.append(float(joints.positions[0]))
    return where


def test_a_command_is_followed_at_once() -> None:
    """Without delay, lag and velocity limit; the velocity is that of the step."""
    joints = joint()
    assert moved(joints, 0.1, 0.3) == pytest.approx([0.1, 0.3])
    assert joints.velocities == pytest.approx([20.0])


def test_a_delay_is_so_many_cycles() -> None:
    """30 ms are three cycles."""
    assert moved(joint(delay=0.03), 0.1, 0.2, 0.3, 0.4, 0.5, 0.6) == [0.0, 0.0, 0.0, 0.1, 0.2, 0.3]


def test_the_velocity_limit_is_held() -> None:
    """A leap takes as long as it must."""
    joints = joint(velocity=2.0)
    assert moved(joints, *[0.05] * 4) == pytest.approx([0.02, 0.04, 0.05, 0.05])
    joints.step(np.array([-1.0]))
    assert joints.velocities == pytest.approx([-2.0])


def test_a_lag_is_of_first_order() -> None:
    """After one time constant all but 1/e of the way is done."""
    assert moved(joint(lag=0.1), *[1.0] * 10)[-1] == pytest.approx(1.0 - math.exp(-1.0))


def test_a_limit_stops_the_joint_and_is_counted() -> None:
    """Once for each time that commands lead out, not for each cycle."""
    joints = joint()
    assert moved(joints, 1.9, 2.1, 2.2, 1.0, -3.0, -3.0) == [1.9, 2.0, 2.0, 1.0, -1.0, -1.0]
    assert joints.violations == 2


def test_a_joint_without_end_goes_the_short_way_and_counts_its_turns() -> None:
    """From 3 to -3 it is 0.28 on, beyond half a turn."""
    joints = joint(turns=True, start=3.0)
    assert moved(joints, -3.0, -2.0) == pytest.approx([math.tau - 3.0, math.tau - 2.0])
    assert joints.violations == 0


@pytest.mark.parametrize('options', [{}, {'delay': 0.05}, {'velocity': 1.0}, {'lag': 0.2}])
def test_a_joint_comes_to_rest_where_it_is_commanded(options: dict[str, Any]) -> None:
    """Whatever is in between."""
    joints = joint(**options)
    assert moved(joints, *[0.7] * 1000)[-1] == pytest.approx(0.7)
    assert joints.velocities == pytest.approx([0.0], abs=1e-9)
