"""Messages that wait until they are asked for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

from domains import private_domain
from ik_solver_node.ros.intake import Intake
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from std_msgs.msg import String


class Listener:
    """A node with an intake of two topics, which sends to itself."""

    def __init__(self) -> None:
        self.node = Node('listener')
        self.intake = Intake()
        self.heard: list[str] = []
        self._publishers = {}
        for topic in ('first', 'second'):
            self.node.create_subscription(
                String, topic, lambda message: self.hear(message.data), 10,
                callback_group=self.intake)
            self._publishers[topic] = self.node.create_publisher(String, topic, 10)
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)

    def hear(self, text: str) -> None:
        """Note what comes."""
        if text == 'bad':
            raise ValueError('what is this')
        self.heard.append(text)

    def send(self, topic: str, text: str) -> None:
        """Publish a text."""
        self._publishers[topic].publish(String(data=text))

    def wait(self, count: int, polls: bool) -> list[str]:
        """Return what was heard, once it is so much."""
        end = monotonic() + 10.0
        while len(self.heard) < count:
            assert monotonic() < end, self.heard
            self.executor.spin_once(timeout_sec=0.01)
            if polls:
                self.intake.poll()
        return self.heard


@pytest.fixture
def listener(tmp_path: Path) -> Iterator[Listener]:
    """Return a listener in a domain of its own."""
    with private_domain(tmp_path):
        rclpy.init()
        listener = Listener()
        yield listener
        listener.executor.shutdown()
        listener.node.destroy_node()
        rclpy.shutdown()


def test_messages_come_by_themselves_unless_they_are_polled(listener: Listener) -> None:
    """And do so again when they are no longer polled."""
    listener.send('first', 'a')
    assert listener.wait(1, polls=False) == ['a']
    listener.intake.is_polled = True
    listener.send('second', 'b')
    end = monotonic() + 0.3
    while monotonic() < end:
        listener.executor.spin_once(timeout_sec=0.05)
    assert listener.heard == ['a']
    assert listener.wait(2, polls=True) == ['a', 'b']
    listener.intake.is_polled = False
    listener.send('first', 'c')
    assert listener.wait(3, polls=False) == ['a', 'b', 'c']


def test_all_that_waits_is_handed_over_in_order(listener: Listener) -> None:
    """The subscription that was made first comes first."""
    listener.intake.is_polled = True
    for text in 'xyz':
        listener.send('second', text)
    listener.send('first', 'a')
    end = monotonic() + 0.3
    while monotonic() < end:
        listener.executor.spin_once(timeout_sec=0.05)
    listener.intake.poll()
    assert listener.heard == ['a', 'x', 'y', 'z']


def test_a_message_that_cannot_be_handled_is_gone(listener: Listener) -> None:
    """What comes after it is handed over at the next poll."""
    listener.intake.is_polled = True
    for text in ('bad', 'good'):
        listener.send('first', text)
    with pytest.raises(ValueError, match='what is this'):
        listener.wait(1, polls=True)
    assert listener.wait(1, polls=True) == ['good']
