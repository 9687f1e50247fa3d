"""Parameters changed while the node runs: taken between two targets, or refused with a reason."""

from __future__ import annotations

from collections.abc import Iterator
import math
from pathlib import Path
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from harness import Client, planar_tip, URDF, values
from ik_solver_node.ros.parameters import entries
import pytest
from rcl_interfaces.msg import Parameter as ParameterMsg, ParameterValue
from rcl_interfaces.srv import SetParameters

ARM = URDF / 'planar_3r.urdf'


@pytest.fixture(autouse=True)
def unchanged(client: Client) -> Iterator[None]:
    """Put the parameters of the model back, and see that the node still works."""
    yield
    assert client.set_together(
        urdf_file=str(ARM), robot_description='', base_link='', tip_links=['tool0'],
        limits__joints=[''][:0], limits__lower=[0.0][:0], limits__upper=[0.0][:0],
        locked__joints=[''][:0], locked__positions=[0.0][:0]) == (True, '')
    client.reach_point(0.5, 0.3)


def test_every_parameter_is_described(client: Client) -> None:
    """Description with unit, range and whether it is read-only can be asked for."""
    names = [name for name, _, _ in entries()]
    for name, descriptor in zip(names, client.describe(*names)):
        assert descriptor.name == name
        assert descriptor.description
    rate, steps, rule, measured = client.describe(
        'publish_rate', 'solver.max_iterations', 'solver.step_rule', 'use_measured_state')
    assert rate.description.endswith('[Hz]')
    assert rate.floating_point_range[0].to_value == 1000.0
    assert steps.integer_range[0].from_value == 1
    assert 'sweep' in rule.additional_constraints
    assert measured.read_only and not rate.read_only


@pytest.mark.parametrize('name, value', [
    ('solver.max_time', 0.03), ('solver.step_rule', 'gradient'), ('solver.step_rule', 'damped'),
    ('tracking.near', 0), ('target_timeout', 2), ('publish_all_joints', True)])
def test_good_values_are_taken(client: Client, name: str, value: Any) -> None:
    """Each is used from the next target on; an int will do for a float."""
    assert client.set_parameter(name, value) == (True, '')


@pytest.mark.parametrize('name, value, reason', [
    ('solver.max_time', 1000.0, 'solver.max_time'),
    ('solver.max_time', 1000, 'solver.max_time is 1000 [s], but must be between'),
    ('solver.max_time', math.nan, 'solver.max_time'),
    ('solver.max_time', 'long', "solver.max_time is 'long', but must be a number"),
    ('solver.max_iterations', 5.0, 'solver.max_iterations is 5.0, but must be a number of type'),
    ('solver.step_rule', 'magic', "solver.step_rule is 'magic', but must be one of"),
    ('publish_all_joints', 1, 'publish_all_joints is 1, but must be a bool'),
    ('base_link', 'nowhere', 'known links are: base_link'),
    ('tip_links', ['nowhere'], 'known links are: base_link'),
    ('tip_links', ['tool0', 'tool0'], "tip_links has 'tool0' twice"),
    ('tip_links', ['base_link'], 'no joint can move'),
    ('limits.joints', ['joint_1'], 'one for each'),
    ('robot_description', '<robot', 'XML'),
    ('publish_rate', 1e-300, 'publish_rate is 1e-300 [Hz], but must be 0 or at least 0.01'),
    ('tip_links', None, 'tip_links cannot be deleted'),
    ('urdf_file', '/nowhere/arm.urdf', '/nowhere/arm.urdf'),
    ('use_measured_state', True, 'read-only'),
])
def test_bad_values_are_refused_with_the_reason(client: Client, name: str, value: Any,
                                                reason: str) -> None:
    """The sentence names the parameter, the value and what is allowed; the old value stays."""
    accepted, told = client.set_parameter(name, value)
    assert not accepted
    assert reason in told


def test_a_parameter_of_no_type_is_skipped(client: Client) -> None:
    """Reading such a request, rclpy raises; the node goes on."""
    parameter = ParameterMsg(name='tip_links', value=ParameterValue(type=77))
    service = client.node.create_client(SetParameters, 'ik_solver_node/set_parameters')
    client.spin_until(service.service_is_ready, 'set_parameters')
    service.call_async(SetParameters.Request(parameters=[parameter]))
    client.spin_for(0.3)
    assert client.set_parameter('tip_links', []) == (True, '')
    client.reach_point(0.5, 0.4)


