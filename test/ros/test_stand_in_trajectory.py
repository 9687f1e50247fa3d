"""Waypoints and the way between them, against closed forms."""

from __future__ import annotations

from ik_solver_node.ros.stand_in.trajectory import between, Trajectory, Waypoint
import numpy as np
import pytest

SECOND = 10**9


def waypoint(time: float, *numbers: float | None) -> Waypoint:
    """Return a waypoint of one joint at `time` [s] from position, velocity, acceleration."""
    position, velocity, acceleration = (
        None if number is None else np.array([number]) for number in (*numbers, None, None)[:3])
    assert position is not None
    return Waypoint(round(time * SECOND), position, velocity, acceleration)


def numbers(point: Waypoint) -> list[float]:
    """Return position, velocity and acceleration of the only joint."""
    assert point.velocities is not None and point.accelerations is not None
    return [float(values[0]) for values in (point.positions, point.velocities,
                                            point.accelerations)]


def test_positions_only_are_a_straight_line() -> None:
    """At a quarter of the time a quarter of the way is done, at a constant velocity."""
    a, b = waypoint(1.0, 0.5), waypoint(3.0, 1.5)
    assert numbers(between(a, b, round(1.5 * SECOND))) == pytest.approx([0.75, 0.5, 0.0])


def test_velocities_at_one_end_only_do_not_count() -> None:
    """As in the real controller both ends must have them."""
    a, b = waypoint(0.0, 0.0, 0.3), waypoint(2.0, 1.0)
    assert numbers(between(a, b, SECOND)) == pytest.approx([0.5, 0.5, 0.0])


@pytest.mark.parametrize('time', [0.0, 0.3, 1.0, 1.7, 1.999])
def test_velocities_make_it_the_cubic(time: float) -> None:
    """A cubic motion is recovered from its ends."""
    def motion(t: float) -> list[float]:
        return [1.0 - 2.0 * t + 0.7 * t**2 + 0.4 * t**3, -2.0 + 1.4 * t + 1.2 * t**2,
                1.4 + 2.4 * t]

    a, b = waypoint(0.0, *motion(0.0)[:2]), waypoint(2.0, *motion(2.0)[:2])
    assert numbers(between(a, b, round(time * SECOND))) == pytest.approx(motion(time), abs=1e-12)


@pytest.mark.parametrize('time', [0.0, 0.3, 1.0, 1.7, 1.999])
def test_accelerations_make_it_the_quintic(time: float) -> None:
    """A quintic motion is recovered from its ends."""
    motion = np.polynomial.Polynomial([1.0, -2.0, 0.7, 0.4, -0.3, 0.11])
    ends = [[float(motion.deriv(order)(t)) if order else float(motion(t)) for order in range(3)]
            for t in (0.0, 2.0)]
    found = between(waypoint(0.0, *ends[0]), waypoint(2.0, *ends[1]), round(time * SECOND))
    assert numbers(found) == pytest.approx(
        [motion(time), motion.deriv()(time), motion.deriv(2)(time)], abs=1e-12)


def test_ends_are_held() -> None:
    """Before the first waypoint and after the last one nothing moves."""
    trajectory = Trajectory([waypoint(1.0, 0.5), waypoint(2.0, 1.5)])
    assert numbers(trajectory.sample(0)) == [0.5, 0.0, 0.0]
    assert numbers(trajectory.sample(2 * SECOND)) == [1.5, 0.0, 0.0]
    assert numbers(trajectory.sample(9 * SECOND)) == [1.5, 0.0, 0.0]
    assert trajectory.end == 2 * SECOND


def test_each_waypoint_is_passed() -> None:
    """Times are met exactly, segment by segment."""
    trajectory = Trajectory([waypoint(t, t**2, 2.0 * t) for t in (0.0, 0.5, 1.25, 3.0)])
    for t in (0.0, 0.5, 1.25, 2.0):  # a parabola is a cubic
        assert numbers(trajectory.sample(round(t * SECOND)))[:2] == pytest.approx([t**2, 2.0 * t])


def test_two_waypoints_at_a_time_are_a_step() -> None:
    """The motion goes on from the later one."""
    trajectory = Trajectory([waypoint(0.0, 0.0), waypoint(1.0, 1.0), waypoint(1.0, 5.0),
                             waypoint(2.0, 6.0)])
    assert numbers(trajectory.sample(SECOND - 1))[0] == pytest.approx(1.0, abs=1e-8)
    assert numbers(trajectory.sample(SECOND))[0] == 5.0


def test_what_is_not_said_is_at_rest_where_the_next_point_says_it() -> None:
    """A state without accelerations takes part in a quintic with zero."""
    filled = waypoint(0.0, 1.0).filled(waypoint(1.0, 2.0, 0.5, 0.1))
    assert numbers(filled) == [1.0, 0.0, 0.0]
    assert waypoint(0.0, 1.0).filled(waypoint(1.0, 2.0)).velocities is None
