"""
Gradient-descent inverse kinematics: a library without ROS, and in `ros` the node around it.

What is imported here is the public interface of the library.
"""

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import (
    ChainError, IkSolverError, InvalidPoseError, MissingDependencyError, OptionsError, UrdfError)
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import Joint, JointType, Mimic, parse_urdf, RobotModel
from ik_solver_node.solver import (
    IkResult, Slope, solve, SolverOptions, StepRule, SweepOrder, TerminationReason, warm_up)
from ik_solver_node.target import PointTarget, PoseTarget, Target
from ik_solver_node.tracker import PoseTracker, TrackerOptions, TrackResult, Verdict
from ik_solver_node.urdf_file import read_urdf

__version__ = '0.1.0'

__all__ = [
    'ChainError', 'IkResult', 'IkSolverError', 'InvalidPoseError', 'Joint', 'JointType',
    'KinematicChain', 'Mimic', 'MissingDependencyError', 'OptionsError', 'PointTarget', 'Pose',
    'PoseTarget', 'PoseTracker', 'RobotModel', 'Slope', 'SolverOptions', 'StepRule', 'SweepOrder',
    'Target', 'TerminationReason', 'TrackResult', 'TrackerOptions', 'UrdfError', 'Verdict',
    'parse_urdf', 'read_urdf', 'solve', 'warm_up',
]
