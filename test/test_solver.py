"""The solver: it arrives, it says why when it does not, and it never leaves the limits."""

import subprocess
import sys
from time import perf_counter

from chains import chain_of, random_positions, urdf_of
from hypothesis import given, HealthCheck, settings, strategies as st
from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.result import TerminationReason
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PointTarget, PoseTarget
import numpy as np
import pytest
from urdf_strategies import urdfs

# Budgets in tests are counts, not seconds, so that a busy machine cannot change an answer.
PATIENT = {'max_time': 60.0}


@pytest.fixture(scope='module')
def arm():
    """Return our six-axis arm."""
    return chain_of('six_axis_arm')


@pytest.fixture(scope='module')
def plane():
    """Return the arm of two joints in the plane, 0.5 m and 0.4 m long."""
    return chain_of('planar_2r')


def errors_of(chain, target, q):
    """Return position [m] and orientation [rad] error at `q`, without the compiled code's help."""
    pose = chain.forward_kinematics(q)
    position = float(np.linalg.norm(target.position - pose.position))
    if isinstance(target, PointTarget):
        return position, 0.0
    asked, found = target.pose.quat_xyzw, pose.quat_xyzw
    halves = sorted([np.linalg.norm(asked - found), np.linalg.norm(asked + found)])
    return position, 4.0 * float(np.arctan2(*halves))


RULES = [
    {'step_rule': 'damped'},
    {'step_rule': 'gradient'},
    {'step_rule': 'gradient', 'slope': 'finite_difference'},
    {'step_rule': 'sweep'},
    {'step_rule': 'sweep', 'sweep_order': 'base_to_tip'},
    {'step_rule': 'sweep', 'slope': 'finite_difference'},
]


@pytest.mark.parametrize('rule', RULES, ids=lambda rule: '-'.join(rule.values()))
@pytest.mark.parametrize('name', ['planar_2r', 'six_axis_arm', 'scara'])
def test_every_rule_reaches_a_point(name, rule):
    """Each way down the slope arrives within a millimetre on different kinds of arm."""
    chain = chain_of(name)
    options = SolverOptions(position_tolerance=1e-3, **rule, **PATIENT)
    for q in random_positions(chain, 10):
        target = PointTarget(chain.forward_kinematics(q).position)
        result = solve(chain, target, options=options)
        assert result.success, result
        assert errors_of(chain, target, result.positions)[0] <= 1e-3


@pytest.mark.parametrize('rule', RULES, ids=lambda rule: '-'.join(rule.values()))
def test_every_rule_reaches_a_full_pose_nearby(arm, rule):
    """From a seed close by, each rule finds position and orientation."""
    options = SolverOptions(position_tolerance=1e-3, orientation_tolerance=5e-3,
                            max_iterations=5000, **rule, **PATIENT)
    for q in random_positions(arm, 5):
        target = PoseTarget(arm.forward_kinematics(0.6 * q))
        result = solve(arm, target, arm.clip(0.6 * q + 0.1), options)
        assert result.success, result


@pytest.mark.parametrize('name', ['ur5', 'panda', 'pr2', 'so101', 'irb140'])
def test_random_poses_of_real_robots_are_reached_strictly(name):
    """Full poses at random joints, from random seeds, to a micrometre and a microradian."""
    chain = chain_of(name)
    options = SolverOptions(**PATIENT)
    for q, seed in zip(random_positions(chain, 100), random_positions(chain, 100, 1)):
        target = PoseTarget(chain.forward_kinematics(q))
        result = solve(chain, target, seed, options)
        assert result.success, result
        assert max(errors_of(chain, target, result.positions)) < 1.1e-6
        assert np.all((result.positions >= chain.lower) & (result.positions <= chain.upper))


def test_a_target_that_is_already_reached_needs_no_step(arm):
    """The arm moves no more than it must: not at all."""
    q = arm.mid_range() + 0.2
    result = solve(arm, arm.forward_kinematics(q), q)
    assert result.iterations == 0
    assert result.positions.tolist() == q.tolist()


