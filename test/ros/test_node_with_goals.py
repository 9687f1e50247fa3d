"""
The whole way by an action: targets to the node, its goals to a simulated arm, and results back.

Node and arm are in this process, so that the action can be stood in for where control_msgs is not
installed, and the controller can be made to misbehave; see `actions`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import actions
from diagnostic_msgs.msg import DiagnosticStatus
from harness import NodeProcess, planar_tip, values
from ik_solver_node.compilation import warm_up
from ik_solver_node.record.reading import read_recording
from ik_solver_node.ros.node import IkSolverNode
from ik_solver_node.ros.stand_in.node import StandInNode
from ik_solver_node.ros.stand_in.refusal import CommandRefusedError
import numpy as np
import pytest
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future
from std_srvs.srv import Trigger
from test_node_with_stand_in import ARM, assert_gentle, Watcher
from trajectory_msgs.msg import JointTrajectory

FAR, NEAR = planar_tip(2.6, 0.4), planar_tip(0.9, 0.5)
"""Targets: a motion to the first takes more than a second."""


class Bench(Watcher):
    """
    A node that sends goals and, once it is there, an arm that follows them.

    Parameters
    ----------
    record : str
        Where the node records.

    """

    def __init__(self, record: str) -> None:
        settings = [
            f'ik_solver_node:urdf_file:={ARM}', 'ik_solver_node:use_measured_state:=true',
            'ik_solver_node:output.kind:=follow_joint_trajectory',
            'ik_solver_node:motion.mode:=move', 'ik_solver_node:motion.speed:=0.8',
            f'ik_solver_node:record:={record}',
            f'ik_solver_stand_in:urdf_file:={ARM}',
            'ik_solver_stand_in:start_positions:=[0.3, 0.6]',
            'ik_solver_stand_in:trajectory.interpolate_from_desired_state:=true']
        warm_up()
        rclpy.init(args=['--ros-args', *[part for one in settings for part in ('-p', one)]])
        self._robots = SingleThreadedExecutor()
        self.solver, self.stand_in = IkSolverNode(), None
        self._robots.add_node(self.solver)
        self._end = Future(executor=self._robots)
        self._thread = Thread(target=self._robots.spin_until_future_complete, args=[self._end])
        self._thread.start()
        super().__init__()

    def close(self) -> None:
        """End everything."""
        super().close()
        self._robots.create_task(self._end.set_result, None)
        self._thread.join()
        self._robots.shutdown()
        self.solver.trigger_shutdown()
        rclpy.shutdown()

    def between(self, call: Callable[[], Any]) -> None:
        """Call something between two callbacks of node and arm."""
        self.spin_until(self._robots.create_task(call).done, 'call')

    def build_arm(self) -> None:
        """Start the arm, and wait until it can be moved."""
        def start() -> None:
            self.stand_in = StandInNode()
            self._robots.add_node(self.stand_in)

        self.between(start)
        self.spin_until(lambda: self.joint_states and self.points.get_subscription_count(), 'arm')
        here = planar_tip(*self.there)
        self.spin_until(lambda: self.answer(self.send_point(*here)).level == DiagnosticStatus.OK,
                        'measured joints and a controller')

    @property
    def controller(self) -> Any:
        """What of the arm takes goals."""
        assert self.stand_in is not None
        return self.stand_in._extra

    def go(self, x: float, y: float) -> None:
        """Send a target that is accepted."""
        assert self.answer(self.send_point(x, y)).level == DiagnosticStatus.OK

    def set_out(self) -> None:
        """Be on the way to the far target."""
        self.go(*FAR)
        self.spin_until(lambda: abs(self.joint_states[-1].velocity[0]) > 0.5, 'motion')

    def rest(self) -> np.ndarray:
        """Wait until the arm stands, and return where."""
        self.spin_until(lambda: not any(self.joint_states[-1].velocity), 'rest')
        return self.there

    def goal(self, outcome: str) -> DiagnosticStatus:
        """Wait until the diagnostics tell of a goal that ended like this."""
        return self.next_diagnostics(
            lambda status: outcome in values(status).get('last goal', ''))

    def stopped(self, reason: str, says: str) -> DiagnosticStatus:
        """Wait until the diagnostics tell that the arm was stopped for this reason."""
        status = self.next_diagnostics(lambda status: values(status).get('stopped by') == reason)
        assert status.level == DiagnosticStatus.ERROR and says in status.message
        return status

    def resume(self) -> None:
        """Lead on, to the near target."""
        assert self.call(Trigger, 'resume', Trigger.Request()).success
        self.go(*NEAR)
        self.arrive(*NEAR)

    def refuse(self, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
        """Let the arm refuse so many goals."""
        take, left = self.controller._take, iter(range(times))

        def refuse_some(message: JointTrajectory) -> None:
            if next(left, None) is not None:
                raise CommandRefusedError('the controller is not active')
            take(message)

        monkeypatch.setattr(self.controller, '_take', refuse_some)

    def abort(self, error_code: int, sentence: str) -> None:
        """Let the arm abort its goal and hold, as the controller does that meets an obstacle."""
        def outcome(handle: Any) -> Any:
            handle.abort()
            return self.controller._result(error_code=error_code, error_string=sentence)

        def end() -> None:
            self.controller._controller.hold()
            self.controller._end(outcome)

        self.between(end)


@pytest.fixture
def bench(ros_domain: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Bench]:
    """Return a node without an arm."""
    actions.provide(monkeypatch)
    bench = Bench(str(tmp_path / 'run.mcap'))
    yield bench
    bench.close()


@pytest.fixture
def arm(bench: Bench) -> Bench:
    """Return a node with an arm."""
    bench.build_arm()
    return bench


def test_a_target_is_a_goal_that_succeeds(arm: Bench) -> None:
    """The arm moves gently, and the node tells of its success."""
    arm.go(*FAR)
    arm.arrive(*FAR)
    assert arm.goal('succeeded').level == DiagnosticStatus.OK
    assert arm.trajectories == []
    assert_gentle(arm)


def test_a_new_target_replaces_the_goal(arm: Bench) -> None:
    """That the controller aborts the old one is no fault."""
    arm.set_out()
    arm.go(*NEAR)
    arm.arrive(*NEAR)
    status = arm.goal('succeeded')
    assert (values(status)['stopped by'], status.level) == ('', DiagnosticStatus.OK)
    assert_gentle(arm)


def test_a_stop_brakes_by_a_goal_of_its_own(arm: Bench) -> None:
    """Smoothly, where a cancelled goal would be held at once."""
    arm.set_out()
    before = arm.there
    arm.call(Trigger, 'stop', Trigger.Request())
    after = arm.rest()
    assert 0.05 < np.abs(after - before).max() < 1.0
    assert values(arm.goal('succeeded'))['stopped by'] == 'stop'
    arm.resume()
    assert_gentle(arm)


def test_a_goal_that_is_rejected_moves_nothing(
        arm: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Targets are refused until the service resume, which leads on."""
    arm.refuse(monkeypatch, 1)
    stood = arm.rest()
    arm.go(*FAR)
    arm.stopped('controller', 'rejected a goal: the controller is not active')
    refused = arm.answer(arm.send_point(*NEAR))
    assert refused.level == DiagnosticStatus.ERROR and 'rejected a goal' in refused.message
    assert (arm.there == stood).all()
    arm.resume()


