"""What is said about a target."""

from __future__ import annotations

import math

from diagnostic_msgs.msg import DiagnosticStatus, KeyValue
from ik_solver_node.ros.conversions import refusal_values
from ik_solver_node.viewer.verdict import Answer, COLOURS
import pytest


def answer(level: bytes, sentence: str, **values: str) -> Answer:
    """Return an answer of the node about the tip tool0."""
    return Answer(DiagnosticStatus(
        name='ik_solver_node: tool0', level=level, message=sentence,
        values=[KeyValue(key=key, value=value) for key, value in values.items()]))


def test_a_target_that_was_solved_for() -> None:
    """With what it took, and what is in the way."""
    given = answer(DiagnosticStatus.WARN, 'holding, 3 mm off', **{
        'verdict': 'not_reached', 'position_error [m]': '0.003', 'elapsed [s]': '0.00123',
        'iterations': '12', 'restarts': '3', 'blocking_joints': 'elbow'})
    assert (given.tip, given.verdict) == ('tool0', 'not reached')
    assert given.colour == COLOURS[DiagnosticStatus.WARN]
    assert (given.elapsed, given.error) == (0.00123, 0.003)
    assert given.words() == ['tool0', 'holding, 3 mm off', 'in the way: the limits of elbow',
                             'solved in 1.2 ms, steps: 12, restarts: 3']


@pytest.mark.parametrize('values', [refusal_values(), {'elapsed [s]': 'soon'}, {}])
def test_a_target_that_was_refused(values: dict[str, str]) -> None:
    """There is nothing to draw then."""
    given = answer(DiagnosticStatus.ERROR, 'stopped', **values)
    assert math.isnan(given.elapsed) and math.isnan(given.error)
    assert given.verdict == ('refused' if 'verdict' in values else 'no verdict')
    assert given.words() == ['tool0', 'stopped']
    assert given.colour == COLOURS[DiagnosticStatus.ERROR]
