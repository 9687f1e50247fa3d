"""Every kind of target is reached wherever it can be, and what was asked holds independently."""

from dataclasses import replace

from chains import chain_of, model_of, random_positions
from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.result import TerminationReason
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import (
    AXES, DirectionTarget, OrientationTarget, PointTarget, PoseTarget, TargetFrame, wanted_frames)
from ik_solver_node.tracker import PoseTracker, TrackerOptions, Verdict
from independent import misses_at, tip_matrix, tip_pose
import numpy as np
import pytest
from transforms3d.axangles import axangle2mat

# Budgets in tests are counts, not seconds, so that a busy machine cannot change an answer.
PATIENT = SolverOptions(max_time=60.0, relax='none')
TOOL = Pose.from_rpy([0.03, -0.02, 0.12], [0.7, -0.4, 2.5])
TOOLS = [None, TOOL]
AXIS = np.array([0.0, 0.6, 0.8])


def moved(rng, pose, along, about, frame):
    """Return `pose` moved by up to `along` (3,) and turned by up to `about` (3,) in a frame."""
    matrix = pose.matrix()
    shift, turn = rng.uniform(-1.0, 1.0, (2, 3)) * [along, about]
    axes = matrix[:3, :3] if frame == 'target' else np.eye(3)
    angle = np.linalg.norm(turn)
    if angle > 0.0:
        matrix[:3, :3] = axangle2mat(axes @ turn, angle) @ matrix[:3, :3]
    # The axes of a target are those of the pose that is asked for, not of the one that meets it.
    axes = matrix[:3, :3] if frame == 'target' else np.eye(3)
    matrix[:3, 3] += axes @ shift
    return Pose.from_matrix(matrix)


def tilted(rng, direction, angle):
    """Return a direction at this angle [rad] from another one."""
    aside = np.cross(direction, rng.normal(size=3))
    return axangle2mat(aside, angle) @ direction


def freed(frame, free):
    """Return a maker of poses that are met but for the axes `free` of `frame`."""
    along = np.array([1.0 if axis in free else 0.0 for axis in AXES[:3]])
    about = np.array([1.5 if axis in free else 0.0 for axis in AXES[3:]])
    return lambda rng, pose, tool: PoseTarget(moved(rng, pose, along, about, frame), free=free,
                                              frame=frame, tool=tool)


def boxed(frame):
    """Return a maker of poses that are met within tolerances along and about axes of `frame`."""
    along, about = [0.02, 0.0, 0.1], [0.05, 0.3, 0.0]
    return lambda rng, pose, tool: PoseTarget(
        moved(rng, pose, along, about, frame), position_tolerance=along,
        orientation_tolerance=about, frame=frame, tool=tool)


def coned(cone, anywhere=False):
    """Return a maker of directions that are met at the very edge of a cone."""
    def make(rng, pose, tool):
        direction = tilted(rng, pose.rotation() @ AXIS, cone)
        return DirectionTarget(direction, AXIS, None if anywhere else pose.position, cone=cone,
                               tool=tool)
    return make


KINDS = {
    'pose': lambda rng, pose, tool: PoseTarget(pose, tool=tool),
    'point': lambda rng, pose, tool: PointTarget(pose.position, tool=tool),
    'point in a box': lambda rng, pose, tool: PointTarget(
        pose.position + rng.uniform(-1.0, 1.0, 3) * [0.0, 0.05, 0.3],
        tolerance=[0.0, 0.05, np.inf], tool=tool),
    'orientation': lambda rng, pose, tool: OrientationTarget(pose.quat_xyzw, tool=tool),
    'orientation in a box': lambda rng, pose, tool: OrientationTarget(
        moved(rng, pose, np.zeros(3), [0.1, 0.02, 0.5], 'target').quat_xyzw,
        tolerance=[0.1, 0.02, 0.5], tool=tool),
    **{f'free {" ".join(free)} of {frame.value}': freed(frame.value, free)
       for frame in TargetFrame
       for free in (['rz'], ['rx'], ['x'], ['x', 'y'], ['rx', 'rz'], ['z', 'ry'],
                    ['x', 'y', 'z', 'rx'], ['z', 'rx', 'ry', 'rz'])},
    **{f'box of {frame.value}': boxed(frame.value) for frame in TargetFrame},
    **{f'cone of {cone:g}': coned(cone) for cone in (0.3, 1e-2, 1e-4, 1e-6, 0.0)},
    **{f'cone of {cone:g} anywhere': coned(cone, True) for cone in (0.3, 1e-4, 0.0)},
}


