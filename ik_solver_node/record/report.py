"""Put what happened into numbers and words, for people and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
import json
import math
from typing import Any

from ik_solver_node.record.curves import Curve
from ik_solver_node.record.history import History, JointHistory
from ik_solver_node.record.reading import Recording
from ik_solver_node.record.replay import Difference, Replay, Sameness
import numpy as np

CUT = ('the file was not closed, as when the node is killed; what follows is up to where it was '
       'cut')
SLACK = 0.01
"""Part of a limit by which splines between points of a trajectory may well be above it."""
MOST_LISTED = 10
"""So many straight lines, or stops, are told one by one."""


def summary_of(recording: Recording, history: History) -> dict[str, Any]:
    """Return what happened as numbers that JSON can hold; None for what there is none of."""
    errors = history.measured_errors
    return {
        'file': str(recording.path), 'is_complete': recording.is_complete,
        'messages': len(recording.messages), 'missing': history.missing,
        'duration_s': history.duration, 'robot': history.robot, 'tip': history.tip,
        'mode': history.mode, 'output': history.output,
        'targets': history.targets, 'verdicts': dict(history.verdicts),
        'position_error_m': _spread(history.position_error.values),
        'orientation_error_rad': _spread(history.orientation_error.values),
        'measured_position_error_m': _spread(errors[:, 1]),
        'measured_orientation_error_rad': _spread(errors[:, 2]),
        'last_measured_position_error_m': _spread(errors[errors[:, 3] > 0.0, 1]),
        'latency_s': _spread(history.latency.values),
        'lag_s': history.lag, 'trajectories': len(history.trajectories),
        'lines': [{name: _finite(value) if isinstance(value, float) else value
                   for name, value in asdict(one).items()} for one in history.lines],
        'stops': [asdict(one) for one in history.stops],
        'joints': {name: _joint(joint, history.is_timed)
                   for name, joint in history.joints.items()}}


def as_text(summary: dict[str, Any]) -> str:
    """Return a summary as lines to read."""
    verdicts = ', '.join(f'{count} {name.replace("_", " ")}'
                         for name, count in summary['verdicts'].items())
    mode = f'mode {summary["mode"]}, {summary["output"]}; ' if summary['mode'] else ''
    degrees = 180.0 / math.pi
    lines = [
        f'robot {summary["robot"]}, tip {summary["tip"]}: {mode}{summary["targets"]} targets in '
        f'{summary["duration_s"]:.1f} s: {verdicts or "none was answered"}',
        _spread_line('solutions off by', summary['position_error_m'], 1e3, 'mm'),
        _spread_line('solutions turned off by', summary['orientation_error_rad'], degrees, 'deg'),
        _spread_line('target to command', summary['latency_s'], 1e3, 'ms'),
        *_listed([_lines_line(one) for one in summary['lines']], 'straight lines'),
        *_listed([_stop_line(one) for one in summary['stops']], 'stops'),
        '' if not summary['trajectories'] else f'{summary["trajectories"]} trajectories sent',
        '' if summary['lag_s'] is None else (
            f'the measured joints follow {1e3 * summary["lag_s"]:.0f} ms late'),
        _spread_line('measured tip from the target that counts by',
                     summary['measured_position_error_m'], 1e3, 'mm'),
        _spread_line('and turned from it by', summary['measured_orientation_error_rad'], degrees,
                     'deg'),
        _spread_line('before the next target counts by',
                     summary['last_measured_position_error_m'], 1e3, 'mm')]
    lines += [_joint_line(name, joint) for name, joint in summary['joints'].items()]
    if summary['missing']:
        lines.append(f'{summary["missing"]} messages are missing: more was to be recorded than '
                     'could be written')
    if not summary['is_complete']:
        lines.insert(0, CUT)
    return '\n'.join(line for line in lines if line)


def replay_as_json(told: Replay) -> str:
    """Return what came of a replay as JSON."""
    return json.dumps({
        'is_same': told.is_same, 'targets': told.targets,
        **{kind.value: told.counts[kind] for kind in Sameness},
        'skipped': told.skipped, 'lines': told.lines, 'is_complete': told.is_complete,
        'recorded_with': told.recorded_with, 'replayed_with': told.replayed_with,
        'differences': [asdict(one) for one in told.differences]}, indent=2)


def replay_as_text(told: Replay) -> str:
    """Return what came of a replay as lines to read; the last is the verdict."""
    lines = [] if told.is_complete else [CUT]
    lines += [_difference_line(one) for one in told.differences]
    if told.skipped:
        lines.append(f'{told.skipped} targets follow on missing messages and are left out')
    if told.recorded_with != told.replayed_with and not told.is_same:
        lines.append('recorded with ' + _versions(told.recorded_with, told.replayed_with)
                     + ', replayed with ' + _versions(told.replayed_with, told.recorded_with))
    if told.lines:
        lines.append(f'{told.lines} straight lines were not asked again: they are planned whole, '
                     'beside the tracker')
    same = f'{told.counts[Sameness.SAME]} of {told.targets} answers are the same bits'
    if told.counts[Sameness.DIFFERENT]:
        lines.append(f'different: {same}, {told.counts[Sameness.DIFFERENT]} are others')
    elif told.counts[Sameness.ENDED_BY_TIME]:
        after = told.counts[Sameness.AFTER_THAT]
        lines.append(f'the same but for time: {same}, {told.counts[Sameness.ENDED_BY_TIME]} were '
                     'ended by the time budget (solver.max_time)'
                     + (f', {after} follow on such' if after else ''))
    else:
        lines.append(f'the same: {same}')
    return '\n'.join(lines)


def _difference_line(one: Difference) -> str:
    """Return a difference in a line."""
    excuse = {Sameness.ENDED_BY_TIME: ' (its time budget ended it)',
              Sameness.AFTER_THAT: ' (after one that its time budget ended)'}
    changes = '; '.join(f'{name} {one.recorded[name]} is now {one.replayed[name]}'
                        for name in one.recorded)
    return f'target {one.number} at {one.seconds:.3f} s{excuse.get(one.sameness, "")}: {changes}'


def _versions(own: dict[str, str], other: dict[str, str]) -> str:
    """Return the versions that are not those of the other."""
    return ', '.join(f'{name} {version}' for name, version in own.items()
                     if other.get(name) != version)


def _spread(given: Sequence[float] | np.ndarray) -> dict[str, float] | None:
    """Return median, 99th percentile and largest of some values."""
    values = np.asarray(given, dtype=np.float64)
    if not values.size:
        return None
    return {'median': float(np.median(values)), 'p99': float(np.percentile(values, 99)),
            'largest': float(values.max())}


def _joint(joint: JointHistory, is_timed: bool) -> dict[str, Any]:
    """Return what a joint did."""
    commanded, measured = joint.commanded, joint.measured
    fastest, quickest = _largest(commanded.velocities), _largest(commanded.accelerations)
    return {
        'unit': joint.unit, 'lower_limit': _finite(joint.lower),
        'upper_limit': _finite(joint.upper), 'velocity_limit': _finite(joint.velocity_limit),
        'acceleration_limit': _finite(joint.acceleration_limit), 'is_timed': is_timed,
        **_range(commanded), 'fastest': fastest,
        'velocity_share': _share(fastest, joint.velocity_limit),
        'is_too_fast': _is_more(fastest, joint.velocity_limit),
        'quickest': quickest, 'acceleration_share': _share(quickest, joint.acceleration_limit),
        'measured': None if not len(measured.times) else {
            **_range(measured), 'fastest': _largest(measured.velocities),
            'velocity_share': _share(_largest(measured.velocities), joint.velocity_limit),
            'deviation': _largest(joint.deviation.positions)}}


def _range(curve: Curve) -> dict[str, float | None]:
    """Return between which positions a joint was."""
    there = len(curve.times) > 0
    return {'lowest': float(curve.positions.min()) if there else None,
            'highest': float(curve.positions.max()) if there else None}


def _largest(values: np.ndarray) -> float | None:
    """Return the largest amount of some values, None if none is known."""
    known = np.abs(values[np.isfinite(values)])
    return float(known.max()) if known.size else None


def _share(value: float | None, limit: float) -> float | None:
    """Return a value as part of its limit, None if there is none."""
    return None if value is None or not math.isfinite(limit) else value / limit


def _is_more(value: float | None, limit: float) -> bool:
    """Return whether a value is above its limit, by more than a little."""
    return value is not None and value > (1.0 + SLACK) * limit


def _finite(value: float) -> float | None:
    """Return a limit, None if it is none."""
    return value if math.isfinite(value) else None


def _spread_line(what: str, spread: dict[str, float] | None, scale: float, unit: str) -> str:
    """Return the spread of some values in a line; empty if there are none."""
    return '' if spread is None else (
        f'{what} {scale * spread["median"]:.3g} {unit} in the median, '
        f'{scale * spread["p99"]:.3g} at 99 %, {scale * spread["largest"]:.3g} at most')


def _listed(lines: list[str], what: str) -> list[str]:
    """Return the first of some lines, and how many there are beside them."""
    rest = len(lines) - MOST_LISTED
    return lines if rest <= 0 else [*lines[:MOST_LISTED], f'and {rest} more {what}']


def _lines_line(one: dict[str, Any]) -> str:
    """Return what became of straight lines in a line."""
    planned = '' if one['planning'] is None else f', planned in {one["planning"]:.2f} s'
    return (f'straight lines at {one["time"]:.2f} s: {one["verdict"].replace("_", " ")}, '
            f'{one["fraction"]:.1%} of {one["length"]:.3g} m in {one["duration"]:.3g} s, '
            f'{1e3 * one["deviation"]:.2g} mm off them{planned}')


def _stop_line(one: dict[str, Any]) -> str:
    """Return when and why the arm was stopped in a line."""
    return (f'stopped from {one["begin"]:.2f} to {one["end"]:.2f} s ({one["reasons"]}): '
            f'{one["sentence"]}')


def _joint_line(name: str, joint: dict[str, Any]) -> str:
    """Return what a joint did in a line."""
    unit, measured = joint['unit'], joint['measured']
    line = f'{name}: not commanded'
    if joint['lowest'] is not None:
        line = f'{name}: {joint["lowest"]:.4g} to {joint["highest"]:.4g} {unit}'
        line += _speed(joint, 'fastest', 'velocity', f'{unit}/s', joint['is_too_fast'])
        line += _speed(joint, 'quickest', 'acceleration', f'{unit}/s^2', False)
    if measured is not None:
        line += f'; measured {measured["lowest"]:.4g} to {measured["highest"]:.4g}'
        line += _speed(measured, 'fastest', 'velocity', f'{unit}/s', False)
        if measured['deviation'] is not None:
            line += f', at most {measured["deviation"]:.2g} {unit} off'
    return line


def _speed(joint: dict[str, Any], name: str, what: str, unit: str, is_more: bool) -> str:
    """Return how fast a joint was at most, and beside its limit; empty if that is not known."""
    value, share = joint[name], joint[f'{what}_share']
    if value is None:
        return ''
    line = f', up to {value:.3g} {unit}'
    if is_more:
        leaps = '' if joint['is_timed'] else ', if it goes there from one target to the next'
        return f'{line}, more than its limit of {joint[f"{what}_limit"]:.3g}{leaps}'
    return line if share is None else f'{line} ({share:.0%} of its limit)'