@pytest.mark.parametrize('order, untouched, rate', [
    ('tip_to_base', 0, 6.0), ('base_to_tip', 1, 1.3)])
def test_a_sweep_stops_as_soon_as_the_tip_has_arrived(plane, order, untouched, rate):
    """Early termination is tested after every joint: a later joint of the sweep stays."""
    seed = np.array([0.3, 0.5])
    moved = seed.copy()
    moved[1 - untouched] += 0.05
    target = PointTarget(plane.forward_kinematics(moved).position)
    options = SolverOptions(step_rule='sweep', sweep_order=order, position_tolerance=0.005,
                            max_restarts=0, rate=rate, **PATIENT)
    result = solve(plane, target, seed, options)
    assert result.success
    assert result.iterations == 1
    assert result.positions[untouched] == seed[untouched]
    assert result.positions[1 - untouched] != seed[1 - untouched]


def test_the_order_of_the_sweep_decides_which_joint_moves_most(plane):
    """From tip to base the base moves less than from base to tip: a smaller motion."""
    seed = np.array([0.3, 0.8])
    target = PointTarget(plane.forward_kinematics([0.5, 1.0]).position)
    moved = {}
    for order in ('tip_to_base', 'base_to_tip'):
        options = SolverOptions(step_rule='sweep', sweep_order=order, max_restarts=0,
                                max_iterations=1, **PATIENT)
        moved[order] = np.abs(solve(plane, target, seed, options).positions - seed)
    assert moved['tip_to_base'][0] < moved['base_to_tip'][0]
    assert moved['tip_to_base'][1] > moved['base_to_tip'][1]


def test_a_fixed_rate_can_be_too_large_and_an_adaptive_one_recovers(plane):
    """The sweep wiggles around its target; the gradient settles from the same first rate."""
    target = PointTarget(plane.forward_kinematics([0.5, 1.0]).position)
    budget = {'rate': 15.0, 'max_restarts': 0, 'position_tolerance': 1e-4, **PATIENT}
    sweep = solve(plane, target, [0.4, 0.8], SolverOptions(step_rule='sweep', **budget))
    gradient = solve(plane, target, [0.4, 0.8], SolverOptions(step_rule='gradient', **budget))
    assert not sweep.success
    assert gradient.success


@pytest.mark.parametrize('rule', RULES, ids=lambda rule: '-'.join(rule.values()))
def test_a_joint_at_its_limit_can_leave_it(plane, rule):
    """A finite difference through the clamp would read no slope there and stay for ever."""
    target = PointTarget(plane.forward_kinematics([-2.0, 1.5]).position)
    options = SolverOptions(position_tolerance=1e-3, max_restarts=0, max_iterations=3000,
                            **rule, **PATIENT)
    for corner in ([-2.0, plane.upper[1]], [plane.lower[0], 1.5], [plane.lower[0], 2.8]):
        result = solve(plane, target, corner, options)
        assert result.success, result
        assert not result.joints_at_limit


@pytest.mark.parametrize('rule', RULES, ids=lambda rule: '-'.join(rule.values()))
def test_the_error_a_joint_cannot_take_goes_to_the_free_joints(rule):
    """With one joint held by its limit the others reach the target all the same."""
    chain = chain_of('planar_3r', limits={'joint_1': (-0.1, 0.1)})
    q = np.array([0.1, 0.9, -0.5])
    target = PointTarget(chain.forward_kinematics(q).position)
    options = SolverOptions(position_tolerance=1e-4, max_restarts=0, max_iterations=5000,
                            **rule, **PATIENT)
    result = solve(chain, target, np.zeros(3), options)
    assert result.success, result


def test_an_unreachable_point_gets_the_closest_pose(plane):
    """Stretched towards the point, short by exactly what is missing."""
    result = solve(plane, PointTarget([1.2, 0.9, 0.0]), [0.1, 0.5])
    assert result.reason is TerminationReason.IMPOSSIBLE
    assert result.position_error == pytest.approx(1.5 - 0.9, abs=1e-6)
    assert result.out_of_reach == pytest.approx(1.5 - 0.9, abs=1e-6)
    assert 'by at least 0.6 m' in result.sentence
    assert result.positions == pytest.approx([np.arctan2(0.9, 1.2), 0.0], abs=1e-3)


