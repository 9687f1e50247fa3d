"""Goals that contradict themselves are refused with a sentence."""

from __future__ import annotations

from typing import Any

from ik_solver_node.ros.stand_in.goal import Goal, MOST_WAYPOINTS
from ik_solver_node.ros.stand_in.refusal import CommandRefusedError
from ik_solver_node.ros.stand_in.trajectory import Waypoint
import numpy as np
import pytest


def waypoint(time: int, *positions: float, **others: list[float]) -> Waypoint:
    """Return a waypoint at `time` [ns]."""
    return Waypoint(time, np.array(positions), **{
        name: np.array(values) for name, values in others.items()})


GOOD = {'joints': ('a', 'b'), 'start': 0, 'waypoints': (waypoint(5, 0.0, 1.0),)}

BAD: list[tuple[dict[str, Any], str]] = [
    ({'joints': ()}, 'names no joint'),
    ({'joints': ('a', 'a')}, "names a joint twice: ['a', 'a']"),
    ({'waypoints': ()}, 'has 0 points, but must have 1 to 10000'),
    ({'waypoints': (waypoint(1, 0.0, 0.0),) * (MOST_WAYPOINTS + 1)}, 'has 10001 points'),
    ({'start': -3}, 'time does not go below zero'),
    ({'waypoints': (waypoint(-1, 0.0, 0.0),)},
     'point 0 has the time_from_start -1 ns, but must be not before the start'),
    ({'waypoints': (waypoint(5, 0.0, 0.0), waypoint(5, 0.0, 0.0))},
     'point 1 has the time_from_start 5 ns, but must be later than that of the point before, 5'),
    ({'waypoints': (waypoint(5, 0.0, 0.0), waypoint(4, 0.0, 0.0))}, 'has the time_from_start 4'),
    ({'waypoints': (waypoint(5, 0.0),)}, 'point 0 has 1 positions, but must have one for each'),
    ({'waypoints': (waypoint(5),)}, 'point 0 has 0 positions'),
    ({'waypoints': (waypoint(5, 0.0, 1.0, velocities=[1.0]),)}, 'point 0 has 1 velocities'),
    ({'waypoints': (waypoint(5, 0.0, float('nan')),)},
     "point 0 has among its positions nan for joint 'b', but only finite numbers"),
    ({'waypoints': (waypoint(5, 0.0, 1.0, velocities=[-float('inf'), 0.0]),)},
     "among its velocities -inf for joint 'a'"),
    ({'waypoints': (waypoint(5, 1e200, 1.0),)}, 'among its positions 1e+200'),
    ({'waypoints': (waypoint(5, 0.0, 1.0, accelerations=[0.0, 0.0]),)},
     'has accelerations, but no velocities'),
]


def test_a_good_goal_is_accepted() -> None:
    """The case that the others differ from in one thing."""
    assert Goal(**GOOD).end == 5


@pytest.mark.parametrize('change, sentence', BAD, ids=[sentence for _, sentence in BAD])
def test_bad_goals_are_refused(change: dict[str, Any], sentence: str) -> None:
    """The sentence names the thing, its value and what would be allowed."""
    with pytest.raises(CommandRefusedError) as refusal:
        Goal(**{**GOOD, **change})
    assert sentence in str(refusal.value)
