"""
Several tips: which of them have nothing to do with each other, and what to search for first.

Tips that share no joint are solved for one after the other: arms that stand beside each other are
as easy as each of them alone, and what one cannot reach does not keep the other from its target.

Those that do share joints are weighed against each other by a descent from its first step on, and
one that stays far off holds the others back: its error damps their steps and hides their progress.
So where weights differ, or a target is out of reach, the first search is for an easier goal, with
all weights alike and what is out of reach moved to where the tip can be. Only the second, which
starts at what the first one found, is for the true one.
"""

from __future__ import annotations

from functools import lru_cache

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.target import no_goal
import numpy as np

INSIDE = 0.97
"""Where what is out of reach is moved to, as part of the outer radius: not to its very edge."""


def parted(chain: KinematicChain, goal: np.ndarray) -> list[np.ndarray]:
    """
    Return goals that have nothing to do with each other, and together are `goal`.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    goal : ndarray, shape (m, GOAL_SIZE)
        What is asked of its tips.

    Returns
    -------
    list of ndarray, shape (m, GOAL_SIZE)
        In each only some tips are asked for; only `goal` itself, if that is all.

    """
    weights = goal[:, kernels.G_WEIGHT:kernels.G_WEIGHT + 2]
    groups = groups_of(chain, tuple(np.flatnonzero(weights.any(axis=1)).tolist()))
    if len(groups) == 1:
        return [goal]
    return [of_tips(goal, tips) for tips in groups]


def of_tips(goal: np.ndarray, tips: tuple[int, ...]) -> np.ndarray:
    """Return what a goal, shape (m, GOAL_SIZE), asks of the tips of these numbers alone."""
    part = np.repeat(no_goal(), len(goal), axis=0)
    part[list(tips)] = goal[list(tips)]
    part.flags.writeable = False
    return part


@lru_cache(maxsize=32)
def groups_of(chain: KinematicChain, tips: tuple[int, ...]) -> list[tuple[int, ...]]:
    """Return the numbers of these `tips` in groups that share no joint."""
    groups: list[tuple[set[int], tuple[int, ...]]] = []
    for tip in tips:
        joints = _joints(chain, tip)
        members: tuple[int, ...] = (tip,)
        for other in [group for group in groups if group[0] & joints]:
            groups.remove(other)
            joints, members = joints | other[0], other[1] + members
        groups.append((joints, members))
    return sorted(tuple(sorted(members)) for _, members in groups)


def _joints(chain: KinematicChain, tip: int) -> set[int]:
    """Return the numbers of the joint variables that move a tip."""
    joints = set()
    i = int(chain.topology[len(chain.topology) - len(chain.tip_links) + tip, 0])
    while i >= 0:
        joints.add(int(chain.topology[i, 1]))
        i = int(chain.topology[i, 0])
    return joints


def eased(chain: KinematicChain, goal: np.ndarray, tolerance: float) -> np.ndarray | None:
    """
    Return the goal to search for first.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    goal : ndarray, shape (m, GOAL_SIZE)
        What is asked of its tips.
    tolerance : float
        How far from its position a tip counts as there [m].

    Returns
    -------
    ndarray, shape (m, GOAL_SIZE), or None
        None if that is `goal` itself.

    """
    weights = slice(kernels.G_WEIGHT, kernels.G_WEIGHT + 2)
    easier = goal.copy()
    easier[:, weights] = goal[:, weights] > 0.0
    reach = chain.arrays[-1]
    for t in range(len(goal)):
        if kernels.gap_to_reach(goal[t:t + 1], reach[t:t + 1]) > tolerance:
            easier[t, :kernels.G_ROTATION] = _within(goal[t, :kernels.G_ROTATION], reach[t])
    if (easier == goal).all():
        return None
    easier.flags.writeable = False
    return easier


def is_out_of_reach(chain: KinematicChain, goal: np.ndarray, tolerance: float) -> bool:
    """Return whether the target of a tip is proven to be out of its reach, by `tolerance` [m]."""
    return kernels.gap_to_reach(goal, chain.arrays[-1]) > tolerance


def asked_joints(chain: KinematicChain, goal: np.ndarray) -> np.ndarray:
    """Return which joint variables move a tip that something is asked of, shape (n,)."""
    asked = np.zeros(chain.size, dtype=bool)
    for t in np.flatnonzero(goal[:, kernels.G_WEIGHT:kernels.G_WEIGHT + 2].any(axis=1)):
        asked[list(_joints(chain, int(t)))] = True
    return asked


def _within(position: np.ndarray, reach: np.ndarray) -> np.ndarray:
    """Return the place in the direction of `position` (3,) that is within `reach` (5,) [m]."""
    centre, inner, outer = reach[:3], reach[3], reach[4]
    offset = position - centre
    distance = float(np.linalg.norm(offset))
    direction = offset / distance if distance > 0.0 else np.array([0.0, 0.0, 1.0])
    wanted = INSIDE * outer if distance > outer else min(inner / INSIDE, outer)
    return np.asarray(centre + wanted * direction)
