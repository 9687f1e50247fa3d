"""
Child processes of the demo: how they start, what they see of the world, and how they end.

Needs nothing but the standard library, and Linux or another POSIX system.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import json
import os
from pathlib import Path
import random
import signal
import subprocess
import sys
import tempfile
import time
from typing import Any

POLL_PERIOD = 0.02
"""How often children are looked at [s]."""

PATIENCE = ((signal.SIGINT, 6.0), (signal.SIGTERM, 2.0), (signal.SIGKILL, 2.0))
"""How children are asked to end, and how long each time [s]."""

DOMAINS = range(215, 232)
"""Domains that people rarely choose, and whose ports Linux does not give away by chance."""

LAST_LINES = 15
"""So many lines of a child that died are shown."""

# A newcomer whose first announcements get lost, as happens when several start at once, is not
# heard of before the next one: after 3 s by default, which is longer than all else at the start.
EAGER_DISCOVERY = b"""\
<?xml version="1.0" encoding="UTF-8"?>
<dds xmlns="http://www.eprosima.com">
  <profiles>
    <participant profile_name="demo" is_default_profile="true">
      <rtps><builtin><discovery_config>
        <leaseAnnouncement><sec>0</sec><nanosec>200000000</nanosec></leaseAnnouncement>
      </discovery_config></builtin></rtps>
    </participant>
  </profiles>
</dds>
"""


class Child:
    """
    A node in a process of its own, whose output goes to files.

    It has its own session, so that Ctrl-C reaches the parent alone, which ends its children.

    Parameters
    ----------
    module : str
        What to run, as in ``python -m module``.
    parameters : mapping
        ROS parameters.
    environment : mapping of str to str
        Environment variables.

    Attributes
    ----------
    printed, logged : Output
        What it writes to stdout and to stderr.

    """

    def __init__(self, module: str, parameters: Mapping[str, Any],
                 environment: Mapping[str, str]) -> None:
        self.printed = Output()
        self.logged = Output()
        self._module = module
        self._environment = environment
        self._command = [sys.executable, '-m', module, '--ros-args']
        for name, value in parameters.items():
            # JSON is YAML in which no text can be mistaken for something else.
            self._command += ['-p', f'{name}:={json.dumps(value, ensure_ascii=False)}']
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process."""
        self._process = subprocess.Popen(
            self._command, env=self._environment, stdin=subprocess.DEVNULL,
            stdout=self.printed.file, stderr=self.logged.file, start_new_session=True)

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while it runs or before it was started."""
        return None if self._process is None else self._process.poll()

    @property
    def is_running(self) -> bool:
        """Whether it was started and has not ended."""
        return self._process is not None and self._process.poll() is None

    def send(self, number: int) -> None:
        """Send a signal to the process and all that it has started, if it still runs."""
        if self._process is not None and self.is_running:
            os.killpg(self._process.pid, number)

    def obituary(self) -> str:
        """Return how the process ended, with its last words that were not shown yet."""
        words = [*self.printed.new_lines(), *self.logged.new_lines()][-LAST_LINES:]
        end = f'The process {self._module} ended unasked with exit code {self.exit_code}'
        return '\n'.join([f'{end}, after saying' if words else end, *map('  {}'.format, words)])


class Output:
    """A temporary file that a child writes to while it is read here."""

    def __init__(self) -> None:
        self.file = tempfile.TemporaryFile()
        self._shown = 0

    def new_lines(self) -> list[str]:
        """Return the complete lines that were written since the last call."""
        number = self.file.fileno()
        # Read at a place of its own: the place in the file is shared with the child.
        text = os.pread(number, os.fstat(number).st_size - self._shown, self._shown)
        end = text.rfind(b'\n') + 1
        self._shown += end
        return text[:end].decode(errors='replace').splitlines()


def end_all(children: Sequence[Child]) -> None:
    """Ask the children to end, more and more firmly, until all have."""
    for number, patience in PATIENCE:
        for child in children:
            child.send(number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            if not any(child.is_running for child in children):
                return
            time.sleep(POLL_PERIOD)


def child_environment(profile: str, domain: int | None) -> dict[str, str]:
    """
    Return the environment of the children.

    Parameters
    ----------
    profile : str
        Path of a file that holds `EAGER_DISCOVERY`.
    domain : int or None
        The ROS domain to join with the user's own settings; None is one of their own, through
        shared memory only.

    """
    environment = dict(os.environ)
    environment.update(
        PYTHONUNBUFFERED='1', ROS_PYTHON_CHECK_FIELDS='1', RCUTILS_COLORIZED_OUTPUT='0',
        RCUTILS_CONSOLE_OUTPUT_FORMAT='{severity} {message}')
    environment['ROS_DOMAIN_ID'] = str(_free_domain() if domain is None else domain)
    if domain is None:
        # The name of the file before and since Fast DDS 3.
        environment.update(FASTDDS_BUILTIN_TRANSPORTS='SHM',
                           FASTRTPS_DEFAULT_PROFILES_FILE=profile,
                           FASTDDS_DEFAULT_PROFILES_FILE=profile)
    return environment


def _free_domain() -> int:
    """Return a domain in which nobody on this machine talks through shared memory."""
    domains = random.sample(DOMAINS, len(DOMAINS))
    return next(filter(_is_free, domains), domains[0])


def _is_free(domain: int) -> bool:
    """Return whether no port of `domain`, as DDS counts them, has a file in shared memory."""
    ports = range(7400 + 250 * domain, 7400 + 250 * (domain + 1))
    taken = {int(port) for file in Path('/dev/shm').glob('fastrtps_port*')
             if (port := file.name.removeprefix('fastrtps_port')).isdigit()}
    return taken.isdisjoint(ports)
