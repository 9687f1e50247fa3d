"""Promises that hold whatever comes in, and every reason to stop, with its way back."""

from dataclasses import replace
import os

from chains import chain_of
from flights import Flight, Violations
from hypothesis import given, HealthCheck, settings, strategies as st
from ik_solver_node.line_plan import plan_lines
from ik_solver_node.motion import Mode, MotionOptions, ProfileKind
from ik_solver_node.motion_limits import motion_limits, MotionDefaults
from ik_solver_node.pilot import HaltedError, Pilot, PilotOptions, Reason, WatchOptions
from ik_solver_node.pose import Pose
from ik_solver_node.profiles import MotionState
from ik_solver_node.target import PointTarget, PoseTarget
from ik_solver_node.tracker import TrackerOptions, Verdict
import numpy as np
import pytest
from robots import OWN_ROBOTS
from singular import turning_past_a_straight_wrist
from transforms3d.axangles import axangle2mat
from urdf_strategies import chains

MANY = int(os.environ.get('IK_SOLVER_FLIGHTS', '1'))
"""How many times as many flights as usual are flown: set it for a long test."""
ROUNDING = 1e-9
DEFAULTS = MotionDefaults(1.0, 0.5, 0.1)
MODES = [Mode.MOVE, Mode.TRACK]


@pytest.fixture(scope='module')
def total():
    """Collect the worst of all flights, and print it in the end."""
    violations = Violations()
    yield violations
    print(f'\nlargest violations: {violations}')


# Promises ----------------------------------------------------------------------------------------


@pytest.mark.parametrize('profile', [ProfileKind.RUCKIG, ProfileKind.TRAPEZOID])
@pytest.mark.parametrize('mode', MODES)
@pytest.mark.parametrize('robot', sorted(OWN_ROBOTS))
def test_no_storm_of_targets_breaks_a_limit(robot, mode, profile, total):
    """Positions, velocities, accelerations and jerks stay inside, and it ends at rest."""
    if profile is ProfileKind.RUCKIG:
        pytest.importorskip('ruckig', reason='ruckig is missing; run "pip install ruckig"')
    for seed in range(MANY):
        flight = Flight(chain_of(robot), mode, profile, seed).storm()
        total.add(flight.violations)
        assert flight.violations.worst < ROUNDING, flight.violations
        assert flight.answers.get('reached', 0) > 10


@settings(max_examples=25 * MANY, deadline=None, derandomize=True,
          suppress_health_check=list(HealthCheck))
@given(chain=chains(most_joints=8), mode=st.sampled_from(MODES), seed=st.integers(0, 1000),
       profile=st.sampled_from([ProfileKind.AUTO, ProfileKind.TRAPEZOID]))
def test_no_robot_breaks_a_limit(chain, mode, seed, profile):
    """Whatever its joints are like."""
    flight = Flight(chain, mode, profile, seed).storm(ticks=300)
    reach = max(1.0, float(np.abs(flight.pilot.state.positions).max()))
    assert flight.violations.worst < ROUNDING * reach, flight.violations


# One flight --------------------------------------------------------------------------------------


def in_arrays(state):
    """Return a state to calculate with."""
    return MotionState(*map(np.array, state))


class Arm:
    """An arm with a pilot and a clock; measured exactly where it is commanded, if at all."""

    def __init__(self, mode=Mode.MOVE, measured=False, **watch):
        self.chain = chain_of('six_axis_arm')
        self.limits = motion_limits(self.chain, DEFAULTS)
        self.options = PilotOptions(motion=MotionOptions(mode=mode), watch=WatchOptions(**watch),
                                    measured_timeout=0.2 if measured else None)
        self.start = self.chain.mid_range() + 0.2
        self.pilot = Pilot(self.chain, self.limits, self.options, self.start)
        self.now, self.measures, self.offset = 0.0, measured, np.zeros(6)
        self.sent = []
        if measured:
            self.measure()

    @property
    def state(self):
        """Where the joints are commanded to be, and how they move, in arrays."""
        return in_arrays(self.pilot.state)

    def pose(self, shift):
        """Return the pose of the tip where all joints are moved by `shift` from the start."""
        return PoseTarget(self.chain.forward_kinematics(self.start + shift))

    def measure(self):
        """Say where the arm is."""
        self.pilot.measure(self.state.positions + self.offset, self.now)

    def fly(self, seconds, until=None):
        """Go on for some time, or until something is so."""
        answer = None
        for _ in range(round(seconds / self.pilot.period)):
            self.now += self.pilot.period
            if self.measures:
                self.measure()
            tick = self.pilot.tick(self.now)
            answer = tick.answer or answer
            if tick.state is not None:
                self.sent.append(in_arrays(tick.state))
            if until is not None and until():
                break
        return answer


