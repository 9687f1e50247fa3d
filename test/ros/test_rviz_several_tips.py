"""The node for RViz beside a node that moves several tips of one robot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import math
from time import monotonic
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PointStamped, PoseStamped
from harness import URDF
from ik_solver_node.pose import Pose
from ik_solver_node.ros.conversions import pose_stamped
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.rviz import handles
from ik_solver_node.ros.rviz.node import LATCHED, RvizNode
from ik_solver_node.ros.target_parameters import TargetParameters
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState
from test_rviz_handles import Menu, Server
from visualization_msgs.msg import InteractiveMarkerFeedback, Marker, MarkerArray

ROBOT = (URDF / 'dual_arm.urdf').read_text()
TIPS = ('left_tool0', 'right_tool0')


def moves(*tips: str, tool: tuple[float, ...] = (0.0, 0.0, 0.0)) -> NodeParameters:
    """Return the parameters of a node that moves these tips, or tools that are there [m]."""
    settings = NodeParameters(
        robot_description=ROBOT, target=TargetParameters(tool_position=tool))
    object.__setattr__(settings, 'tip_links', tips)
    return settings


class World:
    """The node, and who talks to it, in this process."""

    def __init__(self, handles: str = 'false') -> None:
        rclpy.init(args=['--ros-args', '-p', f'handles:={handles}'])
        self.shower, self.other = RvizNode(), rclpy.create_node('other')
        self.executor = SingleThreadedExecutor()
        for node in (self.shower, self.other):
            self.executor.add_node(node)
        self.arrays: list[MarkerArray] = []
        self.other.create_subscription(MarkerArray, 'ik_markers', self.arrays.append, LATCHED)
        self._joints = self.other.create_publisher(JointState, 'joint_states', 10)
        self.solutions = self.other.create_publisher(
            DiagnosticArray, 'ik_solver_node/solution', LATCHED)

    def close(self) -> None:
        """End everything."""
        self.executor.shutdown()
        for node in (self.shower, self.other):
            node.destroy_node()
        rclpy.shutdown()

    def spin_until(self, condition: Callable[[], Any], what: str) -> None:
        """Handle messages until `condition` holds."""
        end = monotonic() + 20.0
        while not condition():
            assert monotonic() < end, f'no {what}'
            self.executor.spin_once(timeout_sec=0.02)

    def shown(self, namespace: str, number: int) -> Marker | None:
        """Return a marker of the newest array, if it is there."""
        markers = self.arrays[-1].markers if self.arrays else []
        return next((marker for marker in markers if (marker.ns, marker.id, marker.action) == (
            namespace, number, Marker.ADD)), None)

    def is_at(self, namespace: str, number: int, position: np.ndarray) -> bool:
        """Return whether a marker, or its first point, is at a position, shape (3,) [m]."""
        marker = self.shown(namespace, number)
        if marker is None:
            return False
        at = marker.points[0] if marker.points else marker.pose.position
        return np.allclose([at.x, at.y, at.z], position, atol=1e-6)

    def send_joints(self) -> None:
        """Say where all joints are: in the middle of their ranges."""
        chain = self.shower._chain
        assert chain is not None
        positions = chain.joint_positions(chain.mid_range())
        self._joints.publish(JointState(name=list(positions), position=list(positions.values())))

    def judge(self, robot: str, *sentences: str) -> None:
        """Say how targets of the tips of a robot went."""
        self.solutions.publish(DiagnosticArray(status=[
            DiagnosticStatus(name=f'ik_solver_node: {tip}', hardware_id=robot, message=sentence)
            for tip, sentence in zip(TIPS, sentences)]))

    def tip(self, link: str) -> np.ndarray:
        """Return where a tip then is, shape (3,) [m]."""
        chain = self.shower._chain
        assert chain is not None
        return chain.forward_kinematics(chain.mid_range(), link).position


@pytest.fixture
def world(ros_domain: int, request: pytest.FixtureRequest) -> Iterator[World]:
    """Return a world in which both arms are known; the parameter says whether with handles."""
    world = World(getattr(request, 'param', 'false'))
    try:
        world.shower._on_parameters(moves(*TIPS))

        def known() -> bool:
            world.send_joints()
            return world.shown('tip', 0) is not None and world.shown('tip', 10) is not None

        world.spin_until(known, 'tips')
        yield world
    finally:
        world.close()


def test_each_tip_has_its_markers_and_its_verdict(world: World) -> None:
    """Those of the second begin with the number 10."""
    assert world.is_at('tip', 0, world.tip(TIPS[0])) and world.is_at('tip', 10, world.tip(TIPS[1]))
    world.judge('dual_arm', 'reached', 'blocked')
    for number, message in ((0, 'reached'), (10, 'blocked')):
        world.spin_until(lambda: (text := world.shown('verdict', number)) and (
            text.text == message), message)


def test_each_tip_has_its_targets(world: World) -> None:
    """On topics that are named after it; there are no others then."""
    there = np.array([0.1, 0.2, 0.3])
    pose = pose_stamped(Pose(there, [0.0, 0.0, 0.0, 1.0]), '', Time())
    poses = world.other.create_publisher(PoseStamped, 'right_tool0/target_pose', 1)

    def seen() -> bool:
        poses.publish(pose)
        return world.is_at('target', 11, there)

    world.spin_until(seen, 'target of the right arm')
    assert world.shown('target', 1) is None
    assert world.other.count_subscribers('left_tool0/target_path') == 1
    assert world.other.count_subscribers('target_pose') == 0


@pytest.fixture
def handle_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have something in the place of interactive_markers."""
    monkeypatch.setattr(handles, 'InteractiveMarkerServer', Server)
    monkeypatch.setattr(handles, 'MenuHandler', Menu)


