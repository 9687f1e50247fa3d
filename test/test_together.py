"""A tracker of several tips: what is asked of one leaves the others where they are."""

import copy

from chains import model_of
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError
from ik_solver_node.motion import Mode, MotionOptions
from ik_solver_node.motion_limits import motion_limits, MotionDefaults
from ik_solver_node.pilot import Pilot, PilotOptions, Reason
from ik_solver_node.pose import Pose
from ik_solver_node.result import TerminationReason
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PointTarget, PoseTarget
from ik_solver_node.tracker import PoseTracker, TrackerOptions, Verdict
import numpy as np
import pytest

PATIENT = SolverOptions(max_time=60.0)
LEFT, RIGHT = 'left_tool0', 'right_tool0'
FEET = tuple(f'foot_{number}' for number in range(1, 9))
FAR = PointTarget([5.0, 0.0, 0.0])


@pytest.fixture(scope='module')
def arms():
    """Return two arms on a torso that lifts and turns."""
    return KinematicChain.from_model(model_of('dual_arm'), None, [LEFT, RIGHT])


@pytest.fixture(scope='module')
def spider():
    """Return a spider with all its feet."""
    return KinematicChain.from_model(model_of('spider'), None, FEET)


def at_rest(chain, **options):
    """Return a tracker of a chain that stands with its joints bent a little, and where."""
    tracker = PoseTracker(chain, PATIENT, TrackerOptions(**options))
    start = chain.clip(chain.mid_range() + np.random.default_rng(0).uniform(-0.3, 0.3, chain.size))
    tracker.reset(start)
    return tracker, start


def beside(chain, q, tip, *offset):
    """Return the pose of a tip at `q`, moved by an offset in the base [m]."""
    pose = chain.forward_kinematics(q, tip)
    return Pose(pose.position + np.array(offset), pose.quat_xyzw)


def off(chain, q, tip, pose):
    """Return how far a tip is from a pose at `q`: the largest difference of two matrices."""
    return np.abs(chain.forward_kinematics(q, tip).matrix() - pose.matrix()).max()


def test_one_hand_moves_and_the_other_keeps_its_pose(arms):
    """The torso that they share may move, too; the other arm makes up for it."""
    tracker, start = at_rest(arms)
    right = arms.forward_kinematics(start, RIGHT)
    for offset in ((0.1, 0.05, 0.05), (0.0, 0.1, 0.3), (-0.1, 0.0, -0.2)):
        wanted = beside(arms, start, LEFT, *offset)
        answer = tracker.track({LEFT: wanted})
        assert answer.verdict is Verdict.REACHED
        assert answer.asked == (LEFT,) and answer.tips == (LEFT, RIGHT)
        assert off(arms, answer.positions, LEFT, wanted) < 3e-6
        assert off(arms, answer.positions, RIGHT, right) < 3e-6


def test_both_hands_move_at_once_and_each_holds_its_target(arms):
    """Once a hand was brought to a target, that is what it holds."""
    tracker, start = at_rest(arms)
    left, right = beside(arms, start, LEFT, 0.1, 0.0, 0.1), beside(arms, start, RIGHT, 0, 0, 0.1)
    answer = tracker.track({RIGHT: right, LEFT: PointTarget(left.position)})
    assert answer.verdict is Verdict.REACHED and answer.asked == (LEFT, RIGHT)
    answer = tracker.track({RIGHT: start_of(right)})
    there = arms.forward_kinematics(answer.positions, LEFT)
    assert np.abs(there.position - left.position).max() < 3e-6
    assert off(arms, answer.positions, RIGHT, start_of(right)) < 3e-6


def start_of(pose):
    """Return a pose a little lower."""
    return Pose(pose.position - [0.0, 0.0, 0.05], pose.quat_xyzw)


def test_after_a_reset_a_hand_holds_where_it_is(arms):
    """It does not go back to a target from before."""
    tracker, start = at_rest(arms)
    tracker.track({LEFT: beside(arms, start, LEFT, 0.1, 0.0, 0.1)})
    tracker.reset(start)
    answer = tracker.track({RIGHT: beside(arms, start, RIGHT, 0.05, 0.0, 0.0)})
    assert off(arms, answer.positions, LEFT, arms.forward_kinematics(start, LEFT)) < 3e-6


def test_streams_of_both_hands_are_followed_in_small_steps(arms):
    """With both new each time, or one of them."""
    tracker, start = at_rest(arms)
    for k in range(60):
        sway = 0.002 * k
        wanted = {LEFT: beside(arms, start, LEFT, sway, 0.0, sway),
                  RIGHT: beside(arms, start, RIGHT, 0.0, -sway, sway)}
        if k % 3:
            del wanted[LEFT if k % 3 == 1 else RIGHT]
        answer = tracker.track(wanted)
        assert answer.verdict is Verdict.REACHED
        assert answer.joint_step < 0.1
        for tip, pose in wanted.items():
            assert off(arms, answer.positions, tip, pose) < 3e-6


