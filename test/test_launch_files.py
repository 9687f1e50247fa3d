"""The launch files and what they refer to; run for real where launch_ros is installed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
import runpy
import sys
from threading import Thread
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
LAUNCH_FILES = sorted((ROOT / 'launch').glob('*.launch.py'))
RVIZ_CONFIG = ROOT / 'config' / 'demo.rviz'
ARGUMENTS = {
    'ik_solver.launch.py': {
        'urdf_file', 'base_link', 'tip_links', 'params_file', 'use_sim_time', 'namespace',
        'log_level', 'respawn', 'robot_description_topic', 'target_pose_topic',
        'target_point_topic', 'target_orientation_topic', 'target_direction_topic',
        'joint_states_topic', 'joint_commands_topic'},
    'demo.launch.py': {'urdf_file', 'rviz', 'view', 'targets', 'use_sim_time', 'fixed_frame'}}

START_TIMEOUT = 120.0
"""So long may the node take until it is running [s]; it may have to compile first."""

each_launch_file = pytest.mark.parametrize('path', LAUNCH_FILES, ids=lambda path: path.name)


# --- without ROS -----------------------------------------------------------------------------

def calls(path: Path, name: str) -> Iterator[dict[str, ast.expr]]:
    """Yield the keyword arguments of each call of `name`; the first positional one as ''."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and getattr(node.func, 'id', '') == name:
            yield {'': node.args[0] if node.args else ast.Constant(None),
                   **{str(keyword.arg): keyword.value for keyword in node.keywords}}


def setup_arguments(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return what setup.py passes to setup()."""
    passed: dict[str, Any] = {}
    fake = SimpleNamespace(setup=passed.update, find_packages=lambda **_: [])
    monkeypatch.setitem(sys.modules, 'setuptools', fake)
    monkeypatch.chdir(ROOT)
    runpy.run_path('setup.py')
    return passed


def test_there_are_two() -> None:
    """All checks below look at both."""
    assert {path.name for path in LAUNCH_FILES} == set(ARGUMENTS)


@each_launch_file
def test_every_argument_is_described(path: Path) -> None:
    """What `ros2 launch --show-args` lists is complete and says more than a name."""
    declared = {}
    for call in calls(path, 'DeclareLaunchArgument'):
        declared[ast.literal_eval(call[''])] = ast.literal_eval(call['description'])
    assert set(declared) == ARGUMENTS[path.name]
    assert all(len(description.split()) > 3 for description in declared.values())


@each_launch_file
def test_started_packages_are_dependencies(path: Path) -> None:
    """Rosdep installs what is started, and our own executables exist."""
    scripts = (ROOT / 'setup.py').read_text()
    package_xml = ElementTree.parse(ROOT / 'package.xml')
    installed = {element.text for element in package_xml.iterfind('exec_depend')}
    for call in calls(path, 'Node'):
        package = ast.literal_eval(call['package'])
        if package == 'ik_solver_node':
            assert f"'{ast.literal_eval(call['executable'])} = " in scripts
        else:
            assert package in installed


def test_setup_installs_what_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Launch files, the configuration of RViz and the default robot are put into share."""
    data_files = dict(setup_arguments(monkeypatch)['data_files'])
    share = 'share/ik_solver_node'
    assert {path.name for path in LAUNCH_FILES} <= {
        Path(file).name for file in data_files[f'{share}/launch']}
    assert 'config/demo.rviz' in data_files[f'{share}/config']
    assert 'urdf/six_axis_arm.urdf' in data_files[f'{share}/urdf']


def test_rviz_configuration() -> None:
    """Tools and displays of RViz are those of the demo, and the launch file knows the topics."""
    yaml = pytest.importorskip('yaml')
    manager = yaml.safe_load(RVIZ_CONFIG.read_text())['Visualization Manager']
    tools = {tool['Class'].partition('/')[2] for tool in manager['Tools']}
    assert {'Interact', 'PublishPoint'} <= tools
    displays = {display['Class'].partition('/')[2]: display for display in manager['Displays']}
    assert set(displays) == {'Grid', 'RobotModel', 'TF', 'Pose', 'PointStamped'}
    assert displays['RobotModel']['Description Topic']['Durability Policy'] == 'Transient Local'
    topics = {item[key]['Value'] for item in (*displays.values(), *manager['Tools'])
              for key in ('Topic', 'Description Topic') if key in item}
    assert topics == {'/robot_description', '/target_pose', '/clicked_point'}
    source = (ROOT / 'launch' / 'demo.launch.py').read_text()
    assert all(f"('{topic}', topics[" in source for topic in topics)


# --- with ROS --------------------------------------------------------------------------------

@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ros_domain: int) -> Path:
    """Make this source tree look installed to ROS; return the folder where it seems to be."""
    pytest.importorskip(
        'launch_ros', reason='launch_ros is not installed: it comes with a ROS 2 distribution')
    share = tmp_path / 'share' / 'ik_solver_node'
    share.mkdir(parents=True)
    for folder in ('launch', 'config', 'urdf'):
        (share / folder).symlink_to(ROOT / folder)
    run = f'exec "{sys.executable}" -m ik_solver_node.ros'
    for package, name, command in (
            ('ik_solver_node', 'ik_solver_node', f'{run} "$@"'),
            ('ik_solver_node', 'demo_targets', f'{run}.demo_targets "$@"'),
            ('ik_solver_node', 'ik_solver_viewer',
             f'exec "{sys.executable}" -m ik_solver_node.viewer "$@"'),
            ('robot_state_publisher', 'robot_state_publisher', 'exit 0')):
        marker = tmp_path / 'share' / 'ament_index' / 'resource_index' / 'packages' / package
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
        executable = tmp_path / 'lib' / package / name
        executable.parent.mkdir(parents=True, exist_ok=True)
        executable.write_text(f'#!/bin/sh\ntouch "{tmp_path}/{name}.started"\n{command}\n')
        executable.chmod(0o755)
    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path), prepend=':')
    monkeypatch.setenv('PYTHONPATH', str(ROOT), prepend=':')
    return tmp_path


