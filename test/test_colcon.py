"""The package in a colcon workspace: found, built, installed, started and tested."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
from threading import Timer

import pytest

ROOT = Path(__file__).resolve().parents[1]
COLCON = shutil.which('colcon', path=f'{Path(sys.executable).parent}:{os.environ["PATH"]}')
# Set for the tests that colcon runs, so that these here do not start themselves again.
INSIDE = 'IK_SOLVER_NODE_TESTED_BY_COLCON'
NOT_COPIED = shutil.ignore_patterns(
    '.*', '__pycache__', '*.egg-info', 'build', 'install', 'log')

pytestmark = [
    pytest.mark.skipif(INSIDE in os.environ, reason='started by colcon test'),
    pytest.mark.skipif(COLCON is None, reason='colcon is not installed')]


def colcon(workspace: Path, *arguments: str, **variables: str) -> str:
    """Run colcon in a workspace and return what it printed; a failure shows it."""
    env = {**os.environ, 'COLCON_HOME': str(workspace / 'home'), **variables}
    done = subprocess.run([str(COLCON), *arguments], cwd=workspace, env=env, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, f'\n{done.stdout}'
    return done.stdout


@pytest.fixture(scope='module')
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a workspace with a copy of this repository, built."""
    workspace = tmp_path_factory.mktemp('workspace')
    shutil.copytree(ROOT, workspace / 'src' / 'ik_solver_node', ignore=NOT_COPIED)
    colcon(workspace, 'build', '--packages-select', 'ik_solver_node')
    return workspace


def test_colcon_sees_an_ament_python_package(workspace: Path) -> None:
    """Colcon takes it for what it is; with a flaw in package.xml it would say plain python."""
    assert colcon(workspace, 'list').split() == [
        'ik_solver_node', 'src/ik_solver_node', '(ros.ament_python)']


def test_files_are_installed_where_ros_looks(workspace: Path) -> None:
    """The marker, the description and all data are in share, the executables in lib."""
    prefix = workspace / 'install' / 'ik_solver_node'
    assert (prefix / 'share/ament_index/resource_index/packages/ik_solver_node').is_file()
    for folder in ('launch', 'config', 'urdf'):
        sources = {path.name for path in (ROOT / folder).iterdir() if path.is_file()}
        installed = {path.name for path in (prefix / 'share/ik_solver_node' / folder).iterdir()}
        assert installed == sources
    for name in ('ik_solver_node', 'ik_solver', 'ik_solver_rviz', 'ik_solver_stand_in',
                 'ik_solver_viewer', 'demo_targets', 'demo_referee'):
        assert os.access(prefix / 'lib/ik_solver_node' / name, os.X_OK)


@pytest.mark.parametrize('words', ['[ik_solver_node]', 'ready'])
def test_installed_node_starts_and_stops(workspace: Path, ros_domain: int, words: str) -> None:
    """
    What `ros2 run` would start comes up, and ends cleanly on Ctrl-C at its first words too.

    The kernels stay Python: to compile them for this copy as well would take a minute.
    """
    script = (
        'source install/setup.bash && exec install/ik_solver_node/lib/ik_solver_node/'
        'ik_solver_node --ros-args -p urdf_file:=install/ik_solver_node/share/ik_solver_node/'
        'urdf/planar_2r.urdf')
    node = subprocess.Popen(['bash', '-c', script], cwd=workspace, text=True,
                            env={**os.environ, 'NUMBA_DISABLE_JIT': '1'},
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = Timer(300.0, node.kill)
    deadline.start()
    try:
        lines = []
        for line in node.stdout:
            lines.append(line)
            if words in line:
                break
        node.send_signal(signal.SIGINT)
        lines += node.stdout
        output = ''.join(lines)
        assert node.wait() == 0, f'\n{output}'
        assert words in output
        assert 'Traceback' not in output, f'\n{output}'
    finally:
        deadline.cancel()
        node.kill()
        node.wait()


def test_colcon_test_passes(workspace: Path) -> None:
    """The tests run under colcon; a few quick ones stand for all."""
    colcon(workspace, 'test', '--packages-select', 'ik_solver_node',
           '--pytest-args', 'test/test_architecture.py', 'test/test_package.py', **{INSIDE: '1'})
    results = colcon(workspace, 'test-result', '--verbose')  # fails if a test has failed
    assert ' 0 errors, 0 failures, 0 skipped' in results
