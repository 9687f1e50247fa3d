"""Batches: the answers of `solve`, bit for bit, for many targets at once."""

import os
import signal
import subprocess
import sys
import warnings

from chains import chain_of, model_of, random_positions, urdf_of
from ik_solver_node.batch import CHUNK, solve_batch
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import (
    ChainError, InvalidPoseError, MissingDependencyError, OptionsError)
from ik_solver_node.objective import (
    Comfort, Custom, LeastMovement, LimitMargin, Manipulability, MidRange, Torsion)
from ik_solver_node.pose import Pose
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import Solution, SolverOptions, StepRule
from ik_solver_node.target import DirectionTarget, OrientationTarget, PointTarget, PoseTarget
import numpy as np
import pytest

PATIENT = {'max_time': 60.0}


@pytest.fixture(scope='module')
def arm():
    """Return our six-axis arm."""
    return chain_of('six_axis_arm')


@pytest.fixture(scope='module')
def plane():
    """Return the arm of two joints in the plane."""
    return chain_of('planar_2r')


def two_tips():
    """Return a chain with two tips that share all joints but a finger's."""
    return KinematicChain.from_model(model_of('desk_arm'), None, ['tool0', 'left_finger_link'])


def of_every_kind(pose):
    """Return targets of every kind that are met where the tip is at `pose`."""
    down = pose.rotation() @ [0.0, 0.6, 0.8]
    tool = Pose.from_rpy([0.03, -0.02, 0.1], [0.3, -0.4, 0.5])
    return [
        pose, PoseTarget(pose), PointTarget(pose.position), OrientationTarget(pose.quat_xyzw),
        DirectionTarget(down, [0.0, 0.6, 0.8], position=pose.position),
        DirectionTarget(down, [0.0, 0.6, 0.8], cone=0.2), PoseTarget(pose, free='rz'),
        PoseTarget(pose, free=['x', 'y'], frame='base'),
        PoseTarget(pose, position_tolerance=[0.01, 0.002, 0.0],
                   orientation_tolerance=[0.05, 0.0, 0.1]),
        PoseTarget(Pose.from_matrix(pose.matrix() @ tool.matrix()), tool=tool),
        PointTarget(3.0 * pose.position + 1.0),          # out of reach
        PoseTarget(Pose(3.0 * pose.position + 1.0, pose.quat_xyzw)),
    ]


def assert_same(batch, results):
    """Check that outcomes are those of `solve`, bit for bit."""
    assert len(batch) == len(results)
    for i, (one, other) in enumerate(zip(batch, results)):
        assert one.positions.tobytes() == other.positions.tobytes(), (i, one, other)
        for name in ('reason', 'position_error', 'orientation_error', 'iterations', 'restarts',
                     'success', 'relaxed'):
            assert getattr(one, name, None) == getattr(other, name, None), (i, one, other)
    assert batch.success.tolist() == [other.success for other in results]
    assert batch.reasons.tolist() == [other.reason for other in results]


OPTIONS = {
    'default': {},
    'few': {'max_restarts': 2, 'max_iterations': 30},
    'once': {'max_restarts': 0},
    'gradient': {'step_rule': StepRule.GRADIENT, 'max_restarts': 2},
    'sweep': {'step_rule': StepRule.SWEEP, 'max_restarts': 1, 'max_iterations': 100},
    'nearest': {'solution': Solution.NEAREST, 'max_restarts': 30, 'search_restarts': 10},
    'objectives': {'objectives': (MidRange(), LeastMovement(0.2), LimitMargin(0.1)),
                   'max_restarts': 30},
    'able': {'objectives': (Manipulability(), Torsion(0.1)), 'max_restarts': 10},
    'nearest_comfort': {'objectives': Comfort({'joint_1': 0.3}), 'solution': 'nearest',
                        'max_restarts': 20, 'search_restarts': 5,
                        'joint_weights': {'joint_2': 4.0}},
}


@pytest.mark.parametrize('how', OPTIONS)
@pytest.mark.parametrize('name', ['planar_3r', 'six_axis_arm', 'seven_axis_arm'])
def test_the_answers_are_those_of_solve(name, how):
    """Every kind of target, reached and out of reach, for every way to solve."""
    chain = chain_of(name)
    options = SolverOptions(**{'max_restarts': 30, **OPTIONS[how]}, **PATIENT)
    targets, seeds = [], []
    for q, seed in zip(random_positions(chain, 3), random_positions(chain, 3, 1)):
        targets += of_every_kind(chain.forward_kinematics(q))
    seeds = random_positions(chain, len(targets), 2)
    alone = [solve(chain, target, seed, options) for target, seed in zip(targets, seeds)]
    for workers in (1, 2, 3):
        assert_same(solve_batch(chain, targets, seeds, options, workers=workers), alone)


