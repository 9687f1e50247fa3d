"""What is drawn in space, as triangles."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
import logging
from pathlib import Path

from ik_solver_node.appearance.shapes import Shape, shapes_of
from ik_solver_node.appearance.visuals import Visual
from ik_solver_node.gallery.scene import Arm, Body, Ground
import numpy as np

SIDES, RINGS = 14, 8
"""Of tubes and balls."""
BALL = 1.35
"""Radius of a joint as part of that of a link."""

logger = logging.getLogger(__name__)

Mesh = tuple[np.ndarray, np.ndarray]
"""Vertices (v, 3) [m] and triangles of their numbers (t, 3)."""


def in_space(points: np.ndarray) -> np.ndarray:
    """Return points (k, 2) or (k, 3) as (k, 3) [m]: what lies in a plane lies on the floor."""
    points = np.asarray(points, dtype=np.float64)
    if points.shape[1] == 3:
        return points
    return np.column_stack([points, np.zeros(len(points))])


def arm_mesh(arm: Arm) -> Mesh:
    """Return tubes along the links of an arm, with balls for its joints."""
    points, radius = in_space(arm.points), 0.5 * arm.thickness
    parts = [_tube(one, other, radius) for one, other in zip(points[:-1], points[1:])
             if np.linalg.norm(other - one) > 1e-9]
    parts += [_placed(_ball(), BALL * radius, point) for point in points]
    return joined(parts)


def ground_mesh(ground: Ground) -> Mesh:
    """Return the surface of a ground."""
    x, y = np.meshgrid(ground.x, ground.y)
    vertices = np.column_stack([x.ravel(), y.ravel(), ground.heights.ravel()])
    return vertices, _strips(len(ground.y), len(ground.x))


@lru_cache(maxsize=None)
def shapes_of_link(visuals: tuple[Visual, ...]) -> list[Shape]:
    """Return what a link looks like, in its own frame."""
    return [shape for shapes in shapes_of(visuals, Path, logger.warning).values()
            for shape in shapes]


def triangles_of(bodies: Iterable[Body]) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of all triangles in the world, (t, 3, 3) [m], and colours 0 to 1."""
    corners, colours = [], []
    for body in bodies:
        rotation, place = body.T_world_link[:3, :3], body.T_world_link[:3, 3]
        for shape in shapes_of_link(body.visuals):
            corners.append((shape.vertices @ rotation.T + place)[shape.faces])
            colours.append(np.tile(np.array(shape.colour) / 255.0, (len(shape.faces), 1)))
    return np.concatenate(corners), np.concatenate(colours)


def joined(parts: list[Mesh]) -> Mesh:
    """Return several meshes as one."""
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in parts[:-1])])
    return (np.vstack([vertices for vertices, _ in parts]),
            np.vstack([faces + start for (_, faces), start in zip(parts, starts)]))


def _tube(one: np.ndarray, other: np.ndarray, radius: float) -> Mesh:
    """Return a tube from one place to another."""
    along = (other - one) / np.linalg.norm(other - one)
    aside = np.cross(along, np.eye(3)[int(np.argmin(np.abs(along)))])
    aside /= np.linalg.norm(aside)
    angles = np.linspace(0.0, 2.0 * np.pi, SIDES + 1)
    ring = radius * (np.outer(np.cos(angles), aside)
                     + np.outer(np.sin(angles), np.cross(along, aside)))
    return np.vstack([one + ring, other + ring]), _strips(2, SIDES + 1)


@lru_cache(maxsize=None)
def _ball() -> Mesh:
    """Return a ball of radius 1 around the origin."""
    heights = np.linspace(-0.5 * np.pi, 0.5 * np.pi, RINGS + 1)
    angles = np.linspace(0.0, 2.0 * np.pi, SIDES + 1)
    height, angle = np.meshgrid(heights, angles, indexing='ij')
    vertices = np.stack([np.cos(height) * np.cos(angle), np.cos(height) * np.sin(angle),
                         np.sin(height)], axis=-1)
    return vertices.reshape(-1, 3), _strips(RINGS + 1, SIDES + 1)


def _placed(mesh: Mesh, scale: float, place: np.ndarray) -> Mesh:
    """Return a mesh of another size, somewhere else."""
    return scale * mesh[0] + place, mesh[1]


def _strips(rows: int, columns: int) -> np.ndarray:
    """Return the triangles between the points of a grid, numbered row by row."""
    numbers = np.arange(rows * columns).reshape(rows, columns)
    corner, right = numbers[:-1, :-1].ravel(), numbers[:-1, 1:].ravel()
    above, across = numbers[1:, :-1].ravel(), numbers[1:, 1:].ravel()
    return np.vstack([np.column_stack([corner, right, across]),
                      np.column_stack([corner, across, above])])
