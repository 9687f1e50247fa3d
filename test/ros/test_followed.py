"""When another node is asked for its parameters; that it answers is seen through the node."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from ik_solver_node.ros.followed import FollowedParameters, PATIENCE
from ik_solver_node.ros.parameters import NodeParameters, to_ros
import pytest
from rcl_interfaces.msg import ParameterEvent
from rcl_interfaces.srv import GetParameters
from rclpy.task import Future


class Asker:
    """A node whose timer and messages are ours, and the service that it asks."""

    def __init__(self) -> None:
        self.questions: list[GetParameters.Request] = []
        self.answers: list[Future] = []
        self.used: list[NodeParameters] = []
        self.errors: list[str] = []
        self.is_there = True
        FollowedParameters(self, 'solver', None, self.used.append)  # type: ignore[arg-type]

    def create_client(self, *_: Any) -> Any:
        """Have the service."""
        return SimpleNamespace(service_is_ready=lambda: self.is_there, call_async=self._ask)

    def create_subscription(self, kind: Any, topic: str, callback: Callable[[Any], None],
                            *_: Any) -> None:
        """Keep who hears of changes."""
        self.hear = callback

    def create_timer(self, period: float, callback: Callable[[], None], clock: Any) -> None:
        """Keep the callback of the timer."""
        self.tick = callback

    def resolve_service_name(self, name: str) -> str:
        """Have a namespace."""
        return f'/left/{name}'

    def get_logger(self) -> Any:
        """Have a log."""
        return SimpleNamespace(error=self.errors.append)

    def _ask(self, request: GetParameters.Request) -> Future:
        """Keep a question."""
        self.questions.append(request)
        self.answers.append(Future())
        return self.answers[-1]

    def answer(self, **changes: Any) -> None:
        """Answer the last question; ``__`` in a name stands for a dot."""
        known = {one.name: one.to_parameter_msg().value for one in to_ros(NodeParameters())}
        for name, value in changes.items():
            setattr(known[name.replace('__', '.')], *value)
        self.answers[-1].set_result(SimpleNamespace(
            values=[known[name] for name in self.questions[-1].names]))


@pytest.fixture
def asker() -> Asker:
    """Return one that has not asked yet."""
    return Asker()


def test_it_asks_once_and_uses_the_answer(asker: Asker) -> None:
    """Again only when something has changed there, not elsewhere."""
    asker.tick()
    asker.answer(target__tool_position=('double_array_value', [0.0, 0.0, 0.1]))
    asker.hear(ParameterEvent(node='/right/solver'))
    asker.tick()
    assert len(asker.questions) == 1
    assert asker.used[0].target.tool_position == (0.0, 0.0, 0.1)
    asker.hear(ParameterEvent(node='/left/solver'))
    asker.tick()
    asker.answer()
    assert len(asker.used) == 2 and asker.used[1] == NodeParameters()


def test_it_asks_again_after_a_while(asker: Asker) -> None:
    """The other node may have ended in between, or be another one by now."""
    for _ in range(PATIENCE + 1):
        asker.tick()
    assert len(asker.questions) == 1
    asker.tick()
    assert len(asker.questions) == 2
    asker.answer()
    for _ in range(PATIENCE + 1):
        asker.tick()
    assert len(asker.questions) == 3


def test_it_asks_who_comes_back(asker: Asker) -> None:
    """It may have other parameters."""
    asker.tick()
    asker.answer()
    asker.is_there = False
    asker.tick()
    assert len(asker.questions) == 1
    asker.is_there = True
    asker.tick()
    assert len(asker.questions) == 2


def test_what_makes_no_sense_is_told(asker: Asker) -> None:
    """Another version of the node may know what this one does not."""
    asker.tick()
    asker.answer(motion__mode=('string_value', 'flying'))
    assert asker.used == []
    assert "motion.mode is 'flying'" in asker.errors[0]
    assert asker.errors[0].startswith('the parameters of /left/solver make no sense here')


def test_a_node_that_lacks_parameters_is_told_of(asker: Asker) -> None:
    """Then rclpy answers with none of them, which are not the defaults."""
    asker.tick()
    asker.answers[-1].set_result(SimpleNamespace(values=[]))
    assert asker.used == []
    assert asker.errors == ['the parameters of /left/solver make no sense here: it lacks some; '
                            'do both nodes have the same version?']
