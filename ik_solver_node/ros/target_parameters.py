"""TargetParameters: what of the targets that arrive counts, and how exactly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property

from ik_solver_node.exceptions import InvalidPoseError, OptionsError
from ik_solver_node.options import check_options, option
from ik_solver_node.pose import as_vector, Pose
from ik_solver_node.ros.lists import check_tuple
from ik_solver_node.target import (
    DirectionTarget, OrientationTarget, PointTarget, PoseTarget, TargetFrame)
import numpy as np


AHEAD = np.array([0.0, 0.0, 1.0])
"""Some direction."""


@dataclass(frozen=True)
class TargetParameters:
    """
    What a message leaves open about the target it means.

    The values are checked by the targets themselves: what no target would take is refused here,
    in the words of the target.

    Raises
    ------
    OptionsError
        If a value is of a wrong kind or range, contradicts another, or leaves nothing to ask.

    """

    free: tuple[str, ...] = option(
        (), 'axes of a target_pose that do not count, of x y z rx ry rz: along and about the axes '
        'of target.frame')
    frame: TargetFrame = option(
        TargetFrame.TARGET, 'whose axes target.free and the tolerances of a target_pose are '
        'meant along and about: target (those of the wanted pose) or base (those of base_link)')
    position_tolerance: tuple[float, ...] = option(
        (0.0,), 'how far from the position of a target_pose or target_point is good enough: a '
        'list of one, or of three for x, y and z (of base_link for points and with '
        'target.pointing); .inf frees an axis', unit='m')
    orientation_tolerance: tuple[float, ...] = option(
        (0.0,), 'how far from the orientation of a target_pose or target_orientation is good '
        'enough: a list of one, or of three for turns about x, y and z (of the target itself for '
        'target_orientation); .inf frees an axis', unit='rad')
    tool_position: tuple[float, ...] = option(
        (0.0, 0.0, 0.0), 'where in the tip link the tool is, such as the fingertip of a gripper: '
        'targets of every kind say where the tool shall be', unit='m')
    tool_rpy: tuple[float, ...] = option(
        (0.0, 0.0, 0.0), 'how the tool is turned in the tip link: roll, pitch and yaw about fixed '
        'axes', unit='rad')
    axis: tuple[float, ...] = option(
        (0.0, 0.0, 1.0), 'the axis of the tip, or of the tool, that shall point along a '
        'target_direction')
    cone: float = option(
        0.0, 'how far from there target.axis may point', unit='rad', minimum=0.0, maximum=3.14)
    pointing: bool = option(
        False, 'whether of the orientation of a target_pose only the way target.axis points '
        'counts, within target.cone, and the spin about it is free')

    def __post_init__(self) -> None:
        """Check every field, and that there are targets with them."""
        check_options(self)
        check_tuple(self, 'free', str)
        for name in ('position_tolerance', 'orientation_tolerance', 'tool_position', 'tool_rpy',
                     'axis'):
            check_tuple(self, name, float)
        for name in ('position_tolerance', 'orientation_tolerance'):
            object.__setattr__(self, name, getattr(self, name) or (0.0,))
        if self.pointing and self.free:
            raise OptionsError(
                f'free is {list(self.free)}, but must be empty while target.pointing is true, '
                'which says what of the orientation counts (an infinite target.position_tolerance '
                'frees an axis of the position); at run time set them together '
                '(set_parameters_atomically)')
        self._check_targets()

    def _check_targets(self) -> None:
        """Make targets of every kind, so that what they refuse is refused now."""
        origin = Pose.identity()
        with _refusal(''):  # these sentences begin with the name of the field
            self.tool
            self.direction(AHEAD)
            for axis in self.free:
                PoseTarget(origin, free=axis)
            PoseTarget(origin, position_tolerance=_tolerance(self.position_tolerance))
            PoseTarget(origin, orientation_tolerance=_tolerance(self.orientation_tolerance))
        with _refusal('position_'):
            self.point(origin.position)
        with _refusal('orientation_'):
            self.orientation(origin.quat_xyzw)
        with _refusal('free: '):
            self.pose(origin)

    @cached_property
    def tool(self) -> Pose | None:
        """The tool in the tip link, None if it is the tip itself."""
        position = as_vector(self.tool_position, 3, 'tool_position')
        rpy = as_vector(self.tool_rpy, 3, 'tool_rpy')
        return Pose.from_rpy(position, rpy) if position.any() or rpy.any() else None

    def pose(self, pose: Pose) -> PoseTarget | DirectionTarget:
        """Return the target that a pose in the base frame means."""
        if self.pointing:
            return DirectionTarget(
                pose.rotation() @ np.array(self.axis), self.axis, pose.position, self.cone,
                _tolerance(self.position_tolerance), self.tool)
        return PoseTarget(pose, self.free, _tolerance(self.position_tolerance),
                          _tolerance(self.orientation_tolerance), self.frame, self.tool)

    def point(self, position: np.ndarray) -> PointTarget:
        """Return the target that a point in the base frame, shape (3,) [m], means."""
        return PointTarget(position, _tolerance(self.position_tolerance), self.tool)

    def orientation(self, quat_xyzw: np.ndarray) -> OrientationTarget:
        """Return the target that an orientation in the base frame, shape (4,), means."""
        return OrientationTarget(quat_xyzw, _tolerance(self.orientation_tolerance), self.tool)

    def direction(self, direction: np.ndarray) -> DirectionTarget:
        """Return the target that a direction in the base frame, shape (3,), means."""
        return DirectionTarget(direction, self.axis, cone=self.cone, tool=self.tool)


@contextmanager
def _refusal(start: str) -> Iterator[None]:
    """Pass on what a target refuses, with `start` before the sentence."""
    try:
        yield
    except InvalidPoseError as error:
        raise OptionsError(f'{start}{error}') from None


def _tolerance(values: tuple[float, ...]) -> float | tuple[float, ...]:
    """Return a tolerance as targets take it: a list of one means all axes."""
    return values[0] if len(values) == 1 else values
