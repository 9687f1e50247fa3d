"""What becomes of goals: answers and results, in time, late, or never."""

from __future__ import annotations

from collections.abc import Sequence
import sys
from types import SimpleNamespace
from typing import Any

from action_msgs.msg import GoalStatus
import actions
from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.motion import Waypoint
from ik_solver_node.profiles import at_rest
from ik_solver_node.ros import goal_output
from ik_solver_node.ros.goal_output import ANSWER_TIMEOUT, GoalNews, GoalOutput
from ik_solver_node.ros.outputs import Command
import pytest
import rclpy.action
from rclpy.task import Future
from test_outputs import FakeNode

ABORTED, CANCELED = GoalStatus.STATUS_ABORTED, GoalStatus.STATUS_CANCELED


class Asked:
    """A goal that was sent, to be answered by hand."""

    def __init__(self, goal: Any) -> None:
        self.trajectory = goal.trajectory
        self.answer: Future = Future()
        self.result: Future = Future()
        self.accepted = self.is_canceled = False

    def accept(self, accepted: bool = True) -> None:
        """Answer."""
        self.accepted = accepted
        self.answer.set_result(self)

    def end(self, status: int, error_code: int = 0, error_string: str = '') -> None:
        """Give the result."""
        self.result.set_result(SimpleNamespace(status=status, result=SimpleNamespace(
            error_code=error_code, error_string=error_string)))

    def get_result_async(self) -> Future:
        """Return what will be the result."""
        return self.result

    def cancel_goal_async(self) -> None:
        """Note it."""
        self.is_canceled = True


class Bench:
    """A way out before a controller that does what the test says."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.news: list[GoalNews] = []
        self.recorded: list[tuple[str, Any]] = []
        self.is_there, self.is_open, self.now = True, True, 0.0
        node = FakeNode()
        node.resolve_topic_name = lambda name: f'/{name}'  # type: ignore[attr-defined]
        self.output = GoalOutput(
            node, 'arm/follow_joint_trajectory', 'arm/joint_trajectory',  # type: ignore[arg-type]
            self.news.append, lambda topic, message: self.recorded.append((topic, message)))

    def take(self, goal: Any) -> Future:
        """Keep a goal."""
        self.asked.append(Asked(goal))
        return self.asked[-1].answer

    def send(self, course: bool = True) -> Asked:
        """Send a motion, or a period of the one that is under way; return the newest goal."""
        def waypoints() -> Sequence[Waypoint]:
            return [Waypoint(0.1, at_rest([1.0]))]

        self.output.send(Command(('a',), [1.0], [], waypoints if course else None, ('a',), True))
        return self.asked[-1]

    def send_accepted(self) -> Asked:
        """Send a motion that the controller follows."""
        asked = self.send()
        asked.accept()
        return asked


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return a bench with a clock of its own."""
    actions.provide(monkeypatch)
    made: list[Bench] = []
    monkeypatch.setattr(rclpy.action, 'ActionClient', lambda *_: SimpleNamespace(
        server_is_ready=lambda: made[0].is_there,
        send_goal_async=lambda goal: made[0].take(goal),
        destroy=lambda: setattr(made[0], 'is_open', False)))
    monkeypatch.setattr(goal_output, 'monotonic', lambda: made[0].now)
    made.append(Bench())
    return made[0]


