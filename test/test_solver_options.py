"""How to solve: every field is checked, and names itself when it is wrong."""

from dataclasses import FrozenInstanceError

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.objective import MidRange
from ik_solver_node.solver_options import SolverOptions, StepRule
import numpy as np
import pytest


def test_options_are_values():
    """Equal options are equal, cannot be changed, and name the field that is wrong."""
    assert SolverOptions(step_rule='sweep') == SolverOptions(step_rule=StepRule.SWEEP)
    with pytest.raises(FrozenInstanceError):
        SolverOptions().rate = 1.0
    with pytest.raises(OptionsError, match="step_rule is 'newton'.*'sweep', 'gradient', 'damped'"):
        SolverOptions(step_rule='newton')
    with pytest.raises(OptionsError, match='max_time is 0'):
        SolverOptions(max_time=0)


@pytest.mark.parametrize('objectives', ['comfort', MidRange, [MidRange(), 3], None])
def test_what_is_no_objective_is_refused(objectives):
    """The message lists the kinds there are."""
    with pytest.raises(OptionsError, match='objectives must be some of Comfort, MidRange'):
        SolverOptions(objectives=objectives)


@pytest.mark.parametrize('weight', [0.0, -1.0, np.nan, np.inf, True, '1'])
def test_a_joint_weight_that_is_no_positive_number_is_refused(weight):
    """The joint is named."""
    with pytest.raises(OptionsError, match="joint 'joint_1'.*positive finite"):
        SolverOptions(joint_weights={'joint_1': weight})


def test_one_objective_needs_no_tuple():
    """One, a list and a tuple mean the same."""
    assert (SolverOptions(objectives=MidRange()) == SolverOptions(objectives=[MidRange()])
            == SolverOptions(objectives=(MidRange(),)))
