"""Pose, the checked value type for a position with an orientation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ik_solver_node.exceptions import InvalidPoseError
import numpy as np
from numpy.typing import ArrayLike
from transforms3d.euler import euler2mat
from transforms3d.quaternions import mat2quat, quat2mat

QUATERNION_NORM_SLACK = 0.1
"""A quaternion this close to unit length counts as rounded and is normalised."""

ROTATION_SLACK = 1e-6
"""Largest entry of ``R @ R.T - I`` that a rotation matrix may have."""


def as_vector(values: ArrayLike, size: int, name: str) -> np.ndarray:
    """
    Return `values` as a new, read-only, finite float64 vector.

    Parameters
    ----------
    values : array_like, shape (size,)
        The numbers to check.
    size : int
        The expected length.
    name : str
        What the numbers are, for the error message.

    Returns
    -------
    ndarray, shape (size,)
        A contiguous read-only copy.

    Raises
    ------
    InvalidPoseError
        If the shape is not ``(size,)`` or a number is NaN or infinite.

    """
    try:
        vector = np.array(values, dtype=np.float64, order='C')
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidPoseError(f'{name} must be {size} numbers, got {shown(values)}') from error
    if vector.shape != (size,):
        raise InvalidPoseError(f'{name} must have shape ({size},), got {vector.shape}')
    if not np.isfinite(vector).all():
        raise InvalidPoseError(f'{name} must be finite, got {vector.tolist()}')
    vector.flags.writeable = False
    return vector


def shown(value: Any) -> str:
    """Return `value` for an error message, cut if it is long."""
    try:
        text = repr(value)
    except ValueError:  # an integer of more than 4300 digits
        text = f'a very large {type(value).__name__}'
    return text if len(text) <= 100 else text[:97] + '...'


@dataclass(frozen=True, eq=False)
class Pose:
    """
    A position and an orientation of one frame in another.

    Which frame in which is said by the name of the variable: ``T_base_tip`` is the tip in the
    base. Values are checked once, here; whoever holds a `Pose` holds a valid one.

    Attributes
    ----------
    position : ndarray, shape (3,)
        Position [m].
    quat_xyzw : ndarray, shape (4,)
        Unit quaternion in the order x, y, z, w, as in ``geometry_msgs/Quaternion``.

    Raises
    ------
    InvalidPoseError
        If a number is not finite, or the length of the quaternion is not 1. A length within 0.1
        of 1 counts as rounding and is normalised.

    """

    position: np.ndarray
    quat_xyzw: np.ndarray

    def __post_init__(self) -> None:
        """Check and normalise the fields."""
        quaternion = as_vector(self.quat_xyzw, 4, 'quat_xyzw')
        norm = float(np.linalg.norm(quaternion))
        if abs(norm - 1.0) > QUATERNION_NORM_SLACK:
            raise InvalidPoseError(
                f'quat_xyzw {quaternion.tolist()} has length {norm:.4g}, but an orientation needs '
                'length 1; send (0, 0, 0, 1) for no rotation')
        quaternion = quaternion / norm
        quaternion.flags.writeable = False
        object.__setattr__(self, 'position', as_vector(self.position, 3, 'position'))
        object.__setattr__(self, 'quat_xyzw', quaternion)

    def __reduce__(self) -> tuple[Any, ...]:
        """Copy and pickle the fields bit for bit, read-only as they are."""
        return remade, (self.position, self.quat_xyzw)

    @classmethod
    def identity(cls) -> Pose:
        """Return the pose at the origin without rotation."""
        return cls(np.zeros(3), np.array([0.0, 0.0, 0.0, 1.0]))

    @classmethod
    def from_matrix(cls, matrix: ArrayLike) -> Pose:
        """
        Return the pose of a homogeneous transform.

        Parameters
        ----------
        matrix : array_like, shape (4, 4)
            Rotation and position [m]; the last row must be 0, 0, 0, 1.

        Raises
        ------
        InvalidPoseError
            If the matrix is not a finite right-handed rigid transform.

        """
        transform = as_vector(np.ravel(matrix), 16, 'matrix').reshape(4, 4)
        rotation = transform[:3, :3]
        skew = np.abs(rotation @ rotation.T - np.eye(3)).max()
        if skew > ROTATION_SLACK or np.linalg.det(rotation) < 0.0:
            raise InvalidPoseError(
                f'matrix must hold a right-handed rotation, but R @ R.T differs from I by '
                f'{skew:.3g} and det(R) is {np.linalg.det(rotation):.3g}')
        if not np.array_equal(transform[3], [0.0, 0.0, 0.0, 1.0]):
            raise InvalidPoseError(
                f'the last row of matrix must be 0, 0, 0, 1, got {transform[3].tolist()}')
        return cls(transform[:3, 3], np.roll(mat2quat(rotation), -1))

    @classmethod
    def from_rpy(cls, position: ArrayLike, rpy: ArrayLike) -> Pose:
        """
        Return the pose with fixed-axis roll, pitch and yaw (REP-103).

        Parameters
        ----------
        position : array_like, shape (3,)
            Position [m].
        rpy : array_like, shape (3,)
            Rotations about the fixed x, y and z axes, in this order [rad].

        """
        matrix = np.eye(4)
        matrix[:3, :3] = euler2mat(*as_vector(rpy, 3, 'rpy'), axes='sxyz')
        matrix[:3, 3] = as_vector(position, 3, 'position')
        return cls.from_matrix(matrix)

    def rotation(self) -> np.ndarray:
        """Return the rotation matrix, shape (3, 3)."""
        x, y, z, w = self.quat_xyzw.tolist()
        return quat2mat((w, x, y, z))

    def matrix(self) -> np.ndarray:
        """Return the homogeneous transform, shape (4, 4), position in [m]."""
        transform = np.eye(4)
        transform[:3, :3] = self.rotation()
        transform[:3, 3] = self.position
        return transform


def remade(position: np.ndarray, quat_xyzw: np.ndarray) -> Pose:
    """Return a pose of its checked fields, bit for bit: copied, pickled or read back."""
    pose = object.__new__(Pose)
    for name, value in (('position', position), ('quat_xyzw', quat_xyzw)):
        value.flags.writeable = False
        object.__setattr__(pose, name, value)
    return pose
