"""The fields of message types as text, made of the very classes that are sent."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
import re
from typing import Any

SEPARATOR = '=' * 80
_NAMES = {'boolean': 'bool', 'double': 'float64', 'float': 'float32', 'octet': 'byte'}


def kind_of(kind: type) -> str:
    """Return the type of a message class, such as ``std_msgs/msg/String``."""
    return f'{kind.__module__.partition(".")[0]}/msg/{kind.__name__}'


@lru_cache(maxsize=None)
def definition_of(kind: Any) -> str:
    """
    Return the fields of a message class, and those of all classes in it.

    In the form that MCAP calls ``ros2msg``: what would be in the .msg files, one after the other,
    but for comments and constants.
    """
    texts, waiting, seen = [], [kind], {kind}
    while waiting:
        current = waiting.pop(0)
        lines = []
        for name, given in current.get_fields_and_field_types().items():
            text, inner = _field_type(given)
            lines.append(f'{text} {name}')
            if inner is not None and inner not in seen:
                seen.add(inner)
                waiting.append(inner)
        texts.append('\n'.join(lines) + '\n')
        if waiting:
            texts.append(f'{SEPARATOR}\nMSG: {kind_of(waiting[0]).replace("/msg/", "/")}\n')
    return ''.join(texts)


def _field_type(given: str) -> tuple[str, type | None]:
    """Return the type of a field as in a .msg file, and the message class in it, if one is."""
    sequence = re.fullmatch(r'sequence<(.+?)(?:, (\d+))?>', given)
    array = re.fullmatch(r'(.+)\[(\d+)\]', given)
    if sequence:
        text, inner = _field_type(sequence[1])
        return f'{text}[{f"<={sequence[2]}" if sequence[2] else ""}]', inner
    if array:
        text, inner = _field_type(array[1])
        return f'{text}[{array[2]}]', inner
    bounded = re.fullmatch(r'(w?string)<(\d+)>', given)
    if bounded:
        return f'{bounded[1]}<={bounded[2]}', None
    package, slash, name = given.partition('/')
    if slash:
        return given, getattr(import_module(f'{package}.msg'), name)
    return _NAMES.get(given, given), None
