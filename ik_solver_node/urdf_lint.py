"""
What is suspicious about a URDF for inverse kinematics, beyond what makes it invalid.

A URDF can be read without complaint and still describe another robot than the one on the table:
limits in degrees, lengths in millimetres, joints that cannot move because an exporter wrote zeros.
Each of these is a `Finding` that says which joints, the value, and what to do. What `parse_urdf`
refuses is one finding too, in its own words.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
import math
from typing import NamedTuple
from xml.etree import ElementTree

from ik_solver_node.chain import position_range
from ik_solver_node.exceptions import ChainError, UrdfError
from ik_solver_node.robot_model import Joint, JointType, listed, parse_urdf, RobotModel
import numpy as np

MOST_TURN = 4.0 * math.pi
"""No joint is limited to more than two turns to either side [rad]: that must be degrees."""

ENDLESS = 1000.0
"""A limit beyond this, [rad] or [m], is how exporters write that there is none."""

FAR = 10.0
"""A joint this far from the one before, or a slide this long, is no arm in metres [m]."""

NO_ROOM = 1e-4
"""A joint whose range is below this, [rad] or [m], does not move."""

NAMES, GROUPS = 6, 4
"""How many names, and how many values with their names, a sentence lists."""


class Level(str, Enum):
    """How bad a finding is."""

    ERROR = 'error'
    WARNING = 'warning'
    NOTE = 'note'


@dataclass(frozen=True)
class Finding:
    """
    Something about a URDF that its user should know.

    Attributes
    ----------
    level : Level
        ``error``: the robot cannot be used; ``warning``: it hardly is what was meant; ``note``:
        it may well be meant, but has an effect.
    problem : str
        What it is.
    joints : tuple of str
        The joints that have it; none where it is about the file.
    values : tuple of str, as long as `joints`
        What each of them has; empty where there is nothing to say.
    advice : str
        What it does, and what to do; empty where `problem` says it.

    """

    level: Level
    problem: str
    joints: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    advice: str = ''

    @property
    def sentence(self) -> str:
        """All of it in words; many joints are cut short."""
        if not self.advice:
            return self.problem
        groups: dict[str, list[str]] = {}
        for joint, value in zip(self.joints, self.values):
            groups.setdefault(value, []).append(joint)
        parts = [listed(names, NAMES) + (f' ({value})' if value else '')
                 for value, names in groups.items()]
        return f'{self.problem}: {listed(parts, GROUPS)}. {self.advice}'


def lint_urdf(urdf: str, model: RobotModel | None = None) -> tuple[Finding, ...]:
    """
    Find what may go wrong when a robot is used for inverse kinematics.

    Parameters
    ----------
    urdf : str
        The text of the URDF.
    model : RobotModel, optional
        What `parse_urdf` made of it, where that is at hand.

    Returns
    -------
    tuple of Finding
        The worst first. Joints with the same problem are one finding.

    """
    try:
        model = parse_urdf(urdf) if model is None else model
    except UrdfError as error:
        return (Finding(Level.ERROR, str(error)),)
    described = _described(urdf, model)
    findings = [*_impossible_mimics(model)]
    for check in _CHECKS:
        found = [(one.joint.name, value) for one in described
                 if (value := check.value(one)) is not None]
        if found:
            names, values = zip(*found)
            findings.append(Finding(check.level, check.problem, names, values, check.advice))
    return tuple(sorted(findings, key=lambda finding: list(Level).index(finding.level)))


class _Described(NamedTuple):
    """A joint, its element in the URDF with tags freed from namespaces, and the robot it is of."""

    joint: Joint
    tags: dict[str, ElementTree.Element]
    model: RobotModel

    def attribute(self, tag: str, name: str) -> str | None:
        """Return an attribute of an element of the joint, None where there is none."""
        return self.tags[tag].get(name) if tag in self.tags else None

    def number(self, tag: str, name: str) -> float | None:
        """Return an attribute that is a number, None where it is missing or none."""
        try:
            return float(self.attribute(tag, name) or '')
        except ValueError:
            return None

    @property
    def is_limited(self) -> bool:
        """Whether it is of a type whose limits count."""
        return self.joint.type in (JointType.REVOLUTE, JointType.PRISMATIC)

    @property
    def unit(self) -> str:
        """Unit of its position."""
        return 'm' if self.joint.type is JointType.PRISMATIC else 'rad'

    @property
    def largest(self) -> float:
        """The limit that is farther from zero."""
        return max(abs(self.joint.lower), abs(self.joint.upper))


def _described(urdf: str, model: RobotModel) -> list[_Described]:
    """Return every joint of `model` with what the URDF says about it, in its order."""
    root = ElementTree.fromstring(urdf.lstrip('\ufeff \t\r\n'))
    namespace = root.tag[:-len('robot')]
    elements = {element.get('name'): element for element in root
                if element.tag == f'{namespace}joint'}
    return [_Described(joint, {child.tag.removeprefix(namespace): child
                               for child in elements.get(joint.name, ())}, model)
            for joint in model.joints]


def _impossible_mimics(model: RobotModel) -> Iterator[Finding]:
    """Yield the joints that their mimics leave no position, in the words of the chain."""
    for name in model.movable_joint_names:
        try:
            position_range(model, name, {})
        except ChainError as error:
            yield Finding(Level.ERROR, str(error), (name,), ('',))


class _Check(NamedTuple):
    """A question about every joint: what it is about, and the value that gives rise to it."""

    level: Level
    problem: str
    advice: str
    value: Callable[[_Described], str | None]


def _number(value: float) -> str:
    """Return a limit in words, without a minus before zero."""
    return f'{value + 0.0:g}'


def _range(one: _Described) -> str:
    """Return the limits in words."""
    return f'{_number(one.joint.lower)} to {_number(one.joint.upper)} {one.unit}'


def _in_degrees(one: _Described) -> str | None:
    """Return limits that a joint would have in degrees."""
    if one.joint.type is JointType.REVOLUTE and MOST_TURN < one.largest <= ENDLESS:
        return _range(one)
    return None


def _endless(one: _Described) -> str | None:
    """Return limits that stand for none."""
    return _range(one) if one.is_limited and one.largest > ENDLESS else None


def _without_room(one: _Described) -> str | None:
    """Return limits between which there is nothing."""
    if not one.is_limited or one.joint.upper - one.joint.lower > NO_ROOM:
        return None
    if all(one.attribute('limit', name) is None for name in ('lower', 'upper')):
        return 'none given, which stands for 0 and 0'
    return _range(one)


def _half_limited(one: _Described) -> str | None:
    """Return which limit stands alone."""
    given = [name for name in ('lower', 'upper') if one.attribute('limit', name) is not None]
    if one.is_limited and len(given) == 1:
        return f'only {given[0]} is given, {_range(one)}'
    return None


def _continuous_with_limits(one: _Described) -> str | None:
    """Return limits where the specification gives none."""
    lower, upper = one.number('limit', 'lower'), one.number('limit', 'upper')
    if one.joint.type is not JointType.CONTINUOUS or not (lower or upper):
        return None
    if max(abs(lower or 0.0), abs(upper or 0.0)) > ENDLESS:
        return None
    return f'{lower or 0.0:g} to {upper or 0.0:g} rad'


def _incomplete_limit(one: _Described) -> str | None:
    """Return what urdfdom wants in every <limit> and misses."""
    if 'limit' not in one.tags:
        return None
    missing = [name for name in ('effort', 'velocity') if one.attribute('limit', name) is None]
    return f'no {" and no ".join(missing)}' if missing else None


def _zero(name: str) -> Callable[[_Described], str | None]:
    """Return the check for a limit of 0 of what is called `name`."""
    def value(one: _Described) -> str | None:
        """Tell a movable joint with a 0 there."""
        movable = one.joint.type.is_movable
        return '' if movable and one.number('limit', name) == 0.0 else None
    return value


def _long_axis(one: _Described) -> str | None:
    """Return an axis that is not a unit vector."""
    text = one.attribute('axis', 'xyz')
    if text is None or not one.joint.type.is_movable:
        return None
    length = math.hypot(*map(float, text.split()))
    return f'"{text}" has {length:g}' if abs(length - 1.0) > 1e-3 else None


def _no_axis(one: _Described) -> str | None:
    """Tell a movable joint that does not say about what."""
    missing = one.attribute('axis', 'xyz') is None
    return '' if missing and one.joint.type.is_movable else None


def _far_away(one: _Described) -> str | None:
    """Return a distance that no arm has in metres."""
    distance = float(np.abs(one.joint.T_parent_joint[:3, 3]).max())
    return f'{distance:g} m' if distance > FAR else None


def _turned_by_degrees(one: _Described) -> str | None:
    """Return angles that nobody writes in radians."""
    text = one.attribute('origin', 'rpy') or ''
    largest = max((abs(float(word)) for word in text.split()), default=0.0)
    return f'rpy "{text}"' if largest > 2.0 * math.pi + 0.1 else None


def _long_slide(one: _Described) -> str | None:
    """Return a way that no slide has in metres."""
    if one.joint.type is JointType.PRISMATIC and FAR < one.largest <= ENDLESS:
        return _range(one)
    return None


def _no_number(one: _Described) -> str | None:
    """Tell a joint that one number does not position."""
    planar_or_floating = one.joint.type in (JointType.PLANAR, JointType.FLOATING)
    return one.joint.type.value if planar_or_floating else None


def _zero_outside(one: _Described) -> str | None:
    """Return limits that exclude the position zero."""
    if one.joint.lower <= 0.0 <= one.joint.upper or _without_room(one) is not None:
        return None
    return _range(one)


def _several_turns(one: _Described) -> str | None:
    """Return limits more than a turn apart."""
    spread = one.joint.upper - one.joint.lower
    turns = one.joint.type is JointType.REVOLUTE and one.largest <= MOST_TURN
    return _range(one) if turns and spread > 2.0 * math.pi + 0.1 else None


def _follower_of_follower(one: _Described) -> str | None:
    """Return a mimic rule that leads to another one."""
    rule = one.joint.mimic
    if rule is None or one.model.joint(rule.joint).mimic is None:
        return None
    return f'follows {rule.joint}, which follows {one.model.resolve_mimic(rule.joint)[0]}'


def _motionless_follower(one: _Described) -> str | None:
    """Return a mimic rule without motion."""
    rule = one.joint.mimic
    return f'follows {rule.joint}' if rule is not None and rule.multiplier == 0.0 else None


def _narrowed(one: _Described) -> str | None:
    """Return the range that is left where mimic joints take some of it."""
    if one.joint.name not in one.model.movable_joint_names:
        return None
    try:
        lower, upper = position_range(one.model, one.joint.name, {})
    except ChainError:  # a finding of its own
        return None
    # Where one joint has no limit, any that another one brings is narrower.
    slack = 0.01 * min(upper - lower, 1e6)
    if lower <= one.joint.lower + slack and upper >= one.joint.upper - slack:
        return None
    return f'{_number(lower)} to {_number(upper)} instead of {_range(one)}'


def _soft_limits(one: _Described) -> tuple[float, float]:
    """Return the soft limits [rad or m], infinite where there are none."""
    lower = one.number('safety_controller', 'soft_lower_limit')
    upper = one.number('safety_controller', 'soft_upper_limit')
    return (-math.inf if lower is None else lower), (math.inf if upper is None else upper)


def _soft_and_narrow(one: _Described) -> str | None:
    """Return soft limits that count."""
    lower, upper = _soft_limits(one)
    if not one.is_limited or lower == upper == 0.0:
        return None
    hard = [one.number('limit', name) or 0.0 for name in ('lower', 'upper')]
    return _range(one) if lower > hard[0] or upper < hard[1] else None


def _soft_and_zero(one: _Described) -> str | None:
    """Tell soft limits that nobody filled in."""
    return '' if one.is_limited and _soft_limits(one) == (0.0, 0.0) else None


_CHECKS = (
    _Check(Level.WARNING, 'limits look like degrees',
           'Angles in a URDF are in radians: 180 degrees are 3.1416', _in_degrees),
    _Check(Level.WARNING, 'the origin is turned by what looks like degrees',
           'Angles in a URDF are in radians: 90 degrees are 1.5708', _turned_by_degrees),
    _Check(Level.WARNING, 'the origin is far away, which looks like millimetres',
           'Lengths in a URDF are in metres: divide by 1000', _far_away),
    _Check(Level.WARNING, 'the way of a prismatic joint looks like millimetres',
           'Lengths in a URDF are in metres: divide by 1000', _long_slide),
    _Check(Level.WARNING, 'the joint cannot move, because its limits leave no room',
           'Give it the limits of the real joint, or the type "fixed"', _without_room),
    _Check(Level.WARNING, 'one of two position limits is missing and counts as 0',
           'Write both', _half_limited),
    _Check(Level.WARNING, 'position limits are ignored, because the joint is continuous',
           'URDF gives such a joint none; write type="revolute" if it has these',
           _continuous_with_limits),
    _Check(Level.WARNING, 'limits are so wide that they limit nothing',
           'Give it those of the real joint, or, if it turns without end, the type "continuous"',
           _endless),
    _Check(Level.WARNING, 'the range is narrowed by joints that mimic this one',
           'It moves only as far as they can follow; if that is not meant, correct multiplier, '
           'offset or limits of the mimic joints', _narrowed),
    _Check(Level.WARNING, 'the joint mimics with the multiplier 0 and never moves',
           'Leave the multiplier out for 1', _motionless_follower),
    _Check(Level.WARNING, '<limit> is incomplete',
           'The solver does not need it, but RViz, MoveIt and robot_state_publisher refuse such a '
           'file', _incomplete_limit),
    _Check(Level.NOTE, 'velocity limit 0', 'It counts as not known', _zero('velocity')),
    _Check(Level.NOTE, 'effort limit 0',
           'The solver does not need it, but a simulator cannot move the joint', _zero('effort')),
    _Check(Level.NOTE, 'the axis has not length 1',
           'Only its direction counts here; other programs may move too far', _long_axis),
    _Check(Level.NOTE, 'there is no <axis>, which stands for x', 'Write the one that is meant',
           _no_axis),
    _Check(Level.NOTE, 'soft limits are narrower than those of <limit>', 'The narrower ones count',
           _soft_and_narrow),
    _Check(Level.NOTE, 'soft limits of 0 and 0 are ignored', 'Those of <limit> count',
           _soft_and_zero),
    _Check(Level.NOTE, 'zero is outside the limits',
           'Do not start programs at all zeros; without a seed, the middle of the range is taken',
           _zero_outside),
    _Check(Level.NOTE, 'the joint can turn by more than a whole turn',
           'A posture has several answers, whole turns apart; narrower limits keep cables from '
           'winding up', _several_turns),
    _Check(Level.NOTE, 'the joint mimics one that mimics another',
           'It is resolved here, but not by every program', _follower_of_follower),
    _Check(Level.NOTE, 'the joint has no single position',
           'No chain can lead over it: choose base and tip on one side', _no_number),
)
