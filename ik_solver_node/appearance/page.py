"""Shapes on a page of viser: sent once, then moved."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ik_solver_node.appearance.shapes import Shape
import numpy as np
from transforms3d.quaternions import mat2quat


def add_shapes(scene: Any, path: str, shapes: Iterable[Shape]) -> None:
    """Draw shapes in the frame that is at `path` in a scene of viser."""
    for number, shape in enumerate(shapes):
        scene.add_mesh_simple(
            f'{path}/shape_{number}', shape.vertices.astype(np.float32), shape.faces,
            color=shape.colour, flat_shading=True, side='double')


def put(frame: Any, transform: np.ndarray) -> None:
    """Move a frame of the scene to a transform (4, 4) [m]."""
    frame.position = transform[:3, 3]
    frame.wxyz = mat2quat(transform[:3, :3])
