"""What is asked of the tip on a command line: the arguments, and the target they make."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import math
from typing import Any, TYPE_CHECKING

from ik_solver_node.cli.arguments import number
from ik_solver_node.exceptions import OptionsError

if TYPE_CHECKING:
    from ik_solver_node.target import Target

AXES = ('x', 'y', 'z', 'rx', 'ry', 'rz')
FRAMES = ('target', 'base')
"""Names of `target`, which takes too long to import for a line that is only being typed."""

KINDS = ('pose', 'point', 'orientation', 'direction')
SHORTEST, UNIT_SLACK = 1e-9, 0.1
"""A quaternion no longer than this says nothing; one this close to 1 counts as rounded."""


def add_target_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what can be asked of a tip."""
    group = parser.add_argument_group(
        'what the tip shall do, in the frame of the base [m, rad]; one of these, or --point with '
        '--direction')
    group.add_argument('--pose', metavar='NUMBER', nargs='+', type=number, help='7 numbers, the '
                       'position and a quaternion: x y z qx qy qz qw; or 6, the position and '
                       'turns about the fixed axes: x y z roll pitch yaw')
    group.add_argument('--point', metavar=('X', 'Y', 'Z'), nargs=3, type=number,
                       help='be at this point, in any orientation')
    group.add_argument('--orientation', metavar='NUMBER', nargs='+', type=number, help='be turned '
                       'like this, anywhere; 4 numbers, a quaternion: qx qy qz qw; or 3: roll '
                       'pitch yaw')
    group.add_argument('--direction', metavar=('X', 'Y', 'Z'), nargs=3, type=number,
                       help='have its --axis point along this vector, anywhere or at --point')
    group.add_argument('--axis', metavar=('X', 'Y', 'Z'), nargs=3, type=number, help='the axis of '
                       'the tip that points along --direction (default: 0 0 1)')
    group.add_argument('--cone', metavar='ANGLE', type=number,
                       help='how far from --direction is good enough (default: 0)')
    group.add_argument('--free', metavar='AXIS', nargs='+', choices=AXES, default=[],
                       help=f'axes of --pose that do not count, of {" ".join(AXES)}')
    group.add_argument('--frame', choices=FRAMES, help='whose axes --free means: those of the '
                       'wanted pose (target, the default) or of the base')


def target_of(parsed: argparse.Namespace) -> Target:
    """
    Return the target that a command line asks for.

    Raises
    ------
    OptionsError
        If it asks for none, for several, or with options or a quaternion that do not fit.
    InvalidPoseError
        If the target itself refuses a value.

    """
    from ik_solver_node.target import (
        DirectionTarget, OrientationTarget, PointTarget, PoseTarget)
    kind = _kind(parsed)
    if kind == 'pose':
        return PoseTarget(_pose(parsed.pose, parsed.degrees), free=parsed.free,
                          **_given(frame=parsed.frame))
    if kind == 'point':
        return PointTarget(parsed.point)
    if kind == 'orientation':
        pose = _pose([0.0, 0.0, 0.0, *parsed.orientation], parsed.degrees, 'orientation', 3)
        return OrientationTarget(pose.quat_xyzw)
    cone = parsed.cone and (math.radians(parsed.cone) if parsed.degrees else parsed.cone)
    return DirectionTarget(parsed.direction, **_given(
        axis=parsed.axis, position=parsed.point, cone=cone))


def _kind(parsed: argparse.Namespace) -> str:
    """Return which kind of target is asked for."""
    asked = [kind for kind in KINDS if getattr(parsed, kind) is not None]
    if not asked:
        raise OptionsError('nothing is asked of the tip; add --pose x y z qx qy qz qw, --pose x y '
                           'z roll pitch yaw, --point x y z, --orientation or --direction')
    if len(asked) > 1 and asked != ['point', 'direction']:
        raise OptionsError(f'--{" and --".join(asked)} exclude each other; ask for one of them, '
                           'or for --point with --direction')
    for options, needed in ((('free', 'frame'), 'pose'), (('axis', 'cone'), 'direction')):
        for name in options:
            if getattr(parsed, name) not in (None, []) and needed != asked[-1]:
                raise OptionsError(f'--{name} goes with --{needed} only, but --{asked[-1]} is '
                                   'asked for; leave one of them out')
    if parsed.frame and not parsed.free:
        raise OptionsError('--frame says whose axes --free means; add --free, or leave it out')
    return asked[-1]


def _pose(numbers: Sequence[float], degrees: bool, option: str = 'pose', zeros: int = 0) -> Any:
    """Return the pose of 7 or 6 numbers, of which the first `zeros` were not typed."""
    from ik_solver_node.pose import Pose
    import numpy as np
    position, turn = numbers[:3], numbers[3:]
    if len(turn) == 3:
        return Pose.from_rpy(position, [math.radians(one) for one in turn] if degrees else turn)
    if len(turn) == 4:
        _check_quaternion(turn, option)
        return Pose(np.array(position), np.array(turn))
    place = '' if zeros else 'x y z '
    raise OptionsError(
        f'--{option} takes {7 - zeros} numbers ({place}qx qy qz qw) or {6 - zeros} ({place}roll '
        f'pitch yaw), but there are {len(numbers) - zeros}' + (
            '; for a position in any orientation, write --point' if len(numbers) == 3 else ''))


def _check_quaternion(turn: Sequence[float], option: str) -> None:
    """Refuse a quaternion that is not of length 1, and say which one is."""
    length = math.hypot(*turn)
    if abs(length - 1.0) <= UNIT_SLACK:
        return
    told = ' '.join(f'{one:g}' for one in turn)
    advice = 'write 0 0 0 1 for no rotation'
    if length > SHORTEST:
        unit = ' '.join(f'{one / length:.9g}' for one in turn)
        advice = f'of length 1 it is: {unit}'
    raise OptionsError(f'the quaternion {told} of --{option} has length {length:.4g}, but must '
                       f'have length 1, in the order qx qy qz qw; {advice}')


def _given(**options: Any) -> dict[str, Any]:
    """Return those of the options that were given."""
    return {name: value for name, value in options.items() if value is not None}
