"""
The ROS 2 node: targets in, joint states out.

Topics (all can be remapped):

=====================  =========================  =================================================
target_pose            in, PoseStamped            reliable, keep last 1: only the newest counts
target_point           in, PointStamped           the same, in any orientation
target_orientation     in, QuaternionStamped      the same, an orientation anywhere
target_direction       in, Vector3Stamped         the same, where an axis of the tip shall point
robot_description      in, String                 reliable, transient local, if no parameter has it
joint_states           out, JointState            reliable, depth 10; with ``use_measured_state``
                                                  in, sensor data
joint_commands         out, JointState            with ``use_measured_state``, instead
~/solution             out, DiagnosticArray       latched; verdict and errors of each target
/diagnostics           out, DiagnosticArray       1 Hz and on change
=====================  =========================  =================================================

What of a target counts is said by the parameters ``target.*``: see `TargetParameters`. Everything
runs in one thread: a new model or parameter takes effect between two messages.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import signal
import sys
from time import monotonic
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PointStamped, PoseStamped, QuaternionStamped, Vector3Stamped
from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.compilation import warm_up
from ik_solver_node.exceptions import IkSolverError, OptionsError
from ik_solver_node.ros import conversions, description, parameters
from ik_solver_node.ros.frames import Frames
from ik_solver_node.ros.measured import MeasuredJoints, NotMeasuredError
from ik_solver_node.ros.outputs import JointStateOutput
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.posture import Posture
from ik_solver_node.ros.recorder import Recorder
from ik_solver_node.ros.status import NodeStatus
from ik_solver_node.target import Target
from ik_solver_node.tracker import PoseTracker, TrackResult, Verdict
import numpy as np
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions
from rclpy.signals import install_signal_handlers, SignalHandlerOptions
from rclpy.timer import Timer
from sensor_msgs.msg import JointState
from std_msgs.msg import Header, String

NODE_NAME = 'ik_solver_node'

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)

DIAGNOSTICS_PERIOD = 1.0
"""Time between two diagnostics, and between two warnings of a kind [s]."""

WAITING_PERIOD = 10.0
"""Time between two reminders that the robot description is missing [s]."""


class IkSolverNode(Node):
    """
    Moves the tip of a robot to the targets it receives.

    Raises
    ------
    IkSolverError
        If a parameter, or the robot description it gives, is refused.

    """

    def __init__(self) -> None:
        super().__init__(NODE_NAME)
        self._settings = parameters.declare(self)
        self._status = NodeStatus()
        self._recorder = Recorder(self, self._settings)
        self._output = JointStateOutput(
            self, 'joint_commands' if self._settings.use_measured_state else 'joint_states',
            self._recorder.message)
        # Latched, so that whoever asks after a target is sent still hears the answer.
        self._solution = self.create_publisher(DiagnosticArray, '~/solution', LATCHED)
        self._diagnostics = self.create_publisher(DiagnosticArray, '/diagnostics', 10)
        self._tracker: PoseTracker | None = None
        self._posture: Posture | None = None
        self._asked_at = -np.inf
        self._level = DiagnosticStatus.STALE
        self._received: str | None = None
        self._last_good: str | None = None
        self._listens_to_description = False
        self._listens_to_targets = False
        # Simulated time may stand still or be set back; whoever listens must still be served.
        self._steady_clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._publish_timer: Timer | None = None
        self._start()

    # --- start -------------------------------------------------------------------------------

    def _start(self) -> None:
        """Get a chain, and only then listen."""
        for sentence in parameters.unknown_overrides(getattr(self, '_parameter_overrides', {})):
            self.get_logger().warning(sentence)
        chain = description.build_chain(self._settings, None)
        self._frames = Frames(self)
        self._measured: MeasuredJoints | None = None
        if self._settings.use_measured_state:
            self._measured = MeasuredJoints(self.get_logger().warning)
            self.create_subscription(JointState, 'joint_states', self._on_joint_states,
                                     qos_profile_sensor_data)
        if chain is None:
            self._listen_to_description()
        else:
            self._use_chain(chain)
        parameters.watch(self, self._check_parameters, self._apply_parameters)
        self._set_publish_rate()
        self.create_timer(DIAGNOSTICS_PERIOD, self._on_diagnostics_timer,
                          clock=self._steady_clock)

    def _listen_to_description(self) -> None:
        """Subscribe to the robot description, once."""
        if not self._listens_to_description:
            self._listens_to_description = True
            topic = self.create_subscription(
                String, 'robot_description', self._on_description, LATCHED).topic_name
            self._status.waiting_for = f'waiting for robot_description on {topic}'
            self._remind_of_description()
            self.create_timer(WAITING_PERIOD, self._remind_of_description,
                              clock=self._steady_clock)

    def _remind_of_description(self) -> None:
        """Say that the robot description is missing, if it is."""
        if self._tracker is None:
            self.get_logger().info(self._status.waiting_for)

    def _listen_to_targets(self) -> None:
        """Subscribe to the targets, once."""
        if self._listens_to_targets:
            return
        self._listens_to_targets = True
        kinds: tuple[tuple[Any, str, Callable[[Any], None]], ...] = (
            (PoseStamped, 'target_pose', self._on_target_pose),
            (PointStamped, 'target_point', self._on_target_point),
            (QuaternionStamped, 'target_orientation', self._on_target_orientation),
            (Vector3Stamped, 'target_direction', self._on_target_direction))
        try:
            for kind, topic, callback in kinds:
                self.create_subscription(
                    kind, topic, self._recorder.heard(topic, callback), QoSProfile(depth=1),
                    qos_overriding_options=QoSOverridingOptions.with_default_policies())
        except (InvalidQosOverridesError, ParameterException, RuntimeError,
                TypeError) as error:
            raise OptionsError(f'qos_overrides: {error}') from error

    # --- the model ---------------------------------------------------------------------------

    def _on_description(self, message: String) -> None:
        """Use a new description if it is good, else keep the chain."""
        # Kept in any case: a latched message comes only once, and a change of parameters may make
        # it good, such as the choice of a tip.
        self._received = message.data
        if not description.comes_by_topic(self._settings):
            return
        if message.data == self._last_good:
            self._status.bad_description = ''
            return
        self.get_logger().info(f'received robot_description ({len(message.data)} characters)')
        try:
            chain = description.build_chain(self._settings, message.data)
        except IkSolverError as error:
            self._report_bad_description(str(error))
            return
        self._last_good = message.data
        self._use_chain(chain)

    def _build_chain(self, settings: NodeParameters) -> tuple[KinematicChain | None, str | None]:
        """Return the chain that `settings` ask for, and the message it comes from, if it does."""
        try:
            chain, text = description.build_chain(settings, self._received), self._received
        except IkSolverError:
            if self._last_good is None:
                raise
            chain, text = description.build_chain(settings, self._last_good), self._last_good
        if chain is None and self._tracker is not None:  # nothing describes a robot any more
            chain = description.chain_of(self._tracker.chain.model, settings)
        return chain, text if description.comes_by_topic(settings) else self._last_good

    def _report_bad_description(self, reason: str) -> None:
        """Say that a description cannot be used."""
        kept = 'waiting for another one' if self._tracker is None else 'the last good one stays'
        self._status.bad_description = f'robot_description refused, {kept}: {reason}'
        self.get_logger().error(self._status.bad_description)
        self._publish_diagnostics()

    def _use_chain(self, chain: KinematicChain | None) -> None:
        """Solve on `chain` from now on; joints that it shares with the last one stay put."""
        if chain is None:
            return
        moved = self._tracker is not None and self._tracker.positions is not None
        self._posture = Posture(chain, self._posture if moved else None)
        self._tracker = self._recorder.tracker(
            chain, self._settings.solver, self._settings.tracking)
        if moved:
            self._tracker.reset(self._posture.chain_positions)
        self._status.chain = chain
        self._status.bad_description = ''
        self._listen_to_targets()
        self.get_logger().info(f'ready: {description.summary(chain)}')
        self._publish_diagnostics()

    # --- targets -----------------------------------------------------------------------------

    def _on_target_pose(self, message: PoseStamped) -> None:
        """Bring the tip to a pose."""
        self._follow(message.header, message.pose, conversions.pose_target)

    def _on_target_point(self, message: PointStamped) -> None:
        """Bring the tip to a point, in any orientation."""
        self._follow(message.header, message.point, conversions.point_target)

    def _on_target_orientation(self, message: QuaternionStamped) -> None:
        """Turn the tip to an orientation, anywhere."""
        self._follow(message.header, message.quaternion, conversions.orientation_target)

    def _on_target_direction(self, message: Vector3Stamped) -> None:
        """Turn the tip until an axis of it points in a direction, anywhere."""
        self._follow(message.header, message.vector, conversions.direction_target)

    def _follow(self, header: Header, message: Any, convert: Callable[..., Target]) -> None:
        """Take a target to the base frame, solve, publish what is accepted, and report."""
        assert self._tracker is not None and self._posture is not None
        try:
            conversions.check_stamp(header.stamp, self.get_clock().now().nanoseconds,
                                    self._settings.target_timeout)
            T_base_frame = self._frames.T_base_frame(self._tracker.chain.base_link, header)
            target = convert(message, T_base_frame, self._settings.target)
            seed = self._measured_seed()
        except IkSolverError as error:
            self._refuse(header, str(error))
            return
        answer = self._tracker.track(target, seed)
        self._asked_at = monotonic()
        published = None
        if answer.positions is not None:
            self._posture.move(answer.positions)
            published = self._publish_posture()
        self._report(header, answer, published)

    def _refuse(self, header: Header, sentence: str) -> None:
        """Say why a target message cannot be used."""
        self.get_logger().warning(f'target refused: {sentence}',
                                  throttle_duration_sec=DIAGNOSTICS_PERIOD)
        self._status.count_refusal(sentence)
        self._publish_solution(header.stamp, DiagnosticStatus.ERROR, sentence,
                               conversions.refusal_values())

    def _report(self, header: Header, answer: TrackResult, published: Time | None) -> None:
        """Tell how a target went."""
        if answer.verdict is not Verdict.REACHED:
            self.get_logger().warning(answer.sentence, throttle_duration_sec=DIAGNOSTICS_PERIOD)
        self._status.count(answer)
        self._publish_solution(header.stamp, conversions.LEVELS[answer.verdict], answer.sentence,
                               conversions.solution_values(answer, published))

    def _publish_solution(self, stamp: Time, level: bytes, sentence: str,
                          values: dict[str, str]) -> None:
        """Publish the verdict on a target; the diagnostics too if they changed with it."""
        assert self._tracker is not None
        chain = self._tracker.chain
        status = conversions.diagnostic_status(
            f'{self.get_name()}: {chain.tip_links[0]}', chain.model.name, level, sentence, values)
        message = conversions.diagnostics(stamp, chain.base_link, status)
        self._solution.publish(message)
        self._recorder.message(self._solution.topic_name, message)
        if self._status.summary[0] != self._level:
            self._publish_diagnostics()

    # --- joints ------------------------------------------------------------------------------

    def _on_joint_states(self, message: JointState) -> None:
        """Note where the joints are measured."""
        assert self._measured is not None
        try:
            positions = conversions.joint_positions(message)
        except IkSolverError as error:
            self._measured.warn_once('lengths', f'{error}; such messages are skipped')
            return
        joints = () if self._tracker is None else self._tracker.chain.joint_names
        self._measured.update({name: positions[name] for name in joints if name in positions},
                              monotonic())

    def _measured_seed(self) -> np.ndarray | None:
        """
        Return where the joints are measured; None if the node is not to look.

        Raises
        ------
        NotMeasuredError
            If a joint is not measured: an arm is not commanded from where it may not be.

        """
        assert self._tracker is not None
        if self._measured is None:
            return None
        now, timeout = monotonic(), self._settings.measured_timeout
        try:
            seed = self._measured.seed(self._tracker.chain, now - timeout)
        except NotMeasuredError as missing:
            sentence = (f'no position of {missing} on joint_states in the last {timeout:g} s '
                        '(measured_timeout): the arm is not moved from where it may not be')
            self._status.problems['measured'] = sentence
            raise NotMeasuredError(sentence) from missing
        self._status.problems['measured'] = ''
        if 0.0 < self._settings.seed_timeout < now - self._asked_at:
            self._tracker.reset(seed)
        return seed

    def _publish_posture(self) -> Time:
        """Publish the joints; as commands, those of the chain only."""
        assert self._posture is not None
        every = self._settings.publish_all_joints and self._measured is None
        return self._output.send(self._posture.joints(every))

    def _set_publish_rate(self) -> None:
        """Start, stop or change the steady publishing of the joints."""
        if self._publish_timer is not None:
            self.destroy_timer(self._publish_timer)
            self._publish_timer = None
        # A command that is sent again could fight others that move the arm in the meantime.
        if self._settings.publish_rate > 0.0 and self._measured is None:
            self._publish_timer = self.create_timer(
                1.0 / self._settings.publish_rate, self._on_publish_timer,
                clock=self._steady_clock)

    def _on_publish_timer(self) -> None:
        """Publish the joints again, for whoever came late."""
        if self._posture is not None:
            self._publish_posture()

    # --- parameters --------------------------------------------------------------------------

    def _needs_new_chain(self, changed: NodeParameters) -> bool:
        """Return whether `changed` differ in what the chain is made of."""
        return any(getattr(changed, name) != getattr(self._settings, name)
                   for name in parameters.CHAIN_FIELDS)

    def _check_parameters(self, changed: NodeParameters) -> None:
        """Raise `IkSolverError` if no chain can be built with `changed`."""
        if self._needs_new_chain(changed):
            self._build_chain(changed)

    def _apply_parameters(self, changed: NodeParameters) -> None:
        """Use `changed` parameters from now on."""
        needs_new_chain = self._needs_new_chain(changed)
        means_other_targets = changed.target != self._settings.target
        has_new_rate = changed.publish_rate != self._settings.publish_rate
        self._settings = changed
        self._recorder.parameters(changed)
        if needs_new_chain:
            self._rebuild()
        if self._tracker is not None:
            self._tracker.configure(changed.solver, changed.tracking)
            if means_other_targets:  # the next one does not carry on the motion of the last
                self._tracker.reset(self._tracker.positions)
        if has_new_rate:
            self._set_publish_rate()

    def _rebuild(self) -> None:
        """Build the chain anew after a change of parameters."""
        if description.comes_by_topic(self._settings):
            self._listen_to_description()
        try:
            chain, self._last_good = self._build_chain(self._settings)
            self._use_chain(chain)
        except IkSolverError as error:  # a file may have changed since the check
            self._report_bad_description(str(error))

    # --- diagnostics -------------------------------------------------------------------------

    def _on_diagnostics_timer(self) -> None:
        """Look around once a second, and tell."""
        others = self._output.other_publishers()
        problem = '' if not others else (
            f'{", ".join(others)} also publishes on {self._output.topic}: the arm will flicker '
            'between the two; stop one or remap its topic')
        self._note_problem('others', problem)
        self._note_problem('record', self._recorder.problem)
        self._publish_diagnostics()

    def _note_problem(self, name: str, problem: str) -> None:
        """Keep what is wrong for the diagnostics, and warn of it when it is new."""
        if problem and problem != self._status.problems.get(name):
            self.get_logger().warning(problem)
        self._status.problems[name] = problem

    def _publish_diagnostics(self) -> None:
        """Publish how the node is doing."""
        self._level, sentence = self._status.summary
        values = self._status.values()
        status = conversions.diagnostic_status(
            f'{self.get_fully_qualified_name().lstrip("/")}: solver', values['robot'],
            self._level, sentence, values)
        message = conversions.diagnostics(self.get_clock().now().to_msg(), '', status)
        self._diagnostics.publish(message)
        self._recorder.message(self._diagnostics.topic_name, message)


def main(args: list[str] | None = None) -> int:
    """
    Run the node until it is told to stop; return the exit code.

    Parameters
    ----------
    args : list of str, optional
        Command line; default that of the process.

    """
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:  # RCLError, which has no public name: arguments that are none
        sys.exit(f'{NODE_NAME}: {error}')
    _load_kernels()
    # rclpy's own handler shuts ROS down on a signal, which ends `spin`. Python's would raise too,
    # in the middle of anything.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    install_signal_handlers()
    try:
        _serve(IkSolverNode())
    except (IkSolverError, ParameterException, RuntimeError) as error:
        # Once a signal has shut ROS down, whatever is in use says so in its own way.
        if rclpy.ok():
            rclpy.logging.get_logger(NODE_NAME).error(str(error))
            return 1
    finally:
        with suppress(RuntimeError):  # a signal may be shutting ROS down at this very moment
            rclpy.try_shutdown()
    return 0


def _serve(node: Node) -> None:
    """
    Serve until ROS is shut down.

    Some messages make rclpy itself raise, such as a parameter of a type that does not exist. An
    arm whose node has died is worse off than one whose node has skipped a message.
    """
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    while rclpy.ok():
        try:
            executor.spin()
        except ExternalShutdownException:
            return
        except Exception as error:
            if rclpy.ok():
                node.get_logger().error(
                    f'skipped what could not be handled: {type(error).__name__}: {error}',
                    throttle_duration_sec=DIAGNOSTICS_PERIOD)


def _load_kernels() -> None:
    """Compile the kernels, or load them from the cache, before anything can listen."""
    logger = rclpy.logging.get_logger(NODE_NAME)
    logger.info('loading the compiled kernels; the first time they are compiled, for up to half a '
                'minute')
    try:
        logger.info(f'kernels ready after {warm_up():.1f} s')
    except Exception as error:  # numba reads what it finds in its cache without looking
        logger.fatal(f'the compiled kernels cannot be loaded: {type(error).__name__}: {error}; '
                     f'delete the cache of numba, {kernels.descend.stats.cache_path}')
        sys.exit(1)


if __name__ == '__main__':
    sys.exit(main())
