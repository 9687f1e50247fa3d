"""Where links are, against the forward kinematics of the chain."""

from __future__ import annotations

from ik_solver_node.appearance.joint_tree import JointTree
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
import numpy as np
import pytest
from robots import GRIPPER, OWN_ROBOTS


@pytest.mark.parametrize('name', sorted(OWN_ROBOTS))
def test_tips_are_where_the_chain_has_them(name: str) -> None:
    """Both ways through the robot lead to the same place, from any base."""
    spec = OWN_ROBOTS[name]
    if spec.path().suffix == '.xacro':
        pytest.importorskip('xacro')
    chain = KinematicChain.from_model(parse_urdf(spec.urdf()), spec.base, [spec.tip])
    tree = JointTree(chain.model)
    random = np.random.default_rng(1)
    for _ in range(5):
        q = chain.mid_range() + random.uniform(-0.3, 0.3, chain.size)
        tree.update(chain.joint_positions(q))
        assert np.allclose(tree.T_base_tip(spec.base, spec.tip),
                           chain.forward_kinematics(q).matrix(), atol=1e-12)


def test_mimic_joints_follow_until_they_are_told() -> None:
    """A rule counts as long as nobody says where the joint really is."""
    tree = JointTree(parse_urdf(GRIPPER))
    assert tree.position('left_slide') == 0.01  # as near to 0 as it can be
    assert tree.update({'left_slide': 0.03})
    assert tree.position('right_slide') == -0.03
    assert tree.update({'right_slide': -0.02})
    assert tree.T_root_link('right')[1, 3] == -0.02


def test_only_what_is_of_use_counts() -> None:
    """Unknown joints and numbers that are none are passed over; the same again is no motion."""
    tree = JointTree(parse_urdf(GRIPPER))
    assert not tree.update({'left_slide': float('nan'), 'wheel': 1.0})
    assert not tree.has_heard_of(['left_slide'])
    assert tree.update({'left_slide': 0.02})
    assert not tree.update({'left_slide': 0.02})
    assert tree.has_heard_of(['left_slide'])


def test_size_is_that_of_the_robot() -> None:
    """The planar arm of 0.5 m and 0.4 m is straight at first."""
    assert JointTree(parse_urdf(OWN_ROBOTS['planar_2r'].urdf())).size() == pytest.approx(0.9)
    assert JointTree(parse_urdf(GRIPPER)).size() == 0.1
