"""
One life of the node, from configure to cleanup: targets in, joint states out.

Topics (all can be remapped):

=====================  =========================  =================================================
target_pose            in, PoseStamped            reliable, keep last 1: only the newest counts
target_point           in, PointStamped           the same, in any orientation
target_orientation     in, QuaternionStamped      the same, an orientation anywhere
target_direction       in, Vector3Stamped         the same, where an axis of the tip shall point
target_poses           in, PoseArray              the same, straight lines from pose to pose
target_path            in, nav_msgs/Path          the same, each pose with a frame of its own
<tip>/target_pose ..   in                         the first four for each of several tips, instead
robot_description      in, String                 reliable, transient local, if no parameter has it
joint_states           out, JointState            reliable, depth 10; with ``use_measured_state``
                                                  in, sensor data
joint_commands         out, JointState            with ``use_measured_state``, instead
<controller>/joint_..  out, JointTrajectory       with ``output.kind`` joint_trajectory, instead
<controller>/follow..  action client,             with ``output.kind`` follow_joint_trajectory,
                       FollowJointTrajectory      instead
<controller>/commands  out, Float64MultiArray     with ``output.kind`` position_array, instead
~/solution             out, DiagnosticArray       latched; verdict and errors of each target
~/destination          out, JointState            latched; where the joints will be when the motion
                                                  ends
/diagnostics           out, DiagnosticArray       1 Hz and on change
=====================  =========================  =================================================

Services, both std_srvs/Trigger: ``~/stop`` brakes within one period and keeps the arm there until
``~/resume``.

With several ``tip_links`` each tip has its own topics, ``<tip>/target_pose`` and so on; what comes
on those without a tip is refused with a sentence, straight lines too. A new target of one tip is
solved together with what the others hold: the target that they were brought to last or, until
there is one, the pose that they are in. What they hold is let go, so that each holds where it is
by the next target, whenever that begins a new motion: after a stop of any reason, the end of a
stream, a change of robot, of mode or of ``target.*``, and, where joints are measured, a pause
longer than ``seed_timeout``. So nothing goes on that was not asked for since.

What of a target counts is said by the parameters ``target.*``: see `TargetParameters`. Everything
runs in one thread: a new model or parameter takes effect between two messages, or, where the arm
is on the move and must stop for it, as soon as it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from time import monotonic
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import (
    PointStamped, Pose as PoseMessage, PoseArray, PoseStamped, QuaternionStamped, Vector3Stamped)
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import IkSolverError, OptionsError
from ik_solver_node.line_plan import LinePlan
from ik_solver_node.pilot import Reason
from ik_solver_node.robot_model import listed
from ik_solver_node.ros import conversions, description, parameters
from ik_solver_node.ros.destination import Destination
from ik_solver_node.ros.drives import (
    DirectDrive, Drive, is_timed, limits_of, TimedDrive, tracking_of)
from ik_solver_node.ros.endpoints import LATCHED
from ik_solver_node.ros.frames import Frames
from ik_solver_node.ros.goal_output import GoalNews, GoalOutput
from ik_solver_node.ros.measured import MeasuredJoints
from ik_solver_node.ros.outputs import (
    Command, forget, JointStateOutput, Output, OutputKind, PositionArrayOutput, TrajectoryOutput)
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.posture import Posture
from ik_solver_node.ros.priority import take_priority
from ik_solver_node.ros.recorder import Recorder
from ik_solver_node.ros.status import FAULTS, NodeStatus
from ik_solver_node.target import Target
from ik_solver_node.tracker import TrackResult, Verdict
from nav_msgs.msg import Path
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import ParameterException
from rclpy.node import Node
from rclpy.qos import qos_profile_sensor_data, QoSProfile
from rclpy.qos_overriding_options import InvalidQosOverridesError, QoSOverridingOptions
from rclpy.subscription import Subscription
from rclpy.timer import Timer
from sensor_msgs.msg import JointState
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger

TARGETS: tuple[tuple[Any, str, str, Callable[..., Target]], ...] = (
    (PoseStamped, 'target_pose', 'pose', conversions.pose_target),
    (PointStamped, 'target_point', 'point', conversions.point_target),
    (QuaternionStamped, 'target_orientation', 'quaternion', conversions.orientation_target),
    (Vector3Stamped, 'target_direction', 'vector', conversions.direction_target))
"""What a tip can be asked: the message, its topic, what of it tells, and what makes a target."""

DIAGNOSTICS_PERIOD = 1.0
"""Time between two diagnostics, and between two warnings of a kind [s]."""

WAITING_PERIOD = 10.0
"""Time between two reminders that the robot description is missing [s]."""


class Operation:
    """
    Moves the tips of a robot to the targets that the node receives.

    Parameters
    ----------
    node : Node
        Whose topics, services and timers these are.
    settings : NodeParameters
        Its parameters.

    Raises
    ------
    IkSolverError
        If the robot description that a parameter gives is refused; nothing is left open then.

    """

    def __init__(self, node: Node, settings: NodeParameters) -> None:
        self._node, self._settings = node, settings
        self._status = NodeStatus()
        self._closing = ExitStack()
        self._drive: Drive | None = None
        self._chain: KinematicChain | None = None
        self._posture: Posture | None = None
        self._measured: MeasuredJoints | None = None
        self._is_active = self._has_moved = False
        self._level = DiagnosticStatus.STALE
        self._received: str | None = None
        self._last_good: str | None = None
        self._descriptions: Subscription | None = None
        self._target_topics: dict[str | None, list[Subscription]] = {}
        self._stamps: dict[str, Time] = {}
        # Simulated time may stand still or be set back; whoever listens must still be served.
        self._steady_clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._publish_timer: Timer | None = None
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    # --- life --------------------------------------------------------------------------------

    def _open(self) -> None:
        """Get a chain, and only then listen."""
        self._recorder = Recorder(self._node, self._settings)
        self._closing.callback(self._recorder.close)
        chain = description.build_chain(self._settings, None)
        if self._settings.thread_priority:
            self._note_problem('thread_priority', take_priority(self._settings.thread_priority))
        self._output = self._make_output()
        self._closing.callback(self._output.close)
        # Latched, so that whoever asks after a target is sent still hears the answer.
        self._solution = self._publisher(DiagnosticArray, '~/solution', LATCHED)
        self._diagnostics = self._publisher(
            DiagnosticArray, '/diagnostics', QoSProfile(depth=10))
        self._destination = Destination(
            self._node, self._publisher(JointState, '~/destination', LATCHED), self._steady_clock)
        self._closing.callback(self._destination.close)
        self._frames = Frames(self._node)
        self._closing.callback(self._listen_to_targets)
        if self._settings.use_measured_state:
            self._measured = MeasuredJoints(self._node.get_logger().warning)
            self._measured_topic = self._subscribe(
                JointState, 'joint_states', self._on_joint_states,
                qos_profile_sensor_data).topic_name
            self._recorder.measures(self._measured_topic)
        for name, callback in (('~/stop', self._on_stop), ('~/resume', self._on_resume)):
            self._closing.callback(self._node.destroy_service,
                                   self._node.create_service(Trigger, name, callback))
        if chain is None:
            self._listen_to_description()
        else:
            self._use_chain(chain, None)
        self._set_publish_rate()
        self._every(DIAGNOSTICS_PERIOD, self._on_diagnostics_timer)

    def _make_output(self) -> Output:
        """Return the way out that is asked for."""
        output = self._settings.output
        record = self._recorder.message if self._settings.record else forget
        if output.kind is OutputKind.JOINT_TRAJECTORY:
            return TrajectoryOutput(self._node, output.topic, record)
        if output.kind is OutputKind.FOLLOW_JOINT_TRAJECTORY:
            return GoalOutput(self._node, output.action, output.topic, self._on_goal, record)
        if output.kind is OutputKind.POSITION_ARRAY:
            return PositionArrayOutput(self._node, output.topic, output.joints, record)
        if self._settings.use_measured_state:
            return JointStateOutput(self._node, 'joint_commands', True, record)
        return JointStateOutput(self._node, 'joint_states', False, record)

    def activate(self) -> None:
        """Take targets from now on."""
        self._is_active = True
        if self._drive is not None:
            self._drive.clear(Reason.INACTIVE)
            self._node.get_logger().info(self._ready())
        self._publish_diagnostics()

    def deactivate(self) -> None:
        """Stop smoothly, and stay there."""
        self._is_active = False
        self._keep_still()
        self._publish_diagnostics()

    def close(self) -> None:
        """Leave every topic and service."""
        if self._publish_timer is not None:
            self._node.destroy_timer(self._publish_timer)
        if self._drive is not None:
            self._drive.close()
        self._closing.close()

    def _keep_still(self) -> None:
        """Refuse targets while the node is not active."""
        if self._drive is not None and not self._is_active:
            self._drive.halt(Reason.INACTIVE, 'the node is not active; activate it (ros2 '
                             f'lifecycle set {self._node.get_fully_qualified_name()} activate)')

    def _publisher(self, kind: Any, topic: str, qos: QoSProfile) -> Any:
        """Return a publisher, until the end."""
        publisher = self._node.create_publisher(kind, topic, qos)
        self._closing.callback(self._node.destroy_publisher, publisher)
        return publisher

    def _subscribe(self, kind: Any, topic: str, callback: Callable[[Any], None], qos: QoSProfile,
                   **options: Any) -> Subscription:
        """Listen to a topic until the end."""
        subscription = self._node.create_subscription(kind, topic, callback, qos, **options)
        self._closing.callback(self._node.destroy_subscription, subscription)
        return subscription

    def _every(self, period: float, callback: Callable[[], None]) -> None:
        """Call something again and again until the end, every so many seconds."""
        self._closing.callback(self._node.destroy_timer, self._node.create_timer(
            period, callback, clock=self._steady_clock))

    def _listen_to_description(self) -> None:
        """Subscribe to the robot description, once."""
        if self._descriptions is None:
            self._descriptions = self._subscribe(
                String, 'robot_description', self._on_description, LATCHED)
            self._status.waiting_for = (
                f'waiting for robot_description on {self._descriptions.topic_name}')
            self._remind_of_description()
            self._every(WAITING_PERIOD, self._remind_of_description)

    def _remind_of_description(self) -> None:
        """Say that the robot description is missing, if it is."""
        if self._chain is None:
            self._node.get_logger().info(self._status.waiting_for)

    def _listen_to_targets(self, *tips: str | None) -> None:
        """Have topics of targets for each of these tips and no others; None is the only one."""
        for tip in [tip for tip in self._target_topics if tip not in tips]:
            for subscription in self._target_topics.pop(tip):
                self._node.destroy_subscription(subscription)
        for tip in [tip for tip in tips if tip not in self._target_topics]:
            topics = self._target_topics[tip] = []
            for kind, topic, part, convert in TARGETS:
                topics.append(self._hear(kind, topic if tip is None else f'{tip}/{topic}',
                                         partial(self._on_target, tip, part, convert)))
            if tip is None:
                topics.append(self._hear(PoseArray, 'target_poses', self._on_target_poses))
                topics.append(self._hear(Path, 'target_path', self._on_target_path))

    def _hear(self, kind: Any, topic: str, callback: Callable[[Any], None]) -> Subscription:
        """Listen to a topic of targets."""
        try:
            return self._node.create_subscription(
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
        self._node.get_logger().info(
            f'received robot_description ({len(message.data)} characters)')
        try:
            chain = description.build_chain(self._settings, message.data)
            if chain is not None and is_timed(self._settings):
                limits_of(chain, self._settings)
        except IkSolverError as error:
            self._report_bad_description(str(error))
            return
        self._use_chain(chain, message.data)

    def _build_chain(self, settings: NodeParameters) -> tuple[KinematicChain | None, str | None]:
        """Return the chain that `settings` ask for, and the message it comes from, if it does."""
        try:
            chain, text = description.build_chain(settings, self._received), self._received
        except IkSolverError:
            if self._last_good is None:
                raise
            chain, text = description.build_chain(settings, self._last_good), self._last_good
        if chain is None and self._chain is not None:  # nothing describes a robot any more
            chain = description.chain_of(self._chain.model, settings)
        return chain, text if description.comes_by_topic(settings) else self._last_good

    def _report_bad_description(self, reason: str) -> None:
        """Say that a description cannot be used."""
        kept = 'waiting for another one' if self._chain is None else 'the last good one stays'
        self._status.bad_description = f'robot_description refused, {kept}: {reason}'
        self._node.get_logger().error(self._status.bad_description)
        self._publish_diagnostics()

    def _use_chain(self, chain: KinematicChain | None, text: str | None) -> None:
        """Solve on `chain` from now on, or from when the arm stands; `text` describes it."""
        if chain is None:
            return

        def take_over() -> None:
            self._last_good = text
            self._status.bad_description = ''
            self._take_over(chain)

        if self._drive is None:
            take_over()
        else:
            self._drive.retire(take_over)

    def _take_over(self, chain: KinematicChain) -> None:
        """Solve on `chain`; joints that it shares with the last one stay put."""
        is_first = self._drive is None
        if self._drive is not None:
            self._drive.close()
        if self._measured is not None:
            self._measured.follow(chain)
        posture = Posture(chain, self._posture if self._has_moved else None)
        tracker = self._recorder.tracker(chain, self._settings.solver, tracking_of(self._settings))
        drive: Drive
        if is_timed(self._settings):
            drive = TimedDrive(self._node, tracker, posture, self._output, self._measured,
                               self._settings, self)
        else:
            drive = DirectDrive(tracker, posture, self._output, self._measured, self._settings,
                                self, self._has_moved)
        self._drive, self._posture = drive, posture
        self._chain = self._status.chain = chain
        self._record_limits()
        self._status.halts = {}
        if self._measured is None:  # else it is not known where the arm is
            self._destination.announce(posture, posture.chain_positions)
        self._keep_still()
        self._wait_for_measured()
        self._follow_tips(chain.tip_links, is_first)
        if self._is_active:
            self._node.get_logger().info(self._ready())
        self._publish_diagnostics()

    def _follow_tips(self, tips: tuple[str, ...], is_first: bool) -> None:
        """Listen to the targets of these tips; what goes wrong later on than at first is told."""
        try:
            self._listen_to_targets(None, *(tips if len(tips) > 1 else ()))
            self._note_problem('targets', '')
        except OptionsError as error:
            if is_first:
                raise
            self._note_problem('targets', str(error))

    def _record_limits(self) -> None:
        """Record how fast the joints may move, if they move in time."""
        if self._chain is not None and self._settings.record and is_timed(self._settings):
            self._recorder.limits(self._chain, limits_of(self._chain, self._settings))

    def _ready(self) -> str:
        """Return what is moved, and how."""
        assert self._chain is not None
        motion = self._settings.motion
        timed = f', in the mode {motion.mode.value} at {motion.rate:g} Hz' if is_timed(
            self._settings) else ''
        tips = self._chain.tip_links
        where = '' if len(tips) == 1 else '; targets come on ' + ', '.join(
            f'{tip}/target_pose' for tip in tips) + ' (or _point, _orientation, _direction)'
        return f'ready: {description.summary(self._chain)}{timed}{where}'

    # --- targets -----------------------------------------------------------------------------

    def _on_target(self, tip: str | None, part: str, convert: Callable[..., Target],
                   message: Any) -> None:
        """Take a target of a tip, or of the only one, to the base frame and hand it on."""
        def take(drive: Drive, base_link: str) -> None:
            if tip is None:
                self._check_is_only_tip('a target without the name of a tip is for the only one')
            T_base_frame = self._frames.T_base_frame(base_link, message.header)
            target = convert(getattr(message, part), T_base_frame, self._settings.target)
            if tip is None:
                drive.take(message.header, target)
            else:
                self._stamps[tip] = message.header.stamp
                drive.take(message.header, {tip: target})

        self._receive(message.header, take, tip)

    def _check_is_only_tip(self, what: str) -> None:
        """Refuse what is for one tip if there are several."""
        assert self._chain is not None
        tips = self._chain.tip_links
        if len(tips) > 1:
            raise conversions.TargetRefusedError(
                f'{what}, but there are {len(tips)} tip_links, {listed(tips)}: send targets to '
                f'each tip by itself, such as to {tips[0]}/target_pose')

    def _on_target_poses(self, message: PoseArray) -> None:
        """Bring the tip from pose to pose in straight lines."""
        self._follow_lines(message.header, [(message.header, pose) for pose in message.poses])

    def _on_target_path(self, message: Path) -> None:
        """Do the same with poses that say their frames."""
        self._follow_lines(message.header, [
            (stamped.header if stamped.header.frame_id else message.header, stamped.pose)
            for stamped in message.poses])

    def _follow_lines(self, header: Header, poses: list[tuple[Header, PoseMessage]]) -> None:
        """Take the poses of straight lines to the base frame, and hand them to the drive."""
        def take(drive: Drive, base_link: str) -> None:
            self._check_is_only_tip('straight lines lead the only tip')
            found = [conversions.base_pose(pose, self._frames.T_base_frame(base_link, frame))
                     for frame, pose in poses]
            drive.take_lines(header, found)
            if found:  # else that is said as soon as they are planned
                self._recorder.lines(len(found), self._settings.target.pose(found[-1]))

        self._receive(header, take)

    def _receive(self, header: Header, take: Callable[[Drive, str], None],
                 tip: str | None = None) -> None:
        """Hand what a message asks for to the drive, or say why not."""
        assert self._drive is not None and self._chain is not None
        try:
            conversions.check_stamp(header.stamp, self._node.get_clock().now().nanoseconds,
                                    self._settings.target_timeout)
            if self._output.commands and is_timed(self._settings) and not self._drive.is_moving:
                self._watch_others()
                self._watch_controller()
            take(self._drive, self._chain.base_link)
        except IkSolverError as error:
            self.refuse(header, str(error), tip)

    def refuse(self, header: Header, sentence: str, tip: str | None = None) -> None:
        """Say why a target message cannot be used; if it is not of a tip, it is of all."""
        assert self._chain is not None
        self._node.get_logger().warning(f'target refused: {sentence}',
                                        throttle_duration_sec=DIAGNOSTICS_PERIOD)
        self._status.count_refusal(sentence)
        self._publish_solution(header.stamp, self._solution_of(
            tip or ', '.join(self._chain.tip_links), DiagnosticStatus.ERROR, sentence,
            conversions.refusal_values()))

    def report(self, header: Header, answer: TrackResult, published: int | None) -> None:
        """Tell how a target went."""
        self._has_moved = self._has_moved or answer.accepted
        if answer.verdict is not Verdict.REACHED:
            self._node.get_logger().warning(answer.sentence,
                                            throttle_duration_sec=DIAGNOSTICS_PERIOD)
        self._status.count(answer)
        self._publish_solution(header.stamp, *(
            self._answer_of(tip, answer, published) for tip in answer.tips))

    def _answer_of(self, tip: str, answer: TrackResult,
                   published: int | None) -> DiagnosticStatus:
        """Return what there is to tell of one tip."""
        of_tip = answer.of_tip(tip)
        values = conversions.solution_values(of_tip, published if of_tip.accepted else None)
        if answer.together is not None:
            values['target_stamp'] = conversions.stamp_to_text(
                self._stamps[tip]) if tip in answer.asked else ''
        return self._solution_of(tip, conversions.LEVELS[of_tip.verdict], of_tip.sentence, values)

    def report_lines(self, header: Header, plan: LinePlan) -> None:
        """Tell what became of straight lines."""
        verdict = Verdict.REACHED
        if not plan.success:
            partial = self._settings.lines.allow_partial
            verdict = Verdict.CLOSEST if partial else Verdict.NOT_REACHED
            self._node.get_logger().warning(plan.sentence)
        self._has_moved = self._has_moved or verdict is not Verdict.NOT_REACHED
        self._status.count_lines(plan, verdict)
        assert self._chain is not None
        self._publish_solution(header.stamp, self._solution_of(
            self._chain.tip_links[0], conversions.LEVELS[verdict], plan.sentence,
            conversions.line_values(plan, verdict)))

    def _solution_of(self, tip: str, level: bytes, sentence: str,
                     values: dict[str, str]) -> DiagnosticStatus:
        """Return the verdict on a target."""
        assert self._chain is not None
        return conversions.diagnostic_status(
            f'{self._node.get_name()}: {tip}', self._chain.model.name, level, sentence, values)

    def _publish_solution(self, stamp: Time, *statuses: DiagnosticStatus) -> None:
        """Publish verdicts on a target; the diagnostics too if they changed with it."""
        assert self._chain is not None
        self._tell(self._solution, conversions.diagnostics(
            stamp, self._chain.base_link, *statuses))
        if self._status.summary[0] != self._level:
            self._publish_diagnostics()

    # --- stop and go -------------------------------------------------------------------------

    def halted(self, reasons: Mapping[Reason, str]) -> None:
        """Tell why the arm is kept where it is, when that has changed."""
        for reason, sentence in reasons.items():
            if reason not in self._status.halts:
                logger = self._node.get_logger()
                # One call for each level: rclpy lets no line change its own.
                if reason in FAULTS:
                    logger.error(sentence)
                elif reason is not Reason.INACTIVE:
                    logger.warning(sentence)
        changed = reasons.keys() != self._status.halts.keys()
        self._status.halts = dict(reasons)
        if changed:
            self._publish_diagnostics()

    def heads_for(self, positions: list[float]) -> None:
        """Tell where the joints will be when the motion ends."""
        assert self._posture is not None
        self._destination.announce(self._posture, positions)

    def cycled(self, elapsed: float, missed: int) -> None:
        """Note how long a period's work took [s], and how many periods it came too late for."""
        self._status.cycles.add(elapsed, missed)

    def _on_goal(self, news: GoalNews) -> None:
        """Hear what became of a motion in the controller; one that went wrong stops the arm."""
        self._status.last_goal = news.sentence
        if self._drive is not None and news.is_fault:
            stop = self._drive.halt if news.goes_on else self._drive.stand
            stop(Reason.CONTROLLER, news.sentence)

    def _on_stop(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Brake as quickly as the limits allow."""
        response.success = self._drive is not None
        response.message = 'nothing moves: there is no robot description yet'
        if self._drive is not None:
            resume = self._node.resolve_service_name('~/resume')
            response.message = f'stopped; {resume} lets the next target move the arm again'
            self._drive.halt(Reason.STOP, f'stopped by the service stop; call {resume}')
        return response

    def _on_resume(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Let the next target move the arm again."""
        response.success = self._drive is not None
        response.message = 'there is no robot description yet'
        if self._drive is not None:
            self._drive.resume()
            left = list(self._status.halts.values())
            response.success = not left
            response.message = '; '.join(left) or 'the next target moves the arm'
        return response

    # --- joints ------------------------------------------------------------------------------

    def _on_joint_states(self, message: JointState) -> None:
        """Note where the joints are measured."""
        assert self._measured is not None
        if self._measured.take(message, monotonic()):
            self._recorder.measured(self._measured_topic, message)
        if self._drive is not None:
            self._drive.measure()

    def _set_publish_rate(self) -> None:
        """Start, stop or change the steady publishing of the joints."""
        if self._publish_timer is not None:
            self._node.destroy_timer(self._publish_timer)
            self._publish_timer = None
        # A command that is sent again could fight others that move the arm in the meantime.
        if self._settings.publish_rate > 0.0 and self._measured is None:
            self._publish_timer = self._node.create_timer(
                1.0 / self._settings.publish_rate, self._on_publish_timer,
                clock=self._steady_clock)

    def _on_publish_timer(self) -> None:
        """Publish the joints again, for whoever came late."""
        if self._drive is None or self._posture is None or self._drive.is_moving:
            return
        if self._is_active:
            every = self._settings.publish_all_joints
            self._output.send(Command(self._posture.names(every), self._posture.positions(every)))

    # --- parameters --------------------------------------------------------------------------

    def _needs_new_drive(self, changed: NodeParameters) -> bool:
        """Return whether `changed` differ in what the chain is made of, or how it is moved."""
        return any(getattr(changed, name) != getattr(self._settings, name)
                   for name in parameters.CHAIN_FIELDS) or any(
            getattr(changed.motion, name) != getattr(self._settings.motion, name)
            for name in parameters.DRIVE_FIELDS)

    def check(self, changed: NodeParameters) -> None:
        """Raise `IkSolverError` if no chain can be built and moved with `changed`."""
        chain = self._chain
        if self._needs_new_drive(changed):
            chain = self._build_chain(changed)[0]
        if chain is not None and is_timed(changed):
            limits_of(chain, changed)

    def apply(self, changed: NodeParameters) -> None:
        """Use `changed` parameters from now on."""
        needs_new_drive = self._needs_new_drive(changed)
        means_other_targets = changed.target != self._settings.target
        has_new_rate = changed.publish_rate != self._settings.publish_rate
        has_new_limits = (changed.motion, changed.motion_limits) != (
            self._settings.motion, self._settings.motion_limits)
        self._settings = changed
        self._recorder.parameters(changed)
        if self._drive is not None and not needs_new_drive:
            self._drive.configure(changed, means_other_targets)
            if has_new_limits:
                self._record_limits()
        if needs_new_drive:
            self._rebuild()
        if has_new_rate:
            self._set_publish_rate()

    def _rebuild(self) -> None:
        """Build the chain anew after a change of parameters."""
        if description.comes_by_topic(self._settings):
            self._listen_to_description()
        try:
            self._use_chain(*self._build_chain(self._settings))
        except IkSolverError as error:  # a file may have changed since the check
            self._report_bad_description(str(error))

    # --- diagnostics -------------------------------------------------------------------------

    def _on_diagnostics_timer(self) -> None:
        """Look around once a second, and tell."""
        self._watch_others()
        self._watch_controller()
        self._watch_description()
        self._watch_measured()
        self._note_problem('record', self._recorder.problem)
        self._publish_diagnostics()
        self._status.cycles.begin_again()

    def _watch_others(self) -> None:
        """Find others who publish where this node does; an arm is not for two to command."""
        others = self._output.other_publishers()
        sentence = f'{", ".join(others)} also publishes on {self._output.topic}: '
        if self._output.commands and self._drive is not None:
            if others:
                self._drive.halt(Reason.OTHERS, sentence + 'the arm stopped; stop one of the two '
                                 'or remap its topic')
            else:
                self._drive.clear(Reason.OTHERS)
            return
        problem = '' if not others else (
            sentence + 'the arm will flicker between the two; stop one or remap its topic')
        self._note_problem('others', problem)

    def _watch_controller(self) -> None:
        """Move no arm whose controller is known not to be there."""
        sentence = self._output.watch()
        if self._drive is not None and sentence:
            self._drive.stand(Reason.UNHEARD, sentence)
        elif self._drive is not None:
            self._drive.clear(Reason.UNHEARD)

    def _note_problem(self, name: str, problem: str) -> None:
        """Keep what is wrong for the diagnostics, and warn of it when it is new."""
        if problem and problem != self._status.problems.get(name):
            self._node.get_logger().warning(problem)
        self._status.problems[name] = problem

    def _wait_for_measured(self) -> None:
        """Tell that the arm is not heard yet, without the warning that comes if it lasts."""
        missing = [] if self._measured is None else self._measured.missing()
        self._status.problems['measured'] = '' if not missing else (
            f'waiting for positions of {listed(missing)} on {self._measured_topic}')

    def _watch_measured(self) -> None:
        """Tell that the arm is not heard yet, unless a drive does already."""
        missing = [] if self._measured is None or Reason.MEASURED in self._status.halts else (
            self._measured.missing())
        self._note_problem('measured', '' if not missing else (
            f'no position of {listed(missing)} on {self._measured_topic} yet: the arm is not '
            'moved from where it may not be'))

    def _watch_description(self) -> None:
        """Stop an arm on the move whose description is gone: so is what it belongs to."""
        if self._drive is None or self._descriptions is None or self._last_good is None:
            return
        topic = self._descriptions.topic_name
        if self._settings.watch.description and is_timed(self._settings) and (
                not self._node.count_publishers(topic)):
            self._drive.halt(Reason.DESCRIPTION, (
                f'nobody publishes {topic} any more (watch.description): the arm stopped; it '
                'moves again with the first target after somebody does'))
        else:
            self._drive.clear(Reason.DESCRIPTION)

    def _publish_diagnostics(self) -> None:
        """Publish how the node is doing."""
        self._level, sentence = self._status.summary
        values = self._status.values()
        status = conversions.diagnostic_status(
            f'{self._node.get_fully_qualified_name().lstrip("/")}: solver', values['robot'],
            self._level, sentence, values)
        self._tell(self._diagnostics, conversions.diagnostics(
            self._node.get_clock().now().to_msg(), '', status))

    def _tell(self, publisher: Any, message: DiagnosticArray) -> None:
        """Publish and record diagnostics."""
        publisher.publish(message)
        self._recorder.message(publisher.topic_name, message)
