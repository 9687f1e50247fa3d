"""
A source of moving targets for trying the node: smooth, with leaps, and now and then out of reach.

    ros2 run ik_solver_node demo_targets --ros-args -p urdf_file:=my_robot.urdf

It publishes geometry_msgs/PoseStamped on `target_pose` as soon as somebody listens. All poses but
those that are out of reach on purpose come from joint positions inside the limits, so a solver has
no excuse. Those out of reach lie further from the base than the arm would measure straightened.
"""

from __future__ import annotations

from dataclasses import dataclass
import sys

from geometry_msgs.msg import PoseStamped
from ik_solver_node.chain import KinematicChain
from ik_solver_node.options import option
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import JointType, parse_urdf, RobotModel
from ik_solver_node.ros.demo_common import DemoNode, ModelOptions, run
import numpy as np
from rclpy.qos import QoSProfile

SPEED = 0.8
"""Joints move no faster than this, nor than half their own limit [rad/s or m/s]."""

LARGEST_TURN, LARGEST_SLIDE = 1.5, 0.3
"""How far a joint goes to each side if its limits allow, [rad] and [m]."""

LEAP = 100.0
"""A leap goes on along the path where it would be after so much time [s]."""

FAR = 1.5
"""Out of reach is this many times the length of the straightened arm."""

SENSIBLE_REACH = 1000.0
"""An arm that is longer [m] has a slide without a real limit: nothing is out of its reach."""

LAST_ANSWERS = 0.3
"""The source stays so long after its last target, for the answers to arrive [s]."""


