"""Every kind of target, asked of the real node with an arm of six joints over DDS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
import math
from typing import Any

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticStatus
from harness import Client, NodeProcess, URDF, values
from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.conversions import stamp_from_ns
from ik_solver_node.ros.parameters import to_ros
from ik_solver_node.ros.target_parameters import TargetParameters
import numpy as np
import pytest
from rcl_interfaces.srv import SetParametersAtomically

ARM = URDF / 'six_axis_arm.urdf'
CHAIN = KinematicChain.from_model(parse_urdf(ARM.read_text()))

NAN, INF = math.nan, math.inf
EXACT = 1e-5
"""How well what is asked is met [m] and [rad]."""

START = Pose.from_rpy([0.5, 0.1, 0.5], [0.0, 2.6, 0.3])
TOOL = Pose.from_rpy([0.0, 0.05, 0.12], [0.0, 0.5, 0.1])
WITH_TOOL = {'tool_position': [0.0, 0.05, 0.12], 'tool_rpy': [0.0, 0.5, 0.1]}


@pytest.fixture(autouse=True)
def unchanged(client: Client) -> Iterator[None]:
    """Begin each test at the same place, with nothing free; put the parameters back."""
    client.answer(send(client, START))
    yield
    defaults = [parameter.to_parameter_msg() for parameter in to_ros(TargetParameters(),
                                                                     'target.')]
    response = client.call(SetParametersAtomically, 'set_parameters_atomically',
                           SetParametersAtomically.Request(parameters=defaults))
    assert response.result.successful, response.result.reason


def ask(client: Client, **changes: Any) -> None:
    """Set some of the parameters ``target.*`` together."""
    given = {f'target__{name}': value for name, value in changes.items()}
    assert client.set_together(**given) == (True, '')


def send(client: Client, pose: Pose, **more: Any) -> Time:
    """Publish a target pose; return its stamp."""
    x, y, z = pose.position
    return client.send_pose(x, y, z=z, quaternion=pose.quat_xyzw.tolist(), **more)


def reached(client: Client, stamp: Time) -> np.ndarray:
    """Return the transform of the tip, (4, 4), at the joints published for a target."""
    answer = client.answer(stamp)
    assert answer.level == DiagnosticStatus.OK, answer.message
    return tip(client.joints_of(answer))


def tip(joints: dict[str, float]) -> np.ndarray:
    """Return the transform of the tip, (4, 4), at these joints."""
    q = np.array([joints[name] for name in CHAIN.joint_names])
    assert (CHAIN.lower <= q).all() and (q <= CHAIN.upper).all()
    return CHAIN.forward_kinematics(q).matrix()


def turned(pose: Pose, rpy: Sequence[float], by: Sequence[float] = (0.0, 0.0, 0.0)) -> Pose:
    """Return `pose` turned by `rpy` [rad] and moved `by` [m], both along its own axes."""
    return Pose.from_matrix(pose.matrix() @ Pose.from_rpy(by, rpy).matrix())


def difference(wanted: Pose, found: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return shift (3,) [m] and rotation vector (3,) [rad] between, along the axes of `wanted`."""
    between = np.linalg.inv(wanted.matrix()) @ found
    x, y, z, w = Pose.from_matrix(between).quat_xyzw
    vector = np.array([x, y, z]) * (1.0 if w >= 0.0 else -1.0)
    length = float(np.linalg.norm(vector))
    angle = 2.0 * math.atan2(length, abs(w))
    return between[:3, 3], vector * (angle / length if length > 0.0 else 2.0)


def angle_between(first: np.ndarray, second: np.ndarray) -> float:
    """Return the angle between two vectors (3,) [rad]."""
    return math.atan2(float(np.linalg.norm(np.cross(first, second))), float(first @ second))


def test_a_pose_counts_in_full(client: Client) -> None:
    """As long as nothing is set."""
    wanted = turned(START, [0.2, -0.1, 0.4])
    shift, turn = difference(wanted, reached(client, send(client, wanted)))
    assert abs(shift).max() < EXACT and abs(turn).max() < EXACT


def test_spin_about_the_tool_can_be_free(client: Client) -> None:
    """Position and z axis are met, the rest is where it was best for the arm."""
    ask(client, free=['rz'])
    wanted = turned(START, [0.0, 0.0, 2.5], [0.0, 0.0, 0.02])
    shift, turn = difference(wanted, reached(client, send(client, wanted)))
    assert abs(shift).max() < EXACT and abs(turn[:2]).max() < EXACT
    assert abs(turn[2]) > 1.0


