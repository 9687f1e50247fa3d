"""Several tips of one tree in one solve: hands, feet and fingers, each with its own target."""

from functools import cache

from chains import random_positions
from hypothesis import given, HealthCheck, settings, strategies as st
from ik_solver_node.all_solutions import solve_all
from ik_solver_node.batch import solve_batch
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError
from ik_solver_node.objective import (
    Comfort, Custom, LeastMovement, LimitMargin, Manipulability, MidRange, Torsion)
from ik_solver_node.pose import Pose
from ik_solver_node.result import TerminationReason
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import Solution, SolverOptions
from ik_solver_node.target import DirectionTarget, OrientationTarget, PointTarget, PoseTarget
import numpy as np
import pytest
from robots import RobotSpec

# Budgets in tests are counts, not seconds, so that a busy machine cannot change an answer.
PATIENT = {'max_time': 60.0}
CLOSE = 1.1e-6
"""What errors found in another way may be [m], [rad], if the solver says a micrometre."""


# Robots --------------------------------------------------------------------------------------


def full(pose):
    """Return the target that asks for all of a pose."""
    return PoseTarget(pose)


def point(pose):
    """Return the target that asks for a position only."""
    return PointTarget(pose.position)


FEET = ('FL_FOOT', 'FR_FOOT', 'HL_FOOT', 'HR_FOOT')
ANYMAL_FEET = ('LF_FOOT', 'RF_FOOT', 'LH_FOOT', 'RH_FOOT')
GO1_FEET = ('FL_foot', 'FR_foot', 'RL_foot', 'RR_foot')
FINGERTIPS = tuple(f'link_{i}.0_tip' for i in (3, 7, 11, 15))
HYQ = 'hyq_description/robots/hyq_no_sensors.urdf'
SOLO = 'solo_description/robots/solo12.urdf'
ANYMAL = 'anymal_c_simple_description/urdf/anymal.urdf'
GO1 = 'go1_description/urdf/go1.urdf'
TALOS = 'talos_data/robots/talos_full_v2.urdf'
ICUB = 'icub_description/robots/icub.urdf'
BAXTER = 'baxter_description/urdf/baxter.urdf'
TREES = {
    # two hands, with a torso that turns, lifts or stands still
    'baxter': (BAXTER, 'base', {'left_gripper': full, 'right_gripper': full}),
    'tiago_dual': ('tiago_description/robots/tiago_dual.urdf', 'base_footprint',
                   {'arm_left_tool_link': full, 'arm_right_tool_link': full}),
    'tiago_pro': ('tiago_pro_description/robots/tiago_pro.urdf', 'base_footprint',
                  {'arm_left_tool_link': full, 'arm_right_tool_link': full}),
    'talos': (TALOS, 'base_link',
              {'gripper_left_base_link': full, 'gripper_right_base_link': full}),
    'icub': (ICUB, 'base_link', {'l_gripper': full, 'r_gripper': full}),
    'pr2': ('pr2_description/urdf/pr2.urdf', 'base_link',
            {'l_gripper_tool_frame': full, 'r_gripper_tool_frame': full}),
    'g1': ('g1_description/urdf/g1_29dof_rev_1_0.urdf', 'pelvis',
           {'left_rubber_hand': full, 'right_rubber_hand': full}),
    'centauro': ('centauro_description/urdf/centauro.urdf', 'pelvis',
                 {'arm1_8': full, 'arm2_8': full}),
    # from hand to hand, and standing on one foot
    'from_hand_to_hand': (BAXTER, 'right_gripper',
                          {'left_gripper': full, 'head_camera_link': point}),
    'talos_on_one_foot': (TALOS, 'left_sole_link',
                          {'right_sole_link': full, 'gripper_left_base_link': full,
                           'gripper_right_base_link': full}),
    'icub_on_one_foot': (ICUB, 'l_sole', {'r_sole': full, 'l_gripper': full, 'r_gripper': full}),
    # feet and fingertips
    'solo12': (SOLO, 'base_link', dict.fromkeys(FEET, point)),
    'anymal': (ANYMAL, 'base', dict.fromkeys(ANYMAL_FEET, point)),
    'go1': (GO1, 'base', dict.fromkeys(GO1_FEET, point)),
    'hyq': (HYQ, 'base_link',
            dict.fromkeys(['lf_foot', 'rf_foot', 'lh_foot', 'rh_foot'], point)),
    'solo12_on_one_foot': (SOLO, 'FL_FOOT', {'base_link': full, **dict.fromkeys(FEET[1:], point)}),
    'allegro': ('allegro_hand_description/urdf/allegro_left_hand.urdf', 'palm_link',
                dict.fromkeys(FINGERTIPS, point)),
    # a link on the way to another one, one that moves no further, and one that never moves
    'elbow_and_hand': ('pr2_description/urdf/pr2.urdf', 'base_link',
                       {'l_elbow_flex_link': point, 'l_gripper_tool_frame': full}),
    'hand_and_elbow': ('pr2_description/urdf/pr2.urdf', 'base_link',
                       {'l_gripper_tool_frame': full, 'l_elbow_flex_link': full}),
    'palm_and_tool': ('pr2_description/urdf/pr2.urdf', 'base_link',
                      {'l_gripper_palm_link': full, 'l_gripper_tool_frame': full}),
    'base_and_hand': ('pr2_description/urdf/pr2.urdf', 'base_link',
                      {'base_footprint': full, 'base_link': full, 'l_gripper_tool_frame': full}),
}
"""File in example-robot-data, base link, and tip links with what is asked of each."""


def stock_urdf(file):
    """Return the URDF of a robot; skip the test if the package that has it is missing."""
    try:
        return RobotSpec('example-robot-data', file, '', '').urdf()
    except ImportError as error:
        pytest.skip(str(error))


@cache
def tree(name):
    """Return the chain of a robot, its URDF and the kinds of target for its tips."""
    file, base, tips = TREES[name]
    urdf = stock_urdf(file)
    return KinematicChain.from_model(parse_urdf(urdf), base, tuple(tips)), urdf, tips.values()


