"""What many scenes show in the same way: planar arms, the way of a tip, an error over steps."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ik_solver_node.chain import KinematicChain
from ik_solver_node.gallery.robots import arm, in_plane
from ik_solver_node.gallery.scene import (
    Arm, Contours, Dots, GHOST, INK, Line, Plane, Span, TARGET)
import numpy as np

SMALLEST = 1e-9
"""Smaller errors are drawn as this [m]."""


def tips_of(chain: KinematicChain, way: Iterable[np.ndarray]) -> np.ndarray:
    """Return where the tip is at each of some joint positions, (k, 3) [m]."""
    return np.array([chain.tip_frames(q)[0, 9:] for q in way]).reshape(-1, 3)


def distances(chain: KinematicChain, way: Iterable[np.ndarray], target: np.ndarray) -> np.ndarray:
    """Return how far the tip is from `target` (3,) at each of some joint positions, (k,) [m]."""
    return np.asarray(np.linalg.norm(tips_of(chain, way) - target, axis=1))


def arm_panel(title: str, items: Sequence[Line | Dots | Arm], x_span: Span,
              y_span: Span) -> Plane:
    """Return a panel that shows arms in their plane."""
    return Plane(title, items, 'x [m]', 'y [m]', x_span, y_span, is_true=True)


def planar_arm(chain: KinematicChain, q: np.ndarray, colour: str, label: str = '',
               alpha: float = 1.0) -> Arm:
    """Return an arm that moves in the x-y plane."""
    return Arm(in_plane(arm(chain, q)), colour, label, alpha=alpha)


def star(target: np.ndarray, label: str = 'target') -> Dots:
    """Return the mark of a target."""
    return Dots(np.atleast_2d(target), TARGET, label, '*', 13.0)


def tip_way(chain: KinematicChain, way: Iterable[np.ndarray], colour: str) -> Line:
    """Return the way of the tip of an arm that moves in the x-y plane."""
    return Line(in_plane(tips_of(chain, way)), colour, width=1.2, alpha=0.8)


def error_panel(title: str, courses: Sequence[tuple[str, str, np.ndarray]], now: int,
                x_label: str = 'step', y_label: str = 'distance to the target [m]',
                tolerance: float | None = None, is_log: bool = True) -> Plane:
    """
    Return a panel of errors over steps.

    Parameters
    ----------
    title : str
        Its title.
    courses : sequence of (label, colour, errors (k,))
        What is drawn up to step `now`, and behind it in grey.
    now : int
        The step that is shown.
    x_label, y_label : str
        What is along the axes.
    tolerance : float, optional
        Where it counts as reached.
    is_log : bool
        Whether the errors are drawn on a logarithmic scale.

    """
    items: list[Line | Dots] = []
    longest = max(2, *(len(course) for _, _, course in courses)) - 1
    for label, colour, course in courses:
        points = np.column_stack([np.arange(len(course)), np.maximum(course, SMALLEST)])
        items.append(Line(points, GHOST, width=1.0, alpha=0.6))
        items.append(Line(points[:now + 1], colour, label))
        items.append(Dots(points[min(now, len(points) - 1)][np.newaxis], colour))
    if tolerance is not None:
        items.append(Line(np.array([[0.0, tolerance], [longest, tolerance]]), INK, 'tolerance',
                          1.0, ':'))
    drawn = np.maximum(np.concatenate([course for _, _, course in courses]), SMALLEST)
    least, most = float(drawn.min()), float(drawn.max())
    # Room for the legend above.
    span = (0.5 * least, 30.0 * max(most, tolerance or 0.0)) if is_log else (0.0, 1.3 * most)
    return Plane(title, items, x_label, y_label, (0.0, float(longest)), span, is_log=is_log)


def landscape(chain: KinematicChain, target: np.ndarray, first: Span, second: Span,
              size: int = 90) -> Contours:
    """Return the distance of the tip of a planar arm of two joints, over both joints."""
    ones, twos = np.linspace(*first, size), np.linspace(*second, size)
    heights = np.array([distances(chain, np.column_stack([ones, np.full(size, two)]), target)
                        for two in twos])
    return Contours(ones, twos, heights, 'distance [m]')
