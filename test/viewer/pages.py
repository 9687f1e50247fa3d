"""A page of viser without a browser, for tests of what is put on it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from ik_solver_node.web import open_server
import pytest


@contextmanager
def page_server() -> Iterator[Any]:
    """Return a server that nobody looks at; skip the test where viser is not installed."""
    pytest.importorskip('viser')
    server = open_server('127.0.0.1', 0)
    try:
        yield server
    finally:
        server.stop()


def click(handle: Any) -> None:
    """Click a button as somebody in a browser does."""
    for callback in handle._impl.update_cb:
        callback(SimpleNamespace(client=object(), client_id=0, target=handle))


def change(handle: Any, value: Any) -> None:
    """Change a value as somebody in a browser does."""
    handle._impl.value = value
    click(handle)
