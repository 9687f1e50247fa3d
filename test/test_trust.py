"""Whatever the robot, the target and the seed: inside the limits, finite, true, and repeatable."""

from dataclasses import replace
from time import perf_counter
import warnings

from chains import chain_of
from hypothesis import given, HealthCheck, settings, strategies as st
from ik_solver_node import batch
from ik_solver_node.batch import solve_batch
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.pose import Pose
from ik_solver_node.result import TerminationReason
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import (
    DirectionTarget, OrientationTarget, PointTarget, PoseTarget)
from independent import misses, misses_at, tip_matrix, tip_pose
import numpy as np
import pytest
from transforms3d.quaternions import mat2quat
from urdf_strategies import chains

# Budgets in tests are counts, not seconds, so that a busy machine cannot change an answer.
PATIENT = {'max_time': 60.0}
TOOL = Pose.from_rpy([0.03, -0.02, 0.12], [0.7, -0.4, 2.5])
AXIS = np.array([0.0, 0.6, 0.8])
KINDS = {
    'pose': lambda pose, tool: PoseTarget(pose, tool=tool),
    'point': lambda pose, tool: PointTarget(pose.position, tool=tool),
    'orientation': lambda pose, tool: OrientationTarget(pose.quat_xyzw, tool=tool),
    'direction': lambda pose, tool: DirectionTarget(
        pose.rotation() @ AXIS, AXIS, position=pose.position, tool=tool),
    'cone': lambda pose, tool: DirectionTarget(
        pose.rotation() @ [0.8, 0.0, 0.6], AXIS, position=pose.position, cone=0.5, tool=tool),
    'direction anywhere': lambda pose, tool: DirectionTarget(pose.rotation() @ AXIS, tool=tool),
    'spin': lambda pose, tool: PoseTarget(pose, free=['rz'], tool=tool),
    'level': lambda pose, tool: PoseTarget(pose, free=['x', 'y'], frame='base', tool=tool),
    'height': lambda pose, tool: PoseTarget(pose, free=['x', 'y', 'rx', 'ry', 'rz'], tool=tool),
    'box': lambda pose, tool: PoseTarget(
        pose, position_tolerance=[0.01, 0.0, np.inf], orientation_tolerance=[0.05, 0.0, 0.1],
        frame='base', tool=tool),
    'point in a box': lambda pose, tool: PointTarget(
        pose.position, tolerance=[0.0, 1e200, 0.1], tool=tool),
    'orientation in a box': lambda pose, tool: OrientationTarget(
        pose.quat_xyzw, tolerance=[0.1, np.inf, 0.0], tool=tool),
}
RULES = [
    {'step_rule': 'damped'},
    {'step_rule': 'damped', 'solution': 'nearest', 'search_restarts': 2},
    {'step_rule': 'gradient'},
    {'step_rule': 'gradient', 'slope': 'finite_difference'},
    {'step_rule': 'sweep'},
    {'step_rule': 'sweep', 'slope': 'finite_difference', 'sweep_order': 'base_to_tip'},
]
FAR = [0.0, 0.0, 0.1, 3.0, 1e3, 1e8, 1e160, 1e300]
SEEDS = [0.0, 1.0, 10.0, 1e6, 1e300]


def asked(chain, rng, kind, far, tool):
    """Return a target of this kind, `far` away [m] from where the chain can hold it."""
    pose = tip_pose(chain, rng.uniform(chain.bounds[2], chain.bounds[3]), tool)
    way = rng.normal(size=3)
    return KINDS[kind](Pose(pose.position + far * way / np.linalg.norm(way), pose.quat_xyzw), tool)


def bits(chain, target, *arrays):
    """Return everything that a solve must not change."""
    fields = [value.tobytes() for value in vars(target).values() if isinstance(value, np.ndarray)]
    return [array.tobytes() for array in (*chain.arrays, *arrays)], fields


