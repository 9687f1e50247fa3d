"""What happened, out of a recording in which that is known."""

from __future__ import annotations

import math
from pathlib import Path

from chains import chain_of
from ik_solver_node.exceptions import RecordingError
from ik_solver_node.record import steps
from ik_solver_node.record.history import History, history_of
from ik_solver_node.record.reading import read_recording
from ik_solver_node.target import PointTarget
import numpy as np
import pytest
from tapes import LATE, swinging, Tape


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
    assert len(joint.commanded.positions) == 3 and joint.commanded.is_held
    assert joint.commanded.positions[-1] == second.positions[0]
    assert joint.commanded.velocities.tolist() == pytest.approx(
        [math.nan, math.nan, (second.positions[0] - first.positions[0]) / 0.062], nan_ok=True)
    assert joint.commanded.times[-1] == pytest.approx(0.074)
    assert not history.is_timed and not len(joint.measured.times) and not len(
        joint.deviation.times)
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
    assert joints['joint_1'].commanded.velocities[-1] == 4.0
    assert joints['joint_2'].commanded.velocities[-1] == -3.0


def test_over_a_gap_nothing_is_measured(tmp_path: Path) -> None:
    """Neither time nor velocity; what is missing is counted."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(chain_of('planar_2r'))
    tape.ask(tracker, PointTarget([0.3, 0.5, 0.0]))
    tape.gap(7)
    tape.ask(tracker, PointTarget([0.3, 0.51, 0.0]))
    history = told(tape)
    assert history.missing == 7
    assert np.isnan(history.joints['joint_1'].commanded.velocities).all()
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


@pytest.mark.parametrize('output', ['joint_state', 'position_array', 'joint_trajectory'])
@pytest.mark.parametrize('velocities', [False, True])
def test_every_way_out_is_compared_with_what_is_measured(tmp_path: Path, output: str,
                                                         velocities: bool) -> None:
    """Positions, velocities, accelerations, deviation and lag are those of the swing."""
    history = told(swinging(tmp_path / 'run.mcap', output, velocities))
    assert history.is_timed and history.output == output
    assert history.has_measured_velocities == velocities
    assert len(history.trajectories) == (300 if output == 'joint_trajectory' else 0)
    assert history.lag == pytest.approx(LATE, abs=0.012)
    assert len(history.latency.values) == 1
    for joint, swings in zip(history.joints.values(), (0.3, 0.2)):
        assert not joint.commanded.is_held
        assert (joint.velocity_limit, joint.acceleration_limit) == (1.0, 2.0)
        assert np.nanmax(np.abs(joint.commanded.velocities)) == pytest.approx(2 * swings, rel=0.05)
        late = joint.commanded.accelerations[30:-5]
        assert np.nanmax(np.abs(late)) == pytest.approx(4 * swings, rel=0.2)
        measured = joint.measured.velocities
        assert np.nanmax(np.abs(measured)) == pytest.approx(2 * swings, rel=0.05)
        assert np.abs(joint.deviation.positions).max() == pytest.approx(
            2 * swings * LATE, rel=0.4)
    errors = history.measured_errors
    assert 550 < len(errors) <= 600 and errors[:, 3].sum() == errors[-1, 3] == 1.0
    assert errors[:, 1].max() > 0.1 and (errors[:, 2] == 0.0).all()


def test_joints_that_others_measure_are_no_commands(tmp_path: Path) -> None:
    """Nor is what is measured, where nothing was sent."""
    tape = Tape(tmp_path / 'run.mcap')
    tape.tell('measured', lambda: steps.measured_values('/joint_states'))
    tracker = tape.tracker(chain_of('planar_2r'))
    tape.ask(tracker, PointTarget([0.3, 0.5, 0.0]), says=False)
    tape.joints(['gripper', 'joint_2'], [0.1, 0.2])
    history = told(tape)
    assert not len(history.joints['joint_2'].commanded.times)
    assert history.joints['joint_2'].measured.positions.tolist() == [0.2]
    assert not len(history.joints['joint_1'].measured.times)
    assert history.lag is None and not history.latency.values


def test_straight_lines_are_targets(tmp_path: Path) -> None:
    """With what became of them; the tip is then measured from their end."""
    chain = chain_of('planar_2r')
    tape = Tape(tmp_path / 'run.mcap')
    tape.tell('measured', lambda: steps.measured_values('/joint_states'))
    tape.tracker(chain)
    end = PointTarget(chain.forward_kinematics([0.5, 0.6]).position)
    tape.lines(end, 'reached', 1.0)
    tape.joints(chain.joint_names, [0.5, 0.6], after=1000)
    tape.lines(end, 'not_reached', 0.25)
    tape.joints(chain.joint_names, [0.5, 0.7], after=1000)
    history = told(tape)
    assert (history.targets, dict(history.verdicts)) == (2, {'reached': 1, 'not_reached': 1})
    first, second = history.lines
    assert (first.verdict, first.fraction, first.duration, first.length) == (
        'reached', 1.0, 2.5, 0.4)
    assert first.planning == pytest.approx(0.05)
    assert second.fraction == 0.25
    assert not history.latency.values
    errors = history.measured_errors
    assert errors[:, 3].tolist() == [0.0, 1.0]
    assert errors[0, 1] < 1e-9 < 0.01 < errors[1, 1]


def test_stops_are_told_with_their_reasons(tmp_path: Path) -> None:
    """From change to change; a node that is not active yet has not stopped."""
    tape = Tape(tmp_path / 'run.mcap')
    tape.ask(tape.tracker(chain_of('planar_2r')), PointTarget([0.3, 0.5, 0.0]))
    begin = tape.now
    for reasons in ('inactive', '', 'stream', 'stream', 'stop, stream', '', 'stop'):
        tape.stopped(reasons, after=100)
    tape.joints(['joint_1'], [0.1], after=50)
    history = told(tape)
    offset = history.duration - 1e-9 * (tape.now - begin)
    assert [(round(stop.begin - offset, 3), round(stop.end - offset, 3), stop.reasons)
            for stop in history.stops] == [
        (0.3, 0.5, 'stream'), (0.5, 0.6, 'stop, stream'), (0.7, 0.75, 'stop')]
    assert history.stops[0].sentence == 'because of stream'
