"""Tests of the pose: what it accepts, and that its forms say the same."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
import math
import pickle

from hypothesis import assume, given, strategies as st
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import as_vector, Pose
import numpy as np
import pytest
from transforms3d.axangles import axangle2mat

coordinates = st.floats(-1e3, 1e3, allow_subnormal=False)
angles = st.floats(-math.pi, math.pi)
positions = st.tuples(coordinates, coordinates, coordinates)


@st.composite
def quaternions(draw: st.DrawFn) -> np.ndarray:
    """Draw unit quaternions of all kinds, shape (4,), half turns and the identity among them."""
    part = st.floats(-1.0, 1.0, allow_subnormal=False)
    quaternion = np.array(draw(st.tuples(part, part, part, part)))
    length = np.linalg.norm(quaternion)
    assume(length > 1e-3)
    return quaternion / length


poses = st.builds(Pose, positions, quaternions())


class TestForms:
    """Quaternion, matrix and roll-pitch-yaw describe the same pose."""

    @given(poses)
    def test_matrix_and_back(self, pose: Pose) -> None:
        back = Pose.from_matrix(pose.matrix())
        np.testing.assert_array_equal(back.position, pose.position)
        # A quaternion and its negative are the same rotation.
        assert abs(back.quat_xyzw @ pose.quat_xyzw) == pytest.approx(1.0, abs=1e-12)
        np.testing.assert_allclose(back.matrix(), pose.matrix(), atol=1e-12)

    @given(poses)
    def test_rotation_is_proper(self, pose: Pose) -> None:
        rotation = pose.rotation()
        np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(rotation) == pytest.approx(1.0)
        np.testing.assert_array_equal(pose.matrix()[:3, :3], rotation)
        np.testing.assert_array_equal(pose.matrix()[3], [0, 0, 0, 1])

    @given(quaternions())
    def test_opposite_quaternions_are_one_rotation(self, quaternion: np.ndarray) -> None:
        one, other = (Pose(np.zeros(3), sign * quaternion) for sign in (1.0, -1.0))
        np.testing.assert_allclose(one.rotation(), other.rotation(), atol=1e-15)

    @given(poses, poses)
    def test_products_and_inverses_are_poses(self, one: Pose, other: Pose) -> None:
        product = Pose.from_matrix(one.matrix() @ other.matrix())
        undone = np.linalg.inv(one.matrix()) @ product.matrix()
        np.testing.assert_allclose(undone, other.matrix(), atol=1e-9)

    @given(st.tuples(angles, angles, angles))
    def test_rpy_is_about_fixed_axes(self, rpy: tuple[float, float, float]) -> None:
        x, y, z = (axangle2mat(axis, angle) for axis, angle in zip(np.eye(3), rpy))
        pose = Pose.from_rpy([1.0, 2.0, 3.0], rpy)
        np.testing.assert_allclose(pose.rotation(), z @ y @ x, atol=1e-12)
        np.testing.assert_array_equal(pose.position, [1.0, 2.0, 3.0])

    def test_order_is_xyzw(self) -> None:
        half = math.sqrt(0.5)
        quarter_turn_about_z = Pose(np.zeros(3), np.array([0, 0, half, half]))
        np.testing.assert_allclose(
            quarter_turn_about_z.rotation() @ [1, 0, 0], [0, 1, 0], atol=1e-15)

    def test_identity(self) -> None:
        np.testing.assert_array_equal(Pose.identity().matrix(), np.eye(4))


class TestChecks:
    """A pose that exists is valid."""

    @given(quaternions(), st.floats(0.901, 1.099))
    def test_rounding_is_normalised(self, quaternion: np.ndarray, length: float) -> None:
        pose = Pose(np.zeros(3), length * quaternion)
        assert np.linalg.norm(pose.quat_xyzw) == pytest.approx(1.0, abs=1e-15)
        np.testing.assert_allclose(pose.quat_xyzw, quaternion, atol=1e-15)

    @given(quaternions(), st.one_of(st.floats(0.0, 0.899), st.floats(1.101, 1e6)))
    def test_other_lengths_are_refused(self, quaternion: np.ndarray, length: float) -> None:
        with pytest.raises(InvalidPoseError, match='quat_xyzw .* has length'):
            Pose(np.zeros(3), length * quaternion)

    @pytest.mark.parametrize('bad', [math.nan, math.inf, -math.inf])
    @pytest.mark.parametrize('index', range(7))
    def test_numbers_that_are_none(self, index: int, bad: float) -> None:
        numbers = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
        numbers[index] = bad
        name = 'position' if index < 3 else 'quat_xyzw'
        with pytest.raises(InvalidPoseError, match=f'{name} must be finite, got .*{bad}'):
            Pose(numbers[:3], numbers[3:])

    @pytest.mark.parametrize('position, quaternion, words', [
        ([0, 0], [0, 0, 0, 1], r'position must have shape \(3,\), got \(2,\)'),
        (np.zeros((3, 1)), [0, 0, 0, 1], r'position must have shape \(3,\), got \(3, 1\)'),
        ([0, 0, 0], [0, 0, 1], r'quat_xyzw must have shape \(4,\), got \(3,\)'),
        ([0, 0, 0], [0, 0, 0, 0], 'length 0, .*send .0, 0, 0, 1.'),
        ('abc', [0, 0, 0, 1], "position must be 3 numbers, got 'abc'"),
        ([0, 0, None], [0, 0, 0, 1], 'position must be'),
        ([[0], [0, 0], 0], [0, 0, 0, 1], 'position must be 3 numbers')])
    def test_shapes(self, position: object, quaternion: object, words: str) -> None:
        with pytest.raises(InvalidPoseError, match=words):
            Pose(position, quaternion)  # type: ignore[arg-type]

    @pytest.mark.parametrize('matrix, words', [
        (np.eye(3), r'shape \(16,\)'),
        (np.full((4, 4), math.nan), 'finite'),
        (np.diag([1, 1, -1, 1]), 'right-handed'),
        (np.diag([2, 1, 1, 1]), 'right-handed'),
        (np.eye(4) + np.eye(4)[[3, 0, 1, 2]] * 0.01, 'differs from I'),
        (np.eye(4) + np.outer([0, 0, 0, 1], [0, 0, 0, 1]), 'last row')])
    def test_matrices(self, matrix: np.ndarray, words: str) -> None:
        with pytest.raises(InvalidPoseError, match=words):
            Pose.from_matrix(matrix)


class TestValue:
    """A pose keeps its values, whoever holds it."""

    def test_frozen(self) -> None:
        pose = Pose.identity()
        with pytest.raises(FrozenInstanceError):
            pose.position = np.ones(3)  # type: ignore[misc]
        for array in (pose.position, pose.quat_xyzw):
            with pytest.raises(ValueError):
                array[0] = 1.0

    def test_arguments_are_copied(self) -> None:
        position, quaternion = np.ones(3), np.array([0.0, 0.0, 0.0, 1.0])
        pose = Pose(position, quaternion)
        position[0] = quaternion[0] = 9.0
        assert pose.position[0] == 1.0 and pose.quat_xyzw[0] == 0.0

    def test_arrays_are_ready_for_the_kernels(self) -> None:
        fortran = np.asfortranarray(np.full((4, 4), 2, dtype=np.float32))
        for array in (Pose(fortran[:3, 1], fortran[0] / 4).position, as_vector([1, 2], 2, 'q')):
            assert array.dtype == np.float64 and array.flags.c_contiguous

    @given(poses)
    def test_pickle(self, pose: Pose) -> None:
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(pose)).matrix(), pose.matrix())
