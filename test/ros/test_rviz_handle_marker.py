"""A handle as a message: controls for all six axes, in the frame of the base."""

from __future__ import annotations

from builtin_interfaces.msg import Time
from ik_solver_node.pose import Pose
from ik_solver_node.ros.rviz.handle_marker import handle_marker
import numpy as np
import pytest
from transforms3d.quaternions import quat2mat
from visualization_msgs.msg import InteractiveMarkerControl

POSE = Pose.from_rpy([0.1, 0.2, 0.3], [0.4, 0.5, 0.6])


def test_it_is_at_its_pose_and_locked_to_the_frame() -> None:
    """A stamp of zero makes RViz answer in this frame."""
    marker = handle_marker('tool0', 'base_link', POSE, 0.3)
    assert (marker.name, marker.header.frame_id, marker.header.stamp) == (
        'tool0', 'base_link', Time())
    at, turned = marker.pose.position, marker.pose.orientation
    assert [at.x, at.y, at.z] == pytest.approx(POSE.position)
    assert [turned.x, turned.y, turned.z, turned.w] == pytest.approx(POSE.quat_xyzw)
    assert marker.scale == pytest.approx(0.3)


def test_there_is_a_control_for_each_axis() -> None:
    """It acts along and about its own x axis, so it is turned there."""
    controls = {control.name: control for control in handle_marker(
        'tool0', 'base_link', POSE, 0.3).controls}
    for index, axis in enumerate('xyz'):
        for name, mode in ((f'move_{axis}', InteractiveMarkerControl.MOVE_AXIS),
                           (f'turn_{axis}', InteractiveMarkerControl.ROTATE_AXIS)):
            control = controls.pop(name)
            turned = control.orientation
            along = quat2mat([turned.w, turned.x, turned.y, turned.z])[:, 0]
            assert along == pytest.approx(np.eye(3)[index], abs=1e-9)
            assert control.interaction_mode == mode
    ball, = controls.values()
    assert ball.interaction_mode == InteractiveMarkerControl.MOVE_3D
    assert ball.always_visible and ball.markers[0].color.a < 1.0
