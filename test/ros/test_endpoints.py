"""Topics that do not fit are told, though nobody waits for the events that tell of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from domains import private_domain
from ik_solver_node.ros.endpoints import EventlessNode, LATCHED, Mismatches
import pytest
import rclpy
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_msgs.msg import Empty, String

VOLATILE = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Watched(EventlessNode):
    """A node that keeps its warnings."""

    def __init__(self, context: rclpy.Context) -> None:
        super().__init__('watched', context=context)
        self.said: list[str] = []

    def get_logger(self) -> Any:
        """Return what keeps warnings."""
        return self

    def warning(self, sentence: str) -> None:
        """Keep a warning."""
        self.said.append(sentence)


@pytest.fixture
def nodes(tmp_path: Path) -> Iterator[tuple[Watched, Node]]:
    """Return the node and another one."""
    with private_domain(tmp_path):
        ours, theirs = rclpy.Context(), rclpy.Context()  # as of two processes
        for context in (ours, theirs):
            rclpy.init(args=[], context=context)
        node, other = Watched(ours), rclpy.create_node('other', namespace='/left', context=theirs)
        yield node, other
        for each in (node, other):
            each.destroy_node()
            each.context.try_shutdown()


def said(node: Watched, count: int) -> list[str]:
    """Return what a node says when it has looked until it has said so much, and on from there."""
    mismatches, deadline = Mismatches(node), monotonic() + 10.0
    while len(node.said) < count and monotonic() < deadline:
        mismatches.look()
        sleep(0.01)
    for _ in range(100):
        mismatches.look()
    return node.said


def test_no_events_are_waited_for(nodes: tuple[Watched, Node]) -> None:
    """Unless somebody asks for one; other nodes wait for two or three of each topic."""
    node, other = nodes
    for each in nodes:
        each.create_subscription(String, 'heard', lambda _: None, 1)
        each.create_publisher(String, 'told', 1)
    assert not list(node.waitables)
    assert len(list(other.waitables)) > 2


def test_a_qos_that_does_not_fit_is_told_once(nodes: tuple[Watched, Node]) -> None:
    """Of who publishes, and of who subscribes."""
    node, other = nodes
    node.create_subscription(String, 'description', lambda _: None, LATCHED)
    other.create_publisher(String, '/description', QoSProfile(depth=1))
    node.create_publisher(String, 'commands', VOLATILE)
    other.create_subscription(String, '/commands', lambda _: None, QoSProfile(depth=1))
    first, second = sorted(said(node, 2))
    assert first.startswith('/left/other publishes /description with a QoS that does not fit ours')
    assert 'volatile publisher and transient local subscription' in first.lower()
    assert second.startswith('/left/other subscribes to /commands with a QoS that does not fit')
    assert 'best effort publisher and reliable subscription' in second.lower()


def test_a_type_that_does_not_fit_is_told(nodes: tuple[Watched, Node]) -> None:
    """With both types."""
    node, other = nodes
    node.create_subscription(String, '/description', lambda _: None, LATCHED)
    other.create_publisher(Empty, '/description', LATCHED)
    assert said(node, 1) == [
        '/left/other publishes /description as std_msgs/msg/Empty, but here it is '
        'std_msgs/msg/String: nothing gets across; remap one of them, or correct its type']


def test_what_fits_is_not_told(nodes: tuple[Watched, Node]) -> None:
    """In either direction."""
    node, other = nodes
    for ours, theirs in ((node, other), (other, node)):
        ours.create_subscription(String, '/words', lambda _: None, VOLATILE)
        theirs.create_publisher(String, '/words', LATCHED)
    deadline = monotonic() + 10.0
    while node.count_publishers('/words') < 2 or node.count_subscribers('/words') < 2:
        assert monotonic() < deadline
        sleep(0.01)
    assert said(node, 0) == []
