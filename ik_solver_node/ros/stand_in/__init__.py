"""
A stand-in for a real arm: a controller, joints and a broadcaster, all simulated.

It behaves towards other nodes like ``joint_trajectory_controller`` or
``forward_command_controller`` (position interface) of ros2_control together with
``joint_state_broadcaster``, so that what commands an arm can be tried end to end without one. It
is a simulation of the interfaces, not of the physics: joints go where they are told, late, at most
so fast, and no further than their limits. ``docs/stand_in.md`` says what it mimics and what not.

`arm` and what it is made of know no ROS; messages come in and go out in `node`.
"""
