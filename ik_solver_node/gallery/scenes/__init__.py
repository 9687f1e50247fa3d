"""The scenes of the gallery, in the order of the lesson."""

from collections.abc import Sequence

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.gallery.scene import Scene
from ik_solver_node.gallery.scenes.comfort import COMFORT
from ik_solver_node.gallery.scenes.descent import DESCENT, ORDER
from ik_solver_node.gallery.scenes.forward import ERROR, FORWARD
from ik_solver_node.gallery.scenes.limits import CLAMP, SAMPLE
from ik_solver_node.gallery.scenes.minima import MINIMUM, TWISTED
from ik_solver_node.gallery.scenes.nearest import NEAREST
from ik_solver_node.gallery.scenes.race import RACE
from ik_solver_node.gallery.scenes.rate import EARLY_STOP, RATE
from ik_solver_node.gallery.scenes.slope import SLOPE
from ik_solver_node.gallery.scenes.spider import SPIDER, WALK
from ik_solver_node.gallery.scenes.tentacle import TENTACLE

SCENES: tuple[Scene, ...] = (
    FORWARD, ERROR, SLOPE, DESCENT, ORDER, EARLY_STOP, RATE, SAMPLE, CLAMP, COMFORT, MINIMUM,
    NEAREST, TWISTED, TENTACLE, SPIDER, WALK, RACE)
"""All of them."""


def chosen(names: Sequence[str]) -> tuple[Scene, ...]:
    """Return the scenes of these names, all for none; raises `OptionsError` for an unknown one."""
    known = {scene.name: scene for scene in SCENES}
    for name in names:
        if name not in known:
            raise OptionsError(f'there is no scene {name!r}; there are: {", ".join(known)}')
    return tuple(known[name] for name in names) or SCENES
