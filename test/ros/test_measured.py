"""The seed from measured joints."""

from __future__ import annotations

from harness import URDF
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.measured import MeasuredJoints, NotMeasuredError
import numpy as np
import pytest
from sensor_msgs.msg import JointState

CHAIN = KinematicChain.from_model(parse_urdf((URDF / 'planar_2r.urdf').read_text()))


def message(velocities: tuple[float, ...] = (), **positions: float) -> JointState:
    """Return joint states as a driver sends them."""
    return JointState(name=list(positions), position=list(positions.values()),
                      velocity=list(velocities))


@pytest.fixture
def warnings() -> list[str]:
    """Return what was warned of."""
    return []


@pytest.fixture
def measured(warnings: list[str]) -> MeasuredJoints:
    """Return joints of which nothing is known yet."""
    measured = MeasuredJoints(warnings.append)
    measured.follow(CHAIN)
    return measured


def test_nothing_measured_is_no_seed(measured: MeasuredJoints) -> None:
    """The joints that are missing are named."""
    assert not measured.take(message(wheel=1.0), 0.0)
    with pytest.raises(NotMeasuredError, match='^joint_1, joint_2$'):
        measured.seed(0.0)
    assert measured.take(message(wheel=1.0, joint_1=1.0), 0.0)


def test_without_a_chain_nothing_is_known() -> None:
    """Messages may come before the robot description."""
    measured = MeasuredJoints(pytest.fail)
    measured.take(message(joint_1=1.0, joint_2=2.0), 0.0)
    with pytest.raises(NotMeasuredError):
        measured.seed(0.0)


def test_names_decide(measured: MeasuredJoints, warnings: list[str]) -> None:
    """Order, parts and joints of others do not matter, nor that they change."""
    measured.take(message(joint_2=2.0, wheel=9.0), 0.0)
    measured.take(message(joint_1=1.0), 0.1)
    assert measured.seed(0.0).tolist() == [1.0, 2.0]
    measured.take(message(wheel=9.0, joint_1=0.5, joint_2=1.5), 0.2)
    assert measured.seed(0.2).tolist() == [0.5, 1.5]
    measured.take(message(joint_2=0.7, joint_1=0.6), 0.3)
    assert measured.seed(0.3).tolist() == [0.6, 0.7]
    assert warnings == []


def test_one_old_joint_is_enough_to_refuse(measured: MeasuredJoints) -> None:
    """An arm is where all of its joints are."""
    measured.take(message(joint_1=1.0), 0.0)
    measured.take(message(joint_2=2.0), 5.0)
    assert measured.seed(0.0).tolist() == [1.0, 2.0]
    with pytest.raises(NotMeasuredError, match='^joint_1$'):
        measured.seed(4.0)


def test_nan_leaves_the_last_good_value(measured: MeasuredJoints, warnings: list[str]) -> None:
    """As long as that is fresh; the other joints of the message count."""
    measured.take(message(joint_1=1.0, joint_2=2.0), 0.0)
    for value in (float('nan'), float('inf')):
        measured.take(message(joint_1=value, joint_2=2.5), 1.0)
    assert measured.seed(0.0).tolist() == [1.0, 2.5]
    assert len(warnings) == 1 and "'joint_1' is nan" in warnings[0]
    with pytest.raises(NotMeasuredError, match='^joint_1$'):
        measured.seed(0.5)


def test_velocities_may_be_missing_or_none(measured: MeasuredJoints) -> None:
    """Then the last ones count, at first those of joints at rest."""
    measured.take(message(joint_1=1.0, joint_2=2.0), 0.0)
    assert measured.state(0.0)[1] == [0.0, 0.0]
    measured.take(message((0.1, 0.2), joint_2=2.0, joint_1=1.0), 0.0)
    assert measured.state(0.0)[1] == [0.2, 0.1]
    measured.take(message((float('nan'), 0.4), joint_1=1.0, joint_2=2.0), 0.0)
    assert measured.state(0.0)[1] == [0.2, 0.4]
    measured.take(message((0.9,), joint_1=1.0, joint_2=2.0), 0.0)
    assert measured.state(0.0)[1] == [0.2, 0.4]


def test_messages_that_do_not_fit_are_skipped(measured: MeasuredJoints,
                                              warnings: list[str]) -> None:
    """Which position is whose cannot be known; velocities alone are no measurement."""
    for _ in range(2):
        measured.take(JointState(name=['joint_1', 'joint_2'], position=[1.0]), 0.0)
    measured.take(JointState(name=['joint_1'], velocity=[1.0]), 0.0)
    assert len(warnings) == 1 and '2 names, but 1 positions' in warnings[0]
    with pytest.raises(NotMeasuredError):
        measured.seed(0.0)


def test_limits_hold(measured: MeasuredJoints, warnings: list[str]) -> None:
    """A joint measured outside is pulled in; that is said once for each joint."""
    for step in range(3):
        measured.take(message(joint_1=4.0 + step, joint_2=2.0), 0.0)
        assert measured.seed(0.0).tolist() == [CHAIN.upper[0], 2.0]
        assert measured.state(0.0)[0] == [4.0 + step, 2.0]
    assert len(warnings) == 1 and "'joint_1' is measured at 4, outside" in warnings[0]


def test_another_chain_keeps_what_is_known_of_its_joints(measured: MeasuredJoints) -> None:
    """Also in another order, and with joints of which nothing is known."""
    measured.take(message((0.1, 0.2), joint_1=1.0, joint_2=2.0), 0.0)
    part = KinematicChain.from_model(CHAIN.model, 'link_1', ['tool0'])
    assert part.joint_names == ('joint_2',)
    measured.follow(part)
    positions, velocities = measured.state(0.0)
    assert (positions, velocities) == ([2.0], [0.2])
    measured.follow(CHAIN)
    with pytest.raises(NotMeasuredError, match='^joint_1$'):
        measured.seed(0.0)
    measured.take(message(joint_1=1.0), 0.0)
    assert np.array_equal(measured.seed(0.0), [1.0, 2.0])
