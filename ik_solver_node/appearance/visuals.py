"""What the links of a URDF look like, read from its text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
import math
from typing import Union
from xml.etree import ElementTree

from ik_solver_node.pose import Pose
import numpy as np

Colour = tuple[int, int, int]
"""Red, green and blue, 0 to 255."""


@dataclass(frozen=True)
class Box:
    """A box around the origin with edges along the axes [m]."""

    size: tuple[float, ...]


@dataclass(frozen=True)
class Cylinder:
    """A cylinder around the z axis [m]."""

    radius: float
    length: float


@dataclass(frozen=True)
class Capsule:
    """A cylinder around the z axis, of `length` [m], with half a ball at each end."""

    radius: float
    length: float


@dataclass(frozen=True)
class Sphere:
    """A ball around the origin [m]."""

    radius: float


@dataclass(frozen=True)
class MeshFile:
    """A mesh in a file, scaled along its axes."""

    uri: str
    scale: tuple[float, ...]


Geometry = Union[Box, Cylinder, Capsule, Sphere, MeshFile]


@dataclass(frozen=True, eq=False)
class Visual:
    """
    A piece of what a link looks like.

    Attributes
    ----------
    link : str
        The link.
    T_link_visual : ndarray, shape (4, 4)
        Where its own frame is [m].
    geometry : Geometry
        Its form.
    colour : Colour or None
        None if the URDF gives none.

    """

    link: str
    T_link_visual: np.ndarray
    geometry: Geometry
    colour: Colour | None


def read_visuals(urdf: str, note: Callable[[str], None]) -> list[Visual]:
    """
    Return what the links look like.

    Parameters
    ----------
    urdf : str
        Text that `ik_solver_node.robot_model.parse_urdf` has accepted.
    note : callable
        Gets a sentence for each visual that cannot be used, and is left out.

    """
    robot = _without_namespace(ElementTree.fromstring(urdf.lstrip('\ufeff \t\r\n')))
    colours = {material.get('name', ''): _colour(material)
               for material in robot.iterfind('.//material') if material.find('color') is not None}
    visuals = []
    for link in robot.iterfind('link'):
        for number, element in enumerate(link.iterfind('visual')):
            try:
                visuals.append(_visual(link.get('name', ''), element, colours))
            except ValueError as error:  # InvalidPoseError too: numbers that are none
                note(f'visual {number} of link {link.get("name")!r} is not shown: {error}')
    return visuals


def _without_namespace(robot: ElementTree.Element) -> ElementTree.Element:
    """Return `robot` with plain tags where it has a default namespace."""
    namespace = robot.tag[:-len('robot')]
    for element in robot.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.removeprefix(namespace)
    return robot


def _visual(link: str, element: ElementTree.Element,
            colours: dict[str, Colour | None]) -> Visual:
    """Return a <visual>; raises ValueError."""
    origin = element.find('origin')
    place = Pose.from_rpy([0.0] * 3, [0.0] * 3) if origin is None else Pose.from_rpy(
        _numbers(origin, 'xyz', 3, '0 0 0'), _numbers(origin, 'rpy', 3, '0 0 0'))
    material, colour = element.find('material'), None
    if material is not None:
        colour = _colour(material) or colours.get(material.get('name', ''))
    return Visual(link, place.matrix(), _geometry(element.find('geometry')), colour)


def _geometry(element: ElementTree.Element | None) -> Geometry:
    """Return what is in a <geometry>; raises ValueError."""
    form = next(_known(element), None) if element is not None else None
    if form is None:
        raise ValueError('its <geometry> must hold a box, cylinder, capsule, sphere or mesh')
    if form.tag == 'box':
        return Box(_lengths(form, 'size', 3))
    if form.tag == 'sphere':
        return Sphere(*_lengths(form, 'radius', 1))
    if form.tag == 'mesh':
        if not form.get('filename'):
            raise ValueError('its <mesh> has no filename')
        return MeshFile(form.get('filename', ''), _numbers(form, 'scale', 3, '1 1 1'))
    kind = Cylinder if form.tag == 'cylinder' else Capsule
    return kind(*_lengths(form, 'radius', 1), *_lengths(form, 'length', 1))


def _known(element: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Yield the forms in a <geometry> that are known."""
    return (form for form in element
            if form.tag in ('box', 'cylinder', 'capsule', 'sphere', 'mesh'))


def _colour(material: ElementTree.Element) -> Colour | None:
    """Return the colour of a <material>, if it has one that can be read."""
    element = material.find('color')
    if element is None:
        return None
    try:
        red, green, blue, _ = _numbers(element, 'rgba', 4, '')
    except ValueError:
        return None
    return _byte(red), _byte(green), _byte(blue)


def _byte(share: float) -> int:
    """Return a share of a colour from 0 to 1 as 0 to 255."""
    return round(255.0 * min(max(share, 0.0), 1.0))


def _lengths(element: ElementTree.Element, name: str, count: int) -> tuple[float, ...]:
    """Return an attribute of lengths [m]; raises ValueError."""
    lengths = _numbers(element, name, count, '')
    if min(lengths) <= 0.0:
        raise ValueError(f'{name} of its <{element.tag}> is {element.get(name)!r}, but must be '
                         'positive')
    return lengths


def _numbers(element: ElementTree.Element, name: str, count: int,
             default: str) -> tuple[float, ...]:
    """Return an attribute of `count` finite numbers; raises ValueError."""
    text = element.get(name, default)
    try:
        numbers = tuple(map(float, text.split()))
    except ValueError:
        numbers = ()
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValueError(f'{name} of its <{element.tag}> is {text!r}, but must be {count} finite '
                         f'number{"s" if count > 1 else ""}')
    return numbers
