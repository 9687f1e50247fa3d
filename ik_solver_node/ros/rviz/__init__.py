"""
What RViz needs to show how an arm is brought to its targets, and to be asked for them.

A node of its own, ``ik_solver_rviz``, so that an arm is not kept waiting by those who look at it.
It knows no more of the node that moves the arm than that tells everybody: its parameters, targets,
verdicts, joints, and its destination.

`scene` and `handle` know no ROS; `markers` and `handle_marker` turn them into messages. There is a
scene for each tip, which `targets` fills, and `handles` are for all of them.
"""
