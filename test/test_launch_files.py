"""The launch files and what they refer to; run for real where launch_ros is installed."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
import re
import runpy
import sys
from threading import Thread
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.urdf_file import read_urdf
import numpy as np
import pytest
from robots import OWN_ROBOTS

ROOT = Path(__file__).resolve().parents[1]
LAUNCH_FILES = sorted((ROOT / 'launch').glob('*.launch.py'))
RVIZ_CONFIG = ROOT / 'config' / 'demo.rviz'
ARGUMENTS = {
    'ik_solver.launch.py': {
        'urdf_file', 'base_link', 'tip_links', 'params_file', 'use_sim_time', 'namespace',
        'log_level', 'respawn', 'robot_description_topic', 'target_pose_topic',
        'target_point_topic', 'target_orientation_topic', 'target_direction_topic',
        'target_poses_topic', 'target_path_topic', 'joint_states_topic', 'joint_commands_topic'},
    'rviz.launch.py': {'urdf_file', 'rviz', 'markers', 'use_sim_time', 'namespace',
                       'fixed_frame'},
    'demo.launch.py': {'robot', 'urdf_file', 'rviz', 'markers', 'view', 'targets', 'use_sim_time'},
    'mock_hardware.launch.py': {'mode', 'action', 'rviz', 'markers', 'targets'}}
INCLUDED = {'demo.launch.py': ARGUMENTS['ik_solver.launch.py'] | ARGUMENTS['rviz.launch.py']}
"""The arguments that a launch file takes over from another one."""
MOCK_XACRO = ROOT / 'urdf' / 'six_axis_arm_mock.urdf.xacro'
ROBOT_STATE_PUBLISHER = """
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String
rclpy.init()
node = rclpy.create_node('robot_state_publisher')
text = node.declare_parameter('robot_description', '').value
publisher = node.create_publisher(String, 'robot_description', QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
publisher.publish(String(data=text))
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
"""
"""As much of it as tells of the robot."""

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


def test_they_are_known() -> None:
    """All checks below look at each."""
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
    """Rosdep installs what is started, or it is asked for; our own executables exist."""
    scripts = (ROOT / 'setup.py').read_text()
    package_xml = ElementTree.parse(ROOT / 'package.xml')
    installed = {element.text for element in package_xml.iterfind('exec_depend')}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') == 'NEEDED':
            installed |= set(ast.literal_eval(node.value))
    for call in calls(path, 'Node'):
        package = ast.literal_eval(call['package'])
        if package == 'ik_solver_node':
            assert f"'{ast.literal_eval(call['executable'])} = " in scripts
        else:
            assert package in installed


def test_every_robot_can_be_chosen() -> None:
    """Those of the folder urdf, each with the tip that stands for it in other tests too."""
    for node in ast.walk(ast.parse((ROOT / 'launch' / 'demo.launch.py').read_text())):
        if isinstance(node, ast.Assign) and getattr(node.targets[0], 'id', '') == 'ROBOTS':
            assert ast.literal_eval(node.value) == {
                name: spec.tip for name, spec in OWN_ROBOTS.items()}
            return
    pytest.fail('demo.launch.py has no ROBOTS')


def test_setup_installs_what_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Launch files, the configuration of RViz and all robots are put into share."""
    data_files = dict(setup_arguments(monkeypatch)['data_files'])
    share = 'share/ik_solver_node'
    assert {path.name for path in LAUNCH_FILES} <= {
        Path(file).name for file in data_files[f'{share}/launch']}
    assert 'config/demo.rviz' in data_files[f'{share}/config']
    assert set(data_files[f'{share}/urdf']) == {
        f'urdf/{path.name}' for path in (ROOT / 'urdf').iterdir()}
    assert {f'urdf/{spec.file}' for spec in OWN_ROBOTS.values()} < set(data_files[f'{share}/urdf'])


def test_rviz_configuration() -> None:
    """Tools and displays of RViz are those of the demo, and the launch file knows the topics."""
    yaml = pytest.importorskip('yaml')
    manager = yaml.safe_load(RVIZ_CONFIG.read_text())['Visualization Manager']
    tools = {tool['Class'].partition('/')[2] for tool in manager['Tools']}
    assert {'Interact', 'PublishPoint'} <= tools
    displays = {display['Class'].partition('/')[2]: display for display in manager['Displays']}
    assert set(displays) == {'Grid', 'RobotModel', 'MarkerArray', 'InteractiveMarkers', 'TF',
                             'Pose', 'PointStamped'}
    topics = {item[key]['Value'] for item in (*manager['Displays'], *manager['Tools'])
              for key in ('Topic', 'Description Topic') if key in item}
    assert topics == {'/robot_description', '/ghost/robot_description', '/ik_markers',
                      '/target_pose', '/clicked_point'}
    source = (ROOT / 'launch' / 'rviz.launch.py').read_text()
    assert all(f"('{topic}', " in source for topic in topics)
    # What others show too is off: frames, and the target as a pose.
    assert [name for name, display in displays.items() if not display['Enabled']] == [
        'TF', 'Pose']


def test_rviz_looks_where_the_node_publishes() -> None:
    """The ghost in frames with a prefix, half transparent; markers and handles by their names."""
    yaml = pytest.importorskip('yaml')
    displays = yaml.safe_load(RVIZ_CONFIG.read_text())['Visualization Manager']['Displays']
    robot, ghost = (display for display in displays if 'RobotModel' in display['Class'])
    assert (robot['TF Prefix'], ghost['TF Prefix']) == ('', 'ghost')
    assert ghost['Alpha'] < 0.5 < robot['Alpha']
    source = (ROOT / 'launch' / 'rviz.launch.py').read_text()
    assert "'frame_prefix': 'ghost/'" in source
    markers, = (display for display in displays if 'MarkerArray' in display['Class'])
    for latched in (robot['Description Topic'], ghost['Description Topic'], markers['Topic']):
        assert latched['Durability Policy'] == 'Transient Local'
    handles, = (display for display in displays if 'InteractiveMarkers' in display['Class'])
    room = ROOT / 'ik_solver_node' / 'ros' / 'rviz'
    assert f"TOPICS = '{handles['Interactive Markers Namespace'][1:]}'" in (
        room / 'handles.py').read_text()
    drawn = set(re.findall(r"\('([a-z]+)', \d\): ", (room / 'markers.py').read_text()))
    assert set(markers['Namespaces']) == drawn


def test_mock_hardware_is_that_of_the_arm() -> None:
    """The xacro file adds hardware for each joint to the arm, and the node understands it."""
    pytest.importorskip('xacro')
    urdf = read_urdf(MOCK_XACRO)
    arm = KinematicChain.from_model(parse_urdf((ROOT / 'urdf/six_axis_arm.urdf').read_text()))
    chain = KinematicChain.from_model(parse_urdf(urdf))
    assert (chain.model.name, chain.joint_names) == (arm.model.name, arm.joint_names)
    hardware, = ElementTree.fromstring(urdf).iterfind('ros2_control')
    assert hardware.attrib['type'] == 'system'
    assert hardware.findtext('hardware/plugin') == 'mock_components/GenericSystem'
    joints = hardware.findall('joint')
    assert tuple(joint.attrib['name'] for joint in joints) == chain.joint_names
    for joint in joints:
        assert [one.attrib['name'] for one in joint.findall('command_interface')] == ['position']
        assert [one.attrib['name'] for one in joint.findall('state_interface')] == [
            'position', 'velocity']
    start = [float(joint.findtext('state_interface/param', '')) for joint in joints]
    assert (chain.clip(start) == start).all()
    assert np.linalg.svd(chain.jacobian(start))[1].min() > 0.05  # no singular posture


def test_mock_controllers_are_those_of_the_arm() -> None:
    """Joints in the order of the chain, and the names that launch file and node know."""
    yaml = pytest.importorskip('yaml')
    pytest.importorskip('xacro')
    told = yaml.safe_load((ROOT / 'config' / 'mock_controllers.yaml').read_text())
    manager = told.pop('controller_manager')['ros__parameters']
    name, = told
    assert set(manager) == {'update_rate', 'joint_state_broadcaster', name}
    controller = told[name]['ros__parameters']
    chain = KinematicChain.from_model(parse_urdf(read_urdf(MOCK_XACRO)))
    assert tuple(controller['joints']) == chain.joint_names
    assert controller['command_interfaces'] == ['position']
    assert controller['interpolate_from_desired_state'] is True
    for file in ('with_joint_trajectory_controller', 'with_follow_joint_trajectory'):
        node = yaml.safe_load((ROOT / 'config' / f'{file}.yaml').read_text())
        assert node['/**']['ros__parameters']['output']['controller'] == name
        assert f"'{file}.yaml'" in (ROOT / 'launch' / 'mock_hardware.launch.py').read_text()


# --- with ROS --------------------------------------------------------------------------------

RUN = f'exec "{sys.executable}" -m ik_solver_node.ros'


def install(prefix: Path, package: str, name: str, command: str) -> None:
    """Make it look to ROS as if a package with an executable was installed."""
    marker = prefix / 'share' / 'ament_index' / 'resource_index' / 'packages' / package
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.touch()
    executable = prefix / 'lib' / package / name
    executable.parent.mkdir(parents=True, exist_ok=True)
    executable.write_text(f'#!/bin/sh\ntouch "{prefix}/{name}.started"\n{command}\n')
    executable.chmod(0o755)


@pytest.fixture
def with_controllers(installed: Path) -> None:
    """Let the simulated arm of this package seem to be ros2_control."""
    script = installed / 'robot_state_publisher.py'
    script.write_text(ROBOT_STATE_PUBLISHER)
    for package, name, command in (
            ('robot_state_publisher', 'robot_state_publisher',
             f'exec "{sys.executable}" "{script}" "$@"'),
            ('controller_manager', 'ros2_control_node', f'{RUN}.stand_in "$@"'),
            ('controller_manager', 'spawner', f'echo "$@" > "{installed}/spawned"'),
            ('joint_state_broadcaster', 'none', ''), ('joint_trajectory_controller', 'none', '')):
        install(installed, package, name, command)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ros_domain: int) -> Path:
    """Make this source tree look installed to ROS; return the folder where it seems to be."""
    pytest.importorskip(
        'launch_ros', reason='launch_ros is not installed: it comes with a ROS 2 distribution')
    share = tmp_path / 'share' / 'ik_solver_node'
    share.mkdir(parents=True)
    for folder in ('launch', 'config', 'urdf'):
        (share / folder).symlink_to(ROOT / folder)
    for package, name, command in (
            ('ik_solver_node', 'ik_solver_node', f'{RUN} "$@"'),
            ('ik_solver_node', 'demo_targets', f'{RUN}.demo.targets "$@"'),
            ('ik_solver_node', 'ik_solver_rviz', f'{RUN}.rviz "$@"'),
            ('ik_solver_node', 'ik_solver_viewer',
             f'exec "{sys.executable}" -m ik_solver_node.viewer "$@"'),
            ('robot_state_publisher', 'robot_state_publisher', 'exit 0'),
            ('tf2_ros', 'static_transform_publisher', f'echo "$@" > "{tmp_path}/static"')):
        install(tmp_path, package, name, command)
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
                    parameters: list[str], accepts: Callable[[Any], bool] = lambda _: True,
                    ) -> tuple[Any, list[Any]]:
    """
    Run `service` until a message comes; return it, and what a node has for `parameters`.

    Messages that `accepts` does not take are passed over.
    """
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
        if not heard.done() and accepts(message):
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
    """Its own and, by inclusion, all of another launch file."""
    from launch import LaunchContext
    from launch.launch_description_sources import PythonLaunchDescriptionSource
    source = PythonLaunchDescriptionSource(str(path))
    arguments = source.get_launch_description(LaunchContext()).get_launch_arguments()
    assert {argument.name for argument in arguments} == (
        ARGUMENTS[path.name] | INCLUDED.get(path.name, set()))
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
    assert exit_codes == [0] * 6
    assert '--frame-id base_link --child-frame-id ghost/base_link' in (
        installed / 'static').read_text()


