"""
How the referee judges the mode track: how far the measured tip is from the path of the target.

The path is what the targets of the last half second draw. The tip may be late, but not beside it,
other than by what joints that lag differently make of it: so far as the target moves in a fixed
time. And where the target stands, the arm must come to stand there.

A pose is a point in twelve dimensions: its position, and its rotation matrix, scaled so that a
radian counts as `RADIAN`. So the nearest point of the path is found by plain geometry, and how old
it is, is the lag.
"""

from __future__ import annotations

from collections import Counter, deque
import math

from ik_solver_node.ros.demo.arm import pose_errors, RefereeArm
from ik_solver_node.ros.demo.judgement import (
    Answer, Complain, how_far, is_beyond, Joints, Judgement, Pairs, rows, Ruling, ruling_beyond,
    Strictness, Trajectory)
from ik_solver_node.ros.demo.watch import ArmWatch
import numpy as np

RADIAN = 0.3
"""So far a radian counts [m]."""

LARGEST_LAG = 500_000_000
"""What the target has left longer ago than this is no part of the path any more [ns]."""

APPROACH = 5.0
"""So long the tip may take to come to the path first [s]."""

STANDS = 1.0
"""A target that was the same for so long stands [s]."""

SETTLED = 0.2
"""So long the arm must stand at it [s]."""

MOVES = 0.02
"""A lag is meant for targets that have moved faster than this [m/s]."""


