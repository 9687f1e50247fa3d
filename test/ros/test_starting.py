"""What the programs of the nodes say where there is no ROS."""

from __future__ import annotations

import subprocess
import sys

import pytest

WITHOUT_ROS = """
import sys
for name in ('rclpy', 'std_msgs'):
    sys.modules[name] = None
from {module}.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize('module', [
    'ik_solver_node.ros', 'ik_solver_node.ros.rviz', 'ik_solver_node.ros.stand_in',
    'ik_solver_node.viewer'])
def test_a_node_without_ros_says_what_is_missing(module: str) -> None:
    """In a sentence, with what to do; a mistake in an import of our own is none of that."""
    ended = subprocess.run([sys.executable, '-c', WITHOUT_ROS.format(module=module)],
                           capture_output=True, text=True, timeout=60.0)
    assert (ended.returncode, ended.stdout) == (1, '')
    assert ended.stderr.startswith('this program is a node of ROS 2, but ')
    assert 'source a ROS 2 distribution' in ended.stderr
    assert ended.stderr.count('\n') == 1


def test_another_missing_module_is_an_error() -> None:
    """It is not taken for ROS."""
    script = 'from ik_solver_node.ros.starting import start; start("ik_solver_node.nowhere")'
    ended = subprocess.run([sys.executable, '-c', script], capture_output=True, text=True,
                           timeout=60.0)
    assert ended.returncode == 1
    assert "No module named 'ik_solver_node.nowhere'" in ended.stderr
