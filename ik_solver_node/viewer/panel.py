"""The panel beside the robot: words, buttons, sliders and curves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from html import escape
from time import monotonic
from typing import Any, Protocol

from ik_solver_node.appearance.visuals import Colour
from ik_solver_node.viewer.knobs import Choice, hint, Knob, KNOBS, same, Slider, Switch
from ik_solver_node.viewer.limits import Nearness
from ik_solver_node.viewer.plots import SolvePlots
from ik_solver_node.viewer.scene import COLOURS

TEXT = '<div style="padding: 0.3em 0.7em; font-size: 0.85em; line-height: 1.4">{}</div>'
"""How words are set, as HTML: what nodes and files say is not to be taken for Markdown."""

TOUCHED = 1.5
"""A knob that was moved by hand is not moved for so long: what is heard may be older [s]."""


class Wishes(Protocol):
    """Whoever does what is asked for on the panel; called in threads of viser."""

    def wish_trigger(self, service: str) -> None:
        """Stop, or resume."""

    def wish_home(self) -> None:
        """Go to the middle of the joints' ranges."""

    def wish_parameter(self, name: str, value: Any) -> None:
        """Change a parameter of the solving nodes."""


class Panel:
    """
    What is beside the robot.

    Parameters
    ----------
    gui : viser.GuiApi
        Where it is drawn.
    wishes : Wishes
        Who does what is asked for.

    """

    def __init__(self, gui: Any, wishes: Wishes) -> None:
        self._gui, self._wishes = gui, wishes
        self._touched: dict[str, float] = {}
        self._verdict = gui.add_html('')
        self._button('Stop', 'red', lambda: wishes.wish_trigger('stop'),
                     'The arm brakes at once, and stays until Resume')
        self._button('Resume', None, lambda: wishes.wish_trigger('resume'),
                     'The next target moves the arm again')
        self._button('Home', None, wishes.wish_home, 'To the middle of the range of each joint')
        self._said = gui.add_html('', visible=False)
        with gui.add_folder('Parameters'):
            self._knobs = {knob.name: (knob, self._add_knob(knob)) for knob in KNOBS}
        with gui.add_folder('Solves'):
            self.plots = SolvePlots(gui)
        with gui.add_folder('Joints', expand_by_default=False):
            self._joints = gui.add_html('')
        with gui.add_folder('Notes', visible=False) as self._folder:
            self._notes = gui.add_html('')

    def show_verdicts(self, verdicts: Iterable[tuple[Colour | None, str, Iterable[str]]]) -> None:
        """Say how the last targets went: for each a colour, a word, and what more there is."""
        self._verdict.content = TEXT.format('<br>'.join(
            f'{_dot(colour)} <b>{escape(word)}</b> {"<br>".join(map(escape, more))}'
            for colour, word, more in verdicts))

    def show_said(self, sentences: Iterable[str]) -> None:
        """Say what came of a button or a slider: a sentence of each node."""
        self._said.content = TEXT.format(f'<i>{"<br>".join(map(escape, sentences))}</i>')
        self._said.visible = True

    def show_joints(self, joints: Mapping[str, tuple[float, Nearness]]) -> None:
        """List the joints, where they are [rad or m] and whether they are free to move."""
        self._joints.content = TEXT.format('<br>'.join(
            f'{_dot(COLOURS[nearness])} {escape(name)} {position:.3f} {nearness.value}'
            for name, (position, nearness) in joints.items()))

    def show_notes(self, notes: list[str]) -> None:
        """Say what of the robot cannot be shown."""
        self._notes.content = TEXT.format('<br>'.join(map(escape, notes)))
        self._folder.visible = bool(notes)

    def show_parameters(self, values: Mapping[str, Any]) -> None:
        """Move the knobs to where the parameters are."""
        for name, value in values.items():
            if name not in self._knobs or monotonic() < self._touched.get(name, 0.0) + TOUCHED:
                continue
            knob, handle = self._knobs[name]
            handle.disabled = False
            shown = knob.to_value(handle.value) if isinstance(knob, Slider) else handle.value
            if not same(knob, shown, value):
                handle.value = knob.to_place(value) if isinstance(knob, Slider) else value

    def _button(self, label: str, colour: str | None, action: Callable[[], None],
                meaning: str) -> None:
        """Add a button."""
        self._gui.add_button(label, color=colour, hint=meaning).on_click(lambda _: action())

    def _add_knob(self, knob: Knob) -> Any:
        """Add the control of a parameter."""
        if isinstance(knob, Choice):
            handle = self._gui.add_dropdown(knob.label, knob.words, hint=hint(knob))
        elif isinstance(knob, Switch):
            handle = self._gui.add_checkbox(knob.label, False, hint=hint(knob))
        else:
            handle = self._gui.add_slider(knob.label, knob.low, knob.high, knob.step, knob.low,
                                          hint=hint(knob))

        def changed(event: Any) -> None:
            if event.client is not None:  # else it was `show_parameters`
                self._touched[knob.name] = monotonic()
                value = event.target.value
                self._wishes.wish_parameter(
                    knob.name, knob.to_value(value) if isinstance(knob, Slider) else value)

        handle.on_update(changed)
        handle.disabled = True  # until it stands where the parameter is
        return handle


def _dot(colour: Colour | None) -> str:
    """Return a dot of a colour as HTML."""
    return f'<span style="color: rgb{colour}">&#9679;</span>' if colour else ''
