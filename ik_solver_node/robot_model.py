"""RobotModel, the checked kinematic tree of a robot, and the way to it from URDF text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from functools import cached_property
import heapq
import math
from typing import Any
from xml.etree import ElementTree

from ik_solver_node.exceptions import InvalidPoseError, UrdfError
from ik_solver_node.pose import as_vector
import numpy as np
from transforms3d.euler import euler2mat
from urdf_parser_py.urdf import URDF

MAX_URDF_LENGTH = 2_000_000
"""
Longest URDF that is parsed [characters].

Large humanoids have about 200 000. At worst, with nothing but joints inside, one of this length
takes some seconds; a longer one is refused at once.
"""

SMALLEST_AXIS = 1e-6
"""A joint axis shorter than this has no direction that could be trusted."""

XACRO_HINT = ('this is xacro, not URDF; pass the .xacro file itself, or expand it first with '
              '"xacro robot.urdf.xacro > robot.urdf"')


class JointType(str, Enum):
    """The joint types of URDF."""

    REVOLUTE = 'revolute'
    CONTINUOUS = 'continuous'
    PRISMATIC = 'prismatic'
    FIXED = 'fixed'
    PLANAR = 'planar'
    FLOATING = 'floating'

    @property
    def is_movable(self) -> bool:
        """Return whether one number, an angle [rad] or a way [m], positions such a joint."""
        return self in (JointType.REVOLUTE, JointType.CONTINUOUS, JointType.PRISMATIC)


@dataclass(frozen=True)
class Mimic:
    """
    The rule of a joint that follows another: ``multiplier * position + offset``.

    Attributes
    ----------
    joint : str
        The joint that is followed.
    multiplier : float
        Own motion per motion of the followed joint.
    offset : float
        Own position where the followed joint is at zero [rad or m].

    """

    joint: str
    multiplier: float = 1.0
    offset: float = 0.0


@dataclass(frozen=True, eq=False)
class Joint:
    """
    A joint between two links, checked when made.

    Angles are meant for revolute and continuous joints, lengths for prismatic ones.

    Attributes
    ----------
    name : str
        Name of the joint.
    type : JointType
        How it moves.
    parent, child : str
        The links it connects.
    T_parent_joint : ndarray, shape (4, 4)
        The joint frame in the parent link at position zero [m].
    axis : ndarray, shape (3,)
        Unit vector in the joint frame, about or along which the child moves.
    lower, upper : float
        Position limits [rad or m], ``-inf`` and ``inf`` where there are none.
    velocity : float
        Velocity limit [rad/s or m/s], ``inf`` where there is none.
    mimic : Mimic or None
        The rule by which this joint follows another.

    Raises
    ------
    UrdfError
        If a value cannot be: a number that is not one, an axis of length zero, limits that
        exclude each other.

    """

    name: str
    type: JointType  # noqa: A003
    parent: str
    child: str
    T_parent_joint: np.ndarray
    axis: np.ndarray
    lower: float
    upper: float
    velocity: float
    mimic: Mimic | None = None

    def __post_init__(self) -> None:
        """Check the fields and normalise the axis."""
        object.__setattr__(self, 'T_parent_joint', self._checked(self.T_parent_joint, (4, 4)))
        object.__setattr__(self, 'axis', self._unit_axis())
        # Written so that a NaN fails every comparison.
        if not (self.lower <= self.upper and self.lower < math.inf and self.upper > -math.inf):
            raise UrdfError(
                f'joint {self.name!r} has the limits lower {self.lower:g} and upper '
                f'{self.upper:g}; lower must not be greater than upper, nor may no position be '
                'left')
        if not self.velocity > 0.0:
            raise UrdfError(f'joint {self.name!r} has the velocity limit {self.velocity:g}; '
                            'it must be positive')
        if self.mimic and not math.isfinite(self.mimic.multiplier + self.mimic.offset):
            raise UrdfError(f'joint {self.name!r} has {self.mimic}; its numbers must be finite')

    def _checked(self, values: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
        """Return `values` as a read-only array of finite numbers."""
        try:
            flat = as_vector(np.ravel(values), math.prod(shape), f'joint {self.name!r}')
        except InvalidPoseError as error:
            raise UrdfError(str(error)) from error
        return flat.reshape(shape)

    def _unit_axis(self) -> np.ndarray:
        """Return the axis with length 1."""
        axis = self._checked(self.axis, (3,))
        largest = float(np.abs(axis).max())
        if largest < SMALLEST_AXIS:
            if self.type in (JointType.FIXED, JointType.FLOATING):
                # These have no axis; CAD exporters write "0 0 0" for them.
                return self._checked(np.array([1.0, 0.0, 0.0]), (3,))
            raise UrdfError(f'joint {self.name!r} is {self.type.value} and has the axis '
                            f'{axis.tolist()}; it must not have length zero')
        axis = axis / largest  # the square of a large number would overflow
        return self._checked(axis / np.linalg.norm(axis), (3,))


@dataclass(frozen=True, eq=False)
class RobotModel:
    """
    The links and joints of a robot, checked to be one tree.

    Attributes
    ----------
    name : str
        Name of the robot.
    links : tuple of str
        Names of the links, in the order of the URDF.
    joints : tuple of Joint
        The joints in the order given, but each after the joint that carries its parent link.
    urdf : str
        The text it was read from, as it was; empty if it was not read.

    Raises
    ------
    UrdfError
        If the links and joints are not one tree, or a mimic rule leads nowhere.

    """

    name: str
    links: tuple[str, ...]
    joints: tuple[Joint, ...]
    urdf: str = field(default='', repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check the tree and sort its joints."""
        if not self.joints:
            raise UrdfError(f'robot {self.name!r} has no joints; nothing can be moved')
        _refuse_duplicates('link', self.links)
        _refuse_duplicates('joint', [joint.name for joint in self.joints])
        _check_connections(self.links, self.joints)
        object.__setattr__(self, 'joints', _parent_first(self.root_link, self.joints))
        for joint in self.joints:
            # Its answer is not needed yet, but a bad rule is refused now and not at first use.
            self.resolve_mimic(joint.name)

    @cached_property
    def root_link(self) -> str:
        """The one link that is no joint's child."""
        return next(link for link in self.links if link not in self._joint_above)

    @cached_property
    def leaf_links(self) -> tuple[str, ...]:
        """The links that carry no joint: where the branches of the tree end."""
        parents = {joint.parent for joint in self.joints}
        return tuple(link for link in self.links if link not in parents)

    @cached_property
    def movable_joint_names(self) -> tuple[str, ...]:
        """The joints that move on their own, without mimic joints, in the order of `joints`."""
        return tuple(joint.name for joint in self.joints
                     if joint.type.is_movable and joint.mimic is None)

    def joint(self, name: str) -> Joint:
        """
        Return the joint called `name`.

        Raises
        ------
        UrdfError
            If there is no such joint.

        """
        if name not in self._joint_by_name:
            raise UrdfError(f'robot {self.name!r} has no joint {name!r}; '
                            f'its joints are {listed(self._joint_by_name)}')
        return self._joint_by_name[name]

    def parent_joint(self, link: str) -> Joint | None:
        """
        Return the joint that carries `link`, None for the root.

        Raises
        ------
        UrdfError
            If there is no such link.

        """
        joint = self._joint_above.get(link)
        if joint is None and link != self.root_link:
            raise UrdfError(f'robot {self.name!r} has no link {link!r}; '
                            f'its links are {listed(self.links)}')
        return joint

    def resolve_mimic(self, name: str) -> tuple[str, float, float]:
        """
        Return which independent joint moves the joint `name`, and how.

        Parameters
        ----------
        name : str
            A joint.

        Returns
        -------
        source : str
            The joint at the end of the chain of mimic rules, `name` itself if it has none.
        multiplier, offset : float
            ``position = multiplier * position of source + offset``, offset in [rad or m].

        """
        return self._mimic_sources.get(self.joint(name).name, (name, 1.0, 0.0))

    def followers(self, source: str) -> tuple[tuple[Joint, float, float], ...]:
        """
        Return each joint that an independent joint drives, itself first.

        Parameters
        ----------
        source : str
            A movable joint that mimics no other.

        Returns
        -------
        tuple of (Joint, float, float)
            Each with multiplier and offset [rad or m], as of `resolve_mimic`.

        """
        return ((self.joint(source), 1.0, 0.0), *self._followers.get(source, ()))

    @cached_property
    def _followers(self) -> dict[str, list[tuple[Joint, float, float]]]:
        followers: dict[str, list[tuple[Joint, float, float]]] = {}
        for name, (source, multiplier, offset) in self._mimic_sources.items():
            followers.setdefault(source, []).append(
                (self._joint_by_name[name], multiplier, offset))
        return followers

    @cached_property
    def _joint_by_name(self) -> dict[str, Joint]:
        return {joint.name: joint for joint in self.joints}

    @cached_property
    def _joint_above(self) -> dict[str, Joint]:
        return {joint.child: joint for joint in self.joints}

    @cached_property
    def _mimic_sources(self) -> dict[str, tuple[str, float, float]]:
        """Every mimic joint with its independent joint, multiplier and offset."""
        sources: dict[str, tuple[str, float, float]] = {}
        for joint in self.joints:
            followers: dict[str, Mimic] = {}
            name = joint.name
            while name not in sources and (mimic := self._joint_by_name[name].mimic) is not None:
                if name in followers:
                    circle = ' -> '.join([*followers, name])
                    raise UrdfError(f'mimic joints follow each other in a circle: {circle}')
                followers[name] = mimic
                self._check_followed(name, mimic.joint)
                name = mimic.joint
            source, multiplier, offset = sources.get(name, (name, 1.0, 0.0))
            for follower, rule in reversed(followers.items()):
                multiplier *= rule.multiplier
                offset = rule.multiplier * offset + rule.offset
                if not math.isfinite(multiplier + offset):
                    raise UrdfError(f'joint {follower!r} mimics {source!r} {multiplier:g} times '
                                    f'with offset {offset:g}; both must be finite')
                sources[follower] = (source, multiplier, offset)
        return sources

    def _check_followed(self, name: str, followed: str) -> None:
        """Refuse a mimic rule of the joint `name` that no position could come from."""
        if followed == name:
            raise UrdfError(f'joint {name!r} mimics itself; it must name another joint')
        if followed not in self._joint_by_name:
            raise UrdfError(f'joint {name!r} mimics the joint {followed!r}, which does not '
                            f'exist; the joints are {listed(self._joint_by_name)}')
        kind = self._joint_by_name[followed].type
        if not kind.is_movable:
            raise UrdfError(f'joint {name!r} mimics the joint {followed!r}, which is '
                            f'{kind.value}; only a revolute, continuous or prismatic joint '
                            'can be followed')


