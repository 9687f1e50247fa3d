"""
Mobility: which of the six axes of its tip a chain can control.

An arm of four or five joints, or one whose joints all turn about parallel axes, cannot bring its
tip to any pose: what it can be asked for is a pose with some axes left free. Which axes, follows
from the Jacobians of the chain over the range of its joints. At one posture the columns of the
Jacobian span the twists that the tip can make, a subspace of as many dimensions as the chain
controls axes. Axes can be held together if the subspace, seen along these axes alone, keeps its
dimensions, and the better, the less it is foreshortened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.target import AXES, TargetFrame
import numpy as np

SAMPLES, SEED = 200, 0
"""Postures that are looked at, evenly over the range of the joints, and the stream they are of."""

RANK_TOLERANCE = 5e-3
"""
Part of the greatest motion that still counts as motion.

URDFs round: an axis turned by 3.14 for pi is 1.6e-3 rad off and lets a planar arm leave its plane
by that much. The least that one of 42 real robots does on purpose is 0.12.
"""

GENERIC = 0.9
"""Quantile over the postures that tells the rank: most are not singular."""

SHARE_MIN = 0.02
"""
Foreshortening, in the mean over the postures, below which axes do not count as held together.

As above: a planar arm with a rounded axis would hold its height by turning like mad.
"""

FRAME_MARGIN = 1.02
"""The axes of the target are taken where they are better than those of the base by this factor."""

SHORTEST_LEVER = 1e-3
"""A shorter lever [m] is what rounding left of none: the joint turns the tip on the spot."""


@dataclass(frozen=True)
class Mobility:
    """
    What a chain controls of a tip: ``PoseTarget(pose, free=m.free, frame=m.frame)`` asks for that.

    Attributes
    ----------
    rank : int
        How many of the six axes the chain controls, but for single postures.
    held : tuple of str
        The axes that a target can hold, of ``x y z rx ry rz``; as many as `rank`.
    free : tuple of str
        The other axes; what they do follows from those held.
    frame : TargetFrame
        Whose axes these are: those of the base or those of the target.

    Raises
    ------
    OptionsError
        If the axes are not each there once, or not as many are held as `rank` says.

    """

    rank: int
    held: tuple[str, ...]
    free: tuple[str, ...]
    frame: TargetFrame

    def __post_init__(self) -> None:
        """Check that every axis is there once."""
        if sorted(self.held + self.free) != sorted(AXES) or len(self.held) != self.rank:
            raise OptionsError(
                f'held is {self.held} and free is {self.free} with rank {self.rank}; each of '
                f'{", ".join(AXES)} must be in one of the two, {self.rank} of them in held')

    @property
    def sentence(self) -> str:
        """What the chain controls, in words."""
        if self.rank == 0:
            return 'controls none of 6 axes: no joint moves the tip'
        held = [*self._places(self.held), *self._turns(self.held)]
        if not self.free:
            return f'controls all 6 axes: holds {" and ".join(held)}'
        free = [*self._places(self.free), *self._turns(self.free)]
        verb = 'follows' if len(free) == 1 and 'turns' not in free[0] else 'follow'
        return (f'controls {self.rank} of 6 axes: holds {" and ".join(held)}; '
                f'{" and ".join(free)} {verb} from {"it" if len(held) == 1 else "them"}')

    def _places(self, axes: tuple[str, ...]) -> list[str]:
        """Return what `axes` hold or free of the position, in a list of at most one phrase."""
        along = [axis for axis in axes if len(axis) == 1]
        if len(along) == 3:
            return ['the position']
        return [f'the position along {self._whose} {" and ".join(along)}'] if along else []

    def _turns(self, axes: tuple[str, ...]) -> list[str]:
        """Return what `axes` hold or free of the orientation, in a list of at most one phrase."""
        about = [axis[1] for axis in axes if len(axis) == 2]
        if len(about) == 3:
            return ['the orientation']
        if len(about) == 2 and axes is self.held and self.frame is TargetFrame.TARGET:
            spin = next(axis[1] for axis in self.free if len(axis) == 2)
            return [f'the direction of the {spin} axis of the tip']
        turn = 'turn' if len(about) == 1 else 'tilt' if axes is self.held else 'turns'
        return [f'the {turn} about {self._whose} {" and ".join(about)}'] if about else []

    @property
    def _whose(self) -> str:
        """Whose axes these are: where all held axes are met, those of the target are the tip's."""
        return 'tip' if self.frame is TargetFrame.TARGET else 'base'


