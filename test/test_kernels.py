"""The compiled functions, each against an independent way to the same number."""

import copy
import os
import pickle
import subprocess
import sys

from chains import chain_of
from ik_solver_node import kernels
from ik_solver_node.compilation import warm_up
from ik_solver_node.pose import Pose
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions, StepRule
from ik_solver_node.target import PointTarget, PoseTarget
from ik_solver_node.tracker import PoseTracker
import numpy as np
import pytest
from transforms3d.axangles import axangle2mat


@pytest.fixture(scope='module')
def arm():
    """Return our six-axis arm."""
    return chain_of('six_axis_arm')


def goal_of(*targets):
    """Return targets as the kernels take them."""
    goal = np.concatenate([target.goal for target in targets])
    goal.flags.writeable = False
    return goal


def rotation_vector(target, frame):
    """Return the rotation vector that turns one rotation matrix onto another."""
    goal = np.zeros((1, kernels.GOAL_SIZE))
    goal[0, kernels.G_ROTATION:kernels.G_ROTATION + 9] = np.ravel(target)
    return np.array(kernels.rotation_vector(goal, 0, np.ravel(frame).reshape(1, 9), 0))


@pytest.mark.parametrize('angle', [0.0, 1e-12, 1e-6, 0.3, 1.5, 3.0, np.pi - 1e-3, np.pi - 1e-7,
                                   np.pi - 1e-12])
@pytest.mark.parametrize('axis', [[1.0, 0, 0], [0, -1.0, 0], [0.6, 0.0, -0.8],
                                  [0.26726124, 0.53452248, 0.80178373]])
def test_rotation_vector_is_axis_times_angle(axis, angle):
    """The logarithm is exact from no rotation to just short of half a turn."""
    axis = np.array(axis) / np.linalg.norm(axis)
    frame = axangle2mat([0.3, -0.5, 0.8], 1.1)
    target = axangle2mat(axis, angle) @ frame
    out = rotation_vector(target, frame)
    np.testing.assert_allclose(out, angle * axis, atol=2e-8)


