"""What each scene of the gallery claims, asserted from its data; and that it can be shown."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ik_solver_node import KinematicChain, parse_urdf, read_urdf
from ik_solver_node.appearance.visuals import Box, Sphere, Visual
from ik_solver_node.exceptions import MissingDependencyError, OptionsError, UrdfError
from ik_solver_node.gallery import browser, drawing, pictures, plain, robots, solids
from ik_solver_node.gallery.descents import steps_of
from ik_solver_node.gallery.scene import Arm, Body, Dots, Frame, Ground, Plane, Scene, Space
from ik_solver_node.gallery.scenes import (
    chosen, comfort, descent, forward, limits, minima, nearest, race, rate, SCENES, slope,
    spider, tentacle)
from ik_solver_node.gallery.stage import distances
from ik_solver_node.result import TerminationReason
from ik_solver_node.solver_options import Solution, SolverOptions
from ik_solver_node.target import PointTarget
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
SEEDS_ROWS = {'forward kinematics', 'error', 'slope', 'descent', 'order', 'early stop', 'rate',
              'limits', 'comfort', 'minima', 'tentacle', 'spider', 'sight'}
every_scene = pytest.mark.parametrize('scene', SCENES, ids=lambda scene: scene.name)


def is_inside(chain: KinematicChain, way: np.ndarray) -> bool:
    """Return whether all joint positions keep the limits."""
    return bool(((way >= chain.lower) & (way <= chain.upper)).all())


def test_every_idea_has_a_scene() -> None:
    """None of the lesson is left out, and no name is there twice."""
    assert {scene.row for scene in SCENES} == SEEDS_ROWS
    assert len({scene.name for scene in SCENES}) == len({scene.title for scene in SCENES})


@every_scene
def test_a_scene_is_finite_and_of_a_piece(scene: Scene) -> None:
    """Its frames have the same panels, whose items are finite and have both ends of a span."""
    frames = scene.play()
    assert len(frames) >= 10
    kinds = [type(panel) for panel in frames[0].panels]
    for frame in frames:
        assert frame.words
        assert [type(panel) for panel in frame.panels] == kinds
        for panel in frame.panels:
            assert panel.x_span[0] < panel.x_span[1] and panel.y_span[0] < panel.y_span[1]
            for item in panel.items:
                assert np.isfinite(numbers_of(item)).all()


def numbers_of(item: Any) -> np.ndarray:
    """Return the numbers that say what an item of a panel shows."""
    name = next(name for name in ('points', 'heights', 'T_world_link') if hasattr(item, name))
    return np.asarray(getattr(item, name))


@every_scene
def test_the_first_panel_can_be_seen_in_space(scene: Scene) -> None:
    """The page in the browser puts it there."""
    panel = scene.play()[0].panels[0]
    assert isinstance(panel, Space) or panel.is_true


@every_scene
def test_controls_change_what_is_seen(scene: Scene) -> None:
    """At both of their ends a scene is still in view, and at one of them another."""
    usual = scene.play()
    assert_in_view(usual)
    for control in scene.controls:
        ends = getattr(control, 'words', None) or (
            (control.low, control.high) if hasattr(control, 'low') else (False, True))
        played = [scene.play(**{control.name: end}) for end in ends]
        assert any(told_by(frames) != told_by(usual) for frames in played), control.name
        for frames in played:
            assert_in_view(frames)


def assert_in_view(frames: list[Frame]) -> None:
    """Assert that nothing is empty, and that arms, bodies and marks are inside of panels."""
    for frame in frames:
        for panel in frame.panels:
            spans = np.array([panel.x_span, panel.y_span, getattr(panel, 'z_span', (0.0, 0.0))])
            for item in panel.items:
                numbers = numbers_of(item)
                assert len(numbers)
                if isinstance(item, Body):
                    numbers = numbers[:3, 3:].T
                if isinstance(item, (Arm, Body, Dots)):
                    low, high = spans[:numbers.shape[1]].T
                    assert (numbers > low - 1e-9).all() and (numbers < high + 1e-9).all()


def told_by(frames: list[Frame]) -> tuple[list[str], list[float]]:
    """Return words and numbers that tell one play of a scene from another."""
    return [frame.words for frame in frames], shape_of(frames)


def shape_of(frames: list[Frame]) -> list[float]:
    """Return numbers that tell one play of a scene from another."""
    return [float(np.sum(np.abs(numbers_of(item)))) for frame in frames
            for panel in frame.panels for item in panel.items]


def test_an_unknown_control_or_scene_is_refused() -> None:
    """With what there is instead."""
    with pytest.raises(OptionsError, match="has no control 'speed'; it has: second"):
        forward.FORWARD.play(speed=1.0)
    with pytest.raises(OptionsError, match="no scene 'nothing'; there are: forward_kin"):
        chosen(['nothing'])
    assert chosen([]) is SCENES
    assert [scene.name for scene in chosen(['race'])] == ['race']


def test_forward_kinematics_is_sines_and_cosines() -> None:
    """The chain says the same as the sums by hand."""
    chain = robots.load('planar_2r')
    for q in np.random.default_rng(1).uniform(-2.8, 2.8, (50, 2)):
        elbow, tip = forward.by_hand(*q)
        places = robots.arm(chain, q)
        assert np.abs(places[-1, :2] - tip).max() < 1e-12
        assert np.abs(places[-2, :2] - elbow).max() < 1e-12


def test_the_error_is_zero_at_the_target_only() -> None:
    """Both curves touch zero where the last joint is the wanted one."""
    frames = forward.ERROR.play(wanted=0.0)
    for line in frames[0].panels[1].items[:2]:
        lowest = int(np.argmin(line.points[:, 1]))
        assert abs(line.points[lowest, 0]) < 1e-9
        assert line.points[lowest, 1] < 1e-7
        assert (np.delete(line.points[:, 1], lowest) > 1e-3).all()


def test_the_sampled_slope_becomes_the_tangent() -> None:
    """The smaller the sampling distance, the nearer, in proportion."""
    target = robots.load('planar_2r').forward_kinematics([0.9, 1.3]).position
    off = []
    for sampling in (0.1, 0.01, 0.001):
        sampled, exact = slope.slopes_at(-0.5, sampling, target)
        off.append(abs(sampled - exact))
    assert off[0] > 5.0 * off[1] > 25.0 * off[2] > 0.0


@pytest.mark.parametrize('rule', ['sweep', 'gradient', 'damped'])
def test_the_descent_arrives(rule: str) -> None:
    """With each rule, within the tolerance."""
    chain = robots.load('planar_2r')
    target = chain.forward_kinematics([0.9, 1.2]).position
    way = steps_of(chain, PointTarget(target), np.array([-0.9, 2.2]), SolverOptions(
        step_rule=rule, rate=2.0, position_tolerance=1e-3), 60)
    off = distances(chain, way, target)
    assert off[-1] <= 1e-3 < off[-2]
    assert len(descent.DESCENT.play(rule=rule)) == len(way)


def test_a_sweep_walks_at_right_angles() -> None:
    """Each piece of its way on the map turns one joint only."""
    frames = descent.DESCENT.play(rule='sweep')
    walked = frames[-1].panels[1].items[1].points
    moved = np.abs(np.diff(walked, axis=0)) > 0.0
    assert (moved.sum(axis=1) <= 1).all() and moved.any(axis=0).all()


@pytest.mark.parametrize('rate_of_sweep', [1.0, 2.0, 3.0])
def test_from_tip_to_base_moves_the_base_less(rate_of_sweep: float) -> None:
    """Both orders arrive; the base turns less if the tip begins."""
    chain, ways, target = descent.ordered(rate_of_sweep)
    turned = {}
    for order, way in ways.items():
        assert distances(chain, way, target)[-1] <= 5e-3
        turned[order] = np.abs(np.diff(way[:, 0])).sum()
    assert turned['tip_to_base'] < 0.9 * turned['base_to_tip']


@pytest.mark.parametrize('fixed', [0.2, 0.5, 1.0])
def test_a_fixed_rate_wiggles_and_an_adaptive_one_settles(fixed: float) -> None:
    """The plain method goes to and fro in its last steps; the solver is within 1 um."""
    chain = robots.load('planar_2r')
    target = chain.forward_kinematics([0.9, 1.2]).position
    ways = rate.raced(fixed)
    late = distances(chain, ways['fixed rate'], target)[-10:]
    assert late.min() > 0.01
    assert (np.diff(np.sign(np.diff(late))) != 0).sum() >= 6
    for name in ('adaptive rate', 'damped'):
        assert distances(chain, ways[name], target)[-1] <= 1e-6


def test_early_termination_saves_motion() -> None:
    """It stops inside the tolerance, where the other goes on turning for nothing."""
    chain = robots.load('planar_2r')
    target = chain.forward_kinematics([0.9, 1.2]).position
    ways = rate.stopped(0.2, 0.06)
    off, on, own = ways.values()
    assert (on == off[:len(on)]).all()
    assert distances(chain, on, target)[-1] < 0.06 <= distances(chain, on, target)[:-1].min()
    assert distances(chain, off, target)[len(on):].max() > 0.06
    assert np.abs(np.diff(off, axis=0)).sum() > 1.5 * np.abs(np.diff(on, axis=0)).sum()
    assert distances(chain, own, target)[-1] < 0.06 <= distances(chain, own, target)[:-1].min()
    assert ((np.diff(own, axis=0) != 0.0).sum(axis=1) == 1).all()


def test_a_descent_that_does_not_end_is_said_to_go_on() -> None:
    """The test after each joint is no help where no step is small enough to be near enough."""
    assert rate.EARLY_STOP.play(tolerance=0.01)[0].words == (
        'move 0; test after each joint goes on, the solver ends at 43')


@pytest.mark.parametrize('second', [-0.2, 0.2, 0.6])
def test_a_slope_through_the_clamp_sticks(second: float) -> None:
    """The plain method never leaves the limit; the solver does, and arrives, inside the limits."""
    chain, target, ways = limits.sampled(second)
    plain_way, own = ways.values()
    assert (plain_way[:, 1] == chain.upper[1]).all()
    assert distances(chain, plain_way, target)[-1] > 0.04
    assert own[0, 1] == chain.upper[1] > own[-1, 1]
    assert distances(chain, own, target)[-1] <= 0.02
    assert is_inside(chain, own)


def test_the_sample_outside_the_clamp_sees_the_slope() -> None:
    """At the limit the one through the clamp is zero, the other is not."""
    chain, target, ways = limits.sampled(0.2)
    q = next(iter(ways.values()))[0]
    assert plain.sampled_slope(chain, q, target, 1, 1e-4, through_clamp=True) == 0.0
    assert abs(plain.sampled_slope(chain, q, target, 1, 1e-4)) > 0.01


def test_clamping_afterwards_stalls() -> None:
    """The arm is thrown away from the target and stands there; the solver arrives in few steps."""
    chain, target, ways = limits.clamped(0.001)
    plain_way, own = ways.values()
    off = distances(chain, plain_way, target)
    assert off[-1] > 2.0 * off[0]
    assert (plain_way[-1] == plain_way[-5]).all()
    assert distances(chain, own, target)[-1] <= 1e-6
    assert len(own) <= 10
    assert is_inside(chain, own)


def test_comfort_drifts_with_the_tip_held() -> None:
    """The first joint comes nearer to its comfort at each step, the tip stays within 1 um."""
    way, discomfort, errors = comfort.drift(0.6)
    assert errors.max() <= 1e-6
    assert discomfort[0] - discomfort[-1] > 0.5
    assert (np.diff(discomfort) <= 1e-9).all()
    elbows = np.array([robots.arm(robots.load('seven_axis_arm'), q)[4] for q in way])
    assert np.linalg.norm(elbows[-1] - elbows[0]) > 0.1
    assert np.linalg.norm(np.diff(elbows, axis=0), axis=1).max() < 0.1


@pytest.mark.parametrize(('first', 'second'), [(2.0, 1.8), (1.2, 1.5), (2.2, 0.6)])
def test_a_restart_leads_out_of_the_minimum(first: float, second: float) -> None:
    """Alone the descent ends at a limit, which is named; with restarts it arrives."""
    _, end, found = minima.stuck(first, second)
    assert end.reason is TerminationReason.STALLED
    assert end.position_error > 0.1
    assert end.blocking_joints == ('joint_0',)
    assert found.success and found.restarts >= 1
    assert np.abs(found.positions - minima.ANSWER).max() < 1e-5


def test_a_descent_that_arrives_is_not_restarted() -> None:
    """Nor is it called stuck."""
    words = [frame.words for frame in minima.MINIMUM.play(first=2.4, second=0.4)]
    assert words[-1] == 'reached the target within tolerance; 0 mm off'
    assert not any(word.startswith(('restart', 'stuck')) for word in words)


@pytest.mark.parametrize('first', [-2.4, -1.0, 2.9])
def test_the_nearest_answer_is_nearest(first: float) -> None:
    """Of both that there are; the one found first is an answer, too, but at times the other."""
    both = nearest.both()
    seeds, found = nearest.answers(first)
    off = {kind: np.linalg.norm(way[:, np.newaxis] - both, axis=2).min(axis=1)
           for kind, way in found.items()}
    moved = {kind: np.linalg.norm(way - seeds, axis=1) for kind, way in found.items()}
    least = np.linalg.norm(seeds[:, np.newaxis] - both, axis=2).min(axis=1)
    assert len(both) == 2 and all((one < 1e-5).all() for one in off.values())
    assert moved[Solution.NEAREST] == pytest.approx(least, abs=1e-5)
    assert (moved[Solution.FIRST] > least + 0.3).any()


def test_the_arm_comes_back_twisted_or_not() -> None:
    """Tip and target agree all the way in both cases; only with comfort the joints do, too."""
    chain = robots.load('planar_3r')
    targets, without, comfortable = minima.sent_away(0.35)
    for way in (without, comfortable):
        tips = np.array([chain.forward_kinematics(q).position for q in way])
        assert np.linalg.norm(tips - targets, axis=1).max() <= 1e-6
    assert np.abs(without[-1] - minima.HOME).max() > 0.5
    assert np.abs(comfortable[-1] - minima.HOME).max() < 1e-3


@pytest.mark.parametrize('orientation', [False, True])
@pytest.mark.parametrize('height', [0.4, 0.6])
def test_the_tentacle_reaches_and_curls(orientation: bool, height: float) -> None:
    """All around its loop; with torsion its joints bend less in all."""
    chain = robots.load('tentacle')
    assert chain.size == 30
    bent = {}
    for torsion in (False, True):
        results = tentacle.reach(height, orientation, torsion)
        for place, result in zip(tentacle.places(height), results, strict=True):
            frame = chain.tip_frames(result.positions)[0]
            assert np.linalg.norm(frame[9:] - place) <= 1e-6
            if orientation:
                assert abs(frame[8] + 1.0) < 1e-11  # its z axis points straight down
        assert is_inside(chain, np.array([result.positions for result in results]))
        bent[torsion] = np.mean([np.linalg.norm(result.positions) for result in results])
    assert bent[True] < 0.85 * bent[False]


@pytest.mark.parametrize('roughness', [0.0, 0.02, 0.03])
def test_the_body_moves_and_the_feet_stay(roughness: float) -> None:
    """All eight within 1 um of footholds on the ground, while the body goes around and leans."""
    moments = spider.sway(roughness, 0.2)
    for moment in moments:
        assert moment.errors().max() <= 1e-6
        assert (moment.footholds == moments[0].footholds).all()
    assert np.ptp(moments[0].footholds[:, 2]) == pytest.approx(2.0 * roughness, abs=roughness)
    bodies = np.array([moment.body.position for moment in moments])
    assert (np.ptp(bodies, axis=0) > [0.08, 0.08, 0.03]).all()
    assert is_inside(spider.spider(), np.array([moment.q for moment in moments]))


@pytest.mark.parametrize(('roughness', 'stride'), [(0.0, 0.09), (0.02, 0.09), (0.03, 0.12)])
def test_the_spider_walks(roughness: float, stride: float) -> None:
    """At least four feet stand, and those that do stay; all of them get ahead with the body."""
    moments = spider.walk(roughness, stride)
    for before, moment in zip(moments, moments[1:]):
        assert moment.errors().max() <= 1e-6
        assert moment.stands.sum() >= 4
        held = moment.stands & before.stands
        assert (moment.footholds[held] == before.footholds[held]).all()
        for x, y, z in moment.footholds[moment.stands]:
            assert z == pytest.approx(spider.height_at(x, y, roughness), abs=1e-9)
        assert (np.linalg.norm(moment.footholds - before.footholds, axis=1) < 0.07).all()
    assert (moments[-1].footholds - moments[0].footholds)[:, 0].min() > 2.8 * stride
    assert moments[-1].body.position[0] - moments[0].body.position[0] > 4.0 * stride
    assert is_inside(spider.spider(), np.array([moment.q for moment in moments]))


def test_the_spider_has_its_body() -> None:
    """Every link that looks like something is drawn, its feet where the solver has them."""
    moment = spider.sway(0.02, 0.12)[5]
    drawn = robots.bodies('spider', spider.spider(), moment.q, moment.body.matrix())
    assert len(drawn) == 25
    ends = [(body.T_world_link, body.visuals[-1]) for body in drawn]
    feet = [place @ end.T_link_visual for place, end in ends
            if isinstance(end.geometry, Sphere) and end.link != 'base_link']
    assert len(feet) == 8
    off = np.array([foot[:3, 3] for foot in feet]) - moment.footholds
    assert np.linalg.norm(off, axis=1).max() < 0.01  # the radius of a foot is 9 mm


def test_bodies_are_triangles_in_the_world() -> None:
    """A box is where its link is, in its colour."""
    pytest.importorskip('trimesh')
    place = np.eye(4)
    place[:3, 3] = [1.0, 2.0, 3.0]
    box = Visual('link', np.eye(4), Box((0.2, 0.4, 0.6)), (255, 0, 51))
    corners, colours = solids.triangles_of([Body((box,), place)])
    assert corners.shape == (12, 3, 3)
    assert corners.reshape(-1, 3).min(axis=0) == pytest.approx([0.9, 1.8, 2.7])
    assert corners.reshape(-1, 3).max(axis=0) == pytest.approx([1.1, 2.2, 3.3])
    assert colours.tolist() == [[1.0, 0.0, 0.2]] * 12


def test_the_race_has_a_winner() -> None:
    """All three arrive, inside the limits; damped needs the fewest steps, then gradient."""
    runs = race.race(2.0)
    chain = robots.load('seven_axis_arm')
    for run in runs.values():
        assert run.errors[-1].max() <= 1e-6
        assert (run.errors[:-1].max(axis=1) > 1e-6).all()
        assert is_inside(chain, run.way)
    steps = {rule: len(run.way) - 1 for rule, run in runs.items()}
    assert steps['damped'] < 10 < steps['gradient'] < steps['sweep']


def test_the_plain_sweep_moves_one_joint_at_a_time() -> None:
    """From the tip to the base."""
    chain = robots.planar((0.3, 0.3, 0.3))
    way = plain.sweeps(chain, np.array([0.2, 0.5, 0.0]), np.array([0.1, 0.2, 0.3]), 0.1, 2)
    moved = np.abs(np.diff(way, axis=0)) > 0.0
    assert moved.argmax(axis=1).tolist() == [2, 1, 0, 2, 1, 0]
    assert (moved.sum(axis=1) == 1).all()


def test_robots_are_found_or_missed_with_a_sentence(monkeypatch: pytest.MonkeyPatch,
                                                    tmp_path: Path) -> None:
    """They are the files of the package; an installation without them says so."""
    chain = robots.load('planar_3r')
    own = KinematicChain.from_model(parse_urdf(read_urdf(ROOT / 'urdf' / 'planar_3r.urdf')))
    assert chain.joint_names == own.joint_names
    assert (chain.constants == own.constants).all()
    monkeypatch.setattr(robots, '__file__', str(tmp_path / 'a' / 'b' / 'robots.py'))
    with pytest.raises(UrdfError, match='planar_9r.urdf is not where the package has its robots'):
        robots.load('planar_9r')


def test_a_planar_arm_has_its_lengths() -> None:
    """Stretched out it reaches as far as all of its links."""
    chain = robots.planar((0.5, 0.4, 0.1), ((-1.0, 1.0),))
    places = robots.arm(chain, np.zeros(3))
    assert places[:, 0].tolist() == pytest.approx([0.0, 0.0, 0.5, 0.9, 1.0])
    assert (chain.lower[0], chain.upper[0]) == (-1.0, 1.0)


@every_scene
def test_a_frame_is_drawn(scene: Scene) -> None:
    """A picture as wide as its panels, with the colours of those who act."""
    pytest.importorskip('matplotlib')
    pytest.importorskip('trimesh')
    frame = scene.play()[-1]
    picture = drawing.draw(frame, 0.5)
    assert picture.shape == (200, 220 * len(frame.panels), 3)
    assert picture.dtype == np.uint8
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


def test_pictures_are_written(tmp_path: Path) -> None:
    """A moving picture that moves, an overview, and the page."""
    pytest.importorskip('matplotlib')
    from PIL import Image
    scene = descent.ORDER
    files = list(pictures.write_gallery(tmp_path / 'new', [scene], scale=0.4))
    assert [file.name for file in files] == ['order.webp', 'overview.png', 'README.md']
    with Image.open(files[0]) as moving:
        assert moving.n_frames > 5
        assert moving.size == (352, 160)
    with Image.open(files[1]) as overview:
        assert overview.width == pictures.TILE
    assert scene.caption in files[2].read_text()


def test_pictures_that_cannot_be_written_say_so(tmp_path: Path) -> None:
    """The folder may be a file."""
    pytest.importorskip('matplotlib')
    (tmp_path / 'file').write_text('')
    with pytest.raises(OptionsError, match='file.* cannot be written'):
        list(pictures.write_gallery(tmp_path / 'file', [descent.ORDER], scale=0.2))


def test_first_and_last_frame_are_kept() -> None:
    """However many there are."""
    for count in (1, 5, 20, 61):
        kept = pictures.chosen(count)
        assert (kept[0], kept[-1]) == (0, count - 1)
        assert len(kept) == min(count, pictures.MOST_FRAMES)


def test_the_page_in_the_repository_is_the_one_of_the_scenes() -> None:
    """Made by the command; its pictures are there, and small."""
    folder = ROOT / 'docs' / 'gallery'
    assert (folder / 'README.md').read_text() == pictures.page_of(SCENES)
    sizes = {file.name: file.stat().st_size for file in folder.iterdir()}
    assert set(sizes) == {'README.md', 'overview.png', *(f'{scene.name}.webp' for scene in SCENES)}
    assert sum(sizes.values()) < 1_200_000


def test_without_matplotlib_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence with the command that installs it."""
    monkeypatch.setitem(__import__('sys').modules, 'matplotlib.figure', None)
    with pytest.raises(MissingDependencyError, match='need matplotlib .*pip install matplotlib'):
        drawing.load_figure()


