"""CommandRefusedError, and what is refused of every kind of command."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.robot_model import listed

LARGEST_NUMBER = 1e9
"""A position, velocity or acceleration beyond this is none [SI units]."""


class CommandRefusedError(IkSolverError):
    """A command is not carried out: it contradicts itself, or does not fit the controller."""


def check_names(names: Iterable[str], joints: Sequence[str], what: str) -> None:
    """Refuse a command for joints that are not there; `what` begins the sentence."""
    unknown = [name for name in names if name not in joints]
    if unknown:
        raise CommandRefusedError(
            f'{what} names {listed(unknown)}, but the joints are {listed(joints)}')


def check_numbers(joints: Iterable[str], numbers: Iterable[float], what: str) -> None:
    """Refuse numbers that are not finite, or out of this world; `what` begins the sentence."""
    for joint, number in zip(joints, numbers):
        if not abs(number) <= LARGEST_NUMBER:  # written so that a NaN fails
            raise CommandRefusedError(f'{what} {number} for joint {joint!r}, but only finite '
                                      f'numbers up to {LARGEST_NUMBER:g} are carried out')
