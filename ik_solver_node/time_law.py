"""
When to be where along a joint path: as fast as the limits allow, from rest to rest.

The path is a cubic B-spline, so that velocity and acceleration are continuous along it and joints
between limits stay there. Its rate is bounded place by place (`kernels.pace`) and then averaged
over time, which bounds the jerk. What comes of it is looked at period by period, and wherever it
breaks a limit the path is passed more slowly, until it breaks none.
"""

from __future__ import annotations

import math

from ik_solver_node import kernels
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.motion_limits import MotionLimits
from ik_solver_node.profiles import MotionStates
import numpy as np

FEWEST_MARKS, MOST_MARKS, MARK_PERIOD = 33, 20_000, 0.02
"""Places on a path at which its rate is bounded: so many, or so long apart [s], at least."""
MOST_STATES = 200_000
"""States of one motion at most: more than half an hour at 100 Hz."""
LOCAL_ATTEMPTS = 30
"""So often only what breaks a limit is slowed down; after that everything is, which must help."""
MARGIN = 1.01
"""How much more than needed it is slowed down, so that a next attempt has something to give."""
_TO_POWERS = np.array([[1.0, 4.0, 1.0, 0.0], [-3.0, 0.0, 3.0, 0.0], [3.0, -6.0, 3.0, 0.0],
                       [-1.0, 3.0, -3.0, 1.0]]) / 6.0


