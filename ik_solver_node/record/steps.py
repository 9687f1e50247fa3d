"""
What a tracker is made of, asked and answers, as text and back: bit for bit; and what else to know.

In a recording these steps are messages of type ``diagnostic_msgs/DiagnosticArray`` on the topic
``~/tracker``, so that every viewer of bags shows them. The name of the status is the kind of step:

=========  ========================================================================================
chain      a new tracker: base, tip, limits, locked joints; before it comes the robot description
configure  other options
reset      the tracker takes these positions as accepted; null forgets all
track      a target as it was understood, where the joints were measured, and the answer; of
           several tips those that came together, and what counts for each tip from then on
lines      straight lines that are taken: how many poses, and the last as a target
limits     how fast the joints may move from now on, in the modes that take time
measured   the topic on which the joints are measured
gap        so many messages are missing here
=========  ========================================================================================

Each value is JSON, in which Python writes a float so that the same float is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
import json
import platform
from typing import Any, cast, NamedTuple, TypeVar

from ik_solver_node import __version__
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import IkSolverError, RecordingError
from ik_solver_node.motion_limits import MotionLimits
from ik_solver_node.pose import Pose, remade as remade_pose
from ik_solver_node.record.reading import Message
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PoseTarget, remade, Target, TargetFrame, TARGETS
from ik_solver_node.together import Aim
from ik_solver_node.tracker import TrackerOptions, TrackResult, Verdict
import numpy as np

TOPIC = 'tracker'
"""The last part of the name of the topic."""

DIAGNOSTICS = 'diagnostic_msgs/msg/DiagnosticArray'
TEXT = 'std_msgs/msg/String'

KINDS = {kind.__name__: kind for kind in TARGETS}
TIPS = 'tips'
"""The kind of the targets of several tips."""
TIMES = ('elapsed [s]', 'took [s]')
"""Values of an answer that are another each time."""

T = TypeVar('T')


class Step(NamedTuple):
    """
    A step as it was recorded.

    time : when [ns]
    kind : see above
    values : text by name
    urdf : the robot description that came last, empty for none
    """

    time: int
    kind: str
    values: Mapping[str, str]
    urdf: str


def steps_of(messages: Iterable[Message]) -> Iterator[Step]:
    """Return the steps among the messages of a recording, in order."""
    urdf = ''
    for message in messages:
        if message.kind == TEXT:
            urdf = message.value.data
        yield from steps_in(message, urdf)


def steps_in(message: Message, urdf: str) -> Iterator[Step]:
    """Return the steps in one message; `urdf` is the robot description that came last."""
    if message.kind == DIAGNOSTICS and message.topic.rpartition('/')[2] == TOPIC:
        for status in message.value.status:
            yield Step(message.time, status.name,
                       {pair.key: pair.value for pair in status.values}, urdf)


# to text -----------------------------------------------------------------------------------------


def chain_values(chain: KinematicChain) -> dict[str, str]:
    """Return what a chain is made of, beside the robot description, and what computes on it."""
    return _as_text({
        'robot': chain.model.name, 'base_link': chain.base_link, 'tip_links': chain.tip_links,
        'limits': dict(chain.limits), 'locked': dict(chain.locked), 'versions': versions()})


def options_values(solver: SolverOptions, tracking: TrackerOptions) -> dict[str, str]:
    """Return the options of a tracker; of the solver, those that a parameter can have."""
    return _as_text({
        f'{prefix}.{item.name}': getattr(options, item.name)
        for prefix, options in (('solver', solver), ('tracking', tracking))
        for item in fields(options) if 'description' in item.metadata})


def reset_values(positions: np.ndarray | None) -> dict[str, str]:
    """Return what a tracker is reset to."""
    return _as_text({'positions': positions})


def track_values(target: Aim, measured: np.ndarray | None, answer: TrackResult,
                 took: float) -> dict[str, str]:
    """Return a target with its answer, and how long that took [s]."""
    values = {'target': _asked(target), 'measured': measured}
    if answer.together is not None:
        values['counts'] = _asked(_counting(answer))
    return {**_as_text(values), **answer_values(answer), **_as_text({'took [s]': took})}


def _counting(answer: TrackResult) -> Aim:
    """Return what counts for each tip after an answer; nothing for one that cannot get there."""
    assert answer.together is not None
    return {tip: target for tip, target in answer.together.targets.items()
            if answer.verdict is Verdict.CLOSEST or tip not in (answer.missed or {})}


def answer_values(answer: TrackResult) -> dict[str, str]:
    """Return an answer."""
    result = answer.result
    of_tips = {} if answer.together is None else {
        'verdicts': {tip: answer.of_tip(tip).verdict for tip in answer.asked}}
    return _as_text({
        **of_tips,
        'verdict': answer.verdict, 'accepted': answer.accepted,
        'reason': result.reason.name.lower(), 'positions': result.positions,
        'position_error [m]': result.position_error,
        'orientation_error [rad]': result.orientation_error,
        'out_of_reach [m]': result.out_of_reach, 'iterations': result.iterations,
        'restarts': result.restarts, 'elapsed [s]': result.elapsed})


def lines_values(poses: int, target: Target) -> dict[str, str]:
    """Return how many poses straight lines lead to, and what the last of them means."""
    return _as_text({'poses': poses, 'target': _asked(target)})


def limits_values(chain: KinematicChain, limits: MotionLimits) -> dict[str, str]:
    """Return how fast the joints of a chain may move, in the order of their names."""
    return _as_text({'joints': chain.joint_names, 'velocity': limits.velocity,
                     'acceleration': limits.acceleration, 'jerk': limits.jerk})


def measured_values(topic: str) -> dict[str, str]:
    """Return where the joints are measured."""
    return _as_text({'topic': topic})


def gap_values(messages: int) -> dict[str, str]:
    """Return how many messages are missing."""
    return _as_text({'messages': messages})


def versions() -> dict[str, str]:
    """Return what answers may depend on in their last bits."""
    found = {'ik_solver_node': __version__, 'machine': platform.machine(),
             'python': platform.python_version()}
    for name in ('numba', 'numpy'):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # installed in some other way
            found[name] = ''
    return found


def _asked(target: Aim) -> dict[str, Any]:
    """Return what a target, or those of several tips, is made of."""
    if isinstance(target, Mapping):
        return {'kind': TIPS, 'tips': {tip: _asked(one) for tip, one in target.items()}}
    if isinstance(target, Pose):
        target = PoseTarget(target)
    return {'kind': type(target).__name__,
            **{item.name: getattr(target, item.name) for item in fields(target) if item.init}}


def _as_text(values: Mapping[str, Any]) -> dict[str, str]:
    """Return each value as JSON."""
    return {name: json.dumps(value, default=_plain) for name, value in values.items()}


def _plain(value: Any) -> Any:
    """Return as what JSON has a value that it does not know."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Pose):
        return {'position': value.position, 'quat_xyzw': value.quat_xyzw}
    raise TypeError(f'{value!r} has no place in a recording')


