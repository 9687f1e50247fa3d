"""A handle with six degrees of freedom as an interactive marker."""

from __future__ import annotations

import math

from geometry_msgs.msg import Quaternion
from ik_solver_node.pose import Pose
from ik_solver_node.ros.conversions import pose_to_msg
from ik_solver_node.ros.rviz.markers import shape, TARGET
from visualization_msgs.msg import InteractiveMarker, InteractiveMarkerControl, Marker

HALF = math.sqrt(0.5)
# A control acts along and about its own x axis.
TURNS = {'x': Quaternion(w=1.0), 'y': Quaternion(z=HALF, w=HALF), 'z': Quaternion(y=-HALF, w=HALF)}
"""How a control is turned for each axis of the handle."""
MODES = {'move': InteractiveMarkerControl.MOVE_AXIS, 'turn': InteractiveMarkerControl.ROTATE_AXIS}
BALL = 0.4
"""Diameter of the ball in the middle, as part of the size of the handle."""


def handle_marker(name: str, base_link: str, pose: Pose, size: float) -> InteractiveMarker:
    """
    Return a handle: arrows to move it, rings to turn it, a ball to move it in the view.

    Its stamp is zero: RViz keeps it in its frame, and says in this frame where it is dragged.

    Parameters
    ----------
    name : str
        The name of the marker, which is that of the tip.
    base_link : str
        The frame.
    pose : Pose
        Where it is there.
    size : float
        About its radius [m].

    """
    marker = InteractiveMarker(name=name, description=name, scale=size)
    marker.header.frame_id = base_link
    marker.pose = pose_to_msg(pose)
    for axis, turn in TURNS.items():
        for verb, mode in MODES.items():
            marker.controls.append(InteractiveMarkerControl(
                name=f'{verb}_{axis}', orientation=turn, interaction_mode=mode))
    marker.controls.append(InteractiveMarkerControl(
        name='move', interaction_mode=InteractiveMarkerControl.MOVE_3D, always_visible=True,
        markers=[shape(Marker.SPHERE, TARGET, *[BALL * size] * 3, alpha=0.5)]))
    return marker
