"""Where a result was measured: processor and versions, and staying on one core."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import PackageNotFoundError, version
import os
import platform


def machine() -> str:
    """Return the machine and the versions a result belongs to, in one line."""
    processor = platform.processor() or platform.machine()
    try:
        with open('/proc/cpuinfo') as lines:
            processor = next(line.split(':')[1].strip() for line in lines
                             if line.startswith('model name'))
    except (OSError, StopIteration):
        pass
    ours = ', '.join(f'{name} {number}' for name, number in versions(['numpy', 'numba']).items())
    return f'{processor}, {os.cpu_count()} cores; Python {platform.python_version()}, {ours}'


def versions(packages: Iterable[str]) -> dict[str, str]:
    """Return the version of each package on PyPI that is installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def stolen() -> float:
    """Return the time that a virtual machine had work to do, but its host did not let it [s]."""
    try:
        with open('/proc/stat') as lines:
            return int(lines.readline().split()[8]) / os.sysconf('SC_CLK_TCK')
    except (OSError, IndexError):
        return 0.0


@contextmanager
def one_core() -> Iterator[None]:
    """Stay on one core, where the system allows to say so; processes started meanwhile do too."""
    if not hasattr(os, 'sched_setaffinity'):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
