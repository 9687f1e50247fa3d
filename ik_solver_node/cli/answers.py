"""Answers of a solve: as a text for people, and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
import json
import math
from typing import Any

from ik_solver_node import __version__
from ik_solver_node.chain import KinematicChain
from ik_solver_node.check import finite
from ik_solver_node.cli.figures import (
    aligned, fixed, joint_figures, joint_lines, pose_lines, pose_tree)
from ik_solver_node.cli.joint_values import is_angle
from ik_solver_node.result import IkResult, TerminationReason
from ik_solver_node.target import (
    DirectionTarget, OrientationTarget, PointTarget, PoseTarget, Target)
import numpy as np

SINGULAR = 0.01
"""A smallest singular value below this part of the largest is called near a singularity."""

MOST_SOLUTIONS = 64
"""A list of all solutions ends here: an arm with joints to spare has no end of them."""


@dataclass(frozen=True, eq=False)
class Question:
    """
    What was to be solved.

    Attributes
    ----------
    chain : KinematicChain
        The chain, of one tip.
    target : Target
        What was asked of the tip.
    seed : ndarray, shape (n,)
        Where the solve started [rad or m].

    """

    chain: KinematicChain
    target: Target
    seed: np.ndarray


def as_text(question: Question, results: Sequence[IkResult], degrees: bool) -> str:
    """Return the answers for people; limits are in degrees if `degrees`."""
    chain = question.chain
    lines = [f'robot {chain.model.name}, chain from {chain.base_link} to {chain.tip_links[0]}, '
             f'{chain.size} joint' + ('' if chain.size == 1 else 's'),
             f'target: {_target_text(question.target)}', '']
    best = results[0]
    if len(results) > 1:
        lines += [*_all_lines(question, results, degrees), '', 'the nearest of them']
    blocking = dict.fromkeys(best.blocking_joints, 'in the way')
    lines += joint_lines(joint_figures(chain, best.positions), degrees, blocking)
    pose = chain.forward_kinematics(best.positions)
    lines += ['', *pose_lines(f'{chain.tip_links[0]} in {chain.base_link}', pose), '']
    return '\n'.join([*lines, *_quality_lines(question, best), '',
                      _verdict(question, results)])


def as_json(question: Question, results: Sequence[IkResult]) -> str:
    """Return the answers as one JSON object; what is not finite is null."""
    chain = question.chain
    return json.dumps(finite({
        'version': __version__, 'robot': chain.model.name, 'base_link': chain.base_link,
        'tip_link': chain.tip_links[0], 'target': _target_tree(question.target),
        'seed': dict(zip(chain.joint_names, question.seed.tolist())),
        'success': results[0].success, 'sentence': _verdict(question, results),
        'results': [_tree(result) for result in results]}), indent=2, allow_nan=False)


def _tree(result: IkResult) -> dict[str, Any]:
    """Return one answer for JSON."""
    chain, singular = result.chain, result.singular_values
    joints = joint_figures(chain, result.positions)
    return {
        'success': result.success, 'reason': result.reason.name, 'sentence': result.sentence,
        'positions': {one.name: one.position for one in joints},
        'joints': [one.tree() for one in joints],
        'pose': pose_tree(chain.forward_kinematics(result.positions)),
        'position_error': result.position_error, 'orientation_error': result.orientation_error,
        'out_of_reach': result.out_of_reach, 'joints_at_limit': result.joints_at_limit,
        'blocking_joints': result.blocking_joints, 'singular_values': singular.tolist(),
        'manipulability': float(singular.prod()), 'iterations': result.iterations,
        'restarts': result.restarts, 'elapsed': result.elapsed}


def _target_tree(target: Target) -> dict[str, Any]:
    """Return what was asked for JSON; null where nothing is."""
    tree: dict[str, Any] = {'kind': '', 'position': None, 'quat_xyzw': None, 'direction': None}
    if isinstance(target, PoseTarget):
        tree.update(kind='pose', position=target.pose.position.tolist(),
                    quat_xyzw=target.pose.quat_xyzw.tolist(), free=target.free,
                    frame=target.frame.value)
    elif isinstance(target, PointTarget):
        tree.update(kind='point', position=target.position.tolist())
    elif isinstance(target, OrientationTarget):
        tree.update(kind='orientation', quat_xyzw=target.quat_xyzw.tolist())
    elif isinstance(target, DirectionTarget):
        place = None if target.position is None else np.asarray(target.position).tolist()
        tree.update(kind='direction', position=place, direction=target.direction.tolist(),
                    axis=np.asarray(target.axis).tolist(), cone=target.cone)
    return tree


def _target_text(target: Target) -> str:
    """Return what was asked in words."""
    tree = _target_tree(target)
    told = [tree['kind']]
    for name, what in (('position', 'x y z {} m'), ('quat_xyzw', 'qx qy qz qw {}'),
                       ('axis', 'axis {}'), ('direction', 'along {}')):
        if tree.get(name) is not None:
            values = np.round(tree[name], 12) + 0.0  # -4e-17 is what is left of a zero
            told.append(what.format(' '.join(f'{value:.6g}' for value in values)))
    if tree.get('cone'):
        told.append(f'within {tree["cone"]:.6g} rad')
    if tree.get('free'):
        told.append(f'free {" ".join(tree["free"])} of the {tree["frame"]}')
    return ', '.join(told)


def _all_lines(question: Question, results: Sequence[IkResult], degrees: bool) -> list[str]:
    """Return a table of all solutions, a line for each."""
    chain = question.chain
    scales = [math.degrees(1.0) if degrees and is_angle(chain.model, name) else 1.0
              for name in chain.joint_names]
    units = ['m' if not is_angle(chain.model, name) else 'deg' if degrees else 'rad'
             for name in chain.joint_names]
    lines = ['every solution, with the furthest that a joint moves from the seed and the smallest '
             'singular value']
    lines += [f'  q{j + 1} is {name} [{units[j]}]' for j, name in enumerate(chain.joint_names)]
    rows = [['', *(f'q{j + 1}' for j in range(chain.size)), 'moves', 'singular']]
    for number, result in enumerate(results, 1):
        furthest = int(np.argmax(np.abs(result.positions - question.seed)))
        moved = abs(result.positions[furthest] - question.seed[furthest]) * scales[furthest]
        rows.append([str(number), *(fixed(value * scale, 4) for value, scale in
                                    zip(result.positions, scales)),
                     fixed(moved, 4), fixed(result.singular_values.min(initial=math.inf), 4)])
    return [*lines, *aligned(rows)]


def _quality_lines(question: Question, result: IkResult) -> list[str]:
    """Return how good an answer is, and what it took."""
    singular = result.singular_values
    low, high = singular.min(initial=math.inf), singular.max(initial=0.0)
    near = ', near a singularity: in one direction the tip hardly moves' if (
        low < SINGULAR * high) else ''
    rows = [
        ('error', _error_text(question, result)),
        ('singular values', f'{low:.4g} to {high:.4g}{near}'),
        ('manipulability', f'{singular.prod():.4g}'),
        ('took', f'{result.iterations} iterations, {result.restarts} restarts, '
                 f'{1e3 * result.elapsed:.3g} ms')]
    if result.joints_at_limit:
        rows.insert(1, ('at a limit', ', '.join(result.joints_at_limit)))
    return aligned(rows)


def _verdict(question: Question, results: Sequence[IkResult]) -> str:
    """Return the verdict in words."""
    best = results[0]
    if len(results) > 1:
        more = ', and there are more' if len(results) == MOST_SOLUTIONS else ''
        return (f'reached: {len(results)} distinct solutions were found{more}, '
                'nearest to the seed first')
    if best.success:
        return best.sentence
    advice = '; --max-time gives it longer' if (
        best.reason is TerminationReason.OUT_OF_TIME) else ''
    return (f'not reached: {best.sentence}{advice}; the closest found is '
            f'{_error_text(question, best)} off')


def _error_text(question: Question, result: IkResult) -> str:
    """Return how far the tip is from what was asked of it."""
    position, orientation = f'{result.position_error:.3g} m', f'{result.orientation_error:.3g} rad'
    if isinstance(question.target, PointTarget):
        return position
    tree = _target_tree(question.target)
    return orientation if tree['position'] is None else f'{position} and {orientation}'
