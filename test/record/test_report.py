"""Reports: for people in words, for programs in JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chains import chain_of
from ik_solver_node.record import report
from ik_solver_node.record.history import history_of
from ik_solver_node.record.reading import read_recording
from ik_solver_node.record.replay import Difference, Replay, Sameness
from ik_solver_node.target import PointTarget
import pytest
from tapes import swinging, Tape


def summary_of(tape: Tape) -> dict[str, Any]:
    """Return the summary of a recording."""
    recording = read_recording(tape.file.path)
    return report.summary_of(recording, history_of(recording))


@pytest.fixture
def tape(tmp_path: Path) -> Tape:
    """Return a recording of an arm that leaps and follows, still open."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(chain_of('planar_2r'))
    for step in range(20):
        tape.ask(tracker, PointTarget([0.3, 0.5 - 0.02 * step, 0.0]))
    tape.ask(tracker, PointTarget([-0.5, -0.3, 0.0]))
    tape.refuse()
    return tape


def test_the_summary_is_json_and_right(tape: Tape) -> None:
    """Counts, times and joints, with None for what there is not."""
    tape.close()
    summary = summary_of(tape)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert summary['is_complete'] and not summary['missing']
    assert (summary['targets'], summary['verdicts']) == (22, {'reached': 21, 'refused': 1})
    assert summary['latency_s']['median'] == pytest.approx(0.002)
    assert 0.0 < summary['position_error_m']['largest'] < 1e-6
    joint = summary['joints']['joint_1']
    assert joint['lower_limit'] <= joint['lowest'] < joint['highest'] <= joint['upper_limit']
    assert joint['fastest'] > joint['velocity_limit'] and joint['is_too_fast']


def test_the_text_says_the_same(tape: Tape) -> None:
    """A joint that is too fast is named with its limit."""
    tape.close()
    text = report.as_text(summary_of(tape))
    assert text.startswith('robot planar_2r, tip tool0: 22 targets in 0.')
    assert '21 reached, 1 refused' in text
    assert 'target to command 2 ms in the median' in text
    assert 'rad/s, more than its limit of ' in text


def test_a_timed_motion_is_told_with_what_was_measured(tmp_path: Path) -> None:
    """Lines, stops and lag, joints beside their limits; no leap from target to target."""
    tape = swinging(tmp_path / 'run.mcap', 'joint_trajectory', velocities=True)
    tape.stopped('', 10)
    tape.stopped('deviation', 10)
    tape.lines(PointTarget([0.3, 0.5, 0.0]), 'not_reached', 0.25)
    tape.close()
    summary = summary_of(tape)
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary
    assert (summary['mode'], summary['output'], summary['trajectories']) == (
        'track', 'joint_trajectory', 300)
    joint = summary['joints']['joint_1']
    assert joint['velocity_share'] == joint['fastest'] == pytest.approx(0.6, rel=0.05)
    assert joint['acceleration_share'] == joint['quickest'] / 2.0
    assert joint['measured']['deviation'] == pytest.approx(0.018, rel=0.4)
    assert summary['measured_position_error_m']['largest'] > 0.1
    text = report.as_text(summary)
    assert text.startswith('robot planar_2r, tip tool0: mode track, joint_trajectory; 2 targets')
    for part in ('\nstraight lines at ', ': not reached, 25.0% of 0.4 m in 2.5 s, 0.1 mm off '
                 'them, planned in 0.05 s', ' (deviation): because of deviation\n',
                 '\n300 trajectories sent\n', 'the measured joints follow ',
                 'rad/s (60% of its limit)', '; measured 0.2', ' rad off'):
        assert part in text
    assert 'from one target to the next' not in text and 'last target' not in text


def test_many_stops_are_counted(tape: Tape) -> None:
    """The first are told one by one."""
    for _ in range(15):
        tape.stopped('', 10)
        tape.stopped('stream', 10)
    tape.close()
    text = report.as_text(summary_of(tape))
    assert text.count('stopped from') == 10 and 'and 5 more stops' in text


def test_what_is_missing_is_said(tape: Tape) -> None:
    """At the end of the file, and in its middle."""
    tape.gap(5)
    tape.file.flush()
    text = report.as_text(summary_of(tape))
    assert text.startswith('the file was not closed')
    assert text.endswith('5 messages are missing: more was to be recorded than could be written')


def told(**counts: int) -> Replay:
    """Return what came of a replay with these counts."""
    replay = Replay()
    replay.recorded_with = dict(replay.replayed_with)
    replay.counts.update({Sameness(name): count for name, count in counts.items()})
    return replay


@pytest.mark.parametrize(('counts', 'verdict'), [
    ({'same': 7}, 'the same: 7 of 7 answers are the same bits'),
    ({'same': 5, 'ended_by_time': 2}, 'the same but for time: 5 of 7 answers are the same bits, 2 '
     'were ended by the time budget (solver.max_time)'),
    ({}, 'the same: 0 of 0 answers are the same bits'),
    ({'same': 4, 'ended_by_time': 2, 'after_that': 1}, 'the same but for time: 4 of 7 answers are '
     'the same bits, 2 were ended by the time budget (solver.max_time), 1 follow on such'),
    ({'same': 5, 'ended_by_time': 1, 'different': 1}, 'different: 5 of 7 answers are the same '
     'bits, 1 are others')])
def test_a_replay_ends_with_its_verdict(counts: dict[str, int], verdict: str) -> None:
    """And JSON says the same."""
    replay = told(**counts)
    assert report.replay_as_text(replay).splitlines()[-1] == verdict
    tree = json.loads(report.replay_as_json(replay))
    assert tree['is_same'] == ('different' not in counts)
    assert {name: tree[name] for name in counts} == counts


def test_a_difference_is_told_with_versions_that_differ() -> None:
    """So that one sees where to look."""
    replay = told(different=1)
    replay.recorded_with['numpy'] = '1.0'
    replay.skipped, replay.lines, replay.is_complete = 3, 2, False
    replay.differences.append(Difference(4, 1.25, Sameness.DIFFERENT, {'positions': '[0.1]'},
                                         {'positions': '[0.2]'}))
    lines = report.replay_as_text(replay).splitlines()
    assert lines[0].startswith('the file was not closed')
    assert lines[1] == 'target 4 at 1.250 s: positions [0.1] is now [0.2]'
    assert lines[2] == '3 targets follow on missing messages and are left out'
    assert lines[4].startswith('2 straight lines were not asked again')
    assert lines[3].startswith('recorded with numpy 1.0, replayed with numpy ')
