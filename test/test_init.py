"""The public interface of the package."""

import subprocess
import sys

import ik_solver_node
import pytest


@pytest.mark.parametrize('name', ik_solver_node.__all__)
def test_every_public_name_is_there(name):
    """Each is what its own module defines."""
    found = getattr(ik_solver_node, name)
    module = getattr(found, '__module__', 'ik_solver_node')
    assert module.startswith('ik_solver_node') or name in ('Objective', 'Target', 'warm_up')


def test_an_unknown_name_is_an_attribute_error():
    """As for any module."""
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        ik_solver_node.slove


def test_the_package_alone_loads_nothing_heavy():
    """So that programs can take care of Ctrl-C before anything that takes long."""
    code = 'import sys, ik_solver_node; print({"numba", "numpy", "rclpy"} & set(sys.modules))'
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.stdout.strip() == 'set()', done.stdout + done.stderr