def test_axes_of_the_base_can_be_free(client: Client) -> None:
    """Height and orientation are met, where x and y are far outside of all reach."""
    ask(client, free=['x', 'y'], frame='base')
    wanted = Pose([7.0, -8.0, 0.6], START.quat_xyzw)
    found = reached(client, send(client, wanted))
    assert found[2, 3] == pytest.approx(0.6, abs=EXACT)
    assert abs(difference(wanted, found)[1]).max() < EXACT


def test_axes_of_the_target_can_be_free(client: Client) -> None:
    """The same axis names mean the axes of the wanted pose, as `frame` says."""
    ask(client, free=['x'])
    shift, turn = difference(wanted := turned(START, [0, 0, 0], [6.0, 0.02, 0.01]),
                             reached(client, send(client, wanted)))
    assert abs(shift[1:]).max() < EXACT and abs(turn).max() < EXACT
    assert abs(shift[0]) > 5.0


def test_poses_may_be_met_within_tolerances(client: Client) -> None:
    """Each axis has its own; the arm does not go further than it must."""
    ask(client, position_tolerance=[0.05, 0.0, 0.0], orientation_tolerance=[0.1])
    wanted = turned(START, [0.0, 0.0, 0.3], [0.2, 0.02, 0.0])
    shift, turn = difference(wanted, reached(client, send(client, wanted)))
    assert 1e-3 < abs(shift[0]) < 0.05 + EXACT and abs(shift[1:]).max() < EXACT
    assert 1e-3 < abs(turn[2]) and abs(turn).max() < 0.1 + EXACT


def test_points_may_be_met_within_tolerances(client: Client) -> None:
    """Along the axes of the base; an infinite one frees its axis."""
    ask(client, position_tolerance=[0.0, 0.04, INF])
    found = reached(client, client.send_point(0.55, 0.3, 9.0))[:3, 3]
    assert found[0] == pytest.approx(0.55, abs=EXACT)
    assert 1e-3 < abs(found[1] - 0.3) < 0.04 + EXACT


def test_only_an_orientation_can_be_asked(client: Client) -> None:
    """The tip is turned, and is where that is easy."""
    wanted = Pose.from_rpy([0, 0, 0], [0.3, 1.4, -0.5])
    found = reached(client, client.send_orientation(*wanted.quat_xyzw))
    assert abs(difference(wanted, found)[1]).max() < EXACT


def test_orientations_may_be_met_within_tolerances(client: Client) -> None:
    """About the axes of the target."""
    ask(client, orientation_tolerance=[0.0, 0.2, INF])
    wanted = turned(START, [0.0, 0.6, 2.0])
    turn = difference(wanted, reached(client, client.send_orientation(*wanted.quat_xyzw)))[1]
    assert abs(turn[0]) < EXACT and 1e-3 < abs(turn[1]) < 0.2 + EXACT
    assert abs(turn[2]) > 1.0


def test_a_direction_can_be_asked(client: Client) -> None:
    """The z axis of the tip points there; the vector may have any length."""
    for along in ([0.0, 0.0, -3.0], [0.2, -0.1, -0.01], [1e-3, 0.0, 0.0]):
        found = reached(client, client.send_direction(*along))
        assert angle_between(found[:3, 2], np.array(along)) < EXACT


def test_another_axis_may_point_within_a_cone(client: Client) -> None:
    """It comes no nearer than it must."""
    ask(client, axis=[0.0, 2.0, 0.0], cone=0.2)
    found = reached(client, client.send_direction(0.3, 0.2, -1.0))
    assert 0.1 < angle_between(found[:3, 1], np.array([0.3, 0.2, -1.0])) < 0.2 + EXACT


def test_a_pose_may_say_only_where_the_tool_points(client: Client) -> None:
    """Position and axis within the cone are met, whatever the spin."""
    ask(client, pointing=True, cone=0.1)
    wanted = turned(START, [0.4, 0.0, 2.5], [0.0, 0.0, 0.03])
    shift, turn = difference(wanted, found := reached(client, send(client, wanted)))
    assert abs(shift).max() < EXACT
    assert 0.01 < angle_between(found[:3, 2], wanted.rotation()[:, 2]) < 0.1 + EXACT
    assert abs(turn[2]) > 1.0