def robot(*joints):
    """Return a URDF; joints are (name, type, parent, child, xyz, yaw, axis, lower, upper)."""
    links = dict.fromkeys(link for joint in joints for link in joint[2:4])
    parts = [f'<link name="{link}"/>' for link in links]
    for name, kind, parent, child, xyz, yaw, axis, lower, upper in joints:
        parts.append(f'<joint name="{name}" type="{kind}"><parent link="{parent}"/>'
                     f'<child link="{child}"/><origin xyz="{xyz}" rpy="0 0 {yaw}"/>'
                     f'<axis xyz="{axis}"/><limit lower="{lower}" upper="{upper}" effort="1" '
                     'velocity="1"/></joint>')
    return f'<robot name="small">{"".join(parts)}</robot>'


def hexapod():
    """Return the URDF of a body with six legs of three joints."""
    joints = []
    for k in range(6):
        yaw = (k + 0.5) * np.pi / 3.0
        joints += [
            (f'hip_{k}', 'revolute', 'body', f'coxa_{k}',
             f'{0.12 * np.cos(yaw)} {0.12 * np.sin(yaw)} 0', yaw, '0 0 1', -1.0, 1.0),
            (f'thigh_{k}', 'revolute', f'coxa_{k}', f'femur_{k}', '0.05 0 0', 0, '0 1 0', -1.5,
             1.5),
            (f'shin_{k}', 'revolute', f'femur_{k}', f'tibia_{k}', '0.1 0 0', 0, '0 1 0', -0.3,
             2.6),
            (f'ankle_{k}', 'fixed', f'tibia_{k}', f'foot_{k}', '0.15 0 0', 0, '1 0 0', 0, 0)]
    return robot(*joints)


def floating(urdf, root):
    """Return a URDF whose `root` slides and turns in all directions over the ground."""
    axes = {'x': '1 0 0', 'y': '0 1 0', 'z': '0 0 1', 'yaw': '0 0 1', 'pitch': '0 1 0',
            'roll': '1 0 0'}
    parts, parent = ['<link name="ground"/>'], 'ground'
    for name, axis in axes.items():
        child = root if name == 'roll' else f'at_{name}'
        kind = 'prismatic' if len(name) == 1 else 'revolute'
        parts += [] if child == root else [f'<link name="{child}"/>']
        parts.append(f'<joint name="{name}" type="{kind}"><parent link="{parent}"/>'
                     f'<child link="{child}"/><axis xyz="{axis}"/>'
                     '<limit lower="-1.2" upper="1.2" effort="1" velocity="1"/></joint>')
        parent = child
    return urdf.replace('</robot>', ''.join(parts) + '</robot>')


def twins(*tips, upper=2.8):
    """Return two arms of two joints in the plane, 0.5 m and 0.4 m long, side by side."""
    joints = []
    for side, y in (('left', 1.0), ('right', -1.0)):
        joints += [
            (f'{side}_shoulder', 'revolute', 'base', f'{side}_arm', f'0 {y} 0', 0, '0 0 1',
             -np.pi, np.pi),
            (f'{side}_elbow', 'revolute', f'{side}_arm', f'{side}_forearm', '0.5 0 0', 0, '0 0 1',
             -2.8, upper),
            (f'{side}_wrist', 'fixed', f'{side}_forearm', side, '0.4 0 0', 0, '0 0 1', 0, 0)]
    return KinematicChain.from_model(parse_urdf(robot(*joints)), 'base', tips or ('left', 'right'))


# Checks --------------------------------------------------------------------------------------


@cache
def witness(urdf):
    """Return Pinocchio, and its model and data of a robot."""
    pin = pytest.importorskip('pinocchio', reason='pin is not installed: pip install pin')
    model = pin.buildModelFromXML(urdf)
    return pin, model, model.createData()


def placements(urdf, chain, q):
    """Return the poses of all tips in the base by Pinocchio, shape (m, 4, 4)."""
    pin, model, data = witness(urdf)
    configuration = pin.neutral(model)
    for name, value in chain.joint_positions(q).items():
        joint = model.joints[model.getJointId(name)]
        configuration[joint.idx_q:joint.idx_q + joint.nq] = (
            value if joint.nq == 1 else (np.cos(value), np.sin(value)))
    pin.framesForwardKinematics(model, data, configuration)
    base, *tips = (data.oMf[model.getFrameId(link, pin.BODY)]
                   for link in (chain.base_link, *chain.tip_links))
    return np.array([base.actInv(tip).homogeneous for tip in tips])


def angle_between(one, other):
    """Return the angle between two rotation matrices [rad]."""
    return 2.0 * np.arcsin(min(1.0, np.linalg.norm(one - other) / np.sqrt(8.0)))


def errors_of(target, placement):
    """Return position [m] and orientation error [rad] of what is asked of a tip, (4, 4)."""
    if target is None:
        return 0.0, 0.0
    tool = placement if target.tool is None else placement @ target.tool.matrix()
    position, orientation = 0.0, 0.0
    if getattr(target, 'position', None) is not None:
        position = np.linalg.norm(target.position - tool[:3, 3])
    if isinstance(target, PoseTarget):
        orientation = angle_between(target.pose.rotation(), tool[:3, :3])
    elif isinstance(target, OrientationTarget):
        orientation = angle_between(Pose(np.zeros(3), target.quat_xyzw).rotation(), tool[:3, :3])
    elif isinstance(target, DirectionTarget):
        axis = tool[:3, :3] @ target.axis
        orientation = np.arctan2(np.linalg.norm(np.cross(axis, target.direction)),
                                 axis @ target.direction)
    return position, orientation


def own_placements(chain, q):
    """Return the poses of all tips in the base, shape (m, 4, 4)."""
    return np.array([chain.forward_kinematics(q, tip).matrix() for tip in chain.tip_links])


def check_met(chain, targets, result, urdf=None):
    """Check that every tip is where it shall be, inside the limits, by another's kinematics."""
    assert result.success, result
    assert result.reason is TerminationReason.CONVERGED
    assert np.all((result.positions >= chain.lower) & (result.positions <= chain.upper))
    found = (own_placements(chain, result.positions) if urdf is None
             else placements(urdf, chain, result.positions))
    errors = np.array([errors_of(*pair) for pair in zip(targets, found)])
    assert errors.max() <= CLOSE, errors
    np.testing.assert_allclose(errors.max(axis=0),
                               [result.position_error, result.orientation_error], atol=1e-7)