def launch(name: str, arguments: dict[str, str]) -> tuple[Any, list[int]]:
    """Return a service that runs a launch file, and a list for the exit codes of its processes."""
    from launch import LaunchDescription, LaunchService
    from launch.actions import (
        IncludeLaunchDescription, RegisterEventHandler, Shutdown, TimerAction)
    from launch.event_handlers import OnProcessExit
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    exit_codes: list[int] = []

    def on_exit(event: Any, context: Any) -> Any:
        exit_codes.append(event.returncode)
        return Shutdown(reason='a process failed') if event.returncode else None

    service = LaunchService(noninteractive=True)
    service.include_launch_description(LaunchDescription([
        RegisterEventHandler(OnProcessExit(on_exit=on_exit)),
        TimerAction(period=START_TIMEOUT, actions=[Shutdown(reason='it took too long')]),
        IncludeLaunchDescription(
            PythonLaunchDescriptionSource(str(ROOT / 'launch' / name)),
            launch_arguments=arguments.items()),
    ]))
    return service, exit_codes


def run_until_heard(service: Any, topic: str, kind: Any, node_name: str,
                    parameters: list[str]) -> tuple[Any, list[Any]]:
    """Run `service` until a message comes; return it, and what a node has for `parameters`."""
    from rcl_interfaces.srv import GetParameters
    import rclpy
    from rclpy.executors import SingleThreadedExecutor
    from rclpy.parameter import parameter_value_to_python
    from rclpy.task import Future
    context = rclpy.Context()
    rclpy.init(context=context)
    executor = SingleThreadedExecutor(context=context)
    node = rclpy.create_node('listener', context=context)
    executor.add_node(node)
    heard, values = Future(), Future()
    client = node.create_client(GetParameters, f'{node_name}/get_parameters')

    def ask(message: Any) -> None:
        if not heard.done():
            heard.set_result(message)
            request = client.call_async(GetParameters.Request(names=parameters))
            request.add_done_callback(lambda answer: values.set_result(answer.result().values))

    def listen() -> None:
        node.create_subscription(kind, topic, ask, 10)
        executor.spin_until_future_complete(values)
        service.shutdown()

    listener = Thread(target=listen)
    listener.start()
    service.run()
    if not values.done():  # the node has died, or takes too long
        values.set_result(None)
    listener.join()
    context.shutdown()
    assert values.result() is not None, f'nothing was heard on {topic}'
    return heard.result(), [parameter_value_to_python(value) for value in values.result()]


