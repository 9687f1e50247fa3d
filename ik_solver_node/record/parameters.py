"""The parameters of the node, as its recording tells them."""

from __future__ import annotations

from typing import Any

from ik_solver_node.record.reading import Message

KIND = 'rcl_interfaces/msg/ParameterEvent'
_FIELDS = {1: 'bool_value', 2: 'integer_value', 3: 'double_value', 4: 'string_value',
           5: 'byte_array_value', 6: 'bool_array_value', 7: 'integer_array_value',
           8: 'double_array_value', 9: 'string_array_value'}
"""Where the value of a parameter is, by its type."""


def values_in(message: Message) -> dict[str, Any]:
    """Return the parameters in a message that are new or have changed, by name."""
    event = message.value
    return {one.name: getattr(one.value, _FIELDS[one.value.type])
            for one in (*event.new_parameters, *event.changed_parameters)
            if one.value.type in _FIELDS}
