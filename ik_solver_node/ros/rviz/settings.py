"""RvizSettings: everything that can be chosen about what RViz is given."""

from __future__ import annotations

from dataclasses import dataclass

from ik_solver_node.options import check_options, option
from ik_solver_node.ros.names import check_name


@dataclass(frozen=True)
class RvizSettings:
    """
    Every parameter of the node for RViz.

    Raises
    ------
    OptionsError
        If a value has a wrong type or lies outside its range.

    """

    solver_node: str = option(
        'ik_solver_node', 'name of the node that moves the arm; without a leading slash, in the '
        'same namespace', read_only=True)
    rate: float = option(
        20.0, 'how often markers are published, if anything has changed, and targets sent while a '
        'handle is dragged', unit='Hz', minimum=0.1, maximum=200.0, read_only=True)
    size: float = option(
        0.15, 'length of the axes of a target; everything else goes by it', unit='m', minimum=1e-3,
        maximum=100.0, read_only=True)
    trail_length: int = option(
        300, 'how many points of the way of the tip are shown; 0 for none', minimum=0,
        maximum=100000, read_only=True)
    trail_spacing: float = option(
        0.005, 'how far these points are apart at least', unit='m', minimum=1e-6, maximum=100.0,
        read_only=True)
    handles: bool = option(
        True, 'whether there is a handle to drag for each tip; needs interactive_markers',
        read_only=True)
    send_while_dragging: bool = option(
        True, 'whether targets are sent while a handle is dragged, until its menu says otherwise; '
        'if not, its menu sends one', read_only=True)

    def __post_init__(self) -> None:
        """Check every field."""
        check_options(self)
        check_name('solver_node', self.solver_node, '/left/ik_solver_node')
