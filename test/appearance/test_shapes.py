"""Visuals become triangles of the right size, place and colour."""

from __future__ import annotations

from pathlib import Path
import sys

from ik_solver_node.appearance.shapes import load, MISSING, Shape, shapes_of
from ik_solver_node.appearance.visuals import (
    Box, Capsule, Cylinder, Geometry, MeshFile, Sphere, Visual)
from ik_solver_node.exceptions import MeshError, MissingDependencyError
from ik_solver_node.viewer.mesh_files import MeshFinder
import numpy as np
import pytest

trimesh = pytest.importorskip('trimesh')

COLLADA = """<?xml version="1.0"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
  <asset><unit name="centimeter" meter="0.01"/><up_axis>Y_UP</up_axis></asset>
  <library_effects><effect id="e"><profile_COMMON><technique sid="t"><phong>
    <diffuse><color>1 0 0 1</color></diffuse></phong></technique></profile_COMMON></effect>
  </library_effects>
  <library_materials><material id="m"><instance_effect url="#e"/></material></library_materials>
  <library_geometries><geometry id="g"><mesh>
    <source id="p"><float_array id="a" count="9">0 0 0 100 0 0 0 200 0</float_array>
      <technique_common><accessor source="#a" count="3" stride="3"><param name="X" type="float"/>
      <param name="Y" type="float"/><param name="Z" type="float"/></accessor></technique_common>
    </source>
    <vertices id="v"><input semantic="POSITION" source="#p"/></vertices>
    <triangles count="1" material="s"><input semantic="VERTEX" source="#v" offset="0"/>
      <p>0 1 2</p></triangles>
  </mesh></geometry></library_geometries>
  <library_visual_scenes><visual_scene id="s"><node><translate>0 0 10</translate>
    <instance_geometry url="#g"><bind_material><technique_common>
      <instance_material symbol="s" target="#m"/></technique_common></bind_material>
    </instance_geometry></node></visual_scene></library_visual_scenes>
  <scene><instance_visual_scene url="#s"/></scene>
</COLLADA>
"""


def shapes(geometry: Geometry, finder: MeshFinder = MeshFinder(),
           place: np.ndarray = np.eye(4)) -> tuple[list[Shape], list[str]]:
    """Return the shapes of a link with one green visual, and the notes about it."""
    notes: list[str] = []
    visual = Visual('arm', place, geometry, (0, 255, 0))
    return shapes_of([visual], finder.find, notes.append)['arm'], notes


def extents(pieces: list[Shape]) -> list[float]:
    """Return the lower, then the upper end of some shapes along x, y and z [m]."""
    vertices = np.vstack([piece.vertices for piece in pieces])
    return [*vertices.min(axis=0).round(6).tolist(), *vertices.max(axis=0).round(6).tolist()]


@pytest.mark.parametrize('geometry, size', [
    (Box((0.2, 0.4, 0.6)), (0.1, 0.2, 0.3)), (Sphere(0.5), (0.5, 0.5, 0.5)),
    (Cylinder(0.1, 0.8), (0.1, 0.1, 0.4)), (Capsule(0.1, 0.8), (0.1, 0.1, 0.5))])
def test_simple_forms_are_around_their_origin(
        geometry: Geometry, size: tuple[float, ...]) -> None:
    """As URDF has them, wherever trimesh begins to draw."""
    pieces, notes = shapes(geometry)
    assert np.allclose(extents(pieces), [*(-x for x in size), *size], atol=2e-3)
    assert [piece.colour for piece in pieces] == [(0, 255, 0)] and notes == []


def test_visuals_are_placed() -> None:
    """Turned by a quarter about z, and moved."""
    place = np.array([[0.0, -1.0, 0.0, 1.0], [1.0, 0.0, 0.0, 2.0], [0.0, 0.0, 1.0, 3.0],
                      [0.0, 0.0, 0.0, 1.0]])
    pieces, _ = shapes(Box((0.2, 0.4, 0.6)), place=place)
    assert np.allclose(extents(pieces), [0.8, 1.9, 2.7, 1.2, 2.1, 3.3])


@pytest.mark.parametrize('suffix', ['stl', 'obj'])
def test_meshes_are_read_and_scaled(tmp_path: Path, suffix: str) -> None:
    """A mirrored one is not inside out."""
    file = tmp_path / f'box.{suffix}'
    trimesh.creation.box(extents=(1.0, 2.0, 3.0)).export(file)
    pieces, notes = shapes(MeshFile(str(file), (1.0, -0.1, 0.01)))
    assert np.allclose(extents(pieces), [-0.5, -0.1, -0.015, 0.5, 0.1, 0.015])
    assert trimesh.Trimesh(pieces[0].vertices, pieces[0].faces).volume > 0.0
    assert notes == []


def test_an_stl_has_the_colour_of_the_urdf(tmp_path: Path) -> None:
    """As it has none of its own."""
    trimesh.creation.box().export(tmp_path / 'box.stl')
    pieces, _ = shapes(MeshFile(str(tmp_path / 'box.stl'), (1.0, 1.0, 1.0)))
    assert [piece.colour for piece in pieces] == [(0, 255, 0)]


def test_collada_is_in_metres_and_has_its_own_colours(tmp_path: Path) -> None:
    """Like RViz: the unit counts, the up axis does not."""
    pytest.importorskip('collada')
    (tmp_path / 'part.dae').write_text(COLLADA)
    pieces, notes = shapes(MeshFile(str(tmp_path / 'part.dae'), (1.0, 1.0, 1.0)))
    assert np.allclose(extents(pieces), [0.0, 0.0, 0.1, 1.0, 2.0, 0.1])
    assert [piece.colour for piece in pieces] == [(255, 0, 0)] and notes == []


@pytest.mark.parametrize('content, reason', [
    (None, 'is not there'), (b'not a mesh', 'mesh'), (b'', 'mesh')])
def test_a_mesh_that_cannot_be_shown_is_a_note_and_a_box(
        tmp_path: Path, content: bytes | None, reason: str) -> None:
    """Nothing raises."""
    file = tmp_path / 'part.stl'
    if content is not None:
        file.write_bytes(content)
    pieces, (note,) = shapes(MeshFile(str(file), (1.0, 1.0, 1.0)))
    assert note.startswith("link 'arm' shows a box: mesh ") and reason in note
    assert np.allclose(extents(pieces), [-0.025] * 3 + [0.025] * 3)
    assert pieces[0].colour == MISSING


@pytest.mark.parametrize('geometry', [Capsule(1e-30, 1e-30), Cylinder(1e-30, 1e-30)])
def test_what_is_too_small_is_a_note_and_a_box(geometry: Geometry) -> None:
    """A link of nothing would not be seen to lack it."""
    pieces, (note,) = shapes(geometry)
    assert note.endswith(f'{geometry} is too small to be drawn')
    assert pieces[0].colour == MISSING


def test_an_unknown_kind_of_file_is_named(tmp_path: Path) -> None:
    """The message has the file and what its reader says."""
    (tmp_path / 'part.step').touch()
    with pytest.raises(MeshError, match='part.step cannot be read'):
        load(tmp_path / 'part.step')


def test_without_trimesh_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the command that installs it."""
    monkeypatch.setitem(sys.modules, 'trimesh', None)
    with pytest.raises(MissingDependencyError, match='need trimesh .*"pip install trimesh"'):
        shapes(Sphere(0.5))
