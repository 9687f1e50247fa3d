"""
What a robot looks like, for whoever draws it: the viewer and the gallery.

===========  ======================================================================================
visuals      what the links look like, read from the text of a URDF
shapes       that as triangles
page         triangles on a page of viser
joint_tree   where all links are, from the positions of the joints
===========  ======================================================================================
"""
