"""Visuals as triangles, by way of trimesh."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ik_solver_node.appearance.visuals import (
    Box, Capsule, Colour, Cylinder, Geometry, MeshFile, Sphere, Visual)
from ik_solver_node.exceptions import MeshError, MissingDependencyError
import numpy as np

GREY: Colour = (160, 165, 175)
"""Of what has no colour."""

MISSING: Colour = (255, 0, 160)
"""Of a box that stands for a mesh which is not there."""

MISSING_SIZE = (0.05, 0.05, 0.05)
"""Size of that box [m]."""


@dataclass(frozen=True, eq=False)
class Shape:
    """
    Triangles of one colour, in the frame of a link.

    Attributes
    ----------
    vertices : ndarray, shape (v, 3)
        Corners [m].
    faces : ndarray, shape (f, 3)
        Three corners each.
    colour : Colour
        Of all of them.

    """

    vertices: np.ndarray
    faces: np.ndarray
    colour: Colour


def load_trimesh() -> Any:
    """Return the package trimesh, which comes with viser; raises `MissingDependencyError`."""
    try:
        import trimesh
        import trimesh.creation
    except ImportError as error:
        raise MissingDependencyError(f'the looks of robots need trimesh ({error}); run "pip '
                                     'install trimesh"') from error
    return trimesh


def shapes_of(visuals: Iterable[Visual], find: Callable[[str], Path],
              note: Callable[[str], None]) -> dict[str, list[Shape]]:
    """
    Return what each link looks like.

    Parameters
    ----------
    visuals : iterable of Visual
        What the URDF says.
    find : callable
        Returns the file that the URI of a mesh means, or raises `MeshError`.
    note : callable
        Gets a sentence for each visual that cannot be shown; a small box stands there instead.

    Raises
    ------
    MissingDependencyError
        If trimesh is not installed.

    """
    shapes: dict[str, list[Shape]] = {}
    for visual in visuals:
        try:
            pieces = list(_pieces(visual, find))
        except MeshError as error:
            note(f'link {visual.link!r} shows a box: {error}')
            pieces = [_shape(_primitive(Box(MISSING_SIZE)), MISSING)]
        shapes.setdefault(visual.link, []).extend(
            _placed(piece, visual.T_link_visual) for piece in pieces)
    return shapes


def _pieces(visual: Visual, find: Callable[[str], Path]) -> Iterator[Shape]:
    """Yield the shapes of a visual in its own frame; raises `MeshError`."""
    geometry = visual.geometry
    if isinstance(geometry, MeshFile):
        for piece in load(find(geometry.uri), visual.colour):
            yield _scaled(piece, geometry.scale)
    else:
        mesh = _primitive(geometry)
        if not len(mesh.faces):  # trimesh takes corners for one that are very near to each other
            raise MeshError(f'{geometry} is too small to be drawn')
        yield _shape(mesh, visual.colour or GREY)


def _primitive(geometry: Geometry) -> Any:
    """Return the mesh of a simple form."""
    creation = load_trimesh().creation
    if isinstance(geometry, Box):
        return creation.box(extents=geometry.size)
    if isinstance(geometry, Sphere):
        return creation.icosphere(subdivisions=3, radius=geometry.radius)
    if isinstance(geometry, Cylinder):
        return creation.cylinder(geometry.radius, geometry.length, sections=64)
    assert isinstance(geometry, Capsule)
    mesh = creation.capsule(geometry.length, geometry.radius, count=[24, 24])
    if len(mesh.faces):
        mesh.apply_translation(-mesh.bounds.mean(axis=0))  # versions of trimesh differ in it
    return mesh


def load(file: Path, colour: Colour | None = None) -> list[Shape]:
    """
    Return the shapes in a file.

    Like RViz, it takes the colours that the file has, and `colour` for the rest; it scales a
    Collada file to metres and pays no heed to its up axis.

    Raises
    ------
    MeshError
        If the file cannot be read, or there is nothing in it.

    """
    trimesh = load_trimesh()
    try:
        scene = trimesh.load_scene(file)
        unit = _unit(scene) if file.suffix.lower() == '.dae' else 1.0
        shapes = []
        for node in scene.graph.nodes_geometry:
            transform, name = scene.graph[node]
            mesh = scene.geometry[name]
            if isinstance(mesh, trimesh.Trimesh) and len(mesh.faces):
                own = _shape(mesh, _own_colour(mesh) or colour or GREY)
                shapes.append(_scaled(_placed(own, np.asarray(transform)), (unit,) * 3))
    except Exception as error:  # readers of meshes raise whatever they come across
        raise MeshError(f'mesh {file} cannot be read: {type(error).__name__}: {error}') from error
    if not shapes:
        raise MeshError(f'mesh {file} has no triangles')
    return shapes


def _unit(scene: Any) -> float:
    """Return how long the unit of a Collada file is [m]."""
    number, _, meters = str(scene.units or 'meters').rpartition('*')
    return float(number) if number and 'meters' in meters else 1.0


def _own_colour(mesh: Any) -> Colour | None:
    """Return the colour that a mesh has of its own."""
    visual = mesh.visual
    if getattr(visual, 'kind', None) is None or not visual.defined:
        return None
    if visual.kind == 'texture':
        colour = getattr(visual.material, 'main_color', None)
    else:
        colour = np.mean(visual.face_colors, axis=0)
    if colour is None:
        return None
    red, green, blue = (int(round(float(part))) for part in colour[:3])
    return red, green, blue


def _shape(mesh: Any, colour: Colour) -> Shape:
    """Return a mesh of trimesh as a shape."""
    return Shape(np.array(mesh.vertices, dtype=np.float64), np.array(mesh.faces, dtype=np.uint32),
                 colour)


def _placed(shape: Shape, transform: np.ndarray) -> Shape:
    """Return a shape moved by a transform (4, 4) [m]."""
    vertices = shape.vertices @ transform[:3, :3].T + transform[:3, 3]
    return Shape(vertices, shape.faces, shape.colour)


def _scaled(shape: Shape, scale: tuple[float, ...]) -> Shape:
    """Return a shape stretched along its axes; a mirrored one keeps its outside outside."""
    faces = shape.faces[:, ::-1] if np.prod(scale) < 0.0 else shape.faces
    return Shape(shape.vertices * np.array(scale), faces, shape.colour)
