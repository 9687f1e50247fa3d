"""Options as dataclass fields that carry their own description, unit and range."""

from __future__ import annotations

from dataclasses import field, fields
from enum import Enum
from functools import lru_cache
import math
import numbers
from typing import Any, get_type_hints

from ik_solver_node.exceptions import OptionsError


def option(default: Any, description: str, *, unit: str = '', minimum: float | None = None,
           maximum: float | None = None, read_only: bool = False) -> Any:
    """
    Return a dataclass field with its meaning in the metadata.

    Parameters
    ----------
    default : bool, int, float, str, Enum or tuple
        The value if none is given.
    description : str
        What it does, in a phrase.
    unit : str, optional
        Physical unit; empty for none.
    minimum, maximum : float, optional
        The range of a number, ends included.
    read_only : bool, optional
        Whether it can only be set at start.

    """
    return field(default=default, metadata={
        'description': description, 'unit': unit, 'minimum': minimum, 'maximum': maximum,
        'read_only': read_only})


def check_options(options: Any) -> None:
    """
    Check every `option` of a frozen dataclass; turn strings into enums and ints into floats.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range; the message names the field.

    """
    hints = _type_hints(type(options))  # type: ignore[arg-type]  # classes are hashable
    for item in fields(options):
        if 'description' in item.metadata:
            value = _checked(item.name, getattr(options, item.name), hints[item.name],
                             item.metadata)
            object.__setattr__(options, item.name, value)


@lru_cache(maxsize=None)
def _type_hints(kind: type) -> dict[str, Any]:
    """Return the types of the fields of a dataclass; to evaluate them takes as long as a solve."""
    return get_type_hints(kind)


def _checked(name: str, value: Any, kind: Any, metadata: Any) -> Any:
    """Return `value` as `kind`, or say what is wrong with it."""
    if isinstance(kind, type) and issubclass(kind, Enum):
        try:
            return kind(value)
        except ValueError:
            allowed = ', '.join(repr(member.value) for member in kind)
            raise OptionsError(f'{name} is {value!r}, but must be one of {allowed}') from None
    if kind in (int, float):
        return _checked_number(name, value, kind, metadata)
    if kind in (bool, str) and not isinstance(value, kind):
        raise OptionsError(f'{name} is {value!r}, but must be a {kind.__name__}')
    return value


def _checked_number(name: str, value: Any, kind: Any, metadata: Any) -> Any:
    """Return `value` as an int or a float inside its range."""
    allowed = numbers.Integral if kind is int else numbers.Real
    if isinstance(value, bool) or not isinstance(value, allowed):
        raise OptionsError(f'{name} is {value!r}, but must be a number of type {kind.__name__}')
    unit = f' [{metadata["unit"]}]' if metadata['unit'] else ''
    low, high = metadata['minimum'], metadata['maximum']
    below = low is not None and value < low
    above = high is not None and value > high
    if below or above or not math.isfinite(value):
        raise OptionsError(f'{name} is {value!r}{unit}, but must be between {low} and {high}')
    return kind(value)
