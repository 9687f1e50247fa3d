"""`ik_solver report`: a picture of what a node recorded."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from ik_solver_node.cli.arguments import Command
from ik_solver_node.cli.recordings import add_recording_arguments


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver report`."""
    add_recording_arguments(parser)
    parser.epilog = """\
The picture shows the joints as they were commanded and measured, their velocities and
accelerations as parts of the limits, how far the tip is off, the time from each target to the
command for it, the verdicts, and when and why the arm was stopped. Exit code: 0, or 2 if the
command cannot be carried out.

example:
    ik_solver report run.mcap --output run.html"""
    parser.add_argument('--output', metavar='PATH', type=Path, help='where to draw it, a .png or '
                        '.html file (default: FILE with .png at its end; nowhere with --json)')


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


COMMAND = Command('draw what a node recorded: joints, velocities, errors and times',
                  _add_arguments, _report)
