"""A running node and a client of it, for test modules that do not need special ones."""

from __future__ import annotations

from collections.abc import Iterator

from domains import private_domain
from harness import Client, connected_client, NodeProcess, running_node
import pytest


@pytest.fixture(scope='module')
def process(request: pytest.FixtureRequest,
            tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """Return the node for the robot in the file `ARM` of a module, shared by its tests."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        with running_node('-p', f'urdf_file:={request.module.ARM}') as node:
            yield node


@pytest.fixture(scope='module')
def client(process: NodeProcess) -> Iterator[Client]:
    """Return a client of the node."""
    with connected_client() as client:
        client.connect()
        yield client