@pytest.mark.parametrize('world', ['true'], indirect=True)
def test_each_tip_has_a_handle(handle_server: None, world: World) -> None:
    """Which asks on the topic of this tip, and is at its tool also when there is another one."""
    assert world.shower._handles is not None
    server: Any = world.shower._handles._server
    assert sorted(server.told) == list(TIPS)
    heard: dict[str, list[PoseStamped]] = {tip: [] for tip in TIPS}
    for tip, kept in heard.items():
        world.other.create_subscription(PoseStamped, f'{tip}/target_pose', kept.append, 10)
    right = world.shower._targets['right_tool0/']._publisher
    world.spin_until(lambda: right.get_subscription_count() == 2, 'who listens')
    message = InteractiveMarkerFeedback(
        marker_name='right_tool0', event_type=InteractiveMarkerFeedback.POSE_UPDATE)
    message.pose.position.x, message.pose.orientation.w = 0.25, 1.0

    def drag() -> None:
        server.callbacks['right_tool0'](message)
        server.applyChanges()

    drag()
    world.spin_until(lambda: heard['right_tool0'], 'target')
    assert heard['right_tool0'][0].pose.position.x == 0.25 and not heard['left_tool0']
    world.shower._on_parameters(moves(*TIPS, tool=(0.0, 0.0, 0.5)))

    def at() -> list[float]:
        place = server.told['right_tool0'].pose.position
        return [place.x, place.y, place.z]

    world.spin_until(lambda: math.dist(at(), world.tip('right_tool0')) == pytest.approx(0.5),
                     'handle at the tool')
    drag()
    world.shower._on_parameters(moves(*TIPS, tool=(0.0, 0.0, 0.5)))  # the same again
    heard['right_tool0'].clear()
    world.spin_until(lambda: heard['right_tool0'], 'target')
    assert at()[0] == 0.25


def test_one_tip_less_is_as_it_was(world: World) -> None:
    """Topics without a name in front, and no markers of the other tip."""
    world.shower._on_parameters(moves('left_tool0'))
    world.spin_until(lambda: {marker.id for marker in world.arrays[-1].markers} == {0, 1, 2},
                     'markers of one tip')
    points = world.other.create_publisher(PointStamped, 'target_point', 1)
    message = PointStamped()
    message.point.x = 0.25

    def seen() -> bool:
        points.publish(message)
        return world.is_at('target', 1, np.array([0.25, 0.0, 0.0]))

    world.spin_until(seen, 'target')
    assert world.other.count_subscribers('right_tool0/target_pose') == 0


def test_a_verdict_that_comes_before_the_robot_is_kept(ros_domain: int) -> None:
    """As it does where this node starts after the one that moves the arm."""
    world = World()
    try:
        for robot, sentences in (('another', ['', '']), ('dual_arm', ['a', 'b'])):
            world.judge(robot, 'a', 'b')
            world.spin_until(lambda: world.shower._verdicts and (
                world.shower._verdicts[0].hardware_id == robot), 'verdict')
            world.shower._solver = None  # it was not heard of
            world.shower._on_parameters(moves(*TIPS))
            assert [scene.sentence for scene in world.shower._scenes.values()] == sentences
    finally:
        world.close()


def test_a_tip_of_which_no_topic_can_be_named_is_told_of(
        world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """What was shown stays."""
    settings = moves('left-tool0', 'right_tool0')
    object.__setattr__(settings, 'robot_description', ROBOT.replace('left_tool0', 'left-tool0'))
    world.shower._on_parameters(settings)
    assert "tip_links is 'left-tool0', but must be a name in ROS" in capfd.readouterr().err
    assert list(world.shower._scenes) == list(TIPS)
