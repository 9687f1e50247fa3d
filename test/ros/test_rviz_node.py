"""The node for RViz as a process of its own, beside the real node, over DDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator
import math
from pathlib import Path
from typing import Any

from domains import private_domain
from geometry_msgs.msg import Pose as PoseMessage, PoseArray
from harness import (
    Client, connected_client, NodeProcess, planar_tip, running_node, START_TIMEOUT, URDF)
from ik_solver_node.ros.conversions import stamp_to_ns
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger
from visualization_msgs.msg import Marker, MarkerArray

ARM = URDF / 'planar_2r.urdf'
MODULE = 'ik_solver_node.ros.rviz'
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Viewer(Client):
    """Looks at what RViz would be given."""

    def __init__(self) -> None:
        super().__init__()
        self.arrays: list[MarkerArray] = []
        self.ghosts: list[JointState] = []
        self.node.create_subscription(MarkerArray, 'ik_markers', self.arrays.append, LATCHED)
        self.node.create_subscription(JointState, 'ghost/joint_states', self.ghosts.append, 10)

    def connect(self, moves: bool = True) -> None:
        """
        Do so with both nodes: send targets of each kind until it is seen that they are shown.

        That somebody listens is not enough: the node that solves does, too.
        """
        super().connect(moves)
        kinds: tuple[tuple[set[int], Callable[[], Any]], ...] = (
            ({0, 1}, lambda: self.send_pose(0.6, 0.3)), ({1}, lambda: self.send_point(0.6, 0.3)),
            ({0}, lambda: self.send_orientation(0.0, 0.0, 0.0, 1.0)),
            ({2}, lambda: self.send_direction(0.0, 0.0, 1.0)))
        for markers, send in kinds:
            def seen() -> bool:
                send()
                self.spin_for(0.1)
                return markers == {number for number in range(3) if self.shown('target', number)}

            self.spin_until(seen, f'target of the markers {markers}')

    def shown(self, namespace: str, number: int = 0) -> Marker | None:
        """Return a marker of the newest array, if it is there."""
        if not self.arrays:
            return None
        found, = [marker for marker in self.arrays[-1].markers
                  if (marker.ns, marker.id) == (namespace, number)]
        return found if found.action == Marker.ADD else None

    def wait_for(self, namespace: str, condition: Callable[[Marker], Any] = lambda _: True,
                 number: int = 0) -> Marker:
        """Return a marker as soon as it is shown and meets `condition`."""
        def found() -> Marker | None:
            marker = self.shown(namespace, number)
            return marker if marker is not None and condition(marker) else None

        return self.spin_until(found, f'such a marker of {namespace}')


@pytest.fixture(scope='module', autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use one ROS domain for the nodes of this module."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        yield


@pytest.fixture(scope='module')
def viewer(environment: None) -> Iterator[Viewer]:
    """Return a viewer of the planar arm and its node, shared by the tests."""
    with running_node('-p', f'urdf_file:={ARM}'), running_node(
            '-p', 'trail_length:=20', '-p', 'handles:=false', module=MODULE, until='ready: '):
        viewer = Viewer()
        try:
            viewer.connect()
            yield viewer
        finally:
            viewer.close()


def numbers(message: Any) -> Iterator[float]:
    """Yield every number in a message."""
    if isinstance(message, float):
        yield message
    elif hasattr(message, 'get_fields_and_field_types'):
        for name in message.get_fields_and_field_types():
            yield from numbers(getattr(message, name))
    elif isinstance(message, list):
        for entry in message:
            yield from numbers(entry)


def ends(marker: Marker) -> list[tuple[float, float, float]]:
    """Return the points of a marker."""
    return [(point.x, point.y, point.z) for point in marker.points]


def test_target_tip_and_verdict_are_shown(viewer: Viewer) -> None:
    """The axes of both are at the same place when the target is reached."""
    wanted = planar_tip(0.4, 0.9)
    stamp = viewer.send_pose(*wanted, yaw=1.3)
    answer = viewer.answer(stamp)
    text = viewer.wait_for('verdict', lambda text: answer.message == ' '.join(text.text.split()))
    assert (text.color.g, text.color.r) == pytest.approx((0.9, 0.3))
    target = viewer.wait_for('target', lambda marker: ends(marker)[0][:2] == pytest.approx(wanted))
    assert ends(target)[1][:2] == pytest.approx(
        (wanted[0] + 0.15 * math.cos(1.3), wanted[1] + 0.15 * math.sin(1.3)))
    tip = viewer.wait_for('tip', lambda marker: ends(marker)[0][:2] == pytest.approx(
        wanted, abs=1e-5))
    assert [(color.r > color.g, color.b > 0.9) for color in tip.colors[::2]] == [
        (True, False), (False, False), (False, True)]


def test_what_is_out_of_reach_has_a_red_line_to_it(viewer: Viewer) -> None:
    """From the tip, which stays, to the target."""
    viewer.reach_point(*planar_tip(0.4, 0.9))
    answer = viewer.answer(viewer.send_point(2.0, 0.0))
    error = viewer.wait_for('error', lambda marker: ends(marker)[1] == (2.0, 0.0, 0.0))
    assert ends(error)[0][:2] == pytest.approx(planar_tip(0.4, 0.9), abs=1e-5)
    assert (error.color.r, error.color.g) == (1.0, 0.0)
    text = viewer.wait_for('verdict', lambda text: 'holding' in text.text)
    assert text.text.replace('\n', ' ') == answer.message
    assert text.color.g == pytest.approx(0.7)
    ball = viewer.wait_for('target', number=1)
    assert (ball.pose.position.x, ball.pose.position.y) == (2.0, 0.0)
    assert viewer.shown('target') is None  # a point has no axes


def test_messages_are_well_formed(viewer: Viewer) -> None:
    """In the base frame, stamped, locked to it, every marker once, all numbers finite."""
    viewer.reach_point(*planar_tip(0.5, 0.9))
    for nan in (math.nan, math.inf, 1e300):
        viewer.send_pose(nan, 0.0)
        viewer.send_point(0.1, nan)
        viewer.spin_for(0.2)
    before = viewer.node.get_clock().now().nanoseconds
    viewer.reach_point(*planar_tip(0.6, 0.9))
    viewer.spin_until(lambda: stamp_to_ns(viewer.arrays[-1].markers[0].header.stamp) > before,
                      'an array')
    for array in viewer.arrays:
        identities = [(marker.ns, marker.id) for marker in array.markers]
        assert len(set(identities)) == len(identities)
        for marker in array.markers:
            assert marker.header.frame_id == 'base_link'
            assert marker.header.stamp.sec > 0 and marker.frame_locked
            assert all(map(math.isfinite, numbers(marker)))
            if marker.action == Marker.ADD:
                assert marker.color.a > 0.0 and max(
                    marker.scale.x, marker.scale.y, marker.scale.z) > 0.0


def test_the_trail_is_bounded(viewer: Viewer) -> None:
    """Its points are those of the tip, the newest last, and no more than asked for."""
    for turn in np.linspace(-1.0, 1.0, 60):
        viewer.reach_point(*planar_tip(turn, 0.9))
        viewer.spin_for(0.02)
    trail = viewer.wait_for('trail', lambda marker: ends(marker)[-1][:2] == pytest.approx(
        planar_tip(1.0, 0.9), abs=0.01))
    assert trail.type == Marker.LINE_STRIP and len(trail.points) == 20
    reach = math.hypot(*planar_tip(0.0, 0.9))
    assert [math.hypot(x, y) for x, y, _ in ends(trail)] == pytest.approx([reach] * 20, abs=1e-4)
    assert max(len(marker.points) for array in viewer.arrays for marker in array.markers
               if marker.ns == 'trail') <= 20


def test_lines_are_shown_until_another_target_comes(viewer: Viewer) -> None:
    """From where the tip is, through all poses."""
    start = planar_tip(0.6, 1.2)
    viewer.reach_point(*start)
    viewer.wait_for('tip', lambda marker: ends(marker)[0][:2] == pytest.approx(start, abs=1e-4))
    publisher = viewer.node.create_publisher(PoseArray, 'target_poses', 1)
    viewer.spin_until(lambda: publisher.get_subscription_count() == 2, 'both who listen')
    message = PoseArray()
    for x in (0.3, 0.2):
        message.poses.append(PoseMessage())
        message.poses[-1].position.x = x
    publisher.publish(message)
    lines = viewer.wait_for('lines')
    assert [point[:2] for point in ends(lines)] == [
        pytest.approx(start, abs=1e-4), (0.3, 0.0), (0.2, 0.0)]
    viewer.send_point(*start)
    viewer.spin_until(lambda: viewer.shown('lines') is None, 'end of the lines')


def test_directions_are_arrows_at_the_tip(viewer: Viewer) -> None:
    """They can be had anywhere, so they are shown where the tip is."""
    viewer.reach_point(*planar_tip(0.5, 0.9))
    viewer.send_direction(0.0, 0.0, 2.0)
    arrow = viewer.wait_for('target', number=2)
    (x, y, z), (to_x, to_y, to_z) = ends(arrow)
    assert (to_x - x, to_y - y, to_z - z) == pytest.approx((0.0, 0.0, 1.5 * 0.15))


def test_the_tool_counts(viewer: Viewer) -> None:
    """A parameter of the other node that is changed is heard of."""
    joints = viewer.reach_point(*planar_tip(0.5, 0.9))
    assert viewer.set_parameter('target.tool_position', [0.1, 0.0, 0.0]) == (True, '')
    there = planar_tip(joints['joint_1'], joints['joint_2'], lengths=(0.5, 0.5))
    viewer.wait_for('tip', lambda marker: ends(marker)[0][:2] == pytest.approx(there, abs=1e-5))
    assert viewer.set_parameter('target.tool_position', [0.0, 0.0, 0.0]) == (True, '')
    viewer.wait_for('tip', lambda marker: ends(marker)[0][:2] == pytest.approx(
        planar_tip(joints['joint_1'], joints['joint_2']), abs=1e-5))


def test_the_ghost_is_where_the_arm_will_be(environment: None, tmp_path: Path) -> None:
    """While the arm is on its way, in a mode that takes time."""
    with private_domain(tmp_path), running_node(
            '-p', f'urdf_file:={ARM}', '-p', 'motion.mode:=move', '-p', 'motion.speed:=0.1'), \
            running_node('-p', 'handles:=false', module=MODULE, until='ready: '):
        viewer = Viewer()
        try:
            viewer.spin_until(lambda: viewer.ghosts and viewer.joint_states, 'ghost', 60.0)
            goal = planar_tip(-1.0, 0.5)
            viewer.connect()
            viewer.answer(viewer.send_point(*goal), 60.0)

            def tip(message: JointState) -> tuple[float, float]:
                joints = dict(zip(message.name, message.position))
                return planar_tip(joints['joint_1'], joints['joint_2'])

            viewer.spin_until(
                lambda: tip(viewer.ghosts[-1]) == pytest.approx(goal, abs=1e-4), 'the ghost there')
            assert math.dist(tip(viewer.joint_states[-1]), goal) > 0.05
            stamps = [stamp_to_ns(ghost.header.stamp) for ghost in viewer.ghosts]
            assert all(earlier < later for earlier, later in zip(stamps, stamps[1:]))
            assert viewer.call(Trigger, 'stop', Trigger.Request()).success
            viewer.spin_until(
                lambda: tip(viewer.ghosts[-1]) == pytest.approx(
                    tip(viewer.joint_states[-1]), abs=1e-6), 'ghost where the arm stopped')
        finally:
            viewer.close()


def test_another_robot_clears_what_was_shown(tmp_path: Path) -> None:
    """The first array of each robot begins with DELETEALL; a bad description changes nothing."""
    with private_domain(tmp_path), connected_client() as client:
        describe = client.description_publisher()
        describe(ARM.read_text())
        with running_node(), running_node('-p', 'handles:=false', module=MODULE, until='ready: '):
            viewer = Viewer()
            try:
                viewer.connect()
                viewer.wait_for('tip')
                describe('<robot')
                describe((URDF / 'planar_3r.urdf').read_text())
                array = viewer.spin_until(lambda: next(
                    (array for array in viewer.arrays[1:]
                     if array.markers[0].action == Marker.DELETEALL), None), 'a fresh start')
                assert array.markers[0].ns == ''
                actions = {marker.ns: marker.action for marker in array.markers[1:]}
                assert actions['trail'] == actions['error'] == Marker.DELETE
                assert not any(marker.action == Marker.DELETEALL
                               for later in viewer.arrays[-1:] if later is not array
                               for marker in later.markers)
            finally:
                viewer.close()


def test_a_viewer_that_comes_late_sees_everything(viewer: Viewer) -> None:
    """The last array is kept for it, although nothing changes any more."""
    viewer.reach_point(*planar_tip(0.2, 0.9))
    viewer.wait_for('verdict', lambda text: 'reached' in text.text)
    viewer.spin_for(0.3)
    late = Viewer()
    try:
        assert late.wait_for('verdict').text == viewer.arrays[-1].markers[-1].text
        late.wait_for('tip')
    finally:
        late.close()


def test_a_node_that_starts_again_is_shown_again(tmp_path: Path) -> None:
    """With its new parameters; one of our own that is not known is told of."""
    with private_domain(tmp_path), running_node(
            '-p', 'handles:=false', '-p', 'trail:=9', module=MODULE,
            until='waiting for /ik_solver_node') as shower:
        assert "parameter 'trail' is not known and has no effect" in shower.output
        with running_node('-p', f'urdf_file:={ARM}'):
            shower.wait_for("to 'tool0' is shown", START_TIMEOUT)
        with running_node('-p', f'urdf_file:={ARM}', '-p', 'tip_links:=[link_2]'):
            shower.wait_for("to 'link_2' is shown", START_TIMEOUT)


def test_a_wrong_parameter_ends_it_with_a_sentence(tmp_path: Path) -> None:
    """As it ends every node of this package."""
    with private_domain(tmp_path):
        process = NodeProcess('-p', 'size:=0.0', module=MODULE)
        assert process.wait_for_end() == 1
    assert 'size is 0.0 [m], but must be between' in process.output


def test_without_interactive_markers_there_are_markers(tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """And a sentence that says what to install."""
    hidden = tmp_path / 'interactive_markers'
    hidden.mkdir()
    (hidden / '__init__.py').write_text("raise ImportError('hidden')\n")
    monkeypatch.setenv('PYTHONPATH', str(tmp_path), prepend=':')
    with private_domain(tmp_path), running_node('-p', f'urdf_file:={ARM}'), running_node(
            module=MODULE, until='ready: ') as shower:
        assert 'install ros-$ROS_DISTRO-interactive-markers' in shower.output
        viewer = Viewer()
        try:
            viewer.wait_for('tip')
        finally:
            viewer.close()
