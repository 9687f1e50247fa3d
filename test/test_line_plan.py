"""Plans of straight lines: straight, inside the limits, and honest about how far they lead."""

from functools import partial

from chains import chain_of
from ik_solver_node.exceptions import InvalidPoseError, OptionsError
from ik_solver_node.line_plan import LineOptions, plan_lines
from ik_solver_node.motion_limits import motion_limits, MotionDefaults
from ik_solver_node.path import PathEnd
from ik_solver_node.pose import Pose
from ik_solver_node.target import DirectionTarget, PoseTarget
from independent import tip_pose
import numpy as np
import pytest
from test_time_law import excess_of, ROUNDING

STARTS = {
    'six_axis_arm': [0.3, 0.4, 0.3, 0.2, 0.6, 0.1],
    'seven_axis_arm': [0.4, 0.8, 0.3, -1.2, 0.3, 0.8, 0.0],
    'panda': [0.0, -0.5, 0.0, -2.0, 0.0, 1.6, 0.7],
    'ur5': [0.1, -1.2, 1.5, -1.2, 1.5, 0.3],
}


def shifted(pose, *by):
    """Return a pose moved by so many metres."""
    return Pose(pose.position + np.array(by), pose.quat_xyzw)


def distance_to_segment(point, start, end):
    """Return how far a point is from a straight line between two others [m]."""
    way = end - start
    part = np.clip((point - start) @ way / (way @ way), 0.0, 1.0)
    return np.linalg.norm(point - start - part * way)


@pytest.mark.parametrize('period', [0.004, 0.01])
@pytest.mark.parametrize('robot', sorted(STARTS))
def test_the_tip_goes_straight_from_corner_to_corner(robot, period):
    """By kinematics of its own: orientation kept, at the speed asked for, inside limits."""
    chain = chain_of(robot)
    start = np.array(STARTS[robot])
    first = chain.forward_kinematics(start)
    second, third = shifted(first, 0.0, 0.15, 0.0), shifted(first, 0.0, 0.15, -0.1)
    limits = motion_limits(chain, MotionDefaults(1.0, 0.5, 0.1))
    plan = plan_lines(chain, [second, third], start, LineOptions(tip_speed=0.2), limits=limits,
                      period=period)
    assert plan.success and plan.fraction == 1.0 and plan.length == pytest.approx(0.25)
    assert excess_of(plan.states, limits, period) < ROUNDING
    assert (plan.states.positions[0] == start).all()
    tips = [tip_pose(chain, q) for q in plan.states.positions]
    places = np.array([tip.position for tip in tips])
    for place, tip in zip(places, tips):
        assert min(distance_to_segment(place, first.position, second.position),
                   distance_to_segment(place, second.position, third.position)) < 2e-5
        assert np.abs(tip.rotation() - first.rotation()).max() < 2e-4
    assert np.linalg.norm(places[-1] - third.position) < 2e-6
    # It stops at the corner, exactly there.
    stops = np.flatnonzero(~plan.states.velocities.any(axis=1))
    assert min(np.linalg.norm(places[k] - second.position) for k in stops[1:-1]) < 2e-6
    speeds = np.linalg.norm(np.diff(places, axis=0), axis=1) / period
    assert 0.19 < speeds.max() < 0.2 + 1e-3


def test_the_joints_decide_where_the_speed_is_too_much():
    """A tip speed that no joint can keep is not kept; every limit is."""
    chain = chain_of('six_axis_arm')
    start = np.array(STARTS['six_axis_arm'])
    there = shifted(chain.forward_kinematics(start), 0.0, 0.3, 0.0)
    limits = motion_limits(chain, MotionDefaults(1.0, 0.5, 0.1)).at_speed(0.1)
    plan = plan_lines(chain, [there], start, LineOptions(tip_speed=5.0), limits=limits)
    assert plan.success and excess_of(plan.states, limits, 0.01) < ROUNDING
    assert (np.abs(plan.states.velocities).max(axis=0) / limits.velocity).max() > 0.95


