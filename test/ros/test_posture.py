"""The whole robot around the chain."""

from __future__ import annotations

from harness import URDF
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.posture import Posture
import numpy as np
import pytest

DESK_ARM = parse_urdf((URDF / 'desk_arm.urdf').read_text())
CHAIN = KinematicChain.from_model(DESK_ARM, tip_links=['tool0'])


def test_starts_in_the_middle() -> None:
    """The chain where a solve without seed starts, the others in the middle of their range."""
    posture = Posture(CHAIN)
    assert np.array_equal(posture.chain_positions, CHAIN.mid_range())
    assert posture.joints(every=True)['left_finger_joint'] == 0.015


def test_mimic_joints_follow() -> None:
    """Also those beside the chain."""
    finger = KinematicChain.from_model(DESK_ARM, tip_links=['left_finger_link'])
    posture = Posture(finger)
    target = finger.clip(np.full(finger.size, 0.02)).tolist()
    posture.move(target)
    joints = posture.joints(every=True)
    assert joints['left_finger_joint'] == joints['right_finger_joint'] == 0.02
    assert list(joints) == [joint.name for joint in DESK_ARM.joints if joint.type.is_movable]


def test_chain_only_has_the_joints_of_the_chain() -> None:
    """Neither fingers nor what follows them."""
    assert list(Posture(CHAIN).joints(every=False)) == list(CHAIN.joint_names)


def test_joints_beside_the_chain_keep_their_limits() -> None:
    """Those of parameters as well; also when another chain takes the joints over."""
    limits = {'left_finger_joint': (0.02, 0.025)}
    narrow = KinematicChain.from_model(DESK_ARM, tip_links=['tool0'], limits=limits)
    for posture in (Posture(narrow), Posture(narrow, Posture(CHAIN))):
        assert 0.02 <= posture.joints(every=True)['left_finger_joint'] <= 0.025


def test_another_chain_finds_the_joints_where_they_were() -> None:
    """Joints that left the chain stay, those that both have go on from there."""
    posture = Posture(CHAIN)
    posture.move([0.3] * CHAIN.size)
    shorter = KinematicChain.from_model(DESK_ARM, tip_links=['forearm_link'])
    after = Posture(shorter, posture)
    assert after.joints(every=True) == posture.joints(every=True)


def test_narrower_limits_and_locks_move_the_joints() -> None:
    """The posture never contradicts the chain."""
    posture = Posture(CHAIN)
    posture.move([0.3] * CHAIN.size)
    narrow = KinematicChain.from_model(DESK_ARM, tip_links=['tool0'], locked={'elbow': 1.0},
                                       limits={'shoulder_pan': (0.5, 0.6)})
    joints = Posture(narrow, posture).joints(every=True)
    assert (joints['shoulder_pan'], joints['elbow']) == (0.5, 1.0)
    assert joints['wrist_roll'] == pytest.approx(0.3)
