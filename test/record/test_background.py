"""The thread that writes: nobody waits for it, and what it cannot do is said."""

from __future__ import annotations

import errno
from pathlib import Path
import threading
from time import monotonic
from typing import Any

from ik_solver_node.record import background
from ik_solver_node.record.background import BackgroundWriter
from ik_solver_node.record.writing import Encoded

LIMIT = 30.0


class Notes:
    """Stands for a file: keeps what is written, or fails."""

    path = Path('run.mcap')

    def __init__(self, fails_at: int = -1) -> None:
        self.written: list[Any] = []
        self.flushed = threading.Event()
        self.is_closed = False
        self._fails_at = fails_at

    def write(self, topic: str, message: Any, time: int) -> None:
        """Keep a message."""
        if len(self.written) == self._fails_at:
            raise OSError(errno.ENOSPC, 'No space left on device')
        self.written.append((topic, message, time))

    def flush(self) -> None:
        """Note it."""
        self.flushed.set()

    def close(self) -> None:
        """Note it."""
        self.is_closed = True


def plain(message: Any) -> Encoded:
    """Return a message as it is."""
    return message


def test_all_is_written_in_order_until_the_end() -> None:
    """And the file is closed."""
    notes = Notes()
    writer = BackgroundWriter(notes, plain)
    sent = [(f'/{i % 3}', i, 10 * i) for i in range(1000)]
    assert all(writer.put(*item) for item in sent)
    writer.close()
    assert notes.written == sent
    assert notes.is_closed
    assert writer.problem == ''


def test_it_is_flushed_without_more_to_come(monkeypatch) -> None:
    """So that a kill does not take the last of it."""
    monkeypatch.setattr(background, 'FLUSH_PERIOD', 0.01)
    notes = Notes()
    writer = BackgroundWriter(notes, plain)
    writer.put('/a', 1, 1)
    assert notes.flushed.wait(LIMIT)
    writer.close()


def test_a_slow_disk_delays_nobody() -> None:
    """What does not fit is left out, counted and told; later messages come again."""
    notes, go = Notes(), threading.Event()

    def slowly(message: Any) -> Encoded:
        """Wait until the disk is quick again."""
        assert go.wait(LIMIT)
        return message

    writer = BackgroundWriter(notes, slowly, most=5)
    taken = [writer.put('/a', number, number) for number in range(20)]
    assert taken[:5] == [True] * 5
    assert not taken[-1]
    left_out = taken.count(False)
    assert writer.problem.startswith(f'{left_out} messages are missing in the recording run.mcap')
    go.set()
    end = monotonic() + LIMIT
    while not writer.put('/a', 'late', 99):
        assert monotonic() < end
    writer.close()
    kept = [number for number in range(20) if taken[number]]
    assert [message for _, message, _ in notes.written] == [*kept, 'late']


def test_a_full_disk_ends_the_recording_in_a_sentence() -> None:
    """Once, and nobody else is troubled."""
    notes = Notes(fails_at=3)
    writer = BackgroundWriter(notes, plain)
    for number in range(10):
        writer.put('/a', number, number)
    writer.close()
    assert len(notes.written) == 3
    assert writer.problem == ('the recording run.mcap has ended, and the node goes on without: No '
                              'space left on device')
    assert not writer.put('/a', 11, 11)
    assert '11' not in writer.problem


def test_what_cannot_be_encoded_is_said_too() -> None:
    """Instead of a thread that dies in silence."""
    writer = BackgroundWriter(Notes(), lambda message: message.no_such_thing)
    writer.put('/a', 1, 1)
    writer.close()
    assert 'goes on without: AttributeError: ' in writer.problem


def test_the_end_does_not_wait_for_ever(monkeypatch) -> None:
    """For a disk that is gone."""
    monkeypatch.setattr(background, 'CLOSE_TIMEOUT', 0.01)
    go = threading.Event()
    writer = BackgroundWriter(Notes(), lambda message: go.wait(LIMIT))
    writer.put('/a', 1, 1)
    writer.close()
    assert 'lacks its end' in writer.problem
    go.set()