def test_many_short_lines_are_one_smooth_way():
    """A circle of 72 poses has no stop in it, and takes little longer than its length."""
    chain = chain_of('six_axis_arm')
    start = np.array(STARTS['six_axis_arm'])
    first = chain.forward_kinematics(start)
    angles = np.linspace(0.0, 2.0 * np.pi, 73)[1:]
    circle = [shifted(first, 0.0, 0.1 * (np.cos(a) - 1.0), 0.1 * np.sin(a)) for a in angles]
    plan = plan_lines(chain, circle, start, LineOptions(tip_speed=0.1))
    assert plan.success
    assert plan.states.velocities[2:-2].any(axis=1).all()
    assert plan.duration < 0.2 * np.pi / 0.1 + 0.5
    for q in plan.states.positions[::20]:
        place = chain.forward_kinematics(q).position - first.position
        assert abs(np.hypot(place[1] + 0.1, place[2]) - 0.1) < 2e-4
        assert abs(place[0]) < 2e-5


def test_lines_that_leave_the_workspace_are_followed_as_far_as_it_goes():
    """The motion ends at rest there, and the sentence says how far that is."""
    chain = chain_of('ur5')
    start = np.array(STARTS['ur5'])
    first = chain.forward_kinematics(start)
    plan = plan_lines(chain, [shifted(first, 0.0, 0.0, -2.0)], start)
    assert not plan.success and plan.path.end is PathEnd.NOT_REACHED
    assert 0.1 < plan.fraction < 0.9
    gone = first.position - chain.forward_kinematics(plan.states.positions[-1]).position
    assert gone[2] == pytest.approx(2.0 * plan.fraction, abs=1e-3)
    assert not plan.states.velocities[-1].any()
    assert f'{100 * plan.fraction:.1f} % of 2 m only' in plan.sentence


