"""A timed drive, with time and messages at hand: what it makes of a machine that is busy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.motion import Mode, MotionOptions
from ik_solver_node.pilot import WatchOptions
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros import drives
from ik_solver_node.ros.measured import MeasuredJoints
from ik_solver_node.ros.outputs import Command
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.posture import Posture
from ik_solver_node.target import PointTarget
from ik_solver_node.tracker import PoseTracker
from ik_solver_node.urdf_file import read_urdf
import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

PERIOD = 0.01
START = {'joint_1': -2.0, 'joint_2': 0.5}


class Bench:
    """A drive whose clock, timer and measurements are ours, before a controller with a clock."""

    topic, commands, keeps_time = 'trajectories', True, True

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 100.0
        monkeypatch.setattr(drives, 'monotonic', lambda: self.now)
        chain = KinematicChain.from_model(parse_urdf(read_urdf(
            Path(__file__).resolve().parents[2] / 'urdf' / 'planar_2r.urdf')))
        settings = NodeParameters(
            use_measured_state=True, measured_timeout=60.0, watch=WatchOptions(max_deviation=0.0),
            motion=MotionOptions(mode=Mode.MOVE))
        self.sent: list[tuple[float, Command]] = []
        self.heads: list[np.ndarray] = []
        self.measured = MeasuredJoints(pytest.fail)
        self.measured.follow(chain)
        self.drive = drives.TimedDrive(
            self, PoseTracker(chain), Posture(chain, None), self, self.measured,  # type: ignore
            settings, SimpleNamespace(report=lambda *_: None, halted=lambda _: None,
                                      cycled=lambda *_: None,
                                      heads_for=self.heads.append))

    def create_timer(self, period: float, callback: Callable[[], None], clock: Any) -> None:
        """Keep the callback of the only timer."""
        assert period == PERIOD
        self.tick = callback

    def get_clock(self) -> None:
        """Have no clock that is simulated."""

    def get_logger(self) -> Any:
        """Have a log that nobody reads."""
        return SimpleNamespace(warning=lambda _: None)

    def send(self, command: Command) -> int:
        """Note a command, and when it came."""
        self.sent.append((self.now, command))
        return 0

    def measure(self) -> None:
        """Measure the joints at the start, however they are."""
        self.measured.take(JointState(name=list(START), position=list(START.values())), self.now)
        self.drive.measure()


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return a drive that has been asked to go far, and is on its way."""
    bench = Bench(monkeypatch)
    bench.measure()
    bench.tick()
    bench.now += PERIOD
    bench.drive.take(Header(), PointTarget([-0.2, 0.7, 0.0]))
    bench.tick()
    return bench


def turn_at(command: Command) -> float:
    """Return where the first joint is [rad]."""
    return command.positions[command.names.index('joint_1')]


def test_a_motion_keeps_to_its_clock(bench: Bench) -> None:
    """However unevenly timer and measurements come, it is where the first course has it then."""
    began, first = bench.sent[-1]
    assert first.course is not None
    course = first.course()
    random = np.random.default_rng(0)
    due = bench.now + PERIOD
    for _ in range(400):
        # Held up now and then; a timer makes up for one call, and then keeps to its beat.
        bench.now += random.choice([0.002, 0.004, 0.03], p=[0.5, 0.4, 0.1])
        if random.random() < 0.5:
            bench.measure()
        if bench.now < due:
            continue
        due += PERIOD * np.ceil((bench.now - due + 1e-9) / PERIOD)
        bench.tick()
        at, command = bench.sent[-1]
        if at < bench.now:  # it has arrived
            break
        # What is sent is the state a period after the moment that it counts from.
        time = at - began + first.age - command.age + PERIOD
        if time > course[0].time:
            expected = np.interp(time, [waypoint.time for waypoint in course],
                                 [waypoint.state.positions[0] for waypoint in course])
            assert turn_at(command) == pytest.approx(expected, abs=2e-3)
        assert abs(command.age) <= 1.5 * PERIOD + 1e-9
    assert bench.now - began > 0.8 * course[-1].time
