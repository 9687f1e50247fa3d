"""Tests of reading URDF and xacro files."""

from __future__ import annotations

import logging
import os
from pathlib import Path
import re
import sys

from ik_solver_node.exceptions import MissingDependencyError, UrdfError
from ik_solver_node.robot_model import MAX_URDF_LENGTH, parse_urdf
from ik_solver_node.urdf_file import read_urdf
import pytest
from robots import OWN_ROBOTS, ROBOTS

URDF = ('<robot name="r"><link name="base"/><link name="arm"/><joint name="j" type="continuous">'
        '<parent link="base"/><child link="arm"/></joint></robot>')
XACRO = ('<robot name="r" xmlns:xacro="http://www.ros.org/wiki/xacro">'
         '<xacro:arg name="prefix" default="my_"/>{}'
         '<link name="$(arg prefix)base"/><link name="arm"/><joint name="j" type="continuous">'
         '<parent link="$(arg prefix)base"/><child link="arm"/>'
         '<origin xyz="${{1 + 1}} 0 0"/></joint></robot>')


def write(folder: Path, name: str, content: str | bytes) -> Path:
    """Return a new file."""
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return file


def assert_refused(file: Path | str, *words: str, **mappings: str) -> None:
    """Check that reading fails with a message that has the file and all `words` in it."""
    with pytest.raises(UrdfError) as refusal:
        read_urdf(file, mappings)
    for word in (str(file), *words):
        assert word in str(refusal.value)
    assert len(str(refusal.value)) < 1000


