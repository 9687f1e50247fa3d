"""Follow a stream of targets: seed each solve well, and accept only what the arm can follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
import math

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError
from ik_solver_node.following import Following
from ik_solver_node.objective import LimitMargin, preferences
from ik_solver_node.options import check_options, option
from ik_solver_node.pose import as_vector, Pose
from ik_solver_node.relaxation import relaxation_of
from ik_solver_node.request import no_target
from ik_solver_node.result import IkResult, TerminationReason
from ik_solver_node.robot_model import listed
from ik_solver_node.solver import solve, solve_goal
from ik_solver_node.solver_options import Solution, SolverOptions
from ik_solver_node.target import is_full, PoseTarget, Target, TARGETS, wanted_frames
from ik_solver_node.together import Aim, Holding, Together
import numpy as np
from numpy.typing import ArrayLike

SWING_STEP = 0.05
"""Motion of a joint between two looks at where the tip swings [rad or m]."""
MOST_SWING_LOOKS = 128
"""Looks at most."""


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
        'kind) and from the tip, where a radian counts as solver.orientation_weight; one that '
        'leapt to where nothing is reached may move the arm later, when it comes back into reach; '
        '0 accepts every jump', unit='m', minimum=0.0, maximum=1e3)
    keep_clear: float = option(
        2.0, 'how far a redundant arm moves its joints away from their limits, beside following '
        'the target, for each m that the target moves (a radian counts as one); 0 is off',
        unit='rad/m', minimum=0.0, maximum=1e3)
    max_swing: float = option(
        0.0, 'a solution further than max_joint_step is no jump if the tip swings out by no more '
        'than this while the joints go there, as past a singularity; a radian counts as '
        'solver.orientation_weight; it does not count in the mode direct, in which nothing goes '
        'there in time; 0 is off', unit='m', minimum=0.0, maximum=1e3)

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)


class Verdict(str, Enum):
    """What the tracker makes of a target."""

    REACHED = 'reached'
    CLOSEST = 'closest'
    NOT_REACHED = 'not_reached'
    WOULD_JUMP = 'would_jump'


REACHED = Verdict.REACHED  # looked up at every target


@dataclass(frozen=True, eq=False)
class TrackResult:
    """
    The answer to one target.

    Attributes
    ----------
    verdict : Verdict
        Whether it is accepted, and why not; of several tips, that of one which is not.
    result : IkResult
        What the solver found; while a stream is held, for the last target that was searched for.
    joint_steps : ndarray, shape (n,)
        Motion of each joint, or of one that mimics it and moves more, from the last accepted
        positions to those of the result [rad or m]; 0 at the first.
    positions : ndarray, shape (n,), or None
        The accepted positions [rad or m]; None if the arm shall stay.
    together : Together, optional
        What all tips were asked, if there are several; see `of_tip`.
    missed : dict of str to TrackResult
        The answer to those of several tips that now do not move, or not all the way.

    """

    verdict: Verdict
    result: IkResult
    joint_steps: np.ndarray
    positions: np.ndarray | None
    together: Together | None = None
    missed: Mapping[str, TrackResult] | None = field(default=None, repr=False)

    def of_tip(self, tip_link: str) -> TrackResult:
        """
        Return the answer for one tip.

        Raises
        ------
        ChainError
            If it is not one of `tips`.

        """
        if self.together is None and tip_link == self.result.chain.tip_links[0]:
            return self
        if self.together is None or tip_link not in self.tips:
            raise ChainError(f'there is no answer for {tip_link!r}, but for '
                             f'{listed(self.tips)}')
        missed = (self.missed or {}).get(tip_link)
        verdict = Verdict.REACHED
        if missed is not None or not self.accepted:
            verdict = self.verdict
        found = missed or self
        result = self.together.alone(tip_link, found.result)
        return TrackResult(verdict, result, found.joint_steps, found.positions)

    @property
    def tips(self) -> tuple[str, ...]:
        """The tips that there is an answer for: if the arm stays, only those that were asked."""
        if self.together is None:
            return self.result.chain.tip_links
        return tuple(self.together.targets) if self.accepted else self.together.asked

    @property
    def asked(self) -> tuple[str, ...]:
        """Those of them whose target was new."""
        return self.tips if self.together is None else self.together.asked

    @property
    def joint_step(self) -> float:
        """The largest of the joint steps [rad or m]."""
        return float(self.joint_steps.max())

    @property
    def joint(self) -> str:
        """The joint with the largest step."""
        return self.result.chain.joint_names[int(self.joint_steps.argmax())]

    @property
    def accepted(self) -> bool:
        """Whether the arm may move to `positions`."""
        return self.positions is not None

    @property
    def sentence(self) -> str:
        """The verdict in words, with the distance left."""
        if self.together is not None:
            return self._sentence_of_tips()
        left = (f'{1e3 * self.result.position_error:.4g} mm and '
                f'{np.degrees(self.result.orientation_error):.4g} deg')
        if self.result.relaxed is not None and self.verdict is Verdict.REACHED:
            return f'{self.result.sentence}; it is {left} off'
        if self.verdict is Verdict.REACHED:
            return f'reached the target to {left}'
        if self.verdict is Verdict.CLOSEST:
            return f'moved to the closest pose found, {left} off: {self.result.sentence}'
        if self.verdict is Verdict.NOT_REACHED and self.result.success:
            return 'holding: it can be reached, but not together with what the other tips do'
        if self.verdict is Verdict.NOT_REACHED:
            return f'holding, the closest pose found is {left} off: {self.result.sentence}'
        moves = (f'moves {self.joint} by {self.joint_step:.3g} rad or m, more than '
                 'tracking.max_joint_step')
        if len(self.result.chain.tip_links) > 1:
            return (f'holding, its solution {moves}: the target has not leapt, or another tip '
                    'would leave its place meanwhile')
        return f'holding, the target has not leapt but its solution {moves}'

    def _sentence_of_tips(self) -> str:
        """Return the sentences of the tips, but for one for all that are reached."""
        answers = {tip: self.of_tip(tip) for tip in self.asked}
        told = [f'{tip}: {answer.sentence}' for tip, answer in answers.items()
                if answer.verdict is not Verdict.REACHED]
        reached = [tip for tip, answer in answers.items() if answer.verdict is Verdict.REACHED]
        if reached:
            told.append(f'{listed(reached)}: {self._worst(answers, reached).sentence}')
        return '; '.join(told)

    @staticmethod
    def _worst(answers: Mapping[str, TrackResult], tips: list[str]) -> TrackResult:
        """Return the answer of that tip which is furthest off."""
        return max((answers[tip] for tip in tips), key=lambda answer: (
            answer.result.position_error, answer.result.orientation_error))


class PoseTracker:
    """
    Turns a stream of targets into accepted joint positions.

    Each target is first sought near the last accepted positions: from where the joints would be
    if they went on as they moved last, then from where they are. What a redundant arm is free to
    do it uses to keep its joints away from their limits, a little with each target, so that it
    does not run into a corner later on. Only a target that leaps is searched for with restarts,
    and of what is found the nearest posture is taken.

    What is not reached, or reached only by a jump, is not accepted: the last accepted positions
    stay. A stream that goes where the arm can follow only by a jump is held until it leaps, or
    comes back to where the arm waits.

    Of several tips each holds what it has until it is asked for something else: the target that
    it was last brought to, or, until there is one since the start or the last `reset`, the pose
    that it is in. A target that the others leave no room for is not accepted, and of targets that
    come together those are left out which cannot be reached.

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
        tips = len(chain.tip_links)
        self._holding = Holding(chain) if tips > 1 else None
        self._gains = chain.gains
        self._positions: np.ndarray | None = None
        self._is_waiting = True  # for the first target that is accepted
        self._asked: Target | Together | None = None
        self._may_jump, self._is_relaxed = True, False
        # Where a search found that only a jump leads on, and what it answered.
        self._held: tuple[np.ndarray, TrackResult] | None = None
        self._motions = np.zeros((2 * tips, kernels.G_TOOL))
        self._joints = np.zeros((kernels.TRACKED, chain.size))
        self._clear = preferences(chain, (LimitMargin(),), ()).rows
        self.configure(solver_options, options)

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
        self._asked, self._may_jump, self._held = None, True, None
        self._positions, self._is_waiting, self._is_relaxed = None, positions is None, False
        if self._holding is not None:
            self._holding.let_go()
        if positions is not None:
            self._place(self._chain.clip(positions))

    def configure(self, solver_options: SolverOptions, options: TrackerOptions) -> None:
        """Use other options from the next target on; what was accepted stays."""
        self._options, self._held = options, None
        self._clear_most = 0.25 * options.max_joint_step
        # The squared angle is at most pi^2 / 8 times the squared change of the matrix.
        self._turn_weight = 1.25 * solver_options.orientation_weight ** 2
        self._near_squared = options.near ** 2
        self._near = replace(solver_options, max_restarts=0, solution=Solution.FIRST)
        self._far = replace(solver_options, solution=Solution.NEAREST)
        self._relaxation = None
        if self._holding is None:
            self._relaxation = relaxation_of(self._chain, solver_options)
        else:
            self._holding.configure(solver_options)
        self._follow = Following(self._chain, replace(self._near, settle_steps=1))

    def track(self, target: Aim, measured: ArrayLike | None = None) -> TrackResult:
        """
        Solve for `target` and judge the answer.

        Parameters
        ----------
        target : Target or Pose, or mapping of str to Target or Pose
            Where the tip shall be, in the base frame; a `Pose` is a full pose target. Of several
            tips, the targets of those that are asked for something new, by tip link.
        measured : array_like, shape (n,), optional
            Where the joints are [rad or m]; it counts while nothing has been accepted yet.

        Returns
        -------
        TrackResult
            With `positions` None if the arm shall stay where it is.

        Raises
        ------
        InvalidPoseError
            If the target is none, or `measured` has the wrong length or a number that is not
            finite; what was accepted stays.
        ChainError
            If the chain has several tips, but there is no mapping from some of them.

        """
        if self._holding is not None:
            return self._track_tips(self._holding, target, measured)
        if isinstance(target, Pose):
            target = PoseTarget(target)
        elif not isinstance(target, TARGETS):
            raise no_target(target)
        if self._is_waiting and measured is not None:
            self._place_measured(measured)
        before, self._asked = self._asked, target
        return self._answer(target, before if type(target) is type(before) else None)

    def _track_tips(self, holding: Holding, aim: Aim, measured: ArrayLike | None) -> TrackResult:
        """Solve for what some tips are asked, and the others hold; without those that miss."""
        new = holding.checked(aim)
        if self._is_waiting and measured is not None:
            self._place_measured(measured)
        asked = together = holding.together(new, self._positions)
        before = self._asked if isinstance(self._asked, Together) else None
        self._asked = asked.after(before)
        answer = first = self._answer(asked, asked.among(before))
        missed = self._missed(asked, first)
        rest = {tip: target for tip, target in new.items() if tip not in missed}
        if not first.accepted and missed and rest:
            together = holding.together(rest, self._positions)
            answer = self._answer(together, together.among(before))
        if answer.positions is not None:
            holding.keep(together, answer.positions)
        return TrackResult(first.verdict, answer.result, answer.joint_steps, answer.positions,
                           asked, {tip: first for tip in missed})

    def _missed(self, asked: Together, answer: TrackResult) -> tuple[str, ...]:
        """Return the tips for which an answer is none, or not what was wanted."""
        if answer.verdict is Verdict.REACHED:
            return ()
        if answer.verdict is Verdict.CLOSEST:
            return asked.missed(answer.result.positions)
        if answer.verdict is Verdict.NOT_REACHED:
            return asked.to_blame(answer.result.positions)
        return asked.moved_by(answer.joint_steps > self._options.max_joint_step)

    def _answer(self, target: Target | Together, before: Target | Together | None) -> TrackResult:
        """Answer to a target that may carry on the one `before`, which is of the same kind."""
        last, moved = self._positions, math.inf
        if before is not None:
            moved = self._motion_of(target, before)
        if moved == math.inf:
            self._may_jump, self._held = True, None
        elif last is not None:
            followed = self._followed(target, last, moved)
            if followed is not None:
                return followed
            if self._held is not None and self._distance(
                    target, self._held[0]) < self._options.near:
                return self._held[1]
        return self._searched(target)

    def _motion_of(self, target: Target | Together, before: Target | Together) -> float:
        """
        Return how far the goal moved since the one before [m], a radian counting as about one.

        Infinite if it leapt: it is a new motion rather than the last one carried on.
        """
        moved, turned = kernels.carry_on(
            target.goal, before.goal, self._chain.bounds,
            self._clear if self._holding is None else self._clear_of(target),
            self._options.keep_clear, self._clear_most, self._motions, self._joints)
        # Most targets do not leap, and this is quick to see.
        if moved + self._turn_weight * turned >= self._near_squared and (
                moved == math.inf
                or self._distance(target, wanted_frames(before.goal)) >= self._options.near):
            return math.inf
        return math.sqrt(moved + turned)

    def _clear_of(self, target: Target | Together) -> np.ndarray:
        """Return how much each joint shall keep clear of its limits, as preferences."""
        if not isinstance(target, Together):
            return self._clear
        # An arm whose hand is held has no reason to turn its elbow meanwhile.
        rows = self._clear * target.asked_joints()
        rows.flags.writeable = False
        return rows

    def _followed(self, target: Target | Together, last: np.ndarray,
                  moved: float) -> TrackResult | None:
        """Return the answer next to the last accepted positions, None if there is none."""
        furthest = self._options.max_joint_step
        room = min(self._options.keep_clear * moved, self._clear_most)
        for goal in self._goals(target) if self._relaxation is not None else (target.goal,):
            for seed in (self._joints[kernels.T_AHEAD], last):
                result, arrived = self._follow.solve(goal, seed, room)
                if result is None:
                    continue
                steps = np.empty(last.size)
                if kernels.accept_step(self._gains, result.positions, arrived, furthest,
                                       self._motions, self._joints, steps) > furthest:
                    continue
                if self._relaxation is not None and goal is not target.goal:
                    result = self._relaxation.result(result, target.goal)
                elif self._holding is not None and isinstance(target, Together):
                    result = target.result(result)
                return self._accepted(REACHED, result, steps)
        return None

    def _goals(self, target: Target | Together) -> Iterator[np.ndarray]:
        """Return the goal, and what the chain controls of it; this alone once it was needed."""
        if not self._is_relaxed or not is_full(target.goal):
            yield target.goal
        if self._relaxation is not None and is_full(target.goal):
            yield self._relaxation.goal(target.goal)

    def _accepted(self, verdict: Verdict, result: IkResult, steps: np.ndarray) -> TrackResult:
        """Take the positions of `result`."""
        self._positions, self._may_jump, self._held = result.positions, False, None
        self._is_waiting = False
        self._is_relaxed = result.relaxed is not None
        answer = object.__new__(TrackResult)  # without the constructor, as in `result_of`
        answer.__dict__.update(verdict=verdict, result=result, joint_steps=steps,
                               positions=result.positions)
        return answer

    def _searched(self, target: Target | Together) -> TrackResult:
        """Return the answer of a search everywhere, if it is acceptable."""
        self._stop()
        result = self._found(target, self._positions)
        last = result.positions if self._positions is None else self._positions
        steps = self._gains * np.abs(result.positions - last)
        verdict = self._judge(target, last, result, float(steps.max()))
        if verdict in (Verdict.REACHED, Verdict.CLOSEST):
            self._joints[kernels.T_LAST] = result.positions
            return self._accepted(verdict, result, steps)
        if verdict is Verdict.WOULD_JUMP:
            # No leap: it may not become one by creeping away. It is searched for again when it has
            # moved on; until then the answer is this, which then took no time.
            self._may_jump = False
            idle = replace(result, iterations=0, restarts=0, elapsed=0.0)
            self._held = wanted_frames(target.goal), TrackResult(verdict, idle, steps, None)
        return TrackResult(verdict, result, steps, None)

    def _found(self, target: Target | Together, seed: np.ndarray | None) -> IkResult:
        """Return what a search everywhere finds; the closest pose if that will do."""
        result = self._solved(target, seed, self._far)
        if not result.success and self._options.allow_approximate:
            return self._closest(target, seed, result)
        return result

    def _solved(self, target: Target | Together, seed: np.ndarray | None,
                options: SolverOptions) -> IkResult:
        """Return what one solve finds."""
        if not isinstance(target, Together):
            return solve(self._chain, target, seed, options)
        # Of targets that come together some may miss, and the others are then sought alone.
        share = 0.5 if len(target.asked) > 1 else 1.0
        return target.result(solve_goal(
            self._chain, target.goal, seed, options, share * options.max_time))

    def _place_measured(self, measured: ArrayLike) -> None:
        """Take it that the joints are where they are measured, inside the limits."""
        self._place(self._chain.clip(as_vector(measured, self._chain.size, 'measured')))

    def _place(self, positions: np.ndarray) -> None:
        """Take it that the joints are at `positions` (n,), at rest."""
        self._positions = self._joints[kernels.T_LAST] = positions
        self._stop()

    def _stop(self) -> None:
        """Forget how the goal moved, and the joints with it."""
        self._motions[:] = 0.0

    def _judge(self, target: Target | Together, last: np.ndarray, result: IkResult,
               step: float) -> Verdict:
        """Return whether the arm may move from `last` (n,) to `result`, by `step` at most."""
        if not result.success and (not self._options.allow_approximate
                                   or result.reason is TerminationReason.NOT_FINITE
                                   or self._lets_go(target, result)):
            return Verdict.NOT_REACHED
        if (step > self._options.max_joint_step
                and not (self._may_jump and self._is_far(target)
                         and not self._turns_over(target, last, result))
                and not self._swings_little(target, last, result.positions)):
            return Verdict.WOULD_JUMP
        return Verdict.REACHED if result.success else Verdict.CLOSEST

    def _lets_go(self, target: Target | Together, result: IkResult) -> bool:
        """Return whether a tip that nothing new is asked of would lose what it holds."""
        return isinstance(target, Together) and not set(
            target.missed(result.positions)) <= set(target.asked)

    def _turns_over(self, target: Target | Together, last: np.ndarray, result: IkResult) -> bool:
        """Return whether tips that nothing new is asked of would leave their places meanwhile."""
        if not isinstance(target, Together):
            return False
        steps = self._gains * np.abs(result.positions - last)
        if not (steps[~target.asked_joints()] > self._options.max_joint_step).any():
            return False
        swing = self._swing(target.without(target.asked), last, result.positions)
        return swing > self._options.near > 0.0

    def _closest(self, target: Target | Together, seed: np.ndarray | None,
                 best: IkResult) -> IkResult:
        """
        Return the closest pose on the branch the arm is on.

        The best of many random starts may be a little closer, but another one each time: an arm
        that follows them shakes. The reason of the full search is the one worth telling.
        """
        blamed = target.to_blame(best.positions) if isinstance(target, Together) else ()
        if isinstance(target, Together) and 0 < len(blamed) < len(target.targets):
            towards = self._solved(target.lightened(blamed), seed, self._near)
            # What still pulls a little at the other tips is undone.
            nearby = self._solved(target.without(blamed), towards.positions, self._near)
            nearby = replace(nearby, reason=towards.reason)
        else:
            nearby = self._solved(target, seed, self._near)
        return replace(nearby, elapsed=best.elapsed + nearby.elapsed, restarts=best.restarts,
                       reason=nearby.reason if nearby.success else best.reason,
                       iterations=best.iterations + nearby.iterations)

    def _is_far(self, target: Target | Together) -> bool:
        """Return whether `target` is away from where the tip is."""
        assert self._positions is not None
        return self._distance(
            target, self._chain.tip_frames(self._positions)) >= self._options.near

    def _swings_little(self, target: Target | Together, last: np.ndarray,
                       there: np.ndarray) -> bool:
        """Return whether the tip hardly swings out while the joints go to `there`, (n,)."""
        return self._options.max_swing > 0.0 and (
            self._swing(target, last, there) <= self._options.max_swing)

    def _swing(self, target: Target | Together, last: np.ndarray, there: np.ndarray) -> float:
        """
        Return how far tips swing out while the joints go from `last` to `there`, both (n,) [m].

        That is how much further from the target they are, at some part of the way, than if they
        came closer steadily.
        """
        looks = 2 + int(np.abs(there - last).max() / SWING_STEP)
        parts = np.linspace(0.0, 1.0, min(looks, MOST_SWING_LOOKS))
        away = np.array([self._distance(target, self._chain.tip_frames(
            last + part * (there - last))) for part in parts])
        straight = (1.0 - parts) * away[0] + parts * away[-1]
        return float((away - straight).max())

    def _distance(self, target: Target | Together, frames: np.ndarray) -> float:
        """Return how far tips at `frames` (m, 12) are from what is asked, at most [m]."""
        goal, length = target.goal, self._near.orientation_weight
        if len(goal) == 1:
            return kernels.tip_distance(goal, length, frames)
        return max(kernels.tip_distance(goal[t:t + 1], length, frames[t:t + 1])
                   for t in range(len(goal)))
