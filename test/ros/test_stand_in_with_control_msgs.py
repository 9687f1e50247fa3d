"""
The action and the state of the controller, without and with something like control_msgs.

control_msgs is not on PyPI, so that the types and the action server are stood in for themselves;
what is tested is what becomes of a goal.
"""

from __future__ import annotations

from collections.abc import Callable
import sys
from types import SimpleNamespace
from typing import Any

from builtin_interfaces.msg import Duration, Time
from harness import URDF
from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.ros.stand_in.arm import StandInArm
from ik_solver_node.ros.stand_in.conversions import goal_from_msg
from ik_solver_node.ros.stand_in.settings import StandInSettings
from ik_solver_node.ros.stand_in.with_control_msgs import ControlMsgsInterfaces
import pytest
import rclpy.action
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint


class Result(SimpleNamespace):
    """As that of FollowJointTrajectory."""

    SUCCESSFUL = 0


class Handle:
    """What rclpy gives for a goal, and how it ended."""

    def __init__(self) -> None:
        self.is_cancel_requested = False
        self.ended = ''
        self.result: Any = None

    def execute(self, callback: Callable[[Handle], Any]) -> None:
        """Call back, as the executor would."""
        self.result = callback(self)

    def succeed(self) -> None:
        """Note the end."""
        self.ended = 'succeeded'

    def canceled(self) -> None:
        """Note the end."""
        self.ended = 'canceled'

    def abort(self) -> None:
        """Note the end."""
        self.ended = 'aborted'


class Bench:
    """An arm, its interfaces, and what they publish."""

    def __init__(self) -> None:
        self.published: list[Any] = []
        self.arm = StandInArm((URDF / 'planar_2r.urdf').read_text(), StandInSettings(), 0)
        self.time = 0
        self.interfaces = ControlMsgsInterfaces(
            self, 'arm_controller', self.arm,  # type: ignore[arg-type]
            lambda message: self.arm.take(goal_from_msg(message)))
        self.server: dict[str, Any] = self.interfaces._server.__dict__

    def create_publisher(self, *_: Any) -> Any:
        """Return what keeps all that is published."""
        return SimpleNamespace(publish=self.published.append)

    def get_logger(self) -> Any:
        """Return what keeps quiet."""
        return SimpleNamespace(error=lambda _: None)

    def send(self, position: float = 1.0) -> Handle | None:
        """Send a goal of half a second; return its handle if it is accepted."""
        goal = SimpleNamespace(trajectory=JointTrajectory(
            joint_names=['joint_1', 'joint_2'], points=[JointTrajectoryPoint(
                positions=[position, 0.0], time_from_start=Duration(nanosec=500_000_000))]))
        if self.server['goal_callback'](goal) is not rclpy.action.GoalResponse.ACCEPT:
            return None
        handle = Handle()
        self.server['handle_accepted_callback'](handle)
        return handle

    def run(self, seconds: float) -> None:
        """Go on."""
        self.time += round(1e9 * seconds)
        self.arm.advance(self.time)
        self.interfaces.update()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return a bench on which control_msgs seems to be installed."""
    monkeypatch.setitem(sys.modules, 'control_msgs', SimpleNamespace())
    monkeypatch.setitem(sys.modules, 'control_msgs.action', SimpleNamespace(
        FollowJointTrajectory=SimpleNamespace(Result=Result)))
    monkeypatch.setitem(sys.modules, 'control_msgs.msg', SimpleNamespace(
        JointTrajectoryControllerState=lambda: SimpleNamespace(header=SimpleNamespace())))
    monkeypatch.setattr(rclpy.action, 'ActionServer', lambda node, kind, name, **callbacks:
                        SimpleNamespace(name=name, **callbacks))
    return Bench()


def test_without_control_msgs_a_sentence_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what to install."""
    monkeypatch.setitem(sys.modules, 'control_msgs.action', None)
    with pytest.raises(MissingDependencyError, match='control_msgs is not installed: arm_contr'):
        Bench()


def test_a_goal_succeeds_when_its_trajectory_is_over(bench: Bench) -> None:
    """Not before."""
    assert bench.server['name'] == 'arm_controller/follow_joint_trajectory'
    handle = bench.send()
    assert handle is not None
    bench.run(0.4)
    assert handle.ended == ''
    bench.run(0.2)
    assert (handle.ended, handle.result.error_code) == ('succeeded', 0)
    bench.run(0.1)
    assert bench.arm.truth().positions == (1.0, 0.0)


def test_a_cancelled_goal_stops_the_arm(bench: Bench) -> None:
    """Where it is."""
    handle = bench.send()
    assert handle is not None
    bench.run(0.2)
    handle.is_cancel_requested = True
    bench.run(0.0)
    assert handle.ended == 'canceled'
    bench.run(0.5)
    assert bench.arm.truth().positions == pytest.approx((0.4, 0.0))


def test_a_new_goal_aborts_the_one_before(bench: Bench) -> None:
    """One that is refused does not."""
    first = bench.send()
    assert first is not None
    bench.run(0.1)
    assert bench.send(float('nan')) is None
    assert first.ended == ''
    second = bench.send(0.5)
    assert second is not None
    assert (first.ended, second.ended) == ('aborted', '')
    bench.run(0.6)
    assert second.ended == 'succeeded'


def test_the_state_of_the_controller(bench: Bench) -> None:
    """What is commanded, what came of it, and the difference."""
    bench.send()
    bench.run(0.25)
    bench.interfaces.publish(Time(sec=1))
    state = bench.published[-1]
    assert state.joint_names == ['joint_1', 'joint_2']
    assert list(state.reference.positions) == pytest.approx([0.5, 0.0])
    assert list(state.feedback.velocities) == pytest.approx([2.0, 0.0])
    assert list(state.error.positions) == pytest.approx([0.0, 0.0])
    assert list(state.output.positions) == pytest.approx([0.5, 0.0])
