"""A tracker that tells what it is asked and answers, so that it can be replayed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from time import perf_counter

from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.record import steps
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PoseTarget
from ik_solver_node.together import Aim
from ik_solver_node.tracker import PoseTracker, TrackerOptions, TrackResult
import numpy as np
from numpy.typing import ArrayLike

Tell = Callable[[str, Callable[[], dict[str, str]]], None]
"""Gets the kind of a step, and what makes its values; it is cheap to call."""


class RecordedTracker(PoseTracker):
    """
    A `PoseTracker` whose every step is told.

    Parameters
    ----------
    chain : KinematicChain
        The chain to move.
    solver_options : SolverOptions
        How to solve; of it, what is no option is not told.
    options : TrackerOptions
        What to accept.
    tell : callable
        Gets the steps.

    """

    def __init__(self, chain: KinematicChain, solver_options: SolverOptions,
                 options: TrackerOptions, tell: Tell) -> None:
        self._tell = tell
        tell('chain', partial(steps.chain_values, chain))
        super().__init__(chain, solver_options, options)

    def reset(self, positions: ArrayLike | None = None) -> None:
        """Do as a `PoseTracker` does, and tell."""
        super().reset(positions)
        given = None if positions is None else np.array(positions, dtype=np.float64)
        self._tell('reset', partial(steps.reset_values, given))

    def configure(self, solver_options: SolverOptions, options: TrackerOptions) -> None:
        """Do as a `PoseTracker` does, and tell."""
        super().configure(solver_options, options)
        self._tell('configure', partial(steps.options_values, solver_options, options))

    def track(self, target: Aim, measured: ArrayLike | None = None) -> TrackResult:
        """Do as a `PoseTracker` does, and tell."""
        began = perf_counter()
        answer = super().track(target, measured)
        took = perf_counter() - began
        asked = target if not isinstance(target, Mapping) else dict(target)
        if isinstance(asked, Pose):
            asked = PoseTarget(asked)
        seen = None if measured is None else np.array(measured, dtype=np.float64)
        self._tell('track', partial(steps.track_values, asked, seen, answer, took))
        return answer
