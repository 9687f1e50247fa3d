"""The way of the solver to a target, step by step."""

from __future__ import annotations

from dataclasses import replace

from ik_solver_node.chain import KinematicChain
from ik_solver_node.request import Request
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
import numpy as np

PATIENT = 10.0
"""Time budget of a solve [s]: a picture must not depend on how busy the machine is."""


def steps_of(chain: KinematicChain, target: Request, seed: np.ndarray, options: SolverOptions,
             steps: int) -> np.ndarray:
    """
    Return what the solver answers if it may take 0, 1, 2 ... steps, and no restart.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    target : Target
        Where the tip shall be.
    seed : ndarray, shape (n,)
        Where to start [rad or m].
    options : SolverOptions
        Step rule, rate and tolerances.
    steps : int
        How many at most; fewer, if it arrives or gives up.

    Returns
    -------
    ndarray, shape (k, n)
        Joint positions, the seed first [rad or m].

    """
    way = [chain.clip(seed)]
    for count in range(1, steps + 1):
        result = solve(chain, target, seed, replace(
            options, max_iterations=count, max_restarts=0, max_time=PATIENT))
        if result.iterations < count:
            break
        way.append(result.positions)
        if result.success:
            break
    return np.array(way)


def joint_by_joint(way: np.ndarray) -> np.ndarray:
    """
    Return the way of sweeps from the tip to the base, with every move of a single joint.

    Parameters
    ----------
    way : ndarray, shape (k, n)
        Joint positions before the first sweep and after each [rad or m].

    Returns
    -------
    ndarray, shape (m, n)
        Joint positions after each move; the last move is that of the joint which arrived.

    """
    moves = [way[0]]
    for after in way[1:]:
        for j in reversed(range(way.shape[1])):
            q = moves[-1].copy()
            q[j] = after[j]
            moves.append(q)
    while len(moves) > 1 and (moves[-1] == moves[-2]).all():
        moves.pop()  # of joints whose turn did not come any more
    return np.array(moves)
