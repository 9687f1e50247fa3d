"""The seed from measured joints."""

from __future__ import annotations

from harness import URDF
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.measured import MeasuredJoints
import numpy as np
import pytest

CHAIN = KinematicChain.from_model(parse_urdf((URDF / 'planar_2r.urdf').read_text()))
OTHERWISE = np.array([0.25, 0.5])


@pytest.fixture
def warnings() -> list[str]:
    """Return what was warned of."""
    return []


@pytest.fixture
def measured(warnings: list[str]) -> MeasuredJoints:
    """Return joints of which nothing is known yet."""
    return MeasuredJoints(warnings.append)


def test_nothing_measured_is_no_seed(measured: MeasuredJoints) -> None:
    """The caller has to do without."""
    measured.update({'wheel': 1.0}, 0.0)
    assert measured.seed(CHAIN, OTHERWISE, 0.0) is None


def test_names_decide(measured: MeasuredJoints, warnings: list[str]) -> None:
    """Order, parts and joints of others do not matter."""
    measured.update({'joint_2': 2.0, 'wheel': 9.0}, 0.0)
    measured.update({'joint_1': 1.0}, 0.1)
    seed = measured.seed(CHAIN, OTHERWISE, 0.0)
    assert seed is not None and seed.tolist() == [1.0, 2.0]
    assert warnings == []


def test_old_and_unknown_joints_are_taken_from_elsewhere(measured: MeasuredJoints,
                                                         warnings: list[str]) -> None:
    """That is said once for the same joints."""
    measured.update({'joint_1': 1.0}, 0.0)
    measured.update({'joint_2': 2.0}, 5.0)
    for _ in range(2):
        seed = measured.seed(CHAIN, OTHERWISE, 4.0)
        assert seed is not None and seed.tolist() == [0.25, 2.0]
    assert measured.seed(CHAIN, OTHERWISE, 6.0) is None
    assert len(warnings) == 1 and 'lack joint_1;' in warnings[0]


def test_nan_leaves_the_last_good_value(measured: MeasuredJoints, warnings: list[str]) -> None:
    """As long as that is fresh."""
    measured.update({'joint_1': 1.0, 'joint_2': 2.0}, 0.0)
    for value in (float('nan'), float('inf')):
        measured.update({'joint_1': value}, 1.0)
    seed = measured.seed(CHAIN, OTHERWISE, 0.0)
    assert seed is not None and seed.tolist() == [1.0, 2.0]
    assert len(warnings) == 1 and "'joint_1' is nan" in warnings[0]


def test_limits_hold(measured: MeasuredJoints, warnings: list[str]) -> None:
    """A joint measured outside is pulled in; that is said once for each joint."""
    for step in range(3):
        measured.update({'joint_1': 4.0 + step, 'joint_2': 2.0}, 0.0)
        seed = measured.seed(CHAIN, OTHERWISE, 0.0)
        assert seed is not None and seed.tolist() == [CHAIN.upper[0], 2.0]
    assert len(warnings) == 1 and "'joint_1' is measured at 4, outside" in warnings[0]
