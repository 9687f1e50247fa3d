"""Start the viewer: ``python -m ik_solver_node.viewer``."""

import sys

from ik_solver_node.ros.starting import start


def main() -> int:
    """Run the node and return its exit code."""
    return start('ik_solver_node.viewer.node')


if __name__ == '__main__':
    sys.exit(main())
