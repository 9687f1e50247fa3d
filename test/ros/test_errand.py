"""Work in a thread: one piece at a time, its outcome once, and its mistakes."""

from __future__ import annotations

from threading import Event
from time import monotonic

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.ros.errand import Errand
import pytest


def outcome_of(work: Errand[int]) -> int:
    """Return what comes of the work."""
    end = monotonic() + 10.0
    while monotonic() < end:
        found = work.outcome()
        if found is not None:
            return found
    raise AssertionError('nothing came of it')


def test_an_outcome_is_there_when_the_work_is_done_and_only_once() -> None:
    """Nobody waits for it."""
    work: Errand[int] = Errand()
    assert not work.is_busy and work.outcome() is None
    go = Event()
    work.start(lambda: 7 if go.wait(10.0) else 0)
    assert work.is_busy and work.outcome() is None
    go.set()
    assert outcome_of(work) == 7
    assert not work.is_busy and work.outcome() is None


def test_new_work_takes_the_place_of_old() -> None:
    """The outcome of what nobody wants any more is not told."""
    work: Errand[int] = Errand()
    go = Event()
    work.start(lambda: 1 if go.wait(10.0) else 0)
    work.start(lambda: 2)
    go.set()
    assert outcome_of(work) == 2
    work.start(lambda: 3)
    work.drop()
    assert not work.is_busy and work.outcome() is None


def test_a_mistake_is_raised_where_the_outcome_is_asked_for() -> None:
    """Whatever it is."""
    work: Errand[int] = Errand()

    def fail() -> int:
        raise OptionsError('not like this')

    work.start(fail)
    with pytest.raises(OptionsError, match='not like this'):
        outcome_of(work)
    assert not work.is_busy
