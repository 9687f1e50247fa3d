"""
Recordings made without ROS, for tests of what reads them.

The messages are laid out and encoded by rosbags, which has nothing in common with the classes the
node sends nor with the package that reads the files.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.record import steps
from ik_solver_node.record.recorded_tracker import RecordedTracker
from ik_solver_node.record.writing import Encoded, RecordingFile
from ik_solver_node.solver_options import SolverOptions
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
            measured: Any = None) -> TrackResult:
        """Write what a node would, for a target that comes some ms after what was before."""
        self.write('/target_point', make('geometry_msgs/PointStamped', header(),
                                         make('geometry_msgs/Point', 0.0, 0.0, 0.0)), after)
        answer = tracker.track(target, measured)
        if answer.positions is not None:
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

    def gap(self, messages: int) -> None:
        """Write that messages are missing."""
        self.tell('gap', lambda: steps.gap_values(messages))

    def close(self) -> Path:
        """End the recording; return its file."""
        self.file.close()
        return self.file.path
