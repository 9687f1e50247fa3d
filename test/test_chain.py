"""Chains: which joints they have, and forward kinematics and Jacobians that others confirm."""

import pickle

from chains import chain_of, model_of, random_positions, urdf_of
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError
from ik_solver_node.robot_model import parse_urdf
import numpy as np
import pytest
from robots import OWN_ROBOTS, ROBOTS, STOCK_ROBOTS


def urdf(*joints, links):
    """Return the text of a robot; each joint is (name, type, parent, child, more XML)."""
    parts = [f'<link name="{link}"/>' for link in links]
    for name, kind, parent, child, more in joints:
        limit = '' if kind in ('fixed', 'continuous', 'floating', 'planar') else (
            '<limit lower="-1" upper="2" effort="1" velocity="3"/>')
        parts.append(f'<joint name="{name}" type="{kind}"><parent link="{parent}"/>'
                     f'<child link="{child}"/><origin xyz="1 0 0"/>{limit}'
                     f'<axis xyz="0 0 1"/>{more}</joint>')
    return f'<robot name="small">{"".join(parts)}</robot>'


def small_chain(*joints, links='abc', **options):
    """Return the chain of a small robot."""
    return KinematicChain.from_model(parse_urdf(urdf(*joints, links=links)), **options)


@pytest.mark.parametrize('q1, q2', [(0.0, 0.0), (0.3, -1.2), (-1.0, 2.0), (np.pi / 2, np.pi / 2)])
def test_the_planar_arm_is_sines_and_cosines(q1, q2):
    """Two links of 0.5 m and 0.4 m in the plane, as on the blackboard."""
    chain = chain_of('planar_2r')
    first, second = 0.5, 0.4
    home = chain.forward_kinematics([0.0, 0.0]).position
    assert home[0] == pytest.approx(first + second)
    pose = chain.forward_kinematics([q1, q2])
    assert pose.position[0] == pytest.approx(first * np.cos(q1) + second * np.cos(q1 + q2))
    assert pose.position[1] == pytest.approx(first * np.sin(q1) + second * np.sin(q1 + q2))
    assert pose.rotation()[0, 0] == pytest.approx(np.cos(q1 + q2))


def pinocchio_placement(pin, model, chain, q):
    """Return the pose of the tip in the base by Pinocchio, shape (4, 4)."""
    configuration = pin.neutral(model)
    for name, value in chain.joint_positions(q).items():
        joint = model.joints[model.getJointId(name)]
        if joint.nq == 1:
            configuration[joint.idx_q] = value
        elif joint.nq == 2:
            configuration[joint.idx_q:joint.idx_q + 2] = np.cos(value), np.sin(value)
    data = model.createData()
    pin.framesForwardKinematics(model, data, configuration)
    base, tip = (data.oMf[model.getFrameId(link, pin.BODY)]
                 for link in (chain.base_link, chain.tip_links[0]))
    return (base.inverse() * tip).homogeneous


@pytest.mark.parametrize('name', list(STOCK_ROBOTS) + list(OWN_ROBOTS))
def test_forward_kinematics_agree_with_pinocchio(name):
    """On every robot, tip poses differ by less than 1e-9 at random joints."""
    pin = pytest.importorskip('pinocchio', reason='pin is not installed: pip install pin')
    model = pin.buildModelFromXML(urdf_of(name))
    chain = chain_of(name)
    for q in random_positions(chain, 20):
        expected = pinocchio_placement(pin, model, chain, q)
        np.testing.assert_allclose(chain.forward_kinematics(q).matrix(), expected, atol=1e-9)