@pytest.mark.parametrize('axis', [[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [0.6, 0, 0.8]])
def test_half_a_turn_has_a_length_of_pi(axis):
    """At exactly half a turn either direction is right, and nothing divides by zero."""
    out = rotation_vector(axangle2mat(axis, np.pi), np.eye(3))
    assert np.linalg.norm(out) == pytest.approx(np.pi)
    assert abs(out @ axis) == pytest.approx(np.pi)


@pytest.mark.parametrize('size', [1, 2, 6, 12])
def test_cholesky_solves_what_numpy_solves(size):
    """The solve written out agrees with LAPACK."""
    rng = np.random.default_rng(size)
    factor = rng.normal(size=(size, size))
    matrix = factor @ factor.T + 0.1 * np.eye(size)
    right = rng.normal(size=size)
    expected = np.linalg.solve(matrix, right)
    kernels.cholesky_solve(matrix.copy(), right, size)
    np.testing.assert_allclose(right, expected, rtol=1e-9)


def test_random_numbers_are_spread_and_repeatable():
    """Counters of one stream give even numbers in [0, 1), another stream gives others."""
    first = np.array([kernels.uniform(0, i) for i in range(4000)])
    assert first.min() >= 0.0 and first.max() < 1.0
    assert np.histogram(first, bins=10)[0].min() > 320
    assert first[17] == kernels.uniform(0, 17)
    assert first[17] != kernels.uniform(1, 17)


@pytest.mark.parametrize('target', [
    PoseTarget(Pose.from_rpy([0.4, 0.1, 0.5], [0.3, -0.4, 2.0])), PointTarget([0.4, 0.1, 0.5])])
def test_the_exact_slope_is_the_derivative_of_the_cost(arm, target):
    """Central differences of the cost agree with the slope from the Jacobian."""
    rng = np.random.default_rng(1)
    options = SolverOptions()._array
    slope, unused, errors = np.empty(arm.size), np.empty(arm.size), np.empty(kernels.ERRORS)
    arrays = (*arm.arrays, goal_of(target), options)
    for _ in range(20):
        q = rng.uniform(arm.lower, arm.upper)
        kernels.assess(*arrays, q, slope, errors)
        for j in range(arm.size):
            beside = [q.copy(), q.copy()]
            beside[0][j] += 1e-6
            beside[1][j] -= 1e-6
            costs = []
            for at in beside:
                kernels.assess(*arrays, at, unused, errors)
                costs.append(errors[kernels.E_COST])
            high, low = costs
            assert slope[j] == pytest.approx((high - low) / 2e-6, abs=1e-6)


def test_finite_differences_agree_with_the_exact_slope(arm):
    """The reference method of the lesson estimates the same slope, and leaves `q` alone."""
    exact, estimated = np.empty(arm.size), np.empty(arm.size)
    q = arm.mid_range() + 0.3
    before = q.copy()
    arrays = (*arm.arrays, goal_of(PointTarget([0.2, 0.3, 0.4])))
    errors = np.empty(kernels.ERRORS)
    kernels.assess(*arrays, SolverOptions()._array, q, exact, errors)
    kernels.assess(*arrays, SolverOptions(slope='finite_difference')._array, q, estimated, errors)
    np.testing.assert_allclose(estimated, exact, atol=1e-4)
    assert q.tolist() == before.tolist()


def test_chunks_are_invisible(arm, monkeypatch):
    """A descent that is called in chunks gives the bits of one that is not interrupted."""
    target = PoseTarget(arm.forward_kinematics(arm.mid_range() + 0.4))
    for rule in StepRule:
        options = SolverOptions(step_rule=rule, max_restarts=2, max_time=60.0)
        seed = arm.clip(np.full(arm.size, -0.5))
        whole = solve(arm, target, seed, options)
        memory = np.empty(kernels.NUMBERS + kernels.VECTORS * arm.size)
        code, q = kernels.START, seed.copy()
        while code in (kernels.START, kernels.RUNNING):
            code = kernels.descend(*arm.arrays, target.goal, options._array, arm.indifference, q,
                                   memory, np.empty((0, 1)), code, 1)
        assert code == whole.reason
        assert memory[kernels.N_ITERATIONS] == whole.iterations
        assert q.tolist() == whole.positions.tolist()


def test_each_kernel_that_users_reach_is_compiled_once(arm):
    """No layout or type a user may pass compiles a second version, which would stall a robot."""
    assert warm_up() > 0.0
    for seed in (np.zeros(6), np.zeros(6, dtype=np.float32), [0] * 6, np.zeros((6, 2))[:, 0],
                 np.asfortranarray(np.zeros((2, 6)))[0]):
        solve(arm, PointTarget(np.asfortranarray([[0.3, 0.1, 0.2]])[0]), seed)
        solve(arm, Pose.identity(), seed, SolverOptions(step_rule='sweep'))
        arm.forward_kinematics(seed)
        arm.jacobian(seed)
    for chain in (copy.deepcopy(arm), pickle.loads(pickle.dumps(arm))):
        solve(chain, Pose.identity(), None, pickle.loads(pickle.dumps(SolverOptions())))
    tracker = PoseTracker(arm)
    for x in (0.3, 0.31, 5.0):
        tracker.track(PointTarget([x, 0.1, 0.4])).result.blocking_joints
    for name in ('descend', 'assess', 'tip_distance', 'tip_frames', 'tip_jacobian', 'tabulate',
                 'carry_on', 'accept_step'):
        assert len(getattr(kernels, name).signatures) == 1, name


def test_nothing_is_compiled_after_the_warm_up():
    """A node that has warmed up does not stall when it first follows, refuses or explains."""
    code = ('from numba.core import event\n'
            'from chains import chain_of\n'
            'from ik_solver_node import PointTarget, Pose, PoseTarget, PoseTracker, warm_up\n'
            'warm_up()\n'
            'compiled = event.RecordingListener()\n'
            'event.register("numba:compile", compiled)\n'
            'for name in ("desk_arm", "six_axis_arm"):\n'
            '    tracker = PoseTracker(chain_of(name))\n'
            '    for x in (0.2, 0.21, 0.1, 5.0):\n'
            '        for target in (PointTarget([x, 0.0, 0.1]), PoseTarget(Pose.from_rpy(\n'
            '                [x, 0.0, 0.1], [0.3, 0.1, 0.2]))):\n'
            '            print(tracker.track(target).sentence)\n'
            'print([e.data["dispatcher"].__name__ for _, e in compiled.buffer])\n')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True,
                          env={**os.environ, 'PYTHONPATH': os.pathsep.join(sys.path)})
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == '[]', done.stdout


def test_without_a_folder_for_the_cache_it_still_compiles():
    """An installation that cannot be written to is slower to start, not broken."""
    code = ('from numba.core import caching\n'
            'for cache in vars(caching).values():\n'
            '    if hasattr(cache, "_locator_classes"): cache._locator_classes = []\n'
            'from ik_solver_node import kernels\n'
            'assert "NullCache" in repr(kernels.uniform._cache)\n'
            'print(kernels.uniform(0, 1))')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == kernels.uniform(0, 1)
