"""`ik_solver fk`: poses of any links, from numbers or named joints, and what it refuses."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from chains import chain_of, model_of, random_positions, urdf_of
from commands import call, run
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
import numpy as np
import pytest
from robots import ROBOTS
from transforms3d.euler import euler2mat

ARM = str(ROBOTS['six_axis_arm'].path())
DESK = str(ROBOTS['desk_arm'].path())

pytestmark = pytest.mark.usefixtures('compiled')


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    """Run `ik_solver fk` with --json and return what it prints."""
    code, out, err = call(capsys, 'fk', *arguments, '--json')
    assert code == 0, err
    tree = json.loads(out)
    assert isinstance(tree, dict)
    return tree


def typed(positions: Any) -> list[str]:
    """Return numbers as arguments, in full precision, some of them as -1e-05 is."""
    return [repr(float(value)) for value in positions]


def test_the_pose_is_that_of_the_library(capsys) -> None:
    """Bit for bit, also of tiny negative positions, and the turns are those of the quaternion."""
    chain = chain_of('six_axis_arm')
    for q in [*random_positions(chain, 3), np.full(6, -1e-5)]:
        tree = told(capsys, ARM, *typed(q))
        pose = chain.forward_kinematics(q)
        found = tree['links']['tool0']
        assert list(tree['positions'].values()) == q.tolist()
        assert (found['position'], found['quat_xyzw']) == (
            pose.position.tolist(), pose.quat_xyzw.tolist())
        assert euler2mat(*found['rpy'], axes='sxyz') == pytest.approx(pose.rotation(), abs=1e-12)
        assert tree['within_limits'] is True


def test_joints_are_numbers_or_named_and_go_before_or_after_options(capsys) -> None:
    """All ways to type them mean the same."""
    numbers = ['0', '-90', '45', '0', '-1e1', '5']
    wanted = np.radians([float(one) for one in numbers])
    for arguments in ([*numbers, '--degrees'], ['--degrees', *numbers],
                      [*numbers[:2], '--degrees', *numbers[2:]]):
        assert list(told(capsys, ARM, *arguments)['positions'].values()) == wanted.tolist()
    named = ['joint_3=45', '--degrees', 'joint_2=-90', 'joint_5=-1e1', 'joint_6=5']
    assert list(told(capsys, ARM, *named)['positions'].values()) == wanted.tolist()


def test_joints_that_are_not_given_are_at_zero_or_the_limit_next_to_it(capsys, tmp_path) -> None:
    """And the table says so."""
    file = tmp_path / 'away.urdf'
    file.write_text(urdf_of('planar_2r').replace('lower="-2.8"', 'lower="0.5"'))
    tree = told(capsys, str(file))
    assert list(tree['positions'].values()) == [0.0, 0.5]
    assert tree['within_limits'] is True
    out = call(capsys, 'fk', str(file), 'joint_1=0.1')[1]
    rows = {line.split()[0]: line for line in out.splitlines() if line.startswith('  joint_')}
    assert not rows['joint_1'].endswith('not given')
    assert rows['joint_2'].endswith('at its lower limit, not given')


def test_any_link_can_be_asked_for(capsys) -> None:
    """Also the base, others than on the way to the tip, and several."""
    q = random_positions(chain_of('six_axis_arm'), 1)[0]
    links = model_of('six_axis_arm').links
    tree = told(capsys, ARM, *typed(q), '--link', links[2], '--link', links[0])
    assert list(tree['links']) == [links[2], links[0]]
    assert tree['links'][links[0]]['position'] == [0.0, 0.0, 0.0]
    model = model_of('six_axis_arm')
    chain = KinematicChain.from_model(model, None, [links[2]])
    pose = chain.forward_kinematics(q[:chain.size])
    assert tree['links'][links[2]]['position'] == pose.position.tolist()
    tree = told(capsys, ARM, *typed(q[chain.size:]), '--base', links[2])
    pose = KinematicChain.from_model(model, links[2]).forward_kinematics(q[chain.size:])
    assert tree['links']['tool0']['position'] == pose.position.tolist()


def test_all_links_are_shown_whatever_their_branch(capsys) -> None:
    """Without a tip, the numbers are for all joints; mimic joints follow."""
    model = model_of('desk_arm')
    tree = told(capsys, DESK, '--all-links', 'left_finger_joint=0.02', 'elbow=0.3')
    assert list(tree['links']) == list(model.links)
    chain = KinematicChain.from_model(model, None, ['right_finger_link'])
    q = [{'left_finger_joint': 0.02, 'elbow': 0.3}.get(name, 0.0) for name in chain.joint_names]
    assert tree['links']['right_finger_link']['position'] == pytest.approx(
        chain.forward_kinematics(q).position.tolist(), abs=1e-15)
    follower = next(one for one in tree['joints'] if one['name'] == 'right_finger_joint')
    assert (follower['position'], follower['follows'], follower['unit']) == (
        0.02, 'left_finger_joint', 'm')
    code, out, _ = call(capsys, 'fk', DESK, '--all-links')
    assert code == 0
    assert [line for line in out.splitlines() if line in model.links] == list(model.links)


def test_links_on_a_floating_joint_are_left_out(capsys, tmp_path) -> None:
    """Their place does not follow from one number a joint."""
    file = tmp_path / 'floating.urdf'
    file.write_text(urdf_of('planar_2r').replace(
        '</robot>', '<link name="bird"/><joint name="flight" type="floating">'
        '<parent link="base_link"/><child link="bird"/></joint></robot>'))
    code, out, err = call(capsys, 'fk', str(file), '--all-links', '--json')
    assert code == 0
    assert list(json.loads(out)['links']) == [
        link for link in parse_urdf(file.read_text()).links if link != 'bird']
    assert err == 'left out, since a planar or floating joint carries them: bird\n'


def test_the_table_tells_joints_and_pose(capsys) -> None:
    """In radians and degrees, with limits in degrees if asked."""
    code, out, err = call(capsys, 'fk', ARM, '0', '-90', '45', '0', '0', '0', '--degrees')
    assert (code, err) == (0, '')
    chain = chain_of('six_axis_arm')
    row = next(line for line in out.splitlines() if line.startswith('  joint_2')).split()
    lower, upper = math.degrees(chain.lower[1]), math.degrees(chain.upper[1])
    assert [float(row[k]) for k in (1, 3, 5, 6, 7)] == pytest.approx(
        [-math.pi / 2, -90.0, lower, upper, -90.0 - lower], abs=1e-3)
    assert ' '.join(row[8:]).endswith('of the range) from its lower limit')
    pose = chain.forward_kinematics(np.radians([0, -90, 45, 0, 0, 0]))
    place = next(line for line in out.splitlines() if line.startswith('  x y z ')).split()[3:6]
    assert np.array(place, float) == pytest.approx(pose.position, abs=1e-6)
    assert '-0.000' not in out


def test_a_joint_outside_its_limits_is_computed_with_and_warned_of(capsys) -> None:
    """On stderr, so that JSON stays JSON."""
    code, out, err = call(capsys, 'fk', ARM, 'joint_2=-4', '--json')
    tree, chain = json.loads(out), chain_of('six_axis_arm')
    assert (code, tree['within_limits']) == (0, False)
    assert tree['links']['tool0']['position'] == chain.forward_kinematics(
        [0, -4, 0, 0, 0, 0]).position.tolist()
    assert err == "warning: joint 'joint_2' is at -4 rad, outside its limits -1.745 to 1.92 rad\n"
    assert '2.2550 rad outside its lower limit' in call(capsys, 'fk', ARM, 'joint_2=-4')[1]


def test_json_has_all_of_this_shape(capsys) -> None:
    """Keys and types."""
    tree = told(capsys, DESK, '--tip', 'tool0')
    assert {key: type(value) for key, value in tree.items()} == {
        'version': str, 'robot': str, 'base_link': str, 'positions': dict, 'joints': list,
        'within_limits': bool, 'links': dict}
    assert set(tree['joints'][0]) == {
        'name', 'position', 'lower', 'upper', 'unit', 'follows', 'margin'}
    assert {key: len(value) for key, value in tree['links']['tool0'].items()} == {
        'position': 3, 'quat_xyzw': 4, 'rpy': 3}


def test_a_joint_that_moves_nothing_shown_is_warned_of(capsys) -> None:
    """It is another branch that was meant."""
    code, _, err = call(capsys, 'fk', DESK, '--tip', 'tool0', 'left_finger_joint=0.01')
    assert code == 0
    assert err == "warning: joint 'left_finger_joint' moves none of the links shown\n"


@pytest.mark.parametrize(('arguments', 'said'), [
    ([ARM, '1', '2'], 'the joint positions must be 6 numbers, one for each of joint_1, joint_2, '
     'joint_3, joint_4, joint_5, joint_6 in this order, but there are 2'),
    ([ARM, 'joint_1=1', '2'], 'the joint positions mix numbers and joint=value'),
    ([ARM, 'joint1=1'], "did you mean 'joint_1'? these are: joint_1, joint_2"),
    ([ARM, 'joint_1=1', 'joint_1=2'], "set joint 'joint_1' twice; set each joint once"),
    ([ARM, '1', '2', '3', '4', '5', 'nan'], "set joint 'joint_6' to 'nan', but must be finite "
     'numbers [rad]'),
    ([ARM, '--degrees', '1', '2', '3', '4', '5', 'x'], 'must be finite numbers [degrees]'),
    ([DESK, '--tip', 'left_finger_link', 'left_finger_joint=x'], 'must be finite numbers [m]'),
    ([DESK, '--tip', 'tool0', 'right_finger_joint=0.01'], "set joint 'right_finger_joint', which "
     "mimics 'left_finger_joint' (1 times, offset 0); set 'left_finger_joint' instead"),
    ([ARM, '--link', 'tool'], "--link 'tool' is not a link of robot 'six_axis_arm'; did you mean "
     "'tool0'? known links are: base_link, "),
    ([ARM, '--tip', 'ghost'], "--tip 'ghost' is not a link of robot"),
    ([DESK, '1', '-1'], f'for example: ik_solver fk {DESK} 1 -1 --tip tool0'),
    ([ARM, '1', '--two', '3'], 'unrecognized arguments: --two 3'),
    (['/no/such.urdf'], 'ik_solver fk: there is no file /no/such.urdf'),
    ([ARM, '--tip', 'base_link'], 'no joint can move between'),
])
def test_what_cannot_be_used_is_said(capsys, arguments, said) -> None:
    """On stderr, with what to type instead, exit code 2 and an empty stdout, also with --json."""
    code, out, err = call(capsys, 'fk', *arguments, '--json')
    assert (code, out) == (2, '')
    assert said in err.replace(' --json', '')
    assert 'Traceback' not in err


def test_it_runs_as_a_process(tmp_path: Path) -> None:
    """And what solve answers is where fk says the tip is."""
    solved = json.loads(run('solve', ARM, '--point', '-0.1', '2e-1', '0.5', '--json').stdout)
    joints = [f'{name}={value!r}' for name, value in solved['results'][0]['positions'].items()]
    done = run('fk', '-', *joints, '--json', input=urdf_of('six_axis_arm'))
    assert (done.returncode, done.stderr) == (0, '')
    assert json.loads(done.stdout)['links']['tool0']['position'] == pytest.approx(
        [-0.1, 0.2, 0.5], abs=1e-6)
