"""What happened, out of a recording in which that is known."""

from __future__ import annotations

from pathlib import Path

from chains import chain_of
from ik_solver_node.exceptions import RecordingError
from ik_solver_node.record.history import History, history_of
from ik_solver_node.record.reading import read_recording
from ik_solver_node.target import PointTarget
import pytest
from tapes import Tape


def told(tape: Tape) -> History:
    """Close a tape and return what happened."""
    return history_of(read_recording(tape.close()))


def test_times_velocities_and_errors(tmp_path: Path) -> None:
    """2 ms from target to joints; velocities from one target to the next, not to repetitions."""
    chain = chain_of('planar_2r')
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(chain)
    first = tape.ask(tracker, PointTarget([0.3, 0.5, 0.0]))
    tape.joints(chain.joint_names, first.positions, after=50)  # said again, for late joiners
    second = tape.ask(tracker, PointTarget([0.3, 0.52, 0.0]), after=10)
    tape.ask(tracker, PointTarget([3.0, 0.0, 0.0]))
    tape.refuse()
    history = told(tape)
    assert (history.robot, history.tip, history.targets) == ('planar_2r', 'tool0', 4)
    assert history.verdicts == {'reached': 2, 'not_reached': 1, 'refused': 1}
    assert [verdict for _, verdict in history.answers] == [
        'reached', 'reached', 'not_reached', 'refused']
    assert history.latency.values == pytest.approx([0.002, 0.002])
    joint = history.joints['joint_1']
    assert len(joint.positions.values) == 3
    assert joint.positions.values[-1] == second.positions[0]
    assert joint.velocities.values == pytest.approx(
        [(second.positions[0] - first.positions[0]) / 0.062])
    assert joint.velocities.times == pytest.approx([0.074])
    assert (joint.lower, joint.upper, joint.velocity_limit) == (
        chain.lower[0], chain.upper[0], chain.velocity[0])
    assert history.position_error.values == [
        first.result.position_error, second.result.position_error]
    assert history.duration == pytest.approx(0.086)


def test_velocities_that_were_published_count(tmp_path: Path) -> None:
    """They need not be guessed."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(chain_of('planar_2r'))
    tape.ask(tracker, PointTarget([0.3, 0.5, 0.0]))
    tape.joints(['joint_2', 'joint_1'], [0.1, 0.2], [-3.0, 4.0])
    joints = told(tape).joints
    assert joints['joint_1'].velocities.values == [4.0]
    assert joints['joint_2'].velocities.values == [-3.0]


def test_over_a_gap_nothing_is_measured(tmp_path: Path) -> None:
    """Neither time nor velocity; what is missing is counted."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(chain_of('planar_2r'))
    tape.ask(tracker, PointTarget([0.3, 0.5, 0.0]))
    tape.gap(7)
    tape.ask(tracker, PointTarget([0.3, 0.51, 0.0]))
    history = told(tape)
    assert history.missing == 7
    assert history.joints['joint_1'].velocities.values == []
    assert len(history.latency.values) == 2


def test_units_and_limits_are_those_of_the_joints(tmp_path: Path) -> None:
    """What slides is measured in metres."""
    tape = Tape(tmp_path / 'run.mcap')
    tape.ask(tape.tracker(chain_of('scara')), PointTarget([0.3, 0.3, 0.2]))
    assert [joint.unit for joint in told(tape).joints.values()] == ['rad', 'rad', 'm', 'rad']


def test_without_targets_or_robot_it_is_said(tmp_path: Path) -> None:
    """And how they would get there."""
    tape = Tape(tmp_path / 'a.mcap')
    tape.tracker(chain_of('planar_2r'))
    with pytest.raises(RecordingError, match='a.mcap has no targets in it'):
        told(tape)
    tape = Tape(tmp_path / 'b.mcap')
    tape.refuse()
    with pytest.raises(RecordingError, match='no robot description and chain in it'):
        told(tape)
    empty = Tape(tmp_path / 'c.mcap')
    with pytest.raises(RecordingError, match='c.mcap has no targets in it'):
        told(empty)
