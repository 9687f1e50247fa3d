"""Forward kinematics in the plane, and what an error is."""

from __future__ import annotations

from math import cos, pi, sin

from ik_solver_node.gallery.robots import in_plane, load
from ik_solver_node.gallery.scene import (
    Dots, Frame, GHOST, INK, Line, OURS, PLAIN, Plane, Scene, Slider, THIRD, Values)
from ik_solver_node.gallery.stage import arm_panel, planar_arm, star, tips_of
from ik_solver_node.request import goal_of
from ik_solver_node.result import errors_of
import numpy as np

LENGTHS = 0.5, 0.4
"""The links of the arm of two joints [m]."""


def by_hand(first: float, second: float) -> np.ndarray:
    """Return where elbow and tip are, by sines and cosines alone, (2, 2) [m]."""
    elbow = np.array([LENGTHS[0] * cos(first), LENGTHS[0] * sin(first)])
    both = first + second
    return np.array([elbow, elbow + [LENGTHS[1] * cos(both), LENGTHS[1] * sin(both)]])


def _forward(values: Values) -> list[Frame]:
    """Turn the first joint once around."""
    chain, second = load('planar_2r'), float(values['second'])
    turns = np.linspace(-pi, pi, 61)
    tips = in_plane(tips_of(chain, [np.array([turn, second]) for turn in turns]))
    frames = []
    for i in range(0, 60, 2):
        q = np.array([turns[i], second])
        elbow, tip = by_hand(*q)
        corners = np.array([[0.0, 0.0], [elbow[0], 0.0], elbow, [tip[0], elbow[1]], tip])
        arm = arm_panel('every link adds a cosine to x and a sine to y', [
            Line(tips, GHOST, width=1.0),
            Line(corners[:2], PLAIN, 'cosines', 2.2),
            Line(corners[2:4], PLAIN, '', 2.2),
            Line(corners[1:3], THIRD, 'sines', 2.2),
            Line(corners[3:], THIRD, '', 2.2),
            planar_arm(chain, q, OURS)], (-1.0, 1.0), (-1.0, 1.0))
        curves = Plane('where the tip is as the first joint turns', [
            Line(np.column_stack([turns, tips[:, 0]]), PLAIN, 'x'),
            Line(np.column_stack([turns, tips[:, 1]]), THIRD, 'y'),
            Line(np.array([[q[0], -1.0], [q[0], 1.0]]), GHOST, width=1.0),
            Dots(np.array([[q[0], tips[i, 0]], [q[0], tips[i, 1]]]), INK)],
            'first joint [rad]', 'tip [m]', (-pi, pi), (-1.0, 1.0))
        frames.append(Frame((arm, curves), _sum_of(q, tips[i])))
    return frames


def _sum_of(q: np.ndarray, tip: np.ndarray) -> str:
    """Return the sum that makes the tip, with its numbers."""
    one, two = LENGTHS
    first, both = q[0], q[0] + q[1]
    return (f'x = {one} cos({first:.2f}) + {two} cos({both:.2f}) = {tip[0]:.3f} m,   '
            f'y = {one} sin({first:.2f}) + {two} sin({both:.2f}) = {tip[1]:.3f} m')


FORWARD = Scene(
    'forward_kinematics', 'forward kinematics', 'One set of angles has exactly one tip',
    'An arm is a chain of joints, each of which carries all that comes after it: so each link '
    'points along the *sum* of the angles before it, and adds its length times cosine and sine '
    'of that sum. The solver does the same for any URDF in space; the grey circle and the curves '
    'are its numbers, the red and yellow legs are the sines and cosines by hand.',
    (Slider('second', 'second joint [rad]', -2.8, 2.8, 0.1, 1.0),), _forward, 10.0)


def _error(values: Values) -> list[Frame]:
    """Move the last joint of three, and look at both errors of a pose."""
    chain = load('planar_3r')
    wanted = chain.forward_kinematics([0.5, 0.6, float(values['wanted'])])
    goal = goal_of(chain, wanted)
    thirds = np.linspace(-2.4, 2.4, 61)
    way = [np.array([0.5, 0.6, third]) for third in thirds]
    errors = np.array([errors_of(chain, goal, q) for q in way])
    frames = []
    for i in range(0, 61, 2):
        arm = arm_panel('an arm and the pose it shall have', [
            planar_arm(chain, np.array([0.5, 0.6, float(values['wanted'])]), GHOST, 'wanted'),
            planar_arm(chain, way[i], OURS),
            Line(np.array([tips_of(chain, way[i:i + 1])[0, :2], wanted.position[:2]]), PLAIN,
                 'distance', 1.5, '--'),
            star(wanted.position[:2])], (-0.2, 1.0), (-0.1, 1.1))
        curve = Plane('two errors of a pose', [
            Line(np.column_stack([thirds, errors[:, 0]]), PLAIN, 'distance [m]'),
            Line(np.column_stack([thirds, errors[:, 1]]), THIRD, 'orientation [rad]'),
            Dots(np.column_stack([[thirds[i]] * 2, errors[i]]), INK)],
            'last joint [rad]', 'error', (-2.4, 2.4), (0.0, 1.05 * float(errors.max())))
        off, turned = errors[i]
        frames.append(Frame((arm, curve), f'{1e3 * off:.0f} mm and {turned:.2f} rad off'))
    return frames


ERROR = Scene(
    'error', 'error', 'How far off, as a function of the joints',
    'All that follows asks one question: how far is the tip from where it shall be? For a point '
    'it is a distance, for a pose also the angle of the shortest turn onto the wanted '
    'orientation. Both are functions of the joint angles, and inverse kinematics is the search '
    'for where they are zero.',
    (Slider('wanted', 'wanted last joint [rad]', -2.0, 2.0, 0.1, 0.7),), _error, 10.0)
