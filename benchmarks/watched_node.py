"""
The node as it is, with a watch on each of its callbacks; asked by the service ``~/work``.

A watch costs a few looks at clocks. Nothing is kept but counts, so that a long run needs no more
memory than a short one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
import gc
import json
import sys
from time import perf_counter, thread_time
from typing import Any

from ik_solver_node.compilation import warm_up
from ik_solver_node.ros.node import IkSolverNode, NODE_NAME
from ik_solver_node.ros.running import run
import numpy as np
from std_srvs.srv import Trigger

LONGEST = 20_000
"""What takes longer counts as this [us]."""
PERCENTILES = (50.0, 95.0, 99.0, 100.0)
COLLECTION = 'garbage collection'


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


class WatchedNode(IkSolverNode):
    """The node, which also tells how long its callbacks take."""

    def __init__(self) -> None:
        self._watches: dict[str, Watch] = {COLLECTION: Watch()}
        super().__init__()
        self.create_service(Trigger, '~/work', self._on_work)
        gc.callbacks.append(self._watches[COLLECTION].on_garbage())

    def create_timer(self, period: float, callback: Callable, *rest: Any, **options: Any) -> Any:
        """Make a timer with a watch."""
        return super().create_timer(period, self._watched(callback), *rest, **options)

    def create_subscription(self, kind: Any, topic: str, callback: Callable, *rest: Any,
                            **options: Any) -> Any:
        """Make a subscription with a watch."""
        return super().create_subscription(kind, topic, self._watched(callback), *rest, **options)

    def _watched(self, callback: Callable) -> Callable:
        """Return `callback` with a watch."""
        return self._watches.setdefault(callback.__qualname__, Watch()).on(callback)

    def _on_work(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        """Tell what was done since this was asked last."""
        work = {name: {'own': watch.own.take(), 'wall': watch.wall.take()}
                for name, watch in self._watches.items()}
        response.success = True
        response.message = json.dumps({'work': work, 'objects': len(gc.get_objects())})
        return response


def prepare() -> None:
    """Load the kernels."""
    warm_up()


if __name__ == '__main__':
    sys.exit(run(NODE_NAME, WatchedNode, prepare=prepare))
