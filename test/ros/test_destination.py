"""Where the arm is going: told before it is there, and true when it stands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from harness import Client, connected_client, planar_tip, running_node, URDF
from ik_solver_node.ros.conversions import stamp_to_ns
import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from test_node_lines import go_home, HOME, send_lines, tip_of
from test_node_motion import is_moving, motion_node, positions, trigger, wait_for_rest

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@contextmanager
def listening(*arguments: str) -> Iterator[tuple[Client, list[JointState]]]:
    """Return a client of a node, and what that tells of its destination."""
    with running_node(*arguments) as _, connected_client() as client:
        heard: list[JointState] = []
        client.node.create_subscription(
            JointState, 'ik_solver_node/destination', heard.append, LATCHED)
        yield client, heard


def leads_to(message: JointState, point: tuple[float, float]) -> bool:
    """Return whether the tip is at a point with these joints."""
    return bool(np.hypot(*(tip_of(positions([message])[0]) - point)) < 1e-3)


def test_at_first_it_is_where_the_arm_stands(ros_domain: int) -> None:
    """With all joints of the robot, those beside the chain too."""
    with listening('-p', f'urdf_file:={URDF}/desk_arm.urdf', '-p', 'tip_links:=[tool0]') as (
            client, heard):
        client.spin_until(lambda: heard and client.joint_states, 'a destination')
        assert heard[-1].name == client.joint_states[-1].name
        assert heard[-1].position == client.joint_states[-1].position
        assert 'left_finger_joint' in heard[-1].name
        assert heard[-1].header.stamp.sec > 0


def test_in_the_mode_direct_it_is_what_is_sent(ros_domain: int) -> None:
    """Also for the last target of a stream, however fast that is; a refused one changes none."""
    with listening('-p', f'urdf_file:={URDF}/planar_2r.urdf') as (client, heard):
        client.connect()
        for turn in np.linspace(0.0, 0.5, 50):
            stamp = client.send_point(*planar_tip(0.3 + turn, 0.8))
        joints = client.joints_of(client.answer(stamp))
        client.spin_until(lambda: dict(zip(heard[-1].name, heard[-1].position)) == joints,
                          'the last one')
        count = len(heard)
        client.answer(client.send_point(5.0, 0.0))
        client.spin_for(0.2)
        assert len(heard) == count


def test_on_the_move_it_is_ahead_and_after_a_stop_where_the_arm_stands(ros_domain: int) -> None:
    """A ghost at a place that the arm does not go to any more would be wrong."""
    with listening(*motion_node('move', 'motion.speed:=0.2')) as (client, heard):
        client.connect()
        wait_for_rest(client)
        goal = planar_tip(-1.5, 0.5)
        client.answer(client.send_point(*goal))
        client.spin_until(lambda: heard and leads_to(heard[-1], goal), 'the new destination')
        client.spin_until(lambda: is_moving(client), 'a motion')
        assert trigger(client, 'stop').success
        rest = wait_for_rest(client)
        assert np.hypot(*(tip_of(rest) - goal)) > 0.05
        client.spin_until(lambda: positions(heard[-1:])[0] == pytest.approx(rest, abs=1e-9),
                          'where it stopped')


def test_lines_lead_to_their_last_pose(ros_domain: int) -> None:
    """Not to the corners on the way."""
    with listening(*motion_node('move')) as (client, heard):
        go_home(client)
        end = HOME[0], HOME[1] - 0.05
        client.answer(send_lines(client, (HOME[0] - 0.05, HOME[1]), end), 30.0)
        first = client.spin_until(
            lambda: next((message for message in heard if leads_to(message, end)), None),
            'the end of the lines')
        client.spin_until(
            lambda: client.joint_states and leads_to(client.joint_states[-1], end),
            'the arm there')
        arrived = stamp_to_ns(client.joint_states[-1].header.stamp)
        assert arrived - stamp_to_ns(first.header.stamp) > 0.5e9
