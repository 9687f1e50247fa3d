"""Our own robots: what their files say of themselves is true, and they are made as ought to be."""

from __future__ import annotations

from itertools import product
import math
from pathlib import Path
import re
from typing import NamedTuple
from xml.etree import ElementTree

from chains import chain_of, model_of, random_positions, urdf_of
from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import JointType, parse_urdf
from ik_solver_node.solver import solve
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PointTarget, PoseTarget
from ik_solver_node.urdf_file import read_urdf
import numpy as np
import pytest
from robots import OWN_ROBOTS
from transforms3d.euler import euler2mat

FOLDER = Path(__file__).resolve().parent.parent / 'urdf'
SOURCES = sorted(FOLDER.glob('*.urdf.xacro'))
PATIENT = SolverOptions(max_restarts=100, max_time=60.0)
FEET = [f'foot_{number}' for number in range(1, 9)]

every_robot = pytest.mark.parametrize('name', OWN_ROBOTS)


class Solid(NamedTuple):
    """A <visual> or <collision>: its shape, its numbers [m] and where it is in the link."""

    shape: str
    size: np.ndarray
    place: np.ndarray
    turn: np.ndarray

    @classmethod
    def read(cls, element: ElementTree.Element) -> Solid:
        """Return what an element describes; meshes are no solids."""
        origin, shape = element.find('origin'), element.find('geometry')[0]
        names = {'box': ['size'], 'cylinder': ['radius', 'length'], 'sphere': ['radius']}
        size = ' '.join(shape.get(name) for name in names[shape.tag])
        return cls(shape.tag, numbers(size), numbers(origin.get('xyz')),
                   euler2mat(*numbers(origin.get('rpy', '0 0 0'))))

    @property
    def volume(self) -> float:
        """How large it is [m^3]."""
        if self.shape == 'box':
            return float(self.size.prod())
        radius = self.size[0]
        return math.pi * radius**2 * (4 / 3 * radius if self.shape == 'sphere' else self.size[1])

    @property
    def inertia(self) -> np.ndarray:
        """Inertia about its centre, in the axes of the link, for a mass of 1 kg [m^2]."""
        if self.shape == 'box':
            x, y, z = self.size**2
            own = np.array([y + z, x + z, x + y]) / 12
        elif self.shape == 'sphere':
            own = np.full(3, 0.4 * self.size[0]**2)
        else:
            across = self.size[0]**2 / 4 + self.size[1]**2 / 12
            own = np.array([across, across, self.size[0]**2 / 2])
        return self.turn @ np.diag(own) @ self.turn.T

    def surface(self) -> np.ndarray:
        """Return points on its surface that any solid around them has to reach, shape (p, 3)."""
        if self.shape == 'box':
            points = np.array(list(product([-0.5, 0.5], repeat=3))) * self.size
        else:
            turns = np.linspace(0.0, math.tau, 24, endpoint=False)
            ring = self.size[0] * np.array([np.cos(turns), np.sin(turns), 0.0 * turns]).T
            if self.shape == 'sphere':
                points = np.concatenate([ring, ring[:, [0, 2, 1]], ring[:, [2, 0, 1]]])
            else:
                up = [0.0, 0.0, self.size[1] / 2]
                points = np.concatenate([ring + up, ring - up])
        return points @ self.turn.T + self.place

    def holds(self, points: np.ndarray, slack: float) -> np.ndarray:
        """Return which points (p, 3) are inside, or outside by no more than `slack` [m]."""
        x, y, z = ((points - self.place) @ self.turn).T
        if self.shape == 'box':
            return (np.abs([x, y, z]).T <= self.size / 2 + slack).all(axis=1)
        if self.shape == 'sphere':
            return np.sqrt(x**2 + y**2 + z**2) <= self.size[0] + slack
        return (np.hypot(x, y) <= self.size[0] + slack) & (np.abs(z) <= self.size[1] / 2 + slack)


def numbers(text: str) -> np.ndarray:
    """Return the numbers in an attribute."""
    return np.array([float(word) for word in text.split()])


def links_of(name: str) -> dict[str, ElementTree.Element]:
    """Return the elements of all links, by name."""
    return {link.get('name'): link for link in ElementTree.fromstring(urdf_of(name)).iter('link')}


def bodies_of(name: str) -> dict[str, ElementTree.Element]:
    """Return the elements of all links that are more than a frame, by name."""
    return {body: link for body, link in links_of(name).items() if len(link)}


def inertia_of(link: ElementTree.Element) -> tuple[float, np.ndarray, np.ndarray]:
    """Return mass [kg], centre of mass [m] and inertia about it [kg m^2] as the file says."""
    inertial = link.find('inertial')
    xx, xy, xz, yy, yz, zz = (float(inertial.find('inertia').get(name))
                              for name in ('ixx', 'ixy', 'ixz', 'iyy', 'iyz', 'izz'))
    return (float(inertial.find('mass').get('value')), numbers(inertial.find('origin').get('xyz')),
            np.array([[xx, xy, xz], [xy, yy, yz], [xz, yz, zz]]))


