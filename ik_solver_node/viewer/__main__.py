"""Start the viewer, quiet on Ctrl-C from the first moment on; see `ik_solver_node.ros`."""

import os
import signal
import sys


def main() -> int:
    """Run the node and return its exit code."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: os._exit(0))
    from ik_solver_node.viewer import node
    return node.main()


if __name__ == '__main__':
    sys.exit(main())
