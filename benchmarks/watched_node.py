"""
The node as it is, with a watch on each of its callbacks; asked by the service ``~/work``.

What a watch costs is two looks at a clock and a count. Nothing is kept but counts, so that a long
run needs no more memory than a short one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
import gc
import json
import sys
from time import perf_counter
from typing import Any

from ik_solver_node.ros import node
from ik_solver_node.ros.running import run
import numpy as np
from std_srvs.srv import Trigger

SLOWEST = 20_000
"""What takes longer counts as this [us]."""
PERCENTILES = (50.0, 95.0, 99.0, 100.0)
CYCLE = 'TimedDrive._on_timer'
"""The callback that makes a cycle."""
COLLECTION = 'garbage collection'


class Durations:
    """How long something took, again and again, counted in microseconds."""

    def __init__(self) -> None:
        self._counts = [0] * (SLOWEST + 1)

    def add(self, seconds: float) -> None:
        """Count one time [s]."""
        self._counts[min(int(1e6 * seconds), SLOWEST)] += 1

    def summary(self) -> list[float]:
        """Return how many there were, and their percentiles [us], without those if none."""
        counts = np.cumsum(self._counts)
        total = int(counts[-1])
        return [total, *(float(np.searchsorted(counts, 0.01 * share * total))
                         for share in PERCENTILES if total)]


class WatchedNode(node.IkSolverNode):
    """The node, which also tells how long its callbacks take."""

    def __init__(self) -> None:
        self._durations: dict[str, Durations] = {}
        self._collecting_since = 0.0
        super().__init__()
        self.create_service(Trigger, '~/work', self._on_work)
        gc.callbacks.append(self._on_collection)

    def create_timer(self, period: float, callback: Callable, *rest: Any, **options: Any) -> Any:
        """Make a timer with a watch."""
        return super().create_timer(period, self._watched(callback), *rest, **options)

    def create_subscription(self, kind: Any, topic: str, callback: Callable, *rest: Any,
                            **options: Any) -> Any:
        """Make a subscription with a watch."""
        return super().create_subscription(kind, topic, self._watched(callback), *rest, **options)

    def _watched(self, callback: Callable) -> Callable:
        """Return `callback` with a watch."""
        durations = self._durations.setdefault(callback.__qualname__, Durations())

        @wraps(callback)
        def timed(*arguments: Any) -> None:
            began = perf_counter()
            callback(*arguments)
            durations.add(perf_counter() - began)

        return timed

    def _on_collection(self, phase: str, _: dict) -> None:
        """Watch the garbage collector."""
        if phase == 'start':
            self._collecting_since = perf_counter()
        else:
            self._durations.setdefault(COLLECTION, Durations()).add(
                perf_counter() - self._collecting_since)

    def _on_work(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Tell what was done since this was asked last."""
        work = {name: durations.summary() for name, durations in self._durations.items()}
        for name in self._durations:
            self._durations[name]._counts[:] = [0] * (SLOWEST + 1)
        response.success = True
        response.message = json.dumps({'work': work, 'objects': len(gc.get_objects())})
        return response


if __name__ == '__main__':
    sys.exit(run(node.NODE_NAME, WatchedNode, prepare=node._load_kernels))