@each_launch_file
def test_ros_finds_the_arguments(path: Path, installed: Path) -> None:
    """The demo takes its own arguments and, by inclusion, all of the other launch file."""
    from launch import LaunchContext
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    source = PythonLaunchDescriptionSource(str(path))
    arguments = source.get_launch_description(LaunchContext()).get_launch_arguments()
    assert {argument.name for argument in arguments} == (
        ARGUMENTS[path.name] | ARGUMENTS['ik_solver.launch.py'])
    assert all(argument.default_value is not None for argument in arguments)


def test_node_runs_as_told(installed: Path) -> None:
    """The node starts with the names, topics and parameters given, and ends cleanly."""
    from sensor_msgs.msg import JointState
    service, exit_codes = launch('ik_solver.launch.py', {
        'urdf_file': str(ROOT / 'urdf' / 'six_axis_arm.urdf'), 'tip_links': '[tool0]',
        'use_sim_time': 'true', 'namespace': 'left', 'joint_states_topic': 'arm/joint_states'})
    message, values = run_until_heard(
        service, '/left/arm/joint_states', JointState, '/left/ik_solver_node',
        ['use_sim_time', 'tip_links', 'base_link'])
    assert list(message.name) == [f'joint_{number}' for number in range(1, 7)]
    assert values == [True, ['tool0'], '']
    assert exit_codes == [0]


def test_parameters_file_stays_where_no_argument_is_given(installed: Path) -> None:
    """Arguments left empty do not overwrite parameters; those that are given do."""
    from sensor_msgs.msg import JointState
    parameters = installed / 'parameters.yaml'
    parameters.write_text(
        '/**: {ros__parameters: {base_link: shoulder_link, tip_links: [tool0], '
        f'urdf_file: {ROOT}/urdf/six_axis_arm.urdf, publish_rate: 50.0}}}}')
    service, exit_codes = launch('ik_solver.launch.py', {
        'params_file': str(parameters), 'tip_links': '[flange_link]'})
    _, values = run_until_heard(service, '/joint_states', JointState, '/ik_solver_node',
                                ['base_link', 'tip_links', 'publish_rate', 'use_sim_time'])
    assert values == ['shoulder_link', ['flange_link'], 50.0, False]
    assert exit_codes == [0]


def test_demo_reaches_targets(installed: Path) -> None:
    """The source of targets and the node find each other in the namespace; all end cleanly."""
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
    service, exit_codes = launch('demo.launch.py', {
        'rviz': 'false', 'namespace': 'left', 'target_pose_topic': 'goal',
        'base_link': 'shoulder_link', 'tip_links': '[flange_link]'})
    message, values = run_until_heard(
        service, '/left/ik_solver_node/solution', DiagnosticArray, '/left/demo_targets',
        ['base_link', 'tip_links'])
    assert message.header.frame_id == 'shoulder_link'
    assert message.status[0].level == DiagnosticStatus.OK
    assert values == ['shoulder_link', ['flange_link']]
    assert exit_codes == [0, 0, 0]


def test_demo_shows_the_robot_on_a_page(installed: Path) -> None:
    """The viewer runs in the namespace, knows the robot, and ends cleanly with the others."""
    from diagnostic_msgs.msg import DiagnosticArray
    pytest.importorskip('viser')
    service, exit_codes = launch('demo.launch.py', {
        'rviz': 'false', 'view': 'true', 'namespace': 'left', 'tip_links': '[flange_link]'})
    _, values = run_until_heard(
        service, '/left/ik_solver_node/solution', DiagnosticArray, '/left/ik_solver_viewer',
        ['urdf_file', 'tip_links', 'use_sim_time'])
    assert values == [str(installed / 'share/ik_solver_node/urdf/six_axis_arm.urdf'),
                      ['flange_link'], False]
    assert exit_codes == [0, 0, 0, 0]


@pytest.mark.parametrize('name, value', [
    ('urdf_file', 'missing.urdf'), ('tip_links', 'no_list'), ('targets', 'perhaps'),
    ('view', 'perhaps')])
def test_demo_with_a_mistake_starts_nothing(name: str, value: str, installed: Path) -> None:
    """When launch fails it leaves running what it has only just started, so nothing may be."""
    service, exit_codes = launch('demo.launch.py', {'rviz': 'false', name: value})
    assert service.run() != 0
    assert exit_codes == []
    assert list(installed.glob('*.started')) == []
