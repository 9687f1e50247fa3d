"""The slope of the error along one joint, as a tangent."""

from __future__ import annotations

from ik_solver_node.gallery import plain
from ik_solver_node.gallery.robots import load
from ik_solver_node.gallery.scene import (
    Dots, Frame, GHOST, INK, Line, OURS, PLAIN, Plane, Scene, Slider, Values)
from ik_solver_node.gallery.stage import arm_panel, planar_arm, star
import numpy as np

SECOND = 1.1
"""Where the other joint stands [rad]."""
MAP = -1.6, 3.3
"""The first joint, as far as the error is drawn [rad]."""


def slopes_at(first: float, sampling: float, target: np.ndarray) -> tuple[float, float]:
    """Return the sampled and the exact slope of the distance along the first joint [m/rad]."""
    chain, q = load('planar_2r'), np.array([first, SECOND])
    away = chain.tip_frames(q)[0, 9:] - target
    exact = float(away / np.linalg.norm(away) @ chain.jacobian(q)[:3, 0])
    return plain.sampled_slope(chain, q, target, 0, sampling), exact


def _slope(values: Values) -> list[Frame]:
    """Go along the error of the first joint with its tangent."""
    chain, sampling = load('planar_2r'), float(values['sampling'])
    target = chain.forward_kinematics([0.9, 1.3]).position
    firsts = np.linspace(*MAP, 141)
    curve = np.array([plain.distance(chain, np.array([one, SECOND]), target) for one in firsts])
    frames = []
    for first in [*np.linspace(-1.4, 2.4, 29), *np.linspace(2.4, -1.4, 29)[1:-1]]:
        here = plain.distance(chain, np.array([first, SECOND]), target)
        sampled, exact = slopes_at(first, sampling, target)
        beside = [first + sampling, here + sampling * sampled]
        reach = np.array([-0.7, 0.7])
        arm = arm_panel('the arm, and beside it after a small turn', [
            planar_arm(chain, np.array([beside[0], SECOND]), GHOST),
            planar_arm(chain, np.array([first, SECOND]), OURS),
            star(target[:2])], (-0.8, 1.0), (-0.8, 1.0))
        error = Plane('the error along the first joint', [
            Line(np.column_stack([firsts, curve]), INK, 'distance'),
            Line(np.column_stack([first + reach, here + sampled * reach]), PLAIN,
                 'through both samples'),
            Line(np.column_stack([first + reach, here + exact * reach]), OURS, 'exact tangent',
                 1.8, '--'),
            Dots(np.array([beside]), PLAIN), Dots(np.array([[first, here]]), OURS)],
            'first joint [rad]', 'distance [m]', MAP, (-0.1, 1.5))
        frames.append(Frame((arm, error), f'slope {exact:+.3f} m/rad, sampled {sampled:+.3f} '
                            f'm/rad: the joint has to turn {"back" if exact > 0 else "on"}'))
    return frames


SLOPE = Scene(
    'slope', 'slope', 'The slope of one joint',
    'Turn one joint a little and look again: the change of the error over the turn is its slope '
    '(red). The smaller the turn, the nearer it is to the tangent (blue), which the solver '
    'computes exactly from the geometry of the arm; the sampled one is kept as '
    "`slope='finite_difference'`. Downhill is against the slope.",
    (Slider('sampling', 'sampling distance [rad]', 0.01, 0.8, 0.01, 0.35),), _slope, 10.0)
