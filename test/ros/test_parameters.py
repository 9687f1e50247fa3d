"""NodeParameters, and that YAML file and page tell the same about them as the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
import re
import sys
import textwrap
from typing import Any

from domains import private_domain
from harness import ROOT
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.ros import parameters
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.solver_options import StepRule
import pytest
from rcl_interfaces.msg import ParameterType
import rclpy
from rclpy.node import Node
from rclpy.parameter import Parameter

sys.path.insert(0, str(ROOT / 'docs'))
from doc_pieces import allowed, literal, row  # noqa: E402, I100


@pytest.fixture(scope='module', autouse=True)
def ros(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run ROS in this process."""
    with private_domain(tmp_path_factory.mktemp('ros_log')):
        rclpy.init()
        yield
        rclpy.shutdown()


@pytest.fixture
def node() -> Iterator[Node]:
    """Return a node without parameters set from outside."""
    node = Node('some_node')
    yield node
    node.destroy_node()


def node_with(**overrides: Any) -> Node:
    """Return a node with parameters set from outside; ``__`` in a name stands for a dot."""
    return Node('some_node', parameter_overrides=[
        Parameter(name.replace('__', '.'), value=value) for name, value in overrides.items()])


def test_defaults_make_valid_parameters() -> None:
    """The empty mapping is every default."""
    assert parameters.from_mapping({}) == NodeParameters()


def test_names_are_dotted() -> None:
    """Nested dataclasses become prefixes; a name occurs once."""
    names = [name for name, _, _ in parameters.entries()]
    assert {'base_link', 'limits.lower', 'target.free', 'solver.max_time', 'tracking.near'} < (
        set(names))
    assert len(names) == len(set(names))


def test_mapping_and_ros_parameters_are_inverse() -> None:
    """What was read can be written and read again."""
    given = parameters.from_mapping({
        'tip_links': ['tool0'], 'publish_rate': 3, 'solver.step_rule': 'sweep',
        'limits.joints': ['a', 'b'], 'limits.lower': [0, -1.5], 'limits.upper': [1, 1.5]})
    written = {parameter.name: parameter.value for parameter in parameters.to_ros(given)}
    assert parameters.from_mapping(written) == given
    assert given.solver.step_rule is StepRule.SWEEP
    assert given.limits.as_mapping() == {'a': (0.0, 1.0), 'b': (-1.5, 1.5)}


@pytest.mark.parametrize('values, reason', [
    ({'publish_rate': -1.0}, 'publish_rate is -1.0 [Hz], but must be between 0.0 and 1000.0'),
    ({'publish_rate': True}, 'publish_rate is True, but must be a number'),
    ({'publish_rate': None}, 'publish_rate is None'),
    ({'base_link': 3}, 'base_link is 3, but must be a str'),
    ({'publish_all_joints': 'yes'}, "publish_all_joints is 'yes', but must be a bool"),
    ({'solver.max_time': float('inf')}, 'solver.max_time is inf [s], but must be between'),
    ({'solver.max_iterations': 2.5}, 'solver.max_iterations is 2.5, but must be a number of'),
    ({'solver.slope': 'steep'}, "solver.slope is 'steep', but must be one of 'exact'"),
    ({'tracking.near': 'far'}, "tracking.near is 'far', but must be a number"),
    ({'tip_links': [1]}, 'tip_links is [1], but must be a list of str'),
    ({'tip_links': 1}, 'tip_links is 1, but must be a list of str'),
    ({'limits.joints': ['a']}, 'limits.lower has 0 entries for 1 joints'),
    ({'limits.lower': [float('nan')]}, 'limits.lower is [nan], but must be a list of float'),
    ({'locked.joints': ['a', 'a'], 'locked.positions': [0.0, 1.0]},
     "locked.joints is ['a', 'a'], but must name no joint twice"),
    ({'locked.joints': ['a'], 'locked.positions': [False]}, 'locked.positions is [False]'),
    ({'target.free': ['q']}, "target.free has 'q', but must be axes out of"),
    ({'target.free': ['x'], 'target.pointing': True}, "target.free is ['x'], but must be empty"),
])
def test_bad_values_are_refused(values: dict[str, Any], reason: str) -> None:
    """The message names the parameter, the value, and what is allowed."""
    with pytest.raises(OptionsError, match=re.escape(reason)):
        parameters.from_mapping(values)


def test_declare_returns_what_was_set() -> None:
    """Ints for floats, one name for a list, and enums by their value."""
    node = node_with(publish_rate=5, tip_links='tool0', solver__step_rule='gradient')
    declared = parameters.declare(node)
    assert declared == parameters.read(node)
    assert (declared.publish_rate, declared.tip_links) == (5.0, ('tool0',))
    assert declared.solver.step_rule is StepRule.GRADIENT
    node.destroy_node()


def test_declare_refuses_with_the_sentence_of_the_option() -> None:
    """What reads a parameter file gets no exception of rclpy."""
    node = node_with(solver__max_time='long')
    with pytest.raises(OptionsError, match="solver.max_time is 'long', but must be a number"):
        parameters.declare(node)
    node.destroy_node()


