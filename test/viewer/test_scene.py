"""The robot on the page: frames, shapes and rings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ik_solver_node.appearance.joint_tree import JointTree
from ik_solver_node.exceptions import ChainError
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.viewer.limits import Nearness, ranges_of
from ik_solver_node.viewer.robot import Robot
from ik_solver_node.viewer.scene import COLOURS, RobotScene
from ik_solver_node.viewer.settings import ViewerSettings
from ik_solver_node.viewer.tip_scene import TipScene
import numpy as np
from pages import page_server
import pytest
from robots import OWN_ROBOTS
from transforms3d.quaternions import quat2mat

FORK = """
<robot name="fork">
  <link name="base"/><link name="left/finger"/><link name="right"/>
  <joint name="left_hinge" type="revolute">
    <parent link="base"/><child link="left/finger"/><origin xyz="1 0 0"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="1" effort="1" velocity="1"/>
  </joint>
  <joint name="right_hinge" type="revolute">
    <parent link="base"/><child link="right"/><origin xyz="0 1 0"/><axis xyz="0 0 1"/>
    <limit lower="-1" upper="1" effort="1" velocity="1"/>
  </joint>
</robot>
"""


@pytest.fixture(scope='module')
def server() -> Iterator[Any]:
    """Return a page."""
    with page_server() as server:
        yield server


def frame_on_page(server: Any, path: str) -> np.ndarray:
    """Return a frame of the page in its root, from what viser was told, shape (4, 4) [m]."""
    transform, at = np.eye(4), ''
    for part in path.strip('/').split('/'):
        at = f'{at}/{part}'
        handle = server.scene.get_handle_by_name(at)
        step = np.eye(4)
        step[:3, :3], step[:3, 3] = quat2mat(handle.wxyz), handle.position
        transform = transform @ step
    return transform


@pytest.mark.parametrize('name', ['six_axis_arm', 'scara', 'planar_3r'])
def test_links_are_drawn_where_they_are(server: Any, name: str) -> None:
    """In every posture."""
    model = parse_urdf(OWN_ROBOTS[name].urdf())
    tree = JointTree(model)
    scene = RobotScene(server.scene, tree, {}, ranges_of(model))
    for position in (0.1, -0.2):
        tree.update({joint: position for joint in model.movable_joint_names})
        scene.move()
        for link in model.links:
            assert np.allclose(frame_on_page(server, scene.path(link)), tree.T_root_link(link),
                               atol=1e-9)


def test_rings_show_the_limits(server: Any) -> None:
    """Each has the colour of what it says."""
    model = parse_urdf(FORK)
    tree = JointTree(model)
    scene = RobotScene(server.scene, tree, {}, ranges_of(model))
    tree.update({'left_hinge': 1.0, 'right_hinge': -0.95})
    assert scene.show_limits(0.05) == {'left_hinge': Nearness.AT_LIMIT,
                                       'right_hinge': Nearness.NEAR}
    for link, nearness in (('left/finger', Nearness.AT_LIMIT), ('right', Nearness.NEAR)):
        ring = server.scene.get_handle_by_name(f'{scene.path(link)}/ring')
        assert ring.color == COLOURS[nearness]
    tree.update({'left_hinge': 0.0})
    assert scene.show_limits(0.05)['left_hinge'] is Nearness.FREE


def test_several_tips_have_something_to_drag_each(server: Any) -> None:
    """In the base frame, and seen only when their joints were heard of."""
    robot = Robot(server, FORK, ViewerSettings(tip_links=('left/finger', 'right')), print)
    assert list(robot.tips) == ['left/finger', 'right'] and not robot.is_known
    robot.draw(0.0)
    assert not any(tip.gizmo.is_placed for tip in robot.tips.values())
    robot.update({'left_hinge': 0.5, 'right_hinge': 0.0})
    robot.draw(0.1)
    assert robot.is_known
    assert robot.tips['left/finger'].gizmo.pose.position.tolist() == [1.0, 0.0, 0.0]
    assert robot.tips['right'].gizmo.pose.position.tolist() == [0.0, 1.0, 0.0]
    assert robot.home('left/finger').position.tolist() == [1.0, 0.0, 0.0]
    assert robot.limits()['left_hinge'] == (0.5, Nearness.FREE)


def test_the_base_is_where_targets_are_given(server: Any) -> None:
    """A tip in the frame of another link than the root."""
    robot = Robot(server, FORK, ViewerSettings(base_link='right', tip_links=('left/finger',)),
                  print)
    robot.update({'left_hinge': 0.0, 'right_hinge': 0.0})
    assert np.allclose(robot.tip('left/finger').position, [1.0, -1.0, 0.0])


def test_a_wrong_choice_leaves_the_page_alone(server: Any) -> None:
    """The robot that was there stays."""
    Robot(server, FORK, ViewerSettings(tip_links=('right',)), print)
    before = server.scene.get_handle_by_name('/robot')
    with pytest.raises(ChainError, match='the tip must be chosen'):
        Robot(server, FORK, ViewerSettings(), print)
    assert server.scene.get_handle_by_name('/robot') is before


def test_missing_meshes_are_noted(server: Any) -> None:
    """And the rest is shown."""
    visual = ('<visual><geometry><mesh filename="package://nowhere/a.stl"/></geometry></visual>'
              '<visual><geometry><sphere radius="0.1"/></geometry></visual>')
    text = FORK.replace('<link name="right"/>', f'<link name="right">{visual}</link>')
    notes: list[str] = []
    robot = Robot(server, text, ViewerSettings(tip_links=('right',)), notes.append)
    assert len(notes) == 1 and 'package://nowhere/a.stl is not there' in notes[0]
    path = robot._scene.path('right')
    assert all(server.scene.get_handle_by_name(f'{path}/shape_{i}') for i in (0, 1))


def test_the_trail_follows_the_tip_and_fades(server: Any) -> None:
    """Its points are where the tip was in the last seconds."""
    robot = Robot(server, FORK, ViewerSettings(tip_links=('right',)), print)
    tip = TipScene(server.scene, 'again', robot._scene.path('base'), robot._scene.path('right'),
                   1.0, trail_length=1.0)
    trail = server.scene.get_handle_by_name('/robot/trail_again')
    for step, angle in enumerate((0.0, 0.1, 0.2, 0.3)):
        robot.update({'left_hinge': 0.0, 'right_hinge': angle})
        pose = robot.tip('right')
        moved = type(pose)(pose.position + [angle, 0.0, 0.0], pose.quat_xyzw)
        tip.trace(moved, 0.5 * step)
        tip.trace(moved, 0.5 * step)  # no motion, no point
    assert trail.visible
    assert np.allclose(trail.points[:, :, 0], [[0.1, 0.2], [0.2, 0.3]])
    tip.trace(moved, 100.0)
    assert not trail.visible
