"""What is dragged on the page: a target, in the hands of whoever drags it."""

from __future__ import annotations

from threading import Lock
from typing import Any

from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import Pose
import numpy as np


class Gizmo:
    """
    Handles to move and turn a target, and what was last done with them.

    viser tells of drags in a thread of its own; they are kept here until the node asks.

    Parameters
    ----------
    scene : viser.SceneApi
        Where it is drawn.
    path : str
        Its name in the scene, below the frame that its pose is given in.
    size : float
        How long its arrows are [m].

    """

    def __init__(self, scene: Any, path: str, size: float) -> None:
        self._lock = Lock()
        self._pose = Pose.identity()
        self._hands: set[int] = set()
        self._is_new = self._is_placed = False
        self._handle = scene.add_transform_controls(path, scale=size, depth_test=False,
                                                    line_width=3.5, visible=False)
        self._handle.on_update(self._on_update)

    async def _on_update(self, event: Any) -> None:
        """Hear of a drag. Asynchronous: else viser may mix up the order."""
        handle = event.target
        self.hear(event.client_id, event.phase, handle.position, handle.wxyz)

    def hear(self, hand: int, phase: str, position: Any, wxyz: Any) -> None:
        """
        Note a drag.

        Parameters
        ----------
        hand : int
            The browser that it comes from.
        phase : str
            start, update or end; for a browser that is closed meanwhile, viser says end.
        position, wxyz : array_like, shapes (3,) and (4,)
            Where it is now [m], and how it is turned; left out if it is no pose.

        """
        with self._lock:
            if phase == 'start':
                self._hands.add(hand)
            elif phase == 'end':
                self._hands.discard(hand)
            try:
                pose = Pose(position, np.roll(np.asarray(wxyz, dtype=np.float64), -1))
            except (InvalidPoseError, ValueError):
                return
            moved = not (np.array_equal(pose.position, self._pose.position)
                         and np.array_equal(pose.quat_xyzw, self._pose.quat_xyzw))
            self._pose = pose
            self._is_new = self._is_new or (phase != 'start' and moved)

    def take(self) -> Pose | None:
        """Return where it was dragged to since the last call; None if it was not."""
        with self._lock:
            is_new, self._is_new = self._is_new, False
            return self._pose if is_new else None

    def place(self, pose: Pose) -> None:
        """Put it somewhere, unless somebody holds it."""
        with self._lock:
            if self._hands:
                return
            self._pose, self._is_new = pose, False
        self._handle.position = pose.position
        self._handle.wxyz = np.roll(pose.quat_xyzw, 1)
        self._handle.visible = self._is_placed = True

    @property
    def pose(self) -> Pose:
        """Where it is, in the frame it is drawn in."""
        with self._lock:
            return self._pose

    @property
    def is_held(self) -> bool:
        """Whether somebody drags it."""
        with self._lock:
            return bool(self._hands)

    @property
    def is_placed(self) -> bool:
        """Whether it was ever put somewhere; before, it is not seen."""
        return self._is_placed
