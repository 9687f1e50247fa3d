"""The parameters of the viewer, and that its document tells the same about them."""

from __future__ import annotations

from typing import Any

from harness import ROOT
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.ros import parameters
from ik_solver_node.viewer.settings import ViewerSettings
import pytest
from test_parameters import expected_table


@pytest.mark.parametrize('values, reason', [
    ({'port': 70000}, 'port is 70000, but must be between 0 and 65535'),
    ({'draw_rate': 100.0}, 'draw_rate is 100.0 [Hz], but must be between 1.0 and 30.0'),
    ({'target_rate': 0.0}, 'target_rate is 0.0 [Hz], but must be between 1.0 and 50.0'),
    ({'solver_nodes': []}, 'solver_nodes is [], but must name at least one node'),
    ({'solver_nodes': ['left/arm', 'a b']}, "solver_nodes is 'a b', but must be a name in ROS"),
    ({'tip_links': ['left', 'tool-1']}, "tip_links is 'tool-1', but must be a name in ROS"),
    ({'tip_links': [1]}, 'tip_links is [1], but must be a list of str')])
def test_wrong_values_are_refused(values: dict[str, Any], reason: str) -> None:
    """With the name, the value and what is allowed."""
    with pytest.raises(OptionsError) as caught:
        parameters.from_mapping(values, ViewerSettings)
    assert str(caught.value).startswith(reason)


def test_a_single_name_is_a_list_of_one() -> None:
    """As for the node that solves."""
    for tip in ('tool0', 'tool-1'):  # the topic of a single one is not named after it
        assert parameters.from_mapping({'tip_links': tip}, ViewerSettings).tip_links == (tip,)


def test_document_tells_the_same() -> None:
    """The table in docs/viewer.md has a row for each parameter."""
    text = (ROOT / 'docs' / 'viewer.md').read_text()
    rows = [line for line in text.partition('\n## Parameters\n')[2].splitlines()
            if line.startswith('| `')]
    expected = expected_table(ViewerSettings)
    assert rows == expected, 'it should be:\n' + '\n'.join(
        ['| name | default | range | meaning |', '|---|---|---|---|', *expected])
