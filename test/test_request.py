"""What is asked of a solve: targets that match the tips, and a seed for every joint."""

from chains import chain_of, model_of
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, InvalidPoseError
from ik_solver_node.pose import Pose
from ik_solver_node.solver import solve
from ik_solver_node.target import PointTarget
import numpy as np
import pytest


def two_tips():
    """Return a chain with two tips that share all joints but a finger's."""
    return KinematicChain.from_model(model_of('desk_arm'), None, ['tool0', 'left_finger_link'])


@pytest.mark.parametrize('target, message', [
    (PointTarget([0.1, 0.1, 0.1]), '2 tips, tool0, left_finger_link, but 1 target'),
    ([PointTarget([0.1, 0.1, 0.1])], '2 tips, tool0, left_finger_link, but 1 target'),
    ({'elbow': PointTarget([0.1, 0.1, 0.1])}, "target for 'elbow', but the tips"),
    ([None, None], 'nothing is asked'),
    ([], 'but 0 targets'), ('up', "got 'up'"), (['up', None], "got 'up'"), (None, 'got None'),
])
def test_targets_that_do_not_match_the_tips_are_refused(target, message):
    """A target for one tip says nothing about the other, and a stranger is none at all."""
    with pytest.raises((ChainError, InvalidPoseError), match=message):
        solve(two_tips(), target)


@pytest.mark.parametrize('seed', [[0.0] * 5, [np.nan] * 6, [np.inf] + [0.0] * 5, 'seed'])
def test_a_bad_seed_is_refused(seed):
    """A seed has one finite number per joint."""
    with pytest.raises(InvalidPoseError, match='seed must'):
        solve(chain_of('six_axis_arm'), Pose.identity(), seed)
