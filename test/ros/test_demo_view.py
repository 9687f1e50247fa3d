"""The demo with a page, as a user runs it."""

from __future__ import annotations

import os
import signal
from urllib.request import urlopen

import pytest
from test_demo import demo

pytest.importorskip('viser')


def test_it_serves_a_page_until_ctrl_c() -> None:
    """The address is printed; Ctrl-C ends it, with nothing left behind."""
    with demo('--view') as run:
        run.wait_for('ready: open ')
        address = run.output.rpartition('ready: open ')[2].split()[0]
        with urlopen(address) as page:
            assert page.status == 200
        if 'ready: robot ' not in run.output:
            run.wait_for('ready: robot ')
        run.send(signal.SIGINT)
        assert run.end() == 130
        assert 'Traceback' not in run.output


def test_a_process_that_dies_is_told_of() -> None:
    """With what it said, and exit code 1."""
    with demo('--view') as run:
        run.wait_for('ready: open ')
        number, = (number for number, command in run.processes().items()
                   if 'ik_solver_node.viewer ' in command)
        os.kill(number, signal.SIGKILL)
        assert run.end() == 1
        assert 'The process ik_solver_node.viewer ended unasked' in run.output
