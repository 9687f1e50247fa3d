"""
The main job, live in a terminal: the node moves a robot to moving targets, and is checked.

    python -m ik_solver_node.ros.demo
    python -m ik_solver_node.ros.demo --mode move
    python -m ik_solver_node.ros.demo --urdf my_robot.urdf --tip gripper
    python -m ik_solver_node.ros.demo --view

Processes talk over DDS: the node itself, a source of targets, and a referee that reads the joint
states and computes on its own where the tip got to. It ends by itself with a summary. With --view
there is a page instead, on which the arm follows the mouse until Ctrl-C.

modes, as motion.mode of the node:
  direct  each solution is sent at once; the joints that are sent count
  move    a timed motion to each target; a simulated arm follows it late, with a lag and noise, and
          where its joints are measured to come to stand counts
  track   the same arm follows a moving target; how far behind and beside it is measured, and
          whether it comes to stand where the target does
In move and track the referee also looks at all limits: positions, velocities and accelerations, as
commanded and as measured.

exit code: 0 if all went well; 1 if a target within reach was missed, a joint was where it must not
be or too fast, or a process died; 2 if the robot or an option cannot be used; 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import math
import os
from pathlib import Path
import shutil
import signal
import sys
import tempfile
import time
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import ChainError, IkSolverError
from ik_solver_node.motion import Mode
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.ros.demo.plans import model_of, Part, Plan, plan_for
from ik_solver_node.ros.demo.processes import (Child, child_environment, EAGER_DISCOVERY, end_all,
                                               POLL_PERIOD)
from ik_solver_node.ros.demo.view import run_view
from ik_solver_node.urdf_file import read_urdf

PACKAGE = 'ik_solver_node'
DEFAULT_URDF = 'six_axis_arm.urdf'

SIGN_OF_LIFE_PERIOD = 5.0
"""So often a start that takes long says that it goes on [s]."""

DOMAIN_HELP = """\
ROS: the demo talks in a domain of its own and through shared memory only, so that it neither hears
nor disturbs anything else, above all no robot. With --domain it joins a domain with your own ROS
settings; then RViz, with the same ROS_DOMAIN_ID, can watch joint_states, and robot_state_publisher
is all that it needs beside the demo."""


def main() -> None:
    """Run the demo and end with its exit code."""
    sys.exit(Demo(_parse_arguments()).run())


def _parse_arguments() -> argparse.Namespace:
    """Return the command line."""
    parser = argparse.ArgumentParser(
        prog='demo', description=__doc__, epilog=DOMAIN_HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--mode', choices=[mode.value for mode in Mode], default='direct',
                        help='how the node moves the arm (default: direct)')
    parser.add_argument('--urdf', metavar='PATH', help='the robot, a .urdf or .xacro file '
                        f'(default: {DEFAULT_URDF} of this package)')
    parser.add_argument('--base', metavar='LINK', default='',
                        help='link whose frame the targets are given in (default: the root)')
    parser.add_argument('--tip', metavar='LINK', default='',
                        help='link that is brought to the targets (default: the only leaf)')
    parser.add_argument('--duration', metavar='SECONDS', type=_duration, default=20.0,
                        help='for how long targets are sent (default: 20); in the modes move and '
                        'track the arm then comes to rest')
    parser.add_argument('--seed', metavar='N', type=_seed, default=0,
                        help='other targets, the same for the same N (default: 0)')
    parser.add_argument('--domain', metavar='N', type=_domain, default=None,
                        help='ROS domain to join, 0 to 232 (default: one of its own)')
    parser.add_argument('--view', action='store_true',
                        help='serve a page on which the arm can be dragged about, until Ctrl-C')
    return parser.parse_args()


def _duration(text: str) -> float:
    """Return a duration [s] from the command line."""
    seconds = float(text)
    if not 0.0 < seconds < math.inf:
        raise argparse.ArgumentTypeError(f'{text} must be more than 0 and finite')
    return seconds


def _seed(text: str) -> int:
    """Return a random seed from the command line."""
    seed = int(text)
    if not 0 <= seed < 2**31:
        raise argparse.ArgumentTypeError(f'{text} must be between 0 and {2**31 - 1}')
    return seed


def _domain(text: str) -> int:
    """Return a ROS domain from the command line."""
    domain = int(text)
    if not 0 <= domain <= 232:
        raise argparse.ArgumentTypeError(f'{text} must be between 0 and 232')
    return domain


class Demo:
    """
    The whole run: check the robot, start the children, show what they say, end them.

    Parameters
    ----------
    arguments : argparse.Namespace
        The command line.

    """

    def __init__(self, arguments: argparse.Namespace) -> None:
        self._arguments = arguments
        self._signal = 0
        self._next_sign_of_life = time.monotonic() + SIGN_OF_LIFE_PERIOD

    def run(self) -> int:
        """Run the demo and return its exit code."""
        # A flag only, looked at between two steps: so no child can slip out of our hands.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        try:
            chain, urdf = self._check_robot()
        except IkSolverError as error:
            print(f'demo: {error}', file=sys.stderr)
            return 2
        with tempfile.NamedTemporaryFile(suffix='.xml') as profile:
            profile.write(EAGER_DISCOVERY)
            profile.flush()
            environment = child_environment(profile.name, self._arguments.domain)
            if self._arguments.view:
                exit_code = self._show(model_of(chain, urdf), environment)
            else:
                exit_code = self._run_children(self._plan(chain, urdf), environment)
        return 128 + self._signal if self._signal else exit_code

    def _note_signal(self, number: int, frame: Any) -> None:
        """Remember that somebody wants an end."""
        self._signal = self._signal or number

    def _say(self, *lines: str) -> None:
        """Print lines, and take a reader that went away as a wish to end."""
        try:
            for line in lines:
                print(line, flush=True)
        except OSError:
            sys.stdout = open(os.devnull, 'w')
            self._signal = self._signal or signal.SIGPIPE

    def _check_robot(self) -> tuple[KinematicChain, str]:
        """Return the robot and its file; raise `IkSolverError` before anything is started."""
        arguments = self._arguments
        urdf = Path(os.path.expanduser(arguments.urdf or _default_urdf())).absolute()
        chain = _load_chain(urdf, arguments.base, arguments.tip)
        self._say(f'Robot    {chain.model.name} ({urdf.name}): {chain.size} joints from '
                  f'{chain.base_link} to {chain.tip_links[0]}')
        return chain, str(urdf)

    def _plan(self, chain: KinematicChain, urdf: str) -> Plan:
        """Return who takes part, if the robot is judged."""
        arguments = self._arguments
        # The children write to files, so the terminal is looked at here.
        is_terminal = sys.stdout.isatty()
        look = {'colour': 'always' if is_terminal and not os.environ.get('NO_COLOR') else 'never',
                'columns': shutil.get_terminal_size().columns if is_terminal else 0}
        return plan_for(Mode(arguments.mode), chain, urdf, arguments.duration,
                        arguments.seed, look)

    def _show(self, model: dict[str, Any], environment: dict[str, str]) -> int:
        """Let the arm be dragged about in a browser; return the exit code."""
        self._say(f'Starting the node and a page (ROS_DOMAIN_ID={environment["ROS_DOMAIN_ID"]}); '
                  'open the address below in a browser, Ctrl-C ends it')
        return run_view(model, environment, self._say, lambda: self._signal != 0)

    def _run_children(self, plan: Plan, environment: dict[str, str]) -> int:
        """Start the children, show what they say until the end, and return the exit code."""
        arm = '' if plan.arm is None else ', a simulated arm'
        self._say(f'Starting the node{arm}, a source of targets and a referee, each a process of '
                  f'its own (ROS_DOMAIN_ID={environment["ROS_DOMAIN_ID"]})', *plan.opening)

        def child(part: Part) -> Child:
            return Child(part.module, part.parameters, environment)

        node, referee, source = child(plan.node), child(plan.referee), child(plan.source)
        others = [] if plan.arm is None else [child(plan.arm)]
        everybody = [*others, node, referee, source]
        try:
            for one in everybody:
                one.start()
            died = self._watch(everybody, node, referee, source)
        finally:
            end_all(everybody)
        self._say(*referee.printed.new_lines())
        return self._close(died, [node, *others], referee)

    def _watch(self, everybody: list[Child], node: Child, referee: Child,
               source: Child) -> Child | None:
        """Show what happens until the source is done; return a child that died, if one did."""
        is_moving = False
        while not self._signal:
            rows = referee.printed.new_lines()
            is_moving = is_moving or bool(rows)
            self._say(*rows)
            if not is_moving:
                self._show_start(node)
            if source.exit_code == 0:
                return None
            for child in everybody:
                if not child.is_running:
                    return child
            time.sleep(POLL_PERIOD)
        return None

    def _show_start(self, node: Child) -> None:
        """Show what the node says while it starts, and that it goes on where that takes long."""
        for line in node.logged.new_lines():
            self._say(f'         {line.removeprefix("INFO ")}')
        if time.monotonic() > self._next_sign_of_life:
            self._say('         still starting')
            self._next_sign_of_life += SIGN_OF_LIFE_PERIOD

    def _close(self, died: Child | None, judged: list[Child], referee: Child) -> int:
        """Say what went wrong apart from what the referee judged; return the exit code."""
        if self._signal:
            self._say('', f'Stopped by {signal.Signals(self._signal).name}')
            return 1
        died = died or next((child for child in judged if child.exit_code), None)
        if died:
            self._say('', died.obituary())
        elif referee.exit_code:
            self._say('', f'The referee is not content (exit code {referee.exit_code})',
                      *referee.logged.new_lines())
        return int(died is not None or referee.exit_code != 0)


def _default_urdf() -> Path:
    """Return the robot that comes with the package, in a checkout or where it is installed."""
    package = Path(__file__).resolve().parents[2]
    folders = [package.parent, *(parent / 'share' / PACKAGE for parent in package.parents)]
    files = [folder / 'urdf' / DEFAULT_URDF for folder in folders]
    return next((file for file in files if file.is_file()), files[0])


def _load_chain(urdf: Path, base: str, tip: str) -> KinematicChain:
    """Return the chain as the node will build it; raise `IkSolverError` if it cannot."""
    try:
        return KinematicChain.from_model(
            parse_urdf(read_urdf(urdf)), base or None, [tip] if tip else None)
    except ChainError as error:
        hint = 'here, --base sets base_link and --tip sets tip_links'
        raise ChainError(f'{error} ({hint})') from None


if __name__ == '__main__':
    main()
