"""The benchmarks on a few targets: what they measure is right, and nothing stops them."""

from __future__ import annotations

from dataclasses import replace
import json
import math
import os
from pathlib import Path
import sys
import time
from typing import Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from benchmarks import report, track_benchmark  # noqa: E402, I100
from benchmarks.__main__ import main, make_parser  # noqa: E402
from benchmarks.contest import Contest, Track  # noqa: E402
from benchmarks.figures import count_jumps, Figures, judge, summarise  # noqa: E402
from benchmarks.machine import versions  # noqa: E402
from benchmarks.peers import serial  # noqa: E402
from benchmarks.problem import (  # noqa: E402
    Goal, LARGEST_STEP, lissajous, load_problems, path_tasks, Problem, random_tasks)
from benchmarks.referee import Referee  # noqa: E402
from benchmarks.solver import (  # noqa: E402
    Answer, Entry, OURS, PATH, PEERS, Solver, SOLVERS, TRACKER, Unsuitable, YARDSTICK)
from benchmarks.watch import Durations, LONGEST, Watch  # noqa: E402
from benchmarks.worker import Block, follow, Lost, measure, Measured, Worker  # noqa: E402
from domains import private_domain  # noqa: E402
from ik_solver_node.chain import KinematicChain  # noqa: E402
from ik_solver_node.robot_model import parse_urdf  # noqa: E402

pytest.importorskip('pinocchio', reason='pin is not installed: pip install pin')


def problem_of(name: str) -> Problem:
    """Return a stock robot; skip the test if the package that has it is missing."""
    try:
        return load_problems([name])[0]
    except ImportError as error:
        pytest.skip(str(error))


class Faulty(Solver):
    """A solver that does what its robot is called."""

    def __init__(self, problem: Problem, goal: Goal) -> None:
        self._size = problem.chain.size
        self._does = problem.name
        if self._does == 'refuse':
            raise Unsuitable('no such robots, please')

    def target(self, pose: np.ndarray) -> np.ndarray:
        """Return the pose."""
        return pose

    def solve(self, target: np.ndarray, start: np.ndarray) -> Any:
        """Misbehave."""
        if self._does == 'die':
            os._exit(3)
        if self._does == 'hang':
            time.sleep(60.0)
        if self._does == 'raise':
            raise ArithmeticError('no number\nand more')
        print('a line that nobody wants')
        return start

    def answer(self, found: Any) -> Answer:
        """Return the start."""
        return Answer(found, True)


FAULTY = Entry('test_benchmarks', 'Faulty', 'none')