def test_where_only_another_posture_leads_on_the_lines_end():
    """A joint at its limit is not turned over to come from the other side."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    free = chain_of('planar_2r')
    start = np.array([0.3, -0.9])
    first, last = chain.forward_kinematics(start), free.forward_kinematics([0.9, -0.9])
    both = [solution for solution in ([0.9, -0.9],) if (chain.clip(solution) == solution).all()]
    assert not both
    plan = plan_lines(chain, [Pose(last.position, first.quat_xyzw)], start,
                      target=lambda pose: DirectionTarget([0, 0, 1], position=pose.position))
    assert not plan.success and plan.path.end is PathEnd.WOULD_JUMP
    assert 0.0 < plan.fraction < 1.0
    steps = np.abs(np.diff(plan.states.positions, axis=0))
    assert steps.max() < 0.05
    assert 'reached only by a jump' in plan.sentence


def test_near_a_singularity_smaller_steps_lead_on():
    """There the joints turn far for little, so the places on the line come closer together."""
    chain = chain_of('ur5')
    start = np.array([0.1, -1.2, 1.5, -1.2, 0.01, 0.3])
    there = shifted(chain.forward_kinematics(start), 0.0, 0.3, 0.0)
    plan = plan_lines(chain, [there], start, LineOptions(tip_speed=0.25))
    assert plan.success and plan.deviation < 5e-4
    assert plan.path.targets > 200
    assert plan.duration > 1.5 * 0.3 / 0.25  # it slows down


def test_an_arm_of_five_joints_keeps_the_position():
    """What it cannot control of the orientation is left free, as for any target."""
    chain = chain_of('desk_arm')
    start = np.array([0.3, 0.4, 0.3, 0.2, 0.6])
    first = chain.forward_kinematics(start)
    plan = plan_lines(chain, [shifted(first, 0.0, 0.05, 0.02)], start)
    assert plan.success
    for q in plan.states.positions[::10]:
        assert distance_to_segment(chain.forward_kinematics(q).position, first.position,
                                   first.position + [0.0, 0.05, 0.02]) < 1e-4


def test_a_tool_goes_along_the_lines():
    """Not the link it is fixed to; and the spin of it may be free."""
    chain = chain_of('six_axis_arm')
    start = np.array(STARTS['six_axis_arm'])
    tool = Pose.from_rpy([0.05, 0.0, 0.12], [0.0, 0.3, 0.0])

    def tip(q):
        return Pose.from_matrix(chain.forward_kinematics(q).matrix() @ tool.matrix())

    first = tip(start)
    turned = Pose.from_matrix(first.matrix() @ Pose.from_rpy([0.0] * 3, [0.3, 0.2, 1.0]).matrix())
    turned = shifted(turned, 0.0, 0.1, 0.05)
    plan = plan_lines(chain, [turned], start, tool=tool,
                      target=partial(PoseTarget, tool=tool, free=['rz']))
    assert plan.success and plan.angle > 0.1
    for q in plan.states.positions[::10]:
        assert distance_to_segment(tip(q).position, first.position, turned.position) < 1e-4
    assert abs(tip(plan.states.positions[-1]).rotation()[:, 2] @ turned.rotation()[:, 2]) > (
        1.0 - 1e-9)


def test_an_arm_that_is_there_stays():
    """No lines, no motion, no complaint."""
    chain = chain_of('six_axis_arm')
    start = np.array(STARTS['six_axis_arm'])
    plan = plan_lines(chain, [chain.forward_kinematics(start)] * 3, start)
    assert plan.success and plan.fraction == 1.0 and plan.duration == 0.0
    assert plan.states.positions.tolist() == [start.tolist()]


@pytest.mark.parametrize('poses, start, reason', [
    ([], STARTS['six_axis_arm'], 'at least one pose'),
    ([Pose.identity(), None], STARTS['six_axis_arm'], 'pose number 1 must be a Pose, got None'),
    (Pose.identity(), STARTS['six_axis_arm'], 'poses must be a list of Pose'),
    ([Pose.identity()], [9.0, 0.0, 0.0, 0.0, 0.0, 0.0], "joint 'joint_1' is 6.03 rad"),
    ([Pose.identity()], [0.0, 0.0], r'start must have shape \(6,\)'),
    ([Pose([1e6, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0])], STARTS['six_axis_arm'],
     'but can have 100000 at most'),
])
def test_what_cannot_be_planned_is_refused(poses, start, reason):
    """With what is wrong, and what would be right."""
    with pytest.raises(InvalidPoseError, match=reason):
        plan_lines(chain_of('six_axis_arm'), poses, start)


@pytest.mark.parametrize('options, reason', [
    ({'tip_speed': 0.0}, r'tip_speed is 0.0 \[m/s\], but must be between'),
    ({'tolerance': float('nan')}, 'tolerance is nan'),
    ({'allow_partial': 1}, 'allow_partial is 1, but must be a bool'),
])
def test_options_are_checked(options, reason):
    """As all options are."""
    with pytest.raises(OptionsError, match=reason):
        LineOptions(**options)


def test_lines_that_take_forever_are_refused():
    """Before the memory is full of states."""
    chain = chain_of('six_axis_arm')
    start = np.array(STARTS['six_axis_arm'])
    there = shifted(chain.forward_kinematics(start), 0.0, 0.3, 0.0)
    with pytest.raises(OptionsError, match=r'takes 3e\+03 s, but with a period of 0.001 s it'):
        plan_lines(chain, [there], start, LineOptions(tip_speed=1e-4), period=0.001)


@pytest.mark.parametrize('period', [0.0, -0.01, float('nan'), float('inf'), None])
def test_a_period_that_is_none_is_refused(period):
    """Also where there is nothing to do."""
    chain = chain_of('six_axis_arm')
    start = STARTS['six_axis_arm']
    with pytest.raises(OptionsError, match='period is .*, but must be a positive number'):
        plan_lines(chain, [chain.forward_kinematics(start)], start, period=period)
