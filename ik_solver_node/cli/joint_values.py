"""Joint positions on a command line: numbers in order, or joint=value in any order."""

from __future__ import annotations

from collections.abc import Sequence
import math

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.robot_model import JointType, listed, RobotModel, similar


def joint_values(words: Sequence[str], model: RobotModel, in_order: Sequence[str],
                 by_name: Sequence[str], degrees: bool, what: str) -> dict[str, float]:
    """
    Return the positions that `words` give to joints, by name [rad or m].

    Parameters
    ----------
    words : sequence of str
        Numbers, or each a joint and its position with = between.
    model : RobotModel
        The robot.
    in_order, by_name : sequence of str
        The joints that numbers are for, and those that may be named.
    degrees : bool
        Whether angles are in degrees.
    what : str
        What the words are, for error messages.

    Raises
    ------
    OptionsError
        If they are neither, or not one number for each joint, or a joint is unknown or twice.

    """
    named = [word for word in words if '=' in word]
    if not named:
        if len(words) != len(in_order):
            raise OptionsError(
                f'{what} must be {len(in_order)} numbers, one for each of {listed(in_order)} in '
                f'this order, but there are {len(words)}; some joints only are set by name: '
                f'{in_order[0]}=0.5')
        pairs = list(zip(in_order, words))
    elif len(named) < len(words):
        raise OptionsError(f'{what} mix numbers and joint=value; write either one number for each '
                           f'of {listed(in_order)}, or all of them as joint=value')
    else:
        pairs = [(name, value) for name, _, value in (word.rpartition('=') for word in words)]
    positions: dict[str, float] = {}
    for name, text in pairs:
        _check_name(name, model, by_name, what)
        if name in positions:
            raise OptionsError(f'{what} set joint {name!r} twice; set each joint once')
        positions[name] = _position(text, name, model, degrees, what)
    return positions


def is_angle(model: RobotModel, joint: str) -> bool:
    """Return whether a joint turns, and its position is an angle."""
    return model.joint(joint).type is not JointType.PRISMATIC


def _check_name(name: str, model: RobotModel, by_name: Sequence[str], what: str) -> None:
    """Refuse a joint that cannot be set."""
    if name in by_name:
        return
    if name in {joint.name for joint in model.joints if joint.mimic}:
        source, multiplier, offset = model.resolve_mimic(name)
        raise OptionsError(f'{what} set joint {name!r}, which mimics {source!r} ({multiplier:g} '
                           f'times, offset {offset:g}); set {source!r} instead')
    raise OptionsError(f'{what} set {name!r}, which is not among the joints that can be set; '
                       f'{similar(name, by_name)}these are: {listed(by_name)}')


def _position(text: str, name: str, model: RobotModel, degrees: bool, what: str) -> float:
    """Return the position that `text` gives to a joint [rad or m]."""
    turns = is_angle(model, name)
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        unit = 'm' if not turns else 'degrees' if degrees else 'rad'
        raise OptionsError(f'{what} set joint {name!r} to {text.strip()!r}, but must be finite '
                           f'numbers [{unit}], or joint=value')
    return math.radians(value) if degrees and turns else value
