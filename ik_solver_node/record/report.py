"""Put what happened into numbers and words, for people and for programs."""

from __future__ import annotations

from dataclasses import asdict
import json
import math
from typing import Any

from ik_solver_node.record.history import History, JointHistory, Series
from ik_solver_node.record.reading import Recording
from ik_solver_node.record.replay import Difference, Replay, Sameness
import numpy as np

CUT = ('the file was not closed, as when the node is killed; what follows is up to where it was '
       'cut')


def summary_of(recording: Recording, history: History) -> dict[str, Any]:
    """Return what happened as numbers that JSON can hold; None for what there is none of."""
    return {
        'file': str(recording.path), 'is_complete': recording.is_complete,
        'messages': len(recording.messages), 'missing': history.missing,
        'duration_s': history.duration, 'robot': history.robot, 'tip': history.tip,
        'targets': history.targets, 'verdicts': dict(history.verdicts),
        'position_error_m': _spread(history.position_error),
        'orientation_error_rad': _spread(history.orientation_error),
        'latency_s': _spread(history.latency),
        'joints': {name: _joint(joint) for name, joint in history.joints.items()}}


def as_text(summary: dict[str, Any]) -> str:
    """Return a summary as lines to read."""
    verdicts = ', '.join(f'{count} {name.replace("_", " ")}'
                         for name, count in summary['verdicts'].items())
    lines = [
        f'robot {summary["robot"]}, tip {summary["tip"]}: {summary["targets"]} targets in '
        f'{summary["duration_s"]:.1f} s: {verdicts or "none was answered"}',
        _spread_line('tip off by', summary['position_error_m'], 1e3, 'mm'),
        _spread_line('tip turned off by', summary['orientation_error_rad'], 180.0 / math.pi,
                     'deg'),
        _spread_line('target to joints', summary['latency_s'], 1e3, 'ms')]
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
        'skipped': told.skipped, 'is_complete': told.is_complete,
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


def _spread(series: Series) -> dict[str, float] | None:
    """Return median, 99th percentile and largest of some values."""
    if not series.values:
        return None
    values = np.array(series.values)
    return {'median': float(np.median(values)), 'p99': float(np.percentile(values, 99)),
            'largest': float(values.max())}


def _joint(joint: JointHistory) -> dict[str, Any]:
    """Return what a joint did."""
    fastest = max(map(abs, joint.velocities.values), default=None)
    return {
        'unit': joint.unit, 'lower_limit': _finite(joint.lower),
        'upper_limit': _finite(joint.upper), 'velocity_limit': _finite(joint.velocity_limit),
        'lowest': min(joint.positions.values, default=None),
        'highest': max(joint.positions.values, default=None), 'fastest': fastest,
        'is_too_fast': fastest is not None and fastest > joint.velocity_limit}


def _finite(value: float) -> float | None:
    """Return a limit, None if it is none."""
    return value if math.isfinite(value) else None


def _spread_line(what: str, spread: dict[str, float] | None, scale: float, unit: str) -> str:
    """Return the spread of some values in a line; empty if there are none."""
    return '' if spread is None else (
        f'{what} {scale * spread["median"]:.3g} {unit} in the median, '
        f'{scale * spread["p99"]:.3g} at 99 %, {scale * spread["largest"]:.3g} at most')


def _joint_line(name: str, joint: dict[str, Any]) -> str:
    """Return what a joint did in a line."""
    if joint['lowest'] is None:
        return f'{name}: not published'
    line = f'{name}: {joint["lowest"]:.4g} to {joint["highest"]:.4g} {joint["unit"]}'
    if joint['fastest'] is not None:
        line += f', up to {joint["fastest"]:.3g} {joint["unit"]}/s'
    if joint['is_too_fast']:
        line += f', more than its limit of {joint["velocity_limit"]:.3g}'
    return line