class TestWholeRun:
    """The command, from arguments to tables and JSON."""

    def test_all_tracks_on_two_robots(
            self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        problem_of('ur5')
        file = tmp_path / 'figures.json'
        main(['path', 'pose', 'position', '--targets', '5', '--robots', 'tiago_head,ur5',
              '--json', str(file)])
        out, err = capsys.readouterr()
        assert err == ''
        assert 'floor' in out
        data = json.loads(file.read_text())
        assert data['versions']['numpy'] == np.__version__
        assert data['machine'] in out
        assert list(data['tracks']) == ['pose', 'position', 'path']
        for track, solvers in (('pose', [OURS]), ('position', [OURS]),
                               ('path', [OURS, TRACKER, PATH])):
            rows = data['tracks'][track]['robots']
            assert [(row['robot'], row['solver']) for row in rows] == [
                (robot, solver) for robot in ('tiago_head', 'ur5') for solver in solvers]
            for row in rows:
                assert row['strict'] == 100.0
                assert row['targets'] == 5
                assert 0.0 < row['median'] <= row['p95'] <= row['p99'] < 1e6
                assert row['jumps'] == row['refused'] == (0 if track == 'path' else None)

    def test_batches_and_parts(self, capsys: pytest.CaptureFixture[str]) -> None:
        problem_of('ur5')
        main(['parts', 'batch', '--targets', '5', '--robots', 'ur5'])
        lines = capsys.readouterr().out.splitlines()
        all_robots = next(line.split() for line in lines if line.startswith('all '))
        assert all_robots[1] == '100.00'
        assert min(map(int, all_robots[2:])) > 1
        parts = {line[:34].strip(): float(line[34:]) for line in lines if line[:34].strip() in (
            'Jacobian', 'step', 'frames', 'frames and errors', 'call that has nothing to do',
            'whole call, measured')}
        assert len(parts) == 6
        assert 0.0 < parts['frames'] < parts['whole call, measured'] < 1e6

    @pytest.mark.parametrize('arguments, message', [
        (['poses'], "no benchmark 'poses'; choose from pose, position, path, batch, parts, node,"
         ' track'),
        (['pose', '--targets', '0'], '--targets is 0, but must be at least 1'),
        (['pose', '--robots', 'r2d2'], "no robot 'r2d2'; choose from ur5"),
        (['track', '--minutes', '0'], '--minutes is 0, but must be more than 0'),
        (['track', '--priority', '100'], '--priority is 100, but must be from 0 to 99'),
        (['track', '--rate', '2000'], '--rate is 2000 [Hz], but must be from 1 to 1000'),
        (['track', '--outputs', 'smoke'], "no output 'smoke'; choose from joint_state, position_"),
        (['pose', '--robots', 'ur5', '--peers', 'moveit'], "no peer 'moveit'; choose all, none"),
    ])
    def test_wrong_arguments(self, arguments: list[str], message: str,
                             capsys: pytest.CaptureFixture[str]) -> None:
        problem_of('ur5')
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 2
        assert message in capsys.readouterr().err

    def test_peers_are_none_all_or_some(self) -> None:
        parse = make_parser().parse_args
        assert parse([]).peers == ['none']
        assert parse(['--peers']).peers == ['all']
        assert parse(['pose', '--peers', 'optik, pink']).peers == ['optik', 'pink']

    def test_a_missing_peer_is_a_line(self, monkeypatch: pytest.MonkeyPatch,
                                      capsys: pytest.CaptureFixture[str]) -> None:
        problem_of('ur5')
        monkeypatch.setitem(SOLVERS, 'optik', Entry('nowhere', 'Nobody', 'no-such-package'))
        assert main(['position', '--targets', '1', '--robots', 'ur5', '--peers', 'optik']) == 0
        assert 'optik: left out, it is not installed: pip install no-such' in (
            capsys.readouterr().out)


class TestTargets:
    """Targets are those of the protocol, and the same for everyone."""

    @pytest.mark.parametrize('name', ['kinova', 'pr2_torso', 'panda_tight'])
    def test_paths_are_smooth_and_inside_the_limits(self, name: str) -> None:
        problem = problem_of(name)
        joints = lissajous(*problem.draw_range, 1001)
        assert (joints >= problem.chain.lower).all() and (joints <= problem.chain.upper).all()
        largest = np.abs(np.diff(joints, axis=0)).max()
        assert 0.9 * LARGEST_STEP < largest <= LARGEST_STEP

    def test_they_are_the_same_every_time(self) -> None:
        problem = problem_of('ur5')
        referee = Referee(problem.urdf, problem.chain)
        for make in (random_tasks, path_tasks):
            first, second = make(problem, referee, 4), make(problem, referee, 4)
            assert first.poses.shape == (4, 4, 4)
            np.testing.assert_array_equal(first.poses, second.poses)
            np.testing.assert_array_equal(first.starts, second.starts)

    def test_a_tight_robot_has_a_third_of_its_range(self) -> None:
        tight, free = problem_of('panda_tight').chain, problem_of('panda').chain
        np.testing.assert_allclose(tight.upper - tight.lower, (free.upper - free.lower) / 3.0)
        np.testing.assert_allclose(tight.mid_range(), free.mid_range())

    def test_there_are_enough_robots_of_every_kind(self) -> None:
        problem_of('ur5')
        sizes = [problem.chain.size for problem in load_problems()]
        assert sum(2 <= size <= 8 for size in sizes) >= 24
        assert {2, 3, 4, 5, 6, 7, 8, 10} <= set(sizes)


class TestFigures:
    """The referee's judgement."""

    def judged(self, positions: np.ndarray, **options: Any) -> Figures:
        """Return the figures for answers on the path of a robot."""
        problem = problem_of('ur5')
        referee = Referee(problem.urdf, problem.chain)
        tasks = path_tasks(problem, referee, len(positions))
        joints = lissajous(*problem.draw_range, len(positions) + 1)[1:] + positions
        claimed = ~np.isnan(joints).any(axis=1)
        times = 1e-6 * np.arange(1.0, len(positions) + 1.0)
        return judge('someone', problem, referee, tasks.poses,
                     Measured(joints, claimed, times, ''), **options)

    def test_errors_are_solved_strict_or_neither(self) -> None:
        off = np.zeros((4, 6))
        off[1:, 5] = 1e-5, 1e-2, np.nan  # the last joint turns the tip without moving it
        figures = self.judged(off)
        assert (figures.solved, figures.strict) == (50.0, 25.0)
        assert (figures.missed, figures.loose) == ((2, 3), (1,))
        assert (figures.mean, figures.median) == pytest.approx((2.5, 2.5))
        assert self.judged(off, position_only=True).missed == (3,)

    def test_joints_outside_the_limits_are_no_solution(self) -> None:
        off = np.zeros((2, 6))
        off[0, 0] = 4.0 * np.pi
        assert self.judged(off).missed == (0,)

    def test_steps_that_jump_are_counted(self) -> None:
        problem = problem_of('kinova')
        start = problem.chain.mid_range()
        endless, limited = np.eye(6)[0], np.eye(6)[1]  # the first joint has no limits
        steps = [0.0 * start, 0.19 * limited, np.nan * start, 0.40 * limited, 0.40 * limited,
                 0.40 * limited + 2.0 * np.pi * endless, 0.61 * limited + 6.5 * endless]
        assert count_jumps(problem, start + np.array(steps), start) == 2

    def test_the_worst_robot_is_named(self) -> None:
        row = self.judged(np.zeros((2, 6)))
        summary = summarise([row, replace(row, robot='other', solved=50.0, mean=4.5)])
        assert (summary.worst, summary.worst_robot, summary.solved) == (50.0, 'other', 75.0)
        assert summary.mean == pytest.approx(3.0)

    def test_tables_compare_on_the_same_robots(self) -> None:
        ours = replace(self.judged(np.zeros((2, 6))), solver=OURS, mean=10.0, median=10.0)
        rows = [ours, replace(ours, robot='other', mean=30.0, solved=50.0, missed=(1,)),
                replace(ours, solver=YARDSTICK, mean=40.0, median=20.0)]
        result = report.Result(Track.POSE, 2, rows, [(YARDSTICK, 'has hair', ['other'])])
        text = report.text(result)
        assert result.ours_beside(YARDSTICK) == 10.0
        assert f'{YARDSTICK} takes 4.00 times our mean time and 2.00 times our median' in text
        assert f'{OURS}, other: not solved: target 1' in text
        assert f'{YARDSTICK}: other: has hair' in text
        kept, sentence = report.floor(result)
        assert not kept and 'MISSED: worst robot 50.00 %' in sentence

    def test_a_robot_that_ours_lost_is_no_robot_held(self) -> None:
        other = replace(self.judged(np.zeros((2, 6))), solver=YARDSTICK)
        result = report.Result(Track.POSE, 2, [other], [(OURS, 'hangs', ['ur5'])])
        assert report.floor(result) == (False, 'floor MISSED: ours failed on ur5')
        assert 'no robot in common' in report.comparison(result)

    def test_the_picture(self, tmp_path: Path) -> None:
        pytest.importorskip('matplotlib', reason='matplotlib is not installed')
        from benchmarks import plot
        row = self.judged(np.zeros((2, 6)))
        rows = [replace(row, solver=solver, solved=solved) for solver, solved in
                ((OURS, 100.0), (TRACKER, 100.0), ('a', 100.0), ('b', 60.0), ('c', 60.0))]
        plot.draw(tmp_path / 'plot.png', [report.Result(Track.POSE, 2, rows, [])] * 2)
        assert (tmp_path / 'plot.png').stat().st_size > 1000
        np.testing.assert_allclose(plot.spread(np.array([0.0, 1.0, 50.0]), 10.0),
                                   [-4.5, 5.5, 50.0])


class TestWorkers:
    """A solver that fails ends nothing but itself."""

    def test_each_failure_is_a_sentence(self) -> None:
        problem = problem_of('tiago_head')
        block = Block(np.tile(np.eye(4), (2, 1, 1)), np.zeros((2, 3)))
        worker = Worker(FAULTY, solving=-1.5)  # so 0.5 s for the two
        try:
            with pytest.raises(Lost, match='no such robots, please'):
                worker.load(replace(problem, name='refuse'), Goal.POSE)
            worker.load(replace(problem, name='raise'), Goal.POSE)
            measured = worker.solve(block)
            assert measured.error == 'ArithmeticError: no number'
            assert np.isnan(measured.positions).all() and not measured.claimed.any()
            worker.load(replace(problem, name='work'), Goal.POSE)
            np.testing.assert_array_equal(worker.solve(block).positions, block.starts)
            worker.load(replace(problem, name='hang'), Goal.POSE)
            with pytest.raises(Lost, match='no answer in 0.5 s'):
                worker.solve(block)
            assert not worker.alive
        finally:
            worker.close()

    def test_the_contest_goes_on_without_the_dead(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(SOLVERS, 'faulty', FAULTY)
        problem = problem_of('tiago_head')
        problems = [replace(problem, name=name) for name in ('die', 'work')]
        with Contest(['faulty']) as contest:
            figures = contest.run(Track.POSITION, problems, 3)
        assert [(row.solver, row.robot) for row in figures] == [
            (OURS, 'die'), (OURS, 'work'), ('faulty', 'work')]
        assert contest.notes == {
            (Track.POSITION, 'faulty', 'its process died with exit code 3'): ['die']}

    def test_a_path_goes_on_from_the_last_claimed_answer(self) -> None:
        class Halves(Faulty):
            """Goes half of the way back to zero; claims to, if it starts above 1."""

            def solve(self, target: np.ndarray, start: np.ndarray) -> Any:
                return 0.5 * start

            def answer(self, found: Any) -> Answer:
                return Answer(found, bool(found[0] > 0.5))

        solver = Halves(problem_of('two_dofs'), Goal.POSE)
        measured, last = follow(solver, np.tile(np.eye(4), (4, 1, 1)), np.array([4.0, 0.0]))
        assert measured.positions[:, 0].tolist() == [2.0, 1.0, 0.5, 0.5]
        assert measured.claimed.tolist() == [True, True, False, False]
        assert last[0] == 1.0


class TestTrackMode:
    """How even messages are, what callbacks take, and the verdict on both."""

    def measured(self, **other: Any) -> track_benchmark.Measured:
        """Return figures that hold the floor, but for what is `other`."""
        even = track_benchmark.Evenness(1000, (0.0, 50.0, 100.0, 200.0), [])
        work = {track_benchmark.CYCLE: {'own': [1000, 250.0, 400.0, 500.0, 900.0],
                                        'wall': [1000, 350.0, 600.0, 700.0, 1900.0]},
                track_benchmark.BARE: dict.fromkeys(('own', 'wall'), [1000, *[150.0] * 4]),
                'Operation._on_target_point': {'own': [0], 'wall': [0]}}
        shares = dict.fromkeys((
            track_benchmark.BARE, track_benchmark.NODE, track_benchmark.ARM), 10.0)
        return track_benchmark.Measured(even, even, shares, work, [1.0, 2.0, 3.0],
                                        [200.0, 201.0, 200.5], (1000, 1007), 0.0)._replace(**other)

    def test_periods_are_measured_over_nominal(self) -> None:
        period = 0.004
        stamps = 100.0 + np.cumsum([0.0, *[period] * 97, period + 1e-4, period - 1e-4])
        even = track_benchmark.Evenness.of(stamps.tolist(), period)
        assert even.count == 100 and even.late == []
        assert even.over == pytest.approx((0.0, 0.0, 2.0, 100.0), abs=0.1)
        late = track_benchmark.Evenness.of([0.0, 0.004, 0.0119, 0.021, 0.025], period)
        assert late.late == [(0.0119, 0.021)]
        assert track_benchmark.Evenness.of([1.0], period).over == (math.inf,) * 4

    def test_late_alone_is_late_while_the_other_was_not(self) -> None:
        def late(*gaps: tuple[float, float]) -> track_benchmark.Evenness:
            return track_benchmark.Evenness(9, (0.0,) * 4, list(gaps))

        node, bare = late((1.0, 1.1), (2.0, 2.1), (3.0, 3.1)), late((2.05, 2.2), (3.1, 3.3))
        assert (node.late_alone(bare), bare.late_alone(node)) == (2, 1)
        assert node.late_alone(late()) == 3

    def test_durations_are_counted_in_microseconds(self) -> None:
        durations = Durations()
        assert durations.take() == [0]
        for microseconds in range(1, 101):
            durations.add(1e-6 * (microseconds + 0.5))
        durations.add(1.0)
        assert durations.take() == [101, 51.0, 96.0, 100.0, LONGEST]
        assert durations.take() == [0]

    def test_a_watch_sees_calls_and_changes_nothing(self) -> None:
        watch, calls = Watch(), []
        watch.on(calls.append)(7)
        collected = watch.on_garbage()
        collected('start', {})
        collected('stop', {})
        assert calls == [7]
        assert watch.own.take()[0] == watch.wall.take()[0] == 2

    @pytest.mark.parametrize('other, said', [
        ({}, 'floor held: 1.00 commands for each message'),
        ({'bare': track_benchmark.Evenness(1000, (0.0, 10.0, 80.0, 99.0), [])}, '1.25 times that'),
        ({'node': track_benchmark.Evenness(1000, (0.0, 50.0, 100.0, 9e3), [(1.0, 1.1)])},
         '1 cycles late'),
        ({'node': track_benchmark.Evenness(500, (0.0, 50.0, 100.0, 200.0), [])}, '0.50 commands'),
        ({'stolen': 12.5, 'memory': [200.0, 203.0, 200.0]}, 'memory +3.0 MB'),
        ({'work': {name: dict.fromkeys(('own', 'wall'), [9, *[301.0] * 4]) for name in (
            track_benchmark.CYCLE, track_benchmark.BARE)}}, 'a cycle takes 301 us'),
    ])
    def test_the_floor(self, other: dict[str, Any], said: str,
                       capsys: pytest.CaptureFixture[str]) -> None:
        assert track_benchmark.report(self.measured(**other)) == (not other)
        lines = capsys.readouterr().out.splitlines()
        assert any('12.5 ms of each second' in line for line in lines) == ('stolen' in other)
        assert said in lines[-1] and lines[-1].startswith('floor ')
        assert not any('_on_target_point' in line for line in lines)

    def test_a_short_run(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
                         capsys: pytest.CaptureFixture[str]) -> None:
        pytest.importorskip('rclpy', reason='rclpy is not installed')
        monkeypatch.chdir(Path(__file__).resolve().parents[1])
        monkeypatch.setattr(track_benchmark, 'SETTLING', 0.5)
        with private_domain(tmp_path) as domain:
            measured = track_benchmark.measure(domain, 'position_array', 50.0, 2.0, 0)
        for even in (measured.node, measured.bare):
            assert 50 < even.count < 150
            assert even.over[0] < 0.5 * 1e6 / 50.0
        cycles = measured.work[track_benchmark.CYCLE]
        # Those of the pause before, and some that the client had not heard of, are counted, too.
        assert -5 < cycles['own'][0] - measured.node.count < 75
        assert 0.0 < cycles['own'][1] < LONGEST
        assert len(measured.latency) > 50 and min(measured.latency) > 0.0
        assert all(share > 0.0 for share in measured.shares.values())
        assert min(measured.memory) > 10.0 and min(measured.objects) > 1000
        track_benchmark.report(measured)
        assert 'ik_solver_node' in capsys.readouterr().out


class TestPeers:
    """What peers get is the same robot, and they solve what is easy."""

    @pytest.mark.parametrize('name', ['tiago_pro', 'kinova', 'panda_tight', 'two_dofs'])
    def test_the_reduced_robot_is_the_same(self, name: str) -> None:
        problem = problem_of(name)
        chain = problem.chain
        reduced = KinematicChain.from_model(parse_urdf(serial.urdf(problem)))
        assert (reduced.base_link, reduced.tip_links) == (chain.base_link, chain.tip_links)
        assert reduced.joint_names == chain.joint_names
        np.testing.assert_array_equal((reduced.lower, reduced.upper), (chain.lower, chain.upper))
        for q in np.random.default_rng(0).uniform(*problem.draw_range, (5, chain.size)):
            np.testing.assert_allclose(reduced.forward_kinematics(q).matrix(),
                                       chain.forward_kinematics(q).matrix(), atol=1e-14)

    def test_a_mimic_joint_is_not_for_peers(self) -> None:
        with pytest.raises(Unsuitable, match='has a mimic joint'):
            serial.urdf(problem_of('panda_finger'))

    @pytest.mark.parametrize('pitch', [0.3, 1.5708, np.pi / 2.0 - 1e-12, -np.pi / 2.0])
    def test_angles_are_exact_at_a_quarter_turn(self, pitch: float) -> None:
        euler2mat = pytest.importorskip('transforms3d.euler').euler2mat
        rotation = euler2mat(0.4, pitch, -1.1)
        np.testing.assert_allclose(euler2mat(*serial.roll_pitch_yaw(rotation)), rotation,
                                   atol=1e-15)

    @pytest.mark.parametrize('goal', list(Goal))
    @pytest.mark.parametrize('peer', PEERS)
    def test_targets_nearby_are_solved(self, peer: str, goal: Goal) -> None:
        problem = problem_of('ur5')
        entry = SOLVERS[peer]
        if not versions([entry.package]):
            pytest.skip(f'{entry.package} is not installed: pip install {entry.package}')
        try:
            solver = entry.load()(problem, goal)
        except Unsuitable as error:
            pytest.skip(f'{peer}: {error}')
        referee = Referee(problem.urdf, problem.chain)
        tasks = path_tasks(problem, referee, 5)
        starts = np.repeat(tasks.starts, 5, axis=0)
        figures = judge(peer, problem, referee, tasks.poses,
                        measure(solver, tasks.poses, starts), goal is Goal.POSITION)
        assert figures.strict == 100.0
