"""Limits of joints from the files that users of MoveIt and ros2_control have."""

import math

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.joint_limits_file import JointLimit, read_joint_limits
import pytest

MOVEIT = """
default_velocity_scaling_factor: 0.1
joint_limits:
  shoulder:
    has_velocity_limits: true
    max_velocity: 2.5
    has_acceleration_limits: true
    max_acceleration: 4.0
    has_jerk_limits: false
    max_jerk: 3.0
  elbow:
    has_position_limits: true
    min_position: !degrees -90
    max_position: !degrees 45.0
    has_velocity_limits: false
    max_velocity: 0
  wrist:
    max_velocity: 1
"""
ROS2_CONTROL = """
/**:
  ros__parameters:
    joint_limits:
      shoulder:
        has_acceleration_limits: true
        max_acceleration: 4.0
        has_deceleration_limits: true
        max_deceleration: 3.0
        has_effort_limits: true
        max_effort: 20.0
        has_jerk_limits: true
        max_jerk: 30.0
"""


def read(tmp_path, text):
    """Return the limits in a file with this text."""
    file = tmp_path / 'joint_limits.yaml'
    file.write_text(text)
    return read_joint_limits(file)


def test_a_file_of_moveit_is_read(tmp_path):
    """Flags switch limits off; degrees become radians; what has no flag counts."""
    assert read(tmp_path, MOVEIT) == {
        'shoulder': JointLimit(velocity=2.5, acceleration=4.0),
        'elbow': JointLimit(lower=-math.pi / 2.0, upper=math.pi / 4.0),
        'wrist': JointLimit(velocity=1.0)}


def test_a_file_of_ros2_control_is_read(tmp_path):
    """The table may stand among parameters; the tighter of two accelerations counts."""
    assert read(tmp_path, ROS2_CONTROL) == {
        'shoulder': JointLimit(acceleration=3.0, jerk=30.0)}


@pytest.mark.parametrize(('text', 'says'), [
    ('', 'has no entry joint_limits'),
    ('robot: arm', 'has no entry joint_limits'),
    ('joint_limits: [', 'is no YAML'),
    ('[' * 100000, 'is no YAML'),
    ('joint_limits: {elbow: 3}', "joint 'elbow' is 3, but must be a mapping"),
    ('joint_limits: {elbow: {max_velocity: fast}}', "max_velocity is 'fast'"),
    ('joint_limits: {elbow: {max_velocity: .nan}}', 'max_velocity is nan'),
    ('joint_limits: {elbow: {max_velocity: true}}', 'max_velocity is True'),
    ('joint_limits: {elbow: {max_velocity: -1.0}}', 'must be positive'),
    ('joint_limits: {elbow: {has_jerk_limits: true}}', 'max_jerk is None'),
    ('joint_limits: {elbow: {has_jerk_limits: 1, max_jerk: 2}}', 'must be true or false'),
    ('joint_limits: {elbow: {min_position: 2, max_position: 1}}', 'min_position is 2.0, more'),
    ('joint_limits: {elbow: {max_position: !degrees wide}}', 'which is no number'),
    ('joint_limits: {elbow: !!python/object:os.system {}}', 'is no YAML'),
])
def test_a_file_that_makes_no_sense_is_refused(tmp_path, text, says):
    """The message names the file, the joint and the value."""
    with pytest.raises(OptionsError, match=says) as caught:
        read(tmp_path, text)
    assert 'joint_limits.yaml' in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path):
    """The message says which."""
    with pytest.raises(OptionsError, match='nowhere.yaml: No such file'):
        read_joint_limits(tmp_path / 'nowhere.yaml')
    with pytest.raises(OptionsError, match='cannot be read'):
        read_joint_limits(tmp_path)
    binary = tmp_path / 'binary.yaml'
    binary.write_bytes(b'\xff\xfe\x00')
    with pytest.raises(OptionsError, match='cannot be read'):
        read_joint_limits(binary)
