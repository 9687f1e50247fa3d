"""The stand-in without ROS: controller, joints and feedback in even cycles."""

from __future__ import annotations

from typing import Any

from harness import URDF
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.ros.parameters import from_mapping
from ik_solver_node.ros.stand_in.arm import StandInArm
from ik_solver_node.ros.stand_in.goal import Goal
from ik_solver_node.ros.stand_in.held_positions import HeldPositions
from ik_solver_node.ros.stand_in.settings import StandInSettings
from ik_solver_node.ros.stand_in.trajectory import Waypoint
import numpy as np
import pytest

NOW = 1_700_000_000_000_000_000
"""When the tests begin [ns]."""

MS = 1_000_000

PLANAR = (URDF / 'planar_2r.urdf').read_text()


def arm(urdf: str = PLANAR, **values: Any) -> StandInArm:
    """Return an arm with settings by name; ``__`` in a name stands for a dot."""
    settings = from_mapping({name.replace('__', '.'): value for name, value in values.items()},
                            StandInSettings)
    return StandInArm(urdf, settings, NOW)


def goal(seconds: float, *positions: float, start: int = 0) -> Goal:
    """Return a goal of the planar arm with one point."""
    return Goal(('joint_1', 'joint_2'), start, (
        Waypoint(round(1e9 * seconds), np.array(positions)),))


def test_a_trajectory_is_followed_and_told() -> None:
    """In the middle of the time joints are in the middle, at the velocity of the line."""
    made = arm()
    made.take(goal(1.0, 0.5, -1.0))
    made.advance(NOW + 500 * MS)
    told = made.tell()
    assert told == made.truth()
    assert told.joints == ('joint_1', 'joint_2')
    assert told.positions == pytest.approx([0.25, -0.5])
    assert told.velocities == pytest.approx([0.5, -1.0])
    assert not made.is_done()
    made.advance(NOW + 1000 * MS)
    assert made.truth().positions == (0.5, -1.0)
    assert made.is_done()
    assert made.monitor.largest_velocity == pytest.approx(1.0)
    assert made.monitor.discontinuities == 0


def test_cycles_do_not_depend_on_how_often_time_is_told() -> None:
    """A node that was late makes up for it, with the same commands."""
    ways = []
    for calls in (1, 7, 1000):
        made = arm(noise=0.001)
        made.take(goal(0.3, 0.5, -1.0))
        for call in range(1, calls + 1):
            made.advance(NOW + 900 * MS * call // calls)
        ways.append((made.truth(), made.monitor.largest_acceleration))
    assert ways[0] == ways[1] == ways[2]


def test_a_clock_that_is_set_does_not_disturb_a_trajectory() -> None:
    """Back or forth, it goes on from there; what is stamped by the new clock is understood."""
    made = arm()
    made.take(goal(1.0, 1.0, 0.0))
    made.advance(NOW + 300 * MS)
    for clock in (5 * MS, NOW + 10**15):
        made.advance(clock)
        before = made.truth().positions[0]
        made.advance(clock + 200 * MS)
        assert made.truth().positions[0] == pytest.approx(before + 0.2)
    clock = NOW + 10**15 + 200 * MS
    made.take(goal(1.0, 1.5, 0.0, start=clock - 500 * MS))
    made.advance(clock + 500 * MS)
    assert made.truth().positions[0] == pytest.approx(1.5)


def test_a_step_is_a_discontinuity_and_joints_take_their_time() -> None:
    """The velocity limits of the URDF are 2.5 and 3 rad/s."""
    made = arm(controller='forward_command')
    assert isinstance(made.controller, HeldPositions)
    made.controller.take_list([2.0, -3.0])
    made.advance(NOW + 100 * MS)
    assert made.truth().positions == pytest.approx([0.25, -0.3])
    assert made.truth().velocities == pytest.approx([2.5, -3.0])
    assert made.monitor.discontinuities == 1
    for seconds in (1, 2):
        made.advance(NOW + 1000 * MS * seconds)
    assert made.truth().positions == (2.0, -2.8)  # the limit of joint_2
    assert made.simulated.violations == 1


def test_a_delayed_arm_is_commanded_back_by_a_new_trajectory() -> None:
    """What goals that do not wait for each other do to a real arm, unless it is told otherwise."""
    for desired, expected in ((False, 1), (True, 0)):
        made = arm(delay=0.1, trajectory__interpolate_from_desired_state=desired)
        made.take(goal(1.0, 1.5, 0.0))
        made.advance(NOW + 500 * MS)
        made.take(goal(0.5, 1.5, 0.0))
        made.advance(NOW + 520 * MS)
        assert made.monitor.discontinuities == expected


def test_faults_are_switched_while_it_runs() -> None:
    """And concern what is told, not where the joints are."""
    made = arm()
    made.configure(StandInSettings(fault='missing', fault_joint='joint_1'))
    told = made.tell()
    assert told is not None and told.joints == ('joint_2',)
    assert made.truth().joints == ('joint_1', 'joint_2')
    with pytest.raises(OptionsError, match="fault_joint is 'elbow', but must be empty or one of"):
        made.configure(StandInSettings(fault_joint='elbow'))


def test_the_joints_and_their_start_can_be_chosen() -> None:
    """By default all that move on their own, as near to zero as they can be."""
    assert arm(joints=['joint_2'], start_positions=[1.0]).truth().positions == (1.0,)
    shifted = PLANAR.replace('lower="-2.8"', 'lower="0.5"')
    assert arm(shifted).truth().positions == (0.0, 0.5)


@pytest.mark.parametrize('values, sentence', [
    ({'joints': ['tool0_joint']}, "joints names tool0_joint, but the joints of robot 'planar_2r'"),
    ({'joints': ['joint_1', 'joint_1']}, 'joints is .* but must name no joint twice'),
    ({'start_positions': [0.0]}, 'start_positions has 1 entries, but must be empty or have one'),
    ({'start_positions': [0.0, 3.0]}, "has 3 for joint 'joint_2', but must be between -2.8 and"),
    ({'start_positions': [0.0, float('inf')]}, 'start_positions is .* but must be finite'),
    ({'fault_joint': 'elbow'}, "fault_joint is 'elbow'"),
    ({'controller': 'effort'}, "controller is 'effort', but must be one of"),
    ({'trajectory__replacement': 'never'}, "trajectory.replacement is 'never', but must be one"),
    ({'controller_name': '2nd arm'}, "controller_name is '2nd arm', but must be a name in ROS"),
    ({'update_rate': 0.0}, r'update_rate is 0.0 \[Hz\], but must be between 1.0 and 1000.0'),
    ({'noise': -1.0}, r'noise is -1.0 \[rad or m\], but must be between')])
def test_what_an_arm_cannot_be_is_refused(values: dict[str, Any], sentence: str) -> None:
    """With the name, the value and what is allowed."""
    with pytest.raises(OptionsError, match=sentence):
        arm(**values)
