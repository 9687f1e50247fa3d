"""Write a recording in a thread of its own, so that who has something to record never waits."""

from __future__ import annotations

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any

from ik_solver_node.record.writing import Encoded, RecordingFile

MOST_WAITING = 20_000
"""More messages than this do not wait to be written: some seconds of a fast stream."""

FLUSH_PERIOD = 1.0
"""What is older than this is kept if the process is killed [s]."""

CLOSE_TIMEOUT = 10.0
"""How long the end of the process may wait for a slow disk [s]."""


class BackgroundWriter:
    """
    Takes messages at once and writes them soon.

    Messages are encoded in the thread, too, as soon as they come: a little at a time does not
    keep the others from running. If the disk is too slow, what does not fit any more is left out;
    if nothing can be written any more, that is noted once, and all that follows is left out.

    Parameters
    ----------
    file : RecordingFile
        Where to.
    encode : callable
        Makes bytes of a message; called in the thread.
    most : int
        How many messages may wait.

    """

    def __init__(self, file: RecordingFile, encode: Callable[[Any], Encoded],
                 most: int = MOST_WAITING) -> None:
        self._file, self._encode, self._most = file, encode, most
        self._queue: SimpleQueue[tuple[str, Any, int] | None] = SimpleQueue()
        self._dropped = 0
        self._failure = ''
        self._thread = Thread(target=self._run, name='recording', daemon=True)
        self._thread.start()

    @property
    def problem(self) -> str:
        """What goes wrong, in a sentence; empty if nothing does."""
        if self._failure or not self._dropped:
            return self._failure
        return (f'{self._dropped} messages are missing in the recording {self._file.path}: more '
                'was to be recorded than could be written')

    def put(self, topic: str, message: Any, time: int) -> bool:
        """Write `message`, sent on `topic` at `time` [ns]; return False if it is left out."""
        if self._failure:
            return False
        if self._queue.qsize() >= self._most:
            self._dropped += 1
            return False
        self._queue.put((topic, message, time))
        return True

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._queue.put(None)
        self._thread.join(CLOSE_TIMEOUT)
        if self._thread.is_alive():
            self._failure = (f'the recording {self._file.path} lacks its end: it could not be '
                             f'written within {CLOSE_TIMEOUT:g} s')

    def _run(self) -> None:
        """Write until the end, or until it fails."""
        try:
            self._write_all()
            self._file.close()
        except Exception as error:  # also of a package: the thread must not end in silence
            reason = getattr(error, 'strerror', None) or f'{type(error).__name__}: {error}'
            self._failure = (f'the recording {self._file.path} has ended, and the node goes on '
                             f'without: {reason}')

    def _write_all(self) -> None:
        """Write until the end is asked for, and flush now and then."""
        flush_at = monotonic() + FLUSH_PERIOD
        while True:
            try:
                item = self._queue.get(timeout=max(0.0, flush_at - monotonic()))
            except Empty:
                self._file.flush()
                flush_at = monotonic() + FLUSH_PERIOD
                continue
            if item is None:
                return
            topic, message, time = item
            self._file.write(topic, self._encode(message), time)
            if monotonic() >= flush_at:
                self._file.flush()
                flush_at = monotonic() + FLUSH_PERIOD