def listed(names: Iterable[str], most: int = 30) -> str:
    """Return `names` for an error message, cut after the first `most` of them."""
    every = list(names) or ['none']
    rest = len(every) - most
    return ', '.join(every[:most]) + (f' and {rest} more' if rest > 0 else '')


def similar(name: str, names: Iterable[str]) -> str:
    """Return the question whether the most similar of `names` is meant, if one is similar."""
    found = get_close_matches(name, list(names), 1)
    return f'did you mean {found[0]!r}? ' if found else ''


def _refuse_duplicates(kind: str, names: Iterable[str]) -> None:
    """Raise if a name occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise UrdfError(f'there are two {kind}s named {name!r}; names must be unique')
        seen.add(name)


def _check_connections(links: tuple[str, ...], joints: tuple[Joint, ...]) -> None:
    """Raise unless every joint connects known links, and one link alone has no parent."""
    known = set(links)
    above: dict[str, Joint] = {}
    for joint in joints:
        for role, link in (('parent', joint.parent), ('child', joint.child)):
            if link not in known:
                raise UrdfError(f'joint {joint.name!r} has the {role} link {link!r}, which does '
                                f'not exist; the links are {listed(links)}')
        if joint.child in above:
            raise UrdfError(f'link {joint.child!r} is the child of both joint '
                            f'{above[joint.child].name!r} and joint {joint.name!r}; a link can '
                            'have only one parent')
        above[joint.child] = joint
    roots = [link for link in links if link not in above]
    if len(roots) > 1:
        raise UrdfError(f"the links {listed(roots)} are no joint's child; a robot has exactly "
                        'one such root, so a joint is missing between them')
    if not roots:
        raise UrdfError(f'no link is the root: the joints {_circle(joints)} form a circle')


def _parent_first(root: str, joints: tuple[Joint, ...]) -> tuple[Joint, ...]:
    """Return the joints in their own order, but each after the joint above it."""
    below: dict[str, list[int]] = {}
    for index, joint in enumerate(joints):
        below.setdefault(joint.parent, []).append(index)
    reachable = below.pop(root, [])
    ordered = []
    while reachable:
        joint = joints[heapq.heappop(reachable)]
        ordered.append(joint)
        for index in below.pop(joint.child, []):
            heapq.heappush(reachable, index)
    if below:
        lost = tuple(joints[index] for indices in below.values() for index in indices)
        raise UrdfError(f'the joints {_circle(lost)} form a circle and hang on nothing; every '
                        f'link must be connected to the root {root!r}')
    return tuple(ordered)


def _circle(joints: tuple[Joint, ...]) -> str:
    """Return the names along a circle, for joints that have one above every parent link."""
    above = {joint.child: joint for joint in joints}
    seen: dict[str, None] = {}
    joint = joints[0]
    while joint.name not in seen:
        seen[joint.name] = None
        joint = above[joint.parent]
    names = list(seen)
    return listed(reversed(names[names.index(joint.name):]))


def parse_urdf(urdf: str) -> RobotModel:
    """
    Return the robot that a URDF describes.

    Only what kinematics needs is read, so that meshes, transmissions, simulator plugins and
    other extensions can neither fail nor slow down the parse.

    Parameters
    ----------
    urdf : str
        The text of the URDF.

    Returns
    -------
    RobotModel
        The checked model.

    Raises
    ------
    UrdfError
        If the text is not a URDF or does not describe a robot that can be moved. The message
        names the joint or link, the value, and what is allowed.

    """
    kinematics = _kinematics_only(_read_xml(urdf))
    text = ElementTree.tostring(kinematics, encoding='unicode')
    try:
        robot = URDF.from_xml_string(text)
    except Exception as error:  # urdf-parser-py raises anything, plain Exception included
        raise UrdfError(f'urdf-parser-py refuses the URDF: {error}') from error
    return RobotModel(
        name=robot.name,
        links=tuple(link.name for link in robot.links),
        joints=tuple(_joint(parsed) for parsed in robot.joints),
        urdf=urdf)


class _XmlBuilder(ElementTree.TreeBuilder):
    """Builds the element tree, but refuses a DOCTYPE, whose entities could blow up the text."""

    def doctype(self, name: str, pubid: str | None, system: str | None) -> None:
        """Refuse the document."""
        raise UrdfError(f'the URDF declares <!DOCTYPE {name}>; document types and entities are '
                        'not allowed')


def _read_xml(urdf: str) -> ElementTree.Element:
    """Return the <robot> element of a URDF."""
    if not isinstance(urdf, str):
        raise UrdfError(f'a URDF must be a str, got {type(urdf).__name__}')
    if len(urdf) > MAX_URDF_LENGTH:
        raise UrdfError(f'the URDF has {len(urdf)} characters; at most {MAX_URDF_LENGTH} are '
                        'parsed. Keep meshes in files of their own')
    text = urdf.lstrip('\ufeff \t\r\n')
    if not text:
        raise UrdfError('the URDF is empty; it must be XML with a <robot> element')
    parser = ElementTree.XMLParser(target=_XmlBuilder())
    try:
        parser.feed(text)
        root = parser.close()
    except (ElementTree.ParseError, UnicodeError) as error:
        hint = _hint_for(text)
        raise UrdfError(f'the URDF is not valid XML: {error}{hint}') from error
    _refuse_xacro_elements(root)
    if root.tag.rpartition('}')[2] != 'robot':
        raise UrdfError(f'the outermost element is <{root.tag}>; a URDF starts with <robot>')
    return root


def _hint_for(text: str) -> str:
    """Return what to try when `text` is no XML."""
    if '<' not in text:
        return f'. It starts with {text[:60]!r}; pass the text of the URDF, not a file name'
    if '<xacro:' in text:
        return f'. It has xacro elements: {XACRO_HINT}'
    return ''


def _refuse_xacro_elements(root: ElementTree.Element) -> None:
    """Raise if an element is left for xacro to expand."""
    for element in root.iter():
        namespace, _, tag = element.tag.rpartition('}')
        if 'xacro' in namespace:
            raise UrdfError(f'the element <xacro:{tag}> is not expanded: {XACRO_HINT}')


# What is read of a joint: its elements, their attributes, and what an absent attribute means.
# Soft limits and a velocity that were not given are no limits, where urdf-parser-py would say 0.
_JOINT_ELEMENTS: Mapping[str, Mapping[str, str]] = {
    'parent': {'link': ''},
    'child': {'link': ''},
    'origin': {'xyz': '0 0 0', 'rpy': '0 0 0'},
    'axis': {'xyz': '1 0 0'},
    'limit': {'lower': '0', 'upper': '0', 'velocity': 'inf'},
    'mimic': {'joint': '', 'multiplier': '1', 'offset': '0'},
    'safety_controller': {'soft_lower_limit': '-inf', 'soft_upper_limit': 'inf'},
}

# What kinematics does not need and urdf-parser-py insists on.
_REQUIRED_BY_PARSER: Mapping[str, Mapping[str, str]] = {
    'limit': {'effort': '0'},
    'safety_controller': {'k_velocity': '0'},
}


def _kinematics_only(root: ElementTree.Element) -> ElementTree.Element:
    """Return a copy of a <robot> with nothing but names, joints and their numbers, checked."""
    # A default namespace is allowed, elements of any other namespace are extensions.
    namespace = root.tag[:-len('robot')]
    robot = ElementTree.Element('robot', {'name': _name(root, '<robot>')})
    for element in root:
        tag = element.tag.removeprefix(namespace)
        if tag == 'link':
            ElementTree.SubElement(robot, 'link', {'name': _name(element, 'a <link>')})
        elif tag == 'joint':
            robot.append(_joint_kinematics(element, namespace))
    return robot


def _joint_kinematics(element: ElementTree.Element, namespace: str) -> ElementTree.Element:
    """Return a copy of a <joint> with nothing but what `_JOINT_ELEMENTS` lists."""
    name = _name(element, 'a <joint>')
    joint = ElementTree.Element('joint', {'name': name, 'type': _type(element, name)})
    for child in element:
        tag = child.tag.removeprefix(namespace)
        if tag not in _JOINT_ELEMENTS:
            continue
        if joint.find(tag) is not None:
            raise UrdfError(f'joint {name!r} has more than one <{tag}>; only one is allowed')
        attributes = dict(_REQUIRED_BY_PARSER.get(tag, {}))
        for attribute, default in _JOINT_ELEMENTS[tag].items():
            attributes[attribute] = value = child.get(attribute, default)
            what = f'joint {name!r}: {attribute} of <{tag}>'
            if not default:
                _check_name(value, what)
            elif attribute in child.keys():
                _check_numbers(value, what, len(default.split()))
        ElementTree.SubElement(joint, tag, attributes)
    for tag in ('parent', 'child'):
        if joint.find(tag) is None:
            raise UrdfError(f'joint {name!r} has no <{tag}>; a joint connects two links')
    return joint


def _name(element: ElementTree.Element, what: str) -> str:
    """Return the name attribute of `element`."""
    name = element.get('name', '')
    _check_name(name, f'the name of {what}')
    return name


def _type(element: ElementTree.Element, joint: str) -> str:
    """Return the type attribute of the <joint> called `joint`."""
    kind = element.get('type')
    allowed = [known.value for known in JointType]
    if kind not in allowed:
        raise UrdfError(f'joint {joint!r} has the type {kind!r}; allowed are {listed(allowed)}')
    return kind


def _check_name(value: str, what: str) -> None:
    """Raise unless `value` can be a name."""
    _refuse_xacro_text(value, what)
    if not value.strip():
        raise UrdfError(f'{what} is missing or empty; a name is needed')


def _check_numbers(value: str, what: str, count: int) -> None:
    """Raise unless `value` is the text of `count` finite numbers."""
    _refuse_xacro_text(value, what)
    try:
        numbers = [float(word) for word in value.split()]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        expected = 'one finite number' if count == 1 else f'{count} finite numbers'
        raise UrdfError(f'{what} is {value!r}; it must be {expected}')


def _refuse_xacro_text(value: str, what: str) -> None:
    """Raise if `value` is left for xacro to substitute."""
    if '${' in value or '$(' in value:
        raise UrdfError(f'{what} is {value!r}: {XACRO_HINT}')


def _joint(parsed: Any) -> Joint:
    """Return the joint that urdf-parser-py read."""
    kind = JointType(parsed.type)
    transform = np.eye(4)
    if parsed.origin is not None:
        transform[:3, :3] = euler2mat(*parsed.origin.rpy, axes='sxyz')
        transform[:3, 3] = parsed.origin.xyz
    lower, upper = _position_limits(parsed, kind)
    mimic = None
    # A mimic rule on a joint that cannot move has no effect; reduced models are full of them.
    if parsed.mimic is not None and kind.is_movable:
        mimic = Mimic(parsed.mimic.joint, parsed.mimic.multiplier, parsed.mimic.offset)
    return Joint(
        name=parsed.name, type=kind, parent=parsed.parent, child=parsed.child,
        T_parent_joint=transform,
        axis=np.array([1.0, 0.0, 0.0] if parsed.axis is None else parsed.axis),
        lower=lower, upper=upper, velocity=_velocity_limit(parsed), mimic=mimic)


def _velocity_limit(parsed: Any) -> float:
    """Return the velocity limit [rad/s or m/s]."""
    # Zero is what exporters write when nobody filled the field in. A joint that may not move at
    # all would be written as fixed, so that zero is taken for "not known".
    if parsed.limit is None or parsed.limit.velocity == 0.0:
        return math.inf
    return float(parsed.limit.velocity)


def _position_limits(parsed: Any, kind: JointType) -> tuple[float, float]:
    """Return the position limits [rad or m], the tighter of <limit> and <safety_controller>."""
    # The URDF specification gives a continuous joint no limits. Whoever writes some, like the
    # two turns of Kinova's arms, gets them ignored, as by urdfdom, MoveIt and Pinocchio; a limit
    # that is meant is written as revolute. Planar and floating joints have no single position.
    if kind not in (JointType.REVOLUTE, JointType.PRISMATIC):
        return -math.inf, math.inf
    if parsed.limit is None:
        raise UrdfError(f'joint {parsed.name!r} is {kind.value} and has no <limit>; give it '
                        'one' + (', or the type continuous' if kind is JointType.REVOLUTE else ''))
    # Where one of the two is absent, the specification says 0, and urdf-parser-py with it.
    lower, upper = parsed.limit.lower, parsed.limit.upper
    soft = parsed.safety_controller
    # Soft limits of 0 and 0 come from macros whose values nobody set: their range would forbid
    # every motion, which is never what a safety controller is for.
    if soft is None or soft.soft_lower_limit == soft.soft_upper_limit == 0.0:
        return lower, upper
    tight_lower, tight_upper = max(lower, soft.soft_lower_limit), min(upper, soft.soft_upper_limit)
    if tight_lower > tight_upper:
        raise UrdfError(
            f'joint {parsed.name!r} has the limits {lower:g} to {upper:g} and the soft limits '
            f'{soft.soft_lower_limit:g} to {soft.soft_upper_limit:g}; no position is within both')
    return tight_lower, tight_upper
