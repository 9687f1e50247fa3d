"""Start the node: ``python -m ik_solver_node.ros``."""

import sys

from ik_solver_node.ros.starting import start


def main() -> int:
    """Run the node and return its exit code."""
    return start('ik_solver_node.ros.node')


if __name__ == '__main__':
    sys.exit(main())
