"""
A robot reduced to what every peer can read: one line of joints from the base to the tip.

Peers get the limits that the chain has, and nothing beside the way from base to tip: no meshes,
masses or other branches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
import tempfile
from typing import NamedTuple
from xml.etree import ElementTree

from benchmarks.problem import Problem
from benchmarks.solver import Unsuitable
from ik_solver_node.robot_model import Joint, JointType
import numpy as np
from transforms3d.euler import euler2mat

TURNS = 2.0 * np.pi
"""Limit of a joint without one, for peers that need one [rad]."""


class Segment(NamedTuple):
    """
    One movable joint on the way, and the constant transform before it.

    Attributes
    ----------
    transform : ndarray, shape (4, 4)
        From the frame after the last joint to the frame of this one [m].
    axis : ndarray, shape (3,)
        Axis in that frame, of unit length.
    prismatic : bool
        Whether it slides along the axis instead of turning about it.

    """

    transform: np.ndarray
    axis: np.ndarray
    prismatic: bool


def path(problem: Problem) -> list[Joint]:
    """
    Return the joints from base to tip.

    Raises
    ------
    Unsuitable
        If that is not one line outward, or a joint on it is not in the chain's joint vector.

    """
    chain, joints = problem.chain, []
    link = chain.tip_links[0]
    while link != chain.base_link:
        joint = chain.model.parent_joint(link)
        if joint is None:
            raise Unsuitable('the way to the tip leads towards the root first')
        if joint.mimic is not None:
            raise Unsuitable('has a mimic joint')
        joints.append(joint)
        link = joint.parent
    joints.reverse()
    assert chain.joint_names == tuple(joint.name for joint in joints if joint.type.is_movable)
    return joints


def segments(problem: Problem) -> tuple[list[Segment], np.ndarray]:
    """Return the movable joints on the way, and the transform (4, 4) from the last to the tip."""
    found, pending = [], np.eye(4)
    for joint in path(problem):
        pending = pending @ joint.T_parent_joint
        if joint.type is not JointType.FIXED:
            found.append(Segment(pending, joint.axis, joint.type is JointType.PRISMATIC))
            pending = np.eye(4)
    return found, pending


def refuse_prismatic(problem: Problem) -> None:
    """Refuse a robot with a joint that slides."""
    if any(joint.type is JointType.PRISMATIC for joint in path(problem)):
        raise Unsuitable('has a prismatic joint')


def urdf(problem: Problem, continuous: bool = True) -> str:
    """
    Return a URDF of the way from base to tip, its fixed joints merged into the others.

    Parameters
    ----------
    problem : Problem
        The robot.
    continuous : bool
        Whether joints without limits stay so; if not, they get limits of two turns in all.

    """
    chain, (moving, tail) = problem.chain, segments(problem)
    links = [chain.base_link, *(f'{name}_child' for name in chain.joint_names)]
    robot = ElementTree.Element('robot', name=problem.name)
    for link in (*links, chain.tip_links[0]):
        ElementTree.SubElement(robot, 'link', name=link)
    for name, segment, parent, child, lower, upper in zip(
            chain.joint_names, moving, links, links[1:], chain.lower, chain.upper):
        joint = _add_joint(robot, name, segment.transform, parent, child)
        ElementTree.SubElement(joint, 'axis', xyz=_numbers(segment.axis))
        endless = np.isinf(lower) and np.isinf(upper)
        joint.set('type', 'prismatic' if segment.prismatic else
                  'continuous' if endless and continuous else 'revolute')
        if endless:
            lower, upper = -TURNS, TURNS
        if joint.get('type') != 'continuous':
            ElementTree.SubElement(joint, 'limit', lower=repr(float(lower)),
                                   upper=repr(float(upper)), effort='100', velocity='100')
    _add_joint(robot, f'{problem.name}_tip', tail, links[-1], chain.tip_links[0])
    return ElementTree.tostring(robot, encoding='unicode')


def _add_joint(robot: ElementTree.Element, name: str, transform: np.ndarray, parent: str,
               child: str) -> ElementTree.Element:
    """Add a fixed joint at `transform` (4, 4) and return it."""
    joint = ElementTree.SubElement(robot, 'joint', name=name, type='fixed')
    ElementTree.SubElement(joint, 'parent', link=parent)
    ElementTree.SubElement(joint, 'child', link=child)
    ElementTree.SubElement(joint, 'origin', xyz=_numbers(transform[:3, 3]),
                           rpy=_numbers(roll_pitch_yaw(transform[:3, :3])))
    return joint


def _numbers(values: Iterable[float]) -> str:
    """Return numbers as a URDF has them, without rounding."""
    return ' '.join(repr(float(value)) for value in values)


def roll_pitch_yaw(rotation: np.ndarray) -> tuple[float, float, float]:
    """
    Return the angles of a rotation (3, 3) about fixed x, y and z axes [rad].

    Where pitch is a quarter turn, roll is only noise; but pitch and yaw are then computed from
    what this roll leaves, so that the three together are exact everywhere.
    """
    roll = np.arctan2(rotation[2, 1], rotation[2, 2])
    rest = rotation @ euler2mat(roll, 0.0, 0.0).T
    return (float(roll), float(np.arctan2(-rest[2, 0], rest[2, 2])),
            float(np.arctan2(-rest[0, 1], rest[1, 1])))


@contextmanager
def urdf_file(problem: Problem, continuous: bool = True) -> Iterator[str]:
    """Write the URDF of the way from base to tip into a file for a while, and return its path."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / 'robot.urdf'
        file.write_text(urdf(problem, continuous))
        yield str(file)
