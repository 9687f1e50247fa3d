"""Start the command as a module: ``python -m ik_solver_node.cli``."""

import sys

from ik_solver_node.cli import main

if __name__ == '__main__':
    sys.exit(main())
