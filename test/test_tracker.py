"""The tracker: a stream of targets becomes joint positions an arm can follow."""

import copy

from chains import chain_of
from hypothesis import given, settings, strategies as st
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import InvalidPoseError, OptionsError
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import DirectionTarget, PointTarget, PoseTarget
from ik_solver_node.tracker import PoseTracker, TrackerOptions, Verdict
import numpy as np
import pytest
from singular import turning_past_a_straight_wrist

PATIENT = SolverOptions(max_time=60.0)


@pytest.fixture(scope='module')
def arm():
    """Return our six-axis arm."""
    return chain_of('six_axis_arm')


@pytest.fixture(scope='module')
def plane():
    """Return the arm of two joints in the plane, 0.5 m and 0.4 m long."""
    return chain_of('planar_2r')


def test_a_slow_target_moves_the_joints_slowly(arm):
    """Along a path that moves no joint by more than 0.02 rad a step, no answer jumps."""
    tracker = PoseTracker(arm, PATIENT)
    start = arm.clip(arm.mid_range() + [0.3, 0.4, -0.3, 0.5, 0.8, 0.2])
    tracker.reset(start)
    for t in np.linspace(0.0, 2.0 * np.pi, 400):
        q = start + 0.4 * np.array([np.sin(t), np.sin(2 * t), np.sin(t), 0.5 * np.sin(t),
                                    0.3 * np.sin(2 * t), np.sin(t)])
        before = tracker.positions
        answer = tracker.track(PoseTarget(arm.forward_kinematics(q)))
        assert answer.verdict is Verdict.REACHED
        assert np.abs(answer.positions - before).max() == answer.joint_step < 0.1


def test_the_first_seed_is_the_measured_state(plane):
    """The elbow stays on the side where the arm really is."""
    target = PointTarget(plane.forward_kinematics([0.3, 0.9]).position)
    for elbow in (1.0, -1.0):
        answer = PoseTracker(plane, PATIENT).track(target, [0.3, elbow])
        assert np.sign(answer.positions[1]) == elbow


def test_later_seeds_are_what_was_accepted(plane):
    """A measured state that lags or is noisy does not disturb the stream."""
    tracker = PoseTracker(plane, PATIENT)
    target = PointTarget(plane.forward_kinematics([0.3, 0.9]).position)
    first = tracker.track(target, [0.3, 1.0])
    again = tracker.track(target, [0.3, -1.0])
    assert again.positions.tolist() == first.positions.tolist()
    assert again.joint_step == 0.0


def test_a_flip_for_a_small_motion_is_refused_and_the_arm_stays():
    """When the branch the arm is on ends at a limit, the other branch is not taken."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    tracker = PoseTracker(chain, PATIENT, TrackerOptions(near=0.1))
    tracker.reset([0.49, -0.9])
    start = tracker.track(PointTarget(chain.forward_kinematics([0.49, -0.9]).position))
    free = chain_of('planar_2r')
    beyond = PointTarget(free.forward_kinematics([0.55, -0.9]).position)
    answer = tracker.track(beyond)
    assert answer.verdict is Verdict.WOULD_JUMP
    assert answer.positions is None and not answer.accepted
    assert answer.joint_step > 0.5
    assert tracker.positions.tolist() == start.positions.tolist()
    assert 'moves joint_2 by' in answer.sentence


def test_a_far_target_may_take_another_posture():
    """A target that is far from the last one is a new motion."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    tracker = PoseTracker(chain, PATIENT, TrackerOptions(near=0.01))
    tracker.reset([0.49, -0.9])
    tracker.track(PointTarget(chain.forward_kinematics([0.49, -0.9]).position))
    free = chain_of('planar_2r')
    answer = tracker.track(PointTarget(free.forward_kinematics([0.55, -0.9]).position))
    assert answer.verdict is Verdict.REACHED
    assert answer.joint_step > 0.5