@pytest.mark.parametrize('kind', ['pose', 'point', 'orientation', 'direction', 'pointing'])
def test_a_tool_is_what_gets_there(client: Client, kind: str) -> None:
    """The pose of the tool in the tip link counts for every kind."""
    ask(client, **WITH_TOOL, pointing=kind == 'pointing')
    wanted = turned(START, [0.1, 0.0, -0.1])
    stamp = {
        'pose': lambda: send(client, wanted), 'pointing': lambda: send(client, wanted),
        'point': lambda: client.send_point(*wanted.position),
        'orientation': lambda: client.send_orientation(*wanted.quat_xyzw),
        'direction': lambda: client.send_direction(*wanted.rotation()[:, 2])}[kind]()
    found = reached(client, stamp) @ TOOL.matrix()
    shift, turn = difference(wanted, found)
    if kind in ('pose', 'point', 'pointing'):
        assert abs(shift).max() < EXACT
    if kind in ('pose', 'orientation'):
        assert abs(turn).max() < EXACT
    if kind in ('direction', 'pointing'):
        assert angle_between(found[:3, 2], wanted.rotation()[:, 2]) < EXACT


@pytest.mark.parametrize('name, value, sentence', [
    ('free', ['q'], "target.free has 'q', but must be axes out of x, y, z, rx, ry, rz"),
    ('free', ['x', 'y', 'z', 'rx', 'ry', 'rz'], 'target.free: all six axes of the target are'),
    ('free', 3, 'target.free is 3, but must be a list of str'),
    ('frame', 'tip', "target.frame is 'tip', but must be one of 'base', 'target'"),
    ('position_tolerance', [-1.0], 'target.position_tolerance is -1.0, but must be'),
    ('position_tolerance', [1.0, 2.0], 'target.position_tolerance is (1.0, 2.0), but must be'),
    ('orientation_tolerance', [INF], 'target.orientation_tolerance is inf, which leaves all axes'),
    ('tool_position', [0.0, NAN, 0.0], 'target.tool_position is [0.0, nan, 0.0], but must be a'),
    ('tool_position', '[0, 0, 0.1]', "target.tool_position is '[0, 0, 0.1]', but must be a list"),
    ('tool_rpy', [1, 2], 'target.tool_rpy must have shape (3,), got (2,)'),
    ('axis', [0.0, 0.0, 0.0], 'target.axis is [0.0, 0.0, 0.0], which is too short'),
    ('cone', 4, 'target.cone is 4 [rad], but must be between 0.0 and 3.14'),
    ('pointing', 'yes', "target.pointing is 'yes', but must be a bool"),
])
def test_wrong_parameters_are_refused_with_the_reason(client: Client, name: str, value: Any,
                                                      sentence: str) -> None:
    """The sentence is that of the target; the old value stays."""
    before = client.get_parameter(f'target.{name}')
    accepted, reason = client.set_parameter(f'target.{name}', value)
    assert not accepted
    assert reason.startswith(sentence)
    assert client.get_parameter(f'target.{name}') == before


def test_what_contradicts_each_other_is_refused_together(client: Client) -> None:
    """Of one request either all is taken or nothing."""
    accepted, reason = client.set_together(target__cone=0.3, target__pointing=True,
                                           target__free=['rz'])
    assert not accepted
    assert reason.startswith("target.free is ['rz'], but must be empty while target.pointing")
    assert client.get_parameter('target.cone') == 0.0
    ask(client, free=['rz'])
    accepted, reason = client.set_parameter('target.pointing', True)
    assert not accepted and 'set_parameters_atomically' in reason
    ask(client, free=[''][:0], pointing=True)


def test_values_are_taken_generously(client: Client) -> None:
    """Ints for floats, and one value for a list of one."""
    for name, value in (('axis', [0, 0, 1]), ('cone', 0), ('free', 'rz'),
                        ('position_tolerance', 0.01), ('orientation_tolerance', [1])):
        assert client.set_parameter(f'target.{name}', value) == (True, '')
    wanted = turned(START, [0.0, 0.0, 1.0], [0.1, 0.0, 0.0])
    shift, _ = difference(wanted, reached(client, send(client, wanted)))
    assert 1e-3 < abs(shift).max() < 0.01 + EXACT


def test_a_change_counts_from_the_next_target_on(client: Client) -> None:
    """By itself it moves nothing."""
    before = tip(client.joints_of(client.answer(send(client, START))))
    ask(client, tool_position=[0.0, 0.0, 0.1])
    client.joint_states.clear()
    client.spin_until(lambda: len(client.joint_states) >= 3, 'repeated joint states')
    for message in client.joint_states:
        assert np.array_equal(tip(dict(zip(message.name, message.position))), before)
    found = reached(client, send(client, START))
    assert found @ [0.0, 0.0, 0.1, 1.0] == pytest.approx([*START.position, 1.0], abs=EXACT)


