"""Messages to values and back."""

from __future__ import annotations

import math

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from geometry_msgs.msg import Point, Pose as PoseMessage, Quaternion, Transform, Vector3
from harness import URDF, values
from hypothesis import given, strategies as st
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import InvalidPoseError
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros import conversions
from ik_solver_node.ros.conversions import TargetRefusedError
from ik_solver_node.ros.target_parameters import TargetParameters
from ik_solver_node.target import DirectionTarget, PointTarget, PoseTarget
from ik_solver_node.tracker import PoseTracker
import numpy as np
import pytest
from sensor_msgs.msg import JointState

ALL = TargetParameters()
QUARTER_TURN = Quaternion(z=math.sqrt(0.5), w=math.sqrt(0.5))


@given(st.integers(0, 2**31 * 10**9 - 1))
def test_stamps_and_nanoseconds_are_inverse(nanoseconds: int) -> None:
    """No digit is lost."""
    assert conversions.stamp_to_ns(conversions.stamp_from_ns(nanoseconds)) == nanoseconds


def test_stamp_as_text_has_nine_digits() -> None:
    """So that texts can be compared."""
    assert conversions.stamp_to_text(Time(sec=3, nanosec=42)) == '3.000000042'


def test_poses_and_messages_are_inverse() -> None:
    """With a frame and a stamp where they are asked for."""
    pose = Pose([1.0, 2.0, 3.0], [0.5, -0.5, 0.5, 0.5])
    message = conversions.pose_stamped(pose, 'base', Time(sec=7))
    assert (message.header.frame_id, message.header.stamp) == ('base', Time(sec=7))
    assert message.pose == conversions.pose_to_msg(pose)
    assert np.array_equal(conversions.pose_from_msg(message.pose).matrix(), pose.matrix())


@pytest.mark.parametrize('stamp, timeout', [
    (Time(sec=100), 1.0), (Time(sec=99), 1.0), (Time(sec=101), 1.0), (Time(), 1.0),
    (Time(sec=1), 0.0)])
def test_stamps_near_the_clock_are_accepted(stamp: Time, timeout: float) -> None:
    """Those that say nothing too; and all if no timeout is set."""
    conversions.check_stamp(stamp, 100 * 10**9, timeout)


@pytest.mark.parametrize('seconds, reason', [
    (98, 'stamped 2.000 s before the clock of this node, but at most 1 s .* it is too old'),
    (102, 'stamped 2.000 s after the clock .* use_sim_time')])
def test_stamps_off_the_clock_are_refused(seconds: int, reason: str) -> None:
    """The sentence says by how much, and what may be the cause."""
    with pytest.raises(TargetRefusedError, match=reason):
        conversions.check_stamp(Time(sec=seconds), 100 * 10**9, 1.0)


def test_a_negative_stamp_is_refused() -> None:
    """Even where every stamp is accepted: rclpy cannot hold it."""
    with pytest.raises(TargetRefusedError, match='does not go below zero'):
        conversions.check_stamp(Time(sec=-5), 0, 0.0)


def test_pose_keeps_its_order() -> None:
    """A message has the quaternion as x, y, z, w, and so has a pose."""
    pose = conversions.pose_from_msg(PoseMessage(position=Point(x=1.0, y=2.0, z=3.0),
                                                 orientation=QUARTER_TURN))
    assert pose.position.tolist() == [1.0, 2.0, 3.0]
    assert pose.quat_xyzw == pytest.approx([0.0, 0.0, math.sqrt(0.5), math.sqrt(0.5)])


@pytest.mark.parametrize('message', [
    PoseMessage(position=Point(x=math.nan)), PoseMessage(position=Point(z=-math.inf)),
    PoseMessage(orientation=Quaternion(w=0.0)), PoseMessage(orientation=Quaternion(w=1.2)),
    PoseMessage(orientation=Quaternion(x=math.nan))])
def test_bad_poses_are_refused(message: PoseMessage) -> None:
    """Not finite, or no orientation."""
    with pytest.raises(InvalidPoseError):
        conversions.pose_target(message, None, ALL)


@pytest.mark.parametrize('message', [
    Quaternion(w=0.0), Quaternion(w=1.2), Quaternion(x=math.nan), Quaternion(x=-math.inf)])
def test_bad_orientations_are_refused(message: Quaternion) -> None:
    """The same as in a pose."""
    with pytest.raises(InvalidPoseError):
        conversions.orientation_target(message, Pose.identity(), ALL)


@pytest.mark.parametrize('message', [
    Vector3(), Vector3(x=1e-12), Vector3(y=math.nan), Vector3(z=math.inf)])
def test_bad_directions_are_refused(message: Vector3) -> None:
    """Not finite, or of no length that could be told."""
    with pytest.raises(InvalidPoseError, match='direction'):
        conversions.direction_target(message, Pose.identity(), ALL)


