"""
The third party of the demo: does its own forward kinematics and says whether the node tells truth.

    ros2 run ik_solver_node demo_referee --ros-args -p urdf_file:=my_robot.urdf

It listens to the targets on `target_pose`, to what the node says about them on
`ik_solver_node/solution`, and to `joint_states`; it prints a few of its judgements per second, and
a summary at the end. A target counts as reachable unless it is further from the base than the arm
would measure straightened, so send it nothing in between. In the modes move and track, where
`joint_states` are those of an arm that is moved, it also hears the commands on
`joint_trajectory_controller/joint_trajectory`. The exit code is 0 only if targets were reached (or
followed), none that could be was missed, and no joint was where, or as fast as, it must not be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
import math
import os
import shutil
import sys
from typing import Any

from builtin_interfaces.msg import Duration, Time
from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PoseStamped
from ik_solver_node.motion import Mode
from ik_solver_node.options import option
from ik_solver_node.ros.demo.arm import RefereeArm
from ik_solver_node.ros.demo.common import DemoNode, ModelOptions, run
from ik_solver_node.ros.demo.following import FollowingJudge
from ik_solver_node.ros.demo.judgement import (
    Answer, Complain, Joints, Judge, Judgement, Ruling, Strictness, Trajectory)
from ik_solver_node.ros.demo.moves import MoveJudge
from ik_solver_node.ros.demo.score import DirectJudge
import numpy as np
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from sensor_msgs.msg import JointState
from trajectory_msgs.msg import JointTrajectory
from transforms3d.quaternions import quat2mat

QUEUE = QoSProfile(depth=1000)
"""The referee must not miss anything, even if it is held up for a moment."""

HEADER = ('  [s]  target x, y, z [m]    tip x, y, z [m]     off [mm]  [deg]    [ms]  verdict\n'
          '       (ms: {unit})')
ROW = '{time:5.2f} {target} {tip} {position:>8} {orientation:>7} {latency:>6}  '

GREEN, YELLOW, RED, PLAIN = '\033[32m', '\033[33m', '\033[31m', '\033[0m'
COLOURS = {Ruling.REACHED: GREEN, Ruling.FOLLOWING: GREEN, Ruling.ARRIVED: GREEN,
           Ruling.REFUSED: YELLOW, Ruling.REPLACED: YELLOW}


class Colour(str, Enum):
    """When rows have colours."""

    AUTO = 'auto'
    ALWAYS = 'always'
    NEVER = 'never'


@dataclass(frozen=True)
class RefereeOptions(ModelOptions):
    """How strict the referee is, and how talkative."""

    mode: Mode = option(
        Mode.DIRECT, 'the motion.mode of the node: direct (the joints that are sent count), move '
        '(where the measured arm comes to stand) or track (how it follows)')
    position_tolerance: float = option(
        1e-4, 'position error up to which a target is reached', unit='m', minimum=0.0,
        maximum=1.0)
    orientation_tolerance: float = option(
        1e-3, 'orientation error up to which a target is reached', unit='rad', minimum=0.0,
        maximum=3.15)
    path_tolerance: float = option(
        2e-3, 'distance from the path of the target up to which the tip follows it; a radian '
        'counts as 0.3 m', unit='m', minimum=0.0, maximum=1.0)
    path_spread: float = option(
        0.05, 'so much more is allowed as the target moves in this time: joints lag differently',
        unit='s', minimum=0.0, maximum=10.0)
    noise: float = option(
        0.0, 'standard deviation of measured joints, what it makes of positions is allowed on top '
        'of all tolerances', unit='rad or m', minimum=0.0, maximum=1.0)
    default_velocity: float = option(
        1.0, 'as motion.default_velocity of the node', unit='rad/s or m/s', minimum=1e-3,
        maximum=1e3)
    acceleration_time: float = option(
        0.5, 'as motion.acceleration_time of the node', unit='s', minimum=1e-3, maximum=100.0)
    rows_per_second: float = option(
        3.0, 'how many judgements are printed at most; those that stand out always are',
        unit='1/s', minimum=0.1, maximum=1000.0)
    colour: Colour = option(
        Colour.AUTO, 'colours: auto (on a terminal, unless NO_COLOR is set), always or never')
    columns: int = option(
        0, 'width at which rows are cut; 0 for that of the terminal, if there is one', minimum=0,
        maximum=10000)


JUDGES: dict[Mode, Callable[[RefereeArm, Strictness, Complain], Judge]] = {
    Mode.DIRECT: DirectJudge, Mode.MOVE: MoveJudge, Mode.TRACK: FollowingJudge}


class Scoreboard:
    """
    Prints judgements, one per row under a header, and complaints.

    Parameters
    ----------
    rows_per_second : float
        How many rows at most, not counting those that stand out.
    has_colours : bool
        Whether the ruling is coloured.
    columns : int
        Width at which rows are cut; 0 for never.

    Attributes
    ----------
    unit : str
        What the column of times means.

    """

    def __init__(self, rows_per_second: float, has_colours: bool, columns: int) -> None:
        self.unit = ''
        self._pause = 1e9 / rows_per_second
        self._has_colours = has_colours
        self._columns = columns
        self._first: int | None = None
        self._next_row = -math.inf

    def show(self, judgement: Judgement) -> None:
        """Print `judgement` if it is time for a row or it stands out."""
        if self._first is None:
            self._first = judgement.sent
            print(HEADER.format(unit=self.unit))
        elapsed = 1e-9 * (judgement.sent - self._first)
        stands_out = judgement.ruling.stands_out or judgement.complaints
        if judgement.sent >= self._next_row or stands_out:
            self._next_row = judgement.sent + self._pause
            print(self._row(elapsed, judgement), flush=True)
            for complaint in judgement.complaints:
                self.complain(complaint)

    def complain(self, sentence: str) -> None:
        """Print what is wrong."""
        print(f'        {self._coloured(RED, sentence)}', flush=True)

    def _row(self, elapsed: float, judgement: Judgement) -> str:
        """Return a judgement as one line, `elapsed` [s] after the first."""
        columns = ROW.format(
            time=elapsed, target=_xyz(judgement.T_base_target), tip=_xyz(judgement.T_base_tip),
            position=_number(1e3 * judgement.position_error),
            orientation=_number(math.degrees(judgement.orientation_error)),
            latency=_milliseconds(judgement.latency))
        ruling = judgement.ruling.value
        if judgement.ruling is Ruling.REFUSED:
            ruling = 'refused, out of reach'
        remark = f'{ruling} ({judgement.why})'
        if self._columns and len(columns + remark) > self._columns:
            remark = ruling.partition(',')[0]
        return columns + self._coloured(COLOURS.get(judgement.ruling, RED), remark)

    def _coloured(self, colour: str, text: str) -> str:
        """Return `text` in a colour, if there are colours."""
        return f'{colour}{text}{PLAIN}' if self._has_colours else text


class DemoReferee(DemoNode):
    """The node `demo_referee`."""

    def __init__(self) -> None:
        super().__init__('demo_referee', RefereeOptions)
        options = self.options
        self._judge: Judge | None = None
        self._topics: list[Subscription] = []
        self._board = Scoreboard(options.rows_per_second, has_colours(options.colour),
                                 options.columns or terminal_columns())
        self._timer = self.create_timer(0.02, self._wait_for_node)
        self.follow_description(self._use_description)

    def exit_code(self) -> int:
        """Print the summary, if there is anything to sum up, and return 0 if all went well."""
        if self._judge is None or not self._judge.seen:
            print('\nThe referee has seen no robot, no node or no target: nothing was judged',
                  flush=True)
            return 1
        print(f'\nSummary of the referee\n{self._judge.summary()}', flush=True)
        return 0 if self._judge.is_good else 1

    def _use_description(self, urdf: str) -> None:
        """Read the robot; a later description of another one starts the count over."""
        options, is_first = self.options, self._judge is None
        strictness = Strictness(
            options.position_tolerance, options.orientation_tolerance, options.path_tolerance,
            options.path_spread, options.noise, options.default_velocity,
            options.acceleration_time)
        self._judge = JUDGES[options.mode](
            RefereeArm(urdf, options.base_link, options.tip_link), strictness,
            self._board.complain)
        self._board.unit = self._judge.unit
        if is_first:
            self._listen()

    def _listen(self) -> None:
        """Hear all but the targets."""
        kinds: list[tuple[Any, str, Callable[[Any], None]]] = [
            (JointState, 'joint_states', self._on_joint_state),
            (DiagnosticArray, 'ik_solver_node/solution', self._on_solution)]
        if self.options.mode is not Mode.DIRECT:
            kinds.append((JointTrajectory, 'joint_trajectory_controller/joint_trajectory',
                          self._on_trajectory))
        self._topics = [self.create_subscription(*kind, QUEUE) for kind in kinds]

    def _wait_for_node(self) -> None:
        """Listen to targets once the node is there: whoever sends them waits for the referee."""
        # By resolved names: rclpy does not remap what it counts.
        if self._topics and all(self.count_publishers(topic.topic_name)
                                for topic in self._topics):
            self._timer.cancel()
            self.create_subscription(PoseStamped, 'target_pose', self._on_target, QUEUE)

    def _on_target(self, message: PoseStamped) -> None:
        """Take a target."""
        assert self._judge is not None
        if message.header.frame_id not in ('', self._judge.arm.base_link):
            self.get_logger().warning(
                f'targets in frame {message.header.frame_id!r} are not judged, only those in '
                f'{self._judge.arm.base_link!r}', throttle_duration_sec=5.0)
            return
        position, orientation = message.pose.position, message.pose.orientation
        target = np.eye(4)
        target[:3, :3] = quat2mat((orientation.w, orientation.x, orientation.y, orientation.z))
        target[:3, 3] = position.x, position.y, position.z
        self._show(self._judge.see_target(_nanoseconds(message.header.stamp), target))

    def _on_solution(self, message: DiagnosticArray) -> None:
        """Take what the node says about a target."""
        assert self._judge is not None
        stamp = _nanoseconds(message.header.stamp)
        self._show(self._judge.see_answer(stamp, _answer(message)))

    def _on_joint_state(self, message: JointState) -> None:
        """Take joint positions."""
        assert self._judge is not None
        received = self.get_clock().now().nanoseconds
        self._show(self._judge.see_joints(Joints(
            _nanoseconds(message.header.stamp), received,
            dict(zip(message.name, message.position)),
            dict(zip(message.name, message.velocity)))))

    def _on_trajectory(self, message: JointTrajectory) -> None:
        """Take what the node commands."""
        assert self._judge is not None
        self._judge.see_command(_trajectory(message, self.get_clock().now().nanoseconds))

    def _show(self, judgements: list[Judgement]) -> None:
        """Print what was judged."""
        for judgement in judgements:
            self._board.show(judgement)


def _answer(message: DiagnosticArray) -> Answer:
    """Return what the node says in a message on its solution topic."""
    values = {entry.key: entry.value for entry in message.status[0].values}
    seconds, _, nanoseconds = values['joint_states_stamp'].partition('.')
    return Answer(
        claims_reached=values['verdict'] == 'reached',
        why=values['reason'].replace('_', ' ') or message.status[0].message,
        elapsed=float(values['elapsed [s]'] or 'nan'),
        joints_stamp=int(seconds) * 10**9 + int(nanoseconds) if seconds else None)


def _trajectory(message: JointTrajectory, received: int) -> Trajectory:
    """Return the motion in a message that was received at a time [ns]."""
    def table(values: list[Sequence[float]]) -> np.ndarray:
        told = [row for row in values if len(row)]
        return np.array(told, dtype=float).reshape(len(told), len(message.joint_names))

    points = message.points
    return Trajectory(
        tuple(message.joint_names),
        np.array([1e-9 * _nanoseconds(point.time_from_start) for point in points]),
        table([point.positions for point in points]),
        table([point.velocities for point in points]),
        table([point.accelerations for point in points]),
        1e-9 * (received - _nanoseconds(message.header.stamp)))


def _nanoseconds(stamp: Time | Duration) -> int:
    """Return a stamp or duration in nanoseconds."""
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def terminal_columns() -> int:
    """Return the width of the terminal, 0 if stdout is none."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 0


def has_colours(colour: Colour) -> bool:
    """Return whether rows shall have colours."""
    if colour is Colour.AUTO:
        return sys.stdout.isatty() and not os.environ.get('NO_COLOR')
    return colour is Colour.ALWAYS


def _xyz(transform: np.ndarray | None) -> str:
    """Return the position of a transform (4, 4) in columns [m]."""
    if transform is None:
        return f'{"-":>20}'
    return ' '.join(f'{value:6.3f}' for value in transform[:3, 3])


def _milliseconds(seconds: float) -> str:
    """Return a time in milliseconds, with a digit more if it is short."""
    if math.isnan(seconds):
        return '-'
    return f'{1e3 * seconds:.1f}' if seconds < 1.0 else f'{1e3 * seconds:.0f}'


def _number(value: float) -> str:
    """Return `value` with few digits, whatever its size."""
    return '-' if not math.isfinite(value) else f'{value:.5f}' if value < 1.0 else f'{value:.1f}'


def main() -> None:
    """Judge until told to end."""
    sys.exit(run(DemoReferee))


if __name__ == '__main__':
    main()
