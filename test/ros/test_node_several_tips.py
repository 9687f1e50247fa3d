"""One node moves several tips: two hands on a torso that they share, and the feet of a spider."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from domains import private_domain
from geometry_msgs.msg import Point, PointStamped, Pose as PoseMessage, PoseStamped, Quaternion
from harness import Client, NodeProcess, running_node, URDF, values
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.pose import Pose
from ik_solver_node.record.background import FLUSH_PERIOD
from ik_solver_node.record.history import history_of
from ik_solver_node.record.reading import read_recording
from ik_solver_node.record.replay import replay
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.conversions import stamp_to_text
from ik_solver_node.ros.demo.targets import TargetOptions
from ik_solver_node.ros.description import build_chain
from ik_solver_node.ros.parameters import NodeParameters
import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_srvs.srv import Trigger

LEFT, RIGHT = 'left_tool0', 'right_tool0'
FEET = [f'foot_{number}' for number in range(1, 9)]
ARMS = URDF / 'dual_arm.urdf'
QUICK = ('motion.mode:=move', 'motion.acceleration_time:=0.1', 'motion.jerk_time:=0.05')
TIGHT = 3e-6
"""What the tolerances of the solver make of an element of a matrix [m or 1]."""


class Hands(Client):
    """A client that sends targets to each hand, and knows where the hands are."""

    process: NodeProcess
    record: Path

    def __init__(self, **arguments: str) -> None:
        super().__init__(**arguments)
        self.chain = KinematicChain.from_model(parse_urdf(ARMS.read_text()), None, [LEFT, RIGHT])
        self._to = {(kind, tip): self.node.create_publisher(kind, f'{tip}/{topic}', 10)
                    for tip in (LEFT, RIGHT)
                    for kind, topic in ((PoseStamped, 'target_pose'),
                                        (PointStamped, 'target_point'))}

    def find(self) -> None:
        """Wait until the node hears both hands, and says where the joints are."""
        self.spin_until(lambda: self.joint_states and all(
            publisher.get_subscription_count() for publisher in self._to.values()), 'node')

    def pose(self, tip: str, pose: Pose) -> Time:
        """Send a pose to a hand; return its stamp."""
        message = PoseStamped()
        message.header.stamp = self.stamp()
        at, turned = pose.position.tolist(), pose.quat_xyzw.tolist()
        message.pose = PoseMessage(
            position=Point(x=at[0], y=at[1], z=at[2]),
            orientation=Quaternion(x=turned[0], y=turned[1], z=turned[2], w=turned[3]))
        self._to[PoseStamped, tip].publish(message)
        return message.header.stamp

    def point(self, tip: str, x: float, y: float, z: float) -> Time:
        """Send a point to a hand; return its stamp."""
        message = PointStamped(point=Point(x=x, y=y, z=z))
        message.header.stamp = self.stamp()
        self._to[PointStamped, tip].publish(message)
        return message.header.stamp

    def solution(self, stamp: Time) -> dict[str, DiagnosticStatus]:
        """Return what the node says of each tip in its answer to the target with this stamp."""
        def told() -> DiagnosticArray | None:
            return next((one for one in self.solutions for status in one.status
                         if values(status).get('target_stamp') == stamp_to_text(stamp)
                         or one.header.stamp == stamp), None)
        return {status.name.removeprefix('ik_solver_node: '): status
                for status in self.spin_until(told, 'answer').status}

    def at(self, message: JointState, tip: str) -> Pose:
        """Return where a hand is in a message of joints."""
        there = dict(zip(message.name, message.position))
        return self.chain.forward_kinematics(
            [there[name] for name in self.chain.joint_names], tip)

    def here(self, tip: str) -> Pose:
        """Return where a hand is."""
        return self.at(self.joint_states[-1], tip)

    def arrive(self) -> None:
        """Wait until the arms stand, having moved."""
        seen = len(self.joint_states)
        self.spin_until(lambda: any(any(one.velocity) for one in self.joint_states[seen:]),
                        'motion')
        self.spin_until(lambda: not any(self.joint_states[-1].velocity), 'rest')

    def listeners(self, topic: str) -> int:
        """Return how many listen to a topic."""
        return self.node.count_subscribers(topic)


def moved(pose: Pose, *offset: float) -> Pose:
    """Return a pose moved by an offset in the base [m]."""
    return Pose(pose.position + np.array(offset), pose.quat_xyzw)


def off(one: Pose, other: Pose) -> float:
    """Return how far two poses are apart: the largest difference of their matrices."""
    return float(np.abs(one.matrix() - other.matrix()).max())


@contextmanager
def hands(*more: str, tips: str = f'[{LEFT}, {RIGHT}]', **arguments: str) -> Iterator[Hands]:
    """Run a node that moves both hands, and return a client that it has heard."""
    options = ['-p', f'urdf_file:={ARMS}', '-p', f'tip_links:={tips}']
    for one in more:
        options += ['-p', one]
    with running_node(*options) as process:
        client = Hands(**arguments)
        try:
            client.find()
            client.process = process
            yield client
        finally:
            client.close()


@pytest.fixture(scope='module')
def direct(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hands]:
    """Return a client of a node in the mode direct, to begin with, which is recorded."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        record = tmp_path_factory.mktemp('record') / 'run.mcap'
        with hands('publish_rate:=50.0', 'solver.max_time:=0.5', f'record:={record}') as client:
            client.record = record
            yield client


