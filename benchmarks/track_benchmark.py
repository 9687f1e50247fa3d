"""
The node in the mode track: how even its commands are, and what they cost.

The node follows a stream of targets on a smooth path of a seven-joint arm, and commands the
stand-in arm, over DDS. A bare timer, which does nothing but publish as many joints in the same
kind of message, runs beside it all the time: how uneven its messages are is the part of the
machine, the middleware and rclpy. Both are timed by the stamps that the middleware gives a message
when it is published, and not when somebody gets to read it.

Whether what arrives at the node arrives just when a cycle is due is a matter of how the clocks of
two processes happened to start. So all of them are made to drift past one another, by rates that
differ a little; each run then has its share of every coincidence.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, ExitStack
from dataclasses import dataclass
from importlib.util import find_spec
import json
import math
import os
import subprocess
from time import monotonic
from typing import Any, NamedTuple

from benchmarks.arrivals import arrived
from benchmarks.machine import stolen
from benchmarks.node_benchmark import (
    DOMAINS, memory, path, PATIENCE, pose_message, server, URDF)
import numpy as np

TARGET_RATE = 100.3
"""Targets a second."""
STATE_DRIFT, BARE_DRIFT = 0.997, 1.0007
"""Rates of the joint states and of the bare timer, as parts of that of the node."""
LAP = 1256
"""Targets of the path before it comes by where it began."""
SETTLING = 5.0
"""Time before anything is measured, in which the arm gets to the path [s]."""
PAUSE = 0.5
"""Time after the node was asked what it did, which takes it longer than a cycle [s]."""
LOOK = 1.0
"""Time between two looks at the memory, and at what the arm has noted [s]."""
JITTER_CEILING = 1.2
"""Most of the node's late periods (99th percentile over nominal), in units of the bare timer's."""
COUNT_FLOOR = 0.95
"""Least commands for each message of the bare timer: else the arm stopped on the way."""
WORK_CEILING = 300.0
"""Most median time that the thread of the node works for a cycle [us]."""
GROWTH_CEILING = 2.0
"""Most that the memory grows during the measurement [MB]."""
NAMESPACE = f'/track_benchmark_{os.getpid()}'
"""Of all nodes: nobody else in the domain shall disturb them for minutes."""
NODE, BARE, ARM = 'ik_solver_node', 'bare_timer', 'stand-in arm'
STAMPS = 'ik_solver_stand_in/stamps'
"""The service of the arm."""
CYCLE = 'TimedDrive._on_timer'
P99 = 2
"""Where the 99th percentile is among those of an `Evenness`."""
CONTROLLERS = {'joint_state': 'joint_commands', 'position_array': 'forward_command',
               'joint_trajectory': 'joint_trajectory'}
"""Which controller the stand-in is for each way out of the node."""


@dataclass(frozen=True)
class Evenness:
    """
    How even messages came that should come one a period.

    Attributes
    ----------
    count : int
        How many there were.
    over : tuple of float
        Median, 95th and 99th percentile and maximum of the time between two, less the period [us].
    late : list of tuple
        Begin and end of each gap of more than two periods [s]: the next was late by more than one.

    """

    count: int
    over: tuple[float, ...]
    late: list[tuple[float, float]]

    @classmethod
    def of(cls, stamps: Sequence[float], period: float) -> Evenness:
        """Return that of messages published at `stamps` [s], which should be a `period` apart."""
        if len(stamps) < 2:
            return cls(len(stamps), (math.inf,) * 4, [])
        gaps = np.diff(stamps)
        over = 1e6 * (np.percentile(gaps, [50.0, 95.0, 99.0, 100.0]) - period)
        return cls(len(stamps), tuple(over.tolist()), [
            (stamps[i], stamps[i + 1]) for i in np.flatnonzero(gaps > 2.0 * period)])

    def late_alone(self, other: Evenness) -> int:
        """Return how many of its late messages came while `other` had none that was late."""
        return sum(all(end <= begin_other or end_other <= begin
                       for begin_other, end_other in other.late) for begin, end in self.late)


class Measured(NamedTuple):
    """
    What one run gave.

    Attributes
    ----------
    node, bare : Evenness
        Of the commands of the node and the messages of the bare timer.
    shares : dict of str to float
        Of one core, by process [%].
    work : dict of str to dict of str to list of float
        By callback of the node, and that of the bare timer, its own time and its wall time: how
        many calls, and median, 95th, 99th percentile and maximum [us].
    latency : list of float
        From each target to the stamp of the first command for it [ms].
    memory : list of float
        Of the node, second by second [MB].
    objects : tuple of int
        How many objects of the node the garbage collector knew before and after.
    stolen : float
        Time that the host of a virtual machine did not let it work, on all cores [ms each s].

    """

    node: Evenness
    bare: Evenness
    shares: dict[str, float]
    work: dict[str, dict[str, list[float]]]
    latency: list[float]
    memory: list[float]
    objects: tuple[int, int]
    stolen: float

    @property
    def growth(self) -> float:
        """How much more memory than at first the node ever had [MB]."""
        return max(self.memory) - self.memory[0]


class Client:
    """
    Sends the targets, and collects what the nodes of a run tell about it.

    What is to be noted is in the messages, so that there is no hurry to read them. A callback for
    each would keep a part of a core busy that the node and the arm are to have.
    """

    def __init__(self, domain: int) -> None:
        from diagnostic_msgs.msg import DiagnosticArray
        from geometry_msgs.msg import PoseStamped
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.qos import QoSProfile
        from std_srvs.srv import Trigger
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context, domain_id=domain)
        self._node = rclpy.create_node('track_client', context=self._context,
                                       namespace=NAMESPACE, enable_rosout=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._reader = rclpy.create_node('track_reader', context=self._context,
                                         namespace=NAMESPACE, enable_rosout=False)
        self.stamps: dict[str, list[float]] = {'node': [], 'bare': []}
        self.latency: list[float] = []
        self._solutions = self._reader.create_subscription(
            DiagnosticArray, f'{NODE}/solution', self._note_solution, QoSProfile(depth=1000))
        self._targets = self._node.create_publisher(PoseStamped, 'target_pose',
                                                    QoSProfile(depth=1))
        self._messages = [pose_message(pose) for pose in path(LAP)]
        self._sent = 0
        self._node.create_timer(1.0 / TARGET_RATE, self._send)
        self._services = {name: self._node.create_client(Trigger, name)
                          for name in (f'{NODE}/work', f'{BARE}/work', STAMPS)}
        self._asking = Trigger.Request()

    def _send(self) -> None:
        """Send the next target."""
        message = self._messages[self._sent % len(self._messages)]
        message.header.stamp = self._node.get_clock().now().to_msg()
        self._targets.publish(message)
        self._sent += 1

    def _note_solution(self, message: Any) -> None:
        """Note how long after its target the first command for it was made."""
        values = {item.key: item.value for item in message.status[0].values}
        made = values['joint_states_stamp']
        if made:
            asked = message.header.stamp
            self.latency.append(1e3 * (float(made) - (asked.sec + 1e-9 * asked.nanosec)))

    def spin(self, seconds: float) -> None:
        """Send targets for so long, and collect what came of them."""
        until = monotonic() + seconds
        while (left := until - monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left)
        for message, _ in arrived(self._solutions):
            self._note_solution(message)
        for name, stamps in self._ask(STAMPS).items():
            self.stamps[name].extend(1e-9 * stamp for stamp in stamps)

    def wait(self, processes: Mapping[str, subprocess.Popen]) -> None:
        """Send targets until commands and messages of the bare timer come."""
        deadline = monotonic() + PATIENCE
        while not (all(self.stamps.values()) and self.latency):
            self.spin(0.1)
            for name, process in processes.items():
                if process.poll() is not None:
                    raise RuntimeError(f'{name} ended with exit code {process.returncode}')
            if monotonic() > deadline:
                raise RuntimeError(f'no command in {PATIENCE:.0f} s')

    def work(self, name: str) -> dict:
        """Return what the node did since it was asked last."""
        return self._ask(f'{name}/work')

    def _ask(self, service: str) -> dict:
        """Return what a service tells; nothing if it is not there yet."""
        if not self._services[service].service_is_ready():
            return {}
        answer = self._services[service].call_async(self._asking)
        self._executor.spin_until_future_complete(answer, timeout_sec=PATIENCE)
        return json.loads(answer.result().message)

    def forget(self) -> None:
        """Forget what was noted."""
        for noted in (*self.stamps.values(), self.latency):
            noted.clear()

    def close(self) -> None:
        """Leave the domain."""
        self._node.destroy_node()
        self._reader.destroy_node()
        self._executor.shutdown()
        self._context.try_shutdown()


def processor_time(process: subprocess.Popen) -> float:
    """Return the time that a process has had of all cores [s]."""
    with open(f'/proc/{process.pid}/stat') as file:
        ticks = file.read().rpartition(')')[2].split()[11:13]
    return sum(map(int, ticks)) / os.sysconf('SC_CLK_TCK')


def check_priority(process: subprocess.Popen, priority: int) -> None:
    """Raise `RuntimeError` if a process was not given its real-time priority."""
    if priority and os.sched_getparam(process.pid).sched_priority != priority:
        raise RuntimeError(f'the node did not get the priority {priority}; it says why when it is '
                           f'started with "-p thread_priority:={priority}"')


@contextmanager
def processes(domain: int, output: str, topic: str, rate: float,
              priority: int) -> Iterator[dict[str, subprocess.Popen]]:
    """Run the node, which commands on a topic, the bare timer and the stand-in."""
    urdf = f'urdf_file:={URDF}'
    commands = {
        BARE: ['-m', 'benchmarks.bare_timer', output, str(BARE_DRIFT * rate), '--ros-args'],
        NODE: [
            '-m', 'benchmarks.watched_node', '--ros-args', '--log-level', 'error', '-p', urdf,
            '-p', 'use_measured_state:=true', '-p', f'output.kind:={output}',
            '-p', 'motion.mode:=track', '-p', f'motion.rate:={rate}',
            '-p', f'thread_priority:={priority}'],
        ARM: [
            '-m', 'benchmarks.watched_arm', output, topic,
            '--ros-args', '--log-level', 'error', '-p', urdf,
            '-p', f'controller:={CONTROLLERS[output]}', '-p', f'update_rate:={rate}',
            '-p', f'state_rate:={STATE_DRIFT * rate}',
            '-p', 'trajectory.interpolate_from_desired_state:=true']}
    with ExitStack() as stack:
        yield {name: stack.enter_context(server([*command, '-r', f'__ns:={NAMESPACE}'], domain))
               for name, command in commands.items()}


def measure(domain: int, output: str, rate: float, seconds: float, priority: int) -> Measured:
    """Return what a run of so many seconds gives."""
    from ik_solver_node.ros.outputs import OutputKind
    from ik_solver_node.ros.parameters import OutputOptions
    kind = OutputKind(output)
    topic = ('joint_commands' if kind is OutputKind.JOINT_STATE
             else OutputOptions(kind=kind).topic)
    with processes(domain, output, topic, rate, priority) as running:
        client = Client(domain)
        client.wait(running)
        check_priority(running[NODE], priority)
        client.spin(SETTLING)
        before = client.work(NODE)
        client.work(BARE)
        client.spin(PAUSE)
        client.forget()
        had = {name: processor_time(process) for name, process in running.items()}
        began, stolen_before, used = monotonic(), stolen(), [memory(running[NODE])]
        while (left := began + seconds - monotonic()) > 0.0:
            client.spin(min(left, LOOK))
            used.append(memory(running[NODE]))
        shares = {name: 100.0 * (processor_time(process) - had[name]) / (monotonic() - began)
                  for name, process in running.items()}
        lost = 1e3 * (stolen() - stolen_before) / (monotonic() - began)
        stamps = {name: list(noted) for name, noted in client.stamps.items()}
        latency = list(client.latency)
        after, bare = client.work(NODE), client.work(BARE)
        client.close()
    return Measured(
        Evenness.of(stamps['node'], 1.0 / rate),
        Evenness.of(stamps['bare'], 1.0 / (BARE_DRIFT * rate)), shares,
        {**bare['work'], **after['work']}, latency, used, (before['objects'], after['objects']),
        lost)


def run(arguments: Namespace) -> bool:
    """Print a table for each way out, and return whether the promises are kept."""
    if find_spec('rclpy') is None:
        print('\nMode track: skipped, rclpy is not installed')
        return True
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'SHM')
    domain, kept = DOMAINS[os.getpid() % len(DOMAINS)], True
    for output in arguments.outputs:
        print(f'\nMode track, output {output} at {arguments.rate:g} Hz, 7 joints, '
              f'{TARGET_RATE:g} targets a second, {arguments.minutes:g} min'
              + (f', priority {arguments.priority}' if arguments.priority else ''), flush=True)
        kept &= report(measure(domain, output, arguments.rate, 60.0 * arguments.minutes,
                               arguments.priority))
    return kept


def report(measured: Measured) -> bool:
    """Print the tables and return whether everything stays below its ceiling."""
    node, bare = measured.node, measured.bare
    print(f'{"":<24}{"period over nominal, us":^32}{"late by > 1 period":>20}{"CPU":>8}\n'
          f'{"":<16}{"messages":>8}{"median":>8}{"p95":>8}{"p99":>8}{"max":>8}{"all":>12}'
          f'{"alone":>8}{"%":>8}')
    for name, its, other in ((BARE, bare, node), (NODE, node, bare)):
        print(f'{name:<16}{its.count:>8}' + ''.join(f'{value:>8.0f}' for value in its.over)
              + f'{len(its.late):>12}{its.late_alone(other):>8}{measured.shares[name]:>8.1f}')
    print(f'{ARM:<24}{"":52}{measured.shares[ARM]:>8.1f}')
    if measured.stolen:
        print('kept from working by the host of this virtual machine: '
              f'{measured.stolen:.1f} ms of each second')
    print(f'\n{"":<36}{"own time, us":^24}{"wall time, us":^24}\n{"callback":<28}{"calls":>8}'
          + 2 * f'{"median":>8}{"p95":>8}{"p99":>8}')
    for name, times in measured.work.items():
        if times['own'][0]:
            print(f'{name.rpartition(".")[2]:<28}{times["own"][0]:>8.0f}' + ''.join(
                f'{value:>8.0f}' for kind in ('own', 'wall') for value in times[kind][1:4]))
    median, p95, p99 = np.percentile(measured.latency or [math.nan], [50.0, 95.0, 99.0])
    print(f'\ntarget to the first command for it: median {median:.2f} ms, p95 {p95:.2f}, '
          f'p99 {p99:.2f}\nmemory of the node: {measured.memory[0]:.1f} MB, and '
          f'{measured.growth:+.1f} MB at most; objects: {measured.objects[0]}, and '
          f'{measured.objects[1] - measured.objects[0]:+d} at the end')
    return floor(measured)


def floor(measured: Measured) -> bool:
    """Print and return whether everything stays below its ceiling."""
    ratio = measured.node.over[P99] / measured.bare.over[P99]
    alone = measured.node.late_alone(measured.bare)
    work, least = (measured.work[name]['own'][1] for name in (CYCLE, BARE))
    share = measured.node.count / measured.bare.count
    kept = (share >= COUNT_FLOOR and ratio <= JITTER_CEILING and alone == 0
            and work <= WORK_CEILING and measured.growth <= GROWTH_CEILING)
    print(f'floor {"held" if kept else "MISSED"}: {share:.2f} commands for each message of the '
          f'bare timer (at least {COUNT_FLOOR:g}), p99 of the period over nominal {ratio:.2f} '
          f'times that of the bare timer (at most {JITTER_CEILING:g}), {alone} cycles late by '
          f'more than a period while the bare timer was not (0), a cycle takes {work:.0f} us (at '
          f'most {WORK_CEILING:.0f}; the bare timer takes {least:.0f}), memory '
          f'{measured.growth:+.1f} MB (at most {GROWTH_CEILING:+g})')
    return bool(kept)
