"""Too large a rate and what helps: one that adapts, and to stop in time."""

from __future__ import annotations

from ik_solver_node.gallery import plain
from ik_solver_node.gallery.descents import joint_by_joint, steps_of
from ik_solver_node.gallery.robots import load
from ik_solver_node.gallery.scene import (
    Arm, Dots, Frame, Line, OURS, PLAIN, Scene, Slider, TARGET, THIRD, Values)
from ik_solver_node.gallery.stage import (
    arm_panel, distances, error_panel, planar_arm, star, tip_way)
from ik_solver_node.solver_options import SolverOptions, StepRule, SweepOrder
from ik_solver_node.target import PointTarget
import numpy as np

SEED = np.array([-0.9, 2.2])
"""Where the arm starts [rad]."""
STEPS = 40
STOPS = 'no test', 'test after each joint', 'the solver'


def raced(rate: float) -> dict[str, np.ndarray]:
    """Return the ways of the plain method and of two rules of the solver, by name."""
    chain = load('planar_2r')
    target = chain.forward_kinematics([0.9, 1.2]).position
    ways = {'fixed rate': plain.sweeps(chain, target, SEED, rate, STEPS)[::chain.size]}
    for rule, name in (('gradient', 'adaptive rate'), ('damped', 'damped')):
        ways[name] = steps_of(chain, PointTarget(target), SEED,
                              SolverOptions(step_rule=StepRule(rule)), STEPS)
    return ways


def _rate(values: Values) -> list[Frame]:
    """Let a fixed rate and an adaptive one go for the same target."""
    chain = load('planar_2r')
    target = chain.forward_kinematics([0.9, 1.2]).position
    ways = raced(float(values['rate']))
    colours = {'fixed rate': PLAIN, 'adaptive rate': OURS, 'damped': THIRD}
    courses = [(name, colours[name], distances(chain, way, target)) for name, way in ways.items()]
    frames = []
    for i in range(STEPS + 1):
        items: list[Line | Dots | Arm] = []
        for name in ('fixed rate', 'adaptive rate'):
            way = ways[name][:i + 1]
            items += [tip_way(chain, way[-13:], colours[name]),
                      planar_arm(chain, way[-1], colours[name], name)]
        arm = arm_panel('one target, two rates', [*items, star(target[:2])],
                        (-0.95, 1.0), (-0.95, 0.95))
        frames.append(Frame((arm, error_panel('how far off', courses, i)),
                            f'step {i}: the fixed rate is {1e3 * courses[0][2][i]:.0f} mm off'))
    return frames


RATE = Scene(
    'rate', 'rate', 'Too large a rate wiggles, an adaptive one settles',
    'The plain method moves each joint by a fixed rate times the slope of the distance. That '
    'slope does not fade at the target, so near it every step is too large, and the arm wiggles '
    'for ever: turn the rate down, and it only takes longer to get there. The solver lowers the '
    'squared distance instead, at a rate that follows the curvature (`gradient`), or takes the '
    'curvature into the step (`damped`).',
    (Slider('rate', 'fixed rate [rad²/m]', 0.05, 1.5, 0.05, 0.5),), _rate, 6.0)


def stopped(rate: float, tolerance: float) -> dict[str, np.ndarray]:
    """Return ways joint by joint: without a test, with one after each joint, of the solver."""
    chain = load('planar_2r')
    target = chain.forward_kinematics([0.9, 1.2]).position
    solved = steps_of(chain, PointTarget(target), SEED, SolverOptions(
        step_rule=StepRule.SWEEP, sweep_order=SweepOrder.TIP_TO_BASE, rate=2.0,
        position_tolerance=tolerance), STEPS)
    ways = (plain.sweeps(chain, target, SEED, rate, STEPS),
            plain.sweeps(chain, target, SEED, rate, STEPS, tolerance=tolerance),
            joint_by_joint(solved))
    return dict(zip(STOPS, ways))


def _early_stop(values: Values) -> list[Frame]:
    """Show the same descent with and without early termination, and the sweep of the solver."""
    chain, tolerance = load('planar_2r'), float(values['tolerance'])
    target = chain.forward_kinematics([0.9, 1.2]).position
    ways = stopped(float(values['rate']), tolerance)
    colours = dict(zip(STOPS, (PLAIN, THIRD, OURS)))
    turned = {name: np.abs(np.diff(way, axis=0)).sum() for name, way in ways.items()}
    courses = [(f'{name}: {turned[name]:.1f} rad turned', colours[name],
                distances(chain, way, target)) for name, way in ways.items()]
    angles = np.linspace(0.0, 2.0 * np.pi, 40)
    ring = target[:2] + tolerance * np.column_stack([np.cos(angles), np.sin(angles)])
    ends = ', '.join(
        f'{name} {"goes on" if len(ways[name]) > 2 * STEPS else f"ends at {len(ways[name]) - 1}"}'
        for name in STOPS[1:])
    frames = []
    for i in range(0, 2 * STEPS + 1, 2):
        items: list[Line | Dots | Arm] = []
        for name, way in ways.items():
            items += [tip_way(chain, way[:i + 1], colours[name]),
                      planar_arm(chain, way[min(i, len(way) - 1)], colours[name], name)]
        arm = arm_panel('one target, near enough or not', [
            *items, Line(ring, TARGET, 'tolerance', 1.2), star(target[:2])],
            (-0.3, 1.0), (-0.6, 0.95))
        frames.append(Frame((arm, error_panel(
            'how far off', courses, i, 'moves of a single joint', tolerance=tolerance,
            is_log=False)), f'move {i}; {ends}'))
    return frames


EARLY_STOP = Scene(
    'early_stop', 'early stop', 'Good enough is the moment to stop',
    'The test whether the tip is near enough comes after every single joint, not after all of '
    'them: so the arm moves no more than it must. Without the test (red) the plain descent passes '
    'the target and wiggles around it, and turns its joints for nothing; with it (yellow) the '
    'same descent stays where it is near enough, unless its steps are so large, or so small, that '
    'it never is. The `sweep` of the solver (blue) tests after every joint, too.',
    (Slider('rate', 'fixed rate [rad²/m]', 0.05, 0.5, 0.05, 0.2),
     Slider('tolerance', 'tolerance [m]', 0.01, 0.2, 0.01, 0.06)), _early_stop, 6.0)