@pytest.mark.parametrize('name', ['panda', 'pr2', 'scara', 'rail_arm', 'icub'])
def test_the_jacobian_is_the_derivative_of_forward_kinematics(name):
    """Central differences of the tip pose agree with the geometric Jacobian."""
    chain = chain_of(name)
    h = 1e-6
    for q in random_positions(chain, 3):
        jacobian = chain.jacobian(q)
        rotation = chain.forward_kinematics(q).rotation()
        for j in range(chain.size):
            step = h * np.eye(chain.size)[j]
            high, low = chain.forward_kinematics(q + step), chain.forward_kinematics(q - step)
            np.testing.assert_allclose(jacobian[:3, j], (high.position - low.position) / (2 * h),
                                       atol=1e-7)
            spin = (high.rotation() - low.rotation()) / (2 * h) @ rotation.T
            np.testing.assert_allclose(jacobian[3:, j], [spin[2, 1], spin[0, 2], spin[1, 0]],
                                       atol=1e-7)


@pytest.mark.parametrize('name', ['panda', 'scara', 'six_axis_arm'])
def test_a_chain_can_be_read_from_tip_to_base(name):
    """Base and tip exchanged give the inverse pose with the joints in the other order."""
    spec = ROBOTS[name]
    model = model_of(name)
    forward = KinematicChain.from_model(model, spec.base, [spec.tip])
    backward = KinematicChain.from_model(model, spec.tip, [spec.base])
    assert backward.joint_names == forward.joint_names[::-1]
    for q in random_positions(forward, 5):
        np.testing.assert_allclose(backward.forward_kinematics(q[::-1]).matrix(),
                                   np.linalg.inv(forward.forward_kinematics(q).matrix()),
                                   atol=1e-12)


def test_a_chain_can_lead_from_one_branch_to_another():
    """Baxter's right hand seen from its left hand moves with all joints of both arms."""
    model = model_of('baxter')
    left, right, both = (KinematicChain.from_model(model, base, [tip]) for base, tip in (
        ('base', 'left_gripper'), ('base', 'right_gripper'), ('left_gripper', 'right_gripper')))
    assert both.size == 14
    q = random_positions(both, 1)[0]
    by_name = dict(zip(both.joint_names, q))
    of_left, of_right = (chain.forward_kinematics([by_name[j] for j in chain.joint_names]).matrix()
                         for chain in (left, right))
    np.testing.assert_allclose(both.forward_kinematics(q).matrix(),
                               np.linalg.inv(of_left) @ of_right, atol=1e-12)


def test_several_tips_share_their_trunk():
    """Two tips on one tree use each joint once, and each tip is where its own chain says."""
    model = model_of('talos')
    tips = ['gripper_left_base_link', 'gripper_right_base_link']
    tree = KinematicChain.from_model(model, 'base_link', tips)
    assert len(set(tree.joint_names)) == tree.size
    by_name = dict(zip(tree.joint_names, random_positions(tree, 1)[0]))
    for tip in tips:
        alone = KinematicChain.from_model(model, 'base_link', [tip])
        expected = alone.forward_kinematics([by_name[name] for name in alone.joint_names])
        found = tree.forward_kinematics(list(by_name.values()), tip)
        np.testing.assert_allclose(found.matrix(), expected.matrix(), atol=1e-12)
        jacobian = tree.jacobian(list(by_name.values()), tip)
        others = [j for j, name in enumerate(tree.joint_names) if name not in alone.joint_names]
        assert np.abs(jacobian[:, others]).max() == 0.0


FIRST = ('first', 'revolute', 'a', 'b', '')


def test_mimic_joints_follow_and_are_not_in_q():
    """A chain of mimics is one variable, whose range is what all of them allow."""
    chain = small_chain(
        FIRST, ('second', 'revolute', 'b', 'c', '<mimic joint="first" multiplier="2"/>'),
        ('third', 'revolute', 'c', 'd', '<mimic joint="second" multiplier="-1" offset="0.5"/>'),
        links='abcd')
    assert chain.joint_names == ('first',)
    # second = 2 first in [-1, 2] and third = 0.5 - 2 first in [-1, 2]
    assert (chain.lower[0], chain.upper[0]) == (-0.5, 0.75)
    assert chain.velocity[0] == pytest.approx(1.5)
    assert chain.joint_positions([0.5]) == {'first': 0.5, 'second': 1.0, 'third': -0.5}
    total = 0.5 + 1.0 - 0.5
    assert chain.forward_kinematics([0.5]).rotation()[1, 0] == pytest.approx(np.sin(total))


