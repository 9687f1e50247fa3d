"""Options that are lists."""

from __future__ import annotations

from array import array
import re
from types import SimpleNamespace
from typing import Any

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.ros.lists import check_tuple
import numpy as np
import pytest


@pytest.mark.parametrize('value, kind, expected', [
    ([1, 2.5], float, (1.0, 2.5)), (array('d', [0.5]), float, (0.5,)),
    (np.array([0.5, 1.0]), float, (0.5, 1.0)), ((), float, ()), ([], str, ()),
    (['a', 'b'], str, ('a', 'b')), ('ab', str, ('ab',)), (3, float, (3.0,)),
    ([float('inf')], float, (float('inf'),))])
def test_lists_become_tuples(value: Any, kind: type, expected: tuple) -> None:
    """As ROS, YAML and Python have them; a single value is a list of one."""
    options = SimpleNamespace(name=value)
    check_tuple(options, 'name', kind)
    assert options.name == expected
    assert all(type(entry) is kind for entry in options.name)


@pytest.mark.parametrize('value, kind, shown', [
    (None, float, 'None'), (True, float, 'True'), ('1', float, "'1'"), (b'1', float, "b'1'"),
    ([1.0, '1'], float, "[1.0, '1']"), ([True], float, '[True]'),
    (array('d', [1.0, float('nan')]), float, '[1.0, nan]'), (1, str, '1'), ([1], str, '[1]')])
def test_what_is_no_such_list_is_refused(value: Any, kind: type, shown: str) -> None:
    """The sentence shows what it was."""
    with pytest.raises(OptionsError, match=re.escape(
            f'name is {shown}, but must be a list of {kind.__name__}')):
        check_tuple(SimpleNamespace(name=value), 'name', kind)