def test_a_target_is_reached_in_time_and_the_arm_then_rests():
    """The last command stands still at the solution, and nothing is sent after it."""
    arm = Arm()
    arm.pilot.aim(arm.pose(0.3))
    answer = arm.fly(5.0)
    assert answer.verdict is Verdict.REACHED
    assert arm.pilot.has_arrived
    assert np.abs(arm.state.positions - answer.positions).max() < 1e-9
    assert arm.sent[-1].is_at_rest
    count = len(arm.sent)
    assert 10 < count < 400
    arm.fly(1.0)
    assert len(arm.sent) == count


def test_a_new_target_bends_the_motion():
    """Neither position nor velocity jumps when it comes."""
    arm = Arm()
    arm.pilot.aim(arm.pose(0.6))
    arm.fly(0.4)
    before = arm.state
    assert np.abs(before.velocities).max() > 0.1
    arm.pilot.aim(arm.pose(-0.3))
    arm.fly(0.01)
    after = arm.state
    assert (np.abs(after.velocities - before.velocities)
            <= arm.limits.acceleration * arm.pilot.period * (1.0 + 1e-9)).all()
    arm.fly(10.0)
    assert arm.pilot.has_arrived
    tip = arm.chain.forward_kinematics(arm.state.positions).position
    assert np.linalg.norm(tip - arm.pose(-0.3).pose.position) < 1e-6


@pytest.mark.parametrize('rate', [20.0, 100.0, 500.0])
def test_a_stream_is_followed_without_stutter(rate):
    """The acceleration changes little while the target moves steadily, at any pace it comes."""
    arm = Arm(Mode.TRACK)
    jerks, done = [], 0.0
    for k in range(300):
        while done <= arm.now:
            arm.pilot.aim(arm.pose(0.15 * arm.now))
            done += 1.0 / rate
        before = arm.pilot.state
        arm.fly(arm.pilot.period)
        if k > 100:
            jerks.append(np.abs(arm.state.accelerations - before.accelerations)
                         / arm.pilot.period / arm.limits.jerk)
    assert np.mean(jerks) < 0.15
    lag = arm.start + 0.15 * arm.now - arm.state.positions
    assert 0.0 <= lag.min() and lag.max() < 0.06


@pytest.mark.parametrize('past', [0.0, 1e-4, 1e-3, 5e-3, 0.02, 0.1])
def test_a_stream_leads_past_a_singularity(past):
    """A tip that turns through the place where joints 4 and 6 line up arrives, inside limits."""
    chain = chain_of('six_axis_arm')
    limits = motion_limits(chain, DEFAULTS)
    start, poses = turning_past_a_straight_wrist(chain, past)
    pilot = Pilot(chain, limits, PilotOptions(
        motion=MotionOptions(mode=Mode.TRACK), tracking=TrackerOptions(max_swing=0.02)), start)
    violations, smallest, at = Violations(), [], 0
    while at < len(poses) or not pilot.has_arrived:
        if at < len(poses):
            pilot.aim(poses[at])
        at += 1
        before = pilot.state
        tick = pilot.tick(at * pilot.period)
        if tick.answer is not None:
            assert tick.answer.verdict is Verdict.REACHED
            smallest.append(tick.answer.result.singular_values[-1])
        violations.see(before, pilot.state, limits, pilot.period, True)
        tip = chain.forward_kinematics(pilot.state.positions)
        # No joint is quick enough for the wrist to turn over in no time; the tip waits nearby.
        assert np.linalg.norm(tip.position - poses[0].pose.position) < 0.02
        assert at < 3000
    assert min(smallest) < 0.1 * smallest[0] or past > 0.05
    assert abs(tip.quat_xyzw @ poses[-1].pose.quat_xyzw) > 1.0 - 1e-9
    assert violations.worst < ROUNDING