@pytest.mark.parametrize('frame', [None, Pose.identity()])
def test_bad_points_are_refused(frame: Pose | None) -> None:
    """With the numbers that were sent, in whichever frame."""
    with pytest.raises(InvalidPoseError, match=r'finite, got \[0.0, inf, 1.0\]'):
        conversions.point_target(Point(y=math.inf, z=1.0), frame, ALL)


def test_targets_are_taken_to_the_base_frame() -> None:
    """By the pose of their frame in it, rotation first."""
    T_base_frame = conversions.pose_from_transform(
        Transform(translation=Vector3(x=1.0), rotation=QUARTER_TURN))
    point = conversions.point_target(Point(x=2.0), T_base_frame, ALL)
    assert point.position == pytest.approx([1.0, 2.0, 0.0])
    target = conversions.pose_target(PoseMessage(position=Point(x=2.0), orientation=QUARTER_TURN),
                                     T_base_frame, ALL)
    assert isinstance(target, PoseTarget)
    assert target.position == pytest.approx([1.0, 2.0, 0.0])
    assert target.pose.rotation() == pytest.approx(np.diag([-1.0, -1.0, 1.0]), abs=1e-12)


def test_orientations_and_directions_are_only_turned() -> None:
    """Where their frame is does not matter to them."""
    T_base_frame = conversions.pose_from_transform(
        Transform(translation=Vector3(x=1.0), rotation=QUARTER_TURN))
    orientation = conversions.orientation_target(QUARTER_TURN, T_base_frame, ALL)
    assert abs(orientation.quat_xyzw) == pytest.approx([0.0, 0.0, 1.0, 0.0], abs=1e-12)
    direction = conversions.direction_target(Vector3(x=2.0, z=2.0), T_base_frame, ALL)
    assert direction.direction == pytest.approx([0.0, math.sqrt(0.5), math.sqrt(0.5)])


def test_parameters_say_what_counts() -> None:
    """While pointing, a pose is a direction with a position."""
    pointing = TargetParameters(pointing=True, axis=(1.0, 0.0, 0.0))
    target = conversions.pose_target(PoseMessage(position=Point(x=2.0), orientation=QUARTER_TURN),
                                     None, pointing)
    assert isinstance(target, DirectionTarget)
    assert target.direction == pytest.approx([0.0, 1.0, 0.0])
    assert target.position.tolist() == [2.0, 0.0, 0.0]


def test_no_frame_means_the_base_frame() -> None:
    """Nothing is done to such a target."""
    assert conversions.point_target(Point(x=2.0), None, ALL).position.tolist() == [2.0, 0.0, 0.0]
    target = conversions.pose_target(PoseMessage(position=Point(y=2.0)), None, ALL)
    assert isinstance(target, PoseTarget)
    assert np.array_equal(target.pose.matrix(), Pose.from_rpy([0, 2, 0], [0, 0, 0]).matrix())


def test_joint_states_there_and_back() -> None:
    """Names and positions stay together; velocity and effort stay empty."""
    message = conversions.joint_state({'b': 1.5, 'a': -0.5}, Time(sec=7))
    assert message.header.stamp.sec == 7
    assert list(message.name) == ['b', 'a']
    assert not message.velocity and not message.effort
    assert conversions.joint_positions(message) == {'b': 1.5, 'a': -0.5}


def test_joint_states_without_positions_hold_none() -> None:
    """Drivers may send velocities alone."""
    assert conversions.joint_positions(JointState(name=['a'], velocity=[1.0])) == {}


def test_joint_states_that_do_not_fit_are_refused() -> None:
    """Which position is whose cannot be known."""
    with pytest.raises(InvalidPoseError, match='2 names, but 1 positions'):
        conversions.joint_positions(JointState(name=['a', 'b'], position=[1.0]))


def test_solution_and_refusal_have_the_same_values() -> None:
    """Whoever reads them finds each key in both."""
    chain = KinematicChain.from_model(parse_urdf((URDF / 'planar_2r.urdf').read_text()))
    answer = PoseTracker(chain).track(PointTarget(np.array([0.9, 0.0, 0.0])))
    told = conversions.solution_values(answer, 10**9 + 2)
    assert list(told) == list(conversions.refusal_values())
    assert told['joint_states_stamp'] == '1.000000002'
    assert float(told['position_error [m]']) == answer.result.position_error
    status = conversions.diagnostic_status('name', 'robot', DiagnosticStatus.OK, 'text', told)
    message = conversions.diagnostics(Time(sec=5), 'base', status)
    assert (message.header.stamp.sec, message.header.frame_id) == (5, 'base')
    assert values(message.status[0]) == told
