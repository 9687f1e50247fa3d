"""Solve many targets at once: on all cores, with the answers of `solve`."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
import os
from time import perf_counter

from ik_solver_node import kernels
from ik_solver_node.chain import KinematicChain
from ik_solver_node.chunks import ChunkSolver, CODE, REPORT_SIZE
from ik_solver_node.compilation import warm_up, warm_up_batches
from ik_solver_node.exceptions import InvalidPoseError, OptionsError
from ik_solver_node.pose import shown
from ik_solver_node.progress import Progress
from ik_solver_node.relaxation import mobility_or_none, relaxation_of
from ik_solver_node.request import check_targets, goals_of, Requests
from ik_solver_node.result import IkResult, TerminationReason
from ik_solver_node.solver_options import prepared, SolverOptions
import numpy as np
from numpy.typing import ArrayLike

CHUNK = 2048
"""Most targets that are laid out for the kernels at once, 0.3 kB each and tip."""


@dataclass(frozen=True, eq=False)
class BatchResult:
    """
    The outcomes of `solve_batch`, in the order of its targets.

    ``len()``, indexing and iteration give an `IkResult` for each.

    Attributes
    ----------
    chain : KinematicChain
        The chain that was solved for.
    positions : ndarray, shape (N, n)
        Joint positions [rad or m].
    reasons : ndarray of int, shape (N,)
        `TerminationReason` of each.
    position_errors, orientation_errors : ndarray, shape (N,)
        How far each is off [m], [rad].
    iterations, restarts : ndarray of int, shape (N,)
        Steps over all descents, and descents after the first.
    out_of_reach : ndarray, shape (N,)
        How far each target lies at least beyond the reach of the arm [m].
    elapsed : float
        Wall time of all [s].
    targets : list, tuple or ndarray
        What was asked, as it was given.

    """

    chain: KinematicChain = field(repr=False)
    positions: np.ndarray
    reasons: np.ndarray
    position_errors: np.ndarray
    orientation_errors: np.ndarray
    iterations: np.ndarray
    restarts: np.ndarray
    out_of_reach: np.ndarray
    elapsed: float
    targets: Requests = field(repr=False)

    @property
    def success(self) -> np.ndarray:
        """Whether each target was reached within the tolerances, shape (N,)."""
        return ((self.reasons == TerminationReason.CONVERGED)
                | (self.reasons == TerminationReason.RELAXED))

    def __len__(self) -> int:
        """Return the number `N` of targets."""
        return len(self.positions)

    def __getitem__(self, i: int) -> IkResult:
        """Return the outcome of target `i`; its time is the mean over all."""
        reason = TerminationReason(int(self.reasons[i]))
        at = i + len(self) if i < 0 else i
        return IkResult(
            self.chain, self.positions[i].copy(), reason,
            float(self.position_errors[i]), float(self.orientation_errors[i]),
            int(self.iterations[i]), int(self.restarts[i]), self.elapsed / len(self),
            float(self.out_of_reach[i]), goals_of(self.chain, self.targets, slice(at, at + 1))[0],
            mobility_or_none(self.chain) if reason is TerminationReason.RELAXED else None)

    def __iter__(self) -> Iterator[IkResult]:
        """Go through the outcomes."""
        return (self[i] for i in range(len(self)))


def solve_batch(chain: KinematicChain, targets: Requests,
                seeds: ArrayLike | None = None, options: SolverOptions = SolverOptions(), *,
                workers: int | None = None, progress: bool | None = None) -> BatchResult:
    """
    Solve for each of `targets`, on all cores.

    The answers are those of `solve`, bit for bit, however many cores there are; only that budgets
    are counts here: ``options.max_time`` is not looked at.

    Parameters
    ----------
    chain : KinematicChain
        The chain.
    targets : sequence, or ndarray of shape (N, 4, 4) or (N, 3)
        What `solve` takes as a target, for each. An array holds homogeneous transforms, for full
        poses, or points [m]; it is by far the quickest to read, and for chains with one tip.
    seeds : array_like, shape (N, n) or (n,), optional
        Where to start, for each or for all [rad or m]. Default: the middle of the range.
    options : SolverOptions, optional
        Step rule, tolerances and budgets. Custom objectives need Python, and so are refused.
    workers : int, optional
        Threads. Default: as many as there are cores to run on.
    progress : bool, optional
        Whether to show a progress bar (needs tqdm). Default: on a terminal, when it takes long.

    Returns
    -------
    BatchResult
        The outcomes; beside it and the input a few megabytes are needed, however many targets.

    Raises
    ------
    InvalidPoseError
        If a target or a seed is none; the message says which.
    OptionsError
        If `workers` is not a positive number, or there are Custom objectives.
    MissingDependencyError
        If `progress` is True and tqdm is not installed.

    """
    if workers is not None and (isinstance(workers, bool) or not isinstance(workers, int)
                                or workers < 1):
        raise OptionsError(f'workers is {workers!r}, but must be a positive number of threads')
    array, rows, customs = prepared(chain, options)
    if customs:
        raise OptionsError('solve_batch runs outside of Python, so that it cannot call a Custom '
                           'objective; use solve for each target')
    check_targets(targets)
    warm_up()
    warm_up_batches()
    began = perf_counter()
    count = len(targets)
    positions, reports = _seeds(chain, seeds, count), np.empty((count, REPORT_SIZE))
    solver = ChunkSolver(chain, options, array, rows, relaxation_of(chain, options))
    workers = workers or _cores()
    # Small enough that every worker gets some, and the bar moves.
    size = min(CHUNK, max(1, count // (4 * workers)))

    def run(first: int) -> int:
        part = slice(first, min(first + size, count))
        solver.solve(goals_of(chain, targets, part), positions[part], reports[part])
        return part.stop - first

    with Progress(count, progress) as bar:
        _run_all(run, range(0, count, size), workers, bar)
    _refuse_bad_seeds(reports, positions)
    return _result(chain, targets, positions, reports, perf_counter() - began)


def _run_all(run: Callable[[int], int], firsts: Iterable[int], workers: int,
             bar: Progress) -> None:
    """Call `run` for each of `firsts` on so many threads; a few wait in line, so that it ends."""
    pool = ThreadPoolExecutor(workers)
    waiting: deque[Future[int]] = deque()
    try:
        for first in firsts:
            if len(waiting) > 2 * workers:
                bar.add(waiting.popleft().result())
            waiting.append(pool.submit(run, first))
        while waiting:
            bar.add(waiting.popleft().result())
    finally:
        for future in waiting:
            future.cancel()
        pool.shutdown()


def _result(chain: KinematicChain, targets: Requests,
            positions: np.ndarray, reports: np.ndarray, elapsed: float) -> BatchResult:
    """Take the reports of the kernels apart."""
    return BatchResult(chain, positions, reports[:, CODE].astype(np.int8),
                       reports[:, kernels.N_POSITION].copy(),
                       reports[:, kernels.N_ORIENTATION].copy(),
                       reports[:, kernels.N_ITERATIONS].astype(np.int32),
                       reports[:, kernels.N_RESTARTS].astype(np.int32),
                       reports[:, kernels.N_GAP].copy(), elapsed, targets)


def _cores() -> int:
    """Return the number of cores this process may run on."""
    if hasattr(os, 'sched_getaffinity'):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _seeds(chain: KinematicChain, seeds: ArrayLike | None, count: int) -> np.ndarray:
    """Return a new array (N, n) with the seeds."""
    wanted = (count, chain.size)
    if seeds is None:
        seeds = chain.mid_range()
    try:
        given = np.asarray(seeds, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidPoseError(f'seeds must be numbers of shape {wanted}, got '
                               f'{shown(seeds)}') from error
    if given.shape not in (wanted, (chain.size,)):
        raise InvalidPoseError(f'seeds must have shape {wanted} or ({chain.size},), got '
                               f'{given.shape}')
    return np.array(np.broadcast_to(given, wanted), order='C')


def _refuse_bad_seeds(reports: np.ndarray, positions: np.ndarray) -> None:
    """Say which seed is not finite, if one is not."""
    bad = np.flatnonzero(reports[:, CODE] == kernels.BAD_SEED)
    if len(bad):
        raise InvalidPoseError(f'seeds must be finite, but number {bad[0]} is '
                               f'{positions[bad[0]].tolist()}')
