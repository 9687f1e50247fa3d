"""What is dragged gets to the node, in order and once."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread
from types import SimpleNamespace
from typing import Any

from ik_solver_node.pose import Pose
from ik_solver_node.viewer.gizmo import Gizmo
import numpy as np
from pages import page_server
import pytest

TURNED = (0.0, 1.0, 0.0, 0.0)
"""Half a turn about x, as w, x, y, z."""


@pytest.fixture(scope='module')
def server() -> Iterator[Any]:
    """Return a page."""
    with page_server() as server:
        yield server


@pytest.fixture
def gizmo(server: Any) -> Gizmo:
    """Return something to drag."""
    return Gizmo(server.scene, '/target', 0.2)


def test_a_drag_is_taken_once(gizmo: Gizmo) -> None:
    """The newest pose counts; to grab it without moving it is no drag."""
    gizmo.hear(1, 'start', (0.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    assert gizmo.is_held and gizmo.take() is None
    gizmo.hear(1, 'update', (0.1, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    gizmo.hear(1, 'update', (0.2, 0.0, 0.0), TURNED)
    taken = gizmo.take()
    assert taken is not None and taken.position.tolist() == [0.2, 0.0, 0.0]
    assert taken.quat_xyzw.tolist() == [1.0, 0.0, 0.0, 0.0]
    assert gizmo.take() is None
    gizmo.hear(1, 'end', (0.2, 0.0, 0.0), TURNED)
    assert not gizmo.is_held and gizmo.take() is None
    gizmo.hear(1, 'update', (0.3, 0.0, 0.0), TURNED)  # late
    assert not gizmo.is_held and gizmo.take() is not None


def test_what_is_held_stays_in_the_hand(gizmo: Gizmo) -> None:
    """Nobody else moves it meanwhile."""
    here, there = Pose([1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]), Pose.identity()
    assert not gizmo.is_placed
    gizmo.place(here)
    assert gizmo.is_placed and gizmo.take() is None
    gizmo.hear(1, 'start', (1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    gizmo.place(there)
    assert gizmo.pose is here or gizmo.pose.position.tolist() == [1.0, 0.0, 0.0]
    gizmo.hear(1, 'end', (1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    gizmo.place(there)
    assert gizmo.pose.position.tolist() == [0.0, 0.0, 0.0]


def test_it_is_held_until_the_last_hand_is_gone(gizmo: Gizmo) -> None:
    """Two browsers: who lets go takes it out of nobody else's hand."""
    here = ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))
    gizmo.hear(1, 'start', *here)
    gizmo.hear(2, 'start', *here)
    gizmo.hear(2, 'end', *here)
    gizmo.place(Pose.identity())
    assert gizmo.is_held and gizmo.pose.position.tolist() == [1.0, 0.0, 0.0]
    gizmo.hear(1, 'end', *here)
    assert not gizmo.is_held


@pytest.mark.parametrize('position, wxyz', [
    ((np.nan, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0)), ((0.0, np.inf, 0.0), (1.0, 0.0, 0.0, 0.0)),
    ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0)), ((0.0, 0.0), (1.0, 0.0, 0.0, 0.0)),
    ((0.0, 0.0, 0.0), 'turned')])
def test_what_is_no_pose_is_left_out(gizmo: Gizmo, position: Any, wxyz: Any) -> None:
    """Whatever a browser sends."""
    gizmo.hear(1, 'update', position, wxyz)
    assert gizmo.take() is None


def test_viser_tells_it(server: Any, gizmo: Gizmo) -> None:
    """The callback is registered, keeps the order, and reads the event."""
    handle = server.scene.get_handle_by_name('/target')
    callback, = handle._impl_aux.update_cb
    event = SimpleNamespace(client_id=1, phase='update', target=SimpleNamespace(
        position=np.array([0.3, 0.0, 0.0]), wxyz=np.array([1.0, 0.0, 0.0, 0.0])))
    with pytest.raises(StopIteration):
        callback(event).send(None)
    taken = gizmo.take()
    assert taken is not None and taken.position[0] == 0.3


def test_threads_lose_nothing(gizmo: Gizmo) -> None:
    """The last of many drags is taken, however the threads fall."""
    def drag() -> None:
        for step in range(1, 501):
            gizmo.hear(1, 'update', (0.001 * step, 0.0, 0.0), (1.0, 0.0, 0.0, 0.0))

    thread = Thread(target=drag)
    thread.start()
    seen = []
    while thread.is_alive():
        seen += filter(None, [gizmo.take()])
    thread.join()
    seen += filter(None, [gizmo.take()])
    ways = [pose.position[0] for pose in seen]
    assert ways[-1] == 0.5 and ways == sorted(set(ways))
