"""Handles dragged and asked by their menu, with the server of interactive_markers."""

from __future__ import annotations

from collections.abc import Iterator
import math
from pathlib import Path

from domains import private_domain
from geometry_msgs.msg import PoseStamped
from harness import NodeProcess, planar_tip, running_node, URDF, values
from ik_solver_node.ros.conversions import stamp_to_ns
import pytest
from test_rviz_node import ends, MODULE, Viewer
from visualization_msgs.msg import (
    InteractiveMarker, InteractiveMarkerFeedback, InteractiveMarkerUpdate)
from visualization_msgs.srv import GetInteractiveMarkers

pytest.importorskip('interactive_markers', reason=(
    'interactive_markers is not installed: it comes with a ROS 2 distribution'))

ARM = URDF / 'planar_2r.urdf'
START = planar_tip(0.4, 0.9)


class Hand(Viewer):
    """Does with a handle what RViz does."""

    def __init__(self) -> None:
        super().__init__()
        self.targets: list[PoseStamped] = []
        self.updates: list[InteractiveMarkerUpdate] = []
        self.node.create_subscription(PoseStamped, 'target_pose', self.targets.append, 100)
        self.node.create_subscription(
            InteractiveMarkerUpdate, 'ik_handles/update', self.updates.append, 100)
        self._client = self.node.create_client(
            GetInteractiveMarkers, 'ik_handles/get_interactive_markers')
        self._feedback = self.node.create_publisher(
            InteractiveMarkerFeedback, 'ik_handles/feedback', 10)

    def handles(self) -> list[InteractiveMarker]:
        """Return all handles that there are."""
        self.spin_until(self._client.service_is_ready, 'handles')
        future = self._client.call_async(GetInteractiveMarkers.Request())
        self.spin_until(future.done, 'answer')
        return future.result().markers

    def handle_at(self, x: float, y: float) -> InteractiveMarker:
        """Return the handle, once it is there."""
        def found() -> InteractiveMarker | None:
            for handle in self.handles():
                at = handle.pose.position
                if math.dist((at.x, at.y), (x, y)) < 1e-4:
                    return handle
            return None

        return self.spin_until(found, f'handle at {x}, {y}')

    def tell(self, event: int, x: float = 0.0, y: float = 0.0, entry: int = 0) -> None:
        """Send what RViz says of a handle."""
        message = InteractiveMarkerFeedback(
            client_id='hand', marker_name='tool0', event_type=event, menu_entry_id=entry)
        message.header.frame_id = 'base_link'
        message.pose.position.x, message.pose.position.y = x, y
        self.spin_until(self._feedback.get_subscription_count, 'server')
        self._feedback.publish(message)

    def drag(self, *points: tuple[float, float], pause: float = 0.0) -> None:
        """Take the handle from point to point, and let it go."""
        self.tell(InteractiveMarkerFeedback.MOUSE_DOWN, *points[0])
        for point in points:
            self.tell(InteractiveMarkerFeedback.POSE_UPDATE, *point)
            self.spin_for(pause)
        self.spin_for(0.05)
        self.tell(InteractiveMarkerFeedback.MOUSE_UP, *points[-1])

    def choose(self, title: str) -> None:
        """Choose from the menu."""
        entry, = [entry for handle in self.handles() for entry in handle.menu_entries
                  if title in entry.title]
        self.tell(InteractiveMarkerFeedback.MENU_SELECT, entry=entry.id)


