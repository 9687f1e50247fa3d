"""A kinematic chain: the part of a robot between a base link and its tips, ready to compute."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
import math
from types import MappingProxyType
from typing import Any

from ik_solver_node import kernels
from ik_solver_node.exceptions import ChainError
from ik_solver_node.pose import as_vector, Pose
from ik_solver_node.reach import reach_of
from ik_solver_node.robot_model import Joint, JointType, listed, RobotModel, similar
import numpy as np
from numpy.typing import ArrayLike
from transforms3d.axangles import axangle2mat

UNLIMITED = 1e4
"""A limit beyond this is how some exporters write infinity [rad or m]: nobody starts there."""
MOST_TURNS = 4
"""Random starts of a joint with a wider range than so many turns are within one turn."""

Limits = Mapping[str, tuple[float, float]]
Step = tuple[Joint, bool]
"""A joint on the way from base to tip, and whether it is passed from parent to child."""


@dataclass(frozen=True, eq=False)
class KinematicChain:
    """
    The joints between a base link and one or more tip links.

    `n` independent joints move the chain; `joint_names` is their order in every joint vector
    ``q``. Mimic joints follow and locked joints stay: neither is in ``q``. Joint values are in
    [rad] for revolute and continuous joints and in [m] for prismatic ones. Make one with
    `from_model`.

    Attributes
    ----------
    model : RobotModel
        The robot this chain is part of.
    base_link : str
        The link whose frame poses are given in.
    tip_links : tuple of str
        The links that are to be moved to targets.
    joint_names : tuple of str, length n
        The independent joints.
    lower, upper : ndarray, shape (n,)
        Limits [rad or m]; infinite where there is none.
    velocity : ndarray, shape (n,)
        Velocity limits [rad/s or m/s]; infinite where there is none.
    limits : Mapping
        Limits that replace those of the URDF, by joint [rad or m].
    locked : Mapping
        Names and positions [rad or m] of the joints that were locked.
    constants, topology, bounds : ndarray
        The same as flat arrays, in the layout of ``kernels.Chain``.

    """

    model: RobotModel
    base_link: str
    tip_links: tuple[str, ...]
    joint_names: tuple[str, ...]
    lower: np.ndarray
    upper: np.ndarray
    velocity: np.ndarray
    limits: Limits
    locked: Mapping[str, float]
    constants: np.ndarray
    topology: np.ndarray
    bounds: np.ndarray

    def __post_init__(self) -> None:
        """Make the arrays read-only."""
        _freeze(vars(self).values())

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle through the constructor: writeable arrays would compile anew."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        values.update(limits=dict(self.limits), locked=dict(self.locked))
        return _rebuilt, (values,)

    @classmethod
    def from_model(cls, model: RobotModel, base_link: str | None = None,
                   tip_links: Sequence[str] | None = None, *,
                   limits: Limits | None = None,
                   locked: Mapping[str, float] | None = None) -> KinematicChain:
        """
        Build the chain from `base_link` to each of `tip_links`.

        The way may lead towards the root first and out again: base and tips can be any links.

        Parameters
        ----------
        model : RobotModel
            The robot.
        base_link : str, optional
            Default: the root link.
        tip_links : sequence of str, optional
            Default: the one leaf link, if there is only one.
        limits : mapping of str to (lower, upper), optional
            Position limits that replace those of the URDF [rad or m]; infinite for none.
        locked : mapping of str to float, optional
            Joints that stay at a fixed position [rad or m].

        Raises
        ------
        ChainError
            If a link or joint is unknown, a tip must be chosen or is there twice, nothing can
            move, a joint on the way is planar or floating, or limits are contradictory.

        """
        base = known_link(model, base_link, 'base_link') if base_link else model.root_link
        tips = tuple(known_link(model, tip, 'tip_links') for tip in tip_links or ())
        tips = tips or (_only_leaf(model),)
        for number, tip in enumerate(tips):
            if tip in tips[:number]:
                raise ChainError(f'tip_links has {tip!r} twice; name each tip once')
        limits, locked = dict(limits or {}), dict(locked or {})
        _check_overrides(model, limits, locked)
        frames = _Frames(model, locked)
        for tip in tips:
            frames.add_path(_path(model, base, tip))
        if not frames.variables:
            raise ChainError(
                f'no joint can move between base_link {base!r} and tip_links {list(tips)}; '
                f'choose other links, known are: {listed(model.links)}')
        bounds = np.array([_bounds(model, name, limits) for name in frames.variables]).T.copy()
        constants, topology = frames.arrays()
        velocity = np.array([_velocity(model, name) for name in frames.variables])
        return cls(model, base, tips, tuple(frames.variables), bounds[0], bounds[1], velocity,
                   MappingProxyType(limits), MappingProxyType(locked), constants, topology,
                   bounds)

    @property
    def size(self) -> int:
        """Number `n` of independent joints."""
        return len(self.joint_names)

    @cached_property
    def arrays(self) -> tuple[np.ndarray, ...]:
        """The chain as the kernels take it, with its table of starts: see ``kernels.Chain``."""
        starts = np.empty((kernels.STARTS, self.size))
        start_tips = np.empty((len(self.tip_links), 12, kernels.STARTS))
        kernels.tabulate(self.constants, self.topology, self.bounds, starts, start_tips)
        first_tip = len(self.topology) - len(self.tip_links)
        reach = np.array([reach_of(self.constants, self.topology, self.bounds, first_tip + t)
                          for t in range(len(self.tip_links))])
        _freeze((starts, start_tips, reach))
        return self.constants, self.topology, self.bounds, starts, start_tips, reach

    @cached_property
    def indifference(self) -> np.ndarray:
        """Return the preferences of someone who has none, as the kernels take them."""
        rows = np.zeros((kernels.PREFERENCES, self.size))
        rows[kernels.P_METRIC] = 1.0
        _freeze([rows])
        return rows

    def forward_kinematics(self, q: ArrayLike, tip_link: str | None = None) -> Pose:
        """
        Return the pose of a tip in the base frame.

        Parameters
        ----------
        q : array_like, shape (n,)
            Joint positions [rad or m]; they may lie outside the limits.
        tip_link : str, optional
            Which tip; default the first.

        """
        frame = self.tip_frames(q)[self._tip_index(tip_link)]
        matrix = np.eye(4)
        matrix[:3, :3] = frame[:9].reshape(3, 3)
        matrix[:3, 3] = frame[9:]
        return Pose.from_matrix(matrix)

    def tip_frames(self, q: ArrayLike) -> np.ndarray:
        """
        Return the frames of all tips in the base, shape (m, 12).

        A row is a rotation matrix row by row and a position [m]: quicker than
        `forward_kinematics`, which checks and names them.
        """
        frames = np.empty((len(self.topology), 12))
        kernels.tip_frames(self.constants, self.topology, as_vector(q, self.size, 'q'), frames)
        return frames[len(self.topology) - len(self.tip_links):]

    def jacobian(self, q: ArrayLike, tip_link: str | None = None) -> np.ndarray:
        """
        Return the geometric Jacobian of a tip, shape (6, n).

        Rows are linear velocity [m/s] of the tip's origin, then angular velocity [rad/s], both in
        the base frame, per unit of joint velocity.
        """
        frames = np.empty((len(self.topology), 12))
        transposed = np.empty((self.size, 6))
        kernels.tip_jacobian(self.constants, self.topology, as_vector(q, self.size, 'q'), frames,
                             len(self.topology) - len(self.tip_links) + self._tip_index(tip_link),
                             transposed)
        return transposed.T

    @cached_property
    def gains(self) -> np.ndarray:
        """How far what mimics each joint moves when it moves, at least 1, shape (n,)."""
        gains = np.array([max(abs(multiplier) for _, multiplier, _ in self.model.followers(name))
                          for name in self.joint_names])
        _freeze([gains])
        return gains

    def clip(self, q: ArrayLike) -> np.ndarray:
        """Return `q` (n,) moved inside the limits."""
        return np.minimum(np.maximum(as_vector(q, self.size, 'q'), self.lower), self.upper)

    def mid_range(self) -> np.ndarray:
        """Return the middle of each joint's range, shape (n,); 0 or the limit where unlimited."""
        bounded = (self.lower > -UNLIMITED) & (self.upper < UNLIMITED)
        middle = np.zeros(self.size)
        # Halved first: the sum of large limits would overflow.
        middle[bounded] = 0.5 * self.lower[bounded] + 0.5 * self.upper[bounded]
        return np.minimum(np.maximum(middle, self.lower), self.upper)

    def joint_positions(self, q: ArrayLike) -> dict[str, float]:
        """
        Return the position of every joint that `q` (n,) determines, by name [rad or m].

        The independent joints come first, then the joints of the whole robot that mimic them,
        then locked joints and their mimics.
        """
        sources = dict(zip(self.joint_names, as_vector(q, self.size, 'q').tolist()))
        sources.update(self.locked)
        positions = dict(sources)
        for joint in self.model.joints:
            if joint.mimic is not None:
                source, multiplier, offset = self.model.resolve_mimic(joint.name)
                if source in sources:
                    positions[joint.name] = multiplier * sources[source] + offset
        return positions

    def _tip_index(self, tip_link: str | None) -> int:
        """Return the number of a tip."""
        if tip_link is None:
            tip_link = self.tip_links[0]
        if tip_link not in self.tip_links:
            raise ChainError(f'{tip_link!r} is not a tip of this chain, whose tips are '
                             f'{listed(self.tip_links)}')
        return self.tip_links.index(tip_link)


