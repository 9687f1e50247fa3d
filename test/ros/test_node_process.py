"""How the node starts, ends and keeps time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
import signal
import subprocess

from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from harness import (Client, connected_client, NodeProcess, planar_tip, running_node,
                     START_TIMEOUT, URDF, values)
from ik_solver_node.ros.conversions import stamp_from_ns, stamp_to_ns
import pytest
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock

ARM = URDF / 'planar_2r.urdf'


@pytest.fixture(scope='module', autouse=True)
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use one ROS domain for the nodes of this module."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        yield


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize('until', ['loading the compiled kernels', 'ready: '])
def test_signals_end_the_node_cleanly(number: int, until: str) -> None:
    """Ctrl-C and a polite kill end it with exit code 0 and no traceback, at any moment."""
    node = NodeProcess('-p', f'urdf_file:={ARM}')
    try:
        node.wait_for(until, START_TIMEOUT)
    finally:
        code = node.stop(number)
    assert code == 0, node.output
    assert 'Traceback' not in node.output


@pytest.mark.parametrize('delay', [0.1, 0.3, 0.6, 0.9, 1.3])
def test_a_signal_during_the_imports_is_quiet(delay: float) -> None:
    """Before there is a node there is nothing to clean up, and nothing to say."""
    node = NodeProcess('-p', f'urdf_file:={ARM}')
    with suppress(subprocess.TimeoutExpired):
        node.wait_for_end(delay)
    assert node.stop(signal.SIGINT) == 0, node.output
    assert 'Traceback' not in node.output


YAML = """
/**:
  ros__parameters:
    urdf_file: {urdf_file}
    {line}
"""

BAD_LINES = {
    'publish_rate: fast': "publish_rate is 'fast', but must be a number of type float",
    'solver: {step_rule: newton}': "solver.step_rule is 'newton', but must be one of 'sweep'",
    'tip_links: [tool1]': "tip_links 'tool1' is not a link of robot 'planar_2r'",
    'limits: {joints: [joint_1], lower: [0.0], upper: []}': 'limits.upper has 0 entries for 1',
    'limits: {joints: [joint_1], lower: [0.0, 1], upper: [1.0]}': 'Sequence should be of same',
    'robot_description: <robot': 'not valid XML',
}


def test_bad_start_is_one_clear_error(tmp_path: Path) -> None:
    """Each bad parameter ends the node with exit code 1 and a sentence, not a traceback."""
    nodes = {}
    for number, line in enumerate(BAD_LINES):
        file = tmp_path / f'{number}.yaml'
        file.write_text(YAML.format(urdf_file=ARM, line=line))
        nodes[line] = NodeProcess('--params-file', str(file))
        if number % 3 == 2:  # a few at a time, for small machines
            for node in nodes.values():
                node.wait_for_end()
    for line, node in nodes.items():
        assert node.wait_for_end() == 1, node.output
        assert BAD_LINES[line] in node.output
        assert 'Traceback' not in node.output


def test_yaml_is_read_generously(tmp_path: Path) -> None:
    """Ints for floats and empty lists are taken; a name with a typo is pointed out."""
    file = tmp_path / 'node.yaml'
    file.write_text(YAML.format(urdf_file=ARM, line="""
    publish_rate: 20
    tip_links: []
    limits: {joints: [joint_1], lower: [-1], upper: [.inf]}
    locked: {joints: [], positions: []}
    target: {free: [], position_tolerance: [], axis: [0, 0, 1]}
    solver: {max_tim: 1.0}
    """))
    with running_node('--params-file', str(file)) as node:
        assert 'joint_1 [-1, inf], joint_2 [-2.8, 2.8]' in node.output
        assert "'solver.max_tim' is not known and has no effect; did you mean" in node.output


def test_file_that_is_missing_or_broken_ends_the_start(tmp_path: Path) -> None:
    """The sentence names the file, or what is wrong in it."""
    file = tmp_path / 'arm.urdf'
    file.write_text(ARM.read_text().replace('lower="-2.8"', 'lower="2.9"'))
    for path, reason in ((tmp_path / 'none.urdf', 'there is no file'), (file, "'joint_2'")):
        node = NodeProcess('-p', f'urdf_file:={path}')
        assert node.wait_for_end() == 1
        assert reason in node.output
        assert 'Traceback' not in node.output


def test_all_joints_of_the_robot_are_shown() -> None:
    """Joints beside the chain and mimic joints are published; RViz needs them all."""
    arguments = ('-p', f'urdf_file:={URDF / "desk_arm.urdf"}', '-p', 'tip_links:=tool0')
    with running_node(*arguments):
        with connected_client() as client:
            message = client.spin_until(lambda: client.joint_states, 'start posture')[0]
            shown = dict(zip(message.name, message.position))
            assert shown['left_finger_joint'] == shown['right_finger_joint'] == 0.015
            assert shown['elbow'] == pytest.approx(0.8)
            assert len(shown) == 7
            client.connect()
            assert client.set_parameter('publish_all_joints', False) == (True, '')
            assert list(client.reach_point(0.2, 0.0, 0.15)) == [
                'shoulder_pan', 'shoulder_lift', 'elbow', 'wrist_pitch', 'wrist_roll']


def test_simulated_time_may_be_set_back() -> None:
    """Stamps follow the clock, also when the simulation starts again; targets still work."""
    with connected_client() as client:
        # Published before there is a node: the topic is latched.
        client.description_publisher()(ARM.read_text())
        clock = client.node.create_publisher(Clock, '/clock', QoSProfile(depth=1))
        with running_node('-p', 'use_sim_time:=true'):
            client.spin_until(clock.get_subscription_count, 'subscription to /clock')
            for seconds in (1000, 1001, 20, 21):
                client.joint_states.clear()
                set_clock(client, clock, seconds)
                answer = answer_at(client, seconds, 0.01 * (seconds % 10))
                assert values(answer)['verdict'] == 'reached', answer.message
                assert values(answer)['joint_states_stamp'].startswith(f'{seconds}.0000')
                joints = client.joints_of(answer)
                assert planar_tip(joints['joint_1'], joints['joint_2']) == pytest.approx(
                    (0.6, 0.01 * (seconds % 10)), abs=1e-5)
            # Nothing in between went back, and the clock stands: there are only small steps.
            stamps = [stamp_to_ns(message.header.stamp) for message in client.joint_states]
            assert all(earlier < later for earlier, later in zip(stamps, stamps[1:]))


def set_clock(client: Client, clock: Publisher, seconds: int) -> None:
    """Publish a time until the joint states have it."""
    def is_set() -> bool:
        clock.publish(Clock(clock=stamp_from_ns(seconds * 10**9)))
        client.spin_for(0.02)
        return any(message.header.stamp.sec == seconds for message in client.joint_states)

    client.spin_until(is_set, f'joint state stamped {seconds} s')


def answer_at(client: Client, seconds: int, y: float) -> DiagnosticStatus:
    """Send a point that is stamped `seconds` until it is answered, and return the answer."""
    stamp = stamp_from_ns(seconds * 10**9 + 5)

    def answered() -> bool:
        client.send_point(0.6, y, stamp=stamp)
        client.spin_for(0.05)
        return any(solution.header.stamp == stamp for solution in client.solutions)

    client.spin_until(answered, 'answer')
    return client.answer(stamp)