@pytest.mark.parametrize('name', ['ur5', 'panda', 'puma560', 'iiwa14', 'pr2_torso', 'icub_torso'])
def test_the_answers_are_those_of_solve_on_real_robots(name):
    """Full poses, points and those out of reach, from random seeds."""
    chain = chain_of(name)
    options = SolverOptions(max_restarts=50, **PATIENT)
    targets = []
    for q in random_positions(chain, 15):
        targets += of_every_kind(chain.forward_kinematics(q))[1:12:5]
    seeds = random_positions(chain, len(targets), 2)
    alone = [solve(chain, target, seed, options) for target, seed in zip(targets, seeds)]
    assert_same(solve_batch(chain, targets, seeds, options, workers=2), alone)


@pytest.mark.parametrize('how', ['default', 'nearest', 'objectives'])
def test_several_tips_are_solved_alike(how):
    """As a sequence, as a mapping, and with nothing asked of one tip."""
    chain = two_tips()
    options = SolverOptions(**{**OPTIONS[how], 'max_restarts': 20}, **PATIENT)
    targets = []
    for q in random_positions(chain, 10):
        one, other = (chain.forward_kinematics(q, tip) for tip in chain.tip_links)
        targets += [[PointTarget(one.position), PointTarget(other.position)], [one, None],
                    {'left_finger_link': PoseTarget(other, free='rz')}, (None, other),
                    {'tool0': one, 'left_finger_link': PointTarget(other.position)}]
    seeds = random_positions(chain, len(targets), 1)
    alone = [solve(chain, target, seed, options) for target, seed in zip(targets, seeds)]
    assert sum(result.success for result in alone) >= 40
    for workers in (1, 3):
        assert_same(solve_batch(chain, targets, seeds, options, workers=workers), alone)


@pytest.mark.parametrize('rule', ['damped', 'gradient', 'sweep'])
def test_long_descents_are_not_cut_elsewhere(arm, rule):
    """`solve` looks at its clock in between, a batch does not: the joints are the same."""
    options = SolverOptions(step_rule=rule, max_restarts=1, max_iterations=400, **PATIENT)
    targets = [PoseTarget(Pose([x, 0.2, 0.4], [0.0, 0.6, 0.0, 0.8]))
               for x in np.linspace(0.3, 3.0, 40)]
    alone = [solve(arm, target, options=options) for target in targets]
    assert sum(not result.success for result in alone) >= 20
    assert_same(solve_batch(arm, targets, options=options), alone)


def test_tight_tolerances_out_of_reach_are_polished_alike():
    """The closest pose, which is settled after the search, is that of `solve`."""
    chain = chain_of('seven_axis_arm')
    options = SolverOptions(max_restarts=3, **PATIENT)
    rng = np.random.default_rng(5)
    targets = [PoseTarget(Pose(rng.uniform(-2.0, 2.0, 3), turn / np.linalg.norm(turn)))
               for turn in rng.normal(size=(150, 4))]
    alone = [solve(chain, target, options=options) for target in targets]
    assert_same(solve_batch(chain, targets, options=options), alone)


@pytest.mark.parametrize('count', [0, 1, CHUNK - 1, CHUNK, CHUNK + 1])
@pytest.mark.parametrize('workers', [1, 2, 3, None])
def test_no_size_is_special(plane, count, workers):
    """Around the size of a piece nothing is lost, doubled or exchanged."""
    points = np.array([plane.forward_kinematics(q).position
                       for q in random_positions(plane, 40)])[np.arange(count) % 40]
    seeds = random_positions(plane, count, 1)
    batch = solve_batch(plane, points, seeds, workers=workers)
    assert len(batch) == len(batch.positions) == len(batch.success) == count
    assert batch.positions.shape == (count, 2)
    assert_same(batch, [solve(plane, PointTarget(point), seed, SolverOptions(**PATIENT))
                        for point, seed in zip(points, seeds)])


