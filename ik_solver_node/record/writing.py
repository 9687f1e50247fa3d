"""Write a recording: an MCAP file of ROS 2, or the folder of a bag with one in it."""

from __future__ import annotations

from collections.abc import Collection
import itertools
import json
import os
from pathlib import Path
from typing import Any, NamedTuple

from ik_solver_node import __version__
from ik_solver_node.exceptions import MissingDependencyError, RecordingError

SUFFIX = '.mcap'

LATCHED = """\
- history: 1
  depth: 1
  reliability: 1
  durability: 1
  deadline: {sec: 9223372036, nsec: 854775807}
  lifespan: {sec: 9223372036, nsec: 854775807}
  liveliness: 1
  liveliness_lease_duration: {sec: 9223372036, nsec: 854775807}
  avoid_ros_namespace_conventions: false
"""
"""The QoS with which a bag player publishes what late joiners shall hear, too."""


class Encoded(NamedTuple):
    """
    A message as bytes.

    kind : its type, such as ``std_msgs/msg/String``
    definition : the fields of the type and of all types in it, as MCAP wants them of ROS 2
    data : the message in CDR
    """

    kind: str
    definition: str
    data: bytes


class RecordingFile:
    """
    A recording that is being written.

    What is there already is never written over: a number is added to the name instead.

    Parameters
    ----------
    record : str
        Path of a file that ends in ``.mcap``, or else of the folder of a bag.
    latched : collection of str
        Topics that are for late joiners, too.

    Raises
    ------
    RecordingError
        If nothing can be written there.
    MissingDependencyError
        If the package that writes it is not installed.

    """

    def __init__(self, record: str, latched: Collection[str] = ()) -> None:
        try:
            from mcap.writer import Writer
            Writer.flush  # what older versions lack
        except (AttributeError, ImportError) as error:
            raise MissingDependencyError(
                f'record is {record!r}, but that needs the package mcap, 1.6 or newer ({error}): '
                "pip install 'mcap>=1.6', or leave record empty") from error
        self._latched = frozenset(latched)
        self._schemas: dict[str, int] = {}
        self._channels: dict[str, int] = {}
        self._topics: dict[str, tuple[str, int]] = {}
        self._first, self._last = 0, 0
        try:
            self.path, self._folder = _free_path(Path(record).expanduser().absolute())
            self._stream: Any = self.path.open('xb')
        except (OSError, RuntimeError, ValueError) as error:  # no home, no name
            raise RecordingError(f'record is {record!r}, but nothing can be written there: '
                                 f'{getattr(error, "strerror", None) or error}') from error
        self._writer = Writer(self._stream)
        self._writer.start('ros2', f'ik_solver_node {__version__}')
        self.flush()

    def write(self, topic: str, message: Encoded, time: int) -> None:
        """Add a message that was sent on `topic` at `time` [ns]."""
        if topic not in self._channels:
            self._add_channel(topic, message)
        self._writer.add_message(self._channels[topic], time, message.data, time)
        kind, count = self._topics[topic]
        self._topics[topic] = kind, count + 1
        self._first = min(self._first or time, time)
        self._last = max(self._last, time)

    def flush(self) -> None:
        """Hand what was written so far to the system: it is kept if the process is killed."""
        self._writer.flush()

    def close(self) -> None:
        """Write the index, without which ``ros2 bag`` opens no file, and close the file."""
        try:
            self._writer.finish()
        finally:
            self._stream.close()
        if self._folder is not None:
            # JSON is YAML, too.
            (self._folder / 'metadata.yaml').write_text(json.dumps(self._metadata(), indent=2))

    def _add_channel(self, topic: str, message: Encoded) -> None:
        """Announce a topic, and its type if that is new."""
        if message.kind not in self._schemas:
            self._schemas[message.kind] = self._writer.register_schema(
                message.kind, 'ros2msg', message.definition.encode())
        self._channels[topic] = self._writer.register_channel(
            topic, 'cdr', self._schemas[message.kind],
            {'offered_qos_profiles': self._qos(topic)})
        self._topics[topic] = message.kind, 0

    def _qos(self, topic: str) -> str:
        """Return the QoS of a topic as a bag has it."""
        return LATCHED if topic in self._latched else ''

    def _metadata(self) -> dict[str, Any]:
        """Return what tells ``ros2 bag`` about the file: version 5, as all since Humble read."""
        span = {
            'starting_time': {'nanoseconds_since_epoch': self._first},
            'duration': {'nanoseconds': self._last - self._first},
            'message_count': sum(count for _, count in self._topics.values())}
        topics = [{
            'topic_metadata': {
                'name': topic, 'type': kind, 'serialization_format': 'cdr',
                'offered_qos_profiles': self._qos(topic)},
            'message_count': count} for topic, (kind, count) in self._topics.items()]
        return {'rosbag2_bagfile_information': {
            'version': 5, 'storage_identifier': 'mcap', **span,
            'topics_with_message_count': topics, 'compression_format': '',
            'compression_mode': '', 'relative_file_paths': [self.path.name],
            'files': [{'path': self.path.name, **span}]}}


def _free_path(wanted: Path) -> tuple[Path, Path | None]:
    """Return the file to write, and the folder of the bag if it is to be one, which is made."""
    suffix = SUFFIX if wanted.suffix == SUFFIX else ''
    stem = wanted.name.removesuffix(suffix)
    names = itertools.chain([wanted.name], (f'{stem}_{n}{suffix}' for n in itertools.count(2)))
    path = next(filter(_is_free, map(wanted.with_name, names)))
    if suffix:
        return path, None
    path.mkdir(exist_ok=True)
    return path / f'{path.name}_0{SUFFIX}', path


def _is_free(path: Path) -> bool:
    """Return whether a recording can have this name: nothing does, or an empty folder."""
    return not os.path.lexists(path) or path.is_dir() and not any(path.iterdir())
