"""The command: run as users run it, with its exit codes, and what it says where."""

from __future__ import annotations

import ast
from collections.abc import Iterator
import fcntl
import json
import os
from pathlib import Path
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from urllib.request import urlopen

from chains import urdf_of
from commands import call, COMMAND, ROOT, run
from ik_solver_node import __version__, cli
import pytest
from robots import ROBOTS

URDF = str(ROBOTS['planar_2r'].path())
FEW = ['--targets', '20']

pytestmark = pytest.mark.usefixtures('compiled')


def test_a_robot_is_checked() -> None:
    """The report on stdout, with the verdict last, and nothing on stderr."""
    done = run('check', URDF, *FEW)
    assert done.returncode == 0
    assert done.stdout.startswith('robot planar_2r, ')
    assert done.stdout.splitlines()[-1].startswith('ready: every one of 20 ')
    assert done.stderr == ''


def test_json_is_all_there_is_on_stdout() -> None:
    """So that a program can read it."""
    done = run('check', URDF, '--json', '--seed', '3', *FEW)
    tree = json.loads(done.stdout)
    assert (tree['version'], tree['seed'], tree['targets']) == (__version__, 3, 20)
    assert tree['verdict'] == 'ready'


def test_base_and_tip_are_passed_on(capsys) -> None:
    """Also several tips."""
    urdf = str(ROBOTS['desk_arm'].path())
    code, out, _ = call(capsys, 'check', urdf, '--base', 'base_link', '--tip', 'tool0', *FEW)
    assert code == 0
    assert 'chain from base_link to tool0' in out
    links = [line.split('"')[1] for line in urdf_of('desk_arm').splitlines() if '<link' in line]
    code, out, _ = call(capsys, 'check', urdf, '--tip', 'tool0', links[-2], *FEW)
    assert f'chain from base_link to tool0 and {links[-2]}' in out


def test_a_xacro_file_with_arguments(capsys, tmp_path) -> None:
    """It is expanded with what follows --xacro."""
    pytest.importorskip('xacro')
    file = tmp_path / 'arm.urdf.xacro'
    file.write_text(urdf_of('planar_2r').replace('upper="2.8"', 'upper="$(arg far)"').replace(
        '<robot ', '<robot xmlns:xacro="http://ros.org/wiki/xacro" ').replace(
        '<link ', '<xacro:arg name="far" default="1.5"/><link ', 1))
    assert 'to   1.5000 rad' in call(capsys, 'check', str(file), *FEW)[1]
    code, out, _ = call(capsys, 'check', str(file), '--xacro', 'far:=1.25', *FEW)
    assert code == 0
    assert 'to   1.2500 rad' in out


@pytest.mark.parametrize(('arguments', 'told'), [
    (['check'], 'required: URDF'),
    (['chekc'], "invalid choice: 'chekc'"),
    (['check', URDF, '--targets', '0'], "'0' is not a whole number from 1 to"),
    (['check', URDF, '--targets', 'many'], "'many' is not a whole number from 1 to"),
    (['check', URDF, '--seed', '-1'], "'-1' is not a whole number from 0 to"),
    (['check', '/no/such.urdf'], 'ik_solver check: there is no file /no/such.urdf'),
    (['check', '/'], 'is a folder; a .urdf or .xacro file is needed'),
    (['check', __file__], 'the URDF is not valid XML'),
    (['check', URDF, '--tip', 'ghost'], "'ghost' is not a link of robot 'planar_2r'; known links"),
    (['check', URDF, '--base', 'ghost'], "--base 'ghost' is not a link"),
    (['check', URDF, '--tip', 'base_link'], 'no joint can move between'),
    (['check', URDF, '--xacro', 'name'], "--xacro has 'name'; write NAME:=VALUE"),
    (['check', URDF, '--xacro', 'a:=b'], 'is not a .xacro file and takes no arguments'),
])
def test_what_cannot_be_used_is_said(capsys, arguments, told) -> None:
    """On stderr, in a sentence, with exit code 2 and an empty stdout."""
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, '')
    assert told in err
    assert 'Traceback' not in err


def test_a_urdf_comes_from_the_standard_input() -> None:
    """For what another program makes, and what it may not be is said."""
    done = run('check', '-', *FEW, input=urdf_of('planar_2r'))
    assert (done.returncode, done.stderr) == (0, '')
    assert done.stdout.startswith('robot planar_2r, ')
    done = run('check', '-', input='')
    assert (done.returncode, done.stdout) == (2, '')
    assert 'the standard input is empty; a URDF is needed' in done.stderr
    done = run('check', '-', '--xacro', 'a:=b', input=urdf_of('planar_2r'))
    assert '--xacro goes with a .xacro file, but the URDF is read from the' in done.stderr


