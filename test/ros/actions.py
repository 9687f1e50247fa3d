"""
The action follow_joint_trajectory for tests: that of control_msgs, or something like it.

control_msgs is not on PyPI. Where it is missing, its types are stood in for, and so are rclpy's
client and server, which need more than Python of a type: goals, answers and results then go from
one to the other inside the process, as tasks of the executor, never within a call.
"""

from __future__ import annotations

from collections.abc import Callable
import sys
from types import SimpleNamespace
from typing import Any

from action_msgs.msg import GoalStatus
from ik_solver_node.ros.stand_in.with_control_msgs import ControlMsgsInterfaces
import pytest
import rclpy.action
from rclpy.action import CancelResponse, GoalResponse
from rclpy.task import Future
from trajectory_msgs.msg import JointTrajectory

try:
    import control_msgs.action  # noqa: F401
    IS_INSTALLED = True
except ImportError:
    IS_INSTALLED = False


class Result:
    """As that of FollowJointTrajectory, with its codes."""

    SUCCESSFUL, INVALID_GOAL, INVALID_JOINTS = 0, -1, -2
    OLD_HEADER_TIMESTAMP, PATH_TOLERANCE_VIOLATED, GOAL_TOLERANCE_VIOLATED = -3, -4, -5

    def __init__(self, error_code: int = 0, error_string: str = '') -> None:
        self.error_code, self.error_string = error_code, error_string


class Handle:
    """
    A goal, as its server has it and as its client has it.

    Parameters
    ----------
    server : Server
        Who serves it; its executor calls back.

    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ended: Future = Future(executor=server.node.executor)
        self._status = GoalStatus.STATUS_EXECUTING
        self.accepted, self.is_cancel_requested = False, False

    def execute(self, callback: Callable[[Handle], Any]) -> None:
        """Call back, and let the client have the result."""
        result = callback(self)
        self._ended.set_result(SimpleNamespace(status=self._status, result=result))

    def succeed(self) -> None:
        """Note the end."""
        self._status = GoalStatus.STATUS_SUCCEEDED

    def canceled(self) -> None:
        """Note the end."""
        self._status = GoalStatus.STATUS_CANCELED

    def abort(self) -> None:
        """Note the end."""
        self._status = GoalStatus.STATUS_ABORTED

    def get_result_async(self) -> Future:
        """Return what will be the result."""
        return self._ended

    def cancel_goal_async(self) -> None:
        """Ask the server to cancel."""
        def ask() -> None:
            self.is_cancel_requested = self._server.cancel(self) is CancelResponse.ACCEPT

        self._server.node.executor.create_task(ask)


class Server:
    """As rclpy's: found by the name of its action."""

    known: dict[str, Server] = {}

    def __init__(self, node: Any, kind: Any, name: str, *,
                 execute_callback: Callable[[Handle], Any], goal_callback: Callable[[Any], Any],
                 handle_accepted_callback: Callable[[Handle], None],
                 cancel_callback: Callable[[Any], Any]) -> None:
        self.node, self._name = node, node.resolve_topic_name(name)
        self._judge, self._begin, self.cancel = (
            goal_callback, handle_accepted_callback, cancel_callback)
        self.known[self._name] = self

    def take(self, goal: Any, answer: Future) -> None:
        """Accept a goal, or not."""
        handle = Handle(self)
        handle.accepted = self._judge(goal) is GoalResponse.ACCEPT
        if handle.accepted:
            self._begin(handle)
        answer.set_result(handle)

    def destroy(self) -> None:
        """Serve no more."""
        self.known.pop(self._name, None)


class Client:
    """As rclpy's."""

    def __init__(self, node: Any, kind: Any, name: str) -> None:
        self._node, self._name = node, node.resolve_topic_name(name)

    def server_is_ready(self) -> bool:
        """Return whether somebody serves the action."""
        return self._name in Server.known

    def send_goal_async(self, goal: Any) -> Future:
        """Send a goal; one that nobody serves is lost."""
        answer: Future = Future(executor=self._node.executor)
        if self.server_is_ready():
            server = Server.known[self._name]
            server.node.executor.create_task(server.take, goal, answer)
        return answer

    def destroy(self) -> None:
        """Leave."""


def provide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make sure that there is something like control_msgs."""
    if IS_INSTALLED:
        return
    Server.known.clear()
    monkeypatch.setitem(sys.modules, 'control_msgs', SimpleNamespace())
    monkeypatch.setitem(sys.modules, 'control_msgs.action', SimpleNamespace(
        FollowJointTrajectory=SimpleNamespace(Goal=SimpleNamespace, Result=Result)))
    # Its state has to be a real message to have a topic; it is not published.
    monkeypatch.setitem(sys.modules, 'control_msgs.msg', SimpleNamespace(
        JointTrajectoryControllerState=JointTrajectory))
    monkeypatch.setattr(ControlMsgsInterfaces, 'publish', lambda *_: None)
    monkeypatch.setattr(rclpy.action, 'ActionServer', Server)
    monkeypatch.setattr(rclpy.action, 'ActionClient', Client)