def test_declared_types_are_the_right_ones(node: Node) -> None:
    """Also those of empty lists and of ints that were given for floats."""
    parameters.declare(node)
    kinds = {name: node.describe_parameter(name).type for name, _, _ in parameters.entries()}
    assert kinds['tip_links'] == ParameterType.PARAMETER_STRING_ARRAY
    assert kinds['limits.lower'] == ParameterType.PARAMETER_DOUBLE_ARRAY
    assert kinds['publish_rate'] == ParameterType.PARAMETER_DOUBLE
    assert kinds['solver.random_seed'] == ParameterType.PARAMETER_INTEGER


@pytest.mark.parametrize('is_humble', [False, True])
def test_watch_checks_then_applies(node: Node, monkeypatch: pytest.MonkeyPatch,
                                   is_humble: bool) -> None:
    """A change is applied once it is done, on Humble too, which does not tell when."""
    if is_humble:
        monkeypatch.delattr(Node, 'add_post_set_parameters_callback')
    elif not hasattr(Node, 'add_post_set_parameters_callback'):
        pytest.skip('this rclpy has no add_post_set_parameters_callback')
    parameters.declare(node)
    applied: list[NodeParameters] = []

    def check(changed: NodeParameters) -> None:
        if changed.base_link == 'bad':
            raise OptionsError('base_link is bad')

    parameters.watch(node, check, applied.append)
    refused, = node.set_parameters([Parameter('base_link', value='bad')])
    assert (refused.successful, refused.reason) == (False, 'base_link is bad')
    refused, = node.set_parameters([Parameter('solver.rate', value='x')])
    assert refused.reason.startswith("solver.rate is 'x'")
    node.declare_parameter('someone_elses', 1)
    rclpy.spin_once(node, timeout_sec=0.0)
    assert applied == []
    accepted, = node.set_parameters([Parameter('base_link', value='good')])
    assert accepted.successful
    rclpy.spin_once(node, timeout_sec=1.0)
    assert [changed.base_link for changed in applied] == ['good']


def test_unknown_names_are_pointed_out() -> None:
    """With the name that was probably meant; what is not ours is left alone."""
    sentences = parameters.unknown_overrides(dict.fromkeys([
        'solver.max_tim', 'xyz', 'use_sim_time', 'qos_overrides./a.subscription.depth',
        'base_link']))
    assert sentences == [
        "parameter 'solver.max_tim' is not known and has no effect; did you mean "
        "'solver.max_time'?", "parameter 'xyz' is not known and has no effect"]


def expected_yaml() -> str:
    """Return what config/ik_solver.yaml must say after its first lines."""
    lines, group = [], ''
    for name, item, default in parameters.entries():
        prefix, _, last = name.rpartition('.')
        if prefix and prefix != group:
            lines += ['', f'    {prefix}:']
        elif lines:
            lines += ['']
        group = prefix
        indent = ' ' * (6 if prefix else 4)
        for text in filter(None, (item.metadata['description'], allowed(item))):
            lines += textwrap.wrap(text, 99, initial_indent=f'{indent}# ',
                                   subsequent_indent=f'{indent}# ')
        lines += [f'{indent}{last}: {literal(default)}']
    return '\n'.join(lines) + '\n'


def test_yaml_file_tells_the_same() -> None:
    """Each parameter with its default, meaning, unit and range; on failure see `expected`."""
    text = (ROOT / 'config' / 'ik_solver.yaml').read_text()
    start, found, told = text.partition('  ros__parameters:\n')
    assert found and start.endswith('/**:\n')
    expected = expected_yaml()
    assert told == expected, f'it should be:\n{expected}'


def test_yaml_file_is_the_defaults() -> None:
    """A node started with the file is a node started without."""
    node = Node('some_node', cli_args=[
        '--ros-args', '--params-file', str(ROOT / 'config' / 'ik_solver.yaml')])
    assert parameters.declare(node) == NodeParameters()
    node.destroy_node()


def expected_table(kind: type = NodeParameters) -> list[str]:
    """Return the rows of a table of parameters."""
    return [row(name, item, default) for name, item, default in parameters.entries(kind)]


def test_the_page_tells_the_same() -> None:
    """docs/parameters.md has a row for each parameter, under a heading for its group."""
    lines = (ROOT / 'docs' / 'parameters.md').read_text().splitlines()
    rows = [line for line in lines if line.startswith('| `')]
    expected = sorted(expected_table(), key=lambda row: '.' in row.split('`')[1])
    assert rows == expected, 'it should be:\n' + '\n'.join(
        ['| name | default | range | meaning |', '|---|---|---|---|', *expected])
    group = ''
    for line in lines:
        group = line[4:-2] if line.startswith('## `') else group
        assert not line.startswith('| `') or line[3:line.index('` |')].rpartition('.')[0] == (
            group.rstrip('.')), line


@pytest.mark.parametrize('file', sorted((ROOT / 'config').glob('with_*.yaml')),
                         ids=lambda file: file.stem)
def test_the_examples_are_accepted(file: Path) -> None:
    """Each file in config/ for a controller, and it changes what it says it does."""
    node = Node('some_node', cli_args=['--ros-args', '--params-file', str(file)])
    settings = parameters.declare(node)
    assert settings.use_measured_state and settings.motion.speed < 1.0
    assert parameters.unknown_overrides(node._parameter_overrides) == []
    node.destroy_node()
