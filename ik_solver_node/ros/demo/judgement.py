"""
What the referee of the demo is told, and what it says: values that all its judges share.

Nothing here waits or talks. All stamps are in nanoseconds of one clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
import math
from typing import Protocol, TypeVar

from ik_solver_node.ros.demo.arm import RefereeArm
import numpy as np

MEMORY = 1000
"""So many answers and joint states are kept while they wait for what belongs to them."""

T = TypeVar('T')


class Ruling(str, Enum):
    """What the referee says about one target, or about the tip at one moment."""

    REACHED = 'reached'
    MISSED = 'MISSED'
    REFUSED = 'refused'
    FALSE_CLAIM = 'FALSE CLAIM'
    REPLACED = 'replaced on the way'
    FOLLOWING = 'following'
    ARRIVED = 'stands at the target'
    OFF_PATH = 'OFF THE PATH'

    @property
    def is_good(self) -> bool:
        """Whether the node did what can be asked of it."""
        return self not in (Ruling.MISSED, Ruling.FALSE_CLAIM, Ruling.OFF_PATH)

    @property
    def stands_out(self) -> bool:
        """Whether each such ruling is worth a row."""
        return self not in (Ruling.REACHED, Ruling.FOLLOWING, Ruling.OFF_PATH)


@dataclass(frozen=True)
class Answer:
    """
    What the node says about one target.

    Attributes
    ----------
    claims_reached : bool
        Whether the node says that the joints it sends bring the tip to the target.
    why : str
        Why the solver stopped.
    elapsed : float
        Time of the solve [s].
    joints_stamp : int or None
        Stamp of the joints sent for it [ns], None if the arm was left where it was.

    """

    claims_reached: bool
    why: str
    elapsed: float
    joints_stamp: int | None


@dataclass(frozen=True, eq=False)
class Joints:
    """
    A joint state.

    Attributes
    ----------
    stamp, received : int
        When it was made, and when it came [ns].
    positions, velocities : mapping of str to float
        By joint name [rad or m, per s]; velocities may be missing.

    """

    stamp: int
    received: int
    positions: Mapping[str, float]
    velocities: Mapping[str, float]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """
    A motion that the node commands.

    Attributes
    ----------
    joints : tuple of str
        Names of the n joints.
    times : ndarray, shape (m,)
        When the waypoints are passed, from the beginning on [s].
    positions : ndarray, shape (m, n)
        Where they are [rad or m].
    velocities, accelerations : ndarray, shape (m, n)
        How the joints move there [per s, per s^2]; of shape (0, n) if nothing is said.
    age : float
        How long after its beginning it came [s].

    """

    joints: tuple[str, ...]
    times: np.ndarray
    positions: np.ndarray
    velocities: np.ndarray
    accelerations: np.ndarray
    age: float = 0.0


@dataclass(frozen=True, eq=False)
class Judgement:
    """
    One target, what came of it, and what the referee says.

    Attributes
    ----------
    ruling : Ruling
        The verdict.
    sent : int
        Stamp of the target [ns].
    T_base_target, T_base_tip : ndarray, shape (4, 4)
        Where the tip was wanted and where it is [m]; the tip is None before the arm has moved.
    position_error, orientation_error : float
        Between the two, [m] and [rad].
    why : str
        Why the node says so, or what else there is to say.
    latency : float
        What the header of the judge says [s]; NaN where there is none.
    complaints : tuple of str
        What is wrong with the joint state.

    """

    ruling: Ruling
    sent: int
    T_base_target: np.ndarray
    T_base_tip: np.ndarray | None
    position_error: float
    orientation_error: float
    why: str
    latency: float = math.nan
    complaints: tuple[str, ...] = ()


@dataclass(frozen=True)
class Strictness:
    """
    How strict a judge is.

    Attributes
    ----------
    position, orientation : float
        How far the tip may be from a target that is reached, [m] and [rad].
    path, spread : float
        How far it may be from the path of a moving target: so far [m], where a radian counts as
        0.3 m, and in addition what the target moves in so long [s].
    noise : float
        Standard deviation of measured joint positions [rad or m]; what it makes of the tip is
        allowed on top.
    default_velocity : float
        Velocity limit of a joint for which the URDF has none [rad/s or m/s].
    acceleration_time : float
        Time in which a joint may come to its full velocity [s]: its limit of acceleration.

    """

    position: float
    orientation: float
    path: float = 2e-3
    spread: float = 0.05
    noise: float = 0.0
    default_velocity: float = 1.0
    acceleration_time: float = 0.5


class Pairs:
    """Targets, and answers to them, that wait for each other; they belong together by a stamp."""

    def __init__(self) -> None:
        self._targets: dict[int, np.ndarray] = {}
        self._answers: dict[int, Answer] = {}

    def __len__(self) -> int:
        """Return how many targets wait."""
        return len(self._targets)

    def add_target(self, stamp: int, T_base_target: np.ndarray) -> None:
        """Take a target (4, 4) [m]."""
        self._targets[stamp] = T_base_target

    def add_answer(self, stamp: int, answer: Answer) -> None:
        """Take what the node says about the target of `stamp`."""
        remember(self._answers, stamp, answer)

    def taken(self) -> list[tuple[int, np.ndarray, Answer]]:
        """Return what has found together by now, oldest first; it is no longer here then."""
        return [(stamp, self._targets.pop(stamp), self._answers.pop(stamp))
                for stamp in sorted(self._targets.keys() & self._answers.keys())]


Complain = Callable[[str], None]
"""Says what is wrong apart from targets, in a sentence."""


class Judge(Protocol):
    """
    Judges what a node makes of targets; what it is told may come in any order.

    Attributes
    ----------
    arm : RefereeArm
        The arm, read on its own.
    unit : str
        What the latency of its judgements means.

    """

    arm: RefereeArm
    unit: str

    @property
    def seen(self) -> int:
        """How many targets it has seen."""

    @property
    def is_good(self) -> bool:
        """Whether something was reached and nothing is wrong."""

    def see_target(self, stamp: int, T_base_target: np.ndarray) -> list[Judgement]:
        """Take a target (4, 4) [m]; return what can be judged now."""

    def see_answer(self, stamp: int, answer: Answer) -> list[Judgement]:
        """Take what the node says about the target of `stamp`; return what can be judged now."""

    def see_joints(self, joints: Joints) -> list[Judgement]:
        """Take a joint state; return what can be judged now."""

    def see_command(self, trajectory: Trajectory) -> None:
        """Take what the node commands."""

    def summary(self) -> str:
        """Return the whole run in a few lines."""


def remember(memory: dict[int, T], stamp: int, value: T) -> None:
    """Store `value` and forget the oldest one if there are too many."""
    memory[stamp] = value
    if len(memory) > MEMORY:
        del memory[next(iter(memory))]


def rows(lines: list[tuple[str, str]]) -> str:
    """Return names and values as the lines of a summary."""
    return '\n'.join(f'  {name + ":":22} {value}' for name, value in lines)


def how_far(position: float, orientation: float) -> str:
    """Return a distance of the tip, [m] and [rad], in words."""
    return f'{1e3 * position:.2g} mm and {math.degrees(orientation):.2g} deg'


def is_beyond(arm: RefereeArm, T_base_target: np.ndarray) -> bool:
    """Return whether a target (4, 4) [m] is further away than the straightened arm reaches."""
    return bool(np.linalg.norm(T_base_target[:3, 3]) > arm.reach + 1e-4)


def ruling_beyond(answer: Answer) -> Ruling:
    """Return what to say of an answer to a target that is out of reach."""
    return Ruling.FALSE_CLAIM if answer.claims_reached else Ruling.REFUSED
