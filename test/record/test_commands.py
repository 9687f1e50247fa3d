"""The commands on recordings: report and replay, with their exit codes."""

from __future__ import annotations

import json
import os
from pathlib import Path
import subprocess
import sys

from chains import chain_of
from ik_solver_node import cli
from ik_solver_node.target import PointTarget
import pytest
from tapes import Tape

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a recording of ten targets."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(chain_of('planar_2r'))
    for step in range(10):
        tape.ask(tracker, PointTarget([0.3, 0.5 - 0.002 * step, 0.0]))
    return tape.close()


def call(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run the command in this process; return exit code, stdout and stderr."""
    try:
        code = cli.main([str(argument) for argument in arguments])
    except SystemExit as error:
        code = error.code
    return code, *capsys.readouterr()


def test_a_report_is_told_and_drawn(capsys, file: Path) -> None:
    """Beside the recording, or where it is wanted."""
    pytest.importorskip('matplotlib')
    code, out, _ = call(capsys, 'report', file)
    assert code == 0
    assert out.startswith('robot planar_2r, tip tool0: 10 targets')
    assert out.splitlines()[-1] == f'drawn in {file.with_suffix(".png")}'
    assert file.with_suffix('.png').stat().st_size > 10_000
    page = file.with_name('page.html')
    assert call(capsys, 'report', file, '--output', page)[0] == 0
    assert '10 targets' in page.read_text()


def test_json_needs_no_picture(capsys, file: Path, monkeypatch) -> None:
    """Nor the package that draws it."""
    monkeypatch.setitem(sys.modules, 'matplotlib.figure', None)
    code, out, err = call(capsys, 'report', file, '--json')
    assert (code, err) == (0, '')
    assert json.loads(out)['targets'] == 10
    assert list(file.parent.iterdir()) == [file]
    code, out, err = call(capsys, 'report', file)
    assert (code, out) == (2, '')
    assert 'ik_solver report: to draw needs the package matplotlib' in err


def test_a_replay_has_the_exit_code_of_its_verdict(capsys, file: Path, monkeypatch) -> None:
    """0 for the same, 1 for others."""
    code, out, _ = call(capsys, 'replay', file)
    assert (code, out) == (0, 'the same: 10 of 10 answers are the same bits\n')
    code, out, _ = call(capsys, 'replay', '--json', file)
    assert (code, json.loads(out)['same']) == (0, 10)
    from ik_solver_node.record import replay
    monkeypatch.setattr(replay.steps, 'answer_values', lambda answer: {'verdict': '"other"'})
    code, out, _ = call(capsys, 'replay', file)
    assert code == 1
    assert out.splitlines()[-1].startswith('different: 0 of 10 ')


@pytest.mark.parametrize('command', ['report', 'replay'])
@pytest.mark.parametrize(('name', 'told'), [
    ('nothing.mcap', 'there is no file '),
    ('.', 'has no .mcap file in it'),
    ('text.mcap', 'is not an MCAP file'),
    ('magic.mcap', 'has no targets'),
    ('empty.mcap', 'has no targets'),
    ('robotless.mcap', 'no robot description'),
])
def test_what_cannot_be_used_is_said(capsys, tmp_path: Path, command: str, name: str,
                                     told: str) -> None:
    """On stderr, in a sentence, with exit code 2 and an empty stdout."""
    if name == 'empty.mcap':
        Tape(tmp_path / name).close()
    elif name == 'robotless.mcap':
        chain = chain_of('planar_2r')
        tape = Tape(tmp_path / name)
        object.__setattr__(chain.model, 'urdf', '')
        tape.ask(tape.tracker(chain), PointTarget([0.3, 0.5, 0.0]))
        tape.close()
    elif name == 'magic.mcap':
        pytest.importorskip('mcap_ros2')
    if name in ('text.mcap', 'magic.mcap'):
        (tmp_path / name).write_bytes(b'text' if name == 'text.mcap' else b'\x89MCAP0\r\n')
    code, out, err = call(capsys, command, tmp_path / name)
    assert (code, out) == (2, '')
    assert f'ik_solver {command}: ' in err and told in err
    assert 'Traceback' not in err


@pytest.mark.parametrize(('arguments', 'told'), [
    (['report'], 'required: FILE'), (['replay'], 'required: FILE'),
    (['report', 'run.mcap', '--output', 'run.pdf'], 'must end in .png or .html')])
def test_mistakes_in_the_command_are_said(capsys, arguments: list[str], told: str) -> None:
    """Before anything is read."""
    code, out, err = call(capsys, *arguments)
    assert (code, out) == (2, '')
    assert told in err


@pytest.mark.parametrize('command', ['report', 'replay'])
def test_help_says_what_it_needs(capsys, command: str) -> None:
    """And what the exit codes mean."""
    code, out, _ = call(capsys, command, '--help')
    assert code == 0
    assert 'parameter record' in ' '.join(out.split()) and 'Exit code' in out


@pytest.mark.parametrize('command', ['report', 'replay'])
def test_it_works_without_ros(file: Path, command: str) -> None:
    """On a machine that has none."""
    code = ('import sys; from ik_solver_node.cli import main; '
            f'code = main([{command!r}, {str(file)!r}, "--json"]); '
            'assert not {"rclpy", "std_msgs"} & set(sys.modules); sys.exit(code)')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          env={**os.environ, 'PYTHONPATH': str(ROOT)})
    assert done.returncode == 0, done.stderr