def test_a_rejected_change_brakes_the_motion(arm: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The controller would follow the old goal to its end."""
    arm.set_out()
    arm.refuse(monkeypatch, 1)
    arm.go(*NEAR)
    arm.stopped('controller', 'rejected a goal')
    assert np.abs(arm.rest() - (2.6, 0.4)).max() > 0.2
    arm.resume()
    assert_gentle(arm)


def test_a_controller_that_does_not_even_brake_is_cancelled(
        arm: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last resort: it holds the arm where it is."""
    arm.set_out()
    arm.refuse(monkeypatch, 2)
    arm.go(*NEAR)
    arm.stopped('controller', 'rejected a goal')
    assert np.abs(arm.rest() - (2.6, 0.4)).max() > 0.2
    arm.resume()


def test_a_motion_that_is_aborted_stands(arm: Bench) -> None:
    """With the words of the controller; no braking pushes the arm on."""
    arm.set_out()
    accepted = arm.arm()['commands accepted']
    arm.abort(-4, 'Aborted due to path tolerance violation')
    status = arm.stopped('controller', 'aborted a goal: PATH_TOLERANCE_VIOLATED: Aborted due to')
    assert 'service resume' in values(status)['last goal']
    arm.rest()
    assert arm.arm()['commands accepted'] == accepted
    arm.resume()


def test_without_a_controller_targets_are_refused(bench: Bench) -> None:
    """Until there is one: nobody has to resume."""
    bench.stopped('unheard', 'no controller serves the action /joint_trajectory_controller/')
    refused = bench.answer(bench.send_point(*NEAR))
    assert refused.level == DiagnosticStatus.ERROR and 'no controller serves' in refused.message
    bench.build_arm()
    bench.go(*NEAR)
    bench.arrive(*NEAR)


def test_a_controller_that_vanishes_stops_the_arm(arm: Bench) -> None:
    """Nobody could brake it; the next target is refused."""
    arm.set_out()
    arm.between(lambda: arm.controller._server.destroy())
    arm.stopped('unheard', 'no controller serves')
    assert arm.answer(arm.send_point(*NEAR)).level == DiagnosticStatus.ERROR


def test_who_publishes_trajectories_to_the_controller_stops_the_arm(arm: Bench) -> None:
    """They override a goal without a word."""
    rival = arm.node.create_publisher(
        JointTrajectory, 'joint_trajectory_controller/joint_trajectory', 10)
    arm.stopped('others', '/client also publishes on /joint_trajectory_controller/joint_traj')
    arm.node.destroy_publisher(rival)
    arm.next_diagnostics(lambda status: values(status).get('stopped by') == '')
    arm.go(*NEAR)


def test_goals_are_recorded(arm: Bench, tmp_path: Path) -> None:
    """As trajectories, under the name of the action, where no controller listens to a replay."""
    arm.go(*FAR)
    arm.arrive(*FAR)
    arm.between(lambda: arm.solver.trigger_deactivate() and arm.solver.trigger_cleanup())
    recording = read_recording(tmp_path / 'run.mcap')
    goals = [item for item in recording.messages
             if item.topic == '/joint_trajectory_controller/follow_joint_trajectory']
    assert {item.kind for item in goals} == {'trajectory_msgs/msg/JointTrajectory'}
    assert planar_tip(*goals[-1].value.points[-1].positions) == pytest.approx(FAR, abs=2e-3)


@pytest.mark.skipif(actions.IS_INSTALLED, reason='control_msgs is installed')
def test_without_control_msgs_the_start_ends(ros_domain: int) -> None:
    """With a sentence that says what to install."""
    node = NodeProcess(*[part for one in (
        f'urdf_file:={ARM}', 'use_measured_state:=true', 'motion.mode:=move',
        'output.kind:=follow_joint_trajectory') for part in ('-p', one)])
    assert node.wait_for_end() == 1
    assert 'install ros-$ROS_DISTRO-control-msgs' in node.output
    assert 'Traceback' not in node.output
