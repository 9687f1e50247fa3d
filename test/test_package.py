"""What package.xml, setup.py and the changelog say, and that they say the same."""

from __future__ import annotations

import ast
from pathlib import Path
import re

import pytest
from test_architecture import imports, is_ros

ROOT = Path(__file__).resolve().parents[1]

# Each was looked up: the first are keys of rosdep/python.yaml that have packages for Ubuntu, the
# others ROS packages released into Humble, Jazzy, Kilted and Lyrical.
REVIEWED_KEYS = {
    'python3-argcomplete', 'python3-hypothesis', 'python3-mypy', 'python3-numba', 'python3-numpy',
    'python3-pytest', 'python3-tqdm', 'python3-transforms3d', 'python3-yaml',
    'action_msgs', 'ament_flake8', 'ament_index_python', 'ament_pep257', 'builtin_interfaces',
    'control_msgs', 'diagnostic_msgs', 'geometry_msgs', 'interactive_markers', 'launch',
    'launch_ros', 'nav_msgs', 'rcl_interfaces', 'rclpy', 'robot_state_publisher',
    'rosgraph_msgs', 'rviz2', 'sensor_msgs', 'std_msgs', 'std_srvs', 'tf2_ros', 'tf2_ros_py',
    'trajectory_msgs', 'urdfdom_py', 'visualization_msgs', 'xacro'}
# module -> what package.xml calls it, where the two differ
KEY_OF = {
    'argcomplete': 'python3-argcomplete', 'numba': 'python3-numba', 'numpy': 'python3-numpy',
    'tf2_ros': 'tf2_ros_py', 'tqdm': 'python3-tqdm', 'transforms3d': 'python3-transforms3d',
    'urdf_parser_py': 'urdfdom_py', 'yaml': 'python3-yaml'}
# project on PyPI -> the same
KEY_OF_PROJECT = {
    'numba': 'python3-numba', 'numpy': 'python3-numpy', 'tqdm': 'python3-tqdm',
    'transforms3d': 'python3-transforms3d', 'urdf-parser-py': 'urdfdom_py',
    'pyyaml': 'python3-yaml'}


@pytest.fixture(scope='module')
def package():
    """Return package.xml as colcon reads it, which refuses what is invalid."""
    catkin_package = pytest.importorskip('catkin_pkg.package')
    found = catkin_package.parse_package(ROOT, warnings=(warnings := []))
    assert warnings == []
    return found


@pytest.fixture(scope='module')
def setup_arguments():
    """Return the literal keyword arguments of the call of setup() in setup.py."""
    tree = ast.parse((ROOT / 'setup.py').read_text())
    call = next(node for node in ast.walk(tree) if isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name) and node.func.id == 'setup')
    arguments = {}
    for keyword in call.keywords:
        try:
            arguments[keyword.arg] = ast.literal_eval(keyword.value)
        except ValueError:  # computed, such as the packages
            pass
    return arguments


def test_is_an_ament_python_package_of_format_3(package) -> None:
    """Colcon builds it as what it is."""
    assert package.package_format == 3
    assert package.get_build_type() == 'ament_python'
    assert (ROOT / 'resource' / package.name).is_file()


def test_dependencies_are_reviewed_keys(package) -> None:
    """Rosdep can install every dependency."""
    keys = {dependency.name for dependency in package.exec_depends + package.test_depends}
    assert keys <= REVIEWED_KEYS


def test_versions_agree(package, setup_arguments) -> None:
    """The version is the same wherever it is written."""
    version = package.version
    assert setup_arguments['version'] == version
    init = (ROOT / 'ik_solver_node' / '__init__.py').read_text()
    assert f"__version__ = '{version}'" in init


def test_changelog_begins_with_this_version_or_what_is_forthcoming(package) -> None:
    """The changelog is in the form that the ROS release tools read."""
    text = (ROOT / 'CHANGELOG.rst').read_text()
    sections = re.findall(r'^(Forthcoming|\d+\.\d+\.\d+ \(\d{4}-\d{2}-\d{2}\))\n-+$', text, re.M)
    assert sections
    released = [section.split()[0] for section in sections if section != 'Forthcoming']
    assert 'Forthcoming' not in sections[1:]
    assert released[:1] in ([], [package.version])


def test_setup_and_package_xml_tell_the_same(package, setup_arguments) -> None:
    """Licence and maintainer agree."""
    assert package.licenses == [setup_arguments['license']]
    assert (ROOT / package.licenses[0].file).is_file()
    maintainer = package.maintainers[0]
    assert maintainer.name == setup_arguments['maintainer']
    assert maintainer.email == setup_arguments['maintainer_email']


def test_pip_and_rosdep_install_the_same(package, setup_arguments) -> None:
    """What setup.py requires, package.xml requires too."""
    projects = {re.match(r'[\w-]+', line).group() for line in setup_arguments['install_requires']}
    keys = {dependency.name for dependency in package.exec_depends}
    assert {KEY_OF_PROJECT[project] for project in projects} <= keys


def test_every_import_is_declared(package) -> None:
    """Each package that the sources import is a dependency, and each message package is used."""
    sources = [*(ROOT / 'ik_solver_node').rglob('*.py'), *(ROOT / 'launch').glob('*.py')]
    tops = {name.partition('.')[0] for path in sources
            for name in imports(ast.parse(path.read_text()))}
    needed = {KEY_OF.get(top, top) for top in tops if is_ros(top) or top in KEY_OF}
    declared = {dependency.name for dependency in package.exec_depends}
    assert needed <= declared
    assert {key for key in declared if key.endswith(('_msgs', '_interfaces'))} <= needed
