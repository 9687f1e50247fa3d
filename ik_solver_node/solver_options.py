"""How to solve: the options, checked, and what they are to the kernels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
import math
from typing import Any

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.objective import Custom, LeastMovement, Objective, OBJECTIVES, preferences
from ik_solver_node.options import check_options, option
import numpy as np


class StepRule(str, Enum):
    """How the joints move down the slope of the error."""

    SWEEP = 'sweep'
    GRADIENT = 'gradient'
    DAMPED = 'damped'


class Slope(str, Enum):
    """Where the slope of the error comes from; the damped rule always uses the exact one."""

    EXACT = 'exact'
    FINITE_DIFFERENCE = 'finite_difference'


class SweepOrder(str, Enum):
    """Which joint the sweep moves first."""

    TIP_TO_BASE = 'tip_to_base'
    BASE_TO_TIP = 'base_to_tip'


class Relax(str, Enum):
    """What of a pose may be left free by a chain that controls less than six axes."""

    NONE = 'none'
    ORIENTATION = 'orientation'
    ALL = 'all'


class Solution(str, Enum):
    """Which of several solutions is wanted."""

    FIRST = 'first'
    NEAREST = 'nearest'


@dataclass(frozen=True)
class SolverOptions:
    """
    How to solve. Every field says its unit and range in its metadata.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    step_rule: StepRule = option(
        StepRule.DAMPED, 'step rule: sweep (joint by joint), gradient (adaptive rate) or damped '
        '(least squares, by far the fastest)')
    slope: Slope = option(
        Slope.EXACT, 'slope of the error for sweep and gradient: exact or finite_difference')
    sweep_order: SweepOrder = option(
        SweepOrder.TIP_TO_BASE, 'order of the sweep: tip_to_base or base_to_tip')
    rate: float = option(
        0.5, 'rate of the sweep, first rate of the gradient: joint motion per slope of half the '
        'squared error', unit='rad^2/m^2', minimum=1e-6, maximum=1e3)
    sampling_distance: float = option(
        1e-6, 'joint motion over which a finite difference is taken', unit='rad or m',
        minimum=1e-10, maximum=0.1)
    position_tolerance: float = option(
        1e-6, 'position error at which a target counts as reached', unit='m',
        minimum=1e-9, maximum=1.0)
    orientation_tolerance: float = option(
        1e-6, 'orientation error at which a target counts as reached', unit='rad',
        minimum=1e-9, maximum=3.15)
    orientation_weight: float = option(
        0.3, 'length that one radian of orientation error counts as', unit='m/rad',
        minimum=1e-3, maximum=1e3)
    max_iterations: int = option(
        500, 'most steps of one descent', minimum=1, maximum=100000)
    max_restarts: int = option(
        400, 'most descents from other starts after the one from the seed',
        minimum=0, maximum=100000)
    max_time: float = option(
        0.02, 'time budget of one solve', unit='s', minimum=1e-4, maximum=60.0)
    relax: Relax = option(
        Relax.ORIENTATION, 'what an arm that controls less than six axes may leave free of a pose '
        'that it does not reach: none, orientation (only what it cannot control of it) or all '
        '(also the position along axes it cannot control); a pose with free axes or tolerances is '
        'taken as it is')
    random_seed: int = option(
        0, 'seed of the random starts: same seed, same answer', minimum=0, maximum=2**31 - 1)
    solution: Solution = option(
        Solution.FIRST, 'which solution to return: first (the first one found) or nearest (of '
        'those found from several starts, the one nearest to the seed)')
    search_restarts: int = option(
        30, 'how many other starts to search for the nearest solution, or for all', minimum=0,
        maximum=100000)
    settle_steps: int = option(
        20, 'most steps towards the objectives, or towards the seed for the nearest solution',
        minimum=0, maximum=10000)
    settle_reach: float = option(
        1.0, 'furthest that one of these steps moves a joint', unit='rad or m', minimum=1e-6,
        maximum=1e3)
    joint_weights: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Weight of some joints in the distance from the seed; the others count 1."""
    objectives: tuple[Objective, ...] = ()
    """What else is wanted: see `objective`."""
    _array: np.ndarray = field(init=False, repr=False, compare=False)
    _plain: bool = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Check every field and lay them out for the kernels."""
        check_options(self)
        object.__setattr__(self, 'objectives', _checked_objectives(self.objectives))
        object.__setattr__(self, 'joint_weights', _checked_weights(self.joint_weights))
        object.__setattr__(self, '_array', self._laid_out(_SOLUTIONS[self.solution], 0.0, 0.0))
        object.__setattr__(self, '_plain', not self.objectives and not self.joint_weights
                           and self.solution is Solution.FIRST)

    def _laid_out(self, which: int, separation: float, manipulability: float) -> np.ndarray:
        """Return the options as the kernels take them, ``kernels.Options``."""
        settles = bool(self.objectives) or which == kernels.NEAREST
        return np.array(kernels.Options(
            step_rule=_STEP_RULES[self.step_rule],
            slope=_SLOPES[self.slope],
            sweep_order=_SWEEP_ORDERS[self.sweep_order],
            rate=self.rate,
            sampling_distance=self.sampling_distance,
            position_tolerance=self.position_tolerance,
            orientation_tolerance=self.orientation_tolerance,
            orientation_weight=self.orientation_weight,
            max_iterations=self.max_iterations,
            max_restarts=self.max_restarts,
            random_seed=self.random_seed,
            which=which,
            search_restarts=self.search_restarts,
            separation=separation,
            settle_steps=self.settle_steps if settles else 0,
            settle_reach=self.settle_reach,
            manipulability=manipulability), dtype=np.float64)


