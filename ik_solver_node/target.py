"""
What is asked of a tip: a pose, a point, an orientation or a direction, and what is left free.

Every target is a value with one line of use::

    PoseTarget(pose)                                     # position and orientation
    PoseTarget(pose, free=['rz'])                        # spin about the tool's z axis is free
    PoseTarget(pose, free=['x', 'y'], frame='base')      # only height and orientation count
    PoseTarget(pose, position_tolerance=0.005)           # 5 mm along each axis are good enough
    PointTarget([0.4, 0.1, 0.5])                         # in any orientation
    OrientationTarget([0, 0, 0, 1])                      # anywhere
    DirectionTarget([0, 0, -1], position=[0.4, 0, 0.2])  # tool z axis points down, spin free
    DirectionTarget([0, 0, -1], cone=0.2)                # within a cone of 0.2 rad

A `tool` is the pose of what is meant, a gripper's fingertip for one, in the tip link: the target
is then where the tool shall be. `weight` says how much a tip counts beside others when all cannot
be met; a tip alone it does not change.

A target lays itself out for the kernels when it is made: as its `goal`, which is read-only, also
in copies and pickles, because numba would compile everything again for one that is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
import math
import numbers
from typing import Any, TypeVar

from ik_solver_node import kernels
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import as_vector, Pose, shown
import numpy as np
from numpy.typing import ArrayLike
from transforms3d.quaternions import quat2mat

AXES = ('x', 'y', 'z', 'rx', 'ry', 'rz')
"""The axes of a pose: along and about x, y and z."""
ALL_TURNS = math.pi
"""No component of a rotation vector is larger [rad]."""
SHORTEST_DIRECTION = 1e-9
"""A vector shorter than this does not point anywhere for sure."""
UNIT_SLACK = 5e-16
"""A vector of a length this close to 1 is left as it is, so that a unit vector keeps its bits."""
SMALLEST_WEIGHT = 1e-100
"""Part of the largest weight that a tip keeps: with less, its squares would vanish."""


class TargetFrame(str, Enum):
    """Whose axes free axes and tolerances are meant along and about."""

    BASE = 'base'
    TARGET = 'target'


class _Laid:
    """What all targets share: a goal that is laid out from the checked fields, also of a copy."""

    goal: np.ndarray

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the fields, bit for bit, and lay out the goal again."""
        return remade, (type(self), {name: value for name, value in vars(self).items()
                                     if name != 'goal'})

    def _set(self, **values: Any) -> None:
        """Take fields that are checked, and lay out the goal."""
        for name, value in values.items():
            object.__setattr__(self, name, value)
        object.__setattr__(self, 'goal', _frozen(self._laid_out()))

    def _laid_out(self) -> np.ndarray:
        """Return the goal, shape (1, GOAL_SIZE)."""
        raise NotImplementedError


_Kind = TypeVar('_Kind', bound=_Laid)


def remade(kind: type[_Kind], values: dict[str, Any]) -> _Kind:
    """Return a target of its checked fields, bit for bit: copied, pickled or read back."""
    target = object.__new__(kind)
    target._set(**{name: _frozen(value) if isinstance(value, np.ndarray) else value
                   for name, value in values.items()})
    return target


