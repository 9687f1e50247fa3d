"""Pictures: there is something in them, and what cannot be drawn is said."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
import math
from pathlib import Path
import sys

from ik_solver_node.exceptions import MissingDependencyError, OptionsError, RecordingError
from ik_solver_node.record.curves import Curve
from ik_solver_node.record.drawing import BINS, check_output, thinned, write_picture
from ik_solver_node.record.history import History, JointHistory, Lines
from ik_solver_node.record.stops import Stop
import numpy as np
import pytest


@pytest.fixture
def history() -> History:
    """Return what could have happened."""
    pytest.importorskip('matplotlib')
    history = History(robot='arm <1>', tip='tool', duration=10.0, targets=100)
    times = np.linspace(0.0, 10.0, 100)
    for number, limit in enumerate([2.0, math.inf]):
        history.joints[f'joint_{number}'] = JointHistory(
            'rad', -limit, limit, limit, commanded=Curve(
                times, np.sin(times + number), 3.0 * np.cos(times + number),
                np.full(100, math.nan), is_held=True))
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
    drawn, joint = [], history.joints['joint_0']
    commanded, some = joint.commanded, np.linspace(1.0, 9.0, 50)
    measured = Curve(some, 0.2 * some, 0.01 * some)
    for change in (lambda: None, history.answers.clear, history.latency.values.reverse,
                   lambda: history.latency.add(11.0, 0.002),
                   lambda: history.position_error.add(11.0, 1e-3),
                   lambda: commanded.velocities.put(7, 9.0),
                   lambda: commanded.positions.put(7, -0.5),
                   lambda: setattr(joint, 'measured', measured),
                   lambda: setattr(joint, 'deviation', measured),
                   lambda: (commanded.accelerations.put(7, 0.5),
                            setattr(joint, 'acceleration_limit', 1.0)),
                   lambda: setattr(history, 'measured_errors', np.ones((5, 4)).cumsum(axis=0)),
                   lambda: history.lines.append(
                       Lines(2.0, 'reached', 1.0, 0.5, 3.0, 0.0, 0.1)),
                   lambda: history.trajectories.append(2.0),
                   lambda: history.stops.append(Stop(4.0, 6.0, 'deviation', ''))):
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


def test_a_long_curve_is_drawn_by_its_extremes() -> None:
    """A single spike stays, holes do, and a short curve is as it was."""
    times, values = np.linspace(0.0, 600.0, 150_000), np.zeros(150_000)
    values[77_777], values[100_000:110_000] = 5.0, math.nan
    some, drawn = thinned(times, values)
    assert len(some) == len(drawn) <= 2 * BINS
    assert (np.diff(some) >= 0.0).all() and some[0] == 0.0 and some[-1] == 600.0
    assert np.nanmax(drawn) == 5.0
    assert abs(some[np.nanargmax(drawn)] - times[77_777]) < 1.0
    assert np.isnan(drawn[(some > 401.0) & (some < 439.0)]).all()
    assert len(thinned(times[:100], values[:100])[1]) == 100
    assert len(thinned(times, np.full(150_000, math.nan))[0]) == 0


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
