"""
The way out as an action client: whole motions as goals of ``follow_joint_trajectory``.

A goal replaces the one before in the controller, which ends that one as aborted or, in older
versions, as canceled; only what becomes of the newest goal counts. To stop, a goal that brakes is
sent, as smoothly as the limits allow. A goal that is canceled is held where it is at once, so that
this is left for the case that the controller takes no other.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import math
from time import monotonic
from typing import Any, NamedTuple

from action_msgs.msg import GoalStatus
from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.ros import conversions
from ik_solver_node.ros.outputs import Command, forget, Record, WayOut
from rclpy.node import Node
from trajectory_msgs.msg import JointTrajectory

ANSWER_TIMEOUT = 2.0
"""After so long without an answer to a goal, what became of it is not known [s]."""

OUTCOMES = {GoalStatus.STATUS_ABORTED: 'aborted', GoalStatus.STATUS_CANCELED: 'canceled'}
ERRORS = ('INVALID_GOAL', 'INVALID_JOINTS', 'OLD_HEADER_TIMESTAMP', 'PATH_TOLERANCE_VIOLATED',
          'GOAL_TOLERANCE_VIOLATED')
"""The names of the error codes in the result of the action."""
WAY_BACK = ('the service resume lets the next target move the arm, from where it is measured '
            'then; what is wrong is in the log of the controller')


class GoalNews(NamedTuple):
    """
    What became of the newest goal.

    Attributes
    ----------
    sentence : str
        What there is to say.
    is_fault : bool
        Whether the arm does not go on as it was sent.
    goes_on : bool
        Whether the controller still follows an earlier goal.

    """

    sentence: str
    is_fault: bool = False
    goes_on: bool = False


class GoalOutput(WayOut):
    """
    Sends the course of each motion as a goal to a joint_trajectory_controller.

    Parameters
    ----------
    node : Node
        Asks, and has the clock.
    action : str
        Name of the action.
    topic : str
        Name of the topic of the same controller: what comes there overrides a goal without a word.
    tell : callable
        Gets what becomes of goals.
    record : callable, optional
        Gets the resolved name of the action and each trajectory. Played back, that moves nothing:
        no controller listens to a topic of this name.

    Raises
    ------
    MissingDependencyError
        If control_msgs is not installed.

    """

    keeps_time = True

    def __init__(self, node: Node, action: str, topic: str, tell: Callable[[GoalNews], None],
                 record: Record = forget) -> None:
        try:
            from control_msgs.action import FollowJointTrajectory
        except ImportError as error:
            raise MissingDependencyError(
                "output.kind is 'follow_joint_trajectory', which needs control_msgs, but that is "
                'not installed; install ros-$ROS_DISTRO-control-msgs, or set output.kind to '
                "'joint_trajectory'") from error
        from rclpy.action import ActionClient
        super().__init__(node, node.resolve_topic_name(topic), True, record)
        self.action = node.resolve_topic_name(action)
        self._kind, self._tell = FollowJointTrajectory, tell
        self._client = ActionClient(node, FollowJointTrajectory, action)
        # Goals are counted; up to a number they are given up, and must not move the arm any more.
        self._newest = self._given_up = 0
        self._asked_at = math.inf
        self._running: tuple[int, Any] | None = None
        self._has_refused = False

    def close(self) -> None:
        """Leave the action; the controller goes on with what it has."""
        super().close()
        self._client.destroy()

    def send(self, command: Command) -> int:
        """Send the course, if it is a new one; return the stamp it got [ns]."""
        stamp = self._checked_stamp(command)
        if command.course is not None:
            self._ask(conversions.joint_trajectory(
                command.joints, command.course(), stamp, command.is_smooth))
        return stamp

    def watch(self) -> str:
        """Return why nobody takes goals, in a sentence; empty if somebody may."""
        if not self._client.server_is_ready():
            self._give_up()
            return (f'no controller serves the action {self.action}: start it; the arm moves '
                    'again with the first target after that')
        if monotonic() - self._asked_at > ANSWER_TIMEOUT:
            self._give_up()
            self._fail(f'{self.action} has not answered to a goal for {ANSWER_TIMEOUT:g} s')
        return ''

    def _ask(self, trajectory: JointTrajectory) -> None:
        """Send a goal."""
        self._newest += 1
        self._asked_at = monotonic()
        answer = self._client.send_goal_async(self._kind.Goal(trajectory=trajectory))
        answer.add_done_callback(partial(self._on_answer, self._newest))
        self._record(self.action, trajectory)

    def _give_up(self) -> None:
        """Count on none of the goals that were sent, and let none of them move the arm."""
        self._given_up, self._asked_at = self._newest, math.inf
        if self._running is not None:
            self._running[1].cancel_goal_async()
            self._running = None

    def _on_answer(self, number: int, answer: Any) -> None:
        """Hear whether a goal is accepted."""
        handle = answer.result()
        if number == self._newest:
            self._asked_at = math.inf
        if handle.accepted and number <= self._given_up:
            handle.cancel_goal_async()
        elif handle.accepted:
            self._running = number, handle
            handle.get_result_async().add_done_callback(partial(self._on_result, number))
            if number == self._newest:
                self._has_refused = False
                self._tell(GoalNews('under way'))
        elif self._given_up < number == self._newest:
            self._on_refusal()

    def _on_refusal(self) -> None:
        """
        Tell that the newest goal is rejected.

        A controller that still follows an earlier one is asked once to brake; if it rejects that
        too, the earlier one is canceled.
        """
        goes_on = self._running is not None and not self._has_refused
        self._has_refused = goes_on
        if not goes_on:
            self._give_up()
        self._fail(f'{self.action} rejected a goal: the controller is not active, or does not '
                   'take such a trajectory', goes_on)

    def _on_result(self, number: int, answer: Any) -> None:
        """Hear how a goal ended; that of a replaced one is of no interest."""
        if self._running is not None and self._running[0] == number:
            self._running = None
        if not self._given_up < number == self._newest:
            return
        status, result = answer.result().status, answer.result().result
        if status == GoalStatus.STATUS_SUCCEEDED:
            self._tell(GoalNews('succeeded'))
            return
        names = {getattr(self._kind.Result, name): name for name in ERRORS}
        words = [names.get(result.error_code, ''), result.error_string]
        self._fail(f'{self.action} {OUTCOMES.get(status, "ended")} a goal'
                   + ''.join(f': {word}' for word in words if word))

    def _fail(self, sentence: str, goes_on: bool = False) -> None:
        """Tell that the arm does not go on as it was sent."""
        self._tell(GoalNews(f'{sentence}; the arm stopped; {WAY_BACK}', True, goes_on))
