"""Joint states as bytes are those that the middleware makes of a message."""

from __future__ import annotations

from hypothesis import given, strategies as st
from ik_solver_node.ros.conversions import stamp_from_ns
from ik_solver_node.ros.encoding import encoded
from ik_solver_node.ros.stencil import JointStateStencil, MARK
import pytest
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState

STAMPS = st.integers(0, 2**31 * 10**9 - 1) | st.just(MARK)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JOINTS = st.lists(st.tuples(st.text(st.characters(exclude_characters='\0', codec='utf-8')),
                            NUMBERS, NUMBERS), max_size=40)


def message(names: tuple[str, ...], stamp: int, positions: list[float],
            velocities: list[float]) -> JointState:
    """Return a message as anybody makes it."""
    state = JointState(name=list(names), position=positions, velocity=velocities)
    state.header.stamp = stamp_from_ns(stamp)
    return state


@given(st.lists(STAMPS, min_size=1, max_size=3), JOINTS, st.booleans())
def test_bytes_are_those_of_a_message(stamps: list[int],
                                      joints: list[tuple[str, float, float]],
                                      moving: bool) -> None:
    """Of any joints and numbers, with velocities and without, again and again."""
    names = tuple(name for name, _, _ in joints)
    stencil = JointStateStencil(names, moving)
    for k, stamp in enumerate(stamps):
        positions = [position if k == 0 else -position for _, position, _ in joints]
        velocities = [velocity for _, _, velocity in joints] if moving else []
        wanted = message(names, stamp, positions, velocities)
        data = stencil.filled(stamp, positions, velocities)
        # Not byte by byte: the middleware leaves anything between the fields.
        assert deserialize_message(data, JointState) == wanted
        assert len(data) == len(encoded(wanted).data)


def test_what_was_made_is_not_changed_by_the_next() -> None:
    """Whoever records it may keep it."""
    stencil = JointStateStencil(('a',), True)
    first = stencil.filled(1, [2.0], [3.0])
    kept = bytes(first)
    stencil.filled(4, [5.0], [6.0])
    assert first == kept


@pytest.mark.parametrize('positions, velocities', [
    ([], [0.0]), ([1.0, 2.0], [0.0]), ([1.0], []), ([1.0], [0.0, 0.0])])
def test_a_number_too_many_or_too_few_is_an_error(positions: list[float],
                                                  velocities: list[float]) -> None:
    """No joint gets a number that is another's, or an old one."""
    with pytest.raises(ValueError, match='a message of 1 joints has 1 and 1'):
        JointStateStencil(('a',), True).filled(1, positions, velocities)
