"""`ik_solver solve`: the numbers of the library, in tables and in JSON, and what it refuses."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

from chains import chain_of, model_of, random_positions, urdf_of
from commands import call, run
from ik_solver_node import solver_options, target
from ik_solver_node.all_solutions import solve_all
from ik_solver_node.cli import answers, solve as command
from ik_solver_node.cli import target as asked
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import DirectionTarget, OrientationTarget, PointTarget, PoseTarget
import numpy as np
import pytest
from robots import ROBOTS

ARM = str(ROBOTS['six_axis_arm'].path())
PLANAR = str(ROBOTS['planar_2r'].path())
RAIL = ROBOTS['rail_arm']
POSITION = ['0.4', '0.1', '0.5']
QUAT = ['0', '1', '0', '0']
TIME = SolverOptions(max_time=command.MAX_TIME)

pytestmark = pytest.mark.usefixtures('compiled')


def solved(capsys: pytest.CaptureFixture[str], *arguments: str,
           code: int = 0) -> dict[str, Any]:
    """Run `ik_solver solve` with --json and return what it prints."""
    found, out, err = call(capsys, 'solve', *arguments, '--json')
    assert found == code, err
    tree = json.loads(out)
    assert isinstance(tree, dict)
    return tree


def positions(tree: dict[str, Any], number: int = 0) -> list[float]:
    """Return the joint positions of an answer."""
    return list(tree['results'][number]['positions'].values())


@pytest.mark.parametrize(('arguments', 'wanted'), [
    (['--pose', *POSITION, *QUAT], Pose([0.4, 0.1, 0.5], [0, 1, 0, 0])),
    (['--pose', *POSITION, '3', '-1e-3', '-0.5'], Pose.from_rpy([0.4, 0.1, 0.5], [3, -1e-3, -.5])),
    (['--pose', *POSITION, *QUAT, '--free', 'rz', 'z', '--frame', 'base'],
     PoseTarget(Pose([0.4, 0.1, 0.5], [0, 1, 0, 0]), free=['z', 'rz'], frame='base')),
    (['--point', '-0.1', '2e-1', '0.3'], PointTarget([-0.1, 0.2, 0.3])),
    (['--point', '-1e-1', '-.2', '0.5'], PointTarget([-0.1, -0.2, 0.5])),
    (['--orientation', *QUAT], OrientationTarget([0, 1, 0, 0])),
    (['--orientation', '0', '0', '-1.5'],
     OrientationTarget(Pose.from_rpy([0, 0, 0], [0, 0, -1.5]).quat_xyzw)),
    (['--direction', '0', '0', '-1'], DirectionTarget([0, 0, -1])),
    (['--direction', '0', '-1', '-1', '--point', *POSITION, '--axis', '1', '0', '0', '--cone',
      '0.1'], DirectionTarget([0, -1, -1], position=[0.4, 0.1, 0.5], axis=[1, 0, 0], cone=0.1)),
])
def test_the_answer_is_that_of_the_library(capsys, arguments, wanted) -> None:
    """Every kind of target, bit for bit."""
    tree = solved(capsys, ARM, *arguments)
    result = solve(chain_of('six_axis_arm'), wanted, options=TIME)
    assert result.success
    assert positions(tree) == result.positions.tolist()
    best = tree['results'][0]
    assert best['position_error'] == result.position_error
    assert best['orientation_error'] == result.orientation_error
    assert best['singular_values'] == result.singular_values.tolist()
    assert tree['sentence'] == best['sentence'] == result.sentence


def test_degrees_are_the_same_in_other_numbers(capsys) -> None:
    """Of the target, the seed, the cone and the tolerance; JSON stays in radians."""
    tree = solved(capsys, ARM, '--direction', '0', '0', '-1', '--cone', '10', '--seed', '10',
                  '-20', '30', '0', '-4e1', '5', '--degrees', '--orientation-tolerance', '1')
    seed = np.radians([10, -20, 30, 0, -40, 5])
    options = SolverOptions(max_time=command.MAX_TIME, orientation_tolerance=math.radians(1))
    result = solve(chain_of('six_axis_arm'), DirectionTarget([0, 0, -1], cone=math.radians(10)),
                   seed, options)
    assert positions(tree) == result.positions.tolist()
    assert list(tree['seed'].values()) == seed.tolist()
    tree = solved(capsys, ARM, '--pose', *POSITION, '180', '-5', '90', '--degrees')
    pose = Pose.from_rpy([0.4, 0.1, 0.5], np.radians([180, -5, 90]))
    assert tree['target']['quat_xyzw'] == pose.quat_xyzw.tolist()


def test_a_sliding_joint_stays_in_metres(capsys, tmp_path) -> None:
    """With --degrees, in the seed and in the table."""
    file = tmp_path / 'rail.urdf'
    file.write_text(urdf_of('rail_arm'))
    chain = chain_of('rail_arm')
    rail = chain.joint_names[0]
    at = chain.forward_kinematics(random_positions(chain, 1)[0]).position
    point = ['--point', *map(repr, at.tolist()), '--tip', RAIL.tip]
    arguments = [str(file), *point, '--seed', f'{rail}=0.25', '--degrees']
    tree = solved(capsys, *arguments)
    assert tree['seed'][rail] == 0.25
    assert {one['unit'] for one in tree['results'][0]['joints']} == {'m', 'rad'}
    out = call(capsys, 'solve', *arguments)[1]
    assert f'{positions(tree)[0]:.6f} m ' in out


def test_what_is_chosen_is_passed_on(capsys) -> None:
    """Step rule, tolerances, relaxing, and the nearest solution."""
    chain, pose = chain_of('six_axis_arm'), Pose([0.4, 0.1, 0.5], [0, 1, 0, 0])
    arguments = [ARM, '--pose', *POSITION, *QUAT]
    for typed, options in [
            (['--step-rule', 'gradient'], {'step_rule': 'gradient'}),
            (['--nearest', '--seed', 'joint_3=-1.5'], {'solution': 'nearest'}),
            (['--position-tolerance', '1e-3', '--orientation-tolerance', '.01', '--relax', 'none'],
             {'position_tolerance': 1e-3, 'orientation_tolerance': 0.01, 'relax': 'none'})]:
        seed = chain.mid_range()
        if '--seed' in typed:
            seed[2] = -1.5
        result = solve(chain, pose, seed, SolverOptions(
            **{'max_time': command.MAX_TIME, **options}))
        assert positions(solved(capsys, *arguments, *typed)) == result.positions.tolist()


def test_all_solutions_are_listed(capsys) -> None:
    """As `solve_all` finds them, nearest first, in JSON and as lines of a table."""
    arguments = [ARM, '--pose', *POSITION, *QUAT, '--all']
    tree = solved(capsys, *arguments)
    results = solve_all(chain_of('six_axis_arm'), Pose([0.4, 0.1, 0.5], [0, 1, 0, 0]),
                        options=TIME)
    assert len(results) > 1
    assert [positions(tree, k) for k in range(len(tree['results']))] == [
        result.positions.tolist() for result in results]
    code, out, _ = call(capsys, 'solve', *arguments, '--degrees')
    assert code == 0
    lines = [line.split() for line in out.splitlines()]
    for number, result in enumerate(results, 1):
        line = next(line for line in lines if line[:1] == [str(number)])
        assert np.array(line[1:7], float) == pytest.approx(np.degrees(result.positions), abs=1e-4)
    assert out.splitlines()[-1] == (f'reached: {len(results)} distinct solutions were found, '
                                    'nearest to the seed first')


def test_a_list_that_has_no_end_ends_and_says_so(capsys) -> None:
    """Of an arm with joints to spare."""
    tree = solved(capsys, str(ROBOTS['seven_axis_arm'].path()), '--point', *POSITION, '--all')
    assert len(tree['results']) == answers.MOST_SOLUTIONS
    assert 'distinct solutions were found, and there are more, nearest' in tree['sentence']


def test_none_of_all_is_one_answer_that_says_why(capsys) -> None:
    """And what the arm controls is an answer, as without --all."""
    tree = solved(capsys, ARM, '--point', '5', '0', '0', '--all', code=1)
    assert [one['reason'] for one in tree['results']] == ['IMPOSSIBLE']
    tree = solved(capsys, PLANAR, '--pose', '0.5', '0.2', '0', '0', '0', '0.3', '--all')
    assert [one['reason'] for one in tree['results']] == ['RELAXED']


def test_the_table_tells_joints_limits_pose_and_verdict(capsys) -> None:
    """In figures that are those of the library."""
    code, out, err = call(capsys, 'solve', ARM, '--pose', *POSITION, *QUAT)
    chain = chain_of('six_axis_arm')
    result = solve(chain, Pose([0.4, 0.1, 0.5], [0, 1, 0, 0]), options=TIME)
    lines = out.splitlines()
    assert (code, err, lines[-1]) == (0, '', 'reached the target within tolerance')
    for name, position, lower, upper in zip(
            chain.joint_names, result.positions, chain.lower, chain.upper):
        words = next(line for line in lines if line.startswith(f'  {name} ')).split()
        told = [float(words[k]) for k in (1, 3, 5, 6, 7)]
        margin = min(position - lower, upper - position)
        assert told == pytest.approx([position, math.degrees(position), lower, upper, margin],
                                     abs=1e-3)
    assert '  x y z           0.400000 0.100000 0.500000 m' in lines
    assert '= -180.000 0.000 180.000 deg' in out or '= 180.000 0.000 180.000 deg' in out
    assert f'{result.singular_values.min():.4g} to {result.singular_values.max():.4g}' in out


def test_what_is_printed_can_be_pasted(capsys) -> None:
    """The quaternion and the position of the answer are a pose that is reached again."""
    out = call(capsys, 'solve', ARM, '--point', '0.3', '-0.2', '0.4')[1]
    place, turn = (next(line.split()[-size:] for line in out.replace(' m\n', '\n').splitlines()
                        if line.startswith(head)) for head, size in (
                            ('  x y z ', 3), ('  qx qy qz qw ', 4)))
    assert call(capsys, 'solve', ARM, '--pose', *place, *turn)[0] == 0


def test_what_is_not_reached_is_explained(capsys) -> None:
    """Exit code 1, how far it is out of reach, and how far off the closest pose is."""
    code, out, _ = call(capsys, 'solve', ARM, '--point', '5', '0', '0')
    result = solve(chain_of('six_axis_arm'), PointTarget([5, 0, 0]), options=TIME)
    assert code == 1
    assert out.splitlines()[-1] == (
        'not reached: the target is out of reach, whatever the joints do, by at least '
        f'{result.out_of_reach:.3g} m; the closest found is {result.position_error:.3g} m off')
    assert 'near a singularity: in one direction the tip hardly moves' in out


def test_a_joint_in_the_way_is_marked(capsys) -> None:
    """In the table, and in the verdict."""
    chain = chain_of('planar_2r')
    folded = chain.forward_kinematics([0.0, 3.1]).position  # beyond the limit of joint_2
    code, out, _ = call(capsys, 'solve', PLANAR, '--point', *map(repr, folded.tolist()))
    assert code == 1
    row = next(line for line in out.splitlines() if line.startswith('  joint_2'))
    assert 'limit, in the way' in row
    assert 'at a limit and in the way: joint_2' in out.splitlines()[-1]
    tree = solved(capsys, PLANAR, '--point', *map(repr, folded.tolist()), code=1)
    assert tree['results'][0]['blocking_joints'] == ['joint_2']


def test_json_has_all_of_this_shape(capsys) -> None:
    """Keys and types, of an answer with solutions and of one without."""
    for arguments, code in ((['--pose', *POSITION, *QUAT, '--all'], 0),
                            (['--point', '5', '0', '0'], 1)):
        tree = solved(capsys, ARM, *arguments, code=code)
        check_shape(tree, {
            'version': str, 'robot': str, 'base_link': str, 'tip_link': str, 'target': dict,
            'seed': dict, 'success': bool, 'sentence': str, 'results': list})
        for one in tree['results']:
            check_shape(one, {
                'success': bool, 'reason': str, 'sentence': str, 'positions': dict,
                'joints': list, 'pose': dict, 'position_error': float,
                'orientation_error': float, 'out_of_reach': float, 'joints_at_limit': list,
                'blocking_joints': list, 'singular_values': list, 'manipulability': float,
                'iterations': int, 'restarts': int, 'elapsed': float})
            check_shape(one['pose'], {'position': list, 'quat_xyzw': list, 'rpy': list})
            for joint in one['joints']:
                check_shape(joint, {'name': str, 'position': float, 'lower': float,
                                    'upper': float, 'unit': str, 'follows': str, 'margin': float})


def check_shape(tree: dict[str, Any], shape: dict[str, type]) -> None:
    """Assert that `tree` has these keys, with values of these types."""
    assert {key: type(value) for key, value in tree.items()} == shape


def test_a_joint_without_limits_is_null_in_json(capsys, tmp_path) -> None:
    """JSON has no infinity."""
    file = tmp_path / 'free.urdf'
    file.write_text(urdf_of('planar_2r').replace('"revolute"', '"continuous"', 1))
    chain_free = [joint.name for joint in parse_urdf(file.read_text()).joints
                  if joint.lower == -math.inf and joint.type.is_movable]
    tree = solved(capsys, str(file), '--point', '0.4', '0.1', '0')
    assert [one['name'] for one in tree['results'][0]['joints']
            if one['lower'] is one['upper'] is one['margin'] is None] == chain_free != []
    assert 'no limit' in call(capsys, 'solve', str(file), '--point', '0.4', '0.1', '0')[1]


@pytest.mark.parametrize(('arguments', 'told'), [
    ([], 'nothing is asked of the tip; add --pose x y z qx qy qz qw, --pose x y z roll'),
    (['--pose', '1', '2', '3'], '--pose takes 7 numbers (x y z qx qy qz qw) or 6 (x y z roll '
     'pitch yaw), but there are 3; for a position in any orientation, write --point'),
    (['--orientation', '1', '2'], '--orientation takes 4 numbers (qx qy qz qw) or 3 (roll pitch '
     'yaw), but there are 2'),
    (['--pose', *POSITION, '0', '0', '-2', '0'], 'the quaternion 0 0 -2 0 of --pose has length 2, '
     'but must have length 1, in the order qx qy qz qw; of length 1 it is: 0 0 -1 0'),
    (['--orientation', '0', '0', '0', '0'], 'of --orientation has length 0, but must have length '
     '1, in the order qx qy qz qw; write 0 0 0 1 for no rotation'),
    (['--point', '1', '2'], 'argument --point: expected 3 arguments'),
    (['--point', '1', '2', 'x'], "argument --point: 'x' is not a finite number"),
    (['--point', '1', '2', '-inf'], "argument --point: '-inf' is not a finite number"),
    (['--point', *POSITION, '--pose', *POSITION, *QUAT], '--pose and --point exclude each other; '
     'ask for one of them, or for --point with --direction'),
    (['--point', *POSITION, '--free', 'x'], '--free goes with --pose only, but --point is asked'),
    (['--point', *POSITION, '--cone', '1'], '--cone goes with --direction only, but --point is'),
    (['--pose', *POSITION, *QUAT, '--frame', 'base'], '--frame says whose axes --free means'),
    (['--pose', *POSITION, *QUAT, '--free', 'r'], "argument --free: invalid choice: 'r'"),
    (['--point', *POSITION, '--step-rule', 'newton'], "--step-rule: invalid choice: 'newton'"),
    (['--point', *POSITION, '--all', '--nearest'], 'not allowed with argument --all'),
    (['--point', *POSITION, '--max-time', '-1'], 'max_time is -1.0 [s], but must be between'),
    (['--point', *POSITION, '--tip', 'tol0'], "--tip 'tol0' is not a link of robot "
     "'six_axis_arm'; did you mean 'tool0'? known links are: base_link, "),
    (['--point', *POSITION, '--base', 'ghost'], "--base 'ghost' is not a link of robot"),
    (['--point', *POSITION, '--seed', '1', '2'], 'the numbers of --seed must be 6 numbers, one '
     'for each of joint_1, joint_2, joint_3, joint_4, joint_5, joint_6 in this order, but there '
     'are 2; some joints only are set by name: joint_1=0.5'),
    (['--point', *POSITION, '--seed', 'joint1=2'], "set 'joint1', which is not among the joints "
     "that can be set; did you mean 'joint_1'? these are: joint_1, "),
    (['--point', *POSITION, '--seed', 'joint_1=2', '3'], 'mix numbers and joint=value'),
    (['--point', *POSITION, '--seed', 'joint_1=2', 'joint_1=3'], "set joint 'joint_1' twice"),
    (['--point', *POSITION, '--seed', 'joint_1=two'], "set joint 'joint_1' to 'two', but must be "
     'finite numbers [rad]'),
    (['--point', *POSITION, '--frobnicate'], 'unrecognized arguments: --frobnicate'),
])
def test_what_cannot_be_used_is_said(capsys, arguments, told) -> None:
    """On stderr, with what to type instead, exit code 2 and an empty stdout, also with --json."""
    code, out, err = call(capsys, 'solve', ARM, *arguments, '--json')
    assert (code, out) == (2, '')
    assert told in err
    assert 'Traceback' not in err


def test_a_urdf_that_cannot_be_used_is_said(capsys, tmp_path) -> None:
    """A missing one, one after the numbers, and one with several leaves."""
    code, out, err = call(capsys, 'solve', '/no/such.urdf', '--point', *POSITION)
    assert (code, out) == (2, '')
    assert err == 'ik_solver solve: there is no file /no/such.urdf\n'
    err = call(capsys, 'solve', '--pose', *POSITION, *QUAT, ARM)[2]
    assert f'{ARM!r} is not a finite number; write the URDF before the options' in err
    file = tmp_path / 'my arm.urdf'
    file.write_text(urdf_of('desk_arm'))
    code, out, err = call(capsys, 'solve', str(file), '--point', '0.1', '-0.1', '0.2')
    assert (code, out) == (2, '')
    leaves = model_of('desk_arm').leaf_links
    assert all(leaf in err for leaf in leaves)
    assert 'so the tip must be chosen: add --tip with one of tool0, ' in err
    assert err.endswith(
        f"for example: ik_solver solve '{file}' --point 0.1 -0.1 0.2 --tip tool0\n")
    assert call(capsys, 'solve', str(file), '--point', '0.1', '-0.1', '0.2',
                '--tip', 'tool0')[0] == 0


def test_xacro_that_is_not_installed_is_said(capsys, monkeypatch) -> None:
    """With how to install it."""
    monkeypatch.setitem(sys.modules, 'xacro', None)
    code, _, err = call(capsys, 'solve', f'{RAIL.path()}.xacro', '--point', *POSITION)
    assert code == 2
    assert 'needs xacro, which is not installed; run "pip install xacro" or' in err


def test_a_seed_outside_the_limits_is_warned_of(capsys) -> None:
    """And the solve starts at the limit."""
    code, out, err = call(capsys, 'solve', ARM, '--point', *POSITION, '--json',
                          '--seed', 'joint_2=-9')
    lower = float(chain_of('six_axis_arm').lower[1])
    assert code == 0
    assert json.loads(out)['seed']['joint_2'] == lower
    assert err == ("warning: the seed of joint 'joint_2' is -9, outside its limits "
                   f'{lower:.6g} to 1.92; the solve starts at the limit\n')


def test_names_and_defaults_are_those_of_the_library(capsys) -> None:
    """They are written again only because the library takes long to import."""
    defaults = solver_options.DEFAULTS
    assert asked.AXES == target.AXES
    assert set(asked.FRAMES) == {one.value for one in target.TargetFrame}
    assert asked.FRAMES[0] == PoseTarget(Pose.identity()).frame.value
    assert set(command.STEP_RULES) == {one.value for one in solver_options.StepRule}
    assert set(command.RELAX) == {one.value for one in solver_options.Relax}
    assert (command.STEP_RULES[0], command.RELAX[0]) == (defaults.step_rule, defaults.relax)
    assert defaults.position_tolerance == defaults.orientation_tolerance == 1e-6
    out = ' '.join(call(capsys, 'solve', '--help')[1].split())
    assert 'counts as reached (default: 1e-6)' in out


def test_it_runs_as_a_process() -> None:
    """One JSON object on stdout, nothing on stderr, and the exit code of the verdict."""
    done = run('solve', '-', '--point', '-1e-1', '0.2', '0.5', '--json',
               input=urdf_of('six_axis_arm'))
    assert (done.returncode, done.stderr) == (0, '')
    assert json.loads(done.stdout)['success'] is True
    done = run('solve', ARM, '--point', '-5', '0', '0')
    assert (done.returncode, done.stderr) == (1, '')
    assert done.stdout.splitlines()[-1].startswith('not reached: ')


def test_what_is_left_of_a_zero_is_shown_as_zero(capsys: pytest.CaptureFixture[str]) -> None:
    """Half a turn makes a quaternion with parts of 1e-17."""
    _, out, _ = call(capsys, 'solve', ARM, '--pose', *POSITION, '180', '0', '-90', '--degrees')
    assert 'qx qy qz qw 0.707107 -0.707107 0 0\n' in out