@pytest.mark.parametrize('kind', ['pose', 'point'])
@pytest.mark.parametrize('robot', ['six_axis_arm', 'seven_axis_arm', 'ur5', 'panda'])
def test_a_target_out_of_reach_is_followed_along_the_boundary_without_shaking(robot, kind):
    """The tip goes along with it, and stands still when it does: 1 mm would be too much."""
    chain = chain_of(robot)
    limits = motion_limits(chain, DEFAULTS)
    start = chain.clip(chain.mid_range() + 0.4)
    home = chain.forward_kinematics(start)
    pilot = Pilot(chain, limits, PilotOptions(
        motion=MotionOptions(mode=Mode.TRACK), tracking=TrackerOptions(
            allow_approximate=True, max_swing=0.02)), start)
    out, tips, verdicts = 3.0 * home.position, [], []
    for k in range(1200):
        part = min(1.0, k / 400)
        turn = axangle2mat([0.0, 0.0, 1.0], 0.4 * np.clip((k - 400) / 300, 0.0, 1.0))
        place = turn @ (home.position + part * (out - home.position))
        pilot.aim(PointTarget(place) if kind == 'point' else PoseTarget(
            Pose(place, home.quat_xyzw)))
        verdicts.append(pilot.tick(k * pilot.period).answer.verdict)
        tips.append(chain.forward_kinematics(pilot.state.positions).position)
    # The arm may still be on its way for a while after the target stands.
    assert np.ptp(tips[-200:], axis=0).max() < 1e-4
    assert Verdict.CLOSEST in verdicts[-200:]
    sideways = np.linalg.norm(np.diff(tips[400:800], axis=0), axis=1).sum()
    assert np.linalg.norm(tips[-1] - tips[400]) > 0.05
    assert sideways < 3.0 * np.linalg.norm(tips[-1] - tips[400])


def test_only_the_newest_target_counts():
    """What came before it in the same period is not solved for."""
    arm = Arm()
    arm.pilot.aim(arm.pose(-0.5))
    arm.pilot.aim(arm.pose(0.1))
    answer = arm.fly(arm.pilot.period)
    assert np.abs(answer.positions - arm.start - 0.1).max() < 1e-3


def test_a_speed_factor_slows_a_motion_down_while_it_lasts():
    """Smoothly, and back again."""
    arm = Arm()
    arm.pilot.aim(arm.pose(1.0))
    arm.fly(0.8)
    fast = np.abs(arm.state.velocities).max()
    slow = replace(arm.options, motion=replace(arm.options.motion, speed=0.2))
    arm.pilot.configure(arm.limits, slow)
    arm.fly(0.8)
    assert np.abs(arm.state.velocities / arm.limits.velocity).max() <= 0.2 + 1e-9
    assert fast > 2.0 * np.abs(arm.state.velocities).max()
    arm.pilot.configure(arm.limits, arm.options)
    arm.fly(10.0)
    assert arm.pilot.has_arrived


def test_coasting_goes_on_as_was_commanded():
    """Period by period, but for what came in meanwhile."""
    one, other = Arm(), Arm()
    for arm in (one, other):
        arm.pilot.aim(arm.pose(0.6))
        arm.fly(0.1)
    one.fly(0.3)
    other.pilot.aim(other.pose(-0.3))
    for _ in range(30):
        other.pilot.coast()
    assert one.pilot.state == other.pilot.state
    assert other.fly(0.01).verdict is Verdict.REACHED


def test_a_solve_does_not_hold_up_the_motion():
    """Its budget is cut to half a period."""
    arm = Arm()
    assert arm.pilot._tracker._near.max_time == pytest.approx(0.005)


# Reasons to stop -------------------------------------------------------------------------------


def assert_braked(arm):
    """Check that the arm stopped inside its limits, and quickly."""
    assert arm.state.is_at_rest
    longest = (arm.limits.velocity / arm.limits.acceleration
               + arm.limits.acceleration / arm.limits.jerk).max()
    moving = [state for state in arm.sent if not state.is_at_rest]
    assert len(moving) * arm.pilot.period < longest + 2.0


def test_an_emergency_stop_acts_within_one_period():
    """It brakes from the next command on, and only resume leads on."""
    arm = Arm()
    arm.pilot.aim(arm.pose(1.0))
    arm.fly(0.5)
    before = np.abs(arm.state.velocities)
    arm.pilot.halt(Reason.STOP, 'stopped by the service stop')
    arm.fly(arm.pilot.period)
    assert (np.abs(arm.state.accelerations - arm.sent[-2].accelerations)
            > 0.5 * arm.limits.jerk * arm.pilot.period)[before > 0.05].all()
    with pytest.raises(HaltedError, match='stopped by the service stop'):
        arm.pilot.aim(arm.pose(0.0))
    arm.fly(3.0)
    assert_braked(arm)
    stood = arm.state.positions
    arm.pilot.resume()
    arm.fly(0.5)
    assert (arm.state.positions == stood).all()  # not by itself
    arm.pilot.aim(arm.pose(0.0))
    arm.fly(5.0)
    assert np.abs(arm.state.positions - arm.start).max() < 1e-3