def test_a_stream_that_creeps_past_a_limit_is_held_until_it_leaps():
    """However far it creeps, it is the same motion; after a leap the arm may turn over."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    free = chain_of('planar_2r')
    tracker = PoseTracker(chain, PATIENT)
    tracker.reset([0.4, -0.9])
    verdicts = []
    for angle in np.arange(0.4, 0.8, 0.002):
        before = tracker.positions
        target = PointTarget(free.forward_kinematics([angle, -0.9]).position)
        answer = tracker.track(target)
        verdicts.append(answer.verdict)
        if answer.accepted and len(verdicts) > 1:
            assert np.abs(answer.positions - before).max() < 0.1
    assert verdicts[-1] is Verdict.WOULD_JUMP
    tracker.track(PointTarget([5.0, 0.0, 0.0]))  # a leap counts even if it leads nowhere
    assert tracker.track(target).verdict is Verdict.REACHED


@pytest.mark.parametrize('disturb', [
    lambda tracker: tracker.track(PointTarget([5.0, 0.0, 0.0])),
    lambda tracker: tracker.track(PoseTarget(Pose([0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]))),
    lambda tracker: tracker.reset(tracker.positions),
], ids=['outlier', 'other kind', 'reset'])
def test_nothing_makes_the_arm_turn_over_for_a_target_near_its_tip(disturb):
    """An outlier or a new start do not disarm the guard."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    tracker = PoseTracker(chain, SolverOptions(max_time=60.0, max_restarts=20, relax='none'))
    tracker.reset([0.49, -0.9])
    near = PointTarget(chain_of('planar_2r').forward_kinematics([0.52, -0.9]).position)
    assert tracker.track(near).verdict is Verdict.WOULD_JUMP
    disturb(tracker)
    assert tracker.track(near).verdict is Verdict.WOULD_JUMP


def test_a_held_first_target_is_no_leave_to_jump_later():
    """A stream that creeps away from where it was held has never leapt."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    free = chain_of('planar_2r')
    tracker = PoseTracker(chain, PATIENT)
    tracker.reset([0.49, -0.9])
    for angle in np.arange(0.52, 0.8, 0.001):
        answer = tracker.track(PointTarget(free.forward_kinematics([angle, -0.9]).position))
        assert answer.verdict is Verdict.WOULD_JUMP
    assert tracker.positions.tolist() == [0.49, -0.9]


def test_the_first_target_is_judged_from_where_the_joints_are_measured():
    """A target at the tip that asks for a flip is refused, whoever knows where the arm is."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    free = chain_of('planar_2r')
    tracker = PoseTracker(chain, PATIENT)
    near = PointTarget(free.forward_kinematics([0.51, -0.9]).position)
    assert tracker.track(near, measured=[0.49, -0.9]).verdict is Verdict.WOULD_JUMP
    assert tracker.track(near, measured=[0.48, -0.8]).verdict is not Verdict.REACHED
    assert tracker.positions.tolist() == [0.48, -0.8]


@pytest.mark.parametrize('target', [
    lambda pose: PoseTarget(pose, free=['rz'], frame='base'),
    lambda pose: DirectionTarget(pose.rotation()[:, 2], position=pose.position,
                                 tool=Pose.from_rpy([0, 0, 0], [1.2, 0, 0]))])
def test_a_turn_of_what_counts_is_a_leap(arm, target):
    """Also where it does not show in the direction that is asked for."""
    q = arm.clip(arm.mid_range() + [0.1, 0.3, -0.2, 0.2, 0.7, 0.0])
    pose = arm.forward_kinematics(q)
    tracker = PoseTracker(arm, PATIENT)
    tracker.reset(q)
    tracker.track(target(pose))
    other = Pose(pose.position, Pose.from_rpy([0, 0, 0], [1.5, 0.4, 0.0]).quat_xyzw)
    leap = tracker.track(target(other))
    assert leap.verdict is not Verdict.WOULD_JUMP


def test_a_bare_pose_is_a_full_target_again_and_again(arm):
    """As it is for `solve`."""
    tracker = PoseTracker(arm, PATIENT)
    pose = arm.forward_kinematics(arm.mid_range() + [0.1, 0.3, -0.2, 0.2, 0.7, 0.0])
    assert [tracker.track(pose).verdict for _ in range(3)] == [Verdict.REACHED] * 3


