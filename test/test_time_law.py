"""The motion along a joint path: inside the limits, on the path, and not slower than need be."""

from hypothesis import given, settings, strategies as st
from ik_solver_node.motion_limits import MotionLimits
from ik_solver_node.time_law import JointCurve, states_along
import numpy as np
import pytest

ROUNDING = 1e-9


def limits_like(n, velocity=1.0, acceleration=2.0, jerk=20.0):
    """Return the same limits for n joints that may be anywhere."""
    ones = np.ones(n)
    return MotionLimits(-np.inf * ones, np.inf * ones, velocity * ones, acceleration * ones,
                        jerk * ones)


def excess_of(states, limits, period):
    """Return by how much the worst limit is broken, as a part of it."""
    shares = [np.abs(np.diff(states.positions, axis=0)) / (period * limits.velocity),
              np.abs(states.velocities) / limits.velocity,
              np.abs(np.diff(states.velocities, axis=0)) / (period * limits.acceleration),
              np.abs(states.accelerations) / limits.acceleration,
              np.abs(np.diff(states.accelerations, axis=0)) / (period * limits.jerk)]
    return max(float(share.max()) for share in shares) - 1.0


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.001, 0.004, 0.01, 0.05]))
def test_no_path_breaks_a_limit(seed, period):
    """Whatever its shape, its length and the limits."""
    rng = np.random.default_rng(seed)
    count, n = int(rng.integers(2, 80)), int(rng.integers(1, 8))
    places = rng.uniform(-0.2, 0.2, n) + np.cumsum(
        rng.normal(size=(count, n)) * 10.0 ** rng.uniform(-4, -1), axis=0)
    curve = JointCurve(places, 10.0 ** rng.uniform(-3, 0))
    ones = np.ones(n)
    velocity = rng.uniform(0.2, 3.0, n)
    acceleration = velocity / rng.uniform(0.05, 1.0)
    limits = MotionLimits(-np.inf * ones, np.inf * ones, velocity, acceleration,
                          acceleration / rng.uniform(0.02, 0.3))
    states, where = states_along(curve, limits, period)
    assert excess_of(states, limits, period) < ROUNDING
    assert np.abs(states.positions[0] - places[0]).max() < 1e-12
    assert np.abs(states.positions[-1] - places[-1]).max() < 1e-12
    for values in (states.velocities, states.accelerations):
        assert not values[[0, -1]].any()
    assert (np.diff(where) >= 0.0).all()


def test_a_path_inside_the_limits_is_passed_at_its_own_pace():
    """Apart from setting off and arriving."""
    places = np.linspace([0.0, 0.0], [1.0, -0.5], 101)
    states, where = states_along(JointCurve(places, 0.04), limits_like(2), 0.01)
    assert np.diff(where).max() / 0.01 == pytest.approx(1.0, abs=1e-9)
    # A quarter of the velocity is there after 0.125 s, and the jerk takes 0.1 s more.
    assert 4.0 < 0.01 * len(where) < 4.3


def test_a_path_is_passed_as_fast_as_the_limits_allow():
    """A straight way of one joint takes little longer than the shortest time there is."""
    places = np.linspace([0.0], [2.0], 401)
    states, where = states_along(JointCurve(places, 1e-3), limits_like(1), 0.01)
    best = 2.0 / 1.0 + 1.0 / 2.0 + 2.0 / 20.0  # way / v + v / a + a / j
    assert best <= 0.01 * (len(where) - 1) < best + 0.1
    assert np.abs(states.velocities).max() > 0.99


def test_only_what_is_difficult_is_slow():
    """A kink in the middle does not slow down the rest."""
    angle = np.linspace(-1.0, 1.0, 400)
    places = np.stack([angle, 0.2 * np.tanh(angle / 0.01)], axis=1)
    curve = JointCurve(places, 0.01)
    states, where = states_along(curve, limits_like(2), 0.01)
    rates = np.diff(where) / 0.01
    middle = np.abs(where[:-1] - 0.5 * curve.end) < 0.1
    assert excess_of(states, limits_like(2), 0.01) < ROUNDING
    assert rates[middle].min() < 0.2
    assert np.median(rates[~middle]) > 0.9


def test_joints_stay_between_the_places_of_the_path():
    """A path inside limits of positions stays inside, however it turns there."""
    rng = np.random.default_rng(3)
    places = rng.choice([-1.0, 1.0], size=(60, 4))
    curve = JointCurve(places, 0.1)
    positions, _, _ = curve.at(np.linspace(0.0, curve.end, 5000))
    assert np.abs(positions).max() <= 1.0 + 1e-12


def test_derivatives_are_those_of_the_curve():
    """Compared with finite differences, and continuous."""
    rng = np.random.default_rng(1)
    curve = JointCurve(np.cumsum(rng.normal(size=(20, 3)), axis=0), 0.3)
    where = rng.uniform(0.01, curve.end - 0.01, 50)
    _, slopes, bends = curve.at(where)
    h = 1e-5
    before, here, after = (curve.at(where + off)[0] for off in (-h, 0.0, h))
    assert np.abs((after - before) / (2 * h) - slopes).max() < 1e-6
    assert np.abs((after - 2 * here + before) / h ** 2 - bends).max() < 1e-3
    for k in range(1, 19):
        for left, right in zip(curve.at(np.array([k * 0.3 - 1e-12])),
                               curve.at(np.array([k * 0.3 + 1e-12]))):
            assert np.abs(left - right).max() < 1e-8


def test_a_joint_that_does_not_move_does_not_matter():
    """Nor does a path that does not move at all take time."""
    still = np.zeros((10, 2))
    states, where = states_along(JointCurve(still, 0.1), limits_like(2), 0.01)
    assert not states.positions.any() and not states.velocities.any()
    assert where[-1] == pytest.approx(0.9)
