"""How fast joints may move: who says so, and what counts where nobody does."""

from chains import chain_of
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.joint_limits_file import JointLimit
from ik_solver_node.motion_limits import motion_limits, MotionDefaults, MotionLimits
from ik_solver_node.robot_model import parse_urdf
import numpy as np
import pytest

DEFAULTS = MotionDefaults(velocity=1.5, acceleration_time=0.5, jerk_time=0.1)


def test_the_tighter_of_urdf_and_file_counts():
    """What neither has follows from the velocity."""
    chain = chain_of('seven_axis_arm')
    slow, fast, *_ = chain.joint_names
    limits = motion_limits(chain, DEFAULTS, {
        slow: JointLimit(velocity=0.3, acceleration=1.1, jerk=7.0), fast: JointLimit(velocity=99)})
    assert limits.velocity[0] == 0.3 and limits.velocity[1:].tolist() == (
        chain.velocity[1:].tolist())
    assert limits.acceleration[:2].tolist() == [1.1, chain.velocity[1] / 0.5]
    assert limits.jerk[:2].tolist() == [7.0, limits.acceleration[1] / 0.1]
    assert (limits.lower == chain.lower).all() and (limits.upper == chain.upper).all()


def test_what_is_given_instead_replaces_both():
    """Also with more than they allow: who sets it knows."""
    chain = chain_of('seven_axis_arm')
    name = chain.joint_names[0]
    limits = motion_limits(chain, DEFAULTS, {name: JointLimit(velocity=0.3, acceleration=1.0)},
                           {name: JointLimit(velocity=50.0)})
    assert limits.velocity[0] == 50.0 and limits.acceleration[0] == 1.0
    with pytest.raises(OptionsError, match="joint 'knee', but those that the chain moves are"):
        motion_limits(chain, DEFAULTS, instead={'knee': JointLimit(velocity=1.0)})


def test_what_mimics_a_joint_limits_it_and_no_limit_has_a_default():
    """A finger that moves twice as far allows half the velocity."""
    urdf = """<robot name="mimic"><link name="a"/><link name="b"/><link name="c"/><link name="d"/>
      <joint name="slide" type="prismatic"><parent link="a"/><child link="b"/>
        <axis xyz="1 0 0"/><limit lower="-1" upper="1" effort="1" velocity="1"/></joint>
      <joint name="follower" type="prismatic"><parent link="b"/><child link="c"/>
        <axis xyz="1 0 0"/><limit lower="-3" upper="3" effort="1" velocity="1"/>
        <mimic joint="slide" multiplier="-2"/></joint>
      <joint name="spin" type="continuous"><parent link="c"/><child link="d"/>
        <axis xyz="1 0 0"/></joint></robot>"""
    chain = KinematicChain.from_model(parse_urdf(urdf))
    limits = motion_limits(chain, DEFAULTS, {'follower': JointLimit(acceleration=4.0)})
    assert limits.velocity.tolist() == [0.5, 1.5]
    assert limits.acceleration.tolist() == [2.0, 3.0]


def test_a_speed_slows_the_velocity_only():
    """With less acceleration a moving arm could no longer stop in time."""
    limits = MotionLimits([-1.0], [1.0], [2.0], [3.0], [4.0])
    slow = limits.at_speed(0.25)
    assert (slow.velocity, slow.acceleration, slow.jerk) == ([0.5], [3.0], [4.0])
    assert limits.at_speed(1.0) is limits


@pytest.mark.parametrize(('change', 'says'), [
    ({'velocity': [0.0]}, 'velocity is .0.0., but must be positive'),
    ({'acceleration': [np.inf]}, 'acceleration is .inf.'), ({'jerk': [np.nan]}, 'jerk is .nan.'),
    ({'jerk': [1.0, 1.0]}, 'jerk has shape'), ({'lower': [2.0]}, 'must not be above upper'),
])
def test_limits_that_make_no_sense_are_refused(change, says):
    """When they are made, and nowhere else."""
    values = {'lower': [-1.0], 'upper': [1.0], 'velocity': [1.0], 'acceleration': [1.0],
              'jerk': [1.0]}
    with pytest.raises(OptionsError, match=says):
        MotionLimits(**{**values, **change})
    with pytest.raises(ValueError, match='read-only'):
        MotionLimits(**values).velocity[0] = 2.0
