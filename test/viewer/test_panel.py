"""What is beside the robot: knobs, buttons and words."""

from __future__ import annotations

from collections.abc import Iterator
import math
from typing import Any
from unittest.mock import Mock

from ik_solver_node.ros import parameters
from ik_solver_node.viewer.knobs import Choice, hint, KNOBS, Slider
from ik_solver_node.viewer.limits import Nearness
from ik_solver_node.viewer.panel import Panel
from pages import change, click, page_server
import pytest


@pytest.fixture(scope='module')
def server() -> Iterator[Any]:
    """Return a page."""
    with page_server() as server:
        yield server


@pytest.fixture
def panel(server: Any) -> Panel:
    """Return a panel; who does what is asked for only notes it."""
    server.gui.reset()
    return Panel(server.gui, Mock())


def handle(panel: Panel, name: str) -> Any:
    """Return the control of a parameter."""
    return panel._knobs[name][1]


@pytest.mark.parametrize('knob', KNOBS, ids=lambda knob: knob.name)
def test_every_place_of_a_knob_is_accepted(knob: Any) -> None:
    """Both ends of a slider, and each word."""
    if isinstance(knob, Slider):
        values: Any = [knob.to_value(place) for place in (knob.low, knob.high)]
        assert all(math.isclose(knob.to_place(knob.to_value(place)), place)
                   for place in (knob.low, knob.high))
    else:
        values = knob.words if isinstance(knob, Choice) else (True, False)
    for value in values:
        parameters.from_mapping({knob.name: value})
    assert hint(knob).startswith(f'{knob.name}: ')


def test_knobs_stand_where_the_parameters_are(panel: Panel) -> None:
    """A number beyond the slider is at its end."""
    assert handle(panel, 'motion.mode').disabled  # it is not known where it shall stand
    panel.show_parameters({'motion.mode': 'track', 'solver.position_tolerance': 1e-4,
                           'tracking.keep_clear': 500.0, 'tracking.allow_approximate': True,
                           'of.no.interest': 1})
    assert handle(panel, 'motion.mode').value == 'track'
    assert not handle(panel, 'motion.mode').disabled and handle(panel, 'solver.rate').disabled
    assert handle(panel, 'solver.position_tolerance').value == pytest.approx(-4.0)
    assert handle(panel, 'tracking.keep_clear').value == 10.0
    assert handle(panel, 'tracking.allow_approximate').value is True
    panel._wishes.wish_parameter.assert_not_called()


def test_a_knob_that_is_moved_changes_its_parameter(panel: Panel) -> None:
    """And is left in the hand for a moment: what is heard then is what was before."""
    change(handle(panel, 'solver.rate'), -2.0)
    panel._wishes.wish_parameter.assert_called_once_with('solver.rate', pytest.approx(0.01))
    panel.show_parameters({'solver.rate': 0.5})
    assert handle(panel, 'solver.rate').value == -2.0
    change(handle(panel, 'solver.step_rule'), 'sweep')
    panel._wishes.wish_parameter.assert_called_with('solver.step_rule', 'sweep')


def test_buttons(server: Any, panel: Panel) -> None:
    """Each does what it says."""
    buttons = {handle.label: handle for handle in server.gui._gui_input_handle_from_uuid.values()
               if getattr(handle, 'label', '') in ('Stop', 'Resume', 'Home')}
    for label in ('Stop', 'Resume', 'Home'):
        click(buttons[label])
    assert [call.args for call in panel._wishes.wish_trigger.call_args_list] == [
        ('stop',), ('resume',)]
    panel._wishes.wish_home.assert_called_once_with()


def test_words(panel: Panel) -> None:
    """What is said is shown; notes only if there are any."""
    panel.show_joints({'elbow': (1.23456, Nearness.NEAR)})
    assert 'rgb(245, 165, 30)' in panel._joints.content
    assert 'elbow 1.235 near' in panel._joints.content
    panel.show_verdicts([((1, 2, 3), 'reached', ['<b>', 'close']), (None, 'waiting', [])])
    assert '&lt;b&gt;<br>close' in panel._verdict.content and 'rgb(1, 2, 3)' in (
        panel._verdict.content)
    panel.show_notes([])
    assert not panel._folder.visible
    panel.show_notes(['a mesh <{of}> is missing'])
    assert panel._folder.visible and 'a mesh &lt;{of}&gt; is missing' in panel._notes.content
    panel.show_said(['left: <stopped>', 'right: no answer yet'])
    assert panel._said.visible
    assert 'left: &lt;stopped&gt;<br>right: no answer yet' in panel._said.content


def test_curves(panel: Panel) -> None:
    """In milliseconds and micrometres; what was not solved is no point."""
    panel.plots.add(1.0, 0.002, 1e-4)
    panel.plots.add(2.0, math.nan, math.nan)
    panel.plots.add(3.0, 0.001, 0.0)
    panel.plots.draw()
    at, times = panel.plots._times.data
    assert at.tolist() == [0.0, 2.0] and times.tolist() == [2.0, 1.0]
    assert panel.plots._errors.data[1].tolist() == pytest.approx([100.0, 1e-3])
