"""Two answers to one question, and the one that is nearer to where the arm is."""

from __future__ import annotations

from ik_solver_node.all_solutions import solve_all
from ik_solver_node.gallery.descents import PATIENT
from ik_solver_node.gallery.robots import load
from ik_solver_node.gallery.scene import (
    Dots, Frame, GHOST, INK, Line, OURS, PLAIN, Plane, Scene, Slider, Values)
from ik_solver_node.gallery.stage import arm_panel, planar_arm, star
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import Solution, SolverOptions
from ik_solver_node.target import PointTarget
import numpy as np

SECONDS = np.linspace(-2.0, 2.0, 41)
"""Where the second joint is at first, from picture to picture [rad]."""
PLACE = np.array([0.36, 0.55, 0.0])
"""The target [m]."""


def answers(first: float) -> tuple[np.ndarray, dict[Solution, np.ndarray]]:
    """Return seeds (k, 2), and for each the answer that is found first, and the nearest [rad]."""
    chain, target = load('planar_2r'), PointTarget(PLACE)
    seeds = np.column_stack([np.full(len(SECONDS), first), SECONDS])
    return seeds, {kind: np.array([solve(chain, target, seed, SolverOptions(
        solution=kind, max_time=PATIENT)).positions for seed in seeds]) for kind in Solution}


def both() -> np.ndarray:
    """Return all answers that there are, (2, 2) [rad]."""
    chain = load('planar_2r')
    found = solve_all(chain, PointTarget(PLACE), chain.mid_range(), SolverOptions())
    return np.array([result.positions for result in found])


def _nearest(values: Values) -> list[Frame]:
    """Bend the elbow of the arm that asks, from one side to the other."""
    chain = load('planar_2r')
    seeds, found = answers(float(values['first']))
    told = {Solution.FIRST: ('found first', PLAIN), Solution.NEAREST: ('nearest', OURS)}
    ghosts = [planar_arm(chain, q, GHOST, 'both answers' if number == 0 else '', 0.4)
              for number, q in enumerate(both())]
    moved = {kind: np.linalg.norm(way - seeds, axis=1) for kind, way in found.items()}
    frames = []
    for i, seed in enumerate(seeds):
        arms = [*ghosts, planar_arm(chain, seed, INK, 'where the arm is')]
        curves: list[Line | Dots] = []
        for kind, (label, colour) in told.items():
            arms.append(planar_arm(chain, found[kind][i], colour, label))
            points = np.column_stack([SECONDS, moved[kind]])
            curves += [Line(points, colour, label), Dots(points[i:i + 1], colour)]
        arm = arm_panel('one target, two answers', [*arms, star(PLACE[:2])], (-0.95, 1.0),
                        (-0.95, 0.95))
        away = Plane('how far the joints have to go', curves, 'second joint at first [rad]',
                     'both joints together [rad]', (-2.0, 2.0), (0.0, 6.5))
        frames.append(Frame((arm, away), ', '.join(
            f'{label}: {moved[kind][i]:.2f} rad away' for kind, (label, _) in told.items())))
    return frames


NEAREST = Scene(
    'nearest', 'minima', 'Of two answers the nearer',
    'A target may have several answers, each at the bottom of a valley of its own: here the elbow '
    'to the left or to the right. A descent ends in the valley where it happens to come down, '
    "which may be the one further away (red). With `solution='nearest'` the solver looks for "
    'the others, too, and takes the one that is nearest to where the arm is (blue).',
    (Slider('first', 'first joint at first [rad]', -3.0, 2.9, 0.1, -2.4),), _nearest, 8.0)