def targets_at(chain, q, kinds):
    """Return targets of these kinds that are met at `q`."""
    return [kind(chain.forward_kinematics(q, tip)) for kind, tip in zip(kinds, chain.tip_links)]


def path_joints(chain, tip):
    """Return a mask (n,) of the joints on the way to a tip."""
    names = KinematicChain.from_model(chain.model, chain.base_link, [tip]).joint_names
    return np.array([name in names for name in chain.joint_names])


# Reached -------------------------------------------------------------------------------------


@pytest.mark.parametrize('name', TREES)
def test_what_all_tips_can_reach_at_once_is_reached(name):
    """Targets at random joints, from random seeds, to a micrometre and a microradian."""
    chain, urdf, kinds = tree(name)
    for q, seed in zip(random_positions(chain, 100), random_positions(chain, 100, 1)):
        targets = targets_at(chain, q, kinds)
        check_met(chain, targets, solve(chain, targets, seed, SolverOptions(**PATIENT)), urdf)


def test_six_feet_are_reached():
    """A hexapod puts all its feet down at once."""
    urdf = hexapod()
    feet = [f'foot_{k}' for k in range(6)]
    chain = KinematicChain.from_model(parse_urdf(urdf), 'body', feet)
    assert chain.size == 18
    for q, seed in zip(random_positions(chain, 100), random_positions(chain, 100, 1)):
        targets = targets_at(chain, q, [point] * 6)
        check_met(chain, targets, solve(chain, targets, seed, SolverOptions(**PATIENT)), urdf)


WALKERS = {
    'hexapod': ('body', [f'foot_{k}' for k in range(6)], {'thigh': -0.4, 'shin': 1.6}),
    'solo12': ('base_link', FEET, {'HFE': 0.8, 'KFE': -1.6}),
    'anymal': ('base', ANYMAL_FEET, {'HFE': 0.8, 'KFE': -1.6}),
    'go1': ('base', GO1_FEET, {'thigh': 0.8, 'calf': -1.6}),
}
"""Trunk, feet and posture, by part of the name of a joint [rad]."""


def walker(name):
    """Return the chain of a walker on floating trunk, its URDF, and its joints when it stands."""
    trunk, feet, posture = WALKERS[name]
    urdf = floating(hexapod() if name == 'hexapod' else stock_urdf(TREES[name][0]), trunk)
    chain = KinematicChain.from_model(parse_urdf(urdf), 'ground', (trunk, *feet))
    standing = [sum(value for part, value in posture.items() if part in joint)
                for joint in chain.joint_names]
    np.testing.assert_array_equal(chain.clip(standing), standing)
    return chain, urdf, np.array(standing)


@pytest.mark.parametrize('name', WALKERS)
def test_the_feet_stay_where_they_are_while_the_trunk_sways(name):
    """Trunk and feet are tips, one above the others; each solve begins where the last ended."""
    chain, urdf, q = walker(name)
    feet = [PointTarget(chain.forward_kinematics(q, tip).position) for tip in chain.tip_links[1:]]
    largest = 0.0
    for phase in np.linspace(0.0, 2.0 * np.pi, 60):
        sway = np.sin([phase, 2.0 * phase, 3.0 * phase])
        targets = [PoseTarget(Pose.from_rpy(0.02 * sway, 0.08 * sway[::-1])), *feet]
        result = solve(chain, targets, q, SolverOptions(**PATIENT))
        check_met(chain, targets, result, urdf)
        assert result.restarts == 0
        largest, q = max(largest, np.abs(result.positions - q).max()), result.positions
    assert largest < 0.2


@pytest.mark.parametrize('name', WALKERS)
def test_trunk_and_feet_are_reached_from_anywhere(name):
    """Random postures of the whole robot, from random seeds."""
    chain, urdf, _ = walker(name)
    kinds = [full] + [point] * (len(chain.tip_links) - 1)
    for q, seed in zip(random_positions(chain, 50), random_positions(chain, 50, 1)):
        targets = targets_at(chain, q, kinds)
        check_met(chain, targets, solve(chain, targets, seed, SolverOptions(**PATIENT)), urdf)


def test_a_robot_leans_over_one_foot_while_the_others_stay():
    """Seen from one foot, the trunk follows that leg and the other legs make up for it."""
    chain, urdf, _ = tree('solo12_on_one_foot')
    standing = np.array([{'HFE': 0.8, 'KFE': -1.6}.get(name[-3:], 0.0)
                         for name in chain.joint_names])
    feet = [PointTarget(chain.forward_kinematics(standing, tip).position) for tip in FEET[1:]]
    held = path_joints(chain, 'base_link')
    for shift in random_positions(chain, 30):
        leaning = standing + np.where(held, 0.03 * np.sin(shift), 0.0)
        targets = [PoseTarget(chain.forward_kinematics(leaning, 'base_link')), *feet]
        result = solve(chain, targets, standing, SolverOptions(**PATIENT))
        check_met(chain, targets, result, urdf)
        np.testing.assert_allclose(result.positions[held], leaning[held], atol=1e-5)


TOOL = Pose.from_rpy([0.01, -0.02, 0.03], [0.3, -0.4, 0.5])


def with_tool(pose):
    """Return a point target for a tool on the tip."""
    return PointTarget((pose.matrix() @ TOOL.matrix())[:3, 3], tool=TOOL)


def orientation(pose):
    """Return a target that asks for an orientation only."""
    return OrientationTarget(pose.quat_xyzw)


def direction(pose):
    """Return a target that asks for the direction of an axis only."""
    return DirectionTarget(pose.rotation() @ [0.0, 0.6, 0.8], [0.0, 0.6, 0.8])


def pointer(pose):
    """Return a target that asks for a direction and a position."""
    return DirectionTarget(pose.rotation() @ [1.0, 0.0, 0.0], [1.0, 0.0, 0.0],
                           position=pose.position)


