"""Pinocchio as the referee: where the tip really is, and how far that is from what was asked."""

from __future__ import annotations

from typing import Any

from ik_solver_node.chain import KinematicChain
import numpy as np

SOLVED = (1e-4, 1e-3)
"""Position [m] and rotation [rad] error below which a target counts as solved."""
STRICT = (1e-6, 1e-6)
"""The same for a target solved strictly."""


class Referee:
    """
    Pinocchio's forward kinematics of a chain, independent of ours.

    Parameters
    ----------
    urdf : str
        Text of the robot's URDF, unchanged.
    chain : KinematicChain
        Its base, tip, joint order and limits.

    """

    def __init__(self, urdf: str, chain: KinematicChain) -> None:
        import pinocchio
        self._pin = pinocchio
        self._model = pinocchio.buildModelFromXML(urdf)
        self._data = self._model.createData()
        self._chain = chain
        self._links = [self._model.getFrameId(link, pinocchio.BODY)
                       for link in (chain.base_link, chain.tip_links[0])]

    def tip_in_base(self, q: np.ndarray) -> Any:
        """Return the pose of the tip in the base at `q` (n,) [rad or m] as a Pinocchio SE3."""
        configuration = self._pin.neutral(self._model)
        for name, value in self._chain.joint_positions(q).items():
            joint = self._model.joints[self._model.getJointId(name)]
            if joint.nq == 2:  # without limits: its cosine and sine
                configuration[joint.idx_q:joint.idx_q + 2] = np.cos(value), np.sin(value)
            else:
                configuration[joint.idx_q] = value
        self._pin.framesForwardKinematics(self._model, self._data, configuration)
        base, tip = (self._data.oMf[link] for link in self._links)
        return base.inverse() * tip

    def errors(self, pose: np.ndarray, q: np.ndarray) -> tuple[float, float]:
        """Return position [m] and rotation [rad] error of `q`; infinite outside the limits."""
        if not np.all((q >= self._chain.lower) & (q <= self._chain.upper)):
            return np.inf, np.inf  # no answer at all, which is NaN, is outside as well
        found = self.tip_in_base(q)
        rotation = self._pin.log3(found.rotation.T @ pose[:3, :3])
        return (float(np.linalg.norm(pose[:3, 3] - found.translation)),
                float(np.linalg.norm(rotation)))
