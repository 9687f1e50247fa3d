"""The local minimum with the restart that leads out of it, and the arm that comes back twisted."""

from __future__ import annotations

from dataclasses import replace

from ik_solver_node.gallery.descents import PATIENT, steps_of
from ik_solver_node.gallery.robots import load, planar
from ik_solver_node.gallery.scene import (
    Dots, Frame, GHOST, INK, Line, OURS, PLAIN, Plane, Scene, Slider, TARGET, Toggle, Values)
from ik_solver_node.gallery.stage import arm_panel, landscape, planar_arm, star, tip_way
from ik_solver_node.objective import Comfort
from ik_solver_node.result import IkResult
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions, StepRule
from ik_solver_node.target import PointTarget
import numpy as np

LIMITS = (0.8, 2.8), (-2.4, 2.4)
"""The limits of the arm that gets stuck [rad]."""
ANSWER = 1.9, -1.6
"""The only joints that reach its target [rad]."""
MOMENTS = 8
"""So many frames stay on what counts."""


def stuck(first: float, second: float) -> tuple[np.ndarray, IkResult, IkResult]:
    """Return the way of a descent from a start, its answer, and the answer with restarts."""
    chain = planar((0.5, 0.4), LIMITS)
    target = PointTarget(chain.forward_kinematics(ANSWER).position)
    seed = np.array([first, second])
    slow = SolverOptions(step_rule=StepRule.GRADIENT, rate=0.5, max_time=PATIENT)
    way = steps_of(chain, target, seed, slow, 60)
    moves = np.flatnonzero(np.abs(np.diff(way, axis=0)).max(axis=1) > 1e-4)
    way = way[:moves.max(initial=-1) + 2]  # while it gives up it stands
    return (way, solve(chain, target, seed, replace(slow, max_restarts=0)),
            solve(chain, target, seed, slow))


def _minimum(values: Values) -> list[Frame]:
    """Run into a limit, and start again elsewhere."""
    chain = planar((0.5, 0.4), LIMITS)
    target = chain.forward_kinematics(ANSWER).position
    way, end, found = stuck(float(values['first']), float(values['second']))
    moments: list[tuple[np.ndarray, bool, str]] = [
        (q, False, f'step {i} of the descent') for i, q in enumerate(way)]
    goes_on = bool(values['restart']) and found.restarts > 0
    verdict = 'stuck, in the way: ' + ', '.join(end.blocking_joints) if goes_on else end.sentence
    moments += [(end.positions, False, f'{verdict}; {1e3 * end.position_error:.0f} mm off')
                ] * MOMENTS
    if goes_on:
        moments += [(found.positions, True, f'restart {found.restarts}: {found.sentence}')
                    ] * MOMENTS
    span = (0.5, 3.1), (-2.7, 2.7)
    heights = landscape(chain, target, *span)
    corners = np.array([[LIMITS[0][i], LIMITS[1][j]] for i, j in (
        (0, 0), (1, 0), (1, 1), (0, 1), (0, 0))])
    frames = []
    for i, (q, restarted, words) in enumerate(moments):
        walked = way[:min(i, len(way) - 1) + 1]
        arms = [planar_arm(chain, way[0], GHOST, 'start'),
                planar_arm(chain, end.positions if restarted else q, PLAIN, 'first descent')]
        places: list[Line | Dots] = [
            Line(walked, PLAIN, 'first descent', 2.2), Dots(walked, PLAIN, size=4.0)]
        if restarted:
            arms.append(planar_arm(chain, q, OURS, 'after a restart'))
            places += [Line(np.array([end.positions, q]), INK, 'restart', 2.2, ':'),
                       Dots(q[np.newaxis], OURS, size=8.0)]
        arm = arm_panel('the arm', [*arms, star(target[:2])], (-0.75, 0.85), (-0.25, 1.0))
        board = Plane('the distance, inside and outside the limits', [
            heights, Line(corners, INK, 'limits', 1.5, '--'), *places,
            Dots(np.array([ANSWER]), TARGET, 'answer', '*', 13.0)],
            'first joint [rad]', 'second joint [rad]', *span)
        frames.append(Frame((arm, board), words))
    return frames


