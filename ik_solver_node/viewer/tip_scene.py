"""What belongs to a tip on the page: what was asked of it, what it reached, the way it took."""

from __future__ import annotations

from collections import deque
from typing import Any

from ik_solver_node.appearance.page import put
from ik_solver_node.pose import Pose
from ik_solver_node.viewer.gizmo import Gizmo
import numpy as np

TRAIL_COLOUR, ERROR_COLOUR = (60, 110, 230), (225, 35, 45)
"""Of the way of the tip, and of the line from there to the target."""

SMALLEST_STEP = 2e-3
"""A trail goes on when the tip has moved by this share of the size of the robot."""


class TipScene:
    """
    A target to drag, the frame of the tip, the line between the two, and the trail of the tip.

    The tip is the tool, where the node that solves has one.

    Parameters
    ----------
    scene : viser.SceneApi
        Where they are drawn.
    name : str
        What the tip is called in the scene.
    base_path, tip_path : str
        The frames of the base link and of the tip link in the scene.
    size : float
        That of the robot [m].
    trail_length : float
        How old the end of the trail is [s].

    """

    def __init__(self, scene: Any, name: str, base_path: str, tip_path: str, size: float,
                 trail_length: float) -> None:
        self.gizmo = Gizmo(scene, f'{base_path}/target_{name}', 0.2 * size)
        self._size, self._trail_length = size, trail_length
        self._points: deque[tuple[float, np.ndarray]] = deque()
        self._frame = scene.add_frame(
            f'{tip_path}/frame', axes_length=0.1 * size, axes_radius=0.004 * size)
        empty = np.zeros((1, 2, 3), dtype=np.float32)
        self._error = scene.add_line_segments(
            f'{base_path}/error_{name}', empty, ERROR_COLOUR, thickness=3.0,
            thickness_units='screen', visible=False)
        self._trail = scene.add_line_segments(
            f'{base_path}/trail_{name}', empty, TRAIL_COLOUR, thickness=2.0,
            thickness_units='screen', visible=False)

    def take_tool(self, T_tip_tool: np.ndarray) -> None:
        """Show the frame of a tool, shape (4, 4) in the tip link [m], from now on."""
        put(self._frame, T_tip_tool)
        self._points.clear()  # the trail is not that of the tool

    def show(self, tip: Pose) -> None:
        """Draw the line from the tip, in the base frame, to its target."""
        if self.gizmo.is_placed:
            self._error.points = np.array([[tip.position, self.gizmo.pose.position]],
                                          dtype=np.float32)
            self._error.visible = True

    def trace(self, tip: Pose, now: float) -> None:
        """Lead the trail on to the tip, in the base frame, and cut what is too old [s]."""
        if not self._trail_length:
            return
        points = self._points
        before = len(points)
        while points and points[0][0] < now - self._trail_length:
            points.popleft()
        changed = len(points) != before
        if not points or np.linalg.norm(points[-1][1] - tip.position) > SMALLEST_STEP * self._size:
            points.append((now, tip.position))
            changed = True
        if changed:
            places = np.array([point for _, point in points], dtype=np.float32)
            self._trail.visible = len(places) > 1
            if len(places) > 1:
                self._trail.points = np.stack([places[:-1], places[1:]], axis=1)
