"""Straight lines through poses: where they lead, and where the tip stops."""

from ik_solver_node.lines import CORNER, runs_through
from ik_solver_node.pose import Pose
import numpy as np
import pytest
from transforms3d.axangles import axangle2mat, mat2axangle

UPRIGHT = [0.0, 0.0, 0.0, 1.0]


def at(*position, rpy=(0.0, 0.0, 0.0)):
    """Return a pose."""
    return Pose.from_rpy(position, rpy)


def test_positions_go_straight_and_orientations_about_one_axis():
    """At every part of the nominal time that part of both is done."""
    start, end = at(0.1, 0.2, 0.3, rpy=(0.2, -0.4, 1.0)), at(0.4, 0.0, 0.5, rpy=(-0.5, 0.3, 2.5))
    (run,) = runs_through([start, end], 0.1, 1.0)
    whole = start.rotation().T @ end.rotation()
    axis, angle = mat2axangle(whole)
    times = np.linspace(0.0, run.duration, 7)
    for part, place in zip(times / run.duration, run.at(times)):
        wanted = start.position + part * (end.position - start.position)
        assert np.abs(place[:3, 3] - wanted).max() < 1e-12
        turned = start.rotation() @ axangle2mat(axis, part * angle)
        assert np.abs(place[:3, :3] - turned).max() < 1e-9
        assert place[3].tolist() == [0.0, 0.0, 0.0, 1.0]
    assert run.length == pytest.approx(np.linalg.norm(end.position - start.position))
    assert run.angle == pytest.approx(abs(angle))


def test_the_slower_of_moving_and_turning_sets_the_pace():
    """So that both arrive at once."""
    (moving,) = runs_through([at(0, 0, 0), at(0.5, 0, 0, rpy=(0.1, 0, 0))], 0.1, 1.0)
    (turning,) = runs_through([at(0, 0, 0), at(0.01, 0, 0, rpy=(2.0, 0, 0))], 0.1, 1.0)
    assert moving.duration == pytest.approx(5.0)
    assert turning.duration == pytest.approx(2.0)


def test_a_turn_goes_the_short_way_round():
    """Whatever the sign of the quaternion that is sent."""
    start, end = at(0, 0, 0), at(0, 0, 0, rpy=(0, 0, 0.3))
    for sign in (1.0, -1.0):
        (run,) = runs_through([start, Pose(end.position, sign * end.quat_xyzw)], 0.1, 1.0)
        assert run.angle == pytest.approx(0.3)


@pytest.mark.parametrize('angle, runs', [(0.0, 1), (CORNER - 0.05, 1), (CORNER + 0.05, 2),
                                         (np.pi / 2, 2), (np.pi, 2)])
def test_the_tip_stops_at_corners_that_are_not_slight(angle, runs):
    """A path of many short lines is not a path of many stops."""
    after = np.array([1.0, 0.0, 0.0]) + [np.cos(angle), np.sin(angle), 0.0]
    found = runs_through([at(0, 0, 0), at(1, 0, 0), Pose(after, UPRIGHT)], 0.1, 1.0)
    assert len(found) == runs


def test_where_it_starts_to_turn_there_is_a_corner():
    """Going straight on while the orientation sets off, too."""
    found = runs_through([at(0, 0, 0), at(1, 0, 0), at(2, 0, 0, rpy=(0, 0, 3.0))], 0.1, 0.3)
    assert len(found) == 2


def test_a_run_of_lines_is_passed_from_one_to_the_next():
    """Times count from its start, and what lies beyond its ends is its ends."""
    poses = [at(0, 0, 0), at(1, 0, 0), at(2, 0.1, 0), at(3, 0.1, 0)]
    (run,) = runs_through(poses, 0.5, 1.0)
    times = np.concatenate([[-1.0], np.cumsum([0.0, *(line.duration for line in run.lines)]),
                            [run.duration + 1.0]])
    places = run.at(times)[:, :3, 3]
    wanted = [poses[0].position, *(pose.position for pose in poses), poses[-1].position]
    assert np.abs(places - wanted).max() < 1e-9


def test_repeated_poses_are_no_lines():
    """Nor is there a stop at them."""
    poses = [at(0, 0, 0), at(0, 0, 0), at(1, 0, 0), at(1, 0, 0), at(2, 0, 0), at(2, 0, 0)]
    assert [len(run.lines) for run in runs_through(poses, 0.1, 1.0)] == [2]
    assert runs_through([at(1, 2, 3), at(1, 2, 3)], 0.1, 1.0) == []
