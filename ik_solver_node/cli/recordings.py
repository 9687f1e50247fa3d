"""The argument that all subcommands have which read a recording."""

import argparse
from pathlib import Path

from ik_solver_node.cli.arguments import add_json


def add_recording_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what all that read a recording have in common."""
    parser.add_argument('file', metavar='FILE', type=Path, help='what the node wrote, as its '
                        'parameter record says: an .mcap file or the folder of a bag')
    add_json(parser)
