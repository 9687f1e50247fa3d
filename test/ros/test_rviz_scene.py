"""What is to be seen, without ROS."""

from __future__ import annotations

import math

from harness import planar_tip, URDF
from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.rviz.scene import ghost_joints, Scene, Trail
from ik_solver_node.target import DirectionTarget, OrientationTarget, PointTarget, PoseTarget
import numpy as np
import pytest

CHAIN = KinematicChain.from_model(parse_urdf((URDF / 'planar_2r.urdf').read_text()))
JOINTS = {'joint_1': 0.4, 'joint_2': 0.9}
TIP = [*planar_tip(0.4, 0.9), 0.0]
TURNED = Pose.from_rpy([0.3, 0.4, 0.1], [0.0, 0.0, 0.5 * math.pi])


@pytest.fixture
def scene() -> Scene:
    """Return a scene where the tip is known."""
    scene = Scene(CHAIN, 'tool0', Trail(10, 0.01))
    scene.see_joints(JOINTS)
    scene.changed = False
    return scene


def test_the_tip_is_where_the_joints_have_it(scene: Scene) -> None:
    """Where it was first is home; what does not move it is no news."""
    assert scene.tip is not None and scene.tip.position == pytest.approx(TIP)
    scene.see_joints({**JOINTS, 'other': 1.0})
    assert not scene.changed
    scene.see_joints({'joint_1': 1.0, 'joint_2': 0.9})
    assert scene.changed and scene.home is not None
    assert scene.home.position == pytest.approx(TIP)
    assert len(scene.trail.points) == 2


@pytest.mark.parametrize('joints', [
    {}, {'joint_1': 1.0}, {'joint_1': 1.0, 'joint_2': math.nan},
    {'joint_1': math.inf, 'joint_2': 0.0}, {'joint_1': 1e300, 'joint_2': 0.0}])
def test_joints_that_say_nothing_change_nothing(scene: Scene, joints: dict[str, float]) -> None:
    """All of the chain must be there, finite and not absurd."""
    scene.see_joints(joints)
    assert not scene.changed and scene.tip is not None
    assert scene.tip.position == pytest.approx(TIP)


def test_the_tool_is_what_is_meant() -> None:
    """Not the link that carries it."""
    scene = Scene(CHAIN, 'tool0', Trail(10, 0.01))
    scene.tool = Pose.from_rpy([0.1, 0.0, 0.0], [0.0, 0.0, 0.0])
    scene.see_joints(JOINTS)
    assert scene.tip is not None
    assert scene.tip.position[:2] == pytest.approx(planar_tip(0.4, 0.9, lengths=(0.5, 0.5)))


def test_targets_say_what_of_them_is_known(scene: Scene) -> None:
    """Positions, rotations and directions, each where there is one."""
    scene.aim(PoseTarget(TURNED))
    assert scene.wanted_position == pytest.approx(TURNED.position)
    assert scene.wanted_rotation == pytest.approx(TURNED.rotation())
    scene.aim(PointTarget([0.1, 0.2, 0.3]))
    assert scene.wanted_position == pytest.approx([0.1, 0.2, 0.3])
    assert scene.wanted_rotation is None and scene.wanted_direction is None
    scene.aim(OrientationTarget(TURNED.quat_xyzw))
    assert scene.wanted_position is None and scene.shown_position == pytest.approx(TIP)
    assert scene.wanted_rotation == pytest.approx(TURNED.rotation())
    scene.aim(DirectionTarget([0.0, 0.0, 5.0]))
    assert scene.wanted_direction == pytest.approx([0.0, 0.0, 1.0])
    assert scene.shown_position == pytest.approx(TIP)


def test_along_free_axes_a_target_is_beside_the_tip(scene: Scene) -> None:
    """A line to where nothing was asked for would show an error that is none."""
    scene.aim(PoseTarget(TURNED, free=['x', 'y'], frame='base'))
    assert scene.wanted_position == pytest.approx([*TIP[:2], 0.1])
    scene.aim(PoseTarget(TURNED, free='x'))  # its own, which points along y of the base
    assert scene.wanted_position == pytest.approx([0.3, TIP[1], 0.1])
    scene.aim(PointTarget([0.1, 0.2, 0.3], [math.inf, 0.0, 0.0]))
    assert scene.wanted_position == pytest.approx([TIP[0], 0.2, 0.3])


def test_what_is_too_far_to_draw_is_not_drawn(scene: Scene) -> None:
    """Numbers that become infinite in single precision end RViz."""
    scene.aim(PointTarget([1e300, 0.0, 0.0]))
    assert scene.wanted_position is None and scene.shown_position is None
    scene.lead([Pose.identity(), Pose.from_rpy([1e39, 0.0, 0.0], [0.0, 0.0, 0.0])],
               PointTarget([0.0, 0.0, 0.0]))
    assert scene.lines == pytest.approx(np.array([TIP, [0.0, 0.0, 0.0]]))


def test_lines_begin_at_the_tip_and_end_with_the_next_target(scene: Scene) -> None:
    """Their last pose is the target."""
    scene.lead([Pose.identity(), TURNED], PoseTarget(TURNED))
    assert scene.lines == pytest.approx(np.array([TIP, [0.0, 0.0, 0.0], TURNED.position]))
    assert scene.wanted_position == pytest.approx(TURNED.position)
    scene.aim(PointTarget([0.1, 0.2, 0.3]))
    assert len(scene.lines) == 0


def test_a_trail_forgets_its_oldest_points() -> None:
    """And takes none that is too near."""
    trail = Trail(3, 0.5)
    for x in np.arange(0.0, 4.01, 0.25):
        trail.add(np.array([x, 0.0, 0.0]))
    assert [point[0] for point in trail.points] == [3.0, 3.5, 4.0]
    none = Trail(0, 0.5)
    none.add(np.zeros(3))
    assert none.points == []


DESK_ARM = KinematicChain.from_model(
    parse_urdf((URDF / 'desk_arm.urdf').read_text()), tip_links=['tool0'])


def test_the_ghost_goes_to_the_destination_and_leaves_the_rest() -> None:
    """A finger that the chain does not move stays where it is measured."""
    names = [joint.name for joint in DESK_ARM.model.joints if joint.type.is_movable]
    destination, present = dict.fromkeys(names, 0.01), dict.fromkeys([*names, 'gripper'], 0.02)
    ghost = ghost_joints(DESK_ARM, destination, present)
    assert ghost.keys() == set(names)
    assert {name: ghost[name] for name in DESK_ARM.joint_names} == dict.fromkeys(
        DESK_ARM.joint_names, 0.01)
    assert ghost['left_finger_joint'] == ghost['right_finger_joint'] == 0.02


@pytest.mark.parametrize('destination', [{}, {'joint_1': 0.5, 'joint_2': 0.6}])
def test_a_ghost_without_a_destination_is_where_the_robot_is(
        destination: dict[str, float]) -> None:
    """Also where the destination is that of another robot."""
    present = dict.fromkeys(DESK_ARM.joint_names, 0.02)
    assert ghost_joints(DESK_ARM, destination, {**present, 'joint_1': 0.1}) == present
