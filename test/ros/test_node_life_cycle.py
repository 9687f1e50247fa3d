"""The node is a managed one: every transition, and what it does to an arm on the move."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from harness import Client, connected_client, planar_tip, running_node, URDF
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState
import pytest

ARM = URDF / 'planar_2r.urdf'
CONFIGURE, ACTIVATE = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE
DEACTIVATE, CLEANUP = Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP


@pytest.fixture(autouse=True)
def ros_domain(tmp_path: Path) -> Iterator[None]:
    """Give each test a domain of its own."""
    with private_domain(tmp_path):
        yield


def change(client: Client, transition: int) -> bool:
    """Ask for a transition; return whether it was made."""
    request = ChangeState.Request(transition=Transition(id=transition))
    return client.call(ChangeState, 'change_state', request).success


def state(client: Client) -> str:
    """Return the state of the node."""
    return client.call(GetState, 'get_state', GetState.Request()).current_state.label


def patient_node(*more: str, urdf: Path = ARM) -> list[str]:
    """Return the arguments of a node that waits for its transitions."""
    arguments = ['-p', 'autostart:=false', '-p', f'urdf_file:={urdf}']
    for one in more:
        arguments += ['-p', one]
    return arguments


def test_a_plain_start_is_active() -> None:
    """Nobody needs to know of life cycles."""
    with running_node('-p', f'urdf_file:={ARM}'), connected_client() as client:
        client.connect()
        assert state(client) == 'active'


def test_a_node_waits_for_its_transitions_and_goes_through_all_of_them() -> None:
    """And a second time, with what was asked for meanwhile."""
    with running_node(*patient_node(), until='waiting to be configured') as node:
        with connected_client() as client:
            assert state(client) == 'unconfigured'
            assert not client.node.get_publishers_info_by_topic('joint_states')
            assert change(client, CONFIGURE) and state(client) == 'inactive'
            client.spin_until(lambda: client.points.get_subscription_count(), 'subscription')
            refused = client.answer(client.send_point(0.5, 0.3))
            assert refused.level == DiagnosticStatus.ERROR
            assert 'the node is not active' in refused.message
            assert client.joint_states == []
            assert change(client, ACTIVATE) and state(client) == 'active'
            node.wait_for('ready: robot ')
            client.reach_point(0.5, 0.3)
            assert change(client, DEACTIVATE) and change(client, CLEANUP)
            client.spin_until(lambda: not client.points.get_subscription_count(), 'cleanup')
            assert client.set_parameter('urdf_file', str(URDF / 'planar_3r.urdf'))[0]
            assert change(client, CONFIGURE) and change(client, ACTIVATE)
            client.spin_until(lambda: client.points.get_subscription_count(), 'subscription')
            assert len(client.reach_point(0.5, 0.3)) == 3
            assert change(client, Transition.TRANSITION_ACTIVE_SHUTDOWN)
            assert state(client) == 'finalized'


def test_a_configuration_that_fails_may_be_tried_again() -> None:
    """The log says why; the node lives."""
    nowhere = Path('/nowhere.urdf')
    with running_node(*patient_node(urdf=nowhere), until='waiting to be configured') as node:
        with connected_client() as client:
            assert not change(client, CONFIGURE)
            assert state(client) == 'unconfigured'
            assert 'cannot be configured' in node.wait_for('/nowhere.urdf')
            assert client.set_parameter('urdf_file', str(ARM))[0]
            assert change(client, CONFIGURE) and change(client, ACTIVATE)
            client.spin_until(lambda: client.points.get_subscription_count(), 'subscription')
            client.reach_point(0.5, 0.3)


def test_a_transition_that_does_not_fit_changes_nothing() -> None:
    """Rclpy itself raises instead of answering; the node and its state stay."""
    with running_node('-p', f'urdf_file:={ARM}') as node, connected_client() as client:
        client.connect()
        caller = client.node.create_client(ChangeState, 'ik_solver_node/change_state')
        client.spin_until(caller.service_is_ready, 'change_state')
        caller.call_async(ChangeState.Request(transition=Transition(id=CLEANUP)))
        node.wait_for('skipped what could not be handled')
        assert state(client) == 'active'
        client.reach_point(0.5, 0.3)


def test_deactivation_stops_an_arm_smoothly_and_holds_it() -> None:
    """It does not go on by itself after the next activation."""
    arguments = patient_node('motion.mode:=move', 'publish_rate:=0.0')
    with running_node(*arguments, until='waiting to be configured'):
        with connected_client() as client:
            assert change(client, CONFIGURE) and change(client, ACTIVATE)
            client.connect()
            client.send_point(*planar_tip(2.2, 0.5))
            client.spin_until(lambda: client.joint_states and max(
                map(abs, client.joint_states[-1].velocity)) > 0.5, 'motion')
            assert change(client, DEACTIVATE)
            client.spin_until(lambda: not any(client.joint_states[-1].velocity), 'rest')
            there = client.joint_states[-1].position
            velocities = [max(map(abs, message.velocity)) for message in client.joint_states]
            braking = [after - before for before, after in zip(velocities, velocities[1:])]
            assert min(braking) > -0.2  # no hard stop
            assert change(client, ACTIVATE)
            client.spin_for(0.3)
            assert client.joint_states[-1].position == there
            client.answer(client.send_point(0.5, 0.3))
            client.spin_until(lambda: any(client.joint_states[-1].velocity), 'motion')


def test_a_signal_ends_a_node_in_any_state() -> None:
    """With exit code 0, which `running_node` checks."""
    for transitions in ([], [CONFIGURE], [CONFIGURE, ACTIVATE, DEACTIVATE]):
        with running_node(*patient_node(), until='waiting to be configured'):
            with connected_client() as client:
                for transition in transitions:
                    assert change(client, transition)