def test_without_a_description_the_robot_stays_and_is_still_checked(client: Client) -> None:
    """Parameters of the chain go on to act on the robot that is moved."""
    urdf_file = client.get_parameter('urdf_file')
    assert client.set_parameter('urdf_file', '') == (True, '')
    accepted, reason = client.set_parameter('base_link', 'nowhere')
    assert not accepted and 'known links are: base_link' in reason
    assert client.set_together(limits__joints=['joint_1'], limits__lower=[0.2],
                               limits__upper=[0.3]) == (True, '')
    assert 0.2 <= client.reach_point(0.5, 0.3)['joint_1'] <= 0.3
    assert client.set_parameter('urdf_file', urdf_file) == (True, '')


def test_tip_changes_between_two_targets(client: Client) -> None:
    """Another tip makes another chain; the joints that both have stay where they are."""
    before = client.reach_point(0.5, 0.4)
    assert client.set_parameter('tip_links', ['link_3']) == (True, '')
    client.joint_states.clear()
    message = client.spin_until(lambda: client.joint_states, 'repeated joint states')[0]
    assert dict(zip(message.name, message.position)) == pytest.approx(before)
    joints = client.reach_point(0.4, 0.3)
    lengths = arm_lengths()[:2]
    assert planar_tip(joints['joint_1'], joints['joint_2'], lengths=lengths) == pytest.approx(
        (0.4, 0.3), abs=1e-5)


def test_limits_can_be_narrowed(client: Client) -> None:
    """Solutions keep the limits of the parameters; contradictory ones are refused."""
    assert client.set_together(limits__joints=['joint_1'], limits__lower=[0.2],
                               limits__upper=[0.3]) == (True, '')
    for x, y in ((0.5, 0.3), (0.4, 0.4), (0.6, 0.0)):
        assert 0.2 <= client.reach_point(x, y)['joint_1'] <= 0.3
    accepted, reason = client.set_together(limits__joints=['joint_1'], limits__lower=[1],
                                           limits__upper=[0])
    assert not accepted
    assert "'joint_1'" in reason


def test_joints_can_be_locked(client: Client) -> None:
    """A locked joint stays, and is published where it stands."""
    assert client.set_together(locked__joints=['joint_2'],
                               locked__positions=[0.5]) == (True, '')
    joints = client.reach_point(0.5, 0.4)
    assert joints['joint_2'] == 0.5
    assert planar_tip(*(joints[f'joint_{number}'] for number in (1, 2, 3)),
                      lengths=arm_lengths()) == pytest.approx((0.5, 0.4), abs=1e-5)


def test_publish_rate_can_be_changed(client: Client) -> None:
    """0 publishes solutions only, 50 publishes them again at 50 Hz."""
    assert client.set_parameter('publish_rate', 0.0) == (True, '')
    answer = client.answer(client.send_point(0.5, 0.3))
    client.joints_of(answer)
    client.joint_states.clear()
    client.spin_for(0.4)
    assert client.joint_states == []
    assert client.set_parameter('publish_rate', 50) == (True, '')
    client.spin_for(1.0)
    assert 25 <= len(client.joint_states) <= 55


def test_model_changes_by_parameter(client: Client) -> None:
    """The text of a URDF goes before the file."""
    assert client.set_together(robot_description=(URDF / 'planar_2r.urdf').read_text(),
                               tip_links=[''][:0]) == (True, '')
    joints = client.reach_point(0.3, 0.6)
    assert list(joints) == ['joint_1', 'joint_2']
    assert planar_tip(*joints.values()) == pytest.approx((0.3, 0.6), abs=1e-5)


def test_file_is_not_read_again_for_other_parameters(client: Client, tmp_path: Path) -> None:
    """A file that went bad does not hurt the node until the model is to change."""
    copy = tmp_path / 'arm.urdf'
    copy.write_text(ARM.read_text())
    assert client.set_parameter('urdf_file', str(copy)) == (True, '')
    copy.write_text('<robot')
    assert client.set_parameter('solver.max_time', 0.02) == (True, '')
    accepted, reason = client.set_parameter('tip_links', ['link_3'])
    assert not accepted
    assert 'XML' in reason
    client.reach_point(0.4, 0.4)


def test_sweep_rule_takes_effect(client: Client) -> None:
    """The number of iterations shows which rule solved."""
    far = (-0.3, 0.5)
    counts = {}
    for rule in ('damped', 'sweep'):
        assert client.set_parameter('solver.step_rule', rule) == (True, '')
        client.answer(client.send_point(0.8, 0.0))
        counts[rule] = values(client.answer(client.send_point(*far)))['iterations']
    assert client.set_parameter('solver.step_rule', 'damped') == (True, '')
    assert counts['damped'] != counts['sweep']
    assert client.answer(client.send_point(*far)).level == DiagnosticStatus.OK


def arm_lengths() -> tuple[float, float, float]:
    """Return the lengths of the links of the arm [m]."""
    return 0.4, 0.3, 0.2
