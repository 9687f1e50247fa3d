"""The judgement on the mode track: the tip may be late, but not beside the path."""

from __future__ import annotations

from collections.abc import Callable
import math
from pathlib import Path

from ik_solver_node.ros.demo.arm import RefereeArm
from ik_solver_node.ros.demo.following import FollowingJudge
from ik_solver_node.ros.demo.judgement import Answer, Joints, Judgement, Ruling, Strictness
from ik_solver_node.urdf_file import read_urdf
import numpy as np
import pytest
from test_demo_limits import course

PLANAR = Path(__file__).resolve().parents[2] / 'urdf' / 'planar_2r.urdf'
MILLISECOND = 1_000_000
END = 4.0
"""When the target comes to stand [s]."""


def path(time: float) -> np.ndarray:
    """Return the joints that are at the target at a time [s], shape (2,) [rad]."""
    phase = 0.5 * (1.0 - math.cos(math.pi * min(max(time, 0.0), END) / END))
    return np.array([0.2 + 0.8 * phase, 0.5 + 0.4 * phase])


class Game:
    """A judge who is shown targets at 50 Hz and joints at 100 Hz, for six seconds."""

    def __init__(self, joints: Callable[[float], np.ndarray]) -> None:
        self.told: list[str] = []
        self.judge = FollowingJudge(RefereeArm(read_urdf(PLANAR)),
                                    Strictness(1e-4, 1e-3, 2e-3, 0.03), self.told.append)
        self.judge.see_command(course())
        self.found: list[Judgement] = []
        for k in range(600):
            now, time = 10 * MILLISECOND * (k + 1), 0.01 * k
            if k % 2 == 0:
                self.send(now, self._named(path(time)))
            q, before = joints(time), joints(time - 0.01)
            self.found += self.judge.see_joints(Joints(
                now, now, self._named(q), self._named((q - before) / 0.01)))

    def send(self, stamp: int, positions: dict[str, float], scale: float = 1.0,
             claims_reached: bool = True) -> None:
        """Show a target, and the answer to it."""
        target = self.judge.arm.tip_pose(positions)
        target[:3, 3] *= scale
        self.found += self.judge.see_target(stamp, target)
        self.found += self.judge.see_answer(stamp, Answer(claims_reached, 'why', 1e-4, 1))

    def _named(self, values: np.ndarray) -> dict[str, float]:
        """Return values by joint."""
        return dict(zip(('joint_1', 'joint_2'), values.tolist()))

    def count(self, ruling: Ruling) -> int:
        """Return how often something was ruled."""
        return sum(judgement.ruling is ruling for judgement in self.found)


@pytest.mark.parametrize('lag', [0.0, 0.1, 0.3])
def test_a_tip_that_is_late_follows(lag: float) -> None:
    """The lag is told, and how far the tip is from the target because of it."""
    game = Game(lambda time: path(time - lag))
    assert game.count(Ruling.OFF_PATH) == 0 and game.count(Ruling.FOLLOWING) > 400
    assert game.count(Ruling.ARRIVED) == 1
    assert game.judge.is_good and not game.told
    lags = [judgement.latency for judgement in game.found[150:300]]
    np.testing.assert_allclose(lags, lag, atol=0.012)
    tips = np.array([game.judge.arm.tip_pose(dict(zip(('joint_1', 'joint_2'), path(0.01 * k))))
                     for k in range(500)])[:, :3, 3]
    late = round(100 * lag)
    expected = np.linalg.norm(tips[late:] - tips[:len(tips) - late], axis=1).max()
    farthest = max(judgement.position_error for judgement in game.found)
    assert farthest == pytest.approx(expected, abs=1e-3 if lag else 1e-2)
    assert f'median {1e3 * lag:.0f} ms' in game.judge.summary() or lag == 0.0


def beside(time: float) -> np.ndarray:
    """Follow on a path of its own."""
    return path(time - 0.1) + np.array([0.0, 0.12 * math.sin(min(time, END) * math.pi / END)])


@pytest.mark.parametrize('joints', [
    lambda time: path(time - 0.8), lambda time: path(0.0), beside,
    lambda time: path(min(time, 2.0))], ids=['too late', 'never', 'beside', 'not to the end'])
def test_a_tip_that_leaves_the_path_is_caught(joints: Callable[[float], np.ndarray]) -> None:
    """With one complaint, however long it takes."""
    game = Game(joints)
    assert game.count(Ruling.OFF_PATH) > 50
    assert not game.judge.is_good
    complaint, = game.told
    assert 'mm beside the path of the last 0.5 s, allowed are ' in complaint


def test_a_tip_that_does_not_come_to_the_still_target_is_caught() -> None:
    """It follows to a millimetre, but stays there."""
    game = Game(lambda time: path(time - 0.1) + np.array([0.0, 2e-3]))
    assert game.count(Ruling.OFF_PATH) == 0 and game.count(Ruling.FOLLOWING) > 400
    assert game.count(Ruling.ARRIVED) == 0
    assert not game.judge.is_good
    assert 'still target at the end: MISSED' in game.judge.summary()


def test_the_tip_may_come_to_the_path_first() -> None:
    """It counts from there on."""
    game = Game(lambda time: path(time - 0.1) - np.array([0.0, max(0.0, 0.3 - 0.5 * time)]))
    assert game.judge.is_good
    assert game.count(Ruling.FOLLOWING) < 460


@pytest.mark.parametrize(('claims', 'ruling'), [
    (False, Ruling.REFUSED), (True, Ruling.FALSE_CLAIM)])
def test_out_of_reach(claims: bool, ruling: Ruling) -> None:
    """Such a target is no part of the path, and it is a lie to claim it."""
    game = Game(lambda time: path(time - 0.1))
    game.send(7000 * MILLISECOND, {'joint_1': 0.5, 'joint_2': 0.1}, 2.0, claims)
    assert game.found[-1].ruling is ruling
    assert game.judge.is_good is not claims


def test_a_violation_of_limits_is_not_good() -> None:
    """Even if the tip is where it should be."""
    def shaking(time: float) -> np.ndarray:
        return path(time - 0.1) + np.array([0.0, 8e-3 * math.sin(70.0 * time) * (1 < time < 2)])

    game = Game(shaking)
    assert game.count(Ruling.OFF_PATH) == 0 and game.count(Ruling.ARRIVED) == 1
    assert any('measured acceleration of joint joint_2' in text for text in game.told)
    assert not game.judge.is_good
