"""Handles to drag in RViz, with a menu each, where interactive_markers is installed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from time import monotonic
from typing import Any

from ik_solver_node.exceptions import InvalidPoseError, MissingDependencyError
from ik_solver_node.pose import Pose
from ik_solver_node.ros.conversions import pose_from_msg, pose_to_msg
from ik_solver_node.ros.rviz.handle import Handle
from ik_solver_node.ros.rviz.handle_marker import handle_marker
from ik_solver_node.ros.rviz.scene import is_near
from rclpy.node import Node
from visualization_msgs.msg import InteractiveMarkerFeedback

try:
    from interactive_markers import InteractiveMarkerServer, MenuHandler
except ImportError:
    InteractiveMarkerServer = MenuHandler = None

TOPICS = 'ik_handles'
"""What the names of the topics and of the service begin with."""


class Handles:
    """
    An interactive marker for each tip.

    Parameters
    ----------
    node : Node
        Has the topics.
    size : float
        About the radius of a handle [m].
    sends : bool
        Whether targets are sent while a handle is dragged, at first.
    menu : mapping of str to callable
        What else the menu has: called with the name of the tip.

    Raises
    ------
    MissingDependencyError
        If interactive_markers is not installed.

    """

    def __init__(self, node: Node, size: float, sends: bool,
                 menu: Mapping[str, Callable[[str], None]]) -> None:
        if InteractiveMarkerServer is None:
            raise MissingDependencyError(
                'interactive_markers is not installed, so that there are markers, but no handles '
                'to drag in RViz; install ros-$ROS_DISTRO-interactive-markers')
        self._size, self._sends = size, sends
        self._handles: dict[str, Handle] = {}
        self._server = InteractiveMarkerServer(node, TOPICS)
        self._menu = MenuHandler()
        self._sending = self._entry('Send targets while dragging', self._switch_sending)
        self._entry('Send a target here', lambda tip: self._handles[tip].send())
        for title, action in menu.items():
            self._entry(title, action)
        self._show_sending()

    def show(self, base_link: str, poses: Mapping[str, Pose]) -> None:
        """Have a handle for each tip at its pose in the base frame, and no others."""
        for tip in self._handles.keys() - poses.keys():
            self._server.erase(tip)
        self._handles = {tip: Handle(pose, self._sends) for tip, pose in poses.items()}
        for tip, pose in poses.items():
            self._server.insert(handle_marker(tip, base_link, pose, self._size),
                                feedback_callback=self._on_feedback)
        self._server.applyChanges()
        for tip in poses:
            self._menu.apply(self._server, tip)
        self._server.applyChanges()

    def follow(self, tip: str, pose: Pose) -> None:
        """Bring a handle to the target that somebody else has sent, unless it is held."""
        if tip in self._handles and is_near(pose.position) and self._handles[tip].follow(
                pose, monotonic()):
            self._place(tip)

    def put(self, tip: str, pose: Pose) -> None:
        """Bring a handle to a pose."""
        self._handles[tip].put(pose)
        self._place(tip)

    def take_due(self) -> dict[str, Pose]:
        """Return the targets to send, by tip: once, and of each tip only the newest."""
        due = {tip: handle.take_due() for tip, handle in self._handles.items()}
        return {tip: pose for tip, pose in due.items() if pose is not None}

    def close(self) -> None:
        """Leave the topics."""
        self._server.shutdown()

    def _entry(self, title: str, action: Callable[[str], None]) -> Any:
        """Add an entry to the menu, and return it."""
        return self._menu.insert(title, callback=lambda feedback: action(feedback.marker_name))

    def _place(self, tip: str) -> None:
        """Tell where a handle is."""
        self._server.setPose(tip, pose_to_msg(self._handles[tip].pose))
        self._server.applyChanges()

    def _on_feedback(self, feedback: InteractiveMarkerFeedback) -> None:
        """Hear what somebody does to a handle."""
        handle, now = self._handles[feedback.marker_name], monotonic()
        if feedback.event_type == InteractiveMarkerFeedback.MOUSE_UP:
            handle.release(now)
        elif feedback.event_type == InteractiveMarkerFeedback.POSE_UPDATE:
            with suppress(InvalidPoseError):
                pose = pose_from_msg(feedback.pose)
                if is_near(pose.position):
                    handle.drag(pose, now)
            # As it was checked, and not as it came.
            self._server.setPose(feedback.marker_name, pose_to_msg(handle.pose))
        else:
            handle.hold(now)

    def _switch_sending(self, _: str) -> None:
        """Send targets while a handle is dragged, or do so no more."""
        self._sends = not self._sends
        for handle in self._handles.values():
            handle.sends = self._sends
        self._show_sending()
        self._menu.reApply(self._server)
        self._server.applyChanges()

    def _show_sending(self) -> None:
        """Tick the entry of the menu, or not."""
        self._menu.setCheckState(
            self._sending, MenuHandler.CHECKED if self._sends else MenuHandler.UNCHECKED)
