"""What is told about the joints: the truth, noise, and each fault."""

from __future__ import annotations

import math

from ik_solver_node.ros.stand_in.feedback import Fault, Feedback, JUMP_EVERY, Reading
import numpy as np
import pytest


def feedback(noise: float = 0.0, fault: Fault = Fault.NONE, fault_joint: str = 'b',
             random_seed: int = 0) -> Feedback:
    """Return the feedback of the joints a, b and c."""
    made = Feedback(('a', 'b', 'c'), random_seed)
    made.configure(noise, fault, fault_joint, 0.5)
    return made


def tell(told: Feedback, position: float = 1.0) -> Reading | None:
    """Return what is told of joints at `position`, and 1 and 2 beyond it, that move at 0.1."""
    return told.tell(position + np.arange(3.0), np.full(3, 0.1))


def test_without_fault_and_noise_it_is_the_truth() -> None:
    """Number by number."""
    assert tell(feedback()) == Reading(('a', 'b', 'c'), (1.0, 2.0, 3.0), (0.1, 0.1, 0.1))


def test_noise_has_its_deviation_and_its_seed() -> None:
    """Same seed, same noise; nothing else is random."""
    first, second, other = (feedback(0.01, random_seed=seed) for seed in (1, 1, 2))
    samples = np.array([first.measure(np.zeros(3)) for _ in range(2000)])
    assert samples.std() == pytest.approx(0.01, rel=0.05)
    assert samples.mean() == pytest.approx(0.0, abs=0.001)
    assert np.array_equal(second.measure(np.zeros(3)), samples[0])
    assert not np.array_equal(other.measure(np.zeros(3)), samples[0])


def test_stale_tells_nothing() -> None:
    """As a driver that has died."""
    assert tell(feedback(fault=Fault.STALE)) is None


@pytest.mark.parametrize('fault_joint, positions', [('b', (5.0, 2.0, 7.0)),
                                                    ('', (1.0, 2.0, 3.0))])
def test_frozen_repeats_itself(fault_joint: str, positions: tuple[float, ...]) -> None:
    """The values of the moment the fault began; a new fault is a new moment."""
    told = feedback(fault=Fault.FROZEN, fault_joint=fault_joint)
    tell(told)
    reading = tell(told, 5.0)
    assert reading is not None and reading.positions == positions
    told.configure(0.0, Fault.NONE, fault_joint, 0.5)
    told.configure(0.0, Fault.FROZEN, fault_joint, 0.5)
    reading = tell(told, 6.0)
    assert reading is not None and reading.positions == (6.0, 7.0, 8.0)


def test_jumping_is_off_now_and_then() -> None:
    """One joint, every tenth message."""
    told = feedback(fault=Fault.JUMPING)
    readings = [tell(told) for _ in range(2 * JUMP_EVERY)]
    assert [reading.positions for reading in readings if reading] == 2 * (
        (JUMP_EVERY - 1) * [(1.0, 2.0, 3.0)] + [(1.0, 2.5, 3.0)])


def test_missing_leaves_the_joint_out() -> None:
    """The others are told as ever."""
    assert tell(feedback(fault=Fault.MISSING)) == Reading(('a', 'c'), (1.0, 3.0), (0.1, 0.1))
    assert tell(feedback(fault=Fault.MISSING, fault_joint='')) == Reading((), (), ())


def test_nan_is_told_of_the_joint() -> None:
    """Of its position and its velocity."""
    reading = tell(feedback(fault=Fault.NAN))
    assert reading is not None and reading.positions[::2] == (1.0, 3.0)
    assert math.isnan(reading.positions[1]) and math.isnan(reading.velocities[1])