def test_a_hand_that_cannot_be_reached_does_not_keep_the_other(arms):
    """The sentence names it; it stays where it is, also later on."""
    tracker, start = at_rest(arms)
    left, wanted = arms.forward_kinematics(start, LEFT), beside(arms, start, RIGHT, 0, 0.1, 0.1)
    answer = tracker.track({LEFT: FAR, RIGHT: wanted})
    assert answer.verdict is Verdict.NOT_REACHED and answer.accepted
    assert answer.sentence.startswith(f'{LEFT}: holding, the closest pose found is ')
    one, other = answer.of_tip(LEFT), answer.of_tip(RIGHT)
    assert (one.verdict, one.accepted) == (Verdict.NOT_REACHED, False)
    assert one.result.reason is TerminationReason.IMPOSSIBLE
    assert one.result.position_error > one.result.out_of_reach > 3.0
    assert (other.verdict, other.accepted) == (Verdict.REACHED, True)
    assert other.result.position_error < 1e-6
    assert off(arms, answer.positions, RIGHT, wanted) < 3e-6
    assert off(arms, answer.positions, LEFT, left) < 3e-6
    answer = tracker.track({LEFT: FAR})
    assert answer.positions is None and answer.tips == (LEFT,)
    answer = tracker.track({RIGHT: beside(arms, start, RIGHT, 0.0, 0.1, 0.0)})
    assert answer.verdict is Verdict.REACHED
    assert off(arms, answer.positions, LEFT, left) < 3e-6


def test_a_hand_out_of_reach_does_not_drag_the_other_along(arms):
    """It comes as close as it can while the other keeps its pose."""
    tracker, start = at_rest(arms, allow_approximate=True)
    right = arms.forward_kinematics(start, RIGHT)
    left = []
    for k in range(40):
        pose = beside(arms, start, LEFT, 0.02 * k, 0.0, 0.0)
        answer = tracker.track({LEFT: PointTarget(pose.position)})
        assert off(arms, tracker.positions, RIGHT, right) < 3e-6
        left.append(answer.of_tip(LEFT).result.position_error)
    assert answer.verdict is Verdict.CLOSEST
    assert left[0] < 1e-6 and left[-1] == pytest.approx(0.44, abs=0.05)
    assert answer.of_tip(RIGHT).verdict is Verdict.REACHED
    there = arms.forward_kinematics(tracker.positions, LEFT)
    tracker.track({RIGHT: beside(arms, start, RIGHT, 0.0, 0.0, 0.01)})
    assert off(arms, tracker.positions, LEFT, there) < 3e-6


def test_two_hands_out_of_reach_both_come_close(arms):
    """Neither is in the way of the other."""
    tracker, start = at_rest(arms, allow_approximate=True)
    answer = tracker.track({LEFT: FAR, RIGHT: FAR})
    assert answer.verdict is Verdict.CLOSEST and answer.accepted
    for tip in (LEFT, RIGHT):
        before, after = (np.linalg.norm(arms.forward_kinematics(q, tip).position - FAR.position)
                         for q in (start, answer.positions))
        assert after < before - 0.2


def test_legs_that_nothing_is_asked_of_do_not_stir(spider):
    """Not by a bit; and a foot takes a pose as far as its three joints can."""
    tracker, start = at_rest(spider)
    wanted = beside(spider, start, 'foot_3', 0.0, 0.02, 0.03)
    for asked in ({'foot_3': wanted}, {'foot_3': start_of(wanted), 'foot_4': FAR}):
        answer = tracker.track(asked)
        assert answer.accepted
        still = np.flatnonzero(answer.positions == start)
        names = [spider.joint_names[j] for j in still]
        assert len(names) == 21 and not [name for name in names if '_3_' in name]
        foot = answer.of_tip('foot_3')
        assert foot.result.reason is TerminationReason.RELAXED
        assert 'holds the position' in foot.sentence
        there = spider.forward_kinematics(answer.positions, 'foot_3').position
        assert np.abs(there - asked['foot_3'].position).max() < 3e-6


def test_a_held_arm_does_not_turn_over_for_a_leap_of_the_other(arms):
    """What the torso would have to do for the target would throw the held hand about."""
    tracker, start = at_rest(arms, allow_approximate=True)
    answer = tracker.track({LEFT: PointTarget([1.5, 0.5, 0.5])})
    assert answer.verdict is Verdict.WOULD_JUMP and not answer.accepted
    assert 'another tip would leave its place' in answer.sentence
    assert tracker.positions.tolist() == start.tolist()


