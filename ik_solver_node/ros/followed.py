"""The parameters of a node that solves, kept up to date by another node."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ik_solver_node.exceptions import IkSolverError, OptionsError
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
"""After so many periods it is asked in any case: who was killed and has come back says nothing."""


class FollowedParameters:
    """
    Asks a node for all its parameters, and again when it tells that one has changed.

    Parameters
    ----------
    node : Node
        Who asks.
    name : str
        The name of the other node; without a slash in front it is in the namespace of `node`.
    clock : Clock
        What it waits by.
    use : callable
        Gets the parameters whenever they have come, changed or not.

    """

    def __init__(self, node: Node, name: str, clock: Clock,
                 use: Callable[[NodeParameters], None]) -> None:
        self._node, self._use = node, use
        self._names = [entry for entry, _, _ in parameters.entries()]
        self._client = node.create_client(GetParameters, f'{name}/get_parameters')
        # A service has the full name of its node, whatever the namespaces.
        self._other = node.resolve_service_name(f'{name}/get_parameters').rpartition('/')[0]
        self._periods_left = 0
        node.create_subscription(ParameterEvent, '/parameter_events', self._on_event,
                                 qos_profile_parameter_events)
        node.create_timer(PERIOD, self._on_timer, clock=clock)

    @property
    def other(self) -> str:
        """The full name of the other node."""
        return self._other

    @property
    def is_there(self) -> bool:
        """Whether the other node runs."""
        return bool(self._client.service_is_ready())

    def _on_event(self, event: ParameterEvent) -> None:
        """Hear that somebody's parameters have changed."""
        if event.node == self._other:
            self._periods_left = 0

    def _on_timer(self) -> None:
        """Ask, if it is time."""
        self._periods_left -= 1
        if not self.is_there:
            self._periods_left = 0  # it may come back as another one
        elif self._periods_left < 0:
            self._periods_left = PATIENCE
            self._client.call_async(GetParameters.Request(names=self._names)).add_done_callback(
                self._on_answer)

    def _on_answer(self, future: Any) -> None:
        """Use the answer, or say why not."""
        values = list(map(parameter_value_to_python, future.result().values))
        try:
            if len(values) != len(self._names):  # rclpy gives none if it lacks one
                raise OptionsError('it lacks some; do both nodes have the same version?')
            settings = parameters.from_mapping(
                {name: value for name, value in zip(self._names, values) if value is not None})
        except IkSolverError as error:
            self._node.get_logger().error(
                f'the parameters of {self._other} make no sense here: {error}')
            return
        self._use(settings)
