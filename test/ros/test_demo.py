"""The demo as a user runs it, and the judgement of its referee."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from contextlib import contextmanager
import math
import os
from pathlib import Path
import re
import signal
import subprocess
import sys
import threading
from time import monotonic
import uuid

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, UrdfError
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.demo.arm import RefereeArm
from ik_solver_node.ros.demo.judgement import Answer, Joints, Judgement, Ruling, Strictness
from ik_solver_node.ros.demo.path import TargetPath
from ik_solver_node.ros.demo.processes import Child, end_all
from ik_solver_node.ros.demo.programmes import Leaping
from ik_solver_node.ros.demo.score import DirectJudge
from ik_solver_node.urdf_file import read_urdf
import numpy as np
import pytest
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from sensor_msgs.msg import JointState

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'test'))
from robots import OWN_ROBOTS, RobotSpec, STOCK_ROBOTS  # noqa: E402, I100

PLANAR = str(ROOT / 'urdf' / 'planar_2r.urdf')
TIMEOUT = 240.0
"""No run of the demo may take longer, not even on a slow machine that compiles first [s]."""

FORK = """
<robot name="fork">
  <link name="base"/><link name="carriage"/><link name="left"/><link name="right"/>
  <joint name="slide" type="prismatic">
    <parent link="base"/><child link="carriage"/><origin xyz="0 0 0.5"/><axis xyz="1 0 0"/>
    <limit lower="-0.2" upper="0.3" effort="1" velocity="1"/>
  </joint>
  <joint name="left_hinge" type="revolute">
    <parent link="carriage"/><child link="left"/><origin xyz="1 0 0" rpy="0 0 1.5707963267948966"/>
    <axis xyz="0 0 2"/><limit lower="-1" upper="1" effort="1" velocity="1"/>
    <safety_controller soft_upper_limit="0.5" soft_lower_limit="-2" k_velocity="1"/>
  </joint>
  <joint name="right_hinge" type="revolute">
    <parent link="carriage"/><child link="right"/><axis xyz="0 1 0"/><origin xyz="0 2 0"/>
    <limit lower="-3" upper="3" effort="1" velocity="1"/>
    <mimic joint="left_hinge" multiplier="-2" offset="0.1"/>
  </joint>
