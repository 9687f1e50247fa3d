"""The parameters of the solving node that are worth playing with, and how they are set."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
import math
from typing import Any

from ik_solver_node.ros import parameters


@dataclass(frozen=True)
class Choice:
    """One of several words."""

    name: str
    label: str
    words: tuple[str, ...]


@dataclass(frozen=True)
class Switch:
    """On or off."""

    name: str
    label: str


@dataclass(frozen=True)
class Slider:
    """
    A number between two others.

    Attributes
    ----------
    name : str
        The parameter.
    label : str
        What it is called on the page.
    low, high, step : float
        Of the slider; exponents of ten if it `is_exponent`.
    is_exponent : bool
        Whether it is set in powers of ten.

    """

    name: str
    label: str
    low: float
    high: float
    step: float
    is_exponent: bool = False

    def to_value(self, shown: float) -> float:
        """Return the value of the parameter for a place of the slider."""
        return 10.0 ** float(shown) if self.is_exponent else float(shown)

    def to_place(self, value: float) -> float:
        """Return the place of the slider for a value of the parameter, at its ends at most."""
        place = math.log10(value) if self.is_exponent else value
        return min(max(place, self.low), self.high)


Knob = Choice | Switch | Slider


def _words(name: str) -> tuple[str, ...]:
    """Return the words that a parameter of the solving node may have."""
    default = _FIELDS[name].default
    assert isinstance(default, Enum)
    return tuple(str(member.value) for member in type(default))


_FIELDS = {name: item for name, item, _ in parameters.entries()}

KNOBS: tuple[Knob, ...] = (
    Choice('motion.mode', 'mode', _words('motion.mode')),
    Slider('motion.speed', 'speed', 0.05, 1.0, 0.05),
    Choice('solver.step_rule', 'step rule', _words('solver.step_rule')),
    Slider('solver.rate', 'rate, 10^', -3.0, 1.0, 0.1, is_exponent=True),
    Slider('solver.position_tolerance', 'tolerance [m], 10^', -9.0, -2.0, 0.5, is_exponent=True),
    Slider('tracking.keep_clear', 'keep clear of limits', 0.0, 10.0, 0.5),
    Switch('tracking.allow_approximate', 'go as near as possible'))
"""In the order of the page."""


def hint(knob: Knob) -> str:
    """Return what a parameter does."""
    return f'{knob.name}: {_FIELDS[knob.name].metadata["description"]}'


def same(knob: Knob, one: Any, other: Any) -> bool:
    """Return whether two values of a parameter look alike on its knob."""
    if isinstance(knob, Slider):
        places = knob.to_place(one), knob.to_place(other)
        return abs(places[0] - places[1]) < 0.5 * knob.step
    return bool(one == other)
