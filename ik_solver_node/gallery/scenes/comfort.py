"""Comfort: what an arm with a joint to spare does when it has arrived."""

from __future__ import annotations

from ik_solver_node.gallery.descents import PATIENT
from ik_solver_node.gallery.robots import arm, load
from ik_solver_node.gallery.scene import (
    Arm, Dots, Frame, GHOST, Line, OURS, Scene, Slider, Space, THIRD, Values)
from ik_solver_node.gallery.stage import error_panel, star
from ik_solver_node.objective import Comfort
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PoseTarget
import numpy as np

START = np.array([-0.9, 0.9, 0.2, 1.3, 0.3, 0.8, 0.0])
"""Where the arm begins, on its target [rad]."""
DRIFTS = 24
REACH = 0.04
"""How far a step moves joints towards comfort, before the tip is brought back [rad]."""


def drift(first: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """
    Let an arm on its target drift to where its first joint is comfortable.

    Returns
    -------
    way : ndarray, shape (k, 7)
        Its joints [rad].
    discomfort : ndarray, shape (k,)
        How far the first joint is from where it shall be [rad].
    errors : ndarray, shape (k,)
        How far the tip is from the target meanwhile [m].

    """
    chain = load('seven_axis_arm')
    target = PoseTarget(chain.forward_kinematics(START))
    wish = Comfort({chain.joint_names[0]: first})
    results = [solve(chain, target, START, SolverOptions(
        objectives=(wish,), settle_steps=steps, settle_reach=REACH, max_time=PATIENT))
        for steps in range(DRIFTS + 1)]
    way = np.array([result.positions for result in results])
    return (way, np.abs(way[:, 0] - first),
            np.array([result.position_error for result in results]))


def _comfort(values: Values) -> list[Frame]:
    """Show the arm drift."""
    chain = load('seven_axis_arm')
    way, discomfort, errors = drift(float(values['first']))
    places = [arm(chain, q) for q in way]
    target = places[0][-1]
    elbows = np.array([place[4] for place in places])
    frames = []
    for i, place in enumerate(places):
        view = Space('the tip stays, the elbow goes', [
            Arm(places[0], GHOST, 'at first', alpha=0.5), Line(elbows[:i + 1], THIRD, 'elbow'),
            Arm(place, OURS), Dots(target[np.newaxis], star(target).colour, 'target', '*', 14.0)],
            (-0.2, 0.7), (-0.6, 0.3), (0.0, 0.8), 22.0, -50.0)
        panel = error_panel('how far off', [
            ('first joint from comfort [rad]', THIRD, discomfort),
            ('tip from the target [m]', OURS, errors)], i, 'step in the null space',
            'off by [rad] or [m]')
        frames.append(Frame((view, panel), f'the first joint is {discomfort[i]:.2f} rad from '
                            f'comfort, the tip {1e6 * errors[i]:.2f} µm from its target'))
    return frames


COMFORT = Scene(
    'comfort', 'comfort', 'Drifting to comfort, with the tip held still',
    'Seven joints hold a pose of six axes, so one way to move is left: the elbow can swing while '
    'the tip stands still. That is the null space of the arm. The objective `Comfort` names a '
    'posture, here of the first joint only, and the solver goes there step by step, never '
    'further from the target than the tolerance of 1 µm allows: as near as swinging the elbow '
    'brings it, for the target comes first.',
    (Slider('first', 'comfortable first joint [rad]', -1.5, 1.5, 0.1, 0.6),), _comfort, 6.0)