@pytest.mark.parametrize('target', [None, 3, 'here', [0.3, 0.1, 0.4]])
def test_what_is_no_target_is_refused_and_nothing_is_lost(arm, target):
    """The sentence says what a target is; the stream goes on as before."""
    tracker = PoseTracker(arm, PATIENT)
    pose = arm.forward_kinematics(arm.mid_range() + [0.1, 0.3, -0.2, 0.2, 0.7, 0.0])
    kept = tracker.track(pose).positions
    with pytest.raises(InvalidPoseError, match='target must be a Pose or one of PoseTarget'):
        tracker.track(target)
    assert tracker.track(pose).positions.tolist() == kept.tolist()


def test_a_measured_state_that_is_none_is_refused(arm):
    """By its name."""
    with pytest.raises(InvalidPoseError, match='measured must be finite'):
        PoseTracker(arm, PATIENT).track(Pose.identity(), measured=[np.nan] * 6)


def test_the_step_of_a_mimic_joint_counts():
    """A joint that is followed a hundred times as far may move a hundredth of the step."""
    urdf = """<robot name="r"><link name="a"/><link name="b"/><link name="c"/>
      <joint name="slow" type="continuous"><parent link="a"/><child link="b"/>
        <axis xyz="0 0 1"/></joint>
      <joint name="fast" type="continuous"><parent link="b"/><child link="c"/>
        <origin xyz="1 0 0"/><axis xyz="0 0 1"/><mimic joint="slow" multiplier="100"/></joint>
      </robot>"""
    tracker = PoseTracker(KinematicChain.from_model(parse_urdf(urdf)), PATIENT)
    tracker.reset([0.0])
    tracker.track(PointTarget([1.0, 0.0, 0.0]))
    answer = tracker.track(PointTarget([np.cos(0.01), np.sin(0.01), 0.0]))
    assert answer.joint_step == pytest.approx(1.0, abs=1e-3)
    assert answer.verdict is Verdict.WOULD_JUMP


def test_a_held_arm_is_picked_up_where_it_waits():
    """A stream that comes back is followed again."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    free = chain_of('planar_2r')
    tracker = PoseTracker(chain, PATIENT)
    tracker.reset([0.4, -0.9])
    angles = np.concatenate([np.arange(0.4, 0.6, 0.01), np.arange(0.6, 0.4, -0.01)])
    answers = [tracker.track(PointTarget(free.forward_kinematics([angle, -0.9]).position))
               for angle in angles]
    assert any(not answer.accepted for answer in answers)
    assert answers[-1].accepted


def test_a_held_stream_is_searched_for_only_where_it_moved_on():
    """To search for every target would keep a core busy, and find the same."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    free = chain_of('planar_2r')
    tracker = PoseTracker(chain, PATIENT)
    tracker.reset([0.4, -0.9])
    answers = [tracker.track(PointTarget(free.forward_kinematics([angle, -0.9]).position))
               for angle in np.arange(0.4, 0.8, 0.001)]
    held = [answer for answer in answers if not answer.accepted]
    assert {answer.verdict for answer in held} == {Verdict.WOULD_JUMP}
    searches = sum(answer.result.elapsed > 0.0 for answer in held)
    assert 2 < searches < 0.1 * len(held)


def test_a_pose_after_a_point_at_the_same_place_is_a_new_motion(arm):
    """To turn the tip where it is may need any motion."""
    q = arm.clip(arm.mid_range() + [0.1, 0.3, -0.2, 0.2, 0.7, 0.0])
    pose = arm.forward_kinematics(q + [0, 0, 0, 0, 0, 2.0])
    tracker = PoseTracker(arm, PATIENT)
    tracker.reset(q)
    assert tracker.track(PointTarget(pose.position)).accepted
    assert tracker.track(PoseTarget(pose)).verdict is Verdict.REACHED


