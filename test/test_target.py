"""Targets check what they are given, lay out what counts, and stay as they are."""

import copy
from dataclasses import FrozenInstanceError, replace
from fractions import Fraction
import math
import pickle
from typing import get_args

from ik_solver_node import kernels
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import Pose
from ik_solver_node.target import (
    AXES, DirectionTarget, is_full, no_goal, OrientationTarget, PointTarget,
    PoseTarget, relaxed_goal, stacked, Target, TargetFrame, TARGETS, wanted_frames)
from independent import misses
import numpy as np
import pytest
from transforms3d.axangles import axangle2mat

POSE = Pose.from_rpy([0.4, 0.1, 0.5], [0.3, -0.4, 2.0])
TOOL = Pose.from_rpy([0.03, -0.02, 0.12], [0.7, -0.4, 2.5])
HUGE = [10**400, 10**5000]
NO_NUMBERS = [None, True, np.True_, 'wide', '0.1', 1j, [], [0.1], [0.1, 0.2], [0.1] * 4,
              [[0.1] * 3], [0.1, None, 0.2], [0.1, True, 0.2], [0.1, '0.1', 0.2],
              np.array([True, False, True]), [[0.1], [0.1, 0.2], 0.1], {}, object()]
EVERY_KIND = {
    'pose': PoseTarget(POSE),
    'pose with a tool': PoseTarget(POSE, tool=TOOL, weight=3),
    'pose with free axes': PoseTarget(POSE, free=['rz', 'x'], frame='base', tool=TOOL),
    'pose in a box': PoseTarget(POSE, position_tolerance=[0.0, 0.1, 0.2],
                                orientation_tolerance=0.1, tool=TOOL),
    'point': PointTarget([0.4, 0.1, 0.5], tool=TOOL),
    'point in a box': PointTarget([0.4, 0.1, 0.5], tolerance=[0.1, np.inf, 0.0]),
    'orientation': OrientationTarget(POSE.quat_xyzw, tool=TOOL),
    'orientation with tolerance': OrientationTarget(POSE.quat_xyzw, tolerance=[0.0, 4.0, 0.0]),
    'direction': DirectionTarget([1.0, 2.0, -1.0], [0.3, 0.1, 1.0], [0.4, 0.1, 0.5], tool=TOOL),
    'direction anywhere': DirectionTarget([1.0, 2.0, -1.0], cone=0.2),
}


def kind_of(value):
    """Return the name of a test case; the numbers of some are too long to be written down."""
    return type(value).__name__


@pytest.fixture(params=EVERY_KIND, name='target')
def each_kind(request):
    """Return a target of every kind in turn."""
    return EVERY_KIND[request.param]


def part(target, column, size):
    """Return some columns of what a target lays out."""
    return target.goal[0, column:column + size].tolist()


def kinds(target):
    """Return the kinds of both parts, None for one that is not asked for."""
    return tuple(
        int(target.goal[0, kernels.G_KIND + i]) if target.goal[0, kernels.G_WEIGHT + i] else None
        for i in (0, 1))


# What is accepted ----------------------------------------------------------------------------


def test_every_kind_of_target_is_tested():
    """A new kind has to come here, too."""
    assert set(TARGETS) == set(get_args(Target)) == {type(one) for one in EVERY_KIND.values()}


@pytest.mark.parametrize('free, kept', [
    ((), ()), ([], ()), ('rz', ('rz',)), (['rz'], ('rz',)), (('rz', 'x'), ('x', 'rz')),
    ({'y'}, ('y',)), (['x', 'x'], ('x',)), (np.array(['rx', 'y']), ('y', 'rx')),
    ((axis for axis in ('z', 'ry')), ('z', 'ry')), ({'z': 1}.keys(), ('z',))])
def test_free_axes_may_come_in_any_collection(free, kept):
    """They are kept in the order of the axes, each once."""
    assert PoseTarget(POSE, free=free).free == kept


@pytest.mark.parametrize('given, kept', [
    (0, 0.0), (1, 1.0), (0.5, 0.5), (np.float32(0.5), 0.5), (np.int64(2), 2.0),
    (Fraction(1, 4), 0.25), (1e-300, 1e-300), (1e300, 1e300), (math.inf, math.inf)])
