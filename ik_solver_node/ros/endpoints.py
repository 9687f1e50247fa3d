"""
Publishers and subscriptions that do not fit: looked for now and then, not waited for all the time.

By default rclpy waits for two or three events of each topic of a node, which tell of others whose
QoS or type does not fit. That takes longer than to wait for all else: with seven subscriptions and
four publishers, two fifths of what a node does each time it is woken. So our nodes do without, and
ask the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rclpy.node import Node
from rclpy.qos import (
    DurabilityPolicy, qos_check_compatible, QoSCompatibility, QoSProfile)
from rclpy.subscription import Subscription
from rclpy.topic_endpoint_info import TopicEndpointInfo
try:
    from rclpy.event_handler import PublisherEventCallbacks, SubscriptionEventCallbacks
except ImportError:  # Humble
    from rclpy.qos_event import PublisherEventCallbacks, SubscriptionEventCallbacks


LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""The QoS of what late joiners shall hear, too."""

UNKNOWN = '_NODE_NAME_UNKNOWN_'
"""What the middleware calls a node of which it has found a topic, but not yet the name."""


class EventlessNode(Node):
    """A node that waits for no events of its topics, unless it is asked to."""

    def create_publisher(self, *arguments: Any, **options: Any) -> Any:
        """Make a publisher."""
        options.setdefault('event_callbacks', PublisherEventCallbacks(use_default_callbacks=False))
        return super().create_publisher(*arguments, **options)

    def create_subscription(self, *arguments: Any, **options: Any) -> Any:
        """Make a subscription."""
        options.setdefault('event_callbacks',
                           SubscriptionEventCallbacks(use_default_callbacks=False))
        return super().create_subscription(*arguments, **options)


class Mismatches:
    """
    Warns once of each publisher or subscription of another node that cannot reach this one.

    Parameters
    ----------
    node : Node
        Whose topics are looked at, and who warns.

    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._looks = 0
        self._told: set[str] = set()

    def look(self) -> None:
        """Look at one topic, each time at another: to ask the graph takes a moment."""
        endpoints = [*self._node.subscriptions, *self._node.publishers]
        if not endpoints:
            return
        self._looks += 1
        for sentence in self._about(endpoints[self._looks % len(endpoints)]):
            if sentence not in self._told:
                self._told.add(sentence)
                self._node.get_logger().warning(sentence)

    def _about(self, endpoint: Any) -> Iterator[str]:
        """Return a sentence about each that does not fit a publisher or subscription of ours."""
        topic, hears = endpoint.topic_name, isinstance(endpoint, Subscription)
        sides = (self._node.get_subscriptions_info_by_topic(topic),
                 self._node.get_publishers_info_by_topic(topic))
        same, others = sides if hears else reversed(sides)
        # What it was made with says nothing of what was left to the middleware.
        ours = next((one for one in same if name_of(one) == self._node.get_fully_qualified_name()),
                    None)
        for other in others:
            if ours is None or other.node_name == UNKNOWN:
                continue
            does = f'{name_of(other)} {"publishes" if hears else "subscribes to"} {topic}'
            if other.topic_type != ours.topic_type:
                yield (f'{does} as {other.topic_type}, but here it is {ours.topic_type}: nothing '
                       'gets across; remap one of them, or correct its type')
                continue
            fits, reason = qos_check_compatible(*(
                one.qos_profile for one in ((other, ours) if hears else (ours, other))))
            if fits == QoSCompatibility.ERROR:  # each time another object of the same value
                yield (f'{does} with a QoS that does not fit ours, so that nothing gets across: '
                       f'{reason.removeprefix("ERROR: ").rstrip("; ")}')


def name_of(info: TopicEndpointInfo) -> str:
    """Return the full name of the node that has a publisher or subscription."""
    return f'{info.node_namespace.rstrip("/")}/{info.node_name}'
