"""The least a node can do at a rate: a timer which publishes seven joints, and nothing else."""

from __future__ import annotations

import sys
from typing import Any

from benchmarks.watch import serve_work, Watch
from ik_solver_node.ros.outputs import OutputKind
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

JOINTS = [f'joint_{i}' for i in range(1, 8)]
POSITIONS = [0.0] * len(JOINTS)
NAME, TOPIC = 'bare_timer', 'bare_commands'
KINDS: dict[OutputKind, Any] = {
    OutputKind.JOINT_STATE: JointState, OutputKind.POSITION_ARRAY: Float64MultiArray,
    OutputKind.JOINT_TRAJECTORY: JointTrajectory}
"""The message of each way out of the node."""


def message(kind: OutputKind, now: Any) -> Any:
    """Return the same joints as ever, at a time of the clock."""
    if kind is OutputKind.POSITION_ARRAY:
        return Float64MultiArray(data=POSITIONS)
    if kind is OutputKind.JOINT_STATE:
        state = JointState(name=JOINTS, position=POSITIONS, velocity=POSITIONS)
        state.header.stamp = now.to_msg()
        return state
    trajectory = JointTrajectory(
        joint_names=JOINTS, points=[JointTrajectoryPoint(positions=POSITIONS)])
    trajectory.header.stamp = now.to_msg()
    return trajectory


def main() -> None:
    """Publish messages of a kind at a rate [Hz], both from the command line, until interrupted."""
    kind, rate = OutputKind(sys.argv[1]), float(sys.argv[2])
    rclpy.init()
    node = rclpy.create_node(NAME)
    publisher = node.create_publisher(KINDS[kind], TOPIC, QoSProfile(depth=10))
    watch = Watch()
    node.create_timer(1.0 / rate, watch.on(
        lambda: publisher.publish(message(kind, node.get_clock().now()))),
        clock=Clock(clock_type=ClockType.STEADY_TIME))
    serve_work(node, {NAME: watch})
    try:
        rclpy.spin(node)
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == '__main__':
    main()
