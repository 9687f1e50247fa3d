"""
Straight lines on an arm: which joints, and when, or how far it can go and why not further.

The lines (`lines`) are followed in joints without a jump (`path`), which are then passed as fast
as the limits of motion allow (`time_law`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
import math
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import InvalidPoseError, OptionsError
from ik_solver_node.lines import Run, runs_through
from ik_solver_node.motion import MotionOptions
from ik_solver_node.motion_limits import motion_limits, MotionLimits
from ik_solver_node.options import check_options, option
from ik_solver_node.path import PathEnd, PathResult, solve_path
from ik_solver_node.pose import as_vector, Pose, shown
from ik_solver_node.profiles import MotionState, MotionStates
from ik_solver_node.request import goals_of, Requests
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PoseTarget, Target
from ik_solver_node.time_law import JointCurve, states_along
import numpy as np
from numpy.typing import ArrayLike

FEWEST_STEPS = 8
"""A run is followed in so many steps at least."""
MOST_PLACES = 100_000
"""Places on the lines at most, so that nobody waits for a plan forever."""
LARGEST_REFINABLE = 5.0
"""A jump this many times longer than a step may be is one to another posture."""
REFINEMENTS = 4
"""So often the places are brought closer together, to half their distance, at most."""
RADIAN = 0.2
"""What a radian counts as in `LineOptions.spacing` and `tolerance` [m]."""
SLOWEST_TIP, SLOWEST_TURN = 1e-4, 1e-3
"""The least speeds that can be asked for [m/s], [rad/s]."""
SAME_PLACE = 1e-6
"""A path that begins further from where the arm is than this is not its own [rad or m]."""


@dataclass(frozen=True)
class LineOptions:
    """
    How straight lines are followed.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    tip_speed: float = option(
        0.1, 'how fast the tip goes along straight lines, where the limits of the joints allow it',
        unit='m/s', minimum=SLOWEST_TIP, maximum=10.0)
    turn_speed: float = option(
        0.5, 'how fast it turns meanwhile', unit='rad/s', minimum=SLOWEST_TURN, maximum=10.0)
    spacing: float = option(
        0.002, 'distance of the places on a line that are solved for, in between is a spline; a '
        'radian counts as 0.2 m', unit='m', minimum=1e-5, maximum=0.1)
    tolerance: float = option(
        5e-4, 'how far the tip may be from the line in between, also where it rounds off a slight '
        'corner; a radian counts as 0.2 m', unit='m', minimum=1e-6, maximum=0.1)
    max_joint_step: float = option(
        0.2, 'a step from one place to the next that moves a joint further is a jump, and not '
        'taken', unit='rad or m', minimum=1e-3, maximum=10.0)
    allow_partial: bool = option(
        False, 'whether the arm goes as far as it can along lines that it cannot follow to their '
        'end')

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)

    def at_speed(self, speed: float) -> LineOptions:
        """Return the options of lines that are followed at a share of the speeds, 0.01 to 1."""
        return self if speed == 1.0 else replace(
            self, tip_speed=max(speed * self.tip_speed, SLOWEST_TIP),
            turn_speed=max(speed * self.turn_speed, SLOWEST_TURN))


@dataclass(frozen=True, eq=False)
class LinePlan:
    """
    A motion along straight lines.

    Attributes
    ----------
    chain : KinematicChain
        The chain that moves.
    period : float
        Time between two states [s].
    states : MotionStates
        Arrays of shape (k, n), in [rad] or [m] and seconds: from rest to rest, with a rest at
        each corner. One state, the start, if there is no way to go.
    path : PathResult
        The places on the lines, and why they end where they do.
    length, angle : float
        How far the lines lead [m] and turn [rad], all of them.
    deviation : float
        How far the tip gets from the lines at most, beside what the tolerances of the solver
        leave [m]; a radian counts as 0.2 m.
    is_straight : bool
        Whether that is inside the tolerance.
    elapsed : float
        Wall time [s].

    """

    chain: KinematicChain = field(repr=False)
    period: float
    states: MotionStates = field(repr=False)
    path: PathResult = field(repr=False)
    length: float
    angle: float
    deviation: float
    is_straight: bool
    elapsed: float

    @property
    def success(self) -> bool:
        """Whether it leads to the end."""
        return self.path.success and self.is_straight

    @property
    def fraction(self) -> float:
        """Share of the lines, by their nominal time, that it follows, 0 to 1."""
        if self.path.success:
            return 1.0
        return max(0, len(self.path.positions) - 1) / max(1, self.path.targets - 1)

    @property
    def duration(self) -> float:
        """How long it takes [s]."""
        return self.period * (len(self.states.positions) - 1)

    def motion(self) -> list[MotionState]:
        """Return the states one by one, the start first."""
        return [MotionState(*values) for values in zip(*(part.tolist() for part in self.states))]

    @property
    def sentence(self) -> str:
        """What it is, in words."""
        extent = [f'{value:.3g} {unit}' for value, unit, least in (
            (self.length, 'm', 1e-5), (self.angle, 'rad', 1e-4)) if value > least]
        share = f'{100.0 * self.fraction:.1f} % of {" and ".join(extent) or "0 m"}'
        if not self.is_straight:
            return (f'the tip would get {1e3 * self.deviation:.3g} mm off the lines (a radian '
                    'counts as 0.2 m), more than lines.tolerance; a smaller lines.spacing helps, '
                    'unless they lead through a singularity')
        if self.path.success:
            return (f'{share} in {self.duration:.3g} s, no further than '
                    f'{1e3 * self.deviation:.2g} mm off the lines')
        return f'the lines can be followed for {share} only: {self.path.sentence}'


