"""What the caller of a solve gives, targets and seed, checked and as the kernels take it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError
from ik_solver_node.pose import as_vector, Pose, shown
from ik_solver_node.target import PoseTarget, stacked, Target, TARGETS
import numpy as np
from numpy.typing import ArrayLike

Request = Target | Pose | Sequence[Target | Pose | None] | Mapping[str, Target | Pose]
"""What `solve` takes as a target: of the only tip, or of each of several tips."""


def goal_of(chain: KinematicChain, target: Request) -> np.ndarray:
    """Return what is asked of the tips as the kernels take it, shape (m, GOAL_SIZE)."""
    tips = chain.tip_links
    if isinstance(target, TARGETS) and len(tips) == 1:
        return target.goal
    if isinstance(target, (Pose, *TARGETS)):
        targets: Sequence[Target | Pose | None] = [target]
    elif isinstance(target, Mapping):
        unknown = [name for name in target if name not in tips]
        if unknown:
            raise ChainError(f'there is a target for {unknown[0]!r}, but the tips of the chain '
                             f'are {", ".join(tips)}')
        targets = [target.get(tip) for tip in tips]
    elif isinstance(target, (list, tuple)):
        targets = target
    else:
        raise no_target(target)
    if len(targets) != len(tips):
        raise ChainError(f'the chain has {len(tips)} tips, {", ".join(tips)}, but '
                         f'{len(targets)} targets were given; give one for each, None where '
                         'nothing is asked')
    if all(one is None for one in targets):
        raise InvalidPoseError('nothing is asked of any tip; give at least one a target')
    return stacked([_as_target(one) for one in targets])


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
