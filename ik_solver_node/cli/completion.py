"""`ik_solver completion`: words, files, links and joints that the shell completes on Tab."""

from __future__ import annotations

import argparse

from ik_solver_node.cli.arguments import Command
from ik_solver_node.exceptions import MissingDependencyError

SHELLS = ('bash', 'zsh', 'fish')

ZSH = """\
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
autoload -Uz bashcompinit && bashcompinit
"""
"""What the script relies on: both kinds of completion, of which a fresh shell has none."""


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `ik_solver completion`."""
    parser.add_argument('shell', choices=SHELLS, help='which shell the script is for')
    parser.epilog = """\
Prints a script after which Tab completes subcommands, options, files, and the links and joints of
the URDF that is on the line. It needs argcomplete (pip install argcomplete).

examples, for ~/.bashrc, ~/.zshrc and ~/.config/fish/config.fish:
    eval "$(ik_solver completion bash)"
    eval "$(ik_solver completion zsh)"
    ik_solver completion fish | source"""


def _completion(parsed: argparse.Namespace) -> int:
    """Print what makes a shell complete."""
    try:
        from argcomplete import shellcode
    except ImportError as error:
        raise MissingDependencyError(
            'completion needs argcomplete, which is not installed; run "pip install argcomplete" '
            'or "sudo apt install python3-argcomplete"') from error
    if parsed.shell == 'fish':
        print(shellcode(['ik_solver'], shell='fish'))
    else:
        print((ZSH if parsed.shell == 'zsh' else '') + shellcode(['ik_solver'], shell='bash'))
    return 0


def complete(parser: argparse.ArgumentParser) -> None:
    """Answer the shell that asks how the line in its environment could go on, and exit."""
    try:
        from argcomplete import autocomplete
    except ImportError:  # uninstalled while a shell still asks
        return
    autocomplete(parser)


COMMAND = Command('print a script that makes your shell complete ik_solver on Tab',
                  _add_arguments, _completion)
