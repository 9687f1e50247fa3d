"""Messages to values and back: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
import math

from builtin_interfaces.msg import Duration, Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import (
    Point, Pose as PoseMessage, PoseStamped, Quaternion, Transform, Vector3)
from ik_solver_node.exceptions import IkSolverError, InvalidPoseError
from ik_solver_node.line_plan import LinePlan
from ik_solver_node.motion import Waypoint
from ik_solver_node.pose import as_vector, Pose
from ik_solver_node.ros.target_parameters import TargetParameters
from ik_solver_node.target import DirectionTarget, OrientationTarget, PointTarget, PoseTarget
from ik_solver_node.tracker import TrackResult, Verdict
import numpy as np
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory, JointTrajectoryPoint

LEVELS = {Verdict.REACHED: DiagnosticStatus.OK, Verdict.CLOSEST: DiagnosticStatus.WARN,
          Verdict.NOT_REACHED: DiagnosticStatus.WARN, Verdict.WOULD_JUMP: DiagnosticStatus.WARN}
"""How bad each verdict is."""


class TargetRefusedError(IkSolverError):
    """A target message cannot be used: its stamp is off, or its frame cannot be resolved."""


def stamp_to_ns(stamp: Time) -> int:
    """Return a stamp in nanoseconds."""
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def stamp_from_ns(nanoseconds: int) -> Time:
    """Return nanoseconds as a stamp."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return Time(sec=seconds, nanosec=rest)


def set_stamp(stamp: Time, nanoseconds: int) -> None:
    """Set a stamp that is there: making one takes longer."""
    stamp.sec, stamp.nanosec = divmod(nanoseconds, 10**9)


def stamp_to_text(stamp: Time) -> str:
    """Return a stamp as ``seconds.nanoseconds``, with nine digits for the latter."""
    return f'{stamp.sec}.{stamp.nanosec:09d}'


def check_stamp(stamp: Time, now: int, timeout: float) -> None:
    """
    Refuse a target that was stamped too long ago, or by another clock.

    Parameters
    ----------
    stamp : Time
        The stamp of the target; zero says nothing and is accepted.
    now : int
        The clock of the node [ns].
    timeout : float
        How far apart they may be [s]; 0 accepts everything.

    Raises
    ------
    TargetRefusedError
        If they are further apart, or the stamp is negative.

    """
    sent = stamp_to_ns(stamp)
    if sent < 0:
        raise TargetRefusedError(
            f'the target is stamped {stamp_to_text(stamp)} s, but time does not go below zero')
    age = 1e-9 * (now - sent)
    if sent == 0 or timeout == 0.0 or abs(age) <= timeout:
        return
    reason = 'it is too old' if age > 0.0 else 'do sender and node agree on use_sim_time?'
    raise TargetRefusedError(
        f'the target is stamped {abs(age):.3f} s {"before" if age > 0.0 else "after"} the clock '
        f'of this node, but at most {timeout:g} s are accepted (target_timeout): {reason}')


def pose_from_msg(message: PoseMessage) -> Pose:
    """Return a pose message as a value; raises `InvalidPoseError` if it is none."""
    at, turned = message.position, message.orientation
    return Pose(np.array([at.x, at.y, at.z]), np.array([turned.x, turned.y, turned.z, turned.w]))


def pose_to_msg(pose: Pose) -> PoseMessage:
    """Return a pose as a message."""
    message = PoseMessage()
    at, turned = message.position, message.orientation
    at.x, at.y, at.z = pose.position.tolist()
    turned.x, turned.y, turned.z, turned.w = pose.quat_xyzw.tolist()
    return message


def pose_stamped(pose: Pose, frame_id: str, stamp: Time) -> PoseStamped:
    """Return a pose in a frame as a message."""
    message = PoseStamped(pose=pose_to_msg(pose))
    message.header.frame_id, message.header.stamp = frame_id, stamp
    return message


def pose_from_transform(message: Transform) -> Pose:
    """Return a transform message as a value; raises `InvalidPoseError` if it is none."""
    at, turned = message.translation, message.rotation
    return Pose(np.array([at.x, at.y, at.z]), np.array([turned.x, turned.y, turned.z, turned.w]))


def pose_target(message: PoseMessage, T_base_frame: Pose | None,
                asked: TargetParameters) -> PoseTarget | DirectionTarget:
    """
    Return the target that a pose message means.

    Parameters
    ----------
    message : geometry_msgs.msg.Pose
        Where the tip, or its tool, shall be, in the frame of the message.
    T_base_frame : Pose or None
        This frame in the base frame; None if it is the base frame.
    asked : TargetParameters
        What of it counts.

    Raises
    ------
    InvalidPoseError
        If a number is not finite or the quaternion is not normalised.

    """
    return asked.pose(base_pose(message, T_base_frame))


def base_pose(message: PoseMessage, T_base_frame: Pose | None) -> Pose:
    """Return a pose message as a pose in the base frame; like `pose_target`."""
    pose = pose_from_msg(message)
    if T_base_frame is None:
        return pose
    return Pose.from_matrix(T_base_frame.matrix() @ pose.matrix())


