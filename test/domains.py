"""A ROS domain that nobody else uses, for tests that talk over DDS."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import fcntl
import itertools
import os
from pathlib import Path
import tempfile
from typing import IO

import pytest

DOMAINS = range(102, 215)
"""Beyond those that people choose by hand; without network ports, they are as good as any."""

_taken_so_far = itertools.count()


@contextmanager
def private_domain(log_folder: Path) -> Iterator[int]:
    """
    Set the environment for ROS, here and in child processes, and yield the domain id.

    Besides the domain: transport through shared memory only (no network port is opened), and log
    files in `log_folder`.
    """
    lock, domain = _take_domain()
    with lock, pytest.MonkeyPatch.context() as environment:
        environment.setenv('ROS_DOMAIN_ID', str(domain))
        environment.setenv('FASTDDS_BUILTIN_TRANSPORTS', 'SHM')
        environment.setenv('ROS_LOG_DIR', str(log_folder))
        yield domain


def _take_domain() -> tuple[IO[str], int]:
    """
    Return the locked file that reserves a free domain id, and the id.

    A lock, not a count alone: other workers and other checkouts may be testing on this machine.
    The count makes a worker move on to another domain each time, so that what a test left behind
    does not meet the next one.
    """
    start = os.getpid() + next(_taken_so_far)
    for offset in range(len(DOMAINS)):
        domain = DOMAINS[(start + offset) % len(DOMAINS)]
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
    pytest.fail(f'all ROS domains of {DOMAINS} are in use by tests on this machine')
