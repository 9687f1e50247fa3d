#!/usr/bin/env python3
"""
Set up ik_solver_node and run it; one line, nothing to do before.

    python3 run.py demo  [...]    the node moves a robot arm to targets for about 20 s
    python3 run.py demo --view    drag the arm about with the mouse, in a browser
    python3 run.py test  [...]    the tests; further arguments go to pytest
    python3 run.py bench [...]    the benchmarks; with --peers other solvers beside ours
    python3 run.py docs  [...]    the documentation, as HTML in build/docs

The first run installs what is missing into the folder .venv beside this file; it needs a network
connection. Later runs start at once. To start afresh, delete .venv.

Without ROS, the first run also installs ROS 2 itself into .venv. In a shell where a ROS 2
distribution is sourced, that one is used, and only what it lacks is installed.
"""

import contextlib
import hashlib
import json
import os
from pathlib import Path
import platform
import shutil
import signal
import subprocess
import sys
import time

# An old Python must be able to parse this whole file, so that its user reads this sentence.
if sys.version_info < (3, 10):
    sys.exit('run.py needs Python 3.10 or newer, but this is Python %s (%s).\n'
             'Name a newer one, for example: python3.12 run.py demo'
             % (platform.python_version(), sys.executable))

ROOT = Path(__file__).resolve().parent
VENV = ROOT / '.venv'
VENV_PYTHON = VENV / 'bin' / 'python'
STAMP = VENV / 'set-up.json'
LOG = VENV / 'set-up.log'

# sys.executable may belong to .venv, which is about to be replaced, or to another activated venv.
BASE_PYTHON = os.path.realpath(getattr(sys, '_base_executable', sys.executable))
PYTHON_VERSION = '%d.%d' % sys.version_info[:2]
NEWEST_WITH_WHEELS = (3, 14)

COMMANDS = {
    'demo': ['ik_solver_node.ros.demo'],
    'test': ['pytest', '-p', 'xdist', '-n', '2', '--dist', 'loadfile', '--no-loadscope-reorder'],
    'bench': ['benchmarks'],
    'docs': ['sphinx', '-W', '--keep-going', 'docs', 'build/docs'],
}

# What a command needs beside the package, which every command needs.
PARTS = {'demo': [], 'test': ['tests', 'docs'], 'bench': ['tests'], 'docs': ['docs']}
PART_FILES = {
    'docs': 'requirements/docs.txt', 'tests': 'requirements/test.txt', 'view': 'setup.py'}

# Most of what is installed is never imported, and to compile it takes as long as all the rest.
# Python does that at the first import, unless it is told to keep nothing.
COMPILE = '--compile' if os.environ.get('PYTHONDONTWRITEBYTECODE') else '--no-compile'
PIP_INSTALL = [
    str(VENV_PYTHON), '-m', 'pip', 'install', '--no-input', '--disable-pip-version-check',
    '--progress-bar', 'off', '--prefer-binary', COMPILE]

# Where pip may look is the user's choice; what it installs, and where to, is ours.
PIP_VARIABLES_KEPT = {
    'PIP_CACHE_DIR', 'PIP_CERT', 'PIP_CLIENT_CERT', 'PIP_CONFIG_FILE', 'PIP_DEFAULT_TIMEOUT',
    'PIP_EXTRA_INDEX_URL', 'PIP_FIND_LINKS', 'PIP_INDEX_URL', 'PIP_NO_INDEX', 'PIP_PROXY',
    'PIP_RETRIES', 'PIP_TIMEOUT', 'PIP_TRUSTED_HOST'}

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')
APT_INSTALL_CHROMIUM = (
    'export DEBIAN_FRONTEND=noninteractive; '
    'install() { timeout 300 apt-get install --yes --no-install-recommends chromium; }; '
    'install || { timeout 60 apt-get update && install; }')

# Like `python -m`, except that Ctrl-C ends it quietly even while modules are being imported.
RUN_MODULE = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)
except KeyboardInterrupt:
    sys.exit(130)
