"""The pictures and the page of docs/gallery: a moving picture for each scene, a still of all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from ik_solver_node.exceptions import MissingDependencyError, OptionsError
from ik_solver_node.gallery.drawing import draw, PAPER
from ik_solver_node.gallery.scene import Choice, COLOUR_NAMES, Control, rgb, Scene, Toggle
import numpy as np

OVERVIEW = 'overview.png'
PAGE = 'README.md'
QUALITY, COLOURS, MOST_FRAMES = 40, 100, 20
"""Of moving pictures: from 0 to 100, and how many."""
OVERVIEW_COLOURS = 240
"""Of the overview, in which a small picture has colours that no other has."""
SCALE = 0.9
"""Of the pictures in docs/gallery."""
LAST_STAYS = 1.5
"""How long the last frame of a moving picture stays [s]."""
COLUMNS, TILE = 3, 400
"""Of the overview, and the width of a picture in it [pixels]."""


def load_image() -> Any:
    """Return the module Image of Pillow, which comes with matplotlib."""
    try:
        from PIL import features, Image
    except ImportError as error:
        raise MissingDependencyError(f'the pictures of the gallery need Pillow ({error}); run '
                                     '"pip install pillow"') from error
    if not features.check('webp'):
        raise MissingDependencyError('this Pillow cannot write WebP, which the moving pictures '
                                     'are; run "pip install --upgrade pillow"')
    return Image


def write_gallery(folder: Path, scenes: Sequence[Scene], scale: float = SCALE) -> Iterable[Path]:
    """
    Write moving pictures of scenes, the overview and the page, and tell of each when it is there.

    Parameters
    ----------
    folder : Path
        Where; made if it is not there.
    scenes : sequence of Scene
        What there is to see.
    scale : float
        How large.

    Yields
    ------
    Path
        A file that was written.

    Raises
    ------
    MissingDependencyError
        If matplotlib, Pillow or trimesh is not installed.
    OptionsError
        If a file cannot be written.

    """
    tiles = []
    for scene in scenes:
        frames = scene.play()
        kept = chosen(len(frames))
        pictures = [draw(frames[i], scale=scale) for i in kept]
        tiles.append(pictures[int(0.7 * len(pictures))])
        yield _written(folder / f'{scene.name}.webp',
                       moving(pictures, scene.pace * len(kept) / len(frames)))
    yield _written(folder / OVERVIEW, overview(tiles))
    yield _written(folder / PAGE, page_of(scenes).encode())


def _written(path: Path, content: bytes) -> Path:
    """Write a file, and return where."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise OptionsError(f'{path} cannot be written: {error.strerror or error}') from error
    return path


def moving(pictures: Sequence[np.ndarray], pace: float) -> bytes:
    """
    Return a moving picture, an animated WebP, of so many frames per second.

    Of few colours without loss or of all with some, whichever is smaller: lines on white are the
    one, shaded ground is the other.
    """
    image = load_image()
    frames = [image.fromarray(picture) for picture in pictures]
    palette = _palette(image, np.vstack(pictures[::4]), COLOURS)
    plain = [frame.quantize(palette=palette, dither=0).convert('RGB') for frame in frames]
    shown = [round(1e3 / pace)] * len(frames)
    shown[-1] += round(1e3 * LAST_STAYS)
    written = []
    for sequence, how in ((plain, {'lossless': True, 'quality': 80}),
                          (frames, {'quality': QUALITY, 'minimize_size': True})):
        stream = BytesIO()
        sequence[0].save(stream, format='WEBP', save_all=True, append_images=sequence[1:],
                         duration=shown, loop=0, method=4, **how)
        written.append(stream.getvalue())
    return min(written, key=len)


def _palette(image: Any, picture: np.ndarray, count: int) -> Any:
    """Return a picture of few colours: those of the scenes, and `count` more of `picture`."""
    found = image.fromarray(picture).quantize(count).getpalette()[:3 * count]
    exact = [channel for colour in (*COLOUR_NAMES, PAPER, '#ffffff') for channel in rgb(colour)]
    palette = image.new('P', (1, 1))
    palette.putpalette([*exact, *found])
    return palette


def chosen(count: int) -> list[int]:
    """Return which of so many frames are in a moving picture; the first and the last are."""
    kept = np.unique(np.round(np.linspace(0, count - 1, MOST_FRAMES)).astype(int))
    return [int(number) for number in kept]


def overview(pictures: Sequence[np.ndarray]) -> bytes:
    """Return one picture, a PNG, in which all are side by side."""
    image = load_image()
    tiles = []
    for picture in pictures:
        tile = image.fromarray(picture[:, :picture.shape[0] * 11 // 5])  # of three panels, two
        tiles.append(tile.resize((TILE, round(TILE * tile.height / tile.width)), image.LANCZOS))
    height = max(tile.height for tile in tiles)
    rows = -(-len(tiles) // COLUMNS)
    sheet = image.new('RGB', (min(COLUMNS, len(tiles)) * TILE, rows * height), 'white')
    for number, tile in enumerate(tiles):
        sheet.paste(tile, (number % COLUMNS * TILE, number // COLUMNS * height))
    stream = BytesIO()
    palette = _palette(image, np.asarray(sheet), OVERVIEW_COLOURS)
    reduced = sheet.quantize(palette=palette, dither=0)
    reduced.save(stream, format='PNG', optimize=True)
    return stream.getvalue()


def page_of(scenes: Sequence[Scene]) -> str:
    """Return the page that shows the pictures with their captions, in Markdown."""
    rows = [f'| {scene.row} | [{scene.title}](#{_anchor(scene.title)}) |' for scene in scenes]
    lines = [
        '# The gallery', '',
        'The ideas behind the solver, each as a small scene that can be watched, and played with '
        'in a browser:', '',
        "    pip install '.[gallery]'",
        '    ik_solver gallery                            # open the address that it prints',
        '    ik_solver gallery --pictures docs/gallery    # makes this page, all of it', '',
        'No ROS is needed. Every number is computed, by the solver of this package, or where a '
        'caption says that it shows the plain method of the lesson, by the few lines of '
        '`ik_solver_node/gallery/plain.py`. Nothing is drawn by hand.', '',
        f'![All scenes]({OVERVIEW})', '', '| idea | scene |', '|---|---|', *rows]
    for scene in scenes:
        lines += ['', f'## {scene.title}', '', scene.caption, '',
                  f'![{scene.title}]({scene.name}.webp)', '',
                  f'In the browser you set {_listed(scene.controls)}.']
    return '\n'.join(lines) + '\n'


def _anchor(title: str) -> str:
    """Return by what the heading of a scene is linked to."""
    kept = ''.join(letter for letter in title.lower() if letter.isalnum() or letter in ' -')
    return kept.replace(' ', '-')


def _listed(controls: Sequence[Control]) -> str:
    """Return controls in a row of words."""
    told = []
    for control in controls:
        if isinstance(control, Toggle):
            told.append(f'*{control.label}* (on or off)')
        elif isinstance(control, Choice):
            told.append(f'*{control.label}* ({", ".join(control.words)})')
        else:
            told.append(f'*{control.label}* ({control.low:g} to {control.high:g})')
    return told[0] if len(told) == 1 else f'{", ".join(told[:-1])} and {told[-1]}'
