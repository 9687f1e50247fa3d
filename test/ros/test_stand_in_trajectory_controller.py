"""The simulated joint_trajectory_controller: what it follows, and how one goal follows another."""

from __future__ import annotations

import math
from typing import Any

from ik_solver_node.ros.stand_in.goal import Goal
from ik_solver_node.ros.stand_in.refusal import CommandRefusedError
from ik_solver_node.ros.stand_in.trajectory import Waypoint
from ik_solver_node.ros.stand_in.trajectory_controller import (
    Replacement, TrajectoryController, TrajectoryOptions)
import numpy as np
import pytest

PERIOD = 10_000_000
"""A cycle [ns]."""

NOW = 5_000_000_000
"""When the tests begin [ns]."""

AT_START = TrajectoryOptions(replacement=Replacement.AT_START)


def ns(seconds: float) -> int:
    """Return seconds in nanoseconds."""
    return round(1e9 * seconds)


class Driven:
    """
    A controller of the joints a and b, called cycle by cycle.

    Parameters
    ----------
    options : TrajectoryOptions
        Those of the controller.
    turns : bool
        Whether its joints turn without end.

    """

    def __init__(self, options: TrajectoryOptions | None = None, turns: bool = False) -> None:
        self.controller = TrajectoryController(
            ('a', 'b'), np.array([0.0, 1.0]), np.full(2, turns), options or TrajectoryOptions())
        self.time = NOW
        self.measured = np.array([0.0, 1.0])
        self.commands: list[np.ndarray] = []

    def take(self, *points: tuple[float, float, float], start: int = 0,
             velocities: tuple[float, float] | None = None, joints: tuple[str, ...] = ('a', 'b'),
             ) -> None:
        """Send a goal of points: time [s], position of a and of b; the same velocities in all."""
        self.controller.take(Goal(joints, start, tuple(
            Waypoint(ns(time), np.array(positions), None if velocities is None
                     else np.array(velocities)) for time, *positions in points)), self.time)

    def run(self, seconds: float) -> list[float]:
        """Go on; return the last command."""
        for _ in range(round(1e9 * seconds / PERIOD)):
            self.commands.append(self.controller.command(
                self.time, PERIOD, Waypoint(self.time, self.measured, np.zeros(2))))
            self.time += PERIOD
        return [float(value) for value in self.commands[-1]]

    def largest_step(self) -> float:
        """Return the largest difference of two commands in a row [rad]."""
        return float(np.abs(np.diff(np.array(self.commands), axis=0)).max())


def test_nothing_is_moved_without_a_goal() -> None:
    """The start is held, and nothing is left to do."""
    driven = Driven()
    assert driven.run(0.1) == [0.0, 1.0]
    assert driven.controller.is_done(driven.time)


def test_a_goal_is_followed_to_its_end_and_held() -> None:
    """Commands are those of the next cycle; the end is met and kept."""
    driven = Driven()
    driven.take((1.0, 2.0, 1.0), (3.0, 2.0, -1.0))
    assert driven.run(0.5) == pytest.approx([1.0, 1.0])
    assert not driven.controller.is_done(driven.time)
    assert driven.run(1.5) == pytest.approx([2.0, 0.0])
    assert driven.run(1.0) == [2.0, -1.0]
    assert driven.controller.is_done(driven.time)
    assert driven.run(5.0) == [2.0, -1.0]


def test_joints_are_matched_by_name() -> None:
    """Their order in the message is of no importance."""
    driven = Driven()
    driven.take((1.0, 7.0, 8.0), joints=('b', 'a'))
    assert driven.run(1.0) == [8.0, 7.0]


def test_a_first_point_at_once_is_a_step() -> None:
    """As in the real one there is no way to a point whose time is now."""
    driven = Driven()
    driven.take((0.0, 0.5, 1.5), (1.0, 0.6, 1.5))
    assert driven.run(0.01) == pytest.approx([0.501, 1.5])


def test_a_goal_that_started_in_the_past_is_entered_where_it_is_by_now() -> None:
    """Points in the past are dropped; on the way to a first point that is to come one sets out."""
    driven = Driven()
    driven.take((0.5, 1.0, 1.0), (1.5, 3.0, 1.0), start=NOW - ns(1.0))
    assert driven.run(0.01) == pytest.approx([2.02, 1.0])
    driven = Driven()
    driven.take((1.5, 1.0, 1.0), start=NOW - ns(0.5))
    assert driven.run(0.5) == pytest.approx([0.5, 1.0])


def test_a_goal_of_the_future_sets_out_at_once() -> None:
    """The controllers up to Kilted move to the first point from now on."""
    driven = Driven()
    driven.take((1.0, 2.0, 1.0), start=NOW + ns(1.0))
    assert driven.run(1.0) == pytest.approx([1.0, 1.0])
    assert driven.run(1.0) == [2.0, 1.0]