def test_a_stream_that_ends_stops_the_arm_and_the_next_target_leads_on():
    """Nobody is there any more who could say that it is going well."""
    arm = Arm(Mode.TRACK, stream_timeout=0.2)
    arm.pilot.aim(arm.pose(1.0))
    arm.fly(0.5)
    assert 'no target for 0.2 s' in arm.pilot.reasons[Reason.STREAM]
    arm.fly(2.0)
    assert_braked(arm)
    assert np.abs(arm.state.positions - arm.start - 1.0).max() > 0.1
    arm.pilot.aim(arm.pose(0.1))
    assert arm.fly(0.15).verdict is Verdict.REACHED
    assert Reason.STREAM not in arm.pilot.reasons


def test_measurements_that_end_stop_the_arm_until_they_are_back():
    """It then begins from where it is measured."""
    arm = Arm(measured=True)
    arm.pilot.aim(arm.pose(0.6))
    arm.fly(0.4)
    arm.measures = False
    arm.fly(0.3)
    assert 'measured_timeout' in arm.pilot.reasons[Reason.MEASURED]
    with pytest.raises(HaltedError, match='last measured'):
        arm.pilot.aim(arm.pose(0.0))
    arm.fly(3.0)
    assert_braked(arm)
    arm.offset[:] = 0.01
    arm.measures = True
    arm.fly(0.05)
    assert not arm.pilot.reasons
    arm.pilot.aim(arm.pose(0.0))
    count = len(arm.sent)
    stood = arm.state.positions + 0.01
    arm.offset[:] = 0.0
    arm.fly(0.01)
    assert np.abs(arm.sent[count].positions - stood).max() < 0.011


def test_an_arm_that_does_not_follow_is_stopped_until_resume():
    """It is measured away from all that was commanded lately."""
    arm = Arm(measured=True, max_deviation=0.1)
    arm.pilot.aim(arm.pose(0.8))
    arm.fly(0.4)
    arm.offset[2] = 0.4
    arm.fly(0.02)
    assert 'max_deviation' in arm.pilot.reasons[Reason.DEVIATION]
    assert repr(arm.chain.joint_names[2]) in arm.pilot.reasons[Reason.DEVIATION]
    arm.fly(3.0)
    assert_braked(arm)
    with pytest.raises(HaltedError, match='resume'):
        arm.pilot.aim(arm.pose(0.0))
    arm.pilot.resume()
    measured = arm.state.positions + arm.offset
    arm.pilot.aim(arm.pose(0.0))
    arm.fly(0.01)
    assert np.abs(arm.state.positions - measured).max() < 1e-3


def test_an_arm_that_something_else_stopped_is_not_commanded_to_brake():
    """It begins again from where it is measured, also if it comes to rest elsewhere."""
    arm = Arm(measured=True, max_deviation=0.1)
    arm.pilot.aim(arm.pose(0.8))
    arm.fly(0.4)
    arm.pilot.stand(Reason.CONTROLLER, 'the controller has stopped')
    count = len(arm.sent)
    arm.offset[:] = -0.3  # nothing was commanded that it could be away from
    arm.fly(1.0)
    assert len(arm.sent) == count and arm.pilot.has_arrived
    assert list(arm.pilot.reasons) == [Reason.CONTROLLER]
    with pytest.raises(HaltedError, match='the controller has stopped'):
        arm.pilot.aim(arm.pose(0.0))
    arm.pilot.resume()
    measured = arm.state.positions - 0.3
    arm.pilot.aim(arm.pose(0.0))
    arm.fly(0.01)
    assert np.abs(arm.sent[count].positions - measured).max() < 1e-3


def test_an_arm_that_brakes_can_be_stopped_by_something_else():
    """For the same reason: the rest of the braking is not commanded."""
    arm = Arm()
    arm.pilot.aim(arm.pose(0.8))
    arm.fly(0.4)
    arm.pilot.halt(Reason.CONTROLLER, 'it refuses to change')
    arm.fly(0.02)
    arm.pilot.stand(Reason.CONTROLLER, 'it refuses to brake')
    count = len(arm.sent)
    arm.fly(0.5)
    assert len(arm.sent) == count and arm.pilot.has_arrived


def test_an_arm_that_lags_behind_is_not_stopped():
    """What was commanded half a second ago may be where it is now."""
    arm = Arm(measured=True, max_deviation=0.05)
    arm.measures = False
    past = [arm.state.positions] * 30
    arm.pilot.aim(arm.pose(0.8))
    for _ in range(300):
        arm.fly(arm.pilot.period)
        past.append(arm.state.positions)
        arm.pilot.measure(past[-30], arm.now)
    assert not arm.pilot.reasons and arm.pilot.has_arrived


