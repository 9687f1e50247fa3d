"""
Several tips of a tracker: what some of them are asked, together with what the others hold.

A tip that nothing new is asked of keeps what it has: the last target that it was brought to, or
else the pose that it is in. So two hands on one torso do not drag each other away, and what one
is asked does not move the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError
from ik_solver_node.mobility import Mobility
from ik_solver_node.pose import Pose
from ik_solver_node.relaxation import Relaxation, relaxation_of
from ik_solver_node.request import targets_by_tip
from ik_solver_node.result import errors_of, IkResult, TerminationReason
from ik_solver_node.several_tips import asked_joints, groups_of, of_tips
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import is_full, PoseTarget, stacked, Target
import numpy as np

Aim = Target | Pose | Mapping[str, Target | Pose]
"""What a tracker takes: the target of the only tip, or targets by tip."""

LIGHT = 1e-3
"""
Weight of a tip that is out of reach beside the others.

Half a metre that is left then moves another tip by less than a micrometre.
"""


@dataclass(frozen=True, eq=False)
class Together:
    """
    What all tips of a chain are to do at once.

    Attributes
    ----------
    chain : KinematicChain
        The chain.
    options : SolverOptions
        How near is there.
    targets : dict of str to Target
        By tip; a tip that is nowhere yet has none.
    asked : tuple of str
        The tips whose target is new; the others hold theirs.
    told, goal : ndarray, shape (m, GOAL_SIZE)
        What that means, and what is solved for: of a full pose only what its tip can do.
    relaxed : dict of str to Mobility
        What that is, of tips that cannot do all.

    """

    chain: KinematicChain
    options: SolverOptions
    targets: dict[str, Target]
    asked: tuple[str, ...]
    told: np.ndarray
    goal: np.ndarray
    relaxed: dict[str, Mobility]

    def among(self, before: Together | None) -> Together | None:
        """Return what was asked before; what is held now has been so before."""
        return None if before is None else self._mixed(before, self)

    def after(self, before: Together | None) -> Together:
        """Return what each tip was asked last, by this or `before`."""
        return self if before is None else self._mixed(self, before)

    def _mixed(self, asked: Together, held: Together) -> Together:
        """Return the goals of the tips that are asked here from one, those of others from two."""
        goal = held.goal.copy()
        rows = self._numbers(self.asked)
        goal[rows] = asked.goal[rows]
        return replace(self, goal=_frozen(goal))

    def lightened(self, tips: Iterable[str]) -> Together:
        """Return the same, in which these tips hardly count beside the others."""
        goal = self.goal.copy()
        goal[self._numbers(tips), kernels.G_WEIGHT:kernels.G_WEIGHT + 2] *= LIGHT
        return replace(self, goal=_frozen(goal))

    def without(self, tips: Iterable[str]) -> Together:
        """Return the same, with nothing asked of these tips."""
        others = [tip for tip in self.targets if tip not in tips]
        return replace(self, goal=of_tips(self.goal, tuple(self._numbers(others))))

    def result(self, result: IkResult) -> IkResult:
        """Return what came of `goal` with the errors it leaves of what was told."""
        if self.told is self.goal:
            return result
        position_error, orientation_error = errors_of(self.chain, self.told, result.positions)
        reason = result.reason
        if result.success and self.relaxed:
            reason = TerminationReason.RELAXED
        return replace(result, reason=reason, goal=self.told, position_error=position_error,
                       orientation_error=orientation_error)

    def missed(self, positions: np.ndarray) -> tuple[str, ...]:
        """Return the tips that are not where they are to be with the joints at `positions`."""
        return tuple(tip for tip in self.targets if not self._is_there(tip, positions))

    def _is_there(self, tip: str, positions: np.ndarray) -> bool:
        """Return whether a tip is where it is to be, as far as it can."""
        position_error, orientation_error = self._errors(self.goal, tip, positions)
        return (position_error <= self.options.position_tolerance
                and orientation_error <= self.options.orientation_tolerance)

    def _errors(self, goal: np.ndarray, tip: str, positions: np.ndarray) -> tuple[float, float]:
        """Return position [m] and orientation error [rad] that one tip has of a goal."""
        return errors_of(self.chain, of_tips(goal, tuple(self._numbers([tip]))), positions)

    def to_blame(self, positions: np.ndarray) -> tuple[str, ...]:
        """
        Return those tips that are asked for too much, with what was found for all of them.

        Of tips that share joints, a miss is spread over all: there it is those that are out of
        reach for sure, or else the one that is furthest off. Who only holds is not to blame.
        """
        missed, blamed = self.missed(positions), []
        for group in groups_of(self.chain, tuple(self._numbers(self.targets))):
            tips = [self.chain.tip_links[t] for t in group]
            asked = [tip for tip in tips if tip in self.asked]
            if asked and any(tip in missed for tip in tips):
                blamed += [tip for tip in asked if self._gap(tip) > 0.0] or [
                    max(asked, key=lambda tip: self._size(tip, positions))]
        return tuple(blamed)

    def _size(self, tip: str, positions: np.ndarray) -> float:
        """Return how far off a tip is [m]."""
        position_error, orientation_error = self._errors(self.goal, tip, positions)
        return position_error + self.options.orientation_weight * orientation_error

    def _gap(self, tip: str) -> float:
        """Return how far the target of a tip is out of its reach for sure [m]."""
        t = self._numbers([tip])[0]
        gap = kernels.gap_to_reach(self.goal[t:t + 1], self.chain.arrays[-1][t:t + 1])
        return float(gap) if gap > self.options.position_tolerance else 0.0

    def moved_by(self, joints: np.ndarray) -> tuple[str, ...]:
        """Return the asked tips that any of these joints moves, of a mask of shape (n,)."""
        return tuple(tip for tip in self.asked if (joints & self._joints([tip])).any())

    def asked_joints(self) -> np.ndarray:
        """Return which joints move a tip that is asked, shape (n,)."""
        return self._joints(self.asked)

    def _joints(self, tips: Iterable[str]) -> np.ndarray:
        """Return which joints move one of these tips, shape (n,)."""
        return asked_joints(self.chain, of_tips(self.goal, tuple(self._numbers(tips))))

    def alone(self, tip: str, result: IkResult) -> IkResult:
        """Return what `result` is for one tip."""
        position_error, orientation_error = self._errors(self.told, tip, result.positions)
        gap, relaxed = self._gap(tip), None
        if self._is_there(tip, result.positions):
            relaxed = self.relaxed.get(tip)
            reason = TerminationReason.RELAXED if relaxed else TerminationReason.CONVERGED
        elif gap > 0.0:
            reason = TerminationReason.IMPOSSIBLE
        elif result.success or result.reason is TerminationReason.IMPOSSIBLE:  # of another tip
            reason = TerminationReason.OUT_OF_RESTARTS
        else:
            reason = result.reason
        return replace(
            result, reason=reason, position_error=position_error, relaxed=relaxed,
            orientation_error=orientation_error, out_of_reach=gap,
            goal=of_tips(self.told, tuple(self._numbers([tip]))))

    def _numbers(self, tips: Iterable[str]) -> list[int]:
        """Return the numbers of tips."""
        return [self.chain.tip_links.index(tip) for tip in tips]


class Holding:
    """
    Remembers what each tip of a chain holds.

    Parameters
    ----------
    chain : KinematicChain
        A chain with several tips.

    """

    def __init__(self, chain: KinematicChain) -> None:
        self._chain = chain
        self._held: dict[str, Target] = {}

    def configure(self, options: SolverOptions) -> None:
        """Solve with other options."""
        self._options = options
        found = {tip: relaxation_of(self._chain, options, tip) for tip in self._chain.tip_links}
        self._relaxations: dict[str, Relaxation] = {
            tip: relaxation for tip, relaxation in found.items() if relaxation is not None}

    def let_go(self) -> None:
        """Hold every tip where it is from now on."""
        self._held = {}

    def keep(self, together: Together, positions: np.ndarray) -> None:
        """Hold what the tips were brought to; one that is not there holds where it got."""
        missed = together.missed(positions)
        self._held = {tip: target for tip, target in together.targets.items()
                      if tip not in missed}

    def checked(self, aim: Aim) -> dict[str, Target]:
        """Return targets by tip; raises `ChainError` or `InvalidPoseError` if they are none."""
        tips = self._chain.tip_links
        if not isinstance(aim, Mapping):
            raise ChainError(f'the chain has {len(tips)} tips, {", ".join(tips)}; give a mapping '
                             f'from tips to targets, such as {{{tips[0]!r}: target}}')
        return targets_by_tip(self._chain, aim)

    def together(self, new: Mapping[str, Target], positions: np.ndarray | None) -> Together:
        """Return what tips are newly asked, with what the others hold at `positions` (n,)."""
        targets: dict[str, Target] = {}
        for t, tip in enumerate(self._chain.tip_links):
            target = new.get(tip) or self._held.get(tip)
            if target is None and positions is not None:
                target = PoseTarget(_pose_of(self._chain.tip_frames(positions)[t]))
            if target is not None:
                targets[tip] = target
        told = stacked([targets.get(tip) for tip in self._chain.tip_links])
        goal, relaxed = self._relaxed(told)
        return Together(self._chain, self._options, targets, tuple(new), told, goal, relaxed)

    def _relaxed(self, told: np.ndarray) -> tuple[np.ndarray, dict[str, Mobility]]:
        """Return what the tips can do of a goal, and of which of them that is less."""
        less, relaxed = told.copy(), {}
        for tip, relaxation in self._relaxations.items():
            t = self._chain.tip_links.index(tip)
            if is_full(told[t:t + 1]):
                less[t:t + 1] = relaxation.goal(told[t:t + 1])
                relaxed[tip] = relaxation.mobility
        return (_frozen(less), relaxed) if relaxed else (told, relaxed)


def _pose_of(frame: np.ndarray) -> Pose:
    """Return the pose of a tip from its frame, shape (12,)."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = frame[:9].reshape(3, 3), frame[9:]
    return Pose.from_matrix(matrix)


def _frozen(array: np.ndarray) -> np.ndarray:
    """Return `array` made read-only."""
    array.flags.writeable = False
    return array
