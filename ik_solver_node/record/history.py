"""What happened, as a recording tells it: numbers over time, ready to be drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
import math
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import RecordingError
from ik_solver_node.record import commands, comparison, parameters, steps
from ik_solver_node.record.commands import Commands, Ways
from ik_solver_node.record.comparison import Asked
from ik_solver_node.record.curves import Curve, Curves
from ik_solver_node.record.reading import LINE_KINDS, Message, Recording
from ik_solver_node.record.steps import Step
from ik_solver_node.record.stops import Stop, Stops
from ik_solver_node.robot_model import JointType
import numpy as np

TARGET_KINDS = (*(f'geometry_msgs/msg/{name}' for name in (
    'PoseStamped', 'PointStamped', 'QuaternionStamped', 'Vector3Stamped')), *LINE_KINDS)


@dataclass
class Series:
    """Values over time [s since the first message]."""

    times: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)

    def add(self, time: float, value: float) -> None:
        """Add a value."""
        self.times.append(time)
        self.values.append(value)


@dataclass
class JointHistory:
    """
    What a joint of the chain did.

    Attributes
    ----------
    unit : str
        ``rad`` or ``m``.
    lower, upper, velocity_limit, acceleration_limit : float
        Its limits [rad or m, per s, per s^2], infinite where there are none.
    commanded, measured : Curve
        What was published, and what was measured. Velocities are as they were published; or, of
        commands, differences from period to period or target to target, and of measurements,
        differences over 20 ms.
    deviation : Curve
        How far it was measured from where it was commanded at the time [rad or m].

    """

    unit: str
    lower: float
    upper: float
    velocity_limit: float
    acceleration_limit: float = math.inf
    commanded: Curve = field(default_factory=Curve)
    measured: Curve = field(default_factory=Curve)
    deviation: Curve = field(default_factory=Curve)


@dataclass
class Lines:
    """
    Straight lines, and what became of them.

    Attributes
    ----------
    time : float
        When the answer came, and the arm set out [s].
    verdict : str
        How it is.
    fraction : float
        Share of the lines that can be followed.
    length, duration, deviation : float
        Of the way [m], how long it takes [s], and how far it gets off the lines [m].
    planning : float
        Time from the message to the answer [s].

    """

    time: float
    verdict: str
    fraction: float
    length: float
    duration: float
    deviation: float
    planning: float


@dataclass
class History:
    """
    What happened.

    Attributes
    ----------
    robot, tip : str
        What was moved; of several tips the names.
    mode, output : str
        How: the parameters motion.mode and output.kind.
    duration : float
        Time from the first message to the last [s].
    targets : int
        Messages with a target.
    verdicts : Counter of str
        How many targets ended how.
    answers : list of (float, str)
        Time [s] and verdict of each answer.
    lines : list of Lines
        Those among them that are straight lines.
    stops : list of Stop
        When the arm was kept where it was.
    joints : dict of str to JointHistory
        The joints of the chain.
    position_error, orientation_error : Series
        How far the tip is off after each target that moved it, as it was solved, [m] and [rad].
    measured_errors : ndarray, shape (N, 4)
        How far the measured tip is from the target that counts: see `comparison.tip_errors`.
    latency : Series
        Time from a target to the command for it [s].
    trajectories : list of float
        When a trajectory was sent, if they are [s].
    lag : float or None
        How late the measured joints follow the commands [s].
    has_measured_velocities : bool
        Whether velocities came with the measured joints.
    missing : int
        Messages that were not recorded.

    """

    robot: str = ''
    tip: str = ''
    mode: str = ''
    output: str = ''
    duration: float = 0.0
    targets: int = 0
    verdicts: Counter = field(default_factory=Counter)
    answers: list[tuple[float, str]] = field(default_factory=list)
    lines: list[Lines] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    joints: dict[str, JointHistory] = field(default_factory=dict)
    position_error: Series = field(default_factory=Series)
    orientation_error: Series = field(default_factory=Series)
    measured_errors: np.ndarray = field(default_factory=lambda: np.empty((0, 4)))
    latency: Series = field(default_factory=Series)
    trajectories: list[float] = field(default_factory=list)
    lag: float | None = None
    has_measured_velocities: bool = False
    missing: int = 0

    @property
    def is_timed(self) -> bool:
        """Whether the arm was moved in time, not at once."""
        return self.mode in ('move', 'track')


def history_of(recording: Recording) -> History:
    """
    Return what happened.

    Raises
    ------
    RecordingError
        If there are no targets in the recording, or no robot.

    """
    teller = _Teller(recording.messages[0].time if recording.messages else 0)
    for message in recording.messages:
        teller.take(message)
    history = teller.end()
    if not history.targets:
        raise RecordingError(f'{recording.path} has no targets in it, so that there is nothing to '
                             'report')
    if not history.joints:
        raise RecordingError(f'{recording.path} has no robot description and chain in it: they '
                             'are there if the node recorded it (its parameter record)')
    return history


class _Teller:
    """Takes the messages one after the other, in the order of the one thread of the node."""

    def __init__(self, start: int) -> None:
        self.history = History()
        self._start = start
        self._urdf = ''
        self._chain: KinematicChain | None = None
        self._parameters: dict[str, Any] = {}
        self._commands, self._measured = Commands(), Curves()
        self._measured_topic = ''
        self._stops = Stops()
        self._asked: list[Asked] = []
        self._end_of_lines = ''
        self._asked_at: float | None = None
        self._is_answered = False

    def take(self, message: Message) -> None:
        """Take a message."""
        now = self.history.duration = 1e-9 * (message.time - self._start)
        if message.kind in commands.KINDS:
            if message.kind == commands.JOINTS and message.topic == self._measured_topic:
                value: Any = message.value
                self._measured.add(now, value.name, value.position, value.velocity)
                self._commands.measured.update(zip(value.name, value.position))
            else:
                self._take_command(message, now)
        elif message.kind == steps.DIAGNOSTICS:
            self._take_diagnostics(message, now)
        elif message.kind in TARGET_KINDS:
            self.history.targets += 1
            self._asked_at, self._is_answered = now, False
        elif message.kind == steps.TEXT:
            self._urdf = message.value.data
        elif message.kind == parameters.KIND:
            self._parameters.update(parameters.values_in(message))
            self._configure()

    def end(self) -> History:
        """Return what happened, when all is taken."""
        history = self.history
        self._commands.end(history.duration)
        self._stops.end(history.duration)
        history.stops, history.trajectories = self._stops.all, self._commands.trajectories
        commanded = self._commands.curves.by_joint(history.joints, not history.is_timed)
        measured = self._measured.by_joint(history.joints, False)
        for name, joint in history.joints.items():
            joint.commanded, joint.measured = commanded[name], measured[name]
            if np.isfinite(measured[name].velocities).any():
                history.has_measured_velocities = True
            else:
                joint.measured = measured[name].with_differences()
            joint.deviation = comparison.deviation_of(commanded[name], measured[name])
        history.lag = comparison.lag_of(
            [(joint.commanded, joint.measured) for joint in history.joints.values()])
        history.measured_errors = comparison.tip_errors(self._asked, measured)
        return history

    def _take_diagnostics(self, message: Message, now: float) -> None:
        """Take the steps of the tracker, or what the node told others."""
        topic = message.topic.rpartition('/')[2]
        if topic == steps.TOPIC:
            for step in steps.steps_in(message, self._urdf):
                self._take_step(step, now)
            return
        for status in message.value.status:
            values = {pair.key: pair.value for pair in status.values}
            if values.get('verdict') == 'refused':
                self._count('refused', now)
            elif 'fraction' in values:
                self._take_lines(values, now)
            else:
                self._stops.take(status, now)

    def _take_step(self, step: Step, now: float) -> None:
        """Note the robot, and the answers."""
        if step.kind == 'track':
            self._take_answer(step, now)
        elif step.kind == 'chain':
            self._take_chain(step)
        elif step.kind == 'gap':
            self.history.missing += int(steps.value_of(step.values, 'messages'))
            self._asked_at = None
            self._commands.interrupt()
        elif step.kind == 'measured':
            self._measured_topic = steps.value_of(step.values, 'topic')
        elif step.kind == 'lines':
            self._end_of_lines = step.values['target']
        elif step.kind == 'limits':
            self._take_limits(step)

    def _count(self, verdict: str, now: float) -> None:
        """Note a verdict."""
        self.history.verdicts[verdict] += 1
        self.history.answers.append((now, verdict))

    def _configure(self) -> None:
        """Note how commands go out."""
        told = self._parameters
        self.history.mode = told.get('motion.mode', '')
        self.history.output = told.get('output.kind', '')
        own = () if self._chain is None else self._chain.joint_names
        period = 1.0 / told['motion.rate'] if self.history.is_timed else 0.0
        self._commands.ways = Ways(period, tuple(told.get('output.joints', ())) or own)

    def _take_command(self, message: Message, now: float) -> None:
        """Note what was commanded, and how long after its target."""
        is_new = self._is_answered and self._asked_at is not None
        if is_new:
            self.history.latency.add(now, now - (self._asked_at or 0.0))
            self._is_answered = False
        self._commands.take(message, now, is_new)

    def _take_chain(self, step: Step) -> None:
        """Note the joints that are moved from now on."""
        chain = self._chain = steps.chain_of(step)
        self.history.robot, self.history.tip = chain.model.name, ', '.join(chain.tip_links)
        self._commands.interrupt()
        self._configure()
        for name, lower, upper, velocity in zip(chain.joint_names, chain.lower.tolist(),
                                                chain.upper.tolist(), chain.velocity.tolist()):
            joint = self.history.joints.setdefault(name, JointHistory(
                _unit(chain, name), lower, upper, velocity))
            joint.lower, joint.upper, joint.velocity_limit = lower, upper, velocity
            joint.acceleration_limit = math.inf

    def _take_limits(self, step: Step) -> None:
        """Note how fast the joints may move."""
        names, velocities, accelerations = (
            steps.value_of(step.values, name) for name in ('joints', 'velocity', 'acceleration'))
        for name, velocity, acceleration in zip(names, velocities, accelerations):
            if name in self.history.joints:
                joint = self.history.joints[name]
                joint.velocity_limit, joint.acceleration_limit = velocity, acceleration

    def _take_answer(self, step: Step, now: float) -> None:
        """Note an answer."""
        of_tips = step.values.get('verdicts')
        told = [steps.value_of(step.values, 'verdict')] if of_tips is None else list(
            steps.value_of(step.values, 'verdicts').values())
        for verdict in told:
            self._count(verdict, now)
        if steps.value_of(step.values, 'accepted'):
            self._is_answered = True
            self._ask(now, step.values.get('counts', step.values['target']))
            for series, name in ((self.history.position_error, 'position_error [m]'),
                                 (self.history.orientation_error, 'orientation_error [rad]')):
                series.add(now, steps.value_of(step.values, name))

    def _take_lines(self, values: dict[str, str], now: float) -> None:
        """Note what became of straight lines."""
        self._count(values['verdict'], now)
        fraction, length, duration, deviation = (float(values[name]) for name in (
            'fraction', 'length [m]', 'duration [s]', 'deviation [m]'))
        planning = math.nan if self._asked_at is None else now - self._asked_at
        self.history.lines.append(Lines(now, values['verdict'], fraction, length, duration,
                                        deviation, planning))
        if self._end_of_lines and values['verdict'] in ('reached', 'closest'):
            self._ask(now, self._end_of_lines)

    def _ask(self, now: float, target: str) -> None:
        """Note what the arm is sent to."""
        if self._chain is not None:
            self._asked.append(Asked(now, self._chain, target))


def _unit(chain: KinematicChain, name: str) -> str:
    """Return the unit of the positions of a joint."""
    return 'm' if chain.model.joint(name).type is JointType.PRISMATIC else 'rad'
