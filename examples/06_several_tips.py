"""Several tips of one tree: two arms that share a torso, and a spider that leans and stands."""

from pathlib import Path

from ik_solver_node import (
    KinematicChain, parse_urdf, PointTarget, Pose, PoseTarget, read_urdf, solve)
import numpy as np

ROBOTS = Path(__file__).resolve().parent.parent / 'urdf'


def chain_of(robot: str, tips: list[str]) -> KinematicChain:
    """Return the chain from the root of a robot to these tips."""
    return KinematicChain.from_model(parse_urdf(read_urdf(ROBOTS / f'{robot}.urdf')), None, tips)


# A tray at shoulder height to the left: it has to be taken from both sides, so the torso turns.
chain = chain_of('dual_arm', ['left_tool0', 'right_tool0'])
result = solve(chain, {
    'left_tool0': PoseTarget(Pose.from_rpy([0.25, 0.5, 1.2], [1.57, 0.0, 0.79])),
    'right_tool0': PoseTarget(Pose.from_rpy([0.5, 0.25, 1.2], [-1.57, 0.0, 0.79]))})
torso = dict(zip(chain.joint_names, result.positions))
print(f'two arms: {result.reason.sentence}; the torso lifts by {torso["torso_lift_joint"]:.2f} m '
      f'and turns by {torso["torso_yaw_joint"]:.2f} rad')

# The feet stay where they are in the world, so in the body, their base, they move against it.
feet = [f'foot_{number}' for number in range(1, 9)]
chain = chain_of('spider', feet)
positions = np.zeros(chain.size)
stand = [chain.forward_kinematics(positions, foot).position for foot in feet]
for a in np.linspace(0.0, 2.0 * np.pi, 9):
    body = Pose.from_rpy([0.03 * np.cos(a), 0.03 * np.sin(a), 0.01], [0.0, 0.1 * np.cos(a), 0.0])
    targets = {foot: PointTarget((place - body.position) @ body.rotation())
               for foot, place in zip(feet, stand)}
    result = solve(chain, targets, positions)
    step, positions = np.abs(result.positions - positions).max(), result.positions
    x, y = (round(1e3 * value) for value in body.position[:2])
    print(f'spider: body at x = {x:>3} mm, y = {y:>3} mm, largest joint step {step:.2f} rad, '
          f'feet {1e6 * result.position_error:.2f} um off')
