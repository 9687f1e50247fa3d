"""Objectives: they lower what they promise to lower, and the target never suffers."""

from time import perf_counter

from chains import chain_of, random_positions
from hypothesis import given, HealthCheck, settings, strategies as st
from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.objective import (
    Comfort, Custom, LeastMovement, LimitMargin, Manipulability, MidRange, preferences, Torsion)
from ik_solver_node.pose import Pose
from ik_solver_node.result import TerminationReason
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import Solution, SolverOptions
from ik_solver_node.target import (
    DirectionTarget, OrientationTarget, PointTarget, PoseTarget, TargetFrame)
import numba
import numpy as np
import pytest

PATIENT = {'max_time': 60.0}

WEIGHED = [
    lambda weight: Comfort({'joint_1': 0.3}, weight), MidRange, LimitMargin, LeastMovement,
    Torsion, Manipulability, lambda weight: Custom(lambda q: 0.0, weight)]
WEIGHED_NAMES = ['Comfort', 'MidRange', 'LimitMargin', 'LeastMovement', 'Torsion',
                 'Manipulability', 'Custom']


# What is refused -----------------------------------------------------------------------------


@pytest.mark.parametrize('weight', [0, 0.0, -1.0, np.nan, np.inf, True, '1', None])
@pytest.mark.parametrize('make, name', list(zip(WEIGHED, WEIGHED_NAMES)), ids=WEIGHED_NAMES)
def test_a_weight_that_is_no_positive_number_is_refused(make, name, weight):
    """Every objective refuses it alike, with its name and the value."""
    with pytest.raises(OptionsError, match=f'weight of {name} is {weight!r}.*positive finite'):
        make(weight)


@pytest.mark.parametrize('position', [np.nan, np.inf, -np.inf, '0.3', None, [0.1]])
def test_a_posture_holds_finite_numbers(position):
    """The joint whose position is none is named."""
    with pytest.raises(OptionsError, match="joint 'joint_2' is .*finite"):
        Comfort({'joint_1': 0.0, 'joint_2': position})


@pytest.mark.parametrize('posture', [[0.1, 0.2], 0.3, None, 'up'])
def test_a_posture_is_a_mapping(posture):
    """A joint vector does not say which joint is meant."""
    with pytest.raises(OptionsError, match='posture.*mapping'):
        Comfort(posture)


def test_a_posture_of_an_unknown_joint_is_refused():
    """The message has the name that was given and those that would do."""
    chain = chain_of('six_axis_arm')
    options = SolverOptions(objectives=Comfort({'elbow': 0.1}))
    with pytest.raises(OptionsError, match="posture of Comfort names joint 'elbow'.*joint_1"):
        solve(chain, PointTarget([0.4, 0.1, 0.5]), options=options)


@pytest.mark.parametrize('function', [None, 3.0, 'lambda q: 0'])
def test_a_custom_objective_needs_something_to_call(function):
    """What cannot be called is shown."""
    with pytest.raises(OptionsError, match='must be callable, got '):
        Custom(function)


@pytest.mark.parametrize('rubbish', [
    None, 'steep', [1.0, 2.0], 1j, np.zeros(2), (1.0,), (1.0, np.zeros(6), 2.0),
    (1.0, np.zeros(5)), (1.0, None), (1.0, 'steep'), ('steep', np.zeros(6)), (None, np.zeros(6)),
], ids=repr)
def test_a_custom_function_that_returns_rubbish_is_refused(rubbish):
    """A number, or a number and a slope of one entry per joint: nothing else is one."""
    chain = chain_of('six_axis_arm')
    options = SolverOptions(objectives=Custom(lambda q: rubbish), **PATIENT)
    with pytest.raises(OptionsError, match='Custom objective must'):
        solve(chain, PointTarget([0.4, 0.1, 0.5]), options=options)


