"""Relaxation: what of a pose a chain that controls less than six axes may leave free."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from ik_solver_node.chain import KinematicChain
from ik_solver_node.mobility import Mobility, mobility_of
from ik_solver_node.result import errors_of, IkResult, TerminationReason
from ik_solver_node.solver_options import Relax, SolverOptions
from ik_solver_node.target import AXES, relaxed_goal
import numpy as np


@dataclass(frozen=True)
class Relaxation:
    """
    How a chain that controls less than six axes takes a full pose.

    Attributes
    ----------
    mobility : Mobility
        What it controls.
    free : tuple of str
        The axes that are left free.

    """

    mobility: Mobility
    free: tuple[str, ...]

    def goal(self, goal: np.ndarray) -> np.ndarray:
        """Return a full goal, shape (1, GOAL_SIZE), with the axes freed."""
        return relaxed_goal(goal, self.free, self.mobility.frame)

    def result(self, result: IkResult, goal: np.ndarray) -> IkResult:
        """Return `result` as the answer to the full goal, with the errors it leaves of that."""
        position_error, orientation_error = errors_of(result.chain, goal, result.positions)
        return replace(result, reason=TerminationReason.RELAXED, relaxed=self.mobility, goal=goal,
                       position_error=position_error, orientation_error=orientation_error)


def relaxation_of(chain: KinematicChain, options: SolverOptions,
                  tip_link: str | None = None) -> Relaxation | None:
    """
    Return what `chain` may leave free of a pose of a tip, by default the first; None if nothing.

    It takes a few ms at the first call.
    """
    return None if options.relax is Relax.NONE else _relaxation(chain, options.relax, tip_link)


@lru_cache(maxsize=32)
def _relaxation(chain: KinematicChain, relax: Relax, tip_link: str | None) -> Relaxation | None:
    """Do what `relaxation_of` does."""
    mobility = mobility_or_none(chain, tip_link)
    if mobility is None:
        return None
    free = tuple(axis for axis in mobility.free if relax is Relax.ALL or axis in AXES[3:])
    return Relaxation(mobility, free) if free else None


@lru_cache(maxsize=32)
def mobility_or_none(chain: KinematicChain, tip_link: str | None = None) -> Mobility | None:
    """Return what `chain` controls of a tip, None if that is all six axes, or none."""
    if chain.size >= 6 and any(np.linalg.matrix_rank(chain.jacobian(q, tip_link), 1e-6) == 6
                               for q in chain.arrays[3][:3]):
        return None
    mobility = mobility_of(chain, tip_link)
    return mobility if 0 < mobility.rank < 6 else None