@pytest.mark.parametrize('kinds', [
    (point, with_tool, direction, orientation), (pointer, direction, point, full),
    (full, with_tool, pointer, direction), (orientation, full, direction, with_tool)],
    ids=lambda kinds: '-'.join(kind.__name__ for kind in kinds))
@pytest.mark.parametrize('name', ['allegro', 'solo12'])
def test_each_tip_has_its_own_kind_of_target(name, kinds):
    """Points, directions, orientations and poses beside each other, with and without a tool."""
    chain, urdf, _ = tree(name)
    for q, seed in zip(random_positions(chain, 25), random_positions(chain, 25, 1)):
        targets = targets_at(chain, q, kinds)
        check_met(chain, targets, solve(chain, targets, seed, SolverOptions(**PATIENT)), urdf)


def test_tolerances_are_those_of_each_tip():
    """A tip that may be off uses what it may, and the other is met exactly."""
    chain, urdf, _ = tree('talos')
    for q, seed in zip(random_positions(chain, 30), random_positions(chain, 30, 1)):
        left, right = (chain.forward_kinematics(q, tip) for tip in chain.tip_links)
        targets = [PoseTarget(left, position_tolerance=0.02, orientation_tolerance=0.1),
                   PoseTarget(right)]
        result = solve(chain, targets, seed, SolverOptions(**PATIENT))
        found = placements(urdf, chain, result.positions)
        assert result.success
        assert max(errors_of(targets[1], found[1])) <= CLOSE
        off = left.rotation().T @ (found[0][:3, 3] - left.position)
        assert np.abs(off).max() <= 0.02 + CLOSE
        assert angle_between(left.rotation(), found[0][:3, :3]) <= 0.1 * np.sqrt(3.0) + CLOSE


@pytest.mark.parametrize('rule', ['gradient', 'sweep'])
def test_the_other_step_rules_take_several_tips(rule):
    """They are slower, but arrive within a millimetre."""
    options = SolverOptions(step_rule=rule, position_tolerance=1e-3, max_iterations=3000,
                            rate=3.0, max_restarts=20, **PATIENT)
    chain = twins()
    for q in random_positions(chain, 10):
        targets = targets_at(chain, q, (point, point))
        result = solve(chain, targets, options=options)
        assert result.success, result
        for target, found in zip(targets, own_placements(chain, result.positions)):
            assert errors_of(target, found)[0] <= 1e-3


# How it is asked for -------------------------------------------------------------------------


@pytest.mark.parametrize('name', ['pr2', 'hyq', 'allegro'])
def test_a_mapping_and_a_sequence_give_the_same_bits(name):
    """Whatever the order of the mapping; what it leaves out is asked for nothing."""
    chain, _, kinds = tree(name)
    options = SolverOptions(**PATIENT)
    for q, seed in zip(random_positions(chain, 20), random_positions(chain, 20, 1)):
        targets = targets_at(chain, q, kinds)
        by_tip = dict(zip(chain.tip_links, targets))
        backwards = dict(reversed(by_tip.items()))
        alike = [solve(chain, one, seed, options)
                 for one in (targets, tuple(targets), by_tip, backwards)]
        targets[1] = None
        left_out = {tip: target for tip, target in zip(chain.tip_links, targets) if target}
        fewer = [solve(chain, one, seed, options)
                 for one in (targets, left_out, {**left_out, chain.tip_links[1]: None})]
        for same in (alike, fewer):
            for result in same:
                assert result.positions.tobytes() == same[0].positions.tobytes()
                assert result.iterations == same[0].iterations


@pytest.mark.parametrize('name', ['pr2', 'talos', 'solo12_on_one_foot', 'allegro'])
def test_the_order_of_the_tips_does_not_matter(name):
    """Near the seed the joints are the same, and from afar the targets are met as well."""
    chain, urdf, kinds = tree(name)
    turned = KinematicChain.from_model(chain.model, chain.base_link, chain.tip_links[::-1])
    assert sorted(turned.joint_names) == sorted(chain.joint_names)
    order = [chain.joint_names.index(joint) for joint in turned.joint_names]
    options = SolverOptions(**PATIENT)
    for q, seed in zip(random_positions(chain, 20), random_positions(chain, 20, 1)):
        targets = targets_at(chain, q, kinds)
        check_met(turned, targets[::-1], solve(turned, targets[::-1], seed[order], options), urdf)
        near = chain.clip(q + 0.02 * np.sin(seed))
        one = solve(chain, targets, near, options)
        other = solve(turned, targets[::-1], near[order], options)
        np.testing.assert_allclose(other.positions, one.positions[order], atol=1e-6)


@pytest.mark.parametrize('target, message', [
    ([None, None], 'nothing is asked'), ({}, 'nothing is asked'),
    ({'left': None}, 'nothing is asked'), ([], '2 tips, left, right, but 0 targets'),
    ([Pose.identity()] * 3, '2 tips, left, right, but 3 targets'),
    (Pose.identity(), '2 tips, left, right, but 1 targets'),
    ({'left': Pose.identity(), 'middle': Pose.identity()},
     "target for 'middle', but the tips of the chain are left, right"),
    ({'left': 'up'}, "got 'up'"), ([Pose.identity(), 'up'], "got 'up'"), (3, 'got 3'),
])
def test_targets_that_do_not_match_the_tips_are_refused(target, message):
    """Too few, too many, strangers and nothing at all, alone and in a batch."""
    chain = twins()
    with pytest.raises((ChainError, InvalidPoseError), match=message):
        solve(chain, target)
    with pytest.raises((ChainError, InvalidPoseError), match=f'number 0: .*{message}'):
        solve_batch(chain, [target])
    with pytest.raises((ChainError, InvalidPoseError), match=message):
        solve_all(chain, target)


def test_names_that_are_no_text_are_refused():
    """A mistake in the names is a ChainError, whatever was taken for a name."""
    with pytest.raises(ChainError, match='target for'):
        solve(twins(), {1: Pose.identity(), 'middle': Pose.identity()})


def test_a_tip_that_is_given_twice_is_refused():
    """A mapping could not tell the two apart, and both targets would pull at one link."""
    with pytest.raises(ChainError, match="'left'.*twice"):
        twins('left', 'right', 'left')


