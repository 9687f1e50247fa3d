"""StandInArm: controller, joints and feedback, in cycles of equal length."""

from __future__ import annotations

from collections.abc import Sequence

from ik_solver_node.exceptions import OptionsError
from ik_solver_node.robot_model import JointType, listed, parse_urdf, RobotModel
from ik_solver_node.ros.stand_in.feedback import Feedback, Reading
from ik_solver_node.ros.stand_in.goal import Goal
from ik_solver_node.ros.stand_in.held_positions import HeldPositions
from ik_solver_node.ros.stand_in.joints import HardLimits, SimulatedJoints
from ik_solver_node.ros.stand_in.monitor import CommandMonitor
from ik_solver_node.ros.stand_in.settings import Controller, StandInSettings
from ik_solver_node.ros.stand_in.trajectory import Waypoint
from ik_solver_node.ros.stand_in.trajectory_controller import TrajectoryController
import numpy as np

LONGEST_PAUSE = 1_000_000_000
"""A clock that goes on by more than this at once was set, and the arm did not move [ns]."""


class StandInArm:
    """
    A simulated arm with its controller.

    Its cycles have all the same length, however unsteadily `advance` is called: as many are made
    up for as the clock has gone on.

    Parameters
    ----------
    urdf : str
        The text of the URDF.
    settings : StandInSettings
        Everything else.
    now : int
        What time it is [ns].

    Attributes
    ----------
    robot : str
        Name of the robot.
    joints : tuple of str
        Names of the joints, in the order of all arrays.
    monitor : CommandMonitor
        What was noticed about the commanded motion.
    simulated : SimulatedJoints
        Where the joints really are.
    controller : TrajectoryController or HeldPositions
        What moves them.

    Raises
    ------
    IkSolverError
        If the URDF, or a setting for this robot, is refused.

    """

    def __init__(self, urdf: str, settings: StandInSettings, now: int) -> None:
        model = parse_urdf(urdf)
        self.robot = model.name
        self.joints = _joints(model, settings.joints)
        limits = _limits(model, self.joints)
        start = _start(self.joints, limits, settings.start_positions)
        self._period = round(1e9 / settings.update_rate)
        self.monitor = CommandMonitor(self.joints, limits, start, self._period)
        self.simulated = SimulatedJoints(limits, start, self._period, settings.delay, settings.lag)
        self.controller: TrajectoryController | HeldPositions = HeldPositions(self.joints, start)
        if settings.controller is Controller.JOINT_TRAJECTORY:
            self.controller = TrajectoryController(
                self.joints, start, limits.turns, settings.trajectory)
        self._feedback = Feedback(self.joints, settings.random_seed)
        self.configure(settings)
        # The time of the arm goes on evenly, also when the clock is set.
        self._clock = self._time = self._due = now

    def configure(self, settings: StandInSettings) -> None:
        """Use the noise and the fault in `settings` from now on; refuse a joint not there."""
        self.check(settings)
        self._feedback.configure(settings.noise, settings.fault, settings.fault_joint,
                                 settings.fault_jump)

    def check(self, settings: StandInSettings) -> None:
        """Raise `OptionsError` if the fault in `settings` concerns a joint that is not there."""
        if settings.fault_joint and settings.fault_joint not in self.joints:
            raise OptionsError(f'fault_joint is {settings.fault_joint!r}, but must be empty or '
                               f'one of {listed(self.joints)}')

    def take(self, goal: Goal) -> None:
        """Follow a trajectory, whose start is on the clock; raises `CommandRefusedError`."""
        assert isinstance(self.controller, TrajectoryController)
        offset = self._clock - self._due
        start = goal.start - offset if goal.start else 0
        # A start before the arm's own time began is as good as its first moment.
        own = Goal(goal.joints, max(start, 1) if goal.start else 0, goal.waypoints)
        self.controller.take(own, self._due)

    def is_done(self) -> bool:
        """Return whether there is no trajectory left to follow."""
        return (not isinstance(self.controller, TrajectoryController)
                or self.controller.is_done(self._time))

    def advance(self, now: int) -> None:
        """Make the cycles that are due at `now` [ns]."""
        elapsed, self._clock = now - self._clock, now
        if 0 <= elapsed <= LONGEST_PAUSE:
            self._due += elapsed
        while self._time + self._period <= self._due:
            self._cycle()

    def tell(self) -> Reading | None:
        """Return what the broadcaster publishes now, None for nothing."""
        return self._feedback.tell(self.simulated.positions, self.simulated.velocities)

    def truth(self) -> Reading:
        """Return how the joints really are."""
        return Reading(self.joints, tuple(self.simulated.positions.tolist()),
                       tuple(self.simulated.velocities.tolist()))

    def _cycle(self) -> None:
        """Command and move the joints once."""
        measured = Waypoint(self._time, self._feedback.measure(self.simulated.positions),
                            self.simulated.velocities)
        command = self.controller.command(self._time, self._period, measured)
        self.monitor.watch(command)
        self.simulated.step(command)
        self._time += self._period


def _joints(model: RobotModel, wanted: Sequence[str]) -> tuple[str, ...]:
    """Return the joints of the arm: those that are wanted, or every one that can be moved."""
    movable = model.movable_joint_names
    bad = [name for name in wanted if name not in movable]
    if bad:
        raise OptionsError(f'joints names {listed(bad)}, but the joints of robot {model.name!r} '
                           f'that move on their own are {listed(movable)}')
    if not (wanted or movable):
        raise OptionsError(f'robot {model.name!r} has no joint that can be moved')
    return tuple(wanted) or movable


def _limits(model: RobotModel, joints: Sequence[str]) -> HardLimits:
    """Return the limits of the URDF."""
    found = [model.joint(name) for name in joints]
    return HardLimits(np.array([joint.lower for joint in found]),
                      np.array([joint.upper for joint in found]),
                      np.array([joint.velocity for joint in found]),
                      np.array([joint.type is JointType.CONTINUOUS for joint in found]))


def _start(joints: Sequence[str], limits: HardLimits, wanted: Sequence[float]) -> np.ndarray:
    """Return where the joints start, shape (n,) [rad or m]; by default as near to 0 as allowed."""
    if not wanted:
        return np.clip(np.zeros(len(joints)), limits.lower, limits.upper)
    start = np.array(wanted, dtype=float)
    if len(start) != len(joints):
        raise OptionsError(f'start_positions has {len(start)} entries, but must be empty or have '
                           f'one for each of {listed(joints)}')
    outside = np.flatnonzero(~((limits.lower <= start) & (start <= limits.upper)))
    if outside.size:
        index = int(outside[0])
        raise OptionsError(
            f'start_positions has {start[index]:g} for joint {joints[index]!r}, but must be '
            f'between {limits.lower[index]:g} and {limits.upper[index]:g}')
    return start
