"""What all tests share: strict messages, and a ROS domain for each test alone."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path

from domains import private_domain
import pytest

# Messages read this when they are imported, so it has to be set before any test module is.
os.environ['ROS_PYTHON_CHECK_FIELDS'] = '1'


@pytest.fixture
def ros_domain(tmp_path: Path) -> Iterator[int]:
    """Return the id of a ROS domain for this test alone; see `domains.private_domain`."""
    with private_domain(tmp_path / 'ros_log') as domain:
        yield domain


@pytest.fixture(scope='session')
def compiled() -> None:
    """Have the solver compiled, so that no command has to say that it does so."""
    from ik_solver_node.compilation import warm_up  # not for every test: numba takes long
    warm_up()
