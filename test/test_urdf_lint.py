"""The linter: what it finds in a URDF, in what words, and that it leaves a good one in peace."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
import re

from chains import urdf_of
from hypothesis import given, settings, strategies as st
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.urdf_lint import Finding, Level, lint_urdf
import pytest
from robots import OWN_ROBOTS
from urdf_strategies import urdfs

GOOD = '<limit lower="-1" upper="2" effort="4" velocity="3"/>'
AXIS = '<axis xyz="0 0 1"/>'


def joint(inside: str = GOOD + AXIS, kind: str = 'revolute', index: int = 0) -> str:
    """Return the joint ``j{index}`` from ``l{index}`` to the next link."""
    return (f'<joint name="j{index}" type="{kind}"><parent link="l{index}"/>'
            f'<child link="l{index + 1}"/>{inside}</joint>')


def robot(*joints: str) -> str:
    """Return a robot of these joints in a row."""
    links = ''.join(f'<link name="l{i}"/>' for i in range(len(joints) + 1))
    return f'<robot name="made">{links}{"".join(joints)}</robot>'


def limit(lower: object, upper: object, more: str = 'effort="4" velocity="3"') -> str:
    """Return a <limit> and an axis."""
    return f'<limit lower="{lower}" upper="{upper}" {more}/>{AXIS}'


def mimic(followed: str, rule: str = '') -> str:
    """Return what a joint has that follows another."""
    return f'{GOOD}{AXIS}<mimic joint="{followed}" {rule}/>'


WARNINGS = {
    'limits look like degrees: j0 (-180 to 180 rad). Angles in a URDF are in radians':
        joint(limit(-180, 180)),
    'limits look like degrees: j0 (0 to 35 rad)': joint(limit(0, 35)),
    'turned by what looks like degrees: j0 (rpy "0 0 90")':
        joint(f'{GOOD}{AXIS}<origin xyz="0 0 1" rpy="0 0 90"/>'),
    'the origin is far away, which looks like millimetres: j0 (333 m)':
        joint(f'{GOOD}{AXIS}<origin xyz="0 0 -333"/>'),
    'the way of a prismatic joint looks like millimetres: j0 (0 to 40 m)':
        joint(limit(0, 40), 'prismatic'),
    'cannot move, because its limits leave no room: j0 (0.5 to 0.5 rad)': joint(limit(0.5, 0.5)),
    'leave no room: j0 (none given, which stands for 0 and 0)':
        joint('<limit effort="4" velocity="3"/>' + AXIS),
    'one of two position limits is missing and counts as 0: j0 (only upper is given, 0 to 2 rad)':
        joint('<limit upper="2" effort="4" velocity="3"/>' + AXIS),
    'position limits are ignored, because the joint is continuous: j0 (-3 to 3 rad)':
        joint(limit(-3, 3), 'continuous'),
    'so wide that they limit nothing: j0 (-1e+09 to 1e+09 rad)': joint(limit('-1e9', '1e9')),
    'so wide that they limit nothing: j0 (-1e+308 to 1e+308 m)':
        joint(limit('-1e308', '1e308'), 'prismatic'),
    '<limit> is incomplete: j0 (no effort and no velocity). The solver does not need it, but RViz':
        joint('<limit lower="-1" upper="1"/>' + AXIS),
    'narrowed by joints that mimic this one: j0 (-0.5 to 1 instead of -1 to 2 rad)':
        joint() + joint(mimic('j0', 'multiplier="2"'), index=1),
    'narrowed by joints that mimic this one: j0 (-1 to 2 instead of -inf to inf rad)':
        joint(AXIS, 'continuous') + joint(mimic('j0'), index=1),
    'the joint mimics with the multiplier 0 and never moves: j1 (follows j0)':
        joint() + joint(mimic('j0', 'multiplier="0"'), index=1),
}
NOTES = {
    'velocity limit 0: j0. It counts as not known':
        joint(limit(-1, 1, 'effort="4" velocity="0"')),
    'effort limit 0: j0': joint(limit(-1, 1, 'effort="0" velocity="3"')),
    'the axis has not length 1: j0 ("0 0 2" has 2)': joint(GOOD + '<axis xyz="0 0 2"/>'),
    'there is no <axis>, which stands for x: j0. Write': joint(GOOD),
    'soft limits are narrower than those of <limit>: j0 (-0.5 to 2 rad)':
        joint(GOOD + AXIS + '<safety_controller k_velocity="1" soft_lower_limit="-0.5" '
              'soft_upper_limit="9"/>'),
    'soft limits of 0 and 0 are ignored: j0':
        joint(GOOD + AXIS + '<safety_controller k_velocity="1" soft_lower_limit="0" '
              'soft_upper_limit="0"/>'),
    'zero is outside the limits: j0 (0.5 to 2 rad)': joint(limit(0.5, 2)),
    'can turn by more than a whole turn: j0 (-6.28 to 6.28 rad)': joint(limit(-6.28, 6.28)),
    'the joint mimics one that mimics another: j2 (follows j1, which follows j0)':
        joint() + joint(mimic('j0'), index=1) + joint(mimic('j1'), index=2),
    'the joint has no single position: j0 (floating)': joint('', 'floating'),
}


def only_finding(joints: str) -> Finding:
    """Return the one finding about a robot of these joints."""
    findings = lint_urdf(robot(*re.findall('<joint name.*?</joint>', joints)))
    assert len(findings) == 1, findings
    return findings[0]


@pytest.mark.parametrize('sentence', WARNINGS)
def test_what_is_hardly_meant_is_a_warning(sentence: str) -> None:
    """The joint, the value, and what to do."""
    found = only_finding(WARNINGS[sentence])
    assert found.level is Level.WARNING
    assert sentence in found.sentence
    assert found.advice


@pytest.mark.parametrize('sentence', NOTES)
def test_what_has_an_effect_is_a_note(sentence: str) -> None:
    """The same for what may well be meant."""
    found = only_finding(NOTES[sentence])
    assert found.level is Level.NOTE
    assert sentence in found.sentence


@pytest.mark.parametrize('inside', [
    GOOD + AXIS,
    GOOD + '<axis xyz="0.5774 0.5774 0.5774"/>',
    limit(-3.1416, 3.1416),
    GOOD + AXIS + '<origin xyz="0 0 9" rpy="-3.1416 0 6.2832"/>',
    GOOD + AXIS + '<safety_controller k_velocity="1" soft_lower_limit="-2" soft_upper_limit="3"/>',
])
def test_a_good_joint_is_left_in_peace(inside: str) -> None:
    """Nothing to say is nothing said."""
    assert lint_urdf(robot(joint(inside))) == ()


def test_a_continuous_joint_needs_no_limits() -> None:
    """Nor is there anything wrong with zeros or with limits that stand for none."""
    assert lint_urdf(robot(joint(AXIS, 'continuous'),
                           joint(limit(0, 0), 'continuous', 1),
                           joint(limit('-1e16', '1e16'), 'continuous', 2))) == ()


def test_a_finger_that_follows_its_like_is_left_in_peace() -> None:
    """A mimic joint with the limits that its rule asks for takes nothing away."""
    assert lint_urdf(robot(joint(), joint(mimic('j0'), index=1))) == ()


def test_what_the_parser_refuses_is_an_error_in_its_words() -> None:
    """And nothing else is said."""
    for urdf in ('', 'no XML', robot(joint('')), robot(joint(mimic('ghost'))),
                 robot(joint(limit(2, 1))), robot(joint(), joint()),
                 robot(joint(GOOD + '<axis xyz="0 0 0"/>'))):
        with pytest.raises(ValueError) as raised:
            parse_urdf(urdf)
        assert [finding.sentence for finding in lint_urdf(urdf)] == [str(raised.value)]
        assert lint_urdf(urdf)[0].level is Level.ERROR


def test_a_mimic_joint_that_leaves_no_position_is_an_error() -> None:
    """Whichever chain is asked for: this joint can be in none."""
    found = lint_urdf(robot(joint(), joint(mimic('j0', 'offset="9"'), index=1)))[0]
    assert (found.level, found.joints) == (Level.ERROR, ('j0',))
    assert found.sentence.startswith("joint 'j1' mimics 'j0' (1 times, offset 9)")


def test_joints_with_the_same_problem_are_one_finding() -> None:
    """Grouped by value, and cut short."""
    same = [joint(limit(-180, 180), index=i) for i in range(9)]
    findings = lint_urdf(robot(*same, joint(limit(-90, 90), index=9)))
    assert len(findings) == 1
    assert findings[0].joints == tuple(f'j{i}' for i in range(10))
    assert findings[0].sentence.startswith(
        'limits look like degrees: j0, j1, j2, j3, j4, j5 and 3 more (-180 to 180 rad), '
        'j9 (-90 to 90 rad). Angles')


def test_the_worst_comes_first() -> None:
    """Errors, warnings, notes."""
    findings = lint_urdf(robot(joint(GOOD), joint(limit(-90, 90), index=1),
                               joint(mimic('j0', 'offset="9"'), index=2)))
    assert [finding.level.value for finding in findings] == ['error', 'warning', 'note']


def test_a_namespace_and_a_model_at_hand_change_nothing() -> None:
    """The text is read as the parser reads it."""
    urdf = robot(joint(limit(-180, 180, '')))
    expected = lint_urdf(urdf)
    assert len(expected) == 2
    spaced = '\ufeff\n' + urdf.replace('<robot ', '<robot xmlns="http://ros.org/urdf" ')
    assert lint_urdf(spaced) == expected
    assert lint_urdf(urdf, parse_urdf(urdf)) == expected


def test_a_finding_stays_as_it_is() -> None:
    """As every value of this package."""
    with pytest.raises(FrozenInstanceError):
        Finding(Level.NOTE, 'nothing').problem = 'something'


@pytest.mark.parametrize('name', sorted(OWN_ROBOTS))
def test_our_own_robots_have_no_warnings(name: str) -> None:
    """They are examples of how it is done."""
    assert {finding.level for finding in lint_urdf(urdf_of(name))} <= {Level.NOTE}


@pytest.mark.parametrize(('name', 'expected'), [
    ('kinova', {'warning position limits are ignored, because the joint is continuous',
                'note zero is outside the limits'}),
    ('centauro', {'warning the joint cannot move, because its limits leave no room',
                  'note zero is outside the limits'}),
    ('pr2', {'warning the range is narrowed by joints that mimic this one',
             'note soft limits are narrower than those of <limit>',
             'note zero is outside the limits'}),
    ('romeo', {'note velocity limit 0', 'note effort limit 0'}),
    ('panda', {'note zero is outside the limits'}),
    ('so101', set()),
])
def test_stock_robots(name: str, expected: set[str]) -> None:
    """What is in the files that people use, and no more."""
    found = {f'{finding.level.value} {finding.problem}' for finding in lint_urdf(urdf_of(name))}
    assert found == expected


@settings(max_examples=100, deadline=None)
@given(urdfs(), st.sampled_from(['', 'effort=', 'velocity=', 'axis', 'lower=', 'type="r']))
def test_any_robot_is_linted(urdf: str, broken: str) -> None:
    """Also one that was broken by leaving something out; joints and values belong together."""
    for finding in lint_urdf(urdf.replace(broken, 'x' + broken) if broken else urdf):
        assert len(finding.joints) == len(finding.values)
        assert finding.sentence.startswith(finding.problem)
        assert finding.sentence.isprintable()