@dataclass(frozen=True, eq=False)
class PoseTarget(_Laid):
    """
    The tip shall have this pose, but for axes that are free and tolerances.

    Attributes
    ----------
    pose : Pose
        Wanted pose of the tip, or of the tool, in the base frame.
    free : tuple of str
        Axes that do not count, of ``x y z rx ry rz``: along and about the axes of `frame`. One
        alone may be given as a str.
    position_tolerance : float or array_like, shape (3,)
        How far from the position, along each axis of `frame`, is good enough [m]; infinite for a
        free axis.
    orientation_tolerance : float or array_like, shape (3,)
        The same for the rotation vector from the wanted orientation [rad]; from pi on the axis
        is free.
    frame : TargetFrame or str
        ``target``, the axes of the wanted pose, or ``base``.
    tool : Pose, optional
        Pose of the tool in the tip link.
    weight : float
        How much this tip counts beside others.

    Raises
    ------
    InvalidPoseError
        If a value is of a wrong kind or range, or all axes are free.

    """

    pose: Pose
    free: Sequence[str] = ()
    position_tolerance: ArrayLike = 0.0
    orientation_tolerance: ArrayLike = 0.0
    frame: TargetFrame = TargetFrame.TARGET
    tool: Pose | None = None
    weight: float = 1.0
    goal: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the fields and lay them out for the kernels."""
        if not isinstance(self.pose, Pose):
            raise InvalidPoseError(f'the pose of a PoseTarget must be a Pose, got '
                                   f'{shown(self.pose)}')
        free = _free_axes(self.free)
        position = _tolerances(self.position_tolerance, 'position_tolerance', free, AXES[:3])
        orientation = _tolerances(self.orientation_tolerance, 'orientation_tolerance', free,
                                  AXES[3:], ALL_TURNS)
        freed = tuple(axis for axis, most in zip(AXES, [*position, *orientation])
                      if most == math.inf)
        if freed == AXES:
            raise InvalidPoseError('all six axes of the target are free, so that nothing is '
                                   'asked; leave at least one out of free, with a tolerance that '
                                   'is finite, and below pi if it is a turn')
        self._set(free=freed, position_tolerance=position, orientation_tolerance=orientation,
                  frame=_frame(self.frame), tool=_tool(self.tool), weight=_weight(self.weight))

    def _laid_out(self) -> np.ndarray:
        """Return the goal, shape (1, GOAL_SIZE)."""
        goal = _full(self.pose.position, self.pose.rotation(), self.tool)
        _relax(goal, 0, self.position_tolerance, self.frame)
        _relax(goal, 1, self.orientation_tolerance, self.frame)
        return goal

    @property
    def position(self) -> np.ndarray:
        """Wanted position in the base frame, shape (3,) [m]."""
        return self.pose.position


@dataclass(frozen=True, eq=False)
class PointTarget(_Laid):
    """
    The tip shall be at this point, in any orientation.

    Attributes
    ----------
    position : ndarray, shape (3,)
        Wanted position of the tip, or of the tool, in the base frame [m].
    tolerance : float or array_like, shape (3,)
        How far from it along each axis of the base is good enough [m]; infinite for a free axis.
    tool : Pose, optional
        Pose of the tool in the tip link.
    weight : float
        How much this tip counts beside others.

    Raises
    ------
    InvalidPoseError
        If a value is of a wrong kind or range, or all axes are free.

    """

    position: np.ndarray
    tolerance: ArrayLike = 0.0
    tool: Pose | None = None
    weight: float = 1.0
    goal: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the fields and lay them out for the kernels."""
        tolerance = _tolerances(self.tolerance, 'tolerance')
        if min(tolerance) == math.inf:
            raise InvalidPoseError(f'tolerance is {shown(self.tolerance)}, which leaves all axes '
                                   'of the point free, so that nothing is asked; at least one '
                                   'must be finite')
        self._set(position=as_vector(self.position, 3, 'position'), tolerance=tolerance,
                  tool=_tool(self.tool), weight=_weight(self.weight))

    def _laid_out(self) -> np.ndarray:
        """Return the goal, shape (1, GOAL_SIZE)."""
        goal = _full(self.position, np.eye(3), self.tool)
        goal[0, kernels.G_WEIGHT + 1] = 0.0
        _relax(goal, 0, self.tolerance, TargetFrame.BASE)
        return goal


