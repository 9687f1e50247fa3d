"""A handle that people drag: where it is, and which targets come of that."""

from __future__ import annotations

from ik_solver_node.pose import Pose

PATIENCE = 1.0
"""A hand that was not heard of for so long has let go: RViz may have ended [s]."""


class Handle:
    """
    Follows the targets of others, unless somebody holds it, or has put it somewhere.

    Parameters
    ----------
    sends : bool
        Whether it sends targets while it is dragged.

    Attributes
    ----------
    pose : Pose
        Where it is.
    sends : bool
        The same.

    """

    def __init__(self, pose: Pose, sends: bool) -> None:
        self.pose, self.sends = pose, sends
        self._due: Pose | None = None
        self._is_put = False  # somewhere, without a target being sent
        self._held_until = -PATIENCE

    def drag(self, pose: Pose, now: float) -> None:
        """Be where it is dragged to, at steady time `now` [s]."""
        self.pose = pose
        self.hold(now)
        if self.sends:
            self._due = pose
        self._is_put = not self.sends

    def hold(self, now: float) -> None:
        """Be in somebody's hand."""
        self._held_until = now + PATIENCE

    def release(self, now: float) -> None:
        """Be let go."""
        self._held_until = now

    def follow(self, pose: Pose, now: float) -> bool:
        """Go where a target has come from elsewhere; return whether that is allowed."""
        if now < self._held_until or self._is_put or self._due is not None:
            return False
        self.pose = pose
        return True

    def put(self, pose: Pose) -> None:
        """Be taken somewhere without being dragged, and follow again."""
        self.pose, self._due, self._is_put = pose, None, False

    def send(self) -> None:
        """Send a target where it is."""
        self._due, self._is_put = self.pose, False

    def take_due(self) -> Pose | None:
        """Return the target to send, once; of several since the last call only the newest."""
        due, self._due = self._due, None
        return due
