"""Chains of the robots to test on, and random joints for them."""

from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf, RobotModel
import numpy as np
import pytest
from robots import ROBOTS


def urdf_of(name: str) -> str:
    """Return the URDF of a robot; skip the test if the package that has it is missing."""
    try:
        return ROBOTS[name].urdf()
    except ImportError as error:
        pytest.skip(str(error))


def model_of(name: str) -> RobotModel:
    """Return the model of a robot."""
    return parse_urdf(urdf_of(name))


def chain_of(name: str, **options: Any) -> KinematicChain:
    """Return the chain of a robot between its usual links."""
    spec, model = ROBOTS[name], model_of(name)
    options = {'limits': spec.limits(model), **options}
    return KinematicChain.from_model(model, spec.base, [spec.tip], **options)


def random_positions(chain: KinematicChain, count: int, seed: int = 0) -> np.ndarray:
    """Return random joint vectors inside the limits, shape (count, n) [rad or m]."""
    rng = np.random.default_rng(seed)
    return rng.uniform(chain.bounds[2], chain.bounds[3], size=(count, chain.size))