</robot>
"""


# --- the whole demo -------------------------------------------------------------------------


class Run:
    """A run of the demo; `output` is what it has printed so far."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self.mark = uuid.uuid4().hex
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get('PYTHONPATH')])])
        self.output = ''
        self._process = subprocess.Popen(
            [sys.executable, '-m', 'ik_solver_node.ros.demo', *arguments],
            env={**os.environ, 'PYTHONPATH': path, 'DEMO_MARK': self.mark, **environment},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._guard = threading.Timer(TIMEOUT, self._process.kill)
        self._guard.start()

    def wait_for(self, text: str) -> None:
        """Read until a line contains `text`."""
        for line in self._process.stdout:
            self.output += line
            if text in line:
                return
        pytest.fail(f'{text!r} is not in:\n{self.output}')

    def send(self, number: int) -> None:
        """Send a signal, as a terminal does."""
        self._process.send_signal(number)

    def end(self) -> int:
        """Read to the end and return the exit code."""
        self.output += self._process.stdout.read()
        code = self._process.wait(TIMEOUT)
        self._guard.cancel()
        return code

    def processes(self) -> dict[int, str]:
        """Return the command lines of all living processes of this run by process id."""
        found = {}
        for folder in Path('/proc').glob('[0-9]*'):
            try:
                if f'DEMO_MARK={self.mark}'.encode() in (folder / 'environ').read_bytes():
                    command = (folder / 'cmdline').read_bytes().replace(b'\0', b' ').decode()
                    found[int(folder.name)] = command
            except OSError:  # it has ended meanwhile, or belongs to somebody else
                continue
        return {process: command for process, command in found.items() if command}


@contextmanager
def demo(*arguments: str, **environment: str) -> Iterator[Run]:
    """Run the demo and see to it that nothing is left."""
    run = Run(*arguments, **environment)
    try:
        yield run
    finally:
        run.send(signal.SIGTERM)
        run.end()
    assert 'Traceback' not in run.output, run.output
    assert not run.processes()


def counts(output: str) -> dict[str, list[float]]:
    """Return the numbers in each line of the summary."""
    _, _, summary = output.partition('Summary of the referee\n')
    lines = (line.partition(':') for line in summary.splitlines() if ':' in line)
    return {name.strip(): [float(number) for number in re.findall(r'[\d.]+(?:e-\d+)?', text)]
            for name, _, text in lines}


def assert_went_well(output: str) -> None:
    """Check the summary of a run of 4 s at 20 Hz."""
    summary = counts(output)
    seen, (reached, millimetres, degrees) = summary['targets seen'][0], summary['reached']
    assert seen >= 80
    assert reached >= 0.8 * seen
    assert millimetres < 0.1
    assert degrees < math.degrees(1e-3)
    assert summary['within reach, missed'] == [0.0]
    assert summary['out of reach'] == [1.0, 0.0]
    assert summary['wrong joint states'] == [0.0]


def test_demo_in_a_domain_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without any option or setting it moves, ends by itself and is content."""
    monkeypatch.delenv('ROS_DOMAIN_ID', raising=False)
    monkeypatch.delenv('FASTDDS_BUILTIN_TRANSPORTS', raising=False)
    with demo('--duration', '4', ROS_LOG_DIR=str(tmp_path)) as run:
        assert run.end() == 0, run.output
    assert_went_well(run.output)
    rows = re.findall(r'^ +\d+\.\d\d .*reached \(converged\)$', run.output, re.MULTILINE)
    assert len(rows) >= 8
    assert 'refused, out of reach (' in run.output
    assert '\033' not in run.output


def test_demo_of_a_stock_robot(ros_domain: int) -> None:
    """Any URDF will do, and the demo joins a domain where it is told to."""
    robot = STOCK_ROBOTS['panda']
    try:
        path = str(robot.path())
    except ImportError as error:
        pytest.skip(str(error))
    with demo('--urdf', path, '--tip', robot.tip, '--duration', '4', '--seed', '1',
              '--domain', str(ros_domain)) as run:
        assert run.end() == 0, run.output
    assert f'(ROS_DOMAIN_ID={ros_domain})' in run.output
    assert_went_well(run.output)


def assert_motion_went_well(output: str) -> dict[str, list[float]]:
    """Check what all summaries of a simulated arm have in common, and return the summary."""
    summary = counts(output)
    assert 'The arm is a stand-in' in output
    assert 'refused, out of reach (' in output
    refused, false = summary['out of reach']
    assert refused >= 1.0 and false == 0.0
    violations, commands, states = summary['beyond limits']
    assert violations == 0.0 and commands >= 2.0 and states > 200.0
    assert 0.0 < summary['largest velocity'][0] <= 100.0
    return summary


@pytest.mark.parametrize('urdf', ['six_axis_arm', 'desk_arm'])
def test_demo_of_motions(ros_domain: int, urdf: str) -> None:
    """A simulated arm comes to stand at each target, but for those that are replaced."""
    with demo('--mode', 'move', '--urdf', str(ROOT / 'urdf' / f'{urdf}.urdf'), '--tip', 'tool0',
              '--duration', '6', '--domain', str(ros_domain)) as run:
        assert run.end() == 0, run.output
    summary = assert_motion_went_well(run.output)
    reached, millimetres, degrees = summary['reached']
    assert reached >= 2.0 and 0.0 < millimetres < 2.0 and 0.0 < degrees < 0.5
    assert summary['within reach, missed'] == [0.0]
    replaced, left = summary['not judged']
    assert replaced >= 1.0 and left == 0.0
    assert 'replaced on the way (converged)' in run.output


def test_demo_of_following(ros_domain: int) -> None:
    """A simulated arm follows a moving target, late but on its path, until the target stands."""
    with demo('--mode', 'track', '--duration', '5', '--domain', str(ros_domain)) as run:
        assert run.end() == 0, run.output
    summary = assert_motion_went_well(run.output)
    assert summary['targets seen'][0] > 300.0
    behind, _ = summary['tip behind target']
    assert 20.0 < behind < 500.0
    assert 1.0 < summary['tip from target'][0] < 200.0
    assert 'following (' in run.output
    assert 'stands at the target (which stands, too)' in run.output


def test_a_simulated_arm_that_dies_is_missed(ros_domain: int) -> None:
    """The demo says so, and ends the others."""
    with demo('--mode', 'track', '--domain', str(ros_domain)) as run:
        run.wait_for('following (')
        arm, = (process for process, command in run.processes().items()
                if 'ik_solver_node.ros.stand_in --ros-args' in command)
        os.kill(arm, signal.SIGKILL)
        assert run.end() == 1, run.output
    assert 'ik_solver_node.ros.stand_in ended unasked with exit code -9' in run.output


@pytest.mark.parametrize('mode', ['move', 'track'])
def test_ctrl_c_with_a_simulated_arm(ros_domain: int, mode: str) -> None:
    """It ends at once, with no process left."""
    with demo('--mode', mode, '--domain', str(ros_domain)) as run:
        run.wait_for('following (' if mode == 'track' else 'replaced on the way')
        assert len(run.processes()) == 5
        run.send(signal.SIGINT)
        began = monotonic()
        assert run.end() == 130, run.output
        assert monotonic() - began < 10.0
    assert 'Stopped by SIGINT' in run.output
    assert 'Summary of the referee' in run.output


@pytest.mark.parametrize('moment', ['Robot', 'Starting', 'ready: ', 'reached (converged)'])
def test_ctrl_c(ros_domain: int, moment: str) -> None:
    """It ends at once, cleanly, with what there is to sum up."""
    with demo('--urdf', PLANAR) as run:
        run.wait_for(moment)
        run.send(signal.SIGINT)
        began = monotonic()
        assert run.end() == 130, run.output
        assert monotonic() - began < 10.0
    assert 'Stopped by SIGINT' in run.output
    if 'reached' in moment:
        assert counts(run.output)['reached'][0] >= 1.0


def test_a_child_dies(ros_domain: int) -> None:
    """The demo says which one, and ends the others."""
    with demo('--urdf', PLANAR) as run:
        run.wait_for('reached (converged)')
        node, = (process for process, command in run.processes().items()
                 if 'ik_solver_node.ros --ros-args' in command)
        os.kill(node, signal.SIGTERM)
        assert run.end() == 1, run.output
    assert 'ik_solver_node.ros ended unasked with exit code' in run.output


@pytest.mark.parametrize(('text', 'arguments', 'expected'), [
    (None, [], 'there is no file'),
    ('no xml', [], 'not valid XML'),
    (FORK, [], '--tip sets tip_links'),
    (FORK, ['--tip', 'middle'], "'middle' is not a link"),
    (FORK, ['--tip', 'left', '--base', 'left'], 'no joint can move'),
    (FORK, ['--tip', 'left', '--duration', '0'], 'must be more than 0'),
    (FORK, ['--tip', 'left', '--mode', 'dance'], "'direct', 'move', 'track'"),
])
def test_mistakes_are_explained(tmp_path: Path, text: str | None, arguments: list[str],
                                expected: str) -> None:
    """A robot or an option that cannot be used is refused in a sentence, nothing is started."""
    file = tmp_path / 'robot.urdf'
    if text:
        file.write_text(text)
    with demo('--urdf', str(file), *arguments) as run:
        assert run.end() == 2
    assert expected in run.output
    assert 'Starting' not in run.output


# --- the arm of the referee -----------------------------------------------------------------


@pytest.mark.parametrize(('first', 'second'), [(0.0, 0.0), (0.7, -1.9), (-3.0, 2.5)])
def test_arm_is_sines_and_cosines(first: float, second: float) -> None:
    """The referee's own forward kinematics of the textbook arm."""
    arm = RefereeArm(read_urdf(PLANAR))
    pose = arm.tip_pose({'joint_1': first, 'joint_2': second})
    both = first + second
    np.testing.assert_allclose(pose, [
        [math.cos(both), -math.sin(both), 0.0, 0.5 * math.cos(first) + 0.4 * math.cos(both)],
        [math.sin(both), math.cos(both), 0.0, 0.5 * math.sin(first) + 0.4 * math.sin(both)],
        [0.0, 0.0, 1.0, 0.0],
        [0.0, 0.0, 0.0, 1.0]], atol=1e-12)
    assert arm.reach == pytest.approx(0.9)


def test_arm_follows_mimic_joints_and_slides() -> None:
    """From one fork to the other: up one branch, down the other, one joint following."""
    arm = RefereeArm(FORK, 'left', 'right')
    pose = arm.tip_pose({'left_hinge': 0.3, 'slide': 0.1})
    angle = -(math.pi / 2.0 + 0.3)
    turn = np.array([[math.cos(angle), -math.sin(angle), 0.0],
                     [math.sin(angle), math.cos(angle), 0.0], [0.0, 0.0, 1.0]])
    np.testing.assert_allclose(pose[:3, 3], turn @ [-1.0, 2.0, 0.0], atol=1e-12)
    follower = -2.0 * 0.3 + 0.1
    np.testing.assert_allclose((turn.T @ pose[:3, :3])[0], [
        math.cos(follower), 0.0, math.sin(follower)], atol=1e-12)
    assert RefereeArm(FORK, tip_link='left').reach == pytest.approx(0.5 + 0.3 + 1.0)


@pytest.mark.parametrize(('positions', 'expected'), [
    ({'slide': 0.3, 'left_hinge': 0.5, 'right_hinge': -0.9}, []),
    ({'slide': 0.31}, ['slide is at 0.31, outside its limits -0.2 to 0.3']),
    ({'left_hinge': 0.6}, ['left_hinge is at 0.6, outside its limits -1 to 0.5']),
    ({'left_hinge': math.nan}, ['left_hinge is at nan']),
    ({'left_hinge': 0.1, 'right_hinge': 0.0}, ['which it mimics, puts it at -0.1']),
    ({'elbow': 0.1}, ['no joint elbow']),
])
def test_arm_complains(positions: dict[str, float], expected: list[str]) -> None:
    """Limits, numbers, names and mimic rules are checked."""
    complaints = RefereeArm(FORK, tip_link='left').complaints(positions)
    assert len(complaints) == len(expected)
    assert all(text in complaint for text, complaint in zip(expected, complaints))


def test_arm_refuses_what_it_cannot_read() -> None:
    """A broken text, an unknown link, a choice that is not made."""
    with pytest.raises(UrdfError, match='not valid XML'):
        RefereeArm('no xml')
    with pytest.raises(ChainError, match="tip_links is ''"):
        RefereeArm(FORK)
    with pytest.raises(ChainError, match="'middle'"):
        RefereeArm(FORK, 'middle', 'left')


def test_referee_is_independent() -> None:
    """It imports nothing of what it judges."""
    judged = {'chain', 'kernels', 'motion', 'motion_limits', 'pilot', 'pose', 'profiles',
              'robot_model', 'solver', 'target', 'tracker'}
    for module in ('arm', 'following', 'judgement', 'limits', 'moves', 'referee', 'score',
                   'watch'):
        tree = ast.parse((ROOT / 'ik_solver_node' / 'ros' / 'demo' / f'{module}.py').read_text())
        names = {node.module.split('.')[1] for node in ast.walk(tree)
                 if isinstance(node, ast.ImportFrom) and node.module.startswith('ik_solver_node.')
                 and [alias.name for alias in node.names] != ['Mode']}  # three words
        assert not names & judged


# --- the targets ----------------------------------------------------------------------------


@pytest.fixture(params=sorted(OWN_ROBOTS))
def robot(request: pytest.FixtureRequest) -> RobotSpec:
    """Return each of our own robots."""
    return OWN_ROBOTS[request.param]


def test_path_is_smooth_between_leaps(robot: RobotSpec) -> None:
    """Same seed, same path; small steps, but for the leaps; and the referee's arm is there too."""
    chain = KinematicChain.from_model(parse_urdf(robot.urdf()), robot.base, [robot.tip])
    path, again = (TargetPath(chain, 3) for _ in range(2))
    leaping, same = (Leaping(one, 20.0, 0.0, 0.0, 2.0) for one in (path, again))
    times = np.arange(0.0, 4.0, 0.05)
    positions = np.array([leaping.due(time).position for time in times])
    np.testing.assert_array_equal(positions, [same.due(time).position for time in times])
    steps = np.linalg.norm(np.diff(positions, axis=0), axis=1)
    assert np.delete(steps, 39).max() < 0.05 * chain.size * 0.8
    arm = RefereeArm(robot.urdf(), robot.base, robot.tip)
    for time in times:
        far = path.out_of_reach(path.pose(time))
        assert np.linalg.norm(path.pose(time).position) <= arm.reach
        assert np.linalg.norm(far.position) > 1.4 * arm.reach


@pytest.mark.parametrize('is_calm', [False, True])
def test_path_is_slow_enough(robot: RobotSpec, is_calm: bool) -> None:
    """Joints that follow it stay below half their limits."""
    chain = KinematicChain.from_model(parse_urdf(robot.urdf()), robot.base, [robot.tip])
    path = TargetPath(chain, 1, is_calm)
    q = np.array([path.positions(time) for time in np.arange(0.0, 30.0, 0.01)])
    fastest = np.abs(np.diff(q, axis=0)).max(axis=0) / 0.01
    assert (fastest <= 0.5 * chain.velocity).all()
    assert fastest.max() > 0.1


def test_referee_agrees_with_the_chain(robot: RobotSpec) -> None:
    """Two readings of one file: where they differ, one of them is wrong."""
    chain = KinematicChain.from_model(parse_urdf(robot.urdf()), robot.base, [robot.tip])
    arm = RefereeArm(robot.urdf(), robot.base, robot.tip)
    random = np.random.default_rng(0)
    for _ in range(20):
        q = random.uniform(np.maximum(chain.lower, -3.0), np.minimum(chain.upper, 3.0))
        positions = chain.joint_positions(q)
        np.testing.assert_allclose(
            arm.tip_pose(positions), chain.forward_kinematics(q).matrix(), atol=1e-9)
        assert not arm.complaints(positions)


def test_calm_path_keeps_away_from_singularities() -> None:
    """The arm is not straight anywhere on it, as it is in the middle of its range."""
    chain = KinematicChain.from_model(parse_urdf(OWN_ROBOTS['six_axis_arm'].urdf()))

    def weakest(is_calm: bool) -> float:
        path = TargetPath(chain, 0, is_calm)
        return min(np.linalg.svd(chain.jacobian(path.positions(time)), compute_uv=False)[-1]
                   for time in np.arange(0.0, 60.0, 0.1))

    assert weakest(is_calm=False) < 0.01
    assert weakest(is_calm=True) > 0.05


# --- the judgement --------------------------------------------------------------------------

THERE = {'joint_1': 0.4, 'joint_2': -0.8}


@pytest.fixture
def referee() -> DirectJudge:
    """Return a referee of the textbook arm."""
    return DirectJudge(RefereeArm(read_urdf(PLANAR)), Strictness(1e-4, 1e-3), pytest.fail)


def judge(referee: DirectJudge, positions: dict[str, float] | None, *, scale: float = 1.0,
          claims_reached: bool = True) -> Judgement:
    """Return the judgement on one target at `THERE`, or `scale` times as far."""
    target = referee.arm.tip_pose(THERE)
    target[:3, 3] *= scale
    found = referee.see_target(100, target)
    if positions is not None:
        found += referee.see_joints(Joints(101, 5_000_100, positions, {}))
    stamp = None if positions is None else 101
    found += referee.see_answer(100, Answer(claims_reached, 'converged', 1e-4, stamp))
    judgement, = found
    return judgement


def test_the_truth_is_accepted(referee: DirectJudge) -> None:
    """The tip is there: reached, with the latency from target to joints."""
    judgement = judge(referee, THERE)
    assert judgement.ruling is Ruling.REACHED
    assert judgement.latency == pytest.approx(0.005)
    assert judgement.position_error == pytest.approx(0.0, abs=1e-12)
    assert referee.tally.is_good


@pytest.mark.parametrize('positions', [
    None, {}, {'joint_1': 0.4}, {'joint_1': 0.4, 'joint_2': math.nan},
    {'joint_1': math.inf, 'joint_2': -0.8}, {'joint_1': 0.4, 'joint_2': -0.801},
    {'joint_1': 0.4 + 2.0 * math.pi, 'joint_2': -0.8}])
def test_lies_are_caught(referee: DirectJudge, positions: dict[str, float] | None) -> None:
    """Whatever the node claims, only joints count that are allowed and bring the tip there."""
    judgement = judge(referee, positions)
    assert judgement.ruling is Ruling.MISSED or judgement.complaints
    assert not referee.tally.is_good


def test_out_of_reach(referee: DirectJudge) -> None:
    """Further than the arm is long: it is right to refuse, and a lie to claim it."""
    assert judge(referee, None, scale=1.5, claims_reached=False).ruling is Ruling.REFUSED
    assert judge(referee, THERE, scale=1.5).ruling is Ruling.FALSE_CLAIM


def test_joint_state_that_was_never_sent(referee: DirectJudge) -> None:
    """The node names a joint state that a newer one has overtaken: it does not exist."""
    referee.see_target(100, referee.arm.tip_pose(THERE))
    assert not referee.see_answer(100, Answer(True, 'converged', 1e-4, 101))
    judgement, = referee.see_joints(Joints(102, 103, THERE, {}))
    assert judgement.ruling is Ruling.MISSED
    assert judgement.complaints


def test_superseded_targets_are_not_missed(referee: DirectJudge) -> None:
    """The newest wins: what the node left out before is counted apart."""
    target = referee.arm.tip_pose(THERE)
    for stamp in (1, 2, 3, 4):
        assert not referee.see_target(stamp, target)
    referee.see_joints(Joints(10, 11, THERE, {}))
    judgement, = referee.see_answer(3, Answer(True, 'converged', 1e-4, 10))
    assert judgement.sent == 3
    assert (referee.tally.superseded, referee.tally.judged) == (2, 1)
    assert '2 superseded by a newer target, 1 still on the way' in referee.tally.summary()


# --- the referee as a process ---------------------------------------------------------------


class FakeNode:
    """Sends targets, and answers them like the node would, with joints of its own choice."""

    def __init__(self) -> None:
        self._context = Context()
        rclpy.init(context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._node = rclpy.create_node('ik_solver_node', context=self._context)
        self._executor.add_node(self._node)
        self._targets = self._node.create_publisher(PoseStamped, 'target_pose', 1)
        self._joints = self._node.create_publisher(JointState, 'joint_states', 10)
        self._solution = self._node.create_publisher(DiagnosticArray, '~/solution', 10)

    def close(self) -> None:
        """Leave."""
        self._executor.shutdown()
        self._node.destroy_node()
        self._context.try_shutdown()

    def spin_until(self, condition: Callable[[], bool], timeout: float = 30.0) -> None:
        """Take part in DDS until something has happened."""
        deadline = monotonic() + timeout
        while not condition():
            assert monotonic() < deadline
            self._executor.spin_once(timeout_sec=0.02)

    def wait_for_referee(self) -> None:
        """Return when the referee hears all."""
        self.spin_until(lambda: all(
            publisher.get_subscription_count() > 0
            for publisher in (self._targets, self._joints, self._solution)))

    def send(self, target: np.ndarray, positions: dict[str, float]) -> None:
        """Send a target without rotation, the joints for it, and the claim that all is well."""
        stamp = self._node.get_clock().now().to_msg()
        pose = PoseStamped()
        pose.header.stamp = stamp
        pose.header.frame_id = 'base_link'
        pose.pose.position.x, pose.pose.position.y, pose.pose.position.z = target.tolist()
        self._targets.publish(pose)
        joints = JointState(name=list(positions), position=list(positions.values()))
        joints.header.stamp = stamp
        self._joints.publish(joints)
        values = {'verdict': 'reached', 'reason': 'converged', 'elapsed [s]': '0.0001',
                  'joint_states_stamp': f'{stamp.sec}.{stamp.nanosec:09d}'}
        message = DiagnosticArray(status=[DiagnosticStatus(
            message='reached', values=[KeyValue(key=key, value=value)
                                       for key, value in values.items()])])
        message.header.stamp = stamp
        self._solution.publish(message)


@pytest.mark.parametrize(('error', 'code', 'ruling'), [
    (0.0, 0, 'reached (converged)'), (0.01, 1, 'MISSED (converged)')])
def test_referee_process_catches_a_liar(ros_domain: int, error: float, code: int,
                                        ruling: str) -> None:
    """A node that claims to be there and is not makes the referee fail; an honest one does not."""
    referee = Child('ik_solver_node.ros.demo.referee',
                    {'urdf_file': PLANAR, 'rows_per_second': 1000.0}, {
                        **os.environ, 'PYTHONUNBUFFERED': '1', 'PYTHONPATH': os.pathsep.join(
                            [str(ROOT), os.environ.get('PYTHONPATH', '')])})
    lines: list[str] = []
    fake = FakeNode()

    def has_judged() -> bool:
        lines.extend(referee.printed.new_lines())
        return any(ruling in line for line in lines)

    try:
        referee.start()
        fake.wait_for_referee()
        # The elbow is bent by as much as the shoulder is turned back: no rotation.
        angle = 0.4
        target = np.array([0.5 * math.cos(angle) + 0.4, 0.5 * math.sin(angle), 0.0])
        fake.send(target, {'joint_1': angle + error, 'joint_2': -angle})
        fake.spin_until(has_judged)
    finally:
        end_all([referee])
        fake.close()
    lines += referee.printed.new_lines()
    assert referee.exit_code == code, '\n'.join(lines + referee.logged.new_lines())
    assert counts('\n'.join(lines))['targets seen'] == [1.0]
