"""Three ways down the same slope: joint by joint, all at once, and scaled by the curvature."""

from pathlib import Path

from ik_solver_node import KinematicChain, parse_urdf, PointTarget, read_urdf, solve, SolverOptions

URDF = Path(__file__).resolve().parent.parent / 'urdf' / 'six_axis_arm.urdf'

chain = KinematicChain.from_model(parse_urdf(read_urdf(URDF)))
target = PointTarget([0.4, 0.3, 0.5])

RULES = [
    {'step_rule': 'sweep', 'slope': 'finite_difference'},  # as in the lesson
    {'step_rule': 'sweep', 'sweep_order': 'base_to_tip'},
    {'step_rule': 'gradient'},
    {'step_rule': 'damped'},
]
for rule in RULES:
    options = SolverOptions(position_tolerance=1e-4, max_restarts=0, max_time=1.0, **rule)
    solve(chain, target, options=options)  # the first call compiles
    result = solve(chain, target, options=options)
    print(f'{", ".join(rule.values()):<26}{result.iterations:>5} steps '
          f'{1e6 * result.elapsed:>7.0f} us  {1e3 * result.position_error:.2g} mm off')
