"""Forward kinematics: one set of joint positions has exactly one tip pose."""

from pathlib import Path

from ik_solver_node import KinematicChain, parse_urdf, read_urdf
import numpy as np

URDF = Path(__file__).resolve().parent.parent / 'urdf' / 'planar_2r.urdf'

chain = KinematicChain.from_model(parse_urdf(read_urdf(URDF)))
print(f'{chain.base_link} to {chain.tip_links[0]} by {", ".join(chain.joint_names)}')

q1, q2 = 0.3, 0.9
tip = chain.forward_kinematics([q1, q2])
print('tip from the chain          ', tip.position[:2])
# The links of this arm are 0.5 m and 0.4 m long: on paper, the same point.
print('tip from sines and cosines  ', np.array([0.5 * np.cos(q1) + 0.4 * np.cos(q1 + q2),
                                                0.5 * np.sin(q1) + 0.4 * np.sin(q1 + q2)]))