def plan_lines(chain: KinematicChain, poses: Sequence[Pose], start: ArrayLike,
               options: LineOptions = LineOptions(), *, limits: MotionLimits | None = None,
               period: float = 0.01, solver: SolverOptions = SolverOptions(),
               tool: Pose | None = None,
               target: Callable[[Pose], Target] = PoseTarget) -> LinePlan:
    """
    Plan a motion along straight lines, from where the arm is to one pose after the other.

    Orientations are interpolated about one axis each. Where the way turns by more than half a
    radian the tip stops, slighter corners are rounded off inside the tolerance. Joints never jump:
    where only another posture leads on, the lines end.

    Parameters
    ----------
    chain : KinematicChain
        A chain with one tip.
    poses : sequence of Pose
        Where the tip, or its tool, shall be, in the base frame.
    start : array_like, shape (n,)
        Where the joints are [rad or m], at rest and inside their limits.
    options : LineOptions, optional
        Speeds and tolerances.
    limits : MotionLimits, optional
        What the motion keeps to; by default the velocities of the URDF, and what `MotionOptions`
        say of acceleration and jerk.
    period : float
        Time between two states of the motion [s].
    solver : SolverOptions, optional
        How exactly each place is solved for; objectives are left out.
    tool : Pose, optional
        Where in the tip link the tool is, if `target` has one.
    target : callable, optional
        What of a pose on the lines counts; by default all of it.

    Returns
    -------
    LinePlan
        Also if the lines can be followed only in part.

    Raises
    ------
    InvalidPoseError
        If there are no poses, or other things, `start` is outside the limits, or the lines are too
        long.
    OptionsError
        If `period` is not positive, or they are passed so slowly that the motion has too many
        states.

    """
    began = perf_counter()
    limits = limits or motion_limits(chain, MotionOptions().defaults)
    here = as_vector(start, chain.size, 'start')
    _check_start(chain, here)
    _check_poses(poses)
    if not (isinstance(period, (int, float)) and 0.0 < period < math.inf):
        raise OptionsError(f'period is {period!r}, but must be a positive number [s]')
    tip = chain.forward_kinematics(here)
    first = tip if tool is None else Pose.from_matrix(tip.matrix() @ tool.matrix())
    runs = runs_through([first, *poses], options.tip_speed, options.turn_speed)
    problem = _Problem(chain, runs, here, limits, period, options, solver, target)
    spacing = options.spacing
    for _ in range(1 + REFINEMENTS):
        path, states, deviation = problem.attempt(spacing)
        is_straight = deviation <= options.tolerance
        if is_straight and not problem.is_refinable(path):
            break
        spacing *= 0.5
    return LinePlan(chain, period, states, path, sum(run.length for run in runs),
                    sum(run.angle for run in runs), deviation, is_straight, perf_counter() - began)


def _check_poses(poses: Sequence[Pose]) -> None:
    """Refuse what is no sequence of poses."""
    if not isinstance(poses, (list, tuple)):
        raise InvalidPoseError(f'poses must be a list of Pose, got {shown(poses)}')
    if not poses:
        raise InvalidPoseError('lines need at least one pose to lead to, got none')
    for k, pose in enumerate(poses):
        if not isinstance(pose, Pose):
            raise InvalidPoseError(f'pose number {k} must be a Pose, got {shown(pose)}')


