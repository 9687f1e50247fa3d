"""How an arm did what it was told: where its joints were meanwhile, and where its tip was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import math
from typing import NamedTuple

from ik_solver_node.chain import KinematicChain
from ik_solver_node.record import steps
from ik_solver_node.record.curves import Curve
from ik_solver_node.request import goal_of
from ik_solver_node.result import errors_of
import numpy as np

MOST_LAG = 0.5
"""An arm that is later than this does not follow [s]."""
LAG_STEP = 0.001
"""How finely the lag is looked for [s]."""
LAG_SAMPLES = 2000
"""So many measurements do for that."""
LEAST_MOTION = 1e-2
"""Joints that move less than this tell no lag [rad or m]."""


class Asked(NamedTuple):
    """
    A target that the arm was sent to.

    time : when it counts from [s]
    chain : whose tips
    target : what is asked of them, as it was recorded
    """

    time: float
    chain: KinematicChain
    target: str


def deviation_of(commanded: Curve, measured: Curve) -> Curve:
    """Return how far a joint is measured from where it is commanded at the time, over time."""
    off = measured.positions - commanded.at(measured.times)
    known = np.isfinite(off)
    return Curve(measured.times[known], off[known])


def lag_of(pairs: Sequence[tuple[Curve, Curve]]) -> float | None:
    """
    Return how late joints follow [s]: the lag at which commanded and measured are most alike.

    None if too little moves, or if they are most alike at no lag in between.
    """
    moving = [pair for pair in pairs if len(pair[1].times) and len(pair[0].times)
              and np.ptp(pair[0].positions) > LEAST_MOTION]
    lags = np.arange(0.0, MOST_LAG, LAG_STEP)
    squares = np.zeros(len(lags))
    for commanded, measured in moving:
        # The command is known at all times, also at those that lie back by the largest lag.
        first = int(np.searchsorted(measured.times, commanded.times[0] + MOST_LAG))
        some = np.arange(first, len(measured.times),
                         max(1, (len(measured.times) - first) // LAG_SAMPLES))
        times, seen = measured.times[some], measured.positions[some]
        squares += [float(np.sum((seen - commanded.at(times - lag)) ** 2)) for lag in lags]
    best = int(np.argmin(squares))
    return float(lags[best]) if moving and squares[best] < squares[-1] else None


def tip_errors(asked: Sequence[Asked], measured: Mapping[str, Curve]) -> np.ndarray:
    """
    Return how far the measured tip is from the target that counts then; of several the furthest.

    Returns
    -------
    ndarray, shape (N, 4)
        Time [s], position [m] and orientation error [rad] of what is asked, and 1 for the last
        measurement before another target counts, else 0.

    """
    rows = []
    for number, one in enumerate(asked):
        curves = [measured[name] for name in one.chain.joint_names]
        end = asked[number + 1].time if number + 1 < len(asked) else math.inf
        times = max(curves, key=lambda curve: len(curve.times)).times
        times = times[np.searchsorted(times, one.time):np.searchsorted(times, end)]
        if not len(times):
            continue
        goal = goal_of(one.chain, steps.target_of({'target': one.target}))
        positions = np.column_stack([curve.at(times) for curve in curves])
        for time, q in zip(times.tolist(), positions):
            if np.isfinite(q).all():
                rows.append((time, *errors_of(one.chain, goal, q), 0.0))
        if rows and rows[-1][0] >= one.time:
            rows[-1] = (*rows[-1][:3], 1.0)
    return np.array(rows).reshape(-1, 4)
