"""Options check themselves, with a sentence that names the field, the value and the range."""

from dataclasses import dataclass
from enum import Enum

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.options import check_options, option
import numpy as np
import pytest


class Colour(str, Enum):
    """An enum to choose from."""

    RED = 'red'
    BLUE = 'blue'


@dataclass(frozen=True)
class Example:
    """One field of every kind."""

    colour: Colour = option(Colour.RED, 'a colour')
    length: float = option(1.0, 'a length', unit='m', minimum=0.0, maximum=2.0)
    count: int = option(3, 'a count', minimum=1, maximum=5)
    on: bool = option(True, 'a switch')
    name: str = option('', 'a name')

    def __post_init__(self):
        """Check every field."""
        check_options(self)


def test_strings_become_enums_and_ints_become_floats():
    """What a YAML file holds is accepted as it is."""
    example = Example(colour='blue', length=2)
    assert example.colour is Colour.BLUE
    assert isinstance(example.length, float)


def test_numpy_numbers_are_numbers():
    """Numbers from arrays count as numbers."""
    example = Example(length=np.float32(0.5), count=np.int64(2))
    assert (type(example.length), type(example.count)) == (float, int)


@pytest.mark.parametrize('wrong, words', [
    ({'colour': 'green'}, ['colour', "'green'", "'red'", "'blue'"]),
    ({'length': -0.1}, ['length', '-0.1', '[m]', 'between 0.0 and 2.0']),
    ({'length': 2.1}, ['length', '2.1', 'between 0.0 and 2.0']),
    ({'length': float('nan')}, ['length', 'nan', 'between']),
    ({'length': float('inf')}, ['length', 'inf']),
    ({'length': '1'}, ['length', "'1'", 'number', 'float']),
    ({'length': True}, ['length', 'True', 'number']),
    ({'count': 0}, ['count', '0', 'between 1 and 5']),
    ({'count': 2.0}, ['count', '2.0', 'int']),
    ({'on': 1}, ['on', '1', 'bool']),
    ({'name': 7}, ['name', '7', 'str']),
])
def test_a_wrong_value_is_refused_with_name_value_and_range(wrong, words):
    """The message says everything that is needed to correct the value."""
    with pytest.raises(OptionsError) as caught:
        Example(**wrong)
    for word in words:
        assert word in str(caught.value)
