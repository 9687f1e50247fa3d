"""
The arm as the referee of the demo knows it: a second reading of the URDF.

A referee that computed with the code it judges would share its mistakes. So this reads the XML
anew and multiplies transforms link by link, slowly and plainly; nothing of the chain, its kernels
or the robot model is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
import math
from xml.etree import ElementTree

from ik_solver_node.exceptions import ChainError, UrdfError
import numpy as np
from transforms3d.axangles import axangle2mat
from transforms3d.euler import euler2mat

ROUNDING = 1e-9
"""By this much a position may be past its limit, or off its mimic rule, if not more is said."""


class RefereeArm:
    """
    The joints between a base and a tip link, read from a URDF that is known to be valid.

    Parameters
    ----------
    urdf : str
        The text of the URDF.
    base_link, tip_link : str
        Between which links; an empty base is the root, an empty tip the one leaf.

    Raises
    ------
    UrdfError
        If the text is no XML.
    ChainError
        If there is no such link, or there are several leaves to choose from.

    """

    def __init__(self, urdf: str, base_link: str = '', tip_link: str = '') -> None:
        try:
            robot = ElementTree.fromstring(urdf.strip().lstrip('\ufeff'))
        except ElementTree.ParseError as error:
            raise UrdfError(f'the URDF is not valid XML: {error}') from error
        self._joints = {joint.name: joint for joint in map(_read_joint, robot.iterfind('joint'))}
        self._above = {joint.child: joint for joint in self._joints.values()}
        links = {link.get('name', '') for link in robot.iterfind('link')}
        parents = {joint.parent for joint in self._joints.values()}
        self.base_link = _choose(base_link, links, links - self._above.keys(), 'base_link')
        self.tip_link = _choose(tip_link, links, links - parents, 'tip_links')
        self._between = set(self._way_up(self.base_link)) ^ set(self._way_up(self.tip_link))

    @property
    def reach(self) -> float:
        """
        No pose of the tip is further from the base than this [m].

        The sum of all offsets and ways between the two: what a straightened arm would measure.
        """
        return sum(joint.longest for joint in self._between)

    def tip_pose(self, positions: Mapping[str, float]) -> np.ndarray:
        """
        Return the tip in the base frame, shape (4, 4) [m].

        Parameters
        ----------
        positions : mapping of str to float
            Joint positions by name [rad or m]; those of mimic joints are not looked at.

        Raises
        ------
        KeyError
            If a joint between base and tip has no position.

        """
        base, tip = list(self._way_up(self.base_link)), list(self._way_up(self.tip_link))
        while base and tip and base[-1] is tip[-1]:
            base.pop()
            tip.pop()
        return np.linalg.inv(self._product(base, positions)) @ self._product(tip, positions)

    def tip_spread(self, positions: Mapping[str, float], noise: float) -> tuple[float, float]:
        """
        Return how far the tip seems to stray, [m] and [rad], when joints are measured with noise.

        Parameters
        ----------
        positions : mapping of str to float
            Joint positions by name [rad or m].
        noise : float
            Standard deviation of each [rad or m]; what is returned is one, too.

        """
        here = self.tip_pose(positions)
        squares = np.zeros(2)
        for name, position in positions.items() if noise > 0.0 else ():
            there = self.tip_pose({**positions, name: position + noise})
            squares += np.square(pose_errors(here, there))
        way, turn = np.sqrt(squares)
        return float(way), float(turn)

    def fastest(self, name: str, default: float = math.inf) -> float:
        """
        Return how fast a joint may move [rad/s or m/s], so that what mimics it keeps its limit.

        `default` is for a joint for which the URDF has no limit, or 0.
        """
        limits = [joint.fastest if joint.name == name else
                  self.fastest(joint.name) / abs(joint.multiplier)
                  for joint in self._joints.values()
                  if joint.name == name or joint.follows == name and joint.multiplier]
        fastest = min(limits, default=math.inf)
        return fastest if fastest < math.inf else default

    def complaints(self, positions: Mapping[str, float], slack: float = ROUNDING) -> list[str]:
        """
        Return what is wrong with `positions` [rad or m]: a phrase per joint, empty if none.

        By `slack` [rad or m] each may be past its limit, or off its mimic rule.
        """
        complaints = []
        for name, position in positions.items():
            joint = self._joints.get(name)
            if joint is None:
                complaints.append(f'the URDF has no joint {name}')
            elif not math.isfinite(position):
                complaints.append(f'joint {name} is at {position}')
            elif self._is_past_limit(joint, position, slack):
                complaints.append(f'joint {name} is at {position:.6g}, outside its limits '
                                  f'{joint.lower:g} to {joint.upper:g}')
            elif joint.follows in positions:
                expected = joint.multiplier * positions[joint.follows] + joint.offset
                if not abs(position - expected) <= slack:
                    complaints.append(f'joint {name} is at {position:.6g}, but {joint.follows}, '
                                      f'which it mimics, puts it at {expected:.6g}')
        return complaints

    def _is_past_limit(self, joint: _Joint, position: float, slack: float) -> bool:
        """Return whether `position` [rad or m] is one that `joint` must not take."""
        # A mimic joint beside the arm has no choice, and stock robots have some whose limits
        # contradict the rule: the fingers of the PR2.
        if joint.follows and joint not in self._between:
            return False
        return not joint.lower - slack <= position <= joint.upper + slack

    def _way_up(self, link: str) -> Iterator[_Joint]:
        """Yield the joints from `link` up to the root."""
        while (joint := self._above.get(link)) is not None:
            yield joint
            link = joint.parent

    def _product(self, way_up: list[_Joint], positions: Mapping[str, float]) -> np.ndarray:
        """Return the transform (4, 4) along a way, from its upper end to its lower one."""
        transform = np.eye(4)
        for joint in reversed(way_up):
            transform = transform @ joint.origin @ joint.motion(self._position(joint, positions))
        return transform

    def _position(self, joint: _Joint, positions: Mapping[str, float]) -> float:
        """Return where `joint` is [rad or m]; a mimic joint is where its rule puts it."""
        if joint.type == 'fixed':
            return 0.0
        if joint.follows:
            followed = self._position(self._joints[joint.follows], positions)
            return joint.multiplier * followed + joint.offset
        return positions[joint.name]


@dataclass(frozen=True, eq=False)
class _Joint:
    """What the XML says about a joint; limits and ways in [rad or m], and in seconds."""

    name: str
    type: str  # noqa: A003
    parent: str
    child: str
    origin: np.ndarray
    axis: np.ndarray
    lower: float
    upper: float
    fastest: float
    follows: str
    multiplier: float
    offset: float

    @property
    def longest(self) -> float:
        """The largest distance between the parent's and the child's frame [m]."""
        way = max(abs(self.lower), abs(self.upper)) if self.type == 'prismatic' else 0.0
        return float(np.linalg.norm(self.origin[:3, 3])) + way

    def motion(self, position: float) -> np.ndarray:
        """Return how the child has moved at `position` [rad or m], as a transform (4, 4)."""
        transform = np.eye(4)
        if self.type == 'prismatic':
            transform[:3, 3] = position * self.axis
        elif self.type in ('revolute', 'continuous'):
            transform[:3, :3] = axangle2mat(self.axis, position)
        return transform


def pose_errors(T_base_target: np.ndarray, T_base_tip: np.ndarray | None) -> tuple[float, float]:
    """Return how far the tip (4, 4) [m] is from the target, [m] and [rad]."""
    if T_base_tip is None:
        return math.inf, math.inf
    position = float(np.linalg.norm(T_base_tip[:3, 3] - T_base_target[:3, 3]))
    turn = T_base_tip[:3, :3] @ T_base_target[:3, :3].T
    # |turn - turn.T| is 2 sqrt(2) sin, the trace 1 + 2 cos; the two are exact at every angle.
    sine = np.linalg.norm(turn - turn.T) / math.sqrt(2.0)
    return position, math.atan2(sine, np.trace(turn) - 1.0)


def _choose(link: str, links: set[str], natural: set[str], parameter: str) -> str:
    """Return `link` if it is one of `links`, or if it is empty the only natural one."""
    if link and link not in links or not link and len(natural) != 1:
        raise ChainError(f'{parameter} is {link!r}, but must be one of {", ".join(sorted(links))}')
    return link or min(natural)


def _read_joint(element: ElementTree.Element) -> _Joint:
    """Return the joint in a <joint>."""
    kind = element.get('type', '')
    origin = np.eye(4)
    origin[:3, :3] = euler2mat(*_numbers(element, 'origin', 'rpy', '0 0 0'), axes='sxyz')
    origin[:3, 3] = _numbers(element, 'origin', 'xyz', '0 0 0')
    axis = np.array(_numbers(element, 'axis', 'xyz', '1 0 0'))
    lower, upper = _read_limits(element, kind)
    # A mimic rule cannot move a joint that is fixed.
    mimic = element.find('mimic') if kind != 'fixed' else None
    return _Joint(
        name=element.get('name', ''), type=kind, parent=_link(element, 'parent'),
        child=_link(element, 'child'), origin=origin,
        axis=axis / (np.linalg.norm(axis) or 1.0), lower=lower, upper=upper,
        # A limit of 0 is one that nobody set.
        fastest=_numbers(element, 'limit', 'velocity', 'inf')[0] or math.inf,
        follows='' if mimic is None else mimic.get('joint', ''),
        multiplier=_numbers(element, 'mimic', 'multiplier', '1')[0],
        offset=_numbers(element, 'mimic', 'offset', '0')[0])


def _read_limits(element: ElementTree.Element, kind: str) -> tuple[float, float]:
    """Return the tighter of <limit> and <safety_controller>; only two joint types have any."""
    if kind not in ('revolute', 'prismatic'):
        return -math.inf, math.inf
    lower, upper = (_numbers(element, 'limit', end, '0')[0] for end in ('lower', 'upper'))
    soft_lower = _numbers(element, 'safety_controller', 'soft_lower_limit', '-inf')[0]
    soft_upper = _numbers(element, 'safety_controller', 'soft_upper_limit', 'inf')[0]
    # Both zero is how exporters leave soft limits that nobody set.
    if soft_lower == soft_upper == 0.0:
        return lower, upper
    return max(lower, soft_lower), min(upper, soft_upper)


def _numbers(element: ElementTree.Element, tag: str, attribute: str, default: str) -> list[float]:
    """Return the numbers in an attribute of a child element."""
    child = element.find(tag)
    text = default if child is None else child.get(attribute, default)
    return [float(word) for word in text.split()]


def _link(element: ElementTree.Element, tag: str) -> str:
    """Return the link that <parent> or <child> names."""
    child = element.find(tag)
    return '' if child is None else child.get('link', '')
