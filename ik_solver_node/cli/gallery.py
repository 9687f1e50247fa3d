"""`ik_solver gallery`: the ideas behind the solver at work, in a browser or as pictures."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ik_solver_node.cli.arguments import Command, completed_by, whole_number
from ik_solver_node.cli.terminal import load_solver


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver gallery`."""
    parser.epilog = """\
Without --pictures and --list it serves a page until Ctrl-C. Exit code: 0, or 2 if the command
cannot be carried out.

example:
    ik_solver gallery --scene race tentacle"""
    parser.add_argument('--host', metavar='ADDRESS', default='127.0.0.1', help='address of this '
                        'machine to serve on (default: 127.0.0.1, where nobody else can see it)')
    parser.add_argument('--port', metavar='N', type=whole_number(0, 65535), default=8080,
                        help='where to begin to look for a free port; 0 for any (default: 8080)')
    completed_by(parser.add_argument(
        '--scene', metavar='NAME', nargs='+', default=[], help='only these scenes (default: all)'),
        _names)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument('--list', action='store_true', help='list the scenes and leave')
    instead.add_argument('--pictures', metavar='FOLDER', type=Path, help='write moving pictures '
                         'of the scenes, and a page with their captions, into this folder, and '
                         'leave')


def _names(**_: Any) -> Sequence[str]:
    """Return the names of all scenes."""
    from ik_solver_node.gallery.scenes import SCENES
    return [scene.name for scene in SCENES]


def _gallery(parsed: argparse.Namespace) -> int:
    """Show the gallery, or draw it."""
    from ik_solver_node.gallery.scenes import chosen
    scenes = chosen(parsed.scene)
    if parsed.list:
        width = max(len(scene.name) for scene in scenes)
        print('\n'.join(f'{scene.name:{width}}  {scene.title}' for scene in scenes))
        return 0
    if parsed.pictures is not None:
        from ik_solver_node.appearance.shapes import load_trimesh
        from ik_solver_node.gallery.drawing import load_figure
        from ik_solver_node.gallery.pictures import load_image, write_gallery
        load_figure()
        load_image()
        load_trimesh()
        load_solver()
        for path in write_gallery(parsed.pictures, scenes):
            print(f'drawn: {path}', flush=True)
        return 0
    return _serve(parsed, scenes)


def _serve(parsed: argparse.Namespace, scenes: Sequence[Any]) -> int:
    """Serve the gallery until Ctrl-C."""
    from time import sleep

    from ik_solver_node import web
    from ik_solver_node.gallery.browser import Page
    from ik_solver_node.gallery.drawing import load_figure
    web.load_viser()
    load_figure()
    load_solver()
    server = web.open_server(parsed.host, parsed.port)
    page = Page(server, scenes)
    print(f'open {web.address_of(server, parsed.host)} in a browser; Ctrl-C ends it', flush=True)
    while True:
        sleep(page.tick())


COMMAND = Command('watch the ideas behind the solver at work, in a browser or as pictures',
                  _add_arguments, _gallery)
