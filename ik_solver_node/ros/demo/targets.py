"""
A source of moving targets for trying the node, in each of its modes.

    ros2 run ik_solver_node demo_targets --ros-args -p urdf_file:=my_robot.urdf
    ros2 run ik_solver_node demo_targets --ros-args -p urdf_file:=my_robot.urdf -p mode:=move

It publishes geometry_msgs/PoseStamped on `target_pose` as soon as somebody listens: a smooth path
with leaps for the mode direct, one without for the mode track, and in the mode move one pose after
the other, as soon as `joint_states` say that the arm has come to stand at the last. All poses but
those that are out of reach on purpose come from joint positions inside the limits, so a solver has
no excuse. Those out of reach lie further from the base than the arm would measure straightened.
"""

from __future__ import annotations

from dataclasses import dataclass
import sys

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PoseStamped
from ik_solver_node.chain import KinematicChain
from ik_solver_node.motion import Mode
from ik_solver_node.options import option
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.conversions import stamp_to_ns
from ik_solver_node.ros.demo.common import DemoNode, ModelOptions, run
from ik_solver_node.ros.demo.path import TargetPath
from ik_solver_node.ros.demo.programmes import Leaping, Programme, Smooth, Stops
from ik_solver_node.ros.demo.watch import Standstill
from rclpy.qos import QoSProfile
from sensor_msgs.msg import JointState

READY_TIMEOUT = 10.0
"""An arm that is to be moved gets so long to say that all is well with it [s]."""


@dataclass(frozen=True)
class TargetOptions(ModelOptions):
    """What the source sends."""

    mode: Mode = option(
        Mode.DIRECT, 'the motion.mode of the node: direct (a stream with leaps), move (one target '
        'after the other, when joint_states say that the arm stands) or track (a stream without '
        'leaps, that comes to rest)')
    rate: float = option(20.0, 'how often a target is sent', unit='Hz', minimum=0.1,
                         maximum=1000.0)
    duration: float = option(0.0, 'for how long targets are sent before the program ends; 0 for '
                             'ever', unit='s', minimum=0.0, maximum=1e9)
    leap_period: float = option(
        4.0, 'time between two leaps of the target to a far pose, in the mode direct; 0 for none',
        unit='s', minimum=0.0, maximum=1e9)
    out_of_reach_period: float = option(
        3.0, 'time between two targets that are out of reach on purpose; 0 for none; in the mode '
        'move every fourth is', unit='s', minimum=0.0, maximum=1e9)
    random_seed: int = option(0, 'same seed, same targets', minimum=0, maximum=2**31 - 1)
    subscribers: int = option(1, 'how many subscriptions to target_pose are waited for', minimum=0,
                              maximum=100)
    patience: float = option(600.0, 'for how long they are waited for', unit='s', minimum=0.0,
                             maximum=1e9)