@pytest.mark.parametrize('command', list(cli.COMMANDS))
def test_each_help_has_an_example(capsys, command) -> None:
    """That begins as it would be typed."""
    code, out, _ = call(capsys, command, '--help')
    assert code == 0
    assert f'ik_solver {command} ' in out.partition('example')[2]


def test_without_a_command_it_explains_itself(capsys) -> None:
    """As with --help, but with the exit code of a mistake."""
    code, out, err = call(capsys)
    assert (code, out) == (2, '')
    assert 'ik_solver check my_robot.urdf' in err
    code, out, _ = call(capsys, '--help')
    assert code == 0
    assert 'check a robot' in out
    assert call(capsys, '--version')[1] == f'ik_solver_node {__version__}\n'


def test_a_tip_to_choose_is_asked_for_with_the_command_to_type(capsys, tmp_path) -> None:
    """Which then works, also with a space in the name of the file."""
    file = tmp_path / 'my arm.urdf'
    file.write_text(urdf_of('desk_arm'))
    code, out, err = call(capsys, 'check', str(file))
    assert code == 2
    assert '5 joints: tool0' in out
    typed = err.partition('for example: ')[2].strip()
    assert typed == f"ik_solver check '{file}' --tip tool0"
    assert json.loads(call(capsys, 'check', str(file), '--json')[1])['verdict'] is None
    assert call(capsys, 'check', str(file), '--tip', 'tool0', *FEW)[0] == 0


def test_a_problem_has_exit_code_1(capsys, monkeypatch) -> None:
    """So that a script notices."""
    from ik_solver_node import check
    monkeypatch.setattr(check, 'SOLVED', (-1.0, -1.0))
    code, out, _ = call(capsys, 'check', URDF, *FEW)
    assert code == 1
    assert 'problem: 20 of 20' in out


