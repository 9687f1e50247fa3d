"""The viewer as a person meets it: a real browser, a mouse, and the real node that solves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from domains import private_domain
from geometry_msgs.msg import PoseStamped
from harness import Client, connected_client, NodeProcess, running_node, URDF
from ik_solver_node.appearance.joint_tree import JointTree
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.conversions import pose_from_msg
from ik_solver_node.urdf_file import read_urdf
import numpy as np
from page import Camera, open_page, Page
import pytest
from transforms3d.axangles import axangle2mat

pytest.importorskip('viser')

ARM = URDF / 'six_axis_arm.urdf'
GIZMO = 0.2
"""How long the arrows are, in sizes of the robot."""
ARC = 0.65
"""How far away from their middle viser draws the arcs, in lengths of the arrows."""


class Scene:
    """
    All that takes part: the page, the node that solves, and a client that sees what they send.

    Parameters
    ----------
    page : Page
        The page, with the robot on it.
    client : Client
        Sees joints and targets.

    """

    def __init__(self, page: Page, client: Client) -> None:
        self.page, self.client = page, client
        self.targets: list[PoseStamped] = []
        client.node.create_subscription(PoseStamped, 'target_pose', self.targets.append, 100)
        self.chain = KinematicChain.from_model(parse_urdf(read_urdf(ARM)))
        middle = self.chain.joint_positions(self.chain.mid_range())
        self.size = JointTree(self.chain.model, middle).size()

    def tip(self) -> np.ndarray:
        """Return where the tip is in the base, shape (4, 4) [m]."""
        joints = self.client.joint_states[-1]
        positions = dict(zip(joints.name, joints.position))
        return self.chain.forward_kinematics(
            [positions[name] for name in self.chain.joint_names]).matrix()

    def target(self) -> np.ndarray:
        """Return the newest target in the base, shape (4, 4) [m]."""
        return pose_from_msg(self.targets[-1].pose).matrix()

    def distance(self) -> float:
        """Return how far the tip is from the newest target [m]."""
        return float(np.linalg.norm(self.tip()[:3, 3] - self.target()[:3, 3]))

    def drag(self, length: float) -> np.ndarray:
        """Pull at the arrow that is seen best [pixels]; return which way it points, shape (3,)."""
        self.stand()
        camera, tip = Camera(self.size), self.tip()
        origin = camera.pixel(tip[:3, 3])
        reach = 0.9 * GIZMO * self.size
        ends = [camera.pixel(tip[:3, 3] + reach * axis) for axis in tip[:3, :3].T]
        best = int(np.argmax([np.linalg.norm(end - origin) for end in ends]))
        way = (ends[best] - origin) / np.linalg.norm(ends[best] - origin)
        # Towards the middle of the page, so that it stays in sight.
        if way @ (np.array([330.0, 330.0]) - origin) < 0.0:
            length = -length
        self.page.drag(tuple(ends[best]), tuple(length * way))
        return np.sign(length) * tip[:3, best]

    def turn(self, angle: float) -> np.ndarray:
        """Pull at the arc that is seen best; return what its tip would be then, shape (4, 4)."""
        self.stand()
        camera, tip = Camera(self.size), self.tip()
        axes, radius = tip[:3, :3].T, ARC * GIZMO * self.size

        def on_circle(axis: int, at: float) -> np.ndarray:
            """Return where something is that turns about an axis, `at` [rad] from the next one."""
            way = np.cos(at) * axes[axis - 2] + np.sin(at) * axes[axis - 1]
            return camera.pixel(tip[:3, 3] + radius * way)

        middle = 0.25 * np.pi
        ways = [on_circle(axis, middle + angle) - on_circle(axis, middle) for axis in range(3)]
        best = int(np.argmax(np.linalg.norm(ways, axis=1)))
        self.page.drag(tuple(on_circle(best, middle)), tuple(ways[best]))
        turned = tip.copy()
        turned[:3, :3] = axangle2mat(axes[best], angle) @ tip[:3, :3]
        return turned

    def stand(self) -> None:
        """Wait until the arm stands."""
        def stands() -> bool:
            last = np.array(self.client.joint_states[-1].position)
            self.client.spin_for(0.3)
            return np.array_equal(last, np.array(self.client.joint_states[-1].position))

        self.client.spin_until(stands, 'rest')


@contextmanager
def viewer(*arguments: str) -> Iterator[tuple[NodeProcess, str]]:
    """Start a viewer on any port; yield it and its address."""
    with running_node('-p', 'port:=0', *arguments, module='ik_solver_node.viewer',
                      until='ready: open ') as process:
        line = process.wait_for('ready: open ')
        yield process, line.partition('open ')[2].split()[0]


@pytest.fixture(scope='module')
def empty_page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Page, int]]:
    """Return the page of a viewer that has no robot yet, and how much orange is on it."""
    with private_domain(tmp_path_factory.mktemp('ros_log')), viewer() as (_, address):
        with open_page(address) as page:
            page.wait_for('Waiting for a robot_description')
            yield page, page.orange()


@pytest.fixture(scope='module')
def scene(empty_page: tuple[Page, int]) -> Iterator[Scene]:
    """Return the same with a robot, and the node that solves."""
    page, _ = empty_page
    with connected_client() as client:
        client.description_publisher()(read_urdf(ARM))
        with running_node('-p', 'motion.mode:=move', '-p', 'tracking.near:=0.0'):
            scene = Scene(page, client)
            client.spin_until(lambda: client.joint_states, 'joint states')
            page.wait_for('Drag the arrows at the tip')
            yield scene


def test_page_opens_without_errors(empty_page: tuple[Page, int]) -> None:
    """Nothing goes wrong, and nothing is asked of other servers."""
    page, _ = empty_page
    assert page.errors == []
    assert page.outside == []


def test_robot_is_on_the_canvas(empty_page: tuple[Page, int], scene: Scene) -> None:
    """In pixels, where there was nothing before."""
    assert empty_page[1] == 0
    # It fades in.
    scene.client.spin_until(lambda: scene.page.orange() > 1500, 'orange robot', 60.0)


def test_the_arm_follows_the_mouse(scene: Scene) -> None:
    """A handle that is dragged moves the target along its axis, and the tip is where it ends."""
    start = scene.tip()[:3, 3]

    def moved() -> np.ndarray:
        return scene.target()[:3, 3] - start

    way = scene.drag(80.0)
    scene.client.spin_until(
        lambda: scene.targets and np.linalg.norm(moved()) > 0.05, 'far target')
    scene.stand()
    scene.client.spin_until(lambda: scene.distance() < 1e-4, 'tip at the target')
    assert moved() @ way / np.linalg.norm(moved()) > 0.999
    scene.page.wait_for('reached')
    assert scene.page.errors == []


def test_the_arm_turns_with_the_mouse(scene: Scene) -> None:
    """An arc that is dragged turns the target about its axis, and the tip with it."""
    scene.targets.clear()
    wanted = scene.turn(0.4)
    # A pixel is about 0.02 rad on the arc.
    scene.client.spin_until(
        lambda: scene.targets and np.allclose(scene.target(), wanted, atol=0.04), 'turned target')
    scene.stand()
    scene.client.spin_until(
        lambda: np.allclose(scene.tip(), scene.target(), atol=1e-4), 'tip at the target')
    assert np.allclose(scene.tip()[:3, 3], wanted[:3, 3], atol=1e-4)
    assert scene.page.errors == []


def test_the_stop_button_stops_it(scene: Scene) -> None:
    """On the way; targets move nothing until the other button is clicked."""
    scene.stand()
    assert scene.client.set_parameter('motion.speed', 0.02) == (True, '')
    scene.targets.clear()
    scene.drag(80.0)
    scene.client.spin_until(lambda: scene.targets and scene.distance() > 0.03, 'moving target')
    scene.page.click('Stop')
    scene.page.wait_for('lets the next target move the arm again')
    scene.stand()
    stopped, left = scene.tip(), scene.distance()
    assert left > 0.01
    scene.client.set_parameter('motion.speed', 1.0)
    answers = len(scene.client.solutions)
    scene.page.click('Home')
    scene.client.spin_until(lambda: len(scene.client.solutions) > answers, 'answer to Home')
    assert 'stopped by the service stop' in scene.client.solutions[-1].status[0].message
    assert np.array_equal(scene.tip(), stopped)
    scene.page.click('Resume')
    scene.page.wait_for('the next target moves the arm')
    scene.page.click('Home')
    home = scene.chain.forward_kinematics(scene.chain.mid_range()).position
    scene.client.spin_until(
        lambda: np.linalg.norm(scene.tip()[:3, 3] - home) < 1e-4, 'arm at home')
    assert scene.page.errors == [] and scene.page.outside == []
