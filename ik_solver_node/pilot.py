"""
Fly an arm: targets and measurements in, one command every period out, and reasons to stop.

A `Pilot` joins a tracker, which turns targets into joint positions, with a motion, which gets
there, and watches both. It knows nothing of ROS and has no clock: who calls it says what time it
is. Everything that makes it stop is a `Reason`; it brakes inside its limits and says what is wrong
and what leads on.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
import math
from types import MappingProxyType
from typing import NamedTuple

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.motion import GoalStream, Mode, Motion, MotionOptions, Waypoint
from ik_solver_node.motion_limits import MotionLimits
from ik_solver_node.options import check_options, option
from ik_solver_node.profiles import MotionState
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.together import Aim
from ik_solver_node.tracker import PoseTracker, TrackerOptions, TrackResult
import numpy as np
from numpy.typing import ArrayLike

SOLVING_SHARE = 0.5
"""Share of a period that a solve may take, if its own budget is not smaller."""
SHORTEST_SOLVE = 1e-3
"""What a solve may take even where the periods are shorter [s]."""
MEMORY = 0.5
"""How long a command counts as one that the arm may just be following [s]."""


@dataclass(frozen=True)
class WatchOptions:
    """
    What makes an arm on the move stop.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    stream_timeout: float = option(
        0.5, 'pause in the stream of targets after which the arm stops in the mode track; 0 is '
        'off', unit='s', minimum=0.0, maximum=3600.0)
    max_deviation: float = option(
        0.3, 'distance of a measured joint from all that was commanded in the last half second, '
        'from which on the arm stops and waits for the service resume; 0 is off', unit='rad or m',
        minimum=0.0, maximum=1e3)
    description: bool = option(
        True, 'whether an arm in the modes move and track stops when nobody publishes the '
        'robot_description any more that came by topic')

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)


class Reason(str, Enum):
    """Why an arm stopped, and stays where it is."""

    STOP = 'stop'
    DEVIATION = 'deviation'
    MEASURED = 'measured'
    DESCRIPTION = 'description'
    INACTIVE = 'inactive'
    CHANGE = 'change'
    OTHERS = 'others'
    STREAM = 'stream'
    CONTROLLER = 'controller'
    UNHEARD = 'unheard'

    @property
    def needs_resume(self) -> bool:
        """Whether only `Pilot.resume` leads on."""
        return self in (Reason.STOP, Reason.DEVIATION, Reason.CONTROLLER)


@dataclass(frozen=True)
class PilotOptions:
    """
    How an arm is moved and watched.

    Attributes
    ----------
    motion : MotionOptions
        The mode, the rate and the profile.
    solver, tracking : SolverOptions, TrackerOptions
        How targets are solved for, and what is accepted.
    watch : WatchOptions
        What makes the arm stop.
    measured_timeout : float or None
        After so long without a measurement the arm stops [s]; None if there are none.
    restart_pause : float
        After so long without a target the next one moves the arm from where it is measured, not
        from where it was sent [s]; 0 for never.

    """

    motion: MotionOptions = MotionOptions(mode=Mode.MOVE)
    solver: SolverOptions = SolverOptions()
    tracking: TrackerOptions = TrackerOptions()
    watch: WatchOptions = WatchOptions()
    measured_timeout: float | None = None
    restart_pause: float = 1.0


class HaltedError(IkSolverError):
    """A target is not taken, because the arm stopped for a reason that is still there."""


class Tick(NamedTuple):
    """
    What came of one period.

    Attributes
    ----------
    answer : TrackResult or None
        What became of the newest target, if there was one.
    state : MotionState or None
        What to command; None if the arm stands, and was told so.
    is_new : bool
        Whether the motion goes on otherwise than it would have without what came in.

    """

    answer: TrackResult | None
    state: MotionState | None
    is_new: bool


