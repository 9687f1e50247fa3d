"""Messages that wait until a timer asks for them, so that none comes between it and its time."""

from __future__ import annotations

from typing import Any
from weakref import ref

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.subscription import Subscription

TOO_MANY = 1000
"""Messages of one subscription that are taken at once at most."""


class Intake(MutuallyExclusiveCallbackGroup):
    """
    A callback group whose subscriptions can be polled.

    An executor wakes up for each message, and makes ready to wait anew for everything there is:
    that takes longer than to handle the message, and a timer that is due has to wait for it.

    Attributes
    ----------
    is_polled : bool
        Whether messages wait for `poll`; if not, the executor hands them over as they come.

    """

    def __init__(self) -> None:
        super().__init__()
        self.is_polled = False
        self._subscriptions: list[ref[Subscription]] = []

    def add_entity(self, entity: Any) -> None:
        """Take in a subscription, or one of its event handlers."""
        super().add_entity(entity)
        if isinstance(entity, Subscription):
            self._subscriptions.append(ref(entity))

    def can_execute(self, entity: Any) -> bool:
        """Return whether the executor is to wait for an entity."""
        if self.is_polled and isinstance(entity, Subscription):
            return False
        return super().can_execute(entity)

    def poll(self) -> None:
        """Hand over the messages that wait, each subscription in the order they were made in."""
        for reference in self._subscriptions:
            subscription = reference()
            if subscription is None:
                continue
            for _ in range(TOO_MANY):
                with subscription.handle:
                    taken = subscription.handle.take_message(
                        subscription.msg_type, subscription.raw)
                if taken is None:
                    break
                subscription.callback(taken[0])
