"""The referee's look at limits: what keeps them is left alone, and what does not is accused."""

from __future__ import annotations

from collections.abc import Mapping
import math
from pathlib import Path

from ik_solver_node.ros.demo.arm import RefereeArm
from ik_solver_node.ros.demo.judgement import Joints, Strictness, Trajectory
from ik_solver_node.ros.demo.limits import LimitWatch
from ik_solver_node.urdf_file import read_urdf
import numpy as np
import pytest

PLANAR = Path(__file__).resolve().parents[2] / 'urdf' / 'planar_2r.urdf'
"""Joints that go 2.5 and 3 rad/s, so 5 and 6 rad/s^2, the second one to 2.8 rad."""
NOISE = 1e-4


@pytest.fixture
def told() -> list[str]:
    """Return what was complained of."""
    return []


@pytest.fixture
def watch(told: list[str]) -> LimitWatch:
    """Look at the textbook arm."""
    return LimitWatch(RefereeArm(read_urdf(PLANAR)), Strictness(1e-4, 1e-3, noise=NOISE),
                      told.append)


def swing(watch: LimitWatch, amplitude: float, frequency: float) -> None:
    """Measure a swing of the second joint at 100 Hz, `frequency` in [rad/s]."""
    for k in range(200):
        phase = frequency * 0.01 * k
        watch.see_joints(Joints(10_000_000 * k, 0, {
            'joint_1': 0.0, 'joint_2': amplitude * math.sin(phase)}, {
            'joint_1': 0.0, 'joint_2': amplitude * frequency * math.cos(phase)}))


def course(**changes: object) -> Trajectory:
    """Return a trajectory that keeps all limits, but for the `changes`."""
    fields: dict[str, object] = {
        'joints': ('joint_1', 'joint_2'), 'times': np.array([0.1, 0.3, 0.5]),
        'positions': np.array([[0.0, 0.0], [0.1, 0.2], [0.2, 0.4]]),
        'velocities': np.array([[0.5, 1.0], [0.5, 1.0], [0.0, 0.0]]),
        'accelerations': np.array([[4.0, 5.0], [0.0, 0.0], [-4.0, -5.0]])}
    return Trajectory(**{**fields, **changes})  # type: ignore[arg-type]


def test_what_keeps_the_limits_is_left_alone(watch: LimitWatch, told: list[str]) -> None:
    """And the largest values are told as parts of their limits."""
    swing(watch, 0.8, 2.0)
    watch.see_command(course())
    assert not told and watch.is_good
    assert watch.extremes['measured velocity'].share == pytest.approx(1.6 / 3.0)
    assert watch.extremes['measured acceleration'].share == pytest.approx(3.2 / 6.0, rel=0.02)
    assert watch.extremes['commanded velocity'].share == pytest.approx(1.0 / 3.0)
    assert watch.extremes['commanded acceleration'].joint == 'joint_2'
    (_, velocity), (_, acceleration), (_, beyond), (_, held_up) = watch.lines()
    assert held_up.startswith('0 times')
    assert 'measured 53 % of its limit (joint_2)' in velocity
    assert 'commanded 83 % of its limit (joint_2)' in acceleration
    assert beyond == '0 times, in 1 trajectories and 200 joint states'


def test_nothing_seen_is_not_good(watch: LimitWatch) -> None:
    """An arm that nobody commands or measures has kept no limit."""
    assert not watch.is_good
    watch.see_command(course())
    assert not watch.is_good


@pytest.mark.parametrize(('amplitude', 'frequency', 'expected'), [
    (1.6, 2.0, 'measured velocity of joint joint_2 is 3.2, its limit 3'),
    (0.1, 16.0, 'measured acceleration of joint joint_2'),
    (2.802, 1.0, 'measured position: joint joint_2 is at'),
    (math.nan, 1.0, 'measured position: joint joint_2 is at nan')])
def test_measured_joints_beyond_limits(watch: LimitWatch, told: list[str], amplitude: float,
                                       frequency: float, expected: str) -> None:
    """One complaint for each kind and joint, however often it happens."""
    watch.see_command(course())
    swing(watch, amplitude, frequency)
    assert any(text.startswith(expected) for text in told)
    assert len(told) <= 3 and watch.violations > len(told) - 1
    assert not watch.is_good