def requests(kind, name, count, seed=0):
    """Return a chain, and targets of this kind that it can meet, with random seeds for them."""
    chain = chain_of(name)
    rng = np.random.default_rng(seed)
    postures, seeds = (random_positions(chain, count, seed + i) for i in (1, 2))
    asked = []
    for i, q in enumerate(postures):
        tool = TOOLS[i % 2]
        target = KINDS[kind](rng, tip_pose(chain, q, tool), tool)
        # The maker knows what it does: what it asks for is met, but for rounding.
        assert max(misses_at(chain, target, q)) < 1e-9, (kind, misses_at(chain, target, q))
        asked.append((target, seeds[i]))
    return chain, asked


def assert_met(chain, target, result, options=PATIENT):
    """Check that an answer is inside the limits and as near to the target as it says."""
    assert result.reason is TerminationReason.CONVERGED, (target, result)
    q = result.positions
    assert np.all((chain.lower <= q) & (q <= chain.upper))
    position, orientation = misses_at(chain, target, q)
    assert position <= options.position_tolerance + 1e-12
    assert orientation <= options.orientation_tolerance + 1e-12
    assert result.position_error == pytest.approx(position, abs=1e-12)
    assert result.orientation_error == pytest.approx(orientation, abs=1e-12)


@pytest.mark.parametrize('name', ['six_axis_arm', 'seven_axis_arm'])
@pytest.mark.parametrize('kind', KINDS)
def test_what_can_be_met_is_met(kind, name):
    """All of many random targets, with and without a tool, from random seeds."""
    chain, asked = requests(kind, name, 60)
    for target, seed in asked:
        assert_met(chain, target, solve(chain, target, seed, PATIENT))


@pytest.mark.parametrize('cone', [1e-2, 1e-4, 1e-6])
@pytest.mark.parametrize('name', ['six_axis_arm', 'seven_axis_arm'])
def test_a_small_cone_is_as_easy_as_none(name, cone):
    """It asks for less than the direction alone, so that it takes no more starts, or few more."""
    restarts = {}
    for kind in (f'cone of {cone:g}', 'cone of 0'):
        chain, asked = requests(kind, name, 500)
        results = [solve(chain, target, seed, PATIENT) for target, seed in asked]
        assert all(result.success for result in results)
        restarts[kind] = sum(result.restarts for result in results)
    assert restarts[f'cone of {cone:g}'] <= 1.1 * restarts['cone of 0'] + 5


# Weights -------------------------------------------------------------------------------------


@pytest.mark.parametrize('kind', ['pose', 'point', 'free rz of target', 'cone of 0.3'])
@pytest.mark.parametrize('weight', [1e-300, 1e-9, 1e-3, 30.0, 1e9, 1e300])
def test_the_weight_of_a_tip_alone_changes_nothing(weight, kind):
    """Beside no other it has nothing to count against: the same bits."""
    chain, asked = requests(kind, 'six_axis_arm', 10)
    for target, seed in asked:
        plain = solve(chain, target, seed, PATIENT)
        for asked_as in (replace(target, weight=weight), [replace(target, weight=weight)]):
            weighed = solve(chain, asked_as, seed, PATIENT)
            assert weighed.positions.tobytes() == plain.positions.tobytes()
            assert weighed.position_error == plain.position_error


def fork():
    """Return the desk arm with two tips, which cannot both be anywhere."""
    return KinematicChain.from_model(model_of('desk_arm'), None, ['tool0', 'forearm_link'])


