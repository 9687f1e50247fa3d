"""Steps of a tracker as text: what is read back is the same, bit for bit."""

from __future__ import annotations

from dataclasses import fields
import math
from typing import Any

from chains import chain_of, urdf_of
from hypothesis import given, strategies as st
from ik_solver_node.exceptions import RecordingError
from ik_solver_node.pose import Pose
from ik_solver_node.record import steps
from ik_solver_node.record.steps import Step
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import DirectionTarget, OrientationTarget, PointTarget, PoseTarget
from ik_solver_node.tracker import PoseTracker, TrackerOptions
import numpy as np
import pytest

number = st.floats(-10.0, 10.0)
vector = st.lists(number, min_size=3, max_size=3)
direction = vector.filter(lambda values: np.linalg.norm(values) > 1e-3)
poses = st.builds(Pose.from_rpy, vector, vector)
tools = st.none() | poses
weights = st.floats(0.1, 10.0)
tolerances = st.sampled_from([0.0, 0.1, (0.0, 0.1, 1e-3), (math.inf, 0.3, 0.0)])
targets = st.one_of(
    st.builds(PoseTarget, poses, st.sampled_from([(), 'rz', ('x', 'ry')]), tolerances, tolerances,
              st.sampled_from(['base', 'target']), tools, weights),
    st.builds(PointTarget, vector, tolerances, tools, weights),
    st.builds(lambda pose, *rest: OrientationTarget(pose.quat_xyzw, *rest), poses, tolerances,
              tools, weights),
    st.builds(DirectionTarget, direction, direction, st.none() | vector, st.floats(0.0, 3.0),
              tolerances, tools, weights))


@pytest.fixture(scope='module')
def track() -> dict[str, str]:
    """Return the values of a target with its answer."""
    target = PointTarget([0.3, 0.4, 0.0])
    answer = PoseTracker(chain_of('planar_2r')).track(target)
    return steps.track_values(target, np.array([0.1, -0.0]), answer, 1e-3)


@given(target=targets)
def test_a_target_comes_back_bit_for_bit(target: Any) -> None:
    """Every kind, with free axes, tolerances, tool and weight."""
    values = steps._as_text({'target': {'kind': type(target).__name__, **{
        item.name: getattr(target, item.name) for item in fields(target) if item.init}}})
    back = steps.target_of(values)
    assert type(back) is type(target)
    assert back.goal.tobytes() == target.goal.tobytes()
    assert not back.goal.flags.writeable
    assert repr(back) == repr(target)


@given(first=targets, second=targets)
def test_targets_of_several_tips_come_back(first: Any, second: Any) -> None:
    """Whatever the tips are called."""
    asked = {'kind': first, 'right': second}
    back = steps.target_of(steps._as_text({'target': steps._asked(asked)}))
    assert list(back) == list(asked) and repr(back) == repr(asked)


def test_a_chain_comes_back() -> None:
    """Base, tip, limits and locked joints."""
    chain = chain_of('six_axis_arm', limits={'joint_1': (-1.0, math.inf)},
                     locked={'joint_4': 0.1 + 0.2})
    back = steps.chain_of(Step(0, 'chain', steps.chain_values(chain), chain.model.urdf))
    assert back.constants.tobytes() == chain.constants.tobytes()
    assert back.bounds.tobytes() == chain.bounds.tobytes()
    assert (back.base_link, back.tip_links) == (chain.base_link, chain.tip_links)
    assert chain.model.urdf == urdf_of('six_axis_arm')


def test_options_come_back() -> None:
    """All that a parameter can have."""
    solver = SolverOptions(step_rule='sweep', rate=0.1 + 0.2, max_restarts=7, relax='all')
    tracking = TrackerOptions(allow_approximate=True, near=1e-3)
    assert steps.options_of(steps.options_values(solver, tracking)) == (solver, tracking)


@pytest.mark.parametrize('positions', [None, [0.1 + 0.2, -0.0, 5e-324]])
def test_positions_come_back(positions: Any) -> None:
    """Also that there are none."""
    given = None if positions is None else np.array(positions)
    back = steps.positions_of(steps.reset_values(given))
    assert (back is None) if given is None else back.tobytes() == given.tobytes()


def test_a_track_holds_what_others_want_to_know(track: dict[str, str]) -> None:
    """In names with units, and numbers in full."""
    assert list(track) == [
        'target', 'measured', 'verdict', 'accepted', 'reason', 'positions', 'position_error [m]',
        'orientation_error [rad]', 'out_of_reach [m]', 'iterations', 'restarts', 'elapsed [s]',
        'took [s]']
    assert (track['verdict'], track['measured']) == ('"reached"', '[0.1, -0.0]')


@pytest.mark.parametrize('damaged', ['', '{', '{"kind": "Cube"}', '[]', 'null',
                                     '{"kind": "PointTarget"}',
                                     '{"kind": "PointTarget", "position": "here"}',
                                     '{"kind": "PoseTarget", "pose": {"position": [0, 0, 0]}}'])
def test_a_damaged_target_is_refused(damaged: str) -> None:
    """With what was recorded."""
    with pytest.raises(RecordingError, match='recorded'):
        steps.target_of({'target': damaged})


def test_a_damaged_robot_or_option_is_refused() -> None:
    """In a sentence."""
    chain = chain_of('planar_2r')
    values = steps.chain_values(chain)
    with pytest.raises(RecordingError, match='no robot description'):
        steps.chain_of(Step(0, 'chain', values, ''))
    for urdf, changes in (('<robot/>', {}), (chain.model.urdf, {'tip_links': '["ghost"]'}),
                          (chain.model.urdf, {'limits': '[1]'})):
        with pytest.raises(RecordingError, match='the recorded robot cannot be used'):
            steps.chain_of(Step(0, 'chain', {**values, **changes}, urdf))
    with pytest.raises(RecordingError, match="no usable value of 'locked': it is missing"):
        steps.chain_of(Step(0, 'chain', {'limits': '{}', 'base_link': '""', 'tip_links': '[]'},
                            chain.model.urdf))
    for options in ({'solver.rate': '-1.0'}, {'solver.of_the_future': '1'}):
        with pytest.raises(RecordingError, match=r'the recorded parameters solver\.\*'):
            steps.options_of(options)
