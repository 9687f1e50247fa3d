"""The least a node can do: one PoseStamped in, one JointState of seven joints out."""

from geometry_msgs.msg import PoseStamped
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState

JOINTS = [f'joint_{i}' for i in range(1, 8)]


def main() -> None:
    """Answer every target with the same joints until interrupted."""
    rclpy.init()
    node = rclpy.create_node('relay')
    publisher = node.create_publisher(JointState, 'joint_states', 10)

    def answer(_: PoseStamped) -> None:
        state = JointState(name=JOINTS, position=[0.0] * len(JOINTS))
        state.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(state)

    node.create_subscription(PoseStamped, 'target_pose', answer, QoSProfile(depth=1))
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
