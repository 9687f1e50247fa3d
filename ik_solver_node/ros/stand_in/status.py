"""StandInStatus, how the stand-in is doing, for ``/diagnostics``."""

from __future__ import annotations

from dataclasses import dataclass

from diagnostic_msgs.msg import DiagnosticStatus
from ik_solver_node.ros.stand_in.arm import StandInArm
from ik_solver_node.ros.stand_in.feedback import Fault
from ik_solver_node.ros.stand_in.settings import StandInSettings

SIMULATION = 'simulation, no hardware'


@dataclass
class StandInStatus:
    """
    What happened so far.

    Attributes
    ----------
    waiting_for : str
        What the node waits for while it has no arm.
    accepted, refused : int
        How many commands were carried out, and how many not.
    last_refusal : str
        Why the last of these was not.
    last_was_refused : bool
        Whether that was the last command of all.

    """

    waiting_for: str = ''
    accepted: int = 0
    refused: int = 0
    last_refusal: str = ''
    last_was_refused: bool = False

    def count(self, refusal: str = '') -> None:
        """Note a command, with the reason why it was not carried out, if it was not."""
        self.last_was_refused = bool(refusal)
        if refusal:
            self.refused += 1
            self.last_refusal = refusal
        else:
            self.accepted += 1

    def summary(self, arm: StandInArm | None, settings: StandInSettings) -> tuple[bytes, str]:
        """Return the level and the sentence of the diagnostics."""
        if arm is None:
            return DiagnosticStatus.WARN, f'{SIMULATION}; {self.waiting_for}'
        sentences = []
        if settings.fault is not Fault.NONE:
            whose = settings.fault_joint or 'all joints'
            sentences.append(f'fault {settings.fault.value!r} of {whose} is switched on')
        if arm.simulated.violations:
            sentences.append('commands led beyond limits')
        if arm.monitor.discontinuities:
            sentences.append('commands leapt')
        if self.last_was_refused:
            sentences.append(f'last command refused: {self.last_refusal}')
        level = DiagnosticStatus.WARN if sentences else DiagnosticStatus.OK
        return level, '; '.join([SIMULATION, *sentences])

    def values(self, arm: StandInArm | None, settings: StandInSettings) -> dict[str, str]:
        """Return the details."""
        details = {
            'hardware': SIMULATION, 'controller': settings.controller.value,
            'command topic': settings.topic, 'fault': settings.fault.value,
            'fault joint': settings.fault_joint, 'commands accepted': str(self.accepted),
            'commands refused': str(self.refused), 'last refusal': self.last_refusal}
        if arm is not None:
            monitor = arm.monitor
            details.update({
                'robot': arm.robot, 'joints': ', '.join(arm.joints),
                'limit violations': str(arm.simulated.violations),
                'discontinuities': str(monitor.discontinuities),
                'largest velocity [rad/s or m/s]': repr(monitor.largest_velocity),
                'fastest joint': monitor.fastest_joint,
                'largest acceleration [rad/s^2 or m/s^2]': repr(monitor.largest_acceleration),
                'roughest joint': monitor.roughest_joint})
        return details
