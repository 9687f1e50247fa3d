"""The targets of a tip: those that are shown, and those that come of its handle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import (
    PointStamped, PoseArray, PoseStamped, QuaternionStamped, Vector3Stamped)
from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.pose import Pose
from ik_solver_node.ros import conversions
from ik_solver_node.ros.frames import Frames
from ik_solver_node.ros.rviz.scene import Scene
from ik_solver_node.ros.target_parameters import TargetParameters
from nav_msgs.msg import Path
from rclpy.node import Node
from rclpy.qos import QoSProfile
from std_msgs.msg import Header

NEWEST = QoSProfile(depth=1)

LOG_PERIOD = 1.0
"""Time between two warnings of a kind [s]."""


class TipTargets:
    """
    Shows what is asked of a tip in a scene, and asks for what its handle is dragged to.

    Parameters
    ----------
    node : Node
        Whose topics these are.
    prefix : str
        What their names begin with: with several tips that of the tip, and a slash.
    frames : Frames
        Knows the frames of targets.
    follow : callable
        Gets the name of the tip, and each pose that is asked of it, in the base frame.

    """

    def __init__(self, node: Node, prefix: str, frames: Frames,
                 follow: Callable[[str, Pose], None]) -> None:
        self._node, self._frames, self._follow = node, frames, follow
        self._scene: Scene | None = None
        self._asked = TargetParameters()
        kinds: tuple[tuple[Any, str, Callable[[Any], None]], ...] = (
            (PoseStamped, 'target_pose', self._on_pose),
            (PointStamped, 'target_point', self._on_point),
            (QuaternionStamped, 'target_orientation', self._on_orientation),
            (Vector3Stamped, 'target_direction', self._on_direction),
            (PoseArray, 'target_poses', self._on_poses),
            (Path, 'target_path', self._on_path))
        self._subscriptions = [
            node.create_subscription(kind, prefix + topic, callback, NEWEST)
            for kind, topic, callback in kinds]
        self._publisher = node.create_publisher(PoseStamped, f'{prefix}target_pose', NEWEST)

    def show_in(self, scene: Scene, asked: TargetParameters) -> None:
        """Show targets in a scene from now on, as far as what is `asked` of them counts."""
        self._scene, self._asked = scene, asked
        scene.tool = asked.tool

    def send(self, pose: Pose) -> None:
        """Ask for a pose in the base frame."""
        assert self._scene is not None
        self._publisher.publish(conversions.pose_stamped(
            pose, self._scene.chain.base_link, self._node.get_clock().now().to_msg()))

    def close(self) -> None:
        """Leave the topics."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        self._node.destroy_publisher(self._publisher)

    def _on_pose(self, message: PoseStamped) -> None:
        """Show a pose, and bring the handle there."""
        def show(scene: Scene) -> None:
            pose = self._base_pose(scene, message.header, message.pose)
            scene.aim(self._asked.pose(pose))
            self._follow(scene.tip_link, pose)

        self._show(show)

    def _on_point(self, message: PointStamped) -> None:
        """Show a point."""
        self._aim(message.header, message.point, conversions.point_target)

    def _on_orientation(self, message: QuaternionStamped) -> None:
        """Show an orientation."""
        self._aim(message.header, message.quaternion, conversions.orientation_target)

    def _on_direction(self, message: Vector3Stamped) -> None:
        """Show a direction."""
        self._aim(message.header, message.vector, conversions.direction_target)

    def _on_poses(self, message: PoseArray) -> None:
        """Show straight lines."""
        self._lead([(message.header, pose) for pose in message.poses])

    def _on_path(self, message: Path) -> None:
        """Show straight lines of which each pose may have a frame of its own."""
        self._lead([(stamped.header if stamped.header.frame_id else message.header, stamped.pose)
                    for stamped in message.poses])

    def _aim(self, header: Header, message: Any, convert: Callable[..., Any]) -> None:
        """Show one target."""
        self._show(lambda scene: scene.aim(convert(
            message, self._frames.T_base_frame(scene.chain.base_link, header), self._asked)))

    def _lead(self, stamped: list[tuple[Header, Any]]) -> None:
        """Show straight lines, if there are any."""
        def show(scene: Scene) -> None:
            poses = [self._base_pose(scene, header, pose) for header, pose in stamped]
            if poses:
                scene.lead(poses, self._asked.pose(poses[-1]))

        self._show(show)

    def _base_pose(self, scene: Scene, header: Header, pose: Any) -> Pose:
        """Return a pose message in the base frame."""
        return conversions.base_pose(
            pose, self._frames.T_base_frame(scene.chain.base_link, header))

    def _show(self, show: Callable[[Scene], None]) -> None:
        """Show something, or say why not."""
        assert self._scene is not None
        try:
            show(self._scene)
        except IkSolverError as error:
            self._node.get_logger().warning(
                f'target not shown: {error}', throttle_duration_sec=LOG_PERIOD)
