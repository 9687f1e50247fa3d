"""Draw a frame with matplotlib."""

from __future__ import annotations

from typing import Any

from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.gallery.scene import (
    Arm, Body, Contours, Dots, Frame, Ground, INK, Line, Plane, Space)
from ik_solver_node.gallery.solids import triangles_of
import numpy as np

DOTS_PER_INCH = 100
HEIGHT = 4.0
"""Of a picture [inch]; a panel is a little wider than high."""
WIDTH = 4.4
MARGINS, SPACE_MARGINS = (0.66, 0.14, 0.78, 0.32), (0.02, 0.3, 0.36, 0.3)
"""Left, right, below and above a panel [inch]."""
BAR = 0.6
"""Room for a bar of colours beside a panel [inch]."""
PAPER = '#fbfbf9'
LIGHT, DARKEST = np.array([0.3, -0.5, 0.81]), 0.45
"""Where the light comes from, and how bright is what it does not reach, from 0 to 1."""
BACK = -0.3
"""Triangles that are turned away further than this cosine are not drawn."""
MOST_JOINTS = 12
"""Arms of more are drawn without circles for their joints."""


def load_figure() -> Any:
    """Return the class Figure of matplotlib; raises `MissingDependencyError` without it."""
    try:
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MissingDependencyError(
            f'the pictures of the gallery need matplotlib ({error}); run "pip install '
            'matplotlib"') from error
    return Figure


def draw(frame: Frame, scale: float = 1.0) -> np.ndarray:
    """
    Draw a frame.

    Parameters
    ----------
    frame : Frame
        What there is to draw.
    scale : float
        How large.

    Returns
    -------
    ndarray, shape (height, width, 3) of uint8
        The picture.

    Raises
    ------
    MissingDependencyError
        If matplotlib is not installed, or trimesh and there are bodies to draw.

    """
    figure_class = load_figure()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    width = WIDTH * len(frame.panels)
    figure = figure_class(figsize=(width, HEIGHT), dpi=DOTS_PER_INCH * scale, facecolor=PAPER)
    canvas = FigureCanvasAgg(figure)
    for number, panel in enumerate(frame.panels):
        is_plane = isinstance(panel, Plane)
        left, right, below, above = MARGINS if is_plane else SPACE_MARGINS
        if any(isinstance(item, Contours) for item in panel.items):
            right += BAR
        axes = figure.add_axes(
            ((number * WIDTH + left) / width, below / HEIGHT, (WIDTH - left - right) / width,
             (HEIGHT - below - above) / HEIGHT), projection=None if is_plane else '3d')
        _draw_plane(axes, panel) if isinstance(panel, Plane) else _draw_space(axes, panel)
    figure.text(0.5, 0.02, frame.words, ha='center', va='bottom', fontsize=9, color=INK)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[:, :, :3].copy()


def _draw_plane(axes: Any, panel: Plane) -> None:
    """Draw a panel with two axes."""
    axes.set_facecolor('white')
    for item in panel.items:
        if isinstance(item, Contours):
            _draw_contours(axes, item)
        elif isinstance(item, Arm):
            _draw_arm(axes, item)
        else:
            _draw_strokes(axes, item)
    axes.set_title(panel.title, fontsize=10, color=INK)
    axes.set_xlabel(panel.x_label, fontsize=9)
    axes.set_ylabel(panel.y_label, fontsize=9)
    if panel.is_log:
        axes.set_yscale('log')
    if panel.is_x_log:
        axes.set_xscale('log')
    axes.set(xlim=panel.x_span, ylim=panel.y_span)
    if panel.is_true:
        axes.set_aspect('equal', adjustable='box')
    axes.grid(color='#e8e8e4', linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8, colors=INK)
    for side in ('top', 'right'):
        axes.spines[side].set_visible(False)
    _name(axes, 'lower right' if panel.is_true else 'upper right')


