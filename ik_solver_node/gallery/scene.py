"""What a scene is: a caption, controls, and frames that are made of arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

from ik_solver_node.appearance.visuals import Visual
from ik_solver_node.exceptions import OptionsError
import numpy as np

# Who is who, in all scenes: the solver, the plain method, a third one, what was at first.
OURS, PLAIN, THIRD, GHOST = '#1f5fa8', '#c8402f', '#e8a33d', '#9aa7b4'
TARGET, INK = '#2f8f5b', '#2b3440'
COLOUR_NAMES = {OURS: 'blue', PLAIN: 'red', THIRD: 'yellow', GHOST: 'grey', TARGET: 'green',
                INK: 'black'}


def rgb(colour: str) -> tuple[int, int, int]:
    """Return a colour #rrggbb as three numbers from 0 to 255."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


Values = Mapping[str, Union[float, bool, str]]
"""What the controls of a scene are set to, by name."""
Span = tuple[float, float]


@dataclass(frozen=True)
class Slider:
    """A number to play with, from `low` to `high`; the label says its unit."""

    name: str
    label: str
    low: float
    high: float
    step: float
    default: float


@dataclass(frozen=True)
class Toggle:
    """Something that is on or off."""

    name: str
    label: str
    default: bool


@dataclass(frozen=True)
class Choice:
    """One of several words."""

    name: str
    label: str
    words: tuple[str, ...]
    default: str


Control = Union[Slider, Toggle, Choice]


@dataclass(frozen=True, eq=False)
class Line:
    """
    A line through points, (k, 2) or (k, 3).

    `style` is one of ``-``, ``--`` and ``:``; `width` is in points; without a label it is not in
    the legend.
    """

    points: np.ndarray
    colour: str
    label: str = ''
    width: float = 1.8
    style: str = '-'
    alpha: float = 1.0


@dataclass(frozen=True, eq=False)
class Dots:
    """Marks at points, (k, 2) or (k, 3): ``o``, ``*`` or ``x``, `size` in points."""

    points: np.ndarray
    colour: str
    label: str = ''
    mark: str = 'o'
    size: float = 6.0
    alpha: float = 1.0


@dataclass(frozen=True, eq=False)
class Arm:
    """Links between joints at points, (k, 2) or (k, 3) [m]; in space of this thickness [m]."""

    points: np.ndarray
    colour: str
    label: str = ''
    thickness: float = 0.02
    alpha: float = 1.0


@dataclass(frozen=True, eq=False)
class Body:
    """What a link looks like, and where the link is in the world, (4, 4) [m]."""

    visuals: tuple[Visual, ...]
    T_world_link: np.ndarray


@dataclass(frozen=True, eq=False)
class Contours:
    """Heights (b, a) over a grid of `x` (a,) and `y` (b,), as bands of colour."""

    x: np.ndarray
    y: np.ndarray
    heights: np.ndarray
    label: str


@dataclass(frozen=True, eq=False)
class Ground:
    """A surface: heights (b, a) over a grid of `x` (a,) and `y` (b,) [m]."""

    x: np.ndarray
    y: np.ndarray
    heights: np.ndarray


@dataclass(frozen=True, eq=False)
class Plane:
    """
    A panel with two axes.

    `is_true` keeps one metre along x as long as one along y; `is_log` and `is_x_log` make y and x
    logarithmic.
    """

    title: str
    items: Sequence[Line | Dots | Arm | Contours]
    x_label: str
    y_label: str
    x_span: Span
    y_span: Span
    is_true: bool = False
    is_log: bool = False
    is_x_log: bool = False


@dataclass(frozen=True, eq=False)
class Space:
    """A panel in space [m], seen from `elevation` and `azimuth` [deg], enlarged `zoom` times."""

    title: str
    items: Sequence[Line | Dots | Arm | Body | Ground]
    x_span: Span
    y_span: Span
    z_span: Span
    elevation: float = 20.0
    azimuth: float = -60.0
    zoom: float = 1.12


Panel = Union[Plane, Space]


@dataclass(frozen=True, eq=False)
class Frame:
    """One picture of a scene: its panels from left to right, and what there is to say."""

    panels: tuple[Panel, ...]
    words: str


@dataclass(frozen=True, eq=False)
class Scene:
    """
    A scene.

    Attributes
    ----------
    name : str
        Its name in files.
    row : str
        The idea that it shows, in a word or two.
    title, caption : str
        A headline, and what there is to see, in Markdown.
    controls : tuple of Control
        What can be changed.
    frames : callable
        Makes the pictures from what the controls are set to.
    pace : float
        Frames per second.

    """

    name: str
    row: str
    title: str
    caption: str
    controls: tuple[Control, ...]
    frames: Callable[[Values], list[Frame]]
    pace: float = 8.0

    def defaults(self) -> dict[str, float | bool | str]:
        """Return what the controls are set to at first."""
        return {control.name: control.default for control in self.controls}

    def play(self, **changes: float | bool | str) -> list[Frame]:
        """
        Return the frames with some controls changed.

        Raises
        ------
        OptionsError
            If there is no such control.

        """
        values = self.defaults()
        unknown = [name for name in changes if name not in values]
        if unknown:
            raise OptionsError(f'the scene {self.name!r} has no control {unknown[0]!r}; it has: '
                               f'{", ".join(values) or "none"}')
        return self.frames({**values, **changes})
