"""
Read a trajectory out of its bytes, point by point, as far as it is wanted.

In the mode track a trajectory with dozens of points is sent every period, of which one or two
count before the next takes over: to make messages of all of them would take minutes, not seconds.
"""

from __future__ import annotations

from collections.abc import Iterator
import struct
from typing import NamedTuple

KIND = 'trajectory_msgs/msg/JointTrajectory'
HEADER = 4
"""Bytes before the message that say how it is encoded; alignment counts from behind them."""

Numbers = tuple[float, ...]


class Point(NamedTuple):
    """
    A point of a trajectory.

    time : from the start [s]
    positions, velocities, accelerations : one for each joint, or none
    """

    time: float
    positions: Numbers
    velocities: Numbers
    accelerations: Numbers


class Trajectory:
    """
    A ``trajectory_msgs/JointTrajectory``.

    Parameters
    ----------
    data : bytes
        The message in CDR.

    """

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, HEADER
        self._order = '<' if data[1] & 1 else '>'
        seconds, nanoseconds = self._take('i'), self._take('I')
        self.stamp = int(seconds) * 10**9 + int(nanoseconds)
        """When it begins [ns]; 0 for at once."""
        self._text()
        self.joints = tuple(self._text() for _ in range(self._take('I')))
        """The names of its joints."""
        self._points_at = self._at

    def points(self) -> Iterator[Point]:
        """Yield the points in their order."""
        self._at = self._points_at
        for _ in range(self._take('I')):
            positions, velocities, accelerations = (self._numbers() for _ in range(3))
            self._numbers()
            time = self._take('i') + 1e-9 * self._take('I')
            yield Point(time, positions, velocities, accelerations)

    def _take(self, kind: str) -> int:
        """Return a whole number of four bytes."""
        self._at += -(self._at - HEADER) % 4
        value: int = struct.unpack_from(self._order + kind, self._data, self._at)[0]
        self._at += 4
        return value

    def _text(self) -> str:
        """Return a text, which ends with a zero."""
        size = self._take('I')
        self._at += size
        return self._data[self._at - size:self._at].rstrip(b'\0').decode()

    def _numbers(self) -> Numbers:
        """Return a list of numbers of eight bytes."""
        count = self._take('I')
        if not count:
            return ()
        self._at += -(self._at - HEADER) % 8
        numbers = struct.unpack_from(f'{self._order}{count}d', self._data, self._at)
        self._at += 8 * count
        return numbers
