"""A handle that people drag, without RViz."""

from __future__ import annotations

from ik_solver_node.pose import Pose
from ik_solver_node.ros.rviz.handle import Handle, PATIENCE
import pytest

HERE, THERE, ELSEWHERE = (Pose.from_rpy([x, 0.0, 0.0], [0.0, 0.0, 0.0]) for x in (0.0, 1.0, 2.0))


@pytest.fixture
def handle() -> Handle:
    """Return a handle that sends while it is dragged."""
    return Handle(HERE, sends=True)


def test_only_the_newest_target_of_a_drag_is_due_once(handle: Handle) -> None:
    """However often it is moved between two looks."""
    assert handle.take_due() is None
    handle.drag(THERE, 0.0)
    handle.drag(ELSEWHERE, 0.01)
    assert handle.take_due() is ELSEWHERE
    assert handle.take_due() is None


def test_it_follows_others_when_nobody_holds_it(handle: Handle) -> None:
    """And stays in the hand of who does."""
    assert handle.follow(THERE, 0.0) and handle.pose is THERE
    handle.drag(ELSEWHERE, 1.0)
    assert not handle.follow(HERE, 1.1) and handle.pose is ELSEWHERE
    handle.release(1.2)
    assert not handle.follow(HERE, 1.3)  # where it was let go is still to be sent
    handle.take_due()
    assert handle.follow(HERE, 1.4)


def test_a_hand_that_is_not_heard_of_has_let_go(handle: Handle) -> None:
    """For RViz may have been closed in the middle of a drag."""
    handle.hold(0.0)
    assert not handle.follow(THERE, 0.9 * PATIENCE)
    assert handle.follow(THERE, 1.1 * PATIENCE)


def test_without_sending_it_stays_where_it_is_put_until_it_is_sent() -> None:
    """Others' targets do not take it away meanwhile."""
    handle = Handle(HERE, sends=False)
    handle.drag(THERE, 0.0)
    handle.release(0.1)
    assert handle.take_due() is None
    assert not handle.follow(HERE, 5.0)
    handle.send()
    assert handle.take_due() is THERE
    assert handle.follow(HERE, 5.1)


def test_put_somewhere_it_has_nothing_to_send(handle: Handle) -> None:
    """What was dragged before is forgotten."""
    handle.drag(THERE, 0.0)
    handle.release(0.0)
    handle.put(ELSEWHERE)
    assert handle.take_due() is None and handle.pose is ELSEWHERE
    assert handle.follow(HERE, 0.1)
