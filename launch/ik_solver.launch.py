"""
Start the inverse kinematics node for any robot.

    ros2 launch ik_solver_node ik_solver.launch.py urdf_file:=my_robot.urdf

Without a urdf_file it waits for a robot_description, which robot_state_publisher publishes.
"""

from __future__ import annotations

from launch import LaunchContext, LaunchDescription
from launch.actions import DeclareLaunchArgument, OpaqueFunction
from launch.substitutions import LaunchConfiguration
from launch_ros.actions import Node
from launch_ros.parameter_descriptions import ParameterValue

PARAMETERS = {'urdf_file': str, 'base_link': str, 'tip_links': list[str], 'use_sim_time': bool}
TOPICS = ('robot_description', 'target_pose', 'target_point', 'target_orientation',
          'target_direction', 'target_poses', 'target_path', 'joint_states', 'joint_commands')


def generate_launch_description() -> LaunchDescription:
    """Declare the arguments and start the node with those that are given."""
    return LaunchDescription([
        DeclareLaunchArgument('urdf_file', default_value='', description=(
            'Robot model, a .urdf or .xacro file. Empty: the params_file names one, or the '
            'robot_description topic brings it')),
        DeclareLaunchArgument('base_link', default_value='', description=(
            'Link that targets are given in, where the chain starts. Empty: the root link')),
        DeclareLaunchArgument('tip_links', default_value='', description=(
            'Link that moves to the targets, as a list: "[tool0]"; or several, each to its '
            'own, on <tip>/target_pose. Empty: the one link that no joint follows')),
        DeclareLaunchArgument('params_file', default_value='', description=(
            'YAML file with parameters of the node; the other arguments come after it and win. '
            'Empty: the defaults of the node, as in config/ik_solver.yaml')),
        DeclareLaunchArgument('use_sim_time', default_value='', description=(
            'true: follow /clock of a simulator. Empty: as in the params_file, else false')),
        DeclareLaunchArgument('namespace', default_value='', description=(
            'Namespace of the node and its topics, to have several robots side by side')),
        DeclareLaunchArgument('log_level', default_value='info', description=(
            'Least severe messages to show: debug, info, warn, error or fatal')),
        DeclareLaunchArgument('respawn', default_value='false', description=(
            'true: start the node again if it dies')),
        DeclareLaunchArgument('robot_description_topic', default_value='robot_description',
                              description='In: robot model as text (std_msgs/String, latched)'),
        DeclareLaunchArgument('target_pose_topic', default_value='target_pose', description=(
            'In: where the tip shall go (geometry_msgs/PoseStamped)')),
        DeclareLaunchArgument('target_point_topic', default_value='target_point', description=(
            'In: where the tip shall go, in any orientation (geometry_msgs/PointStamped); '
            '/clicked_point for the Publish Point tool of RViz')),
        DeclareLaunchArgument('target_orientation_topic', default_value='target_orientation',
                              description=('In: how the tip shall be turned, anywhere '
                                           '(geometry_msgs/QuaternionStamped)')),
        DeclareLaunchArgument('target_direction_topic', default_value='target_direction',
                              description=('In: where an axis of the tip shall point, anywhere '
                                           '(geometry_msgs/Vector3Stamped)')),
        DeclareLaunchArgument('target_poses_topic', default_value='target_poses', description=(
            'In: straight lines from pose to pose (geometry_msgs/PoseArray)')),
        DeclareLaunchArgument('target_path_topic', default_value='target_path', description=(
            'In: the same (nav_msgs/Path)')),
        DeclareLaunchArgument('joint_states_topic', default_value='joint_states', description=(
            'Out: joint positions (sensor_msgs/JointState); in, if the parameter '
            'use_measured_state is true')),
        DeclareLaunchArgument('joint_commands_topic', default_value='joint_commands', description=(
            'Out, if the parameter use_measured_state is true: joint positions '
            '(sensor_msgs/JointState)')),
        OpaqueFunction(function=start_node),
    ])


def start_node(context: LaunchContext) -> list[Node]:
    """Return the node; an argument that is empty leaves its parameter or topic alone."""
    def given(name: str) -> str:
        return LaunchConfiguration(name).perform(context).strip()

    parameters = [given('params_file')] if given('params_file') else []
    parameters += [{name: ParameterValue(LaunchConfiguration(name), value_type=kind)}
                   for name, kind in PARAMETERS.items() if given(name)]
    return [Node(
        package='ik_solver_node', executable='ik_solver_node', name='ik_solver_node',
        namespace=given('namespace'), parameters=parameters, output='screen',
        remappings=[(topic, given(f'{topic}_topic') or topic) for topic in TOPICS],
        ros_arguments=['--log-level', given('log_level') or 'info'],
        respawn=LaunchConfiguration('respawn'), respawn_delay=1.0,
    )]