class TestUrdf:
    """A plain file is returned as it is, or refused with its name and the reason."""

    @pytest.mark.parametrize('content', [
        URDF, b'\xef\xbb\xbf' + URDF.encode(), URDF.replace('base', 'Fuß')])
    def test_read(self, tmp_path: Path, content: str | bytes) -> None:
        file = write(tmp_path, 'r.urdf', content)
        assert parse_urdf(read_urdf(file)).leaf_links == ('arm',)
        assert read_urdf(str(file)) == read_urdf(file)

    def test_home_folder(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path, 'r.urdf', URDF)
        monkeypatch.setenv('HOME', str(tmp_path))
        assert read_urdf('~/r.urdf') == URDF

    def test_relative_path_is_told_in_full(
            self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        assert_refused('r.urdf', f'there is no file {tmp_path / "r.urdf"}')

    def test_no_such_file(self, tmp_path: Path) -> None:
        assert_refused(tmp_path / 'no.urdf', 'there is no file')

    def test_folder(self, tmp_path: Path) -> None:
        assert_refused(tmp_path, 'is a folder', '.urdf')

    def test_pipe(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / 'pipe')
        assert_refused(tmp_path / 'pipe', 'not a regular file')

    def test_empty(self, tmp_path: Path) -> None:
        assert_refused(write(tmp_path, 'r.urdf', ''), 'is empty')

    def test_not_utf8(self, tmp_path: Path) -> None:
        assert_refused(write(tmp_path, 'r.urdf', b'<robot name="\xff"/>'), 'UTF-8', '0xff')

    def test_too_big(self, tmp_path: Path) -> None:
        file = write(tmp_path, 'r.urdf', '')
        os.truncate(file, 10_000_000)
        assert_refused(file, '10000000 bytes', str(MAX_URDF_LENGTH))

    def test_unreadable(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(*args: object, **kwargs: object) -> str:
            raise PermissionError(13, 'Permission denied')

        monkeypatch.setattr(Path, 'read_text', refuse)
        assert_refused(write(tmp_path, 'r.urdf', URDF), 'Permission denied')

    def test_arguments_are_for_xacro(self, tmp_path: Path) -> None:
        assert_refused(write(tmp_path, 'r.urdf', URDF), 'takes no arguments', 'pre', pre='x')


def test_missing_xacro(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without xacro the message says how to get it."""
    monkeypatch.setitem(sys.modules, 'xacro', None)
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    with pytest.raises(MissingDependencyError) as missing:
        read_urdf(write(tmp_path, 'r.urdf.xacro', XACRO.format('')))
    assert 'pip install xacro' in str(missing.value)
    assert 'sudo apt install ros-jazzy-xacro' in str(missing.value)


class TestXacro:
    """A .xacro file is expanded; what xacro complains about stays inside the error."""

    @pytest.fixture(autouse=True)
    def needs_xacro(self) -> None:
        """Skip where xacro is not installed."""
        pytest.importorskip('xacro')

    @pytest.mark.parametrize('name', ['r.xacro', 'r.urdf.xacro'])
    def test_expanded(
            self, tmp_path: Path, name: str, capfd: pytest.CaptureFixture[str]) -> None:
        model = parse_urdf(read_urdf(write(tmp_path, name, XACRO.format(''))))
        assert model.links == ('my_base', 'arm')
        assert model.joint('j').T_parent_joint[0, 3] == 2.0
        assert capfd.readouterr() == ('', '')

    def test_arguments(self, tmp_path: Path) -> None:
        file = write(tmp_path, 'r.xacro', XACRO.format(''))
        assert parse_urdf(read_urdf(file, {'prefix': 'his_'})).root_link == 'his_base'
        assert parse_urdf(read_urdf(file)).root_link == 'my_base'

    def test_include_beside_the_file(self, tmp_path: Path) -> None:
        write(tmp_path, 'inner.xacro', '<robot><link name="extra"/></robot>')
        file = write(tmp_path, 'r.xacro', XACRO.format('<xacro:include filename="inner.xacro"/>'))
        assert 'name="extra"' in read_urdf(file)

    @pytest.mark.parametrize('broken, words', [
        ('<link name="${nonsense}"/>', ['nonsense']),
        ('<link', ['not well-formed']),
        ('<xacro:unknown_macro/>', ['unknown_macro']),
        ('<xacro:include filename="gone.xacro"/>', ['gone.xacro']),
        ('<xacro:include filename="r.xacro"/>', ['recursion']),
        ('<link name="$(arg unknown)"/>', ['unknown'])])
    def test_broken(self, tmp_path: Path, broken: str, words: list[str],
                    capfd: pytest.CaptureFixture[str]) -> None:
        stdout = sys.stdout
        assert_refused(write(tmp_path, 'r.xacro', XACRO.format(broken)), *words)
        assert sys.stdout is stdout
        assert capfd.readouterr() == ('', '')

    def test_the_broken_file_is_named(self, tmp_path: Path) -> None:
        inner = write(tmp_path, 'inner.xacro', '<robot><link name="${nonsense}"/></robot>')
        outer = write(tmp_path, 'r.xacro', XACRO.format('<xacro:include filename="inner.xacro"/>'))
        assert_refused(outer, f'{inner} included from {outer}', 'nonsense')

    @pytest.mark.parametrize('workspace', ['', 'somewhere'])
    def test_unknown_package(
            self, tmp_path: Path, workspace: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv('AMENT_PREFIX_PATH', workspace)
        include = '<xacro:include filename="$(find no_such_package)/a.xacro"/>'
        assert_refused(
            write(tmp_path, 'r.xacro', XACRO.format(include)), 'source the workspace')

    def test_an_exit_is_contained(
            self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr('xacro.process_doc', lambda *args, **kwargs: sys.exit(2))
        assert_refused(write(tmp_path, 'r.xacro', XACRO.format('')), 'cannot expand')

    def test_warnings_are_logged(
            self, tmp_path: Path, caplog: pytest.LogCaptureFixture,
            capfd: pytest.CaptureFixture[str]) -> None:
        file = write(tmp_path, 'r.xacro', XACRO.format('<xacro:property name="pi" value="3"/>'))
        with caplog.at_level(logging.WARNING):
            read_urdf(file)
        assert 'redefining global symbol: pi' in caplog.text
        assert capfd.readouterr().out == ''

    def test_our_rail_arm_without_a_warning(self, caplog: pytest.LogCaptureFixture) -> None:
        path = OWN_ROBOTS['rail_arm'].path().with_suffix('.urdf.xacro')
        assert parse_urdf(read_urdf(path)).joint('rail_joint').upper == pytest.approx(0.85)
        long = parse_urdf(read_urdf(path, {'rail_length': '4.3'}))
        assert long.joint('rail_joint').upper == pytest.approx(2.0)
        assert caplog.text == ''

    def test_stock_xacro(self) -> None:
        try:
            expanded = ROBOTS['puma560'].path()
        except ImportError as error:
            pytest.skip(str(error))
        by_others = parse_urdf(read_urdf(expanded))
        by_us = parse_urdf(read_urdf(expanded.with_name(expanded.name + '.xacro')))
        # Only names are compared: the two files are not of the same age.
        assert by_us.links == by_others.links
        assert by_us.movable_joint_names == by_others.movable_joint_names

    def test_stock_xacro_with_packages(self, tmp_path: Path) -> None:
        # Includes of $(find package) need a ROS workspace, so all is put into one folder.
        try:
            folder = ROBOTS['irb140'].path().parent.parent.parent
        except ImportError as error:
            pytest.skip(str(error))
        for file in [*folder.glob('abb_irb140_description/urdf/*.xacro'),
                     *folder.glob('kuka_description/kuka_resources/urdf/*.xacro')]:
            text = re.sub(r'\$\(find \w+\)/(urdf/)?', '', file.read_text())
            write(tmp_path, file.name, text)
        model = parse_urdf(read_urdf(tmp_path / 'irb140.xacro'))
        assert 'tool0' in model.leaf_links
