"""Options that are lists: checked, and made tuples."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.options import check_options


def check_tuple(options: Any, name: str, kind: type) -> None:
    """Turn a field into a tuple of `kind`, str or float; a single value is a list of one."""
    value = getattr(options, name)
    allowed = str if kind is str else (int, float)
    if isinstance(value, array):  # as rclpy has a list of numbers
        value = value.tolist()
    values = [value] if isinstance(value, allowed) else value
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable) or any(
            isinstance(entry, bool) or not isinstance(entry, allowed) or entry != entry
            for entry in values):
        raise OptionsError(f'{name} is {value!r}, but must be a list of {kind.__name__}')
    object.__setattr__(options, name, tuple(kind(entry) for entry in values))


def check_lists(lists: Any) -> None:
    """Check a dataclass of `joints` and lists of numbers that belong to them."""
    check_options(lists)
    for item in fields(lists):
        check_tuple(lists, item.name, str if item.name == 'joints' else float)
        count = len(getattr(lists, item.name))
        if count != len(lists.joints):
            raise OptionsError(
                f'{item.name} has {count} entries for {len(lists.joints)} joints, but must have '
                'one for each; at run time set them together (set_parameters_atomically)')
    if len(set(lists.joints)) != len(lists.joints):
        raise OptionsError(f'joints is {list(lists.joints)}, but must name no joint twice')
