"""
Gradient-descent inverse kinematics: a library without ROS, and in `ros` the node around it.

The names in `__all__` are the public interface of the library. Each is imported when it is first
used, because the compiler behind them takes half a second, which the programs of this package
cannot afford before they take care of Ctrl-C.
"""

from importlib import import_module
from typing import Any, TYPE_CHECKING

if TYPE_CHECKING:
    from ik_solver_node.all_solutions import solve_all
    from ik_solver_node.batch import BatchResult, solve_batch
    from ik_solver_node.chain import KinematicChain
    from ik_solver_node.check import check_chain, RobotReport
    from ik_solver_node.compilation import warm_up
    from ik_solver_node.exceptions import (
        ChainError, IkSolverError, InvalidPoseError, MissingDependencyError, OptionsError,
        UrdfError)
    from ik_solver_node.line_plan import LineOptions, LinePlan, plan_lines
    from ik_solver_node.mobility import Mobility, mobility_of
    from ik_solver_node.motion_limits import MotionDefaults, MotionLimits
    from ik_solver_node.objective import (
        Comfort, Custom, LeastMovement, LimitMargin, Manipulability, MidRange, Objective, Torsion)
    from ik_solver_node.path import PathEnd, PathResult, solve_path
    from ik_solver_node.pose import Pose
    from ik_solver_node.result import IkResult, TerminationReason
    from ik_solver_node.robot_model import Joint, JointType, Mimic, parse_urdf, RobotModel
    from ik_solver_node.solver import solve
    from ik_solver_node.solver_options import (
        Relax, Slope, Solution, SolverOptions, StepRule, SweepOrder)
    from ik_solver_node.target import (
        DirectionTarget, OrientationTarget, PointTarget, PoseTarget, Target, TargetFrame)
    from ik_solver_node.tracker import PoseTracker, TrackerOptions, TrackResult, Verdict
    from ik_solver_node.urdf_file import read_urdf
    from ik_solver_node.urdf_lint import Finding, Level, lint_urdf

__version__ = '0.1.0'

__all__ = [
    'BatchResult', 'ChainError', 'Comfort', 'Custom', 'DirectionTarget', 'Finding', 'IkResult',
    'IkSolverError', 'InvalidPoseError', 'Joint', 'JointType', 'KinematicChain',
    'LeastMovement', 'Level', 'LimitMargin', 'LineOptions', 'LinePlan', 'Manipulability',
    'MidRange', 'Mimic', 'MissingDependencyError', 'MotionDefaults', 'MotionLimits',
    'Mobility', 'Objective', 'OptionsError', 'OrientationTarget', 'PathEnd', 'PathResult',
    'PointTarget', 'Pose', 'PoseTarget', 'PoseTracker', 'Relax', 'RobotModel', 'RobotReport',
    'Slope', 'Solution', 'SolverOptions', 'StepRule', 'SweepOrder', 'Target', 'TargetFrame',
    'TerminationReason', 'Torsion', 'TrackResult', 'TrackerOptions', 'UrdfError', 'Verdict',
    'check_chain', 'lint_urdf', 'mobility_of', 'parse_urdf', 'plan_lines', 'read_urdf',
    'solve', 'solve_all', 'solve_batch', 'solve_path', 'warm_up',
]

_MODULES = ('exceptions', 'pose', 'robot_model', 'urdf_file', 'chain', 'target', 'objective',
            'compilation', 'solver_options', 'result', 'solver', 'all_solutions', 'batch', 'path',
            'tracker', 'line_plan', 'motion_limits', 'mobility', 'urdf_lint', 'check')


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used."""
    if name in __all__:
        for module in _MODULES:
            found = vars(import_module(f'{__name__}.{module}'))
            if name in found:
                globals()[name] = found[name]
                return found[name]
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
