"""Kernels are compiled by two processes at once where they have to be."""

from __future__ import annotations

import os
from pathlib import Path
import subprocess
import sys

import pytest

HELPER = [sys.executable, '-m', 'ik_solver_node.compilation']
PATH = os.pathsep.join(sys.path)


def test_a_helper_does_its_work_and_ends() -> None:
    """Which is quick where nothing is compiled."""
    with subprocess.Popen(HELPER, stdin=subprocess.PIPE, env={
            **os.environ, 'PYTHONPATH': PATH, 'NUMBA_DISABLE_JIT': '1'}) as helper:
        assert helper.wait(60.0) == 0


def test_a_helper_ends_with_who_asked_for_it(tmp_path: Path) -> None:
    """It does not go on to compile for nobody."""
    helper = subprocess.run(HELPER, stdin=subprocess.DEVNULL, timeout=60.0, env={
        **os.environ, 'PYTHONPATH': PATH, 'NUMBA_CACHE_DIR': str(tmp_path)})
    assert helper.returncode == 1


@pytest.mark.usefixtures('compiled')
def test_nobody_helps_where_all_is_in_the_cache() -> None:
    """A start that only loads takes no second process."""
    code = ('import sys\n'
            'from ik_solver_node import compilation\n'
            'compilation._start_helper = lambda: sys.exit("a helper")\n'
            'assert compilation.warm_up_node() > 0.0\n')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          env={**os.environ, 'PYTHONPATH': PATH})
    assert (done.returncode, done.stderr) == (0, '')
