"""Joint states as bytes, of which only the numbers change: to make messages takes far longer."""

from __future__ import annotations

from collections.abc import Sequence
import struct

from ik_solver_node.ros.conversions import set_stamp
from ik_solver_node.ros.encoding import encoded
from sensor_msgs.msg import JointState

STAMP = struct.Struct('=iI')
"""Seconds and nanoseconds."""
MARK = 1_234_567_890_987_654_321
"""The stamp that is looked for [ns]; it comes before all else that could look like it."""


class JointStateStencil:
    """
    Makes the bytes of joint states of the same joints, as the middleware would.

    One message is encoded with numbers that are found again in its bytes, and that no name holds,
    as they are no text; these are then replaced, wherever the middleware puts them.

    Parameters
    ----------
    names : tuple of str
        The joints.
    has_velocities : bool
        Whether velocities are sent, too.

    """

    def __init__(self, names: tuple[str, ...], has_velocities: bool) -> None:
        self.names, self.has_velocities = names, has_velocities
        self._numbers = struct.Struct(f'={len(names)}d')
        positions = [k + 1.0 / 3.0 for k in range(len(names))]
        velocities = [k + 2.0 / 3.0 for k in range(len(names))] if has_velocities else []
        message = JointState(name=names, position=positions, velocity=velocities)
        set_stamp(message.header.stamp, MARK)
        self._bytes = bytearray(encoded(message).data)
        self._stamp_at = self._bytes.index(STAMP.pack(*divmod(MARK, 10**9)))
        self._positions_at = self._bytes.index(self._numbers.pack(*positions))
        if has_velocities:
            self._velocities_at = self._bytes.index(self._numbers.pack(*velocities))

    def filled(self, stamp: int, positions: Sequence[float],
               velocities: Sequence[float]) -> bytes:
        """
        Return a message as bytes.

        Parameters
        ----------
        stamp : int
            Its stamp [ns].
        positions, velocities : sequence of float
            One for each joint [rad or m] and seconds; the latter none if there are none.

        """
        STAMP.pack_into(self._bytes, self._stamp_at, *divmod(stamp, 10**9))
        self._numbers.pack_into(self._bytes, self._positions_at, *positions)
        if self.has_velocities:
            self._numbers.pack_into(self._bytes, self._velocities_at, *velocities)
        return bytes(self._bytes)
