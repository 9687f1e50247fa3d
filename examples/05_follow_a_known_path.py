"""A path that is known beforehand: followed to its end, where a stream of it would be held."""

from pathlib import Path

from ik_solver_node import (
    KinematicChain, parse_urdf, Pose, PoseTarget, PoseTracker, read_urdf, solve_path)
import numpy as np

URDF = Path(__file__).resolve().parent.parent / 'urdf' / 'seven_axis_arm.urdf'

chain = KinematicChain.from_model(parse_urdf(read_urdf(URDF)))
start = chain.mid_range() + 0.3
begin = chain.forward_kinematics(start)

# A circle of 30 cm from where the arm is, twice, while the tool turns to and fro about its axis.
path = []
for a in np.linspace(0.0, 4.0 * np.pi, 1000):
    offset = 0.15 * np.array([0.0, np.sin(a), np.cos(a) - 1.0])
    spin = Pose.from_rpy(begin.rotation().T @ offset, [0.0, 0.0, 1.8 * np.sin(0.5 * a)])
    path.append(PoseTarget(Pose.from_matrix(begin.matrix() @ spin.matrix())))

tracker = PoseTracker(chain)
tracker.reset(start)
accepted = sum(tracker.track(target).accepted for target in path)
print(f'one target at a time: {accepted} of {len(path)} accepted')

result = solve_path(chain, path, start)
print(f'the whole path at once: {result.sentence}')
print(f'{result.postures} postures taken along, {1e3 * result.elapsed:.0f} ms')