def _checked_objectives(objectives: Any) -> tuple[Objective, ...]:
    """Return `objectives` as a tuple, if all are."""
    listed = tuple(objectives) if isinstance(objectives, (list, tuple)) else (objectives,)
    for one in listed:
        if not isinstance(one, OBJECTIVES):
            raise OptionsError(f'objectives must be some of '
                               f'{", ".join(kind.__name__ for kind in OBJECTIVES)}, got {one!r}')
    return listed


def _checked_weights(weights: Any) -> Mapping[str, float]:
    """Return a copy of `weights`, if all are positive."""
    if not isinstance(weights, Mapping):
        raise OptionsError(f'joint_weights must be a mapping from joint names to weights, got '
                           f'{weights!r}')
    for name, weight in weights.items():
        if isinstance(weight, bool) or not (isinstance(weight, (int, float))
                                            and 0.0 < weight < math.inf):
            raise OptionsError(f'the weight of joint {name!r} in joint_weights is {weight!r}, but '
                               'must be a positive finite number')
    return dict(weights)


_SOLUTIONS = {Solution.FIRST: kernels.FIRST, Solution.NEAREST: kernels.NEAREST}
_STEP_RULES = {StepRule.SWEEP: kernels.SWEEP, StepRule.GRADIENT: kernels.GRADIENT,
               StepRule.DAMPED: kernels.DAMPED}
_SLOPES = {Slope.EXACT: kernels.EXACT, Slope.FINITE_DIFFERENCE: kernels.FINITE_DIFFERENCE}
_SWEEP_ORDERS = {SweepOrder.TIP_TO_BASE: kernels.TIP_TO_BASE,
                 SweepOrder.BASE_TO_TIP: kernels.BASE_TO_TIP}
DEFAULTS = SolverOptions()
DEFAULT_ARRAY = DEFAULTS._array
"""The default options, and the same as the kernels take them."""


def prepared(chain: KinematicChain,
             options: SolverOptions) -> tuple[np.ndarray, np.ndarray, tuple[Custom, ...]]:
    """Return options and preferences as the kernels take them, and what only Python can do."""
    if options._plain:
        return options._array, chain.indifference, ()
    objectives = options.objectives
    if options.solution is Solution.NEAREST and not objectives:
        objectives = (LeastMovement(),)
    wanted = preferences(chain, objectives, tuple(options.joint_weights.items()))
    array = options._array
    if wanted.manipulability:
        array = options._laid_out(_SOLUTIONS[options.solution], 0.0, wanted.manipulability)
    return array, wanted.rows, wanted.customs


def prepared_for_all(chain: KinematicChain, options: SolverOptions,
                     separation: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the same for a search for all solutions that are `separation` apart [rad or m]."""
    wanted = preferences(chain, options.objectives, tuple(options.joint_weights.items()))
    return options._laid_out(kernels.ALL, separation, wanted.manipulability), wanted.rows