class Pilot:
    """
    Moves an arm in the modes move and track.

    Parameters
    ----------
    chain : KinematicChain
        The chain to move.
    limits : MotionLimits
        How fast its joints may move.
    options : PilotOptions
        How it is moved and watched.
    start : array_like, shape (n,)
        Where the joints are taken to be until they are measured [rad or m].
    tracker : PoseTracker, optional
        What turns targets into joint positions; it is configured here.

    Raises
    ------
    MissingDependencyError
        If ruckig is wanted and not installed.

    """

    def __init__(self, chain: KinematicChain, limits: MotionLimits, options: PilotOptions,
                 start: ArrayLike, tracker: PoseTracker | None = None) -> None:
        self.period = 1.0 / options.motion.rate
        self._chain, self._options = chain, options
        self._motion = Motion(limits, self.period, options.motion.profile)
        self._motion.start(start)
        self._stream = GoalStream(self.period)
        self._tracker = tracker or PoseTracker(chain)
        self._reasons: dict[Reason, str] = {}
        self._pending: Aim | None = None
        self._asked_at = self._ticked_at = -math.inf
        self._measured: _Measured | None = None
        # Whether the motion, and the tracker, begin anew with the next target.
        self._starts_afresh, self._solves_afresh = True, True
        self._commands: deque[list[float]] = deque(maxlen=max(1, round(MEMORY / self.period)))
        self._is_told, self._is_new = True, False
        self.configure(limits, options)

    @property
    def state(self) -> MotionState:
        """Where the joints are commanded to be, and how they move."""
        return self._motion.state

    @property
    def has_arrived(self) -> bool:
        """Whether the arm stands, and nothing is to move it."""
        return self._pending is None and self._motion.has_arrived

    @property
    def reasons(self) -> Mapping[Reason, str]:
        """Why the arm stopped, and stays where it is: a sentence for each reason."""
        return MappingProxyType(self._reasons)

    @property
    def without_ruckig(self) -> str:
        """What to say if ruckig is wanted, but not there."""
        return self._motion.without_ruckig

    def configure(self, limits: MotionLimits, options: PilotOptions) -> None:
        """Use other limits and options of the same rate, mode and profile, also on the move."""
        self._options = options
        # A solve that takes longer than a period would hold up the motion.
        budget = max(SHORTEST_SOLVE, SOLVING_SHARE * self.period)
        solver = options.solver
        if budget < solver.max_time:
            solver = replace(solver, max_time=budget)
        self._tracker.configure(solver, options.tracking)
        self._motion.limit(limits, options.motion.speed)
        self._is_new = True

    def course(self) -> list[Waypoint]:
        """
        Return how the motion would go on if nothing came in any more, to rest.

        In the mode track the joints then brake at once: who hears no more of a stream does not go
        on to where it was last.
        """
        return self._motion.course(brakes=self._options.motion.mode is Mode.TRACK)

    @property
    def is_smooth(self) -> bool:
        """Whether velocities and accelerations are those of the way between the positions."""
        return self._motion.is_smooth

    # --- what comes in ---------------------------------------------------------------------

    def aim(self, target: Aim) -> None:
        """
        Take a target, in the base frame, for the next period; it replaces one that waits.

        Of several tips it replaces that of the same tip: see `PoseTracker.track`. What was
        planned is left for it.

        Raises
        ------
        HaltedError
            If the arm stopped for a reason that is still there.

        """
        self._check_may_move()
        if isinstance(self._pending, Mapping) and isinstance(target, Mapping):
            target = {**self._pending, **target}
        self._pending = target

    def begin(self, now: float) -> np.ndarray:
        """
        Return where a motion that is planned may begin, shape (n,) [rad or m]: see `follow`.

        Raises
        ------
        HaltedError
            If the arm stopped for a reason that is still there, or has not arrived.

        """
        self._check_may_move()
        if not self.has_arrived:
            raise HaltedError('the arm is on the move, but a path begins where it stands; send it '
                              'when the arm has arrived, or stop it first')
        self._begin_afresh(now)
        if not self._motion.state.is_at_rest:
            raise HaltedError('the arm is measured to be on the move, but a path begins where it '
                              'stands')
        return np.array(self._motion.state.positions)

    def follow(self, planned: Iterable[MotionState]) -> None:
        """
        Go on as is planned, one state a period, from where the arm stands to rest.

        A target, or a reason to stop, ends it wherever the arm is.

        Raises
        ------
        HaltedError
            If the arm stopped for a reason that is still there, or does not stand where the plan
            begins, at the first of its states.

        """
        states = list(planned)
        self._check_may_move()
        here = self._motion.state
        if not (self.has_arrived and here.positions == states[0].positions):
            raise HaltedError('the arm has moved since the path was planned')
        self._stream.reset()
        self._motion.follow(states[1:])
        self._solves_afresh = self._is_new = True

    def _check_may_move(self) -> None:
        """Raise `HaltedError` if nothing is to move the arm now."""
        for reason, sentence in self._reasons.items():
            if reason is not Reason.STREAM:
                raise HaltedError(sentence)
        if self._options.measured_timeout is not None and self._measured is None:
            raise HaltedError('the joints have not been measured yet: the arm is not moved from '
                              'where it may not be')

    def measure(self, positions: Sequence[float], now: float,
                velocities: Sequence[float] | None = None) -> None:
        """
        Note where all joints are, n numbers [rad or m], and how fast they are, at rest if None.

        `now` is the steady time [s]. What is outside the limits is where a motion then begins. The
        numbers are kept, and must not be written to; they are not looked at before they are used,
        as this is called at least once a period.
        """
        self._measured = _Measured(now, positions, velocities)
        if self._reasons:
            self._reasons.pop(Reason.MEASURED, None)
        self._watch_deviation(positions)

    def halt(self, reason: Reason, sentence: str) -> None:
        """Stop the arm as quickly as its limits allow, and keep it there while `reason` holds."""
        if reason not in self._reasons:
            self._pending = None
            self._stream.reset()
            self._motion.stop()
            self._solves_afresh = self._is_new = True
            if reason in (Reason.DEVIATION, Reason.MEASURED):
                self._starts_afresh = True
        self._reasons[reason] = sentence

    def stand(self, reason: Reason, sentence: str) -> None:
        """
        Take it that something else has stopped the arm, and keep it there while `reason` holds.

        Nothing is commanded for it: an arm that was stopped because it met something would be
        pushed on by a braking that begins at full speed.
        """
        self.halt(reason, sentence)
        self._motion.start(self._motion.state.positions)
        self._motion.stop()
        self._commands.clear()
        self._is_told = self._starts_afresh = True

    def clear(self, reason: Reason) -> None:
        """Take it that `reason` is gone; the next target moves the arm if it was the last one."""
        self._reasons.pop(reason, None)

    def resume(self) -> None:
        """Lead on after what needs it; the arm stays where it is until the next target."""
        for reason in [reason for reason in self._reasons if reason.needs_resume]:
            del self._reasons[reason]
        self._commands.clear()  # what was commanded before is no measure of where the arm is now

    def forget(self) -> None:
        """Take the next target as a new motion, whatever was asked before."""
        self._solves_afresh = True

    # --- one period ------------------------------------------------------------------------

    def tick(self, now: float) -> Tick:
        """Go on by one period at steady time `now` [s]."""
        if now < self._ticked_at:  # a simulation that began again: what was is just now
            self._asked_at = min(self._asked_at, now)
            if self._measured is not None:
                self._measured = self._measured._replace(at=now)
        self._ticked_at = now
        self._watch_measured(now)
        self._watch_stream(now)
        answer = None
        if self._pending is not None and (self._motion.state.is_at_rest
                                          or not self._starts_afresh):
            answer = self._solve(self._pending, now)
            self._pending = None
        if self._options.motion.mode is Mode.TRACK:
            goal = self._stream.advance()
            if goal:
                self._motion.lead_to(goal)
                self._is_new = True
        stood = self._motion.has_arrived
        state = self._motion.step()
        if stood and self._is_told:
            if self._commands:
                self._commands.popleft()
            return Tick(answer, None, False)
        self._is_told = self._motion.has_arrived
        self._commands.append(state.positions)
        is_new, self._is_new = self._is_new, False
        return Tick(answer, state, is_new)

    def coast(self) -> None:
        """Go on by one period as was commanded before, without looking at anything new."""
        if not self._motion.has_arrived:
            self._commands.append(self._motion.step().positions)

    def _solve(self, target: Aim, now: float) -> TrackResult:
        """Turn a target into a goal of the motion, if it is accepted."""
        self._begin_afresh(now)
        if self._solves_afresh:
            self._tracker.reset(self._motion.state.positions)
            self._solves_afresh = False
        answer = self._tracker.track(target)
        if answer.positions is not None:
            if self._options.motion.mode is Mode.TRACK:
                self._stream.add(answer.positions, now)
            else:
                self._motion.go_to(answer.positions)
                self._is_new = True
        return answer

    def _begin_afresh(self, now: float) -> None:
        """Begin where the arm is measured, if it stands and may have been moved otherwise."""
        paused = now - self._asked_at > self._options.restart_pause > 0.0
        self._asked_at = now
        self._reasons.pop(Reason.STREAM, None)
        if self._measured is not None and self._motion.state.is_at_rest and (
                self._starts_afresh or paused):
            self._motion.start(self._measured.positions, self._measured.velocities)
            self._solves_afresh = True
        self._starts_afresh = False

    # --- what is watched -------------------------------------------------------------------

    def _watch_measured(self, now: float) -> None:
        """Stop if the joints are no longer measured."""
        timeout = self._options.measured_timeout
        if timeout is None or self._measured is None or now - self._measured.at <= timeout:
            return
        self.halt(Reason.MEASURED, (
            f'the joints were last measured {now - self._measured.at:.3g} s ago, longer than '
            f'measured_timeout ({timeout:g} s): the arm stopped; it moves again with the first '
            'target after they are measured again'))

    def _watch_stream(self, now: float) -> None:
        """Stop following a stream of targets that has ended."""
        timeout = self._options.watch.stream_timeout
        if (0.0 < timeout < now - self._asked_at and self._options.motion.mode is Mode.TRACK
                and not self._motion.has_arrived and not self._motion.is_planned):
            self.halt(Reason.STREAM, (
                f'no target for {timeout:g} s (watch.stream_timeout): the arm stopped; the next '
                'target moves it again'))

    def _watch_deviation(self, there: Sequence[float]) -> None:
        """Stop if the joints are measured to be away from all that was commanded lately."""
        allowed = self._options.watch.max_deviation
        if allowed == 0.0 or not self._commands:
            return
        # If all joints together are that near, as nearly always, then each of them is.
        if math.dist(self._commands[-1], there) <= allowed or Reason.DEVIATION in self._reasons:
            return
        away = np.abs(np.array(self._commands) - there)
        nearest = away[int(away.max(axis=1).argmin())]
        if nearest.max() > allowed:
            joint = self._chain.joint_names[int(nearest.argmax())]
            self.halt(Reason.DEVIATION, (
                f'joint {joint!r} is measured {nearest.max():.3g} rad or m from where it was '
                f'commanded, more than watch.max_deviation ({allowed:g}): the arm stopped; the '
                'service resume lets the next target move it, from where it is measured then'))


class _Measured(NamedTuple):
    """Where the joints were measured, and how they moved, n numbers each, and when [s]."""

    at: float
    positions: Sequence[float]
    velocities: Sequence[float] | None
