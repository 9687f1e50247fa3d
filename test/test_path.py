"""Paths that are known beforehand: followed to their end without a jump, or as far as it goes."""

from chains import chain_of, model_of
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError, OptionsError
from ik_solver_node.objective import MidRange
from ik_solver_node.path import _History, _patched, PathEnd, solve_path
from ik_solver_node.pose import Pose
from ik_solver_node.result import TerminationReason
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PointTarget, PoseTarget
from ik_solver_node.tracker import PoseTracker, TrackerOptions
from independent import misses_at, tip_pose
import numpy as np
import pytest

STEP = 0.2


def swinging(chain, count, seed):
    """Return joints that swing through nine tenths of their ranges, shape (count, n)."""
    rng = np.random.default_rng(seed)
    low, high = chain.bounds[2], chain.bounds[3]
    reach = 0.45 * (high - low)
    pace, phase = rng.uniform(0.5, 1.5, len(low)), rng.uniform(0.0, 2.0 * np.pi, len(low))
    angles = 0.013 / np.max(reach * pace) * np.arange(count)[:, np.newaxis] * pace + phase
    return 0.5 * (low + high) + reach * np.sin(angles)


def poses_at(chain, joints):
    """Return the poses of the tip at joints (k, n) as targets."""
    return [PoseTarget(chain.forward_kinematics(q)) for q in joints]


def held_at(chain, targets, start):
    """Return how many targets a tracker follows before it holds."""
    tracker = PoseTracker(chain, options=TrackerOptions(max_joint_step=STEP))
    tracker.reset(start)
    for k, target in enumerate(targets):
        if not tracker.track(target).accepted:
            return k
    return len(targets)