def test_a_tolerance_is_any_real_number(given, kept):
    """From Python or numpy; one number means all three axes."""
    assert PoseTarget(POSE, position_tolerance=given).position_tolerance.tolist() == [kept] * 3
    for three in ([given, 0.0, 0.1], (given, 0.0, 0.1), np.array([float(given), 0.0, 0.1])):
        target = PointTarget(POSE.position, tolerance=three)
        assert target.tolerance.tolist() == [kept, 0.0, 0.1]
        assert target.tolerance.dtype == np.float64


@pytest.mark.parametrize('weight, kept', [
    (1, 1.0), (np.float32(2), 2.0), (np.int64(1), 1.0), (np.float64(0.5), 0.5),
    (Fraction(1, 2), 0.5), (1e-9, 1e-9), (1e9, 1e9), (5e-324, 5e-324)])
def test_a_weight_is_any_positive_number(target, weight, kept):
    """From Python or numpy, kept as a float."""
    found = replace(target, weight=weight).weight
    assert (found, type(found)) == (kept, float)


@pytest.mark.parametrize('cone', [0, 0.0, 1e-6, np.float32(0.5), np.int64(1), 3.14159])
def test_a_cone_is_a_number_below_pi(cone):
    """Kept as a float."""
    found = DirectionTarget([0, 0, -1], cone=cone).cone
    assert (found, type(found)) == (float(cone), float)


@pytest.mark.parametrize('vector', [
    [0, 0, -1], [1.0, 2.0, 3.0], [1e-8, 0.0, 0.0], [1e200, 1e200, 0.0], [1e308, -1e308, 1e308],
    np.array([0, 3, 4])])
def test_a_direction_of_any_length_is_made_a_unit_vector(vector):
    """Also one whose square overflows."""
    wanted = np.array(vector, dtype=float) / np.abs(vector).max()
    wanted /= np.linalg.norm(wanted)
    target = DirectionTarget(vector, vector)
    assert target.direction == pytest.approx(wanted, abs=1e-15)
    assert target.axis == pytest.approx(wanted, abs=1e-15)


def test_what_is_normalised_once_keeps_its_bits():
    """So that a target made from the fields of another is the same."""
    rng = np.random.default_rng(0)
    for vector in rng.normal(size=(200, 3)):
        target = DirectionTarget(vector, vector[::-1])
        again = replace(target)
        assert again.goal.tobytes() == target.goal.tobytes()


def test_an_orientation_tolerance_of_half_a_turn_frees_the_axis():
    """No rotation vector is longer; and one axis free, two held, is a spin."""
    target = OrientationTarget(POSE.quat_xyzw, tolerance=[0.0, math.pi, 0.0])
    assert target.tolerance.tolist() == [0.0, math.inf, 0.0]
    assert kinds(target) == (None, kernels.AXIS)
    pose = PoseTarget(POSE, orientation_tolerance=[0.1, 3.2, 0.2])
    assert pose.free == ('ry',)
    assert PoseTarget(POSE, position_tolerance=3.2).free == ()


# What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize('point', [
    [np.nan, 0, 0], [0, np.inf, 0], [0, 0], 'abc', None, [[0, 0, 0]], [10**400, 0, 0], 3.0])
def test_a_bad_point_is_refused(point):
    """A point is three finite numbers."""
    with pytest.raises(InvalidPoseError, match='position'):
        PointTarget(point)
    if point is not None:
        with pytest.raises(InvalidPoseError, match='position'):
            DirectionTarget([0, 0, -1], position=point)


@pytest.mark.parametrize('pose', [None, np.eye(4), [0.1, 0.2, 0.3], 'home', HUGE[1], Pose],
                         ids=kind_of)
def test_a_pose_is_a_pose(pose):
    """No matrix, no list."""
    with pytest.raises(InvalidPoseError, match='pose of a PoseTarget must be a Pose, got '):
        PoseTarget(pose)


@pytest.mark.parametrize('quaternion', [[0, 0, 0, 0], [0, 0, 1], None, [np.nan] * 4, [2, 0, 0, 0]])
def test_a_bad_quaternion_is_refused(quaternion):
    """By its name."""
    with pytest.raises(InvalidPoseError, match='quat_xyzw'):
        OrientationTarget(quaternion)