# --- the files ---------------------------------------------------------------------------------

def test_every_file_is_a_robot_that_is_tested() -> None:
    """Or the source of one, or what the sources have in common."""
    assert {path.name for path in FOLDER.iterdir()} == {
        'parts.xacro', *(spec.file for spec in OWN_ROBOTS.values()),
        *(path.name for path in SOURCES)}
    assert len(SOURCES) == 4


@pytest.mark.parametrize('source', SOURCES, ids=lambda path: path.name)
def test_a_file_is_what_its_source_expands_to(source: Path) -> None:
    """If not: run `xacro NAME.urdf.xacro > NAME.urdf` in the folder urdf."""
    pytest.importorskip('xacro')
    expanded, stored = (ElementTree.canonicalize(text, strip_text=True) for text in (
        read_urdf(source), source.with_suffix('').read_text()))
    assert stored == expanded


@pytest.mark.parametrize('source, arguments, tips, size', [
    ('spider', {'legs': '6'}, FEET[:6], 18), ('tentacle', {'joints': '12'}, ['tool0'], 12)])
def test_a_source_makes_other_robots_too(source: str, arguments: dict[str, str],
                                         tips: list[str], size: int) -> None:
    """With fewer legs or joints."""
    pytest.importorskip('xacro')
    model = parse_urdf(read_urdf(FOLDER / f'{source}.urdf.xacro', arguments))
    assert KinematicChain.from_model(model, None, tips).size == size == len(model.joints) - len(
        tips)


@every_robot
def test_names_and_tree(name: str) -> None:
    """A robot is called as its file, begins with base_link, and ends in frames to be asked for."""
    model = model_of(name)
    assert (model.name, model.root_link) == (name, 'base_link')
    assert OWN_ROBOTS[name].file == f'{name}.urdf'
    assert all(re.fullmatch('[a-z][a-z0-9_]*', each) for each in
               (*model.links, *(joint.name for joint in model.joints)))
    frames = set(model.links) - set(bodies_of(name))
    assert frames <= set(model.leaf_links)
    assert all(re.fullmatch(r'(\w+_)?tool0|foot_\d', frame) for frame in frames)
    assert frames >= {OWN_ROBOTS[name].tip}


@every_robot
def test_what_it_says_of_the_pose_at_zero(name: str) -> None:
    """The comment of each file tells where the tip is, to check a simulator or a viewer by."""
    told = re.findall(r'At zero (\w+) is at (\S+ \S+ \S+) and its z axis points along '
                      r'(\S+ \S+ \S+?)\.?\n', urdf_of(name))
    assert OWN_ROBOTS[name].tip in {tip for tip, _, _ in told}
    for tip, position, direction in told:
        chain = KinematicChain.from_model(model_of(name), None, [tip])
        pose = chain.forward_kinematics(np.zeros(chain.size))
        np.testing.assert_allclose(pose.position, numbers(position), atol=6e-5)
        np.testing.assert_allclose(pose.rotation()[:, 2], numbers(direction), atol=6e-5)


@every_robot
def test_limits_of_joints(name: str) -> None:
    """Each joint has those of a real drive: also of velocity, and of force or torque."""
    effort = {joint.get('name'): float(joint.find('limit').get('effort'))
              for joint in ElementTree.fromstring(urdf_of(name)).iterfind('joint[limit]')}
    for joint in model_of(name).joints:
        if joint.type is JointType.FIXED:
            continue
        assert -6.2 <= joint.lower <= 0.0 <= joint.upper <= 6.2
        assert 0.02 < joint.upper - joint.lower
        assert 0.05 <= joint.velocity <= 20.0
        assert 0.5 <= effort[joint.name] <= 1000.0


# --- bodies ------------------------------------------------------------------------------------

@every_robot
def test_every_body_can_be_seen_and_touched(name: str) -> None:
    """In colours that the file defines, and without meshes that somebody would have to have."""
    robot = ElementTree.fromstring(urdf_of(name))
    colours = {material.get('name') for material in robot.findall('material')}
    assert not list(robot.iter('mesh'))
    for body, link in bodies_of(name).items():
        assert len(link.findall('visual')) >= 2, body
        assert 1 <= len(link.findall('collision')) <= 4, body
        for visual in link.findall('visual'):
            assert visual.find('material').get('name') in colours, body


@every_robot
def test_what_can_be_seen_can_be_touched(name: str) -> None:
    """No visible corner sticks out of the collision geometry by more than 5 mm."""
    for body, link in bodies_of(name).items():
        hull = [Solid.read(element) for element in link.findall('collision')]
        for visual in map(Solid.read, link.findall('visual')):
            points = visual.surface()
            inside = np.any([solid.holds(points, 5e-3) for solid in hull], axis=0)
            assert inside.all(), f'{body}: {visual} leaves its collision geometry'


