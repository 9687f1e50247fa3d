"""
Who takes part in the demo in each mode of the node, with which parameters.

In the mode direct the joints that the node sends are the arm. In the modes move and track there is
one more: the stand-in, a simulated arm, which follows the commands and says where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.motion import Mode
from ik_solver_node.ros.demo.path import TargetPath

NODE = 'ik_solver_node.ros'
REFEREE = 'ik_solver_node.ros.demo.referee'
TARGETS = 'ik_solver_node.ros.demo.targets'
STAND_IN = 'ik_solver_node.ros.stand_in'

NOISE, DELAY, LAG = 1e-4, 0.02, 0.03
"""What is wrong with the simulated arm: of its encoders [rad or m], and of its drives [s]."""

STREAM_RATE = 50.0
"""How often a target is sent that shall be followed [Hz]."""


@dataclass(frozen=True)
class Part:
    """A process: the module that it runs, and its ROS parameters."""

    module: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Plan:
    """
    All processes, and what to say of them at the beginning.

    Attributes
    ----------
    opening : tuple of str
        Lines for the user.
    node, referee, source : Part
        Who is always there.
    arm : Part or None
        The simulated arm, if there is one.

    """

    opening: tuple[str, ...]
    node: Part
    referee: Part
    source: Part
    arm: Part | None = None


def model_of(chain: KinematicChain, urdf: str) -> dict[str, Any]:
    """Return the ROS parameters that say which robot it is, read from the file `urdf`."""
    return {'urdf_file': urdf, 'base_link': chain.base_link, 'tip_links': list(chain.tip_links)}


def plan_for(mode: Mode, chain: KinematicChain, urdf: str, duration: float, seed: int,
             look: Mapping[str, Any]) -> Plan:
    """
    Return who takes part.

    Parameters
    ----------
    mode : Mode
        How the node moves the arm.
    chain : KinematicChain
        What is moved, read from the file `urdf`.
    urdf : str
        Path of the robot's description.
    duration : float
        For how long targets are sent [s].
    seed : int
        Of the targets.
    look : mapping
        Parameters of the referee that say how its rows look.

    """
    model = model_of(chain, urdf)
    judged = {**model, 'mode': mode.value, **look}
    asked = {**model, 'mode': mode.value, 'duration': duration, 'random_seed': seed,
             'subscribers': 2}
    if mode is Mode.DIRECT:
        # The referee calls a reachable target that is not reached a miss. So the arm, which
        # exists on the screen only, may take a new posture for it, however near it is, and a
        # machine that is busy with something else gets the time that it needs.
        return Plan(
            ('The guard of the node against jumps is off, as no arm is moved (tracking.near 0)',),
            Part(NODE, {**model, 'tracking.near': 0.0, 'solver.max_time': 0.2}),
            Part(REFEREE, judged), Part(TARGETS, asked))
    if mode is Mode.TRACK:
        asked['rate'] = STREAM_RATE
    return Plan(
        _opening(mode), Part(NODE, {
            **model, 'use_measured_state': True, 'output.kind': 'joint_trajectory',
            'motion.mode': mode.value}),
        Part(REFEREE, {**judged, 'noise': NOISE}), Part(TARGETS, asked),
        Part(STAND_IN, _arm(TargetPath(chain, seed, mode is Mode.TRACK), urdf, seed)))


def _opening(mode: Mode) -> tuple[str, ...]:
    """Return what to say of a simulated arm."""
    what = {Mode.MOVE: 'One target after the other: the arm moves there and stands; some come on '
                       'the way and bend the motion',
            Mode.TRACK: f'The target moves, {STREAM_RATE:g} times a second, and stands in the '
                        'end; the arm follows'}[mode]
    return (
        f'The arm is a stand-in that follows trajectories {1e3 * DELAY:g} ms late and with a lag '
        f'of {1e3 * LAG:g} ms,',
        f'and measures its joints with {1e3 * NOISE:g} mrad (mm) of noise; what counts is where '
        'it is measured.', what)


def _arm(path: TargetPath, urdf: str, seed: int) -> dict[str, Any]:
    """Return the parameters of the simulated arm, which stands where the path begins."""
    return {
        'urdf_file': urdf, 'joints': list(path.chain.joint_names),
        'start_positions': path.positions(0.0).tolist(),
        'update_rate': 250.0, 'noise': NOISE, 'delay': DELAY, 'lag': LAG, 'random_seed': seed,
        'trajectory.interpolate_from_desired_state': True}
