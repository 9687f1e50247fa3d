"""Recordings read back: whole, cut, damaged, or none at all."""

from __future__ import annotations

from pathlib import Path
import sys

from ik_solver_node.exceptions import MissingDependencyError, RecordingError
from ik_solver_node.record.reading import read_recording
import pytest
from tapes import Tape


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a recording of 40 messages in 20 chunks."""
    tape = Tape(tmp_path / 'run.mcap')
    for number in range(40):
        tape.joints('ab', [number, 0.5 * number])
        if number % 2:
            tape.file.flush()
    return tape.close()


def numbers(path: Path) -> list[float]:
    """Return what tells the messages apart."""
    return [message.value.position[0] for message in read_recording(path).messages]


@pytest.mark.parametrize('share', [0.02, 0.2, 0.33, 0.5, 0.7, 0.95])
def test_a_cut_file_is_read_up_to_where_it_is_good(file: Path, share: float) -> None:
    """Wherever it was cut, each chunk before that is there, and it is said."""
    data = file.read_bytes()
    file.write_bytes(data[:int(share * len(data))])
    found = numbers(file)
    assert found == list(range(len(found)))
    assert len(found) % 2 == 0
    assert not read_recording(file).is_complete
    assert len(found) > 0 or share < 0.1


def test_every_cut_near_the_end_of_a_chunk(file: Path) -> None:
    """Byte by byte, nothing raises and nothing is made up."""
    data = file.read_bytes()
    middle = len(data) // 3
    counts = []
    for end in range(middle, middle + 400):
        file.write_bytes(data[:end])
        found = numbers(file)
        assert found == list(range(len(found)))
        counts.append(len(found))
    assert counts == sorted(counts)


def test_a_damaged_file_is_read_up_to_the_damage(file: Path) -> None:
    """A bit that fell over is noticed."""
    data = bytearray(file.read_bytes())
    for place in range(len(data) // 4, len(data) // 3, 7):
        damaged = data.copy()
        damaged[place] ^= 0x10
        file.write_bytes(damaged)
        found = numbers(file)
        assert found == list(range(len(found)))


def test_a_folder_is_read_as_the_bag_in_it(file: Path) -> None:
    """Or it is said that there is none."""
    assert len(read_recording(file.parent).messages) == 40
    file.unlink()
    with pytest.raises(RecordingError, match='has no .mcap file in it'):
        read_recording(file.parent)


def test_what_is_no_recording_is_said(tmp_path: Path) -> None:
    """A missing file, an empty one, and another kind."""
    with pytest.raises(RecordingError, match='there is no file .*nothing.mcap'):
        read_recording(tmp_path / 'nothing.mcap')
    for text in ('', 'URDF'):
        (tmp_path / 'other').write_text(text)
        with pytest.raises(RecordingError, match='is not an MCAP file: it begins with'):
            read_recording(str(tmp_path / 'other'))


def test_what_is_not_of_ros_2_is_skipped(tmp_path: Path) -> None:
    """Others may add to a file what they like."""
    writer = pytest.importorskip('mcap.writer').Writer(str(tmp_path / 'other.mcap'))
    writer.start()
    writer.add_message(writer.register_channel('/a', 'json', 0), 1, b'{}', 1)
    schema = writer.register_schema('a/msg/B', 'ros2idl', b'')
    writer.add_message(writer.register_channel('/b', 'cdr', schema), 1, b'', 1)
    writer.finish()
    recording = read_recording(tmp_path / 'other.mcap')
    assert (recording.messages, recording.is_complete) == ((), True)


@pytest.mark.parametrize('module', ['mcap.stream_reader', 'mcap_ros2.decoder'])
def test_a_missing_package_is_said(file: Path, monkeypatch: pytest.MonkeyPatch,
                                   module: str) -> None:
    """With what to install."""
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match='pip install mcap mcap-ros2-support'):
        read_recording(file)
