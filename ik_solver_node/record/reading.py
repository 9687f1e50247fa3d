"""Read a recording: the messages of an MCAP file of ROS 2, also of one that was cut off."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from ik_solver_node.exceptions import MissingDependencyError, RecordingError

MAGIC = b'\x89MCAP0\r\n'
"""What every MCAP file begins with."""

LINE_KINDS = ('geometry_msgs/msg/PoseArray', 'nav_msgs/msg/Path')
"""The types of messages that ask for straight lines."""


class Message(NamedTuple):
    """
    A message as it was recorded.

    topic, kind : where it was sent, and its type, such as ``std_msgs/msg/String``
    time : when it was recorded [ns since 1970]
    data : the message in CDR
    decode : makes a message of that
    """

    topic: str
    kind: str
    time: int
    data: bytes
    decode: Callable[[bytes], Any]

    @property
    def value(self) -> Any:
        """
        The message, with its fields as attributes.

        It is made whenever it is asked for: to keep those of a long recording would take many
        times the room of the file.
        """
        return self.decode(self.data)


@dataclass(frozen=True)
class Recording:
    """
    What a file holds.

    Attributes
    ----------
    path : Path
        The file, the first one of a folder with several.
    messages : tuple of Message
        In the order in which they were written.
    is_complete : bool
        Whether the file was closed; if not, the messages go up to where it was cut.

    """

    path: Path
    messages: tuple[Message, ...]
    is_complete: bool


def read_recording(path: str | Path) -> Recording:
    """
    Return what is in a recording.

    Parameters
    ----------
    path : str or Path
        An MCAP file, or the folder of a bag.

    Raises
    ------
    RecordingError
        If there is no such file, or it is no MCAP file of ROS 2.
    MissingDependencyError
        If the packages that read it are not installed.

    """
    files = _files(Path(path))
    messages: list[Message] = []
    is_complete = True
    for file in files:
        for message in _messages(file):
            if message is None:
                is_complete = False
            else:
                messages.append(message)
    return Recording(files[0], tuple(messages), is_complete)


def _files(path: Path) -> list[Path]:
    """Return the MCAP files that are meant."""
    if not path.exists():
        raise RecordingError(f'there is no file {path}')
    if not path.is_dir():
        return [path]
    files = sorted(path.glob('*.mcap'))
    if not files:
        raise RecordingError(f'the folder {path} has no .mcap file in it')
    return files


def _messages(path: Path) -> Iterator[Message | None]:
    """Yield the messages of a file; at last None if it ends before its end."""
    with _opened(path) as stream:
        try:
            from mcap.records import Channel, Message as Record, Schema
            from mcap.stream_reader import StreamReader
            from mcap_ros2.decoder import DecoderFactory
        except ImportError as error:
            raise MissingDependencyError(
                f'to read a recording needs the packages mcap and mcap-ros2-support ({error}): '
                'pip install mcap mcap-ros2-support') from error
        schemas, channels = {}, {}
        decoders = DecoderFactory()
        for record in _as_far_as_good(iter(StreamReader(stream, validate_crcs=True).records)):
            if isinstance(record, Schema):
                schemas[record.id] = record
            elif isinstance(record, Channel):
                channels[record.id] = record
            elif isinstance(record, Record):
                channel = channels[record.channel_id]
                schema = schemas.get(channel.schema_id)
                decode = decoders.decoder_for(channel.message_encoding, schema)
                if schema is not None and decode is not None:  # else it is not of ROS 2
                    yield Message(channel.topic, schema.name, record.log_time, record.data,
                                  decode)
            elif record is None:
                yield None


def _opened(path: Path) -> Any:
    """Return the open file, if it begins as an MCAP file does."""
    try:
        stream = path.open('rb')
        start = stream.read(len(MAGIC))
    except OSError as error:
        raise RecordingError(f'{path} cannot be read: {error.strerror}') from error
    if start != MAGIC:
        stream.close()
        raise RecordingError(f'{path} is not an MCAP file: it begins with {start!r}')
    stream.seek(0)
    return stream


def _as_far_as_good(records: Iterator[Any]) -> Iterator[Any]:
    """Yield records; at last None if the file was cut or is damaged."""
    while True:
        try:
            yield next(records)
        except StopIteration:
            return
        except Exception:  # of the reader, of struct and of the decompression: all for one cause
            yield None
            return
