"""The node that solves, as the viewer sees it: answers, parameters and services."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rcl_interfaces.srv import GetParameters, SetParameters
from rclpy.node import Node
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_srvs.srv import Trigger

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Listener(Protocol):
    """Whoever is told what the node says; always in the thread of the executor."""

    def answered(self, status: DiagnosticStatus) -> None:
        """Hear the answer to a target."""

    def parameters_are(self, node: str, values: Mapping[str, Any]) -> None:
        """Hear the values of parameters."""

    def said(self, sentence: str) -> None:
        """Hear what came of a service or a change of parameters."""


class SolverLink:
    """
    Talks to a node that solves; nothing here waits.

    Parameters
    ----------
    node : Node
        Whose topics and clients these are.
    name : str
        Name of the node to talk to; without a slash in front it is in the namespace of `node`.
    names : list of str
        Parameters to look at.
    listener : Listener
        Who is told.

    """

    def __init__(self, node: Node, name: str, names: list[str], listener: Listener) -> None:
        self.name = name
        self._names, self._listener = names, listener
        self._asked: Any = None
        self._getting = node.create_client(GetParameters, f'{name}/get_parameters')
        self._setting = node.create_client(SetParameters, f'{name}/set_parameters')
        self._triggers = {service: node.create_client(Trigger, f'{name}/{service}')
                          for service in ('stop', 'resume')}
        node.create_subscription(DiagnosticArray, f'{name}/solution', self._on_solution, LATCHED)

    @property
    def is_there(self) -> bool:
        """Whether the node is running."""
        return self._getting.service_is_ready()

    def look(self) -> None:
        """Ask for the parameters, unless the last question is still open."""
        if not self.is_there:
            self._asked = None  # an answer may never come
        elif self._asked is None or self._asked.done():
            self._asked = self._getting.call_async(GetParameters.Request(names=self._names))
            self._asked.add_done_callback(self._on_parameters)

    def set(self, name: str, value: Any) -> None:  # noqa: A003
        """Change a parameter."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()])
        self._call(self._setting, request, lambda response: self._on_set(name, response))

    def trigger(self, service: str) -> None:
        """Call a service: stop or resume."""
        self._call(self._triggers[service], Trigger.Request(),
                   lambda response: self._listener.said(f'{service}: {response.message}'))

    def _call(self, client: Any, request: Any, then: Callable[[Any], None]) -> None:
        """Call a service, and `then` with its response; say so if nobody is there."""
        if not client.service_is_ready():
            self._listener.said(f'{self.name} does not run, or is not the node to talk to')
            return

        def answered(future: Any) -> None:
            if future.exception() is None and future.result() is not None:
                then(future.result())

        client.call_async(request).add_done_callback(answered)

    def _on_set(self, name: str, response: SetParameters.Response) -> None:
        """Hear whether a parameter was changed."""
        for result in response.results:
            if not result.successful:
                self._listener.said(f'{name} was refused: {result.reason}')
        self.look()

    def _on_parameters(self, future: Any) -> None:
        """Hear the values of parameters."""
        if future.exception() is None and future.result() is not None:
            values = map(parameter_value_to_python, future.result().values)
            self._listener.parameters_are(self.name, {
                name: value for name, value in zip(self._names, values) if value is not None})

    def _on_solution(self, message: DiagnosticArray) -> None:
        """Hear the answer to a target."""
        for status in message.status:
            self._listener.answered(status)