@pytest.mark.parametrize('empty', [[], (), np.empty((0, 4, 4)), np.empty((0, 3))])
def test_nothing_to_solve_gives_nothing(arm, empty):
    """An empty batch has no outcomes, and that is no mistake."""
    batch = solve_batch(arm, empty)
    assert len(batch) == 0
    assert list(batch) == []
    assert batch.positions.shape == (0, 6)
    assert batch.success.tolist() == []


def test_points_in_an_array_are_point_targets(arm):
    """The same bits."""
    points = np.array([arm.forward_kinematics(q).position for q in random_positions(arm, 200)])
    points[::7] *= 3.0
    one = solve_batch(arm, points)
    other = solve_batch(arm, [PointTarget(point) for point in points])
    assert one.positions.tobytes() == other.positions.tobytes()
    assert one.reasons.tolist() == other.reasons.tolist()
    assert one.position_errors.tobytes() == other.position_errors.tobytes()
    assert not one.orientation_errors.any()


@pytest.mark.parametrize('name', ['six_axis_arm', 'seven_axis_arm'])
def test_transforms_in_an_array_are_pose_targets(name):
    """A `Pose` rounds the rotation, so that the joints agree but for that."""
    chain = chain_of(name)
    matrices = np.array([chain.forward_kinematics(q).matrix()
                         for q in random_positions(chain, 200)])
    matrices[::7, :3, 3] *= 3.0
    seeds = random_positions(chain, 200, 1)
    one = solve_batch(chain, matrices, seeds)
    other = solve_batch(chain, [PoseTarget(Pose.from_matrix(matrix)) for matrix in matrices],
                        seeds)
    assert one.success.tolist() == other.success.tolist()
    assert 150 < one.success.sum() < 200
    same = np.abs(one.positions - other.positions).max(axis=1) < 1e-4
    assert same[one.success].mean() > 0.95
    for q, matrix in zip(one.positions[one.success], matrices[one.success]):
        assert chain.forward_kinematics(q).matrix() == pytest.approx(matrix, abs=2e-6)


@pytest.mark.parametrize('kind', [np.float32, np.int64, '>f8', 'F'])
def test_arrays_of_any_make_are_read(plane, kind):
    """Single precision, whole numbers, foreign byte order, columns first."""
    points = np.array([[0.5, 0.25, 0.0], [0.0, 0.75, 0.0], [-1.0, 0.0, 0.0]])
    given = np.asfortranarray(points) if kind == 'F' else points.astype(kind)
    expected = solve_batch(plane, given.astype(np.float64))
    assert solve_batch(plane, given).positions.tobytes() == expected.positions.tobytes()


def test_one_seed_may_serve_all(arm):
    """As does the middle of the range, if none is given."""
    targets = [arm.forward_kinematics(q) for q in random_positions(arm, 20)]
    seed = random_positions(arm, 1, 3)[0]
    one = solve_batch(arm, targets, seed)
    assert one.positions.tobytes() == solve_batch(
        arm, targets, np.tile(seed, (20, 1))).positions.tobytes()
    assert solve_batch(arm, targets).positions.tobytes() == solve_batch(
        arm, targets, arm.mid_range().tolist()).positions.tobytes()


@pytest.mark.parametrize('whole', [False, True])
def test_inputs_stay_as_they_were(arm, whole):
    """Neither targets nor seeds are written on, not even where they would fit."""
    matrices = np.array([arm.forward_kinematics(q).matrix() for q in random_positions(arm, 50)])
    seeds = 2.0 * random_positions(arm, 50, 1) if whole else random_positions(arm, 1, 1)[0]
    kept = matrices.tobytes(), seeds.tobytes()
    batch = solve_batch(arm, matrices, seeds)
    assert (matrices.tobytes(), seeds.tobytes()) == kept
    assert not np.shares_memory(batch.positions, seeds)
    seeds.flags.writeable = matrices.flags.writeable = False
    assert solve_batch(arm, matrices, seeds).positions.tobytes() == batch.positions.tobytes()


def test_an_outcome_can_be_kept_and_changed(arm):
    """What is taken out of a batch is a copy."""
    batch = solve_batch(arm, [arm.forward_kinematics(arm.mid_range() + 0.2)] * 3)
    first = batch[0]
    first.positions[:] = 9.0
    assert batch.positions.max() < 9.0
    assert batch[-1].positions.tolist() == batch[2].positions.tolist()
    with pytest.raises(IndexError):
        batch[3]


# What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize('shape', [(5, 4, 3), (5, 3, 4), (5, 4), (5,), (5, 3, 3), (5, 6), (3,),
                                   (4, 4), (2, 5, 4, 4)])
