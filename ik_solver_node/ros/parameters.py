"""NodeParameters, everything that can be set on the node, and its way to and from ROS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, Field, fields, is_dataclass, replace
import difflib
from enum import Enum
from typing import Any, get_type_hints

from ik_solver_node.exceptions import IkSolverError, OptionsError
from ik_solver_node.joint_limits_file import JointLimit
from ik_solver_node.line_plan import LineOptions
from ik_solver_node.motion import Mode, MotionOptions
from ik_solver_node.options import check_options, option
from ik_solver_node.pilot import WatchOptions
from ik_solver_node.ros.lists import check_lists, check_tuple
from ik_solver_node.ros.outputs import OutputKind
from ik_solver_node.ros.target_parameters import TargetParameters
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.tracker import TrackerOptions
from rcl_interfaces.msg import (FloatingPointRange, IntegerRange, ParameterDescriptor,
                                SetParametersResult)
from rclpy.node import Node
from rclpy.parameter import Parameter

SLOWEST_RATE = 0.01
"""Lowest rate of publishing, apart from none [Hz]: a timer takes no arbitrary period."""

ROS_PREFIXES = ('use_sim_time', 'start_type_description_service', 'qos_overrides.')
"""Parameters of every ROS node, which are not ours to judge."""


@dataclass(frozen=True)
class JointLimits:
    """Position limits that replace those of the URDF: one entry per joint in each list."""

    joints: tuple[str, ...] = option((), 'joints whose position limits are replaced')
    lower: tuple[float, ...] = option(
        (), 'their lower limits, in the same order; -.inf for none', unit='rad or m')
    upper: tuple[float, ...] = option(
        (), 'their upper limits, in the same order; .inf for none', unit='rad or m')

    def __post_init__(self) -> None:
        """Check every field and that they fit together."""
        check_lists(self)

    def as_mapping(self) -> dict[str, tuple[float, float]]:
        """Return lower and upper limit by joint [rad or m]."""
        return dict(zip(self.joints, zip(self.lower, self.upper)))


@dataclass(frozen=True)
class LockedJoints:
    """Joints that the solver may not move: one entry per joint in each list."""

    joints: tuple[str, ...] = option((), 'joints that the solver does not move')
    positions: tuple[float, ...] = option(
        (), 'where they stand, in the same order', unit='rad or m')

    def __post_init__(self) -> None:
        """Check every field and that they fit together."""
        check_lists(self)

    def as_mapping(self) -> dict[str, float]:
        """Return the position by joint [rad or m]."""
        return dict(zip(self.joints, self.positions))


@dataclass(frozen=True)
class JointMotionLimits:
    """Limits of motion that replace all others: one entry per joint in each list."""

    joints: tuple[str, ...] = option((), 'joints whose limits of motion are replaced')
    velocity: tuple[float, ...] = option(
        (), 'their limits of velocity, in the same order; .inf leaves what there is',
        unit='rad/s or m/s')
    acceleration: tuple[float, ...] = option(
        (), 'their limits of acceleration, in the same order; .inf leaves what there is',
        unit='rad/s^2 or m/s^2')
    jerk: tuple[float, ...] = option(
        (), 'their limits of jerk, in the same order; .inf leaves what there is',
        unit='rad/s^3 or m/s^3')

    def __post_init__(self) -> None:
        """Check every field and that they fit together."""
        check_lists(self)
        for name in ('velocity', 'acceleration', 'jerk'):
            for joint, value in zip(self.joints, getattr(self, name)):
                if not value > 0.0:
                    raise OptionsError(f'{name} has {value!r} for joint {joint!r}, but must have '
                                       'a positive number for each')

    def as_mapping(self) -> dict[str, JointLimit]:
        """Return the limits by joint."""
        return {joint: JointLimit(velocity=velocity, acceleration=acceleration, jerk=jerk)
                for joint, velocity, acceleration, jerk in
                zip(self.joints, self.velocity, self.acceleration, self.jerk)}


@dataclass(frozen=True)
class OutputOptions:
    """Where joint positions are sent to."""

    kind: OutputKind = option(
        OutputKind.JOINT_STATE, 'joint_state (JointState on joint_states, with '
        'use_measured_state on joint_commands), joint_trajectory (JointTrajectory for a '
        'joint_trajectory_controller), follow_joint_trajectory (the same as goals of its action; '
        'needs control_msgs) or position_array (Float64MultiArray for a '
        'forward_command_controller); the last three need use_measured_state',
        read_only=True)
    controller: str = option(
        '', 'name of the controller in its topic or action; empty for '
        'joint_trajectory_controller or forward_position_controller', read_only=True)
    joints: tuple[str, ...] = option(
        (), 'the joints of a position_array in the order of the controller; empty for those of '
        'the chain', read_only=True)

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)
        check_tuple(self, 'joints', str)

    @property
    def topic(self) -> str:
        """Where a controller listens."""
        if self.kind is OutputKind.POSITION_ARRAY:
            return f'{self.controller or "forward_position_controller"}/commands'
        return f'{self._trajectory_controller}/joint_trajectory'

    @property
    def action(self) -> str:
        """Where a controller takes goals."""
        return f'{self._trajectory_controller}/follow_joint_trajectory'

    @property
    def _trajectory_controller(self) -> str:
        """The name of a controller that follows trajectories."""
        return self.controller or 'joint_trajectory_controller'


@dataclass(frozen=True)
class NodeParameters:
    """
    Every parameter of the node; nested fields have dotted names, such as ``solver.max_time``.

    Raises
    ------
    OptionsError
        If a value has a wrong type, lies outside its range or contradicts another.

    """

    autostart: bool = option(
        True, 'whether the node configures and activates itself; if not, it waits for the '
        'transitions of its life cycle', read_only=True)
    robot_description: str = option(
        '', 'the text of the URDF; goes before urdf_file; with both empty, the node listens to '
        'the topic robot_description')
    urdf_file: str = option('', 'path of a URDF, or of a .xacro file if xacro is installed')
    base_link: str = option(
        '', 'link whose frame targets are given in; empty for the root of the robot')
    tip_links: tuple[str, ...] = option(
        (), 'the link to bring to the targets, or several, each to its own; empty for the only '
        'leaf of the robot')
    limits: JointLimits = JointLimits()
    locked: LockedJoints = LockedJoints()
    publish_rate: float = option(
        10.0, 'how often joint_states is published, from the start on, where the joints are in '
        'the middle of their range, so that late joiners see the arm; 0 publishes solutions only',
        unit='Hz', minimum=0.0, maximum=1000.0)
    publish_all_joints: bool = option(
        True, 'whether joint_states holds every movable joint of the robot, others than those of '
        'the chain in the middle of their range; if not, the joints of the chain only')
    use_measured_state: bool = option(
        False, 'whether a driver publishes joint_states: the node then reads it and sends each '
        'solution once, chain only, to joint_commands', read_only=True)
    measured_timeout: float = option(
        1.0, 'age above which a measured joint position is not used any more; targets are refused '
        'while a joint of the chain has no younger one',
        unit='s', minimum=0.01, maximum=3600.0)
    seed_timeout: float = option(
        1.0, 'pause between targets after which the next solve starts where the joints are '
        'measured, not where they were last sent, and its target is a new motion, as the first '
        'one is; 0 never does', unit='s', minimum=0.0, maximum=3600.0)
    target_timeout: float = option(
        1.0, 'how far the stamp of a target may be from the clock of the node; 0 accepts every '
        'stamp, and a stamp of zero is always accepted', unit='s', minimum=0.0, maximum=3600.0)
    record: str = option(
        '', 'where to record targets, answers, joints and diagnostics: a file that ends in .mcap, '
        'or the folder of a bag; a number is added to a name that is taken; empty for nowhere',
        read_only=True)
    thread_priority: int = option(
        0, 'real-time priority (SCHED_FIFO) of the thread that listens, solves and commands, '
        'where the user may have it; less than that of a controller_manager, which takes 50; 0 '
        'asks for none', minimum=0, maximum=99, read_only=True)
    target: TargetParameters = TargetParameters()
    solver: SolverOptions = SolverOptions()
    tracking: TrackerOptions = TrackerOptions(max_swing=0.02)
    motion: MotionOptions = MotionOptions()
    motion_limits: JointMotionLimits = JointMotionLimits()
    lines: LineOptions = LineOptions()
    watch: WatchOptions = WatchOptions()
    output: OutputOptions = OutputOptions()

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)
        check_tuple(self, 'tip_links', str)
        if 0.0 < self.publish_rate < SLOWEST_RATE:
            raise OptionsError(f'publish_rate is {self.publish_rate!r} [Hz], but must be 0 or at '
                               f'least {SLOWEST_RATE}')
        kind = self.output.kind
        if kind is not OutputKind.JOINT_STATE and not self.use_measured_state:
            raise OptionsError(f'output.kind is {kind.value!r}, which commands an arm; so '
                               'use_measured_state must be true, that motions begin where it is')
        if kind is OutputKind.JOINT_TRAJECTORY and self.motion.mode is Mode.DIRECT:
            raise OptionsError("output.kind is 'joint_trajectory', which needs times; so "
                               "motion.mode must be 'move' or 'track'")
        if kind is OutputKind.FOLLOW_JOINT_TRAJECTORY and self.motion.mode is not Mode.MOVE:
            raise OptionsError(
                f'output.kind is {kind.value!r}, whose goals are whole motions, but motion.mode '
                f"is {self.motion.mode.value!r}; it must be 'move', or, for a stream of targets "
                "in the mode 'track', output.kind must be 'joint_trajectory'")


CHAIN_FIELDS = ('robot_description', 'urdf_file', 'base_link', 'tip_links', 'limits', 'locked')
"""The fields of `NodeParameters` whose change needs a new chain."""
DRIVE_FIELDS = ('mode', 'rate', 'profile', 'joint_limits_file')
"""The fields of `MotionOptions` whose change needs a new drive."""


def entries(kind: Any = NodeParameters, prefix: str = '') -> Iterator[tuple[str, Field, Any]]:
    """Yield the dotted name, the field and the default value as ROS holds it of each option."""
    for item in fields(kind):
        default = getattr(kind, item.name)
        if is_dataclass(default):
            yield from entries(default, f'{prefix}{item.name}.')
        elif 'description' in item.metadata:
            yield f'{prefix}{item.name}', item, _to_ros(default)


def from_mapping(values: Mapping[str, Any], kind: Any = NodeParameters, prefix: str = '') -> Any:
    """
    Return `kind`, by default `NodeParameters`, from values by dotted name.

    Raises
    ------
    OptionsError
        If a value is refused; the message starts with its dotted name.

    """
    arguments = {}
    for item in fields(kind):
        name = f'{prefix}{item.name}'
        if is_dataclass(item.default):
            arguments[item.name] = from_mapping(values, item.default, f'{name}.')
        elif name in values:
            arguments[item.name] = values[name]
    try:
        return kind(**arguments) if isinstance(kind, type) else replace(kind, **arguments)
    except OptionsError as error:
        # What a nested dataclass says starts with the bare name of one of its fields.
        raise OptionsError(f'{prefix}{error}') from None


def to_ros(parameters: Any, prefix: str = '') -> list[Parameter]:
    """Return what `parameters` holds as ROS parameters, each of its declared type."""
    hints = get_type_hints(type(parameters))
    converted = []
    for item in fields(parameters):
        value = getattr(parameters, item.name)
        if is_dataclass(value):
            converted += to_ros(value, f'{prefix}{item.name}.')
        elif 'description' in item.metadata:
            kind = _ARRAYS.get(hints[item.name])  # an empty list does not show its type
            converted.append(Parameter(f'{prefix}{item.name}', kind, _to_ros(value)))
    return converted


def declare(node: Node, kind: type = NodeParameters) -> Any:
    """
    Declare every parameter of `kind` on `node` and return what was set at start.

    There is a warning for each that was set and is not known: it has no effect.

    Raises
    ------
    OptionsError
        If a value set from outside is refused.

    """
    # Declared without a type first: rclpy would meet an int for a double, as every YAML file has
    # some, with an exception of its own. `from_mapping` takes the int and explains the rest.
    for name, _, default in entries(kind):
        node.declare_parameter(name, default, ParameterDescriptor(dynamic_typing=True))
    parameters = read(node, kind=kind)
    node.set_parameters(to_ros(parameters))
    for name, item, default in entries(kind):
        node.set_descriptor(name, _descriptor(item, default))
    for sentence in unknown_overrides(node._parameter_overrides, kind):
        node.get_logger().warning(sentence)
    return parameters


def read(node: Node, changes: Mapping[str, Any] | None = None,
         kind: type = NodeParameters) -> Any:
    """
    Return the parameters of `node` as `kind`, with `changes` by dotted name laid over them.

    Raises
    ------
    OptionsError
        If a value is refused.

    """
    values = {}
    for name, _, default in entries(kind):
        value = (changes or {}).get(name, node.get_parameter_or(name).value)
        # An empty list in a YAML file has no type and arrives as None.
        values[name] = [] if value is None and isinstance(default, list) else value
    return from_mapping(values, kind)


def watch(node: Node, check: Callable[[Any], None], apply: Callable[[Any], None],
          kind: type = NodeParameters) -> None:
    """
    Call `check` before each change at run time, and `apply` after it.

    Parameters
    ----------
    node : Node
        The node on which the parameters are declared.
    check : callable
        Gets what the parameters would be; raises `IkSolverError` to refuse them.
    apply : callable
        Gets what the parameters are now.
    kind : type, optional
        What they are declared as.

    """
    known = {name for name, _, _ in entries(kind)}
    # Humble cannot tell when a change is done: there, it is applied right after this callback.
    has_post_callback = hasattr(node, 'add_post_set_parameters_callback')
    afterwards = node.create_guard_condition(lambda: apply(read(node, kind=kind)))

    def before(changed: list[Parameter]) -> SetParametersResult:
        changes = {parameter.name: parameter.value for parameter in changed
                   if parameter.name in known}
        deleted = [parameter.name for parameter in changed if parameter.name in known
                   and parameter.type_ is Parameter.Type.NOT_SET]
        if deleted:
            return SetParametersResult(
                successful=False, reason=f'{deleted[0]} cannot be deleted; set it to its default')
        try:
            if changes:
                check(read(node, changes, kind))
        except IkSolverError as error:
            return SetParametersResult(successful=False, reason=str(error))
        if changes and not has_post_callback:
            afterwards.trigger()
        return SetParametersResult(successful=True)

    def after(changed: list[Parameter]) -> None:
        if any(parameter.name in known for parameter in changed):
            apply(read(node, kind=kind))

    node.add_on_set_parameters_callback(before)
    if has_post_callback:
        node.add_post_set_parameters_callback(after)


def unknown_overrides(names: Mapping[str, Any], kind: type = NodeParameters) -> list[str]:
    """Return a sentence for each of `names`, set from outside, that is no parameter of `kind`."""
    known = [name for name, _, _ in entries(kind)]
    sentences = []
    for name in names:
        if name not in known and not name.startswith(ROS_PREFIXES):
            close = difflib.get_close_matches(name, known, 1)
            hint = f'; did you mean {close[0]!r}?' if close else ''
            sentences.append(f'parameter {name!r} is not known and has no effect{hint}')
    return sentences


_ARRAYS = {tuple[str, ...]: Parameter.Type.STRING_ARRAY,
           tuple[float, ...]: Parameter.Type.DOUBLE_ARRAY}


def _to_ros(value: Any) -> Any:
    """Return the value of an option as rclpy takes it."""
    if isinstance(value, Enum):
        return value.value
    return list(value) if isinstance(value, tuple) else value


def _descriptor(item: Field, default: Any) -> ParameterDescriptor:
    """Return the description, unit and range of an option for ROS tools."""
    about = item.metadata
    descriptor = ParameterDescriptor(
        description=about['description'] + (f' [{about["unit"]}]' if about['unit'] else ''),
        read_only=about['read_only'],
        dynamic_typing=True)
    if isinstance(item.default, Enum):
        allowed = ', '.join(member.value for member in type(item.default))
        descriptor.additional_constraints = f'one of {allowed}'
    elif about['minimum'] is not None and isinstance(default, float):
        descriptor.floating_point_range = [FloatingPointRange(
            from_value=float(about['minimum']), to_value=float(about['maximum']))]
    elif about['minimum'] is not None:
        descriptor.integer_range = [IntegerRange(
            from_value=int(about['minimum']), to_value=int(about['maximum']), step=1)]
    return descriptor