def test_solids_are_closed_and_where_they_shall_be() -> None:
    """An arm reaches half its thickness beyond its links; triangles name vertices that exist."""
    arm = Arm(np.array([[0.0, 0.0], [0.5, 0.0], [0.5, 0.3]]), '#000000', thickness=0.02)
    vertices, faces = solids.arm_mesh(arm)
    assert vertices.max(axis=0) == pytest.approx([0.5135, 0.3135, 0.0135], abs=1e-3)
    assert faces.min() == 0 and faces.max() == len(vertices) - 1
    ground = Ground(np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0]), np.arange(6.0).reshape(2, 3))
    vertices, faces = solids.ground_mesh(ground)
    assert vertices[4].tolist() == [1.0, 1.0, 4.0]
    assert len(faces) == 4


def test_the_camera_looks_at_the_middle() -> None:
    """From above at a plane, from the side at a space."""
    eye, at, up = browser.camera_of(Plane('', [], '', '', (0.0, 2.0), (0.0, 1.0), is_true=True))
    assert at.tolist() == [1.0, 0.5, 0.0] and up.tolist() == [0.0, 1.0, 0.0]
    assert eye[:2].tolist() == [1.0, 0.5] and eye[2] > 2.0
    eye, at, up = browser.camera_of(Space('', [], (-1.0, 1.0), (-1.0, 1.0), (0.0, 1.0)))
    assert at.tolist() == [0.0, 0.0, 0.5] and up.tolist() == [0.0, 0.0, 1.0]
    assert eye[1] < 0.0 < eye[0] and eye[2] > 0.5