def assert_true(chain, target, result, options, reachable=False):
    """Check one answer against the model, the limits and the target alone."""
    q = result.positions
    assert np.isfinite(q).all()
    assert np.all((chain.lower <= q) & (q <= chain.upper))
    position, orientation = misses_at(chain, target, q)
    reported = result.position_error, result.orientation_error
    assert not np.isnan(reported).any()
    assert result.out_of_reach >= 0.0
    assert result.sentence and set(result.blocking_joints) <= set(result.joints_at_limit)
    if result.reason is TerminationReason.NOT_FINITE:
        # Only what cannot be squared any more, and so not be compared.
        assert position > 1e150 and not result.success
        return
    # Lengths add up along the arm, and what is far away is known to its own digits only.
    slack = 1e-9 + 1e-13 * (position + np.abs(target.goal[0, :3]).max())
    assert reported[0] == pytest.approx(position, abs=slack)
    assert reported[1] == pytest.approx(orientation, abs=1e-7)
    if result.reason is TerminationReason.CONVERGED:
        assert position <= options.position_tolerance + slack
        assert orientation <= options.orientation_tolerance + 1e-9
    if result.reason is TerminationReason.RELAXED:
        # What is relaxed is a turn, never the position, unless that was allowed.
        assert isinstance(target, PoseTarget) and position <= options.position_tolerance + slack
    if result.reason is TerminationReason.IMPOSSIBLE:
        assert 0.0 < result.out_of_reach <= position + slack
        assert not reachable


# Fails where a sliding joint without a limit has the multiplier or the other limit 0 (`reach`, 0
# times infinity), and where one has limits like 1e300 (`mobility`, overflow): warnings only.
@settings(max_examples=250, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(chain=chains(), stream=st.integers(0, 2**31 - 1), kind=st.sampled_from(sorted(KINDS)),
       far=st.sampled_from(FAR), tool=st.sampled_from([None, TOOL]),
       rule=st.sampled_from(RULES), spread=st.sampled_from(SEEDS))
def test_promises_hold_on_any_robot(chain, stream, kind, far, tool, rule, spread):
    """Limits, finite numbers, true reports, untouched inputs, the same bits; and no warning."""
    rng = np.random.default_rng(stream)
    options = SolverOptions(max_restarts=4, max_iterations=60, **rule, **PATIENT)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        target = asked(chain, rng, kind, far, tool)
        seed = spread * rng.uniform(-1.0, 1.0, chain.size)
        before = bits(chain, target, seed)
        result = solve(chain, target, seed, options)
        assert_true(chain, target, result, options, far == 0.0)
        again = solve(chain, target, seed, options)
        assert bits(chain, target, seed) == before
    assert again.positions.tobytes() == result.positions.tobytes()
    assert (again.reason, again.iterations, again.restarts) == (
        result.reason, result.iterations, result.restarts)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch, 'CHUNK', 1)  # so that two workers share the few targets
        for workers in (1, 2):
            many = solve_batch(chain, [target] * 3, seed, options, workers=workers)
            for one in many:
                assert one.positions.tobytes() == result.positions.tobytes()
                assert (one.reason, one.iterations, one.restarts, one.position_error) == (
                    result.reason, result.iterations, result.restarts, result.position_error)
    assert bits(chain, target, seed) == before


TWO_ARMS = """<robot name="two_arms">
  <link name="base"/><link name="torso"/>
  <joint name="waist" type="revolute"><parent link="base"/><child link="torso"/>
    <axis xyz="0 0 1"/><limit lower="-2" upper="2" effort="1" velocity="1"/></joint>{arms}
</robot>"""
ARM_AXES = ['0 0 1', '0 1 0', '0 1 0', '1 0 0', '0 1 0']


@pytest.fixture(scope='module')
def two_arms():
    """Return a chain of two arms on a waist, with a tip each."""
    arms = ''
    for side, y in (('left', 0.2), ('right', -0.2)):
        for i, axis in enumerate(ARM_AXES):
            parent = f'{side}_{i - 1}' if i else 'torso'
            xyz = '0.3 0 0.05' if i else f'0 {y} 0.3'
            arms += (f'<link name="{side}_{i}"/><joint name="{side}_joint_{i}" type="revolute">'
                     f'<parent link="{parent}"/><child link="{side}_{i}"/><origin xyz="{xyz}"/>'
                     f'<axis xyz="{axis}"/><limit lower="-2" upper="2" effort="1" velocity="1"/>'
                     '</joint>')
    return KinematicChain.from_model(parse_urdf(TWO_ARMS.format(arms=arms)), None,
                                     ['left_4', 'right_4'])


