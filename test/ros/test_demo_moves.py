"""The judgement on the mode move: where the measured arm comes to stand counts."""

from __future__ import annotations

from pathlib import Path

from ik_solver_node.ros.demo.arm import RefereeArm
from ik_solver_node.ros.demo.judgement import Answer, Joints, Judgement, Ruling, Strictness
from ik_solver_node.ros.demo.moves import MoveJudge
from ik_solver_node.urdf_file import read_urdf
import numpy as np
import pytest
from test_demo_limits import course

PLANAR = Path(__file__).resolve().parents[2] / 'urdf' / 'planar_2r.urdf'
SECOND = 1_000_000_000
YES, NO = Answer(True, 'converged', 1e-4, 1), Answer(False, 'impossible', 1e-4, None)


class Game:
    """A judge, and an arm that moves evenly from where it stands to where it is told."""

    def __init__(self, noise: float = 0.0) -> None:
        self.told: list[str] = []
        self.judge = MoveJudge(RefereeArm(read_urdf(PLANAR)),
                               Strictness(1e-4, 1e-3, noise=noise), self.told.append)
        self.judge.see_command(course())
        self.found: list[Judgement] = []
        self.now, self.there = 0, np.zeros(2)
        self.stand(0.1)

    def ask(self, *angles: float, scale: float = 1.0, answer: Answer | None = YES) -> None:
        """Send the target that these joints have, or one `scale` times as far away."""
        target = self.judge.arm.tip_pose(dict(zip(('joint_1', 'joint_2'), angles)))
        target[:3, 3] *= scale
        self.found += self.judge.see_target(self.now, target)
        if answer is not None:
            self.found += self.judge.see_answer(self.now, answer)

    def show(self, velocities: np.ndarray) -> None:
        """Measure the joints a hundredth of a second later."""
        self.now += SECOND // 100
        self.there = self.there + 0.01 * velocities
        self.found += self.judge.see_joints(Joints(
            self.now, self.now, *(dict(zip(('joint_1', 'joint_2'), values.tolist()))
                                  for values in (self.there, velocities))))

    def stand(self, duration: float) -> None:
        """Stay where the arm is [s]."""
        for _ in range(round(100 * duration)):
            self.show(np.zeros(2))

    def move(self, *angles: float, duration: float = 2.0, share: float = 1.0) -> None:
        """Go the whole way, or a share of it."""
        way, steps = np.array(angles) - self.there, round(100 * duration)
        for _ in range(round(share * steps)):
            self.show(way / (0.01 * steps))

    @property
    def rulings(self) -> list[Ruling]:
        """What was judged so far."""
        return [judgement.ruling for judgement in self.found]


def test_an_arm_that_comes_to_stand_has_reached() -> None:
    """The time is the one at which it came to stand."""
    game = Game()
    game.ask(0.5, 0.3)
    game.move(0.5, 0.3)
    assert game.rulings == []
    game.stand(0.3)
    judgement, = game.found
    assert judgement.ruling is Ruling.REACHED
    assert judgement.latency == pytest.approx(2.01)
    assert judgement.position_error == pytest.approx(0.0, abs=1e-9)
    assert game.judge.is_good and not game.told
    assert '2.01 to 2.01 s' in game.judge.summary()


@pytest.mark.parametrize('share', [0.0, 0.5, 0.99])
def test_an_arm_that_stands_elsewhere_has_missed(share: float) -> None:
    """However far it came, and also if it has not moved at all."""
    game = Game()
    game.ask(0.5, 0.3)
    game.move(0.5, 0.3, share=share)
    game.stand(1.6)
    assert game.rulings == [Ruling.MISSED]
    assert not game.judge.is_good
    assert 'missed:  1' in game.judge.summary()


def test_an_arm_that_passes_by_has_not_reached() -> None:
    """It must stand."""
    game = Game()
    game.ask(0.5, 0.3)
    game.move(0.5, 0.3)
    game.move(1.0, 0.6)
    game.stand(1.6)
    assert game.rulings == [Ruling.MISSED]


def test_a_target_that_is_not_accepted_is_missed() -> None:
    """It was within reach."""
    game = Game()
    game.ask(0.5, 0.3, answer=NO)
    assert game.rulings == [Ruling.MISSED]


def test_a_target_on_the_way_replaces_the_last() -> None:
    """The second one must be reached; one out of reach replaces nothing."""
    game = Game()
    game.ask(0.5, 0.3)
    game.move(0.5, 0.3, share=0.3)
    game.ask(0.0, 0.9, scale=3.0, answer=NO)
    game.move(0.5, 0.3, share=0.3)
    game.ask(-0.4, 0.6)
    assert game.rulings == [Ruling.REFUSED, Ruling.REPLACED]
    assert not game.judge.is_good
    game.move(-0.4, 0.6)
    game.stand(0.3)
    assert game.rulings[2:] == [Ruling.REACHED]
    assert game.judge.is_good


def test_a_claim_to_reach_what_is_out_of_reach_is_false() -> None:
    """Whatever the arm does."""
    game = Game()
    game.ask(0.5, 0.3, scale=1.5)
    assert game.rulings == [Ruling.FALSE_CLAIM]
    assert not game.judge.is_good


def test_an_answer_may_come_before_its_target() -> None:
    """Two topics do not wait for each other."""
    game = Game()
    target = game.judge.arm.tip_pose({'joint_1': 0.5, 'joint_2': 0.3})
    assert not game.judge.see_answer(7, YES) and not game.judge.see_target(7, target)
    game.move(0.5, 0.3)
    game.stand(0.3)
    assert game.rulings == [Ruling.REACHED]


def test_what_is_left_at_the_end_is_not_good() -> None:
    """Neither a target without an answer, nor one that the arm is still on its way to."""
    for answer in (None, YES):
        game = Game()
        game.ask(0.5, 0.3)
        game.move(0.5, 0.3)
        game.stand(0.3)
        assert game.judge.is_good
        game.ask(0.2, 0.2, answer=answer)
        assert not game.judge.is_good
        assert '1 still on the way' in game.judge.summary()


def test_a_violation_of_limits_is_not_good() -> None:
    """Even if every target is reached."""
    game = Game()
    game.ask(2.0, 0.3)
    game.move(2.0, 0.3, duration=0.5)
    game.stand(0.3)
    assert game.rulings == [Ruling.REACHED]
    assert not game.judge.is_good
    assert any(text.startswith('measured velocity of joint joint_1 is 4') for text in game.told)


def test_noise_is_allowed_but_no_more() -> None:
    """Ten times the noise is away from the target."""
    for stray, ruling in ((3e-4, Ruling.REACHED), (2e-3, Ruling.MISSED)):
        game = Game(noise=1e-4)
        game.ask(0.5, 0.3)
        game.move(0.5 + stray, 0.3)
        game.stand(1.6)
        assert game.rulings == [ruling]
