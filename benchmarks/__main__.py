"""Run the benchmarks: ``python -m benchmarks [solver] [node]``, all without arguments."""

from __future__ import annotations

import argparse
import os
import platform
import sys

from benchmarks import node_benchmark, solver_benchmark
import numba
import numpy as np

BENCHMARKS = {'solver': solver_benchmark.run, 'node': node_benchmark.run}


def machine() -> str:
    """Return the machine and the versions a result belongs to, in one line."""
    processor = platform.processor() or platform.machine()
    try:
        with open('/proc/cpuinfo') as lines:
            processor = next(line.split(':')[1].strip() for line in lines
                             if line.startswith('model name'))
    except (OSError, StopIteration):
        pass
    return (f'{processor}, {os.cpu_count()} cores; Python {platform.python_version()}, '
            f'numpy {np.__version__}, numba {numba.__version__}')


def main() -> int:
    """Run what was asked for and return 0 if every promise that was measured is kept."""
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__)
    parser.add_argument('which', nargs='*', metavar='BENCHMARK',
                        help=f'what to measure: {", ".join(BENCHMARKS)} (default: all)')
    parser.add_argument('--targets', type=int, default=1000,
                        help='targets for each robot (default: %(default)s)')
    parser.add_argument('--trips', type=int, default=2000,
                        help='round trips through each node (default: %(default)s)')
    arguments = parser.parse_args()
    unknown = sorted(set(arguments.which) - set(BENCHMARKS))
    if unknown:
        parser.error(f'there is no benchmark {unknown[0]!r}; choose from {", ".join(BENCHMARKS)}')
    print(machine(), flush=True)
    kept = [BENCHMARKS[name](arguments) for name in arguments.which or BENCHMARKS]
    return 0 if all(kept) else 1


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
