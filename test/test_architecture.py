"""The rules about who may import whom, read from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[1] / 'ik_solver_node'

# A module may import modules of this package that stand on a lower floor, none beside itself.
FLOORS = {
    'exceptions': 0, 'kernels': 0,
    'compilation': 1, 'options': 1, 'pose': 1, 'progress': 1, 'web': 1,
    'lines': 2, 'reach': 2, 'robot_model': 2,
    'appearance': 3, 'chain': 3, 'joint_limits_file': 3, 'urdf_file': 3,
    'motion_limits': 4, 'objective': 4, 'target': 4, 'urdf_lint': 4,
    'mobility': 5, 'profiles': 5, 'request': 5, 'several_tips': 5, 'solver_options': 5,
    'motion': 6, 'result': 6, 'time_law': 6,
    'relaxation': 7, 'settling': 7,
    'search': 8,
    'all_solutions': 9, 'following': 9, 'solver': 9, 'together': 9,
    'check': 10, 'chunks': 10, 'path': 10, 'tracker': 10,
    'batch': 11, 'gallery': 11, 'line_plan': 11, 'pilot': 11, 'record': 11,
    'cli': 12, 'ros': 12,
    'viewer': 13,
}
KNOWS_ROS = ('ros', 'viewer')
KERNELS_MAY_IMPORT = {'__future__', 'collections', 'math', 'numba', 'numpy', 'typing'}
# What not every machine has: imported where it is used, or with an answer to its absence.
OPTIONAL = {
    'ament_index_python', 'argcomplete', 'control_msgs', 'diagnostic_updater',
    'interactive_markers', 'launch', 'launch_ros', 'matplotlib', 'mcap', 'mcap_ros2', 'PIL',
    'tf2_geometry_msgs', 'tf2_msgs', 'tf2_ros', 'trimesh', 'viser', 'xacro'}

MODULES = sorted(PACKAGE.rglob('*.py'))
every_module = pytest.mark.parametrize(
    'path', MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix())


def imports(tree: ast.AST) -> Iterator[str]:
    """Return the dotted names of all modules that `tree` imports, wherever it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'line {node.lineno}: imports are absolute in this package'
            yield node.module
            if node.module in ('ik_solver_node', 'ik_solver_node.ros'):
                yield from (f'{node.module}.{alias.name}' for alias in node.names)


def needed_imports(tree: ast.Module) -> Iterator[str]:
    """Return the modules without which the module `tree` cannot be imported."""
    body = list(tree.body)
    while body:
        node = body.pop()
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from imports(node)
        elif isinstance(node, ast.If) and 'TYPE_CHECKING' in ast.dump(node.test):
            body.extend(node.orelse)
        elif isinstance(node, ast.Try) and any(
                handler.type and 'ImportError' in ast.dump(handler.type)
                for handler in node.handlers):
            body.extend(node.handlers)
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            body.extend(child for child in ast.iter_child_nodes(node)
                        if isinstance(child, (ast.stmt, ast.ExceptHandler)))


def parse(path: Path) -> ast.Module:
    """Return the syntax tree of a source file."""
    return ast.parse(path.read_text(), filename=str(path))


def room(path: Path) -> str:
    """Return the module, or for a module in a folder the folder, that `path` belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix('.py')


def is_ros(name: str) -> bool:
    """Return whether a module comes with ROS."""
    top = name.partition('.')[0]
    return top.endswith(('_msgs', '_interfaces')) or top.startswith(
        ('ament_', 'interactive_markers', 'launch', 'rcl', 'rosidl', 'tf2_'))


@every_module
def test_imports_go_down(path: Path) -> None:
    """A module imports only modules of this package on lower floors, or of its own folder."""
    own = room(path)
    if own == '__init__':
        return
    assert own in FLOORS, f'{own} is new: give it a floor in FLOORS'
    used = {name.split('.')[1] for name in imports(parse(path))
            if name.startswith('ik_solver_node.')}
    upward = {name for name in used & set(FLOORS) - {own} if FLOORS[name] >= FLOORS[own]}
    assert not upward, f'{own} must not import {upward}'


@every_module
def test_only_the_ros_folders_know_ros(path: Path) -> None:
    """Outside `ros` and `viewer` nothing imports ROS, nor these two folders."""
    if room(path) in KNOWS_ROS:
        return
    names = set(imports(parse(path)))
    assert not {name for name in names if is_ros(name)}
    assert not {name for name in names if name.split('.')[1:2] in (['ros'], ['viewer'])
                and name.startswith('ik_solver_node.')}


@every_module
def test_optional_packages_are_optional(path: Path) -> None:
    """No module fails to import because an optional package is missing."""
    tops = {name.partition('.')[0] for name in needed_imports(parse(path))}
    assert not tops & OPTIONAL


@every_module
def test_only_kernels_compile(path: Path) -> None:
    """All compiled code is in one file, since numba's cache notices changes of that file only."""
    if path.name != 'kernels.py':
        used = {name for name in imports(parse(path)) if name.partition('.')[0] == 'numba'}
        assert used <= ({'numba.core'} if path.name == 'compilation.py' else set())


@every_module
def test_modules_do_not_print(path: Path) -> None:
    """Only demo and command write to the terminal; the library is silent, and nodes log."""
    if room(path) != 'cli' and path.parent.name != 'demo':
        calls = [node.lineno for node in ast.walk(parse(path)) if isinstance(node, ast.Call)
                 and isinstance(node.func, ast.Name) and node.func.id == 'print']
        assert not calls, f'print in lines {calls}'


def test_kernels_import_only_numpy_and_numba() -> None:
    """Kernels are arithmetic on arrays."""
    tops = {name.partition('.')[0] for name in imports(parse(PACKAGE / 'kernels.py'))}
    assert tops <= KERNELS_MAY_IMPORT


@pytest.mark.parametrize('name', [
    'gizmo', 'knobs', 'limits', 'panel', 'plots', 'robot', 'scene', 'settings', 'tip_scene'])
def test_the_page_does_without_ros(name: str) -> None:
    """What is drawn can be tested without a node."""
    names = set(imports(parse(PACKAGE / 'viewer' / f'{name}.py')))
    assert not {name for name in names if is_ros(name)}


def test_conversions_do_without_rclpy() -> None:
    """Messages become values and back without a node."""
    names = set(imports(parse(PACKAGE / 'ros' / 'conversions.py')))
    assert not {name for name in names if name.partition('.')[0] == 'rclpy'}


@pytest.mark.parametrize('name', [
    'arm', 'feedback', 'goal', 'held_positions', 'joints', 'monitor', 'refusal', 'settings',
    'trajectory', 'trajectory_controller'])
def test_the_simulated_arm_does_without_ros(name: str) -> None:
    """The stand-in moves, and can be tested, without a node."""
    names = set(imports(parse(PACKAGE / 'ros' / 'stand_in' / f'{name}.py')))
    assert not {name for name in names if is_ros(name)}


@pytest.mark.parametrize('name', ['handle', 'scene', 'settings'])
def test_what_rviz_is_shown_does_without_ros(name: str) -> None:
    """What is to be seen, and where a handle goes, can be tested without a node."""
    names = set(imports(parse(PACKAGE / 'ros' / 'rviz' / f'{name}.py')))
    assert not {name for name in names if is_ros(name)}
