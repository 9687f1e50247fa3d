"""Messages as bytes for a recording: CDR as ROS 2 has it, without what does not belong to it."""

from __future__ import annotations

from functools import lru_cache
import re
from typing import Any, NamedTuple

from ik_solver_node.record.writing import Encoded
from ik_solver_node.ros.definitions import definition_of, kind_of
from rclpy.serialization import serialize_message

HEADER = 4
"""Bytes before the message that say how it is encoded; alignment counts from behind them."""

SIZES = {
    'boolean': 1, 'octet': 1, 'byte': 1, 'char': 1, 'int8': 1, 'uint8': 1, 'int16': 2, 'uint16': 2,
    'int32': 4, 'uint32': 4, 'float': 4, 'int64': 8, 'uint64': 8, 'double': 8}
"""Bytes of the numbers."""


class Serialized(NamedTuple):
    """A message of a kind that was published as bytes."""

    kind: Any
    data: bytes


class _Shape(NamedTuple):
    """The type of a field: that of its elements, whether it has some, and their number."""

    element: str
    is_sequence: bool
    is_array: bool


def encoded(message: Any) -> Encoded:
    """
    Return a message as bytes, with its definition.

    The middleware serialises into a buffer of a size that it estimates, and rclpy returns all of
    it: where a list of numbers is empty, with a few bytes of anything behind the message, which
    strict readers refuse.
    """
    if isinstance(message, Serialized):
        return Encoded(kind_of(message.kind), definition_of(message.kind), message.data)
    kind: Any = type(message)
    data = serialize_message(message)
    return Encoded(kind_of(kind), definition_of(kind), data[:HEADER + _end_of(message, 0)])


def _end_of(message: Any, at: int) -> int:
    """Return where a message ends that begins at `at`."""
    for name, given in message.get_fields_and_field_types().items():
        shape, value = _shape(given), getattr(message, name)
        if shape.is_sequence:
            at = _aligned(at, 4) + 4
        if not (shape.is_sequence or shape.is_array):
            at = _end_of_element(shape.element, value, at)
        elif shape.element in SIZES and len(value):
            size = SIZES[shape.element]
            at = _aligned(at, size) + size * len(value)
        elif shape.element not in SIZES:
            for element in value:
                at = _end_of_element(shape.element, element, at)
    return at


def _end_of_element(element: str, value: Any, at: int) -> int:
    """Return where a value ends that is no list."""
    if element in SIZES:
        return _aligned(at, SIZES[element]) + SIZES[element]
    if element == 'string':
        return _aligned(at, 4) + 4 + len(value.encode()) + 1
    return _end_of(value, at)


def _aligned(at: int, size: int) -> int:
    """Return the next place for a number of this size."""
    return -(-at // size) * size


@lru_cache(maxsize=None)
def _shape(given: str) -> _Shape:
    """Return the type of a field, taken apart."""
    sequence = re.fullmatch(r'sequence<(.+?)(?:, \d+)?>', given)
    array = re.fullmatch(r'(.+)\[\d+\]', given)
    element = sequence[1] if sequence else array[1] if array else given
    return _Shape(element.partition('<')[0], bool(sequence), bool(array))