class FollowingJudge:
    """
    Judges how the measured arm follows a stream of targets.

    Parameters
    ----------
    arm : RefereeArm
        The arm, read on its own.
    strictness : Strictness
        How far from the path the tip may be, and what counts as being at a target.
    complain : callable
        Says what is wrong apart from targets.

    """

    unit = 'how far the tip is behind the target'

    def __init__(self, arm: RefereeArm, strictness: Strictness, complain: Complain) -> None:
        self.arm = arm
        self.seen = 0
        self._watch = ArmWatch(arm, strictness, complain)
        self._strictness, self._complain = strictness, complain
        self._pairs = Pairs()
        self._path: deque[tuple[int, np.ndarray]] = deque()
        self._T_base_target: np.ndarray | None = None
        self._same_since = self._began = 0
        self._has_arrived = False
        self._answers: Counter[str] = Counter()
        self._rulings: Counter[Ruling] = Counter()
        self._errors: list[tuple[float, float]] = []
        self._beside: list[float] = []
        self._lags: list[float] = []
        self._arrival = ''

    @property
    def is_good(self) -> bool:
        """Whether the tip followed, came to stand where the target did, and nothing is wrong."""
        return (self._has_arrived and self._rulings[Ruling.FOLLOWING] > 0
                and self._watch.limits.is_good
                and all(ruling.is_good for ruling in +self._rulings))

    def see_target(self, stamp: int, T_base_target: np.ndarray) -> list[Judgement]:
        """Take a target (4, 4) [m]: the path goes on to there, if it is within reach."""
        self.seen += 1
        self._pairs.add_target(stamp, T_base_target)
        if not is_beyond(self.arm, T_base_target):
            self._began = self._began or stamp
            point = _point(T_base_target)
            if not (self._path and np.allclose(point, self._path[-1][1], rtol=0.0, atol=1e-9)):
                self._same_since, self._has_arrived = stamp, False
            self._T_base_target = T_base_target
            self._path.append((stamp, point))
        return self._judge_answers()

    def see_answer(self, stamp: int, answer: Answer) -> list[Judgement]:
        """Take what the node says about a target; return the judgement if it is out of reach."""
        self._pairs.add_answer(stamp, answer)
        return self._judge_answers()

    def _judge_answers(self) -> list[Judgement]:
        """Count the answers; return the judgements on those to targets that are out of reach."""
        judgements = []
        for stamp, T_base_target, answer in self._pairs.taken():
            if is_beyond(self.arm, T_base_target):
                ruling = ruling_beyond(answer)
                self._rulings[ruling] += 1
                errors, _ = self._watch.compare(T_base_target)
                judgements.append(Judgement(ruling, stamp, T_base_target, self._watch.T_base_tip,
                                            *errors, answer.why))
            else:
                self._answers['taken' if answer.claims_reached else 'not taken'] += 1
        return judgements

    def see_joints(self, joints: Joints) -> list[Judgement]:
        """Take a joint state; return how far the tip is from the target and its path."""
        self._watch.see_joints(joints)
        if self._watch.T_base_tip is None or self._T_base_target is None:
            return []
        while len(self._path) > 1 and joints.stamp - self._path[1][0] > LARGEST_LAG:
            self._path.popleft()
        if 1e-9 * (joints.stamp - self._same_since) > STANDS:
            return self._judge_standing(joints.stamp)
        return self._judge_moving(joints.stamp)

    def see_command(self, trajectory: Trajectory) -> None:
        """Take what the node commands."""
        self._watch.see_command(trajectory)

    def _judge_moving(self, stamp: int) -> list[Judgement]:
        """Judge where the tip is while the target moves."""
        assert self._T_base_target is not None and self._watch.T_base_tip is not None
        beside, passed = self._nearest(_point(self._watch.T_base_tip))
        speed = self._speed()
        allowed = self._strictness.path + self._strictness.spread * speed
        is_on_path = beside <= allowed
        if not is_on_path and not self._rulings[Ruling.FOLLOWING] and (
                1e-9 * (stamp - self._began) < APPROACH):
            return []
        if not is_on_path and not self._rulings[Ruling.OFF_PATH]:
            self._complain(f'the tip is {1e3 * beside:.1f} mm beside the path of the last '
                           f'{1e-9 * LARGEST_LAG:g} s, allowed are {1e3 * allowed:.1f} mm')
        errors = pose_errors(self._T_base_target, self._watch.T_base_tip)
        ruling = Ruling.FOLLOWING if is_on_path else Ruling.OFF_PATH
        self._rulings[ruling] += 1
        self._errors.append(errors)
        self._beside.append(beside)
        lag = math.nan
        if speed > MOVES:
            lag = 1e-9 * (stamp - passed)
            self._lags.append(lag)
        return [Judgement(ruling, stamp, self._T_base_target, self._watch.T_base_tip, *errors,
                          f'{1e3 * beside:.1f} mm beside the path', lag)]

    def _judge_standing(self, stamp: int) -> list[Judgement]:
        """Judge, once, where the arm has come to stand after the target has."""
        assert self._T_base_target is not None
        lasts = self._watch.standstill.lasts(self._same_since)
        errors, is_there = self._watch.compare(self._T_base_target)
        if self._has_arrived or not (is_there and lasts >= SETTLED):
            return []
        self._has_arrived = True
        self._rulings[Ruling.ARRIVED] += 1
        self._arrival = f'reached, the measured tip {how_far(*errors)} off'
        return [Judgement(Ruling.ARRIVED, stamp, self._T_base_target, self._watch.T_base_tip,
                          *errors, 'which stands, too')]

    def _nearest(self, point: np.ndarray) -> tuple[float, int]:
        """Return how far a point is from the path [m], and when the target was nearest [ns]."""
        stamps = np.array([stamp for stamp, _ in self._path])
        path = np.array([place for _, place in self._path])
        ways, offs = np.diff(path, axis=0), point - path
        lengths = np.maximum((ways ** 2).sum(axis=1), 1e-18)
        # How far along each piece of the path the point is, 0 to 1; a lone end is one more piece.
        along = np.append(np.clip((offs[:-1] * ways).sum(axis=1) / lengths, 0.0, 1.0), 0.0)
        ways = np.vstack([ways, np.zeros((1, len(point)))])
        distances = np.linalg.norm(offs - along[:, None] * ways, axis=1)
        best = int(distances.argmin())
        passed = stamps[best] + along[best] * (np.append(np.diff(stamps), 0)[best])
        return float(distances[best]), int(passed)

    def _speed(self) -> float:
        """Return how fast the target has gone along the path [m/s]."""
        (first, _), (last, _) = self._path[0], self._path[-1]
        path = np.array([place for _, place in self._path])
        way = float(np.linalg.norm(np.diff(path, axis=0), axis=1).sum())
        return way / max(1e-9 * (last - first), 1e-9)

    def summary(self) -> str:
        """Return the whole run in a few lines."""
        count, taken = self._rulings, self._answers
        position, orientation = (np.array(self._errors) if self._errors
                                 else np.full((1, 2), math.nan)).T
        beside, lags = self._beside or [math.nan], self._lags or [math.nan]
        return rows([
            ('targets seen', f'{self.seen}: {taken["taken"]} taken, {taken["not taken"]} not, '
                             f'{len(self._pairs)} overtaken by a newer one'),
            ('out of reach', f'{count[Ruling.REFUSED]} refused, '
                             f'{count[Ruling.FALSE_CLAIM]} wrongly claimed as reached'),
            ('tip behind target', f'median {1e3 * np.median(lags):.0f} ms, worst '
                                  f'{1e3 * np.max(lags):.0f} ms'),
            ('tip from target', f'median {how_far(np.median(position), np.median(orientation))}, '
                                f'largest {how_far(np.max(position), np.max(orientation))}'),
            ('tip beside the path', f'median {1e3 * np.median(beside):.2g} mm, largest '
                                    f'{1e3 * np.max(beside):.2g} mm, off the path in '
                                    f'{count[Ruling.OFF_PATH]} of {len(self._beside)} states'),
            ('still target at the end', self._arrival if self._has_arrived else 'MISSED'),
            *self._watch.limits.lines()])


def _point(T_base_tip: np.ndarray) -> np.ndarray:
    """Return a pose (4, 4) [m] as a point (12,) [m]; distances are those of small turns."""
    scaled = RADIAN / math.sqrt(2.0) * T_base_tip[:3, :3]
    return np.concatenate([T_base_tip[:3, 3], scaled.ravel()])