def _draw_space(axes: Any, panel: Space) -> None:
    """Draw a panel in space."""
    axes.set_facecolor(PAPER)
    axes.set_proj_type('persp', focal_length=0.6)
    axes.computed_zorder = False  # the ground first, then all that stands on it
    for number, item in enumerate(panel.items):
        if isinstance(item, Ground):
            x, y = np.meshgrid(item.x, item.y)
            shown = ((x >= panel.x_span[0]) & (x <= panel.x_span[1])
                     & (y >= panel.y_span[0]) & (y <= panel.y_span[1]))
            axes.plot_surface(x, y, np.where(shown, item.heights, np.nan), color='#c9d3b8',
                              linewidth=0.2, edgecolor='#a7b38f', rstride=1, cstride=1,
                              shade=True, zorder=0)
        elif isinstance(item, Arm):
            _draw_arm(axes, item, number + 1)
        elif not isinstance(item, Body):
            _draw_strokes(axes, item, number + 1)
    _draw_bodies(axes, panel)
    axes.set_title(panel.title, fontsize=10, color=INK)
    axes.set(xlim=panel.x_span, ylim=panel.y_span, zlim=panel.z_span)
    for label, name in zip((axes.set_xlabel, axes.set_ylabel, axes.set_zlabel), 'xyz'):
        label(f'{name} [m]', fontsize=8, labelpad=-4)
    axes.tick_params(labelsize=7, colors=INK, pad=-2)
    for axis in (axes.xaxis, axes.yaxis, axes.zaxis):
        axis.set_major_locator(_locator())
        axis.pane.set_facecolor('white')
        axis._axinfo['grid'].update(color='#e4e4e0', linewidth=0.6)
    axes.set_box_aspect([high - low for low, high in (panel.x_span, panel.y_span, panel.z_span)],
                        zoom=panel.zoom)
    axes.view_init(panel.elevation, panel.azimuth)
    _name(axes, 'upper right')


def _draw_bodies(axes: Any, panel: Space) -> None:
    """Draw all bodies together, as which of them is in front differs from place to place."""
    layers = [number for number, item in enumerate(panel.items) if isinstance(item, Body)]
    if not layers:
        return
    from mpl_toolkits.mplot3d.art3d import Poly3DCollection
    corners, colours = triangles_of(
        item for item in panel.items if isinstance(item, Body))
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-12)
    seen = normals @ towards(panel.elevation, panel.azimuth) > BACK
    light = DARKEST + (1.0 - DARKEST) * np.clip(normals @ LIGHT, 0.0, 1.0)
    shown = (colours * light[:, np.newaxis])[seen]
    axes.add_collection3d(Poly3DCollection(
        corners[seen], facecolors=shown, edgecolors=shown, linewidths=0.2, zorder=layers[0] + 1))


def towards(elevation: float, azimuth: float) -> np.ndarray:
    """Return the direction to whoever looks from these angles [deg], (3,)."""
    up, around = np.radians([elevation, azimuth])
    return np.array([np.cos(around) * np.cos(up), np.sin(around) * np.cos(up), np.sin(up)])


def _locator() -> Any:
    """Return what chooses a few round numbers for an axis."""
    from matplotlib.ticker import MaxNLocator
    return MaxNLocator(4)


def _draw_contours(axes: Any, item: Contours) -> None:
    """Draw bands of colour, dark in the valleys, and say what they mean."""
    bands = axes.contourf(item.x, item.y, item.heights, 18, cmap='Blues_r', alpha=0.85)
    axes.contour(item.x, item.y, item.heights, 18, colors='white', linewidths=0.4)
    bar = axes.figure.colorbar(bands, cax=axes.inset_axes((1.02, 0.0, 0.04, 1.0)))
    bar.set_label(item.label, fontsize=8)
    bar.ax.tick_params(labelsize=7)


def _draw_arm(axes: Any, item: Arm, layer: int = 3) -> None:
    """Draw links and joints."""
    width = 2.0 + 130.0 * item.thickness if item.points.shape[1] == 2 else 150.0 * item.thickness
    axes.plot(*item.points.T, '-', color=item.colour, lw=width, alpha=0.85 * item.alpha,
              solid_capstyle='round', solid_joinstyle='round', label=item.label or '_',
              zorder=layer)
    if len(item.points) <= MOST_JOINTS:
        axes.plot(*item.points[:-1].T, 'o', color='white', mec=item.colour, mew=1.2,
                  ms=max(1.5, 0.9 * width), alpha=item.alpha, zorder=layer)


def _draw_strokes(axes: Any, item: Line | Dots, layer: int = 4) -> None:
    """Draw a line or marks."""
    if isinstance(item, Line):
        axes.plot(*item.points.T, item.style, color=item.colour, lw=item.width, alpha=item.alpha,
                  label=item.label or '_', zorder=layer)
    else:
        axes.plot(*item.points.T, item.mark, color=item.colour, ms=item.size, alpha=item.alpha,
                  mec='white', mew=0.8, label=item.label or '_', zorder=layer + 1)


def _name(axes: Any, corner: str) -> None:
    """Add a legend, if anything has a name."""
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        legend = axes.legend(fontsize=7.5, loc=corner, framealpha=0.85, edgecolor='none',
                             handlelength=1.6)
        for handle in legend.legend_handles:
            handle.set_markersize(min(handle.get_markersize(), 8.0))
            handle.set_linewidth(min(handle.get_linewidth(), 4.0))
