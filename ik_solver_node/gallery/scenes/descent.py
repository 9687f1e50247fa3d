"""The descent on the map of a two-joint arm, and the order in which joints are moved."""

from __future__ import annotations

from ik_solver_node.chain import KinematicChain
from ik_solver_node.gallery.descents import joint_by_joint, steps_of
from ik_solver_node.gallery.robots import load, planar
from ik_solver_node.gallery.scene import (
    Arm, Choice, Dots, Frame, GHOST, Line, OURS, PLAIN, Plane, Scene, Slider, TARGET, Values)
from ik_solver_node.gallery.stage import (
    arm_panel, landscape, planar_arm, star, tip_way, tips_of)
from ik_solver_node.solver_options import SolverOptions, StepRule, SweepOrder
from ik_solver_node.target import PointTarget
import numpy as np

MAP = (-1.6, 2.8), (-0.4, 3.0)
"""The joints of the map [rad]."""


def _descent(values: Values) -> list[Frame]:
    """Go down the error of two joints."""
    chain = load('planar_2r')
    target = chain.forward_kinematics([0.9, 1.2]).position
    seed = np.array([float(values['first']), float(values['second'])])
    rule = str(values['rule'])
    way = steps_of(chain, PointTarget(target), seed, SolverOptions(
        step_rule=StepRule(rule), rate=float(values['rate']), sweep_order=SweepOrder.TIP_TO_BASE,
        position_tolerance=1e-3), 60)
    heights = landscape(chain, target, *MAP)
    frames = []
    for i, q in enumerate(way):
        walked = way[:i + 1] if rule != 'sweep' else joint_by_joint(way[:i + 1])
        arm = arm_panel('the arm', [
            planar_arm(chain, way[0], GHOST, 'start'), tip_way(chain, way[:i + 1], PLAIN),
            planar_arm(chain, q, OURS), star(target[:2])], (-0.75, 1.0), (-0.8, 0.95))
        board = Plane('the distance for every pair of angles', [
            heights, Line(walked, PLAIN, 'the way down', 2.2), Dots(way[:i + 1], PLAIN, size=4.0),
            Dots(np.array([[0.9, 1.2]]), TARGET, 'target', '*', 13.0)],
            'first joint [rad]', 'second joint [rad]', *MAP)
        off = float(np.linalg.norm(tips_of(chain, [q])[0] - target))
        frames.append(Frame((arm, board), f'{rule}, step {i}: {1e3 * off:.1f} mm off'))
    return frames


DESCENT = Scene(
    'descent', 'descent', 'Downhill, joint by joint or all at once',
    'Every pair of angles is a place on the map, its colour the distance of the tip. `sweep` '
    'moves one joint after the other, so it walks at right angles; `gradient` moves all at once '
    'along the steepest slope; `damped` knows how the slope bends and needs a few steps.',
    (Choice('rule', 'step rule', ('sweep', 'gradient', 'damped'), 'sweep'),
     Slider('rate', 'rate of sweep, first of gradient [rad²/m²]', 0.2, 5.0, 0.1, 2.0),
     Slider('first', 'start, first joint [rad]', -1.5, 2.5, 0.1, -0.9),
     Slider('second', 'start, second joint [rad]', 0.0, 2.8, 0.1, 2.2)), _descent, 5.0)


def ordered(rate: float) -> tuple[KinematicChain, dict[str, np.ndarray], np.ndarray]:
    """Return a snake of six joints, its ways to a target in both orders, and the target."""
    chain = planar((0.15,) * 6)
    target, seed = np.array([0.35, 0.45, 0.0]), np.array([0.3, *[0.25] * 5])
    ways = {order: steps_of(chain, PointTarget(target), seed, SolverOptions(
        step_rule=StepRule.SWEEP, sweep_order=SweepOrder(order), rate=rate,
        position_tolerance=5e-3), 80)
        for order in ('tip_to_base', 'base_to_tip')}
    return chain, ways, target


def _order(values: Values) -> list[Frame]:
    """Show a snake that begins at its tip, and one that begins at its base."""
    chain, ways, target = ordered(float(values['rate']))
    told = {'tip_to_base': ('from the tip to the base', OURS),
            'base_to_tip': ('from the base to the tip', PLAIN)}
    frames = []
    for i in range(max(map(len, ways.values()))):
        arms: list[Line | Dots | Arm] = []
        bars = []
        for row, (order, way) in enumerate(ways.items()):
            label, colour = told[order]
            q = way[min(i, len(way) - 1)]
            arms += [planar_arm(chain, q, colour, label), tip_way(chain, way[:i + 1], colour)]
            numbers = np.arange(1, 7) + 0.16 * (2 * row - 1)
            turned = np.abs(np.diff(way[:i + 1], axis=0)).sum(axis=0)
            bars += [Line(np.array([[number, 0.0], [number, moved]]), colour,
                          label if number < 1.5 else '', 7.0)
                     for number, moved in zip(numbers, turned)]
        arm = arm_panel('two snakes and one target', [
            planar_arm(chain, ways['tip_to_base'][0], GHOST, 'start'), *arms, star(target[:2])],
            (-0.3, 1.0), (-0.45, 0.85))
        turns = Plane('how far each joint has turned', bars, 'joint, from base to tip',
                      'turned [rad]', (0.5, 6.5), (0.0, 1.0))
        frames.append(Frame((arm, turns), f'sweep {i}'))
    return frames


ORDER = Scene(
    'order', 'order', 'From the tip to the base',
    'A sweep may begin at either end. If it begins at the tip, small links have done much of the '
    'work before the base has its turn, and the base, which swings the whole arm, turns less.',
    (Slider('rate', 'rate [rad²/m²]', 0.5, 3.0, 0.1, 2.0),), _order, 5.0)
