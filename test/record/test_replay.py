"""A replay: the same bits where they must be, and a reason where they are not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
import json
from pathlib import Path
from typing import Any

from chains import chain_of, model_of, random_positions
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import RecordingError
from ik_solver_node.pose import Pose
from ik_solver_node.record.reading import read_recording
from ik_solver_node.record.recorded_tracker import RecordedTracker
from ik_solver_node.record.replay import Replay, replay, Sameness
from ik_solver_node.result import TerminationReason
from ik_solver_node.solver import solve
from ik_solver_node.target import PointTarget, PoseTarget
from ik_solver_node.tracker import TrackerOptions, Verdict
import numpy as np
import pytest
from tapes import make, PATIENT, Tape

Change = Callable[[str, dict[str, str]], dict[str, str]]


@pytest.fixture(scope='module')
def arm() -> KinematicChain:
    """Return our six-axis arm."""
    return chain_of('six_axis_arm')


def path_of(chain: KinematicChain, steps: int, seed: int = 0) -> list[PoseTarget]:
    """Return targets that move on slowly between two postures."""
    start, end = random_positions(chain, 2, seed)
    return [PoseTarget(chain.forward_kinematics(start + share * (end - start)))
            for share in np.linspace(0.0, 1.0, steps)]


def replayed(tape: Tape) -> Replay:
    """Close a tape and replay it."""
    return replay(read_recording(tape.close()))


@pytest.mark.parametrize('robot', ['six_axis_arm', 'planar_2r', 'desk_arm', 'panda'])
def test_a_stream_comes_out_the_same(tmp_path: Path, robot: str) -> None:
    """Leaps, jumps that are held, targets out of reach, resets, other options, another chain."""
    chain = chain_of(robot)
    tape = Tape(tmp_path / 'run.mcap')
    verdicts = set()
    for options in (TrackerOptions(), TrackerOptions(allow_approximate=True,
                                                     max_joint_step=0.001)):
        tracker = tape.tracker(chain, replace(PATIENT, max_restarts=20), options)
        for seed in range(3):
            for target in path_of(chain, 40, seed):
                verdicts.add(tape.ask(tracker, target, measured=chain.mid_range()).verdict)
            verdicts.add(tape.ask(tracker, PointTarget([9.0, 0.1, 0.2])).verdict)
            tracker.configure(replace(PATIENT, max_restarts=10 + seed), options)
            tracker.reset(random_positions(chain, 1, seed)[0] if seed else None)
    told = replayed(tape)
    assert told.targets == told.counts[Sameness.SAME] == 246
    assert told.is_same and told.is_complete and not told.skipped and not told.differences
    assert told.recorded_with == told.replayed_with
    assert verdicts == set(Verdict)


HANDS = ('left_tool0', 'right_tool0')


def hands() -> KinematicChain:
    """Return two arms on one torso."""
    return KinematicChain.from_model(model_of('dual_arm'), None, HANDS)


def asked_of_hands(chain: KinematicChain, seed: int) -> list[dict[str, Any]]:
    """Return targets of one hand, of both, and such as are out of reach."""
    q = chain.mid_range() + 0.01 * seed
    left, right = (chain.forward_kinematics(q, tip) for tip in HANDS)
    far = PointTarget([9.0, 0.1, 0.2])
    lower = Pose(right.position - [0.0, 0.0, 0.1], right.quat_xyzw)
    return [{HANDS[0]: left}, {HANDS[1]: right}, {HANDS[0]: far}, {HANDS[0]: far, HANDS[1]: lower},
            {HANDS[0]: PointTarget(left.position + [0.0, 0.1, 0.0]), HANDS[1]: right}]


def test_targets_of_several_tips_come_out_the_same(tmp_path: Path) -> None:
    """What each hand holds is part of what is asked."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(hands(), replace(PATIENT, max_restarts=20))
    tracker.reset(tracker.chain.mid_range())
    verdicts = [tape.ask(tracker, target).verdict for seed in range(4)
                for target in asked_of_hands(tracker.chain, seed)]
    told = replayed(tape)
    assert told.is_same and told.counts[Sameness.SAME] == len(verdicts) == 20
    assert verdicts.count(Verdict.NOT_REACHED) == 8


def test_what_follows_on_an_answer_that_time_ended_for_two_hands_is_excused(
        tmp_path: Path) -> None:
    """Until a reset: what each hand held by then is not known."""
    def ended(kind: str, values: dict[str, str]) -> dict[str, str]:
        if kind == 'track' and len(answers) == 1:
            values = {**values, 'positions': json.dumps([0.1] * 16), 'took [s]': '100.0'}
        return values

    answers: list[Any] = []
    tape = Tape(tmp_path / 'run.mcap', ended)
    tracker = tape.tracker(hands(), replace(PATIENT, max_restarts=20))
    tracker.reset(tracker.chain.mid_range())
    for target in asked_of_hands(tracker.chain, 1):
        answers.append(tape.ask(tracker, target))
    tracker.reset(tracker.chain.mid_range())
    tape.ask(tracker, asked_of_hands(tracker.chain, 1)[0])
    told = replayed(tape)
    assert told.is_same
    assert told.counts[Sameness.ENDED_BY_TIME] == 1 and told.counts[Sameness.AFTER_THAT] > 0
    assert told.counts[Sameness.SAME] >= 2


class OtherTracker(RecordedTracker):
    """A tracker of which one search finds what no other would, as one that time has ended."""

    odd = -1

    def _found(self, target: Any, seed: Any) -> Any:
        self.odd -= 1
        if self.odd:
            return super()._found(target, seed)
        return replace(solve(self._chain, target, -np.ones(self._chain.size), PATIENT),
                       reason=TerminationReason.CONVERGED, elapsed=0.02)


