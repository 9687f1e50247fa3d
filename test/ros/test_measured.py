"""The seed from measured joints."""

from __future__ import annotations

from harness import URDF
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.measured import MeasuredJoints, NotMeasuredError
import pytest

CHAIN = KinematicChain.from_model(parse_urdf((URDF / 'planar_2r.urdf').read_text()))


@pytest.fixture
def warnings() -> list[str]:
    """Return what was warned of."""
    return []


@pytest.fixture
def measured(warnings: list[str]) -> MeasuredJoints:
    """Return joints of which nothing is known yet."""
    return MeasuredJoints(warnings.append)


def test_nothing_measured_is_no_seed(measured: MeasuredJoints) -> None:
    """The joints that are missing are named."""
    measured.update({'wheel': 1.0}, 0.0)
    with pytest.raises(NotMeasuredError, match='^joint_1, joint_2$'):
        measured.seed(CHAIN, 0.0)


def test_names_decide(measured: MeasuredJoints, warnings: list[str]) -> None:
    """Order, parts and joints of others do not matter."""
    measured.update({'joint_2': 2.0, 'wheel': 9.0}, 0.0)
    measured.update({'joint_1': 1.0}, 0.1)
    assert measured.seed(CHAIN, 0.0).tolist() == [1.0, 2.0]
    assert warnings == []


def test_one_old_joint_is_enough_to_refuse(measured: MeasuredJoints) -> None:
    """An arm is where all of its joints are."""
    measured.update({'joint_1': 1.0}, 0.0)
    measured.update({'joint_2': 2.0}, 5.0)
    assert measured.seed(CHAIN, 0.0).tolist() == [1.0, 2.0]
    with pytest.raises(NotMeasuredError, match='^joint_1$'):
        measured.seed(CHAIN, 4.0)


def test_nan_leaves_the_last_good_value(measured: MeasuredJoints, warnings: list[str]) -> None:
    """As long as that is fresh."""
    measured.update({'joint_1': 1.0, 'joint_2': 2.0}, 0.0)
    for value in (float('nan'), float('inf')):
        measured.update({'joint_1': value}, 1.0)
    assert measured.seed(CHAIN, 0.0).tolist() == [1.0, 2.0]
    assert len(warnings) == 1 and "'joint_1' is nan" in warnings[0]


def test_limits_hold(measured: MeasuredJoints, warnings: list[str]) -> None:
    """A joint measured outside is pulled in; that is said once for each joint."""
    for step in range(3):
        measured.update({'joint_1': 4.0 + step, 'joint_2': 2.0}, 0.0)
        assert measured.seed(CHAIN, 0.0).tolist() == [CHAIN.upper[0], 2.0]
    assert len(warnings) == 1 and "'joint_1' is measured at 4, outside" in warnings[0]
