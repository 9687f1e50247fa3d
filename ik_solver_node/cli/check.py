"""`ik_solver check`: what is suspicious about a robot, and how well it is solved."""

from __future__ import annotations

import argparse
import sys

from ik_solver_node.cli.arguments import add_json, add_robot_arguments, Command, whole_number
from ik_solver_node.cli.terminal import load_solver, progress
from ik_solver_node.exceptions import ChainError

MOST_TARGETS = 100_000


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver check`."""
    # As argparse would write it, but for the file, which must come before the tips.
    parser.usage = ('ik_solver check URDF [--base LINK] [--tip LINK [LINK ...]] [--targets N]\n'
                    '                       [--seed N] [--xacro NAME:=VALUE [NAME:=VALUE ...]] '
                    '[--json] [-h]')
    parser.epilog = """\
The last line is the verdict. Exit code: 0 for ready and careful, 1 for a problem, 2 if the command
cannot be carried out.

example:
    ik_solver check my_robot.urdf --tip tool0"""
    add_robot_arguments(parser, several_tips=True)
    parser.add_argument('--targets', metavar='N', type=whole_number(1, MOST_TARGETS),
                        default=1000, help='how many random poses to solve (default: 1000)')
    parser.add_argument('--seed', metavar='N', type=whole_number(0, 2 ** 63), default=0,
                        help='seed of the random numbers (default: 0)')
    add_json(parser)


def _check(parsed: argparse.Namespace) -> int:
    """Check a robot."""
    from ik_solver_node import check
    from ik_solver_node.chain import KinematicChain
    from ik_solver_node.cli.robot import description_of, model_of, with_tip
    from ik_solver_node.urdf_lint import lint_urdf
    show = check.as_json if parsed.json else check.as_text
    urdf = description_of(parsed)
    model = model_of(parsed, urdf)
    findings = lint_urdf(urdf, model)
    if not parsed.tip and len(model.leaf_links) > 1:
        question = check.ask_for_tip(model, parsed.base, findings)
        print(show(question))
        sys.stdout.flush()
        raise ChainError('the tip must be chosen, for example: '
                         f'{with_tip(parsed, question.choices[0].tip_links[0])}')
    chain = KinematicChain.from_model(model, parsed.base, parsed.tip)
    load_solver()
    report = check.check_chain(chain, findings, parsed.targets, parsed.seed, progress)
    print(show(report))
    return 1 if report.verdict is check.Readiness.PROBLEM else 0


COMMAND = Command('check a robot: its URDF, the axes it controls, and how well it is solved',
                  _add_arguments, _check)
