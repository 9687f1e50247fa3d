"""
Drives: how accepted solutions get to the arm.

A `DirectDrive` solves for a target when it comes and sends the solution at once. A `TimedDrive`
hands it to a `Pilot` and sends what that commands, period by period.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
import math
from time import monotonic, perf_counter
from typing import Protocol

from ik_solver_node.chain import KinematicChain
from ik_solver_node.compilation import warm_up_paths
from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.joint_limits_file import read_joint_limits
from ik_solver_node.line_plan import LinePlan, plan_lines
from ik_solver_node.motion import Mode
from ik_solver_node.motion_limits import motion_limits, MotionLimits
from ik_solver_node.pilot import HaltedError, Pilot, PilotOptions, Reason, Tick
from ik_solver_node.pose import Pose
from ik_solver_node.ros.errand import Errand
from ik_solver_node.ros.measured import MeasuredJoints, NotMeasuredError
from ik_solver_node.ros.outputs import Command, Output, OutputKind
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.posture import Posture
from ik_solver_node.together import Aim
from ik_solver_node.tracker import PoseTracker, TrackerOptions, TrackResult
import numpy as np
from rclpy.clock import Clock, ClockType, ROSClock
from rclpy.node import Node
from std_msgs.msg import Header

LONGEST_DELAY = 0.5
"""A timer that comes later than this has not been late: time stood still, or leapt [s]."""
NOT_MEASURED = ('no position of {missing} on joint_states in the last {timeout:g} s '
                '(measured_timeout): the arm is not moved from where it may not be')


class Listener(Protocol):
    """What a drive tells."""

    def report(self, header: Header, answer: TrackResult, published: int | None) -> None:
        """Hear what became of a target, and with which stamp [ns] joints were published for it."""

    def report_lines(self, header: Header, plan: LinePlan) -> None:
        """Hear what became of straight lines."""

    def refuse(self, header: Header, sentence: str) -> None:
        """Hear why what was taken cannot be done after all."""

    def halted(self, reasons: Mapping[Reason, str]) -> None:
        """Hear why the arm is kept where it is, when that has changed."""

    def heads_for(self, positions: list[float]) -> None:
        """Hear where the joints will be, n numbers [rad or m], when the motion ends."""

    def cycled(self, elapsed: float, missed: int) -> None:
        """Hear how long a period's work took [s], and how many periods it came too late for."""


class Drive(Protocol):
    """What an `Operation` asks of a drive."""

    @property
    def is_moving(self) -> bool:
        """Whether joints are sent at this moment, without being asked to."""

    def take(self, header: Header, target: Aim) -> None:
        """Move to a target in the base frame, or to several; `IkSolverError` if it is refused."""

    def take_lines(self, header: Header, poses: Sequence[Pose]) -> None:
        """Move the tip straight from pose to pose; raises `IkSolverError` if it is refused."""

    def configure(self, settings: NodeParameters, forget: bool) -> None:
        """Use other parameters of the same kind of drive; `forget` what was asked last."""

    def measure(self) -> None:
        """Hear that joints were measured."""

    def halt(self, reason: Reason, sentence: str) -> None:
        """Stop the arm, and keep it there while `reason` holds."""

    def stand(self, reason: Reason, sentence: str) -> None:
        """Hear that the arm was stopped, and send nothing while `reason` holds."""

    def clear(self, reason: Reason) -> None:
        """Hear that `reason` is gone."""

    def resume(self) -> None:
        """Lead on after what needs it."""

    def retire(self, then: Callable[[], None]) -> None:
        """Call `then` as soon as the arm stands; another drive then takes over."""

    def close(self) -> None:
        """Send nothing any more."""