def mobility_of(chain: KinematicChain, tip_link: str | None = None) -> Mobility:
    """
    Find the axes of a tip that a chain can control.

    As many position axes as possible come first; among the sets of axes with these, the one wins
    whose share of the motion of the tip is greatest in the mean over the postures. It takes a few
    milliseconds, and the same chain always gives the same answer.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    tip_link : str, optional
        Which tip; default the first.

    Returns
    -------
    Mobility
        The axes to hold and to leave free, and whose axes they are.

    Raises
    ------
    ChainError
        If `tip_link` is not a tip of the chain.

    """
    postures = _postures(chain)
    motions = _motions(chain, postures, tip_link)
    spans, sizes, _ = np.linalg.svd(motions, full_matrices=False)
    rank = _rank(sizes)
    if rank in (0, len(AXES)):
        held: tuple[int, ...] = tuple(range(rank))
        return _mobility(held, TargetFrame.BASE)
    spans = spans[:, :, :rank]
    held, best = _best_axes(spans)
    if sum(axis < 3 for axis in held) < 3:
        # Along the axes of a target only if all three are held: a target is wanted in an
        # orientation that has nothing to do with the plane that the tip can move in.
        return _mobility(held, TargetFrame.BASE)
    in_tip, better = _best_axes(_in_tip(chain, postures, tip_link, spans))
    if better > FRAME_MARGIN * best:
        return _mobility(in_tip, TargetFrame.TARGET)
    return _mobility(held, TargetFrame.BASE)


def _mobility(held: tuple[int, ...], frame: TargetFrame) -> Mobility:
    """Return the mobility with the axes of these numbers `held`."""
    return Mobility(
        rank=len(held), held=tuple(AXES[i] for i in held),
        free=tuple(axis for i, axis in enumerate(AXES) if i not in held), frame=frame)


def _postures(chain: KinematicChain) -> np.ndarray:
    """Return joint vectors inside the limits, shape (SAMPLES, n) [rad or m]."""
    shares = np.random.default_rng(SEED).uniform(size=(SAMPLES, chain.size))
    # Not low + share * (high - low), which overflows between large limits.
    return (1.0 - shares) * chain.bounds[2] + shares * chain.bounds[3]


def _motions(chain: KinematicChain, postures: np.ndarray, tip_link: str | None) -> np.ndarray:
    """
    Return how each joint moves the tip, shape (SAMPLES, 6, n), in comparable numbers.

    These are the columns of the Jacobian. A length counts by the lever that is typical of the
    chain, so that it weighs as much as a radian in a finger and in a crane. A column counts by
    what the joint can do: all its range where that is short, so that a joint that hardly moves
    hardly counts; and where it is not, all joints alike, geared or not.
    """
    motions = np.array([chain.jacobian(q, tip_link) for q in postures])
    half_range = 0.5 * chain.bounds[3] - 0.5 * chain.bounds[2]
    motions[:, :3] /= _lever(motions, half_range)
    effect = np.sqrt(np.mean(np.sum(motions ** 2, axis=1), axis=0))
    return motions * np.minimum(half_range, 1.0 / np.maximum(effect, 1e-300))


def _lever(jacobians: np.ndarray, half_range: np.ndarray) -> float:
    """Return the length [m] by which the chain typically turns a radian into a way of the tip."""
    ways = np.linalg.norm(jacobians[:, :3], axis=1)
    turns = np.linalg.norm(jacobians[:, 3:], axis=1)
    turning = turns > 1e-6
    if turning.any():
        lever = float(np.median(ways[turning] / turns[turning]))
        if lever > SHORTEST_LEVER:
            return lever
    # Nothing but slides, and turns on the spot: what the slides can do.
    slides = np.where(turning, 0.0, ways * half_range)
    return max(float(slides.max()), SHORTEST_LEVER)


def _rank(sizes: np.ndarray) -> int:
    """Return the rank that almost all postures have, from singular values (SAMPLES, k)."""
    if not sizes.any():
        return 0
    relative = sizes / np.maximum(sizes[:, :1], 1e-300)
    return int(np.sum(np.quantile(relative, GENERIC, axis=0) > RANK_TOLERANCE))


def _best_axes(spans: np.ndarray) -> tuple[tuple[int, ...], float]:
    """
    Return which axes are held best, and how well from 0 to 1.

    Parameters
    ----------
    spans : ndarray, shape (SAMPLES, 6, rank)
        At each posture an orthonormal basis of the twists that the tip can make.

    """
    rank = spans.shape[2]
    found: tuple[tuple[int, ...], float] = (tuple(range(rank)), 0.0)
    for positions in range(min(rank, 3), -1, -1):
        for held in combinations(range(6), rank):
            if sum(axis < 3 for axis in held) == positions:
                share = _share(spans, held)
                if share > max(found[1], SHARE_MIN):
                    found = held, share
        if found[1] > 0.0:
            break
    return found


def _share(spans: np.ndarray, held: Sequence[int]) -> float:
    """
    Return how much of the motion of the tip is along and about the axes `held`, from 0 to 1.

    The determinant is the product of the cosines between the twists that the tip can make and the
    axes: 1 where these are the same, and 0 where the tip can move without moving along or about
    any of them, so that they do not tell where it is.
    """
    return float(np.mean(np.abs(np.linalg.det(spans[:, held, :]))))


def _in_tip(chain: KinematicChain, postures: np.ndarray, tip_link: str | None,
            spans: np.ndarray) -> np.ndarray:
    """Return `spans` (SAMPLES, 6, rank), given in the base, in the axes of the tip."""
    tip = chain.tip_links.index(tip_link) if tip_link else 0
    frames = np.array([chain.tip_frames(q)[tip] for q in postures])
    rotations = frames[:, :9].reshape(-1, 3, 3).transpose(0, 2, 1)
    return np.concatenate([rotations @ spans[:, :3], rotations @ spans[:, 3:]], axis=1)
