"""Work that takes longer than a callback may: one piece at a time, in a thread."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar('T')


class Errand(Generic[T]):
    """
    Does one piece of work at a time; a new one takes the place of the last.

    The thread does not keep a program from ending.
    """

    def __init__(self) -> None:
        self._work: _Work[T] | None = None

    @property
    def is_busy(self) -> bool:
        """Whether there is work whose outcome has not been asked for."""
        return self._work is not None

    def start(self, work: Callable[[], T]) -> None:
        """Do `work`, and forget what was done before."""
        self._work = _Work(work)
        self._work.start()

    def drop(self) -> None:
        """Forget what is being done."""
        self._work = None

    def outcome(self) -> T | None:
        """
        Return what came of the work, once; None if there is none, or it is not done yet.

        What the work raised is raised here.

        """
        work = self._work
        if work is None or work.is_alive():
            return None
        self._work = None
        if work.error is not None:
            raise work.error
        return work.result


class _Work(Thread, Generic[T]):
    """A piece of work."""

    def __init__(self, work: Callable[[], T]) -> None:
        super().__init__(daemon=True)
        self._do = work
        self.result: T | None = None
        self.error: Exception | None = None

    def run(self) -> None:
        """Do it, and keep what comes of it."""
        try:
            self.result = self._do()
        except Exception as error:  # raised again where the outcome is asked for
            self.error = error
