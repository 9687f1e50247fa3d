"""Handles before a stand-in for the server of interactive_markers: PyPI does not have that."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
import math
from types import SimpleNamespace
from typing import Any

from ik_solver_node.exceptions import MissingDependencyError
from ik_solver_node.pose import Pose
from ik_solver_node.ros.conversions import pose_to_msg
from ik_solver_node.ros.rviz import handles
from ik_solver_node.ros.rviz.handles import Handles
import pytest
from visualization_msgs.msg import InteractiveMarkerFeedback

HERE, THERE, ELSEWHERE = (Pose.from_rpy([x, 0.0, 0.0], [0.0, 0.0, 0.0]) for x in (0.0, 1.0, 2.0))


class Server:
    """Has markers, of which only what was applied is told."""

    def __init__(self, *_: Any) -> None:
        self.wanted: dict[str, Any] = {}
        self.told: dict[str, Any] = {}
        self.callbacks: dict[str, Callable[[Any], None]] = {}

    def insert(self, marker: Any, *, feedback_callback: Callable[[Any], None]) -> None:
        """Have a marker."""
        self.wanted[marker.name] = marker
        self.callbacks[marker.name] = feedback_callback

    def erase(self, name: str) -> None:
        """Have it no more."""
        del self.wanted[name]

    def setPose(self, name: str, pose: Any) -> None:  # noqa: N802  # its real name
        """Move it."""
        self.wanted[name].pose = pose

    def applyChanges(self) -> None:  # noqa: N802  # its real name
        """Tell everybody."""
        self.told = deepcopy(self.wanted)

    def shutdown(self) -> None:
        """Leave."""
        self.told = {}


class Menu:
    """Has entries, by number."""

    CHECKED, UNCHECKED = 1, 2

    def __init__(self) -> None:
        self.callbacks: dict[str, Callable[[Any], None]] = {}
        self.state: dict[str, int] = {}
        self.markers: list[str] = []

    def insert(self, title: str, callback: Callable[[Any], None]) -> str:
        """Have an entry."""
        self.callbacks[title] = callback
        return title

    def setCheckState(self, entry: str, state: int) -> None:  # noqa: N802  # its real name
        """Tick an entry or not."""
        self.state[entry] = state

    def apply(self, server: Server, name: str) -> None:
        """Give a marker the menu."""
        assert name in server.told
        self.markers.append(name)

    def reApply(self, server: Server) -> None:  # noqa: N802  # its real name
        """Tell of a change."""


class Bench:
    """Handles, their server and their menu."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(handles, 'InteractiveMarkerServer', Server)
        monkeypatch.setattr(handles, 'MenuHandler', Menu)
        self.chosen: list[str] = []
        self.handles = Handles(None, 0.3, True, {'Stop': self.chosen.append})  # type: ignore
        self.server: Any = self.handles._server
        self.menu: Any = self.handles._menu
        self.handles.show('base_link', {'tool0': HERE})

    @property
    def at(self) -> float:
        """Where everybody has been told that the handle is, along x [m]."""
        return self.server.told['tool0'].pose.position.x

    def tell(self, event: int, pose: Pose = HERE, x: float | None = None) -> None:
        """Send what RViz says of the handle, and let the server do what it does then."""
        message = InteractiveMarkerFeedback(marker_name='tool0', event_type=event)
        message.pose = pose_to_msg(pose)
        message.pose.position.x = message.pose.position.x if x is None else x
        self.server.callbacks['tool0'](message)
        self.server.applyChanges()

    def choose(self, title: str) -> None:
        """Choose from the menu."""
        self.menu.callbacks[title](SimpleNamespace(marker_name='tool0'))


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    """Return handles for one tip."""
    return Bench(monkeypatch)


DRAG, DROP = InteractiveMarkerFeedback.POSE_UPDATE, InteractiveMarkerFeedback.MOUSE_UP


def test_a_drag_is_a_target_once(bench: Bench) -> None:
    """The newest of several, in the end where it was let go."""
    bench.tell(DRAG, THERE)
    bench.tell(DRAG, ELSEWHERE)
    bench.handles.follow('tool0', HERE)  # somebody else, who has to wait
    assert bench.handles.take_due()['tool0'].position[0] == bench.at == 2.0
    assert bench.handles.take_due() == {}
    bench.tell(DROP)
    bench.handles.follow('tool0', THERE)
    assert bench.at == 1.0


@pytest.mark.parametrize('x', [math.nan, math.inf, 1e39])
def test_where_no_handle_can_be_it_does_not_go(bench: Bench, x: float) -> None:
    """Neither by hand nor after others, and nobody is told that it was there."""
    bench.tell(DRAG, x=x)
    assert bench.at == 0.0 and bench.handles.take_due() == {}
    bench.tell(DROP)
    if math.isfinite(x):
        bench.handles.follow('tool0', Pose.from_rpy([x, 0.0, 0.0], [0.0, 0.0, 0.0]))
    assert bench.at == 0.0


def test_the_menu_switches_sending(bench: Bench) -> None:
    """Then it sends a target only when it is told to; new handles do as the last ones did."""
    title = 'Send targets while dragging'
    assert bench.menu.state == {title: Menu.CHECKED}
    bench.choose(title)
    assert bench.menu.state == {title: Menu.UNCHECKED}
    bench.handles.show('base_link', {'tool0': HERE})
    bench.tell(DRAG, THERE)
    assert bench.handles.take_due() == {}
    bench.choose('Send a target here')
    assert bench.handles.take_due()['tool0'].position[0] == 1.0


def test_the_menu_does_what_else_it_is_given(bench: Bench) -> None:
    """With the name of the tip."""
    bench.choose('Stop')
    assert bench.chosen == ['tool0']


def test_tips_come_and_go(bench: Bench) -> None:
    """Each with a menu; what comes of one that is gone is nothing."""
    bench.handles.show('other_link', {'left': HERE, 'right': THERE})
    assert bench.server.told.keys() == {'left', 'right'}
    assert {marker.header.frame_id for marker in bench.server.told.values()} == {'other_link'}
    assert sorted(bench.menu.markers) == ['left', 'right', 'tool0']
    bench.handles.follow('tool0', ELSEWHERE)
    bench.handles.put('right', ELSEWHERE)
    assert bench.server.told['right'].pose.position.x == 2.0
    bench.handles.close()
    assert bench.server.told == {}


def test_without_the_package_the_sentence_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are markers all the same."""
    monkeypatch.setattr(handles, 'InteractiveMarkerServer', None)
    with pytest.raises(MissingDependencyError, match='ros-.ROS_DISTRO-interactive-markers'):
        Handles(None, 0.3, True, {})  # type: ignore[arg-type]
