"""
The robots that tests and benchmarks run on: our own, and stock ones from two PyPI packages.

Stock files are read unchanged. ``pip install example-robot-data rtb-data`` provides them.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import distribution, PackageNotFoundError
import math
from pathlib import Path

from ik_solver_node.chain import KinematicChain, Limits
from ik_solver_node.robot_model import parse_urdf, RobotModel
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
    range_kept : float
        Share of each joint's range, around its middle, that it may use.

    """

    source: str
    file: str
    base: str
    tip: str
    range_kept: float = 1.0

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

    def limits(self, model: RobotModel) -> Limits:
        """Return the limits that replace those of the URDF, by joint [rad or m]."""
        if self.range_kept == 1.0:
            return {}
        chain = KinematicChain.from_model(model, self.base, [self.tip])
        middle, half = chain.mid_range(), 0.5 * self.range_kept * (chain.upper - chain.lower)
        return {name: (float(low), float(high)) for name, low, high in
                zip(chain.joint_names, middle - half, middle + half) if high - low < math.inf}

    def chain(self, urdf: str | None = None) -> KinematicChain:
        """Return the chain from base to tip; who has read the file already passes its text."""
        model = parse_urdf(self.urdf() if urdf is None else urdf)
        return KinematicChain.from_model(model, self.base, [self.tip], limits=self.limits(model))


_ERD, _RTB = 'example-robot-data', 'rtb-data'

STOCK_ROBOTS = {
    # arms of four to seven joints
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
    'g1': RobotSpec(
        _ERD, 'g1_description/urdf/g1_29dof_rev_1_0.urdf', 'torso_link', 'left_rubber_hand'),
    'centauro': RobotSpec(
        _ERD, 'centauro_description/urdf/centauro.urdf', 'pelvis', 'arm1_8'),
    'irb140': RobotSpec(_RTB, 'abb_irb140_description/urdf/irb140.urdf', 'base_link', 'tool0'),
    'kr210': RobotSpec(
        _RTB, 'kuka_description/kuka_kr210/urdf/kr210l150.urdf', 'base_link', 'tool0'),
    'puma560': RobotSpec(
        _RTB, 'unimation_puma560_description/urdf/puma560_robot.urdf', 'link1', 'link7'),
    'iiwa14': RobotSpec(
        _RTB, 'kuka_description/kuka_lbr_iiwa/urdf/lbr_iiwa_14_r820.urdf', 'base_link', 'tool0'),
    'al5d': RobotSpec(_RTB, 'lynxmotion_al5d_description/urdf/al5d_robot.urdf', 'base', 'link4'),
    # torsos that lift or turn, and a finger that mimics another
    'pr2_torso': RobotSpec(
        _ERD, 'pr2_description/urdf/pr2.urdf', 'base_link', 'r_gripper_tool_frame'),
    'tiago_torso': RobotSpec(
        _ERD, 'tiago_description/robots/tiago.urdf', 'base_footprint', 'arm_tool_link'),
    'tiago_pro': RobotSpec(
        _ERD, 'tiago_pro_description/robots/tiago_pro.urdf', 'base_link', 'arm_left_tool_link'),
    'romeo': RobotSpec(_ERD, 'romeo_description/urdf/romeo.urdf', 'base_link', 'l_gripper'),
    'panda_finger': RobotSpec(
        _ERD, 'panda_description/urdf/panda.urdf', 'panda_link0', 'panda_rightfinger'),
    # heads, legs and fingers
    'two_dofs': RobotSpec(_ERD, 'asr_twodof_description/urdf/TwoDofs.urdf', 'world', 'Tip'),
    'tiago_head': RobotSpec(
        _ERD, 'tiago_description/robots/tiago.urdf', 'base_footprint', 'xtion_optical_frame'),
    'edu_finger': RobotSpec(
        _ERD, 'finger_edu_description/robots/finger_edu.urdf', 'base_link', 'finger_tip_link'),
    'allegro': RobotSpec(
        _ERD, 'allegro_hand_description/urdf/allegro_left_hand.urdf', 'palm_link',
        'link_3.0_tip'),
    'solo12_leg': RobotSpec(
        _ERD, 'solo_description/robots/solo12.urdf', 'base_link', 'FL_FOOT'),
    'anymal_leg': RobotSpec(
        _ERD, 'anymal_c_simple_description/urdf/anymal.urdf', 'base', 'LF_FOOT'),
    'talos_leg': RobotSpec(
        _ERD, 'talos_data/robots/talos_full_v2.urdf', 'base_link', 'left_sole_link'),
    'icub_leg': RobotSpec(_ERD, 'icub_description/robots/icub.urdf', 'base_link', 'l_sole'),
    # the hard ones: ten joints, and seven with little room
    'icub_torso': RobotSpec(_ERD, 'icub_description/robots/icub.urdf', 'base_link', 'l_gripper'),
    'panda_tight': RobotSpec(
        _ERD, 'panda_description/urdf/panda.urdf', 'panda_link0', 'panda_hand_tcp',
        range_kept=1.0 / 3.0),
}
"""Stock robots by name; their files need the packages of `STOCK_FOLDERS`."""

OWN_ROBOTS = {
    'planar_2r': RobotSpec('own', 'planar_2r.urdf', 'base_link', 'tool0'),
    'planar_3r': RobotSpec('own', 'planar_3r.urdf', 'base_link', 'tool0'),
    'scara': RobotSpec('own', 'scara.urdf', 'base_link', 'tool0'),
    'desk_arm': RobotSpec('own', 'desk_arm.urdf', 'base_link', 'tool0'),
    'six_axis_arm': RobotSpec('own', 'six_axis_arm.urdf', 'base_link', 'tool0'),
    'seven_axis_arm': RobotSpec('own', 'seven_axis_arm.urdf', 'base_link', 'tool0'),
    'rail_arm': RobotSpec('own', 'rail_arm.urdf', 'base_link', 'tool0'),
    'dual_arm': RobotSpec('own', 'dual_arm.urdf', 'base_link', 'right_tool0'),
    'tentacle': RobotSpec('own', 'tentacle.urdf', 'base_link', 'tool0'),
    'spider': RobotSpec('own', 'spider.urdf', 'base_link', 'foot_1'),
}
"""The robots of this package by name."""

ROBOTS = {**OWN_ROBOTS, **STOCK_ROBOTS}
"""Every robot by name."""

GRIPPER = """
<robot name="gripper">
  <link name="base"/><link name="left"/><link name="right"/>
  <joint name="left_slide" type="prismatic">
    <parent link="base"/><child link="left"/><axis xyz="0 1 0"/>
    <limit lower="0.01" upper="0.05" effort="1" velocity="1"/>
  </joint>
  <joint name="right_slide" type="prismatic">
    <parent link="base"/><child link="right"/><axis xyz="0 1 0"/>
    <limit lower="-0.05" upper="0" effort="1" velocity="1"/>
    <mimic joint="left_slide" multiplier="-1"/>
  </joint>
</robot>
"""
"""Two fingers, of which one does as the other."""
