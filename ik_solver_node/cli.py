"""
The command `ik_solver`: what the library does, at the command line and without ROS.

    ik_solver check my_robot.urdf --tip tool0
    ik_solver report run.mcap
    ik_solver replay run.mcap
    ik_solver gallery

exit code: 0 if all is well or nearly so; 1 if the robot has a problem or a replay differs; 2 if
the command, a file or a link cannot be used; 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
import json
import os
from pathlib import Path
import shlex
import signal
import sys
from typing import Any, NamedTuple

from ik_solver_node import __version__
from ik_solver_node.exceptions import IkSolverError, OptionsError

# What takes long to import, numpy and the compiler among it, is imported by the functions that
# need it, after `main` has taken care of Ctrl-C.

MOST_TARGETS = 100_000
BROKEN_PIPE = 141
"""What a shell reports of a program that wrote into a pipe nobody reads any more."""


class Command(NamedTuple):
    """
    A subcommand.

    summary : what it does, in a phrase
    add_arguments : gives its arguments to its parser
    run : does it and returns the exit code
    """

    summary: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


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
                return _run(arguments)
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


def _run(arguments: Sequence[str] | None) -> int:
    """Read the command line, do what it says, and return the exit code."""
    parser = _parser()
    parsed = parser.parse_args(arguments)
    if parsed.command is None:
        parser.print_help(sys.stderr)
        return 2
    _take_any_name(sys.stdout)
    try:
        return COMMANDS[parsed.command].run(parsed)
    except IkSolverError as error:
        return _refuse(parsed, str(error))


def _parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command."""
    parser = argparse.ArgumentParser(
        prog='ik_solver', description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--version', action='version', version=f'ik_solver_node {__version__}')
    subparsers = parser.add_subparsers(dest='command', metavar='COMMAND')
    for name, command in COMMANDS.items():
        command.add_arguments(subparsers.add_parser(
            name, help=command.summary, description=command.summary))
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


def _take_any_name(stream: Any) -> None:
    """Let a terminal that lacks a letter show its code: links may have any name."""
    if hasattr(stream, 'reconfigure'):
        stream.reconfigure(errors='backslashreplace')


def _refuse(parsed: argparse.Namespace, sentence: str) -> int:
    """Say what is wrong with the input, and return the exit code."""
    _take_any_name(sys.stderr)
    print(f'ik_solver {parsed.command}: {sentence}', file=sys.stderr)
    return 2


def _whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """Return what makes a number of an argument, within these bounds."""
    def convert(text: str) -> int:
        """Return the number that `text` is."""
        try:
            number = int(text)
        except ValueError:
            number = lowest - 1
        if not lowest <= number <= highest:
            raise argparse.ArgumentTypeError(
                f'{text!r} is not a whole number from {lowest} to {highest}')
        return number
    return convert


# check -------------------------------------------------------------------------------------------


def _add_check_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver check`."""
    # As argparse would write it, but for the file, which must come before the tips.
    parser.usage = ('ik_solver check URDF [--base LINK] [--tip LINK [LINK ...]] [--targets N]\n'
                    '                       [--seed N] [--xacro NAME:=VALUE [NAME:=VALUE ...]] '
                    '[--json] [-h]')
    parser.epilog = ('The last line is the verdict. Exit code: 0 for ready and careful, 1 for a '
                     'problem, 2 if the command cannot be carried out.')
    parser.add_argument('urdf', metavar='URDF', help='the robot, a .urdf or .xacro file')
    parser.add_argument('--base', metavar='LINK', help='where the chain begins (default: the root '
                        'of the robot)')
    parser.add_argument('--tip', metavar='LINK', nargs='+', help='where it ends; several tips are '
                        'solved together (default: the only leaf of the robot)')
    parser.add_argument('--targets', metavar='N', type=_whole_number(1, MOST_TARGETS),
                        default=1000, help='how many random poses to solve (default: 1000)')
    parser.add_argument('--seed', metavar='N', type=_whole_number(0, 2 ** 63), default=0,
                        help='seed of the random numbers (default: 0)')
    parser.add_argument('--xacro', metavar='NAME:=VALUE', nargs='+', default=[],
                        help='arguments for a .xacro file')
    parser.add_argument('--json', action='store_true', help='print one JSON object')


def _check(parsed: argparse.Namespace) -> int:
    """Check a robot."""
    from ik_solver_node import check
    from ik_solver_node.chain import KinematicChain
    from ik_solver_node.robot_model import parse_urdf
    from ik_solver_node.urdf_file import read_urdf
    from ik_solver_node.urdf_lint import lint_urdf
    show = check.as_json if parsed.json else check.as_text
    urdf = read_urdf(parsed.urdf, _mappings(parsed.xacro))
    model = parse_urdf(urdf)
    findings = lint_urdf(urdf, model)
    if not parsed.tip and len(model.leaf_links) > 1:
        question = check.ask_for_tip(model, parsed.base, findings)
        print(show(question), flush=True)
        return _refuse(parsed, f'the tip must be chosen, for example: '
                       f'{_with_tip(parsed, question)}')
    chain = KinematicChain.from_model(model, parsed.base, parsed.tip)
    _load_solver()
    report = check.check_chain(chain, findings, parsed.targets, parsed.seed, _progress)
    print(show(report))
    return 1 if report.verdict is check.Readiness.PROBLEM else 0


def _mappings(words: Sequence[str]) -> dict[str, str]:
    """Return the arguments for xacro."""
    for word in words:
        if ':=' not in word:
            raise OptionsError(f'--xacro has {word!r}; write NAME:=VALUE, for example '
                               'ur_type:=ur5e')
    return {name: value for name, _, value in (word.partition(':=') for word in words)}


def _with_tip(parsed: argparse.Namespace, question: Any) -> str:
    """Return the command with the likeliest tip."""
    words = ['ik_solver', 'check', parsed.urdf]
    words += ['--base', parsed.base] if parsed.base else []
    words += ['--xacro', *parsed.xacro] if parsed.xacro else []
    return shlex.join([*words, '--tip', question.choices[0].tip_links[0]])


def _load_solver() -> None:
    """Compile the solver, or load it if that was done before, and say so first."""
    print('loading the solver; the very first time it is compiled, which can take a minute',
          file=sys.stderr, flush=True)
    from ik_solver_node.compilation import warm_up
    warm_up()


def _progress(numbers: Sequence[Any]) -> Iterable[Any]:
    """Show a bar while `numbers` are gone through, if somebody watches."""
    if not sys.stderr.isatty():
        return numbers
    from tqdm import tqdm
    return tqdm(numbers, file=sys.stderr, unit=' targets', leave=False)


# report and replay -------------------------------------------------------------------------------


def _add_report_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver report`."""
    _add_recording_arguments(parser)
    parser.epilog = ('The picture shows the joints, their velocities as parts of the limits, how '
                     'far the tip is off, the time from each target to the joints for it, and the '
                     'verdicts. Exit code: 0, or 2 if the command cannot be carried out.')
    parser.add_argument('--output', metavar='PATH', type=Path, help='where to draw it, a .png or '
                        '.html file (default: FILE with .png at its end; nowhere with --json)')


def _add_replay_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver replay`."""
    _add_recording_arguments(parser)
    parser.epilog = ('The last line is the verdict. Exit code: 0 if all answers are the same '
                     'bits, but for such as the time budget ended; 1 if others differ; 2 if the '
                     'command cannot be carried out.')


def _add_recording_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what all that read a recording have in common."""
    parser.add_argument('file', metavar='FILE', type=Path, help='what the node wrote, as its '
                        'parameter record says: an .mcap file or the folder of a bag')
    parser.add_argument('--json', action='store_true', help='print one JSON object')


def _report(parsed: argparse.Namespace) -> int:
    """Tell and draw what a recording holds."""
    from ik_solver_node.record import drawing, report
    from ik_solver_node.record.history import history_of
    from ik_solver_node.record.reading import read_recording
    if parsed.output is not None:
        drawing.check_output(parsed.output)
    recording = read_recording(parsed.file)
    history = history_of(recording)
    summary = report.summary_of(recording, history)
    output = parsed.output
    if output is None and not parsed.json:
        output = recording.path.with_suffix('.png')
    if output is not None:
        drawing.write_picture(history, report.as_text(summary), output)
    print(json.dumps(summary, indent=2) if parsed.json else report.as_text(summary))
    if not parsed.json:
        print(f'drawn in {output}')
    return 0


def _replay(parsed: argparse.Namespace) -> int:
    """Ask the targets of a recording again."""
    from ik_solver_node.record import report
    from ik_solver_node.record.reading import read_recording
    from ik_solver_node.record.replay import replay
    recording = read_recording(parsed.file)
    _load_solver()
    told = replay(recording)
    print(report.replay_as_json(told) if parsed.json else report.replay_as_text(told))
    return 0 if told.is_same else 1


# gallery -----------------------------------------------------------------------------------------


def _add_gallery_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver gallery`."""
    parser.epilog = ('Without --pictures and --list it serves a page until Ctrl-C. Exit code: 0, '
                     'or 2 if the command cannot be carried out.')
    parser.add_argument('--host', metavar='ADDRESS', default='127.0.0.1', help='address of this '
                        'machine to serve on (default: 127.0.0.1, where nobody else can see it)')
    parser.add_argument('--port', metavar='N', type=_whole_number(0, 65535), default=8080,
                        help='where to begin to look for a free port; 0 for any (default: 8080)')
    parser.add_argument('--scene', metavar='NAME', nargs='+', default=[], help='only these scenes '
                        '(default: all)')
    parser.add_argument('--list', action='store_true', help='list the scenes and leave')
    parser.add_argument('--pictures', metavar='FOLDER', type=Path, help='write moving pictures of '
                        'the scenes, and a page with their captions, into this folder, and leave')


def _gallery(parsed: argparse.Namespace) -> int:
    """Show the gallery, or draw it."""
    from ik_solver_node.gallery.scenes import chosen
    scenes = chosen(parsed.scene)
    if parsed.list:
        width = max(len(scene.name) for scene in scenes)
        print('\n'.join(f'{scene.name:{width}}  {scene.title}' for scene in scenes))
        return 0
    if parsed.pictures is not None:
        from ik_solver_node.gallery.drawing import load_figure
        from ik_solver_node.gallery.pictures import load_image, write_gallery
        load_figure(), load_image()
        _load_solver()
        for path in write_gallery(parsed.pictures, scenes):
            print(f'drawn: {path}', flush=True)
        return 0
    return _serve_gallery(parsed, scenes)


def _serve_gallery(parsed: argparse.Namespace, scenes: Sequence[Any]) -> int:
    """Serve the gallery until Ctrl-C."""
    from time import sleep

    from ik_solver_node import web
    from ik_solver_node.gallery.browser import Page
    from ik_solver_node.gallery.drawing import load_figure
    web.load_viser(), load_figure()
    _load_solver()
    server = web.open_server(parsed.host, parsed.port)
    page = Page(server, scenes)
    print(f'open {web.address_of(server, parsed.host)} in a browser; Ctrl-C ends it', flush=True)
    while True:
        sleep(page.tick())


COMMANDS = {
    'check': Command('check a robot: its URDF, the axes it controls, and how well it is solved',
                     _add_check_arguments, _check),
    'report': Command('draw what a node recorded: joints, velocities, errors and times',
                      _add_report_arguments, _report),
    'replay': Command('ask the targets that a node recorded again, and compare the answers',
                      _add_replay_arguments, _replay),
    'gallery': Command('watch the ideas behind the solver at work, in a browser or as pictures',
                       _add_gallery_arguments, _gallery),
}
"""The subcommands by name."""

if __name__ == '__main__':
    sys.exit(main())
