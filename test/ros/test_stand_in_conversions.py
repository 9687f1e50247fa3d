"""Messages to commands and back; what the node refuses is tested in test_stand_in_node."""

from __future__ import annotations

from builtin_interfaces.msg import Duration, Time
from ik_solver_node.ros.stand_in import conversions
from ik_solver_node.ros.stand_in.feedback import Reading
from ik_solver_node.ros.stand_in.refusal import CommandRefusedError
import pytest
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint


def test_a_trajectory_keeps_its_numbers() -> None:
    """Times in nanoseconds; what is empty is None."""
    message = JointTrajectory(joint_names=['a', 'b'], points=[
        JointTrajectoryPoint(positions=[1.0, 2.0], time_from_start=Duration(sec=1, nanosec=5)),
        JointTrajectoryPoint(positions=[3.0, 4.0], velocities=[0.1, 0.0], accelerations=[5.0, 6.0],
                             time_from_start=Duration(sec=2))])
    message.header.stamp = Time(sec=7, nanosec=8)
    goal = conversions.goal_from_msg(message)
    assert (goal.joints, goal.start) == (('a', 'b'), 7_000_000_008)
    first, last = goal.waypoints
    assert (first.time, last.time) == (1_000_000_005, 2_000_000_000)
    assert first.positions.tolist() == [1.0, 2.0]
    assert first.velocities is None and first.accelerations is None
    assert last.velocities is not None and last.velocities.tolist() == [0.1, 0.0]
    assert last.accelerations is not None and last.accelerations.tolist() == [5.0, 6.0]


def test_far_too_many_points_are_not_even_read() -> None:
    """The arm must go on meanwhile."""
    message = JointTrajectory(joint_names=['a'], points=[JointTrajectoryPoint()] * 10_001)
    with pytest.raises(CommandRefusedError, match='has 10001 points'):
        conversions.goal_from_msg(message)


def test_named_positions() -> None:
    """One for each name, and each name once."""
    assert conversions.named_positions(JointState(name=['b', 'a'], position=[1.0, 2.0])) == {
        'b': 1.0, 'a': 2.0}
    with pytest.raises(CommandRefusedError, match='has 1 names and 0 positions'):
        conversions.named_positions(JointState(name=['a']))
    with pytest.raises(CommandRefusedError, match='names a joint twice'):
        conversions.named_positions(JointState(name=['a', 'a'], position=[1.0, 2.0]))


def test_joint_state() -> None:
    """Positions and velocities, no efforts."""
    message = conversions.joint_state(Reading(('a',), (1.0,), (2.0,)), Time(sec=3))
    assert message == JointState(header=message.header, name=['a'], position=[1.0],
                                 velocity=[2.0])
    assert message.header.stamp == Time(sec=3)
