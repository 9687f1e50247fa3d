"""What the source sends when."""

from __future__ import annotations

from pathlib import Path

from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.demo.path import TargetPath
from ik_solver_node.ros.demo.programmes import Smooth, Stops
from ik_solver_node.urdf_file import read_urdf
import numpy as np
import pytest

PLANAR = Path(__file__).resolve().parents[2] / 'urdf' / 'planar_2r.urdf'
REACH = 0.9


@pytest.fixture
def path() -> TargetPath:
    """Return a path of the textbook arm."""
    return TargetPath(KinematicChain.from_model(parse_urdf(read_urdf(PLANAR))), 0)


def is_far(pose: Pose) -> bool:
    """Return whether no arm of this length gets there."""
    return bool(np.linalg.norm(pose.position) > REACH)


def test_a_smooth_stream_sets_out_and_ends_gently(path: TargetPath) -> None:
    """It goes at full pace in between, and the last target stays."""
    stream = Smooth(path, 100.0, 10.0, 0.0)
    times = np.arange(0.0, 12.5, 0.01)
    places = np.array([stream.due(time).position for time in times])
    speeds = np.linalg.norm(np.diff(places, axis=0), axis=1) / 0.01
    assert speeds[0] < 0.01 and speeds[990:1000].max() < 0.03
    assert speeds[1000:].max() < 1e-9
    assert np.abs(np.diff(speeds)).max() < 0.03
    np.testing.assert_allclose(speeds[100:900].mean(), np.mean([
        np.linalg.norm(path.pose(time + 0.01).position - path.pose(time).position) / 0.01
        for time in np.arange(0.5, 8.5, 0.01)]), rtol=1e-2)
    assert not stream.is_over(12.4) and stream.is_over(12.6)


def test_a_short_stream_is_a_whole_one(path: TargetPath) -> None:
    """It has no time for full pace."""
    stream = Smooth(path, 100.0, 1.0, 0.0)
    places = np.array([stream.due(0.01 * k).position for k in range(200)])
    steps = np.linalg.norm(np.diff(places, axis=0), axis=1)
    assert 0.0 < steps.max() < 0.02 and steps[100:].max() < 1e-9


def test_some_of_a_stream_are_out_of_reach(path: TargetPath) -> None:
    """One in each period, and none in the end."""
    stream = Smooth(path, 50.0, 9.0, 3.0)
    far = [k for k in range(560) if is_far(stream.due(0.02 * k))]
    assert far == [74, 224, 374]


class Runner:
    """Runs a programme against an arm that needs a fixed time for each motion."""

    def __init__(self, programme: Stops, duration: float, misses: bool = False,
                 is_deaf: bool = False) -> None:
        self.sent: list[tuple[float, Pose]] = []
        self.is_over_at = 0.0
        aim, arrives = programme.path.pose(0.0), 0.0
        for k in range(4000):
            time = 0.05 * k
            if programme.is_over(time):
                self.is_over_at = time
                return
            pose = programme.due(time)
            if pose is not None:
                self.sent.append((time, pose))
                if not is_deaf:
                    programme.see_answer()
                if not is_far(pose):
                    aim, arrives = pose, time + duration
            away = Pose(aim.position + (0.1 if misses or time < arrives else 0.0), aim.quat_xyzw)
            programme.see_arm(away, time >= arrives, time)


def test_stops_wait_for_the_arm(path: TargetPath) -> None:
    """The second of four comes on the way to the first, the last is out of reach."""
    runner = Runner(Stops(path, 20.0, True), 2.0)
    times = [time for time, _ in runner.sent]
    assert [is_far(pose) for _, pose in runner.sent[:8]] == 2 * [False, False, False, True]
    gaps = np.diff(times)[:7]
    np.testing.assert_allclose(gaps, [0.65, 2.45, 2.45, 0.45, 0.65, 2.45, 2.45], atol=0.06)
    assert times[-1] <= 20.0 < runner.is_over_at
    assert len({tuple(pose.position) for _, pose in runner.sent}) == len(runner.sent)


def test_stops_do_not_wait_for_ever(path: TargetPath) -> None:
    """Neither for an arm that stands elsewhere, nor for an answer that never comes."""
    runner = Runner(Stops(path, 20.0, False), 2.0, misses=True)
    assert 4 < len(runner.sent) < 12 and 20.0 < runner.is_over_at < 30.0
    deaf = Runner(Stops(path, 20.0, False), 2.0, is_deaf=True)
    assert len(deaf.sent) == 1 and 30.0 < deaf.is_over_at < 31.0