class DemoTargets(DemoNode):
    """The node `demo_targets`."""

    def __init__(self) -> None:
        super().__init__('demo_targets', TargetOptions)
        self._programme: Programme | None = None
        self._standstill = Standstill()
        self._count = self._sent = 0
        self._waiting_since = self._alone_until = self._now()
        self._is_ready = self.options.mode is Mode.DIRECT
        # Only the newest target matters to anybody.
        self._publisher = self.create_publisher(PoseStamped, 'target_pose', QoSProfile(depth=1))
        if not self._is_ready:
            self.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self.follow_description(self._use_description)
        # While nobody listens it looks more often, so that the start is not delayed.
        self._timer = self.create_timer(0.02, self._wait)

    def _use_description(self, urdf: str) -> None:
        """Start over with the path of this robot."""
        options, is_first = self.options, self._programme is None
        path = TargetPath(KinematicChain.from_model(
            parse_urdf(urdf), options.base_link or None, options.tip_links or None),
            options.random_seed, options.mode is Mode.TRACK)
        path.pose(0.0)  # compiled or loaded now, not between two targets
        self._programme = _programme(path, options)
        if is_first and self._programme.looks:
            self.create_subscription(JointState, 'joint_states', self._on_joint_state, 10)
            self.create_subscription(DiagnosticArray, 'ik_solver_node/solution',
                                     self._on_solution, 10)

    def _wait(self) -> None:
        """Begin as soon as the robot is known and enough listen."""
        now = self._now()
        if not self._is_heard():
            self._alone_until = now
        waited = now - self._alone_until
        if self._programme and self._is_heard() and (self._is_ready or waited > READY_TIMEOUT):
            self.get_logger().info(
                f'sending targets at {self.options.rate:g} Hz, seed {self.options.random_seed}')
            self._timer.cancel()
            self._timer = self.create_timer(1.0 / self.options.rate, self._send_next)
            self._send_next()
        elif now - self._waiting_since > self.options.patience:
            self.get_logger().error(
                f'gave up: after {self.options.patience:g} s there is no robot, or there are not '
                f'{self.options.subscribers} subscriptions to target_pose')
            self.finish(1)

    def _is_heard(self) -> bool:
        """Return whether enough listen to the targets."""
        return self._publisher.get_subscription_count() >= self.options.subscribers

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        """Note whether the solver has nothing to complain of: it has heard where the arm is."""
        solver = f'{self.resolve_topic_name("ik_solver_node").lstrip("/")}: solver'
        for status in message.status:
            if status.name == solver:
                self._is_ready = status.level == DiagnosticStatus.OK

    @property
    def _time(self) -> float:
        """Since the first target, by the count of periods [s]."""
        return self._count / float(self.options.rate)

    def _send_next(self) -> None:
        """Send a target if it is time for one, or end when the programme is over."""
        assert self._programme is not None
        if self._programme.is_over(self._time):
            self.finish()
            return
        pose = self._programme.due(self._time)
        if pose is not None:
            self._publish(pose, self._programme.path.chain.base_link)
        self._count += 1

    def _on_joint_state(self, message: JointState) -> None:
        """Look where the arm is, and whether it moves."""
        assert self._programme is not None
        chain = self._programme.path.chain
        positions = dict(zip(message.name, message.position))
        if not set(chain.joint_names) <= positions.keys():
            return
        self._standstill.see(stamp_to_ns(message.header.stamp),
                             dict(zip(message.name, message.velocity)))
        tip = chain.forward_kinematics([positions[name] for name in chain.joint_names])
        self._programme.see_arm(tip, self._standstill.lasts() > 0.0, self._time)

    def _on_solution(self, message: DiagnosticArray) -> None:
        """Note that the last target was answered."""
        assert self._programme is not None
        if stamp_to_ns(message.header.stamp) == self._sent:
            self._programme.see_answer()

    def _publish(self, pose: Pose, frame_id: str) -> None:
        """Publish a pose in a frame."""
        message = PoseStamped()
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = frame_id
        position, orientation = message.pose.position, message.pose.orientation
        position.x, position.y, position.z = pose.position.tolist()
        orientation.x, orientation.y, orientation.z, orientation.w = pose.quat_xyzw.tolist()
        self._sent = stamp_to_ns(message.header.stamp)
        self._publisher.publish(message)

    def _now(self) -> float:
        """Return the time of the node's clock [s]."""
        return 1e-9 * self.get_clock().now().nanoseconds


def _programme(path: TargetPath, options: TargetOptions) -> Programme:
    """Return what is sent when."""
    stream = path, options.rate, options.duration, options.out_of_reach_period
    if options.mode is Mode.MOVE:
        return Stops(path, options.duration, options.out_of_reach_period > 0.0)
    if options.mode is Mode.TRACK:
        return Smooth(*stream)
    return Leaping(*stream, options.leap_period)


def main() -> None:
    """Run the source until it is done or told to end."""
    sys.exit(run(DemoTargets))


if __name__ == '__main__':
    main()