def test_demo_shows_what_it_does(installed: Path) -> None:
    """Markers in the namespace, of the targets on the topic that was told."""
    from visualization_msgs.msg import Marker, MarkerArray
    service, exit_codes = launch('demo.launch.py', {
        'rviz': 'false', 'namespace': 'left', 'target_pose_topic': 'goal',
        'joint_states_topic': 'joints'})
    message, values = run_until_heard(
        service, '/left/ik_markers', MarkerArray, '/left/ik_solver_rviz', ['use_sim_time'],
        lambda message: {'target', 'tip', 'trail', 'verdict'} <= {
            marker.ns for marker in message.markers if marker.action == Marker.ADD})
    assert message.markers[0].header.frame_id == 'base_link'
    assert values == [False]
    assert exit_codes == [0] * 6


def test_demo_without_markers(installed: Path) -> None:
    """Neither they nor a ghost."""
    from sensor_msgs.msg import JointState
    service, exit_codes = launch('demo.launch.py', {'rviz': 'false', 'markers': 'false'})
    run_until_heard(service, '/joint_states', JointState, '/ik_solver_node', ['urdf_file'])
    assert exit_codes == [0] * 3
    assert not (installed / 'ik_solver_rviz.started').exists()
    assert not (installed / 'static_transform_publisher.started').exists()


