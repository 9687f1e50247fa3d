"""Follow a stream of targets: seed each solve well, and accept only what the arm can follow."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.options import check_options, option
from ik_solver_node.solver import IkResult, solve, SolverOptions, TerminationReason
from ik_solver_node.target import Target, wanted_frame
import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class TrackerOptions:
    """
    What a tracker accepts. Every field says its unit and range in its metadata.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    allow_approximate: bool = option(
        False, 'whether a target that cannot be reached moves the arm to the closest pose '
        'instead of leaving it where it is')
    max_joint_step: float = option(
        0.5, 'a solution that moves a joint further than this is a jump, and refused unless the '
        'target leapt', unit='rad or m', minimum=1e-3, maximum=1e3)
    near: float = option(
        0.05, 'a target leaps if it is this far from the one before (or the first, or of another '
        'kind) and from the tip, where a radian counts as solver.orientation_weight; 0 accepts '
        'every jump', unit='m', minimum=0.0, maximum=1e3)

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)


class Verdict(str, Enum):
    """What the tracker makes of a target."""

    REACHED = 'reached'
    CLOSEST = 'closest'
    NOT_REACHED = 'not_reached'
    WOULD_JUMP = 'would_jump'


@dataclass(frozen=True, eq=False)
class TrackResult:
    """
    The answer to one target.

    Attributes
    ----------
    verdict : Verdict
        Whether it is accepted, and why not.
    result : IkResult
        What the solver found.
    joint_step : float
        Largest motion of a joint, or of one that mimics it, from the last accepted positions
        [rad or m]; 0 at the first.
    joint : str
        The joint with this motion.
    positions : ndarray, shape (n,), or None
        The accepted positions [rad or m]; None if the arm shall stay.

    """

    verdict: Verdict
    result: IkResult
    joint_step: float
    joint: str
    positions: np.ndarray | None

    @property
    def accepted(self) -> bool:
        """Whether the arm may move to `positions`."""
        return self.positions is not None

    @property
    def sentence(self) -> str:
        """The verdict in words, with the distance left."""
        left = (f'{1e3 * self.result.position_error:.4g} mm and '
                f'{np.degrees(self.result.orientation_error):.4g} deg')
        if self.verdict is Verdict.REACHED:
            return f'reached the target to {left}'
        if self.verdict is Verdict.CLOSEST:
            return f'moved to the closest pose found, {left} off: {self.result.reason.sentence}'
        if self.verdict is Verdict.NOT_REACHED:
            return (f'holding, the closest pose found is {left} off: '
                    f'{self.result.reason.sentence}')
        return (f'holding, the target has not leapt but its solution moves {self.joint} by '
                f'{self.joint_step:.3g} rad or m, more than tracking.max_joint_step')


class PoseTracker:
    """
    Turns a stream of targets into accepted joint positions.

    Each solve starts at the last accepted positions, so that a target that moves little moves the
    arm little. What is not reached, or reached only by a jump, is not accepted: the last accepted
    positions stay. A stream that goes where the arm can follow only by a jump is held until it
    leaps, or comes back to where the arm waits.

    Parameters
    ----------
    chain : KinematicChain
        The chain to move.
    solver_options : SolverOptions, optional
        How to solve.
    options : TrackerOptions, optional
        What to accept.

    """

    def __init__(self, chain: KinematicChain, solver_options: SolverOptions = SolverOptions(),
                 options: TrackerOptions = TrackerOptions()) -> None:
        self._chain = chain
        self._solver_options = solver_options
        self._options = options
        # A joint moves all that mimic it, some of them further than itself.
        self._gains = np.array([max(abs(multiplier) for _, multiplier, _ in
                                    chain.model.followers(name)) for name in chain.joint_names])
        self._positions: np.ndarray | None = None
        self._asked: Target | None = None
        self._may_jump = True

    @property
    def chain(self) -> KinematicChain:
        """The chain that is moved."""
        return self._chain

    @property
    def positions(self) -> np.ndarray | None:
        """The last accepted positions, shape (n,) [rad or m], or None."""
        return self._positions

    def reset(self, positions: ArrayLike | None = None) -> None:
        """Take `positions` (n,), moved inside the limits, as accepted; None forgets all."""
        self._positions = None if positions is None else self._chain.clip(positions)
        self._asked, self._may_jump = None, True

    def configure(self, solver_options: SolverOptions, options: TrackerOptions) -> None:
        """Use other options from the next target on; what was accepted stays."""
        self._solver_options = solver_options
        self._options = options

    def track(self, target: Target, measured: ArrayLike | None = None) -> TrackResult:
        """
        Solve for `target` and judge the answer.

        Parameters
        ----------
        target : PoseTarget or PointTarget
            Where the tip shall be, in the base frame.
        measured : array_like, shape (n,), optional
            Where the joints are [rad or m]: the seed while nothing has been accepted yet.

        Returns
        -------
        TrackResult
            With `positions` None if the arm shall stay where it is.

        """
        self._may_jump = self._may_jump or self._leaps(target)
        self._asked = target
        seed = measured if self._positions is None else self._positions
        result = solve(self._chain, target, seed, self._solver_options)
        if not result.success and self._options.allow_approximate:
            result = self._closest(target, seed, result)
        last = result.positions if self._positions is None else self._positions
        steps = self._gains * np.abs(result.positions - last)
        step, joint = float(steps.max()), self._chain.joint_names[int(steps.argmax())]
        verdict = self._judge(target, result, step)
        if verdict in (Verdict.REACHED, Verdict.CLOSEST):
            self._positions, self._may_jump = result.positions, False
            return TrackResult(verdict, result, step, joint, result.positions)
        return TrackResult(verdict, result, step, joint, None)

    def _judge(self, target: Target, result: IkResult, step: float) -> Verdict:
        """Return whether the arm may move to `result`, by at most `step` in a joint."""
        if not result.success and (not self._options.allow_approximate
                                   or result.reason is TerminationReason.NOT_FINITE):
            return Verdict.NOT_REACHED
        if step > self._options.max_joint_step and not (self._may_jump and self._is_far(target)):
            return Verdict.WOULD_JUMP
        return Verdict.REACHED if result.success else Verdict.CLOSEST

    def _closest(self, target: Target, seed: ArrayLike | None, best: IkResult) -> IkResult:
        """
        Return the closest pose on the branch the arm is on.

        The best of many random starts may be a little closer, but another one each time: an arm
        that follows them shakes. The reason of the full search is the one worth telling.
        """
        nearby = solve(self._chain, target, seed, replace(self._solver_options, max_restarts=0))
        return replace(nearby, elapsed=best.elapsed + nearby.elapsed, restarts=best.restarts,
                       reason=nearby.reason if nearby.success else best.reason,
                       iterations=best.iterations + nearby.iterations)

    def _leaps(self, target: Target) -> bool:
        """Return whether `target` is a new motion, rather than the last one carried on."""
        last = self._asked
        if last is None or type(target) is not type(last):
            return True
        return self._distance(target, wanted_frame(last)) >= self._options.near

    def _is_far(self, target: Target) -> bool:
        """Return whether `target` is away from where the tip is."""
        assert self._positions is not None
        frames = self._chain.tip_frames(self._positions)
        return self._distance(target, frames[0]) >= self._options.near

    def _distance(self, target: Target, frame: np.ndarray) -> float:
        """Return how far a tip at `frame` (12,) is from what is asked [m]."""
        return kernels.tip_distance(target.goal, self._solver_options.orientation_weight,
                                    frame.reshape(1, 12))
