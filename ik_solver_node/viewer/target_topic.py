"""The way of a target that is dragged to the node that solves, and of those of others back."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from geometry_msgs.msg import PoseStamped
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import Pose
from ik_solver_node.ros.conversions import pose_from_msg, pose_stamped
from ik_solver_node.viewer.gizmo import Gizmo
import numpy as np
from rclpy.node import Node
from rclpy.qos import QoSProfile

PATIENCE = 10.0
"""A stream goes on for so long after its last drag, if the tip does not arrive [s]."""

ARRIVED = (1e-3, 1e-2)
"""A tip that is so near to its target has arrived [m], [rad]."""


class TargetTopic:
    """
    Publishes where a gizmo is dragged to, and puts it where others send a target.

    Parameters
    ----------
    node : Node
        Whose topic it is.
    topic : str
        Name of the topic.
    frame_id : str
        The frame that the gizmo is drawn in.
    gizmo : Gizmo
        What is dragged.

    """

    def __init__(self, node: Node, topic: str, frame_id: str, gizmo: Gizmo) -> None:
        self._node, self._frame_id, self._gizmo = node, frame_id, gizmo
        self._own: deque[PoseStamped] = deque(maxlen=100)
        self._streams_until = 0.0
        self._publisher = node.create_publisher(PoseStamped, topic, QoSProfile(depth=1))
        self._subscription = node.create_subscription(
            PoseStamped, topic, self._on_target, QoSProfile(depth=10))

    def close(self) -> None:
        """Leave the topic."""
        self._node.destroy_subscription(self._subscription)
        self._node.destroy_publisher(self._publisher)

    def tick(self, now: float, is_stream: bool, tip: Callable[[], Pose]) -> None:
        """
        Send what is due.

        Parameters
        ----------
        now : float
            A time that goes on [s].
        is_stream : bool
            Whether the node wants a steady stream, so that the same target is sent again while
            it is held, and after that until the tip is there.
        tip : callable
            Returns where the tip is, in the same frame as the gizmo.

        """
        dragged = self._gizmo.take()
        if dragged is not None:
            self._streams_until = now + PATIENCE
            self._send(dragged)
        elif is_stream and now < self._streams_until:
            if self._gizmo.is_held:
                self._streams_until = now + PATIENCE
            elif _is_at(tip(), self._gizmo.pose):
                self._streams_until = 0.0
            self._send(self._gizmo.pose)

    def aim(self, pose: Pose, now: float) -> None:
        """Send a target that was not dragged, and show it."""
        self._gizmo.place(pose)
        self._streams_until = now + PATIENCE
        self._send(pose)

    def fall_silent(self) -> None:
        """Send nothing more until somebody drags again."""
        self._streams_until = 0.0
        self._gizmo.take()

    def _send(self, pose: Pose) -> None:
        """Publish a target."""
        message = pose_stamped(pose, self._frame_id, self._node.get_clock().now().to_msg())
        self._own.append(message)
        self._publisher.publish(message)

    def _on_target(self, message: PoseStamped) -> None:
        """Show a target of somebody else, if its frame is that of the gizmo."""
        if message in self._own:  # as a whole: simulated time may stand, and stamps be the same
            return
        if message.header.frame_id.lstrip('/') in ('', self._frame_id):
            try:
                self._gizmo.place(pose_from_msg(message.pose))
            except InvalidPoseError:
                return  # the node that solves says why it is refused


def _is_at(tip: Pose, target: Pose) -> bool:
    """Return whether a tip has arrived."""
    distance = float(np.linalg.norm(tip.position - target.position))
    cosine = min(1.0, abs(float(tip.quat_xyzw @ target.quat_xyzw)))
    return distance < ARRIVED[0] and 2.0 * float(np.arccos(cosine)) < ARRIVED[1]
