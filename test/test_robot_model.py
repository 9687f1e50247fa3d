"""Tests of the robot model and the URDF parser: what is read, and what is refused and how."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
import math
import pickle
import time

from ik_solver_node.exceptions import UrdfError
from ik_solver_node.robot_model import (
    Joint, JointType, MAX_URDF_LENGTH, Mimic, parse_urdf, RobotModel)
import numpy as np
import pytest
from robots import OWN_ROBOTS, ROBOTS, RobotSpec
from transforms3d.axangles import axangle2mat

LIMIT = '<limit lower="-1" upper="2" velocity="3" effort="4"/>'


def link(*names: str) -> str:
    """Return <link> elements."""
    return ''.join(f'<link name="{name}"/>' for name in names)


def joint(
        name: str = 'j1', kind: str = 'revolute', parent: str = 'base', child: str = 'arm',
        inside: str = LIMIT) -> str:
    """Return a <joint> element."""
    return (f'<joint name="{name}" type="{kind}"><parent link="{parent}"/>'
            f'<child link="{child}"/>{inside}</joint>')


def robot(*elements: str) -> str:
    """Return a <robot> element; without `elements` one of two links and a joint."""
    return f'<robot name="r">{"".join(elements) or link("base", "arm") + joint()}</robot>'


def one_joint(inside: str = LIMIT, kind: str = 'revolute') -> Joint:
    """Return the joint 'j1' of a robot with nothing else."""
    return parse_urdf(robot(link('base', 'arm'), joint(inside=inside, kind=kind))).joint('j1')


def followers(**mimic_of: str) -> str:
    """Return a robot that has a free joint 'free', and a joint per argument following another."""
    fixed = joint('stiff', 'fixed', 'base', 'stiff_link', '')
    free = joint('free', 'revolute', 'base', 'free_link')
    rest = [link(f'{name}_link') + joint(
        name, 'revolute', 'base', f'{name}_link', f'{LIMIT}<mimic joint="{followed}"/>')
        for name, followed in mimic_of.items()]
    return robot(link('base', 'stiff_link', 'free_link'), fixed, free, *rest)


def snake(size: int, inside_link: str = '') -> str:
    """Return a robot of `size` joints in a row."""
    return robot('<link name="l0"/>', *(
        f'<link name="l{i}">{inside_link}</link>'
        + joint(f'j{i - 1}', 'revolute', f'l{i - 1}', f'l{i}') for i in range(1, size + 1)))


class TestWhatIsRead:
    """A valid URDF gives the model it describes."""

    def test_names_and_tree(self) -> None:
        model = parse_urdf(robot(
            link('base', 'arm', 'hand', 'camera'), joint('j1'),
            joint('j2', 'prismatic', 'arm', 'hand'), joint('j3', 'fixed', 'arm', 'camera', '')))
        assert model.name == 'r'
        assert model.links == ('base', 'arm', 'hand', 'camera')
        assert model.root_link == 'base'
        assert model.leaf_links == ('hand', 'camera')
        assert model.movable_joint_names == ('j1', 'j2')
        assert model.parent_joint('base') is None
        above_hand = model.parent_joint('hand')
        assert above_hand is not None and above_hand.name == 'j2'
        assert (above_hand.parent, above_hand.child) == ('arm', 'hand')

    def test_one_joint_in_full(self) -> None:
        found = one_joint(
            f'<origin xyz="1 2 3" rpy="0 0 {math.pi / 2}"/><axis xyz="0 0 2"/>{LIMIT}')
        assert found.type is JointType.REVOLUTE
        np.testing.assert_allclose(
            found.T_parent_joint,
            [[0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]], atol=1e-15)
        np.testing.assert_array_equal(found.axis, [0, 0, 1])
        assert (found.lower, found.upper, found.velocity) == (-1, 2, 3)
        assert found.mimic is None

    def test_rpy_is_about_fixed_axes(self) -> None:
        rotation = one_joint(f'<origin rpy="0.1 0.2 0.3"/>{LIMIT}').T_parent_joint[:3, :3]
        x, y, z = (axangle2mat(axis, angle) for axis, angle in zip(np.eye(3), (0.1, 0.2, 0.3)))
        np.testing.assert_allclose(rotation, z @ y @ x, atol=1e-15)

    @pytest.mark.parametrize('inside', [LIMIT, f'<axis/>{LIMIT}', f'<origin/>{LIMIT}'])
    def test_defaults_of_urdf(self, inside: str) -> None:
        found = one_joint(inside)
        np.testing.assert_array_equal(found.axis, [1, 0, 0])
        np.testing.assert_array_equal(found.T_parent_joint, np.eye(4))

    def test_axis_is_normalised(self) -> None:
        np.testing.assert_allclose(one_joint(f'<axis xyz="3 0 -4"/>{LIMIT}').axis, [0.6, 0, -0.8])

    def test_joints_come_parent_first_and_else_in_their_order(self) -> None:
        model = parse_urdf(robot(
            link('d', 'c', 'b', 'a', 'e'), joint('c-d', 'revolute', 'c', 'd'),
            joint('a-e', 'revolute', 'a', 'e'), joint('b-c', 'revolute', 'b', 'c'),
            joint('a-b', 'revolute', 'a', 'b')))
        assert [each.name for each in model.joints] == ['a-e', 'a-b', 'b-c', 'c-d']
        assert model.root_link == 'a'

    @pytest.mark.parametrize('kind', ['fixed', 'floating'])
    def test_a_joint_without_an_axis_may_have_a_zero_one(self, kind: str) -> None:
        assert one_joint('<axis xyz="0 0 0"/>', kind).type is JointType(kind)

    @pytest.mark.parametrize('kind', ['planar', 'floating', 'fixed', 'continuous'])
    def test_joints_without_limits(self, kind: str) -> None:
        found = one_joint('', kind)
        assert (found.lower, found.upper, found.velocity) == (-math.inf, math.inf, math.inf)
        assert found.type.is_movable == (kind == 'continuous')

    @pytest.mark.parametrize('extension', [
        '<transmission name="t"/>',
        '<gazebo><plugin name="p" filename="f"/></gazebo>',
        '<ros2_control name="c" type="system"><joint name="j1"/></ros2_control>',
        '<material name="m"/>', '<foo:joint xmlns:foo="http://foo" name="x"/>',
        '<link name="mesh"><visual><geometry><mesh filename="$(find x)/y"/></geometry></visual>'
        '</link>' + joint('m', 'fixed', 'base', 'mesh', ''), '<!-- ${comment} -->'])
    def test_extensions_are_skipped_in_silence(
            self, extension: str, capfd: pytest.CaptureFixture[str]) -> None:
        model = parse_urdf(robot(extension, link('base', 'arm'), joint(inside=LIMIT + (
            '<dynamics damping="x"/><calibration rising="x"/><hardware unknown="1"/>'))))
        assert model.movable_joint_names == ('j1',)
        assert capfd.readouterr() == ('', '')

    @pytest.mark.parametrize('text', [
        '\n  <?xml version="1.0"?>' + robot(),
        '\ufeff\n<?xml version="1.0" encoding="utf-8"?>' + robot(),
        '<?xml version="1.0" encoding="UTF-16"?>' + robot(),
        robot().replace('<robot', '<robot version="2.0" xmlns="http://www.ros.org"'),
        robot().replace('<robot', '<robot xmlns:xacro="http://www.ros.org/wiki/xacro"')])
    def test_ways_to_start_a_document(self, text: str) -> None:
        assert parse_urdf(text).movable_joint_names == ('j1',)

    def test_other_alphabets(self) -> None:
        text = robot(link('base', '手'), joint('手首', child='手'))
        assert parse_urdf(text).leaf_links == ('手',)

    def test_lookups_of_unknown_names(self) -> None:
        model = parse_urdf(robot())
        with pytest.raises(UrdfError, match="no joint 'j9'; its joints are j1"):
            model.joint('j9')
        with pytest.raises(UrdfError, match="no link 'hand'; its links are base, arm"):
            model.parent_joint('hand')

    def test_the_model_is_frozen_and_can_be_pickled(self) -> None:
        model = parse_urdf(robot())
        with pytest.raises(FrozenInstanceError):
            model.name = 'other'  # type: ignore[misc]
        with pytest.raises(ValueError):
            model.joints[0].axis[0] = 1.0
        copy = pickle.loads(pickle.dumps(model))
        assert copy.links == model.links
        np.testing.assert_array_equal(copy.joint('j1').axis, model.joint('j1').axis)


class TestLimits:
    """Limits are the tighter of what the URDF says, and nothing that it does not say."""

    @pytest.mark.parametrize('soft, expected', [
        ('soft_lower_limit="-0.5" soft_upper_limit="1.5"', (-0.5, 1.5)),
        ('soft_lower_limit="-5" soft_upper_limit="5"', (-1, 2)),
        ('soft_lower_limit="-5" soft_upper_limit="1.5"', (-1, 1.5)),
        ('soft_lower_limit="0"', (0, 2)),
        ('soft_upper_limit="0.5"', (-1, 0.5)),
        ('', (-1, 2)),
        ('soft_lower_limit="0" soft_upper_limit="0.0"', (-1, 2))])
    def test_safety_controller(self, soft: str, expected: tuple[float, float]) -> None:
        found = one_joint(f'{LIMIT}<safety_controller k_velocity="1" {soft}/>')
        assert (found.lower, found.upper) == expected

    def test_continuous_has_no_position_limits(self) -> None:
        found = one_joint(f'{LIMIT}<safety_controller k_velocity="1" soft_lower_limit="-0.5" '
                          'soft_upper_limit="1.5"/>', 'continuous')
        assert (found.lower, found.upper, found.velocity) == (-math.inf, math.inf, 3)

    @pytest.mark.parametrize('limit, expected', [
        ('lower="-1"', (-1, 0)), ('upper="1"', (0, 1)), ('', (0, 0))])
    def test_an_absent_limit_is_zero(self, limit: str, expected: tuple[float, float]) -> None:
        found = one_joint(f'<limit {limit}/>', 'prismatic')
        assert (found.lower, found.upper) == expected

    @pytest.mark.parametrize('velocity', ['', 'velocity="0"'])
    def test_an_unknown_velocity_is_no_limit(self, velocity: str) -> None:
        assert one_joint(f'<limit lower="-1" upper="1" {velocity}/>').velocity == math.inf


class TestMimic:
    """Chains of mimic joints lead to the independent joint at their end."""

    def test_rule(self) -> None:
        inside = LIMIT + '<mimic joint="free" multiplier="-2" offset="0.5"/>'
        model = parse_urdf(followers().replace(
            '</robot>', link('x') + joint('j', 'revolute', 'base', 'x', inside) + '</robot>'))
        assert model.joint('j').mimic == Mimic('free', -2.0, 0.5)
        assert (model.joint('j').lower, model.joint('j').upper) == (-1, 2)
        assert model.resolve_mimic('j') == ('free', -2.0, 0.5)
        assert model.resolve_mimic('free') == ('free', 1.0, 0.0)
        assert model.movable_joint_names == ('free',)

    def test_absent_multiplier_and_offset(self) -> None:
        model = parse_urdf(followers(j='free'))
        assert model.joint('j').mimic == Mimic('free', 1.0, 0.0)

    def test_chain_of_rules_in_any_order(self) -> None:
        frame, axis = np.eye(4), np.array([0.0, 0.0, 1.0])

        def rule(name: str, mimic: Mimic | None) -> Joint:
            return Joint(name, JointType.REVOLUTE, 'base', f'{name}_link', frame, axis,
                         -1.0, 1.0, 1.0, mimic)

        joints = (rule('a', Mimic('b', 2.0, 1.0)), rule('b', Mimic('c', -3.0, 0.5)),
                  rule('d', Mimic('a', 10.0, 0.0)), rule('c', None))
        model = RobotModel('r', ('base', 'a_link', 'b_link', 'c_link', 'd_link'), joints)
        assert model.resolve_mimic('a') == ('c', -6.0, 2.0)
        assert model.resolve_mimic('b') == ('c', -3.0, 0.5)
        assert model.resolve_mimic('d') == ('c', -60.0, 20.0)

    def test_a_rule_on_a_fixed_joint_has_no_effect(self) -> None:
        assert one_joint('<mimic joint="nobody"/>', 'fixed').mimic is None


REFUSALS = {
    'empty': ('', ['empty', '<robot>']),
    'blank': (' \n', ['empty']),
    'file name': ('robot.urdf', ['not valid XML', 'robot.urdf', 'not a file name']),
    'not XML': ('<robot name="r"><link>', ['not valid XML', 'line 1']),
    'surrogate': (robot(link('\ud800')), ['not valid XML']),
    'other element': ('<sdf version="1.6"/>', ['<sdf>', '<robot>']),
    'robot without name': ('<robot/>', ['name of <robot>', 'missing']),
    'doctype': (f'<!DOCTYPE robot>{robot()}', ['<!DOCTYPE robot>', 'not allowed']),
    'entities': (
        '<!DOCTYPE lol [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]>' + robot(link('&b;')),
        ['<!DOCTYPE lol>', 'entities']),

    'xacro substitution in a number': (
        robot(link('base', 'arm'), joint(inside='<limit lower="${-pi}" upper="1"/>')),
        ["joint 'j1'", 'lower of <limit>', '${-pi}', 'xacro']),
    'xacro substitution in a name': (
        robot(link('$(arg prefix)base')), ['$(arg prefix)base', 'xacro']),
    'xacro element': (
        '<robot name="r" xmlns:xacro="http://www.ros.org/wiki/xacro"><xacro:include filename="f"/>'
        '</robot>', ['<xacro:include>', '.xacro file']),
    'xacro element inside a link': (
        '<robot name="r" xmlns:xacro="http://wiki.ros.org/xacro"><link name="l"><xacro:inertia/>'
        '</link></robot>', ['<xacro:inertia>']),
    'xacro element without namespace': (
        '<robot name="r"><xacro:property name="a" value="1"/></robot>',
        ['unbound prefix', 'xacro', '.xacro file']),

    'no joints': (robot(link('base')), ["'r'", 'no joints']),
    'no links': (robot(joint()), ["'j1'", "'base'", 'the links are none']),
    'link without name': (robot('<link/>'), ['name of a <link>', 'missing']),
    'link with empty name': (robot('<link name=" "/>'), ['name of a <link>', 'empty']),
    'duplicate link': (robot(link('base', 'arm', 'arm'), joint()), ['links', "'arm'", 'unique']),
    'joint without name': (robot('<joint type="fixed"/>'), ['name of a <joint>', 'missing']),
    'duplicate joint': (
        robot(link('base', 'arm', 'hand'), joint(), joint(child='hand')),
        ['joints', "'j1'", 'unique']),
    'joint without parent': (
        robot('<joint name="j1" type="fixed"><child link="arm"/></joint>'),
        ["'j1'", '<parent>', 'two links']),
    'joint without child': (
        robot('<joint name="j1" type="fixed"><parent link="arm"/></joint>'),
        ["'j1'", '<child>']),
    'parent without link': (
        robot('<joint name="j1" type="fixed"><parent/><child link="arm"/></joint>'),
        ["'j1'", 'link of <parent>', 'missing']),
    'unknown parent': (
        robot(link('base', 'arm'), joint(parent='bace')),
        ["'j1'", 'parent', "'bace'", 'base, arm']),
    'unknown child': (
        robot(link('base', 'arm'), joint(child='amr')), ["'j1'", 'child', "'amr'", 'base, arm']),
    'two limits': (
        robot(link('base', 'arm'), joint(inside=LIMIT * 2)), ["'j1'", '<limit>', 'only one']),
    'unknown type': (
        robot(link('base', 'arm'), joint(kind='ball')),
        ["'j1'", "'ball'", 'revolute, continuous, prismatic']),
    'no type': (robot('<joint name="j1"/>'), ["'j1'", 'None', 'revolute']),

    'several roots': (
        robot(link('base', 'arm', 'table', 'lamp'), joint()), ['base, table, lamp', 'one']),
    'two parents': (
        robot(link('base', 'arm', 'hand'), joint('j1', child='arm'),
              joint('j2', parent='arm', child='hand'), joint('j3', child='hand')),
        ["'hand'", "'j2'", "'j3'", 'only one parent']),
    'circle': (
        robot(link('a', 'b'), joint('ab', parent='a', child='b'),
              joint('ba', parent='b', child='a')), ['root', 'ab', 'ba', 'circle']),
    'circle beside a tree': (
        robot(link('base', 'arm', 'a', 'b', 'c'), joint(), joint('ab', parent='a', child='b'),
              joint('ba', parent='b', child='a'), joint('bc', parent='b', child='c')),
        ['circle', 'ba, ab form', "'base'"]),
    'joint from a link to itself': (
        robot(link('base', 'arm'), joint(parent='arm', child='arm')), ['j1', 'circle']),

    'revolute without limit': (
        robot(link('base', 'arm'), joint(inside='')),
        ["'j1'", 'revolute', '<limit>', 'continuous']),
    'prismatic without limit': (
        robot(link('base', 'arm'), joint(kind='prismatic', inside='')),
        ["'j1'", 'prismatic', '<limit>']),
    'soft limits outside': (
        robot(link('base', 'arm'), joint(inside=LIMIT + (
            '<safety_controller soft_lower_limit="3" soft_upper_limit="4"/>'))),
        ["'j1'", '-1 to 2', '3 to 4']),

    'mimic of an unknown joint': (followers(j='fred'), ["'j'", "'fred'", 'not exist', 'free']),
    'mimic of itself': (followers(j='j'), ["'j'", 'itself']),
    'mimic of a fixed joint': (followers(j='stiff'), ["'j'", "'stiff'", 'fixed', 'revolute']),
    'mimic circle': (followers(a='b', b='c', c='a'), ['circle', 'a -> b -> c -> a']),
    'mimic without joint': (
        robot(link('base', 'arm'), joint(inside=LIMIT + '<mimic/>')),
        ["'j1'", 'joint of <mimic>', 'missing'])}

BAD_NUMBERS = {
    '<axis xyz="0 0 0"/>': ['axis', '[0.0, 0.0, 0.0]', 'zero'],
    '<axis xyz="0 nan 1"/>': ['xyz of <axis>', '0 nan 1', '3 finite'],
    '<axis xyz="0 1"/>': ['xyz of <axis>', '0 1', '3 finite'],
    '<axis xyz="a b c"/>': ['xyz of <axis>', 'a b c', '3 finite'],
    '<origin xyz="0 inf 0"/>': ['xyz of <origin>', '0 inf 0', '3 finite'],
    '<origin xyz="0 0 0 0"/>': ['xyz of <origin>', '0 0 0 0', '3 finite'],
    '<origin rpy="0 0 -Infinity"/>': ['rpy of <origin>', '-Infinity', '3 finite'],
    '<origin rpy=""/>': ['rpy of <origin>', "is ''", '3 finite'],
    '<limit lower="2" upper="1"/>': ['lower 2', 'upper 1', 'not be greater'],
    '<limit lower="nan" upper="1"/>': ['lower of <limit>', 'nan', 'one finite'],
    '<limit lower="0" upper="inf"/>': ['upper of <limit>', 'inf', 'one finite'],
    '<limit lower="0" upper="1,5"/>': ['upper of <limit>', '1,5', 'one finite'],
    '<limit lower="0" upper="1" velocity="-3"/>': ['velocity', '-3', 'positive'],
    '<limit lower="0" upper="1" velocity="fast"/>': ['velocity of <limit>', 'fast', 'one finite'],
    '<safety_controller soft_lower_limit="nan"/>': ['soft_lower_limit', 'nan', 'one finite'],
    '<mimic joint="j1" multiplier="inf"/>': ['multiplier of <mimic>', 'inf', 'one finite'],
    '<mimic joint="j1" offset="x"/>': ['offset of <mimic>', 'x', 'one finite']}


class TestWhatIsRefused:
    """A mistake is answered with the joint or link, the value, and what is allowed."""

    @staticmethod
    def assert_refused(urdf: str, words: list[str]) -> None:
        with pytest.raises(UrdfError) as refusal:
            parse_urdf(urdf)
        message = str(refusal.value)
        for word in words:
            assert word in message
        assert len(message) < 1000

    @pytest.mark.parametrize('case', REFUSALS)
    def test_structure(self, case: str) -> None:
        self.assert_refused(*REFUSALS[case])

    @pytest.mark.parametrize('bad', BAD_NUMBERS)
    def test_numbers(self, bad: str) -> None:
        inside = bad if '<limit' in bad else LIMIT + bad
        text = robot(link('base', 'arm'), joint(inside=inside))
        self.assert_refused(text, ["joint 'j1'", *BAD_NUMBERS[bad]])

    @pytest.mark.parametrize('urdf', [None, b'<robot/>', 3])
    def test_not_text(self, urdf: object) -> None:
        with pytest.raises(UrdfError, match='must be a str'):
            parse_urdf(urdf)  # type: ignore[arg-type]

    @pytest.mark.parametrize('change', [
        {'lower': math.nan}, {'velocity': 0.0}, {'velocity': math.nan}, {'axis': np.ones(2)},
        {'axis': np.array([0.0, math.nan, 1.0])}, {'T_parent_joint': np.full((4, 4), math.inf)},
        {'mimic': Mimic('j2', math.nan)}])
    def test_values_of_a_joint_made_by_hand(self, change: dict[str, object]) -> None:
        good: dict[str, object] = {
            'name': 'j1', 'type': JointType.REVOLUTE, 'parent': 'base', 'child': 'arm',
            'T_parent_joint': np.eye(4), 'axis': np.eye(3)[0], 'lower': -1.0, 'upper': 1.0,
            'velocity': 1.0}
        Joint(**good)  # type: ignore[arg-type]
        with pytest.raises(UrdfError, match="joint 'j1'"):
            Joint(**{**good, **change})  # type: ignore[arg-type]

    def test_anything_urdf_parser_py_raises_becomes_a_urdf_error(
            self, monkeypatch: pytest.MonkeyPatch) -> None:
        def explode(text: str) -> None:
            raise AssertionError('inside')

        monkeypatch.setattr('ik_solver_node.robot_model.URDF.from_xml_string', explode)
        with pytest.raises(UrdfError, match='urdf-parser-py refuses the URDF: inside'):
            parse_urdf(robot())


class TestSize:
    """A big URDF is parsed or refused, quickly and without deep recursion."""

    def test_a_chain_of_5000_links(self) -> None:
        model = parse_urdf(snake(5000))
        assert model.leaf_links == ('l5000',)
        assert len(model.movable_joint_names) == 5000

    def test_a_chain_of_mimics(self) -> None:
        size = 1500
        text = followers(**{f'm{i}': f'm{i + 1}' for i in range(size)}, **{f'm{size}': 'free'})
        assert parse_urdf(text).resolve_mimic('m0') == ('free', 1.0, 0.0)

    def test_ten_megabytes_are_refused_at_once(self) -> None:
        text = snake(65_000)
        assert len(text) > 10_000_000
        start = time.perf_counter()
        with pytest.raises(UrdfError, match=f'{len(text)} characters; at most {MAX_URDF_LENGTH}'):
            parse_urdf(text)
        assert time.perf_counter() - start < 0.5

    def test_much_decoration(self) -> None:
        visual = '<visual><geometry><box size="1 1 1"/></geometry></visual>'
        text = snake(50, visual * 600)
        assert len(text) > 1_500_000
        assert len(parse_urdf(text).joints) == 50

    def test_deeply_nested_elements(self) -> None:
        nested = '<a>' * 50_000 + '</a>' * 50_000
        assert len(parse_urdf(robot(nested, link('base', 'arm'), joint())).joints) == 1


def text_of(spec: RobotSpec) -> str:
    """Return the URDF of a robot, or skip the test where it is not installed."""
    try:
        return spec.urdf()
    except ImportError as error:
        pytest.skip(str(error))


def placements(model: RobotModel, positions: dict[str, float]) -> dict[str, np.ndarray]:
    """Return ``T_root_link`` (4, 4) of every link; mimic joints move on their own here."""
    frames = {model.root_link: np.eye(4)}
    for each in model.joints:
        motion, position = np.eye(4), positions.get(each.name, 0.0)
        if each.type is JointType.PRISMATIC:
            motion[:3, 3] = each.axis * position
        else:
            motion[:3, :3] = axangle2mat(each.axis, position)
        frames[each.child] = frames[each.parent] @ each.T_parent_joint @ motion
    return frames


@pytest.mark.parametrize('name', ROBOTS)
class TestRealRobots:
    """Stock URDFs of real robots, and our own, load unchanged."""

    def test_loads_in_silence(self, name: str, capfd: pytest.CaptureFixture[str]) -> None:
        spec = ROBOTS[name]
        model = parse_urdf(text_of(spec))
        assert {spec.base, spec.tip} <= set(model.links)
        assert capfd.readouterr() == ('', '')
        if name in OWN_ROBOTS:
            assert spec.tip in model.leaf_links
            limits = np.array([(j.lower, j.upper, j.velocity) for j in model.joints
                               if j.type.is_movable])
            assert np.isfinite(limits).all()

    def test_every_link_is_where_pinocchio_puts_it(self, name: str) -> None:
        pinocchio = pytest.importorskip('pinocchio')
        text = text_of(ROBOTS[name])
        model, theirs = parse_urdf(text), pinocchio.buildModelFromXML(text)
        random = np.random.default_rng(7)
        positions = {each.name: random.uniform(-1.0, 1.0) for each in model.joints
                     if each.type.is_movable}
        q = pinocchio.neutral(theirs)
        for joint_name, position in positions.items():
            there = theirs.joints[theirs.getJointId(joint_name)]
            # Pinocchio has the cosine and sine of a joint without limits.
            q[there.idx_q:there.idx_q + there.nq] = (
                [position] if there.nq == 1 else [math.cos(position), math.sin(position)])
        data = theirs.createData()
        pinocchio.framesForwardKinematics(theirs, data, q)
        for body, ours in placements(model, positions).items():
            frame = theirs.getFrameId(body, pinocchio.FrameType.BODY)
            np.testing.assert_allclose(ours, data.oMf[frame].homogeneous, atol=1e-9, err_msg=body)


def test_limits_of_stock_robots() -> None:
    """A few values, read by hand from the files."""
    kinova = parse_urdf(text_of(ROBOTS['kinova']))
    assert kinova.joint('j2s6s200_joint_1').upper == math.inf
    pr2 = parse_urdf(text_of(ROBOTS['pr2']))
    assert pr2.joint('r_elbow_flex_joint').lower == -2.1213
    assert pr2.resolve_mimic('r_gripper_r_parallel_root_joint') == (
        'r_gripper_l_finger_joint', -1.0, 0.0)
    assert parse_urdf(text_of(ROBOTS['puma560'])).joint('j1').velocity == math.inf
    assert parse_urdf(text_of(ROBOTS['panda'])).joint('panda_joint4').lower == -3.0718