def joints_for(client: Hands, answer: DiagnosticStatus) -> JointState:
    """Return the joints that were published for an answer."""
    client.joints_of(answer)
    published = values(answer)['joint_states_stamp']
    return next(one for one in client.joint_states
                if stamp_to_text(one.header.stamp) == published)


def test_one_hand_is_moved_and_the_other_keeps_its_pose(direct: Hands) -> None:
    """From the very first target on; the answer tells of both."""
    start = {tip: direct.here(tip) for tip in (LEFT, RIGHT)}
    wanted = moved(start[LEFT], 0.1, 0.05, 0.1)
    answer = direct.solution(stamp := direct.pose(LEFT, wanted))
    assert list(answer) == [LEFT, RIGHT]
    assert {status.level for status in answer.values()} == {DiagnosticStatus.OK}
    told = {tip: values(status) for tip, status in answer.items()}
    assert told[LEFT]['target_stamp'] == stamp_to_text(stamp) and not told[RIGHT]['target_stamp']
    assert max(float(told[tip]['position_error [m]']) for tip in told) < 1e-6
    joints = joints_for(direct, answer[RIGHT])
    assert off(direct.at(joints, LEFT), wanted) < TIGHT
    assert off(direct.at(joints, RIGHT), start[RIGHT]) < TIGHT
    other = moved(start[RIGHT], 0.05, 0.0, 0.1)
    joints = joints_for(direct, direct.solution(direct.pose(RIGHT, other))[RIGHT])
    assert off(direct.at(joints, LEFT), wanted) < TIGHT
    assert off(direct.at(joints, RIGHT), other) < TIGHT


def test_a_hand_that_cannot_be_reached_is_named(direct: Hands) -> None:
    """It alone is told of, and nothing moves; the other is still moved after that."""
    before = {tip: direct.here(tip) for tip in (LEFT, RIGHT)}
    answer = direct.solution(direct.point(LEFT, 5.0, 0.0, 0.0))
    assert list(answer) == [LEFT]
    assert answer[LEFT].level == DiagnosticStatus.WARN
    assert values(answer[LEFT])['verdict'] == 'not_reached'
    assert float(values(answer[LEFT])['out_of_reach [m]']) > 3.0
    assert not values(answer[LEFT])['joint_states_stamp']
    direct.process.wait_for(f'{LEFT}: holding, the closest pose found is')
    told = direct.next_diagnostics(
        lambda status: f'last target: {LEFT}: holding' in status.message)
    assert int(values(told)['targets not reached']) > 0
    wanted = moved(before[RIGHT], 0.0, 0.05, 0.0)
    answer = direct.solution(direct.pose(RIGHT, wanted))
    joints = joints_for(direct, answer[RIGHT])
    assert off(direct.at(joints, RIGHT), wanted) < TIGHT
    assert off(direct.at(joints, LEFT), before[LEFT]) < TIGHT


def test_what_is_not_for_one_of_the_tips_is_refused(direct: Hands) -> None:
    """With the topics where it should come; and what is wrong with one target is told of one."""
    answer, = direct.solution(direct.send_pose(0.4, 0.2, z=1.0)).values()
    assert answer.level == DiagnosticStatus.ERROR
    assert f'2 tip_links, {LEFT}, {RIGHT}: send targets to each tip' in answer.message
    assert f'such as to {LEFT}/target_pose' in answer.message
    (tip, answer), = direct.solution(direct.point(RIGHT, float('nan'), 0.0, 0.0)).items()
    assert tip == RIGHT and 'finite' in answer.message


