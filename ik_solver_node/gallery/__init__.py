"""
The gallery: small scenes in which one sees the ideas behind the solver at work, without ROS.

===================  ==============================================================================
scene                what a scene is: a caption, controls, and frames of lines, dots and arms
scenes               the scenes themselves, and the list of all
robots, descents     the arms they show, and the way of the solver step by step
stage                what many scenes show in the same way
plain                the plain method that lessons begin with, to compare with
drawing              draws a frame with matplotlib
pictures             writes the pictures and the page of docs/gallery
browser, solids      show it all in a browser, with viser
===================  ==============================================================================

A scene computes, it does not draw: its frames are arrays, which a test can look at.
"""
