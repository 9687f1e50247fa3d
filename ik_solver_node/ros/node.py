"""
The ROS 2 node: a managed node that moves an arm.

Its parameters are declared at once; everything else is an `Operation`, which lives from configure
to cleanup. With ``autostart``, as by default, the node makes both transitions to active by itself.

============  =====================================================================================
configure     reads the robot description, or waits for it, and joins its topics; targets are
              refused
activate      takes targets
deactivate    stops the arm smoothly and keeps it where it is; targets are refused again
cleanup       leaves all topics and forgets the robot
shutdown      the same, and ends the life cycle
============  =====================================================================================

A transition that goes wrong says why in the log; the node is then unconfigured, and may be
configured again.
"""

from __future__ import annotations

import sys

from ik_solver_node import kernels
from ik_solver_node.compilation import warm_up_node
from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.ros import parameters
from ik_solver_node.ros.endpoints import EventlessNode
from ik_solver_node.ros.operation import Operation
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.running import run
import rclpy
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

NODE_NAME = 'ik_solver_node'


class IkSolverNode(EventlessNode, LifecycleNode):
    """
    Moves the tip of a robot to the targets it receives.

    Raises
    ------
    IkSolverError
        If a parameter, or, with ``autostart``, the robot description it gives, is refused.

    """

    def __init__(self) -> None:
        super().__init__(NODE_NAME)
        self._operation: Operation | None = None
        self._problem: IkSolverError | None = None
        self._settings: NodeParameters = parameters.declare(self, NodeParameters)
        parameters.watch(self, self._check, self._apply)
        if self._settings.autostart:
            if self.trigger_configure() is not TransitionCallbackReturn.SUCCESS:
                raise self._problem or RuntimeError('the node cannot be configured')
            self.trigger_activate()
        else:
            self.get_logger().info(
                f'waiting to be configured (ros2 lifecycle set {self.get_fully_qualified_name()} '
                'configure), as autostart is false')

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Read the robot description and join the topics."""
        self._problem = None
        try:
            self._operation = Operation(self, self._settings)
        except IkSolverError as error:
            self._problem = error
            if not self._settings.autostart or self.executor is not None:
                self.get_logger().error(f'cannot be configured: {error}')
            return TransitionCallbackReturn.FAILURE
        except Exception as error:  # rclpy goes on to `on_error`, without a word of what it was
            self.get_logger().error(f'cannot be configured: {type(error).__name__}: {error}')
            raise
        return TransitionCallbackReturn.SUCCESS

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Take targets."""
        assert self._operation is not None
        self._operation.activate()
        return super().on_activate(state)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop smoothly and hold."""
        assert self._operation is not None
        self._operation.deactivate()
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave all topics and forget the robot."""
        self._close()
        return TransitionCallbackReturn.SUCCESS

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave all topics for good."""
        self._close()
        return TransitionCallbackReturn.SUCCESS

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Forget what went wrong halfway, so that the node can be configured again."""
        self.get_logger().error('a transition went wrong; the node is unconfigured now')
        self._close()
        return TransitionCallbackReturn.SUCCESS

    def _close(self) -> None:
        """End the life of the operation, if there is one."""
        operation, self._operation = self._operation, None
        if operation is not None:
            operation.close()

    def _check(self, changed: NodeParameters) -> None:
        """Raise `IkSolverError` if `changed` cannot be used."""
        if self._operation is not None:
            self._operation.check(changed)

    def _apply(self, changed: NodeParameters) -> None:
        """Use `changed` parameters from now on."""
        self._settings = changed
        if self._operation is not None:
            self._operation.apply(changed)


def main(args: list[str] | None = None) -> int:
    """
    Run the node until it is told to stop; return the exit code.

    Parameters
    ----------
    args : list of str, optional
        Command line; default that of the process.

    """
    return run(NODE_NAME, IkSolverNode, args, prepare=_load_kernels)


def _load_kernels() -> None:
    """Compile the kernels, or load them from the cache, before anything can listen."""
    logger = rclpy.logging.get_logger(NODE_NAME)
    logger.info('loading the compiled kernels; the first time they are compiled, for about a '
                'minute')
    try:
        # All of them, also in the mode direct: the mode may be changed while others wait.
        logger.info(f'kernels ready after {warm_up_node():.1f} s')
    except Exception as error:  # numba reads what it finds in its cache without looking
        logger.fatal(f'the compiled kernels cannot be loaded: {type(error).__name__}: {error}; '
                     f'delete the cache of numba, {kernels.descend.stats.cache_path}')
        sys.exit(1)


if __name__ == '__main__':
    sys.exit(main())
