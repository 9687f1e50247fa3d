"""What happened, as a recording tells it: numbers over time, ready to be drawn."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import RecordingError
from ik_solver_node.record import steps
from ik_solver_node.record.reading import Message, Recording
from ik_solver_node.record.steps import Step
from ik_solver_node.robot_model import JointType

JOINTS = 'sensor_msgs/msg/JointState'
TARGET_KINDS = tuple(f'geometry_msgs/msg/{name}' for name in (
    'PoseStamped', 'PointStamped', 'QuaternionStamped', 'Vector3Stamped'))


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
    lower, upper, velocity_limit : float
        Its limits [rad or m, and per s], infinite where there are none.
    positions : Series
        All that was published [rad or m].
    velocities : Series
        As it was published or, where it was not, from the joints for one target to those for the
        next [rad/s or m/s].

    """

    unit: str
    lower: float
    upper: float
    velocity_limit: float
    positions: Series = field(default_factory=Series)
    velocities: Series = field(default_factory=Series)


@dataclass
class History:
    """
    What happened.

    Attributes
    ----------
    robot, tip : str
        What was moved.
    duration : float
        Time from the first message to the last [s].
    targets : int
        Messages with a target.
    verdicts : Counter of str
        How many targets ended how.
    answers : list of (float, str)
        Time [s] and verdict of each answer.
    joints : dict of str to JointHistory
        The joints of the chain.
    position_error, orientation_error : Series
        How far the tip is off after each target that moved it, [m] and [rad].
    latency : Series
        Time from a target to the joints for it [s].
    missing : int
        Messages that were not recorded.

    """

    robot: str = ''
    tip: str = ''
    duration: float = 0.0
    targets: int = 0
    verdicts: Counter = field(default_factory=Counter)
    answers: list[tuple[float, str]] = field(default_factory=list)
    joints: dict[str, JointHistory] = field(default_factory=dict)
    position_error: Series = field(default_factory=Series)
    orientation_error: Series = field(default_factory=Series)
    latency: Series = field(default_factory=Series)
    missing: int = 0


def history_of(recording: Recording) -> History:
    """
    Return what happened.

    Raises
    ------
    RecordingError
        If there are no targets in the recording, or no robot.

    """
    teller = _Teller(recording.messages[0].time if recording.messages else 0)
    urdf = ''
    for message in recording.messages:
        teller.history.duration = teller.seconds(message)
        if message.kind in TARGET_KINDS:
            teller.take_target(message)
        elif message.kind == JOINTS:
            teller.take_joints(message)
        for step in steps.steps_in(message, urdf):
            teller.take_step(step)
        if message.kind == steps.DIAGNOSTICS:
            teller.take_solution(message)
        elif message.kind == steps.TEXT:
            urdf = message.value.data
    if not teller.history.targets:
        raise RecordingError(f'{recording.path} has no targets in it, so that there is nothing to '
                             'report')
    if not teller.history.joints:
        raise RecordingError(f'{recording.path} has no robot description and chain in it: they '
                             'are there if the node recorded it (its parameter record)')
    return teller.history


class _Teller:
    """Takes the messages one after the other, in the order of the one thread of the node."""

    def __init__(self, start: int) -> None:
        self.history = History()
        self._start = start
        self._asked_at: float | None = None
        self._is_answered = False
        self._last: tuple[float, dict[str, float]] | None = None

    def seconds(self, message: Message) -> float:
        """Return when a message came [s since the first]."""
        return 1e-9 * (message.time - self._start)

    def take_target(self, message: Message) -> None:
        """Note when a target came."""
        self.history.targets += 1
        self._asked_at, self._is_answered = self.seconds(message), False

    def take_step(self, step: Step) -> None:
        """Note the robot, and the answers."""
        if step.kind == 'chain':
            self._take_chain(step)
        elif step.kind == 'gap':
            self.history.missing += int(steps.value_of(step.values, 'messages'))
            self._asked_at, self._last = None, None
        elif step.kind == 'track':
            self._take_answer(step, 1e-9 * (step.time - self._start))

    def take_solution(self, message: Message) -> None:
        """Note a target that was refused."""
        for status in message.value.status:
            if any(pair.key == 'verdict' and pair.value == 'refused' for pair in status.values):
                self.history.verdicts['refused'] += 1
                self.history.answers.append((self.seconds(message), 'refused'))

    def take_joints(self, message: Message) -> None:
        """Note joints that were published."""
        now = self.seconds(message)
        positions = dict(zip(message.value.name, message.value.position))
        told = dict(zip(message.value.name, message.value.velocity))
        is_command = self._is_answered and self._asked_at is not None
        if is_command:
            self.history.latency.add(now, now - (self._asked_at or 0.0))
            self._is_answered = False
        for name, joint in self.history.joints.items():
            if name not in positions:
                continue
            joint.positions.add(now, positions[name])
            if name in told:
                joint.velocities.add(now, told[name])
            elif is_command and self._last is not None and name in self._last[1]:
                joint.velocities.add(now, (positions[name] - self._last[1][name])
                                     / max(now - self._last[0], 1e-9))
        if is_command:
            self._last = now, positions

    def _take_chain(self, step: Step) -> None:
        """Note the joints that are moved from now on."""
        chain = steps.chain_of(step)
        self.history.robot, self.history.tip = chain.model.name, chain.tip_links[0]
        self._last = None
        for name, lower, upper, velocity in zip(chain.joint_names, chain.lower.tolist(),
                                                chain.upper.tolist(), chain.velocity.tolist()):
            joint = self.history.joints.setdefault(name, JointHistory(
                _unit(chain, name), lower, upper, velocity))
            joint.lower, joint.upper, joint.velocity_limit = lower, upper, velocity

    def _take_answer(self, step: Step, now: float) -> None:
        """Note an answer."""
        verdict: Any = steps.value_of(step.values, 'verdict')
        self.history.verdicts[verdict] += 1
        self.history.answers.append((now, verdict))
        if steps.value_of(step.values, 'accepted'):
            self._is_answered = True
            for series, name in ((self.history.position_error, 'position_error [m]'),
                                 (self.history.orientation_error, 'orientation_error [rad]')):
                series.add(now, steps.value_of(step.values, name))


def _unit(chain: KinematicChain, name: str) -> str:
    """Return the unit of the positions of a joint."""
    return 'm' if chain.model.joint(name).type is JointType.PRISMATIC else 'rad'
