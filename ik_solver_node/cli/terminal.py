"""What is said on the terminal beside the answer, all of it on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
import sys
from typing import Any


def take_any_name(stream: Any) -> None:
    """Let a terminal that lacks a letter show its code: links may have any name."""
    if hasattr(stream, 'reconfigure'):
        stream.reconfigure(errors='backslashreplace')


def note(sentence: str) -> None:
    """Say something beside the answer."""
    take_any_name(sys.stderr)
    print(sentence, file=sys.stderr, flush=True)


@contextmanager
def compiling_is_told() -> Iterator[None]:
    """Say so if the solver has to be compiled, which takes long, and not only loaded."""
    from ik_solver_node.compilation import announced
    with announced(lambda: note('compiling the solver, once; this can take a minute')):
        yield


def load_solver() -> None:
    """Compile the solver, or load it if that was done before."""
    with compiling_is_told():
        from ik_solver_node.compilation import warm_up
        warm_up()


def progress(numbers: Sequence[Any]) -> Iterable[Any]:
    """Show a bar while `numbers` are gone through, if somebody watches."""
    if not sys.stderr.isatty():
        return numbers
    from tqdm import tqdm
    return tqdm(numbers, file=sys.stderr, unit=' targets', leave=False)
