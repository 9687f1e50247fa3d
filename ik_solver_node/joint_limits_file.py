"""
Limits of joints from a YAML file, as MoveIt and ros2_control users already have it.

Both write one entry for each joint under ``joint_limits``, at the top (MoveIt) or among the
parameters of a node (ros2_control)::

    joint_limits:
      elbow:
        has_velocity_limits: true
        max_velocity: 2.0             # [rad/s or m/s]
        has_acceleration_limits: true
        max_acceleration: 4.0         # [rad/s^2 or m/s^2]
        has_jerk_limits: false

``!degrees`` before a number turns it into radians. A flag ``has_...: false`` switches off what it
belongs to; a value without a flag counts. ``max_deceleration`` limits the acceleration, too, which
here is the same both ways. Scaling factors, efforts and soft limits are left aside.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
import math
import os
from pathlib import Path
from typing import Any, NamedTuple

from ik_solver_node.exceptions import OptionsError
import yaml

LARGEST_FILE = 2_000_000
"""Characters that are read at most."""
FLAGS = {
    'min_position': 'has_position_limits', 'max_position': 'has_position_limits',
    'max_velocity': 'has_velocity_limits', 'max_acceleration': 'has_acceleration_limits',
    'max_deceleration': 'has_deceleration_limits', 'max_jerk': 'has_jerk_limits',
}
"""Every number that counts, and the flag that may switch it off."""


class JointLimit(NamedTuple):
    """
    The limits of one joint, in [rad] or [m] and seconds; infinite where there is none.

    Attributes
    ----------
    lower, upper : float
        Where it may be.
    velocity, acceleration, jerk : float
        How fast it may go, speed up and change that.

    """

    lower: float = -math.inf
    upper: float = math.inf
    velocity: float = math.inf
    acceleration: float = math.inf
    jerk: float = math.inf


def read_joint_limits(path: str | os.PathLike) -> dict[str, JointLimit]:
    """
    Read the limits of joints from a file.

    Parameters
    ----------
    path : str or path
        The YAML file.

    Returns
    -------
    dict of str to JointLimit
        By joint.

    Raises
    ------
    OptionsError
        If it cannot be read, is no YAML or has no limits, or one of them makes no sense; the
        message names the file, the joint and the value.

    """
    file = Path(path).expanduser()
    try:
        with open(file, encoding='utf-8') as stream:
            text = stream.read(LARGEST_FILE + 1)
        if len(text) > LARGEST_FILE:
            raise OptionsError(f'{file} has more than {LARGEST_FILE} characters')
        tables = list(_tables(yaml.load(text, Loader=_Loader)))
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, 'strerror', None) or error
        raise OptionsError(f'joint limits cannot be read from {file}: {reason}') from error
    except (yaml.YAMLError, RecursionError) as error:
        raise OptionsError(f'{file} is no YAML: {" ".join(str(error).split())}') from error
    if not tables:
        raise OptionsError(f'{file} has no entry joint_limits with one entry for each joint')
    limits: dict[str, JointLimit] = {}
    for table in tables:
        for name, entry in table.items():
            limits[str(name)] = _limit(f'{file}: joint {name!r}', entry)
    return limits


class _Loader(yaml.SafeLoader):
    """Reads plain YAML, and the numbers that MoveIt marks as degrees or radians."""


def _angle(factor: float) -> Any:
    """Return what reads a marked number."""
    def construct(loader: _Loader, node: yaml.Node) -> float:
        text = loader.construct_scalar(node) if isinstance(node, yaml.ScalarNode) else node.value
        try:
            return factor * float(text)
        except (TypeError, ValueError):
            raise yaml.constructor.ConstructorError(
                None, None, f'{node.tag} is before {text!r}, which is no number',
                node.start_mark) from None
    return construct


_Loader.add_constructor('!degrees', _angle(math.pi / 180.0))
_Loader.add_constructor('!radians', _angle(1.0))


def _tables(data: Any) -> Iterator[Mapping[str, Any]]:
    """Return every mapping that stands under ``joint_limits``, however deep."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            if key == 'joint_limits' and isinstance(value, Mapping):
                yield value
            else:
                yield from _tables(value)


def _limit(where: str, entry: Any) -> JointLimit:
    """Return the limits in the entry of a joint."""
    if not isinstance(entry, Mapping):
        raise OptionsError(f'{where} is {entry!r}, but must be a mapping with max_velocity and so '
                           'on')
    values = {key: _number(where, entry, key, flag) for key, flag in FLAGS.items()}
    lower, upper = values['min_position'], values['max_position']
    lower = -math.inf if lower == math.inf else lower
    if lower > upper:
        raise OptionsError(f'{where}: min_position is {lower}, more than max_position, {upper}')
    return JointLimit(lower, upper, values['max_velocity'],
                      min(values['max_acceleration'], values['max_deceleration']),
                      values['max_jerk'])


def _number(where: str, entry: Mapping[str, Any], key: str, flag: str) -> float:
    """Return a number of an entry, infinity if it is not there or switched off."""
    counts = entry.get(flag, key in entry)
    if not isinstance(counts, bool):
        raise OptionsError(f'{where}: {flag} is {counts!r}, but must be true or false')
    if not counts:
        return math.inf
    value = entry.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise OptionsError(f'{where}: {key} is {value!r}, but must be a finite number, as {flag} '
                           'is true')
    if value <= 0.0 and not key.endswith('_position'):
        raise OptionsError(f'{where}: {key} is {value!r}, but must be positive; without that '
                           f'limit say {flag}: false')
    return float(value)
