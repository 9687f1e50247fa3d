"""The page of the viewer in a real browser, as a person sees and handles it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
import io
import math
import shutil
from typing import Any
from urllib.parse import urlsplit

from ik_solver_node.viewer.robot import VIEWPOINT
import numpy as np
import pytest

BROWSERS = ('chromium', 'chromium-browser', 'google-chrome')
FLAGS = ('--headless', '--no-sandbox', '--use-angle=swiftshader', '--enable-unsafe-swiftshader',
         '--disable-background-networking', '--disable-component-update', '--disable-sync',
         '--disable-quic', '--no-first-run')
"""Draws without a graphics card, and asks nobody for anything by itself."""

WIDTH, HEIGHT = 1000, 640
"""Of the window [pixels]."""

PANEL_WIDTH = 340
"""So much of the window, at its right, is not the scene [pixels]."""

FIELD_OF_VIEW = math.radians(75.0)
"""What the camera of viser sees from top to bottom [rad]."""

PATIENCE = 60_000.0
"""So long may a browser take that draws without a graphics card on a busy machine [ms]."""


class Page:
    """
    A page in a browser.

    Parameters
    ----------
    page : playwright.sync_api.Page
        What drives the browser.
    address : str
        What is opened.

    Attributes
    ----------
    errors : list of str
        What went wrong on the page.
    outside : list of str
        What it asked for elsewhere.

    """

    def __init__(self, page: Any, address: str) -> None:
        self.page, self._address = page, address
        self.errors: list[str] = []
        self.outside: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on('pageerror', lambda error: self.errors.append(str(error)))
        page.on('requestfailed', lambda request: self.errors.append(f'failed: {request.url}'))
        page.on('console', self._on_console)
        page.on('request', lambda request: self._on_request(request.url))
        page.on('websocket', lambda socket: self._on_request(socket.url))
        page.goto(address)
        page.wait_for_selector('canvas')

    def _on_console(self, message: Any) -> None:
        """Note an error."""
        if message.type == 'error':
            self.errors.append(message.text)

    def _on_request(self, url: str) -> None:
        """Note what is asked for elsewhere."""
        parts = urlsplit(url)
        if parts.scheme not in ('blob', 'data') and parts.netloc != urlsplit(self._address).netloc:
            self.outside.append(url)

    def wait_for(self, text: str) -> None:
        """Wait until a text is on the page."""
        self.page.wait_for_selector(f'text={text}')

    def click(self, button: str) -> None:
        """Click a button."""
        self.page.get_by_role('button', name=button, exact=True).click()

    def scene(self) -> np.ndarray:
        """Return the pixels of the scene, beside the panel, shape (h, w, 3)."""
        image = pytest.importorskip('PIL.Image')
        picture = self.page.screenshot(timeout=PATIENCE, clip={
            'x': 0, 'y': 0, 'width': WIDTH - PANEL_WIDTH, 'height': HEIGHT})
        return np.asarray(image.open(io.BytesIO(picture)).convert('RGB')).astype(int)

    def orange(self) -> int:
        """Return how many pixels of the scene have the orange of our robots."""
        red, green, blue = np.moveaxis(self.scene(), 2, 0)
        # The notice at the left top about the missing graphics card is orange, too.
        colourful = (red > 150) & (green > 0.3 * red) & (green < 0.8 * red) & (blue < 0.35 * red)
        return int(colourful[:, 40:].sum())

    def drag(self, start: tuple[float, float], way: tuple[float, float]) -> None:
        """Move the mouse with its button down, from a place along a way [pixels]."""
        mouse = self.page.mouse
        mouse.move(*start)
        self.page.wait_for_timeout(200)  # the handle lights up: the page knows where the mouse is
        mouse.down()
        for step in np.linspace(0.0, 1.0, 12)[1:]:
            mouse.move(start[0] + step * way[0], start[1] + step * way[1])
            self.page.wait_for_timeout(40)
        mouse.up()


class Camera:
    """
    Where things of the scene are on the page, as long as nobody turns it.

    Parameters
    ----------
    size : float
        That of the robot [m].

    """

    def __init__(self, size: float) -> None:
        self._at = np.array([0.0, 0.0, 0.45 * size])
        self._position = self._at + VIEWPOINT * size

    def pixel(self, point: np.ndarray) -> np.ndarray:
        """Return where a point (3,) [m] is on the page, from its left top corner [pixels]."""
        ahead = self._at - self._position
        ahead /= np.linalg.norm(ahead)
        right = np.cross(ahead, [0.0, 0.0, 1.0])
        right /= np.linalg.norm(right)
        away = point - self._position
        scale = 0.5 * HEIGHT / math.tan(0.5 * FIELD_OF_VIEW) / (away @ ahead)
        return np.array([0.5 * WIDTH + scale * (away @ right),
                         0.5 * HEIGHT - scale * (away @ np.cross(right, ahead))])


@contextmanager
def open_page(address: str) -> Iterator[Page]:
    """Open a page in a browser; skip the test where there is none."""
    sync_api = pytest.importorskip('playwright.sync_api')
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip('there is no Chromium: apt-get install chromium')
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        try:
            yield Page(browser.new_page(viewport={'width': WIDTH, 'height': HEIGHT}), address)
        finally:
            browser.close()
