"""Recordings as files: what others read in them, their names, and what cannot be written."""

from __future__ import annotations

import math
from pathlib import Path
import sys
from typing import Any

from ik_solver_node.exceptions import MissingDependencyError, RecordingError
from ik_solver_node.record.reading import read_recording
from ik_solver_node.record.writing import Encoded, RecordingFile
import numpy as np
import pytest
from tapes import EPOCH, make, MILLISECOND, Tape

POSITIONS = [0.1 + 0.2, -0.0, 5e-324, math.pi, -1.7976931348623157e308]


def write_some(path: Path) -> Path:
    """Write a recording of two messages; return its file."""
    tape = Tape(path)
    tape.write('/robot_description', make('std_msgs/String', '<robot/>\n"ä"'))
    tape.joints('abcde', POSITIONS)
    return tape.close()


@pytest.mark.parametrize('name', ['run.mcap', 'run'])
def test_what_is_written_is_read(tmp_path: Path, name: str) -> None:
    """Topics, types, times and every bit of a number."""
    recording = read_recording(write_some(tmp_path / name))
    assert recording.is_complete
    text, joints = recording.messages
    assert (text.topic, text.kind) == ('/robot_description', 'std_msgs/msg/String')
    assert text.value.data == '<robot/>\n"ä"'
    assert [text.time, joints.time] == [EPOCH + MILLISECOND, EPOCH + 3 * MILLISECOND]
    assert np.array(joints.value.position).tobytes() == np.array(POSITIONS).tobytes()


def test_a_folder_is_a_bag_to_others(tmp_path: Path) -> None:
    """Rosbags reads it by its metadata.yaml, as ros2 bag does, with the QoS of latched topics."""
    rosbag2 = pytest.importorskip('rosbags.rosbag2')
    file = write_some(tmp_path / 'my bag')
    assert file == tmp_path / 'my bag' / 'my bag_0.mcap'
    with rosbag2.Reader(tmp_path / 'my bag') as bag:
        assert (bag.message_count, bag.start_time) == (2, EPOCH + MILLISECOND)
        assert bag.duration == 2 * MILLISECOND + 1  # to just after the last
        assert {name: info.msgcount for name, info in bag.topics.items()} == {
            '/robot_description': 1, '/joint_states': 1}
        qos = {one.topic: one.ext.offered_qos_profiles for one in bag.connections}
        assert qos['/robot_description'][0].durability.name == 'TRANSIENT_LOCAL'
        assert qos['/joint_states'] == []
        assert [time for _, time, _ in bag.messages()] == [
            EPOCH + MILLISECOND, EPOCH + 3 * MILLISECOND]


def test_the_file_is_as_ros_2_has_it(tmp_path: Path) -> None:
    """Profile, encodings and an index, which players look for."""
    reader = pytest.importorskip('mcap.reader')
    with write_some(tmp_path / 'run.mcap').open('rb') as stream:
        file = reader.make_reader(stream)
        assert file.get_header().profile == 'ros2'
        summary = file.get_summary()
    assert {one.encoding for one in summary.schemas.values()} == {'ros2msg'}
    assert {one.message_encoding for one in summary.channels.values()} == {'cdr'}
    assert summary.statistics.message_count == 2
    assert all(chunk.message_index_length for chunk in summary.chunk_indexes)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A name that is taken gets a number; an empty folder is not taken."""
    names = [write_some(tmp_path / 'run.mcap').name for _ in range(3)]
    assert names == ['run.mcap', 'run_2.mcap', 'run_3.mcap']
    (tmp_path / 'bag').mkdir()
    files = [write_some(tmp_path / 'bag') for _ in range(2)]
    assert files == [tmp_path / 'bag' / 'bag_0.mcap', tmp_path / 'bag_2' / 'bag_2_0.mcap']


def test_what_is_flushed_can_be_read(tmp_path: Path) -> None:
    """Also while the file is open, as after a kill."""
    tape = Tape(tmp_path / 'run.mcap')
    tape.joints('ab', [1.0, 2.0])
    tape.file.flush()
    tape.joints('ab', [3.0, 4.0])
    recording = read_recording(tape.file.path)
    assert not recording.is_complete
    assert [list(message.value.position) for message in recording.messages] == [[1.0, 2.0]]
    tape.close()
    assert len(read_recording(tape.file.path).messages) == 2


@pytest.mark.parametrize(('record', 'told'), [
    ('no/such/run.mcap', 'No such file or directory'),
    ('no/such/bag', 'No such file or directory'),
    ('file/run.mcap', 'Not a directory'),
    ('/proc/run.mcap', ''),
    ('/', ''),
    ('~nobody_of_that_name/run.mcap', ''),
])
def test_what_cannot_be_written_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                        record: str, told: str) -> None:
    """In a sentence with the parameter."""
    pytest.importorskip('mcap')
    monkeypatch.chdir(tmp_path)
    (tmp_path / 'file').touch()
    with pytest.raises(RecordingError, match=f"record is '{record}', but nothing .*{told}"):
        RecordingFile(record)


@pytest.mark.parametrize('module', [None, object()])
def test_a_missing_package_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                                   module: Any) -> None:
    """Or one that is too old; and nothing is made."""
    monkeypatch.setitem(sys.modules, 'mcap.writer', module)
    with pytest.raises(MissingDependencyError, match="pip install 'mcap>=1.6'"):
        RecordingFile(str(tmp_path / 'run.mcap'))
    assert list(tmp_path.iterdir()) == []


def test_topics_of_one_type_share_its_definition(tmp_path: Path) -> None:
    """However many there are."""
    reader = pytest.importorskip('mcap.reader')
    file = RecordingFile(str(tmp_path / 'run.mcap'))
    for topic in ('/a', '/b'):
        file.write(topic, Encoded('std_msgs/msg/String', 'string data\n', b'\0\1\0\0\1\0\0\0\0'),
                   EPOCH)
    file.close()
    with file.path.open('rb') as stream:
        summary = reader.make_reader(stream).get_summary()
    assert (len(summary.schemas), len(summary.channels)) == (1, 2)
