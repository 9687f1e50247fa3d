"""A tracker that is recorded: it answers as any other, and tells everything."""

from __future__ import annotations

from chains import chain_of
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import Pose
from ik_solver_node.record.recorded_tracker import RecordedTracker
from ik_solver_node.record.steps import answer_values, TIMES
from ik_solver_node.target import PointTarget
from ik_solver_node.tracker import PoseTracker, TrackerOptions
import numpy as np
import pytest
from tapes import PATIENT


def test_it_answers_as_any_other_and_tells_every_step() -> None:
    """What is told is what was asked and answered, in order."""
    chain = chain_of('planar_2r')
    told = []
    plain = PoseTracker(chain, PATIENT)
    tracker = RecordedTracker(chain, PATIENT, TrackerOptions(),
                              lambda kind, values: told.append((kind, values)))
    asked = [PointTarget([0.3, 0.01 * k, 0.0]) for k in range(5)] + [PointTarget([3, 0, 0])]
    answers = []
    for one in (plain, tracker):
        one.reset([0.1, 0.2])
        answers.append([one.track(target, [0.0, 1.0]) for target in asked])
        one.reset()
        one.configure(PATIENT, TrackerOptions(near=0.0))
    assert [kind for kind, _ in told] == [
        'chain', 'configure', 'reset', *['track'] * 6, 'reset', 'configure']
    for first, second, (_, values) in zip(*answers, told[3:9]):
        expected = answer_values(first)
        for name in expected.keys() - set(TIMES):
            assert answer_values(second)[name] == values()[name] == expected[name]
    assert [values()['positions'] for kind, values in told if kind == 'reset'] == [
        '[0.1, 0.2]', 'null']
    assert told[-1][1]()['tracking.near'] == '0.0'


def test_what_is_told_does_not_change_later() -> None:
    """The caller may use its arrays again."""
    told = []
    tracker = RecordedTracker(chain_of('planar_2r'), PATIENT, TrackerOptions(),
                              lambda kind, values: told.append(values))
    start = np.array([0.1, 0.2])
    tracker.reset(start)
    tracker.track(Pose([0.3, 0.4, 0.0], [0, 0, 0, 1]), start)
    start[:] = 9.0
    assert told[-2]()['positions'] == told[-1]()['measured'] == '[0.1, 0.2]'


def test_a_mistake_is_not_recorded_as_an_answer() -> None:
    """It is raised, as without a recording."""
    told = []
    tracker = RecordedTracker(chain_of('planar_2r'), PATIENT, TrackerOptions(),
                              lambda kind, values: told.append(kind))
    with pytest.raises(InvalidPoseError):
        tracker.track('there')
    assert told == ['chain', 'configure']
