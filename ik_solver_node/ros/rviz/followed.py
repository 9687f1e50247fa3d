"""The parameters of another node, kept up to date."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.ros import parameters
from ik_solver_node.ros.parameters import NodeParameters
from rcl_interfaces.msg import ParameterEvent
from rcl_interfaces.srv import GetParameters
from rclpy.clock import Clock
from rclpy.node import Node
from rclpy.parameter import parameter_value_to_python
from rclpy.qos import qos_profile_parameter_events

PERIOD = 0.5
"""Time between two looks whether there is something to ask, and somebody to ask it [s]."""
PATIENCE = 10
"""After so many periods without an answer it is asked again."""


class FollowedParameters:
    """
    Asks a node for all its parameters, and again when it tells that one has changed.

    Parameters
    ----------
    node : Node
        Who asks.
    name : str
        The name of the other node.
    clock : Clock
        What it waits by.
    use : callable
        Gets the parameters whenever they have come.

    """

    def __init__(self, node: Node, name: str, clock: Clock,
                 use: Callable[[NodeParameters], None]) -> None:
        self._node, self._use = node, use
        self._names = [entry for entry, _, _ in parameters.entries()]
        self._client = node.create_client(GetParameters, f'{name}/get_parameters')
        # A service has the full name of its node, whatever the namespaces.
        self._other = node.resolve_service_name(f'{name}/get_parameters').rpartition('/')[0]
        self._is_due, self._waits = True, 0
        node.create_subscription(ParameterEvent, '/parameter_events', self._on_event,
                                 qos_profile_parameter_events)
        node.create_timer(PERIOD, self._on_timer, clock=clock)

    @property
    def other(self) -> str:
        """The full name of the other node."""
        return self._other

    def _on_event(self, event: ParameterEvent) -> None:
        """Hear that somebody's parameters have changed."""
        if event.node == self._other:
            self._is_due = True

    def _on_timer(self) -> None:
        """Ask, if that is due and nothing was asked just now."""
        if self._waits:
            self._waits -= 1
            self._is_due = self._is_due or not self._waits  # nobody has answered
        elif self._is_due and self._client.service_is_ready():
            self._is_due, self._waits = False, PATIENCE
            self._client.call_async(GetParameters.Request(names=self._names)).add_done_callback(
                self._on_answer)
        elif not self._client.service_is_ready():
            self._is_due = True  # it may come back as another one

    def _on_answer(self, future: Any) -> None:
        """Use the answer."""
        self._waits = 0
        values = map(parameter_value_to_python, future.result().values)
        try:
            settings = parameters.from_mapping(
                {name: value for name, value in zip(self._names, values) if value is not None})
        except IkSolverError as error:
            self._node.get_logger().error(
                f'the parameters of {self._other} make no sense here: {error}')
            return
        self._use(settings)