@dataclass(frozen=True, eq=False)
class OrientationTarget(_Laid):
    """
    The tip shall have this orientation, anywhere.

    Attributes
    ----------
    quat_xyzw : ndarray, shape (4,)
        Wanted orientation of the tip, or of the tool, in the base frame.
    tolerance : float or array_like, shape (3,)
        How far from it about each axis of the target is good enough [rad]; from pi on the axis
        is free, and then infinite.
    tool : Pose, optional
        Pose of the tool in the tip link.
    weight : float
        How much this tip counts beside others.

    Raises
    ------
    InvalidPoseError
        If a value is of a wrong kind or range, or all axes are free.

    """

    quat_xyzw: np.ndarray
    tolerance: ArrayLike = 0.0
    tool: Pose | None = None
    weight: float = 1.0
    goal: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the fields and lay them out for the kernels."""
        tolerance = _tolerances(self.tolerance, 'tolerance', most=ALL_TURNS)
        if min(tolerance) == math.inf:
            raise InvalidPoseError(f'tolerance is {shown(self.tolerance)}, which leaves all axes '
                                   'of the orientation free, so that nothing is asked; at least '
                                   'one must be below pi')
        self._set(quat_xyzw=Pose(np.zeros(3), self.quat_xyzw).quat_xyzw, tolerance=tolerance,
                  tool=_tool(self.tool), weight=_weight(self.weight))

    def _laid_out(self) -> np.ndarray:
        """Return the goal, shape (1, GOAL_SIZE)."""
        goal = _full(np.zeros(3), quat2mat(np.roll(self.quat_xyzw, 1)), self.tool)
        goal[0, kernels.G_WEIGHT] = 0.0
        _relax(goal, 1, self.tolerance, TargetFrame.TARGET)
        return goal


@dataclass(frozen=True, eq=False)
class DirectionTarget(_Laid):
    """
    An axis of the tip shall point in a direction; the spin about it is free.

    Attributes
    ----------
    direction : ndarray, shape (3,)
        Where the axis shall point, in the base frame, made a unit vector.
    axis : ndarray, shape (3,)
        The axis of the tip link, or of the tool, that shall point there; default its z axis.
    position : ndarray, shape (3,), optional
        Wanted position of the tip, or of the tool, in the base frame [m]; default anywhere.
    cone : float
        How far from the direction is good enough [rad], below pi.
    position_tolerance : float or array_like, shape (3,)
        How far from the position along each axis of the base is good enough [m]; infinite for a
        free axis.
    tool : Pose, optional
        Pose of the tool in the tip link.
    weight : float
        How much this tip counts beside others.

    Raises
    ------
    InvalidPoseError
        If a value is of a wrong kind or range.

    """

    direction: np.ndarray
    axis: ArrayLike = (0.0, 0.0, 1.0)
    position: ArrayLike | None = None
    cone: float = 0.0
    position_tolerance: ArrayLike = 0.0
    tool: Pose | None = None
    weight: float = 1.0
    goal: np.ndarray = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the fields and lay them out for the kernels."""
        cone = _number(self.cone, 'cone', 'a number from 0 to below pi: a wider one leaves every '
                       'direction free')
        if cone >= math.pi:
            raise InvalidPoseError(f'cone is {cone} [rad], but must be below pi: a wider one '
                                   'leaves every direction free')
        position = None if self.position is None else as_vector(self.position, 3, 'position')
        self._set(direction=_unit(self.direction, 'direction'), axis=_unit(self.axis, 'axis'),
                  position=position, cone=cone, tool=_tool(self.tool),
                  position_tolerance=_tolerances(self.position_tolerance, 'position_tolerance'),
                  weight=_weight(self.weight))

    def _laid_out(self) -> np.ndarray:
        """Return the goal, shape (1, GOAL_SIZE)."""
        axis = np.asarray(self.axis)
        position = np.zeros(3) if self.position is None else np.asarray(self.position)
        goal = _full(position, _turn(axis, self.direction), self.tool)
        if self.position is None:
            goal[0, kernels.G_WEIGHT] = 0.0
        else:
            _relax(goal, 0, self.position_tolerance, TargetFrame.BASE)
        goal[0, kernels.G_KIND + 1] = kernels.AXIS
        goal[0, kernels.G_AXIS:kernels.G_AXIS + 3] = (
            axis if self.tool is None else self.tool.rotation() @ axis)
        goal[0, kernels.G_CONE] = self.cone
        return goal


Target = PoseTarget | PointTarget | OrientationTarget | DirectionTarget
TARGETS = (PoseTarget, PointTarget, OrientationTarget, DirectionTarget)
"""Every kind of target."""


def no_goal() -> np.ndarray:
    """Return the goal of a tip that nothing is asked of."""
    return _frozen(np.zeros((1, kernels.GOAL_SIZE)))


def is_full(goal: np.ndarray) -> bool:
    """Return whether a goal, shape (1, GOAL_SIZE), asks for all six axes of one tip, exactly."""
    if len(goal) > 1:
        return False
    weight_p, weight_o, kind_p, kind_o = goal[0, kernels.G_WEIGHT:kernels.G_KIND + 2].tolist()
    return bool(weight_p > 0.0 and weight_o > 0.0
                and kind_p == kernels.FULL and kind_o == kernels.FULL)