def test_a_mimic_whose_source_is_elsewhere_still_moves():
    """The source of a mimic joint is the variable even if it lies off the chain."""
    chain = small_chain(
        ('driver', 'revolute', 'a', 'b', ''),
        ('finger', 'revolute', 'a', 'c', '<mimic joint="driver"/>'), tip_links=['c'])
    assert chain.joint_names == ('driver',)
    assert chain.jacobian([0.0])[5, 0] == 1.0


def test_mimic_limits_that_contradict_are_refused():
    """Limits that leave no position for the source name both joints."""
    with pytest.raises(ChainError, match="'second' mimics 'first'.*which no position"):
        small_chain(FIRST, ('second', 'revolute', 'b', 'c',
                            '<mimic joint="first" multiplier="1" offset="9"/>'))


def test_explicit_limits_settle_what_mimic_limits_contradict():
    """The limits of a mimic joint can be replaced as well."""
    chain = small_chain(FIRST, ('second', 'revolute', 'b', 'c',
                                '<mimic joint="first" multiplier="1" offset="9"/>'),
                        limits={'second': (8.5, 9.5)})
    assert (chain.lower[0], chain.upper[0]) == (-0.5, 0.5)


def test_limits_of_a_source_do_not_free_its_followers():
    """Wider limits for the source leave those of the joints that mimic it."""
    chain = small_chain(FIRST, ('second', 'revolute', 'b', 'c',
                                '<mimic joint="first" multiplier="2"/>'),
                        limits={'first': (-9.0, 9.0)})
    assert (chain.lower[0], chain.upper[0]) == (-0.5, 1.0)


@pytest.mark.parametrize('offset, allowed', [(0.5, True), (5.0, False)])
def test_a_mimic_joint_that_stands_still_must_stand_within_its_limits(offset, allowed):
    """A multiplier of zero makes a joint a constant."""
    follower = ('second', 'revolute', 'b', 'c',
                f'<mimic joint="first" multiplier="0" offset="{offset}"/>')
    if allowed:
        assert small_chain(FIRST, follower).upper[0] == 2.0
    else:
        with pytest.raises(ChainError, match="'second' mimics 'first'"):
            small_chain(FIRST, follower)


def test_a_locked_joint_stays_and_is_not_in_q():
    """Locking is the same as the joint standing there."""
    free = chain_of('panda')
    locked = chain_of('panda', locked={'panda_joint3': 0.4})
    assert 'panda_joint3' not in locked.joint_names
    q = free.mid_range()
    q[2] = 0.4
    np.testing.assert_allclose(locked.forward_kinematics(np.delete(q, 2)).matrix(),
                               free.forward_kinematics(q).matrix(), atol=1e-12)
    assert locked.joint_positions(np.delete(q, 2))['panda_joint3'] == 0.4


def test_a_lock_keeps_followers_inside_their_limits():
    """A joint cannot be locked where one that mimics it could not be."""
    with pytest.raises(ChainError, match=r"'first' cannot be locked at 1.5.*\[-0.5, 1.0\]"):
        small_chain(FIRST, ('second', 'revolute', 'b', 'c',
                            '<mimic joint="first" multiplier="2"/>'),
                    ('third', 'revolute', 'c', 'd', ''), links='abcd', locked={'first': 1.5})


def test_limits_can_be_replaced():
    """Limits by name replace those of the URDF, in both directions."""
    chain = chain_of('panda', limits={'panda_joint1': (-0.1, 0.2), 'panda_joint2': (-9.0, 9.0)})
    assert (chain.lower[0], chain.upper[0]) == (-0.1, 0.2)
    assert (chain.lower[1], chain.upper[1]) == (-9.0, 9.0)