@pytest.mark.parametrize('name', ['planar_2r', 'six_axis_arm', 'seven_axis_arm'])
def test_targets_on_the_edge_of_the_reach_are_reached(name):
    """A stretched arm is singular, which slows the last steps down but does not stop them."""
    chain = chain_of(name)
    for q in random_positions(chain, 20, 5):
        q[1 if name == 'planar_2r' else 2] = 0.0  # the elbow
        result = solve(chain, PointTarget(chain.forward_kinematics(q).position), chain.mid_range(),
                       SolverOptions(**PATIENT))
        assert result.success, (name, q.tolist(), result.sentence)


def behind(arm):
    """Return a pose near the edge of the reach that points back: not proven impossible."""
    reach = arm.arrays[-1][0]
    return PoseTarget(Pose.from_rpy(reach[:3] + [0.98 * reach[4], 0.0, 0.0], [0, -np.pi / 2, 0]))


@pytest.mark.parametrize('options, reason', [
    ({'max_restarts': 0}, TerminationReason.STALLED),
    ({'max_restarts': 3}, TerminationReason.OUT_OF_RESTARTS),
    ({'max_restarts': 0, 'max_iterations': 2, 'step_rule': 'gradient'},
     TerminationReason.OUT_OF_ITERATIONS),
])
def test_the_reason_says_what_ended_the_search(arm, options, reason):
    """Each budget has its own reason, and every reason a sentence."""
    result = solve(arm, behind(arm), options=SolverOptions(**PATIENT, **options))
    assert result.reason is reason
    assert result.out_of_reach == 0.0
    assert not result.success
    assert len(reason.sentence) > 20
    assert result.restarts == options['max_restarts']


def test_the_time_budget_ends_a_search(arm):
    """A search that would take long stops at the first look at the clock after its time."""
    options = SolverOptions(max_time=1e-3, max_restarts=100000)
    solve(arm, behind(arm), options=SolverOptions(max_restarts=0))
    began = perf_counter()
    result = solve(arm, behind(arm), options=options)
    assert perf_counter() - began < 0.5
    assert result.reason is TerminationReason.OUT_OF_TIME
    assert result.restarts < 100000
    assert result.position_error < 5.0


def test_the_first_solve_of_a_process_has_its_whole_budget():
    """Loading the compiled kernels is not counted."""
    code = ('from ik_solver_node import *\n'
            f'chain = KinematicChain.from_model(parse_urdf({urdf_of("six_axis_arm")!r}))\n'
            'print(solve(chain, Pose.from_rpy([0.4, 0.1, 0.5], [0, 3.14, 0])).elapsed)')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 0.02


def test_the_same_input_gives_the_same_bits(arm):
    """Restarts are random but repeatable; another random seed takes another way."""
    pose = arm.forward_kinematics(random_positions(arm, 1, 7)[0])
    seeds = random_positions(arm, 30, 8)
    first = [solve(arm, pose, seed, SolverOptions(**PATIENT)) for seed in seeds]
    again = [solve(arm, pose, seed, SolverOptions(**PATIENT)) for seed in seeds]
    other = [solve(arm, pose, seed, SolverOptions(random_seed=9, **PATIENT)) for seed in seeds]
    assert [r.positions.tobytes() for r in first] == [r.positions.tobytes() for r in again]
    assert any(r.restarts for r in first)
    assert [r.positions.tobytes() for r in first] != [r.positions.tobytes() for r in other]


def test_a_seed_outside_the_limits_is_pulled_in(arm):
    """A measured position slightly beyond a limit is a seed like any other."""
    q = arm.upper - 1e-3
    target = PoseTarget(arm.forward_kinematics(q))
    result = solve(arm, target, arm.upper + 0.05)
    assert result.success
    assert np.all(result.positions <= arm.upper)