@pytest.fixture
def page() -> Any:
    """Return the page on a server that nobody looks at."""
    pytest.importorskip('viser')
    pytest.importorskip('matplotlib')
    from ik_solver_node import web
    server = web.open_server('127.0.0.1', 0)
    try:
        yield browser.Page(server, SCENES)
    finally:
        server.stop()


def test_the_page_lists_every_scene_and_opens_each(page: browser.Page) -> None:
    """Whichever is chosen, its controls and its first frame are there."""
    assert page.choices == tuple(scene.title for scene in SCENES)
    for scene in SCENES:
        page.chooser.value = scene.title
        page.playing.value = False
        page.tick(0.0)
        assert page.scene is scene
        assert list(page.controls) == [control.name for control in scene.controls]
        assert page.frame_slider.value == 0


def test_the_page_plays_and_takes_what_is_set(page: browser.Page) -> None:
    """In time it shows the next frame; with another control it begins anew."""
    page.tick(100.0)
    assert page.frame_slider.value == 1
    page.tick(100.01)
    assert page.frame_slider.value == 1  # not yet
    page.tick(101.0)
    assert page.frame_slider.value == 2
    page.playing.value = False
    page.tick(102.0)
    assert page.frame_slider.value == 2
    page.controls['second'].value = -1.0
    page.tick(103.0)
    assert page.frame_slider.value == 0
    page.chooser.value = comfort.COMFORT.title
    slider = page.frame_slider
    page.tick(104.0)
    assert page.frame_slider is slider
    assert slider.max == len(comfort.COMFORT.play()) - 1


def test_what_has_not_changed_is_not_drawn_again(page: browser.Page) -> None:
    """The ground of the spider stays, its body moves, and all goes with the scene."""
    page.chooser.value = spider.SPIDER.title
    page.tick(0.0)
    drawn = dict(page.drawn)
    before = {name: drawn[name][1].position.tolist() for name in drawn if 'Body' in name}
    page.tick(10.0)
    kept = [name for name in drawn if page.drawn[name] is drawn[name]]
    assert any('Ground' in name for name in kept)
    assert page.drawn.keys() >= drawn.keys()
    moved = [name for name in drawn if 'Body' in name]
    assert len(moved) == 25 and set(moved) <= set(kept)
    foot = drawn[moved[-1]][1]
    assert foot.position.tolist() != before[moved[-1]]
    page.chooser.value = forward.FORWARD.title
    page.tick(20.0)
    assert not any('Ground' in name for name in page.drawn)


def test_a_client_is_shown_the_scene() -> None:
    """The legend says in words who has which colour."""
    panel = descent.DESCENT.play()[0].panels[0]
    assert browser.legend(panel) == '**grey** start, **green** target'
    assert browser.legend(SimpleNamespace(items=[])) == ''  # type: ignore[arg-type]
