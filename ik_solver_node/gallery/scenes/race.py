"""The three step rules race for one pose, on an arm of seven joints."""

from __future__ import annotations

from dataclasses import dataclass

from ik_solver_node.gallery.descents import steps_of
from ik_solver_node.gallery.robots import arm, load
from ik_solver_node.gallery.scene import (
    Arm, Dots, Frame, Line, OURS, PLAIN, Plane, Scene, Slider, Space, TARGET, THIRD, Values)
from ik_solver_node.gallery.stage import tips_of
from ik_solver_node.request import goal_of
from ik_solver_node.result import errors_of
from ik_solver_node.solver_options import SolverOptions, StepRule
import numpy as np

HIDDEN = np.array([-2.78, 0.865, -0.744, -1.71, 0.95, 1.804, -1.786])
"""Joints that reach the target; nobody is told [rad]."""
COLOURS = {'sweep': PLAIN, 'gradient': THIRD, 'damped': OURS}
MOST = 400


@dataclass(frozen=True, eq=False)
class Run:
    """The way of one rule: joints (k, 7) [rad], and errors (k, 2) of the tip [m], [rad]."""

    way: np.ndarray
    errors: np.ndarray


def race(rate: float) -> dict[str, Run]:
    """Return the ways of the three rules from the middle of the range, with this rate of sweep."""
    chain = load('seven_axis_arm')
    goal = goal_of(chain, chain.forward_kinematics(HIDDEN))
    runs = {}
    for rule in COLOURS:
        options = SolverOptions(step_rule=StepRule(rule), rate=rate if rule == 'sweep' else 0.5)
        way = steps_of(chain, chain.forward_kinematics(HIDDEN), chain.mid_range(), options, MOST)
        runs[rule] = Run(way, np.array([errors_of(chain, goal, q) for q in way]))
    return runs


def _moments(longest: int) -> list[int]:
    """Return the steps that are shown: all at first, then fewer and fewer."""
    steps = np.unique(np.round(np.concatenate([
        np.arange(9), np.geomspace(9, max(longest, 10), 26)])).astype(int))
    return [int(step) for step in steps if step <= longest]


def _race(values: Values) -> list[Frame]:
    """Show all three at the same step."""
    chain = load('seven_axis_arm')
    runs = race(float(values['rate']))
    target = chain.forward_kinematics(HIDDEN).position
    frames = []
    for i in _moments(max(len(run.way) for run in runs.values()) - 1):
        arms: list[Arm | Line | Dots] = [
            Dots(target[np.newaxis], TARGET, 'target', '*', 14.0)]
        courses: list[Line | Dots] = []
        for rule, run in runs.items():
            at = min(i, len(run.way) - 1)
            arms += [Line(tips_of(chain, run.way[:at + 1]), COLOURS[rule], width=1.2),
                     Arm(arm(chain, run.way[at]), COLOURS[rule], rule)]
            points = np.column_stack([1 + np.arange(len(run.way)),
                                      np.maximum(run.errors[:, 0], 1e-9)])
            courses += [Line(points[:at + 1], COLOURS[rule], f'{rule}: {len(run.way) - 1} steps'),
                        Dots(points[at:at + 1], COLOURS[rule])]
        view = Space('three rules, one pose', arms, (-0.7, 0.5), (-0.6, 0.6), (0.0, 1.35), 18.0,
                     -60.0)
        errors = Plane('how far off', courses, 'step (the scale is logarithmic)',
                       'distance to the target [m]', (1.0, float(MOST)), (1e-9, 2.0),
                       is_log=True, is_x_log=True)
        frames.append(Frame((view, errors), f'step {i}'))
    return frames


RACE = Scene(
    'race', 'sight', 'The three step rules race',
    'The same pose, position and orientation, for the same arm of seven joints, from the same '
    'start, each until it is within 1 µm and 1 µrad. `sweep` is the lesson as it stands, with a '
    'slope that fades at the target; `gradient` adapts its rate; `damped`, the default, is a '
    'Newton step with a cautious beginning.',
    (Slider('rate', 'rate of sweep [rad²/m²]', 1.5, 4.0, 0.5, 2.0),), _race, 5.0)
