"""How a node ends that is told to."""

from __future__ import annotations

from pathlib import Path
import subprocess
import sys

from domains import private_domain

SHUT_DOWN_UNHEARD = """
import sys, threading
import rclpy
from ik_solver_node.ros.running import run

def make_node():
    handle = rclpy.get_default_context().handle

    def shut_down():  # as rclpy does after a signal, when it has woken who waits too early
        with handle:
            handle.shutdown()

    threading.Timer(2.0, shut_down).start()
    return rclpy.create_node('idle')

sys.exit(run('idle', make_node))
"""


def test_a_node_without_timers_ends_when_nobody_wakes_it(tmp_path: Path) -> None:
    """Rclpy wakes it before it shuts down, so that the node may have begun to wait again."""
    with private_domain(tmp_path):
        ended = subprocess.run([sys.executable, '-c', SHUT_DOWN_UNHEARD], capture_output=True,
                               text=True, timeout=30.0)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, '', '')