# and back ----------------------------------------------------------------------------------------


def chain_of(step: Step) -> KinematicChain:
    """Return the chain of a step; raises `RecordingError` if it cannot be made."""
    if not step.urdf:
        raise RecordingError('the recording has no robot description before its first target')
    values = step.values
    try:
        limits = {name: tuple(pair) for name, pair in value_of(values, 'limits').items()}
        return KinematicChain.from_model(
            parse_urdf(step.urdf), value_of(values, 'base_link'), value_of(values, 'tip_links'),
            limits=limits, locked=value_of(values, 'locked'))
    except (AttributeError, TypeError, IkSolverError) as error:
        raise RecordingError(f'the recorded robot cannot be used: {error}') from error


def options_of(values: Mapping[str, str]) -> tuple[SolverOptions, TrackerOptions]:
    """Return the options of a tracker; raises `RecordingError` if they are none."""
    return _options(SolverOptions, 'solver.', values), _options(
        TrackerOptions, 'tracking.', values)


def _options(kind: type[T], prefix: str, values: Mapping[str, str]) -> T:
    """Return the options whose names begin with `prefix`."""
    given = {name.removeprefix(prefix): value_of(values, name) for name in values
             if name.startswith(prefix)}
    try:
        return kind(**given)
    except (TypeError, IkSolverError) as error:
        raise RecordingError(f'the recorded parameters {prefix}* cannot be used by this version '
                             f'of the package: {error}') from error


def positions_of(values: Mapping[str, str], name: str = 'positions') -> np.ndarray | None:
    """Return joint positions, shape (n,) [rad or m], or None if there are none."""
    given = value_of(values, name)
    return None if given is None else np.array(given, dtype=np.float64)


def target_of(values: Mapping[str, str]) -> Target | dict[str, Target]:
    """Return the target, or those of several tips; raises `RecordingError` if it is none."""
    given = value_of(values, 'target')
    try:
        kind = given.pop('kind')
        if kind == TIPS:
            return {tip: _target(KINDS[one.pop('kind')], one)
                    for tip, one in given['tips'].items()}
        return _target(KINDS[kind], given)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise RecordingError(f'a recorded target cannot be used: {values["target"]}') from error


def _target(kind: Any, given: dict[str, Any]) -> Target:
    """Return a target of a kind."""
    if 'frame' in given:
        given['frame'] = TargetFrame(given['frame'])
    for name, value in given.items():
        if isinstance(value, dict):
            given[name] = remade_pose(np.array(value['position']), np.array(value['quat_xyzw']))
        elif isinstance(value, list) and name != 'free':
            given[name] = np.array(value, dtype=np.float64)
    given.update({'free': tuple(given['free'])} if 'free' in given else {})
    return cast(Target, remade(kind, given))


def value_of(values: Mapping[str, str], name: str) -> Any:
    """Return a value; raises `RecordingError` if it is missing or damaged."""
    try:
        return json.loads(values[name])
    except (KeyError, ValueError) as error:
        raise RecordingError(f'a recorded step has no usable value of {name!r}: '
                             f'{values.get(name, "it is missing")}') from error
