"""
The arm in a browser: a ROS node of its own, drawn with viser.

======================  ===========================================================================
node                    topics, timers and what happens when
settings                its parameters
solver_link             the node that solves: its answers, parameters and services
web                     the server of the page
scene                   the robot on the page; of links from `visuals`, `shapes` and `mesh_files`
tip_scene               what belongs to a tip: what was asked, what was reached, the way it took
gizmo                   what is dragged
panel                   words, buttons and sliders; `knobs` says which, `plots` draws the curves
joint_tree, limits      where links are, and how near joints are to their limits
======================  ===========================================================================

viser calls back in threads of its own. Nothing of ROS is touched there: what is dragged is kept in
its `Gizmo`, what is clicked goes into a queue, and timers of the node look at both.
"""