def test_an_array_of_another_shape_is_refused(arm, shape):
    """The message has the shape and those that would do."""
    with pytest.raises(InvalidPoseError, match=r'targets have shape \(.*\(N, 4, 4\) or \(N, 3\)'):
        solve_batch(arm, np.zeros(shape))


def test_an_array_says_nothing_about_a_second_tip():
    """It is refused for a chain with two."""
    with pytest.raises(InvalidPoseError, match='one tip.* 2'):
        solve_batch(two_tips(), np.zeros((5, 3)))


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('point', [True, False])
@pytest.mark.parametrize('workers', [1, 2])
def test_a_number_that_is_not_finite_is_named(plane, bad, point, workers):
    """Target number 1234 of many, and without a word about invalid values."""
    targets = np.tile(plane.forward_kinematics([0.3, 0.4]).matrix(), (3000, 1, 1))
    targets[1234, 1, 3] = bad
    targets[2345, 0, 3] = bad
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        with pytest.raises(InvalidPoseError, match='target number 1234 .*(nan|inf)'):
            solve_batch(plane, targets[:, :3, 3].copy() if point else targets, workers=workers)


@pytest.mark.parametrize('spoil', ['scaled', 'mirrored', 'sheared', 'projective', 'nan', 'inf'])
def test_a_matrix_that_is_no_rigid_transform_is_named(arm, spoil):
    """The first of them, by its number."""
    targets = np.tile(arm.forward_kinematics(arm.mid_range()).matrix(), (100, 1, 1))
    wrong = targets[77]
    if spoil == 'scaled':
        wrong[:3, :3] *= 1.001
    elif spoil == 'mirrored':
        wrong[:3, 0] *= -1.0
    elif spoil == 'sheared':
        wrong[0, 1] += 1e-3
    elif spoil == 'projective':
        wrong[3, 0] = 1e-9
    else:
        wrong[1, 1] = float(spoil)
    with warnings.catch_warnings():
        warnings.simplefilter('error')
        with pytest.raises(InvalidPoseError, match='target number 77 is no.*rigid'):
            solve_batch(arm, targets)


@pytest.mark.parametrize('wrong, error, message', [
    ('up', InvalidPoseError, "target number 2: target must be a Pose.*'up'"),
    (None, InvalidPoseError, 'target number 2: .*None'),
    ([], ChainError, 'target number 2: .*0 targets'),
    (np.zeros((3, 4)), InvalidPoseError, 'target number 2: target must be'),
])
def test_a_target_that_is_none_is_named(arm, wrong, error, message):
    """By its number, in the words of `solve`."""
    fine = PointTarget([0.4, 0.1, 0.5])
    with pytest.raises(error, match=message):
        solve_batch(arm, [fine, fine, wrong, fine])


@pytest.mark.parametrize('targets', [PointTarget([0.4, 0.1, 0.5]), Pose.identity()])
def test_one_target_is_no_batch(arm, targets):
    """It has to be in a sequence, and the message says so."""
    with pytest.raises(InvalidPoseError, match='targets.*sequence'):
        solve_batch(arm, targets)


@pytest.mark.parametrize('bad', [np.nan, np.inf])
def test_a_bad_seed_is_named(plane, bad):
    """The first one, by its number."""
    points = np.tile(plane.forward_kinematics([0.3, 0.4]).position, (3000, 1))
    seeds = random_positions(plane, 3000)
    seeds[2100, 1] = bad
    seeds[2500, 0] = bad
    with pytest.raises(InvalidPoseError, match='seeds must be finite.*number 2100 is .*(nan|inf)'):
        solve_batch(plane, points, seeds, workers=2)


@pytest.mark.parametrize('seeds', [np.zeros((4, 6)), np.zeros(5), np.zeros((5, 5)), 0.0,
                                   np.zeros((1, 5, 6)), [[0.0] * 6] * 4, 'seed', [[0.0], [1, 2]]])
def test_seeds_of_another_shape_are_refused(arm, seeds):
    """The message has both shapes that would do."""
    with pytest.raises(InvalidPoseError, match=r'seeds must .*\(5, 6\)'):
        solve_batch(arm, [PointTarget([0.4, 0.1, 0.5])] * 5, seeds)


def test_a_custom_objective_is_refused(arm):
    """It would need Python."""
    options = SolverOptions(objectives=(MidRange(), Custom(lambda q: 0.0)))
    with pytest.raises(OptionsError, match='Custom objective; use solve'):
        solve_batch(arm, [PointTarget([0.4, 0.1, 0.5])], options=options)


