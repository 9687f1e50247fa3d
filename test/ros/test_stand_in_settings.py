"""The parameters of the stand-in, and that its document tells the same about them."""

from __future__ import annotations

from harness import ROOT
from ik_solver_node.ros import parameters
from ik_solver_node.ros.stand_in.settings import Controller, StandInSettings
import pytest
from test_parameters import expected_table


def test_mapping_and_ros_parameters_are_inverse() -> None:
    """What was read can be written and read again."""
    given = parameters.from_mapping({
        'controller': 'forward_command', 'joints': ['a', 'b'], 'start_positions': [0, 1.5],
        'fault': 'nan', 'trajectory.replacement': 'at_start'}, StandInSettings)
    written = {parameter.name: parameter.value for parameter in parameters.to_ros(given)}
    assert parameters.from_mapping(written, StandInSettings) == given
    assert given.start_positions == (0.0, 1.5)


@pytest.mark.parametrize('controller, name, topic', [
    ('joint_trajectory', '', 'joint_trajectory_controller/joint_trajectory'),
    ('joint_trajectory', 'left/arm', 'left/arm/joint_trajectory'),
    ('forward_command', '', 'forward_position_controller/commands'),
    ('joint_commands', 'arm', 'joint_commands')])
def test_topics_are_named_by_custom(controller: str, name: str, topic: str) -> None:
    """Those of the controllers begin with their names."""
    settings = StandInSettings(controller=Controller(controller), controller_name=name)
    assert settings.topic == topic


def test_document_tells_the_same() -> None:
    """The table in docs/stand_in.md has a row for each parameter."""
    text = (ROOT / 'docs' / 'stand_in.md').read_text()
    rows = [line for line in text.partition('\n## Parameters\n')[2].splitlines()
            if line.startswith('| `')]
    expected = expected_table(StandInSettings)
    assert rows == expected, 'it should be:\n' + '\n'.join(
        ['| name | default | range | meaning |', '|---|---|---|---|', *expected])