@pytest.mark.parametrize('rule', RULES, ids=lambda rule: '-'.join(rule.values()))
@pytest.mark.parametrize('name, orientation_tolerance', [('planar_2r', 1.0),
                                                         ('six_axis_arm', 0.3)])
def test_what_arrives_is_reported_as_arrived(name, orientation_tolerance, rule):
    """Also if joints met before had a lower cost, but one of the errors out of tolerance."""
    chain = chain_of(name)
    options = SolverOptions(position_tolerance=1e-2, orientation_tolerance=orientation_tolerance,
                            max_iterations=100, **rule, **PATIENT)
    for q, seed in zip(random_positions(chain, 60), random_positions(chain, 60, 1)):
        result = solve(chain, PoseTarget(chain.forward_kinematics(q)), seed, options)
        assert result.success or result.restarts == options.max_restarts, result


def test_a_target_beyond_all_numbers_is_not_finite(plane):
    """What overflows is never within tolerance."""
    result = solve(plane, PointTarget([1e200, 0.0, 0.0]))
    assert result.reason is TerminationReason.NOT_FINITE
    assert np.isfinite(result.positions).all()


def test_a_joint_of_many_turns_stays_near_its_seed():
    """Full turns that change nothing are taken back towards the seed."""
    chain = chain_of('ur5')
    rng = np.random.default_rng(3)
    for _ in range(50):
        seed = rng.uniform(chain.lower, chain.upper)
        target = PoseTarget(chain.forward_kinematics(rng.uniform(chain.lower, chain.upper)))
        result = solve(chain, target, seed, SolverOptions(**PATIENT))
        for j in range(chain.size):
            for turned in (result.positions[j] - 2 * np.pi, result.positions[j] + 2 * np.pi):
                nearer = abs(turned - seed[j]) < abs(result.positions[j] - seed[j]) - 1e-9
                assert not (nearer and chain.lower[j] <= turned <= chain.upper[j])


def test_an_orientation_half_a_turn_away_is_reached(arm):
    """The point where the rotation vector is ambiguous is no trap."""
    q = arm.mid_range() + 0.3
    turned = arm.forward_kinematics(q + [0, 0, 0, 0, 0, np.pi])
    assert solve(arm, turned, q, SolverOptions(**PATIENT)).success


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(urdf=urdfs(), seed=st.integers(0, 2**31 - 1), rule=st.sampled_from(RULES),
       out_of_reach=st.booleans(), point=st.booleans())
def test_promises_hold_on_any_robot(urdf, seed, rule, out_of_reach, point):
    """Whatever the robot: inside the limits, finite, success is true, inputs untouched."""
    chain = KinematicChain.from_model(parse_urdf(urdf))
    rng = np.random.default_rng(seed)
    goal = chain.forward_kinematics(rng.uniform(chain.bounds[2], chain.bounds[3]))
    if out_of_reach:
        goal = Pose(goal.position * 3.0 + 1.0, goal.quat_xyzw)
    target = PointTarget(goal.position) if point else PoseTarget(goal)
    start = rng.uniform(-10.0, 10.0, chain.size)
    kept = start.copy()
    options = SolverOptions(max_restarts=3, max_iterations=50, **rule, **PATIENT)
    result = solve(chain, target, start, options)
    assert start.tobytes() == kept.tobytes()
    assert np.isfinite(result.positions).all()
    assert np.all((result.positions >= chain.lower) & (result.positions <= chain.upper))
    position, orientation = errors_of(chain, target, result.positions)
    assert result.position_error == pytest.approx(position, abs=1e-9)
    assert result.orientation_error == pytest.approx(orientation, abs=1e-6)
    if result.success:
        assert position <= options.position_tolerance + 1e-9
        assert (orientation <= options.orientation_tolerance + 1e-7
                or result.reason is TerminationReason.RELAXED)
    again = solve(chain, target, start, options)
    assert again.positions.tobytes() == result.positions.tobytes()
