"""Joints and poses as figures: as lines of a table for people, and as a tree for JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
import math
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.cli.joint_values import is_angle
from ik_solver_node.pose import Pose
import numpy as np
from transforms3d.euler import mat2euler

AT_LIMIT = 1e-9
"""Part of its range that a joint may be from a limit to be called at it."""


@dataclass(frozen=True)
class JointFigure:
    """
    Where a joint is, and where it may be.

    Attributes
    ----------
    name : str
        The joint.
    position, lower, upper : float
        Where it is and its limits, infinite where there is none [unit].
    unit : str
        ``rad`` or ``m``.
    follows : str
        The joint that it mimics, empty for none.

    """

    name: str
    position: float
    lower: float
    upper: float
    unit: str
    follows: str = ''

    @property
    def margin(self) -> float:
        """How far the nearer limit is, negative outside; infinite without limits [unit]."""
        return min(self.position - self.lower, self.upper - self.position)

    @property
    def nearness(self) -> str:
        """How near the limit is, in words."""
        reach = self.upper - self.lower
        if self.margin == math.inf:
            return 'no limit'
        which = 'lower' if self.position - self.lower < self.upper - self.position else 'upper'
        slack = AT_LIMIT * (reach if math.isfinite(reach) else 1.0)
        if self.margin < -slack:
            return f'outside its {which} limit'
        if self.margin <= slack:
            return f'at its {which} limit'
        if not math.isfinite(reach):
            return f'from its {which} limit'
        return f'({100.0 * self.margin / reach:.0f} % of the range) from its {which} limit'

    def tree(self) -> dict[str, Any]:
        """Return it for JSON."""
        return {**asdict(self), 'margin': self.margin}


def joint_figures(chain: KinematicChain, q: np.ndarray) -> list[JointFigure]:
    """Return every joint of the robot that `q` (n,) determines, those of the chain first."""
    bounds = dict(zip(chain.joint_names, zip(chain.lower.tolist(), chain.upper.tolist())))
    figures = []
    for name, position in chain.joint_positions(q).items():
        joint = chain.model.joint(name)
        lower, upper = bounds.get(name, (joint.lower, joint.upper))
        figures.append(JointFigure(
            name, position, lower, upper, 'rad' if is_angle(chain.model, name) else 'm',
            joint.mimic.joint if joint.mimic else ''))
    return figures


def joint_lines(figures: Sequence[JointFigure], degrees: bool,
                remarks: Mapping[str, str] | None = None) -> list[str]:
    """Return a table of joints; their limits are in degrees if `degrees`."""
    head = ('joint', 'position', '', 'lower', 'upper', 'to the nearer limit')
    rows: list[tuple[str, ...]] = [head]
    for one in figures:
        turns, scale, unit = one.unit == 'rad', 1.0, one.unit
        if turns and degrees:
            scale, unit = math.degrees(1.0), 'deg'
        remark = [one.nearness, f'follows {one.follows}' if one.follows else '',
                  (remarks or {}).get(one.name, '')]
        margin = '' if one.nearness.startswith(('no ', 'at ')) else (
            f'{_limit(abs(one.margin) * scale)} {unit} ')
        rows.append((one.name, f'{fixed(one.position, 6)} {one.unit}',
                     f'{fixed(math.degrees(one.position), 3)} deg' if turns else '',
                     _limit(one.lower * scale), _limit(one.upper * scale),
                     margin + ', '.join(filter(None, remark))))
    return aligned(rows)


def pose_lines(title: str, pose: Pose) -> list[str]:
    """Return a pose as position, quaternion and turns, under a title."""
    rpy = rpy_of(pose)
    degrees = _row([math.degrees(one) for one in rpy], 3)
    return [title, f'  x y z           {_row(pose.position, 6)} m',
            f'  qx qy qz qw     {_row(pose.quat_xyzw, 9)}',
            f'  roll pitch yaw  {_row(rpy, 6)} rad = {degrees} deg']


def _row(values: Iterable[float], digits: int) -> str:
    """Return numbers that can be pasted into another command."""
    return ' '.join(fixed(value, digits) for value in values)


def pose_tree(pose: Pose) -> dict[str, Any]:
    """Return a pose for JSON."""
    return {'position': pose.position.tolist(), 'quat_xyzw': pose.quat_xyzw.tolist(),
            'rpy': list(rpy_of(pose))}


def rpy_of(pose: Pose) -> tuple[float, float, float]:
    """Return roll, pitch and yaw about fixed axes [rad]."""
    roll, pitch, yaw = mat2euler(pose.rotation(), axes='sxyz')
    return float(roll), float(pitch), float(yaw)


def aligned(rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, its first and last column to the left."""
    table = list(rows)
    widths = [max(map(len, column)) for column in zip(*table)]
    return ['  ' + '  '.join(
        f'{cell:<{width}}' if i in (0, len(widths) - 1) else f'{cell:>{width}}'
        for i, (cell, width) in enumerate(zip(row, widths))).rstrip() for row in table]


def fixed(value: float, digits: int) -> str:
    """Return a number with so many digits, without a sign if they are all zero."""
    return f'{round(float(value), digits) + 0.0:.{digits}f}'


def _limit(value: float) -> str:
    """Return a limit with the same digits as others, unless it has no end."""
    return fixed(value, 4) if abs(value) < 1e6 else f'{value:g}'