@pytest.mark.parametrize('before, after', [
    (lambda pose: PoseTarget(pose, orientation_tolerance=3.0), PoseTarget),
    (lambda pose: PoseTarget(pose, free=['rx', 'ry', 'rz']), PoseTarget),
    (lambda pose: PoseTarget(pose, tool=Pose.from_rpy([0, 0, 0.3], [0, 0, 0])), PoseTarget),
    (lambda pose: DirectionTarget(pose.rotation()[:, 2], axis=[0, 0, 1], position=pose.position),
     lambda pose: DirectionTarget(pose.rotation()[:, 2], axis=[1, 0, 0], position=pose.position)),
], ids=['tolerance', 'free', 'tool', 'axis'])
def test_who_asks_for_something_else_begins_a_new_motion(arm, before, after):
    """Although the pose stays, the arm may move as far as that needs."""
    q = arm.clip(arm.mid_range() + [0.1, 0.3, -0.2, 0.2, 0.7, 0.0])
    pose = arm.forward_kinematics(q)
    tracker = PoseTracker(arm, PATIENT)
    tracker.reset(arm.clip(q + [0.0, 0.0, 0.0, 0.0, 0.0, 2.0]))
    assert tracker.track(before(pose)).accepted
    answer = tracker.track(after(pose))
    assert answer.verdict is Verdict.REACHED
    assert answer.joint_step > TrackerOptions().max_joint_step


def test_a_target_beyond_all_numbers_is_not_approached(plane):
    """Nothing is close to what overflows."""
    tracker = PoseTracker(plane, PATIENT, TrackerOptions(allow_approximate=True))
    tracker.reset([0.2, 0.3])
    answer = tracker.track(PointTarget([1e200, 0.0, 0.0]))
    assert answer.verdict is Verdict.NOT_REACHED
    assert tracker.positions.tolist() == [0.2, 0.3]


def test_a_turn_on_the_spot_counts_as_motion(arm):
    """A pose that turns by much is a far target although its position stays."""
    tracker = PoseTracker(arm, PATIENT, TrackerOptions(near=0.1))
    q = arm.clip(arm.mid_range() + [0.1, 0.3, -0.2, 0.2, 0.7, 0.0])
    tracker.reset(q)
    pose = arm.forward_kinematics(q)
    tracker.track(PoseTarget(pose))
    turned = arm.forward_kinematics(q + [0, 0, 0, 0, 0, 1.5])
    np.testing.assert_allclose(turned.position, pose.position, atol=1e-9)
    answer = tracker.track(PoseTarget(turned))
    assert answer.verdict is Verdict.REACHED
    assert answer.joint_step == pytest.approx(1.5, abs=1e-3)


def test_an_unreachable_target_holds_by_default(plane):
    """Nothing is accepted, and the sentence says how much is missing."""
    tracker = PoseTracker(plane, PATIENT)
    tracker.reset([0.2, 0.3])
    answer = tracker.track(PointTarget([1.9, 0.0, 0.0]))
    assert answer.verdict is Verdict.NOT_REACHED
    assert answer.positions is None
    assert tracker.positions.tolist() == [0.2, 0.3]
    assert '1000 mm' in answer.sentence


def test_the_closest_pose_follows_an_unreachable_target_without_shaking(plane):
    """Allowed to, the arm points at a target that circles out of its reach, steadily."""
    tracker = PoseTracker(plane, PATIENT, TrackerOptions(allow_approximate=True))
    tracker.reset([0.0, 0.3])
    tips = []
    for angle in np.linspace(0.0, 1.0, 60):
        target = 1.5 * np.array([np.cos(angle), np.sin(angle), 0.0])
        answer = tracker.track(PointTarget(target))
        assert answer.verdict is Verdict.CLOSEST
        tips.append(plane.forward_kinematics(answer.positions).position)
        assert np.linalg.norm(target - tips[-1]) == pytest.approx(0.6, abs=1e-4)
    steps = np.linalg.norm(np.diff(tips, axis=0), axis=1)
    assert steps.max() < 2.0 * 0.9 / 59


def test_a_copy_goes_on_like_the_original(arm):
    """Both know how the target moved, and neither disturbs the other."""
    start = arm.clip(arm.mid_range() + [0.3, 0.4, -0.3, 0.5, 0.8, 0.2])
    targets = [PoseTarget(arm.forward_kinematics(start + 0.01 * k)) for k in range(20)]
    tracker = PoseTracker(arm, PATIENT)
    tracker.reset(start)
    for target in targets[:10]:
        tracker.track(target)
    other = copy.deepcopy(tracker)
    for target in targets[10:]:
        one, two = tracker.track(target), other.track(target)
        assert one.positions.tolist() == two.positions.tolist()
        assert one.result.position_error == two.result.position_error
        assert one.result.iterations == two.result.iterations


