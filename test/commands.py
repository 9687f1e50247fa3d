"""The command `ik_solver`, run as users run it or in this process."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys
from typing import Any

from ik_solver_node import cli
import pytest

ROOT = Path(__file__).resolve().parents[1]
COMMAND = [sys.executable, '-m', 'ik_solver_node.cli']


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    options = {'env': {**os.environ, 'PYTHONPATH': str(ROOT)}, **options}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=300,
                          **options)


def call(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Run the command in this process; return exit code, stdout and stderr."""
    try:
        code = cli.main(arguments)
    except SystemExit as error:
        code = error.code
    return code, *capsys.readouterr()
