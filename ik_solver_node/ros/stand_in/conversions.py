"""Messages to commands, and what the arm tells to messages: pure functions."""

from __future__ import annotations

from collections.abc import Sequence

from builtin_interfaces.msg import Time
from ik_solver_node.ros.conversions import stamp_to_ns
from ik_solver_node.ros.stand_in.feedback import Reading
from ik_solver_node.ros.stand_in.goal import Goal, MOST_WAYPOINTS
from ik_solver_node.ros.stand_in.refusal import CommandRefusedError
from ik_solver_node.ros.stand_in.trajectory import Waypoint
import numpy as np
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint


def goal_from_msg(message: JointTrajectory) -> Goal:
    """
    Return the trajectory in a message.

    Raises
    ------
    CommandRefusedError
        If it contradicts itself, or asks for efforts.

    """
    if len(message.points) > MOST_WAYPOINTS:  # before any of them is looked at
        raise CommandRefusedError(f'the trajectory has {len(message.points)} points, but must '
                                  f'have 1 to {MOST_WAYPOINTS}')
    return Goal(tuple(message.joint_names), stamp_to_ns(message.header.stamp),
                tuple(_waypoint(index, point) for index, point in enumerate(message.points)))


def named_positions(message: JointState) -> dict[str, float]:
    """Return the positions [rad or m] in a command by name; raises `CommandRefusedError`."""
    if len(message.name) != len(message.position):
        raise CommandRefusedError(f'the command has {len(message.name)} names and '
                                  f'{len(message.position)} positions, but must have one for each')
    if len(set(message.name)) != len(message.name):
        raise CommandRefusedError(f'the command names a joint twice: {list(message.name)}')
    return dict(zip(message.name, message.position))


def joint_state(reading: Reading, stamp: Time) -> JointState:
    """Return how joints are as a message, without efforts."""
    message = JointState()
    message.header.stamp = stamp
    message.name = list(reading.joints)
    message.position = list(reading.positions)
    message.velocity = list(reading.velocities)
    return message


def _waypoint(index: int, point: JointTrajectoryPoint) -> Waypoint:
    """Return a point of a message; what is empty does not matter."""
    if len(point.effort):
        raise CommandRefusedError(f'point {index} has efforts, but the controller commands '
                                  'positions; leave them empty')

    def numbers(values: Sequence[float]) -> np.ndarray | None:
        return np.array(values, dtype=float) if len(values) else None

    return Waypoint(stamp_to_ns(point.time_from_start), np.array(point.positions, dtype=float),
                    numbers(point.velocities), numbers(point.accelerations))
