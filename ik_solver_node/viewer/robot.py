"""A robot on the page, with its tips: from the text of a URDF to what is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ik_solver_node.appearance.joint_tree import JointTree
from ik_solver_node.appearance.shapes import shapes_of
from ik_solver_node.appearance.visuals import read_visuals
from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.viewer.limits import Nearness, ranges_of
from ik_solver_node.viewer.mesh_files import MeshFinder
from ik_solver_node.viewer.scene import RobotScene
from ik_solver_node.viewer.settings import ViewerSettings
from ik_solver_node.viewer.tip_scene import TipScene
import numpy as np

VIEWPOINT = np.array([1.15, 0.9, 0.55])
"""From where the robot is looked at, in sizes of it."""


class Robot:
    """
    A robot that is drawn.

    Parameters
    ----------
    server : viser.ViserServer
        Draws it; what it drew before is gone.
    urdf : str
        The text of the URDF.
    settings : ViewerSettings
        Which links, and where meshes are.
    note : callable
        Gets a sentence for each visual or mesh that cannot be shown.

    Attributes
    ----------
    chain : KinematicChain
        From the base to all tips.
    tips : dict of str to TipScene
        What is drawn for each tip.

    Raises
    ------
    IkSolverError
        If the URDF or the choice of links is refused; nothing is drawn then.

    """

    def __init__(self, server: Any, urdf: str, settings: ViewerSettings,
                 note: Callable[[str], None]) -> None:
        model = parse_urdf(urdf)
        self.chain = chain = KinematicChain.from_model(
            model, settings.base_link or None, settings.tip_links or None)
        self._settings = settings
        self._tools = {tip: np.eye(4) for tip in chain.tip_links}
        self._tree = JointTree(model, self._middle())
        finder = MeshFinder(settings.mesh_path, settings.urdf_file)
        shapes = shapes_of(read_visuals(urdf, note), finder.find, note)
        self._scene = RobotScene(server.scene, self._tree, shapes, ranges_of(model))
        base = self._scene.path(chain.base_link)
        self.tips = {tip: TipScene(server.scene, str(number), base, self._scene.path(tip),
                                   self._scene.size, settings.trail_length)
                     for number, tip in enumerate(chain.tip_links)}
        self._look_at(server)

    def _middle(self) -> dict[str, float]:
        """Return where the joints are in the middle of their ranges [rad or m]."""
        return self.chain.joint_positions(self.chain.mid_range())

    def _look_at(self, server: Any) -> None:
        """Bring the robot into view, for those who look already too."""
        size = self._scene.size
        at = np.array([0.0, 0.0, 0.45 * size])
        for camera in (server.initial_camera,
                       *(client.camera for client in server.get_clients().values())):
            camera.position = at + VIEWPOINT * size
            camera.look_at = at

    @property
    def is_known(self) -> bool:
        """Whether the joints of all tips were heard of."""
        return self._tree.has_heard_of(self.chain.joint_names)

    def update(self, positions: Mapping[str, float]) -> None:
        """Take the positions of joints by name [rad or m]."""
        self._tree.update(positions)

    def take_tool(self, tip_link: str, tool: Pose | None) -> None:
        """
        Mean a tool by a tip from now on, as the node that solves does.

        Parameters
        ----------
        tip_link : str
            The tip.
        tool : Pose or None
            The tool in the tip link; None for the tip itself.

        """
        T_tip_tool = np.eye(4) if tool is None else tool.matrix()
        if np.array_equal(T_tip_tool, self._tools[tip_link]):
            return
        self._tools[tip_link], shown = T_tip_tool, self.tips[tip_link]
        shown.take_tool(T_tip_tool)
        if self.is_known:  # what is dragged was at another tip
            shown.gizmo.place(self.tip(tip_link))

    def tip(self, tip_link: str) -> Pose:
        """Return where a tip, or its tool, is in the base frame."""
        return self._tip_in(self._tree, tip_link)

    def home(self, tip_link: str) -> Pose:
        """Return where it is with all joints in the middle of their ranges."""
        return self._tip_in(JointTree(self.chain.model, self._middle()), tip_link)

    def _tip_in(self, tree: JointTree, tip_link: str) -> Pose:
        """Return where a tip, or its tool, is in a posture, in the base frame."""
        T_base_tip = tree.T_base_tip(self.chain.base_link, tip_link)
        return Pose.from_matrix(T_base_tip @ self._tools[tip_link])

    def draw(self, now: float) -> None:
        """Draw it as it is at a time [s]."""
        self._scene.move()
        for link, tip in self.tips.items():
            pose = self.tip(link)
            if self.is_known:
                if not tip.gizmo.is_placed:
                    tip.gizmo.place(pose)
                tip.trace(pose, now)
            tip.show(pose)

    def limits(self) -> dict[str, tuple[float, Nearness]]:
        """Colour the rings; return where the joints are [rad or m] and what the rings show."""
        shown = self._scene.show_limits(self._settings.near_limit)
        return {name: (self._tree.position(name), nearness) for name, nearness in shown.items()}
