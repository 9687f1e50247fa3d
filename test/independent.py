"""
Where a tip is and how far it is off, computed without the compiled code.

Forward kinematics walks the joints of the `RobotModel` with 4 x 4 matrices; errors come from the
fields of a target, as its docstring defines them, and not from the goal that the kernels take.
"""

import math

from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import JointType
from ik_solver_node.target import (
    DirectionTarget, OrientationTarget, PointTarget, PoseTarget, TargetFrame)
import numpy as np
from transforms3d.axangles import axangle2mat
from transforms3d.quaternions import mat2quat, quat2mat


def position_of(model, name, positions):
    """
    Return where a joint is [rad or m]: given in `positions`, or by the joint that it mimics.

    Any other is at 0: it moves base and tip alike.
    """
    mimic = model.joint(name).mimic
    if mimic is None:
        return positions.get(name, 0.0)
    return mimic.multiplier * position_of(model, mimic.joint, positions) + mimic.offset


def link_matrix(model, link, positions):
    """Return the frame of a link in the root link, shape (4, 4)."""
    joint = model.parent_joint(link)
    if joint is None:
        return np.eye(4)
    motion = np.eye(4)
    if joint.type is JointType.PRISMATIC:
        motion[:3, 3] = position_of(model, joint.name, positions) * joint.axis
    elif joint.type is not JointType.FIXED:
        motion[:3, :3] = axangle2mat(joint.axis, position_of(model, joint.name, positions))
    return link_matrix(model, joint.parent, positions) @ joint.T_parent_joint @ motion


def tip_matrix(chain, q, tip_link=None):
    """Return the frame of a tip in the base, shape (4, 4), at joint positions `q` (n,)."""
    positions = {**chain.locked, **dict(zip(chain.joint_names, np.asarray(q).tolist()))}
    base = link_matrix(chain.model, chain.base_link, positions)
    tip = link_matrix(chain.model, tip_link or chain.tip_links[0], positions)
    return np.linalg.inv(base) @ tip


def tip_pose(chain, q, tool=None):
    """Return the pose of the tip, or of a tool on it, at joint positions `q` (n,)."""
    matrix = tip_matrix(chain, q)
    if tool is not None:
        matrix = matrix @ tool.matrix()
    return Pose(matrix[:3, 3], np.roll(mat2quat(matrix[:3, :3]), -1))


def angle_between(one, other):
    """Return the angle between two unit vectors [rad], exact for small ones too."""
    return math.atan2(float(np.linalg.norm(np.cross(one, other))), float(np.dot(one, other)))


def rotation_vector(rotation):
    """Return the rotation vector [rad] of a rotation matrix, by its quaternion."""
    w, *xyz = mat2quat(rotation)
    sine = math.hypot(*xyz)
    return np.array(xyz) * (2.0 * math.atan2(sine, w) / sine if sine > 0.0 else 2.0)


def _excess(error, tolerances, axes):
    """Return how much an error (3,) exceeds the tolerances (3,) along the columns of `axes`."""
    along = np.abs(axes.T @ error)
    return math.hypot(*np.where(np.isinf(tolerances), 0.0, np.maximum(along - tolerances, 0.0)))


def _turn_error(rotation, wanted, tolerances, axes):
    """Return how far an orientation is off [rad], with tolerances about the columns of `axes`."""
    if not tolerances.any():
        return math.hypot(*rotation_vector(wanted @ rotation.T))
    free = np.isinf(tolerances)
    if free.sum() == 1 and not tolerances[~free].any():
        # The spin about an axis is free, so all that counts is where this axis points.
        axis = axes[:, int(np.argmax(free))]
        return angle_between(rotation @ wanted.T @ axis, axis)
    return _excess(rotation_vector(wanted @ rotation.T), tolerances, axes)


def misses(target, matrix):
    """Return position [m] and orientation error [rad] of a tip whose frame is `matrix` (4, 4)."""
    if target.tool is not None:
        matrix = matrix @ target.tool.matrix()
    rotation, point = matrix[:3, :3], matrix[:3, 3]
    if isinstance(target, PointTarget):
        return _excess(target.position - point, target.tolerance, np.eye(3)), 0.0
    if isinstance(target, OrientationTarget):
        wanted = quat2mat(np.roll(target.quat_xyzw, 1))
        return 0.0, _turn_error(rotation, wanted, target.tolerance, wanted)
    if isinstance(target, DirectionTarget):
        position = 0.0 if target.position is None else _excess(
            target.position - point, target.position_tolerance, np.eye(3))
        turned = angle_between(rotation @ target.axis, target.direction)
        return position, max(turned - target.cone, 0.0)
    assert isinstance(target, PoseTarget)
    wanted = quat2mat(np.roll(target.pose.quat_xyzw, 1))
    axes = wanted if target.frame is TargetFrame.TARGET else np.eye(3)
    return (_excess(target.pose.position - point, target.position_tolerance, axes),
            _turn_error(rotation, wanted, target.orientation_tolerance, axes))


def misses_at(chain, target, q):
    """Return position [m] and orientation error [rad] of the only tip at `q` (n,)."""
    return misses(target, tip_matrix(chain, q))
