r"""
Show a robot in RViz, in a browser or both; it follows moving targets, or those that you set.

    ros2 launch ik_solver_node demo.launch.py
    ros2 launch ik_solver_node demo.launch.py robot:=spider
    ros2 launch ik_solver_node demo.launch.py urdf_file:=my_robot.urdf.xacro targets:=false
    ros2 launch ik_solver_node demo.launch.py view:=true rviz:=false targets:=false
    ros2 launch ik_solver_node demo.launch.py robot:=dual_arm \
        tip_links:="[left_tool0, right_tool0]" view:=true rviz:=false targets:=false

Every argument of ik_solver.launch.py and of rviz.launch.py can be given too.
"""

from __future__ import annotations

from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.urdf_file import read_urdf
from ik_solver_node.web import load_viser
from launch import LaunchContext, LaunchDescription
from launch.actions import (
    DeclareLaunchArgument, IncludeLaunchDescription, OpaqueFunction, SetLaunchConfiguration)
from launch.conditions import IfCondition
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackagePrefix, FindPackageShare

SHARE = FindPackageShare('ik_solver_node')
TOPICS = ('robot_description', 'target_pose', 'target_point', 'joint_states')
ROBOTS = {
    'planar_2r': 'tool0', 'planar_3r': 'tool0', 'scara': 'tool0', 'desk_arm': 'tool0',
    'six_axis_arm': 'tool0', 'seven_axis_arm': 'tool0', 'rail_arm': 'tool0',
    'dual_arm': 'right_tool0', 'tentacle': 'tool0', 'spider': 'foot_1'}
"""The robots of this package, and the tip that moves to the targets if no other is named."""


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; start the node and then what surrounds it."""
    return LaunchDescription([
        DeclareLaunchArgument('robot', default_value='six_axis_arm', choices=list(ROBOTS),
                              description='One of the robots that come with this package'),
        DeclareLaunchArgument('urdf_file', default_value='', description=(
            'A robot of your own, a .urdf or .xacro file. Empty: the one that `robot` names')),
        DeclareLaunchArgument('rviz', default_value='true', description=(
            'true: start RViz; closing it ends the demo')),
        DeclareLaunchArgument('markers', default_value='true', description=(
            'true: start what publishes markers, handles to drag and the ghost of the solution')),
        DeclareLaunchArgument('view', default_value='false', description=(
            'true: start the viewer, which prints the address of a page to open in a browser')),
        DeclareLaunchArgument('targets', default_value='true', description=(
            'true: send moving targets; false: wait for those that you drag, click or send')),
        DeclareLaunchArgument('use_sim_time', default_value='false', description=(
            'true: all nodes follow /clock of a simulator')),
        OpaqueFunction(function=choose_robot),
        OpaqueFunction(function=check_what_is_needed),
        # It declares the other arguments, so it comes before what reads them.
        included('ik_solver.launch.py'),
        OpaqueFunction(function=start_surroundings),
        included('rviz.launch.py'),
    ])


def choose_robot(context: LaunchContext) -> list[SetLaunchConfiguration]:
    """Return what sets file and tip of a robot of this package, unless another file is given."""
    if LaunchConfiguration('urdf_file').perform(context).strip():
        return []
    robot = LaunchConfiguration('robot').perform(context)
    # Not declared yet, so it is there only if somebody has named one.
    tip_links = LaunchConfiguration('tip_links', default='').perform(context).strip()
    file = PathJoinSubstitution([SHARE, 'urdf', f'{robot}.urdf'])
    return [SetLaunchConfiguration('urdf_file', file),
            SetLaunchConfiguration('tip_links', tip_links or f'[{ROBOTS[robot]}]')]


def included(name: str) -> IncludeLaunchDescription:
    """Return another launch file of this package, with the arguments that this one was given."""
    return IncludeLaunchDescription(PythonLaunchDescriptionSource(
        PathJoinSubstitution([SHARE, 'launch', name])))


def check_what_is_needed(context: LaunchContext) -> None:
    """Fail before anything is started: what launch has started when it fails is left running."""
    parse_urdf(read_urdf(LaunchConfiguration('urdf_file').perform(context)))
    FindPackagePrefix('robot_state_publisher').perform(context)
    for name, package in (('rviz', 'rviz2'), ('markers', 'tf2_ros')):
        if IfCondition(LaunchConfiguration(name)).evaluate(context):
            FindPackagePrefix(package).perform(context)
    if IfCondition(LaunchConfiguration('view')).evaluate(context):
        load_viser()
    IfCondition(LaunchConfiguration('targets')).evaluate(context)


def start_surroundings(context: LaunchContext) -> list[Node]:
    """Return the nodes beside the solver, in its namespace and on its topics."""
    def given(name: str) -> str:
        return LaunchConfiguration(name).perform(context).strip()

    description = {'robot_description': ParameterValue(
        read_urdf(given('urdf_file')), value_type=str)}
    chain = {name: ParameterValue(LaunchConfiguration(name), value_type=kind)
             for name, kind in (('base_link', str), ('tip_links', list[str])) if given(name)}
    time = {'use_sim_time': ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)}
    topics = {topic: given(f'{topic}_topic') for topic in TOPICS}
    common = {'namespace': given('namespace'), 'output': 'screen'}
    return [
        Node(package='robot_state_publisher', executable='robot_state_publisher',
             parameters=[description, time], remappings=topics.items(), **common),
        Node(package='ik_solver_node', executable='demo_targets',
             parameters=[description, chain, time], remappings=topics.items(),
             condition=IfCondition(given('targets')), **common),
        # The file, not the text: meshes may be given by their way from there.
        Node(package='ik_solver_node', executable='ik_solver_viewer', parameters=[
                {'urdf_file': ParameterValue(LaunchConfiguration('urdf_file'), value_type=str)},
                chain, time],
             remappings=topics.items(), condition=IfCondition(given('view')), **common),
    ]
