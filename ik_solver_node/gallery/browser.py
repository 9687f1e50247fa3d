"""
The gallery in a browser, drawn with viser.

What can be seen in space is shown there, arms in a plane from above; the other panels are pictures
beside it. viser calls back in threads of its own, so nothing is done in callbacks: `tick` looks at
what is set on the page, in the thread of whoever calls it.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import monotonic
from typing import Any

from ik_solver_node.appearance.page import add_shapes, put
from ik_solver_node.gallery.drawing import draw, towards
from ik_solver_node.gallery.scene import (
    Arm, Body, Choice, COLOUR_NAMES, Contours, Control, Dots, Frame, GHOST, Ground, Line, Panel,
    Plane, rgb, Scene, Slider, Space, Toggle)
from ik_solver_node.gallery.solids import (
    arm_mesh, ground_mesh, in_space, Mesh, shapes_of_link)
import numpy as np

GROUND = (169, 181, 143)
GRID = '/gallery/grid'
LINE, DOT = 0.004, 0.0016
"""Width of a line per point of its width, and radius of a dot per point of its size [m]."""
PICTURE = 1.5
"""How large the pictures beside the scene are drawn."""


class Page:
    """
    The page.

    Parameters
    ----------
    server : viser.ViserServer
        Where it is.
    scenes : sequence of Scene
        What can be chosen; the first one is shown.

    """

    def __init__(self, server: Any, scenes: Sequence[Scene]) -> None:
        self._server = server
        self._scenes = {scene.title: scene for scene in scenes}
        self.chooser = server.gui.add_dropdown('scene', tuple(self._scenes))
        self._caption = server.gui.add_markdown('')
        self._folder = server.gui.add_folder('controls')
        self.playing = server.gui.add_checkbox('play', True)
        # It stays: a slider that is removed while its value is on the way is an error on the page.
        self.frame_slider = server.gui.add_slider('picture', 0, 1, 1, 0)
        self._words = server.gui.add_markdown('')
        self.controls: dict[str, Any] = {}
        self._pictures: list[Any] = []
        self.drawn: dict[str, tuple[object, Any]] = {}
        self._frames: list[Frame] = []
        self._set: dict[str, float | bool | str] = {}
        self._shown = -1
        self._due = 0.0
        self.scene = scenes[0]
        self._open(self.scene)
        server.on_client_connect(self._look)

    @property
    def choices(self) -> tuple[str, ...]:
        """The titles of all scenes."""
        return tuple(self._scenes)

    def tick(self, now: float | None = None) -> float:
        """
        Do what was set on the page, and show the next frame if it is time.

        Parameters
        ----------
        now : float, optional
            The time [s]; default that of the clock.

        Returns
        -------
        float
            How long nothing is to be done now [s].

        """
        now = monotonic() if now is None else now
        if self._scenes[self.chooser.value] is not self.scene:
            self._open(self._scenes[self.chooser.value])
        if self._values() != self._set:
            self._compute()
        wanted = int(self.frame_slider.value)
        if self.playing.value and now >= self._due and wanted == self._shown:
            wanted = (self._shown + 1) % len(self._frames)
            self.frame_slider.value = wanted
            self._due = now + 1.0 / self.scene.pace
        if wanted != self._shown:
            self._show(wanted)
        return 0.03

    def _values(self) -> dict[str, float | bool | str]:
        """Return what the controls are set to."""
        return {name: handle.value for name, handle in self.controls.items()}

    def _open(self, scene: Scene) -> None:
        """Show another scene."""
        self.scene = scene
        for handle in self.controls.values():
            handle.remove()
        with self._folder:
            self.controls = {control.name: self._add(control) for control in scene.controls}
        self._caption.content = f'### {scene.title}\n\n{scene.caption}'
        self._server.scene.reset()
        # Shadows are slow to draw without a graphics card.
        self._server.scene.configure_default_lights(cast_shadow=False)
        self.drawn = {}
        self._compute()
        for client in self._server.get_clients().values():
            self._look(client)

    def _add(self, control: Control) -> Any:
        """Add a control to the page and return it."""
        gui = self._server.gui
        if isinstance(control, Slider):
            return gui.add_slider(control.label, control.low, control.high, control.step,
                                  control.default)
        if isinstance(control, Toggle):
            return gui.add_checkbox(control.label, control.default)
        assert isinstance(control, Choice)
        return gui.add_dropdown(control.label, control.words, initial_value=control.default)

    def _compute(self) -> None:
        """Compute the frames for what is set, and begin anew."""
        self._set = self._values()
        self._frames = self.scene.frames(self._set)
        self.frame_slider.value = 0
        self.frame_slider.max = max(1, len(self._frames) - 1)
        self._show(0)

    def _show(self, number: int) -> None:
        """Show a frame."""
        self._shown = min(number, len(self._frames) - 1)
        frame = self._frames[self._shown]
        self._words.content = f'{frame.words}\n\n{legend(frame.panels[0])}'
        self._draw_space(frame.panels[0])
        pictures = [draw(Frame((panel,), ''), PICTURE) for panel in frame.panels[1:]]
        if len(pictures) != len(self._pictures):
            for handle in self._pictures:
                handle.remove()
            self._pictures = [self._server.gui.add_image(picture, format='jpeg')
                              for picture in pictures]
        for handle, picture in zip(self._pictures, pictures):
            handle.image = picture

    def _draw_space(self, panel: Panel) -> None:
        """Draw what can be seen in space; what is there already is left."""
        present = set()
        if not any(isinstance(item, Ground) for item in panel.items):
            present.add(GRID)
            self._lay_grid()
        for number, item in enumerate(panel.items):
            name = f'/gallery/{number}_{type(item).__name__}'
            present.add(name)
            known = self.drawn.get(name)
            if isinstance(item, Body):
                self._draw_body(name, item)
            elif known is None or known[0] is not item:
                self.drawn[name] = item, self._draw(name, item)
        for name in set(self.drawn) - present:
            self.drawn.pop(name)[1].remove()

    def _lay_grid(self) -> None:
        """Lay a grid of 0.1 m below arms that stand nowhere, unless it is there."""
        if GRID not in self.drawn:
            self.drawn[GRID] = None, self._server.scene.add_grid(
                GRID, 4.0, 4.0, cell_size=0.1, section_size=0.5, cell_color=(225, 225, 222),
                section_color=rgb(GHOST), position=(0.0, 0.0, -0.012))

    def _draw_body(self, name: str, body: Body) -> None:
        """Draw a body, or move it if it is there."""
        known, frame = self.drawn.get(name, (None, None))
        if known is not body.visuals:
            frame = self._server.scene.add_frame(name, show_axes=False)
            add_shapes(self._server.scene, name, shapes_of_link(body.visuals))
            self.drawn[name] = body.visuals, frame
        put(frame, body.T_world_link)

    def _draw(self, name: str, item: Arm | Line | Dots | Ground | Contours) -> Any:
        """Draw one thing in space, and return its handle."""
        scene = self._server.scene
        if isinstance(item, Arm):
            return self._mesh(name, arm_mesh(item), rgb(item.colour), item.alpha)
        if isinstance(item, Ground):
            return self._mesh(name, ground_mesh(item), GROUND, 1.0)
        assert not isinstance(item, Contours)  # they are no part of a panel that is seen in space
        points, colour = in_space(item.points), rgb(item.colour)
        if isinstance(item, Line):
            segments = np.stack([points[:-1], points[1:]], axis=1)
            return scene.add_line_segments(name, segments, colour,
                                           thickness=LINE * item.width)
        colours = np.tile(np.array(colour, dtype=np.uint8), (len(points), 1))
        return scene.add_point_cloud(name, points, colours, point_size=2.0 * DOT * item.size,
                                     point_shape='sparkle' if item.mark == '*' else 'circle')

    def _mesh(self, name: str, mesh: Mesh, colour: tuple[int, int, int], alpha: float) -> Any:
        """Draw triangles."""
        return self._server.scene.add_mesh_simple(
            name, *mesh, color=colour, side='double', opacity=alpha if alpha < 1.0 else None)

    def _look(self, client: Any) -> None:
        """Turn the camera of a client to the scene."""
        eye, at, up = camera_of(self._frames[0].panels[0])
        client.camera.up_direction = up
        client.camera.position = eye
        client.camera.look_at = at


def legend(panel: Panel) -> str:
    """Return who has which colour, in Markdown."""
    told = {item.label: COLOUR_NAMES[item.colour] for item in panel.items
            if isinstance(item, (Arm, Line, Dots)) and item.label}
    return ', '.join(f'**{colour}** {label}' for label, colour in told.items())


def camera_of(panel: Panel) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return where to look at a panel from, at what (3,) [m], and what is up."""
    spans = [panel.x_span, panel.y_span]
    spans.append(panel.z_span if isinstance(panel, Space) else (0.0, 0.0))
    centre = np.array([0.5 * (low + high) for low, high in spans])
    size = max(high - low for low, high in spans)
    if isinstance(panel, Plane):
        return centre + [0.0, 0.0, 1.2 * size], centre, np.array([0.0, 1.0, 0.0])
    away = towards(panel.elevation, panel.azimuth)
    return centre + 1.35 * size * away, centre, np.array([0.0, 0.0, 1.0])
