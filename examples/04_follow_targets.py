"""A stream of targets: small steps stay small, and what cannot be reached is held."""

from pathlib import Path

from ik_solver_node import KinematicChain, parse_urdf, Pose, PoseTarget, PoseTracker, read_urdf
import numpy as np

URDF = Path(__file__).resolve().parent.parent / 'urdf' / 'six_axis_arm.urdf'

chain = KinematicChain.from_model(parse_urdf(read_urdf(URDF)))
tracker = PoseTracker(chain)

for x in np.linspace(0.4, 1.6, 13):  # a straight line that leaves the reach of the arm
    target = PoseTarget(Pose.from_rpy([x, 0.0, 0.5], [0.0, 2.0, 0.0]))
    answer = tracker.track(target)
    print(f'x = {x:.1f} m  largest joint step {answer.joint_step:.3f} rad  {answer.sentence}')