def odd_tape(path: Path, chain: KinematicChain, took: float) -> Tape:
    """Return a recording whose third search ended otherwise, after some time [s]."""
    searches = iter([0.0, 0.0, took])

    def change(kind: str, values: dict[str, str]) -> dict[str, str]:
        """Say how long each search took."""
        if kind == 'configure':
            return {**values, 'solver.max_time': '0.02'}
        if kind != 'track':
            return values
        is_leap = json.loads(values['target'])['position'] in LEAPS
        return {**values, 'took [s]': str(next(searches) if is_leap else 0.0)}

    tape = Tape(path, change)
    tape.write('/robot_description', make('std_msgs/String', chain.model.urdf))
    tracker = OtherTracker(chain, PATIENT, TrackerOptions(), tape.tell)
    tracker.odd = 3
    for leap in LEAPS:
        for step in range(10):
            answer = tape.ask(tracker, PointTarget([leap[0] + 0.002 * step, *leap[1:]]))
            assert answer.verdict is Verdict.REACHED
    return tape


LEAPS = [[0.3, 0.5, 0.0], [-0.4, 0.4, 0.0], [0.5, -0.3, 0.0]]


def test_an_answer_that_time_has_ended_is_excused(tmp_path: Path) -> None:
    """The arm is then taken to be where it was, so that all after it is the same again."""
    told = replayed(odd_tape(tmp_path / 'run.mcap', chain_of('planar_2r'), 0.03))
    assert told.counts == {Sameness.SAME: 29, Sameness.ENDED_BY_TIME: 1}
    assert told.is_same
    one, = told.differences
    assert (one.number, one.sameness) == (20, Sameness.ENDED_BY_TIME)
    assert 'positions' in one.recorded
    assert one.recorded['positions'] != one.replayed['positions']


def test_an_answer_that_had_time_is_not(tmp_path: Path) -> None:
    """It differs, and so does what follows on it."""
    told = replayed(odd_tape(tmp_path / 'run.mcap', chain_of('planar_2r'), 0.001))
    assert told.counts[Sameness.DIFFERENT] >= 1
    assert told.counts[Sameness.SAME] >= 20
    assert not told.is_same
    assert told.differences[0].number == 20


def one_bit(values: dict[str, str]) -> dict[str, str]:
    """Return an answer of which the last bit of a number is another."""
    positions = json.loads(values['positions'])
    positions[0] = float(np.nextafter(positions[0], 9.0))
    return {**values, 'positions': json.dumps(positions)}


def test_a_single_bit_is_noticed(tmp_path: Path, arm: KinematicChain) -> None:
    """And told, with the first few of its kind."""
    tape = Tape(tmp_path / 'run.mcap', lambda kind, values: one_bit(values) if kind == 'track'
                else values)
    tracker = tape.tracker(arm)
    for target in path_of(arm, 30):
        tape.ask(tracker, target)
    told = replayed(tape)
    assert told.counts == {Sameness.DIFFERENT: 30}
    assert len(told.differences) == 10
    assert list(told.differences[0].recorded) == ['positions']


def test_after_a_gap_it_is_not_guessed(tmp_path: Path, arm: KinematicChain) -> None:
    """Until there is a new tracker."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(arm)
    targets = path_of(arm, 10)
    for target in targets[:5]:
        tape.ask(tracker, target)
    tape.gap(3)
    for target in targets[5:]:
        tape.ask(tracker, target)
    tracker = tape.tracker(arm)
    tape.ask(tracker, targets[0])
    told = replayed(tape)
    assert (told.counts, told.skipped) == ({Sameness.SAME: 6}, 5)


def test_a_cut_recording_is_replayed_as_far_as_it_goes(tmp_path: Path,
                                                       arm: KinematicChain) -> None:
    """And says so."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(arm)
    for target in path_of(arm, 40):
        tape.ask(tracker, target)
        tape.file.flush()
    data = tape.close().read_bytes()
    tape.file.path.write_bytes(data[:len(data) // 2])
    told = replay(read_recording(tape.file.path))
    assert told.is_same and not told.is_complete
    assert 0 < told.targets < 40


def test_without_targets_it_is_said(tmp_path: Path, arm: KinematicChain) -> None:
    """And how they would get there."""
    tape = Tape(tmp_path / 'run.mcap')
    tape.tracker(arm)
    with pytest.raises(RecordingError, match='run.mcap has no targets that .* parameter record'):
        replayed(tape)


def test_straight_lines_are_counted_apart(tmp_path: Path, arm: KinematicChain) -> None:
    """No tracker is asked them; what comes before and after is compared."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(arm)
    target, other = path_of(arm, 2)
    tape.lines(target, 'reached', 1.0)
    tape.ask(tracker, other)
    told = replayed(tape)
    assert (told.counts, told.lines) == ({Sameness.SAME: 1}, 1)
    tape = Tape(tmp_path / 'lines.mcap')
    tape.tracker(arm)
    tape.lines(target, 'reached', 1.0)
    told = replayed(tape)
    assert (told.targets, told.lines, told.is_same) == (0, 1, True)


def test_a_full_pose_counts_as_one(tmp_path: Path, arm: KinematicChain) -> None:
    """A bare pose is the pose target that the tracker makes of it."""
    tape = Tape(tmp_path / 'run.mcap')
    tracker = tape.tracker(arm)
    tape.ask(tracker, Pose.from_rpy([0.4, 0.1, 0.5], [0.0, 3.0, 0.1]))
    assert replayed(tape).counts == {Sameness.SAME: 1}
