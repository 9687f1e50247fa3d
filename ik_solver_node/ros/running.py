"""How a node runs as a program: from the command line to the exit code, signals on the way."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
import signal
import sys

from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.ros.endpoints import Mismatches
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import install_signal_handlers, SignalHandlerOptions

SKIPPED_PERIOD = 1.0
"""Time between two log lines about what a node had to skip [s]."""
HEARTBEAT = 0.5
"""
Time after which a node looks whether it is to end, at the latest, and who does not fit it [s].

On a signal rclpy first wakes whoever waits, and then shuts ROS down. A node that is quick, or has
a slow other thread, has begun to wait again by then; without a timer it would do so for ever.
"""


def run(name: str, make_node: Callable[[], Node], args: list[str] | None = None,
        prepare: Callable[[], None] | None = None) -> int:
    """
    Run a node until it is told to stop; return the exit code.

    Parameters
    ----------
    name : str
        What the program calls itself when there is no node to do so.
    make_node : callable
        Returns the node; what it raises of `IkSolverError` becomes a line and exit code 1.
    args : list of str, optional
        Command line; default that of the process.
    prepare : callable, optional
        Called before anything can listen, while a signal still ends the process at once.

    """
    try:
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    except Exception as error:  # RCLError, which has no public name: arguments that are none
        sys.exit(f'{name}: {error}')
    if prepare is not None:
        prepare()
    # Made while a signal still ends the process: one in the middle of it would leave half of it.
    executor = SingleThreadedExecutor()
    # rclpy's own handler shuts ROS down on a signal, which ends `spin`. Python's would raise too,
    # in the middle of anything.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    install_signal_handlers()
    try:
        _serve(make_node(), executor)
    except (IkSolverError, ParameterException, RuntimeError) as error:
        # Once a signal has shut ROS down, whatever is in use says so in its own way.
        if rclpy.ok():
            rclpy.logging.get_logger(name).error(str(error))
            return 1
    finally:
        with suppress(RuntimeError):  # a signal may be shutting ROS down at this very moment
            rclpy.try_shutdown()
    return 0


def _serve(node: Node, executor: SingleThreadedExecutor) -> None:
    """
    Serve until ROS is shut down.

    Some messages make rclpy itself raise, such as a parameter of a type that does not exist. An
    arm whose node has died is worse off than one whose node has skipped a message.
    """
    node.create_timer(HEARTBEAT, Mismatches(node).look,
                      clock=Clock(clock_type=ClockType.STEADY_TIME))
    executor.add_node(node)
    while rclpy.ok():
        try:
            executor.spin()
        except ExternalShutdownException:
            return
        except Exception as error:
            if rclpy.ok():
                node.get_logger().error(
                    f'skipped what could not be handled: {type(error).__name__}: {error}',
                    throttle_duration_sec=SKIPPED_PERIOD)