@every_robot
def test_inertia_is_that_of_what_can_be_seen(name: str) -> None:
    """Of solids of one density that have the mass together; the message has the right numbers."""
    for body, link in bodies_of(name).items():
        mass, centre, inertia = inertia_of(link)
        solids = [Solid.read(element) for element in link.findall('visual')]
        shares = np.array([solid.volume for solid in solids])
        shares *= mass / shares.sum()
        expected_centre = sum(m * solid.place for m, solid in zip(shares, solids)) / mass
        expected = np.zeros((3, 3))
        for m, solid in zip(shares, solids):
            away = solid.place - expected_centre
            expected += m * (solid.inertia + away @ away * np.eye(3) - np.outer(away, away))
        told = f'{body}: {expected_centre}, {expected.tolist()}'
        np.testing.assert_allclose(centre, expected_centre, atol=1e-5, err_msg=told)
        np.testing.assert_allclose(inertia, expected, atol=3e-4 * expected.max(), err_msg=told)


@every_robot
def test_inertia_is_possible(name: str) -> None:
    """Positive definite, no moment above the sum of the others; no link of air or of lead."""
    for body, link in bodies_of(name).items():
        mass, _, inertia = inertia_of(link)
        first, second, third = np.linalg.eigvalsh(inertia)
        assert first > 0.0, body
        assert third < first + second, body
        volume = sum(Solid.read(element).volume for element in link.findall('visual'))
        assert 150.0 < mass / volume < 8000.0, body


@every_robot
def test_drives_carry_the_robot(name: str) -> None:
    """At any posture its weight takes less than 60 % of the force or torque of each joint."""
    pinocchio = pytest.importorskip('pinocchio', reason='pin is missing: pip install pin')
    model = pinocchio.buildModelFromXML(urdf_of(name))
    data, random = model.createData(), np.random.default_rng(0)
    for q in random.uniform(model.lowerPositionLimit, model.upperPositionLimit, (200, model.nq)):
        load = np.abs(pinocchio.computeGeneralizedGravity(model, data, q))
        assert (load < 0.6 * model.effortLimit).all(), load


# --- to play with ------------------------------------------------------------------------------

@every_robot
def test_reachable_targets_are_reached(name: str) -> None:
    """All of them, in full where the joints suffice."""
    chain = chain_of(name)
    for q in random_positions(chain, 10):
        result = solve(chain, PoseTarget(chain.forward_kinematics(q)), options=PATIENT)
        assert result.success, result.sentence


@pytest.mark.parametrize('name, tips', [
    ('dual_arm', ['left_tool0', 'right_tool0']), ('spider', FEET)])
def test_all_tips_are_reached_at_once(name: str, tips: list[str]) -> None:
    """Also where they share the joints of a torso."""
    chain = KinematicChain.from_model(model_of(name), None, tips)
    kind = PointTarget if name == 'spider' else PoseTarget
    for q in random_positions(chain, 5):
        poses = [Pose.from_matrix(np.vstack([
            np.column_stack([frame[:9].reshape(3, 3), frame[9:]]), [0.0, 0.0, 0.0, 1.0]]))
            for frame in chain.tip_frames(q)]
        targets = {tip: kind(pose.position if kind is PointTarget else pose)
                   for tip, pose in zip(tips, poses)}
        assert solve(chain, targets, options=PATIENT).success


def test_arms_are_mirror_images() -> None:
    """The same positions of left and right joints lead to the same place beside the body."""
    left, right = (KinematicChain.from_model(model_of('dual_arm'), 'chest_link', [f'{side}_tool0'])
                   for side in ('left', 'right'))
    np.testing.assert_array_equal(left.lower, right.lower)
    for q in random_positions(left, 5):
        here, there = left.forward_kinematics(q), right.forward_kinematics(q)
        np.testing.assert_allclose(here.position, there.position * [1, -1, 1], atol=1e-12)


def test_the_body_of_the_spider_moves_over_its_feet() -> None:
    """They stand still in the world, so in the body they move against it."""
    chain = KinematicChain.from_model(model_of('spider'), None, FEET)
    stand = chain.tip_frames(np.zeros(chain.size))[:, 9:]
    body = Pose.from_rpy([0.03, -0.02, 0.02], [0.1, -0.1, 0.15])
    wanted = (stand - body.position) @ body.rotation()
    result = solve(chain, {foot: PointTarget(place) for foot, place in zip(FEET, wanted)},
                   np.zeros(chain.size))
    assert result.success
    feet = chain.tip_frames(result.positions)[:, 9:] @ body.rotation().T + body.position
    np.testing.assert_allclose(feet, stand, atol=2e-6)
    assert np.abs(result.positions).max() < 0.7


def test_the_body_of_the_spider_is_a_tip_of_its_foot() -> None:
    """One leg that stands lifts the body, as an arm its hand."""
    chain = KinematicChain.from_model(model_of('spider'), 'foot_3', ['base_link'])
    place = chain.forward_kinematics(np.zeros(3)).position
    assert solve(chain, PointTarget(place + [0.01, 0.0, 0.02])).success
