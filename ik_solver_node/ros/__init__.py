"""The ROS 2 side: the node, its parameters and messages. Nothing outside needs ROS."""
