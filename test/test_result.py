"""What a result tells beside the joints: why it ended there, and what is in the way."""

from chains import chain_of
from ik_solver_node.result import TerminationReason
from ik_solver_node.solver import solve
from ik_solver_node.target import PointTarget


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
