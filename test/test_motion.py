"""Motions keep to their limits from state to state, and streams of goals become steady."""

import sys

from ik_solver_node.exceptions import InvalidPoseError, MissingDependencyError, OptionsError
from ik_solver_node.motion import GoalStream, Motion, MotionOptions, ProfileKind, SPLICE
from ik_solver_node.motion_limits import MotionLimits
from ik_solver_node.profiles import at_rest, fastest, RuckigProfile, TrapezoidProfile
import numpy as np
import pytest

PERIOD = 0.01
LIMITS = MotionLimits([-1.0, -2.0], [1.0, 2.0], [1.0, 2.0], [4.0, 4.0], [40.0, 40.0])
KINDS = [ProfileKind.RUCKIG, ProfileKind.TRAPEZOID]


def motion_of(kind, limits=LIMITS):
    """Return a motion, or skip the test."""
    if kind is ProfileKind.RUCKIG:
        pytest.importorskip('ruckig', reason='ruckig is missing; run "pip install ruckig"')
    motion = Motion(limits, PERIOD, kind)
    motion.start(np.zeros(len(limits.lower)))
    return motion


def run(motion, count=1000):
    """Return the states until the motion has arrived, at most so many."""
    states = [motion.state]
    while not motion.has_arrived and len(states) <= count:
        states.append(motion.step())
    return states


@pytest.mark.parametrize('kind', KINDS)
def test_a_motion_takes_as_long_as_its_limits_say(kind):
    """A ramp up, a stretch at full velocity, a ramp down."""
    motion = motion_of(kind)
    motion.go_to([0.9, 0.0])
    states = run(motion)
    expected = 0.9 / 1.0 + 1.0 / 4.0 + (4.0 / 40.0 if kind is ProfileKind.RUCKIG else 0.0)
    assert len(states) * PERIOD == pytest.approx(expected, abs=0.05)
    assert max(state.velocities[0] for state in states) == pytest.approx(1.0)
    assert states[-1].positions == pytest.approx([0.9, 0.0], abs=1e-9)


@pytest.mark.parametrize('kind', KINDS)
def test_a_goal_outside_is_moved_inside(kind):
    """To the limit, which is not passed on the way."""
    motion = motion_of(kind)
    motion.go_to([9.0, -9.0])
    states = run(motion)
    assert states[-1].positions == pytest.approx([1.0, -2.0], abs=1e-9)
    assert max(state.positions[0] for state in states) <= 1.0


@pytest.mark.parametrize('kind', KINDS)
def test_a_motion_that_begins_outside_leads_inside(kind):
    """By no step that is longer than a limit allows."""
    motion = motion_of(kind)
    motion.start([1.2, 0.0])
    states = run(motion)
    steps = np.abs(np.diff([state.positions for state in states], axis=0))
    assert (steps <= LIMITS.velocity * PERIOD * (1.0 + 1e-9)).all()
    assert states[0].positions[0] == 1.2
    assert motion.state.positions[0] == pytest.approx(1.0)


@pytest.mark.parametrize('kind', KINDS)
def test_a_motion_that_begins_in_flight_comes_to_rest(kind):
    """Where it began, without a jump; what was measured too fast is taken as the limit."""
    motion = motion_of(kind)
    motion.start([0.0, 0.0], [0.5, 99.0])
    assert motion.state.velocities == [0.5, 2.0]
    states = run(motion)
    assert max(state.positions[0] for state in states) > 0.02
    assert np.abs(motion.state.positions).max() < 1e-9


@pytest.mark.parametrize('kind', KINDS)
def test_less_acceleration_counts_from_the_next_rest_on(kind):
    """An arm in flight keeps what it was to brake with; less velocity counts at once."""
    motion = motion_of(kind)
    motion.go_to([0.99, 1.9])
    for _ in range(60):
        motion.step()
    lazy = MotionLimits(LIMITS.lower, LIMITS.upper, 0.5 * LIMITS.velocity,
                        0.01 * LIMITS.acceleration, 0.01 * LIMITS.jerk)
    motion.limit(lazy, 1.0)
    states = run(motion)
    assert len(states) < 400
    assert max(state.positions[0] for state in states) <= 1.0
    assert (np.abs(states[40].velocities) <= lazy.velocity + 1e-9).all()
    motion.go_to([0.5, 1.9])
    states = run(motion, 300)
    assert max(np.abs(state.accelerations[0]) for state in states) <= 0.04 + 1e-9


