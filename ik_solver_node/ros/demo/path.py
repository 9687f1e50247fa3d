"""Where the targets of the demo are: a smooth path that an arm can follow."""

from __future__ import annotations

from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import JointType, RobotModel
import numpy as np

SPEED = 0.8
"""Joints move no faster than this, nor than half their own limit [rad/s or m/s]."""

LARGEST_TURN, LARGEST_SLIDE = 1.5, 0.3
"""How far a joint goes to each side if its limits allow, [rad] and [m]."""

CALM, CALM_PACE = 0.25, 1.5
"""A calm path takes this share of the way to each side, and its sines are no faster [rad/s]."""

POSTURES = 200
"""Among so many the best one is chosen for it."""

RADIAN, SINGULAR = 0.3, 1e-3
"""So far a radian counts [m], and so little motion of the tip is none [m/rad]."""

FAR = 1.5
"""Out of reach is this many times the length of the straightened arm."""

SENSIBLE_REACH = 1000.0
"""An arm that is longer [m] has a slide without a real limit: nothing is out of its reach."""


class TargetPath:
    """
    Poses along a smooth path through the joint space.

    Each joint follows a sum of two sines around the middle of its range, no faster than `SPEED`
    and half its limit. The path is a function of time alone, so that it looks the same at every
    rate.

    Parameters
    ----------
    chain : KinematicChain
        The chain that shall be able to follow.
    random_seed : int
        Same seed, same path.
    is_calm : bool
        Whether the path stays near a posture from which the tip moves well in all directions, as
        somebody would choose who wants an arm to follow; if not, it goes through most of the
        range, and past places where joints must move fast.

    """

    def __init__(self, chain: KinematicChain, random_seed: int, is_calm: bool = False) -> None:
        random = np.random.default_rng(random_seed)
        slides = np.array([chain.model.joint(name).type is JointType.PRISMATIC
                           for name in chain.joint_names])
        largest = np.where(slides, LARGEST_SLIDE, LARGEST_TURN)
        speed = np.minimum(SPEED, 0.5 * chain.velocity)
        self.chain = chain
        self._middle = chain.mid_range()
        self._swing = np.minimum(0.4 * (chain.upper - chain.lower), largest)
        if is_calm:
            self._middle = _nimble(chain, self._middle, self._swing, random)
            self._swing = CALM * self._swing
        self._phases = random.uniform(0.0, 2.0 * np.pi, (2, chain.size))
        # The two sines, of 2/3 and 1/3 of the swing, together stay below the speed.
        fastest = speed / np.maximum(self._swing, 0.1)
        if is_calm:
            fastest = np.minimum(fastest, CALM_PACE)
        self._frequencies = fastest * random.uniform(0.4, 1.0, (2, chain.size))
        self._reach = _reach(chain)

    def positions(self, time: float) -> np.ndarray:
        """Return joint positions, shape (n,) [rad or m], with which the tip is at the target."""
        slow, fast = np.sin(self._frequencies * time + self._phases)
        return self.chain.clip(self._middle + self._swing * (2.0 * slow + fast) / 3.0)

    def pose(self, time: float) -> Pose:
        """Return the target at `time` [s], in the base frame."""
        return self.chain.forward_kinematics(self.positions(time))

    def out_of_reach(self, pose: Pose) -> Pose | None:
        """Return `pose` moved straight away from the base until no arm could get there."""
        distance = float(np.linalg.norm(pose.position))
        if not 0.0 < self._reach < SENSIBLE_REACH or distance == 0.0:
            return None
        return Pose(pose.position * (FAR * self._reach / distance), pose.quat_xyzw)


def _nimble(chain: KinematicChain, middle: np.ndarray, swing: np.ndarray,
            random: np.random.Generator) -> np.ndarray:
    """Return the one of many postures (n,) [rad or m] that is farthest from a singularity."""
    postures = middle + random.uniform(CALM - 1.0, 1.0 - CALM, (POSTURES, chain.size)) * swing
    weights = np.array([1.0, 1.0, 1.0, RADIAN, RADIAN, RADIAN])[:, None]
    values = np.array([np.linalg.svd(weights * chain.jacobian(q), compute_uv=False)
                       for q in postures])
    # Of as many directions as an arm of its kind can control at all.
    controlled = int((values > SINGULAR).sum(axis=1).max())
    return np.asarray(postures[values[:, max(0, controlled - 1)].argmax()])


def _reach(chain: KinematicChain) -> float:
    """Return a distance from the base beyond which the tip never gets [m]."""
    return sum(_length_to_root(chain.model, link)
               for link in (chain.base_link, chain.tip_links[0]))


def _length_to_root(model: RobotModel, link: str) -> float:
    """Return the sum of all offsets and slides from `link` up to the root [m]."""
    length = 0.0
    while (joint := model.parent_joint(link)) is not None:
        length += float(np.linalg.norm(joint.T_parent_joint[:3, 3]))
        if joint.type is JointType.PRISMATIC:
            length += max(abs(joint.lower), abs(joint.upper))
        link = joint.parent
    return length