@pytest.mark.parametrize('is_arm', [True, False])
def test_a_machine_that_was_held_up(watch: LimitWatch, told: list[str], is_arm: bool) -> None:
    """What an arm does when it hears too late of a motion is not held against the node."""
    def leap(begin: float) -> None:
        for k in range(20):
            watch.see_joints(Joints(round(1e9 * begin) + 10_000_000 * k, 0, {'joint_2': 0.0},
                                    {'joint_2': 0.0 if k < 10 else 2.9}))

    watch.see_joints(Joints(1_000_000_000, 0, {'joint_2': 0.0}, {'joint_2': 0.0}))
    if not is_arm:
        watch.see_command(course(age=0.06))
    leap(1.06 if is_arm else 1.01)
    assert not told and watch.delays == 1
    leap(1.26 if is_arm else 1.21)  # the time is over
    assert 'measured acceleration of joint joint_2' in told[0]


def test_noise_is_allowed(watch: LimitWatch, told: list[str]) -> None:
    """A joint at its limit may be measured a little beyond."""
    for beyond, count in ((5.0 * NOISE, 0), (7.0 * NOISE, 1)):
        watch.see_joints(Joints(1, 0, {'joint_2': 2.8 + beyond}, {'joint_2': 0.0}))
        assert len(told) == count


@pytest.mark.parametrize('velocities', [{}, {'joint_1': 0.0}])
def test_velocities_must_be_told(watch: LimitWatch, told: list[str],
                                 velocities: Mapping[str, float]) -> None:
    """Without them nothing can be said of limits."""
    watch.see_joints(Joints(1, 0, {'joint_1': 0.0, 'joint_2': 0.0}, velocities))
    assert told == ['measured velocity: joint_states do not tell all velocities']
    assert not watch.is_good


@pytest.mark.parametrize(('changes', 'expected'), [
    ({'times': np.array([0.1, 0.1, 0.5])}, 'not in order'),
    ({'positions': np.array([[0.0, 2.7], [0.1, 2.75], [0.2, 2.81]])},
     'commanded position: joint joint_2 is at 2.81'),
    ({'positions': np.array([[0.0, 0.0], [0.1, 0.2], [0.2, 1.0]])},
     'commanded velocity of joint joint_2 is 4'),
    ({'velocities': np.array([[0.5, 1.0], [0.5, 3.1], [0.0, 0.0]])},
     'commanded velocity of joint joint_2 is 3.1'),
    ({'accelerations': np.array([[4.0, 5.0], [0.0, -6.1], [0.0, 0.0]])},
     'commanded acceleration of joint joint_2 is 6.1'),
    ({'velocities': np.array([[0.5, 1.0], [0.5, math.nan], [0.0, 0.0]])},
     'commanded velocity of joint joint_2 is nan'),
    ({'velocities': np.array([[0.5, 1.0], [0.5, 1.0], [0.1, 0.0]])}, 'does not end at rest'),
    ({'joints': ('joint_1', 'knee'), 'accelerations': np.zeros((0, 2))},
     'the URDF has no joint knee')])
def test_commands_beyond_limits(watch: LimitWatch, told: list[str], changes: dict[str, object],
                                expected: str) -> None:
    """Each waypoint counts, and the way between two."""
    watch.see_joints(Joints(1, 0, {'joint_1': 0.0}, {'joint_1': 0.0}))
    watch.see_command(course(**changes))
    complaint, *others = told
    assert expected in complaint and not others
    assert not watch.is_good


def test_commands_without_velocities(watch: LimitWatch, told: list[str]) -> None:
    """What is not told is not held against a trajectory; the ways between waypoints are."""
    nothing = np.zeros((0, 2))
    watch.see_command(course(velocities=nothing, accelerations=nothing))
    assert not told
    watch.see_command(course(velocities=nothing, accelerations=nothing,
                             times=np.array([0.1, 0.15, 0.2])))
    assert told[0].startswith('commanded velocity of joint joint_2 is 4')