def test_an_arm_is_not_moved_before_it_is_measured():
    """The target is refused with the reason."""
    arm = Arm(measured=True)
    pilot = Pilot(arm.chain, arm.limits, arm.options, arm.start)
    with pytest.raises(HaltedError, match='not been measured yet'):
        pilot.aim(arm.pose(0.1))


def test_a_joint_measured_outside_its_limits_is_brought_back_gently():
    """The motion begins where it is, and no step of it is a jump."""
    arm = Arm(measured=True)
    outside = arm.state.positions.copy()
    outside[1] = arm.limits.upper[1] + 0.02
    arm.pilot.measure(outside, arm.now)
    arm.pilot.aim(arm.pose(0.0))
    arm.measures = False
    arm.fly(0.19)
    steps = np.diff([outside, *(state.positions for state in arm.sent)], axis=0)
    assert (np.abs(steps) <= arm.limits.velocity * arm.pilot.period).all()
    arm.measures = True
    arm.fly(8.0)
    assert (arm.state.positions <= arm.limits.upper).all()
    assert arm.pilot.has_arrived


def test_after_a_pause_a_motion_begins_where_the_arm_is_measured():
    """Somebody else may have moved it meanwhile."""
    arm = Arm(measured=True)
    arm.pilot.aim(arm.pose(0.1))
    arm.fly(5.0)
    arm.fly(1.0)  # all that was commanded is long ago
    arm.offset[:] = 0.5
    arm.fly(0.1)
    assert not arm.pilot.reasons
    there = arm.state.positions + 0.5
    arm.pilot.aim(arm.pose(0.2))
    arm.fly(0.01)
    assert np.abs(arm.state.positions - there).max() < 1e-3


# Planned motions -------------------------------------------------------------------------------


def lines_from(arm, start):
    """Return a plan of a line of a few centimetres."""
    first = arm.chain.forward_kinematics(start)
    there = Pose(first.position + [0.0, 0.05, 0.03], first.quat_xyzw)
    return plan_lines(arm.chain, [there], start, limits=arm.limits, period=arm.pilot.period)


@pytest.mark.parametrize('mode', MODES)
def test_a_plan_is_followed_to_its_end_and_a_target_leads_on_from_there(mode):
    """In the mode track the want of a stream does not end it."""
    arm = Arm(mode, measured=True)
    plan = lines_from(arm, arm.pilot.begin(arm.now))
    arm.pilot.follow(plan.motion())
    arm.fly(plan.duration)
    assert arm.pilot.has_arrived and not arm.pilot.reasons
    assert (arm.state.positions == plan.states.positions[-1]).all()
    assert [state.positions.tolist() for state in arm.sent] == plan.states.positions[1:].tolist()
    arm.pilot.aim(arm.pose(0.1))
    assert arm.fly(0.1).verdict is Verdict.REACHED


def test_a_plan_begins_only_where_and_when_the_arm_stands():
    """Not on the move, not after a stop, not from elsewhere."""
    arm = Arm(measured=True)
    plan = lines_from(arm, arm.pilot.begin(arm.now))
    arm.pilot.aim(arm.pose(0.3))
    for moving in (lambda: arm.pilot.begin(arm.now), lambda: arm.pilot.follow(plan.motion())):
        with pytest.raises(HaltedError):
            moving()
    arm.fly(5.0)
    with pytest.raises(HaltedError, match='has moved since'):
        arm.pilot.follow(plan.motion())
    arm.pilot.halt(Reason.STOP, 'stopped by hand')
    with pytest.raises(HaltedError, match='stopped by hand'):
        arm.pilot.begin(arm.now)
    arm.pilot.resume()
    arm.offset = np.full(6, 0.02)
    arm.fly(2.0)
    commanded = arm.state.positions
    measured = arm.pilot.begin(arm.now)  # after the pause a motion begins where the arm is
    assert np.abs(measured - commanded - 0.02).max() < 1e-12


def test_a_stop_on_the_lines_keeps_the_limits():
    """And leaves the lines for good."""
    arm = Arm(measured=True)
    plan = lines_from(arm, arm.pilot.begin(arm.now))
    arm.pilot.follow(plan.motion())
    arm.fly(0.5 * plan.duration)
    violations, before = Violations(), arm.pilot.state
    arm.pilot.halt(Reason.STOP, 'stopped by hand')
    while not arm.pilot.has_arrived:
        arm.fly(arm.pilot.period)
        violations.see(before, arm.pilot.state, arm.limits, arm.pilot.period, True)
        before = arm.pilot.state
    assert violations.worst < ROUNDING
    arm.pilot.resume()
    arm.fly(1.0)
    assert (arm.state.positions == before.positions).all()