def test_without_control_msgs_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what to install, or to do instead."""
    monkeypatch.setitem(sys.modules, 'control_msgs.action', None)
    with pytest.raises(MissingDependencyError, match='install ros-.*-control-msgs, or set output'):
        Bench()


def test_a_course_is_a_goal_and_a_period_of_it_is_none(bench: Bench) -> None:
    """It is recorded under the name of the action."""
    asked = bench.send()
    bench.send(course=False)
    assert bench.asked == [asked]
    assert asked.trajectory.joint_names == ['a']
    assert asked.trajectory.points[0].positions.tolist() == [1.0]
    assert bench.recorded == [('/arm/follow_joint_trajectory', asked.trajectory)]
    assert (bench.output.topic, bench.output.commands) == ('/arm/joint_trajectory', True)
    bench.output.close()
    assert not bench.is_open


def test_what_goes_well_is_told(bench: Bench) -> None:
    """It is no fault."""
    bench.send_accepted().end(GoalStatus.STATUS_SUCCEEDED)
    assert bench.news == [GoalNews('under way'), GoalNews('succeeded')]


@pytest.mark.parametrize(('status', 'code', 'words', 'says'), [
    (ABORTED, -4, 'joint a is off', 'aborted a goal: PATH_TOLERANCE_VIOLATED: joint a is off; '),
    (ABORTED, -1, '', 'aborted a goal: INVALID_GOAL; '),
    (CANCELED, 0, 'another client', 'canceled a goal: another client; '),
    (ABORTED, -77, '', 'aborted a goal; ')])
def test_a_goal_that_ends_otherwise_is_a_fault(bench: Bench, status: int, code: int, words: str,
                                               says: str) -> None:
    """In the words of the controller."""
    bench.send_accepted().end(status, code, words)
    news = bench.news[-1]
    assert (news.is_fault, news.goes_on) == (True, False)
    assert says in news.sentence and 'service resume' in news.sentence


@pytest.mark.parametrize('status', [ABORTED, CANCELED])
def test_the_end_of_a_replaced_goal_is_no_news(bench: Bench, status: int) -> None:
    """Whether it comes before the answer to the new one or after it."""
    first = bench.send_accepted()
    second = bench.send()
    first.end(status, -1, 'preempted')
    second.accept()
    third = bench.send_accepted()
    second.end(status, -1, 'preempted')
    third.end(GoalStatus.STATUS_SUCCEEDED)
    assert bench.news == [*[GoalNews('under way')] * 3, GoalNews('succeeded')]


def test_a_controller_at_rest_that_rejects_a_goal_has_nothing_to_stop(bench: Bench) -> None:
    """No matter how often."""
    for _ in range(2):
        bench.send().accept(False)
        assert (bench.news[-1].is_fault, bench.news[-1].goes_on) == (True, False)


def test_a_controller_on_the_move_is_asked_to_brake_and_then_cancelled(bench: Bench) -> None:
    """The goal it follows ends without a word."""
    first = bench.send_accepted()
    bench.send().accept(False)
    assert bench.news[-1].goes_on and not first.is_canceled
    bench.send().accept(False)
    assert first.is_canceled
    assert bench.news[-1].is_fault and not bench.news[-1].goes_on
    told = len(bench.news)
    first.end(CANCELED)
    assert len(bench.news) == told


def test_a_rejected_goal_that_was_replaced_is_no_news(bench: Bench) -> None:
    """The newer one counts."""
    first = bench.send()
    bench.send_accepted()
    first.accept(False)
    assert bench.news == [GoalNews('under way')]


def test_a_controller_that_does_not_answer_is_a_fault(bench: Bench) -> None:
    """And a goal that it accepts after all must not move the arm any more."""
    asked = bench.send()
    bench.now = ANSWER_TIMEOUT
    assert bench.output.watch() == '' and not bench.news
    bench.now += 0.1
    assert bench.output.watch() == ''
    assert bench.news[-1].is_fault and 'has not answered' in bench.news[-1].sentence
    bench.output.watch()
    assert len(bench.news) == 1
    asked.accept()
    assert asked.is_canceled and len(bench.news) == 1
    assert not bench.send_accepted().is_canceled


def test_without_a_controller_nothing_is_waited_for(bench: Bench) -> None:
    """What it was told counts no more, also if it comes back."""
    running, waiting = bench.send_accepted(), bench.send()
    bench.is_there = False
    assert 'no controller serves the action /arm/follow_joint_traj' in bench.output.watch()
    assert running.is_canceled  # in case that it was there all the time
    bench.is_there, bench.now = True, 10.0
    assert bench.output.watch() == ''
    running.end(CANCELED)
    waiting.accept(False)
    assert bench.news == [GoalNews('under way')]