@pytest.mark.parametrize('scale', [1e-9, 1e-3, 1e6])
def test_only_the_ratio_of_weights_counts(scale):
    """Who wants something twice as much as something else may say so in any unit."""
    chain = fork()
    out_of_reach = [PointTarget([0.1, 0.4, 0.2]), PointTarget([0.1, -0.3, 0.2])]
    found = [solve(chain, [replace(target, weight=factor * weight) for target, weight in
                           zip(out_of_reach, (3.0, 0.5))], options=PATIENT).positions.tobytes()
             for factor in (1.0, scale, 1.0)]
    assert found[1] == found[0]
    equal = solve(chain, out_of_reach, options=PATIENT)
    assert equal.positions.tobytes() != found[0]


def test_the_tip_with_the_greater_weight_is_served_first():
    """Of two that cannot both be met, the one that counts more is missed by less."""
    chain = fork()
    targets = [PointTarget([0.1, 0.4, 0.2]), PointTarget([0.1, -0.3, 0.2])]
    missed = []
    for weights in ((10.0, 1.0), (1.0, 10.0)):
        result = solve(chain, [replace(target, weight=weight) for target, weight in
                               zip(targets, weights)], options=PATIENT)
        missed.append([misses_at_tip(chain, target, result, tip)
                       for target, tip in zip(targets, chain.tip_links)])
    assert missed[0][0] < missed[1][0] and missed[1][1] < missed[0][1]


def misses_at_tip(chain, target, result, tip):
    """Return how far a tip is from a point [m]."""
    return float(np.linalg.norm(
        tip_matrix(chain, result.positions, tip)[:3, 3] - target.position))


# What the tracker makes of tools -------------------------------------------------------------


@pytest.mark.parametrize('kind', KINDS)
def test_a_tip_at_the_wanted_frame_is_at_no_distance(kind):
    """With a tool as without."""
    chain, asked = requests(kind, 'six_axis_arm', 4)
    for target, _ in asked:
        frame = wanted_frames(target.goal)
        assert kernels.tip_distance(target.goal, 0.3, frame) == pytest.approx(0.0, abs=1e-12)


def test_the_distance_of_a_tip_is_that_of_its_tool():
    """Seen from elsewhere, what counts is how far the tool would have to go."""
    chain = chain_of('six_axis_arm')
    here, there = random_positions(chain, 2, 9)
    for tool in TOOLS:
        target = PointTarget(tip_pose(chain, there, tool).position, tool=tool)
        distance = kernels.tip_distance(target.goal, 0.3, chain.tip_frames(here))
        assert distance == pytest.approx(misses_at(chain, target, here)[0], abs=1e-12)


def test_a_target_near_the_tool_does_not_turn_the_arm_over():
    """Near is meant where the tool is, however long it is."""
    tool = Pose([0.3, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0])
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    tracker = PoseTracker(chain, SolverOptions(max_time=60.0, max_restarts=20))
    tracker.reset([0.49, -0.9])
    near = PointTarget(tip_pose(chain_of('planar_2r'), [0.52, -0.9], tool).position, tool=tool)
    assert tracker.track(near).verdict is Verdict.WOULD_JUMP


def test_another_tool_is_a_new_motion():
    """The same pose with another gripper is another place for the arm."""
    chain = chain_of('six_axis_arm')
    q = chain.clip(chain.mid_range() + [0.1, 0.3, -0.2, 0.2, 0.7, 0.0])
    pose = tip_pose(chain, q)
    longer = Pose([-0.2, 0.3, 0.1], [0.0, 0.0, 0.0, 1.0])
    tracker = PoseTracker(chain, SolverOptions(max_time=60.0), TrackerOptions(near=0.05))
    tracker.reset(q)
    assert tracker.track(PoseTarget(pose)).verdict is Verdict.REACHED
    answer = tracker.track(PoseTarget(pose, tool=longer))
    assert answer.verdict is Verdict.REACHED and answer.joint_step > 0.5
