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
be met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
import math

from ik_solver_node import kernels
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import as_vector, Pose
import numpy as np
from numpy.typing import ArrayLike

AXES = ('x', 'y', 'z', 'rx', 'ry', 'rz')
"""The axes of a pose: along and about x, y and z."""


class TargetFrame(str, Enum):
    """Whose axes free axes and tolerances are meant along and about."""

    BASE = 'base'
    TARGET = 'target'


@dataclass(frozen=True, eq=False)
class PoseTarget:
    """
    The tip shall have this pose, but for axes that are free and tolerances.

    Attributes
    ----------
    pose : Pose
        Wanted pose of the tip, or of the tool, in the base frame.
    free : sequence of str
        Axes that do not count, of ``x y z rx ry rz``: along and about the axes of `frame`.
    position_tolerance : float or array_like, shape (3,)
        How far from the position, along each axis of `frame`, is good enough [m]; infinite for a
        free axis.
    orientation_tolerance : float or array_like, shape (3,)
        The same for the rotation vector from the wanted orientation [rad].
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
            raise InvalidPoseError(f'the pose of a PoseTarget must be a Pose, got {self.pose!r}')
        free = tuple([self.free] if isinstance(self.free, str) else self.free)
        for axis in free:
            if axis not in AXES:
                raise InvalidPoseError(f'{axis!r} is no axis that can be free; known are: '
                                       f'{", ".join(AXES)}')
        try:
            frame = TargetFrame(self.frame)
        except ValueError:
            raise InvalidPoseError(f'frame is {self.frame!r}, but must be one of '
                                   "'base', 'target'") from None
        position = _tolerances(self.position_tolerance, 'position_tolerance', free, AXES[:3])
        orientation = _tolerances(self.orientation_tolerance, 'orientation_tolerance', free,
                                  AXES[3:])
        if np.isinf(position).all() and np.isinf(orientation).all():
            raise InvalidPoseError('all six axes of the target are free, so that nothing is '
                                   'asked; leave at least one out of free')
        goal = _goal(self.pose.position, self.pose.rotation(), self.tool, self.weight)
        for part, tolerances in ((0, position), (1, orientation)):
            _relax(goal, part, tolerances, frame)
        for name, value in (('free', free), ('frame', frame), ('position_tolerance', position),
                            ('orientation_tolerance', orientation), ('goal', _frozen(goal))):
            object.__setattr__(self, name, value)

    @property
    def position(self) -> np.ndarray:
        """Wanted position in the base frame, shape (3,) [m]."""
        return self.pose.position


@dataclass(frozen=True, eq=False)
class PointTarget:
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
        position = as_vector(self.position, 3, 'position')
        tolerance = _tolerances(self.tolerance, 'tolerance', (), ())
        if np.isinf(tolerance).all():
            raise InvalidPoseError('all axes of the point are free, so that nothing is asked; '
                                   'give at least one a finite tolerance')
        goal = _goal(position, np.eye(3), self.tool, self.weight)
        goal[0, kernels.G_WEIGHT + 1] = 0.0
        _relax(goal, 0, tolerance, TargetFrame.BASE)
        for name, value in (('position', position), ('tolerance', tolerance),
                            ('goal', _frozen(goal))):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class OrientationTarget:
    """
    The tip shall have this orientation, anywhere.

    Attributes
    ----------
    quat_xyzw : ndarray, shape (4,)
        Wanted orientation of the tip, or of the tool, in the base frame.
    tolerance : float or array_like, shape (3,)
        How far from it about each axis of the target is good enough [rad]; infinite for a free
        axis.
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
        pose = Pose(np.zeros(3), self.quat_xyzw)
        full = PoseTarget(pose, free=AXES[:3], orientation_tolerance=self.tolerance,
                          tool=self.tool, weight=self.weight)
        for name, value in (('quat_xyzw', pose.quat_xyzw), ('goal', full.goal),
                            ('tolerance', full.orientation_tolerance)):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class DirectionTarget:
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
        How far from the direction is good enough [rad].
    position_tolerance : float or array_like, shape (3,)
        How far from the position along each axis of the base is good enough [m].
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
        direction, axis = _unit(self.direction, 'direction'), _unit(self.axis, 'axis')
        cone = float(_tolerances(self.cone, 'cone', (), ())[0])
        if cone >= math.pi:
            raise InvalidPoseError(f'cone is {cone} [rad], but must be below pi: a wider one '
                                   'leaves every direction free')
        position = None if self.position is None else as_vector(self.position, 3, 'position')
        tolerance = _tolerances(self.position_tolerance, 'position_tolerance', (), ())
        goal = _goal(np.zeros(3) if position is None else position, _turn(axis, direction),
                     self.tool, self.weight)
        if position is None:
            goal[0, kernels.G_WEIGHT] = 0.0
        else:
            _relax(goal, 0, tolerance, TargetFrame.BASE)
        goal[0, kernels.G_KIND + 1] = kernels.AXIS
        goal[0, kernels.G_AXIS:kernels.G_AXIS + 3] = (
            axis if self.tool is None else self.tool.rotation() @ axis)
        goal[0, kernels.G_CONE] = cone
        for name, value in (('direction', direction), ('axis', axis), ('position', position),
                            ('cone', cone), ('position_tolerance', tolerance),
                            ('goal', _frozen(goal))):
            object.__setattr__(self, name, value)


Target = PoseTarget | PointTarget | OrientationTarget | DirectionTarget
TARGETS = (PoseTarget, PointTarget, OrientationTarget, DirectionTarget)
"""Every kind of target."""


def no_goal() -> np.ndarray:
    """Return the goal of a tip that nothing is asked of."""
    return _frozen(np.zeros((1, kernels.GOAL_SIZE)))


