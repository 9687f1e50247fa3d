"""ViewerSettings: everything that can be chosen about the viewer, with its bounds."""

from __future__ import annotations

from dataclasses import dataclass

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.options import check_options, option
from ik_solver_node.ros.lists import check_tuple
from ik_solver_node.ros.names import check_name


@dataclass(frozen=True)
class ViewerSettings:
    """
    Every parameter of the viewer; all are set at start.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    robot_description: str = option(
        '', 'the text of the URDF; goes before urdf_file; with both empty, the topic '
        'robot_description is listened to', read_only=True)
    urdf_file: str = option(
        '', 'path of a URDF, or of a .xacro file if xacro is installed', read_only=True)
    base_link: str = option(
        '', 'link whose frame targets are given in; empty for the root of the robot',
        read_only=True)
    tip_links: tuple[str, ...] = option(
        (), 'the links that get something to drag; empty for the only leaf of the robot',
        read_only=True)
    solver_nodes: tuple[str, ...] = option(
        ('ik_solver_node',), 'names of the nodes that solve: their answers are shown, and the '
        'sliders and the buttons are for all of them; the first one says where sliders stand',
        read_only=True)
    mesh_path: tuple[str, ...] = option(
        (), 'folders with packages (or packages themselves) to search for meshes of package://, '
        'before those that are installed', read_only=True)
    host: str = option(
        '127.0.0.1', 'address to serve the page on; 0.0.0.0 lets everybody in the network move '
        'the arm', read_only=True)
    port: int = option(
        8080, 'port of the page; if it is taken, the next one that is free; 0 for any', minimum=0,
        maximum=65535, read_only=True)
    draw_rate: float = option(
        30.0, 'how often the robot is drawn at most', unit='Hz', minimum=1.0, maximum=30.0,
        read_only=True)
    target_rate: float = option(
        50.0, 'how often a target is sent at most while it is dragged', unit='Hz', minimum=1.0,
        maximum=50.0, read_only=True)
    trail_length: float = option(
        4.0, 'for how long the way of a tip is shown; 0 for not at all', unit='s', minimum=0.0,
        maximum=60.0, read_only=True)
    near_limit: float = option(
        0.05, 'a joint is shown as near to a limit in this share of its range', minimum=0.0,
        maximum=0.5, read_only=True)

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)
        for name in ('tip_links', 'solver_nodes', 'mesh_path'):
            check_tuple(self, name, str)
        if not self.solver_nodes:
            raise OptionsError('solver_nodes is [], but must name at least one node')
        for name in self.solver_nodes:
            check_name('solver_nodes', name, '/left/ik_solver_node')
        if len(self.tip_links) > 1:  # their topics are named after them
            for name in self.tip_links:
                check_name('tip_links', name, 'left_tool')