def test_rviz_is_shown_a_node_that_runs(installed: Path) -> None:
    """The viewer gets the configuration and all names in the namespace; its end is that of all."""
    install(installed, 'rviz2', 'rviz2', f'echo "$@" > "{installed}/told"')
    install(installed, 'ik_solver_node', 'ik_solver_rviz', 'exit 0')
    service, exit_codes = launch('rviz.launch.py', {
        'namespace': 'left', 'urdf_file': str(ROOT / 'urdf' / 'scara.urdf')})
    assert service.run() == 0
    assert exit_codes == [0] * 4
    told = (installed / 'told').read_text()
    assert 'config/demo.rviz -f base_link' in told and '__ns:=/left' in told
    for name in ('robot_description', 'ghost/robot_description', 'ik_markers',
                 'ik_handles/update', 'ik_handles/feedback',
                 'ik_handles/get_interactive_markers'):
        assert f'-r /{name}:={name}' in told


@pytest.mark.parametrize('arguments, tips, joints', [
    ({'robot': 'spider'}, ['foot_1'], 24),
    ({'robot': 'dual_arm', 'tip_links': '[left_tool0]'}, ['left_tool0'], 16),
    ({'robot': 'dual_arm', 'tip_links': '[left_tool0,right_tool0]', 'targets': 'false'},
     ['left_tool0', 'right_tool0'], 16)])
