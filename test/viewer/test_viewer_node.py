"""The node behind the page: what is dragged and clicked becomes topics and calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from copy import deepcopy
import json
import math
from threading import Thread
from time import monotonic
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped
from harness import NodeProcess, running_node, URDF
from ik_solver_node.ros import parameters
from ik_solver_node.urdf_file import read_urdf
from ik_solver_node.viewer.node import ViewerNode
from pages import change
import pytest
from rcl_interfaces.msg import SetParametersResult
import rclpy
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.parameter import Parameter
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from test_scene import FORK

pytest.importorskip('viser')

ARM = URDF / 'planar_2r.urdf'
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
STRAIGHT = (1.0, 0.0, 0.0, 0.0)
"""No rotation, as w, x, y, z."""


class Solver(Node):
    """A node with the parameters and services that the viewer looks for; it solves nothing."""

    def __init__(self) -> None:
        super().__init__('ik_solver_node', use_global_arguments=False)
        self.called: list[str] = []
        parameters.declare(self)
        self.add_on_set_parameters_callback(self._check)
        for service in ('stop', 'resume'):
            self.create_service(Trigger, f'~/{service}', self._answer(service))

    @staticmethod
    def _check(changed: list[Parameter]) -> SetParametersResult:
        """Refuse every change of the rate."""
        is_rate = any(parameter.name == 'solver.rate' for parameter in changed)
        return SetParametersResult(successful=not is_rate, reason='it is mine')

    def _answer(self, service: str) -> Callable[..., Trigger.Response]:
        """Return what answers a call."""
        def answer(_: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            self.called.append(service)
            response.success, response.message = True, f'{service} was called'
            return response

        return answer


class World:
    """
    A viewer, a solver, and who sees what they send, all in this process.

    Parameters
    ----------
    **given : Any
        Parameters of the viewer.

    """

    def __init__(self, **given: Any) -> None:
        arguments = [word for name, value in {'port': 0, **given}.items()
                     for word in ('-p', f'{name}:={json.dumps(value)}')]
        rclpy.init(args=['--ros-args', *arguments])
        self.viewer = ViewerNode()
        self.solver, self.other = Solver(), rclpy.create_node('other')
        self.executor = SingleThreadedExecutor()
        for node in (self.viewer, self.solver, self.other):
            self.executor.add_node(node)
        self._joints = self.other.create_publisher(JointState, 'joint_states', 10)
        self.solutions = self.other.create_publisher(
            DiagnosticArray, 'ik_solver_node/solution', LATCHED)

    def end_solver(self) -> None:
        """End the node that solves."""
        self.executor.remove_node(self.solver)
        self.solver.destroy_node()

    def start_solver(self) -> None:
        """Start another one."""
        self.solver = Solver()
        self.executor.add_node(self.solver)

    def verdict(self) -> str:
        """Return what the page says of targets."""
        return str(self.viewer._panel._verdict.content)

    def close(self) -> None:
        """End everything."""
        self.executor.shutdown()
        for node in (self.viewer, self.solver, self.other):
            node.destroy_node()
        rclpy.shutdown()

    def listen(self, topic: str) -> list[PoseStamped]:
        """Return the list that the targets on a topic will be in."""
        heard: list[PoseStamped] = []
        self.other.create_subscription(PoseStamped, topic, heard.append, 100)
        return heard

    def spin_until(self, condition: Callable[[], Any], what: str, timeout: float = 20.0) -> Any:
        """Handle messages until `condition` returns something, and return that."""
        end = monotonic() + timeout
        while not (found := condition()):
            assert monotonic() < end, f'no {what} within {timeout} s'
            self.executor.spin_once(timeout_sec=0.02)
        return found

    def spin_for(self, duration: float) -> None:
        """Handle messages for some time [s]."""
        end = monotonic() + duration
        while monotonic() < end:
            self.executor.spin_once(timeout_sec=0.02)

    def send_joints(self, **positions: float) -> None:
        """Say where joints are until the viewer knows [rad or m]."""
        message = JointState(name=list(positions), position=list(positions.values()))

        def known() -> bool:
            self._joints.publish(message)
            self.spin_for(0.05)
            robot = self.viewer._robot
            return robot is not None and all(
                robot._tree.position(name) == value for name, value in positions.items()) and all(
                tip.gizmo.is_placed for tip in robot.tips.values())

        self.spin_until(known, 'posture in the viewer')

    def drag(self, tip: str, *poses: tuple[float, float, float], end: bool = True) -> None:
        """Drag the target of a tip, in another thread as viser does."""
        gizmo = self.viewer._robot.tips[tip].gizmo

        def run() -> None:
            gizmo.hear(1, 'start', gizmo.pose.position, STRAIGHT)
            for position in poses:
                gizmo.hear(1, 'update', position, STRAIGHT)
            if end:
                gizmo.hear(1, 'end', poses[-1], STRAIGHT)

        thread = Thread(target=run)
        thread.start()
        thread.join()


@pytest.fixture
def world(request: pytest.FixtureRequest, ros_domain: int) -> Iterator[World]:
    """Return a world with the viewer parameters of the test; by default the planar arm."""
    world = World(**getattr(request, 'param', {'urdf_file': str(ARM)}))
    try:
        yield world
    finally:
        world.close()


def position(message: PoseStamped) -> tuple[float, float, float]:
    """Return the position in a target [m]."""
    at = message.pose.position
    return at.x, at.y, at.z


def answer_of(*tips: tuple[str, str, float, float]) -> DiagnosticArray:
    """Return the answer of a solve, of each tip the name, verdict, time [s] and error [m]."""
    return DiagnosticArray(status=[DiagnosticStatus(
        name=name, message=f'{verdict}!', values=[
            KeyValue(key='verdict', value=verdict), KeyValue(key='elapsed [s]', value=repr(time)),
            KeyValue(key='position_error [m]', value=repr(error))])
        for name, verdict, time, error in tips])


def test_a_drag_becomes_a_target(world: World) -> None:
    """Its last place is sent, in the base frame, with a stamp."""
    heard = world.listen('target_pose')
    world.send_joints(joint_1=0.0, joint_2=0.0)
    world.spin_until(lambda: world.viewer.count_subscribers('target_pose') == 2, 'listener')
    world.drag('tool0', (0.5, 0.1, 0.0), (0.5, 0.2, 0.0))
    world.spin_until(lambda: heard, 'target')
    assert position(heard[-1]) == (0.5, 0.2, 0.0)
    assert heard[-1].header.frame_id == 'base_link'
    assert heard[-1].header.stamp.sec > 0
    count = len(heard)
    world.spin_for(0.3)
    assert len(heard) == count  # no stream in the mode direct


def test_nothing_is_sent_before_the_arm_is_known(world: World) -> None:
    """A target would mean nothing to somebody who does not see the arm."""
    heard = world.listen('target_pose')
    world.spin_until(lambda: world.viewer.count_subscribers('target_pose') == 2, 'listener')
    world.drag('tool0', (0.5, 0.1, 0.0))
    world.spin_for(0.3)
    assert heard == []
    assert 'Waiting for joint_states of joint_1, joint_2' in world.viewer._lack()


def test_no_number_that_is_none_is_sent(world: World) -> None:
    """Whatever a browser says, and whatever joints are told."""
    heard = world.listen('target_pose')
    world.send_joints(joint_1=0.0, joint_2=0.0)
    world.spin_until(lambda: world.viewer.count_subscribers('target_pose') == 2, 'listener')
    world._joints.publish(JointState(name=['joint_1'], position=[math.nan]))
    world._joints.publish(JointState(name=['joint_1', 'joint_2'], position=[0.0]))
    world.drag('tool0', (math.nan, 0.0, 0.0), (math.inf, 0.0, 0.0))
    world.viewer.wish_home()
    world.spin_until(lambda: heard, 'target')
    world.spin_for(0.2)
    assert all(math.isfinite(number) for message in heard for number in position(message))


def test_a_stream_goes_on_while_it_is_held_and_until_it_arrives(world: World) -> None:
    """In the mode track, where a pause would stop the arm."""
    heard = world.listen('target_pose')
    world.send_joints(joint_1=0.0, joint_2=0.0)
    world.solver.set_parameters([Parameter('motion.mode', value='track')])
    world.spin_until(lambda: world.viewer._wants_stream, 'mode')
    world.drag('tool0', (0.5, 0.4, 0.0), end=False)
    world.spin_until(lambda: len(heard) > 10, 'stream')
    world.drag('tool0', (0.0, 0.9, 0.0))
    count = len(heard)
    world.spin_until(lambda: len(heard) > count + 5, 'stream to where it was let go')
    assert position(heard[-1]) == (0.0, 0.9, 0.0)
    world.drag('tool0', (0.9, 0.0, 0.0))  # where the tip is
    world.spin_for(0.3)
    count = len(heard)
    world.spin_for(0.3)
    assert len(heard) == count
    stamps = [message.header.stamp.sec + 1e-9 * message.header.stamp.nanosec for message in heard]
    assert len(heard) <= 50.0 * (stamps[-1] - stamps[0]) + 5


def test_stop_ends_a_stream(world: World) -> None:
    """And the target returns to the tip when the arm may move again."""
    heard = world.listen('target_pose')
    world.send_joints(joint_1=0.0, joint_2=0.0)
    world.solver.set_parameters([Parameter('motion.mode', value='track')])
    world.spin_until(lambda: world.viewer._wants_stream, 'mode')
    world.drag('tool0', (0.5, 0.4, 0.0))
    world.spin_until(lambda: len(heard) > 5, 'stream')
    world.viewer.wish_trigger('stop')
    world.spin_until(lambda: world.solver.called == ['stop'], 'call')
    world.spin_for(0.2)
    count = len(heard)
    world.spin_for(0.3)
    assert len(heard) == count
    assert 'stop was called' in world.viewer._panel._said.content
    world.viewer.wish_trigger('resume')
    world.spin_until(lambda: world.solver.called == ['stop', 'resume'], 'call')
    gizmo = world.viewer._robot.tips['tool0'].gizmo
    assert gizmo.pose.position == pytest.approx([0.9, 0.0, 0.0])


def test_targets_of_others_are_shown(world: World) -> None:
    """If they are in the base frame; what is held stays in the hand."""
    world.send_joints(joint_1=0.0, joint_2=0.0)
    gizmo = world.viewer._robot.tips['tool0'].gizmo
    publisher = world.other.create_publisher(PoseStamped, 'target_pose', 10)

    def send(x: float, frame: str = '') -> None:
        message = PoseStamped()
        message.header.frame_id = frame
        message.pose.position.x, message.pose.orientation.w = x, 1.0
        publisher.publish(message)
        world.spin_for(0.05)

    def shown() -> bool:
        send(0.6)
        return gizmo.pose.position[0] == 0.6

    world.spin_until(shown, 'target')
    for frame, x in (('camera', 0.1), ('base_link', math.nan)):
        send(x, frame)
    assert gizmo.pose.position[0] == 0.6
    world.drag('tool0', (0.7, 0.0, 0.0), end=False)
    send(0.2, 'base_link')
    assert gizmo.pose.position[0] == 0.7


def test_a_target_is_not_taken_for_our_own_by_its_stamp(world: World) -> None:
    """In simulated time that stands, all have the same one."""
    heard = world.listen('target_pose')
    world.send_joints(joint_1=0.0, joint_2=0.0)
    world.spin_until(lambda: world.viewer.count_subscribers('target_pose') == 2, 'listener')
    world.drag('tool0', (0.5, 0.1, 0.0))
    world.spin_until(lambda: heard, 'target')
    gizmo = world.viewer._robot.tips['tool0'].gizmo
    other = world.other.create_publisher(PoseStamped, 'target_pose', 10)
    message = deepcopy(heard[-1])
    message.pose.position.x = 0.3

    def shown() -> bool:
        other.publish(message)
        return gizmo.pose.position[0] == 0.3

    world.spin_until(shown, 'target of somebody else')


def test_the_tool_is_what_is_dragged(world: World) -> None:
    """As the node that solves means it: to drag what is at the tip would begin with a leap."""
    world.send_joints(joint_1=0.0, joint_2=0.0)
    gizmo = world.viewer._robot.tips['tool0'].gizmo
    assert gizmo.pose.position == pytest.approx([0.9, 0.0, 0.0])
    world.spin_until(lambda: world.viewer._followed, 'parameters')
    world.solver.set_parameters([Parameter('target.tool_position', value=[0.1, 0.0, 0.2])])
    world.spin_until(
        lambda: gizmo.pose.position == pytest.approx([1.0, 0.0, 0.2]), 'target at the tool')
    assert world.viewer._robot.tip('tool0').position == pytest.approx([1.0, 0.0, 0.2])
    world.solver.set_parameters([Parameter('target.tool_position', value=[0.0, 0.0, 0.0])])
    world.spin_until(
        lambda: gizmo.pose.position == pytest.approx([0.9, 0.0, 0.0]), 'target at the tip')


def test_a_node_that_ends_and_comes_back_is_told_of(world: World) -> None:
    """Beside its last answer; its parameters are those of the new one then."""
    world.send_joints(joint_1=0.0, joint_2=0.0)
    world.solutions.publish(answer_of(('ik_solver_node: tool0', 'reached', 1e-3, 2e-6)))
    world.spin_until(lambda: 'reached' in world.verdict(), 'answer')
    world.spin_until(lambda: world.viewer._followed, 'parameters')
    assert 'does not run' not in world.verdict()
    world.end_solver()
    world.spin_until(lambda: 'ik_solver_node does not run' in world.verdict(), 'what is missing')
    assert 'reached' in world.verdict()
    world.viewer.wish_trigger('stop')
    world.spin_until(lambda: 'ik_solver_node does not run' in (
        world.viewer._panel._said.content), 'what came of it')
    world.start_solver()
    world.solver.set_parameters([Parameter('motion.mode', value='track')])
    world.spin_until(lambda: world.viewer._wants_stream, 'mode')
    world.spin_until(lambda: 'does not run' not in world.verdict(), 'node')


def test_knobs_set_parameters_and_show_them(world: World) -> None:
    """Also those that were changed elsewhere; a refusal is said."""
    mode = world.viewer._panel._knobs['motion.mode'][1]
    world.spin_until(lambda: world.viewer._followed, 'parameters')
    change(mode, 'move')
    world.spin_until(
        lambda: world.solver.get_parameter('motion.mode').value == 'move', 'new parameter')
    change(world.viewer._panel._knobs['solver.rate'][1], 0.0)
    world.spin_until(lambda: 'solver.rate was refused: it is mine' in (
        world.viewer._panel._said.content), 'refusal')
    world.solver.set_parameters([Parameter('motion.speed', value=0.5)])
    speed = world.viewer._panel._knobs['motion.speed'][1]
    world.spin_until(lambda: speed.value == 0.5, 'knob')


@pytest.mark.parametrize('world', [{}], indirect=True)
def test_the_robot_comes_by_topic(world: World) -> None:
    """A broken one is refused, and the one there is stays; a new one takes over."""
    publisher = world.other.create_publisher(String, 'robot_description', LATCHED)
    assert world.viewer._lack() == 'Waiting for a robot_description'
    publisher.publish(String(data=read_urdf(ARM)))
    world.spin_until(lambda: world.viewer._robot, 'robot')
    first = world.viewer._robot
    publisher.publish(String(data=read_urdf(ARM)))  # the same again, as some publishers do
    world.spin_for(0.2)
    assert world.viewer._robot is first
    for broken in ('<robot', FORK):  # the fork has two tips to choose from
        publisher.publish(String(data=broken))
        world.spin_for(0.2)
    assert world.viewer._robot is first
    notes = world.viewer._panel._notes.content
    assert 'this robot_description is not shown: robot ' in notes and 'set tip_links' in notes
    publisher.publish(String(data=read_urdf(URDF / 'planar_3r.urdf')))
    world.spin_until(lambda: world.viewer._robot is not first, 'another robot')
    assert world.viewer.count_publishers('target_pose') == 1
    assert not world.viewer._panel._folder.visible


@pytest.mark.parametrize('world', [
    {'robot_description': FORK.replace('/finger', ''),
     'tip_links': ['left', 'right']}], indirect=True)
def test_several_tips_have_topics_of_their_own(world: World) -> None:
    """Named after them."""
    left, right = world.listen('left/target_pose'), world.listen('right/target_pose')
    world.send_joints(left_hinge=0.1, right_hinge=0.1)
    world.spin_until(lambda: world.viewer.count_subscribers('right/target_pose') == 2, 'listener')
    world.drag('right', (0.3, 0.3, 0.0))
    world.spin_until(lambda: right, 'target')
    world.viewer.wish_home()
    world.spin_until(lambda: left and len(right) > 1, 'targets')
    assert position(right[0]) == (0.3, 0.3, 0.0)
    assert position(left[-1]) == (1.0, 0.0, 0.0) and position(right[-1]) == (0.0, 1.0, 0.0)


@pytest.mark.parametrize('world', [
    {'robot_description': FORK.replace('/finger', ''),
     'tip_links': ['left', 'right']}], indirect=True)
def test_several_tips_have_an_answer_each(world: World) -> None:
    """Of one solve, which is one point of the curves, with the larger error."""
    world.send_joints(left_hinge=0.1, right_hinge=0.1)
    world.solutions.publish(answer_of(('ik_solver_node: left', 'reached', 1e-3, 2e-6),
                                      ('ik_solver_node: right', 'not_reached', 1e-3, 3e-6)))
    world.spin_until(lambda: 'reached!' in world.verdict(), 'answers')
    assert '<b>reached</b> left' in world.verdict()
    assert '<b>not reached</b> right' in world.verdict()
    assert world.viewer._panel.plots._errors.data[1].tolist() == pytest.approx([3.0])


@pytest.mark.parametrize('arguments, code, text', [
    (['urdf_file:=/no/such.urdf'], 1, 'there is no file /no/such.urdf'),
    (['port:=-1'], 1, 'port is -1, but must be between 0 and 65535'),
    (['host:=192.0.2.1'], 1, "host is '192.0.2.1', but must be an address of this machine")])
def test_what_is_wrong_at_the_start_is_said(
        ros_domain: int, arguments: list[str], code: int, text: str) -> None:
    """In a line, with an exit code."""
    options = [word for argument in arguments for word in ('-p', argument)]
    process = NodeProcess(*options, module='ik_solver_node.viewer')
    assert process.wait_for_end() == code
    assert text in process.output and 'Traceback' not in process.output


def test_it_ends_at_the_first_signal(ros_domain: int) -> None:
    """As a process of its own, with exit code 0 and nothing that looks like an error."""
    with running_node('-p', f'urdf_file:={ARM}', '-p', 'port:=0', '-p', 'nonsense:=1',
                      module='ik_solver_node.viewer', until='ready: open ') as viewer:
        assert 'http://127.0.0.1:' in viewer.output
        assert "parameter 'nonsense' is not known" in viewer.output
