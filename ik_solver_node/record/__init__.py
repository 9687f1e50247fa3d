"""Recordings of the node: written, read, drawn and replayed, all of it without ROS."""
