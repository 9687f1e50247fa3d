"""Where the frame of a target is in the base frame, by tf2 if it is installed."""

from __future__ import annotations

from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.pose import Pose
from ik_solver_node.ros.conversions import pose_from_transform, TargetRefusedError
from rclpy.clock import JumpThreshold
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.time import Time
from std_msgs.msg import Header

try:
    import tf2_ros
except ImportError:
    tf2_ros = None


class Frames:
    """
    Looks up the frames of targets.

    Parameters
    ----------
    node : Node
        Listens to tf, if tf2_ros is installed.

    """

    def __init__(self, node: Node) -> None:
        if tf2_ros is None:
            return
        self._buffer = tf2_ros.Buffer()
        self._listener = tf2_ros.TransformListener(self._buffer, node)
        # After a jump back, tf2 would take all that comes for older than what it has. rclpy only
        # borrows the handle, so that it must be kept.
        self._jump_handle = node.get_clock().create_jump_callback(
            JumpThreshold(min_forward=None, min_backward=Duration(nanoseconds=-1)),
            post_callback=lambda _: self._buffer.clear())

    def T_base_frame(self, base_link: str, header: Header) -> Pose | None:
        """
        Return the frame of a message in the base frame, at the time of its stamp.

        Parameters
        ----------
        base_link : str
            The base frame.
        header : std_msgs.msg.Header
            Frame and stamp of the message. A stamp of zero is the latest time known to tf.

        Returns
        -------
        Pose or None
            None if it is the base frame, as an empty frame is.

        Raises
        ------
        TargetRefusedError
            If tf does not know.
        MissingDependencyError
            If tf2_ros is not installed.

        """
        frame = header.frame_id.lstrip('/')  # ROS 1 wrote a slash
        if frame in ('', base_link):
            return None
        if tf2_ros is None:
            raise MissingDependencyError(
                f'the target is in frame {frame!r}; other frames than the base frame '
                f'{base_link!r} need tf2: send frame_id {base_link!r} or an empty one, or install '
                'ros-$ROS_DISTRO-tf2-ros-py')
        try:
            found = self._buffer.lookup_transform(base_link, frame, Time.from_msg(header.stamp))
        except tf2_ros.TransformException as error:
            raise TargetRefusedError(
                f'the target is in frame {frame!r}, but tf cannot tell where that is in the base '
                f'frame {base_link!r}: {error} (a stamp of zero means the latest time)') from error
        return pose_from_transform(found.transform)
