"""
The plain method, as lessons begin with it: what the solver of the package is compared with.

The error is the distance of the tip. Its slope along a joint is estimated by turning that joint
a little, and looking again; then the joint moves against the slope, at a fixed rate, and the next
one follows. Nothing here is used to move a robot.
"""

from __future__ import annotations

from collections.abc import Callable

from ik_solver_node.chain import KinematicChain
import numpy as np

Move = Callable[[np.ndarray, int], np.ndarray]
"""Makes of joint positions and the number of a move what the joints shall be next."""


def distance(chain: KinematicChain, q: np.ndarray, target: np.ndarray) -> float:
    """Return how far the tip is from `target` (3,) [m]."""
    return float(np.linalg.norm(chain.tip_frames(q)[0, 9:] - target))


def sampled_slope(chain: KinematicChain, q: np.ndarray, target: np.ndarray, j: int,
                  sampling: float, through_clamp: bool = False) -> float:
    """Return the slope of the distance along joint `j` [m/rad], sampled over so many [rad]."""
    beside = q.copy()
    beside[j] += sampling
    if through_clamp:  # the trap: at the upper limit the sample is taken where the joint is
        beside = chain.clip(beside)
    return (distance(chain, beside, target) - distance(chain, q, target)) / sampling


def sweeps(chain: KinematicChain, target: np.ndarray, seed: np.ndarray, rate: float, count: int,
           sampling: float = 1e-4, tolerance: float = 0.0, through_clamp: bool = False,
           ) -> np.ndarray:
    """
    Return the joints after each move of a single joint, from the tip to the base.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    target : ndarray, shape (3,)
        Where the tip shall be [m].
    seed : ndarray, shape (n,)
        Where to start [rad].
    rate : float
        Motion of a joint for the slope [rad^2/m].
    count : int
        How many times all joints are gone through.
    sampling : float
        Over what a slope is estimated [rad].
    tolerance : float
        The distance at which it stops, looked at after each joint [m]; 0 never stops.
    through_clamp : bool
        Whether the sample is moved inside the limits, too.

    Returns
    -------
    ndarray, shape (k, n)
        Joint positions, the seed first [rad].

    """
    def move(q: np.ndarray, number: int) -> np.ndarray:
        j = chain.size - 1 - number % chain.size
        turned = q.copy()
        turned[j] -= rate * sampled_slope(chain, q, target, j, sampling, through_clamp)
        return turned

    return _descent(chain, target, seed, move, count * chain.size, tolerance)


def clamped_steps(chain: KinematicChain, target: np.ndarray, seed: np.ndarray, count: int,
                  damping: float) -> np.ndarray:
    """
    Return the joints after each damped step of all joints that is clamped when it is done.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    target : ndarray, shape (3,)
        Where the tip shall be [m].
    seed : ndarray, shape (n,)
        Where to start [rad].
    count : int
        How many steps.
    damping : float
        Added to the diagonal of the normal matrix [m^2].

    Returns
    -------
    ndarray, shape (k, n)
        Joint positions, the seed first [rad].

    """
    def move(q: np.ndarray, number: int) -> np.ndarray:
        jacobian = chain.jacobian(q)[:3]
        error = target - chain.tip_frames(q)[0, 9:]
        normal = jacobian @ jacobian.T + damping * np.eye(3)
        return np.asarray(q + jacobian.T @ np.linalg.solve(normal, error))

    return _descent(chain, target, seed, move, count)


def _descent(chain: KinematicChain, target: np.ndarray, seed: np.ndarray, move: Move, count: int,
             tolerance: float = 0.0) -> np.ndarray:
    """Return the joints after each of so many moves, all clamped, fewer if it arrives, (k, n)."""
    way = [chain.clip(seed)]
    for number in range(count):
        if distance(chain, way[-1], target) < tolerance:
            break
        way.append(chain.clip(move(way[-1], number)))
    return np.array(way)
