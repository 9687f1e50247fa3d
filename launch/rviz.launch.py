"""
Show in RViz how a running node brings an arm to its targets, and drag them there.

    ros2 launch ik_solver_node ik_solver.launch.py urdf_file:=my_robot.urdf
    ros2 launch ik_solver_node rviz.launch.py urdf_file:=my_robot.urdf

It starts RViz, ``ik_solver_rviz``, and a second robot_state_publisher for the ghost, which is the
robot where it will be: its frames begin with ``ghost/``, and its root is where that of the robot
is. What tells where the robot itself is, its own robot_state_publisher, must run already.

Topics that ik_solver.launch.py was told to name otherwise are named so here, too, where one launch
file includes both.
"""

from __future__ import annotations

from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.urdf_file import read_urdf
from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction, Shutdown
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue
from launch_ros.substitutions import FindPackagePrefix, FindPackageShare

SHARE = FindPackageShare('ik_solver_node')
TOPICS = ('robot_description', 'target_pose', 'target_point', 'target_orientation',
          'target_direction', 'joint_states')
HANDLES = ('update', 'feedback', 'get_interactive_markers')
"""Topics and service of interactive markers."""


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments; check, and then start everything."""
    return LaunchDescription([
        DeclareLaunchArgument('urdf_file', default_value=PathJoinSubstitution(
            [SHARE, 'urdf', 'six_axis_arm.urdf']), description=(
                'Robot model, a .urdf or .xacro file: that of the node that runs')),
        DeclareLaunchArgument('rviz', default_value='true', description=(
            'true: start RViz; closing it ends everything that was launched with it')),
        DeclareLaunchArgument('markers', default_value='true', description=(
            'true: start what publishes markers, handles to drag and the ghost of the solution')),
        DeclareLaunchArgument('use_sim_time', default_value='false', description=(
            'true: all nodes follow /clock of a simulator')),
        DeclareLaunchArgument('namespace', default_value='', description=(
            'Namespace of the node that runs, and of those that are started')),
        DeclareLaunchArgument('fixed_frame', default_value='', description=(
            'Frame that stands still in RViz and in which clicked points are sent. Empty: the '
            'base_link, or else the root of the robot')),
        OpaqueFunction(function=start),
    ])


def start(context: LaunchContext) -> list[Node]:
    """Return all nodes, after a look whether they can be started: launch leaves them running."""
    def given(name: str, default: str = '') -> str:
        return context.launch_configurations.get(name, '').strip() or default

    def is_true(name: str) -> bool:
        return IfCondition(LaunchConfiguration(name)).evaluate(context)

    has_rviz, has_markers = is_true('rviz'), is_true('markers')
    for package in ['rviz2'] * has_rviz + ['robot_state_publisher', 'tf2_ros'] * has_markers:
        FindPackagePrefix(package).perform(context)
    urdf = read_urdf(given('urdf_file'))
    root = parse_urdf(urdf).root_link
    topics = {topic: given(f'{topic}_topic', topic) for topic in TOPICS}
    common = {'namespace': given('namespace'), 'output': 'screen'}
    time = {'use_sim_time': ParameterValue(LaunchConfiguration('use_sim_time'), value_type=bool)}
    nodes = []
    if has_markers:
        nodes += [
            Node(package='ik_solver_node', executable='ik_solver_rviz', parameters=[time],
                 remappings=topics.items(), **common),
            *ghost(urdf, root, time, common)]
    if has_rviz:
        nodes.append(viewer(given('fixed_frame') or given('base_link') or root, topics, time,
                            common))
    return nodes


def ghost(urdf: str, root: str, time: dict, common: dict) -> list[Node]:
    """Return what makes frames of the joints that ik_solver_rviz publishes for the ghost."""
    namespace = '/'.join(filter(None, [common['namespace'], 'ghost']))
    return [
        Node(package='robot_state_publisher', executable='robot_state_publisher',
             namespace=namespace, output=common['output'], parameters=[
                 {'robot_description': ParameterValue(urdf, value_type=str),
                  'frame_prefix': 'ghost/'}, time]),
        Node(package='tf2_ros', executable='static_transform_publisher', namespace=namespace,
             output=common['output'], parameters=[time],
             arguments=['--frame-id', root, '--child-frame-id', f'ghost/{root}']),
    ]


def viewer(fixed_frame: str, topics: dict[str, str], time: dict, common: dict) -> Node:
    """Return RViz; it knows absolute names, which are brought into the namespace."""
    return Node(
        package='rviz2', executable='rviz2', parameters=[time], on_exit=Shutdown(), **common,
        arguments=['-d', PathJoinSubstitution([SHARE, 'config', 'demo.rviz']), '-f', fixed_frame],
        remappings=[('/robot_description', topics['robot_description']),
                    ('/target_pose', topics['target_pose']),
                    ('/clicked_point', topics['target_point']),
                    ('/ik_markers', 'ik_markers'),
                    ('/ghost/robot_description', 'ghost/robot_description'),
                    *((f'/ik_handles/{name}', f'ik_handles/{name}') for name in HANDLES)])