def _check_start(chain: KinematicChain, start: np.ndarray) -> None:
    """Refuse joints outside their limits: lines cannot begin there."""
    outside = np.abs(start - chain.clip(start))
    if outside.max() > 0.0:
        joint = chain.joint_names[int(outside.argmax())]
        raise InvalidPoseError(
            f'joint {joint!r} is {outside.max():.3g} rad or m outside its limits, where no line '
            'can begin; a target brings it back inside')


@dataclass(frozen=True, eq=False)
class _Problem:
    """What `plan_lines` was asked, and where it must stop."""

    chain: KinematicChain
    runs: Sequence[Run]
    start: np.ndarray
    limits: MotionLimits
    period: float
    options: LineOptions
    solver: SolverOptions
    target: Callable[[Pose], Target]

    def attempt(self, spacing: float) -> tuple[PathResult, MotionStates, float]:
        """Return the way along places `spacing` apart [m], its motion, and its deviation [m]."""
        counts = [max(FEWEST_STEPS, math.ceil(run.duration * run.fastest(RADIAN) / spacing))
                  for run in self.runs]
        if sum(counts) > MOST_PLACES:
            raise InvalidPoseError(
                f'the lines have {sum(counts)} places, but can have {MOST_PLACES} at most; '
                'shorten them or take a larger lines.spacing')
        nominal = [np.linspace(0.0, run.duration, 1 + count)
                   for run, count in zip(self.runs, counts)]
        path = self._solved([run.at(times) for run, times in zip(self.runs, nominal)])
        still = np.zeros((1, self.chain.size))
        first, deviation, parts = 0, 0.0, [MotionStates(self.start[np.newaxis], still, still)]
        for run, times in zip(self.runs, nominal):
            part = slice(first, min(first + len(times), len(path.positions)))
            if part.stop - part.start < 2:
                break
            states, where = states_along(JointCurve(path.positions[part], float(times[1])),
                                         self.limits, self.period)
            parts.append(MotionStates(*(values[1:] for values in states)))
            left = np.stack([np.interp(where, times[:part.stop - first], errors[part])
                             for errors in (path.position_errors, path.orientation_errors)], 1)
            deviation = max(deviation, self._deviation(run.at(where), states.positions, left))
            first = part.stop - 1
        return path, MotionStates(*map(np.concatenate, zip(*parts))), deviation

    def is_refinable(self, path: PathResult) -> bool:
        """Return whether the step that a path ends before may be several small ones."""
        if path.end is not PathEnd.WOULD_JUMP or path.beyond is None:
            return False
        step = np.abs(path.beyond.positions - path.positions[-1]).max()
        return bool(step < LARGEST_REFINABLE * self.options.max_joint_step)

    def _solved(self, places: Sequence[np.ndarray]) -> PathResult:
        """Return the joints for places on the lines, (N, 4, 4) each, from where the arm is."""
        if not places:
            return PathResult(self.chain, self.start[np.newaxis], np.zeros(1), np.zeros(1), 1,
                              PathEnd.FOLLOWED, None, 1, 0.0)
        all_of_them = np.concatenate([places[0], *(more[1:] for more in places[1:])])
        path = solve_path(self.chain, self._targets(all_of_them), self.start, self.solver,
                          max_joint_step=self.options.max_joint_step, progress=False)
        if len(path.positions) and np.abs(path.positions[0] - self.start).max() > SAME_PLACE:
            raise InvalidPoseError('the lines cannot begin where the arm is, because it does not '
                                   'hold there what is asked of the tip; bring it to a target '
                                   'first')
        return replace(path, positions=np.concatenate([
            self.start[np.newaxis], path.positions[1:]]))

    def _targets(self, places: np.ndarray) -> Requests:
        """Return what is asked of the tip at places (N, 4, 4)."""
        if self.target is PoseTarget:
            return places
        return [self.target(Pose.from_matrix(place)) for place in places]

    def _deviation(self, places: np.ndarray, positions: np.ndarray, left: np.ndarray) -> float:
        """
        Return how far the tip is from the lines at most [m].

        Parameters
        ----------
        places : ndarray, shape (k, 4, 4)
            Where it should be.
        positions : ndarray, shape (k, n)
            Where the joints are [rad or m].
        left : ndarray, shape (k, 2)
            The errors [m], [rad] that the solver left around there.

        """
        goals = goals_of(self.chain, self._targets(places), slice(0, len(places)))
        errors = np.empty((len(places), 2))
        kernels.errors_along(*self.chain.arrays, goals, self.solver._array, positions, errors)
        return float(np.maximum(errors - left, 0.0).max(axis=0) @ [1.0, RADIAN])