class DirectDrive:
    """
    Solves for each target at once, and publishes what is accepted.

    Parameters
    ----------
    tracker : PoseTracker
        What turns targets into joint positions, of the chain to move.
    posture : Posture
        Where all joints are.
    output : Output
        Where they are published.
    measured : MeasuredJoints or None
        Where they are measured, if they are.
    settings : NodeParameters
        The parameters of the node.
    listener : Listener
        Hears of answers and stops.
    keep : bool
        Whether `posture` holds what was accepted before, by another drive.

    """

    def __init__(self, tracker: PoseTracker, posture: Posture, output: Output,
                 measured: MeasuredJoints | None, settings: NodeParameters, listener: Listener,
                 keep: bool) -> None:
        self._tracker, self._posture, self._output = tracker, posture, output
        self._measured, self._settings, self._listener = measured, settings, listener
        self._chain = tracker.chain
        self._has_several_tips = len(self._chain.tip_links) > 1
        if keep or (self._has_several_tips and measured is None):
            self._tracker.reset(posture.chain_positions)
        self._reasons: dict[Reason, str] = {}
        self._asked_at = -np.inf

    is_moving = False

    def take(self, header: Header, target: Aim) -> None:
        """Move to a target in the base frame, or to several; `IkSolverError` if it is refused."""
        for sentence in self._reasons.values():
            raise HaltedError(sentence)
        answer = self._tracker.track(target, self._seed())
        self._asked_at = monotonic()
        published = None
        if answer.positions is not None:
            there = answer.positions.tolist()
            self._posture.move(there)
            every = shows_all(self._settings)
            published = self._output.send(Command(
                self._posture.names(every), self._posture.positions(every),
                joints=self._chain.joint_names))
            self._listener.heads_for(there)
        self._listener.report(header, answer, published)

    def take_lines(self, header: Header, poses: Sequence[Pose]) -> None:
        """Refuse straight lines: they take time."""
        raise HaltedError('straight lines need times, so motion.mode must be move or track, but '
                          'it is direct')

    def _seed(self) -> np.ndarray | None:
        """
        Return where the joints are measured; None if the node is not to look.

        Raises
        ------
        NotMeasuredError
            If a joint is not measured: an arm is not commanded from where it may not be.

        """
        if self._measured is None:
            return None
        now, timeout = monotonic(), self._settings.measured_timeout
        try:
            seed = self._measured.seed(now - timeout)
        except NotMeasuredError as missing:
            sentence = NOT_MEASURED.format(missing=missing, timeout=timeout)
            self._listener.halted({**self._reasons, Reason.MEASURED: sentence})
            raise NotMeasuredError(sentence) from missing
        self._listener.halted(self._reasons)
        if 0.0 < self._settings.seed_timeout < now - self._asked_at:
            self._tracker.reset(seed)
        return seed

    def configure(self, settings: NodeParameters, forget: bool) -> None:
        """Use other parameters of the same kind of drive; `forget` what was asked last."""
        self._settings = settings
        self._tracker.configure(settings.solver, tracking_of(settings))
        if forget:
            self._tracker.reset(self._tracker.positions)

    def measure(self) -> None:
        """Hear that joints were measured: they are looked at when a target comes."""

    def halt(self, reason: Reason, sentence: str) -> None:
        """Refuse targets while `reason` holds; what was sent is on its way."""
        if self._has_several_tips and reason not in self._reasons:
            self._tracker.reset(self._tracker.positions)  # so that each holds where it is
        self._reasons[reason] = sentence
        self._listener.halted(self._reasons)

    stand = halt

    def clear(self, reason: Reason) -> None:
        """Hear that `reason` is gone."""
        if self._reasons.pop(reason, None) is not None:
            self._listener.halted(self._reasons)

    def resume(self) -> None:
        """Lead on after what needs it."""
        for reason in [reason for reason in self._reasons if reason.needs_resume]:
            self.clear(reason)

    def retire(self, then: Callable[[], None]) -> None:
        """Call `then`: nothing is on the move here."""
        then()

    def close(self) -> None:
        """Send nothing any more: nothing is sent without a target."""


