"""The robot of a command line: its description, and a sentence that helps to choose a tip."""

from __future__ import annotations

import argparse
import shlex
import sys

from ik_solver_node.chain import KinematicChain, known_link
from ik_solver_node.check import ask_for_tip
from ik_solver_node.cli.arguments import mappings
from ik_solver_node.exceptions import ChainError, UrdfError
from ik_solver_node.robot_model import listed, MAX_URDF_LENGTH, parse_urdf, RobotModel
from ik_solver_node.urdf_file import read_urdf


def description_of(parsed: argparse.Namespace) -> str:
    """Return the text of the URDF that the command line names."""
    if parsed.urdf != '-':
        return read_urdf(parsed.urdf, mappings(parsed.xacro))
    if parsed.xacro:
        raise UrdfError('--xacro goes with a .xacro file, but the URDF is read from the standard '
                        'input; expand it before: xacro my_robot.urdf.xacro | ik_solver ... -')
    try:
        text = sys.stdin.read(MAX_URDF_LENGTH + 1)
    except UnicodeDecodeError as error:
        raise UrdfError(f'the standard input is not UTF-8 text: {error}') from error
    if not text.strip():
        raise UrdfError('the standard input is empty; a URDF is needed, for example: '
                        'ik_solver ... - < my_robot.urdf')
    return text


def model_of(parsed: argparse.Namespace, urdf: str) -> RobotModel:
    """Return the model of a robot that has the links on the command line."""
    model = parse_urdf(urdf)
    for option in ('base', 'tip', 'link'):
        links = getattr(parsed, option, None) or []
        for link in [links] if isinstance(links, str) else links:
            known_link(model, link, f'--{option}')
    return model


def chain_of(parsed: argparse.Namespace, model: RobotModel) -> KinematicChain:
    """Return the chain that the command line names."""
    if parsed.tip is None and len(model.leaf_links) > 1:
        tips = [tip for choice in ask_for_tip(model, parsed.base).choices
                for tip in choice.tip_links] or list(model.leaf_links)
        raise ChainError(
            f'robot {model.name!r} ends in {len(model.leaf_links)} links, so the tip must be '
            f'chosen: add --tip with one of {listed(tips)}, or any other link, for example: '
            f'{with_tip(parsed, tips[0])}')
    return KinematicChain.from_model(model, parsed.base, parsed.tip and [parsed.tip])


def with_tip(parsed: argparse.Namespace, tip: str) -> str:
    """Return the command as it was typed, with a tip."""
    return shlex.join([*parsed.words, '--tip', tip])