def test_topics_follow_the_tips(direct: Hands) -> None:
    """From several to one and back; joints stay where they are."""
    before = direct.here(LEFT)
    assert direct.set_parameter('tip_links', [RIGHT]) == (True, '')
    direct.spin_until(lambda: not direct.listeners(f'/{LEFT}/target_pose'), 'end of a topic')
    assert not direct.listeners(f'/{RIGHT}/target_point')
    assert off(direct.here(LEFT), before) < TIGHT
    answer = direct.answer(direct.send_point(*direct.here(RIGHT).position.tolist()))
    assert (answer.level, answer.name) == (DiagnosticStatus.OK, f'ik_solver_node: {RIGHT}')
    assert 'target_stamp' not in values(answer)
    assert direct.set_parameter('tip_links', [LEFT, RIGHT]) == (True, '')
    direct.find()
    assert off(direct.here(LEFT), before) < TIGHT
    wanted = moved(before, 0.0, 0.0, 0.03)
    right = direct.here(RIGHT)
    joints = joints_for(direct, direct.solution(direct.pose(LEFT, wanted))[LEFT])
    assert off(direct.at(joints, LEFT), wanted) < TIGHT
    assert off(direct.at(joints, RIGHT), right) < TIGHT


def test_tips_that_can_have_no_topic_are_refused(direct: Hands) -> None:
    """At run time, with the name; one such tip alone has no topics of its own."""
    text = (URDF / 'planar_3r.urdf').read_text().replace('"link_1"', '"1st-link"')
    changes = {'robot_description': text, 'urdf_file': '', 'base_link': 'base_link'}
    accepted, reason = direct.set_together(**changes, tip_links=['tool0', '1st-link'])
    assert not accepted
    assert "tip_links is '1st-link', but must be a name in ROS" in reason
    accepted, reason = direct.set_parameter('tip_links', [LEFT, LEFT])
    assert not accepted and 'twice' in reason


def test_a_bad_name_is_refused_at_the_start() -> None:
    """In the same sentence; alone, such a tip needs no topics of its own."""
    text = ARMS.read_text().replace(f'"{LEFT}"', '"left tool"')
    with pytest.raises(OptionsError, match="tip_links is 'left tool', but must be a name in ROS"):
        build_chain(NodeParameters(robot_description=text, tip_links=(RIGHT, 'left tool')), None)
    alone = build_chain(NodeParameters(robot_description=text, tip_links=('left tool',)), None)
    assert alone is not None and alone.tip_links == ('left tool',)


def test_moving_targets_are_for_one_tip() -> None:
    """The demo says so, and what to do instead."""
    assert TargetOptions(tip_links=(LEFT,)).tip_link == LEFT
    with pytest.raises(OptionsError, match='moving targets are for one tip'):
        TargetOptions(tip_links=(LEFT, RIGHT))


def test_the_feet_of_a_spider_take_poses(direct: Hands) -> None:
    """As far as three joints can; the other legs do not stir by a bit."""
    spider = URDF / 'spider.urdf'
    chain = KinematicChain.from_model(parse_urdf(spider.read_text()), None, ['foot_3'])
    publisher = direct.node.create_publisher(PoseStamped, 'foot_3/target_pose', 10)
    direct.joint_states.clear()
    assert direct.set_together(urdf_file=str(spider), tip_links=FEET) == (True, '')
    direct.spin_until(lambda: publisher.get_subscription_count() and direct.joint_states
                      and 'leg_3_yaw' in direct.joint_states[-1].name, 'spider')
    direct.process.wait_for(f'targets come on {FEET[0]}/target_pose, ')
    before = dict(zip(direct.joint_states[-1].name, direct.joint_states[-1].position))
    foot = chain.forward_kinematics([before[name] for name in chain.joint_names]).position
    message = PoseStamped()
    message.header.stamp = direct.stamp()
    at = message.pose.position
    at.x, at.y, at.z = foot[0], foot[1] + 0.02, foot[2] + 0.03
    publisher.publish(message)
    answer = direct.solution(message.header.stamp)
    assert list(answer) == FEET
    assert values(answer['foot_3'])['reason'] == 'relaxed'
    joints = direct.joints_of(answer['foot_3'])
    assert {name for name in joints if joints[name] != before[name]} == set(chain.joint_names)
    assert direct.set_together(urdf_file=str(ARMS), tip_links=[LEFT, RIGHT]) == (True, '')


