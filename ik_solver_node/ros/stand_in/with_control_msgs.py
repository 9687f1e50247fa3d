"""What of joint_trajectory_controller needs control_msgs: its action, and its state."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from builtin_interfaces.msg import Time
from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.ros.stand_in.arm import StandInArm
from ik_solver_node.ros.stand_in.refusal import CommandRefusedError
from ik_solver_node.ros.stand_in.trajectory_controller import TrajectoryController
import numpy as np
from rclpy.node import Node
from rclpy.qos import qos_profile_system_default
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint


class ControlMsgsInterfaces:
    """
    Serves the action ``follow_joint_trajectory`` and publishes ``controller_state``.

    A goal succeeds when its trajectory is over; tolerances do not count. A new goal aborts the one
    before.

    Parameters
    ----------
    node : Node
        Serves and publishes.
    name : str
        Name of the controller.
    arm : StandInArm
        The arm, with a `TrajectoryController`.
    take : callable
        Follows a trajectory, or raises `CommandRefusedError`.

    Raises
    ------
    MissingDependencyError
        If control_msgs is not installed.

    """

    def __init__(self, node: Node, name: str, arm: StandInArm,
                 take: Callable[[JointTrajectory], None]) -> None:
        try:
            from control_msgs.action import FollowJointTrajectory
            from control_msgs.msg import JointTrajectoryControllerState
        except ImportError as error:
            raise MissingDependencyError(
                f'control_msgs is not installed: {name} has no action follow_joint_trajectory and '
                'no controller_state; install ros-$ROS_DISTRO-control-msgs') from error
        from rclpy.action import ActionServer, CancelResponse
        assert isinstance(arm.controller, TrajectoryController)
        self._arm, self._controller, self._take = arm, arm.controller, take
        self._logger = node.get_logger()
        self._result = FollowJointTrajectory.Result
        self._state = JointTrajectoryControllerState
        self._active: Any = None
        self._publisher = node.create_publisher(
            self._state, f'{name}/controller_state', qos_profile_system_default)
        # A goal is executed, as rclpy calls it, when it is over: nothing has to wait for it.
        self._server = ActionServer(
            node, FollowJointTrajectory, f'{name}/follow_joint_trajectory',
            execute_callback=self._succeed, goal_callback=self._on_goal,
            handle_accepted_callback=self._begin,
            cancel_callback=lambda _: CancelResponse.ACCEPT)

    def update(self) -> None:
        """End the active goal if there is nothing left to do for it; called every cycle."""
        if self._active is None:
            return
        if self._active.is_cancel_requested:
            self._controller.hold()
            self._end(self._cancel)
        elif self._arm.is_done():
            self._end(self._succeed)

    def publish(self, stamp: Time) -> None:
        """Publish what is commanded and where the joints are."""
        message = self._state()
        message.header.stamp = stamp
        message.joint_names = list(self._arm.joints)
        desired, actual = self._controller.desired, self._arm.truth()
        message.reference = _point(
            desired.positions, desired.velocities, desired.accelerations)
        message.feedback = _point(actual.positions, actual.velocities)
        message.error = _point(desired.positions - np.array(actual.positions))
        message.output = _point(desired.positions)
        self._publisher.publish(message)

    def _on_goal(self, goal: Any) -> Any:
        """Follow a goal, or refuse it."""
        from rclpy.action import GoalResponse
        try:
            self._take(goal.trajectory)
        except CommandRefusedError as error:
            self._logger.error(f'goal refused: {error}')
            return GoalResponse.REJECT
        return GoalResponse.ACCEPT

    def _begin(self, handle: Any) -> None:
        """Keep the handle of a goal that was accepted."""
        self._end(self._abort)
        self._active = handle

    def _end(self, outcome: Callable[[Any], Any]) -> None:
        """Give the active goal, if there is one, its outcome."""
        if self._active is not None:
            self._active.execute(outcome)
            self._active = None

    def _succeed(self, handle: Any) -> Any:
        """Return the result of a goal whose trajectory is over."""
        handle.succeed()
        return self._result(error_code=self._result.SUCCESSFUL)

    def _cancel(self, handle: Any) -> Any:
        """Return the result of a goal that was cancelled."""
        handle.canceled()
        return self._result(error_string='cancelled; the arm holds its position')

    def _abort(self, handle: Any) -> Any:
        """Return the result of a goal that another one has replaced."""
        handle.abort()
        return self._result(error_string='replaced by another goal')


def _point(positions: Any, velocities: Any = None, accelerations: Any = None,
           ) -> JointTrajectoryPoint:
    """Return numbers of each joint as a message."""
    def numbers(values: Any) -> list[float]:
        return [] if values is None else [float(value) for value in values]

    return JointTrajectoryPoint(positions=numbers(positions), velocities=numbers(velocities),
                                accelerations=numbers(accelerations))
