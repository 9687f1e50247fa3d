"""The robots of the gallery: those of the package, and planar arms of any number of links."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
import logging
from pathlib import Path

from ik_solver_node import kernels
from ik_solver_node.appearance.joint_tree import JointTree
from ik_solver_node.appearance.visuals import read_visuals, Visual
from ik_solver_node.chain import KinematicChain, Limits
from ik_solver_node.exceptions import UrdfError
from ik_solver_node.gallery.scene import Body
from ik_solver_node.pose import as_vector
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.urdf_file import read_urdf
import numpy as np

PACKAGE = 'ik_solver_node'

logger = logging.getLogger(__name__)


@lru_cache(maxsize=None)
def load(name: str, *tip_links: str) -> KinematicChain:
    """
    Return the chain of a robot that comes with the package.

    Parameters
    ----------
    name : str
        Its file in the folder `urdf`, without the ending.
    tip_links : str
        Its tips; default its only leaf.

    Raises
    ------
    UrdfError
        If the robots were not installed with the package.

    """
    return KinematicChain.from_model(parse_urdf(_description(name)), None, tip_links)


@lru_cache(maxsize=None)
def _description(name: str) -> str:
    """Return the text of the URDF of a robot that comes with the package."""
    package = Path(__file__).resolve().parents[1]
    folders = [package.parent, *(parent / 'share' / PACKAGE for parent in package.parents)]
    files = [folder / 'urdf' / f'{name}.urdf' for folder in folders]
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        raise UrdfError(f'the robot {name}.urdf is not where the package has its robots, in '
                        f'{files[0].parent}; install the package anew, with its data files')
    return read_urdf(file)


@lru_cache(maxsize=None)
def looks(name: str) -> dict[str, tuple[Visual, ...]]:
    """Return what the links look like of a robot that comes with the package."""
    seen: dict[str, tuple[Visual, ...]] = {}
    for visual in read_visuals(_description(name), logger.warning):
        seen[visual.link] = (*seen.get(visual.link, ()), visual)
    return seen


def bodies(name: str, chain: KinematicChain, q: np.ndarray,
           T_world_root: np.ndarray) -> list[Body]:
    """
    Return the bodies of a robot that comes with the package.

    Parameters
    ----------
    name : str
        Its file in the folder `urdf`, without the ending.
    chain : KinematicChain
        Its chain.
    q : ndarray, shape (n,)
        Where the joints of the chain are [rad or m].
    T_world_root : ndarray, shape (4, 4)
        Where its root link is [m].

    """
    tree = JointTree(chain.model, chain.joint_positions(q))
    return [Body(visuals, T_world_root @ tree.T_root_link(link))
            for link, visuals in looks(name).items()]


@lru_cache(maxsize=None)
def planar(lengths: tuple[float, ...],
           limits: tuple[tuple[float, float], ...] = ()) -> KinematicChain:
    """
    Return an arm in the x-y plane, all of whose joints turn about z.

    Parameters
    ----------
    lengths : tuple of float
        The lengths of its links [m].
    limits : tuple of (float, float)
        The limits of its joints [rad]; default a full turn to either side.

    """
    links = ''.join(f'<link name="link_{number}"/>' for number in range(len(lengths) + 1))
    joints = ''.join(
        f'<joint name="joint_{number}" type="revolute"><parent link="link_{number}"/>'
        f'<child link="link_{number + 1}"/><origin xyz="{length} 0 0"/><axis xyz="0 0 1"/>'
        '<limit lower="-6.2831" upper="6.2831" velocity="1" effort="1"/></joint>'
        for number, length in enumerate((0.0, *lengths[:-1])))
    tip = (f'<link name="tool0"/><joint name="tool" type="fixed"><parent link="link_'
           f'{len(lengths)}"/><child link="tool0"/><origin xyz="{lengths[-1]} 0 0"/></joint>')
    model = parse_urdf(f'<robot name="planar_arm">{links}{joints}{tip}</robot>')
    own: Limits = {f'joint_{number}': limit for number, limit in enumerate(limits)}
    return KinematicChain.from_model(model, limits=own)


def limbs(chain: KinematicChain, q: np.ndarray) -> list[np.ndarray]:
    """Return for each tip the places of the base, the joints and the tip, each (k, 3) [m]."""
    frames = np.empty((len(chain.topology), 12))
    kernels.tip_frames(chain.constants, chain.topology, as_vector(q, chain.size, 'q'), frames)
    ways = []
    for tip in range(len(frames) - len(chain.tip_links), len(frames)):
        way: list[np.ndarray] = []
        frame = tip
        while frame >= 0:
            way.append(frames[frame, 9:])
            frame = int(chain.topology[frame, 0])
        ways.append(np.array([np.zeros(3), *reversed(way)]))
    return ways


def arm(chain: KinematicChain, q: np.ndarray) -> np.ndarray:
    """Return the places of base, joints and tip of a chain with one tip, (k, 3) [m]."""
    return limbs(chain, q)[0]


def in_plane(points: Sequence[np.ndarray] | np.ndarray) -> np.ndarray:
    """Return points (k, 3) without their height, (k, 2) [m]."""
    return np.asarray(points)[:, :2]