def is_full(goal: np.ndarray) -> bool:
    """Return whether a goal, shape (1, GOAL_SIZE), asks for all six axes of one tip, exactly."""
    return len(goal) == 1 and bool(goal[0, kernels.G_WEIGHT:kernels.G_WEIGHT + 2].all()
                                   and not goal[0, kernels.G_KIND:kernels.G_KIND + 2].any())


def relaxed_goal(goal: np.ndarray, free: Sequence[str], frame: TargetFrame) -> np.ndarray:
    """Return a full goal, shape (1, GOAL_SIZE), with these axes freed."""
    less = goal.copy()
    for part, axes in ((0, AXES[:3]), (1, AXES[3:])):
        _relax(less, part, _tolerances(0.0, 'tolerance', free, axes), frame)
    return _frozen(less)


def held_axes(goal: np.ndarray) -> int:
    """Return how many axes the parts of a goal hold that leave no freedom: 0, 3 or 6."""
    held = 0
    for part in (0, 1):
        if goal[0, kernels.G_WEIGHT + part] > 0.0 and goal[0, kernels.G_KIND + part] == (
                kernels.FULL):
            held += 3
    return held


def wanted_frame(target: Target) -> np.ndarray:
    """Return the frame of a tip that meets `target`, rotation row by row and position, (12,)."""
    row = target.goal[0]
    rotation = row[kernels.G_ROTATION:kernels.G_ROTATION + 9]
    tool = rotation.reshape(3, 3) @ row[kernels.G_TOOL:kernels.G_TOOL + 3]
    return np.concatenate([rotation, row[kernels.G_POSITION:kernels.G_POSITION + 3] - tool])


def _goal(position: np.ndarray, rotation: np.ndarray, tool: Pose | None,
          weight: float) -> np.ndarray:
    """Return one row of ``kernels`` goal, shape (1, GOAL_SIZE), that holds all six axes."""
    if not (isinstance(weight, (int, float)) and 0.0 < weight < math.inf):
        raise InvalidPoseError(f'weight is {weight!r}, but must be a positive finite number')
    goal = np.zeros((1, kernels.GOAL_SIZE))
    row = goal[0]
    row[kernels.G_POSITION:kernels.G_POSITION + 3] = position
    tip = rotation
    if tool is not None:
        if not isinstance(tool, Pose):
            raise InvalidPoseError(f'tool must be a Pose in the tip link, got {tool!r}')
        tip = rotation @ tool.rotation().T
        row[kernels.G_TOOL:kernels.G_TOOL + 3] = tool.position
    row[kernels.G_ROTATION:kernels.G_ROTATION + 9] = tip.ravel()
    row[kernels.G_AXES:kernels.G_AXES + 9] = rotation.ravel()
    row[kernels.G_WEIGHT:kernels.G_WEIGHT + 2] = weight
    return goal


def _relax(goal: np.ndarray, part: int, tolerances: np.ndarray, frame: TargetFrame) -> None:
    """Give the axes of one part of a goal their `tolerances` (3,), infinite for a free axis."""
    row = goal[0]
    free = np.isinf(tolerances)
    row[kernels.G_FRAME + part] = (
        kernels.BASE_FRAME if frame is TargetFrame.BASE else kernels.TARGET_FRAME)
    if free.all():
        row[kernels.G_WEIGHT + part] = 0.0
    elif part == 1 and free.sum() == 1 and not tolerances[~free].any():
        # A turn about an axis of the base or of the target is the spin about one of the tip.
        row[kernels.G_KIND + part] = kernels.AXIS
        tip = row[kernels.G_ROTATION:kernels.G_ROTATION + 9].reshape(3, 3)
        axes = np.eye(3) if frame is TargetFrame.BASE else row[kernels.G_AXES:].reshape(3, 3)
        row[kernels.G_AXIS:kernels.G_AXIS + 3] = tip.T @ axes[:, int(np.argmax(free))]
    elif tolerances.any():
        row[kernels.G_KIND + part] = kernels.BOX
        at = kernels.G_TOLERANCE + 3 * part
        row[at:at + 3] = tolerances


def _tolerances(values: ArrayLike, name: str, free: Sequence[str],
                axes: Sequence[str]) -> np.ndarray:
    """Return tolerances (3,), not negative, infinite for the axes that are `free`."""
    try:
        tolerances = np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), 3))
    except (TypeError, ValueError) as error:
        raise InvalidPoseError(f'{name} must be a number or 3 numbers, got {values!r}') from error
    if not (tolerances >= 0.0).all():
        raise InvalidPoseError(f'{name} is {tolerances.tolist()}, but must not be negative')
    for i, axis in enumerate(axes):
        if axis in free:
            tolerances[i] = np.inf
    return _frozen(tolerances)


def _unit(values: ArrayLike, name: str) -> np.ndarray:
    """Return a unit vector along `values` (3,)."""
    vector = as_vector(values, 3, name)
    length = float(np.linalg.norm(vector))
    if not 1e-9 < length < math.inf:
        raise InvalidPoseError(f'{name} {vector.tolist()} has length {length:.3g} and so points '
                               'nowhere; give a vector of length 1')
    return _frozen(vector / length)


def _turn(axis: np.ndarray, direction: np.ndarray) -> np.ndarray:
    """Return a rotation (3, 3) that takes one unit vector onto another: half a turn."""
    between = axis + direction
    if np.linalg.norm(between) < 1e-6:  # opposite: any perpendicular will do
        between = np.cross(axis, np.eye(3)[int(np.argmin(np.abs(axis)))])
    between = between / np.linalg.norm(between)
    return 2.0 * np.outer(between, between) - np.eye(3)


def _frozen(array: np.ndarray) -> np.ndarray:
    """Return `array` made read-only."""
    array.flags.writeable = False
    return array
