"""Where the arm is going, for those who want to show it before it is there."""

from __future__ import annotations

from ik_solver_node.ros.conversions import joint_state
from ik_solver_node.ros.posture import Posture
from rclpy.clock import Clock
from rclpy.node import Node
from rclpy.publisher import Publisher

DELAY = 0.05
"""How long a destination waits for a newer one to be published instead [s]."""


class Destination:
    """
    Publishes where the joints will be when the motion ends.

    A stream of targets has a new destination at each of them. Nobody looks that often, and the
    motion has better things to do, so that the newest is published every so often.

    Parameters
    ----------
    node : Node
        Has the clock of the stamps, and makes the timer.
    publisher : Publisher
        Of JointState, latched.
    clock : Clock
        What the delay goes by.

    """

    def __init__(self, node: Node, publisher: Publisher, clock: Clock) -> None:
        self._node, self._publisher = node, publisher
        self._there: tuple[Posture, list[float]] | None = None
        self._timer = node.create_timer(DELAY, self._publish, clock=clock)
        self._timer.cancel()

    def announce(self, posture: Posture, positions: list[float]) -> None:
        """Tell that the chain of `posture` is on its way to `positions`, n numbers [rad or m]."""
        if self._there is None:
            self._timer.reset()
        self._there = posture, positions

    def close(self) -> None:
        """Publish nothing any more."""
        self._node.destroy_timer(self._timer)

    def _publish(self) -> None:
        """Publish the newest, and wait for the next."""
        self._timer.cancel()
        if self._there is not None:
            (posture, positions), self._there = self._there, None
            self._publisher.publish(joint_state(
                posture.moved_to(positions).joints(every=True),
                self._node.get_clock().now().to_msg()))