# Nothing asked of a tip ----------------------------------------------------------------------


@pytest.mark.parametrize('name', ['pr2', 'baxter', 'talos', 'icub'])
def test_a_tip_that_nothing_is_asked_of_changes_nothing(name):
    """The other tip is reached as by its own chain; near the seed with the same joints."""
    chain, urdf, kinds = tree(name)
    tip = chain.tip_links[0]
    alone = KinematicChain.from_model(chain.model, chain.base_link, [tip])
    on_path = path_joints(chain, tip)
    options = SolverOptions(**PATIENT)
    for q, seed in zip(random_positions(chain, 40), random_positions(chain, 40, 1)):
        targets = [targets_at(chain, q, kinds)[0], None]
        result = solve(chain, targets, seed, options)
        check_met(chain, targets, result, urdf)
        if result.restarts == 0:
            np.testing.assert_array_equal(result.positions[~on_path], seed[~on_path])
        near = chain.clip(q + 0.05 * np.sin(seed))
        result = solve(chain, targets, near, options)
        expected = solve(alone, targets[0], near[on_path], options)
        np.testing.assert_allclose(result.positions[on_path], expected.positions, atol=1e-6)
        np.testing.assert_array_equal(result.positions[~on_path], near[~on_path])


def test_joints_that_no_target_depends_on_stay_at_the_seed():
    """Also if the target is found from another start only."""
    chain, _, kinds = tree('baxter')
    idle = ~path_joints(chain, chain.tip_links[0])
    restarts = 0
    for q, seed in zip(random_positions(chain, 40), random_positions(chain, 40, 1)):
        result = solve(chain, [targets_at(chain, q, kinds)[0], None], seed,
                       SolverOptions(**PATIENT))
        restarts += result.restarts
        np.testing.assert_array_equal(result.positions[idle], seed[idle])
    assert restarts > 0


def test_what_is_already_there_does_not_move():
    """If all tips are where they shall be, no joint moves, and no iteration is spent."""
    for name in ('talos', 'hyq', 'solo12_on_one_foot', 'base_and_hand'):
        chain, _, kinds = tree(name)
        q = random_positions(chain, 1)[0]
        result = solve(chain, targets_at(chain, q, kinds), q)
        assert (result.success, result.iterations) == (True, 0)
        np.testing.assert_array_equal(result.positions, q)


def test_only_the_limb_whose_target_moved_moves():
    """Legs do not disturb each other if they share no joint."""
    chain, _, kinds = tree('hyq')
    q = chain.mid_range()
    moved = path_joints(chain, chain.tip_links[2])
    for shift in random_positions(chain, 20):
        there = q + np.where(moved, 0.1 * np.sin(shift), 0.0)
        result = solve(chain, targets_at(chain, there, kinds), q, SolverOptions(**PATIENT))
        assert result.success
        np.testing.assert_allclose(result.positions[~moved], q[~moved], rtol=0.0, atol=1e-12)
        np.testing.assert_allclose(result.positions[moved], there[moved], atol=1e-4)


# Not all can be met --------------------------------------------------------------------------


def pulled(left_weight, right_weight):
    """Return both errors [m] and the result of a slide whose two tips are pulled apart."""
    chain = KinematicChain.from_model(parse_urdf(robot(
        ('slide', 'prismatic', 'base', 'beam', '0 0 0', 0, '1 0 0', -1, 1),
        ('to_left', 'fixed', 'beam', 'left', '0 0.3 0', 0, '0 0 1', 0, 0),
        ('to_right', 'fixed', 'beam', 'right', '0 -0.3 0', 0, '0 0 1', 0, 0))),
        'base', ('left', 'right'))
    result = solve(chain, [PointTarget([0.2, 0.3, 0.0], weight=left_weight),
                           PointTarget([-0.2, -0.3, 0.0], weight=right_weight)],
                   [0.5], SolverOptions(**PATIENT))
    return 0.2 - result.positions[0], 0.2 + result.positions[0], result


@pytest.mark.parametrize('left, right', [(1, 1), (2, 1), (1, 3), (10, 10), (1000, 1), (1, 1000),
                                         (0.01, 0.02)])
def test_weights_share_out_what_cannot_be_met(left, right):
    """Least squares: the errors are as the inverse squares of the weights, and both add up."""
    left_error, right_error, result = pulled(left, right)
    assert result.reason is TerminationReason.OUT_OF_RESTARTS
    assert 'nor any restart reached the target' in result.sentence
    assert left_error + right_error == pytest.approx(0.4)
    assert left_error == pytest.approx(0.4 * right ** 2 / (left ** 2 + right ** 2), abs=1e-7)
    assert result.position_error == pytest.approx(max(left_error, right_error))


CONTESTED = ['talos', 'icub', 'pr2', 'tiago_dual']


def contested(name, count):
    """Yield what two hands want whose robot cannot give both: chain, points and seed."""
    chain, _, _ = tree(name)
    apart = np.array([0.0, 3.0, 0.0])
    for q, seed in zip(random_positions(chain, count), random_positions(chain, count, 1)):
        left, right = (chain.forward_kinematics(q, tip).position for tip in chain.tip_links)
        yield chain, left, right - apart, seed


def hand_errors(chain, targets, seed):
    """Return how far both tips are off [m], and the result."""
    result = solve(chain, targets, seed, SolverOptions(max_restarts=20, **PATIENT))
    found = own_placements(chain, result.positions)
    return [errors_of(*pair)[0] for pair in zip(targets, found)], result


@pytest.mark.parametrize('name', CONTESTED)
def test_the_heavier_tip_ends_nearer_to_its_target(name):
    """More weight, less error; with a thousand times the weight, hardly any."""
    for chain, left, right, seed in contested(name, 8):
        errors = []
        for weight in (0.1, 1.0, 1000.0):
            (off, _), result = hand_errors(
                chain, [PointTarget(left, weight=weight), PointTarget(right)], seed)
            assert result.reason is TerminationReason.IMPOSSIBLE
            assert result.out_of_reach > 0.1
            errors.append(off)
        assert errors[2] < 1e-3
        assert errors[2] < errors[0] + 1e-9
        assert errors[1] < errors[0] + 1e-9


