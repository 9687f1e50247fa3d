"""The robot on the page: its links, and rings that show how near joints are to their limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ik_solver_node.appearance.joint_tree import JointTree
from ik_solver_node.appearance.page import add_shapes, put
from ik_solver_node.appearance.shapes import Shape
from ik_solver_node.appearance.visuals import Colour
from ik_solver_node.robot_model import Joint
from ik_solver_node.viewer.limits import Nearness, Range
import numpy as np
from transforms3d.quaternions import mat2quat

ROOT = '/robot'
"""Where the robot is in the scene."""

COLOURS: Mapping[Nearness, Colour] = {
    Nearness.FREE: (60, 170, 90), Nearness.NEAR: (245, 165, 30), Nearness.AT_LIMIT: (225, 35, 45)}
"""Of a ring around a joint."""

SMALLEST_RING, LARGEST_RING = 0.03, 0.1
"""Radius of the ring around a joint, as shares of the size of the robot."""


class RobotScene:
    """
    Draws a robot, and moves it.

    Links are frames in each other, as in the robot: only joints that move are sent to the page.

    Parameters
    ----------
    scene : viser.SceneApi
        Where it is drawn; what was there before is removed.
    tree : JointTree
        The robot and its posture.
    shapes : mapping of str to list of Shape
        What the links look like.
    ranges : mapping of str to Range
        The joints that have a ring, and where they may be.

    """

    def __init__(self, scene: Any, tree: JointTree, shapes: Mapping[str, list[Shape]],
                 ranges: Mapping[str, Range]) -> None:
        scene.reset()
        self.size = tree.size()
        self._scene, self._tree, self._ranges = scene, tree, ranges
        self._frames: dict[str, tuple[Joint, Any]] = {}
        self._drawn: dict[str, float] = {}
        self._rings: dict[str, Any] = {}
        self._shown: dict[str, Nearness] = {}
        self._paths = {tree.model.root_link: ROOT}
        scene.add_frame(ROOT, show_axes=False)
        self._draw(tree.model.root_link, shapes)
        for joint in tree.model.joints:
            self._add(joint, shapes)
        self._add_surroundings()

    def path(self, link: str) -> str:
        """Return the name of a link in the scene."""
        return self._paths[link]

    def move(self) -> None:
        """Draw the posture that the tree has now."""
        for name, (joint, frame) in self._frames.items():
            position = self._tree.position(name)
            if self._drawn.get(name) != position:
                self._drawn[name] = position
                put(frame, self._tree.T_parent_child(joint))

    def show_limits(self, near: float) -> dict[str, Nearness]:
        """Colour the rings, and return what they show; `near` is a share of the range."""
        shown = {name: place.nearness(self._tree.position(name), near)
                 for name, place in self._ranges.items()}
        for name, nearness in shown.items():
            if self._shown.get(name) is not nearness:
                self._rings[name].color = COLOURS[nearness]
        self._shown = shown
        return shown

    def _add(self, joint: Joint, shapes: Mapping[str, list[Shape]]) -> None:
        """Draw the child link of a joint, whose parent is there."""
        # Numbers, as a name of a link may hold a slash, which would be another level here.
        path = f'{self._paths[joint.parent]}/{len(self._paths)}'
        self._paths[joint.child] = path
        frame = self._scene.add_frame(path, show_axes=False)
        put(frame, self._tree.T_parent_child(joint))
        if joint.type.is_movable:
            self._frames[joint.name] = (joint, frame)
        self._draw(joint.child, shapes)
        if joint.name in self._ranges:
            self._add_ring(joint, path, shapes.get(joint.child, []))

    def _draw(self, link: str, shapes: Mapping[str, list[Shape]]) -> None:
        """Draw what a link looks like."""
        add_shapes(self._scene, self._paths[link], shapes.get(link, []))

    def _add_ring(self, joint: Joint, path: str, shapes: list[Shape]) -> None:
        """Draw a ring around the axis of a joint, outside of what is there."""
        from trimesh import creation
        radius = min(max(_radius(joint.axis, shapes), SMALLEST_RING * self.size),
                     LARGEST_RING * self.size)
        ring = creation.torus(radius, 0.05 * radius + 0.0015 * self.size, major_sections=40,
                              minor_sections=10)
        self._rings[joint.name] = self._scene.add_mesh_simple(
            f'{path}/ring', np.asarray(ring.vertices, dtype=np.float32),
            np.asarray(ring.faces, dtype=np.uint32), color=COLOURS[Nearness.FREE],
            cast_shadow=False, receive_shadow=False,
            wxyz=mat2quat(_turned_to(joint.axis)))

    def _add_surroundings(self) -> None:
        """Draw the ground; without shadows, which are slow to draw without a graphics card."""
        self._scene.configure_default_lights(cast_shadow=False)
        cell = 10.0 ** np.round(np.log10(0.3 * self.size))
        extent = cell * np.ceil(2.0 * self.size / cell)
        self._scene.add_grid('/ground', width=extent, height=extent, cell_size=cell,
                             section_size=extent, cell_color=(215, 215, 220))


def _radius(axis: np.ndarray, shapes: list[Shape]) -> float:
    """Return how far from `axis` (3,) the nearest piece of a link reaches, 0 for none [m]."""
    reaches = []
    for shape in shapes:
        along = shape.vertices @ axis
        reaches.append(np.linalg.norm(shape.vertices - np.outer(along, axis), axis=1).max())
    return 1.03 * float(min(reaches)) if reaches else 0.0


def _turned_to(axis: np.ndarray) -> np.ndarray:
    """Return a rotation (3, 3) that takes the z axis to `axis` (3,)."""
    helper = np.eye(3)[np.argmin(np.abs(axis))]
    x = np.cross(helper, axis)
    x /= np.linalg.norm(x)
    return np.column_stack([x, np.cross(axis, x), axis])
