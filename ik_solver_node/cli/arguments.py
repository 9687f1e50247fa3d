"""Arguments that several subcommands have in common, and what a subcommand is."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
import math
from typing import Any, NamedTuple

from ik_solver_node.exceptions import IkSolverError, OptionsError


class Command(NamedTuple):
    """
    A subcommand.

    summary : what it does, in a phrase
    add_arguments : gives its arguments to its parser
    run : does it and returns the exit code
    rest : the list among its arguments that also takes words after options, empty for none
    """

    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    rest: str = ''


def shielded(word: str) -> str:
    """
    Return `word`, with a space before it if it is a negative number.

    argparse takes -1e-3 for an option. A space, which no option begins with, and which float()
    does not mind, tells it otherwise.
    """
    try:
        float(word)
    except ValueError:
        return word
    return f' {word}' if word.startswith('-') else word


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return what makes a number of an argument, within these bounds."""
    def convert(text: str) -> int:
        """Return the number that `text` is."""
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(
                f'{text.strip()!r} is not a whole number from {lowest} to {highest}')
        return number
    return convert


def number(text: str) -> float:
    """Return the finite number that an argument is."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        hint = '; write the URDF before the options' if '.urdf' in text else ''
        raise argparse.ArgumentTypeError(f'{text.strip()!r} is not a finite number{hint}')
    return value


def add_robot_arguments(parser: argparse.ArgumentParser, several_tips: bool = False) -> None:
    """Add the robot, and where the chain begins and ends."""
    parser.add_argument('urdf', metavar='URDF', help='the robot, a .urdf or .xacro file; - reads '
                        'a URDF from the standard input')
    completed_by(parser.add_argument(
        '--base', metavar='LINK', help='where the chain begins (default: the root of the robot)'),
        links_on_the_line)
    tips = ('where it ends; several tips are solved together' if several_tips else
            'where it ends, any link')
    completed_by(parser.add_argument(
        '--tip', metavar='LINK', nargs='+' if several_tips else None,
        help=f'{tips} (default: the only leaf of the robot)'), links_on_the_line)
    parser.add_argument('--xacro', metavar='NAME:=VALUE', nargs='+', default=[],
                        help='arguments for a .xacro file')


def add_json(parser: argparse.ArgumentParser, more: str = '') -> None:
    """Add the choice between a text for people and one for programs."""
    parser.add_argument('--json', action='store_true', help=f'print one JSON object{more}')


def add_units(parser: argparse.ArgumentParser) -> None:
    """Add the unit of angles, and the JSON that does not depend on it."""
    parser.add_argument('--degrees', action='store_true', help='all angles are typed in degrees, '
                        'and limits shown in them')
    add_json(parser, ', always in metres and radians')


def mappings(words: Sequence[str]) -> dict[str, str]:
    """Return the arguments for xacro."""
    for word in words:
        if ':=' not in word:
            raise OptionsError(f'--xacro has {word!r}; write NAME:=VALUE, for example '
                               'ur_type:=ur5e')
    return {name: value for name, _, value in (word.partition(':=') for word in words)}


def completed_by(argument: argparse.Action, complete: Callable[..., Sequence[str]]) -> None:
    """Have argcomplete offer what `complete` finds for an argument."""
    argument.completer = complete  # type: ignore[attr-defined]


def links_on_the_line(parsed_args: argparse.Namespace, **_: Any) -> Sequence[str]:
    """Return the links of the robot on the line."""
    model = _model_on_the_line(parsed_args)
    return model.links if model else ()


def joints_on_the_line(parsed_args: argparse.Namespace, **_: Any) -> Sequence[str]:
    """Return the beginnings of what sets the joints of the robot on the line."""
    model = _model_on_the_line(parsed_args)
    return [f'{name}=' for name in model.movable_joint_names] if model else ()


def _model_on_the_line(parsed_args: argparse.Namespace) -> Any:
    """Return the model of the robot on a line that is being typed, None if there is none yet."""
    from ik_solver_node.robot_model import parse_urdf
    from ik_solver_node.urdf_file import read_urdf
    try:
        return parse_urdf(read_urdf(parsed_args.urdf, mappings(parsed_args.xacro)))
    except (IkSolverError, TypeError):  # of a line without a URDF as well
        return None