def test_equal_weights_split_the_error_evenly():
    """A beam that can only turn, pulled alike at both ends, stays where it is."""
    chain = KinematicChain.from_model(parse_urdf(robot(
        ('turn', 'revolute', 'base', 'beam', '0 0 0', 0, '0 0 1', -1.5, 1.5),
        ('to_left', 'fixed', 'beam', 'left', '0 1 0', 0, '0 0 1', 0, 0),
        ('to_right', 'fixed', 'beam', 'right', '0 -1 0', 0, '0 0 1', 0, 0))),
        'base', ('left', 'right'))
    goals = np.array([[0.6, 0.8, 0.0], [0.6, -0.8, 0.0]])
    for weights, nearer in (((1.0, 1.0), None), ((2.0, 1.0), 0), ((1.0, 2.0), 1)):
        errors, result = hand_errors(
            chain, [PointTarget(goal, weight=w) for goal, w in zip(goals, weights)], [0.4])
        assert result.reason is TerminationReason.OUT_OF_RESTARTS
        if nearer is None:
            assert errors[0] == pytest.approx(errors[1], abs=1e-4)
        else:
            assert errors[nearer] < errors[1 - nearer] - 0.1


@pytest.mark.parametrize('weights', [(1000.0, 1.0), (1.0, 0.001), (0.001, 0.001), (1e3, 1e3)])
@pytest.mark.parametrize('name', ['pr2', 'baxter', 'talos'])
def test_weights_do_not_matter_where_all_can_be_met(name, weights):
    """What can be reached is reached, heavy or light."""
    chain, urdf, _ = tree(name)
    for q, seed in zip(random_positions(chain, 20), random_positions(chain, 20, 1)):
        targets = [PoseTarget(chain.forward_kinematics(q, tip), weight=weight)
                   for tip, weight in zip(chain.tip_links, weights)]
        check_met(chain, targets, solve(chain, targets, seed, SolverOptions(**PATIENT)), urdf)


@pytest.mark.parametrize('weights', [(1e-6, 1.0), (1e-6, 1e-6)])
def test_the_lightest_weights_do_not_matter_either(weights):
    """Any positive weight is allowed."""
    chain = twins()
    targets = [PointTarget(chain.forward_kinematics([0.3, 0.4, 0.5, 0.6], tip).position,
                           weight=weight) for tip, weight in zip(chain.tip_links, weights)]
    check_met(chain, targets, solve(chain, targets, options=SolverOptions(**PATIENT)))


@pytest.mark.parametrize('far', [0.92, 1.3, 2.0])
def test_a_target_out_of_reach_of_one_tip_is_impossible(far):
    """The gap is that of the tip in question, and its arm stretches towards its target."""
    chain = twins()
    for q, seed in zip(random_positions(chain, 30), random_positions(chain, 30, 1)):
        right = PointTarget(chain.forward_kinematics(q, 'right').position)
        targets = {'left': PointTarget([0.0, 1.0 + far, 0.0]), 'right': right}
        (left_error, right_error), result = hand_errors(chain, list(targets.values()), seed)
        assert result.reason is TerminationReason.IMPOSSIBLE
        assert result.out_of_reach == pytest.approx(far - 0.9, abs=1e-6)
        assert f'by at least {far - 0.9:.3g} m' in result.sentence
        assert left_error == pytest.approx(far - 0.9, abs=1e-3)
        assert result.position_error == pytest.approx(max(left_error, right_error))
        if far < 1.0:
            assert right_error < 1e-4


@pytest.mark.parametrize('name, beyond', [('twins', 0.3), ('twins', 3.0), ('baxter', 0.3),
                                          ('baxter', 3.0)])
def test_a_tip_out_of_reach_does_not_keep_an_independent_one_from_its_target(name, beyond):
    """Arms that share no joint do not suffer from each other's targets."""
    chain = twins() if name == 'twins' else tree(name)[0]
    for q, seed in zip(random_positions(chain, 20), random_positions(chain, 20, 1)):
        left, right = (chain.forward_kinematics(q, tip) for tip in chain.tip_links)
        away = left.position * [1.0, 1.0, 0.0] / np.linalg.norm(left.position[:2])
        targets = [PointTarget(left.position + (1.5 + beyond) * away), PointTarget(right.position)]
        errors, result = hand_errors(chain, targets, seed)
        assert result.reason is TerminationReason.IMPOSSIBLE
        assert errors[1] <= CLOSE


def test_joints_of_an_independent_arm_are_not_in_the_way():
    """What the left hand misses cannot be the fault of the right arm."""
    chain, _, _ = tree('baxter')
    for q, seed in zip(random_positions(chain, 30), random_positions(chain, 30, 1)):
        left, right = (chain.forward_kinematics(q, tip) for tip in chain.tip_links)
        result = solve(chain, [PointTarget(left.position + [0.0, 0.0, 3.0]), PoseTarget(right)],
                       seed, SolverOptions(**PATIENT))
        assert result.reason is TerminationReason.IMPOSSIBLE
        assert all(name.startswith('left') for name in result.blocking_joints)


@pytest.mark.parametrize('far', [0.85, 1.5])
def test_only_joints_of_the_tip_that_missed_are_in_the_way(far):
    """A joint at its limit that leads to the other tip, which is met, blocks nothing."""
    chain = twins(upper=-1.0)  # elbows bend one way, and never straighten
    q = np.array([0.3, -1.5, 0.3, -1.0])
    targets = [PointTarget([0.0, 1.0 + far, 0.0]),
               PointTarget(chain.forward_kinematics(q, 'right').position)]
    result = solve(chain, targets, q, SolverOptions(max_restarts=0, **PATIENT))
    assert not result.success
    assert {'left_elbow', 'right_elbow'} == set(result.joints_at_limit)
    assert result.blocking_joints == ('left_elbow',)
    assert result.sentence.endswith('in the way: left_elbow')


