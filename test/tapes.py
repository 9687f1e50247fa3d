"""
Recordings made without ROS, for tests of what reads them.

The messages are laid out and encoded by rosbags, which has nothing in common with the classes the
node sends nor with the package that reads the files.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
import math
from pathlib import Path
from typing import Any

from chains import chain_of
from ik_solver_node.chain import KinematicChain
from ik_solver_node.motion_limits import MotionLimits
from ik_solver_node.record import steps
from ik_solver_node.record.recorded_tracker import RecordedTracker
from ik_solver_node.record.writing import Encoded, RecordingFile
from ik_solver_node.solver_options import SolverOptions
from ik_solver_node.target import PointTarget
from ik_solver_node.tracker import TrackerOptions, TrackResult
import numpy as np
import pytest

PATIENT = SolverOptions(max_time=60.0)
EPOCH = 1_700_000_000_000_000_000
"""When the recordings begin [ns]."""
MILLISECOND = 1_000_000


@lru_cache(maxsize=None)
def typestore() -> Any:
    """Return the message types of rosbags; skip the test where it is missing."""
    typesys = pytest.importorskip('rosbags.typesys')
    return typesys.get_typestore(typesys.Stores.ROS2_JAZZY)


def make(kind: str, *values: Any) -> Any:
    """Return a message, of its fields in their order."""
    package, _, name = kind.partition('/')
    return typestore().types[f'{package}/msg/{name}'](*values)


def encoded(message: Any) -> Encoded:
    """Return a message as bytes, with its definition."""
    kind = message.__msgtype__
    text, _ = typestore().generate_msgdef(kind, ros_version=2)
    return Encoded(kind, text, bytes(typestore().serialize_cdr(message, kind)))


def header(stamp: int = 0) -> Any:
    """Return a header with a stamp [ns]."""
    return make('std_msgs/Header', make('builtin_interfaces/Time', *divmod(stamp, 10**9)), '')


def diagnostics(name: str, values: dict[str, str]) -> Any:
    """Return one status as a message."""
    pairs = [make('diagnostic_msgs/KeyValue', *pair) for pair in values.items()]
    status = make('diagnostic_msgs/DiagnosticStatus', 0, name, '', '', pairs)
    return make('diagnostic_msgs/DiagnosticArray', header(), [status])


def trajectory(stamp: int, names: Any, points: Any) -> Any:
    """Return as a message points: time from the stamp [ns] on [s], positions and what is known."""
    return make('trajectory_msgs/JointTrajectory', header(stamp), list(names), [make(
        'trajectory_msgs/JointTrajectoryPoint',
        *(np.array(part, float) for part in (*parts, *[()] * (4 - len(parts)))),
        make('builtin_interfaces/Duration', *divmod(round(1e9 * time), 10**9)))
        for time, *parts in points])


class Tape:
    """
    A recording in the making.

    Parameters
    ----------
    path : Path
        Where to.
    change : callable, optional
        Gets the kind and the values of each step, and returns what is written instead.

    """

    def __init__(self, path: Path, change: Callable[[str, dict[str, str]], dict[str, str]] =
                 lambda kind, values: values) -> None:
        pytest.importorskip('mcap')
        self.file = RecordingFile(str(path), ['/robot_description'])
        self.now = EPOCH
        self._change = change

    def write(self, topic: str, message: Any, after: int = 1) -> None:
        """Write a message, some ms after the one before."""
        self.now += after * MILLISECOND
        self.file.write(topic, encoded(message), self.now)

    def tell(self, kind: str, values: Callable[[], dict[str, str]]) -> None:
        """Write a step of a tracker, at the time of what came before."""
        self.write('/ik_solver_node/tracker', diagnostics(kind, self._change(kind, values())), 0)

    def tracker(self, chain: KinematicChain, solver: SolverOptions = PATIENT,
                options: TrackerOptions = TrackerOptions()) -> RecordedTracker:
        """Return a tracker that is recorded, after its robot description."""
        self.write('/robot_description', make('std_msgs/String', chain.model.urdf))
        return RecordedTracker(chain, solver, options, self.tell)

    def ask(self, tracker: RecordedTracker, target: Any, after: int = 10,
            measured: Any = None, says: bool = True) -> TrackResult:
        """
        Write what a node would, for a target that comes some ms after what was before.

        Unless it `says` so, without a command.
        """
        self.write('/target_point', make('geometry_msgs/PointStamped', header(),
                                         make('geometry_msgs/Point', 0.0, 0.0, 0.0)), after)
        answer = tracker.track(target, measured)
        if answer.positions is not None and says:
            self.joints(tracker.chain.joint_names, answer.positions)
        return answer

    def joints(self, names: Any, positions: Any, velocities: Any = (), after: int = 2) -> None:
        """Write joint states."""
        self.write('/joint_states', make(
            'sensor_msgs/JointState', header(), list(names), np.array(positions, float),
            np.array(velocities, float), np.array([], float)), after)

    def refuse(self) -> None:
        """Write that a target was refused."""
        self.write('/target_point', make('geometry_msgs/PointStamped', header(),
                                         make('geometry_msgs/Point', np.nan, 0.0, 0.0)))
        self.write('/ik_solver_node/solution', diagnostics('arm', {'verdict': 'refused'}))

    def parameters(self, values: dict[str, Any]) -> None:
        """Write parameters: texts and numbers."""
        given = [make('rcl_interfaces/Parameter', name, make(
            'rcl_interfaces/ParameterValue', 4 if isinstance(value, str) else 3, False, 0,
            value if isinstance(value, float) else 0.0, value if isinstance(value, str) else '',
            *(np.array([], kind) for kind in (np.uint8, bool, np.int64, np.float64)), []))
            for name, value in values.items()]
        self.write('/parameter_events', make('rcl_interfaces/ParameterEvent', header().stamp, '',
                                             given, [], []))

    def command(self, output: str, names: Any, here: list[float], ahead: Any) -> None:
        """Write a command at once: that joints are here, or go to points that are ahead."""
        if output == 'joint_state':
            self.write('/joint_commands', make(
                'sensor_msgs/JointState', header(), list(names), np.array(here),
                np.array([]), np.array([])), 0)
        elif output == 'position_array':
            self.write('/controller/commands', make(
                'std_msgs/Float64MultiArray', make('std_msgs/MultiArrayLayout', [], 0),
                np.array(here)), 0)
        else:
            self.write('/controller/joint_trajectory', trajectory(self.now, names, ahead), 0)

    def lines(self, end: Any, verdict: str, fraction: float) -> None:
        """Write what a node would, for straight lines that take 50 ms to plan."""
        self.write('/target_poses', make('geometry_msgs/PoseArray', header(), []))
        self.tell('lines', lambda: steps.lines_values(2, end))
        self.write('/ik_solver_node/solution', diagnostics('arm', {
            'verdict': verdict, 'fraction': repr(fraction), 'length [m]': '0.4',
            'duration [s]': '2.5', 'deviation [m]': '0.0001'}), 50)

    def stopped(self, reasons: str, after: int) -> None:
        """Write the diagnostics of a node that is stopped by some reasons, or by none."""
        message = diagnostics('solver', {'stopped by': reasons})
        message.status[0].message = f'because of {reasons}; last target: reached'
        self.write('/diagnostics', message, after)

    def gap(self, messages: int) -> None:
        """Write that messages are missing."""
        self.tell('gap', lambda: steps.gap_values(messages))

    def close(self) -> Path:
        """End the recording; return its file."""
        self.file.close()
        return self.file.path


PERIOD = 0.01
LATE = 0.03
"""How late the arm of these tests is [s]."""


def swing(time: float) -> list[float]:
    """Return where the joints of an arm are sent at a time [s]."""
    return [0.5 + 0.3 * math.sin(2.0 * time), 0.4 - 0.2 * math.sin(2.0 * time)]


def rates(time: float) -> list[float]:
    """Return how fast they are sent there."""
    return [0.6 * math.cos(2.0 * time), -0.4 * math.cos(2.0 * time)]


def ahead(time: float) -> list[tuple]:
    """Return the points of a trajectory that begins then, two periods on, and at rest."""
    end = time + 2.0 * PERIOD
    return [(2.0 * PERIOD, swing(end), rates(end),
             [-1.2 * math.sin(2.0 * end), 0.8 * math.sin(2.0 * end)]),
            (0.5, swing(end + 0.1), [0.0, 0.0], [0.0, 0.0])]


def swinging(path: Path, output: str, velocities: bool = False) -> Tape:
    """Return a recording, still open, of an arm that swings for 3 s, and follows late."""
    chain = chain_of('planar_2r')
    tape = Tape(path)
    tape.parameters({'motion.mode': 'track', 'motion.rate': 1.0 / PERIOD, 'output.kind': output})
    tape.tell('measured', lambda: steps.measured_values('/joint_states'))
    tracker = tape.tracker(chain)
    limits = MotionLimits(chain.lower, chain.upper, *np.array([[1.0] * 2, [2.0] * 2, [9.0] * 2]))
    tape.tell('limits', lambda: steps.limits_values(chain, limits))
    target = PointTarget(chain.forward_kinematics(swing(0.0)).position)
    tracker.reset(swing(0.0))
    tape.ask(tracker, target, says=False)
    begin = tape.now + 2_000_000
    for number in range(300):
        time = number * PERIOD
        tape.now = begin + round(1e9 * time)
        tape.command(output, chain.joint_names, swing(time), ahead(time))
        for part in range(2):
            seen = time + 0.005 * part - LATE
            tape.joints([*chain.joint_names, 'gripper'], [*swing(seen), 0.0],
                        [*rates(seen), 0.0] if velocities else (), 1 if part == 0 else 5)
    return tape
