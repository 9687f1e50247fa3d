"""Draw the robots to play with: ``pip install matplotlib; python docs/draw_robots.py``."""

import math
from pathlib import Path
from xml.etree import ElementTree

from ik_solver_node import KinematicChain, parse_urdf, read_urdf
import matplotlib
import numpy as np
from transforms3d.euler import euler2mat

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402, I100
from mpl_toolkits.mplot3d.art3d import Poly3DCollection  # noqa: E402

HERE = Path(__file__).resolve().parent
ROBOTS = {
    'planar_2r': [0.5, -1.1], 'planar_3r': [0.9, -1.1, -0.9], 'scara': [0.5, -1.0, 0.0, 0.0],
    'desk_arm': [-0.4, 0.0, 0.0, 0.0, 0.0, 0.0], 'six_axis_arm': [-0.5, 0.3, 0.3, 0.0, 0.6, 0.0],
    'seven_axis_arm': [-0.3, 0.6, 0.2, 1.0, 0.0, 0.8, 0.0],
    'rail_arm': [-0.4, -0.5, 0.4, 0.5, 0.6, 0.0], 'dual_arm': 0.0, 'tentacle': [0.13, -0.1],
    'spider': 0.0}
"""Each robot, and how far its joints are drawn from their middle, over and over [rad or m]."""

LIGHT = np.array([0.4, -0.5, 0.77])
LARGEST = 0.01
"""Facets are no larger than this [m], so that they can be drawn from far to near."""


def numbers(element, name, default='0 0 0'):
    """Return the numbers in an attribute."""
    return [float(word) for word in (default if element is None else
                                     element.get(name, default)).split()]


def origin(element):
    """Return the transform of the <origin> of an element, shape (4, 4)."""
    transform = np.eye(4)
    transform[:3, 3] = numbers(element.find('origin'), 'xyz')
    transform[:3, :3] = euler2mat(*numbers(element.find('origin'), 'rpy'))
    return transform


def patch(function, across, along):
    """Return the facets of a surface over the unit square, shape (f, 4, 3) [m]."""
    u, v = np.meshgrid(np.linspace(0, 1, across + 1), np.linspace(0, 1, along + 1), indexing='ij')
    points = np.stack(np.broadcast_arrays(*function(u, v)), axis=-1)
    return np.stack([points[:-1, :-1], points[1:, :-1], points[1:, 1:], points[:-1, 1:]],
                    axis=2).reshape(-1, 4, 3)


def box(size):
    """Return the facets of a box."""
    faces = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        count = [math.ceil(size[i] / LARGEST) for i in (a, b)]
        flat = patch(lambda u, v: (u - 0.5, v - 0.5, 0.5), *count)
        for side in (1, -1):
            face = np.empty_like(flat)
            face[..., axis], face[..., a], face[..., b] = (
                side * flat[..., 2], flat[..., 0], side * flat[..., 1])
            faces.append(face * size)
    return np.concatenate(faces)


def cylinder(radius, length):
    """Return the facets of a cylinder along z."""
    rows = math.ceil(length / LARGEST)
    side = patch(lambda u, v: (radius * np.cos(math.tau * u), radius * np.sin(math.tau * u),
                               length * (v - 0.5)), 24, rows)
    lids = [patch(lambda u, v: (radius * v * np.cos(turn * math.tau * u),
                                radius * v * np.sin(turn * math.tau * u), -turn * length / 2),
                  24, math.ceil(radius / LARGEST)) for turn in (1, -1)]
    return np.concatenate([side, *lids])


def sphere(radius):
    """Return the facets of a sphere."""
    return patch(lambda u, v: (radius * np.sin(math.pi * v) * np.cos(math.tau * u),
                               radius * np.sin(math.pi * v) * np.sin(math.tau * u),
                               -radius * np.cos(math.pi * v)), 20, 10)


def facets(geometry):
    """Return the facets of a <geometry>, turning left around their outer side."""
    shape = geometry[0]
    if shape.tag == 'box':
        return box(np.array(numbers(shape, 'size')))
    if shape.tag == 'sphere':
        return sphere(float(shape.get('radius')))
    return cylinder(float(shape.get('radius')), float(shape.get('length')))


def placements(model, bend):
    """Return the transforms of all links, by name, with each joint that far from its middle."""
    chain = KinematicChain.from_model(
        model, model.root_link, [link for link in model.links if link != model.root_link])
    q = chain.clip(chain.mid_range() + np.resize(bend, chain.size))
    frames = {model.root_link: np.eye(4)}
    for link, frame in zip(chain.tip_links, chain.tip_frames(q)):
        frames[link] = np.eye(4)
        frames[link][:3, :3], frames[link][:3, 3] = frame[:9].reshape(3, 3), frame[9:]
    return frames


def draw(axes, name, tag='visual'):
    """Draw what can be seen of a robot, or with another tag what collides."""
    text = read_urdf(HERE.parent / 'urdf' / f'{name}.urdf')
    root, frames = ElementTree.fromstring(text), placements(parse_urdf(text), ROBOTS[name])
    colours = {material.get('name'): numbers(material.find('color'), 'rgba')[:3]
               for material in root.findall('material')}
    shapes, paints = [], []
    for link in root.findall('link'):
        for part in link.findall(tag):
            where = frames[link.get('name')] @ origin(part)
            corners = facets(part.find('geometry')) @ where[:3, :3].T + where[:3, 3]
            normals = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
            normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
            shade = 0.62 + 0.38 * (normals @ LIGHT)[:, None]
            material = part.find('material')
            colour = colours[material.get('name')] if material is not None else [0.7, 0.7, 0.7]
            shapes.append(corners)
            paints.append(np.clip(shade * colour, 0.0, 1.0))
    everything = np.concatenate(shapes)
    axes.add_collection3d(Poly3DCollection(
        everything, facecolors=np.concatenate(paints), edgecolors='none', antialiased=False))
    low, high = everything.min(axis=(0, 1)), everything.max(axis=(0, 1))
    middle, half = (low + high) / 2, 0.5 * (high - low).max()
    axes.set(xlim=(middle[0] - half, middle[0] + half), ylim=(middle[1] - half, middle[1] + half),
             zlim=(middle[2] - half, middle[2] + half))
    axes.set_box_aspect((1, 1, 1), zoom=1.3)
    axes.view_init(22, -50)
    axes.set_axis_off()
    axes.set_title(name, fontsize=10)


def main():
    """Write docs/robots.png."""
    figure = plt.figure(figsize=(12.5, 5.2))
    for i, name in enumerate(ROBOTS):
        draw(figure.add_subplot(2, math.ceil(len(ROBOTS) / 2), i + 1, projection='3d'), name)
    figure.subplots_adjust(0, 0, 1, 0.95, 0, 0.08)
    figure.savefig(HERE / 'robots.png', dpi=100)


if __name__ == '__main__':
    main()
