"""A spider whose body moves while its feet stay on uneven ground, and which walks."""

from __future__ import annotations

from dataclasses import dataclass
from math import atan2, cos, pi, sin

from ik_solver_node.chain import KinematicChain
from ik_solver_node.gallery.descents import PATIENT
from ik_solver_node.gallery.robots import bodies, limbs, load
from ik_solver_node.gallery.scene import (
    Body, Dots, Frame, Ground, Line, OURS, PLAIN, Scene, Slider, Space, TARGET, THIRD, Values)
from ik_solver_node.gallery.stage import error_panel
from ik_solver_node.pose import Pose
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PointTarget
import numpy as np

FEET = tuple(f'foot_{number}' for number in range(1, 9))
PARTS, STEPS, LIFT = 8, 5, 0.05
"""Pictures of a step, steps of a walk, and how high a foot is lifted [m]."""


@dataclass(frozen=True, eq=False)
class Moment:
    """
    A moment of the spider.

    Attributes
    ----------
    body : Pose
        The body in the world.
    footholds : ndarray, shape (8, 3)
        Where the feet shall be in the world [m].
    stands : ndarray, shape (8,)
        Which feet stand on the ground.
    q : ndarray, shape (24,)
        The joints [rad].

    """

    body: Pose
    footholds: np.ndarray
    stands: np.ndarray
    q: np.ndarray

    def legs(self) -> list[np.ndarray]:
        """Return the places of the joints of each leg in the world, (k, 3) [m]."""
        rotation = self.body.rotation()
        return [leg @ rotation.T + self.body.position for leg in limbs(spider(), self.q)]

    def errors(self) -> np.ndarray:
        """Return how far each foot is from its foothold, in the world, (8,) [m]."""
        feet = np.array([leg[-1] for leg in self.legs()])
        return np.asarray(np.linalg.norm(feet - self.footholds, axis=1))


def spider() -> KinematicChain:
    """Return the chain from its body to all of its feet."""
    return load('spider', *FEET)


def height_at(x: float, y: float, roughness: float) -> float:
    """Return the height of the ground [m]."""
    return roughness * (sin(9.0 * x + 1.0) * cos(8.0 * y) + 0.5 * sin(17.0 * y - 5.0 * x))


def sway(roughness: float, lean: float) -> list[Moment]:
    """Return a spider whose body goes around, and leans, on feet that stay where they are."""
    stand = _stand(0.0, roughness)
    moments: list[Moment] = []
    for turn in np.linspace(0.0, 2.0 * pi, 33)[:-1]:
        body = Pose.from_rpy(
            [0.045 * cos(turn), 0.045 * sin(turn), 0.11 + 0.02 * sin(2.0 * turn)],
            [lean * sin(turn), lean * cos(turn), 0.5 * lean * sin(2.0 * turn)])
        moments.append(_moment(body, stand, np.ones(8, dtype=bool), moments))
    return moments


def walk(roughness: float, stride: float) -> list[Moment]:
    """Return a spider that walks, four legs standing, by so much in each step [m]."""
    moments: list[Moment] = []
    feet = _stand(0.0, roughness)
    goes_first = np.arange(8) % 2 == 0
    for step in range(STEPS):
        swings = goes_first if step % 2 == 0 else ~goes_first
        # Half a stride ahead of where the body will be; the first step is half a one.
        ahead = _stand((step + 1.0) * stride, roughness)
        for part in range(PARTS):
            share = (part + 1) / PARTS
            now = feet.copy()
            now[swings] = ((1.0 - share) * feet + share * ahead)[swings]
            now[swings, 2] += 4.0 * LIFT * share * (1.0 - share)
            moments.append(_moment(_body((step + share - 0.5) * stride, roughness), now,
                                   ~swings if share < 1.0 else np.ones(8, dtype=bool), moments))
        feet = np.where(swings[:, np.newaxis], ahead, feet)
    return moments


def _stand(ahead: float, roughness: float) -> np.ndarray:
    """Return footholds around a place `ahead` along x, on the ground, (8, 3) [m]."""
    chain = spider()
    feet = chain.tip_frames(np.zeros(chain.size))[:, 9:].copy()
    feet[:, 0] += ahead
    feet[:, 2] = [height_at(x, y, roughness) for x, y, _ in feet]
    return feet


