"""What is read of the looks of a robot."""

from __future__ import annotations

from ik_solver_node.appearance.visuals import (
    Box, Capsule, Cylinder, MeshFile, read_visuals, Sphere, Visual)
import numpy as np
import pytest
from robots import OWN_ROBOTS


def visuals_of(inside: str, materials: str = '', namespace: str = '') -> tuple[
        list[Visual], list[str]]:
    """Return the visuals of a link, and the notes about it."""
    notes: list[str] = []
    text = f'<robot name="r"{namespace}>{materials}<link name="arm">{inside}</link></robot>'
    return read_visuals(text, notes.append), notes


@pytest.mark.parametrize('geometry, expected', [
    ('<box size="1 2 3"/>', Box((1.0, 2.0, 3.0))),
    ('<cylinder radius="0.1" length="2"/>', Cylinder(0.1, 2.0)),
    ('<capsule radius="0.1" length="2"/>', Capsule(0.1, 2.0)),
    ('<sphere radius="0.5"/>', Sphere(0.5)),
    ('<mesh filename="package://a/b.stl"/>', MeshFile('package://a/b.stl', (1.0, 1.0, 1.0))),
    ('<mesh filename="b.dae" scale="1 -1 .1"/>', MeshFile('b.dae', (1.0, -1.0, 0.1)))])
def test_geometries(geometry: str, expected: object) -> None:
    """Each kind, with or without a default namespace."""
    inside = f'<visual><geometry>{geometry}</geometry></visual>'
    for namespace in ('', ' xmlns="http://www.ros.org"'):
        (visual,), notes = visuals_of(inside, namespace=namespace)
        assert visual.geometry == expected
        assert visual.link == 'arm' and visual.colour is None and notes == []
        assert np.array_equal(visual.T_link_visual, np.eye(4))


def test_origin_and_colours() -> None:
    """A colour is in the visual, or under its name anywhere in the robot."""
    materials = '<material name="red"><color rgba="1 0 0 1"/></material>'
    inside = """
        <visual><origin xyz="1 2 3" rpy="0 0 1.5707963267948966"/>
          <geometry><sphere radius="1"/></geometry><material name="red"/></visual>
        <visual><geometry><sphere radius="1"/></geometry>
          <material name="own"><color rgba="0 0.5 2 1"/></material></visual>
        <visual><geometry><sphere radius="1"/></geometry><material name="unknown"/></visual>"""
    visuals, notes = visuals_of(inside, materials)
    assert [visual.colour for visual in visuals] == [(255, 0, 0), (0, 128, 255), None]
    assert visuals[0].T_link_visual[:3, 3].tolist() == [1.0, 2.0, 3.0]
    assert visuals[0].T_link_visual[1, 0] == pytest.approx(1.0)
    assert notes == []


@pytest.mark.parametrize('geometry, reason', [
    ('', 'must hold a box'), ('<cone/>', 'must hold a box'),
    ('<box size="1 2"/>', "size of its <box> is '1 2', but must be 3 finite numbers"),
    ('<box size="1 2 -3"/>', "size of its <box> is '1 2 -3', but must be positive"),
    ('<cylinder radius="x" length="1"/>', "radius of its <cylinder> is 'x'"),
    ('<sphere/>', "radius of its <sphere> is ''"),
    ('<sphere radius="nan"/>', "radius of its <sphere> is 'nan'"),
    ('<mesh/>', 'its <mesh> has no filename')])
def test_what_cannot_be_used_is_noted(geometry: str, reason: str) -> None:
    """The other visuals are there all the same."""
    inside = (f'<visual><geometry>{geometry}</geometry></visual>'
              '<visual><geometry><sphere radius="1"/></geometry></visual>')
    visuals, (note,) = visuals_of(inside)
    assert [visual.geometry for visual in visuals] == [Sphere(1.0)]
    assert note.startswith("visual 0 of link 'arm' is not shown: ") and reason in note


@pytest.mark.parametrize('name', sorted(OWN_ROBOTS))
def test_our_own_robots_are_seen_whole(name: str) -> None:
    """Each of them has coloured visuals, and nothing of them is left out."""
    if OWN_ROBOTS[name].path().suffix == '.xacro':
        pytest.importorskip('xacro')
    notes: list[str] = []
    visuals = read_visuals(OWN_ROBOTS[name].urdf(), notes.append)
    assert notes == [] and len(visuals) > 3
    assert all(visual.colour for visual in visuals)