@pytest.mark.parametrize('name', CONTESTED)
def test_a_light_tip_out_of_reach_hardly_pulls_the_other_away(name):
    """Also if they share a torso; what is in the way is at a limit."""
    for chain, left, right, seed in contested(name, 15):
        (off, _), result = hand_errors(
            chain, [PointTarget(left), PointTarget(right, weight=0.001)], seed)
        assert result.reason is TerminationReason.IMPOSSIBLE
        assert off < 1e-3
        assert set(result.blocking_joints) <= set(result.joints_at_limit)


def test_a_base_that_is_asked_to_move_is_out_of_reach():
    """A tip that no joint moves is met where it is, and impossible elsewhere."""
    chain, _, kinds = tree('base_and_hand')
    q = random_positions(chain, 1)[0]
    footprint, base, hand = targets_at(chain, q, kinds)
    away = PoseTarget(Pose([0.1, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]))
    result = solve(chain, [footprint, away, hand], options=SolverOptions(**PATIENT))
    assert result.reason is TerminationReason.IMPOSSIBLE
    assert result.out_of_reach == pytest.approx(0.1, abs=1e-6)
    turned = PoseTarget(Pose.from_rpy(base.position, [0.0, 0.0, 0.5]))
    result = solve(chain, [footprint, turned, hand], options=SolverOptions(**PATIENT))
    assert not result.success
    assert result.orientation_error == pytest.approx(0.5, abs=1e-6)
    nothing_else = solve(chain, [None, base, None], q)
    assert nothing_else.success
    np.testing.assert_array_equal(nothing_else.positions, q)


def test_a_link_cannot_be_in_two_places():
    """Two frames of one link, asked to be further apart than they are, miss by as much."""
    chain, _, _ = tree('palm_and_tool')
    q = random_positions(chain, 1)[0]
    palm, tool = (chain.forward_kinematics(q, tip) for tip in chain.tip_links)
    stretched = tool.position + 0.1 * tool.rotation()[:, 0]
    errors, result = hand_errors(chain, [PointTarget(palm.position), PointTarget(stretched)], q)
    assert not result.success
    assert errors == pytest.approx([0.05, 0.05], abs=1e-4)


# Several tips elsewhere ----------------------------------------------------------------------


OPTIONS = {
    'first': {}, 'nearest': {'solution': Solution.NEAREST, 'search_restarts': 5},
    'objectives': {'objectives': (MidRange(), LeastMovement(0.2), LimitMargin(0.1))},
    'able': {'objectives': Manipulability()},
    'gradient': {'step_rule': 'gradient', 'max_restarts': 1, 'max_iterations': 60},
    'sweep': {'step_rule': 'sweep', 'max_restarts': 1, 'max_iterations': 20},
}


@pytest.mark.parametrize('how', OPTIONS)
@pytest.mark.parametrize('name', ['talos', 'allegro', 'solo12_on_one_foot', 'base_and_hand'])
def test_batches_give_the_same_bits(name, how):
    """Reached and out of reach, with nothing asked of a tip, and with weights."""
    chain, _, kinds = tree(name)
    options = SolverOptions(**{'max_restarts': 20, **OPTIONS[how]}, **PATIENT)
    targets = []
    for q in random_positions(chain, 3):
        met = targets_at(chain, q, kinds)
        far = PointTarget(met[-1].position + 3.0, weight=0.1)
        targets += [met, dict(zip(chain.tip_links, met)), [None, *met[1:]], [*met[:-1], far],
                    [*met[:-1], None]]
    seeds = random_positions(chain, len(targets), 1)
    batch = solve_batch(chain, targets, seeds, options, workers=2)
    for one, target, seed in zip(batch, targets, seeds):
        other = solve(chain, target, seed, options)
        assert one.positions.tobytes() == other.positions.tobytes()
        for field in ('reason', 'position_error', 'orientation_error', 'iterations', 'restarts',
                      'out_of_reach'):
            assert getattr(one, field) == getattr(other, field)
    assert batch.success.any() or how in ('gradient', 'sweep')
    assert not batch.success.all()


def test_all_solutions_of_two_arms_are_those_of_each_combined():
    """Two elbows up or down: two times two, each once, nearest first."""
    chain = twins()
    for q, seed in zip([[0.3, 0.8, -0.5, 1.2], [-1.0, -0.4, 2.0, 1.9], [2.5, 1.0, 0.2, -2.0]],
                       random_positions(chain, 3)):
        targets = targets_at(chain, q, (point, point))
        found = solve_all(chain, targets, seed, SolverOptions(**PATIENT))
        assert len(found) == 4
        for result in found:
            check_met(chain, targets, result)
        elbows = {tuple(np.sign(result.positions[[1, 3]])) for result in found}
        assert len(elbows) == 4
        distances = [np.linalg.norm(result.positions - seed) for result in found]
        assert distances == sorted(distances)
        assert min(np.abs(result.positions - q).max() for result in found) < 1e-4
        nearest = solve(chain, targets, seed, SolverOptions(solution='nearest', **PATIENT))
        np.testing.assert_allclose(nearest.positions, found[0].positions, atol=1e-4)


def test_solutions_that_differ_only_in_idle_joints_are_one():
    """With nothing asked of the right arm, the left one has two solutions."""
    chain = twins()
    target = [PointTarget(chain.forward_kinematics([0.3, 0.8, 0.0, 0.0], 'left').position), None]
    assert len(solve_all(chain, target, options=SolverOptions(**PATIENT))) == 2


@pytest.mark.parametrize('name', ['talos', 'icub'])
def test_solutions_of_real_robots_all_arrive(name):
    """A sample of the many ways to hold two poses, all different."""
    chain, urdf, kinds = tree(name)
    q = random_positions(chain, 1)[0]
    targets = targets_at(chain, q, kinds)
    options = SolverOptions(search_restarts=60, **PATIENT)
    found = solve_all(chain, targets, q, options, separation=0.1, max_solutions=8)
    assert len(found) == 8
    for k, result in enumerate(found):
        check_met(chain, targets, result, urdf)
        for other in found[:k]:
            assert np.abs(result.positions - other.positions).max() >= 0.1


def off_middle(q):
    """Return the squared length of a joint vector, and its slope."""
    return 0.5 * q @ q, q


