"""StandInSettings: everything that can be chosen about the stand-in, with its bounds."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
import math

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.options import check_options, option
from ik_solver_node.ros.lists import check_tuple
from ik_solver_node.ros.names import check_name
from ik_solver_node.ros.stand_in.feedback import Fault
from ik_solver_node.ros.stand_in.trajectory_controller import TrajectoryOptions


class Controller(str, Enum):
    """The controllers that the stand-in can be."""

    JOINT_TRAJECTORY = 'joint_trajectory'
    FORWARD_COMMAND = 'forward_command'
    JOINT_COMMANDS = 'joint_commands'


DEFAULT_NAMES = {Controller.JOINT_TRAJECTORY: 'joint_trajectory_controller',
                 Controller.FORWARD_COMMAND: 'forward_position_controller',
                 Controller.JOINT_COMMANDS: ''}
"""What the controllers are called by custom."""


@dataclass(frozen=True)
class StandInSettings:
    """
    Every parameter of the stand-in; nested fields have dotted names.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    robot_description: str = option(
        '', 'the text of the URDF; goes before urdf_file; with both empty, the first one on the '
        'topic robot_description is used', read_only=True)
    urdf_file: str = option(
        '', 'path of a URDF, or of a .xacro file if xacro is installed', read_only=True)
    controller: Controller = option(
        Controller.JOINT_TRAJECTORY, 'which controller to be: joint_trajectory (trajectories on '
        '<controller_name>/joint_trajectory), forward_command (positions on '
        '<controller_name>/commands) or joint_commands (JointState on joint_commands, by name)',
        read_only=True)
    controller_name: str = option(
        '', 'name of the controller in its topics; empty for joint_trajectory_controller or '
        'forward_position_controller', read_only=True)
    joints: tuple[str, ...] = option(
        (), 'the joints of the arm, in the order of commands without names; empty for all that '
        'move on their own, in the order of the URDF', read_only=True)
    start_positions: tuple[float, ...] = option(
        (), 'where the joints are at first, in the same order; empty for as near to 0 as their '
        'limits allow', unit='rad or m', read_only=True)
    update_rate: float = option(
        100.0, 'cycles of controller and joints per second', unit='Hz', minimum=1.0,
        maximum=1000.0, read_only=True)
    state_rate: float = option(
        100.0, 'how often joint_states is published', unit='Hz', minimum=0.1, maximum=1000.0,
        read_only=True)
    delay: float = option(
        0.0, 'how long after it was sent to the joints a command takes effect, in whole cycles',
        unit='s', minimum=0.0, maximum=10.0, read_only=True)
    lag: float = option(
        0.0, 'time constant with which joints approach what is commanded; 0 goes there as fast as '
        'the velocity limit allows', unit='s', minimum=0.0, maximum=10.0, read_only=True)
    random_seed: int = option(
        0, 'seed of the noise: same seed, same noise', minimum=0, maximum=2147483647,
        read_only=True)
    noise: float = option(
        0.0, 'standard deviation of measured positions', unit='rad or m', minimum=0.0, maximum=1.0)
    fault: Fault = option(
        Fault.NONE, 'what is wrong with joint_states: none, stale (none are sent), frozen (old '
        'values with new stamps), jumping (every tenth is off by fault_jump), missing (the joint '
        'is not in it) or nan')
    fault_joint: str = option('', 'the joint that the fault concerns; empty for all')
    fault_jump: float = option(
        0.5, 'how far a jumping joint jumps', unit='rad or m', minimum=-10.0, maximum=10.0)
    trajectory: TrajectoryOptions = TrajectoryOptions()

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)
        check_tuple(self, 'joints', str)
        check_tuple(self, 'start_positions', float)
        if self.controller_name:
            check_name('controller_name', self.controller_name, 'left/arm_controller')
        if len(set(self.joints)) != len(self.joints):
            raise OptionsError(f'joints is {list(self.joints)}, but must name no joint twice')
        if not all(map(math.isfinite, self.start_positions)):
            raise OptionsError(f'start_positions is {list(self.start_positions)}, but must be '
                               'finite')

    @property
    def name(self) -> str:
        """What the controller is called."""
        return self.controller_name or DEFAULT_NAMES[self.controller]

    @property
    def topic(self) -> str:
        """Where commands are listened to."""
        return {Controller.JOINT_TRAJECTORY: f'{self.name}/joint_trajectory',
                Controller.FORWARD_COMMAND: f'{self.name}/commands',
                Controller.JOINT_COMMANDS: 'joint_commands'}[self.controller]