def test_demo_of_another_robot(arguments: dict[str, str], tips: list[str], joints: int,
                               installed: Path) -> None:
    """A name is enough, also where a robot has several tips; another one can be chosen."""
    from sensor_msgs.msg import JointState
    service, exit_codes = launch('demo.launch.py', {'rviz': 'false', **arguments})
    message, values = run_until_heard(
        service, '/joint_states', JointState, '/ik_solver_node', ['tip_links'])
    assert values == [tips]
    assert len(message.name) == joints
    assert exit_codes == [0] * (6 if 'targets' not in arguments else 5)


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
    assert exit_codes == [0] * 7


@pytest.mark.parametrize('name, value', [
    ('urdf_file', 'missing.urdf'), ('markers', 'perhaps'), ('rviz', 'perhaps')])
def test_rviz_with_a_mistake_starts_nothing(name: str, value: str, installed: Path) -> None:
    """As the demo does."""
    service, exit_codes = launch('rviz.launch.py', {'rviz': 'false', name: value})
    assert service.run() != 0
    assert exit_codes == [] and list(installed.glob('*.started')) == []


@pytest.mark.parametrize('name, value', [
    ('robot', 'toaster'), ('urdf_file', 'missing.urdf'), ('tip_links', 'no_list'),
    ('targets', 'perhaps'), ('markers', 'perhaps'), ('view', 'perhaps')])
