"""The parameters of the node for RViz, and that its document tells the same about them."""

from __future__ import annotations

from harness import ROOT
from ik_solver_node.exceptions import OptionsError
from ik_solver_node.ros.rviz.settings import RvizSettings
import pytest
from test_parameters import expected_table


@pytest.mark.parametrize('name', ['ik_solver_node', '/left/ik_solver_node', 'left/solver_2'])
def test_names_of_nodes(name: str) -> None:
    """With and without a namespace."""
    assert RvizSettings(solver_node=name).solver_node == name


@pytest.mark.parametrize(('values', 'says'), [
    ({'solver_node': ''}, 'such as /left/ik_solver_node'), ({'solver_node': '~/x'}, "'~/x'"),
    ({'rate': 0.0}, 'rate is 0.0 [Hz]'), ({'trail_length': -1}, 'trail_length is -1'),
    ({'handles': 'yes'}, 'must be a bool')])
def test_what_makes_no_sense_is_refused(values: dict[str, object], says: str) -> None:
    """With the name, the value and what is allowed."""
    with pytest.raises(OptionsError) as caught:
        RvizSettings(**values)  # type: ignore[arg-type]
    assert says in str(caught.value)


def test_document_tells_the_same() -> None:
    """The table in docs/rviz.md has a row for each parameter."""
    text = (ROOT / 'docs' / 'rviz.md').read_text()
    rows = [line for line in text.partition('\n## Parameters\n')[2].splitlines()
            if line.startswith('| `')]
    expected = expected_table(RvizSettings)
    assert rows == expected, 'it should be:\n' + '\n'.join(
        ['| name | default | range | meaning |', '|---|---|---|---|', *expected])
