"""What has arrived on a topic, read now and then: to be woken for each message costs more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def arrived(subscription: Any) -> Iterator[tuple[Any, dict[str, Any]]]:
    """Yield the messages that have arrived, and what the middleware tells about each."""
    with subscription.handle:
        while (taken := subscription.handle.take_message(
                subscription.msg_type, subscription.raw)) is not None:
            yield taken
