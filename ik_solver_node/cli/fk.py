"""`ik_solver fk`: forward kinematics, from joint positions to the poses of links."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import json
from typing import Any, TYPE_CHECKING

from ik_solver_node.cli.arguments import (
    add_robot_arguments, add_units, Command, completed_by, joints_on_the_line,
    links_on_the_line)
from ik_solver_node.cli.terminal import compiling_is_told, note

if TYPE_CHECKING:
    from ik_solver_node.chain import KinematicChain
    from ik_solver_node.robot_model import RobotModel


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver fk`."""
    parser.usage = 'ik_solver fk URDF [POSITION ... | JOINT=POSITION ...] [options]'
    add_robot_arguments(parser)
    completed_by(parser.add_argument(
        'joints', metavar='POSITION', nargs='*', help='joint positions [rad or m]: one number for '
        'each joint from base to tip, in this order, or joint=value for joints anywhere in the '
        'robot; those not named are at 0, or at the limit next to it'), joints_on_the_line)
    completed_by(parser.add_argument(
        '--link', metavar='LINK', action='append', default=[], help='show this link instead of '
        'the tip; may be repeated'), links_on_the_line)
    parser.add_argument('--all-links', action='store_true', help='show every link')
    add_units(parser)
    parser.epilog = """\
Poses are in the frame of the base. A joint outside its limits is computed with, and a warning on
stderr. Exit code: 0, or 2 if the command cannot be carried out.

examples:
    ik_solver fk my_robot.urdf 0 -1.57 1.57 0 0 0
    ik_solver fk my_robot.urdf 0 -90 90 0 0 0 --degrees --link wrist_1_link
    ik_solver fk my_robot.urdf elbow_joint=1e-3 --all-links --json"""


def _fk(parsed: argparse.Namespace) -> int:
    """Tell where links are."""
    from ik_solver_node.cli import figures
    from ik_solver_node.cli.robot import description_of, model_of
    model = model_of(parsed, description_of(parsed))
    chain, links, positions = _question(parsed, model)
    for name in (name for name in positions if name not in chain.joint_names):
        note(f'warning: joint {name!r} moves none of the links shown')
    q = chain.clip([0.0] * chain.size)
    for j, name in enumerate(chain.joint_names):
        q[j] = positions.get(name, q[j])
    with compiling_is_told():
        poses = {link: chain.forward_kinematics(q, link) for link in links}
    joints = figures.joint_figures(chain, q)
    for one in joints:
        if one.margin < 0.0:
            note(f'warning: joint {one.name!r} is at {one.position:.6g} {one.unit}, outside its '
                 f'limits {one.lower:.6g} to {one.upper:.6g} {one.unit}')
    if parsed.json:
        print(_as_json(chain, joints, poses))
        return 0
    remarks = {name: '' if name in positions else 'not given' for name in chain.joint_names}
    print(f'robot {model.name}, {len(links)} of {len(model.links)} links in {chain.base_link}')
    print('\n'.join(['', *figures.joint_lines(joints, parsed.degrees, remarks)]))
    for link, pose in poses.items():
        print('\n'.join(['', *figures.pose_lines(link, pose)]))
    return 0


def _question(parsed: argparse.Namespace, model: RobotModel) -> tuple[
        KinematicChain, Sequence[str], dict[str, float]]:
    """Return a chain to the links that are asked for, these links, and the given positions."""
    from ik_solver_node.chain import KinematicChain
    from ik_solver_node.cli.joint_values import joint_values
    from ik_solver_node.cli.robot import chain_of
    asked = list(dict.fromkeys(parsed.link))
    if parsed.all_links:
        asked = _carried(model, parsed.base)
    if parsed.tip is None and asked and len(model.leaf_links) > 1:
        ordered = KinematicChain.from_model(model, parsed.base, asked)
    else:
        ordered = chain_of(parsed, model)
    positions = {} if not parsed.joints else joint_values(
        parsed.joints, model, ordered.joint_names, model.movable_joint_names, parsed.degrees,
        'the joint positions')
    tips = list(dict.fromkeys([*ordered.tip_links, *asked]))
    return (KinematicChain.from_model(model, parsed.base, tips), asked or ordered.tip_links,
            positions)


def _carried(model: RobotModel, base: str | None) -> list[str]:
    """Return the links whose place in the base follows from joints with one position each."""
    from ik_solver_node.robot_model import JointType
    carried = {base or model.root_link}
    ways = [{joint.parent, joint.child} for joint in model.joints
            if joint.type is JointType.FIXED or joint.type.is_movable]
    while True:
        more = {link for way in ways if way & carried for link in way} - carried
        if not more:
            break
        carried |= more
    others = [link for link in model.links if link not in carried]
    if others:
        note('left out, since a planar or floating joint carries them: ' + ', '.join(others))
    return [link for link in model.links if link in carried]


def _as_json(chain: KinematicChain, joints: Sequence[Any], poses: dict[str, Any]) -> str:
    """Return all of it as one JSON object."""
    from ik_solver_node import __version__
    from ik_solver_node.check import finite
    from ik_solver_node.cli.figures import pose_tree
    return json.dumps(finite({
        'version': __version__, 'robot': chain.model.name, 'base_link': chain.base_link,
        'positions': {one.name: one.position for one in joints},
        'joints': [one.tree() for one in joints],
        'within_limits': all(one.margin >= 0.0 for one in joints),
        'links': {link: pose_tree(pose) for link, pose in poses.items()}}),
        indent=2, allow_nan=False)


COMMAND = Command('tell where links are for given joint positions (forward kinematics)',
                  _add_arguments, _fk, rest='joints')
