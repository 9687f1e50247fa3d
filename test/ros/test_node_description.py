"""The robot description by topic: awaited, exchanged live, and refused when it is bad."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from diagnostic_msgs.msg import DiagnosticStatus
from domains import private_domain
from harness import Client, connected_client, NodeProcess, planar_tip, running_node, URDF, values
import pytest

PLANAR_2R = (URDF / 'planar_2r.urdf').read_text()
PLANAR_3R = (URDF / 'planar_3r.urdf').read_text()

WAITING = 'waiting for robot_description on /shared/robot_description'


@pytest.fixture(scope='module')
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    """Return the node in a namespace, with topics remapped, shared by the tests of this module."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        with running_node('-r', '__ns:=/left', '-r', 'joint_states:=arm/joint_states',
                          '-r', 'robot_description:=/shared/robot_description',
                          until=WAITING) as node:
            yield node


@pytest.fixture(scope='module')
def client(process: NodeProcess) -> Iterator[Client]:
    """Return a client of the node."""
    with connected_client(namespace='left', joints_topic='arm/joint_states') as client:
        yield client


@pytest.fixture(scope='module')
def describe(client: Client) -> Callable[[str], None]:
    """Return a function that publishes a description."""
    return client.description_publisher('/shared/robot_description')


def test_node_waits_and_says_so(client: Client) -> None:
    """Without a description the diagnostics are an error that names the topic."""
    status = client.next_diagnostics(lambda status: True)
    assert status.level == DiagnosticStatus.ERROR
    assert status.message == WAITING
    assert status.name == 'left/ik_solver_node: solver'


def test_bad_first_description_is_refused(client: Client, process: NodeProcess,
                                          describe: Callable[[str], None]) -> None:
    """The node goes on waiting."""
    describe('')
    assert '[ERROR]' in process.wait_for('refused, waiting for another one: the URDF is empty')
    client.next_diagnostics(lambda status: 'the URDF is empty' in status.message)


def test_first_good_description_is_used(client: Client, process: NodeProcess,
                                        describe: Callable[[str], None]) -> None:
    """It is announced, and targets are taken from then on."""
    describe(PLANAR_2R)
    process.wait_for('received robot_description')
    ready = process.wait_for('ready: ')
    for part in ("'planar_2r'", "'base_link'", "'tool0'", 'joint_2 [-2.8, 2.8]'):
        assert part in ready
    client.connect()
    assert planar_tip(*client.reach_point(0.2, 0.6).values()) == pytest.approx((0.2, 0.6),
                                                                               abs=1e-5)


def test_a_choice_of_tip_makes_a_description_good(
        process: NodeProcess, client: Client, describe: Callable[[str], None]) -> None:
    """What was refused for want of a choice is used once the choice is made, as it says."""
    describe((URDF / 'desk_arm.urdf').read_text())
    process.wait_for("robot 'desk_arm' ends in 3 links, so the tip must be chosen")
    assert client.set_parameter('tip_links', ['left_finger_link']) == (True, '')
    process.wait_for("robot 'desk_arm' from 'base_link' to 'left_finger_link'")
    assert client.set_parameter('tip_links', ['tool0']) == (True, '')
    process.wait_for("robot 'desk_arm' from 'base_link' to 'tool0'")
    describe(PLANAR_2R)
    client.next_diagnostics(lambda status: values(status)['robot'] == 'planar_2r')
    assert client.set_parameter('tip_links', []) == (True, '')


BAD = {
    'empty': ('', 'the URDF is empty'),
    'broken': (PLANAR_2R[:500], 'XML'),
    'entities': ('<!DOCTYPE r [<!ENTITY a "b">]>' + PLANAR_2R, 'DOCTYPE'),
    'chain-less': ('<robot name="rock"><link name="a"/><link name="b"/><joint name="j" '
                   'type="fixed"><parent link="a"/><child link="b"/></joint></robot>',
                   'no joint can move'),
    'two tips': (PLANAR_2R.replace('</robot>', '<link name="t"/><joint name="j" type="fixed">'
                 '<parent link="link_2"/><child link="t"/></joint></robot>'), 'tool0, t'),
    '10 MB': (PLANAR_2R + '<!--' + 10**7 * 'x' + '-->', 'characters; at most'),
}


@pytest.mark.parametrize('kind', BAD)
def test_bad_description_leaves_the_last_good_one(client: Client, process: NodeProcess, kind: str,
                                                  describe: Callable[[str], None]) -> None:
    """The reason is logged and in the diagnostics, and the arm still follows."""
    text, reason = BAD[kind]
    describe(text)
    status = client.next_diagnostics(lambda status: reason in values(status)
                                     ['last bad description'])
    assert 'the last good one stays' in values(status)['last bad description']
    assert '[ERROR]' in process.wait_for(reason)
    joints = client.reach_point(0.3, 0.5)
    assert planar_tip(*joints.values()) == pytest.approx((0.3, 0.5), abs=1e-5)


def test_another_robot_is_exchanged_live(client: Client,
                                         describe: Callable[[str], None]) -> None:
    """The next target after the new description moves the new robot, from where it stands."""
    before = client.reach_point(0.3, 0.5)
    describe(PLANAR_3R)
    status = client.next_diagnostics(lambda status: values(status)['robot'] == 'planar_3r')
    assert values(status)['last bad description'] == ''
    client.joint_states.clear()
    message = client.spin_until(lambda: client.joint_states, 'joint states of the new robot')[0]
    assert message.name == ['joint_1', 'joint_2', 'joint_3']
    assert list(message.position)[:2] == pytest.approx(list(before.values()))
    assert len(client.reach_point(0.4, 0.4)) == 3
    describe(PLANAR_2R)
    client.next_diagnostics(lambda status: values(status)['robot'] == 'planar_2r')
    assert len(client.reach_point(0.4, 0.4)) == 2
