"""A scene as markers: colours, and what is deleted. The rest is seen through the node."""

from __future__ import annotations

from builtin_interfaces.msg import Time
from harness import URDF
from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.rviz.markers import error_colour, LETTERS, marker_array
from ik_solver_node.ros.rviz.scene import Scene, Trail
from ik_solver_node.target import PoseTarget
import pytest
from visualization_msgs.msg import Marker

CHAIN = KinematicChain.from_model(parse_urdf((URDF / 'planar_2r.urdf').read_text()))
STAMP = Time(sec=5)


@pytest.fixture
def scene() -> Scene:
    """Return a scene in which nothing is known."""
    return Scene(CHAIN, 'tool0', Trail(10, 0.01))


def actions(scene: Scene) -> dict[tuple[str, int], int]:
    """Return what is done with each marker."""
    return {(marker.ns, marker.id): marker.action
            for marker in marker_array([scene], 0.1, STAMP).markers}


@pytest.mark.parametrize(('error', 'colour'), [
    (0.0, (0.0, 1.0, 0.0)), (1e-3, (0.0, 1.0, 0.0)), (1e-2, (1.0, 1.0, 0.0)),
    (0.1, (1.0, 0.0, 0.0)), (1e3, (1.0, 0.0, 0.0))])
def test_errors_go_from_green_to_red(error: float, colour: tuple[float, float, float]) -> None:
    """By their logarithm, and no further than that."""
    assert error_colour(error) == pytest.approx(colour)


def test_what_is_not_known_is_deleted(scene: Scene) -> None:
    """So that an array never leaves behind what an earlier one has drawn."""
    assert set(actions(scene).values()) == {Marker.DELETE}
    scene.see_joints({'joint_1': 0.4, 'joint_2': 0.9})
    scene.aim(PoseTarget(Pose.identity()))
    scene.judge(1, 'not there')
    assert actions(scene) == {
        ('target', 0): Marker.ADD, ('target', 1): Marker.ADD, ('target', 2): Marker.DELETE,
        ('tip', 0): Marker.ADD, ('error', 0): Marker.ADD, ('trail', 0): Marker.DELETE,
        ('lines', 0): Marker.DELETE, ('verdict', 0): Marker.ADD}


def test_a_fresh_start_deletes_everything_first(scene: Scene) -> None:
    """What another robot had may be in another frame."""
    first, *others = marker_array([scene], 0.1, STAMP, afresh=True).markers
    assert (first.action, first.ns) == (Marker.DELETEALL, '')
    assert first.header.frame_id == 'base_link' and first.header.stamp == STAMP
    assert all(marker.action != Marker.DELETEALL for marker in others)


def test_a_long_verdict_has_several_lines(scene: Scene) -> None:
    """None of them is too long to read."""
    scene.see_joints({'joint_1': 0.4, 'joint_2': 0.9})
    scene.judge(2, 'a word ' * 30)
    text = marker_array([scene], 0.1, STAMP).markers[-1]
    assert text.ns == 'verdict' and text.text.split() == ['a', 'word'] * 30
    assert max(map(len, text.text.splitlines())) <= LETTERS
    assert text.color.r == 1.0
