"""Real-time priority is taken where the system gives it, and missed with a sentence elsewhere."""

from __future__ import annotations

from collections.abc import Callable
import os
from pathlib import Path
import subprocess
import sys
from threading import Thread

from domains import private_domain
from harness import running_node, URDF
from ik_solver_node.ros.priority import take_priority
import pytest

PRIORITY = 7
NOBODY = 65534
AS_NOBODY = f"""
import os, resource
from ik_solver_node.ros.priority import take_priority
resource.setrlimit(resource.RLIMIT_RTPRIO, (0, 0))
if os.geteuid() == 0:
    os.setuid({NOBODY})
print(take_priority({PRIORITY}))
"""


def in_a_thread(function: Callable[[], None]) -> None:
    """Call a function in a thread of its own: what it takes ends with it."""
    thread = Thread(target=function)
    thread.start()
    thread.join()


@pytest.fixture
def is_given() -> None:
    """Skip where this user cannot have what the test is about."""
    problems: list[str] = []
    in_a_thread(lambda: problems.append(take_priority(PRIORITY)))
    if problems[0]:
        pytest.skip(problems[0])


@pytest.mark.usefixtures('is_given')
def test_a_thread_has_the_priority_and_those_that_it_starts_have_not() -> None:
    """What is planned beside a motion must not hold it up."""
    seen: list[tuple[int, int]] = []

    def look() -> None:
        seen.append((os.sched_getscheduler(0) & ~os.SCHED_RESET_ON_FORK,
                     os.sched_getparam(0).sched_priority))

    def take() -> None:
        take_priority(PRIORITY)
        look()
        in_a_thread(look)

    in_a_thread(take)
    assert seen == [(os.SCHED_FIFO, PRIORITY), (os.SCHED_OTHER, 0)]


def test_who_may_not_have_it_is_told_how_to_get_it() -> None:
    """By a real user without rights."""
    done = subprocess.run([sys.executable, '-c', AS_NOBODY], capture_output=True, text=True)
    assert done.stdout.startswith(f'thread_priority is {PRIORITY}, but the system does not give')
    assert 'limits.d' in done.stdout, done.stderr


def test_a_system_without_priorities_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as macOS."""
    monkeypatch.delattr(os, 'sched_setscheduler')
    assert 'this system cannot give it' in take_priority(PRIORITY)


@pytest.mark.usefixtures('is_given')
@pytest.mark.parametrize('priority', [0, PRIORITY])
def test_the_node_takes_what_it_is_told_to(tmp_path: Path, priority: int) -> None:
    """Nothing, unless it is told to."""
    with private_domain(tmp_path), running_node(
            '-p', f'urdf_file:={URDF / "planar_2r.urdf"}',
            '-p', f'thread_priority:={priority}') as node:
        assert os.sched_getparam(node.pid).sched_priority == priority