@pytest.mark.parametrize('free', [None, 3, True, 0.5, object()], ids=kind_of)
def test_free_that_is_no_collection_is_refused(free):
    """With the value, and what there is to choose from."""
    with pytest.raises(InvalidPoseError, match='free is .*must be axes out of x, y, z, rx, ry, rz'
                                               r', or \(\) for none'):
        PoseTarget(POSE, free=free)


@pytest.mark.parametrize('free, named', [
    ('xyz', "'xyz'"), (['spin'], "'spin'"), (['x', None], 'None'), ([['x']], r"\['x'\]"),
    ([3], '3'), (b'x', '120'), ('', "''"), (['RZ'], "'RZ'"), ([np.zeros(2)], 'array'),
    (HUGE[1:], 'a very large int')], ids=kind_of)
def test_free_with_something_else_is_refused(free, named):
    """The stranger is named, not the whole."""
    with pytest.raises(InvalidPoseError, match=f'free has {named}.*but must be axes out of x, y'):
        PoseTarget(POSE, free=free)


@pytest.mark.parametrize('frame', ['tool', None, 3, [], np.zeros(2), 'BASE'], ids=kind_of)
def test_a_frame_is_one_of_two(frame):
    """The message lists both."""
    with pytest.raises(InvalidPoseError, match="frame is .*must be one of 'base', 'target'"):
        PoseTarget(POSE, frame=frame)


@pytest.mark.parametrize('tool', [np.eye(4), 0.1, 'gripper', [0, 0, 0.1]], ids=kind_of)
def test_a_tool_is_a_pose(target, tool):
    """In the tip link."""
    with pytest.raises(InvalidPoseError, match='tool must be a Pose in the tip link, or None, '):
        replace(target, tool=tool)


@pytest.mark.parametrize('weight', [0, 0.0, -1.0, np.nan, np.inf, True, np.True_, '1', None, 1j,
                                    [1.0], np.array([1.0]), *HUGE], ids=kind_of)
def test_a_weight_that_is_no_positive_number_is_refused(target, weight):
    """By every kind alike, with the value."""
    with pytest.raises(InvalidPoseError, match='weight is .*must be a positive finite number'):
        replace(target, weight=weight)


TOLERANCES = [
    (lambda value: PoseTarget(POSE, position_tolerance=value), 'position_tolerance'),
    (lambda value: PoseTarget(POSE, orientation_tolerance=value), 'orientation_tolerance'),
    (lambda value: PointTarget(POSE.position, tolerance=value), 'tolerance'),
    (lambda value: OrientationTarget(POSE.quat_xyzw, tolerance=value), 'tolerance'),
    (lambda value: DirectionTarget([0, 0, -1], position_tolerance=value), 'position_tolerance')]


@pytest.mark.parametrize('value', [
    *NO_NUMBERS, *HUGE, np.nan, -0.1, -1e-300, -np.inf, [0.1, np.nan, 0.1], [0.1, -0.1, 0.1],
    [0.1, 0.1, HUGE[0]], [HUGE[1]] * 3, np.full(3, np.nan)], ids=kind_of)
@pytest.mark.parametrize('make, name', TOLERANCES, ids=kind_of)
def test_a_tolerance_that_is_none_is_refused(make, name, value):
    """The field as the user knows it, the value, and what would do."""
    with pytest.raises(InvalidPoseError) as caught:
        make(value)
    assert str(caught.value).startswith(f'{name} is ')
    assert 'must be a number from 0 to infinity, or 3 of them' in str(caught.value)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize('cone', [
    *NO_NUMBERS, *HUGE, np.nan, -0.1, -np.inf, [0.1, 0.1, 0.1], np.array(0.1), np.full(3, 0.1),
    math.pi, 4.0, np.inf], ids=kind_of)
def test_a_cone_that_is_no_angle_is_refused(cone):
    """One number, below half a turn."""
    with pytest.raises(InvalidPoseError, match='cone is .*must be.* below pi: a wider one leaves'):
        DirectionTarget([0, 0, -1], cone=cone)


@pytest.mark.parametrize('vector', [[0, 0, 0], [1e-10, 0, 0], [np.nan, 0, 1], [np.inf, 0, 0],
                                    [0, 1], None, 'up', 1.0])