def test_a_closed_pipe_is_silent() -> None:
    """As in a pipeline that ends in head."""
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, 'w') as closed:
        done = subprocess.run([*COMMAND, 'check', URDF, '--json', *FEW], stdout=closed,
                              stderr=subprocess.PIPE, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == cli.BROKEN_PIPE
    assert done.stderr == ''


def test_a_closed_stdout_is_no_traceback() -> None:
    """Nobody wants to see the report, and the exit code tells."""
    done = subprocess.run(
        ['/bin/sh', '-c', 'exec "$@" >&-', 'sh', *COMMAND, 'check', URDF, *FEW],
        stderr=subprocess.PIPE, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 0
    assert done.stderr == ''


def test_a_full_disk_is_said() -> None:
    """Instead of a traceback."""
    with open('/dev/full', 'w') as full:
        done = subprocess.run([*COMMAND, 'check', URDF, *FEW], stdout=full,
                              stderr=subprocess.PIPE, text=True, timeout=300, cwd=ROOT)
    assert done.returncode == 2
    assert done.stderr == (
        'ik_solver: the output cannot be written: No space left on device\n')


@pytest.mark.parametrize('moment', ['at once', 'while solving'])
def test_ctrl_c_ends_it_without_a_traceback(moment: str) -> None:
    """While modules are imported, and while targets are solved."""
    leader, follower = a_terminal()
    process = subprocess.Popen(
        [*COMMAND, 'check', URDF, '--targets', '100000'], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    try:
        said = b''
        if moment == 'at once':
            wait_for_imports(process.pid)
        else:
            while b'/100000 [' not in said:  # the bar
                said += os.read(leader, 65536)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=120)
        said += b''.join(pieces(leader))
    finally:
        process.kill()
        os.close(leader)
    assert process.returncode == 130
    assert out == ''
    assert said.split(b'\r\n')[-2:] == [b'stopped', b'']
    assert b'Traceback' not in said


def a_terminal() -> tuple[int, int]:
    """Return the two ends of a terminal of 80 columns."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack('4H', 24, 80, 0, 0))
    return leader, follower


def pieces(leader: int) -> Iterator[bytes]:
    """Return what is written to a terminal until nobody writes to it any more."""
    while True:
        try:
            piece = os.read(leader, 65536)
        except OSError:
            return
        if not piece:
            return
        yield piece


def wait_for_imports(pid: int) -> None:
    """Wait until a process has begun to import what takes long."""
    limit = time.monotonic() + 60.0
    while 'numpy' not in Path(f'/proc/{pid}/maps').read_text():
        assert time.monotonic() < limit, 'numpy is not being imported'


def test_compiling_is_told_and_ends_on_ctrl_c(tmp_path) -> None:
    """Only where nothing is compiled yet, which takes long."""
    process = subprocess.Popen(
        [*COMMAND, 'solve', URDF, '--point', '0.4', '0.1', '0'], cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0,
        env={**os.environ, 'NUMBA_CACHE_DIR': str(tmp_path)})
    try:
        told = process.stderr.readline()
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    assert told == 'compiling the solver, once; this can take a minute\n'
    assert (process.returncode, out, err) == (130, '', '\nstopped\n')


def test_a_bar_is_shown_to_whoever_watches() -> None:
    """On a terminal, and gone when all is done."""
    pytest.importorskip('tqdm')
    leader, follower = a_terminal()
    process = subprocess.Popen([*COMMAND, 'check', URDF, '--targets', '900'], cwd=ROOT, text=True,
                               stdout=subprocess.PIPE, stderr=follower)
    os.close(follower)
    shown = b''.join(pieces(leader))
    out, _ = process.communicate(timeout=120)
    os.close(leader)
    assert process.returncode == 0
    assert b'/900 [' in shown
    assert out.startswith('robot planar_2r')


def test_any_name_can_be_shown() -> None:
    """Also where the terminal lacks its letters."""
    env = {**os.environ, 'PYTHONIOENCODING': 'ascii'}
    done = run('check', '/no/Gelenk_ä.urdf', env=env, cwd=ROOT)
    assert done.returncode == 2
    assert 'there is no file /no/Gelenk_\\xe4.urdf' in done.stderr


def test_nothing_heavy_is_loaded_before_ctrl_c_is_taken_care_of() -> None:
    """Nor for help, nor is ROS ever."""
    code = ('import sys, ik_solver_node.cli; '
            'print({"argcomplete", "numba", "numpy", "rclpy", "tqdm"} & set(sys.modules))')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == 'set()', done.stdout + done.stderr
    code = ('import sys; from ik_solver_node.cli import main; '
            f'main(["check", {URDF!r}, "--targets", "3"]); '
            'assert not {"rclpy", "tqdm"} & set(sys.modules)')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr


def test_it_leaves_the_signals_of_its_caller_alone(capsys) -> None:
    """A program that calls it keeps its own way with Ctrl-C."""
    before = signal.getsignal(signal.SIGINT)
    call(capsys, '--version')
    assert signal.getsignal(signal.SIGINT) is before
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        call(capsys, 'check', '/no/such.urdf')
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_it_is_installed_as_a_command() -> None:
    """By pip as `ik_solver`, and for `ros2 run` beside the node."""
    tree = ast.parse((ROOT / 'setup.py').read_text())
    texts = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert 'ik_solver = ik_solver_node.cli:main' in texts


def test_the_gallery_lists_its_scenes() -> None:
    """By name and title, without anything to draw with."""
    done = run('gallery', '--list')
    assert done.returncode == 0
    assert done.stdout.startswith('forward_kinematics  One set of angles has exactly one tip\n')
    assert run('gallery', '--list', '--scene', 'race').stdout.count('\n') == 1


def test_an_unknown_scene_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """With those that there are."""
    code, _, told = call(capsys, 'gallery', '--scene', 'nothing')
    assert code == 2
    assert told.startswith("ik_solver gallery: there is no scene 'nothing'; there are: forward_")


@pytest.mark.parametrize(('module', 'arguments'), [
    ('viser', []), ('matplotlib.figure', ['--pictures', 'somewhere']),
    ('trimesh', ['--pictures', 'somewhere'])])
def test_a_gallery_without_what_it_needs_says_so(
        module: str, arguments: list[str], capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch) -> None:
    """In a sentence that says what to install, and before it compiles anything."""
    if module == 'trimesh':
        pytest.importorskip('matplotlib')  # which would be missed before
    monkeypatch.setitem(sys.modules, module, None)
    code, shown, told = call(capsys, 'gallery', *arguments)
    assert (code, shown) == (2, '')
    assert told.startswith('ik_solver gallery: ') and told.count('\n') == 1
    assert f'needs {module}' in told or f'need {module.partition(".")[0]}' in told
    assert 'run "pip install' in told


def test_the_pictures_of_the_gallery_are_drawn(tmp_path: Path) -> None:
    """Those of the scenes that are wanted, with their page."""
    pytest.importorskip('matplotlib')
    done = run('gallery', '--scene', 'order', '--pictures', str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        'README.md', 'order.webp', 'overview.png']
    assert done.stdout.splitlines() == [
        f'drawn: {tmp_path / name}' for name in ('order.webp', 'overview.png', 'README.md')]


def test_the_gallery_is_served_on_this_machine() -> None:
    """It prints its address, where a page is, and ends quietly on Ctrl-C."""
    pytest.importorskip('viser')
    pytest.importorskip('matplotlib')
    served = subprocess.Popen(
        [*COMMAND, 'gallery', '--port', '0'], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, env={**os.environ, 'PYTHONPATH': str(ROOT)})
    try:
        told = served.stdout.readline()
        address = told.removeprefix('open ').split()[0]
        assert address.startswith('http://127.0.0.1:')
        with urlopen(address, timeout=30) as answer:
            assert b'<html' in answer.read()
        served.send_signal(signal.SIGINT)
        assert served.wait(30) == 130
    finally:
        served.kill()
        _, complaint = served.communicate()
    assert 'Traceback' not in complaint
