"""
The node ``ik_solver_stand_in``: a simulated arm behind the topics of ros2_control.

=========================================  ===============================  =====================
<controller_name>/joint_trajectory         in, JointTrajectory              as joint_trajectory
<controller_name>/follow_joint_trajectory  action, FollowJointTrajectory    the same, with
                                                                            control_msgs only
<controller_name>/controller_state         out,                             the same
                                           JointTrajectoryControllerState
<controller_name>/commands                 in, Float64MultiArray            as forward_command
joint_commands                             in, JointState                   as joint_commands
robot_description                          in, String                       latched, if no
                                                                            parameter has it
joint_states                               out, JointState                  at ``state_rate``
~/true_joint_states                        out, JointState                  the same, without
                                                                            noise and fault
/diagnostics                               out, DiagnosticArray             1 Hz and on change
=========================================  ===============================  =====================

QoS of commands and states is the default of the middleware, as that of ros2_control is: what is
published is reliable, what is subscribed to is not, and depth is 1. Stamps are of the ROS clock,
cycles and rates of the steady one; how long a trajectory takes is a matter of the ROS clock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from ik_solver_node.exceptions import IkSolverError, MissingDependencyError
from ik_solver_node.ros import conversions as messages, description, parameters
from ik_solver_node.ros.endpoints import EventlessNode
from ik_solver_node.ros.running import run
from ik_solver_node.ros.stand_in import conversions
from ik_solver_node.ros.stand_in.arm import StandInArm
from ik_solver_node.ros.stand_in.refusal import CommandRefusedError
from ik_solver_node.ros.stand_in.settings import Controller, StandInSettings
from ik_solver_node.ros.stand_in.status import SIMULATION, StandInStatus
from ik_solver_node.ros.stand_in.with_control_msgs import ControlMsgsInterfaces
from rclpy.clock import Clock, ClockType
from rclpy.qos import DurabilityPolicy, qos_profile_system_default, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, String
from trajectory_msgs.msg import JointTrajectory

NODE_NAME = 'ik_solver_stand_in'

DIAGNOSTICS_PERIOD = 1.0
"""Time between two diagnostics, and between two warnings of a kind [s]."""


class StandInNode(EventlessNode):
    """
    Takes commands for an arm that is not there, and tells how its joints would move.

    Raises
    ------
    IkSolverError
        If a parameter, or the robot description it gives, is refused.

    """

    def __init__(self) -> None:
        super().__init__(NODE_NAME)
        self._settings: StandInSettings = parameters.declare(self, StandInSettings)
        self._status = StandInStatus()
        self._arm: StandInArm | None = None
        self._extra: ControlMsgsInterfaces | None = None
        self._steady_clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._states = self.create_publisher(
            JointState, 'joint_states', qos_profile_system_default)
        self._truth = self.create_publisher(
            JointState, '~/true_joint_states', qos_profile_system_default)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._summary: tuple[bytes, str] | None = None
        self._start()

    def _start(self) -> None:
        """Get an arm, and only then listen."""
        self.get_logger().warning(
            f'{SIMULATION}: joint_states of this node tell where simulated joints are')
        urdf = description.text_of(self._settings)
        if urdf is not None:
            self._use(urdf)
        else:
            topic = self.create_subscription(
                String, 'robot_description', self._on_description, QoSProfile(
                    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)).topic_name
            self._status.waiting_for = f'waiting for robot_description on {topic}'
            self.get_logger().info(self._status.waiting_for)
        parameters.watch(self, self._check, self._apply, StandInSettings)
        self.create_timer(DIAGNOSTICS_PERIOD, self._publish_diagnostics, clock=self._steady_clock)

    def _on_description(self, message: String) -> None:
        """Be the arm that is described; once there is one, it stays."""
        if self._arm is not None:
            self.get_logger().warning(
                'another robot_description has come, but an arm stays what it is; start anew',
                throttle_duration_sec=DIAGNOSTICS_PERIOD)
            return
        try:
            self._use(message.data)
        except IkSolverError as error:
            self._status.waiting_for = f'robot_description refused, waiting for another: {error}'
            self.get_logger().error(self._status.waiting_for)

    def _use(self, urdf: str) -> None:
        """Be the arm that `urdf` describes, and listen to commands."""
        arm = self._arm = StandInArm(urdf, self._settings, self._now())
        self._listen()
        if self._settings.controller is Controller.JOINT_TRAJECTORY:
            try:
                self._extra = ControlMsgsInterfaces(
                    self, self._settings.name, arm, self._take_trajectory)
            except MissingDependencyError as error:
                self.get_logger().info(str(error))
        for rate, callback in ((self._settings.update_rate, self._on_cycle),
                               (self._settings.state_rate, self._on_state_timer)):
            self.create_timer(1.0 / rate, callback, clock=self._steady_clock)
        self.get_logger().info(
            f'ready: {SIMULATION}; robot {arm.robot!r}, joints {", ".join(arm.joints)}; commands '
            f'on {self.resolve_topic_name(self._settings.topic)}')

    def _listen(self) -> None:
        """Subscribe to the commands of the controller."""
        kinds: dict[Controller, tuple[Any, Callable[[Any], None]]] = {
            Controller.JOINT_TRAJECTORY: (JointTrajectory, self._take_trajectory),
            Controller.FORWARD_COMMAND: (Float64MultiArray, self._take_list),
            Controller.JOINT_COMMANDS: (JointState, self._take_named)}
        kind, take = kinds[self._settings.controller]
        self.create_subscription(
            kind, self._settings.topic, lambda message: self._carry_out(take, message),
            qos_profile_system_default)

    # --- commands ----------------------------------------------------------------------------

    def _carry_out(self, take: Callable[[Any], None], message: Any) -> None:
        """Take a command, or say why not."""
        try:
            take(message)
        except CommandRefusedError as error:
            self.get_logger().error(f'command refused: {error}',
                                    throttle_duration_sec=DIAGNOSTICS_PERIOD)
        self._tell_news()

    def _take_trajectory(self, message: JointTrajectory) -> None:
        """Follow a trajectory; count it, and raise `CommandRefusedError` if it is refused."""
        self._counted(lambda arm, _: arm.take(conversions.goal_from_msg(message)))

    def _take_list(self, message: Float64MultiArray) -> None:
        """Hold positions in the order of the joints."""
        self._counted(lambda _, held: held.take_list(list(message.data)))

    def _take_named(self, message: JointState) -> None:
        """Hold positions by name."""
        self._counted(lambda _, held: held.take_named(conversions.named_positions(message)))

    def _counted(self, take: Callable[[StandInArm, Any], None]) -> None:
        """Call `take` with the arm and its controller, and count how that ends."""
        assert self._arm is not None
        self._arm.advance(self._now())
        try:
            take(self._arm, self._arm.controller)
        except CommandRefusedError as error:
            self._status.count(str(error))
            raise
        self._status.count()

    # --- joints ------------------------------------------------------------------------------

    def _now(self) -> int:
        """Return the time of the ROS clock [ns]."""
        return self.get_clock().now().nanoseconds

    def _on_cycle(self) -> None:
        """Make the cycles that are due."""
        assert self._arm is not None
        self._arm.advance(self._now())
        if self._extra is not None:
            self._extra.update()

    def _on_state_timer(self) -> None:
        """Publish where the joints are, as far as the fault allows."""
        assert self._arm is not None
        now = self.get_clock().now()
        self._arm.advance(now.nanoseconds)
        reading = self._arm.tell()
        if reading is not None:
            self._states.publish(conversions.joint_state(reading, now.to_msg()))
        self._truth.publish(conversions.joint_state(self._arm.truth(), now.to_msg()))
        if self._extra is not None:
            self._extra.publish(now.to_msg())

    # --- parameters and diagnostics ----------------------------------------------------------

    def _check(self, changed: StandInSettings) -> None:
        """Raise `OptionsError` if the arm cannot have `changed` settings."""
        if self._arm is not None:
            self._arm.check(changed)

    def _apply(self, changed: StandInSettings) -> None:
        """Use `changed` settings from now on."""
        self._settings = changed
        if self._arm is not None:
            self._arm.configure(changed)
        self._tell_news()

    def _tell_news(self) -> None:
        """Publish the diagnostics if their level has changed."""
        level, _ = self._status.summary(self._arm, self._settings)
        if self._summary is not None and level != self._summary[0]:
            self._publish_diagnostics()

    def _publish_diagnostics(self) -> None:
        """Publish how the stand-in is doing."""
        self._summary = self._status.summary(self._arm, self._settings)
        level, sentence = self._summary
        status = messages.diagnostic_status(
            f'{self.get_fully_qualified_name().lstrip("/")}: arm', SIMULATION, level, sentence,
            self._status.values(self._arm, self._settings))
        self._diagnostics.publish(
            messages.diagnostics(self.get_clock().now().to_msg(), '', status))


def main(args: list[str] | None = None) -> int:
    """
    Run the node until it is told to stop; return the exit code.

    Parameters
    ----------
    args : list of str, optional
        Command line; default that of the process.

    """
    return run(NODE_NAME, StandInNode, args)
