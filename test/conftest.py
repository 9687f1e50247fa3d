"""What all tests share: strict messages, and a ROS domain for each test alone."""

from __future__ import annotations

from collections.abc import Iterator
import os
from pathlib import Path

from domains import private_domain
import pytest

# Messages read this when they are imported, so it has to be set before any test module is.
os.environ['ROS_PYTHON_CHECK_FIELDS'] = '1'


LONG = ('test_docs', 'test_lint', 'test_colcon', 'test_demo', 'test_in_browser',
        'test_node_with_stand_in', 'test_stand_in_node', 'test_gallery', 'test_cli')
"""
Modules that take long, in the order in which they begin.

Two processes share the tests, a module at a time. On a new machine the first compiles the solver,
so that the other begins with what needs none of it.
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what takes long, so that no process is left alone with it in the end."""
    rank = {name: k for k, name in enumerate(LONG)}
    items.sort(key=lambda item: rank.get(item.path.stem, len(LONG)))


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
