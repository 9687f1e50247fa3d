"""What the diagnostics of the stand-in say."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticStatus
from harness import URDF
from ik_solver_node.ros.stand_in.arm import StandInArm
from ik_solver_node.ros.stand_in.settings import StandInSettings
from ik_solver_node.ros.stand_in.status import StandInStatus
import pytest

SETTINGS = StandInSettings()


@pytest.fixture
def arm() -> StandInArm:
    """Return the planar arm."""
    return StandInArm((URDF / 'planar_2r.urdf').read_text(), SETTINGS, 1)


def test_it_waits_for_an_arm() -> None:
    """Without one there is something to warn of, and no joints."""
    status = StandInStatus(waiting_for='waiting for it')
    assert status.summary(None, SETTINGS) == (
        DiagnosticStatus.WARN, 'simulation, no hardware; waiting for it')
    assert 'joints' not in status.values(None, SETTINGS)


def test_all_is_well_until_something_is_not(arm: StandInArm) -> None:
    """Each trouble has its sentence; a good command takes back that of a bad one."""
    status = StandInStatus()
    assert status.summary(arm, SETTINGS) == (DiagnosticStatus.OK, 'simulation, no hardware')
    status.count('too late')
    assert status.summary(arm, SETTINGS) == (
        DiagnosticStatus.WARN, 'simulation, no hardware; last command refused: too late')
    status.count()
    assert status.summary(arm, SETTINGS)[0] == DiagnosticStatus.OK
    level, sentence = status.summary(arm, StandInSettings(fault='stale'))
    assert (level, sentence) == (
        DiagnosticStatus.WARN,
        "simulation, no hardware; fault 'stale' of all joints is switched on")
    arm.simulated.violations = arm.monitor.discontinuities = 1
    assert status.summary(arm, SETTINGS)[1].endswith('commands led beyond limits; commands leapt')


def test_values_count(arm: StandInArm) -> None:
    """Commands by their fate, and the reason of the last refusal for good."""
    status = StandInStatus()
    for refusal in ('', 'too late', ''):
        status.count(refusal)
    values = status.values(arm, SETTINGS)
    assert (values['commands accepted'], values['commands refused']) == ('2', '1')
    assert values['last refusal'] == 'too late'
    assert values['robot'] == 'planar_2r'
