"""Fly a pilot through a storm of targets and measure by how much it breaks its promises."""

from dataclasses import dataclass, field, replace

from ik_solver_node.motion import MotionOptions, ProfileKind
from ik_solver_node.motion_limits import motion_limits, MotionDefaults
from ik_solver_node.pilot import HaltedError, Pilot, PilotOptions, Reason
from ik_solver_node.profiles import MotionStates
from ik_solver_node.target import PointTarget, PoseTarget
from ik_solver_node.tracker import TrackerOptions
import numpy as np

PATIENCE = 1000.0
"""Within this time an arm must have come to rest [s]."""


@dataclass
class Violations:
    """
    The largest violations seen: positions past a limit, the others as parts of their limit.

    Attributes
    ----------
    position : float
        In [rad or m].
    velocity, acceleration, jerk : float
        From one period to the next, less one; acceleration and jerk of the states commanded.

    """

    position: float = 0.0
    velocity: float = 0.0
    acceleration: float = 0.0
    jerk: float = 0.0

    @property
    def worst(self) -> float:
        """The largest of them."""
        return max(self.position, self.velocity, self.acceleration, self.jerk)

    def see(self, before, after, limits, period, has_jerk):
        """Take note of a step from one state to the next."""
        before, after = (MotionStates(*map(np.array, state)) for state in (before, after))
        assert all(np.isfinite(part).all() for part in after)
        out = np.maximum(after.positions - limits.upper, limits.lower - after.positions)
        velocity = np.abs(after.positions - before.positions) / (period * limits.velocity)
        acceleration = np.abs(after.velocities - before.velocities) / (
            period * limits.acceleration)
        jerk = np.abs(after.accelerations - before.accelerations) / (period * limits.jerk)
        self.position = max(self.position, float(out.max()))
        self.velocity = max(self.velocity, float(velocity.max()) - 1.0)
        self.acceleration = max(self.acceleration, float(acceleration.max()) - 1.0)
        if has_jerk:
            self.jerk = max(self.jerk, float(jerk.max()) - 1.0)

    def add(self, other):
        """Take over what was worse in another flight."""
        for name in vars(self):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))


@dataclass
class Flight:
    """
    An arm, what is asked of it, and what came of it.

    Attributes
    ----------
    chain : KinematicChain
        The arm.
    mode : Mode
        move or track.
    profile : ProfileKind
        What makes its motion.
    seed : int
        Seed of the storm, and of rates and limits.
    violations : Violations
        What was seen.
    answers : dict of str to int
        How many targets ended how.

    """

    chain: object
    mode: object
    profile: ProfileKind = ProfileKind.AUTO
    seed: int = 0
    violations: Violations = field(default_factory=Violations)
    answers: dict = field(default_factory=dict)

    def __post_init__(self):
        """Draw rates and limits, and put the arm somewhere."""
        self._rng = np.random.default_rng(self.seed)
        self._lower, self._upper = self.chain.bounds[2], self.chain.bounds[3]
        self._limits = motion_limits(self.chain, MotionDefaults(
            1.0, float(self._rng.uniform(0.05, 1.0)), float(self._rng.uniform(0.02, 0.3))))
        self._options = PilotOptions(motion=MotionOptions(
            mode=self.mode, rate=float(self._rng.choice([50.0, 100.0, 250.0, 1000.0])),
            profile=self.profile), tracking=TrackerOptions(
                allow_approximate=bool(self._rng.integers(2)), max_swing=0.02))
        self.pilot = Pilot(self.chain, self._limits, self._options, self._anywhere())
        self._now, self._phase, self._base = 0.0, 0.0, self._anywhere()

    def storm(self, ticks=1500):
        """Ask for everything there is, at every pace, while the clock stutters; then be still."""
        asks = [self._leap, self._stream, self._fantasy, self._alternate, self._burst,
                self._meddle]
        for k in range(ticks):
            if k % 150 == 0:
                ask, self._base = asks[self._rng.integers(len(asks))], self._anywhere()
            try:
                ask(k)
            except HaltedError:
                self._count('halted')
            self._tick(float(self._rng.choice([1.0, 0.0, 3.0, 50.0], p=[0.9, 0.04, 0.05, 0.01])))
        self.pilot.resume()
        for _ in range(int(PATIENCE / self.pilot.period)):
            if self.pilot.has_arrived:
                break
            self._tick(1.0)
        there = self.pilot.state.positions
        for _ in range(20):
            self._tick(1.0)
        assert self.pilot.has_arrived and self.pilot.state.is_at_rest
        assert self.pilot.state.positions == there
        return self

    def _tick(self, periods):
        """Go on by one period, however long the clock says that it took."""
        self._now += periods * self.pilot.period
        before = self.pilot.state
        answer = self.pilot.tick(self._now).answer
        if answer is not None:
            self._count(answer.verdict.value)
        self.violations.see(before, self.pilot.state, self._limits, self.pilot.period,
                            self.profile is not ProfileKind.TRAPEZOID)

    def _count(self, what):
        """Count an answer."""
        self.answers[what] = self.answers.get(what, 0) + 1

    def _anywhere(self):
        """Return joints inside the limits, shape (n,)."""
        return self._rng.uniform(self._lower, self._upper)

    def _aim_at(self, joints):
        """Ask for the pose that the tip has at joints (n,)."""
        self.pilot.aim(PoseTarget(self.chain.forward_kinematics(self.chain.clip(joints))))

    def _leap(self, k):
        """Ask for poses across the workspace."""
        if k % 10 == 0:
            self._aim_at(self._anywhere())

    def _stream(self, k):
        """Ask for poses that follow one another."""
        self._phase += 0.01
        self._aim_at(self._base + 0.3 * np.sin(self._phase * np.arange(1, self.chain.size + 1)))

    def _fantasy(self, k):
        """Ask for points most of which are out of reach."""
        self.pilot.aim(PointTarget(self._rng.uniform(-3.0, 3.0, 3)))

    def _alternate(self, k):
        """Ask for two postures in turns."""
        self._aim_at(self._base + (0.4 if k % 2 else -0.4))

    def _burst(self, k):
        """Ask for much at once, then for nothing."""
        if k % 20 < 5:
            self._aim_at(self._anywhere())

    def _meddle(self, k):
        """Stop, resume and change the speed while it moves."""
        what = self._rng.integers(12)
        if what == 0:
            self.pilot.halt(Reason.STOP, 'stopped by hand')
        elif what == 1:
            self.pilot.resume()
        elif what == 2:
            motion = replace(self._options.motion, speed=float(self._rng.uniform(0.05, 1.0)))
            self.pilot.configure(self._limits, replace(self._options, motion=motion))
        elif what < 6:
            self._aim_at(self._anywhere())
