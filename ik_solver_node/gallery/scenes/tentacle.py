"""A tentacle of thirty joints: distance, orientation and torsion together."""

from __future__ import annotations

from ik_solver_node.gallery.descents import PATIENT
from ik_solver_node.gallery.robots import arm, load
from ik_solver_node.gallery.scene import (
    Arm, Dots, Frame, GHOST, Line, OURS, PLAIN, Plane, Scene, Slider, Space, TARGET, Toggle,
    Values)
from ik_solver_node.objective import Objective, Torsion
from ik_solver_node.result import IkResult
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import DirectionTarget, PointTarget, Target
import numpy as np

MOMENTS = 40
DOWN = np.array([0.0, 0.0, -1.0])


def places(height: float) -> np.ndarray:
    """Return where the target goes, a loop around the tentacle, (k, 3) [m]."""
    turns = np.linspace(0.0, 2.0 * np.pi, MOMENTS + 1)[:-1]
    return np.column_stack([0.45 * np.cos(turns), 0.45 * np.sin(turns),
                            height + 0.08 * np.sin(2.0 * turns)])


def reach(height: float, orientation: bool, torsion: bool) -> list[IkResult]:
    """Return what the solver finds for each place, one after the other."""
    chain = load('tentacle')
    wishes: tuple[Objective, ...] = (Torsion(),) if torsion else ()
    options = SolverOptions(objectives=wishes, max_time=PATIENT)
    results: list[IkResult] = []
    # It begins where the loop has led it to once already.
    for place in np.vstack([places(height)[-8:], places(height)]):
        target: Target = (DirectionTarget(DOWN, position=place) if orientation
                          else PointTarget(place))
        seed = results[-1].positions if results else np.full(chain.size, 0.05)
        results.append(solve(chain, target, seed, options))
    return results[8:]


def _tentacle(values: Values) -> list[Frame]:
    """Show the tentacle with and without torsion."""
    chain, height = load('tentacle'), float(values['height'])
    orientation = bool(values['orientation'])
    straight = reach(height, orientation, True) if values['torsion'] else None
    free = reach(height, orientation, False)
    loop = places(height)
    frames = []
    for i, place in enumerate(loop):
        shown = [(free[i], PLAIN, 'as it comes')]
        if straight is not None:
            shown.append((straight[i], OURS, 'with torsion'))
        items: list[Arm | Line | Dots] = [
            Line(np.vstack([loop, loop[:1]]), GHOST, width=1.0),
            Dots(place[np.newaxis], TARGET, 'target', '*', 14.0)]
        bends: list[Line | Dots] = []
        for result, colour, label in shown:
            items.append(Arm(arm(chain, result.positions), colour, label, 0.03,
                             1.0 if colour == OURS else 0.5))
            bent = np.hypot(result.positions[::2], result.positions[1::2])
            points = np.column_stack([np.arange(len(bent)) + 1, bent])
            bends += [Line(points, colour,
                           f'{label}: {np.linalg.norm(result.positions):.2f} rad in all'),
                      Dots(points, colour, size=4.0)]
        view = Space('thirty joints, one target', items, (-0.65, 0.65), (-0.65, 0.65),
                     (0.0, 1.0), 18.0, -60.0)
        joints = Plane('how far each pair of joints bends', bends,
                       'pair of joints, from base to tip', 'bent by [rad]',
                       (1.0, 0.5 * chain.size), (0.0, 0.65))
        last = shown[-1][0]
        frames.append(Frame((view, joints), f'{1e6 * last.position_error:.2f} µm off'
                            + (f', {1e6 * last.orientation_error:.2f} µrad from straight down'
                               if orientation else '')))
    return frames


TENTACLE = Scene(
    'tentacle', 'tentacle', 'Thirty joints that reach and curl',
    'The same descent moves a chain of thirty joints. Its error mixes the distance of the tip '
    'and its orientation, here straight down; what is left free is decided by `Torsion`, the '
    'wish that every joint be straight, which spreads the bend evenly over all of them. Without '
    'it the joints do what they happen to do.',
    (Toggle('orientation', 'the tip points down', True), Toggle('torsion', 'torsion', True),
     Slider('height', 'height of the loop [m]', 0.4, 0.6, 0.05, 0.5)), _tentacle, 8.0)
