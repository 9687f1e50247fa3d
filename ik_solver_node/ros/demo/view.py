"""The demo with a page: the node, and a browser in which the arm follows the mouse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
import time
from typing import Any

from ik_solver_node.ros.demo.processes import Child, end_all, POLL_PERIOD

# The arm exists on the page only. So it goes as near as it can to what is out of its reach, takes
# a new posture where it has to, and does so within limits of velocity, acceleration and jerk.
SETTINGS: Mapping[str, Any] = {
    'motion.mode': 'move', 'tracking.allow_approximate': True, 'tracking.near': 0.0}
"""Parameters of the node."""


def run_view(robot: Mapping[str, Any], environment: Mapping[str, str],
             say: Callable[[str], None], wants_end: Callable[[], bool]) -> int:
    """
    Let somebody drag the arm about in a browser until that is enough; return the exit code.

    Parameters
    ----------
    robot : mapping
        ROS parameters that say which robot it is.
    environment : mapping of str to str
        Environment variables of the processes.
    say : callable
        Prints a line.
    wants_end : callable
        Returns whether somebody wants an end.

    """
    node = Child('ik_solver_node.ros', {**robot, **SETTINGS}, environment)
    viewer = Child('ik_solver_node.viewer', robot, environment)
    children = (node, viewer)
    try:
        for child in children:
            child.start()
        dead = _watch(children, say, wants_end)
    finally:
        end_all(children)
    if dead is None:
        return 0
    say(dead.obituary())
    return 1


def _watch(children: tuple[Child, ...], say: Callable[[str], None],
           wants_end: Callable[[], bool]) -> Child | None:
    """Show what the processes say until the end; return one that died, if one did."""
    while not wants_end():
        dead = next((child for child in children if not child.is_running), None)
        if dead is not None:
            return dead
        for child in children:
            for line in child.logged.new_lines():
                say(f'         {line.removeprefix("INFO ")}')
        time.sleep(POLL_PERIOD)
    return None