def stacked(targets: Sequence[Target | None]) -> np.ndarray:
    """
    Return what is asked of several tips, shape (m, GOAL_SIZE), None where nothing is.

    Weights count as parts of the largest: the kernels compare them with lengths and with the
    damping, which must not depend on the scale somebody chose for them.
    """
    goal = np.concatenate([no_goal() if one is None else one.goal for one in targets])
    weights = np.array([0.0 if one is None else one.weight for one in targets])
    if weights.any():
        parts = np.maximum(weights / weights.max(), SMALLEST_WEIGHT)
        goal[:, kernels.G_WEIGHT:kernels.G_WEIGHT + 2] *= parts[:, np.newaxis]
    return _frozen(goal)


def relaxed_goal(goal: np.ndarray, free: Sequence[str], frame: TargetFrame) -> np.ndarray:
    """
    Return a full goal, shape (1, GOAL_SIZE), with these axes freed.

    They are axes of the base or, where `frame` is that of the target, of the tip link as it is
    wanted: what a chain controls does not depend on how a tool is mounted on its tip.
    """
    less = goal.copy()
    less[0, kernels.G_AXES:kernels.G_AXES + 9] = less[
        0, kernels.G_ROTATION:kernels.G_ROTATION + 9]
    for part, axes in ((0, AXES[:3]), (1, AXES[3:])):
        _relax(less, part, np.array([math.inf if axis in free else 0.0 for axis in axes]), frame)
    return _frozen(less)


def wanted_frames(goal: np.ndarray) -> np.ndarray:
    """
    Return frames of tips that meet a goal (m, GOAL_SIZE): rotation row by row, position [m].

    The shape is (m, 12). Each is one of many where the target leaves freedom.
    """
    frames = []
    for row in goal:
        rotation = row[kernels.G_ROTATION:kernels.G_ROTATION + 9]
        tool = rotation.reshape(3, 3) @ row[kernels.G_TOOL:kernels.G_TOOL + 3]
        frames.append(np.concatenate(
            [rotation, row[kernels.G_POSITION:kernels.G_POSITION + 3] - tool]))
    return np.array(frames)


def _full(position: np.ndarray, rotation: np.ndarray, tool: Pose | None) -> np.ndarray:
    """Return one row of ``kernels`` goal, shape (1, GOAL_SIZE), that holds all six axes."""
    goal = np.zeros((1, kernels.GOAL_SIZE))
    row = goal[0]
    row[kernels.G_POSITION:kernels.G_POSITION + 3] = position
    tip = rotation
    if tool is not None:
        tip = rotation @ tool.rotation().T
        row[kernels.G_TOOL:kernels.G_TOOL + 3] = tool.position
    row[kernels.G_ROTATION:kernels.G_ROTATION + 9] = tip.ravel()
    row[kernels.G_AXES:kernels.G_AXES + 9] = rotation.ravel()
    row[kernels.G_WEIGHT:kernels.G_WEIGHT + 2] = 1.0
    return goal


def _relax(goal: np.ndarray, part: int, tolerances: ArrayLike, frame: TargetFrame) -> None:
    """Give the axes of one part of a goal their `tolerances` (3,), infinite for a free axis."""
    row = goal[0]
    most: list[float] = np.asarray(tolerances).tolist()
    free = most.count(math.inf)
    row[kernels.G_FRAME + part] = (
        kernels.BASE_FRAME if frame is TargetFrame.BASE else kernels.TARGET_FRAME)
    if free == 3:
        row[kernels.G_WEIGHT + part] = 0.0
    elif part == 1 and free == 1 and most.count(0.0) == 2:
        # A turn about an axis of the base or of the target is the spin about one of the tip.
        row[kernels.G_KIND + part] = kernels.AXIS
        tip = row[kernels.G_ROTATION:kernels.G_ROTATION + 9].reshape(3, 3)
        axes = np.eye(3) if frame is TargetFrame.BASE else (
            row[kernels.G_AXES:kernels.G_AXES + 9].reshape(3, 3))
        row[kernels.G_AXIS:kernels.G_AXIS + 3] = tip.T @ axes[:, most.index(math.inf)]
    elif any(most):
        row[kernels.G_KIND + part] = kernels.BOX
        at = kernels.G_TOLERANCE + 3 * part
        row[at:at + 3] = most


