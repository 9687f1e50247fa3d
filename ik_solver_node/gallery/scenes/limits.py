"""The two traps that limits set for the plain method, and the way around them."""

from __future__ import annotations

from ik_solver_node.chain import KinematicChain
from ik_solver_node.gallery import plain
from ik_solver_node.gallery.descents import steps_of
from ik_solver_node.gallery.robots import planar
from ik_solver_node.gallery.scene import (
    Arm, Dots, Frame, GHOST, INK, Line, OURS, PLAIN, Plane, Scene, Slider, Values)
from ik_solver_node.gallery.stage import (
    arm_panel, distances, error_panel, planar_arm, star, tip_way)
from ik_solver_node.solver_options import Slope, SolverOptions, StepRule
from ik_solver_node.target import PointTarget
import numpy as np

WAYS = ('the plain method', 'the solver')


def sampled(target_second: float) -> tuple[KinematicChain, np.ndarray, dict[str, np.ndarray]]:
    """Return an arm at a limit, a target [m], and the ways of the plain method and the solver."""
    chain = planar((0.5, 0.4), ((-2.5, 2.5), (-0.5, 0.9)))
    target = chain.forward_kinematics([0.9, target_second]).position
    seed = np.array([-0.3, 0.9])
    ways = (plain.sweeps(chain, target, seed, 0.1, 60, through_clamp=True,
                         tolerance=0.02)[::chain.size],
            steps_of(chain, PointTarget(target), seed, SolverOptions(
                step_rule=StepRule.SWEEP, slope=Slope.FINITE_DIFFERENCE, rate=1.5,
                position_tolerance=0.02),
                60))
    return chain, target, dict(zip(WAYS, ways))


def clamped(damping: float) -> tuple[KinematicChain, np.ndarray, dict[str, np.ndarray]]:
    """Return an arm with limits, a target [m], and the ways of the plain method and the solver."""
    chain = planar((0.4, 0.3, 0.2), ((-1.7, 1.7), (-0.4, 0.7), (-1.5, 0.4)))
    target, seed = np.array([-0.093, 0.886, 0.0]), np.array([0.56, 0.42, -0.01])
    ways = (plain.clamped_steps(chain, target, seed, 24, damping),
            steps_of(chain, PointTarget(target), seed, SolverOptions(), 24))
    return chain, target, dict(zip(WAYS, ways))


def _sample(values: Values) -> list[Frame]:
    """Show a joint that stands at its limit."""
    return _side_by_side(*sampled(float(values['second'])), joint=1)


def _clamp(values: Values) -> list[Frame]:
    """Show steps that run into limits."""
    return _side_by_side(*clamped(float(values['damping'])), joint=2)


def _side_by_side(chain: KinematicChain, target: np.ndarray, ways: dict[str, np.ndarray],
                  joint: int) -> list[Frame]:
    """Return frames of both ways, and of one joint beside its limits."""
    colours = dict(zip(WAYS, (PLAIN, OURS)))
    courses = [(name, colours[name], distances(chain, way, target)) for name, way in ways.items()]
    frames = []
    for i in range(max(map(len, ways.values()))):
        start = next(iter(ways.values()))[0]
        items: list[Line | Dots | Arm] = [planar_arm(chain, start, GHOST, 'start')]
        for name, way in ways.items():
            items += [tip_way(chain, way[:i + 1], colours[name]),
                      planar_arm(chain, way[min(i, len(way) - 1)], colours[name], name)]
        arms = arm_panel('two arms, one target', [*items, star(target[:2])], (-1.3, 1.3),
                         (-1.6, 1.0))
        frames.append(Frame(
            (arms, _joint_panel(chain, ways, joint, i, colours),
             error_panel('how far off', courses, i, is_log=False)), f'step {i}'))
    return frames


def _joint_panel(chain: KinematicChain, ways: dict[str, np.ndarray], joint: int, now: int,
                 colours: dict[str, str]) -> Plane:
    """Return a panel of a joint over the steps, with its limits."""
    longest = float(max(map(len, ways.values())) - 1)
    lower, upper = float(chain.lower[joint]), float(chain.upper[joint])
    items: list[Line | Dots] = [
        Line(np.array([[0.0, limit], [longest, limit]]), INK, 'limits' if limit == lower else '',
             1.0, ':') for limit in (lower, upper)]
    for name, way in ways.items():
        course = way[:now + 1, joint]
        items.append(Line(np.column_stack([np.arange(len(course)), course]), colours[name]))
        items.append(Dots(np.array([[len(course) - 1, course[-1]]]), colours[name]))
    margin = 0.1 * (upper - lower)
    return Plane(f'joint {joint + 1}, between its limits', items, 'step',
                 f'joint {joint + 1} [rad]', (0.0, longest), (lower - margin, upper + margin))


SAMPLE = Scene(
    'limit_sampled', 'limits', 'The first trap: a slope taken through the clamp',
    'A joint stands at its upper limit. The plain method looks what a small turn would change, '
    'but *clamps the turn first*: nothing moves, the slope reads zero, and the joint stays stuck '
    'for good. The solver samples the error outside the clamp, where it is just as well defined, '
    'so that the joint sees its true slope and leaves the limit.',
    (Slider('second', 'second joint of the target [rad]', -0.2, 0.6, 0.1, 0.2),), _sample, 6.0)
CLAMP = Scene(
    'limit_clamped', 'limits', 'The second trap: to clamp when the step is done',
    'All joints take one damped step, then what is too much is cut off: the arm does not do what '
    'was computed, is thrown to the other side, and stalls with a joint pressed against its '
    'limit. The solver finds out which joints hit a limit, holds them there and computes the '
    'step again, so that the free joints take over what is left of the error. With more damping, '
    'and so shorter steps, the plain one may get through, too; it cannot know beforehand.',
    (Slider('damping', 'damping of the plain step [m²]', 0.001, 0.02, 0.001, 0.001),), _clamp, 3.0)