@pytest.fixture(scope='module', autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use one ROS domain for the nodes of this module."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        yield


@pytest.fixture(scope='module')
def shower(environment: None) -> Iterator[NodeProcess]:
    """Return the node for RViz, beside one that moves the planar arm."""
    with running_node('-p', f'urdf_file:={ARM}', '-p', 'target.free:=[rx, ry, rz]'), running_node(
            module=MODULE, until='ready: ') as shower:
        yield shower


@pytest.fixture
def hand(shower: NodeProcess) -> Iterator[Hand]:
    """Return a hand; the arm and its handle are at the start, and nothing is on its way."""
    hand = Hand()
    try:
        hand.connect()
        hand.spin_until(hand._feedback.get_subscription_count, 'server')
        hand.answer(hand.send_pose(*START))
        hand.handle_at(*START)
        hand.spin_for(1.0)  # the server takes nothing from another hand within a second
        del hand.targets[:]
        yield hand
    finally:
        hand.close()


def test_there_is_one_handle_for_the_tip(hand: Hand) -> None:
    """With a menu, in the base frame."""
    handle, = hand.handles()
    assert (handle.name, handle.header.frame_id) == ('tool0', 'base_link')
    assert [entry.title for entry in handle.menu_entries] == [
        '[x] Send targets while dragging', 'Send a target here', 'Bring the handle to the tip',
        'Go home', 'Stop', 'Resume']


def test_dragging_moves_the_arm_at_a_limited_rate(hand: Hand) -> None:
    """Far fewer targets than movements, and the last one is where it was let go."""
    points = [planar_tip(0.4 + 0.004 * step, 0.9) for step in range(200)]
    began = hand.node.get_clock().now().nanoseconds
    hand.drag(*points, pause=0.002)
    last = hand.spin_until(
        lambda: next((target for target in hand.targets if math.dist(
            (target.pose.position.x, target.pose.position.y), points[-1]) < 1e-9), None),
        'the last target')
    took = 1e-9 * (stamp_to_ns(last.header.stamp) - began)
    assert 2 <= len(hand.targets) <= 20.0 * took + 2
    assert last.header.frame_id == 'base_link'
    answer = hand.answer(last.header.stamp)
    assert values(answer)['verdict'] == 'reached'
    hand.wait_for('tip', lambda marker: ends(marker)[0][:2] == pytest.approx(
        points[-1], abs=1e-4))
    hand.handle_at(*points[-1])


def test_without_sending_a_target_is_sent_by_the_menu(hand: Hand) -> None:
    """The handle stays where it was put until then."""
    there = planar_tip(0.6, 0.9)
    hand.choose('Send targets while dragging')
    hand.spin_until(lambda: any(entry.title.startswith('[ ]') for handle in hand.handles()
                                for entry in handle.menu_entries), 'the other mode')
    try:
        hand.drag(there)
        hand.spin_for(0.3)
        assert hand.targets == []
        hand.answer(hand.send_pose(*planar_tip(0.5, 0.9)))  # somebody else
        hand.handle_at(*there)
        hand.choose('Send a target here')
        hand.spin_until(lambda: len(hand.targets) == 2, 'a target')
        assert (hand.targets[-1].pose.position.x, hand.targets[-1].pose.position.y) == there
    finally:
        hand.choose('Send targets while dragging')


def test_the_handle_follows_the_targets_of_others(hand: Hand) -> None:
    """So that a drag begins where the last target was."""
    there = planar_tip(0.7, 0.9)
    hand.answer(hand.send_pose(*there))
    hand.handle_at(*there)


def test_the_handle_comes_back_to_the_tip(hand: Hand) -> None:
    """From where it was dragged out of reach; that moves nothing."""
    hand.drag((3.0, 0.0))
    hand.spin_until(lambda: hand.targets, 'a target')
    assert values(hand.answer(hand.targets[-1].header.stamp))['verdict'] == 'not_reached'
    hand.handle_at(3.0, 0.0)
    hand.choose('Bring the handle to the tip')
    hand.handle_at(*START)
    assert len(hand.targets) == 1


def test_home_is_where_the_tip_was_seen_first(hand: Hand) -> None:
    """The node without a driver begins in the middle of the ranges."""
    hand.choose('Go home')
    target = hand.spin_until(lambda: hand.targets and hand.targets[-1], 'a target')
    hand.handle_at(target.pose.position.x, target.pose.position.y)
    assert math.dist((target.pose.position.x, target.pose.position.y), START) > 0.1
    assert values(hand.answer(target.header.stamp))['verdict'] == 'reached'


def test_stop_and_resume_are_in_the_menu(hand: Hand, shower: NodeProcess) -> None:
    """A target that is dragged in between is refused; the log has what the services say."""
    hand.choose('Stop')
    shower.wait_for('ik_solver_node/stop: stopped')
    hand.drag(planar_tip(0.6, 0.9))
    target = hand.spin_until(lambda: hand.targets and hand.targets[-1], 'a target')
    assert values(hand.answer(target.header.stamp))['verdict'] == 'refused'
    hand.choose('Resume')
    shower.wait_for('ik_solver_node/resume: the next target moves the arm')


@pytest.mark.parametrize('number', [math.nan, math.inf, 1e300])
def test_a_handle_is_never_dragged_to_nowhere(hand: Hand, number: float) -> None:
    """What is not finite, or absurdly far, is neither sent nor shown."""
    hand.drag((number, 0.0))
    hand.spin_for(0.3)
    assert hand.targets == []
    hand.handle_at(*START)
    assert all(math.isfinite(pose.pose.position.x) and abs(pose.pose.position.x) < 1e4
               for update in hand.updates for pose in update.poses)


def test_another_tip_has_another_handle(tmp_path: Path) -> None:
    """The one of the last tip goes, and the menu stays."""
    with private_domain(tmp_path), running_node('-p', f'urdf_file:={ARM}'), running_node(
            module=MODULE, until='ready: '):
        hand = Hand()
        try:
            hand.connect()
            hand.spin_until(hand.handles, 'a handle')
            assert hand.set_parameter('tip_links', ['link_2']) == (True, '')
            handle = hand.spin_until(lambda: next((
                handle for handle in hand.handles() if handle.name != 'tool0'), None), 'another')
            assert handle.name == 'link_2' and len(handle.menu_entries) == 6
            assert len(hand.handles()) == 1
            assert any('tool0' in update.erases for update in hand.updates)
        finally:
            hand.close()