@settings(max_examples=60, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(stream=st.integers(0, 2**31 - 1), far=st.sampled_from(FAR), spread=st.sampled_from(SEEDS),
       kinds=st.tuples(*[st.sampled_from([None, *sorted(KINDS)])] * 2),
       weights=st.tuples(*[st.sampled_from([1e-9, 0.1, 1.0, 1e9])] * 2))
def test_promises_hold_for_two_tips(two_arms, stream, far, spread, kinds, weights):
    """The errors are the largest over the tips, whatever their weights."""
    rng = np.random.default_rng(stream)
    q = rng.uniform(two_arms.lower, two_arms.upper)
    targets = [kind and replace(KINDS[kind](Pose(
        pose.position + [far, 0.0, 0.0], pose.quat_xyzw), None), weight=weight)
        for kind, weight, pose in zip(kinds, weights, poses_at(two_arms, q))]
    if kinds == (None, None):
        targets[0] = PointTarget([0.3, 0.2, 0.1])
    seed = spread * rng.uniform(-1.0, 1.0, two_arms.size)
    options = SolverOptions(max_restarts=6, **PATIENT)
    result = solve(two_arms, targets, seed, options)
    assert np.isfinite(result.positions).all()
    assert np.all((two_arms.lower <= result.positions) & (result.positions <= two_arms.upper))
    missed = [misses(target, tip_matrix(two_arms, result.positions, tip))
              for target, tip in zip(targets, two_arms.tip_links) if target is not None]
    position, orientation = np.max(missed, axis=0)
    if result.reason is TerminationReason.NOT_FINITE:
        assert position > 1e150
    else:
        assert result.position_error == pytest.approx(position, abs=1e-9, rel=1e-12)
        assert result.orientation_error == pytest.approx(orientation, abs=1e-7)
    assert result.success == (position <= 1e-6 + 1e-12 and orientation <= 1e-6 + 1e-12)
    many = solve_batch(two_arms, [targets] * 2, seed, options, workers=2)
    assert many.positions.tobytes() == 2 * result.positions.tobytes()


def poses_at(chain, q):
    """Return the poses of all tips at `q` (n,)."""
    matrices = [tip_matrix(chain, q, tip) for tip in chain.tip_links]
    return [Pose(matrix[:3, 3], np.roll(mat2quat(matrix[:3, :3]), -1)) for matrix in matrices]


# Where the Jacobian loses rank, and at the end of the joints ---------------------------------


def straight(chain, rng):
    """Return joints at zero but for the first: most arms are stretched there."""
    return chain.clip(np.where(np.arange(chain.size) == 0, rng.uniform(-1.0, 1.0), 0.0))


def straight_elbow(chain, rng):
    """Return random joints with a stretched elbow: the tip is at the edge of its reach."""
    q = rng.uniform(chain.lower, chain.upper)
    q[1 if chain.size < 4 else chain.size // 2] = 0.0
    return chain.clip(q)


def wrist(chain, rng):
    """Return random joints with two axes of the wrist in line."""
    q = rng.uniform(chain.lower, chain.upper)
    q[-2] = 0.0
    return chain.clip(q)


def near_wrist(chain, rng):
    """Return random joints with two axes of the wrist nearly in line."""
    q = wrist(chain, rng)
    q[-2] = 10.0 ** rng.uniform(-12.0, -3.0)
    return chain.clip(q)


def at_limits(chain, rng):
    """Return joints of which each is exactly at a limit."""
    return np.where(rng.random(chain.size) < 0.5, chain.lower, chain.upper)


def partly_at_limits(chain, rng):
    """Return random joints of which about half are exactly at a limit."""
    q = rng.uniform(chain.lower, chain.upper)
    return np.where(rng.random(chain.size) < 0.5, q, at_limits(chain, rng))


def near_limits(chain, rng):
    """Return random joints of which about half are next to a limit."""
    q = partly_at_limits(chain, rng)
    return chain.clip(q + 10.0 ** rng.uniform(-12.0, -3.0) * np.where(q <= chain.lower, 1, -1))


POSTURES = [straight, straight_elbow, wrist, near_wrist, at_limits, partly_at_limits, near_limits]
REASONS = {TerminationReason.OUT_OF_RESTARTS}
"""What may end a search for what is there but was not found."""


@pytest.mark.parametrize('name', [
    'planar_2r', 'planar_3r', 'scara', 'desk_arm', 'six_axis_arm', 'seven_axis_arm', 'ur5',
    'panda'])
@pytest.mark.parametrize('target_at', POSTURES, ids=lambda at: at.__name__)
def test_singular_targets_from_singular_seeds_are_reached(target_at, name):
    """What a robot holds in a singular posture, or at its limits, it finds from any other."""
    chain = chain_of(name)
    rng = np.random.default_rng(4)
    options = SolverOptions(relax='none', **PATIENT)
    for seed_at in POSTURES:
        for kind in ('pose', 'point', 'spin'):
            for _ in range(2):
                q = target_at(chain, rng)
                target = KINDS[kind](tip_pose(chain, q), None)
                result = solve(chain, target, seed_at(chain, rng), options)
                assert_true(chain, target, result, options, reachable=True)
                assert result.success or (
                    result.reason in REASONS and result.position_error < 1e-5), (
                        seed_at.__name__, kind, result)
                assert solve(chain, target, q, options).iterations == 0


def test_a_pose_next_to_a_corner_of_the_limits_is_found():
    """Found from every random seed of the solver, not from most."""
    chain = chain_of('desk_arm')
    q = [1.13104187, -1.69999882, -0.55932444, -1.69999882, 2.79999882]
    for random_seed in range(5):
        options = SolverOptions(relax='none', random_seed=random_seed, **PATIENT)
        result = solve(chain, PoseTarget(tip_pose(chain, q)), [-2.0, -1.7, 2.4, -1.7, 2.8],
                       options)
        assert result.success, (random_seed, result)


@pytest.mark.parametrize('beyond', [0.0, 1e-9, 1e-7, 1e-5, 1e-3])
def test_a_point_at_the_very_end_of_the_reach_is_reached_and_one_beyond_is_not(beyond):
    """Within the tolerance it converges, beyond it the arm stretches and says by how much."""
    chain = chain_of('planar_2r')
    for angle in np.linspace(-2.0, 2.0, 9):
        target = PointTarget((0.9 + beyond) * np.array([np.cos(angle), np.sin(angle), 0.0]))
        result = solve(chain, target, [angle - 0.4, 0.9], SolverOptions(**PATIENT))
        assert result.success == (beyond < 1e-6)
        assert result.position_error <= beyond + 1e-6
        if beyond > 1e-6:
            assert result.reason is TerminationReason.IMPOSSIBLE
            assert result.out_of_reach == pytest.approx(beyond, abs=1e-8)


# Budgets and mistakes ------------------------------------------------------------------------


@pytest.mark.parametrize('rule', RULES, ids=lambda rule: '-'.join(map(str, rule.values())))
@pytest.mark.parametrize('name', ['planar_2r', 'desk_arm', 'six_axis_arm', 'icub_torso'])
def test_the_time_budget_ends_every_search(name, rule):
    """Far sooner than the restarts would: they would take minutes."""
    chain = chain_of(name)
    reach = chain.arrays[-1][0]
    options = SolverOptions(max_time=1e-3, max_restarts=100000, max_iterations=100000,
                            **{**rule, 'search_restarts': 100000})
    # Close to the end of the reach but pointing back: not proven impossible, and not there.
    for target in (PoseTarget(Pose(reach[:3] + [0.99 * reach[4], 0.0, 0.0], [0, -0.6, 0.0, 0.8])),
                   PointTarget(reach[:3] + [0.0, 0.0, 3.0 * reach[4]])):
        solve(chain, target, options=replace(options, max_restarts=0))  # loads what it needs
        began = perf_counter()
        result = solve(chain, target, options=options)
        assert perf_counter() - began < 10.0
        assert result.restarts < 100000
        assert np.isfinite(result.positions).all()


RUBBISH = [None, True, 1, 'pose', b'pose', [], {}, (), object(), np.nan, [[0.0] * 3], [np.nan] * 3,
           [1j] * 6, 10**400, [10**400] * 6, [10**5000] * 6, ['a'] * 6, np.zeros((4, 4)),
           np.zeros(0), {'tool0': None}, {'tool0': 3.0}, {None: None}, [None], [[]], range(6),
           np.array([None] * 6), lambda: None]


# [10**5000] * 6 fails: see `as_vector`, which cannot write down such a number in its message.
@pytest.mark.parametrize('rubbish', RUBBISH, ids=lambda value: type(value).__name__)
def test_only_documented_errors_are_raised(rubbish):
    """What is no target or no seed is refused with an error of this package, or is one."""
    chain = chain_of('six_axis_arm')
    target = PointTarget([0.4, 0.1, 0.5])
    options = SolverOptions(max_restarts=0, **PATIENT)
    for call in (lambda: solve(chain, rubbish, None, options),
                 lambda: solve(chain, target, rubbish, options),
                 lambda: solve_batch(chain, rubbish, None, options),
                 lambda: solve_batch(chain, [target], rubbish, options),
                 lambda: solve_batch(chain, [rubbish], None, options)):
        try:
            call()
        except IkSolverError as error:
            assert len(str(error)) > 20
