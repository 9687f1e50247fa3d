"""From what the parameters say about the robot to the chain that is solved."""

from __future__ import annotations

from collections import defaultdict
from typing import Protocol

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.joint_limits_file import read_joint_limits
from ik_solver_node.mobility import mobility_of
from ik_solver_node.robot_model import parse_urdf, RobotModel
from ik_solver_node.ros.names import check_name
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.urdf_file import read_urdf


class Described(Protocol):
    """Settings of a node that say which robot it has."""

    @property
    def robot_description(self) -> str:
        """The text of the URDF; goes before the file."""

    @property
    def urdf_file(self) -> str:
        """The path of a URDF or xacro file."""


def text_of(settings: Described) -> str | None:
    """Return the URDF that settings give, None if neither does; raises `IkSolverError`."""
    if settings.urdf_file and not settings.robot_description:
        return read_urdf(settings.urdf_file)
    return settings.robot_description or None


def comes_by_topic(parameters: NodeParameters) -> bool:
    """Return whether neither parameter gives a description, so that the topic must."""
    return not (parameters.robot_description or parameters.urdf_file)


def build_chain(parameters: NodeParameters, from_topic: str | None) -> KinematicChain | None:
    """
    Return the chain of the robot that the parameters or the topic describe.

    Parameters
    ----------
    parameters : NodeParameters
        Their ``robot_description`` goes before their ``urdf_file``, and that before the topic.
    from_topic : str or None
        The last description that came by topic.

    Returns
    -------
    KinematicChain or None
        None if there is no description yet.

    Raises
    ------
    IkSolverError
        If the description cannot be read, or no chain can be built as asked.

    """
    text = from_topic if comes_by_topic(parameters) else text_of(parameters)
    return None if text is None else chain_of(parse_urdf(text), parameters)


def chain_of(model: RobotModel, parameters: NodeParameters) -> KinematicChain:
    """Return the chain of a robot that the parameters ask for; raises `IkSolverError`."""
    limits = {**_limits_of_file(model, parameters.motion.joint_limits_file),
              **parameters.limits.as_mapping()}
    chain = KinematicChain.from_model(
        model, parameters.base_link or None, parameters.tip_links or None,
        limits=limits, locked=parameters.locked.as_mapping())
    _check_tips(chain)
    _check_output(chain, parameters.output.joints)
    return chain


def _check_tips(chain: KinematicChain) -> None:
    """Refuse several tips, whose topics are named after them, if one of the names cannot be."""
    for tip in chain.tip_links if len(chain.tip_links) > 1 else ():
        check_name('tip_links', tip, 'left_tool')


def _check_output(chain: KinematicChain, joints: tuple[str, ...]) -> None:
    """Refuse to command joints whose place the node does not know: they would leap."""
    known = [*chain.locked, *(follower.name for name in chain.joint_names
                              for follower, _, _ in chain.model.followers(name))]
    for name in joints:
        if name not in known:
            raise OptionsError(f'output.joints names joint {name!r}, but must name joints that '
                               f'the chain moves, or that are locked: {", ".join(sorted(known))}')


def _limits_of_file(model: RobotModel, file: str) -> dict[str, tuple[float, float]]:
    """Return the limits of positions that a file of limits makes tighter [rad or m]."""
    given = read_joint_limits(file) if file else {}
    joints = {name: model.joint(name) for name in model.movable_joint_names if name in given}
    return {name: (max(joint.lower, given[name].lower), min(joint.upper, given[name].upper))
            for name, joint in joints.items()
            if given[name].lower > joint.lower or given[name].upper < joint.upper}


def summary(chain: KinematicChain) -> str:
    """Return robot, base, tip, joints, their limits and what they control, in a line to log."""
    joints = ', '.join(f'{name} [{lower:.4g}, {upper:.4g}]' for name, lower, upper in
                       zip(chain.joint_names, chain.lower, chain.upper))
    return (f'robot {chain.model.name!r} from {chain.base_link!r} to '
            f'{", ".join(map(repr, chain.tip_links))} with {chain.size} joints: {joints}; '
            f'{_mobility(chain)}')


def _mobility(chain: KinematicChain) -> str:
    """Return what a chain controls; of several tips each, those that are alike together."""
    if len(chain.tip_links) == 1:
        return f'it {mobility_of(chain).sentence}'
    alike = defaultdict(list)
    for tip in chain.tip_links:
        alike[mobility_of(chain, tip).sentence].append(tip)
    return '; '.join(f'the way to {" or ".join(tips)} {sentence}'
                     for sentence, tips in alike.items())
