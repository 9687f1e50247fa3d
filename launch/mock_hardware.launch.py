"""
Move an arm of ros2_control that is not there: real controllers, mock hardware.

    ros2 launch ik_solver_node mock_hardware.launch.py
    ros2 launch ik_solver_node mock_hardware.launch.py action:=true targets:=false
    ros2 launch ik_solver_node mock_hardware.launch.py mode:=track rviz:=false

It needs ros2_control and ros2_controllers, and says so where they are missing: this package does
not depend on them, because a machine that only solves and publishes needs no controllers.

It was written after the documentation and the sources of ros2_control (Humble, Jazzy, Kilted), and
run with ``ik_solver_stand_in`` in the place of the controller manager, not on ros2_control itself.
"""

from __future__ import annotations

from typing import Any

from ik_solver_node.urdf_file import read_urdf
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction, Shutdown)
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackagePrefix, FindPackageShare

SHARE = FindPackageShare('ik_solver_node')
CONTROLLERS = PathJoinSubstitution([SHARE, 'config', 'mock_controllers.yaml'])
NEEDED = {
    'controller_manager': 'ros2-control', 'joint_state_broadcaster': 'ros2-controllers',
    'joint_trajectory_controller': 'ros2-controllers',
    'robot_state_publisher': 'robot-state-publisher'}
"""What has to be installed, and the Debian package that brings it."""
TARGET_RATES = {'move': 0.5, 'track': 20.0}
"""How often targets are sent [Hz]: each is reached, or all together are a stream."""


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; check, and then start everything."""
    return LaunchDescription([
        DeclareLaunchArgument('mode', default_value='move', choices=list(TARGET_RATES),
                              description=('move: a whole motion to each target; track: a stream '
                                           'of targets is followed')),
        DeclareLaunchArgument('action', default_value='false', description=(
            'true: motions are goals of the action follow_joint_trajectory, in the mode move '
            'only; false: they are published on the topic joint_trajectory')),
        DeclareLaunchArgument('rviz', default_value='true', description=(
            'true: start RViz; closing it ends everything')),
        DeclareLaunchArgument('markers', default_value='true', description=(
            'true: start what publishes markers, handles to drag and the ghost of the solution')),
        DeclareLaunchArgument('targets', default_value='true', description=(
            'true: send moving targets; false: wait for those that you drag, click or send')),
        OpaqueFunction(function=start),
    ])


def start(context: LaunchContext) -> list[Any]:
    """Return all nodes, after a look whether they can be started: launch leaves them running."""
    def is_true(name: str) -> bool:
        return IfCondition(LaunchConfiguration(name)).evaluate(context)

    has_rviz, has_targets, by_action = is_true('rviz'), is_true('targets'), is_true('action')
    mode = LaunchConfiguration('mode').perform(context)
    check_what_is_needed(context, NEEDED | ({'rviz2': 'rviz2'} if has_rviz else {})
                         | ({'tf2_ros': 'tf2-ros'} if is_true('markers') else {}))
    if by_action and mode != 'move':
        raise RuntimeError(f'action is true, but mode is {mode!r}; a goal is a whole motion, so '
                           "mode must be 'move'")
    file = PathJoinSubstitution(
        [SHARE, 'urdf', 'six_axis_arm_mock.urdf.xacro']).perform(context)
    urdf = read_urdf(file)
    nodes: list[Any] = [*controlled_arm(urdf), solver(mode, by_action)]
    if has_targets:
        nodes.append(Node(
            package='ik_solver_node', executable='demo_targets', output='screen',
            parameters=[description_of(urdf), {'rate': TARGET_RATES[mode]}]))
    return [*nodes, IncludeLaunchDescription(
        PythonLaunchDescriptionSource(PathJoinSubstitution([SHARE, 'launch', 'rviz.launch.py'])),
        launch_arguments={'urdf_file': file}.items())]


def check_what_is_needed(context: LaunchContext, needed: dict[str, str]) -> None:
    """Say what is missing, and how to install it, before anything is started."""
    missing = []
    for package in needed:
        try:
            FindPackagePrefix(package).perform(context)
        except LookupError:
            missing.append(package)
    if missing:
        names = dict.fromkeys(f'ros-$ROS_DISTRO-{needed[package]}' for package in missing)
        raise RuntimeError(f'not installed: {", ".join(missing)}; run "sudo apt install '
                           f'{" ".join(names)}"')


def description_of(urdf: str) -> dict[str, ParameterValue]:
    """Return the robot as a parameter."""
    return {'robot_description': ParameterValue(urdf, value_type=str)}


def controlled_arm(urdf: str) -> list[Node]:
    """Return the nodes of ros2_control: the arm, its controllers, and what starts those."""
    def end_if_failed(event: Any, context: LaunchContext) -> list[Shutdown]:
        return [Shutdown(reason='the controllers were not started')] if event.returncode else []

    return [
        Node(package='robot_state_publisher', executable='robot_state_publisher', output='screen',
             parameters=[description_of(urdf)]),
        # On Humble the controller manager looks for the robot under its own name.
        Node(package='controller_manager', executable='ros2_control_node', output='screen',
             parameters=[CONTROLLERS], on_exit=Shutdown(),
             remappings=[('~/robot_description', 'robot_description')]),
        Node(package='controller_manager', executable='spawner', output='screen',
             arguments=['joint_state_broadcaster', 'joint_trajectory_controller',
                        '--param-file', CONTROLLERS],
             on_exit=end_if_failed),
    ]


def solver(mode: str, by_action: bool) -> Node:
    """Return the node that turns targets into motions of this controller."""
    file = ('with_follow_joint_trajectory.yaml' if by_action
            else 'with_joint_trajectory_controller.yaml')
    return Node(
        package='ik_solver_node', executable='ik_solver_node', name='ik_solver_node',
        output='screen',
        parameters=[PathJoinSubstitution([SHARE, 'config', file]), {'motion.mode': mode}])