def assert_path(result, targets, start=None, furthest=STEP):
    """Check a path by kinematics of its own: at its targets, inside the limits, no jump."""
    chain, path = result.chain, result.positions
    assert (path >= chain.lower).all() and (path <= chain.upper).all()
    whole = path if start is None else np.vstack([start, path])
    assert (chain.gains * np.abs(np.diff(whole, axis=0))).max(initial=0.0) <= furthest
    for k in range(0, len(path), max(1, len(path) // 50)):
        assert max(misses_at(chain, targets[k], path[k])) < 2e-6
    assert (result.position_errors <= 1e-6).all()
    assert (result.orientation_errors <= 1e-6).all()


# What a tracker cannot follow ------------------------------------------------------------------


@pytest.mark.parametrize(('robot', 'seed'), [
    ('panda', 2024), ('tiago', 2024), ('centauro', 2024), ('iiwa14', 2), ('tiago_torso', 5),
    ('baxter', 5)])
def test_a_path_that_a_tracker_must_hold_on_is_followed(robot, seed):
    """Who knows what comes keeps out of the corner, also at singularities where postures part."""
    chain = chain_of(robot)
    joints = swinging(chain, 1001, seed)
    targets = poses_at(chain, joints[1:])
    assert held_at(chain, targets, joints[0]) < len(targets)
    result = solve_path(chain, targets, joints[0])
    assert result.success, result.sentence
    assert result.postures > 1
    assert_path(result, targets, joints[0])


def test_a_smoothed_path_moves_little_more_than_the_one_that_made_it():
    """Steps aside that found the way are gone from it."""
    chain = chain_of('panda')
    joints = swinging(chain, 1001, 2024)
    result = solve_path(chain, poses_at(chain, joints[1:]), joints[0])
    travelled = np.linalg.norm(result.joint_steps, axis=1).sum()
    assert travelled < 1.1 * np.linalg.norm(np.diff(joints, axis=0), axis=1).sum()
    assert np.abs(np.diff(result.positions, 2, axis=0)).max() < 0.01


def test_an_arm_without_joints_to_spare_follows_in_one_posture():
    """There is nothing to choose, and it takes no wide search."""
    chain = chain_of('six_axis_arm')
    joints = swinging(chain, 301, 1)
    targets = poses_at(chain, joints[1:])
    result = solve_path(chain, targets, joints[0])
    assert result.success and result.postures == 1
    matrices = np.array([target.pose.matrix() for target in targets])
    assert np.array_equal(solve_path(chain, matrices, joints[0]).positions, result.positions)
    assert_path(result, targets, joints[0])
    assert np.abs(result.positions - joints[1:]).max() < 1e-3


def test_the_same_path_gives_the_same_bits():
    """Chance is seeded."""
    chain = chain_of('panda')
    joints = swinging(chain, 801, 2024)
    targets = poses_at(chain, joints[1:])
    one, other = (solve_path(chain, targets, joints[0]) for _ in range(2))
    assert one.postures > 1
    assert one.positions.tobytes() == other.positions.tobytes()


# Where it begins ---------------------------------------------------------------------------------


def test_a_path_begins_where_the_arm_is():
    """If the first target is a step away, there is no other posture to begin in."""
    chain = chain_of('six_axis_arm')
    joints = swinging(chain, 101, 3)
    result = solve_path(chain, poses_at(chain, joints[1:]), joints[0])
    assert np.abs(result.positions[0] - joints[0]).max() < 0.02


def test_a_path_that_begins_elsewhere_takes_the_posture_that_can_follow_it():
    """Of the two ways to bend the elbow, one runs into a limit on the way."""
    urdf = """<robot name="bent"><link name="a"/><link name="b"/><link name="c"/><link name="d"/>
      <joint name="shoulder" type="revolute"><parent link="a"/><child link="b"/>
        <axis xyz="0 0 1"/><limit lower="-3" upper="0.9" effort="1" velocity="1"/></joint>
      <joint name="elbow" type="revolute"><parent link="b"/><child link="c"/>
        <origin xyz="1 0 0"/><axis xyz="0 0 1"/>
        <limit lower="-3" upper="3" effort="1" velocity="1"/></joint>
      <joint name="flange" type="fixed"><parent link="c"/><child link="d"/>
        <origin xyz="1 0 0"/></joint></robot>"""
    chain = KinematicChain.from_model(parse_urdf(urdf))
    targets = [PointTarget([1.2 * np.cos(a), 1.2 * np.sin(a), 0.0])
               for a in np.linspace(-0.5, 1.0, 80)]
    right = solve_path(chain, targets)
    assert right.success, right.sentence
    assert (right.positions[:, 1] > 0.0).all()          # so that the shoulder keeps low
    shoulder, elbow = right.positions[0]
    wrong = solve_path(chain, targets, [-1.0 - shoulder, -elbow])  # the other way, the same tip
    assert wrong.end is PathEnd.WOULD_JUMP
    assert 'only by a jump' in wrong.sentence and 'elbow' in wrong.sentence
    assert 0.0 < wrong.fraction < 1.0
    assert_path(wrong, targets)


# What cannot be followed -------------------------------------------------------------------------


def test_a_path_that_leaves_the_reach_is_followed_to_its_edge():
    """The answer says where it ends and why."""
    chain = chain_of('six_axis_arm')
    targets = [PoseTarget(Pose.from_rpy([x, 0.0, 0.5], [0.0, 2.0, 0.0]))
               for x in np.linspace(0.4, 1.6, 400)]
    result = solve_path(chain, targets)
    assert result.end is PathEnd.NOT_REACHED and not result.success
    count = len(result.positions)
    assert 0 < count < 400
    assert result.fraction == count / 400
    assert f'followed {count} of 400 targets' in result.sentence
    assert f'number {count}:' in result.sentence
    assert not result.beyond.success
    assert_path(result, targets)


def test_a_path_whose_first_target_is_out_of_reach_has_no_positions():
    """Nothing is made up."""
    chain = chain_of('six_axis_arm')
    result = solve_path(chain, [PointTarget([9.0, 0.0, 0.0])] * 3)
    assert result.positions.shape == (0, 6)
    assert result.fraction == 0.0
    assert result.beyond.reason is TerminationReason.IMPOSSIBLE
    assert 'out of reach' in result.sentence


def test_a_target_that_leaps_ends_the_path():
    """However the arm is bent, it cannot get there in one step."""
    chain = chain_of('seven_axis_arm')
    middle = chain.mid_range()
    here, there = (chain.forward_kinematics(middle + d) for d in (0.1, 0.8))
    result = solve_path(chain, [here, here, there, there], middle + 0.1)
    assert result.end is PathEnd.WOULD_JUMP
    assert len(result.positions) == 2
    assert 'number 2 is reached only by a jump' in result.sentence


def test_a_shorter_step_may_be_asked_for():
    """What counts as a jump is up to the caller."""
    chain = chain_of('six_axis_arm')
    joints = swinging(chain, 101, 3)
    targets = poses_at(chain, joints[1:])
    assert solve_path(chain, targets, joints[0], max_joint_step=0.014).success
    refused = solve_path(chain, targets, joints[0], max_joint_step=0.005)
    assert refused.end is PathEnd.WOULD_JUMP and len(refused.positions) == 1


# Kinds of arms and targets -----------------------------------------------------------------------


def test_an_arm_of_few_joints_follows_what_it_controls():
    """Poses are relaxed for the whole path, not for some of its targets."""
    chain = chain_of('desk_arm')
    begin = chain.forward_kinematics(chain.mid_range() + 0.3)
    turned = (Pose.from_rpy([0.0, 0.0, 0.0], [0.0, 0.0, 0.2]).matrix() @ begin.matrix())[:3, :3]
    line = [Pose.from_matrix(np.block([[turned, (begin.position + [x, 0.0, 0.0])[:, np.newaxis]],
                                       [np.zeros((1, 3)), 1.0]]))
            for x in np.linspace(0.0, -0.03, 60)]
    result = solve_path(chain, line)
    assert result.success, result.sentence
    assert (result.position_errors < 1e-6).all()
    assert (result.orientation_errors > 1e-3).any()
    reached = np.array([tip_pose(chain, q).position for q in result.positions])
    assert np.abs(reached - [pose.position for pose in line]).max() < 2e-6
    strict = SolverOptions(relax='none')
    assert solve_path(chain, line, options=strict).end is PathEnd.NOT_REACHED


def test_several_tips_follow_their_paths_together():
    """Each target may be one for every tip."""
    model = model_of('baxter')
    chain = KinematicChain.from_model(model, 'base', ['left_gripper', 'right_gripper'])
    start = chain.mid_range() + 0.1
    frames = chain.tip_frames(start)
    targets = [{tip: PointTarget(frames[t, 9:12] + [0.0, 0.0, height])
                for t, tip in enumerate(chain.tip_links)}
               for height in np.linspace(0.0, 0.1, 40)]
    result = solve_path(chain, targets, start)
    assert result.success, result.sentence
    for q, target in zip(result.positions, targets):
        for t, tip in enumerate(chain.tip_links):
            off = chain.tip_frames(q)[t, 9:12] - target[tip].position
            assert np.linalg.norm(off) < 2e-6


def test_what_mimics_a_joint_counts_as_its_step():
    """A finger that moves twice as far is what may not jump."""
    urdf = """<robot name="mimic"><link name="a"/><link name="b"/><link name="c"/>
      <joint name="slide" type="prismatic"><parent link="a"/><child link="b"/>
        <axis xyz="1 0 0"/><limit lower="-1" upper="1" effort="1" velocity="1"/></joint>
      <joint name="follower" type="prismatic"><parent link="b"/><child link="c"/>
        <axis xyz="1 0 0"/><limit lower="-3" upper="3" effort="1" velocity="1"/>
        <mimic joint="slide" multiplier="3"/></joint></robot>"""
    chain = KinematicChain.from_model(parse_urdf(urdf), 'a', ['c'])
    assert chain.gains.tolist() == [3.0]
    targets = [PointTarget([4.0 * x, 0.0, 0.0]) for x in (0.0, 0.1, 0.2)]
    assert solve_path(chain, targets, [0.0], max_joint_step=0.31).success
    assert solve_path(chain, targets, [0.0], max_joint_step=0.29).end is PathEnd.WOULD_JUMP


# Bad input ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(('targets', 'error', 'says'), [
    ([], InvalidPoseError, 'at least one target, got none'),
    (None, InvalidPoseError, 'sequence or an array of targets, got None'),
    ([PointTarget([0.4, 0.0, 0.4]), 'there'], InvalidPoseError, 'target number 1: target must'),
    ([{'elbow': PointTarget([0.4, 0.0, 0.4])}], ChainError, 'target number 0'),
])
def test_what_is_no_path_is_refused(targets, error, says):
    """The message says which target is wrong."""
    with pytest.raises(error, match=says):
        solve_path(chain_of('six_axis_arm'), targets)