class TargetPath:
    """
    Poses along a smooth path through the joint space, interrupted by leaps.

    Each joint follows a sum of two sines around the middle of its range. The path is a function of
    time alone, so that it looks the same at every rate.

    Parameters
    ----------
    chain : KinematicChain
        The chain that shall be able to follow.
    random_seed : int
        Same seed, same path.
    leap_period : float
        Time between two leaps [s]; 0 for none.

    """

    def __init__(self, chain: KinematicChain, random_seed: int, leap_period: float) -> None:
        random = np.random.default_rng(random_seed)
        slides = np.array([chain.model.joint(name).type is JointType.PRISMATIC
                           for name in chain.joint_names])
        largest = np.where(slides, LARGEST_SLIDE, LARGEST_TURN)
        speed = np.minimum(SPEED, 0.5 * chain.velocity)
        self.chain = chain
        self._leap_period = leap_period
        self._middle = chain.mid_range()
        self._swing = np.minimum(0.4 * (chain.upper - chain.lower), largest)
        self._phases = random.uniform(0.0, 2.0 * np.pi, (2, chain.size))
        # The two sines, of 2/3 and 1/3 of the swing, together stay below the speed.
        fastest = speed / np.maximum(self._swing, 0.1)
        self._frequencies = fastest * random.uniform(0.4, 1.0, (2, chain.size))
        self._reach = _reach(chain)

    def pose(self, time: float) -> Pose:
        """Return the target at `time` [s], in the base frame."""
        if self._leap_period > 0.0:
            time += LEAP * (time // self._leap_period)
        slow, fast = np.sin(self._frequencies * time + self._phases)
        positions = self._middle + self._swing * (2.0 * slow + fast) / 3.0
        return self.chain.forward_kinematics(self.chain.clip(positions))

    def out_of_reach(self, pose: Pose) -> Pose | None:
        """Return `pose` moved straight away from the base until no arm could get there."""
        distance = float(np.linalg.norm(pose.position))
        if not 0.0 < self._reach < SENSIBLE_REACH or distance == 0.0:
            return None
        return Pose(pose.position * (FAR * self._reach / distance), pose.quat_xyzw)


def _reach(chain: KinematicChain) -> float:
    """Return a distance from the base beyond which the tip never gets [m]."""
    return sum(_length_to_root(chain.model, link)
               for link in (chain.base_link, chain.tip_links[0]))


def _length_to_root(model: RobotModel, link: str) -> float:
    """Return the sum of all offsets and slides from `link` up to the root [m]."""
    length = 0.0
    while (joint := model.parent_joint(link)) is not None:
        length += float(np.linalg.norm(joint.T_parent_joint[:3, 3]))
        if joint.type is JointType.PRISMATIC:
            length += max(abs(joint.lower), abs(joint.upper))
        link = joint.parent
    return length


@dataclass(frozen=True)
class TargetOptions(ModelOptions):
    """What the source sends."""

    rate: float = option(20.0, 'how often a target is sent', unit='Hz', minimum=0.1,
                         maximum=1000.0)
    duration: float = option(0.0, 'for how long targets are sent before the program ends; 0 for '
                             'ever', unit='s', minimum=0.0, maximum=1e9)
    leap_period: float = option(4.0, 'time between two leaps of the target to a far pose; 0 for '
                                'none', unit='s', minimum=0.0, maximum=1e9)
    out_of_reach_period: float = option(3.0, 'time between two targets that are out of reach on '
                                        'purpose; 0 for none', unit='s', minimum=0.0, maximum=1e9)
    random_seed: int = option(0, 'same seed, same targets', minimum=0, maximum=2**31 - 1)
    subscribers: int = option(1, 'how many subscriptions to target_pose are waited for', minimum=0,
                              maximum=100)
    patience: float = option(600.0, 'for how long they are waited for', unit='s', minimum=0.0,
                             maximum=1e9)


class DemoTargets(DemoNode):
    """The node `demo_targets`."""

    def __init__(self) -> None:
        super().__init__('demo_targets', TargetOptions)
        self._path: TargetPath | None = None
        self._count = 0
        self._waiting_since = self._now()
        # Only the newest target matters to anybody.
        self._publisher = self.create_publisher(PoseStamped, 'target_pose', QoSProfile(depth=1))
        self.follow_description(self._use_description)
        # While nobody listens it looks more often, so that the start is not delayed.
        self._timer = self.create_timer(0.02, self._wait)

    def _use_description(self, urdf: str) -> None:
        """Start over with the path of this robot."""
        options = self.options
        chain = KinematicChain.from_model(
            parse_urdf(urdf), options.base_link or None, options.tip_links or None)
        self._path = TargetPath(chain, options.random_seed, options.leap_period)
        self._path.pose(0.0)  # compiled or loaded now, not between two targets

    def _wait(self) -> None:
        """Begin as soon as the robot is known and enough listen."""
        if self._path and self._publisher.get_subscription_count() >= self.options.subscribers:
            self.get_logger().info(
                f'sending targets at {self.options.rate:g} Hz, seed {self.options.random_seed}')
            self._timer.cancel()
            self._timer = self.create_timer(1.0 / self.options.rate, self._send_next)
            self._send_next()
        elif self._now() - self._waiting_since > self.options.patience:
            self.get_logger().error(
                f'gave up: after {self.options.patience:g} s there is no robot, or there are not '
                f'{self.options.subscribers} subscriptions to target_pose')
            self.finish(1)

    def _send_next(self) -> None:
        """Send a target, or end when the duration is over."""
        assert self._path is not None
        options = self.options
        time = self._count / options.rate
        self._count += 1
        if options.duration and time > options.duration + LAST_ANSWERS:
            self.finish()
        elif not options.duration or time <= options.duration:
            pose = self._path.pose(time)
            if self._is_turn(options.out_of_reach_period):
                pose = self._path.out_of_reach(pose) or pose
            self._publish(pose, self._path.chain.base_link)

    def _is_turn(self, period: float) -> bool:
        """Return whether the target being sent is the one in each `period` [s]."""
        every = max(2, round(period * self.options.rate))
        # Not the first of the period, so that it does not coincide with a leap.
        return period > 0.0 and self._count % every == every // 2

    def _publish(self, pose: Pose, frame_id: str) -> None:
        """Publish a pose in a frame."""
        message = PoseStamped()
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = frame_id
        position, orientation = message.pose.position, message.pose.orientation
        position.x, position.y, position.z = pose.position.tolist()
        orientation.x, orientation.y, orientation.z, orientation.w = pose.quat_xyzw.tolist()
        self._publisher.publish(message)

    def _now(self) -> float:
        """Return the time of the node's clock [s]."""
        return 1e-9 * self.get_clock().now().nanoseconds


def main() -> None:
    """Run the source until it is done or told to end."""
    sys.exit(run(DemoTargets))


if __name__ == '__main__':
    main()