@pytest.mark.parametrize('workers', [0, -1, True, False, 1.5, '2', np.nan])
def test_workers_are_a_positive_number(arm, workers):
    """Anything else is shown."""
    with pytest.raises(OptionsError, match=f'workers is {workers!r}.*positive number'):
        solve_batch(arm, [PointTarget([0.4, 0.1, 0.5])], workers=workers)


# Beside the answers --------------------------------------------------------------------------


def test_a_progress_bar_is_shown_if_wanted(plane, capfd):
    """It counts to the end on the error stream; without it not a byte is written."""
    points = np.tile(plane.forward_kinematics([0.3, 0.4]).position, (5000, 1))
    pytest.importorskip('tqdm')
    for unwanted in (False, None):  # the error stream of a test is no terminal
        solve_batch(plane, points, progress=unwanted)
        assert capfd.readouterr() == ('', '')
    solve_batch(plane, points, progress=True)
    out, err = capfd.readouterr()
    assert out == ''
    assert '5000/5000' in err


def test_a_missing_progress_bar_is_said(plane, monkeypatch):
    """Only who asked for one hears of it, and what to install."""
    monkeypatch.setitem(sys.modules, 'tqdm', None)
    points = np.tile(plane.forward_kinematics([0.3, 0.4]).position, (10, 1))
    with pytest.raises(MissingDependencyError, match='needs tqdm; run "pip install tqdm"'):
        solve_batch(plane, points, progress=True)
    monkeypatch.setattr(sys.stderr, 'isatty', lambda: True, raising=False)
    assert solve_batch(plane, points).success.all()


PREAMBLE = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
import numpy as np
from ik_solver_node import *
from ik_solver_node.batch import solve_batch
chain = KinematicChain.from_model(parse_urdf(sys.stdin.read()))
point = chain.forward_kinematics(chain.mid_range() + 0.2).position
solve_batch(chain, np.tile(point, (3000, 1)))
"""


def python(code, urdf, **more):
    """Start Python with our package, and a robot on its standard input."""
    with_path = {**os.environ, 'PYTHONPATH': os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen([sys.executable, '-c', PREAMBLE + code], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=with_path)
    process.stdin.write(urdf)
    process.stdin.close()
    process.stdin = None
    return process


def test_a_batch_can_be_interrupted():
    """Ctrl-C ends what would take minutes, once the pieces that are under way are done."""
    process = python("""
class Many(list):
    def __len__(self):
        return 2_000_000
    def __getitem__(self, i):
        if i == 2500:
            print('under way', flush=True)
        return TARGET
TARGET = PointTarget([9.0, 0.0, 0.0])
solve_batch(chain, Many(), workers=2, options=SolverOptions(max_restarts=20))
""", urdf_of('six_axis_arm'))
    try:
        assert process.stdout.readline() == 'under way\n', process.stderr.read()
        process.send_signal(signal.SIGINT)
        err = process.communicate(timeout=60)[1]
        assert process.returncode != 0
        assert err.rstrip().endswith('KeyboardInterrupt')
    finally:
        process.kill()


@pytest.mark.skipif(not os.path.exists('/proc/self/clear_refs'), reason='needs Linux')
def test_a_batch_needs_little_memory_of_its_own():
    """Beside 200000 transforms and their outcomes no more than 60 bytes for each and 30 MB."""
    process = python("""
def status(key):
    with open('/proc/self/status') as file:
        return next(1024 * int(line.split()[1]) for line in file if line.startswith(key))
count = 200_000
targets = np.tile(np.eye(4), (count, 1, 1))
targets[:, :3, 3] = point
seeds = np.tile(chain.mid_range() + 0.2, (count, 1))
with open('/proc/self/clear_refs', 'w') as file:
    file.write('5')
before = status('VmRSS')
options = SolverOptions(max_restarts=0, orientation_tolerance=3.1)
batch = solve_batch(chain, targets, seeds, options, workers=2)
grown = status('VmHWM') - before
output = sum(value.nbytes for value in vars(batch).values() if isinstance(value, np.ndarray))
print(grown - output)
""", urdf_of('six_axis_arm'))
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    print(f'\n{int(out) / 1e6:.1f} MB beside 200000 targets and their outcomes')
    assert int(out) < 60 * 200_000 + 30e6
