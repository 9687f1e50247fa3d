"""
Reach: a ball that a tip cannot leave, and one that it cannot enter, whatever its joints do.

A turning joint keeps every point of its axis where it is. So a chain can be thought of as a
string of straight pieces from a point on one axis to a point on the next: however the joints turn,
the tip is no further from the first of these points than all pieces together are long, and no
nearer than the longest piece is longer than all others. The points are chosen along the axes so
that the string is short. Sliding joints make it longer by their travel. The limits of turning
joints are left aside, so that what lies outside is impossible, while what lies inside need not be
possible.
"""

from __future__ import annotations

import math

from ik_solver_node import kernels
import numpy as np

SWEEPS = 60
"""How often the points are moved along their axes, one after the other."""
SLACK = 1e-9
"""Part of the length that rounding may take."""


def reach_of(constants: np.ndarray, topology: np.ndarray, bounds: np.ndarray,
             tip: int) -> np.ndarray:
    """
    Return the reach of one tip, shape (5,).

    Parameters
    ----------
    constants, topology, bounds : ndarray
        The chain as the kernels take it; see ``kernels.Chain``.
    tip : int
        Number of the frame of the tip.

    Returns
    -------
    ndarray, shape (5,)
        Centre in the base [m], radius of the ball that cannot be entered, and of the one that
        cannot be left [m]; the latter is infinite if a sliding joint has no limit.

    """
    path = [tip]
    while topology[path[0], 0] >= 0:
        path.insert(0, int(topology[path[0], 0]))
    frames = [(constants[i, :9].reshape(3, 3), constants[i, 9:12]) for i in path]
    turns = [topology[i, 2] == kernels.REVOLUTE for i in path]
    along = np.zeros(len(path))
    for _ in range(SWEEPS):
        for k in range(len(path)):
            if turns[k]:
                along[k] = _best_point(frames, along, k)
    lengths = [(_piece(frames, along, k),) * 2 for k in range(1, len(path))]
    lengths += [_travel(constants[i], bounds[:2, topology[i, 1]]) for i in path
                if topology[i, 2] == kernels.PRISMATIC]
    least, most = np.array(lengths or [(0.0, 0.0)]).T
    outer = float(most.sum())
    inner = 0.0
    if math.isfinite(outer):
        inner = max(0.0, float((least - (outer - most)).max()))
    turn, origin = frames[0]
    return np.array([*(origin + along[0] * turn[:, 2]), inner * (1.0 - SLACK) - SLACK,
                     outer * (1.0 + SLACK) + SLACK])


def _piece(frames: list[tuple[np.ndarray, np.ndarray]], along: np.ndarray, k: int) -> float:
    """Return the length of the piece that ends on axis `k` [m]."""
    turn, origin = frames[k]
    return float(np.linalg.norm(origin + along[k] * turn[:, 2] - [0.0, 0.0, along[k - 1]]))


def _best_point(frames: list[tuple[np.ndarray, np.ndarray]], along: np.ndarray, k: int) -> float:
    """Return where on axis `k` the string through its neighbours is shortest [m]."""
    ends = []
    if k > 0:
        turn, origin = frames[k]
        ends.append(turn.T @ (np.array([0.0, 0.0, along[k - 1]]) - origin))
    if k + 1 < len(frames):
        turn, origin = frames[k + 1]
        ends.append(origin + along[k + 1] * turn[:, 2])
    if k == 0:  # it may be anywhere on its axis
        return float(ends[0][2])
    if len(ends) == 1:
        return float(along[k])
    # As a ray of light is reflected: at heights in proportion to the distances from the axis.
    first, second = (math.hypot(end[0], end[1]) for end in ends)
    if first + second < 1e-12:
        low, high = sorted(float(end[2]) for end in ends)
        return min(max(float(along[k]), low), high)
    return float((second * ends[0][2] + first * ends[1][2]) / (first + second))


def _travel(constant: np.ndarray, limits: np.ndarray) -> tuple[float, float]:
    """Return the least and the most that a sliding joint moves what follows it [m]."""
    ends = [float(constant[12] * end if constant[12] else 0.0) + constant[13] for end in limits]
    crosses = min(ends) <= 0.0 <= max(ends)
    return (0.0 if crosses else min(map(abs, ends))), max(map(abs, ends))
