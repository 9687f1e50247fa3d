"""The check of a robot: its figures are those of its cases, and its verdict follows from them."""

from __future__ import annotations

from dataclasses import replace
import json
import math

from chains import chain_of, model_of, urdf_of
from hypothesis import given, settings, strategies as st
from ik_solver_node import __version__, check as module
from ik_solver_node.chain import KinematicChain
from ik_solver_node.check import (
    as_json, as_text, ask_for_tip, Case, check_chain, Readiness, RobotReport)
from ik_solver_node.exceptions import ChainError, OptionsError
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.solver import solve
from ik_solver_node.target import PoseTarget
from ik_solver_node.urdf_lint import Finding, Level, lint_urdf
import numpy as np
import pytest
from robots import ROBOTS

WARNING = Finding(Level.WARNING, 'limits look odd', ('joint_1',), ('3 rad',), 'Look again')
NOTE = Finding(Level.NOTE, 'zero is outside', ('joint_1', 'elsewhere'), ('a', 'b'), 'Well')


@pytest.fixture(scope='module')
def report() -> RobotReport:
    """Return the report of an arm that is solved."""
    return check_chain(chain_of('six_axis_arm'), targets=60)


@pytest.mark.parametrize('name', [
    'planar_2r', 'scara', 'desk_arm', 'six_axis_arm', 'seven_axis_arm', 'so101', 'panda'])
def test_a_good_robot_is_ready(name: str) -> None:
    """Every pose that it makes itself is reached again."""
    found = check_chain(chain_of(name), targets=60)
    assert (found.solved, found.strict, found.targets) == (60, 60, 60)
    assert found.verdict is Readiness.READY
    assert found.sentence.startswith('ready: every one of 60 random reachable poses was solved')
    assert found.reasons == {'reached the target within tolerance': 60}


def test_the_report_says_what_was_checked(report: RobotReport) -> None:
    """The robot, its chain and the version."""
    chain = chain_of('six_axis_arm')
    assert (report.version, report.robot) == (__version__, chain.model.name)
    assert report.links == len(chain.model.links)
    assert (report.base_link, report.tip_links) == ('base_link', ('tool0',))
    assert [joint.name for joint in report.joints] == list(chain.joint_names)
    assert [joint.lower for joint in report.joints] == chain.lower.tolist()
    assert [mobility.rank for mobility in report.mobility] == [6]
    assert 0.0 < report.times.median <= report.times.p99 <= report.times.worst
    assert len(report.worst) == module.WORST


def test_the_same_seed_makes_the_same_targets(report: RobotReport) -> None:
    """And another seed makes others."""
    def targets(found: RobotReport) -> set[tuple[float, ...]]:
        return {case.target_joints for case in found.worst}
    again = check_chain(chain_of('six_axis_arm'), targets=module.WORST)
    same = check_chain(chain_of('six_axis_arm'), targets=module.WORST)
    other = check_chain(chain_of('six_axis_arm'), targets=module.WORST, seed=1)
    assert targets(again) == targets(same)
    assert not targets(again) & targets(other)


def test_a_case_can_be_solved_again(report: RobotReport) -> None:
    """Its joints are those of the target and of the start."""
    chain = chain_of('six_axis_arm')
    for case in report.worst:
        pose = chain.forward_kinematics(case.target_joints)
        result = solve(chain, PoseTarget(pose), case.start)
        assert tuple(result.positions.tolist()) == case.positions