"""


def main() -> None:
    """Set up what the command needs, then become that command."""
    name, arguments = (sys.argv[1:2] or [''])[0], sys.argv[2:]
    if name in ('-h', '--help'):
        print(__doc__.strip())
        return
    if name not in COMMANDS:
        print('usage: python3 run.py {%s} [...]    (--help says more)' % ','.join(COMMANDS))
        sys.exit(2)
    check_platform()
    for number in (signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, lambda number, frame: sys.exit(128 + number))
    try:
        set_up([*PARTS[name], *(['view'] if name == 'demo' and '--view' in arguments else [])])
        if name == 'bench' and wants_peers(arguments):
            add_peers()
        if name == 'test':
            add_browser()
        if name != 'demo':  # whose arguments may be paths relative to the user's folder
            os.chdir(ROOT)
        become(COMMANDS[name] + arguments)
    except KeyboardInterrupt:
        print('\nStopped. The same command starts it again.')
        sys.exit(130)


def become(command: list[str]) -> None:
    """Replace this process by the module `command`, so that signals and exit code are its own."""
    sys.stdout.flush()
    python = str(VENV_PYTHON)
    os.execve(python, [python, '-c', RUN_MODULE, *command], child_environment())


def sourced_distribution() -> str:
    """Return the name of the ROS 2 distribution that this shell has sourced, '' for none."""
    return os.environ.get('ROS_DISTRO', '') if os.environ.get('AMENT_PREFIX_PATH') else ''


def check_platform() -> None:
    """Exit with advice where ROS 2 is neither sourced nor to be had from PyPI."""
    supported = (
        platform.system() == 'Linux' and platform.machine() == 'x86_64'
        and platform.python_implementation() == 'CPython'
        and sys.version_info[:2] <= NEWEST_WITH_WHEELS)
    if os.name != 'posix' or not (supported or sourced_distribution()):
        sys.exit(
            f'PyPI has no ROS 2 for {platform.system()} {platform.machine()} with '
            f'{platform.python_implementation()} {PYTHON_VERSION}, only for Linux x86_64 with '
            'CPython 3.10 to %d.%d.\n' % NEWEST_WITH_WHEELS
            + 'Take ROS 2 from apt, RoboStack or a container, source it and run this again.\n'
            'The library in this package works without ROS: pip install .')


def set_up(more: list[str]) -> None:
    """Make .venv and fill it with the package and `more`, as far as that is not done yet."""
    wanted = {
        'venv': f'{ROOT} {BASE_PYTHON} {PYTHON_VERSION} {sourced_distribution()}',
        'package': fingerprint('setup.py', 'requirements/ros.txt'),
        **{part: fingerprint(PART_FILES[part]) for part in more}}
    if not missing(wanted):
        return
    with one_at_a_time() as lock:
        parts = missing(wanted)  # asked again: the run that held the lock may have done it all
        steps = plan(parts)
        kept = {} if 'venv' in parts else read_stamp()
        if 'venv' in parts:
            remove_old_venv()
        STAMP.write_text('{}')  # from here to the end .venv counts as broken, and is made anew
        for number, (title, command) in enumerate(steps, 1):
            run_step(f'[{number}/{len(steps)}] {title}', command, lock)
        STAMP.write_text(json.dumps({**kept, **wanted}))


def wants_peers(arguments: list[str]) -> bool:
    """Return whether the arguments of the benchmarks ask for any other solver."""
    for index, argument in enumerate(arguments):
        option, _, value = argument.partition('=')
        if option == '--peers':
            return (value or (arguments[index + 1:] or [''])[0]) != 'none'
    return False


def add_peers() -> None:
    """Install what the benchmarks compare with, each as far as it can be had."""
    wanted = fingerprint('requirements/peers.txt')
    with one_at_a_time() as lock:
        if read_stamp().get('peers') == wanted:
            return
        lines = (ROOT / 'requirements' / 'peers.txt').read_text().splitlines()
        peers = [line for line in lines if line and not line.startswith('#')]
        spared, failed = installed_versions(), []
        for number, peer in enumerate(peers, 1):
            title = f'[{number}/{len(peers)}] installing {peer}'
            if not attempt(title, [*PIP_INSTALL, *spared, peer], lock):
                print(f'      left out: {"".join(last_lines(1))}', flush=True)
                failed.append(peer)
        if not failed:  # else the next run tries those again
            STAMP.write_text(json.dumps({**read_stamp(), 'peers': wanted}))


def add_browser() -> None:
    """Install Chromium for the tests of the viewer, where that is ours to do; else they skip."""
    if any(map(shutil.which, BROWSERS)) or not shutil.which('apt-get') or os.geteuid() != 0:
        return
    with one_at_a_time() as lock:
        if not attempt('installing Chromium', ['sh', '-c', APT_INSTALL_CHROMIUM], lock):
            print(f'      left out, its tests will skip: {"".join(last_lines(1))}', flush=True)


def installed_versions() -> list[str]:
    """Return pip arguments that keep a peer from changing what our own solver runs on."""
    script = ('import importlib.metadata as m\n'
              'print(*(f"{n}=={m.version(n)}" for n in ("numpy", "numba", "pin")))')
    return subprocess.run([str(VENV_PYTHON), '-c', script], env=child_environment(),
                          capture_output=True, text=True, check=True).stdout.split()


def fingerprint(*names: str) -> str:
    """Return a hash of the contents of files of this repository."""
    return hashlib.sha256(b''.join((ROOT / name).read_bytes() for name in names)).hexdigest()


def read_stamp() -> dict[str, str]:
    """Return what .venv was completely set up with, nothing if it is broken or absent."""
    try:
        return json.loads(STAMP.read_text())
    except (OSError, ValueError):
        return {}


def missing(wanted: dict[str, str]) -> list[str]:
    """Return the parts to install: all of them where .venv is of no use."""
    stamp = read_stamp()
    if stamp.get('venv') != wanted['venv'] or not VENV_PYTHON.exists():
        return list(wanted)
    return [part for part in wanted if stamp.get(part) != wanted[part]]


@contextlib.contextmanager
def one_at_a_time():
    """Hold a lock on the repository, so that no two runs write into .venv together."""
    import fcntl  # not on Windows, where check_platform ends the run
    lock = os.open(ROOT, os.O_RDONLY)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print('Waiting for another set-up of this folder to end ...', flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield lock
    finally:
        os.close(lock)


def plan(parts: list[str]) -> list[tuple[str, list[str]]]:
    """Return the steps that install `parts`, each with a title and a command."""
    distribution = sourced_distribution()
    python, spared = python_of_ros() if distribution else (BASE_PYTHON, [])
    flags = ['--system-site-packages'] if distribution else []
    ros = [] if distribution else ['-r', 'requirements/ros.txt']
    if 'venv' in parts:
        check_venv_module(python)
    extras = 'motion,view,xacro' if 'view' in parts else 'motion,xacro'
    steps = {
        'venv': (f'making .venv with {python}', [python, '-m', 'venv', *flags, str(VENV)]),
        'package': (
            f'installing what ROS 2 {distribution} lacks, and this package' if distribution else
            'installing ROS 2, numba and this package (about 500 MB on disk)',
            [*PIP_INSTALL, *spared, *ros, '-e', f'.[{extras}]']),
        'view': ('installing the viewer', [*PIP_INSTALL, *spared, '-e', '.[view]']),
        'tests': ('installing the test tools',
                  [*PIP_INSTALL, *spared, '-r', PART_FILES['tests']]),
        'docs': ('installing what makes the documentation',
                 [*PIP_INSTALL, *spared, '-r', PART_FILES['docs']])}
    if 'package' in parts:
        del steps['view']  # it comes with the package
    return [steps[part] for part in parts if part in steps]


def python_of_ros() -> tuple[str, list[str]]:
    """Return the Python that imports the sourced rclpy, and pip arguments that spare its numpy."""
    for python in (BASE_PYTHON, '/usr/bin/python3'):
        answer = subprocess.run(
            [python, '-c', 'import numpy, rclpy; print(numpy.__version__)'],
            env=child_environment(), capture_output=True, text=True)
        if answer.returncode == 0:
            # The messages are compiled against this numpy and need its major version.
            major = int(answer.stdout.split()[-1].split('.')[0])
            return python, [f'numpy<{major + 1}']
    sys.exit(f'ROS 2 {sourced_distribution()} is sourced, but neither {BASE_PYTHON} nor '
             '/usr/bin/python3 can import its rclpy.\nRun this with the Python of that '
             'distribution, or in a shell where no ROS is sourced.\n' + answer.stderr.strip())


def check_venv_module(python: str) -> None:
    """Exit with advice where Python came without venv or pip, as on a plain Debian or Ubuntu."""
    check = subprocess.run([python, '-c', 'import ensurepip, venv'], env=child_environment(),
                           stderr=subprocess.DEVNULL)
    if check.returncode:
        sys.exit(f'{python} came without its venv module. On Debian and Ubuntu, install it:\n'
                 '    sudo apt install python3-venv\n'
                 f'(python{PYTHON_VERSION}-venv, if that is not the Python of the system).')


def remove_old_venv() -> None:
    """Make .venv an empty folder, unless it is not ours to empty."""
    if VENV.exists() and not STAMP.exists() and any(VENV.iterdir()):
        sys.exit(f'{VENV} was not made by run.py. Move it away or delete it, then run this again.')
    if VENV.exists():
        print('.venv is incomplete or of another Python, ROS or folder: making it anew')
        shutil.rmtree(VENV)
    VENV.mkdir()


def child_environment() -> dict[str, str]:
    """Return the environment for processes in .venv, without what would lead them elsewhere."""
    env = {name: value for name, value in os.environ.items()
           if not name.startswith('PIP_') or name in PIP_VARIABLES_KEPT}
    # The ROS wheels let each Python restart itself with its own library path, once: this variable
    # says that it has happened, but a caller in another venv means that venv's path.
    if env.pop('_ROS_WHEELS_BOOTSTRAP_COMPLETE', None):
        env.pop('LD_LIBRARY_PATH', None)
    env.pop('PYTHONHOME', None)
    if sourced_distribution():
        # Plugins of the distribution's test tools refuse newer versions of pytest.
        env['PYTEST_DISABLE_PLUGIN_AUTOLOAD'] = '1'
    else:
        env.pop('PYTHONPATH', None)
        env.pop('RMW_IMPLEMENTATION', None)  # PyPI has one middleware only
    path = env.get('PATH', os.defpath)
    return {**env, 'PIP_USER': '0', 'VIRTUAL_ENV': str(VENV), 'PATH': f'{VENV / "bin"}:{path}'}


def run_step(title: str, command: list[str], lock: int) -> None:
    """Run one step of the set-up; exit with its last words if it fails."""
    if not attempt(title, command, lock):
        sys.exit('\n'.join([
            *last_lines(15), '', f'Set-up failed at this step; all of its output is in {LOG}.',
            'Is the network there? The same command tries again.']))


def attempt(title: str, command: list[str], lock: int) -> bool:
    """Run a command, showing that it lives, and return whether it succeeded."""
    print(title, flush=True)
    started = time.monotonic()
    with LOG.open('wb') as log:
        # In its own session Ctrl-C reaches run.py alone, which then ends the whole step. The step
        # holds the lock as well: should run.py be killed, nobody else starts before it has ended.
        process = subprocess.Popen(
            command, cwd=ROOT, env=child_environment(), start_new_session=True, pass_fds=[lock],
            stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT)
        try:
            watch(process, started)
        finally:
            stop(process)
    if process.returncode == 0:
        print(f'      done in {time.monotonic() - started:.0f} s', flush=True)
    return process.returncode == 0


def last_lines(count: int) -> list[str]:
    """Return the last lines that the running step has written."""
    return LOG.read_text(errors='replace').strip().splitlines()[-count:]


def watch(process: subprocess.Popen, started: float) -> None:
    """Show the elapsed time and the step's last line, in place or every 15 s, until it ends."""
    width = shutil.get_terminal_size().columns - 1
    next_report = 15.0
    while process.poll() is None:
        seconds = time.monotonic() - started
        line = f'      {seconds:3.0f} s  {"".join(last_lines(1)).strip()}'[:width]
        if sys.stdout.isatty():
            print('\r' + line.ljust(width), end='', flush=True)
        elif seconds >= next_report:
            print(line, flush=True)
            next_report += 15.0
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.2)
    if sys.stdout.isatty():
        print('\r' + ' ' * width + '\r', end='', flush=True)


def stop(process: subprocess.Popen) -> None:
    """End a step that is still running, with everything it has started."""
    if process.poll() is not None:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not leave it running
    os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


if __name__ == '__main__':
    main()
