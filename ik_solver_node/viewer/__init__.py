"""
The arm in a browser: a ROS node of its own, drawn with viser.

======================  ===========================================================================
node                    topics, timers and what happens when
settings                its parameters
target_topic            the targets that are dragged, and those of others
solver_link, verdict    the node that solves: its parameters and services, what it says of targets
web                     the server of the page
robot                   a robot on the page, drawn by `scene` and, for each tip, `tip_scene`
mesh_files              where the meshes are of what its links look like
gizmo                   what is dragged
panel                   words, buttons and sliders; `knobs` says which, `plots` draws the curves
limits                  how near joints are to their limits
======================  ===========================================================================

viser calls back in threads of its own. Nothing of ROS is touched there: what is dragged is kept in
its `Gizmo`, what is clicked goes into a queue, and timers of the node look at both.
"""