def test_a_hand_that_was_stopped_does_not_go_on(direct: Hands) -> None:
    """What it was on its way to is let go; then the other is moved."""
    assert direct.set_together(motion__mode='move', motion__acceleration_time=0.1) == (True, '')
    direct.find()
    start = {tip: direct.here(tip) for tip in (LEFT, RIGHT)}
    wanted = {LEFT: moved(start[LEFT], 0.0, 0.05, 0.1), RIGHT: moved(start[RIGHT], 0.05, 0, 0.1)}
    for stamp in [direct.pose(tip, pose) for tip, pose in wanted.items()]:
        assert all(status.level == DiagnosticStatus.OK
                   for status in direct.solution(stamp).values())
    direct.spin_until(lambda: not any(direct.joint_states[-1].velocity) and all(
        off(direct.here(tip), pose) < TIGHT for tip, pose in wanted.items()), 'both hands')
    far = moved(wanted[LEFT], 0.0, 0.0, -0.15)
    direct.solution(direct.pose(LEFT, far))
    direct.spin_until(lambda: off(direct.here(LEFT), wanted[LEFT]) > 0.01, 'motion')
    assert direct.call(Trigger, 'stop', Trigger.Request()).success
    direct.spin_until(lambda: not any(direct.joint_states[-1].velocity), 'rest')
    assert direct.call(Trigger, 'resume', Trigger.Request()).success
    stopped = direct.here(LEFT)
    assert off(stopped, far) > 0.01
    direct.solution(direct.pose(RIGHT, start[RIGHT]))
    direct.arrive()
    assert off(direct.here(RIGHT), start[RIGHT]) < TIGHT
    assert off(direct.here(LEFT), stopped) < TIGHT


def test_targets_of_one_period_are_answered_together(direct: Hands) -> None:
    """Of each hand the newest; and a change of tips in the middle of a motion stops it."""
    assert direct.set_together(motion__mode='track', motion__rate=4.0,
                               watch__stream_timeout=0.0) == (True, '')
    direct.find()
    start = {tip: direct.here(tip) for tip in (LEFT, RIGHT)}
    for k in range(10):
        stamps = {tip: direct.pose(tip, moved(start[tip], 0.0, 0.0, 0.01 * k))
                  for tip in (LEFT, RIGHT)}
        answer = direct.solution(stamps[RIGHT])
        if all(values(status)['target_stamp'] == stamp_to_text(stamps[tip])
               for tip, status in answer.items()):
            break
    assert k < 9, 'no two targets were answered together'
    far = moved(start[LEFT], 0.0, 0.0, 0.3)
    direct.pose(LEFT, far)
    direct.spin_until(lambda: any(direct.joint_states[-1].velocity), 'motion')
    assert direct.set_parameter('tip_links', [LEFT]) == (True, '')
    direct.spin_until(lambda: not direct.listeners(f'/{LEFT}/target_pose'), 'one tip')
    direct.spin_until(lambda: not any(direct.joint_states[-1].velocity), 'rest')
    assert off(direct.here(LEFT), far) > 0.01


def test_all_of_it_is_recorded_and_can_be_replayed(direct: Hands) -> None:
    """Targets of both hands and of one, which can be reached and which cannot."""
    assert direct.set_together(motion__mode='direct', tip_links=[LEFT, RIGHT]) == (True, '')
    direct.find()
    for tip in (LEFT, RIGHT, LEFT):
        direct.solution(direct.pose(tip, moved(direct.here(tip), 0.0, 0.0, 0.02)))
    direct.solution(direct.point(RIGHT, 5.0, 0.0, 0.0))
    direct.spin_for(2.5 * FLUSH_PERIOD)
    recording = read_recording(direct.record)
    assert f'/{RIGHT}/target_point' in {message.topic for message in recording.messages}
    told = replay(recording)
    assert told.is_same and told.targets >= 4, told.differences
    history = history_of(recording)
    assert (history.robot, history.tip) == ('dual_arm', f'{LEFT}, {RIGHT}')
    assert history.verdicts['not_reached'] > 0


@pytest.fixture
def ros_domain(tmp_path: Path) -> Iterator[None]:
    """Give a test a domain of its own."""
    with private_domain(tmp_path):
        yield


def test_a_stand_in_is_moved_by_both_hands(ros_domain: None) -> None:
    """Through a controller; the hand that nothing is asked of is where it was in the end."""
    stand_in = ['-p', f'urdf_file:={ARMS}', '-p', 'controller:=joint_trajectory',
                '-p', 'trajectory.interpolate_from_desired_state:=true']
    with running_node(*stand_in, module='ik_solver_node.ros.stand_in',
                      until='simulation, no hardware'):
        with hands(*QUICK, 'use_measured_state:=true', 'output.kind:=joint_trajectory',
                   joints_topic='ik_solver_stand_in/true_joint_states') as client:
            start = {tip: client.here(tip) for tip in (LEFT, RIGHT)}
            wanted = moved(start[LEFT], 0.05, 0.0, 0.1)

            def taken() -> bool:
                answer = client.solution(client.pose(LEFT, wanted))
                return answer[LEFT].level == DiagnosticStatus.OK
            client.spin_until(taken, 'measured joints')
            client.spin_until(lambda: off(client.here(LEFT), wanted) < 1e-3
                              and off(client.here(RIGHT), start[RIGHT]) < 1e-3, 'arrival')
