"""How the diagnostics sum up what happened."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
from harness import URDF
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.status import Cycles, NodeStatus
from ik_solver_node.target import PointTarget
from ik_solver_node.tracker import PoseTracker
import numpy as np
import pytest

CHAIN = KinematicChain.from_model(parse_urdf((URDF / 'planar_2r.urdf').read_text()))
REACHABLE = PointTarget(np.array([0.5, 0.3, 0.0]))
TOO_FAR = PointTarget(np.array([1.9, 0.0, 0.0]))


def test_without_a_model_it_is_an_error() -> None:
    """The last bad description is the better reason."""
    status = NodeStatus(waiting_for='waiting')
    assert status.summary == (DiagnosticStatus.ERROR, 'waiting')
    status.bad_description = 'it is bad'
    assert status.summary == (DiagnosticStatus.ERROR, 'it is bad')


def test_targets_make_the_level() -> None:
    """The last one decides."""
    status, tracker = NodeStatus(chain=CHAIN), PoseTracker(CHAIN)
    assert status.summary == (DiagnosticStatus.OK, 'no target yet')
    status.count(tracker.track(REACHABLE))
    assert status.summary == (DiagnosticStatus.OK, 'every target reached so far')
    status.count(tracker.track(TOO_FAR))
    level, sentence = status.summary
    assert level == DiagnosticStatus.WARN and '1000 mm' in sentence
    status.count_refusal('it is nan')
    assert status.summary == (DiagnosticStatus.WARN, 'last target: refused: it is nan')
    status.count(tracker.track(REACHABLE))
    assert status.summary == (DiagnosticStatus.OK, 'last target reached')
    told = status.values()
    assert [told[f'targets {what}'] for what in ('received', 'reached', 'refused', 'not reached')
            ] == ['4', '2', '1', '1']
    assert float(told['mean solve time [s]']) > 0.0


def test_other_problems_are_warnings() -> None:
    """Until they are over."""
    status = NodeStatus(chain=CHAIN, problems={'others': 'somebody else publishes'})
    assert status.summary == (DiagnosticStatus.WARN, 'somebody else publishes')
    status.problems['others'] = ''
    assert status.summary[0] == DiagnosticStatus.OK


def test_periods_are_summed_up_since_the_last_time() -> None:
    """But those that were missed for good."""
    status = NodeStatus(chain=CHAIN)
    assert status.values()['longest cycle time [s]'] == ''
    for elapsed, missed in ((0.001, 0), (0.004, 3), (0.001, 0)):
        status.cycles.add(elapsed, missed)
    assert status.cycles == Cycles(3, 3, pytest.approx(0.006), 0.004)
    told = status.values()
    assert (told['mean cycle time [s]'], told['longest cycle time [s]'],
            told['missed cycles']) == ('0.002', '0.004', '3')
    status.cycles.begin_again()
    assert status.cycles.values() == {
        'mean cycle time [s]': '', 'longest cycle time [s]': '', 'missed cycles': '3'}
    status.cycles.add(0.002, 1)
    assert status.values()['mean cycle time [s]'] == '0.002'
    assert status.values()['missed cycles'] == '4'