MINIMUM = Scene(
    'local_minimum', 'minima', 'Stuck, and the restart',
    'The way down ends where a limit is in the way: no joint can lower the error any more, but '
    'the target is not reached, as the only answer lies in another valley. The solver notices '
    'that it makes no progress, names the joint in the way, and begins again elsewhere. If no '
    'start arrives it says so.',
    (Toggle('restart', 'restarts', True),
     Slider('first', 'start, first joint [rad]', 0.8, 2.8, 0.1, 2.0),
     Slider('second', 'start, second joint [rad]', 0.4, 2.4, 0.1, 1.8)), _minimum, 6.0)

HOME = np.array([0.5, 0.6, 0.7])
"""Where the arm that is sent away begins [rad]."""
MOMENTS_AWAY = 60


def sent_away(radius: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Send an arm of three joints once around a circle.

    Returns
    -------
    targets : ndarray, shape (k, 3)
        The circle, which ends where it began [m].
    plain, comfortable : ndarray, shape (k, 3)
        The joints of an arm that starts each solve where the last one ended, and of one that
        keeps near its first posture besides [rad].

    """
    chain = load('planar_3r')
    turns = np.linspace(0.0, 2.0 * np.pi, MOMENTS_AWAY + 1) + 0.524
    circle = radius * np.column_stack([np.cos(turns), np.sin(turns), np.zeros(len(turns))])
    targets = chain.forward_kinematics(HOME).position + circle - circle[0]
    near_home = Comfort(dict(zip(chain.joint_names, HOME.tolist())))
    ways = []
    for objectives in ((), (near_home,)):
        options = SolverOptions(objectives=objectives, max_time=PATIENT)
        way = [HOME]
        for target in targets[1:]:
            way.append(solve(chain, PointTarget(target), way[-1], options).positions)
        ways.append(np.array(way))
    return targets, ways[0], ways[1]


def _twisted(values: Values) -> list[Frame]:
    """Show both arms go around."""
    chain = load('planar_3r')
    targets, plain, comfortable = sent_away(float(values['radius']))
    ways = {'no wish': (plain, PLAIN), 'comfort': (comfortable, OURS)}
    frames = []
    for i in [*range(0, MOMENTS_AWAY, 2), *[MOMENTS_AWAY] * MOMENTS]:
        arms = [planar_arm(chain, HOME, GHOST, 'at first')]
        courses: list[Line | Dots] = []
        for name, (way, colour) in ways.items():
            arms.append(planar_arm(chain, way[i], colour, name))
            turned = np.abs(way - HOME).max(axis=1)
            points = np.column_stack([np.arange(len(turned)) / MOMENTS_AWAY, turned])
            courses += [Line(points, GHOST, width=1.0), Line(points[:i + 1], colour, name),
                        Dots(points[i:i + 1], colour)]
        arm = arm_panel('sent around a circle', [
            tip_way(chain, plain, GHOST), *arms, star(targets[i, :2])], (-0.35, 0.95),
            (-0.35, 0.95))
        apart = Plane('how far the joints are from where they were', courses,
                      'part of the way', 'largest of the joints [rad]', (0.0, 1.0), (0.0, 2.6))
        when = ('back again' if i == MOMENTS_AWAY else
                f'after {100 * i // MOMENTS_AWAY} % of the way')
        frames.append(Frame((arm, apart), f'{when}, the joints are off by '
                            f'{np.abs(plain[i] - HOME).max():.2f} rad without a wish, by '
                            f'{np.abs(comfortable[i] - HOME).max():.2f} rad with comfort'))
    return frames


TWISTED = Scene(
    'twisted_arm', 'minima', 'Sent away and back, and twisted',
    'An arm with joints to spare has many postures for one target. If each solve just starts '
    'where the last one ended, it returns to the same place in another posture: every solve was '
    'right, and the arm is twisted. With the objective `Comfort` it takes, of all postures, the '
    'one near where it was at first, and comes back as it left.',
    (Slider('radius', 'radius of the circle [m]', 0.1, 0.35, 0.05, 0.35),), _twisted, 8.0)
