"""What the caller of a solve gives, targets and seed, checked and as the kernels take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError
from ik_solver_node.pose import as_vector, Pose, ROTATION_SLACK, shown
from ik_solver_node.target import PoseTarget, stacked, Target, TARGETS
import numpy as np
from numpy.typing import ArrayLike

Request = Target | Pose | Sequence[Target | Pose | None] | Mapping[str, Target | Pose]
"""What `solve` takes as a target: of the only tip, or of each of several tips."""
Requests = list[Request] | tuple[Request, ...] | np.ndarray
"""Many of them; an array is one of transforms (N, 4, 4) or points (N, 3), in [m]."""

NOTHING_ASKED = 'nothing is asked of any tip; give at least one a target'


def goal_of(chain: KinematicChain, target: Request) -> np.ndarray:
    """Return what is asked of the tips as the kernels take it, shape (m, GOAL_SIZE)."""
    tips = chain.tip_links
    if isinstance(target, TARGETS) and len(tips) == 1:
        return target.goal
    if isinstance(target, (Pose, *TARGETS)):
        targets: Sequence[Target | Pose | None] = [target]
    elif isinstance(target, Mapping):
        known = targets_by_tip(chain, target)
        targets = [known.get(tip) for tip in tips]
    elif isinstance(target, (list, tuple)):
        targets = target
    else:
        raise no_target(target)
    if len(targets) != len(tips):
        raise ChainError(f'the chain has {len(tips)} tips, {", ".join(tips)}, but '
                         f'{len(targets)} targets were given; give one for each, None where '
                         'nothing is asked')
    if all(one is None for one in targets):
        raise InvalidPoseError(NOTHING_ASKED)
    return stacked([_as_target(one) for one in targets])


def targets_by_tip(chain: KinematicChain,
                   targets: Mapping[str, Target | Pose]) -> dict[str, Target]:
    """Return the targets of a mapping in the order of the tips, if they are some of them."""
    unknown = [name for name in targets if name not in chain.tip_links]
    if unknown:
        raise ChainError(f'there is a target for {unknown[0]!r}, but the tips of the chain '
                         f'are {", ".join(chain.tip_links)}')
    checked = {tip: _as_target(targets[tip]) for tip in chain.tip_links if tip in targets}
    known = {tip: target for tip, target in checked.items() if target is not None}
    if not known:
        raise InvalidPoseError(NOTHING_ASKED)
    return known


def check_targets(targets: Any) -> None:
    """Refuse what holds no targets."""
    if not isinstance(targets, (list, tuple, np.ndarray)):
        raise InvalidPoseError(f'targets must be a sequence or an array of targets, got '
                               f'{shown(targets)}')


def goals_of(chain: KinematicChain, targets: Requests, part: slice) -> np.ndarray:
    """Return what is asked by a part of the targets as the kernels take it, (c, m, GOAL_SIZE)."""
    if isinstance(targets, np.ndarray) and targets.dtype != object:
        goals = _goals_of_array(chain, targets, part)
    else:
        goals = np.empty((part.stop - part.start, len(chain.tip_links), kernels.GOAL_SIZE))
        for i in range(part.start, part.stop):
            try:
                goals[i - part.start] = goal_of(chain, targets[i])
            except ValueError as error:
                raise type(error)(f'target number {i}: {error}') from error
    goals.flags.writeable = False
    return goals


def _goals_of_array(chain: KinematicChain, targets: np.ndarray, part: slice) -> np.ndarray:
    """Return goals of transforms (N, 4, 4) or points (N, 3)."""
    if len(chain.tip_links) != 1 or targets.shape[1:] not in ((4, 4), (3,)):
        raise InvalidPoseError(
            f'targets have shape {targets.shape}, but an array of targets must have shape '
            f'(N, 4, 4) or (N, 3), for a chain with one tip; this one has '
            f'{len(chain.tip_links)}')
    some = targets[part].astype(np.float64)
    goals = np.zeros((len(some), 1, kernels.GOAL_SIZE))
    goals[:, 0, kernels.G_WEIGHT] = 1.0
    goals[:, 0, kernels.G_ROTATION:kernels.G_ROTATION + 9] = np.eye(3).ravel()
    bad = ~np.isfinite(some).reshape(len(some), -1).all(axis=1)
    if some.ndim == 3:
        turns = some[:, :3, :3]
        skew = np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).reshape(len(some), -1).max(1)
        bad |= ~(skew <= ROTATION_SLACK)
        bad[~bad] = np.linalg.det(turns[~bad]) < 0.0
        bad |= (some[:, 3] != [0.0, 0.0, 0.0, 1.0]).any(axis=1)
        goals[:, 0, kernels.G_WEIGHT + 1] = 1.0
        goals[:, 0, kernels.G_ROTATION:kernels.G_ROTATION + 9] = turns.reshape(-1, 9)
        some = some[:, :3, 3]
    if bad.any():
        which = part.start + int(np.argmax(bad))
        raise InvalidPoseError(f'target number {which} is no finite right-handed rigid transform '
                               f'or point: {targets[which].tolist()}')
    goals[:, 0, kernels.G_AXES:kernels.G_AXES + 9] = (
        goals[:, 0, kernels.G_ROTATION:kernels.G_ROTATION + 9])
    goals[:, 0, kernels.G_POSITION:kernels.G_POSITION + 3] = some
    return goals


def _as_target(target: Target | Pose | None) -> Target | None:
    """Return what is asked of one tip as a target."""
    if target is None or isinstance(target, TARGETS):
        return target
    if isinstance(target, Pose):
        return PoseTarget(target)
    raise no_target(target)


def no_target(value: Any) -> InvalidPoseError:
    """Return what to say of something that is no target."""
    return InvalidPoseError('target must be a Pose or one of '
                            f'{", ".join(kind.__name__ for kind in TARGETS)}, got {shown(value)}')


def seed_of(chain: KinematicChain, seed: ArrayLike | None) -> np.ndarray:
    """Return a new vector (n,) with the seed, which the kernels check for finite numbers."""
    if seed is None:
        return chain.mid_range()
    try:
        positions = np.array(seed, dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        positions = np.empty(0)
    if positions.shape != (chain.size,):
        as_vector(seed, chain.size, 'seed')
    return positions
