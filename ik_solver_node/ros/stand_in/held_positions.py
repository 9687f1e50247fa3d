"""HeldPositions, which passes on what it is given, as forward_command_controller does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ik_solver_node.robot_model import listed
from ik_solver_node.ros.stand_in.refusal import check_names, check_numbers, CommandRefusedError
from ik_solver_node.ros.stand_in.trajectory import Waypoint
import numpy as np


class HeldPositions:
    """
    Holds the last positions it was given, like forward_command_controller.

    Parameters
    ----------
    joints : sequence of str
        Names of the joints.
    positions : ndarray, shape (n,)
        What is commanded at first [rad or m].

    """

    def __init__(self, joints: Sequence[str], positions: np.ndarray) -> None:
        self._joints = tuple(joints)
        self._positions = np.array(positions, dtype=float)

    def take_list(self, positions: Sequence[float]) -> None:
        """Command one position for each joint, in their order [rad or m]."""
        if len(positions) != len(self._joints):
            raise CommandRefusedError(f'the command has {len(positions)} numbers, but must have '
                                      f'one for each of {listed(self._joints)}, in this order')
        self.take_named(dict(zip(self._joints, positions)))

    def take_named(self, positions: Mapping[str, float]) -> None:
        """Command positions by name [rad or m]; other joints keep theirs."""
        if not positions:
            raise CommandRefusedError('the command has no positions')
        check_names(positions, self._joints, 'the command')
        check_numbers(positions, positions.values(), 'the command has')
        self._positions = np.array([positions.get(name, held) for name, held in
                                    zip(self._joints, self._positions)])

    def command(self, time: int, period: int, measured: Waypoint) -> np.ndarray:
        """Return the commanded positions, shape (n,) [rad or m]."""
        return self._positions