def test_a_continuous_joint_has_no_limits_and_a_period():
    """Unlimited is infinite, never plus or minus pi; random starts still have a range."""
    chain = small_chain(('spin', 'continuous', 'a', 'b', ''), links='ab')
    assert (chain.lower[0], chain.upper[0]) == (-np.inf, np.inf)
    assert chain.bounds[:, 0].tolist() == [-np.inf, np.inf, -np.pi, np.pi, 2 * np.pi]
    assert chain.mid_range().tolist() == [0.0]


def test_planar_and_floating_joints_are_refused_by_name_only_on_the_chain():
    """A floating base elsewhere does not matter."""
    joints = [('free', 'floating', 'a', 'b', ''), ('turn', 'revolute', 'b', 'c', '')]
    with pytest.raises(ChainError, match="'free'.*floating.*revolute, continuous, prismatic"):
        small_chain(*joints)
    assert small_chain(*joints, base_link='b').joint_names == ('turn',)


@pytest.mark.parametrize('options, words', [
    ({'base_link': 'nowhere'}, ['base_link', "'nowhere'", 'a, b, c']),
    ({'tip_links': ['nowhere']}, ['tip_links', "'nowhere'", 'a, b, c']),
    ({'tip_links': ['a']}, ['no joint can move', "'a'"]),
    ({'limits': {'x': (0, 1)}}, ["'x'", 'first', 'movable']),
    ({'limits': {'first': (1, 0)}}, ["'first'", '[1, 0]', 'lower']),
    ({'limits': {'first': (np.nan, 0)}}, ["'first'", 'nan']),
    ({'limits': {'first': (np.inf, np.inf)}}, ["'first'", '[inf, inf]']),
    ({'limits': {'first': (-np.inf, -np.inf)}}, ["'first'", '[-inf, -inf]']),
    ({'locked': {'x': 0.0}}, ["'x'", 'first']),
    ({'locked': {'first': np.inf}}, ["'first'", 'inf']),
    ({'locked': {'first': 7.0}}, ["'first'", '7.0', '[-1.0, 2.0]']),
])
def test_a_wrong_choice_is_refused_with_what_is_known(options, words):
    """The message names the thing, the value and what is allowed."""
    with pytest.raises(ChainError) as caught:
        small_chain(FIRST, ('end', 'fixed', 'b', 'c', ''), **options)
    for word in words:
        assert word in str(caught.value)


def test_a_link_that_is_misspelt_is_found():
    """And one that is like none is not made into another."""
    model = model_of('six_axis_arm')
    with pytest.raises(ChainError, match="'tol0' is not a link of.*did you mean 'tool0'[?] known"):
        KinematicChain.from_model(model, None, ['tol0'])
    with pytest.raises(ChainError, match="'ghost' is not a link of robot 'six_axis_arm'; known"):
        KinematicChain.from_model(model, None, ['ghost'])


def test_several_leaves_are_listed():
    """Who must choose is told between what."""
    with pytest.raises(ChainError, match='ends in 2 links.*tip_links.*b, c'):
        small_chain(FIRST, ('other', 'revolute', 'a', 'c', ''))


@pytest.mark.parametrize('q', [[0.0], [0.0] * 3, [np.nan, 0.0], 'ab', None])
def test_a_bad_joint_vector_is_refused(q):
    """A joint vector has one finite number per joint."""
    chain = chain_of('planar_2r')
    with pytest.raises(InvalidPoseError, match='q must'):
        chain.forward_kinematics(q)


def test_arrays_cannot_be_changed():
    """A chain is a value."""
    for chain in (chain_of('planar_2r'), pickle.loads(pickle.dumps(chain_of('planar_2r')))):
        with pytest.raises(ValueError, match='read-only'):
            chain.lower[0] = 0.0
        with pytest.raises(TypeError):
            chain.locked['joint_1'] = 0.0
