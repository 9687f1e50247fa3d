"""`ik_solver replay`: the targets that a node recorded, asked again."""

from __future__ import annotations

import argparse

from ik_solver_node.cli.arguments import Command
from ik_solver_node.cli.recordings import add_recording_arguments
from ik_solver_node.cli.terminal import load_solver


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver replay`."""
    add_recording_arguments(parser)
    parser.epilog = """\
The last line is the verdict. Exit code: 0 if all answers are the same bits, but for such as the
time budget ended; 1 if others differ; 2 if the command cannot be carried out.

example:
    ik_solver replay run.mcap"""


def _replay(parsed: argparse.Namespace) -> int:
    """Ask the targets of a recording again."""
    from ik_solver_node.record import report
    from ik_solver_node.record.reading import read_recording
    from ik_solver_node.record.replay import replay
    recording = read_recording(parsed.file)
    load_solver()
    told = replay(recording)
    print(report.replay_as_json(told) if parsed.json else report.replay_as_text(told))
    return 0 if told.is_same else 1


COMMAND = Command('ask the targets that a node recorded again, and compare the answers',
                  _add_arguments, _replay)
