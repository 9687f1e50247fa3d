"""A scene as markers: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
import math
import textwrap

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Point
from ik_solver_node.ros.rviz.scene import Scene
import numpy as np
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

Colour = tuple[float, float, float]

AXES: tuple[Colour, ...] = ((0.9, 0.2, 0.2), (0.2, 0.8, 0.2), (0.25, 0.4, 1.0))
LEVELS: tuple[Colour, ...] = ((0.3, 0.9, 0.3), (1.0, 0.7, 0.1), (1.0, 0.25, 0.25))
"""The colours of a verdict, by its level."""
TARGET, TRAIL, LINES = (0.9, 0.3, 0.9), (0.2, 0.8, 0.9), (1.0, 0.9, 0.3)
SMALL_ERROR, LARGE_ERROR = 1e-3, 0.1
"""Up to the one a line of error is green, from the other on it is red [m]."""
LINE_WIDTH, TIP_SIZE, TEXT_SIZE, TEXT_HEIGHT = 0.06, 0.7, 0.3, 1.6
"""In lengths of the axes of a target; the last one is how far above the target a verdict is."""
LETTERS = 44
"""How long a line of a verdict may be."""
IDS_OF_A_TIP = 10
"""In each namespace, how many numbers of markers are kept for a tip."""


def marker_array(scenes: Sequence[Scene], size: float, stamp: Time,
                 afresh: bool = False) -> MarkerArray:
    """
    Return all markers of the scenes of a robot; those that are not there now are deleted.

    Each array is complete, so that the last one is enough for who comes late. Markers are locked
    to their frame: RViz draws them where the base is now, not where it was at their stamp, which
    tf may not know yet.

    Parameters
    ----------
    scenes : sequence of Scene
        What is to be seen of each tip, all in one base frame.
    size : float
        Length of the axes of a target [m].
    stamp : Time
        When.
    afresh : bool
        Whether all that was shown before is deleted first, such as that of another robot.

    """
    array = MarkerArray()
    if afresh:
        array.markers.append(Marker(action=Marker.DELETEALL))
    for tip, scene in enumerate(scenes):
        for (namespace, number), marker in _drawn(scene, size).items():
            marker = marker or Marker(action=Marker.DELETE)
            marker.ns, marker.id = namespace, IDS_OF_A_TIP * tip + number
            array.markers.append(marker)
    for marker in array.markers:
        marker.header.frame_id, marker.header.stamp = scenes[0].chain.base_link, stamp
        marker.frame_locked = True
    return array


def _drawn(scene: Scene, size: float) -> dict[tuple[str, int], Marker | None]:
    """Return the markers of a scene by namespace and number; None for what is not there."""
    shown = scene.shown_position
    return {
        ('target', 0): _axes(shown, scene.wanted_rotation, size),
        ('target', 1): _ball(scene, 0.25 * size),
        ('target', 2): _arrow(shown, scene.wanted_direction, size),
        ('tip', 0): None if scene.tip is None else _axes(
            scene.tip.position, scene.tip.rotation(), TIP_SIZE * size),
        ('error', 0): _error(scene, size),
        ('trail', 0): _strip(scene.trail.points, TRAIL, 0.3 * LINE_WIDTH * size),
        ('lines', 0): _strip(list(scene.lines), LINES, 0.5 * LINE_WIDTH * size),
        ('verdict', 0): _text(scene, size),
    }


def error_colour(error: float) -> Colour:
    """Return a colour for a distance [m]: from green over yellow to red, by its logarithm."""
    share = math.log(max(error, SMALL_ERROR) / SMALL_ERROR) / math.log(LARGE_ERROR / SMALL_ERROR)
    return min(1.0, 2.0 * share), min(1.0, max(0.0, 2.0 - 2.0 * share)), 0.0


def shape(kind: int, colour: Colour, *scale: float, alpha: float = 1.0) -> Marker:
    """Return a marker of a kind, at the origin, with its first scales [m]."""
    marker = Marker(type=kind, action=Marker.ADD, color=_rgba(colour, alpha))
    for axis, length in zip('xyz', scale):
        setattr(marker.scale, axis, length)
    return marker


def _rgba(colour: Colour, alpha: float = 1.0) -> ColorRGBA:
    """Return a colour as a message."""
    return ColorRGBA(r=colour[0], g=colour[1], b=colour[2], a=alpha)


def _points(positions: Iterable[np.ndarray]) -> list[Point]:
    """Return positions, each of shape (3,) [m], as messages."""
    return [Point(x=x, y=y, z=z) for x, y, z in (position.tolist() for position in positions)]


def _axes(position: np.ndarray | None, rotation: np.ndarray | None, size: float) -> Marker | None:
    """Return the axes of a frame, red, green and blue."""
    if position is None or rotation is None:
        return None
    marker = shape(Marker.LINE_LIST, AXES[0], LINE_WIDTH * size)
    for axis, colour in zip(rotation.T, AXES):
        marker.points += _points([position, position + size * axis])
        marker.colors += [_rgba(colour)] * 2
    return marker


def _ball(scene: Scene, size: float) -> Marker | None:
    """Return a ball where the target is, if it is anywhere in particular."""
    if scene.wanted_position is None:
        return None
    marker = shape(Marker.SPHERE, TARGET, size, size, size, alpha=0.6)
    marker.pose.position, = _points([scene.wanted_position])
    return marker


def _arrow(position: np.ndarray | None, direction: np.ndarray | None,
           size: float) -> Marker | None:
    """Return an arrow from a position in a direction."""
    if position is None or direction is None:
        return None
    marker = shape(Marker.ARROW, TARGET, 0.1 * size, 0.2 * size, 0.3 * size)
    marker.points = _points([position, position + 1.5 * size * direction])
    return marker


def _error(scene: Scene, size: float) -> Marker | None:
    """Return a line from the tip to the target."""
    there, tip = scene.wanted_position, scene.tip
    if there is None or tip is None or (there == tip.position).all():
        return None
    colour = error_colour(float(np.linalg.norm(there - tip.position)))
    marker = shape(Marker.LINE_LIST, colour, 0.5 * LINE_WIDTH * size)
    marker.points = _points([tip.position, there])
    return marker


def _strip(positions: Sequence[np.ndarray], colour: Colour, width: float) -> Marker | None:
    """Return a line through positions, if there are any to go between."""
    if len(positions) < 2:
        return None
    marker = shape(Marker.LINE_STRIP, colour, width)
    marker.points = _points(positions)
    return marker


def _text(scene: Scene, size: float) -> Marker | None:
    """Return the verdict in words, above the target."""
    at = scene.shown_position
    if at is None and scene.tip is not None:
        at = scene.tip.position
    if at is None or not scene.sentence:
        return None
    marker = shape(Marker.TEXT_VIEW_FACING, LEVELS[scene.level], 0.0, 0.0, TEXT_SIZE * size)
    marker.text = textwrap.fill(scene.sentence, LETTERS)
    marker.pose.position, = _points([at + [0.0, 0.0, TEXT_HEIGHT * size]])
    return marker