@pytest.mark.parametrize('kind', KINDS)
def test_other_limits_do_not_lead_on_after_a_stop(kind):
    """Only a goal does."""
    motion = motion_of(kind)
    motion.go_to([0.9, 0.9])
    for _ in range(30):
        motion.step()
    motion.limit(LIMITS, 0.5)
    motion.stop()
    run(motion)
    stood = motion.state.positions
    motion.limit(MotionLimits(LIMITS.lower, LIMITS.upper, LIMITS.velocity, LIMITS.acceleration,
                              0.5 * LIMITS.jerk), 1.0)
    for _ in range(50):
        assert motion.step().positions is stood
    assert motion.has_arrived


@pytest.mark.parametrize('kind', KINDS)
@pytest.mark.parametrize('period', [0.01, 0.004, 0.03])
def test_a_course_is_the_way_that_the_motion_goes(kind, period):
    """Else a controller that was told it once would be elsewhere when it is told the next."""
    random = np.random.default_rng(0)
    limits = MotionLimits(*(sign * np.full(7, size) for sign, size in (
        (-1, 2.0), (1, 2.0), (1, 2.0), (1, 4.0), (1, 40.0))))
    motion_of(kind)
    for _ in range(10):
        motion = Motion(limits, period, kind)
        motion.start(random.uniform(-1.5, 1.5, 7))
        motion.go_to(random.uniform(-1.5, 1.5, 7))
        for _ in range(random.integers(1, 20)):  # on the move, too, where it is bent
            motion.step()
        motion.go_to(random.uniform(-1.5, 1.5, 7))
        motion.step()
        course = motion.course(brakes=False)
        states = run(motion, 2000)
        times = period * np.arange(1, len(states) + 1)
        for joint in range(7):
            way = np.interp([time for time, _ in course], times,
                            [state.positions[joint] for state in states])
            told = [state.positions[joint] for _, state in course]
            np.testing.assert_allclose(told, way, atol=8.0 * period**2)  # it is curved


def test_a_motion_that_is_nowhere_is_refused():
    """What is not finite goes no further."""
    motion = motion_of(ProfileKind.TRAPEZOID)
    for call in (motion.start, motion.go_to):
        for wrong in ([np.nan, 0.0], [np.inf, 0.0], [0.0], 'there', None):
            with pytest.raises(InvalidPoseError):
                call(wrong)
    assert motion.state.is_at_rest


def test_a_swing_past_a_limit_is_not_taken():
    """A joint that waits for another one must not swing out for it."""
    pytest.importorskip('ruckig', reason='ruckig is missing; run "pip install ruckig"')
    profile, rng = RuckigProfile(2, PERIOD), np.random.default_rng(5)
    limits = MotionLimits([-0.1, -2.0], [0.1, 2.0], [1.0, 1.0], [2.0, 1.0], [10.0, 5.0])
    state, goal = at_rest([0.0, 0.0]), [0.0, 0.0]
    for k in range(20000):
        if k % 7 == 0:
            goal = rng.uniform(limits.lower, limits.upper).tolist()
        state = profile.towards(state, goal, limits)
        assert (state.positions >= limits.lower).all() and (state.positions <= limits.upper).all()


def test_the_fastest_velocity_stops_just_at_the_goal():
    """Counted out period by period."""
    for distance in (0.3, 0.7, 1.0, 2.5, 3.0, 10.0, 123.4):
        velocity = float(fastest(np.array([distance]), np.array([1.0]))[0])
        left, way = velocity, 0.0
        while left > 1e-12:
            way += left
            left -= 1.0
        assert way == pytest.approx(distance)


def test_without_ruckig_there_is_a_simpler_motion_and_a_sentence(monkeypatch):
    """Unless ruckig is asked for by name."""
    monkeypatch.setitem(sys.modules, 'ruckig', None)
    motion = Motion(LIMITS, PERIOD)
    assert 'pip install ruckig' in motion.without_ruckig
    assert isinstance(motion._profile, TrapezoidProfile)
    with pytest.raises(MissingDependencyError, match='ruckig is not installed'):
        Motion(LIMITS, PERIOD, ProfileKind.RUCKIG)
    assert Motion(LIMITS, PERIOD, ProfileKind.TRAPEZOID).without_ruckig == ''


@pytest.mark.parametrize('change', [
    {'mode': 'fly'}, {'rate': 0.0}, {'rate': 2000.0}, {'speed': 0.0}, {'speed': 1.1},
    {'profile': 'spline'}, {'default_velocity': np.nan}, {'joint_limits_file': 3}])
