"""What an arm that controls less than six axes makes of a full pose."""

from chains import chain_of, random_positions
from ik_solver_node.pose import Pose
from ik_solver_node.relaxation import mobility_or_none, relaxation_of
from ik_solver_node.result import TerminationReason
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PoseTarget
from independent import misses_at, tip_matrix, tip_pose
import numpy as np
import pytest
from transforms3d.axangles import axangle2mat

TOOL = Pose.from_rpy([0.03, -0.02, 0.12], [0.7, -0.4, 2.5])


@pytest.mark.parametrize(('name', 'relax', 'free'), [
    ('desk_arm', 'none', None), ('desk_arm', 'orientation', ('ry',)),
    ('desk_arm', 'all', ('ry',)), ('planar_3r', 'orientation', ('rx', 'ry')),
    ('planar_3r', 'all', ('z', 'rx', 'ry')), ('six_axis_arm', 'all', None)])
def test_what_may_be_left_free_is_what_is_not_controlled_and_allowed(name, relax, free):
    """Of an arm in a plane the height, too, if that is allowed; of one with six axes nothing."""
    chain = chain_of(name)
    relaxation = relaxation_of(chain, SolverOptions(relax=relax))
    assert (relaxation.free if relaxation else None) == free
    assert (mobility_or_none(chain) is None) == (name == 'six_axis_arm')


@pytest.mark.parametrize('name', ['desk_arm', 'so101'])
@pytest.mark.parametrize('tool', [None, TOOL, Pose.from_rpy([0.0, 0.1, 0.0], [1.6, 0.0, 0.0])],
                         ids=['bare', 'turned', 'crosswise'])
def test_a_relaxed_pose_leaves_free_what_the_tip_link_cannot_hold(tool, name):
    """The spin about the y axis of the tip link, in whatever direction the tool is mounted."""
    chain = chain_of(name)
    rng = np.random.default_rng(6)
    options = SolverOptions(max_time=60.0, max_restarts=60)
    for q, seed in zip(random_positions(chain, 40, 1), random_positions(chain, 40, 2)):
        held = tip_matrix(chain, q)[:3, 1]
        pose = tip_pose(chain, q, tool).matrix()
        pose[:3, :3] = axangle2mat(held, rng.uniform(0.3, 3.0)) @ pose[:3, :3]
        target = PoseTarget(Pose.from_matrix(pose), tool=tool)
        result = solve(chain, target, seed, options)
        assert result.reason is TerminationReason.RELAXED, result
        position, orientation = misses_at(chain, target, result.positions)
        assert position <= 1e-6 + 1e-12
        assert np.linalg.norm(tip_matrix(chain, result.positions)[:3, 1] - held) <= 1.1e-6
        assert result.orientation_error == pytest.approx(orientation, abs=1e-9)
