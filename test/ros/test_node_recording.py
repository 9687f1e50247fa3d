"""A node that records itself: what is in the file, and how it gets there and ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
import importlib.util
import math
import os
from pathlib import Path
import signal
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from geometry_msgs.msg import Point, Pose, PoseArray, Quaternion
from harness import (Client, connected_client, NodeProcess, planar_tip, running_node,
                     START_TIMEOUT, URDF)
from ik_solver_node.record.drawing import png_of
from ik_solver_node.record.history import history_of
from ik_solver_node.record.reading import Message, read_recording, Recording
from ik_solver_node.record.replay import replay, Sameness
from ik_solver_node.ros.conversions import stamp_to_ns
import pytest
from rclpy.publisher import Publisher
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import JointState
from test_node_motion import trigger

pytest.importorskip('mcap')
pytest.importorskip('mcap_ros2')

ARM = URDF / 'planar_2r.urdf'
SIX_AXES = URDF / 'six_axis_arm.urdf'


@pytest.fixture(scope='module', autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use one ROS domain for the nodes of this module."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        yield


def stamp_of(message: Any) -> int:
    """Return the stamp of a message, sent or recorded [ns]."""
    return stamp_to_ns(message.header.stamp)


def stream(client: Client, count: int = 30) -> None:
    """Send targets that move on slowly, some that are none or out of reach, and leaps."""
    for start in (0.5, -0.9):
        for step in range(count):
            client.answer(client.send_point(*planar_tip(start + 0.01 * step, 1.0)))
        client.answer(client.send_point(math.nan, 0.5))
        client.answer(client.send_point(3.0, 0.5))
        client.answer(client.send_pose(0.3, 0.4, yaw=2.0))
    client.answer(client.send_direction(-1.0, 0.0, 0.0))
    client.answer(client.send_orientation(0.0, 0.0, 0.0, 1.0))


def by_topic(recording: Recording) -> dict[str, list[Message]]:
    """Return the messages of each topic."""
    topics: dict[str, list[Message]] = {}
    for message in recording.messages:
        topics.setdefault(message.topic, []).append(message)
    return topics


def with_time(told: Any) -> int:
    """Return how many answers are the same, or may differ for want of time alone."""
    assert told.is_same, told.differences
    return told.targets


def test_a_stream_is_recorded_replayed_and_drawn(tmp_path: Path) -> None:
    """Whole after Ctrl-C: each target, answer and joint state as they went over the wire."""
    bag = tmp_path / 'bag'
    with running_node('-p', f'urdf_file:={ARM}', '-p', f'record:={bag}') as node:
        node.wait_for('recording to ')
        with connected_client() as client:
            client.connect()
            stream(client)
            assert client.set_parameter('solver.max_restarts', 50) == (True, '')
            assert client.set_parameter('target.tool_position', [0.0, 0.1, 0.0]) == (True, '')
            client.reach_point(0.3, 0.5)
            assert client.set_together(limits__joints=['joint_1'], limits__lower=[-1.0],
                                       limits__upper=[1.0]) == (True, '')
            stream(client, 5)
            client.next_diagnostics(lambda status: True)
    recording = read_recording(bag)
    assert recording.is_complete
    topics = by_topic(recording)
    answers = {stamp_of(message.value): message.value.status[0]
               for message in topics['/ik_solver_node/solution']}
    assert len(answers) == len(topics['/ik_solver_node/solution'])
    for sent in client.solutions:
        assert answers[stamp_of(sent)].message == sent.status[0].message
    joints = {stamp_of(message.value): message.value for message in topics['/joint_states']}
    for sent in client.joint_states:
        assert list(joints[stamp_of(sent)].position) == list(sent.position)
    targets = [message for topic in topics if topic.startswith('/target_')
               for message in topics[topic]]
    assert {stamp_of(message.value) for message in targets} == set(answers)
    assert {stamp_of(one) for one in client.diagnostics} <= {
        stamp_of(message.value) for message in topics['/diagnostics']}
    assert topics['/robot_description'][0].value.data == ARM.read_text()
    check_parameters(topics['/parameter_events'])
    check_times(recording)
    told = replay(recording)
    refused = sum(values_of(status)['verdict'] == 'refused' for status in answers.values())
    assert with_time(told) == len(answers) - refused
    check_picture(recording)
    check_with_rosbags(bag, recording)


def values_of(status: Any) -> dict[str, str]:
    """Return the values of a recorded status by key."""
    return {pair.key: pair.value for pair in status.values}


def check_parameters(events: list[Message]) -> None:
    """Check that all parameters come first, then what has changed."""
    names = [parameter.name for parameter in events[0].value.new_parameters]
    assert 'solver.max_restarts' in names and 'seed_timeout' in names
    assert [[one.name for one in event.value.changed_parameters] for event in events[1:]] == [
        ['solver.max_restarts'], ['target.tool_position'],
        ['limits.joints', 'limits.lower', 'limits.upper']]
    assert events[1].value.changed_parameters[0].value.integer_value == 50
    assert events[0].value.node == '/ik_solver_node'


def check_times(recording: Recording) -> None:
    """Check that they are in order, about as stamped, and targets before answers."""
    times = [message.time for message in recording.messages]
    assert times == sorted(times)
    for message in recording.messages:
        if message.topic.startswith(('/target_', '/joint_states')):
            assert abs(message.time - stamp_of(message.value)) < 5e9
    history = history_of(recording)
    assert 0.0 < min(history.latency.values)


def check_picture(recording: Recording) -> None:
    """Check that it can be drawn, and is not blank."""
    image = pytest.importorskip('matplotlib.image')
    from io import BytesIO
    picture = image.imread(BytesIO(png_of(history_of(recording))), format='png')
    assert min(picture.shape[:2]) >= 1000
    assert picture[:, :, :3].std() > 0.05


def check_with_rosbags(bag: Path, recording: Recording) -> None:
    """Check that others, who have nothing in common with our reader, see the same."""
    highlevel = pytest.importorskip('rosbags.highlevel')
    with highlevel.AnyReader([bag]) as reader:
        seen = [(connection.topic, time, reader.deserialize(data, connection.msgtype))
                for connection, time, data in reader.messages()]
    assert Counter(topic for topic, _, _ in seen) == Counter(
        message.topic for message in recording.messages)
    by_time = {(message.topic, message.time): message.value for message in recording.messages}
    for topic, time, value in seen:
        if topic == '/joint_states':
            assert value.position.tolist() == list(by_time[topic, time].position)
        elif topic == '/ik_solver_node/tracker':
            assert values_of(value.status[0]) == values_of(by_time[topic, time].status[0])


def driver_of(client: Client) -> Publisher:
    """Return what publishes measured joints, once the node listens."""
    publisher = client.node.create_publisher(JointState, 'joint_states', qos_profile_sensor_data)
    client.spin_until(publisher.get_subscription_count, 'subscription to joint states')
    return publisher


def test_a_measured_arm_is_replayed(tmp_path: Path) -> None:
    """With the measured positions that were used, and where pauses began a new motion."""
    file = tmp_path / 'run.mcap'
    with running_node('-p', f'urdf_file:={SIX_AXES}', '-p', 'use_measured_state:=true', '-p',
                      'seed_timeout:=0.05', '-p', f'record:={file}') as node:
        node.wait_for('recording to ')
        with connected_client(joints_topic='joint_commands') as client:
            client.connect(moves=False)
            publisher = driver_of(client)
            names = [f'joint_{number}' for number in range(1, 7)]
            for motion in range(4):
                for step in range(10):
                    publisher.publish(JointState(name=names, position=[
                        0.1 * motion, 0.2, -0.5, 0.01 * step, 0.3, 0.1 / 3.0]))
                    client.spin_for(0.01)
                    client.answer(client.send_point(0.5, 0.02 * step - 0.1, 0.6))
                client.spin_for(0.1)
    recording = read_recording(file)
    topics = by_topic(recording)
    kinds = Counter(message.value.status[0].name
                    for message in topics['/ik_solver_node/tracker'])
    assert kinds['reset'] >= 3
    assert any('0.03333333333333333' in values_of(message.value.status[0]).get('measured', '')
               for message in topics['/ik_solver_node/tracker'])
    assert {stamp_of(sent) for sent in client.joint_states} == {
        stamp_of(message.value) for message in topics['/joint_commands']}
    assert with_time(replay(recording)) == kinds['track'] >= 30


def test_a_timed_motion_is_recorded_and_reported(tmp_path: Path) -> None:
    """What is measured, at no more than 333 Hz; straight lines, limits, a stop, and the way."""
    file = tmp_path / 'run.mcap'
    with running_node('-p', f'urdf_file:={ARM}', '-p', 'use_measured_state:=true', '-p',
                      'motion.mode:=move', '-p', 'output.kind:=joint_trajectory', '-p',
                      'watch.max_deviation:=0.0', '-p', 'measured_timeout:=60.0', '-p',
                      f'record:={file}') as node:
        node.wait_for('recording to ')
        with connected_client(joints_topic='joint_commands') as client:
            client.connect(moves=False)
            publisher = driver_of(client)
            arm = JointState(name=['joint_2', 'joint_1', 'gripper'], position=[0.5, 0.5, 0.0])
            strange = JointState(name=['gripper'], position=[0.5])
            for _ in range(300):
                publisher.publish(arm)
                publisher.publish(strange)
                client.spin_for(0.001)
            client.answer(client.send_point(*planar_tip(0.6, 0.7)))
            for _ in range(100):
                publisher.publish(arm)
                client.spin_for(0.01)
            poses = client.node.create_publisher(PoseArray, 'target_poses', 1)
            client.spin_until(poses.get_subscription_count, 'subscription to lines')
            told = len(client.solutions)
            poses.publish(PoseArray(poses=[pose_at(*planar_tip(0.5, 0.6))]))
            client.spin_until(lambda: len(client.solutions) > told, 'answer to the lines')
            assert trigger(client, 'stop').success
            client.next_diagnostics(lambda status: 'stopped by the service' in status.message)
    recording = read_recording(file)
    topics = by_topic(recording)
    measured = topics['/joint_states']
    assert {tuple(message.value.name) for message in measured} == {tuple(arm.name)}
    gaps = [after.time - before.time for before, after in zip(measured, measured[1:])]
    assert len(measured) > 50 and min(gaps) >= 3_000_000
    assert topics['/joint_trajectory_controller/joint_trajectory']
    history = history_of(recording)
    assert (history.mode, history.output) == ('move', 'joint_trajectory')
    assert history.stops[-1].reasons == 'stop' and len(history.lines) == 1
    joint = history.joints['joint_1']
    assert math.isfinite(joint.acceleration_limit)
    assert len(joint.measured.times) == len(measured)
    assert joint.commanded.positions.max() > 0.55 and len(history.measured_errors)
    told = replay(recording)
    assert told.lines == 1 and with_time(told) >= 1
    check_picture(recording)


def pose_at(x: float, y: float) -> Pose:
    """Return a pose of the plane, turned as the tip is there."""
    return Pose(position=Point(x=x, y=y),
                orientation=Quaternion(z=math.sin(0.55), w=math.cos(0.55)))


def test_a_new_description_begins_anew(tmp_path: Path) -> None:
    """It is recorded, and the replay goes over to it with the node."""
    file = tmp_path / 'run.mcap'
    with running_node('-p', f'record:={file}', '-p', 'base_link:=base_link', '-p',
                      'tip_links:=[tool0]', until='waiting for robot_description') as node:
        with connected_client() as client:
            publish = client.description_publisher()
            publish(ARM.read_text())
            client.spin_until(lambda: ']: ready: ' in node.output, 'chain', START_TIMEOUT)
            client.connect()
            client.reach_point(0.3, 0.5)
            publish('<robot/>')
            client.spin_until(lambda: 'robot_description refused' in node.output, 'refusal')
            client.reach_point(0.3, 0.4)
            publish(SIX_AXES.read_text())
            client.spin_until(lambda: "ready: robot 'six_axis_arm'" in node.output, 'chain')
            client.answer(client.send_point(0.5, 0.1, 0.6))
    recording = read_recording(file)
    told = [message.value.data for message in by_topic(recording)['/robot_description']]
    assert told == [ARM.read_text(), SIX_AXES.read_text()]
    assert with_time(replay(recording)) >= 4
    assert history_of(recording).robot == 'six_axis_arm'


def test_a_killed_node_leaves_what_is_older_than_a_second(tmp_path: Path) -> None:
    """Up to the last chunk."""
    file = tmp_path / 'run.mcap'
    node = NodeProcess('-p', f'urdf_file:={ARM}', '-p', f'record:={file}')
    try:
        node.wait_for('] [ik_solver_node]: ready: ', START_TIMEOUT)
        with connected_client() as client:
            client.connect()
            client.reach_point(0.3, 0.5)
            last = stamp_of(client.solutions[-1])

            def is_kept() -> bool:
                """Return whether the answer can be read from the file."""
                return any(stamp_of(message.value) == last for message in
                           by_topic(read_recording(file)).get('/ik_solver_node/solution', []))

            client.spin_until(is_kept, 'answer in the file')
        left = shared_memory_of(node)
    finally:
        node._process.kill()
    node.wait_for_end()
    for path in left:
        path.unlink(missing_ok=True)
    recording = read_recording(file)
    assert not recording.is_complete
    told = replay(recording)
    assert told.targets == told.counts[Sameness.SAME] > 0
    assert not told.is_complete


def shared_memory_of(node: NodeProcess) -> list[Path]:
    """Return the files of the middleware that nobody removes if the node is killed."""
    lines = Path(f'/proc/{node._process.pid}/maps').read_text().splitlines()
    paths = {Path(line.split()[-1]) for line in lines if '/dev/shm/' in line and 'fast' in line}
    return [*paths, *(path.with_name(f'{path.name}_el') for path in paths)]


@pytest.mark.parametrize(('record', 'sentence'), [
    ('no/such/folder/run.mcap', 'No such file or directory'), ('file/bag', 'Not a directory')])
def test_what_cannot_be_written_is_refused_at_start(tmp_path: Path, record: str,
                                                    sentence: str) -> None:
    """In a sentence, with exit code 1."""
    (tmp_path / 'file').touch()
    node = NodeProcess('-p', f'urdf_file:={ARM}', '-p', f'record:={tmp_path / record}')
    assert node.wait_for_end() == 1
    assert f'nothing can be written there: {sentence}' in node.output
    assert 'Traceback' not in node.output


def test_a_missing_package_is_said_at_start(tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    """With what to install; without the parameter it is not missed."""
    (tmp_path / 'mcap').mkdir()
    (tmp_path / 'mcap' / '__init__.py').write_text('raise ImportError("not here")')
    first_on_path(tmp_path, monkeypatch)
    node = NodeProcess('-p', f'urdf_file:={ARM}', '-p', f'record:={tmp_path / "run.mcap"}')
    assert node.wait_for_end() == 1
    assert "needs the package mcap, 1.6 or newer (not here): pip install 'mcap>=1.6'" in (
        node.output)
    with running_node('-p', f'urdf_file:={ARM}'):
        pass


def test_a_node_that_does_not_start_leaves_a_whole_file(tmp_path: Path) -> None:
    """With the parameters that it did not start with."""
    file = tmp_path / 'run.mcap'
    node = NodeProcess('-p', f'urdf_file:={tmp_path / "no.urdf"}', '-p', f'record:={file}')
    assert node.wait_for_end() == 1
    recording = read_recording(file)
    assert recording.is_complete
    assert list(by_topic(recording)) == ['/parameter_events']


WRITER = """
import errno, importlib.util, os, sys
spec = importlib.util.spec_from_file_location('mcap.real_writer', {real!r})
real = sys.modules['mcap.real_writer'] = importlib.util.module_from_spec(spec)
spec.loader.exec_module(real)
class Writer(real.Writer):
    def flush(self):
        if os.path.exists({full!r}):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        super().flush()
    def finish(self):
        self.flush()
        super().finish()