class TimedDrive:
    """
    Moves the arm period by period: the modes move and track.

    Parameters
    ----------
    node : Node
        Has the clock and makes the timer.
    tracker, posture, output, measured, settings, listener
        As of a `DirectDrive`.

    Raises
    ------
    IkSolverError
        If the limits of motion cannot be read or make no sense, or ruckig is wanted and missing.

    """

    def __init__(self, node: Node, tracker: PoseTracker, posture: Posture,
                 output: Output, measured: MeasuredJoints | None,
                 settings: NodeParameters, listener: Listener) -> None:
        self._node, self._posture, self._output = node, posture, output
        self._chain = tracker.chain
        self._measured, self._settings, self._listener = measured, settings, listener
        self._shows_all = shows_all(settings)
        self._pilot = Pilot(self._chain, limits_of(self._chain, settings),
                            self._options(settings), posture.chain_positions, tracker)
        if self._pilot.without_ruckig:
            node.get_logger().warning(self._pilot.without_ruckig)
        self._header: Header | None = None
        self._lines_header = Header()
        self._told: dict[Reason, str] = {}
        self._then: Callable[[], None] | None = None
        self._moved_on_at = self._cycled_at = -math.inf
        self._planner: Errand[LinePlan] = Errand()
        warm_up_paths()
        # Simulated time is the time of a simulated arm; else no clock that may be set counts.
        clock = node.get_clock()
        self._simulated = (
            clock if isinstance(clock, ROSClock) and clock.ros_time_is_active else None)
        self._has_news = measured is not None
        self._timer = node.create_timer(
            self._pilot.period, self._on_timer,
            clock=self._simulated or Clock(clock_type=ClockType.STEADY_TIME))

    @property
    def is_moving(self) -> bool:
        """Whether joints are sent at this moment, without being asked to."""
        return not self._pilot.has_arrived

    def now(self) -> float:
        """Return the time that the motion goes by [s]."""
        if self._simulated is not None:
            return 1e-9 * self._simulated.now().nanoseconds
        return monotonic()

    def _options(self, settings: NodeParameters) -> PilotOptions:
        """Return what the pilot is to know of the parameters."""
        return PilotOptions(
            motion=settings.motion, solver=settings.solver, tracking=tracking_of(settings),
            watch=settings.watch, restart_pause=settings.seed_timeout,
            measured_timeout=None if self._measured is None else settings.measured_timeout)

    def take(self, header: Header, target: Aim) -> None:
        """Move to a target in the base frame, or to several; `IkSolverError` if it is refused."""
        self._look()
        self._tell()
        if self._measured is not None and self._pilot.has_arrived:
            self._measured.warn_of_limits()
        self._pilot.aim(target)
        self._planner.drop()
        self._header = header

    def take_lines(self, header: Header, poses: Sequence[Pose]) -> None:
        """Plan straight lines from where the arm stands; raises `IkSolverError` if it does not."""
        self._look()
        self._tell()
        start = self._pilot.begin(self.now())
        settings, speed = self._settings, self._settings.motion.speed
        self._planner.start(partial(
            plan_lines, self._chain, poses, start, settings.lines.at_speed(speed),
            limits=limits_of(self._chain, settings).at_speed(speed), period=self._pilot.period,
            solver=settings.solver, tool=settings.target.tool, target=settings.target.pose))
        self._lines_header = header

    def configure(self, settings: NodeParameters, forget: bool) -> None:
        """Use other parameters of the same kind of drive; `forget` what was asked last."""
        self._pilot.configure(limits_of(self._chain, settings), self._options(settings))
        self._settings, self._shows_all = settings, shows_all(settings)
        if self._planner.is_busy:
            self._planner.drop()
            self._listener.refuse(self._lines_header, 'the parameters were changed while the '
                                  'lines were planned; send them again')
        if forget:
            self._pilot.forget()

    def measure(self) -> None:
        """Hear that joints were measured: they are looked at before anything else counts."""
        self._has_news = True

    def _look(self) -> None:
        """Tell the pilot where the joints are, if all are measured and that is new."""
        if not self._has_news or self._measured is None:
            return
        self._has_news = False
        try:
            positions, velocities = self._measured.state(
                monotonic() - self._settings.measured_timeout)
        except NotMeasuredError:
            return
        self._keep_up()
        self._pilot.measure(positions, self.now(), velocities)

    def halt(self, reason: Reason, sentence: str) -> None:
        """Stop the arm, and keep it there while `reason` holds."""
        self._keep_up()
        self._pilot.halt(reason, sentence)
        self._tell()

    def stand(self, reason: Reason, sentence: str) -> None:
        """Hear that the arm was stopped, and send nothing while `reason` holds."""
        self._pilot.stand(reason, sentence)
        self._tell()

    def clear(self, reason: Reason) -> None:
        """Hear that `reason` is gone."""
        self._pilot.clear(reason)
        self._tell()

    def resume(self) -> None:
        """Lead on after what needs it."""
        self._pilot.resume()
        self._tell()

    def retire(self, then: Callable[[], None]) -> None:
        """Call `then` as soon as the arm stands; another drive then takes over."""
        self._then = then
        self.halt(Reason.CHANGE, 'the arm stops because the robot or the mode is changed')

    def close(self) -> None:
        """Send nothing any more."""
        self._node.destroy_timer(self._timer)

    def _on_timer(self) -> None:
        """Go on by one period, and tell what that took."""
        began, missed = perf_counter(), self._missed()
        self._look()
        self._go_on()
        self._listener.cycled(perf_counter() - began, missed)

    def _missed(self) -> int:
        """Return how many periods passed since the last one that was served, but the present."""
        now = self.now()
        late, self._cycled_at = now - self._cycled_at, now
        return max(0, round(late / self._pilot.period) - 1) if 0.0 < late < LONGEST_DELAY else 0

    def _go_on(self) -> None:
        """Go on by one period."""
        self._keep_up()
        self._moved_on_at += self._pilot.period
        if self._planner.is_busy:
            self._follow_lines()
        tick = self._pilot.tick(self.now())
        published = None
        if tick.state is not None:
            self._posture.move(tick.state.positions)
            published = self._output.send(self._command(tick))
        if tick.answer is not None:
            assert self._header is not None
            self._listener.report(self._header, tick.answer,
                                  published if tick.answer.accepted else None)
        self._tell_destination(tick)
        self._tell()
        if self._then is not None and self._pilot.has_arrived:
            then, self._then = self._then, None
            then()

    def _tell_destination(self, tick: Tick) -> None:
        """Tell where the arm is going from now on, or, having stopped anywhere, where it is."""
        if tick.state is not None and self._pilot.has_arrived:
            self._listener.heads_for(tick.state.positions)
        elif tick.answer is not None and tick.answer.positions is not None:
            self._listener.heads_for(tick.answer.positions.tolist())

    def _follow_lines(self) -> None:
        """Set off along straight lines, if they are planned by now."""
        try:
            plan = self._planner.outcome()
            if plan is None:
                return
            if plan.success or self._settings.lines.allow_partial:
                self._pilot.follow(plan.motion())
                self._listener.heads_for(plan.states.positions[-1].tolist())
            self._listener.report_lines(self._lines_header, plan)
        except IkSolverError as error:
            self._listener.refuse(self._lines_header, str(error))

    def _keep_up(self) -> None:
        """
        Go on by all periods that passed but one, if who was told goes on by a clock of its own.

        Before anything new counts: else it would count from where the arm no longer is.
        """
        if not self._output.keeps_time:
            return
        now = self.now()
        late = now - self._moved_on_at
        # Between two calls of the timer the motion may be a little ahead, and stays so.
        if abs(late) >= LONGEST_DELAY:
            self._moved_on_at = now - self._pilot.period
            return
        for _ in range(round(late / self._pilot.period) - 1):
            self._pilot.coast()
            self._moved_on_at += self._pilot.period

    def _command(self, tick: Tick) -> Command:
        """Return what is to be sent of a period."""
        assert tick.state is not None
        every, posture = self._shows_all, self._posture
        # A solve takes a while, and a timer is never on time; a course that began when it is sent
        # would begin behind where the arm is by then.
        age = self.now() - self._moved_on_at if self._output.keeps_time else 0.0
        return Command(posture.names(every), posture.positions(every),
                       posture.velocities(tick.state.velocities, every),
                       self._pilot.course if tick.is_new else None, self._chain.joint_names,
                       self._pilot.is_smooth, age if abs(age) < LONGEST_DELAY else 0.0)

    def _tell(self) -> None:
        """Tell why the arm is kept where it is, if that has changed."""
        if self._pilot.reasons != self._told:
            self._told = dict(self._pilot.reasons)
            self._listener.halted(self._told)


def tracking_of(settings: NodeParameters) -> TrackerOptions:
    """Return what is accepted: without a motion in time there is no way of the joints there."""
    return settings.tracking if is_timed(settings) else replace(settings.tracking, max_swing=0.0)


def limits_of(chain: KinematicChain, settings: NodeParameters) -> MotionLimits:
    """Return how fast the joints of a chain may move; raises `OptionsError`."""
    motion = settings.motion
    from_file = read_joint_limits(motion.joint_limits_file) if motion.joint_limits_file else {}
    return motion_limits(chain, motion.defaults, from_file, settings.motion_limits.as_mapping())


def shows_all(settings: NodeParameters) -> bool:
    """Return whether all joints are sent, not those of the chain only."""
    if settings.output.kind is OutputKind.POSITION_ARRAY:
        return True  # its own list of joints says which
    return settings.publish_all_joints and not settings.use_measured_state


def is_timed(settings: NodeParameters) -> bool:
    """Return whether a timed drive is wanted."""
    return settings.motion.mode is not Mode.DIRECT
