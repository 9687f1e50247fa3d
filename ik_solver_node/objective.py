"""
What else is wanted of an arm that has reached its target: named objectives with weights.

A redundant arm, or one whose target leaves axes free, can reach a target in many ways. Among those
near the solution it found, the solver takes the one that lowers the weighted sum of its
objectives::

    SolverOptions(objectives=(MidRange(), LeastMovement(weight=0.2)))

The target comes first: a solution is only ever replaced by one that is within tolerance too.
Joints count in their own units, [rad] or [m]; only the ratio of the weights matters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
import math
from typing import NamedTuple

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.robot_model import JointType, listed
import numpy as np


SAMPLING_DISTANCE = 1e-6
"""Joint motion over which the slope of a Custom objective is estimated [rad or m]."""


@dataclass(frozen=True)
class Comfort:
    """
    Stay near a posture that is comfortable.

    Attributes
    ----------
    posture : mapping of str to float
        Position of some or all joints of the chain [rad or m]; the others do not matter.
    weight : float
        How much it counts beside the other objectives.

    """

    posture: Mapping[str, float] = field(hash=False)
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the fields."""
        _check_weight(self)
        if not isinstance(self.posture, Mapping):
            raise OptionsError(f'the posture of Comfort must be a mapping from joints to '
                               f'positions, got {self.posture!r}')
        for name, position in self.posture.items():
            if not (isinstance(position, (int, float)) and math.isfinite(position)):
                raise OptionsError(f'the posture of joint {name!r} is {position!r}, but must be '
                                   'a finite number')
        object.__setattr__(self, 'posture', dict(self.posture))


@dataclass(frozen=True)
class MidRange:
    """Stay away from the limits: near the middle of the range of every joint that has two."""

    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the weight."""
        _check_weight(self)


@dataclass(frozen=True)
class LimitMargin:
    """
    Keep room to move: away from the limits of every joint that has two, the more the nearer.

    Lowers ``-log(1 - x^2)`` with `x` from -1 at one limit to 1 at the other, which hardly matters
    in the middle of the range.
    """

    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the weight."""
        _check_weight(self)


@dataclass(frozen=True)
class LeastMovement:
    """Stay near the seed."""

    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the weight."""
        _check_weight(self)


@dataclass(frozen=True)
class Torsion:
    """Stay straight: every turning joint near 0, so that a tentacle curls evenly."""

    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the weight."""
        _check_weight(self)


