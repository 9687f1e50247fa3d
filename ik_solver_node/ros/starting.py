"""
How the program of a node begins: quiet on Ctrl-C from the first moment on, clear without ROS.

Until the node is on the network a signal ends the process at once. An exception in the middle of
an import, or of numba's compiler, would bring a traceback.
"""

from importlib import import_module
import os
import signal
import sys

NO_ROS = (
    'this program is a node of ROS 2, but {name} cannot be imported: source a ROS 2 distribution '
    '(source /opt/ros/$ROS_DISTRO/setup.bash) in this shell, or let "python3 run.py" in a clone '
    'of the package set up all that is needed; without ROS there are the Python library and the '
    'command ik_solver')


def start(module: str) -> int:
    """Run the node in the module of this name, and return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    try:
        node = import_module(module)
    except ModuleNotFoundError as error:
        name = (error.name or '').partition('.')[0]
        if name != 'rclpy' and not name.endswith(('_interfaces', '_msgs', '_srvs')):
            raise
        sys.exit(NO_ROS.format(name=name))
    return node.main()
