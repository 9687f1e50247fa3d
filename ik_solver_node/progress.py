"""A progress bar for what takes long."""

from __future__ import annotations

import sys

from ik_solver_node.exceptions import MissingDependencyError


class Progress:
    """
    A progress bar on the terminal, or none.

    Parameters
    ----------
    count : int
        How much there is to do.
    wanted : bool or None
        Whether to show one; None for on a terminal, if it takes more than a second.
    unit : str
        What is counted.

    Raises
    ------
    MissingDependencyError
        If one is wanted, but tqdm is not installed.

    """

    def __init__(self, count: int, wanted: bool | None, unit: str = 'targets') -> None:
        self._bar = None
        if wanted is False or (wanted is None and not sys.stderr.isatty()):
            return
        try:
            from tqdm import tqdm
        except ImportError as error:
            if wanted:
                raise MissingDependencyError('a progress bar needs tqdm; run "pip install tqdm", '
                                             'or leave progress out') from error
            return
        self._bar = tqdm(total=count, unit=unit, delay=0.0 if wanted else 1.0)

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def add(self, done: int) -> None:
        """Count `done` more."""
        if self._bar is not None:
            self._bar.update(done)

    def restart(self, what: str) -> None:
        """Begin again, and say at what."""
        if self._bar is not None:
            self._bar.reset()
            self._bar.set_description(what)
