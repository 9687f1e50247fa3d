"""
Watches on callbacks: how long they take, call by call.

A watch costs a few looks at clocks. Nothing is kept but counts, so that a long run needs no more
memory than a short one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
import gc
import json
from time import perf_counter, thread_time
from typing import Any

import numpy as np

LONGEST = 20_000
"""What takes longer counts as this [us]."""
PERCENTILES = (50.0, 95.0, 99.0, 100.0)


class Durations:
    """How long something took, again and again, counted in microseconds."""

    def __init__(self) -> None:
        self._counts = [0] * (LONGEST + 1)

    def add(self, seconds: float) -> None:
        """Count one time [s]."""
        self._counts[min(int(1e6 * seconds), LONGEST)] += 1

    def take(self) -> list[float]:
        """Return how many there were, and their percentiles [us] if there were any; forget all."""
        counts = np.cumsum(self._counts)
        self._counts[:] = [0] * (LONGEST + 1)
        return [int(counts[-1]), *(
            float(np.searchsorted(counts, 0.01 * share * counts[-1]))
            for share in PERCENTILES if counts[-1])]


class Watch:
    """
    Times of a callback.

    Attributes
    ----------
    own : Durations
        What its thread had of a processor.
    wall : Durations
        From its begin to its end, with whatever else the machine did meanwhile.

    """

    def __init__(self) -> None:
        self.own, self.wall = Durations(), Durations()

    def on(self, callback: Callable) -> Callable:
        """Return `callback`, watched."""
        @wraps(callback)
        def timed(*arguments: Any) -> None:
            began, began_own = perf_counter(), thread_time()
            callback(*arguments)
            self.own.add(thread_time() - began_own)
            self.wall.add(perf_counter() - began)

        return timed

    def on_garbage(self) -> Callable[[str, dict], None]:
        """Return a callback of the garbage collector, which is watched from then on."""
        began: list[float] = [0.0, 0.0]

        def timed(phase: str, _: dict) -> None:
            if phase == 'start':
                began[:] = perf_counter(), thread_time()
                return
            self.own.add(thread_time() - began[1])
            self.wall.add(perf_counter() - began[0])

        return timed


def serve_work(node: Any, watches: Mapping[str, Watch]) -> None:
    """Have the service ``~/work`` of a node tell what was done since it was asked last."""
    from std_srvs.srv import Trigger

    def tell(_: Any, response: Any) -> Any:
        work = {name: {'own': watch.own.take(), 'wall': watch.wall.take()}
                for name, watch in watches.items()}
        response.success = True
        response.message = json.dumps({'work': work, 'objects': len(gc.get_objects())})
        return response

    node.create_service(Trigger, '~/work', tell)