def test_a_new_goal_sets_out_from_where_the_joints_are_measured() -> None:
    """By default; a joint that lags behind is commanded back by that."""
    driven = Driven()
    driven.take((1.0, 1.0, 1.0))
    driven.run(0.5)
    driven.measured = np.array([0.4, 1.0])
    driven.take((1.0, 2.0, 1.0))
    assert driven.run(0.01) == pytest.approx([0.4 + 0.01 * 1.6, 1.0])


@pytest.mark.parametrize('options', [
    TrajectoryOptions(interpolate_from_desired_state=True), AT_START])
def test_replacing_a_trajectory_midway_is_continuous(options: TrajectoryOptions) -> None:
    """From the commanded state on; with velocities that of the old one is carried on."""
    driven = Driven(options)
    driven.measured = np.array([9.0, 9.0])
    driven.run(0.02)
    driven.take((1.0, 1.0, 1.0), (2.0, 1.0, 1.0), velocities=(0.0, 0.0))
    driven.run(0.5)
    driven.take((1.0, -1.0, 1.0), velocities=(0.0, 0.0))
    assert driven.run(1.0) == pytest.approx([-1.0, 1.0])
    commands = np.array(driven.commands)
    assert driven.largest_step() < 0.035  # 10 ms at the velocities of these cubics
    changes = np.abs(np.diff(commands[:, 0], 2)) / 0.01
    assert changes.max() < 0.15  # no step of the velocity, which is 1.5 rad/s midway


def test_at_start_the_old_one_goes_on_until_the_new_one_starts() -> None:
    """What the documentation of the real one promises."""
    driven = Driven(AT_START)
    driven.take((1.0, 1.0, 1.0), (3.0, 3.0, 1.0))
    driven.run(0.5)
    driven.take((1.0, 0.0, 1.0), start=driven.time + ns(1.0))
    assert driven.run(0.25) == pytest.approx([0.75, 1.0])
    assert driven.run(0.75) == pytest.approx([1.5, 1.0])
    assert driven.run(0.5) == pytest.approx([0.75, 1.0])
    assert driven.run(0.5) == [0.0, 1.0]
    assert driven.largest_step() < 0.0151


def test_at_start_points_in_the_past_are_left_out() -> None:
    """The rest is moved to from where the joints are commanded to be."""
    driven = Driven(AT_START)
    driven.take((0.5, 9.0, 1.0), (2.0, 2.0, 1.0), start=NOW - ns(1.0))
    assert driven.run(0.5) == pytest.approx([1.0, 1.0])


def test_partial_goals() -> None:
    """Refused, unless they are allowed; then the others stay."""
    with pytest.raises(CommandRefusedError, match='does not name b, but must name every joint'):
        Driven().controller.take(Goal(('a',), 0, (Waypoint(5, np.ones(1)),)), NOW)
    driven = Driven(TrajectoryOptions(allow_partial_joints_goal=True))
    driven.controller.take(Goal(('a',), 0, (Waypoint(ns(1.0), np.ones(1)),)), NOW)
    assert driven.run(1.0) == [1.0, 1.0]


def test_a_velocity_at_the_end() -> None:
    """Refused, unless it is allowed; the position is held all the same."""
    with pytest.raises(CommandRefusedError, match='must end at rest'):
        Driven().take((1.0, 1.0, 1.0), velocities=(0.1, 0.0))
    Driven().take((1.0, 1.0, 1.0), velocities=(1e-8, 0.0))
    driven = Driven(TrajectoryOptions(allow_nonzero_velocity_at_trajectory_end=True))
    driven.take((1.0, 1.0, 1.0), velocities=(0.1, 0.0))
    assert driven.run(2.0) == [1.0, 1.0]


BAD: list[tuple[dict[str, Any], str]] = [
    ({'joints': ('a', 'c')}, 'names c, but the joints are a, b'),
    ({'start': NOW - ns(2.0)}, 'the trajectory ended 1.500 s ago')]


@pytest.mark.parametrize('change, sentence', BAD)
def test_goals_that_do_not_fit_are_refused(change: dict[str, Any], sentence: str) -> None:
    """And the one before goes on."""
    driven = Driven()
    driven.take((1.0, 1.0, 1.0))
    driven.run(0.5)
    with pytest.raises(CommandRefusedError) as refusal:
        driven.take((1.0, 5.0, 5.0), **change)
    assert sentence in str(refusal.value)
    assert driven.run(0.5) == [1.0, 1.0]


def test_a_joint_without_end_goes_the_short_way() -> None:
    """The state is counted in the turns of the first point, as in the real one."""
    driven = Driven(turns=True)
    driven.measured = np.array([3.0, 1.0])
    driven.take((1.0, -3.0, 1.0))
    assert driven.run(0.5) == pytest.approx([-3.0 - 0.5 * (math.tau - 6.0), 1.0])


def test_hold_stops_where_the_joints_are_commanded_to_be() -> None:
    """Whatever was ahead."""
    driven = Driven()
    driven.take((1.0, 1.0, 1.0))
    assert driven.run(0.5) == pytest.approx([0.5, 1.0])
    driven.controller.hold()
    assert driven.run(1.0) == pytest.approx([0.5, 1.0])
    assert driven.controller.is_done(driven.time)