def test_a_vector_that_points_nowhere_is_refused(vector):
    """Named as the direction or the axis that it is."""
    with pytest.raises(InvalidPoseError, match='^direction '):
        DirectionTarget(vector)
    with pytest.raises(InvalidPoseError, match='^axis '):
        DirectionTarget([0, 0, -1], vector)


@pytest.mark.parametrize('make, words', [
    (lambda: PoseTarget(POSE, free=AXES), 'all six axes of the target are free'),
    (lambda: PoseTarget(POSE, AXES[3:], position_tolerance=np.inf), 'all six axes'),
    (lambda: PoseTarget(POSE, AXES[:3], orientation_tolerance=3.15), 'below pi'),
    (lambda: PointTarget([0, 0, 0], np.inf), 'tolerance is .*all axes of the point free'),
    (lambda: OrientationTarget([0, 0, 0, 1], np.inf), 'tolerance is inf.*of the orientation free'),
    (lambda: OrientationTarget([0, 0, 0, 1], [3.2, 4, np.inf]), r'tolerance is \[3.2, 4, inf\]'),
])
def test_a_target_that_asks_for_nothing_is_refused(make, words):
    """In the words of the fields that it has."""
    with pytest.raises(InvalidPoseError, match=words) as caught:
        make()
    assert 'nothing is asked' in str(caught.value)
    assert 'orientation_tolerance' not in str(caught.value)


# What is laid out ----------------------------------------------------------------------------


def test_a_full_pose_holds_everything():
    """Position and rotation of the tip, which a tool moves."""
    target = PoseTarget(POSE)
    assert kinds(target) == (kernels.FULL, kernels.FULL)
    assert part(target, kernels.G_POSITION, 3) == POSE.position.tolist()
    assert part(target, kernels.G_ROTATION, 9) == POSE.rotation().ravel().tolist()
    assert target.position.tolist() == POSE.position.tolist()
    turned = PoseTarget(POSE, tool=TOOL)
    assert part(turned, kernels.G_POSITION, 3) == POSE.position.tolist()
    assert part(turned, kernels.G_TOOL, 3) == TOOL.position.tolist()
    assert part(turned, kernels.G_ROTATION, 9) == pytest.approx(
        (POSE.rotation() @ TOOL.rotation().T).ravel())


@pytest.mark.parametrize('frame, number', [
    ('base', kernels.BASE_FRAME), ('target', kernels.TARGET_FRAME)])
def test_tolerances_become_boxes(frame, number):
    """In the axes of the frame that was named; those of a tool, not of the tip."""
    target = PoseTarget(POSE, free='y', position_tolerance=[0.1, 0.2, 0.0],
                        orientation_tolerance=[0.3, 0.0, 4.0], frame=frame, tool=TOOL)
    assert kinds(target) == (kernels.BOX, kernels.BOX)
    assert part(target, kernels.G_FRAME, 2) == [number] * 2
    assert part(target, kernels.G_TOLERANCE, 6) == [0.1, math.inf, 0.0, 0.3, 0.0, math.inf]
    assert part(target, kernels.G_AXES, 9) == POSE.rotation().ravel().tolist()


@pytest.mark.parametrize('tool', [None, TOOL])
@pytest.mark.parametrize('frame', TargetFrame)
@pytest.mark.parametrize('k', range(3))
def test_one_free_turn_is_a_spin_of_the_tip(k, frame, tool):
    """The axis that is laid out is that of the tip which shall stay."""
    target = PoseTarget(POSE, free=AXES[3 + k], frame=frame, tool=tool)
    assert kinds(target) == (kernels.FULL, kernels.AXIS)
    axis = np.eye(3)[k] if frame is TargetFrame.BASE else POSE.rotation()[:, k]
    tip = np.reshape(part(target, kernels.G_ROTATION, 9), (3, 3))
    assert tip @ part(target, kernels.G_AXIS, 3) == pytest.approx(axis, abs=1e-15)


