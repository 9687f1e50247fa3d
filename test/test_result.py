"""What a result tells beside the joints: why it ended there, and what is in the way."""

from chains import chain_of
from ik_solver_node.result import TerminationReason
from ik_solver_node.solver import solve
from ik_solver_node.target import OrientationTarget, PointTarget
import numpy as np
import pytest


def test_the_joints_in_the_way_are_named():
    """A target that only a limit keeps the arm from: the one that is at its end."""
    chain = chain_of('planar_2r', limits={'joint_1': (-1.0, 0.5)})
    beyond = chain_of('planar_2r').forward_kinematics([0.8, 0.0]).position
    result = solve(chain, PointTarget(beyond), [0.4, 0.3])
    assert not result.success and result.out_of_reach == 0.0
    assert result.blocking_joints == ('joint_1',)
    assert 'in the way: joint_1' in result.sentence


def test_every_reason_has_a_sentence():
    """No outcome is left without words."""
    assert all(reason.sentence for reason in TerminationReason)


@pytest.mark.parametrize('elbow', [1.2, 0.3, 1e-9])
def test_singular_values_tell_how_near_a_singularity_is(elbow):
    """Their product for a planar arm is the product of its links and the sine of the elbow."""
    chain = chain_of('planar_2r')
    target = PointTarget(chain.forward_kinematics([0.4, elbow]).position)
    result = solve(chain, target, [0.4, elbow])
    in_plane = result.singular_values[:2]
    assert in_plane.prod() == pytest.approx(0.5 * 0.4 * np.sin(result.positions[1]), abs=1e-12)
    assert (result.singular_values[:-1] >= result.singular_values[1:]).all()


def test_singular_values_are_those_of_what_is_asked():
    """A radian counts as 0.3 m; a chain without a target has none."""
    chain = chain_of('six_axis_arm')
    pose = chain.forward_kinematics(chain.mid_range() + 0.2)
    result = solve(chain, pose, chain.mid_range())
    scale = np.repeat([1.0, 0.3], 3)[:, np.newaxis]
    expected = np.linalg.svd(scale * chain.jacobian(result.positions), compute_uv=False)
    assert result.singular_values == pytest.approx(expected)
    turned = solve(chain, OrientationTarget(pose.quat_xyzw), chain.mid_range())
    assert len(turned.singular_values) == 3