@dataclass(frozen=True)
class Manipulability:
    """
    Stay able to move in every direction, away from singularities.

    Raises the logarithm of ``sqrt(det(J J^T))`` of the rows the target asks for: T. Yoshikawa,
    "Manipulability of Robotic Mechanisms", IJRR 4(2), 1985.

    """

    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the weight."""
        _check_weight(self)


@dataclass(frozen=True)
class Custom:
    """
    Lower a function of your own.

    Attributes
    ----------
    function : callable
        Takes joint positions (n,) and returns a number to be lowered, or the number and its slope
        (n,). Plain Python or compiled with numba. Without a slope, finite differences are taken.
    weight : float
        How much it counts beside the other objectives.

    """

    function: Callable[[np.ndarray], float | tuple[float, np.ndarray]]
    weight: float = 1.0

    def __post_init__(self) -> None:
        """Check the fields."""
        _check_weight(self)
        if not callable(self.function):
            raise OptionsError(f'the function of a Custom objective must be callable, got '
                               f'{self.function!r}')

    def evaluate(self, q: np.ndarray) -> tuple[float, np.ndarray]:
        """
        Return the value at `q` (n,) and the slope (n,) there.

        Raises
        ------
        OptionsError
            If the function does not return a number, or a number and a slope.

        """
        found = self.function(q.copy())
        if isinstance(found, tuple):
            try:
                value, slope = found
                slope = np.array(slope, dtype=np.float64)
            except (TypeError, ValueError):
                raise OptionsError(f'a Custom objective must return a number, or a number and a '
                                   f'slope, got {found!r}') from None
            if slope.shape != q.shape:
                raise OptionsError(f'the slope of a Custom objective must have shape {q.shape}, '
                                   f'got {slope.shape}')
            return self._checked(value), slope
        here = self._checked(found)
        slope = np.empty(q.shape)
        for j in range(len(q)):
            beside = q.copy()
            beside[j] += SAMPLING_DISTANCE
            slope[j] = (self._checked(self.function(beside)) - here) / SAMPLING_DISTANCE
        return here, slope

    def _checked(self, value: object) -> float:
        """Return `value` as a float."""
        try:
            return float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise OptionsError(f'a Custom objective must return a number, or a number and a '
                               f'slope, got {value!r}') from None


Objective = Comfort | MidRange | LimitMargin | LeastMovement | Torsion | Manipulability | Custom
OBJECTIVES = (Comfort, MidRange, LimitMargin, LeastMovement, Torsion, Manipulability, Custom)
"""Every kind of objective."""


class Preferences(NamedTuple):
    """
    Objectives as the kernels take them, for one chain.

    Attributes
    ----------
    rows : ndarray, shape (PREFERENCES, n)
        See ``kernels``: metric, pull to a posture, the posture, pull to the seed, push.
    manipulability : float
        Weight of the manipulability.
    customs : tuple of Custom
        What only Python can evaluate.

    """

    rows: np.ndarray
    manipulability: float
    customs: tuple[Custom, ...]


def preferences(chain: KinematicChain, objectives: tuple[Objective, ...],
                joint_weights: tuple[tuple[str, float], ...]) -> Preferences:
    """Do what `_preferences` does, and remember it if it can."""
    try:
        return _remembered(chain, objectives, joint_weights)
    except TypeError:  # the function of a Custom objective cannot be hashed
        return _preferences(chain, objectives, joint_weights)


def _preferences(chain: KinematicChain, objectives: tuple[Objective, ...],
                 joint_weights: tuple[tuple[str, float], ...]) -> Preferences:
    """
    Return what `objectives` mean for `chain`.

    Quadratic objectives with their own centres add up to one, with the weighted mean of the
    centres.

    Raises
    ------
    OptionsError
        If a posture or a weight is given for a joint that the chain does not have.

    """
    rows = np.zeros((kernels.PREFERENCES, chain.size))
    rows[kernels.P_METRIC] = _by_joint(chain, dict(joint_weights), 1.0, 'joint_weights')
    centres = np.zeros(chain.size)
    manipulability = 0.0
    for one in objectives:
        if isinstance(one, LeastMovement):
            rows[kernels.P_STAY] += one.weight * rows[kernels.P_METRIC]
        elif isinstance(one, LimitMargin):
            rows[kernels.P_PUSH] += one.weight
        elif isinstance(one, Manipulability):
            manipulability += one.weight
        elif not isinstance(one, Custom):
            pull, centre = _pull(chain, one)
            rows[kernels.P_PULL] += pull
            centres += pull * centre
    pulled = rows[kernels.P_PULL] > 0.0
    rows[kernels.P_POSTURE, pulled] = centres[pulled] / rows[kernels.P_PULL, pulled]
    rows.flags.writeable = False
    return Preferences(rows, manipulability,
                       tuple(one for one in objectives if isinstance(one, Custom)))


_remembered = lru_cache(maxsize=32)(_preferences)


def _pull(chain: KinematicChain,
          objective: Comfort | MidRange | Torsion) -> tuple[np.ndarray, np.ndarray]:
    """Return weight (n,) and centre (n,) of a quadratic objective."""
    if isinstance(objective, Comfort):
        centre = _by_joint(chain, objective.posture, math.nan, 'the posture of Comfort')
        counts = np.isfinite(centre)
    elif isinstance(objective, MidRange):
        counts = np.isfinite(chain.lower) & np.isfinite(chain.upper)
        centre = chain.mid_range()
    else:
        counts = np.array([chain.model.joint(name).type is not JointType.PRISMATIC
                           for name in chain.joint_names])
        centre = np.zeros(chain.size)
    return objective.weight * counts, np.where(counts, centre, 0.0)


def _by_joint(chain: KinematicChain, values: Mapping[str, float], default: float,
              what: str) -> np.ndarray:
    """Return `values` in the order of the joints of `chain`, (n,)."""
    for name in values:
        if name not in chain.joint_names:
            raise OptionsError(f'{what} names joint {name!r}, which the chain does not have; its '
                               f'joints are: {listed(chain.joint_names)}')
    return np.array([values.get(name, default) for name in chain.joint_names])


def _check_weight(objective: Objective) -> None:
    """Refuse a weight that is not a positive finite number."""
    weight = objective.weight
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not (
            0.0 < weight < math.inf):
        raise OptionsError(f'the weight of {type(objective).__name__} is {weight!r}, but must be '
                           'a positive finite number')