def _body(ahead: float, roughness: float) -> Pose:
    """Return the body over uneven ground, at the mean height and slope of its footholds."""
    feet = _stand(ahead, roughness)
    centre = feet.mean(axis=0)
    slopes, *_ = np.linalg.lstsq(feet[:, :2] - centre[:2], feet[:, 2] - centre[2], rcond=None)
    return Pose.from_rpy([ahead, 0.0, centre[2] + 0.11],
                         [atan2(slopes[1], 1.0), -atan2(slopes[0], 1.0), 0.0])


def _moment(body: Pose, footholds: np.ndarray, stands: np.ndarray,
            before: list[Moment]) -> Moment:
    """Return the moment in which the feet are there, solved from the one before."""
    chain = spider()
    in_body = (footholds - body.position) @ body.rotation()
    seed = before[-1].q if before else np.zeros(chain.size)
    result = solve(chain, [PointTarget(place) for place in in_body], seed,
                   SolverOptions(max_time=PATIENT))
    return Moment(body, footholds, stands, result.positions)


def _sway(values: Values) -> list[Frame]:
    """Show the spider sway."""
    roughness = float(values['roughness'])
    return _frames(sway(roughness, float(values['lean'])), roughness, False)


def _walk(values: Values) -> list[Frame]:
    """Show the spider walk."""
    roughness = float(values['roughness'])
    return _frames(walk(roughness, float(values['stride'])), roughness, True)


def _frames(moments: list[Moment], roughness: float, is_followed: bool) -> list[Frame]:
    """Return what is seen of the spider by who stands there, or by who goes beside it."""
    errors = np.array([moment.errors().max() for moment in moments])
    places = np.array([moment.body.position for moment in moments])
    ground = _ground((-0.55, places[:, 0].max() + 0.55), roughness)
    frames = []
    for i, moment in enumerate(moments):
        lifted = moment.footholds[~moment.stands]
        items: list[Line | Dots | Body | Ground] = [
            ground, Line(places, THIRD, 'way of the body'),
            *bodies('spider', spider(), moment.q, moment.body.matrix()),
            Dots(moment.footholds[moment.stands], TARGET, 'footholds', size=7.0)]
        if len(lifted):
            items.append(Dots(lifted, PLAIN, 'on their way to the next', size=5.0))
        centre = places[i, 0] if is_followed else 0.0
        view = Space('eight legs, one solve', items, (centre - 0.5, centre + 0.5), (-0.5, 0.5),
                     (-0.15, 0.3), 26.0, -62.0, 1.2)
        panel = error_panel('the worst foot', [('off its foothold [m]', OURS, errors)], i,
                            'picture', 'distance [m]', 1e-6)
        frames.append(Frame((view, panel), f'{int(moment.stands.sum())} feet stand, the worst is '
                            f'{1e6 * errors[i]:.3f} µm off'))
    return frames


def _ground(span: tuple[float, float], roughness: float) -> Ground:
    """Return the ground below the spider."""
    xs, ys = np.linspace(*span, 48), np.linspace(-0.55, 0.55, 34)
    return Ground(xs, ys, np.array([[height_at(x, y, roughness) for x in xs] for y in ys]))


ROUGHNESS = Slider('roughness', 'roughness of the ground [m]', 0.0, 0.03, 0.005, 0.02)
SPIDER = Scene(
    'spider', 'spider', 'The body moves, the feet stay',
    'Eight legs of three joints on one body, each reaching for its own foothold, all in one '
    'solve. Where the body goes, a foothold that stands still in the world moves against it, '
    'seen from the body: so the feet stay where they are, on uneven ground, while the body goes '
    'around.',
    (ROUGHNESS, Slider('lean', 'how far the body leans [rad]', 0.0, 0.2, 0.02, 0.12)), _sway, 8.0)
WALK = Scene(
    'spider_walk', 'spider', 'And it walks',
    'Four legs stand on their footholds (green) while the other four swing ahead (red), then they '
    'change. The body follows the height and the slope of the ground. Nothing but footholds is '
    'given: each moment is one solve for twenty-four joints, from the moment before.',
    (ROUGHNESS, Slider('stride', 'length of a step [m]', 0.03, 0.12, 0.01, 0.09)), _walk, 10.0)
