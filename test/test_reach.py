"""The reach: nothing the arm can do leaves it, and it is not much wider than needed."""

from chains import chain_of, random_positions
from hypothesis import given, settings, strategies as st
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
import numpy as np
import pytest
from robots import ROBOTS
from urdf_strategies import urdfs


def distances(chain, reach, count, seed=0):
    """Return how far the tip is from the centre of its reach at random joints [m]."""
    return np.array([np.linalg.norm(chain.tip_frames(q)[0, 9:] - reach[:3])
                     for q in random_positions(chain, count, seed)])


@pytest.mark.parametrize('name', sorted(ROBOTS))
def test_no_posture_of_a_real_robot_leaves_its_reach(name):
    """Neither outwards nor inwards."""
    chain = chain_of(name)
    reach = chain.arrays[-1][0]
    seen = distances(chain, reach, 300)
    assert reach[3] <= seen.min() and seen.max() <= reach[4]


@pytest.mark.parametrize('name, inner, outer', [
    ('planar_2r', 0.1, 0.9), ('seven_axis_arm', 0.0, 0.96), ('rail_arm', 0.0, 2.01)])
def test_the_reach_of_known_arms(name, inner, outer):
    """Two links of 0.5 and 0.4 m; an arm that can stretch; a rail of 1 m under an arm."""
    reach = chain_of(name).arrays[-1][0]
    assert reach[3:] == pytest.approx([inner, outer], abs=1e-3)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(urdf=urdfs(), seed=st.integers(0, 2**31 - 1))
def test_no_posture_of_any_robot_leaves_its_reach(urdf, seed):
    """Whatever the joints, their axes and their limits."""
    chain = KinematicChain.from_model(parse_urdf(urdf))
    reach = chain.arrays[-1][0]
    seen = distances(chain, reach, 20, seed)
    assert reach[3] <= seen.min() and seen.max() <= reach[4]