def _free_axes(free: Any) -> tuple[str, ...]:
    """Return the axes that are `free`, if all are axes."""
    allowed = f'must be axes out of {", ".join(AXES)}, or () for none'
    try:
        listed = (free,) if isinstance(free, str) else tuple(free)
    except TypeError:
        raise InvalidPoseError(f'free is {shown(free)}, but {allowed}') from None
    for axis in listed:
        if not (isinstance(axis, str) and axis in AXES):
            raise InvalidPoseError(f'free has {shown(axis)}, but {allowed}')
    return listed


def _frame(frame: Any) -> TargetFrame:
    """Return `frame` as one of the frames."""
    try:
        return TargetFrame(frame)
    except ValueError:
        allowed = ', '.join(repr(member.value) for member in TargetFrame)
        raise InvalidPoseError(f'frame is {shown(frame)}, but must be one of '
                               f'{allowed}') from None


def _tool(tool: Any) -> Pose | None:
    """Return `tool` if it can be one."""
    if tool is not None and not isinstance(tool, Pose):
        raise InvalidPoseError(f'tool must be a Pose in the tip link, or None, got {shown(tool)}')
    return tool


def _weight(weight: Any) -> float:
    """Return `weight` as a positive finite number."""
    number = _number(weight, 'weight', 'a positive finite number')
    if not 0.0 < number < math.inf:
        raise InvalidPoseError(f'weight is {shown(weight)}, but must be a positive finite number')
    return number


def _tolerances(values: Any, name: str, free: Sequence[str] = (), axes: Sequence[str] = (),
                most: float = math.inf) -> np.ndarray:
    """Return tolerances (3,), infinite for the axes that are `free` and from `most` on."""
    allowed = 'a number from 0 to infinity, or 3 of them, one for each axis'
    if isinstance(values, numbers.Real):
        listed = [values]
    else:
        try:
            array = np.asarray(values, dtype=object)
        except (TypeError, ValueError):
            array = np.empty(0)
        if array.shape not in ((), (3,)):
            raise InvalidPoseError(f'{name} is {shown(values)}, but must be {allowed}')
        listed = array.ravel().tolist()
    each = [_number(value, name, allowed) for value in listed]
    if len(each) == 1:
        each *= 3
    tolerances = np.array([math.inf if one >= most else one for one in each])
    for i, axis in enumerate(axes):
        if axis in free:
            tolerances[i] = math.inf
    return _frozen(tolerances)


def _number(value: Any, name: str, allowed: str) -> float:
    """Return `value` as a float that is not negative, and a number."""
    number = math.nan
    if not isinstance(value, bool) and isinstance(value, numbers.Real):
        try:
            number = float(value)
        except OverflowError:
            pass
    if not number >= 0.0:
        raise InvalidPoseError(f'{name} is {shown(value)}, but must be {allowed}')
    return number


def _unit(values: ArrayLike, name: str) -> np.ndarray:
    """Return a unit vector along `values` (3,)."""
    vector = as_vector(values, 3, name)
    if abs(math.hypot(*vector) - 1.0) < UNIT_SLACK:
        return vector
    largest = float(np.abs(vector).max())
    if not largest > SHORTEST_DIRECTION:
        raise InvalidPoseError(f'{name} is {vector.tolist()}, which is too short to point '
                               'anywhere; give a vector of length 1')
    vector = vector / largest  # the square of a large number would overflow
    return _frozen(vector / np.linalg.norm(vector))


def _turn(axis: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return a rotation (3, 3) that takes one unit vector onto another."""
    between = axis + direction
    if np.linalg.norm(between) > 1e-3:
        return _half_turn(between)
    # Nearly opposite, the sum is mostly rounding: to the very opposite first, and on from there.
    aside = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    return _half_turn(direction - axis) @ _half_turn(aside)


def _half_turn(about: np.ndarray) -> np.ndarray:
    """Return the rotation (3, 3) by pi about a vector (3,)."""
    return 2.0 / (about @ about) * np.outer(about, about) - np.eye(3)


def _frozen(array: np.ndarray) -> np.ndarray:
    """Return `array` made read-only."""
    array.flags.writeable = False
    return array
