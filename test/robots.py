"""
The robots that tests and benchmarks run on: our own, and stock ones from two PyPI packages.

Stock files are read unchanged. ``pip install example-robot-data rtb-data`` provides them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import distribution, PackageNotFoundError
from pathlib import Path

from ik_solver_node.urdf_file import read_urdf

STOCK_FOLDERS = {
    'example-robot-data': 'cmeel.prefix/share/example-robot-data/robots',
    'rtb-data': 'rtbdata/xacro',
}
"""Where each package on PyPI has its robots."""


@dataclass(frozen=True)
class RobotSpec:
    """
    A robot to test on.

    Attributes
    ----------
    source : str
        The PyPI package that has its file, or ``own`` for those of this package.
    file : str
        The file, in the folder of the source.
    base, tip : str
        The links that a sensible arm of this robot starts and ends with.

    """

    source: str
    file: str
    base: str
    tip: str

    def path(self) -> Path:
        """
        Return where the file is.

        Raises
        ------
        ImportError
            If the package that has it is not installed.

        """
        if self.source == 'own':
            return Path(__file__).resolve().parent.parent / 'urdf' / self.file
        try:
            found = distribution(self.source)
        except PackageNotFoundError as error:
            raise ImportError(
                f'{self.file} is missing; run "pip install {self.source}"') from error
        return Path(str(found.locate_file(STOCK_FOLDERS[self.source]))) / self.file

    def urdf(self) -> str:
        """Return the text of the URDF."""
        return read_urdf(self.path())


_ERD, _RTB = 'example-robot-data', 'rtb-data'

STOCK_ROBOTS = {
    'ur5': RobotSpec(_ERD, 'ur_description/urdf/ur5_robot.urdf', 'base_link', 'tool0'),
    'ur10': RobotSpec(_ERD, 'ur_description/urdf/ur10_robot.urdf', 'base_link', 'tool0'),
    'panda': RobotSpec(
        _ERD, 'panda_description/urdf/panda.urdf', 'panda_link0', 'panda_hand_tcp'),
    'kinova': RobotSpec(
        _ERD, 'kinova_description/robots/kinova.urdf', 'base', 'j2s6s200_end_effector'),
    'z1': RobotSpec(_ERD, 'z1_description/urdf/z1.urdf', 'link00', 'gripperStator'),
    'xarm7': RobotSpec(_ERD, 'xarm_description/urdf/xarm7.urdf', 'link_base', 'link_eef'),
    'baxter': RobotSpec(_ERD, 'baxter_description/urdf/baxter.urdf', 'base', 'left_gripper'),
    'pr2': RobotSpec(
        _ERD, 'pr2_description/urdf/pr2.urdf', 'torso_lift_link', 'r_gripper_tool_frame'),
    'tiago': RobotSpec(
        _ERD, 'tiago_description/robots/tiago.urdf', 'torso_lift_link', 'arm_tool_link'),
    'so101': RobotSpec(
        _ERD, 'so_arm_description/urdf/so101.urdf', 'base_link', 'gripper_frame_link'),
    'talos': RobotSpec(
        _ERD, 'talos_data/robots/talos_full_v2.urdf', 'torso_2_link', 'gripper_left_base_link'),
    'icub': RobotSpec(_ERD, 'icub_description/robots/icub.urdf', 'chest', 'l_gripper'),
    'irb140': RobotSpec(_RTB, 'abb_irb140_description/urdf/irb140.urdf', 'base_link', 'tool0'),
    'puma560': RobotSpec(
        _RTB, 'unimation_puma560_description/urdf/puma560_robot.urdf', 'link1', 'link7'),
    'iiwa14': RobotSpec(
        _RTB, 'kuka_description/kuka_lbr_iiwa/urdf/lbr_iiwa_14_r820.urdf', 'base_link', 'tool0'),
    'al5d': RobotSpec(_RTB, 'lynxmotion_al5d_description/urdf/al5d_robot.urdf', 'base', 'link4'),
}
"""Stock robots by name; their files need the packages of `STOCK_FOLDERS`."""

OWN_ROBOTS = {
    'planar_2r': RobotSpec('own', 'planar_2r.urdf', 'base_link', 'tool0'),
    'planar_3r': RobotSpec('own', 'planar_3r.urdf', 'base_link', 'tool0'),
    'scara': RobotSpec('own', 'scara.urdf', 'base_link', 'tool0'),
    'desk_arm': RobotSpec('own', 'desk_arm.urdf', 'base_link', 'tool0'),
    'six_axis_arm': RobotSpec('own', 'six_axis_arm.urdf', 'base_link', 'tool0'),
    'seven_axis_arm': RobotSpec('own', 'seven_axis_arm.urdf', 'base_link', 'tool0'),
    'rail_arm': RobotSpec('own', 'rail_arm.urdf.xacro', 'base_link', 'tool0'),
}
"""The robots of this package by name; the xacro file needs xacro."""

ROBOTS = {**OWN_ROBOTS, **STOCK_ROBOTS}
"""Every robot by name."""
