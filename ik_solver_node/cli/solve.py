"""`ik_solver solve`: inverse kinematics, from a target to joint positions."""

from __future__ import annotations

import argparse
import math
from typing import Any, TYPE_CHECKING

from ik_solver_node.cli.arguments import (
    add_robot_arguments, add_units, Command, completed_by, joints_on_the_line, number)
from ik_solver_node.cli.target import add_target_arguments, target_of
from ik_solver_node.cli.terminal import load_solver, note

if TYPE_CHECKING:
    from ik_solver_node.chain import KinematicChain
    from ik_solver_node.solver_options import SolverOptions

STEP_RULES = ('damped', 'sweep', 'gradient')
RELAX = ('orientation', 'none', 'all')
"""Names of `solver_options`, which takes too long to import for a line that is being typed."""

MAX_TIME = 1.0
"""Time budget [s]: longer than that of the library, since nobody waits for the next target."""

EPILOG = """\
The last line is the verdict. Exit code: 0 if the target is reached, 1 if it is not (the joints
are then those of the closest pose found), 2 if the command cannot be carried out.

examples:
    ik_solver solve my_robot.urdf --pose 0.4 0.1 0.5 0 1 0 0
    ik_solver solve my_robot.urdf --pose 0.4 0.1 0.5 180 0 -90 --degrees --free rz --nearest
    ik_solver solve my_robot.urdf --tip tool0 --point -0.3 2e-1 0.5 --seed elbow_joint=1.2
    ik_solver solve my_robot.urdf --point 0.4 0 0.2 --direction 0 0 -1 --cone 0.1 --all --json"""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver solve`."""
    # As short as it can be said, and with the file where the numbers do not swallow it.
    parser.usage = ('ik_solver solve URDF (--pose | --point | --orientation | --direction) '
                    'NUMBER ... [options]')
    add_robot_arguments(parser)
    add_target_arguments(parser)
    _add_ways(parser)
    add_units(parser)
    parser.epilog = EPILOG


def _add_ways(parser: argparse.ArgumentParser) -> None:
    """Add how to solve."""
    group = parser.add_argument_group('how to solve')
    completed_by(group.add_argument(
        '--seed', metavar='POSITION', nargs='+', help='where to start [rad or m]: one number for '
        'each joint from base to tip, or joint=value; joints not named, and all without --seed, '
        'start in the middle of their range'), joints_on_the_line)
    which = group.add_mutually_exclusive_group()
    which.add_argument('--nearest', action='store_true',
                       help='of several solutions the one nearest to the seed')
    which.add_argument('--all', action='store_true',
                       help='all distinct solutions, nearest to the seed first')
    group.add_argument('--step-rule', choices=STEP_RULES, help='how the joints move down the '
                       f'slope of the error (default: {STEP_RULES[0]})')
    group.add_argument('--position-tolerance', metavar='M', type=number,
                       help='position error at which the target counts as reached (default: 1e-6)')
    group.add_argument('--orientation-tolerance', metavar='ANGLE', type=number,
                       help='the same for the orientation (default: 1e-6 rad)')
    group.add_argument('--relax', choices=RELAX, help='what of a pose an arm of fewer than six '
                       f'axes may leave free (default: {RELAX[0]}, what it cannot control of it)')
    group.add_argument('--max-time', metavar='S', type=number, default=MAX_TIME,
                       help=f'time budget (default: {MAX_TIME:g})')


def _solve(parsed: argparse.Namespace) -> int:
    """Solve for a target."""
    from ik_solver_node.cli import answers
    from ik_solver_node.cli.robot import chain_of, description_of, model_of
    target, options = target_of(parsed), _options(parsed)
    chain = chain_of(parsed, model_of(parsed, description_of(parsed)))
    seed = _seed(parsed, chain)
    load_solver()
    results = _results(chain, target, seed, options, parsed.all)
    question = answers.Question(chain, target, seed)
    if parsed.json:
        print(answers.as_json(question, results))
    else:
        print(answers.as_text(question, results, parsed.degrees))
    return 0 if results[0].success else 1


def _options(parsed: argparse.Namespace) -> SolverOptions:
    """Return how to solve."""
    from ik_solver_node.solver_options import SolverOptions
    turn = parsed.orientation_tolerance
    given = {'step_rule': parsed.step_rule, 'relax': parsed.relax, 'max_time': parsed.max_time,
             'position_tolerance': parsed.position_tolerance,
             'orientation_tolerance': math.radians(turn) if turn and parsed.degrees else turn,
             'solution': 'nearest' if parsed.nearest else None}
    return SolverOptions(**{name: value for name, value in given.items() if value is not None})


def _seed(parsed: argparse.Namespace, chain: KinematicChain) -> Any:
    """Return where to start, shape (n,) [rad or m], inside the limits."""
    from ik_solver_node.cli.joint_values import joint_values
    seed = chain.mid_range()
    if parsed.seed:
        names = chain.joint_names
        positions = joint_values(parsed.seed, chain.model, names, names, parsed.degrees,
                                 'the numbers of --seed')
        for j, name in enumerate(names):
            seed[j] = positions.get(name, seed[j])
    inside = chain.clip(seed)
    for j, name in enumerate(chain.joint_names):
        if inside[j] != seed[j]:
            note(f'warning: the seed of joint {name!r} is {seed[j]:.6g}, outside its limits '
                 f'{chain.lower[j]:.6g} to {chain.upper[j]:.6g}; the solve starts at the limit')
    return inside


def _results(chain: KinematicChain, target: Any, seed: Any, options: SolverOptions,
             every: bool) -> tuple[Any, ...]:
    """Return the solutions, or one that says why there is none."""
    from ik_solver_node.all_solutions import solve_all
    from ik_solver_node.cli.answers import MOST_SOLUTIONS
    from ik_solver_node.solver import solve
    found = solve_all(chain, target, seed, options,
                      max_solutions=MOST_SOLUTIONS) if every else ()
    return found or (solve(chain, target, seed, options),)


COMMAND = Command('find joint positions that bring the tip to a target (inverse kinematics)',
                  _add_arguments, _solve)
