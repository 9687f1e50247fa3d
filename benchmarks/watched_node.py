"""The node as it is, with a watch on each of its callbacks; asked by the service ``~/work``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
import gc
import sys
from typing import Any

from benchmarks.watch import serve_work, Watch
from ik_solver_node.compilation import warm_up_node
from ik_solver_node.ros.node import IkSolverNode, NODE_NAME
from ik_solver_node.ros.running import run

COLLECTION = 'garbage collection'


class WatchedNode(IkSolverNode):
    """The node, which also tells how long its callbacks take."""

    def __init__(self) -> None:
        self._watches: dict[str, Watch] = {COLLECTION: Watch()}
        super().__init__()
        serve_work(self, self._watches)
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
        function = callback.func if isinstance(callback, partial) else callback
        return self._watches.setdefault(function.__qualname__, Watch()).on(callback)


def prepare() -> None:
    """Load the kernels."""
    warm_up_node()


if __name__ == '__main__':
    sys.exit(run(NODE_NAME, WatchedNode, prepare=prepare))