def test_before_anything_is_known_nothing_is_held(arms):
    """The first answer says where the tips are; then they hold that."""
    tracker = PoseTracker(arms, PATIENT)
    pose = beside(arms, arms.mid_range(), LEFT, 0.05, 0.0, 0.0)
    first = tracker.track({LEFT: pose})
    assert first.tips == (LEFT,)
    right = arms.forward_kinematics(first.positions, RIGHT)
    second = tracker.track({LEFT: start_of(pose)})
    assert off(arms, second.positions, RIGHT, right) < 3e-6


def test_where_the_joints_are_measured_is_where_the_first_target_finds_them(arms):
    """The other hand holds the pose that it is measured in."""
    _, there = at_rest(arms)
    answer = PoseTracker(arms, PATIENT).track({LEFT: beside(arms, there, LEFT, 0.05, 0, 0)}, there)
    assert off(arms, answer.positions, RIGHT, arms.forward_kinematics(there, RIGHT)) < 3e-6


@pytest.mark.parametrize('aim, kind, sentence', [
    (PointTarget([0.5, 0.3, 1.0]), ChainError, 'give a mapping from tips to targets'),
    ({'tail': FAR}, ChainError, "there is a target for 'tail', but the tips of the chain are"),
    ({}, InvalidPoseError, 'nothing is asked of any tip'),
    ({LEFT: 'there'}, InvalidPoseError, 'target must be a Pose or one of'),
])
def test_what_is_no_target_of_a_tip_is_refused(arms, aim, kind, sentence):
    """And what was accepted stays."""
    tracker, start = at_rest(arms)
    with pytest.raises(kind, match=sentence):
        tracker.track(aim)
    assert tracker.positions.tolist() == start.tolist()


def test_there_is_no_answer_for_another_tip(arms):
    """Only for those that the answer is about."""
    tracker, start = at_rest(arms)
    answer = tracker.track({LEFT: FAR})
    with pytest.raises(ChainError, match="no answer for 'right_tool0', but for left_tool0"):
        answer.of_tip(RIGHT)


def test_a_copy_of_a_tracker_of_two_hands_goes_on_alike(arms):
    """Also with what is held."""
    tracker, start = at_rest(arms)
    tracker.track({LEFT: beside(arms, start, LEFT, 0.1, 0.0, 0.0)})
    other = copy.deepcopy(tracker)
    wanted = {RIGHT: beside(arms, start, RIGHT, 0.0, 0.0, 0.1)}
    assert other.track(wanted).positions.tobytes() == tracker.track(wanted).positions.tobytes()


def pilot_of(chain, mode):
    """Return a pilot of a chain, and where it stands."""
    start = chain.mid_range()
    limits = motion_limits(chain, MotionDefaults(1.0, 0.5, 0.1))
    options = PilotOptions(MotionOptions(mode=mode), SolverOptions(max_time=1.0))
    return Pilot(chain, limits, options, start), start


@pytest.mark.parametrize('mode', [Mode.MOVE, Mode.TRACK])
def test_targets_of_one_period_are_solved_together(arms, mode):
    """Of each tip the newest counts, and there is one answer."""
    pilot, start = pilot_of(arms, mode)
    left, right = beside(arms, start, LEFT, 0, 0, 0.02), beside(arms, start, RIGHT, 0, 0, 0.03)
    for aim in ({LEFT: FAR}, {RIGHT: right}, {LEFT: left}):
        pilot.aim(aim)
    answer = pilot.tick(0.0).answer
    assert answer.verdict is Verdict.REACHED and answer.asked == (LEFT, RIGHT)
    assert off(arms, answer.positions, LEFT, left) < 3e-6
    assert off(arms, answer.positions, RIGHT, right) < 3e-6
    assert pilot.tick(0.01).answer is None


def test_a_hand_that_was_stopped_on_its_way_does_not_go_on(arms):
    """After a stop it holds where it is when the other is moved."""
    pilot, start = pilot_of(arms, Mode.MOVE)
    pilot.aim({LEFT: PoseTarget(beside(arms, start, LEFT, 0.0, 0.0, 0.15))})
    for k in range(40):
        pilot.tick(0.01 * k)
    pilot.halt(Reason.STOP, 'stopped')
    while not pilot.has_arrived:
        k += 1
        pilot.tick(0.01 * k)
    left = arms.forward_kinematics(pilot.state.positions, LEFT)
    way = left.position - arms.forward_kinematics(start, LEFT).position
    assert 0.01 < np.linalg.norm(way) < 0.14
    pilot.resume()
    pilot.aim({RIGHT: beside(arms, pilot.state.positions, RIGHT, 0.0, 0.0, 0.05)})
    answer = pilot.tick(0.01 * (k + 1)).answer
    assert answer.verdict is Verdict.REACHED
    assert off(arms, answer.positions, LEFT, left) < 3e-6
