"""Joints over time: collected from messages that hold some of them, and looked up."""

from __future__ import annotations

import math

from ik_solver_node.record.comparison import deviation_of, lag_of
from ik_solver_node.record.curves import Curve, Curves
import numpy as np
import pytest


def test_parts_of_a_robot_are_put_together() -> None:
    """Whoever tells them, in any order; what does not fit, or is not finite, is left out."""
    curves = Curves()
    curves.add(0.0, ['a', 'b'], [1.0, 2.0], [0.1, 0.2])
    curves.add(2.0, ['b', 'a'], [4.0, 3.0])
    curves.add(1.0, ['a'], [2.0])
    curves.add(3.0, ['a', 'b'], [9.0])
    curves.add(4.0, ['a', 'b'], [math.nan, 5.0], [9.0])
    found = curves.by_joint(['a', 'b', 'c'], False)
    assert found['a'].times.tolist() == [0.0, 1.0, 2.0]
    assert found['a'].positions.tolist() == [1.0, 2.0, 3.0]
    assert found['b'].positions.tolist() == [2.0, 4.0, 5.0]
    assert found['b'].velocities[0] == 0.2 and np.isnan(found['b'].velocities[1:]).all()
    assert not len(found['c'].times)


def test_between_two_times_it_moves_or_waits() -> None:
    """As it is meant; before the first nothing is known."""
    times = np.array([0.5, 1.5, 2.0, 3.0])
    for is_held, there in ((False, [math.nan, 15.0, 20.0, 20.0]),
                           (True, [math.nan, 10.0, 20.0, 20.0])):
        curve = Curve(np.array([1.0, 2.0]), np.array([10.0, 20.0]), is_held=is_held)
        assert curve.at(times).tolist() == pytest.approx(there, nan_ok=True)
    assert np.isnan(Curve().at(times)).all()


def test_differences_are_those_over_a_while() -> None:
    """Noise of 0.1 mrad at 1 kHz would be 100 mrad/s and more from one to the next."""
    times = np.arange(0.0, 2.0, 0.001)
    noise = 1e-4 * np.random.default_rng(0).standard_normal(len(times))
    curve = Curve(times, 0.5 * times + noise).with_differences()
    known = curve.velocities[np.isfinite(curve.velocities)]
    assert len(known) >= len(times) - 22
    assert known == pytest.approx(np.full(len(known), 0.5), abs=0.04)


def test_lag_is_found_where_there_is_one() -> None:
    """And none where nothing moves, or nothing follows."""
    times = np.arange(0.0, 5.0, 0.01)
    commanded = Curve(times, np.sin(3.0 * times))
    late = Curve(times, np.sin(3.0 * (times - 0.123)))
    still = Curve(times, np.zeros(len(times)))
    assert lag_of([(commanded, late), (still, still)]) == pytest.approx(0.123, abs=2e-3)
    assert lag_of([(commanded, commanded)]) == pytest.approx(0.0)
    assert lag_of([(still, still)]) is lag_of([]) is lag_of([(Curve(), late)]) is None
    assert np.abs(deviation_of(commanded, late).positions).max() == pytest.approx(
        2.0 * math.sin(1.5 * 0.123), rel=0.01)
    assert not len(deviation_of(Curve(), late).times)