def _freeze(values: Iterable[Any]) -> None:
    """Make the arrays among `values` read-only."""
    for value in values:
        if isinstance(value, np.ndarray):
            value.flags.writeable = False


def _rebuilt(values: dict[str, Any]) -> KinematicChain:
    """Return the chain that was copied or pickled."""
    return KinematicChain(**dict(values, limits=MappingProxyType(values['limits']),
                                 locked=MappingProxyType(values['locked'])))


class _Frames:
    """Collects the frames of a tree, path by path, in the layout of ``kernels.Chain``."""

    def __init__(self, model: RobotModel, locked: Mapping[str, float]) -> None:
        self.model = model
        self.locked = locked
        self.variables: list[str] = []
        self._joints: list[tuple[np.ndarray, tuple[int, int, int]]] = []
        self._tips: list[tuple[np.ndarray, tuple[int, int, int]]] = []
        self._seen: dict[tuple[str, bool], int] = {}

    def add_path(self, path: Sequence[Step]) -> None:
        """Add the joints on `path` that are not there yet, and a tip at its end."""
        parent, pending = -1, np.eye(4)
        for joint, outward in path:
            if not outward:
                parent, pending = self._pass(joint, -1.0, parent, pending)
                pending = pending @ np.linalg.inv(joint.T_parent_joint)
            else:
                parent, pending = self._pass(joint, 1.0, parent, pending @ joint.T_parent_joint)
        self._tips.append((_constant(pending, 0.0, 0.0), (parent, -1, kernels.TIP)))

    def arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return the arrays `constants` and `topology`, joints first, then tips."""
        frames = self._joints + self._tips
        return (np.array([constant for constant, _ in frames]),
                np.array([topology for _, topology in frames], dtype=np.int64))

    def _pass(self, joint: Joint, sign: float, parent: int,
              pending: np.ndarray) -> tuple[int, np.ndarray]:
        """Go through the motion of `joint`; return the frame and transform on its other side."""
        if joint.type is JointType.FIXED:
            return parent, pending
        if not joint.type.is_movable:
            raise ChainError(
                f'joint {joint.name!r} between {joint.parent!r} and {joint.child!r} is '
                f'{joint.type.value}; on a chain only revolute, continuous, prismatic and fixed '
                'joints are allowed: choose a base_link or tip_links on one side of it')
        source, multiplier, offset = self.model.resolve_mimic(joint.name)
        if source in self.locked:
            value = sign * (multiplier * self.locked[source] + offset)
            return parent, pending @ _motion(joint, value)
        aligned = _align_z(joint.axis)
        if (joint.name, sign > 0.0) not in self._seen:
            if source not in self.variables:
                self.variables.append(source)
            kind = (kernels.PRISMATIC if joint.type is JointType.PRISMATIC else kernels.REVOLUTE)
            constant = _constant(pending @ aligned, sign * multiplier, sign * offset)
            self._seen[joint.name, sign > 0.0] = len(self._joints)
            self._joints.append((constant, (parent, self.variables.index(source), kind)))
        return self._seen[joint.name, sign > 0.0], aligned.T


def _constant(transform: np.ndarray, multiplier: float, offset: float) -> np.ndarray:
    """Return one row of ``kernels.Chain.constants``."""
    return np.concatenate([transform[:3, :3].ravel(), transform[:3, 3], [multiplier, offset]])


def _align_z(axis: np.ndarray) -> np.ndarray:
    """Return a rotation as (4, 4) whose z axis is the unit vector `axis` (3,)."""
    transform = np.eye(4)
    helper = np.eye(3)[np.argmin(np.abs(axis))]
    x = np.cross(helper, axis)
    x /= np.linalg.norm(x)
    transform[:3, :3] = np.column_stack([x, np.cross(axis, x), axis])
    return transform


def _motion(joint: Joint, value: float) -> np.ndarray:
    """Return the transform (4, 4) of a joint at `value` [rad or m]."""
    transform = np.eye(4)
    if joint.type is JointType.PRISMATIC:
        transform[:3, 3] = value * joint.axis
    else:
        transform[:3, :3] = axangle2mat(joint.axis, value, is_normalized=True)
    return transform


def known_link(model: RobotModel, link: str, parameter: str) -> str:
    """
    Return `link` if the model has it.

    Raises
    ------
    ChainError
        If it has not; `parameter` is what asked for it.

    """
    if link not in model.links:
        raise ChainError(f'{parameter} {link!r} is not a link of robot {model.name!r}; '
                         f'{similar(link, model.links)}known links are: {listed(model.links)}')
    return link


def _only_leaf(model: RobotModel) -> str:
    """Return the one leaf link, or say that the user must choose."""
    leaves = model.leaf_links
    if len(leaves) != 1:
        raise ChainError(
            f'robot {model.name!r} ends in {len(leaves)} links, so the tip must be chosen: set '
            f'tip_links to one of them or to any other link; they are: {listed(leaves)}')
    return leaves[0]


def _path(model: RobotModel, base: str, tip: str) -> list[Step]:
    """Return the joints from `base` to `tip`, through the link where their branches meet."""
    from_base, from_tip = _to_root(model, base), _to_root(model, tip)
    while from_base and from_tip and from_base[-1] is from_tip[-1]:
        from_base.pop()
        from_tip.pop()
    return ([(joint, False) for joint in from_base]
            + [(joint, True) for joint in reversed(from_tip)])


def _to_root(model: RobotModel, link: str) -> list[Joint]:
    """Return the joints from `link` up to the root."""
    joints = []
    joint = model.parent_joint(link)
    while joint is not None:
        joints.append(joint)
        joint = model.parent_joint(joint.parent)
    return joints


def _check_overrides(model: RobotModel, limits: Limits, locked: Mapping[str, float]) -> None:
    """Refuse limits and locks for joints that do not exist or do not move by themselves."""
    movable = [joint.name for joint in model.joints if joint.type.is_movable]
    for names, allowed, what in ((limits, movable, 'limited: it is not a movable joint'),
                                 (locked, model.movable_joint_names,
                                  'locked: it is not an independently movable joint')):
        for name in names:
            if name not in allowed:
                raise ChainError(f'joint {name!r} cannot be {what} of robot {model.name!r}, '
                                 f'which are: {listed(allowed)}')
    for name, (lower, upper) in limits.items():
        if not (lower <= upper and lower < np.inf and upper > -np.inf):
            raise ChainError(f'the limits of joint {name!r} are [{lower}, {upper}], but the lower '
                             'one must not be above the upper one, nor may no position be left')
    for name, position in locked.items():
        lower, upper = position_range(model, name, limits)
        if not (lower <= position <= upper and math.isfinite(position)):
            raise ChainError(f'joint {name!r} cannot be locked at {position}: its limits are '
                             f'[{lower}, {upper}]')


def position_range(model: RobotModel, source: str, limits: Limits) -> tuple[float, float]:
    """
    Return where an independent joint may be for itself and all that mimic it [rad or m].

    Parameters
    ----------
    model : RobotModel
        The robot.
    source : str
        The joint.
    limits : mapping of str to (lower, upper)
        Limits that replace those of the URDF.

    Raises
    ------
    ChainError
        If the limits of a mimic joint leave no position.

    """
    lower, upper = -math.inf, math.inf
    for joint, multiplier, offset in model.followers(source):
        own = limits.get(joint.name, (joint.lower, joint.upper))
        low, high = _range_for(own, multiplier, offset)
        lower, upper = max(lower, low), min(upper, high)
        if not (lower <= upper and lower < math.inf and upper > -math.inf):
            raise ChainError(
                f'joint {joint.name!r} mimics {source!r} ({multiplier:g} times, offset '
                f'{offset:g}) with limits {list(own)}, which no position of {source!r} meets; '
                f'correct the URDF, or set limits for {joint.name!r}')
    return lower, upper


def _range_for(own: tuple[float, float], multiplier: float, offset: float) -> tuple[float, float]:
    """Return where a source keeps one follower within its `own` limits."""
    if multiplier == 0.0:  # it stands still, wherever the source is
        return (-math.inf, math.inf) if own[0] <= offset <= own[1] else (math.inf, -math.inf)
    low, high = sorted((end - offset) / multiplier for end in own)
    return low, high


def _bounds(model: RobotModel, source: str, limits: Limits) -> tuple[float, ...]:
    """
    Return a column of ``kernels.Chain.bounds`` for an independent joint.

    A joint may be turned by its period without moving anything: 2 pi, if all that it drives turns
    by whole turns.
    """
    lower, upper = position_range(model, source, limits)
    period = 2.0 * np.pi
    for joint, multiplier, _ in model.followers(source):
        if joint.type is JointType.PRISMATIC or multiplier != round(multiplier):
            period = 0.0
    turns = model.joint(source).type is not JointType.PRISMATIC
    low, high = _draw_range(lower, upper, np.pi if turns else 1.0)
    if turns and high - low > 2.0 * MOST_TURNS * np.pi:
        # Over very many turns the draws would lose precision, and gain nothing.
        centre = min(max(0.0, low + np.pi), high - np.pi)
        low, high = centre - np.pi, centre + np.pi
    return lower, upper, low, high, period


def _draw_range(lower: float, upper: float, reach: float) -> tuple[float, float]:
    """Return where random starts are drawn: the range, or `reach` to each side if unlimited."""
    if lower > -UNLIMITED and upper < UNLIMITED:
        return lower, upper
    if abs(lower) < UNLIMITED:
        return lower, lower + 2.0 * reach
    if abs(upper) < UNLIMITED:
        return upper - 2.0 * reach, upper
    centre = min(max(0.0, lower), upper)
    return max(centre - reach, lower), min(centre + reach, upper)


def _velocity(model: RobotModel, source: str) -> float:
    """Return the velocity [rad/s or m/s] at which a joint keeps all it drives within limits."""
    return min(joint.velocity / abs(multiplier)
               for joint, multiplier, _ in model.followers(source) if multiplier != 0.0)
