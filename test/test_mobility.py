"""Mobility: the axes that a chain controls, and that a target which holds them can be met."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace
from itertools import combinations
import math

from chains import chain_of, model_of, random_positions
from hypothesis import given, settings, strategies as st
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, OptionsError
from ik_solver_node.mobility import Mobility, mobility_of
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import JointType, parse_urdf, RobotModel
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import AXES, PoseTarget, TargetFrame
import numpy as np
import pytest
from robots import OWN_ROBOTS, ROBOTS
from transforms3d.quaternions import qmult

BASE, TARGET = TargetFrame.BASE, TargetFrame.TARGET
# No clock, so that the shares below are the same on every machine.
PATIENT = SolverOptions(max_restarts=100, max_time=60.0)

# robot -> axes held, whose axes, and least share of targets that are met in a random orientation
FEW_JOINTS = {
    'planar_2r': ('x y', BASE, 1.0),
    'planar_3r': ('x y rz', BASE, 0.6),
    'scara': ('x y z rz', BASE, 1.0),
    'desk_arm': ('x y z rx rz', TARGET, 0.55),
    'so101': ('x y z rx rz', TARGET, 0.33),
    'al5d': ('x y z rz', TARGET, 0.45),
    'two_dofs': ('x y', BASE, 1.0),
    'tiago_head': ('x y z', BASE, 1.0),
    'edu_finger': ('x y z', BASE, 1.0),
    'allegro': ('x y z ry', TARGET, 0.03),
    'spider': ('x y z', BASE, 1.0),
    'solo12_leg': ('x y z', BASE, 1.0),
    'anymal_leg': ('x y z', BASE, 1.0),
}
MANY_JOINTS = sorted(set(ROBOTS) - set(FEW_JOINTS))


def share_met(chain: KinematicChain, free: tuple[str, ...], frame: TargetFrame,
              poses: list[Pose], turned: bool = True) -> float:
    """Return the share of `poses`, turned at random, that are reached but for the `free` axes."""
    rng = np.random.default_rng(5)
    met = 0
    for pose in poses:
        turn = rng.normal(size=4)
        turn = turn / np.linalg.norm(turn) if turned else np.array([1.0, 0.0, 0.0, 0.0])
        wish = Pose(pose.position, np.roll(qmult(turn, np.roll(pose.quat_xyzw, 1)), -1))
        seed = rng.uniform(chain.bounds[2], chain.bounds[3])
        met += solve(chain, PoseTarget(wish, free=free, frame=frame), seed, PATIENT).success
    return met / len(poses)


def poses_of(chain: KinematicChain, count: int) -> list[Pose]:
    """Return poses of the tip at random joints."""
    return [chain.forward_kinematics(q) for q in random_positions(chain, count)]


@pytest.mark.parametrize('name', FEW_JOINTS)
def test_axes_of_a_robot_with_few_joints(name: str) -> None:
    """They are what its mechanics says, and together with the free ones they are all."""
    held, frame, _ = FEW_JOINTS[name]
    found = mobility_of(chain_of(name))
    assert (found.held, found.frame) == (tuple(held.split()), frame)
    assert found.rank == len(found.held)
    assert found.held + found.free == tuple(sorted(AXES, key=lambda axis: axis in found.free))


@pytest.mark.parametrize('name', MANY_JOINTS)
def test_an_arm_of_six_joints_controls_all_axes(name: str) -> None:
    """Of whatever size: also an arm that stands crosswise, or has little room."""
    assert mobility_of(chain_of(name)) == Mobility(6, AXES, (), BASE)


@pytest.mark.parametrize('name', FEW_JOINTS)
def test_a_target_that_holds_these_axes_can_be_met(name: str) -> None:
    """Always in an orientation of the arm, and mostly in any other, as far as limits allow."""
    chain = chain_of(name)
    found, poses = mobility_of(chain), poses_of(chain, 100)
    assert share_met(chain, found.free, found.frame, poses[:40], turned=False) == 1.0
    assert share_met(chain, found.free, found.frame, poses) >= FEW_JOINTS[name][2]


@pytest.mark.parametrize(('name', 'least'), [('desk_arm', 0.85), ('al5d', 1.0), ('scara', 1.0)])
def test_without_limits_nearly_every_orientation_is_met(name: str, least: float) -> None:
    """So it is limits that forbid the others, not the choice of the axes."""
    limits = {joint: (-math.inf, math.inf) for joint in chain_of(name).joint_names}
    if name == 'scara':
        del limits['joint_3']  # which slides
    chain = chain_of(name, limits=limits)
    found = mobility_of(chain)
    assert share_met(chain, found.free, found.frame, poses_of(chain_of(name), 80)) >= least


@pytest.mark.parametrize('name', ['desk_arm', 'so101', 'al5d'])
def test_no_other_axes_are_met_much_more_often(name: str) -> None:
    """The choice by the Jacobians is that by trial, or close to it."""
    chain = chain_of(name)
    found, poses = mobility_of(chain), poses_of(chain, 60)
    others = [share_met(chain, free, frame, poses) for frame in TargetFrame
              for free in combinations(AXES[3:], 6 - found.rank)]
    assert share_met(chain, found.free, found.frame, poses) >= max(others) - 0.1


@pytest.mark.parametrize('joint', [f'joint_{i}' for i in range(1, 7)])
def test_a_joint_that_cannot_move_controls_nothing(joint: str) -> None:
    """Locked, with equal limits or with hardly any range: all the same."""
    locked = mobility_of(chain_of('six_axis_arm', locked={joint: 0.3}))
    assert locked.rank == 5
    assert locked.held[:3] == ('x', 'y', 'z')
    for width in (0.0, 1e-9, 1e-4):
        chain = chain_of('six_axis_arm', limits={joint: (0.3, 0.3 + width)})
        assert chain.size == 6
        found = mobility_of(chain)
        assert (found.rank, found.held[:3]) == (locked.rank, locked.held[:3])


def test_a_chain_whose_joints_all_stand_still_controls_nothing() -> None:
    """A rank of zero, and no division by it."""
    still = {joint: (0.1, 0.1) for joint in chain_of('six_axis_arm').joint_names}
    found = mobility_of(chain_of('six_axis_arm', limits=still))
    assert (found.rank, found.free) == (0, AXES)
    assert found.sentence == 'controls none of 6 axes: no joint moves the tip'


def scaled(model: RobotModel, factor: float) -> RobotModel:
    """Return a robot with all lengths multiplied by `factor`."""
    joints = []
    for joint in model.joints:
        transform = joint.T_parent_joint.copy()
        transform[:3, 3] *= factor
        way = factor if joint.type is JointType.PRISMATIC else 1.0
        joints.append(replace(joint, T_parent_joint=transform, lower=way * joint.lower,
                              upper=way * joint.upper))
    return RobotModel(model.name, model.links, tuple(joints))


@settings(max_examples=12, deadline=None)
@given(st.sampled_from(sorted(OWN_ROBOTS)), st.floats(-1.3, 3.0))
def test_size_does_not_matter(name: str, power: float) -> None:
    """A robot of 3 cm controls what it would at 3 m, and so does one of 500 m."""
    spec = ROBOTS[name]
    chain = KinematicChain.from_model(scaled(model_of(name), 10.0 ** power), spec.base, [spec.tip])
    assert mobility_of(chain) == mobility_of(chain_of(name))


def robot(*joints: str) -> RobotModel:
    """Return a robot from attributes and elements of its joints, one after the other."""
    links = ''.join(f'<link name="l{i}"/>' for i in range(len(joints) + 1))
    body = ''.join(
        f'<joint name="j{i}" {text}<parent link="l{i}"/><child link="l{i + 1}"/></joint>'
        for i, text in enumerate(joints))
    return parse_urdf(f'<robot name="made">{links}{body}</robot>')


def turning(axis: str, xyz: str = '0 0 0', rpy: str = '0 0 0', more: str = '') -> str:
    """Return a joint that turns by up to two radians."""
    return (f'type="revolute"><axis xyz="{axis}"/><origin xyz="{xyz}" rpy="{rpy}"/>'
            f'<limit lower="-2" upper="2" effort="1" velocity="1"/>{more}')


def sliding(axis: str, way: float = 0.5) -> str:
    """Return a joint that slides."""
    return (f'type="prismatic"><axis xyz="{axis}"/>'
            f'<limit lower="0" upper="{way}" effort="1" velocity="1"/>')


def fixed(xyz: str) -> str:
    """Return a joint that does not move."""
    return f'type="fixed"><origin xyz="{xyz}"/>'


def axes_of(*joints: str) -> tuple[str, str]:
    """Return the axes that a made-up robot holds, and whose they are."""
    found = mobility_of(KinematicChain.from_model(robot(*joints)))
    return ' '.join(found.held), found.frame.value


@pytest.mark.parametrize('rpy', ['3.14 0 0', '0 3.14 0', '3.1416 0 3.14', '0.001 0 0'])
def test_rounded_angles_give_no_axes(rpy: str) -> None:
    """Axes that are parallel but for two decimals of pi are parallel."""
    assert axes_of(turning('0 0 1'), turning('0 0 1', '0.4 0 0', rpy),
                   turning('0 0 1', '0.3 0 0', rpy), fixed('0.2 0 0')) == ('x y rz', 'base')


def test_levers_left_by_rounding_are_none() -> None:
    """A wrist with its tip in the middle holds the orientation, and the position follows."""
    wrist = (turning('0 0 1'), turning('0 1 0', '1e-7 0 0'), turning('1 0 0', '0 1e-7 0'))
    assert axes_of(*wrist) == ('rx ry rz', 'base')
    assert axes_of(*wrist, fixed('0.03 0 0')) == ('x y rz', 'base')


@pytest.mark.parametrize('way', [1e-3, 0.5, 30.0])
def test_slides_count_by_what_they_can_do(way: float) -> None:
    """Gantries of any size, and a slide before a turn."""
    assert axes_of(sliding('1 0 0', way), sliding('0 0 1', way)) == ('x z', 'base')
    assert axes_of(*(sliding(axis, way) for axis in ('1 0 0', '0 1 0', '0 0 1'))) == (
        'x y z', 'base')
    assert axes_of(sliding('0 0 1', way), turning('0 0 1')) == ('z rz', 'base')


def test_a_mimic_joint_is_no_joint_of_its_own() -> None:
    """Two joints of which one follows are one, and two that cancel hold the orientation."""
    follow = '<mimic joint="j0" multiplier="{}"/>'
    assert axes_of(turning('0 0 1'), turning('0 1 0', '0.3 0 0', more=follow.format(0.5)),
                   fixed('0.3 0 0'))[0].count(' ') == 0
    parallel = (turning('0 0 1'), turning('0 0 1', '0.3 0 0', more=follow.format(-1)),
                turning('1 0 0', '0.1 0 0'))
    assert axes_of(*parallel) == ('x rx', 'base') or axes_of(*parallel) == ('y rx', 'base')


def test_a_geared_joint_counts_by_what_it_moves() -> None:
    """Motor angles of a hundred turns are no more than the joint behind the gears."""
    motor = ('type="revolute"><axis xyz="0 0 1"/>'
             '<limit lower="-600" upper="600" effort="1" velocity="1"/>')
    geared = '<mimic joint="j0" multiplier="0.003"/>'
    model = robot(motor, turning('0 0 1', '0 0 0', more=geared), turning('0 0 1', '0.4 0 0'),
                  fixed('0.3 0 0'))
    assert mobility_of(KinematicChain.from_model(model, 'l1')).held == ('x', 'y')


def test_each_tip_has_axes_of_its_own() -> None:
    """What only moves another tip does not count."""
    spec, model = ROBOTS['desk_arm'], model_of('desk_arm')
    links = [joint.child for joint in model.joints if joint.type.is_movable]
    chain = KinematicChain.from_model(model, spec.base, [spec.tip, links[0]])
    assert mobility_of(chain) == mobility_of(chain_of('desk_arm'))
    assert mobility_of(chain, links[0]).rank == 1
    with pytest.raises(ChainError, match="'nowhere' is not a tip"):
        mobility_of(chain, 'nowhere')


def test_a_base_that_stands_askew_changes_axes_not_rank() -> None:
    """A planar arm on a slope still holds two places and a turn, those nearest to its plane."""
    joints = (fixed('0 0 0').replace('0 0 0"', '0 0 0" rpy="1.3 0.2 0"'), turning('0 0 1'),
              turning('0 0 1', '0.4 0 0'), turning('0 0 1', '0.3 0 0'), fixed('0.2 0 0'))
    assert axes_of(*joints) == ('x z ry', 'base')


def test_the_same_chain_gives_the_same_answer() -> None:
    """Nothing of the answer is left to chance, nor to another chain."""
    assert len({mobility_of(chain_of('so101')) for _ in range(3)}) == 1


@pytest.mark.parametrize(('name', 'sentence'), [
    ('planar_2r', 'controls 2 of 6 axes: holds the position along base x and y; the position '
                  'along base z and the orientation follow from it'),
    ('scara', 'controls 4 of 6 axes: holds the position and the turn about base z; the turns '
              'about base x and y follow from them'),
    ('desk_arm', 'controls 5 of 6 axes: holds the position and the direction of the y axis of '
                 'the tip; the turn about tip y follows from them'),
    ('edu_finger', 'controls 3 of 6 axes: holds the position; the orientation follows from it'),
    ('six_axis_arm', 'controls all 6 axes: holds the position and the orientation'),
])
def test_the_sentence_says_it(name: str, sentence: str) -> None:
    """In words that need no manual."""
    assert mobility_of(chain_of(name)).sentence == sentence


def test_a_tilt_against_the_base_has_words_too() -> None:
    """For an arm where the turn about the vertical follows."""
    found = Mobility(5, ('x', 'y', 'z', 'rx', 'ry'), ('rz',), BASE)
    assert found.sentence == ('controls 5 of 6 axes: holds the position and the tilt about base x '
                              'and y; the turn about base z follows from them')


def test_mobility_is_a_checked_value() -> None:
    """Each axis is held or free, once; and it stays so."""
    with pytest.raises(OptionsError, match='each of x, y, z, rx, ry, rz must be in one'):
        Mobility(1, ('x',), ('x', 'y', 'z', 'rx', 'ry'), BASE)
    with pytest.raises(OptionsError, match='2 of them in held'):
        Mobility(2, ('x',), AXES[1:], BASE)
    with pytest.raises(FrozenInstanceError):
        Mobility(6, AXES, (), BASE).rank = 5
