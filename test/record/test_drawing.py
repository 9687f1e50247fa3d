"""Pictures: there is something in them, and what cannot be drawn is said."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
import math
from pathlib import Path
import sys

from ik_solver_node.exceptions import MissingDependencyError, OptionsError, RecordingError
from ik_solver_node.record.drawing import check_output, write_picture
from ik_solver_node.record.history import History, JointHistory
import numpy as np
import pytest


@pytest.fixture
def history() -> History:
    """Return what could have happened."""
    pytest.importorskip('matplotlib')
    history = History(robot='arm <1>', tip='tool', duration=10.0, targets=100)
    for number, limit in enumerate([2.0, math.inf]):
        joint = JointHistory('rad', -limit, limit, limit)
        for time in np.linspace(0.0, 10.0, 100).tolist():
            joint.positions.add(time, math.sin(time + number))
            joint.velocities.add(time, 3.0 * math.cos(time + number))
        history.joints[f'joint_{number}'] = joint
    for time in np.linspace(0.0, 10.0, 100).tolist():
        history.position_error.add(time, 1e-7)
        history.orientation_error.add(time, 0.0)
        history.latency.add(time, 0.001)
        history.answers.append((time, 'reached'))
    return history


def pixels(png: bytes) -> np.ndarray:
    """Return a picture as rows of colours."""
    image = pytest.importorskip('matplotlib.image')
    return np.rint(255 * image.imread(BytesIO(png), format='png')[:, :, :3]).astype(int)


def has_curves(png: bytes) -> bool:
    """Return whether a picture is large, and curves are in it, but do not fill it."""
    seen = pixels(png)
    height, width, _ = seen.shape
    assert height >= 1000 and width >= 1000
    coloured = (seen.max(axis=2) - seen.min(axis=2) > 60).mean()
    white = (seen.min(axis=2) > 250).mean()
    return 0.005 < coloured < 0.3 and 0.5 < white < 0.99


def test_a_png_shows_curves(history: History, tmp_path: Path) -> None:
    """In colours, on white."""
    write_picture(history, '', tmp_path / 'run.PNG')
    assert has_curves((tmp_path / 'run.PNG').read_bytes())


def test_a_page_holds_the_report_and_the_picture(history: History, tmp_path: Path) -> None:
    """All in one file, with names that are no markup."""
    write_picture(history, 'robot <1>: fine', tmp_path / 'run.html')
    page = (tmp_path / 'run.html').read_text()
    assert 'robot &lt;1&gt;: fine' in page and '<1>' not in page
    assert has_curves(b64decode(page.partition('base64,')[2].partition('"')[0]))


def test_every_part_changes_the_picture(history: History, tmp_path: Path) -> None:
    """None of them is drawn beside the paper."""
    drawn = []
    for change in (lambda: None, history.answers.clear, history.latency.values.reverse,
                   lambda: history.latency.add(11.0, 0.002),
                   lambda: history.position_error.add(11.0, 1e-3),
                   lambda: history.joints['joint_0'].velocities.add(11.0, 9.0),
                   lambda: history.joints['joint_0'].positions.add(11.0, -2.0)):
        change()
        write_picture(history, '', tmp_path / 'run.png')
        drawn.append(pixels((tmp_path / 'run.png').read_bytes()).tobytes())
    assert drawn[2] == drawn[1]  # all the same values
    assert len(set(drawn)) == len(drawn) - 1


def test_little_is_drawn_as_well(tmp_path: Path) -> None:
    """A recording in which nothing moved, and one of many joints."""
    pytest.importorskip('matplotlib')
    history = History(robot='arm', tip='tool', targets=1, answers=[(0.0, 'refused')])
    write_picture(history, '', tmp_path / 'run.png')
    history.joints.update({str(number): JointHistory('m', 0.0, 1.0, 1.0) for number in range(30)})
    write_picture(history, '', tmp_path / 'run.png')
    assert pixels((tmp_path / 'run.png').read_bytes()).std() > 1.0


def test_another_kind_of_file_is_refused() -> None:
    """Before anything is read."""
    with pytest.raises(OptionsError, match=r"the output is 'run.pdf', but .* \.png or \.html"):
        check_output(Path('run.pdf'))


def test_what_cannot_be_written_is_said(history: History, tmp_path: Path) -> None:
    """In a sentence."""
    with pytest.raises(RecordingError, match='run.png cannot be written: No such file'):
        write_picture(history, '', tmp_path / 'no' / 'run.png')


def test_a_missing_package_is_said(history: History, tmp_path: Path,
                                   monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install, and the way without."""
    monkeypatch.setitem(sys.modules, 'matplotlib.figure', None)
    with pytest.raises(MissingDependencyError, match='pip install matplotlib, or use --json'):
        write_picture(history, '', tmp_path / 'run.png')
