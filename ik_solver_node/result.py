"""What comes of a solve: joint positions, the reason why it ended, and how far they are off."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
import math
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.mobility import Mobility
from ik_solver_node.several_tips import of_tips
from ik_solver_node.solver_options import DEFAULT_ARRAY, SolverOptions
import numpy as np

BLOCKED = 1e-4
"""Slope of the cost, as part of the error, from which on a limit is in the way [m/rad or 1]."""


class TerminationReason(IntEnum):
    """Why a solve ended."""

    CONVERGED = kernels.CONVERGED
    STALLED = kernels.STALLED
    OUT_OF_ITERATIONS = kernels.OUT_OF_ITERATIONS
    OUT_OF_RESTARTS = kernels.OUT_OF_RESTARTS
    NOT_FINITE = kernels.NOT_FINITE
    OUT_OF_TIME = kernels.OUT_OF_TIME
    RELAXED = kernels.RELAXED
    IMPOSSIBLE = kernels.IMPOSSIBLE

    @property
    def sentence(self) -> str:
        """The reason in words."""
        return _SENTENCES[self]


CONVERGED = TerminationReason.CONVERGED  # looked up at every solve
_SENTENCES = {
    TerminationReason.CONVERGED: 'reached the target within tolerance',
    TerminationReason.STALLED: 'the descent from the seed stalled, and restarts are off',
    TerminationReason.OUT_OF_ITERATIONS: 'the iterations ran out, and restarts are off',
    TerminationReason.OUT_OF_RESTARTS: 'neither the descent from the seed nor any restart '
                                       'reached the target',
    TerminationReason.NOT_FINITE: 'the error is not a finite number',
    TerminationReason.OUT_OF_TIME: 'the time budget ran out',
    TerminationReason.RELAXED: 'reached what the arm controls of the target',
    TerminationReason.IMPOSSIBLE: 'the target is out of reach, whatever the joints do',
}


@dataclass(frozen=True, eq=False)
class IkResult:
    """
    The outcome of a solve: always the best joints found, always inside the limits.

    Attributes
    ----------
    chain : KinematicChain
        The chain that was solved for.
    positions : ndarray, shape (n,)
        Joint positions in the order of ``chain.joint_names`` [rad or m].
    reason : TerminationReason
        Why the solve ended.
    position_error, orientation_error : float
        How far the tip is from what was asked at `positions`, [m] and [rad], measured from them;
        the largest over several tips, see `tip_errors`. What is not asked for has no error.
    iterations, restarts : int
        Steps over all descents, and descents after the first.
    elapsed : float
        Wall time of the solve [s].
    out_of_reach : float
        How far the target lies at least beyond the reach of the arm [m]: more than the position
        tolerance proves that it is impossible, 0 proves nothing.
    goal : ndarray, shape (m, GOAL_SIZE)
        What was asked, as the kernels take it.
    relaxed : Mobility, optional
        What of the target was asked for in the end, if the reason is ``RELAXED``.

    """

    chain: KinematicChain = field(repr=False)
    positions: np.ndarray
    reason: TerminationReason
    position_error: float
    orientation_error: float
    iterations: int
    restarts: int
    elapsed: float
    out_of_reach: float = 0.0
    goal: np.ndarray | None = field(default=None, repr=False)
    relaxed: Mobility | None = None

    @property
    def success(self) -> bool:
        """Whether the target, or what the arm controls of it, was reached within tolerance."""
        return self.reason is CONVERGED or self.reason is TerminationReason.RELAXED

    @property
    def sentence(self) -> str:
        """Why the solve ended, in words, and what was held if the target was relaxed."""
        if self.relaxed is not None:
            return f'{self.reason.sentence}: it {self.relaxed.sentence}'
        if self.success:
            return self.reason.sentence
        told = self.reason.sentence
        if self.reason is TerminationReason.IMPOSSIBLE:
            told += f', by at least {self.out_of_reach:.3g} m'
        blocking = self.blocking_joints
        return f'{told}; at a limit and in the way: {", ".join(blocking)}' if blocking else told

    @property
    def blocking_joints(self) -> tuple[str, ...]:
        """Names of the joints whose limit keeps the tip from coming nearer to the target."""
        if self.goal is None or self.success:
            return ()
        slope, errors = np.empty(self.chain.size), np.empty(kernels.ERRORS)
        kernels.assess(*self.chain.arrays, self.goal, DEFAULT_ARRAY, self.positions, slope,
                       errors)
        blocked = BLOCKED * math.sqrt(2.0 * errors[kernels.E_COST])
        outward = (((self.positions >= self.chain.upper) & (slope < -blocked))
                   | ((self.positions <= self.chain.lower) & (slope > blocked)))
        return tuple(self.chain.joint_names[j] for j in np.flatnonzero(outward))

    @property
    def tip_errors(self) -> dict[str, tuple[float, float]]:
        """Position [m] and orientation error [rad] of each tip that something is asked of."""
        if self.goal is None:
            return {}
        errors = {}
        for t in np.flatnonzero(self.goal[:, kernels.G_WEIGHT:kernels.G_WEIGHT + 2].any(axis=1)):
            errors[self.chain.tip_links[t]] = errors_of(
                self.chain, of_tips(self.goal, (int(t),)), self.positions)
        return errors

    @property
    def singular_values(self) -> np.ndarray:
        """
        How far the tip moves for a joint motion of length one, in each direction, largest first.

        The singular values of the Jacobian of what is asked of the first tip that is asked for,
        a radian counting as `LENGTH_OF_RADIAN` [m/rad, or m/m]; as many as there are rows or
        joints. A smallest one near zero is a singularity: in that direction the arm cannot move.
        """
        if self.goal is None:
            return np.empty(0)
        weights = self.goal[:, kernels.G_WEIGHT:kernels.G_WEIGHT + 2].tolist()
        tip = next((t for t, of_tip in enumerate(weights) if any(of_tip)), 0)
        jacobian = self.chain.jacobian(self.positions, self.chain.tip_links[tip]) * SCALE
        of_position, of_orientation = weights[tip]
        asked = slice(0 if of_position else 3, 6 if of_orientation else 3)
        return np.linalg.svd(jacobian[asked], compute_uv=False)

    @property
    def joints_at_limit(self) -> tuple[str, ...]:
        """Names of the joints whose position is a limit."""
        chain = self.chain
        return tuple(name for name, position, lower, upper in zip(
            chain.joint_names, self.positions.tolist(), chain.lower.tolist(), chain.upper.tolist())
            if position <= lower or position >= upper)


LENGTH_OF_RADIAN = 0.3
"""Length that a radian of rotation counts as in singular values [m/rad]."""
SCALE = np.array([[1.0]] * 3 + [[LENGTH_OF_RADIAN]] * 3)


def errors_of(chain: KinematicChain, goal: np.ndarray,
              positions: np.ndarray) -> tuple[float, float]:
    """Return position [m] and orientation error [rad] of what a goal (m, GOAL_SIZE) asks for."""
    errors = np.empty(kernels.ERRORS)
    kernels.assess(*chain.arrays, goal, DEFAULT_ARRAY, positions, np.empty(chain.size), errors)
    return float(errors[kernels.E_POSITION]), float(errors[kernels.E_ORIENTATION])


_REASONS = {reason.value: reason for reason in TerminationReason}


def result_of(chain: KinematicChain, goal: np.ndarray, options: SolverOptions, code: int,
              positions: np.ndarray, report: np.ndarray, began: float) -> IkResult:
    """Put what the kernels `report` into words; the verdict is that of the errors they report."""
    position_error, orientation_error, iterations, restarts, out_of_reach = report.tolist()
    if (position_error <= options.position_tolerance
            and orientation_error <= options.orientation_tolerance):
        code = kernels.CONVERGED  # also by polishing
    # Made without the constructor, which takes as long for a frozen dataclass as a short solve.
    result = object.__new__(IkResult)
    result.__dict__.update(
        chain=chain, positions=positions, reason=_REASONS[code], position_error=position_error,
        orientation_error=orientation_error, iterations=int(iterations), restarts=int(restarts),
        elapsed=perf_counter() - began, out_of_reach=out_of_reach, goal=goal, relaxed=None)
    return result