def test_a_change_begins_a_new_motion(client: Client) -> None:
    """What is asked otherwise is a leap, where the arm is not already there."""
    ask(client, free=['rz'])
    wanted = turned(START, [0.0, 0.0, 1.2])
    assert abs(difference(wanted, reached(client, send(client, wanted)))[1]).max() > 0.6
    ask(client, free=[''][:0])
    shift, turn = difference(wanted, reached(client, send(client, wanted)))
    assert abs(shift).max() < EXACT and abs(turn).max() < EXACT


def test_a_longer_tool_begins_a_new_motion(client: Client) -> None:
    """The tip has to draw back far; that is a leap, not a jump."""
    ask(client, tool_position=[0.0, 0.0, 0.3])
    found = reached(client, send(client, START))
    assert found @ [0.0, 0.0, 0.3, 1.0] == pytest.approx([*START.position, 1.0], abs=EXACT)


def test_a_change_lets_nothing_jump_where_the_arm_is(client: Client) -> None:
    """A stream that goes on with another tolerance goes on smoothly."""
    last = joints = client.joints_of(client.answer(send(client, START)))
    for step in range(1, 40):
        if step % 10 == 0:
            ask(client, position_tolerance=[1e-4 * step], free=['rz'][:step % 20])
        wanted = turned(START, [0.0, 0.0, 0.01 * step], [2e-3 * step, 0.0, 0.0])
        joints = client.joints_of(client.answer(send(client, wanted)))
        assert max(abs(joints[name] - last[name]) for name in joints) < 0.2
        last = joints


BAD_TARGETS: dict[str, tuple[str, Sequence[float], dict[str, Any], str]] = {
    'nan vector': ('direction', (0, NAN, 1), {}, 'direction must be finite'),
    'inf vector': ('direction', (0, INF, 1), {}, 'direction must be finite'),
    'zero vector': ('direction', (0, 0, 0), {}, 'too short to point anywhere'),
    'nan quaternion': ('orientation', (0, 0, NAN, 1), {}, 'quat_xyzw must be finite'),
    'zero quaternion': ('orientation', (0, 0, 0, 0), {}, 'has length 0, but an orientation'),
    'long quaternion': ('orientation', (0, 0, 3, 4), {}, 'has length 5, but an orientation'),
    'direction in an unknown frame': ('direction', (0, 0, 1), {'frame': 'nowhere'}, "'nowhere'"),
    'orientation in an unknown frame': ('orientation', (0, 0, 0, 1), {'frame': 'nowhere'},
                                        "'nowhere'"),
    'old direction': ('direction', (0, 0, 1), {'stamp': stamp_from_ns(10**9)}, 'target_timeout'),
    'early orientation': ('orientation', (0, 0, 0, 1), {'stamp': stamp_from_ns(2 * 10**18)},
                          'use_sim_time'),
}


@pytest.mark.parametrize('which', BAD_TARGETS)
def test_bad_targets_are_refused(client: Client, which: str) -> None:
    """With a reason, and nothing moves."""
    kind, numbers, more, sentence = BAD_TARGETS[which]
    before = client.joints_of(client.answer(send(client, START)))
    publish = client.send_direction if kind == 'direction' else client.send_orientation
    answer = client.answer(publish(*numbers, **more))
    assert answer.level == DiagnosticStatus.ERROR
    assert sentence in answer.message
    assert values(answer)['verdict'] == 'refused'
    client.joint_states.clear()
    client.spin_until(lambda: len(client.joint_states) >= 2, 'repeated joint states')
    for message in client.joint_states:
        assert dict(zip(message.name, message.position)) == before


@pytest.mark.parametrize('topic', ['target_pose', 'target_point', 'target_orientation',
                                   'target_direction'])
def test_only_the_newest_counts_unless_told_otherwise(client: Client, topic: str) -> None:
    """The QoS of each kind of target can be overridden at start."""
    start = f'qos_overrides./{topic}.subscription'
    assert client.get_parameter(f'{start}.depth') == 1
    assert client.get_parameter(f'{start}.reliability') == 'reliable'


def test_start_with_a_file(process: NodeProcess, tmp_path: Any) -> None:
    """What is wrong in a file of parameters ends the start with the sentence."""
    file = tmp_path / 'node.yaml'
    file.write_text('/**: {ros__parameters: {target: {free: [rz], pointing: true}}}')
    node = NodeProcess('--params-file', str(file))
    assert node.wait_for_end() == 1
    assert "target.free is ['rz'], but must be empty while target.pointing" in node.output
    assert 'Traceback' not in node.output
