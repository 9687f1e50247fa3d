"""The way that trajectories send joints: splines, and one that takes over from another."""

from __future__ import annotations

from typing import Any

from ik_solver_node.record.courses import Course
from ik_solver_node.record.curves import Curve, Curves
from ik_solver_node.record.trajectories import Trajectory
import numpy as np
import pytest
from tapes import encoded, trajectory

NAMES = ['a']


def sent(*points: Any) -> Trajectory:
    """Return a trajectory of one joint, read from its bytes."""
    return Trajectory(encoded(trajectory(5, NAMES, points)).data)


def way(*sends: tuple[float, Trajectory], measured: float = 0.0, until: float = 2.0) -> Curve:
    """Return where these trajectories lead the joint, each from when it is sent [s]."""
    curves = Curves()
    course = Course(curves, 0.01)
    for start, one in sends:
        course.take(one, start, {'a': measured})
    course.follow(until)
    return curves.by_joint(NAMES, False)['a']


@pytest.mark.parametrize(('known', 'middle'), [
    (((),), 0.5), (([0.0], ()), 0.5), (([0.0], [0.0]), 0.5), (([1.0], ()), 0.375),
    (([1.0], [0.0]), 0.34375)])
def test_the_spline_is_the_one_that_both_ends_have_numbers_for(known: Any, middle: float) -> None:
    """It ends where the point is, as fast as it says; the joint then waits there."""
    curve = way((0.0, sent((1.0, [1.0], *known))))
    assert curve.at(np.array([0.5, 1.0, 2.0])) == pytest.approx([middle, 1.0, 1.0], abs=1e-9)
    if known[0]:
        end = np.searchsorted(curve.times, 1.0 - 1e-9)
        assert curve.velocities[end] == pytest.approx(known[0][0], abs=1e-9)
    assert curve.velocities[-1] == 0.0 and curve.times[-1] == 2.0


def test_velocities_and_accelerations_are_slopes() -> None:
    """Of what is put into the curves."""
    curve = way((0.0, sent((0.5, [0.4], [0.7], [-1.0]), (1.2, [0.6], [0.0], [0.0]))), until=1.2)
    slopes = np.gradient(curve.positions, curve.times)
    assert slopes[2:-2] == pytest.approx(curve.velocities[2:-2], abs=5e-3)
    assert np.gradient(curve.velocities, curve.times)[2:-2] == pytest.approx(
        curve.accelerations[2:-2], abs=0.25)


def test_a_new_trajectory_takes_over_where_the_joint_is() -> None:
    """Without a jump, however much of the old one is left; points that are past do not count."""
    still = [0.0], [0.0]
    curve = way((0.0, sent((1.0, [1.0], *still))),
                (0.5, sent((-0.2, [9.0], *still), (0.5, [0.0], *still))))
    assert curve.at(np.array([0.5, 1.0])) == pytest.approx([0.5, 0.0], abs=1e-9)
    assert np.abs(np.diff(curve.positions)).max() < 0.03
    assert np.abs(np.diff(curve.velocities[1:])).max() < 0.3
    assert (np.diff(curve.times) >= 0.0).all()


def test_where_nothing_is_measured_it_begins_at_its_first_point() -> None:
    """Nobody knows where it came from."""
    curves = Curves()
    course = Course(curves, 0.1)
    course.take(sent((0.5, [1.0]), (1.0, [2.0])), 1.0, {})
    course.follow(3.0)
    curve = curves.by_joint(NAMES, False)['a']
    assert curve.times[0] > 1.5 and curve.positions.min() >= 1.0
    assert np.isnan(curve.at(np.array([1.4])))[0]


def test_a_message_is_read_as_others_wrote_it() -> None:
    """Names of any length, points of any content, and none."""
    message = trajectory(7_000_000_123, ['a', 'joint_22', 'abc'], [
        (0.25, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0]), (2.5, [7.0, 8.0, 9.0]),
        (3.0, [0.0] * 3, [1.0] * 3, [2.0] * 3, [3.0] * 3), (-1.5, [0.5] * 3)])
    one = Trajectory(encoded(message).data)
    assert (one.stamp, one.joints) == (7_000_000_123, ('a', 'joint_22', 'abc'))
    for _ in range(2):
        points = list(one.points())
        assert [point.time for point in points] == [0.25, 2.5, 3.0, -1.5]
        assert points[0][1:] == ((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), ())
        assert points[1][1:] == ((7.0, 8.0, 9.0), (), ())
        assert points[2][1:] == ((0.0,) * 3, (1.0,) * 3, (2.0,) * 3)
    assert list(Trajectory(encoded(trajectory(0, [], [])).data).points()) == []
