"""What all tests share: strict messages, and a ROS domain for each test alone."""

from __future__ import annotations

from collections.abc import Iterator
import fcntl
import itertools
import os
from pathlib import Path
import tempfile
from typing import IO

import pytest

# Messages read this when they are imported, so it has to be set before any test module is.
os.environ['ROS_PYTHON_CHECK_FIELDS'] = '1'

_tests_so_far = itertools.count()


@pytest.fixture
def ros_domain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """
    Return a ROS domain id of 1 to 100 that nobody else on this machine uses during the test.

    The environment is set for it, here and for the processes that the test starts: the domain,
    transport through shared memory only (no network port is opened), and log files in `tmp_path`.
    """
    lock, domain = _take_domain()
    monkeypatch.setenv('ROS_DOMAIN_ID', str(domain))
    monkeypatch.setenv('FASTDDS_BUILTIN_TRANSPORTS', 'SHM')
    monkeypatch.setenv('ROS_LOG_DIR', str(tmp_path / 'ros_log'))
    yield domain
    lock.close()


def _take_domain() -> tuple[IO[str], int]:
    """
    Return a free domain id and the locked file that reserves it.

    A lock, not a count alone: other workers and other checkouts may be testing on this machine.
    The count makes a worker move on to another domain each time, so that what a test left behind
    does not meet the next one.
    """
    worker = int(os.environ.get('PYTEST_XDIST_WORKER', 'gw0')[2:])
    start = 37 * worker + next(_tests_so_far)
    for offset in range(100):
        domain = (start + offset) % 100 + 1
        try:
            lock = open(Path(tempfile.gettempdir()) / f'ros_domain_{domain}.lock', 'w')
        except PermissionError:  # another user's
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        return lock, domain
    pytest.fail('all ROS domains from 1 to 100 are in use by tests on this machine')
