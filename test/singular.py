"""Targets that lead past a singularity."""

from ik_solver_node.pose import Pose
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PoseTarget
import numpy as np
from transforms3d.euler import euler2mat
from transforms3d.quaternions import mat2quat, quat2mat


def turning_past_a_straight_wrist(arm, past, count=100):
    """
    Return a start (n,) and poses that turn the tip by which joint 5 would go through zero.

    The turn passes the place where joints 4 and 6 are in line at a distance of `past` [rad].
    """
    straight = arm.forward_kinematics([0.3, 0.6, 0.9, 0.0, 0.0, 0.0])
    turns = [mat2quat(quat2mat(np.roll(straight.quat_xyzw, 1)) @ euler2mat(past, angle, 0.0))
             for angle in np.linspace(-0.4, 0.4, count)]
    poses = [PoseTarget(Pose(straight.position, np.roll(turn, -1))) for turn in turns]
    seed = [0.3, 0.6, 0.9, 0.0, -0.5, 0.0]
    return solve(arm, poses[0], seed, SolverOptions(max_time=60.0)).positions, poses
