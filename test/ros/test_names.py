"""What can be the name of a node."""

from __future__ import annotations

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.ros.names import check_name
import pytest
from rclpy.exceptions import InvalidTopicNameException
from rclpy.validate_full_topic_name import validate_full_topic_name


@pytest.mark.parametrize('name', ['arm', '/left/arm_2', 'left/_arm', 'A1'])
def test_what_ros_takes_is_taken(name: str) -> None:
    """With and without a namespace."""
    check_name('solver_node', name, 'arm')
    assert validate_full_topic_name(f'/{name.lstrip("/")}')


@pytest.mark.parametrize('name', ['', '/', 'tool-0', '2nd', 'left//arm', 'arm/', 'a b', 'ärm'])
def test_what_ros_refuses_is_refused(name: str) -> None:
    """In a sentence that says whose name it is, and what would do."""
    with pytest.raises(OptionsError) as caught:
        check_name('solver_node', name, 'arm')
    assert str(caught.value).startswith(f'solver_node is {name!r}, but must be a name in ROS')
    with pytest.raises((InvalidTopicNameException, ValueError)):
        validate_full_topic_name(f'/{name.lstrip("/")}')