@pytest.mark.parametrize('target, expected', [
    (PoseTarget(POSE, free=AXES[:3]), (None, kernels.FULL)),
    (PoseTarget(POSE, free=AXES[3:]), (kernels.FULL, None)),
    (PoseTarget(POSE, free=['rx', 'ry']), (kernels.FULL, kernels.BOX)),
    (PoseTarget(POSE, free=['rx'], orientation_tolerance=0.1), (kernels.FULL, kernels.BOX)),
    (PoseTarget(POSE, free=['x']), (kernels.BOX, kernels.FULL)),
    (PointTarget([0, 0, 0]), (kernels.FULL, None)),
    (PointTarget([0, 0, 0], 0.1), (kernels.BOX, None)),
    (PointTarget([0, 0, 0], [0, 0, np.inf]), (kernels.BOX, None)),
    (OrientationTarget([0, 0, 0, 1]), (None, kernels.FULL)),
    (OrientationTarget([0, 0, 0, 1], 0.1), (None, kernels.BOX)),
    (OrientationTarget([0, 0, 0, 1], [0, 0, np.inf]), (None, kernels.AXIS)),
    (DirectionTarget([0, 0, 1]), (None, kernels.AXIS)),
    (DirectionTarget([0, 0, 1], position_tolerance=0.1), (None, kernels.AXIS)),
    (DirectionTarget([0, 0, 1], position=[0, 0, 0]), (kernels.FULL, kernels.AXIS)),
    (DirectionTarget([0, 0, 1], position=[0, 0, 0], position_tolerance=[0, 0.1, 0]),
     (kernels.BOX, kernels.AXIS)),
    (DirectionTarget([0, 0, 1], position=[0, 0, 0], position_tolerance=np.inf),
     (None, kernels.AXIS)),
])
def test_what_is_free_is_not_asked_for(target, expected):
    """Kinds of both parts, none for one that does not count."""
    assert kinds(target) == expected
    assert is_full(target.goal) == (expected == (kernels.FULL, kernels.FULL))


def test_a_direction_lays_out_its_axis_and_cone():
    """The axis in the tip link, where the tool may be turned."""
    target = DirectionTarget([0, 0, -2], [0, 3, 0], cone=0.2, tool=TOOL)
    assert part(target, kernels.G_AXIS, 3) == (TOOL.rotation() @ [0, 1, 0]).tolist()
    assert part(target, kernels.G_CONE, 1) == [0.2]


@pytest.mark.parametrize('angle', [0.0, 1e-12, 1e-7, 1e-4, 0.1, math.pi / 2, math.pi - 1e-3,
                                   math.pi - 1e-5, math.pi - 1e-7, math.pi - 1e-12, math.pi])
def test_the_rotation_of_a_direction_takes_the_axis_onto_it(angle):
    """Whatever the angle between them, opposite included, to the last digits."""
    rng = np.random.default_rng(2)
    for axis in [*np.eye(3), *-np.eye(3), *rng.normal(size=(20, 3))]:
        axis = axis / np.linalg.norm(axis)
        direction = axangle2mat(np.cross(axis, rng.normal(size=3)), angle) @ axis
        target = DirectionTarget(direction, axis)
        rotation = np.reshape(part(target, kernels.G_ROTATION, 9), (3, 3))
        assert rotation @ axis == pytest.approx(direction, abs=2e-12)
        assert rotation @ rotation.T == pytest.approx(np.eye(3), abs=1e-14)
        assert np.linalg.det(rotation) == pytest.approx(1.0)


def test_the_goal_of_a_tip_alone_has_no_weight(target):
    """Weights count beside others only, so that no scale can harm the descent."""
    for weight in (1e-9, 1e9):
        assert replace(target, weight=weight).goal.tobytes() == target.goal.tobytes()
    assert set(part(target, kernels.G_WEIGHT, 2)) <= {0.0, 1.0}


def test_several_goals_are_stacked_by_their_weights():
    """As parts of the largest; what is not asked for has none."""
    targets = [PointTarget([0, 0, 0], weight=4e9), None, PoseTarget(POSE, weight=1e9)]
    goal = stacked(targets)
    assert goal[:, kernels.G_WEIGHT:kernels.G_WEIGHT + 2].tolist() == [[1, 0], [0, 0], [0.25] * 2]
    columns = [i for i in range(kernels.GOAL_SIZE)
               if not kernels.G_WEIGHT <= i < kernels.G_WEIGHT + 2]
    assert goal[2, columns].tolist() == targets[2].goal[0, columns].tolist()
    assert goal[1].tolist() == no_goal()[0].tolist()
    assert not goal.flags.writeable and goal.flags.c_contiguous
    assert stacked([None, None]).tolist() == np.zeros((2, kernels.GOAL_SIZE)).tolist()
    extreme = stacked([PointTarget([0, 0, 0], weight=weight) for weight in (5e-324, 1e308)])
    assert 0.0 < extreme[0, kernels.G_WEIGHT] ** 2