"""
"""A writer that fails as soon as there is a file {full}."""


@pytest.fixture
def fill_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what makes the disk of nodes full, as far as their recordings are concerned."""
    real = Path(importlib.util.find_spec('mcap.writer').origin)
    fake = tmp_path / 'fake' / 'mcap'
    fake.mkdir(parents=True)
    (fake / '__init__.py').write_text(f'__path__.append({str(real.parent)!r})')
    (fake / 'writer.py').write_text(WRITER.format(real=str(real), full=str(fake / 'full')))
    first_on_path(fake.parent, monkeypatch)
    return (fake / 'full').touch


def first_on_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nodes find what is in this folder before what is installed."""
    path = os.pathsep.join([str(folder), *filter(None, [os.environ.get('PYTHONPATH')])])
    monkeypatch.setenv('PYTHONPATH', path)


def test_a_full_disk_does_not_stop_the_arm(tmp_path: Path, fill_disk: Callable[[], None]) -> None:
    """It is said once in the log and in the diagnostics; what was written stays readable."""
    file = tmp_path / 'run.mcap'
    with running_node('-p', f'urdf_file:={ARM}', '-p', f'record:={file}') as node:
        with connected_client() as client:
            client.connect()
            stream(client, 5)
            client.spin_until(lambda: len(read_recording(file).messages) > 50, 'first chunks')
            fill_disk()
            status = client.next_diagnostics(
                lambda status: 'the node goes on without' in status.message)
            assert status.level == DiagnosticStatus.WARN
            assert 'No space left on device' in status.message
            client.reach_point(0.3, 0.5)
    assert node.output.count('the node goes on without: No space left on device') == 1
    recording = read_recording(file)
    assert not recording.is_complete
    assert replay(recording).is_same


def test_a_disk_that_is_full_at_the_end_is_said(tmp_path: Path,
                                                fill_disk: Callable[[], None]) -> None:
    """And the node ends as it should."""
    with running_node('-p', f'urdf_file:={ARM}', '-p',
                      f'record:={tmp_path / "run.mcap"}') as node:
        fill_disk()
    assert node.output.count('the node goes on without: No space left on device') == 1


def test_sigterm_leaves_a_whole_file_too(tmp_path: Path) -> None:
    """As a launch file sends it."""
    file = tmp_path / 'run.mcap'
    node = NodeProcess('-p', f'urdf_file:={ARM}', '-p', f'record:={file}')
    try:
        node.wait_for('] [ik_solver_node]: ready: ', START_TIMEOUT)
    finally:
        code = node.stop(signal.SIGTERM)
    assert code == 0, node.output
    assert read_recording(file).is_complete