@pytest.mark.parametrize('value', [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize('sloped', [False, True])
def test_a_custom_function_without_a_finite_value_spoils_nothing(value, sloped):
    """It either is refused, or changes no more than that it cannot be lowered."""
    chain = chain_of('six_axis_arm')

    def function(q):
        return (value, np.ones(6)) if sloped else value

    target = PointTarget([0.4, 0.1, 0.5])
    try:
        result = solve(chain, target, options=SolverOptions(objectives=Custom(function),
                                                            **PATIENT))
    except OptionsError:
        return
    assert result.success
    assert_true(chain, target, result, SolverOptions())


def test_an_error_in_a_custom_function_is_not_swallowed():
    """Who wrote the function sees the error."""
    def function(q):
        raise ZeroDivisionError('mine')

    with pytest.raises(ZeroDivisionError, match='mine'):
        solve(chain_of('six_axis_arm'), PointTarget([0.4, 0.1, 0.5]),
              options=SolverOptions(objectives=Custom(function)))


# Values that stay what they were -------------------------------------------------------------


def test_a_posture_is_copied():
    """A dict that is changed later changes no answer, neither of this objective nor another."""
    chain = chain_of('planar_3r')
    target = PointTarget(chain.forward_kinematics([0.4, 0.5, 0.3]).position)

    def answer(objective):
        return solve(chain, target, options=SolverOptions(objectives=objective,
                                                          **PATIENT)).positions.tolist()

    name = chain.joint_names[0]
    posture = {name: 0.0}
    objective = Comfort(posture)
    before = answer(objective)
    posture[name] = 1.0
    assert answer(objective) == before
    # The cache of what objectives mean for a chain must not take one for the other.
    assert answer(Comfort({name: 1.0})) != before
    assert answer(Comfort({name: 0.0})) == before


class Unhashable:
    """A callable with an equality of its own, as every dataclass has."""

    def __eq__(self, other):
        return self is other

    def __call__(self, q):
        """Return the squared length."""
        return float(q @ q)


def test_a_custom_function_need_not_be_hashable():
    """Any callable will do."""
    chain = chain_of('planar_3r')
    target = PointTarget(chain.forward_kinematics([0.4, 0.5, 0.3]).position)
    options = SolverOptions(objectives=Custom(Unhashable()), **PATIENT)
    assert solve(chain, target, options=options).success


def test_a_custom_function_cannot_move_the_arm():
    """It gets joints of its own to write on."""
    chain = chain_of('six_axis_arm')
    target = PointTarget([0.4, 0.1, 0.5])

    def vandal(q):
        q[:] = np.nan
        return 0.0

    result = solve(chain, target, options=SolverOptions(objectives=Custom(vandal), **PATIENT))
    assert result.success
    assert_true(chain, target, result, SolverOptions())


# Targets, and how far off they are without the compiled code's help --------------------------


KINDS = ['pose', 'point', 'orientation', 'direction', 'cone', 'spin', 'level', 'box', 'tool']


def target_of(kind, chain, q):
    """Return a target of some kind that is met at `q`."""
    pose = chain.forward_kinematics(q)
    down = pose.rotation() @ [0.0, 0.6, 0.8]
    tool = Pose.from_rpy([0.03, -0.02, 0.1], [0.3, -0.4, 0.5])
    return {
        'pose': lambda: PoseTarget(pose),
        'point': lambda: PointTarget(pose.position),
        'orientation': lambda: OrientationTarget(pose.quat_xyzw),
        'direction': lambda: DirectionTarget(down, [0.0, 0.6, 0.8], position=pose.position),
        'cone': lambda: DirectionTarget(down, [0.0, 0.6, 0.8], cone=0.2),
        'spin': lambda: PoseTarget(pose, free='rz'),
        'level': lambda: PoseTarget(pose, free=['x', 'y'], frame='base'),
        'box': lambda: PoseTarget(pose, position_tolerance=[0.01, 0.002, 0.0],
                                  orientation_tolerance=[0.05, 0.0, 0.1]),
        'tool': lambda: PoseTarget(Pose.from_matrix(pose.matrix() @ tool.matrix()), tool=tool),
    }[kind]()


def turn_between(rotation, other):
    """Return the rotation vector that turns `rotation` onto `other`."""
    turn = other @ rotation.T
    twist = 0.5 * np.array([turn[2, 1] - turn[1, 2], turn[0, 2] - turn[2, 0],
                            turn[1, 0] - turn[0, 1]])
    length = np.linalg.norm(twist)
    angle = np.arctan2(length, 0.5 * (np.trace(turn) - 1.0))
    return twist if length < 1e-12 else twist * (angle / length)


def excess(error, tolerance, axes):
    """Return how much an error (3,) exceeds the tolerances along the columns of `axes`."""
    return float(np.linalg.norm(np.maximum(np.abs(axes.T @ error) - tolerance, 0.0)))


def misses(chain, target, q):
    """Return how far position [m] and orientation [rad] are off at `q`."""
    frame = chain.forward_kinematics(q).matrix()
    if target.tool is not None:
        frame = frame @ target.tool.matrix()
    rotation, point = frame[:3, :3], frame[:3, 3]
    if isinstance(target, PointTarget):
        return excess(target.position - point, target.tolerance, np.eye(3)), 0.0
    if isinstance(target, OrientationTarget):
        wanted = Pose(np.zeros(3), target.quat_xyzw).rotation()
        return 0.0, excess(turn_between(rotation, wanted), target.tolerance, wanted)
    if isinstance(target, DirectionTarget):
        points = rotation @ target.axis
        angle = np.arctan2(np.linalg.norm(np.cross(points, target.direction)),
                           points @ target.direction)
        off = 0.0 if target.position is None else (
            excess(target.position - point, target.position_tolerance, np.eye(3)))
        return off, max(angle - target.cone, 0.0)
    wanted = target.pose.rotation()
    axes = wanted if target.frame is TargetFrame.TARGET else np.eye(3)
    off = excess(target.pose.position - point, target.position_tolerance, axes)
    free = np.isinf(target.orientation_tolerance)
    if free.sum() == 1 and not target.orientation_tolerance[~free].any():
        # The axis itself shall stay, however long the way around it.
        axis = axes[:, int(np.argmax(free))]
        turned = rotation @ wanted.T @ axis
        return off, float(np.arctan2(np.linalg.norm(np.cross(turned, axis)), turned @ axis))
    return off, excess(turn_between(rotation, wanted), target.orientation_tolerance, axes)


def assert_true(chain, target, result, options):
    """Check an answer: finite, inside the limits, and as near as it says."""
    q = result.positions
    assert np.isfinite(q).all()
    assert np.all((q >= chain.lower) & (q <= chain.upper))
    off, turned = misses(chain, target, q)
    assert result.position_error == pytest.approx(off, abs=1e-9)
    assert result.orientation_error == pytest.approx(turned, abs=1e-7)
    if result.reason is TerminationReason.CONVERGED:
        assert off <= options.position_tolerance + 1e-9
        assert turned <= options.orientation_tolerance + 1e-7


# What they lower -----------------------------------------------------------------------------


def of_way(chain, q):
    """Return where joints are between their limits, from -1 to 1, of those that have both."""
    limited = np.isfinite(chain.lower) & np.isfinite(chain.upper)
    low, high = chain.lower[limited], chain.upper[limited]
    return (2.0 * q[limited] - low - high) / (high - low), 0.5 * (high - low)


def barrier(x):
    """Return ``-log(1 - x^2)``, and from 0.98 on its parabola, of each entry."""
    edge = np.clip(x, -0.98, 0.98)
    room, over = 1.0 - edge ** 2, x - edge
    return (-np.log(room) + 2.0 * edge / room * over
            + (1.0 + edge ** 2) / room ** 2 * over ** 2)


def wavy(q):
    """Return something no other objective lowers."""
    return float(np.sum(np.cos(2.0 * q + 0.5)) + 0.3 * q[0] * q[-1])


def wavy_with_slope(q):
    """Return it with its slope."""
    slope = -2.0 * np.sin(2.0 * q + 0.5)
    slope[0] += 0.3 * q[-1]
    slope[-1] += 0.3 * q[0]
    return wavy(q), slope


@numba.njit
def wavy_compiled(q):
    """Return it from compiled code."""
    total = 0.3 * q[0] * q[-1]
    for x in q:
        total += np.cos(2.0 * x + 0.5)
    return total


def measure_of(kind, chain, point, seed):
    """Return an objective, and a function of `q` that says what it lowers, in numpy alone."""
    posture = dict.fromkeys(chain.joint_names[1:4], 0.3)

    def squared_from_middle(q):
        x, half = of_way(chain, q)
        return float(np.sum((x * half) ** 2))

    def unable(q):
        rows = chain.jacobian(q)[:3 if point else 6]
        return -float(np.linalg.slogdet(rows @ rows.T)[1])

    return {
        'comfort': (Comfort(posture), lambda q: float(np.sum((q[1:4] - 0.3) ** 2))),
        'mid_range': (MidRange(), squared_from_middle),
        'limit_margin': (LimitMargin(), lambda q: float(np.sum(barrier(of_way(chain, q)[0])))),
        'least_movement': (LeastMovement(), lambda q: float(np.sum((q - seed) ** 2))),
        'torsion': (Torsion(), lambda q: float(q @ q)),
        'manipulability': (Manipulability(), unable),
        'custom': (Custom(wavy), wavy),
        'custom_with_slope': (Custom(wavy_with_slope), wavy),
        'custom_compiled': (Custom(wavy_compiled), wavy),
    }[kind]


MEASURES = ['comfort', 'mid_range', 'limit_margin', 'least_movement', 'torsion',
            'manipulability', 'custom', 'custom_with_slope', 'custom_compiled']


@pytest.mark.parametrize('kind', MEASURES)
@pytest.mark.parametrize('name, point', [
    ('panda', False), ('seven_axis_arm', False), ('iiwa14', False), ('six_axis_arm', True)])
def test_an_objective_lowers_what_it_says(name, point, kind):
    """From the same seed never more than without it, and on the whole much less."""
    chain = chain_of(name)
    before, after = [], []
    for q, seed in zip(random_positions(chain, 12), random_positions(chain, 12, 1)):
        objective, measure = measure_of(kind, chain, point, seed)
        target = target_of('point' if point else 'pose', chain, q)
        plain = solve(chain, target, seed, SolverOptions(**PATIENT))
        options = SolverOptions(objectives=objective, **PATIENT)
        result = solve(chain, target, seed, options)
        assert plain.success
        assert result.success
        assert_true(chain, target, result, options)
        before.append(measure(plain.positions))
        after.append(measure(result.positions))
    before, after = np.array(before), np.array(after)
    assert np.all(after <= before + 1e-6), after - before
    assert np.mean(after < before - 1e-3) >= 0.7, after - before
    assert np.mean(before - after) > 0.02


@pytest.mark.parametrize('kind', MEASURES)
def test_what_is_found_cannot_be_improved_nearby(kind):
    """In the null space of the target the slope is gone, where no limit is in the way."""
    chain, point = chain_of('seven_axis_arm'), True
    left = []
    for q, seed in zip(random_positions(chain, 25), random_positions(chain, 25, 1)):
        objective, measure = measure_of(kind, chain, point, seed)
        options = SolverOptions(objectives=objective, settle_steps=300, **PATIENT)
        result = solve(chain, target_of('point', chain, q), seed, options)
        assert result.success
        if result.joints_at_limit:
            continue
        q = result.positions
        slope = np.array([(measure(q + d) - measure(q - d)) / 2e-5
                          for d in 1e-5 * np.eye(chain.size)])
        null = np.linalg.svd(chain.jacobian(q)[:3])[2][3:]
        left.append(np.linalg.norm(null @ slope) / max(1.0, np.linalg.norm(slope)))
    assert len(left) >= 3
    # Where some joints have no objective of their own the steps are small, and many are needed.
    slack = 10.0 if kind == 'comfort' else 1.0
    assert np.median(left) < slack * 2e-3, left
    assert np.max(left) < slack * 3e-2, left


def test_only_the_ratio_of_the_weights_matters():
    """All weights times the same number give the same joints, but for rounding."""
    chain = chain_of('seven_axis_arm')
    for q, seed in zip(random_positions(chain, 10), random_positions(chain, 10, 1)):
        target = target_of('pose', chain, q)
        answers = [solve(chain, target, seed, SolverOptions(
            objectives=(MidRange(scale), LeastMovement(0.2 * scale)), **PATIENT)).positions
            for scale in (1.0, 1e-5, 1e5)]
        assert answers[1] == pytest.approx(answers[0], abs=1e-3)
        assert answers[2] == pytest.approx(answers[0], abs=1e-3)


def test_a_heavier_objective_gets_more_of_its_way():
    """Between two postures the weights decide."""
    chain = chain_of('seven_axis_arm')
    left, right = ({name: x for name in chain.joint_names[:3]} for x in (-0.5, 0.5))
    nearer = 0
    for q in random_positions(chain, 20):
        target = target_of('point', chain, 0.5 * q)
        found = [solve(chain, target, 0.5 * q, SolverOptions(
            objectives=(Comfort(left, weight), Comfort(right, 1.0)), **PATIENT)).positions[:3]
            for weight in (0.1, 10.0)]
        away = [np.sum((at + 0.5) ** 2) for at in found]
        nearer += away[1] < away[0] - 0.01
    assert nearer >= 15  # not all: each ends in the valley it came into


def test_objectives_of_one_kind_add_up():
    """Twice the same is the same with both weights."""
    chain = chain_of('seven_axis_arm')
    q, seed = random_positions(chain, 2, 3)
    target = target_of('pose', chain, q)
    posture = {chain.joint_names[0]: 0.2}
    for kind in (MidRange, LimitMargin, LeastMovement, Torsion, Manipulability,
                 lambda weight: Comfort(posture, weight)):
        once = solve(chain, target, seed, SolverOptions(objectives=kind(0.75), **PATIENT))
        twice = solve(chain, target, seed, SolverOptions(objectives=(kind(0.25), kind(0.5)),
                                                         **PATIENT))
        assert twice.positions == pytest.approx(once.positions, abs=1e-9)


@pytest.mark.parametrize('kind', ['mid_range', 'manipulability', 'custom'])
def test_the_steps_and_their_reach_are_kept(kind):
    """No steps, no change; and no step is longer than the reach."""
    chain = chain_of('seven_axis_arm')
    q, seed = random_positions(chain, 2, 3)
    target = target_of('point', chain, q)
    objective = measure_of(kind, chain, True, seed)[0]
    plain = solve(chain, target, seed, SolverOptions(**PATIENT)).positions
    none = solve(chain, target, seed, SolverOptions(objectives=objective, settle_steps=0,
                                                    **PATIENT)).positions
    assert none.tolist() == plain.tolist()
    short = solve(chain, target, seed, SolverOptions(
        objectives=objective, settle_steps=3, settle_reach=1e-3, **PATIENT)).positions
    assert 0.0 < np.abs(short - plain).max() < 3 * 2e-3


def test_an_arm_without_freedom_stays():
    """Six joints hold six axes: nothing is left for an objective but rounding."""
    chain = chain_of('six_axis_arm')
    for q in random_positions(chain, 10):
        q = 0.6 * q + 0.1
        options = SolverOptions(objectives=(MidRange(), Manipulability()), **PATIENT)
        result = solve(chain, target_of('pose', chain, q), q, options)
        assert result.positions == pytest.approx(q, abs=1e-3)


# Properties ----------------------------------------------------------------------------------


_WEIGHTS = st.sampled_from([1e-6, 0.01, 0.3, 1.0, 7.0, 1e4])
_CHAINS = ['planar_3r', 'scara', 'six_axis_arm', 'seven_axis_arm']


@st.composite
def objectives(draw, names):
    """Return a few objectives for a chain with joints of these names."""
    make = {
        'comfort': lambda weight: Comfort(
            {name: draw(st.floats(-3.0, 3.0)) for name in draw(st.sets(st.sampled_from(names)))},
            weight),
        'mid_range': MidRange, 'limit_margin': LimitMargin, 'least_movement': LeastMovement,
        'torsion': Torsion, 'manipulability': Manipulability,
        'custom': lambda weight: Custom(wavy, weight),
        'sloped': lambda weight: Custom(wavy_with_slope, weight)}
    kinds = draw(st.lists(st.sampled_from(sorted(make)), min_size=1, max_size=4))
    return tuple(make[kind](draw(_WEIGHTS)) for kind in kinds)


@settings(max_examples=150, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), name=st.sampled_from(_CHAINS), kind=st.sampled_from(KINDS),
       stream=st.integers(0, 2**31 - 1), nearest=st.booleans(), coarse=st.booleans())
def test_the_target_never_suffers(data, name, kind, stream, nearest, coarse):
    """Reached without objectives, reached with them; true, in the limits, and repeatable."""
    chain = chain_of(name)
    rng = np.random.default_rng(stream)
    q, seed = rng.uniform(chain.bounds[2], chain.bounds[3], size=(2, chain.size))
    target = target_of(kind, chain, q)
    more = {'position_tolerance': 1e-3, 'orientation_tolerance': 1e-2} if coarse else {}
    plain = solve(chain, target, seed, SolverOptions(max_restarts=40, **more, **PATIENT))
    options = SolverOptions(
        objectives=data.draw(objectives(chain.joint_names)), max_restarts=40,
        solution=Solution.NEAREST if nearest else Solution.FIRST, search_restarts=5,
        **more, **PATIENT)
    kept = seed.copy()
    result = solve(chain, target, seed, options)
    assert result.success or not plain.success
    assert_true(chain, target, result, options)
    assert seed.tobytes() == kept.tobytes()
    again = solve(chain, target, seed, options)
    assert again.positions.tobytes() == result.positions.tobytes()
    assert (again.iterations, again.restarts) == (result.iterations, result.restarts)


@settings(max_examples=60, deadline=None, derandomize=True,
          suppress_health_check=[HealthCheck.too_slow])
@given(name=st.sampled_from(_CHAINS), kind=st.sampled_from(['pose', 'point', 'orientation',
                                                            'direction', 'spin']),
       stream=st.integers(0, 2**31 - 1), weight=st.sampled_from([0.0, 0.5, 3.0]))
def test_the_slope_is_that_of_the_value(name, kind, stream, weight):
    """Central differences of the value agree with the slope, for random preferences."""
    chain = chain_of(name)
    rng = np.random.default_rng(stream)
    low, high = chain.bounds[2:4]
    q, seed, at = rng.uniform(low, high, size=(3, chain.size))
    rows = rng.uniform(0.0, 2.0, size=(kernels.PREFERENCES, chain.size))
    rows[:, rng.random(chain.size) < 0.3] = 0.0
    rows.flags.writeable = False
    # scara has four joints and planar_3r three: they cannot span six rows.
    array = SolverOptions()._laid_out(kernels.FIRST, 0.0, weight if chain.size >= 6 else 0.0)
    goal = target_of(kind, chain, at).goal
    slope, unused = np.empty(chain.size), np.empty(chain.size)

    def value(q):
        return kernels.objective_at(*chain.arrays, goal, array, rows, q, seed, unused,
                                    unused.copy())

    kept = q.copy()
    kernels.objective_at(*chain.arrays, goal, array, rows, q, seed, slope, unused)
    assert q.tobytes() == kept.tobytes()
    h = 1e-5
    differences = np.array([(value(q + d) - value(q - d)) / (2 * h)
                            for d in h * np.eye(chain.size)])
    # The manipulability is differenced forwards inside; its curvature times 1e-5 is the slack.
    slack = 1e-5 if weight == 0.0 else 1e-2
    np.testing.assert_allclose(slope, differences, rtol=slack, atol=slack)


def test_the_value_is_the_sum_of_the_objectives():
    """What the compiled code adds up is what numpy adds up."""
    chain = chain_of('seven_axis_arm')
    q, seed = random_positions(chain, 2, 4)
    posture = {chain.joint_names[2]: 0.7}
    wanted = preferences(chain, (Comfort(posture, 2.0), Torsion(0.5), LeastMovement(3.0),
                                 LimitMargin(0.4)), ((chain.joint_names[0], 5.0),))
    goal = target_of('pose', chain, q).goal
    metric = np.array([5.0] + [1.0] * 6)

    def expected(q):
        return (0.5 * 2.0 * (q[2] - 0.7) ** 2 + 0.25 * q @ q
                + 1.5 * np.sum(metric * (q - seed) ** 2)
                + 0.4 * np.sum(barrier(of_way(chain, q)[0])))

    def value(q):
        return kernels.objective_at(*chain.arrays, goal, SolverOptions()._array, wanted.rows, q,
                                    seed, np.empty(7), np.empty(7))

    others = random_positions(chain, 10, 5)
    # Up to a constant: two pulls to different postures are one to their mean.
    assert [value(x) - value(q) for x in others] == pytest.approx(
        [expected(x) - expected(q) for x in others])


# A tentacle ----------------------------------------------------------------------------------


def tentacle(count):
    """Return a chain of `count` joints, 5 cm apart, about y and z in turn, half a radian each."""
    links = ''.join(f'<link name="link_{i}"/>' for i in range(count + 2))
    joints = ''.join(
        f'<joint name="joint_{i}" type="revolute"><parent link="link_{i}"/>'
        f'<child link="link_{i + 1}"/><origin xyz="{0.05 if i else 0.0} 0 0"/>'
        f'<axis xyz="0 {1 - i % 2} {i % 2}"/>'
        '<limit lower="-0.5" upper="0.5" effort="1" velocity="1"/></joint>'
        for i in range(count))
    end = (f'<joint name="end" type="fixed"><parent link="link_{count}"/>'
           f'<child link="link_{count + 1}"/><origin xyz="0.05 0 0"/></joint>')
    return KinematicChain.from_model(
        parse_urdf(f'<robot name="tentacle">{links}{joints}{end}</robot>'))


@pytest.mark.parametrize('kind', ['point', 'pose', 'direction'])
def test_a_tentacle_curls_to_its_target(kind):
    """Thirty joints reach what half of their range reaches, and with less twist than without."""
    chain = tentacle(30)
    options = SolverOptions(objectives=Torsion(), **PATIENT)
    took, straighter = [], 0
    for q in random_positions(chain, 25):
        target = target_of(kind, chain, q)
        began = perf_counter()
        result = solve(chain, target, options=options)
        took.append(perf_counter() - began)
        assert result.success, result
        assert_true(chain, target, result, options)
        plain = solve(chain, target, options=SolverOptions(**PATIENT)).positions
        assert result.positions @ result.positions <= plain @ plain + 1e-9
        straighter += result.positions @ result.positions < plain @ plain - 1e-4
    assert straighter >= 10
    print(f'\ntentacle, 30 joints, {kind}: median {1e3 * np.median(took):.3f} ms, '
          f'longest {1e3 * np.max(took):.3f} ms')
