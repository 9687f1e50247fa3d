"""The simulated forward_command_controller."""

from __future__ import annotations

from ik_solver_node.ros.stand_in.held_positions import HeldPositions
from ik_solver_node.ros.stand_in.refusal import CommandRefusedError
from ik_solver_node.ros.stand_in.trajectory import Waypoint
import numpy as np
import pytest


@pytest.fixture
def held() -> HeldPositions:
    """Return a controller of the joints a and b at 1 and 2."""
    return HeldPositions(('a', 'b'), np.array([1.0, 2.0]))


def command(held: HeldPositions) -> list[float]:
    """Return what is commanded."""
    return [float(value) for value in held.command(0, 1, Waypoint(0, np.zeros(2)))]


def test_positions_are_held(held: HeldPositions) -> None:
    """The first ones, and then the last given."""
    assert command(held) == [1.0, 2.0]
    held.take_list([3.0, 4.0])
    assert command(held) == [3.0, 4.0]
    held.take_named({'b': 5.0})
    assert command(held) == [3.0, 5.0]


@pytest.mark.parametrize('numbers, sentence', [
    ([1.0], 'has 1 numbers, but must have one for each of a, b, in this order'),
    ([1.0, 2.0, 3.0], 'has 3 numbers'),
    ([], 'has 0 numbers'),
    ([1.0, float('nan')], "the command has nan for joint 'b'")])
def test_bad_lists_are_refused(held: HeldPositions, numbers: list[float], sentence: str) -> None:
    """And nothing of them is commanded."""
    with pytest.raises(CommandRefusedError) as refusal:
        held.take_list(numbers)
    assert sentence in str(refusal.value)
    assert command(held) == [1.0, 2.0]


@pytest.mark.parametrize('positions, sentence', [
    ({}, 'has no positions'),
    ({'a': 3.0, 'c': 1.0}, 'names c, but the joints are a, b'),
    ({'a': 3.0, 'b': float('inf')}, "has inf for joint 'b'")])
def test_bad_names_are_refused(held: HeldPositions, positions: dict[str, float],
                               sentence: str) -> None:
    """And nothing of them is commanded."""
    with pytest.raises(CommandRefusedError) as refusal:
        held.take_named(positions)
    assert sentence in str(refusal.value)
    assert command(held) == [1.0, 2.0]