def test_demo_with_a_mistake_starts_nothing(name: str, value: str, installed: Path) -> None:
    """When launch fails it leaves running what it has only just started, so nothing may be."""
    service, exit_codes = launch('demo.launch.py', {'rviz': 'false', name: value})
    assert service.run() != 0
    assert exit_codes == []
    assert list(installed.glob('*.started')) == []


@pytest.mark.parametrize('mode', ['move', 'track'])
def test_mock_hardware_is_moved(mode: str, installed: Path, with_controllers: None) -> None:
    """Targets, node and controller find each other; the spawner is told what to spawn."""
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
    service, exit_codes = launch('mock_hardware.launch.py', {'rviz': 'false', 'mode': mode})
    message, values = run_until_heard(
        service, '/ik_solver_node/solution', DiagnosticArray, '/ik_solver_node',
        ['motion.mode', 'output.kind', 'use_measured_state', 'robot_description'],
        lambda message: message.status[0].level == DiagnosticStatus.OK)
    assert message.header.frame_id == 'base_link'
    assert values == [mode, 'joint_trajectory', True, '']
    spawned = (installed / 'spawned').read_text().split()
    assert spawned[:3] == ['joint_state_broadcaster', 'joint_trajectory_controller',
                           '--param-file']
    assert Path(spawned[3]).samefile(ROOT / 'config' / 'mock_controllers.yaml')
    assert exit_codes == [0] * 8


def test_mock_hardware_without_ros2_control_starts_nothing(
        installed: Path, caplog: pytest.LogCaptureFixture) -> None:
    """It says what to install."""
    service, exit_codes = launch('mock_hardware.launch.py', {'rviz': 'false'})
    assert service.run() != 0
    assert exit_codes == [] and list(installed.glob('*.started')) == []
    assert ('not installed: controller_manager, joint_state_broadcaster, '
            'joint_trajectory_controller; run "sudo apt install ros-$ROS_DISTRO-ros2-control '
            'ros-$ROS_DISTRO-ros2-controllers"') in caplog.text


@pytest.mark.parametrize(('arguments', 'says'), [
    ({'mode': 'direct'}, 'mode'), ({'mode': 'track', 'action': 'true'}, "mode must be 'move'"),
    ({'targets': 'perhaps'}, 'perhaps')])
def test_mock_hardware_with_a_mistake_starts_nothing(
        arguments: dict[str, str], says: str, installed: Path, with_controllers: None,
        caplog: pytest.LogCaptureFixture) -> None:
    """And says which."""
    service, exit_codes = launch('mock_hardware.launch.py', {'rviz': 'false', **arguments})
    assert service.run() != 0
    assert exit_codes == [] and list(installed.glob('*.started')) == []
    assert says in caplog.text


def test_mock_hardware_by_its_action_needs_control_msgs(
        installed: Path, with_controllers: None) -> None:
    """The way out is the one that is asked for."""
    service, exit_codes = launch('mock_hardware.launch.py', {
        'rviz': 'false', 'targets': 'false', 'action': 'true'})
    if find_spec('control_msgs') is None:
        service.run()
        assert 1 in exit_codes
    else:
        from diagnostic_msgs.msg import DiagnosticArray
        _, values = run_until_heard(service, '/diagnostics', DiagnosticArray, '/ik_solver_node',
                                    ['output.kind'])
        assert values == ['follow_joint_trajectory']