class JointCurve:
    """
    A uniform cubic B-spline through the space of joints, that begins and ends at rest points.

    Parameters
    ----------
    places : ndarray, shape (N, n)
        Its control points [rad or m], at least two. It begins at the first, ends at the last and
        passes near the others: a sixth of how much it bends there.
    step : float
        From one to the next, in what the curve is counted in.

    """

    def __init__(self, places: np.ndarray, step: float) -> None:
        self.count, self.step, self.end = len(places), step, step * (len(places) - 1)
        self._points = np.concatenate([
            2.0 * places[:1] - places[1:2], places, 2.0 * places[-1:] - places[-2:-1]])

    def at(self, where: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return joints [rad or m] and their derivatives at `where` (k,), each (k, n)."""
        number = np.clip((where / self.step).astype(np.int64), 0, len(self._points) - 4)
        part = where / self.step - number
        zero, one = np.zeros_like(part), np.ones_like(part)
        powers = np.array([[one, part, part ** 2, part ** 3],
                           [zero, one, 2.0 * part, 3.0 * part ** 2],
                           [zero, zero, 2.0 * one, 6.0 * part]])
        around = self._points[number[:, np.newaxis] + np.arange(4)]
        positions, slopes, bends = np.einsum('dpk,pc,kcj->dkj', powers, _TO_POWERS, around,
                                             optimize=True)
        return positions, slopes / self.step, bends / self.step ** 2


def states_along(curve: JointCurve, limits: MotionLimits,
                 period: float) -> tuple[MotionStates, np.ndarray]:
    """
    Return the motion along a curve, inside limits of velocity, acceleration and jerk.

    Parameters
    ----------
    curve : JointCurve
        The way, counted in nominal seconds: no part of it is passed faster than that.
    limits : MotionLimits
        What the motion keeps to, from one period to the next.
    period : float
        Time between two states [s].

    Returns
    -------
    MotionStates
        Of arrays of shape (k, n): the first and the last at rest, at both ends of the curve.
    ndarray, shape (k,)
        Where on the curve they are.

    Raises
    ------
    OptionsError
        If it takes so long that there are too many of them.

    """
    marks = np.linspace(0.0, curve.end, max(curve.count, FEWEST_MARKS, min(
        MOST_MARKS, math.ceil(curve.end / MARK_PERIOD))))
    _, slopes, bends = curve.at(marks)
    slower, rates = np.ones(len(marks)), np.empty(len(marks))
    window = max(1, math.ceil(float((limits.acceleration / limits.jerk).max()) / period))
    attempt = 0
    while True:
        kernels.pace(slopes, bends, marks[1], limits.velocity, limits.acceleration, slower, rates)
        where = _averaged(_passed(rates, marks[1], period), window)
        states = _states(curve, where, period)
        excess = _excess(states, limits, period)
        if excess.max() <= 1.0:
            return states, where
        attempt += 1
        if attempt <= LOCAL_ATTEMPTS:
            _slow_down(slower, where / marks[1], excess, window)
        else:
            slower[:] = slower.max() * MARGIN * excess.max()


def _passed(rates: np.ndarray, step: float, period: float) -> np.ndarray:
    """Return where on a curve one is at each period, shape (k,), at these rates (N,) of it."""
    lasts = 2.0 * step / (rates[:-1] + rates[1:])
    times = np.concatenate([[0.0], np.cumsum(lasts)])
    if times[-1] > period * MOST_STATES:
        raise OptionsError(
            f'the way takes {times[-1]:.3g} s, but with a period of {period:g} s it can take '
            f'{period * MOST_STATES:g} s at most; shorten it, or let it be passed faster')
    now = period * np.arange(math.ceil(times[-1] / period) + 1)
    number = np.clip(np.searchsorted(times, now, side='right') - 1, 0, len(lasts) - 1)
    since = np.minimum(now - times[number], lasts[number])
    gain = (rates[1:] - rates[:-1])[number] / lasts[number]
    return np.minimum(step * number + (rates[number] + 0.5 * gain * since) * since,
                      step * len(lasts))


def _averaged(where: np.ndarray, window: int) -> np.ndarray:
    """Return the mean over the last `window` places (k,), with rest before and after them."""
    still = window + 1
    padded = np.concatenate([np.full(still, where[0]), where, np.full(still, where[-1])])
    averaged = np.convolve(padded, np.full(window, 1.0 / window), mode='valid')
    averaged[:2], averaged[-2:] = where[0], where[-1]
    return np.maximum.accumulate(averaged)


def _states(curve: JointCurve, where: np.ndarray, period: float) -> MotionStates:
    """Return the motion that is at `where` (k,) of a curve, period by period; arrays (k, n)."""
    positions, slopes, bends = curve.at(where)
    rates, gains = np.zeros((len(where), 1)), np.zeros((len(where), 1))
    rates[1:-1, 0] = (where[2:] - where[:-2]) / (2.0 * period)
    gains[1:-1, 0] = (where[2:] - 2.0 * where[1:-1] + where[:-2]) / period ** 2
    return MotionStates(positions, rates * slopes, rates ** 2 * bends + gains * slopes)


def _excess(states: MotionStates, limits: MotionLimits, period: float) -> np.ndarray:
    """Return how many times as slowly each state (k,) has to be passed to keep the limits."""
    excess = np.zeros(len(states.positions))
    for power, values, most in (
            (1.0, np.diff(states.positions, axis=0) / period, limits.velocity),
            (1.0, states.velocities[1:], limits.velocity),
            (2.0, np.diff(states.velocities, axis=0) / period, limits.acceleration),
            (2.0, states.accelerations[1:], limits.acceleration),
            (3.0, np.diff(states.accelerations, axis=0) / period, limits.jerk)):
        share = (np.abs(values) / most).max(axis=1) ** (1.0 / power)
        excess[1:] = np.maximum(excess[1:], share)
    return excess


def _slow_down(slower: np.ndarray, numbers: np.ndarray, excess: np.ndarray, window: int) -> None:
    """
    Slow down whatever led to an excess.

    Parameters
    ----------
    slower : ndarray, shape (N,)
        How many times as slowly each mark is passed; it is changed.
    numbers : ndarray, shape (k,)
        Where the states are, counted in marks.
    excess : ndarray, shape (k,)
        How many times too fast they are.
    window : int
        What happens so many periods earlier and later has its part in each.

    """
    around = np.lib.stride_tricks.sliding_window_view(
        np.pad(excess, window + 1, mode='edge'), 2 * window + 3).max(axis=1)
    factors = np.ones_like(slower)
    wanted = np.where(around > 1.0, MARGIN * around, 1.0)
    for number in (np.floor(numbers), np.ceil(numbers)):
        np.maximum.at(factors, np.clip(number, 0, len(slower) - 1).astype(np.int64), wanted)
    slower *= factors