def point_target(message: Point, T_base_frame: Pose | None,
                 asked: TargetParameters) -> PointTarget:
    """Return the target that a point message means; like `pose_target`."""
    point = as_vector([message.x, message.y, message.z], 3, 'position')
    if T_base_frame is not None:
        point = T_base_frame.rotation() @ point + T_base_frame.position
    return asked.point(point)


def orientation_target(message: Quaternion, T_base_frame: Pose | None,
                       asked: TargetParameters) -> OrientationTarget:
    """Return the target that a quaternion message means; like `pose_target`, but turned only."""
    turned = Pose(np.zeros(3), np.array([message.x, message.y, message.z, message.w]))
    if T_base_frame is not None:
        turned = Pose.from_matrix(T_base_frame.matrix() @ turned.matrix())
    return asked.orientation(turned.quat_xyzw)


def direction_target(message: Vector3, T_base_frame: Pose | None,
                     asked: TargetParameters) -> DirectionTarget:
    """
    Return the target that a vector message means: where an axis of the tip shall point.

    Like `pose_target`, but turned only; the vector may have any length but 0.
    """
    direction = as_vector([message.x, message.y, message.z], 3, 'direction')
    if T_base_frame is not None:
        direction = T_base_frame.rotation() @ direction
    return asked.direction(direction)


def joint_state(positions: Mapping[str, float], stamp: Time) -> JointState:
    """Return joint positions [rad or m] by name as a message."""
    message = JointState(name=list(positions), position=list(positions.values()))
    message.header.stamp = stamp
    return message


def joint_trajectory(joints: tuple[str, ...], course: Sequence[Waypoint], stamp: int,
                     is_smooth: bool) -> JointTrajectory:
    """
    Return a course as a message, with velocities and accelerations if it `is_smooth`.

    The `stamp` [ns] is when it begins.
    """
    message = JointTrajectory(joint_names=list(joints))
    set_stamp(message.header.stamp, stamp)
    for time, state in course:
        nanoseconds = round(1e9 * time)
        point = JointTrajectoryPoint(positions=state.positions)
        point.time_from_start = Duration(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
        if is_smooth:
            point.velocities = state.velocities
            point.accelerations = state.accelerations
        message.points.append(point)
    return message


def joint_positions(message: JointState) -> dict[str, float]:
    """
    Return the positions [rad or m] in a message by name; it may hold none.

    Raises
    ------
    InvalidPoseError
        If there is not one position for each name.

    """
    if not message.position:
        return {}
    if len(message.name) != len(message.position):
        raise InvalidPoseError(f'joint states have {len(message.name)} names, but '
                               f'{len(message.position)} positions')
    return dict(zip(message.name, message.position))


def diagnostics(stamp: Time, frame_id: str, *statuses: DiagnosticStatus) -> DiagnosticArray:
    """Return one status, or several, as a message."""
    message = DiagnosticArray(status=list(statuses))
    message.header.stamp = stamp
    message.header.frame_id = frame_id
    return message


def diagnostic_status(name: str, hardware_id: str, level: bytes, sentence: str,
                      values: Mapping[str, str]) -> DiagnosticStatus:
    """Return a status with its values."""
    return DiagnosticStatus(
        name=name, hardware_id=hardware_id, level=level, message=sentence,
        values=[KeyValue(key=key, value=value) for key, value in values.items()])


def solution_values(answer: TrackResult, published: int | None) -> dict[str, str]:
    """Return what ``~/solution`` tells about an answer, published with this stamp [ns]."""
    result = answer.result
    singular = result.singular_values.tolist()
    return {
        'verdict': answer.verdict.value,
        'reason': result.reason.name.lower(),
        'position_error [m]': repr(result.position_error),
        'orientation_error [rad]': repr(result.orientation_error),
        'iterations': str(result.iterations),
        'restarts': str(result.restarts),
        'elapsed [s]': repr(result.elapsed),
        'joints_at_limit': ', '.join(result.joints_at_limit),
        'blocking_joints': ', '.join(result.blocking_joints),
        'out_of_reach [m]': repr(result.out_of_reach),
        'smallest_singular_value': repr(min(singular, default=math.inf)),
        'manipulability': repr(math.prod(singular, start=1.0)),
        'joint_states_stamp': (
            '' if published is None else stamp_to_text(stamp_from_ns(published))),
    }


def line_values(plan: LinePlan, verdict: Verdict) -> dict[str, str]:
    """Return what ``~/solution`` tells about straight lines."""
    return {
        'verdict': verdict.value,
        'reason': plan.path.end.value,
        'fraction': repr(plan.fraction),
        'length [m]': repr(plan.length),
        'angle [rad]': repr(plan.angle),
        'duration [s]': repr(plan.duration),
        'deviation [m]': repr(plan.deviation),
        'postures': str(plan.path.postures),
        'elapsed [s]': repr(plan.elapsed),
    }


def refusal_values() -> dict[str, str]:
    """Return the same values for a target that was refused before it could be solved."""
    return {
        'verdict': 'refused', 'reason': '', 'position_error [m]': '',
        'orientation_error [rad]': '', 'iterations': '', 'restarts': '', 'elapsed [s]': '',
        'joints_at_limit': '', 'blocking_joints': '', 'out_of_reach [m]': '',
        'smallest_singular_value': '', 'manipulability': '', 'joint_states_stamp': '',
    }
