"""Inverse kinematics: from a pose of the tip to joint positions, with a verdict."""

from pathlib import Path

from ik_solver_node import KinematicChain, parse_urdf, PointTarget, Pose, read_urdf, solve

URDF = Path(__file__).resolve().parent.parent / 'urdf' / 'six_axis_arm.urdf'

chain = KinematicChain.from_model(parse_urdf(read_urdf(URDF)))

for target in (Pose.from_rpy([0.4, 0.1, 0.5], [0.0, 3.14, 0.0]),  # a full pose
               PointTarget([0.4, 0.1, 0.5]),                      # in any orientation
               PointTarget([5.0, 0.0, 0.0])):                     # out of reach
    result = solve(chain, target)
    print(f'{result.reason.sentence}: {1e3 * result.position_error:.3g} mm off after '
          f'{result.iterations} steps and {1e6 * result.elapsed:.0f} us')
    for name, position in zip(chain.joint_names, result.positions):
        print(f'    {name:<10}{position:>9.4f} rad')
