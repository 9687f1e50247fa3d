"""Joint states as bytes, of which only the numbers change: to make messages takes far longer."""

from __future__ import annotations

from collections.abc import Sequence
import struct

from ik_solver_node.ros.conversions import set_stamp
from ik_solver_node.ros.encoding import encoded
from sensor_msgs.msg import JointState

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
        self._size = len(names) if has_velocities else 0
        positions = [k + 1.0 / 3.0 for k in range(len(names))]
        velocities = [k + 2.0 / 3.0 for k in range(len(names))] if has_velocities else []
        message = JointState(name=names, position=positions, velocity=velocities)
        set_stamp(message.header.stamp, MARK)
        data, layout, self._constant, end = encoded(message).data, '=', [], 0
        for kind, numbers in (('iI', divmod(MARK, 10**9)), (f'{len(names)}d', positions),
                              (f'{len(velocities)}d', velocities)):
            packed = struct.pack(f'={kind}', *numbers)
            begin = data.index(packed, end)
            layout += f'{begin - end}s{kind}'
            self._constant.append(data[end:begin])
            end = begin + len(packed)
        self._constant.append(data[end:])
        self._layout = struct.Struct(f'{layout}{len(data) - end}s')

    def filled(self, stamp: int, positions: Sequence[float],
               velocities: Sequence[float]) -> bytes:
        """
        Return a message as bytes; raises `ValueError` if there are not as many numbers as joints.

        Parameters
        ----------
        stamp : int
            Its stamp [ns].
        positions, velocities : sequence of float
            One for each joint [rad or m] and seconds; the latter none if there are none.

        """
        if len(positions) != len(self.names) or len(velocities) != self._size:
            raise ValueError(
                f'{len(positions)} positions and {len(velocities)} velocities, but a message of '
                f'{len(self.names)} joints has {len(self.names)} and {self._size}')
        head, before_positions, before_velocities, tail = self._constant
        return self._layout.pack(head, *divmod(stamp, 10**9), before_positions, *positions,
                                 before_velocities, *velocities, tail)
