"""The node that solves, as the viewer sees it: answers, parameters and services."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from ik_solver_node.ros.endpoints import LATCHED
from ik_solver_node.ros.followed import FollowedParameters
from ik_solver_node.ros.parameters import NodeParameters
from rcl_interfaces.srv import SetParameters
from rclpy.clock import Clock
from rclpy.node import Node
from rclpy.parameter import Parameter
from std_srvs.srv import Trigger


class Listener(Protocol):
    """Whoever is told what the node says; always in the thread of the executor."""

    def answered(self, statuses: list[DiagnosticStatus]) -> None:
        """Hear the answer to a target: one status for each tip."""

    def parameters_are(self, node: str, values: NodeParameters) -> None:
        """Hear the values of parameters, again and again."""

    def said(self, node: str, sentence: str) -> None:
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
    clock : Clock
        What it is waited by for parameters.
    listener : Listener
        Who is told.

    """

    def __init__(self, node: Node, name: str, clock: Clock, listener: Listener) -> None:
        self.name = name
        self._listener = listener
        self._followed = FollowedParameters(
            node, name, clock, partial(listener.parameters_are, name))
        self._setting = node.create_client(SetParameters, f'{name}/set_parameters')
        self._triggers = {service: node.create_client(Trigger, f'{name}/{service}')
                          for service in ('stop', 'resume')}
        node.create_subscription(DiagnosticArray, f'{name}/solution', self._on_solution, LATCHED)

    @property
    def is_there(self) -> bool:
        """Whether the node is running."""
        return self._followed.is_there

    def set(self, name: str, value: Any) -> None:  # noqa: A003
        """Change a parameter."""
        request = SetParameters.Request(
            parameters=[Parameter(name, value=value).to_parameter_msg()])
        self._call(self._setting, request, lambda response: self._on_set(name, response))

    def trigger(self, service: str) -> None:
        """Call a service: stop or resume."""
        self._say(f'{service}: no answer yet')
        self._call(self._triggers[service], Trigger.Request(),
                   lambda response: self._say(f'{service}: {response.message}'))

    def _say(self, sentence: str) -> None:
        """Tell what came of something."""
        self._listener.said(self.name, sentence)

    def _call(self, client: Any, request: Any, then: Callable[[Any], None]) -> None:
        """Call a service, and `then` with its response; say so if nobody is there."""
        if not client.service_is_ready():
            self._say(f'{self.name} does not run, or is not the node to talk to')
            return

        def answered(future: Any) -> None:
            if future.exception() is None and future.result() is not None:
                then(future.result())

        client.call_async(request).add_done_callback(answered)

    def _on_set(self, name: str, response: SetParameters.Response) -> None:
        """Hear whether a parameter was changed."""
        for result in response.results:
            if not result.successful:
                self._say(f'{name} was refused: {result.reason}')

    def _on_solution(self, message: DiagnosticArray) -> None:
        """Hear the answer to a target."""
        self._listener.answered(message.status)
