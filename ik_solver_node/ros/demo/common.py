"""What the two nodes of the demo share: options, where the robot comes from, how they end."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, fields
import signal
import sys
from typing import Any

from ik_solver_node.exceptions import IkSolverError, OptionsError
from ik_solver_node.options import check_options, option
from ik_solver_node.ros.running import HEARTBEAT
from ik_solver_node.urdf_file import read_urdf
from rcl_interfaces.msg import ParameterDescriptor
import rclpy
from rclpy.clock import Clock, ClockType
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import install_signal_handlers, SignalHandlerOptions
from rclpy.task import Future
from std_msgs.msg import String


@dataclass(frozen=True)
class ModelOptions:
    """The robot: the same names and meanings as the parameters of the node."""

    robot_description: str = option(
        '', 'the text of the URDF; goes before urdf_file; with both empty, the topic '
        'robot_description is listened to')
    urdf_file: str = option('', 'path of a URDF, or of a .xacro file if xacro is installed')
    base_link: str = option('', 'link whose frame targets are given in; empty for the root')
    tip_links: tuple[str, ...] = option(
        (), 'the link that is brought to the targets, as a list of one; empty for the only leaf')

    def __post_init__(self) -> None:
        """Check every field."""
        # ROS has no empty list without a type: it arrives as None.
        object.__setattr__(self, 'tip_links', tuple(self.tip_links or ()))
        check_options(self)
        if len(self.tip_links) > 1:
            raise OptionsError(
                f'tip_links is {list(self.tip_links)}, but moving targets are for one tip; name '
                'one, or start the demo with targets:=false and drag them in the viewer')

    @property
    def tip_link(self) -> str:
        """The tip link, empty for the only leaf."""
        return self.tip_links[0] if self.tip_links else ''


class DemoNode(Node):
    """
    A node with read-only parameters, that knows the robot and ends by itself.

    Parameters
    ----------
    name : str
        Name of the node.
    options : type
        A dataclass of options under `ModelOptions`; each becomes a parameter.

    Attributes
    ----------
    options : ModelOptions
        What was set at start.
    done : Future
        To be given an exit code when the node has nothing left to do.

    """

    def __init__(self, name: str, options: type[ModelOptions]) -> None:
        super().__init__(name)
        self.options: Any = _declare(self, options)
        self.done = Future()

    def finish(self, exit_code: int = 0) -> None:
        """End the node, from one of its own callbacks."""
        if not self.done.done():
            self.done.set_result(exit_code)

    def exit_code(self) -> int:
        """Return the exit code; called once, when the node has stopped."""
        return self.done.result() if self.done.done() else 0

    def follow_description(self, use: Callable[[str], None]) -> None:
        """Call `use` with the text of the URDF: now, or whenever one comes on the topic."""
        if self.options.robot_description or self.options.urdf_file:
            use(self.options.robot_description or read_urdf(self.options.urdf_file))
            return
        latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self.create_subscription(
            String, 'robot_description', lambda message: self._try_use(use, message), latched)
        self.get_logger().info('waiting for a URDF on the topic robot_description')

    def _try_use(self, use: Callable[[str], None], message: Any) -> None:
        """Call `use`, or log why the URDF cannot be used."""
        try:
            use(message.data)
        except IkSolverError as error:
            self.get_logger().error(f'this robot_description is not used: {error}')


def run(make_node: Callable[[], DemoNode], args: list[str] | None = None) -> int:
    """
    Spin a node until it is done or the program is asked to end; return its exit code.

    Parameters
    ----------
    make_node : callable
        Returns the node; what it raises of `IkSolverError` becomes one line and exit code 2.
    args : list of str, optional
        Command line; default that of the program.

    """
    node = None
    try:
        # Compiling can take long, and ROS would put signals off until it is done.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
        rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
        node = make_node()
        # As in `running.run`: one signal is one wish to end, and interrupts nothing.
        node.create_timer(HEARTBEAT, lambda: None, clock=Clock(clock_type=ClockType.STEADY_TIME))
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        install_signal_handlers()
        executor.spin_until_future_complete(node.done)
    except IkSolverError as error:
        print(error, file=sys.stderr)
        return 2
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except RuntimeError:
        # A wait that was just being set up when the signal came fails like this.
        if rclpy.ok():
            raise
    finally:
        # It fails if a signal is shutting ROS down at the same moment.
        with suppress(RuntimeError):
            rclpy.try_shutdown()
    # Whoever is impatient by now is told what there is to tell, too.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    return node.exit_code() if node is not None else 130


def _declare(node: Node, kind: type[ModelOptions]) -> ModelOptions:
    """Declare each option of `kind` as a parameter and return what was set."""
    values = {}
    for item in fields(kind):
        about = item.metadata
        unit = f' [{about["unit"]}]' if about['unit'] else ''
        descriptor = ParameterDescriptor(
            description=about['description'] + unit, read_only=True, dynamic_typing=True)
        default = list(item.default) if isinstance(item.default, tuple) else item.default
        values[item.name] = node.declare_parameter(item.name, default, descriptor).value
    return kind(**values)