@pytest.mark.parametrize('step', [0.0, -1.0, np.inf, np.nan, 'far', None, True])
def test_a_step_that_is_none_is_refused(step):
    """It must be a positive number."""
    with pytest.raises(OptionsError, match='max_joint_step is'):
        solve_path(chain_of('six_axis_arm'), [PointTarget([0.4, 0.0, 0.4])], max_joint_step=step)


def test_a_bad_seed_or_objectives_are_refused():
    """What would be left aside in silence is not accepted."""
    chain, targets = chain_of('six_axis_arm'), [PointTarget([0.4, 0.0, 0.4])]
    with pytest.raises(InvalidPoseError, match='seed'):
        solve_path(chain, targets, [np.nan] * 6)
    with pytest.raises(InvalidPoseError, match='seed'):
        solve_path(chain, targets, [0.0] * 5)
    with pytest.raises(OptionsError, match='no place for objectives'):
        solve_path(chain, targets, options=SolverOptions(objectives=(MidRange(),)))


def test_a_progress_bar_is_shown_if_wanted(capsys):
    """Also when it has to begin again."""
    pytest.importorskip('tqdm', reason='tqdm is missing; run "pip install tqdm"')
    chain = chain_of('six_axis_arm')
    solve_path(chain, poses_at(chain, swinging(chain, 100, 3)), progress=True)
    assert '100/100' in capsys.readouterr().err


# Inside ------------------------------------------------------------------------------------------


def test_postures_that_led_nowhere_are_forgotten():
    """What is kept of a long path is little more than its answer."""
    history = _History(1)
    rng = np.random.default_rng(0)
    places = rng.uniform(size=(50, 8, 1))
    places[:, 6:] = np.nan
    for k in range(0, 50, 10):
        parents = rng.integers(0, 6, size=(10, 8))
        parents[-1] = 3
        history.add(places[k:k + 10], parents)
    assert [len(level) for level in history._places[:48]] == [1] * 48
    assert history.way(2)[-1] == places[-1, 2]


def test_a_path_is_kept_where_smoothing_would_tear_it():
    """Only there."""
    path = np.linspace(0.0, 1.0, 21)[:, np.newaxis]
    smoother = path.copy()
    smoother[10] += 0.5
    smoother[3] += 0.01
    patched = _patched(np.ones(1), path, smoother, 2, 0.0601)
    assert patched[10] == path[10] and patched[3] != path[3]
    assert np.abs(np.diff(patched, axis=0)).max() <= 0.0601
