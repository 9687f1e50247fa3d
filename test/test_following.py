"""Following: the answers of `solve` without restarts, from near the last one."""

import copy
import pickle

from chains import chain_of, random_positions
from ik_solver_node.following import Following
from ik_solver_node.objective import Custom, MidRange
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PointTarget, PoseTarget
import numpy as np
import pytest

# Budgets in tests are counts, not seconds, so that a busy machine cannot change an answer.
PATIENT = SolverOptions(max_time=60.0)


@pytest.fixture(scope='module')
def arm():
    """Return our arm of seven axes."""
    return chain_of('seven_axis_arm')


@pytest.mark.parametrize('copied', [lambda one: one, copy.deepcopy,
                                    lambda one: pickle.loads(pickle.dumps(one))],
                         ids=['itself', 'copied', 'pickled'])
def test_the_answers_are_those_of_solve_without_restarts(arm, copied):
    """Bit for bit, with all that is reported; and an answer stays when the next one comes."""
    follow = copied(Following(arm, PATIENT))
    kept = []
    for q in random_positions(arm, 30):
        target, seed = PoseTarget(arm.forward_kinematics(q)), arm.clip(q + 0.05)
        result, arrived = follow.solve(target.goal, seed, 1.0)
        alone = solve(arm, target, seed, SolverOptions(max_time=60.0, max_restarts=0))
        assert result.reason is alone.reason
        assert arrived.tolist() == result.positions.tolist() == alone.positions.tolist()
        assert ((result.position_error, result.orientation_error, result.iterations)
                == (alone.position_error, alone.orientation_error, alone.iterations))
        kept.append((result.positions, alone.positions))
    assert all(one.tolist() == other.tolist() for one, other in kept)


def test_what_is_not_reached_from_there_is_no_answer(arm):
    """A target out of reach is not searched for."""
    result, positions = Following(arm, PATIENT).solve(
        PointTarget([9.0, 0.0, 0.0]).goal, arm.mid_range(), 1.0)
    assert result is None
    assert positions.shape == (arm.size,)


@pytest.mark.parametrize('objective', [MidRange(), Custom(lambda q: float(q @ q))],
                         ids=['compiled', 'in Python'])
@pytest.mark.parametrize('room', [1e-3, 0.1])
def test_objectives_move_the_joints_no_further_than_there_is_room(arm, objective, room):
    """Beside the target, which is held."""
    options = SolverOptions(max_time=60.0, objectives=objective, settle_steps=1)
    follow = Following(arm, options)
    q = arm.clip(arm.mid_range() + 0.4)
    target = PointTarget(arm.forward_kinematics(q).position)
    result, _ = follow.solve(target.goal, q, room)
    step = np.abs(result.positions - q).max()
    assert 0.1 * room < step < 3.0 * room  # the step back to the target comes on top
    assert result.position_error <= 1e-6
