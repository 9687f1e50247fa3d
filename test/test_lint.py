"""The rules of ament_flake8 and ament_pep257, and the type checker; settings are in setup.cfg."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = [name for name in ('ik_solver_node', 'test', 'launch', 'examples', 'benchmarks', 'docs')
           if any((ROOT / name).glob('**/*.py'))]
SCRIPTS = ['run.py', 'setup.py']


def check(module: str, *arguments: str) -> None:
    """Run a linter from the top of the repository; its report is the failure message."""
    pytest.importorskip(module)
    done = subprocess.run([sys.executable, '-m', module, *arguments], cwd=ROOT,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert done.returncode == 0, f'\n{done.stdout}'


def test_flake8() -> None:
    """Style, quotes and the order of imports."""
    check('flake8', *SOURCES, *SCRIPTS)


def test_pydocstyle() -> None:
    """Docstrings."""
    check('pydocstyle', *SOURCES, *SCRIPTS)


def test_mypy(tmp_path: Path) -> None:
    """Annotations are complete and right; pyproject.toml says how strictly."""
    check('mypy', '--cache-dir', str(tmp_path))
