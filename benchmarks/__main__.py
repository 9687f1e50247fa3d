"""
Run the benchmarks: ``python -m benchmarks [BENCHMARK ...]``, by default all.

``pose``, ``position`` and ``path`` measure the solver, and with ``--peers`` others beside it on
the same targets; ``batch`` solves in batches, ``parts`` what a solve is made of, ``node`` round
trips through the node, and ``track`` how even its commands are in that mode.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from importlib.util import find_spec
import math
from pathlib import Path
import sys

from benchmarks import batch_benchmark, node_benchmark, parts, report, track_benchmark
from benchmarks.contest import Contest, Track
from benchmarks.machine import machine, one_core, versions
from benchmarks.problem import load_problems, Problem
from benchmarks.solver import PEERS, SOLVERS

BATCH, PARTS, NODE, STREAM = 'batch', 'parts', 'node', 'track'
SHOWN = ('so101', 'ur5', 'panda', 'pr2_torso')
"""Robots whose solve is taken apart, if none are named."""
NAMES = [*(track.value for track in Track), BATCH, PARTS, NODE, STREAM]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what was asked for and return 0 if every promise that was measured is kept."""
    parser = make_parser()
    options = parser.parse_args(arguments)
    wrong = mistake(options)
    if wrong:
        parser.error(wrong)
    wanted = [name for name in NAMES if not options.which or name in options.which]
    tracks = [Track(name) for name in wanted if name in {track.value for track in Track}]
    if options.plot and find_spec('matplotlib') is None:
        parser.error('--plot needs matplotlib: pip install matplotlib')
    try:
        problems = load_problems(options.robots) if set(wanted) - {NODE, STREAM} else []
        peers = chosen_peers(options.peers)
    except ValueError as error:
        parser.error(str(error))
    except ImportError as error:
        parser.error(f'{error}')
    if problems and find_spec('pinocchio') is None:
        parser.error('the referee is Pinocchio, which is not installed: pip install pin')
    print(machine(), flush=True)
    kept = run_tracks(tracks, problems, peers, options)
    if BATCH in wanted:
        batch_benchmark.run(problems, options.targets)
    if PARTS in wanted:
        with one_core():
            parts.run([problem for problem in problems if problem.name in SHOWN
                       or options.robots], options.targets)
    if NODE in wanted:
        kept &= node_benchmark.run(options)
    if STREAM in wanted:
        try:
            kept &= track_benchmark.run(options)
        except RuntimeError as error:  # a process that ended, or was not given its priority
            sys.exit(f'{parser.prog}: {error}')
    return 0 if kept else 1


def mistake(options: argparse.Namespace) -> str:
    """Return what is wrong with the arguments, in a sentence; empty if nothing is."""
    for given, kind, known in ((options.which, 'benchmark', NAMES),
                               (options.outputs, 'output', list(track_benchmark.CONTROLLERS))):
        unknown = sorted(set(given) - set(known))
        if unknown:
            return f'there is no {kind} {unknown[0]!r}; choose from {", ".join(known)}'
    if options.targets < 1:
        return f'--targets is {options.targets}, but must be at least 1'
    if not 0.0 < options.minutes < math.inf:
        return f'--minutes is {options.minutes:g}, but must be more than 0'
    if not 1.0 <= options.rate <= 1000.0:
        return f'--rate is {options.rate:g} [Hz], but must be from 1 to 1000'
    if not 0 <= options.priority <= 99:
        return f'--priority is {options.priority}, but must be from 0 to 99'
    return ''


def make_parser() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(prog='python -m benchmarks', description=__doc__,
                                     allow_abbrev=False)
    parser.add_argument('which', nargs='*', metavar='BENCHMARK',
                        help=f'what to measure: {", ".join(NAMES)} (default: all)')
    parser.add_argument('--targets', type=int, default=1000,
                        help='targets for each robot (default: %(default)s)')
    parser.add_argument('--robots', type=names, metavar='A,B,...',
                        help='stock robots to run on, names of test/robots.py (default: all)')
    parser.add_argument('--peers', type=names, nargs='?', const=['all'], default=['none'],
                        metavar='A,B,...', help='solvers to run beside ours: all, none (the '
                        f'default) or some of {", ".join(PEERS)}')
    parser.add_argument('--json', type=Path, metavar='FILE', help='write all figures there'
                        ' (a path from the top of the repository)')
    parser.add_argument('--plot', type=Path, metavar='FILE', help='draw them there')
    parser.add_argument('--trips', type=int, default=2000,
                        help='round trips through each node (default: %(default)s)')
    parser.add_argument('--minutes', type=float, default=0.5,
                        help='how long the mode track is measured (default: %(default)s)')
    parser.add_argument('--rate', type=float, default=250.0,
                        help='cycles a second in the mode track (default: %(default)s)')
    parser.add_argument('--priority', type=int, default=0,
                        help='thread_priority of the node in the mode track; the bare timer has '
                        'none (default: %(default)s)')
    parser.add_argument('--outputs', type=names, metavar='A,B,...', default=['joint_state'],
                        help='ways out of the node in the mode track, some of '
                        f'{", ".join(track_benchmark.CONTROLLERS)} (default: joint_state)')
    return parser


def names(text: str) -> list[str]:
    """Return the names in a list with commas."""
    return [name.strip() for name in text.split(',') if name.strip()]


def chosen_peers(wanted: Sequence[str]) -> list[str]:
    """
    Return the peers to run, after a line about each that is not installed.

    Raises
    ------
    ValueError
        If there is no such peer.

    """
    chosen = {'all': PEERS, 'none': []}.get(','.join(wanted), list(wanted))
    unknown = sorted(set(chosen) - set(PEERS))
    if unknown:
        raise ValueError(
            f'there is no peer {unknown[0]!r}; choose all, none or some of {", ".join(PEERS)}')
    present = []
    for peer in chosen:
        package = SOLVERS[peer].package
        if versions([package]):
            present.append(peer)
        else:
            print(f'{peer}: left out, it is not installed: pip install {package}')
    return present


def run_tracks(tracks: Sequence[Track], problems: Sequence[Problem], peers: Sequence[str],
               options: argparse.Namespace) -> bool:
    """Run the tracks, print and write their results, and return whether the floor is held."""
    kept, results = True, []
    packages = versions(dict.fromkeys(SOLVERS[peer].package for peer in peers))
    if packages:
        print(', '.join(f'{package} {number}' for package, number in packages.items()))
    about = {'machine': machine(), 'command': f'python -m benchmarks {" ".join(sys.argv[1:])}',
             'versions': {**versions(['ik_solver_node', 'numpy', 'numba', 'pin']), **packages}}
    with one_core(), Contest(peers, progress) as contest:
        for track in tracks:
            figures = contest.run(track, problems, options.targets)
            progress('')
            refusals = [(solver, reason, robots) for (of, solver, reason), robots
                        in contest.notes.items() if of is track]
            results.append(report.Result(track, options.targets, figures, refusals))
            print(f'\n{report.text(results[-1])}', flush=True)
            if options.json:  # after each, as the next may take long
                report.write_json(options.json, results, about)
            if track is Track.POSE:
                kept, sentence = report.floor(results[-1])
                print(sentence, flush=True)
    if options.plot and results:
        from benchmarks import plot
        plot.draw(options.plot, results)
    return kept


def progress(text: str) -> None:
    """Show a line in place of the last one, if somebody is looking."""
    if sys.stderr.isatty():
        print(f'\r{text:<78.78}' + ('' if text else '\r'), end='', file=sys.stderr, flush=True)


if __name__ == '__main__':
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