# A value stays what it is --------------------------------------------------------------------


def test_a_target_cannot_be_changed(target):
    """Neither its fields nor its arrays."""
    for name, value in vars(target).items():
        with pytest.raises(FrozenInstanceError):
            setattr(target, name, value)
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match='read-only'):
                value[...] = 0.0


@pytest.mark.parametrize('copied', [
    copy.copy, copy.deepcopy, replace, lambda target: copy.deepcopy([target])[0],
    *[lambda target, protocol=protocol: pickle.loads(pickle.dumps(target, protocol))
      for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1)]])
def test_a_copy_is_the_same_and_as_read_only(target, copied):
    """A writeable goal would make numba compile everything again: half a minute of silence."""
    for again in (copied(target), copied(copied(target))):
        assert type(again) is type(target)
        assert list(vars(again)) == list(vars(target))
        assert again.goal.tobytes() == target.goal.tobytes()
        assert again.goal.dtype == np.float64 and again.goal.flags.c_contiguous
        for name, value in vars(target).items():
            if isinstance(value, np.ndarray):
                found = getattr(again, name)
                assert found.tobytes() == value.tobytes()
                assert not found.flags.writeable
            elif not isinstance(value, Pose):
                assert getattr(again, name) == value


def test_a_copy_does_not_follow_what_it_was_made_from():
    """Arrays of the user are copied, not kept."""
    position, tolerance = np.array([0.1, 0.2, 0.3]), np.array([0.1, 0.0, 0.0])
    target = PointTarget(position, tolerance)
    position[:], tolerance[:] = 9.0, 9.0
    assert target.position.tolist() == [0.1, 0.2, 0.3]
    assert target.tolerance.tolist() == [0.1, 0.0, 0.0]
    assert position.flags.writeable and tolerance.flags.writeable


# What others ask of a goal -------------------------------------------------------------------


def test_only_one_exact_pose_is_full(target):
    """Not two of them, and nothing that leaves freedom."""
    assert is_full(target.goal) == (kinds(target) == (kernels.FULL, kernels.FULL))
    assert not is_full(stacked([target, target]))
    assert not is_full(no_goal())


@pytest.mark.parametrize('frame', TargetFrame)
@pytest.mark.parametrize('free', [['rz'], ['rx', 'ry'], ['rx', 'ry', 'rz'], ['z', 'rx', 'ry']])
def test_a_relaxed_goal_is_that_of_the_tip_link(free, frame):
    """As if the pose of the tip link had been asked for, but that the tool is what is placed."""
    full = PoseTarget(POSE, tool=TOOL)
    less = relaxed_goal(full.goal, free, frame)
    tip = np.eye(4)
    tip[:3, :3] = POSE.rotation() @ TOOL.rotation().T
    tip[:3, 3] = POSE.position
    alike = PoseTarget(Pose.from_matrix(tip), free=free, frame=frame)
    offset = slice(kernels.G_TOOL, kernels.G_TOOL + 3)
    assert less[0, offset].tolist() == TOOL.position.tolist()
    expected = alike.goal.copy()
    expected[0, offset] = TOOL.position
    assert less[0] == pytest.approx(expected[0], abs=1e-14)
    assert not less.flags.writeable
    assert full.goal.tobytes() == PoseTarget(POSE, tool=TOOL).goal.tobytes()


def test_a_tip_at_the_wanted_frame_meets_the_target(target):
    """With the tool, and in the middle of what is free."""
    frame = wanted_frames(target.goal)[0]
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = frame[:9].reshape(3, 3), frame[9:]
    assert misses(target, matrix) == pytest.approx((0.0, 0.0), abs=1e-12)


DOWN = [0, 0, -1]
