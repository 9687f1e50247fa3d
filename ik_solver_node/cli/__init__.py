"""
The command `ik_solver`: what the library does, at the command line and without ROS.

    ik_solver solve my_robot.urdf --pose 0.4 0.1 0.5 0 1 0 0
    ik_solver fk my_robot.urdf 0 -90 90 0 0 0 --degrees
    ik_solver check my_robot.urdf --tip tool0
    ik_solver report run.mcap
    ik_solver replay run.mcap
    ik_solver gallery
    eval "$(ik_solver completion bash)"

exit code: 0 if all is well or nearly so; 1 if a target is not reached, the robot has a problem or
a replay differs; 2 if the command, a file or a link cannot be used; 130 after Ctrl-C.
"""
# PYTHON_ARGCOMPLETE_OK

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
import os
import signal
import sys

from ik_solver_node import __version__
from ik_solver_node.cli import check, completion, fk, gallery, replay, report, solve
from ik_solver_node.cli.arguments import shielded
from ik_solver_node.cli.terminal import take_any_name
from ik_solver_node.exceptions import IkSolverError

# What takes long to import, numpy and the compiler among it, is imported by the functions that
# need it, after `main` has taken care of Ctrl-C.

COMMANDS = {
    'solve': solve.COMMAND, 'fk': fk.COMMAND, 'check': check.COMMAND, 'report': report.COMMAND,
    'replay': replay.COMMAND, 'gallery': gallery.COMMAND,
    'completion': completion.COMMAND}
"""The subcommands by name."""

BROKEN_PIPE = 141
"""What a shell reports of a program that wrote into a pipe nobody reads any more."""


def main(arguments: Sequence[str] | None = None) -> int:
    """
    Run the command.

    Parameters
    ----------
    arguments : sequence of str, optional
        What follows the name of the program; default that of this process.

    Returns
    -------
    int
        The exit code.

    """
    with _quiet_on_ctrl_c():
        try:
            try:
                return _run(sys.argv[1:] if arguments is None else arguments)
            finally:
                if sys.stdout is not None:
                    sys.stdout.flush()  # here, where what goes wrong is still no traceback
        except OSError as error:
            # What is left in the buffer would be tried again at the end of the process.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            if isinstance(error, BrokenPipeError):
                return BROKEN_PIPE
            print(f'ik_solver: the output cannot be written: {error.strerror or error}',
                  file=sys.stderr)
            return 2


def _run(arguments: Sequence[str]) -> int:
    """Read the command line, do what it says, and return the exit code."""
    parser = _parser()
    if '_ARGCOMPLETE' in os.environ:  # a shell asks how the line could go on
        completion.complete(parser)
    parsed, others = parser.parse_known_args([shielded(word) for word in arguments])
    if parsed.command is None:
        parser.print_help(sys.stderr)
        return 2
    command = COMMANDS[parsed.command]
    if command.rest and not any(word.startswith('-') for word in others):
        getattr(parsed, command.rest).extend(others)
    elif others:
        parser.error(f'unrecognized arguments: {" ".join(others)}')
    parsed.words = ['ik_solver', *arguments]
    take_any_name(sys.stdout)
    try:
        return command.run(parsed)
    except IkSolverError as error:
        take_any_name(sys.stderr)
        print(f'ik_solver {parsed.command}: {error}', file=sys.stderr)
        return 2


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog='ik_solver', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--version', action='version', version=f'ik_solver_node {__version__}')
    subparsers = parser.add_subparsers(dest='command', metavar='COMMAND')
    for name, command in COMMANDS.items():
        command.add_arguments(subparsers.add_parser(
            name, help=command.summary, description=command.summary,
            formatter_class=argparse.RawDescriptionHelpFormatter))
    return parser


@contextmanager
def _quiet_on_ctrl_c() -> Iterator[None]:
    """
    End the process at once on Ctrl-C.

    An exception in the middle of an import, or of the compiler, would bring a traceback.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield  # whoever started this does not want it to end, or takes care of it
        return
    signal.signal(signal.SIGINT, lambda *_: (os.write(2, b'\nstopped\n'), os._exit(130)))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