OBJECTIVES = {
    'mid_range': MidRange(), 'limit_margin': LimitMargin(), 'least_movement': LeastMovement(),
    'torsion': Torsion(), 'manipulability': Manipulability(), 'custom': Custom(off_middle),
    'comfort': Comfort({'torso_1_joint': 0.2, 'arm_left_4_joint': -1.0})}


@pytest.mark.parametrize('objective', OBJECTIVES.values(), ids=OBJECTIVES)
def test_the_targets_do_not_suffer_from_objectives(objective):
    """Both hands stay where they shall be, while the joints move to what is wished."""
    chain, urdf, kinds = tree('talos')
    moved = 0.0
    for q, seed in zip(random_positions(chain, 15), random_positions(chain, 15, 1)):
        targets = targets_at(chain, q, kinds)
        result = solve(chain, targets, seed, SolverOptions(objectives=objective, **PATIENT))
        check_met(chain, targets, result, urdf)
        plain = solve(chain, targets, seed, SolverOptions(**PATIENT))
        moved = max(moved, np.abs(result.positions - plain.positions).max())
    assert moved > 0.1


@pytest.mark.parametrize('name', ['talos', 'icub', 'pr2', 'solo12_on_one_foot'])
def test_objectives_are_lowered_with_several_tips(name):
    """Nearer to the middle than without, often by much, if joints are left over."""
    chain, urdf, kinds = tree(name)
    bounded = np.isfinite(chain.lower) & np.isfinite(chain.upper)
    plain, wished = [], []
    for q, seed in zip(random_positions(chain, 20), random_positions(chain, 20, 1)):
        targets = targets_at(chain, q, kinds)
        for values, objectives in ((plain, ()), (wished, MidRange())):
            result = solve(chain, targets, seed, SolverOptions(objectives=objectives, **PATIENT))
            check_met(chain, targets, result, urdf)
            values.append(np.square((result.positions - chain.mid_range())[bounded]).sum())
    assert np.all(np.array(wished) <= np.array(plain) + 1e-9)
    if chain.size > 12:
        assert np.sum(wished) < 0.8 * np.sum(plain)


def test_the_nearest_solution_of_two_hands_is_nearer():
    """Both hands count, and so do all joints."""
    chain, urdf, kinds = tree('talos')
    lengths = {'first': [], 'nearest': []}
    for q, seed in zip(random_positions(chain, 10), random_positions(chain, 10, 1)):
        targets = targets_at(chain, q, kinds)
        for solution, found in lengths.items():
            result = solve(chain, targets, seed, SolverOptions(solution=solution, **PATIENT))
            check_met(chain, targets, result, urdf)
            found.append(np.linalg.norm(result.positions - seed))
    assert np.all(np.array(lengths['nearest']) <= np.array(lengths['first']) + 1e-9)


# Any tree ------------------------------------------------------------------------------------


@st.composite
def random_trees(draw):
    """Return the URDF of a random tree, a base link and one to four different tips."""
    count = draw(st.integers(2, 9))
    number = st.floats(-1.0, 1.0).map(lambda x: round(x, 3))
    joints = []
    for k in range(count):
        kind = draw(st.sampled_from(['revolute', 'revolute', 'prismatic', 'fixed']))
        axis = draw(st.sampled_from(['1 0 0', '0 1 0', '0 0 -1', '0.6 0 0.8']))
        lower = round(draw(st.floats(-3.0, 2.0)), 2)
        joints.append((f'joint_{k}', kind, f'link_{draw(st.integers(0, k))}', f'link_{k + 1}',
                       f'{draw(number)} {draw(number)} {draw(number)}', draw(number), axis, lower,
                       lower + draw(st.sampled_from([0.01, 1.0, 4.0]))))
    links = [f'link_{k}' for k in range(count + 1)]
    base = draw(st.sampled_from(links))
    tips = draw(st.lists(st.sampled_from(links), min_size=1, max_size=4, unique=True))
    return robot(*joints), base, tips


KINDS = (full, point, orientation, direction, pointer, with_tool, lambda pose: None)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=random_trees(), seed=st.integers(0, 2**31 - 1), far=st.booleans())
def test_promises_hold_on_any_tree(drawn, seed, far):
    """Kinematics as by Pinocchio; inside the limits; errors true; batches and twice the same."""
    urdf, base, tips = drawn
    rng = np.random.default_rng(seed)
    try:
        chain = KinematicChain.from_model(parse_urdf(urdf), base, tips)
    except ChainError:  # nothing can move
        return
    q, start = (rng.uniform(chain.lower, chain.upper) for _ in range(2))
    np.testing.assert_allclose(own_placements(chain, q), placements(urdf, chain, q), atol=1e-12)
    poses = [chain.forward_kinematics(q, tip) for tip in tips]
    if far:
        poses[0] = Pose(poses[0].position + 1.0, poses[0].quat_xyzw)
    targets = [KINDS[rng.integers(len(KINDS))](pose) for pose in poses]
    if not any(targets):
        targets[0] = PointTarget(poses[0].position)
    options = SolverOptions(max_restarts=5, relax='none', **PATIENT)
    result = solve(chain, targets, start, options)
    assert np.all((result.positions >= chain.lower) & (result.positions <= chain.upper))
    errors = np.array([errors_of(*pair) for pair in zip(
        targets, placements(urdf, chain, result.positions))]).max(axis=0)
    np.testing.assert_allclose(errors, [result.position_error, result.orientation_error],
                               atol=1e-6)
    assert result.success == (max(result.position_error, result.orientation_error) <= 1e-6)
    again = solve_batch(chain, [targets], start, options, workers=1)[0]
    assert again.positions.tobytes() == result.positions.tobytes()
    assert again.reason is result.reason


def test_each_tip_has_its_errors():
    """Of two hands, one out of reach, each is told how far it is off; who has no target is not."""
    chain = twins()
    right = chain.forward_kinematics([0.0, 0.0, 0.3, 0.8], 'right')
    result = solve(chain, [PointTarget([9.0, 0.0, 0.0]), right])
    errors = result.tip_errors
    assert errors['left'][0] == pytest.approx(result.position_error)
    assert max(errors['right']) <= 1e-6
    assert list(solve(chain, [None, right]).tip_errors) == ['right']