def test_options_that_make_no_sense_are_refused(change):
    """With the name of the option."""
    with pytest.raises(OptionsError, match=next(iter(change))):
        MotionOptions(**change)


# Planned motions -------------------------------------------------------------------------------


def planned(count=200):
    """Return a motion that another one has made, from rest at zero to rest."""
    maker = motion_of(ProfileKind.TRAPEZOID)
    maker.go_to([0.8, -1.5])
    return run(maker, count)


@pytest.mark.parametrize('kind', KINDS)
def test_a_planned_motion_is_gone_through_state_by_state(kind):
    """And then the arm stays at its end."""
    plan, motion = planned(), motion_of(kind)
    motion.follow(plan[1:])
    assert motion.is_planned and not motion.has_arrived
    states = run(motion)
    assert [state.positions for state in states] == [state.positions for state in plan]
    assert motion.has_arrived and not motion.is_planned
    assert motion.step() is motion.state


@pytest.mark.parametrize('ends', ['stop', 'go_to'])
@pytest.mark.parametrize('kind', KINDS)
def test_a_planned_motion_ends_when_something_else_is_wanted(kind, ends):
    """Smoothly, from wherever it is."""
    plan, motion = planned(), motion_of(kind)
    motion.follow(plan[1:])
    for _ in range(len(plan) // 2):
        motion.step()
    before = motion.state
    assert np.abs(before.velocities).max() > 0.5
    if ends == 'stop':
        motion.stop()
    else:
        motion.go_to([-0.5, 0.5])
    states = [before, *run(motion)[1:]]
    changes = np.abs(np.diff([state.velocities for state in states], axis=0))
    assert (changes <= LIMITS.acceleration * PERIOD * (1.0 + 1e-9)).all()
    assert motion.has_arrived
    if ends == 'go_to':
        assert motion.state.positions == pytest.approx([-0.5, 0.5], abs=1e-9)


@pytest.mark.parametrize('brakes', [False, True])
def test_the_course_of_a_planned_motion_is_the_plan(brakes):
    """Some of its states, at their times, the last one at rest; in every mode."""
    plan, motion = planned(), motion_of(ProfileKind.TRAPEZOID)
    motion.follow(plan[1:])
    motion.step()
    course = motion.course(brakes)
    assert course[0].time == pytest.approx(SPLICE + PERIOD)
    for time, state in course:
        # The present state, plan[1], is that of a period from now.
        assert state.positions == plan[round(time / PERIOD)].positions
    assert course[-1].state is plan[-1] and course[-1].state.is_at_rest
    assert all(0.0 < b.time - a.time <= 0.03 for a, b in zip(course, course[1:]))
    while not motion.has_arrived:
        last = motion.course(brakes)
        motion.step()
    assert len(last) == 1 and last[0].state.is_at_rest


# Streams -----------------------------------------------------------------------------------------


def test_goals_that_come_now_and_then_are_spread_evenly():
    """Each period gets its share of the way."""
    stream, goals = GoalStream(PERIOD), []
    for k in range(200):
        if k % 5 == 0:
            stream.add(np.array([0.1 * k]), k * PERIOD)
        goals.append(stream.advance()[0])
    steps = np.diff(goals[50:])
    assert steps.min() > 0.08 and steps.max() < 0.12


def test_goals_that_come_with_the_periods_count_at_once():
    """Without delay."""
    stream = GoalStream(PERIOD)
    for k in range(50):
        stream.add(np.array([0.1 * k]), k * PERIOD)
        assert stream.advance()[0] == pytest.approx(0.1 * k)


def test_the_first_goal_and_the_one_after_a_pause_count_at_once():
    """There is nothing to spread them over."""
    stream = GoalStream(PERIOD)
    assert stream.advance() == []
    stream.add(np.array([1.0]), 0.0)
    assert stream.advance()[0] == 1.0
    stream.add(np.array([2.0]), 0.1)
    assert stream.advance()[0] < 2.0
    stream.add(np.array([5.0]), 9.0)
    assert stream.advance()[0] == 5.0
    stream.reset()
    assert stream.advance() == []


def test_a_clock_that_goes_back_begins_a_new_stream():
    """Times are only ever taken as differences."""
    stream = GoalStream(PERIOD)
    stream.add(np.array([1.0]), 10.0)
    stream.advance()
    stream.add(np.array([3.0]), 5.0)
    assert stream.advance()[0] == 3.0