def test_the_answer_is_judged_by_its_joints(monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that says it arrived but did not is found out, and so is one outside the limits."""
    def lazy(chain, targets, seed):
        result = solve(chain, targets, seed)
        off = result.positions + [0.1, 0.0, 0.0, 0.0, 0.0, 0.0]
        return replace(result, positions=off, position_error=0.0, orientation_error=0.0)
    monkeypatch.setattr(module, 'solve', lazy)
    found = check_chain(chain_of('six_axis_arm'), targets=20)
    assert (found.solved, found.verdict) == (0, Readiness.PROBLEM)
    # about an axis of the base, a turn of the tip by the angle of the joint
    assert found.worst[0].orientation_error == pytest.approx(0.1)
    assert found.sentence.startswith('problem: 20 of 20 random reachable poses were not solved')

    def outside(chain, targets, seed):
        result = solve(chain, targets, seed)
        return replace(result, positions=result.positions + [0.0, 0.0, 0.0, 0.0, 0.0, 8.0 * np.pi])
    monkeypatch.setattr(module, 'solve', outside)
    found = check_chain(chain_of('six_axis_arm'), targets=20)
    assert found.solved == 0
    assert not found.worst[0].within_limits
    assert 'outside the limits' in as_text(found)


@pytest.mark.parametrize(('solved', 'findings', 'verdict'), [
    (1000, (), Readiness.READY), (1000, (NOTE,), Readiness.READY),
    (1000, (WARNING,), Readiness.CAREFUL),
    (999, (), Readiness.CAREFUL), (950, (), Readiness.CAREFUL),
    (949, (WARNING,), Readiness.PROBLEM),
    (0, (), Readiness.PROBLEM)])
def test_the_verdict_follows_from_the_figures(report, solved, findings, verdict) -> None:
    """Ready means that all is well; one target in twenty may be missed before it is a problem."""
    found = replace(report, targets=1000, solved=solved, findings=findings)
    assert found.verdict is verdict
    assert found.sentence.startswith(f'{verdict.value}: ')
    assert ('1 warning about the URDF' in found.sentence) == (WARNING in findings)
    assert as_text(found).splitlines()[-1] == found.sentence


def test_less_than_all_is_never_a_hundred_percent(report: RobotReport) -> None:
    """Shares are rounded down."""
    text = as_text(replace(report, targets=100_000, solved=99_999, strict=0))
    assert 'solved     99.99 %' in text
    assert 'strict      0.00 %' in text


def test_only_findings_about_the_chain_count() -> None:
    """Those about other joints are counted, not listed."""
    off = Finding(Level.WARNING, 'odd', ('elsewhere',), ('',), 'Look')
    found = check_chain(chain_of('six_axis_arm'), [NOTE, off], targets=5)
    assert [(finding.joints, finding.values) for finding in found.findings] == [
        (('joint_1',), ('a',))]
    assert (found.elsewhere, found.verdict) == (2, Readiness.READY)
    assert '2 findings about joints off this chain' in as_text(found)


def test_several_tips_are_solved_together() -> None:
    """The worst of them tells."""
    spec, model = ROBOTS['desk_arm'], model_of('desk_arm')
    wrist = next(joint.parent for joint in model.joints if joint.child == spec.tip)
    chain = KinematicChain.from_model(model, spec.base, [spec.tip, wrist])
    found = check_chain(chain, targets=20)
    assert found.tip_links == (spec.tip, wrist)
    assert [mobility.rank for mobility in found.mobility] == [5, 5]
    assert len({joint.name for joint in found.joints}) == len(found.joints) == 5
    assert found.solved == 20
    assert f'{wrist}: controls 5 of 6 axes' in as_text(found)


def test_a_joint_that_follows_is_shown_as_such() -> None:
    """With the limits it has itself."""
    found = check_chain(chain_of('panda_finger'), targets=5)
    finger = found.joints[-1]
    assert (finger.type, finger.unit) == ('prismatic', 'm')
    assert finger.follows == 'panda_finger_joint1'
    assert 'follows panda_finger_joint1' in as_text(found)


def test_progress_is_told_of_every_target() -> None:
    """While they are solved, one after the other."""
    seen = []

    def progress(numbers):
        for number in numbers:
            seen.append(number)
            yield number
    check_chain(chain_of('planar_2r'), targets=7, progress=progress)
    assert seen == list(range(7))


def test_a_robot_in_degrees_is_solved_but_not_ready() -> None:
    """The figures alone would not tell."""
    urdf = urdf_of('planar_2r').replace('lower="-2.8" upper="2.8"', 'lower="-160" upper="160"')
    chain = KinematicChain.from_model(parse_urdf(urdf))
    found = check_chain(chain, lint_urdf(urdf), targets=20)
    assert (found.solved, found.verdict) == (20, Readiness.CAREFUL)
    assert 'describes another robot' in found.sentence


def test_text_shows_how_to_ask_for_what_the_chain_controls() -> None:
    """As code that runs."""
    found = check_chain(chain_of('desk_arm'), targets=5)
    text = as_text(found)
    assert "PoseTarget(pose, free=['ry'], frame='target')" in text
    assert 'without limits' not in text
    assert 'PoseTarget' not in as_text(check_chain(chain_of('six_axis_arm'), targets=5))


def test_json_holds_every_figure(report: RobotReport) -> None:
    """And is one object, with the sentences that go with the values."""
    tree = json.loads(as_json(replace(report, findings=(WARNING,))))
    for key in ('version', 'robot', 'links', 'base_link', 'targets', 'seed', 'solved', 'strict',
                'restarts', 'reasons', 'elsewhere'):
        assert tree[key] == getattr(report, key)
    assert tree['times']['mean'] == report.times.mean
    assert tree['worst'][0]['target_joints'] == list(report.worst[0].target_joints)
    assert tree['mobility'][0]['tip_link'] == 'tool0'
    assert tree['mobility'][0]['frame'] == 'base'
    assert tree['findings'][0]['level'] == 'warning'
    assert tree['findings'][0]['sentence'] == WARNING.sentence
    assert tree['verdict'] == 'careful'


def test_what_json_does_not_have_is_null() -> None:
    """Limits that are none, for one."""
    def refuse(word: str) -> None:
        raise AssertionError(f'{word} is not JSON')
    limits = {joint: (-math.inf, math.inf) for joint in chain_of('planar_2r').joint_names}
    found = check_chain(chain_of('planar_2r', limits=limits), targets=3)
    assert 'without limits' in as_text(found)
    bad = replace(found.worst[0], position_error=math.nan)
    tree = json.loads(as_json(replace(found, worst=(bad,))), parse_constant=refuse)
    assert tree['joints'][0]['lower'] is tree['joints'][0]['upper'] is None
    assert tree['worst'][0]['position_error'] is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.builds(
    Case, st.just(0), st.just(()), st.just(()), st.just(()), st.floats(0.0, 1.0),
    st.floats(0.0, 3.2), st.booleans(), st.just(''), st.just(0), st.floats(1e-6, 1.0))))
def test_the_worst_are_those_that_miss(cases: list[Case]) -> None:
    """Off the target comes before slow."""
    ordered = sorted(cases, key=module._badness, reverse=True)
    missed = [not case.within(*module.STRICT) for case in ordered]
    assert missed == sorted(missed, reverse=True)


def test_a_tip_to_choose_is_asked_for() -> None:
    """With the joints that move it; the one called like a tool comes first."""
    question = ask_for_tip(model_of('panda'))
    assert question.choices[0].tip_links == ('panda_hand_tcp',)
    assert len(question.choices[0].joints) == 7
    assert question.choices[1].tip_links == ('panda_leftfinger', 'panda_rightfinger')
    text = as_text(question)
    assert '7 joints: panda_hand_tcp' in text
    assert 'the robot ends in 3 links' in text
    tree = json.loads(as_json(question))
    assert tree['verdict'] is None
    assert tree['choices'][0]['tip_links'] == ['panda_hand_tcp']


def test_the_surest_word_comes_first() -> None:
    """A robot with dozens of leaves has its tool at the top."""
    assert ask_for_tip(model_of('pr2')).choices[0].tip_links[0] == 'r_gripper_tool_frame'
    assert ask_for_tip(model_of('desk_arm')).choices[0].tip_links == ('tool0',)


def test_a_base_that_does_not_exist_is_refused() -> None:
    """As for the chain itself."""
    with pytest.raises(ChainError, match="base_link 'ghost' is not a link"):
        ask_for_tip(model_of('panda'), 'ghost')


def test_no_targets_are_refused():
    """There is nothing to say about a robot without a single solve."""
    with pytest.raises(OptionsError, match='targets is 0, but must be at least 1'):
        check_chain(chain_of('planar_2r'), targets=0)
