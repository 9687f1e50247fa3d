"""`ik_solver completion`: a real bash completes the command, and other shells get their script."""

from __future__ import annotations

import os
from pathlib import Path
import shutil
import subprocess
import sys

from commands import call, ROOT
import pytest
from robots import ROBOTS

ARM = str(ROBOTS['six_axis_arm'].path())

pytest.importorskip('argcomplete')

BASH = r"""
eval "$(ik_solver completion bash)"
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9
_python_argcomplete ik_solver
printf '%s\n' "${COMPREPLY[@]}"
"""
"""What bash does on Tab: the function that is bound to the command, with the line so far."""


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """Return an environment in which the command `ik_solver` is this one."""
    program = tmp_path / 'bin' / 'ik_solver'
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -m ik_solver_node.cli "$@"\n')
    program.chmod(0o755)
    return {**os.environ, 'PATH': f'{program.parent}:{os.environ["PATH"]}',
            'PYTHONPATH': str(ROOT)}


@pytest.mark.skipif(shutil.which('bash') is None, reason='bash is not installed')
@pytest.mark.parametrize(('line', 'offered'), [
    ('ik_solver so', ['solve']),
    ('ik_solver completion ', ['bash', 'fish', 'zsh', '-h', '--help']),
    ('ik_solver solve {arm} --step', ['--step-rule']),
    ('ik_solver solve {arm} --step-rule ', ['damped', 'gradient', 'sweep']),
    ('ik_solver solve {arm} --tip wrist_', ['wrist_pitch_link', 'wrist_roll_link']),
    ('ik_solver check {arm} --base bas', ['base_link']),
    ('ik_solver solve {arm} --point -0.1 0.2 1e-3 --seed joint_1=2 joint_2', ['joint_2=']),
    ('ik_solver fk {arm} --degrees --link too', ['tool0']),
    ('ik_solver fk {arm} joint_', [f'joint_{k}=' for k in range(1, 7)]),
    ('ik_solver fk {folder}/six_axis_arm.', ['{arm}']),
    ('ik_solver fk /no/such.urdf --link ', []),
    ('ik_solver gallery --scene spider', ['spider', 'spider_walk']),
])
def test_bash_completes_it(env, line, offered) -> None:
    """Subcommands, options, choices, files, and the links and joints of the URDF on the line."""
    places = {'arm': ARM, 'folder': Path(ARM).parent}
    done = subprocess.run(['bash', '-c', BASH, 'bash', line.format(**places)], env=env, text=True,
                          capture_output=True, timeout=120)
    assert done.stderr == ''
    assert sorted(done.stdout.split()) == sorted(one.format(**places) for one in offered)


@pytest.mark.parametrize('shell', ['zsh', 'fish'])
def test_other_shells_get_their_script(capsys, shell) -> None:
    """One that the shell itself finds no fault with, where it is installed."""
    code, out, err = call(capsys, 'completion', shell)
    assert (code, err) == (0, '')
    assert ('compinit' if shell == 'zsh' else 'function __fish_ik_solver_complete') in out
    if shutil.which(shell):
        done = subprocess.run([shell, '-n'], input=out, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, '')


def test_without_argcomplete_it_says_what_to_install(capsys, monkeypatch) -> None:
    """And a shell that asks nevertheless gets no traceback."""
    monkeypatch.setitem(sys.modules, 'argcomplete', None)
    code, out, err = call(capsys, 'completion', 'bash')
    assert (code, out) == (2, '')
    assert 'completion needs argcomplete, which is not installed; run "pip install argcom' in err
    monkeypatch.setenv('_ARGCOMPLETE', '1')
    assert call(capsys, '--version')[0] == 0


def test_an_unknown_shell_is_refused(capsys) -> None:
    """With those that there are."""
    code, out, err = call(capsys, 'completion', 'tcsh')
    assert (code, out) == (2, '')
    assert "invalid choice: 'tcsh'" in err
    assert all(shell in err for shell in ('bash', 'zsh', 'fish'))
