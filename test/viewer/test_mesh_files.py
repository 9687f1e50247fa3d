"""Where meshes are looked for."""

from __future__ import annotations

from pathlib import Path
import sys
from types import ModuleType

from ik_solver_node.exceptions import MeshError
from ik_solver_node.viewer.mesh_files import MeshFinder
import pytest


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """Return a folder with the package `arm`, which has a mesh and a URDF."""
    for name in ('arm/meshes/a b.stl', 'arm/urdf/arm.urdf'):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    return tmp_path


@pytest.fixture(autouse=True)
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no installed ROS package be found."""
    monkeypatch.delenv('AMENT_PREFIX_PATH', raising=False)


def test_packages_in_the_search_path(workspace: Path) -> None:
    """A folder in it holds packages, or is one; spaces may be written as %20."""
    for folder in (workspace, workspace / 'arm'):
        finder = MeshFinder([str(folder)])
        for uri in ('package://arm/meshes/a b.stl', 'package://arm/meshes/a%20b.stl'):
            assert finder.find(uri) == workspace / 'arm' / 'meshes' / 'a b.stl'


def test_packages_around_the_urdf(workspace: Path) -> None:
    """A workspace need not be built: the URDF is inside the package, or beside it."""
    for urdf in ('arm/urdf/arm.urdf', 'other/robot.urdf'):
        finder = MeshFinder(urdf_file=str(workspace / urdf))
        assert finder.find('package://arm/meshes/a b.stl').is_file()


def test_a_package_that_was_renamed_by_its_folder(workspace: Path) -> None:
    """Only a folder with the name of the package is it."""
    with pytest.raises(MeshError, match='package://leg/meshes/a b.stl is not there'):
        MeshFinder(urdf_file=str(workspace / 'arm/urdf/arm.urdf')).find(
            'package://leg/meshes/a b.stl')


def test_installed_packages(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The ament index is asked."""
    index = ModuleType('ament_index_python.packages')
    index.get_package_share_directory = {'arm': str(workspace / 'arm')}.__getitem__
    monkeypatch.setitem(sys.modules, 'ament_index_python', ModuleType('ament_index_python'))
    monkeypatch.setitem(sys.modules, 'ament_index_python.packages', index)
    assert MeshFinder().find('package://arm/meshes/a b.stl').parent.name == 'meshes'
    with pytest.raises(MeshError, match='workspace'):
        MeshFinder().find('package://leg/foot.stl')


def test_files(workspace: Path) -> None:
    """A URI of a file, a path, and one from the folder of the URDF on."""
    mesh = workspace / 'arm' / 'meshes' / 'a b.stl'
    finder = MeshFinder(urdf_file=str(workspace / 'arm/urdf/arm.urdf'))
    for uri in (f'file://{mesh}', str(mesh), '../meshes/a b.stl'):
        assert finder.find(uri).samefile(mesh)


@pytest.mark.parametrize('uri', [
    'package://[arm/a.stl', f'package://arm/{"a" * 5000}.stl', 'file:///a\0b.stl', 'file://', ''])
def test_what_can_be_no_file_is_told(uri: str, tmp_path: Path) -> None:
    """Whatever is written in a URDF; a home folder that nobody has is a folder like another."""
    with pytest.raises(MeshError, match='mesh .* (cannot be looked for|is not there)'):
        MeshFinder(['~no_such_user', str(tmp_path)]).find(uri)


@pytest.mark.parametrize('uri', ['model://arm/a.stl', 'http://example.org/a.stl'])
def test_nothing_is_fetched(uri: str) -> None:
    """Other schemes are refused."""
    with pytest.raises(MeshError, match='use package:// or file://'):
        MeshFinder().find(uri)