def test_options_change_between_targets(plane):
    """Other options take effect on the next target, and what was accepted stays."""
    tracker = PoseTracker(plane, PATIENT)
    tracker.reset([0.2, 0.3])
    tracker.configure(PATIENT, TrackerOptions(allow_approximate=True))
    assert tracker.positions.tolist() == [0.2, 0.3]
    assert tracker.track(PointTarget([1.9, 0.0, 0.0])).verdict is Verdict.CLOSEST


def test_reset_forgets_or_takes_over(plane):
    """Positions from outside are moved inside the limits."""
    tracker = PoseTracker(plane, PATIENT)
    tracker.reset([100.0, 0.0])
    assert tracker.positions.tolist() == [plane.upper[0], 0.0]
    tracker.reset()
    assert tracker.positions is None
    with pytest.raises(InvalidPoseError):
        tracker.reset([np.nan, 0.0])


def test_a_wrong_option_is_refused():
    """The message names the field, the value and the range."""
    with pytest.raises(OptionsError, match='near is -1.*between 0.0 and'):
        TrackerOptions(near=-1)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31 - 1), approximate=st.booleans())
def test_no_stream_of_targets_brings_out_a_jump_or_a_limit(arm, seed, approximate):
    """Whatever comes, accepted positions are inside the limits, and small moves stay small."""
    options = TrackerOptions(allow_approximate=approximate)
    tracker = PoseTracker(arm, SolverOptions(max_time=60.0, max_restarts=5), options)
    rng = np.random.default_rng(seed)
    position, leapt = rng.uniform(-0.5, 0.5, 3), True
    for _ in range(20):
        last = position
        position = position + rng.normal(scale=rng.choice([1e-3, 0.02, 1.0]), size=3)
        leapt = leapt or np.linalg.norm(position - last) >= options.near
        before = tracker.positions
        target = PoseTarget(Pose(position, [0.0, 0.0, 0.0, 1.0]))
        answer = tracker.track(target)
        if answer.accepted:
            assert np.all((answer.positions >= arm.lower) & (answer.positions <= arm.upper))
            if before is not None and not leapt:
                assert np.abs(answer.positions - before).max() <= options.max_joint_step
            leapt = False
        else:
            assert tracker.positions is before


def test_past_a_singularity_joints_may_go_far_while_the_tip_hardly_moves(arm):
    """Without a swing allowed the stream is held there; with it, it goes on, near the tip."""
    start, poses = turning_past_a_straight_wrist(arm, 0.005)
    held = PoseTracker(arm, PATIENT)
    held.reset(start)
    assert Verdict.WOULD_JUMP in [held.track(pose).verdict for pose in poses]
    tracker = PoseTracker(arm, PATIENT, TrackerOptions(max_swing=0.02))
    tracker.reset(start)
    steps = []
    for pose in poses:
        before = tracker.positions
        answer = tracker.track(pose)
        assert answer.verdict is Verdict.REACHED
        steps.append(answer.joint_step)
        for part in np.linspace(0.0, 1.0, 50):
            tip = arm.forward_kinematics(before + part * (answer.positions - before))
            turned = 2.0 * np.arccos(min(1.0, abs(tip.quat_xyzw @ pose.pose.quat_xyzw)))
            away = np.hypot(np.linalg.norm(tip.position - pose.pose.position), 0.3 * turned)
            assert away < 0.02 + 0.01
    assert max(steps) > 0.5


def test_no_swing_is_small_where_the_tip_leaves_its_way():
    """To fold the elbow over takes the tip across the room, so it stays a jump."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    tracker = PoseTracker(chain, PATIENT, TrackerOptions(near=0.1, max_swing=0.05))
    tracker.reset([0.49, -0.9])
    tracker.track(PointTarget(chain.forward_kinematics([0.49, -0.9]).position))
    free = chain_of('planar_2r')
    answer = tracker.track(PointTarget(free.forward_kinematics([0.55, -0.9]).position))
    assert answer.verdict is Verdict.WOULD_JUMP
