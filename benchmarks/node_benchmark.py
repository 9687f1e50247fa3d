"""
The node's round trip: PoseStamped in, JointState out, between two processes over DDS.

A bare relay, which does nothing but answer, is measured in the same run in alternating blocks: it
is what the middleware and rclpy cost. The targets follow a smooth path of a seven-joint arm. Also
printed is the memory of the running node.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
import os
from pathlib import Path
import signal
import subprocess
import sys
from time import monotonic, perf_counter
from typing import Any

from ik_solver_node.chain import KinematicChain
from ik_solver_node.pose import Pose
from ik_solver_node.robot_model import parse_urdf
from ik_solver_node.urdf_file import read_urdf
import numpy as np

URDF = Path(__file__).resolve().parent.parent / 'urdf' / 'seven_axis_arm.urdf'
DOMAINS = range(102, 215)
"""ROS domains beyond those that people choose by hand; two are used."""
BLOCKS = 10
"""Alternations between the relay and the node."""
PATIENCE = 90.0
"""Longest wait for a process to answer its first target, compilation included [s]."""
RATIO_CEILING = 2.0
"""Most of the node's median round trip, in units of the relay's."""
MEMORY_CEILING = 300.0
"""Most resident memory of the node [MB]."""


@contextmanager
def server(command: list[str], domain: int) -> Iterator[subprocess.Popen]:
    """Run a node as a process of its own on a DDS domain of its own, and end it cleanly."""
    process = subprocess.Popen([sys.executable, *command],
                               env={**os.environ, 'ROS_DOMAIN_ID': str(domain)},
                               stdout=subprocess.DEVNULL, start_new_session=True)
    try:
        yield process
    finally:
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            process.send_signal(stop)
            try:
                process.wait(timeout=5.0)
                break
            except subprocess.TimeoutExpired:
                continue


class Client:
    """Sends targets to one server and waits for each answer."""

    def __init__(self, domain: int, process: subprocess.Popen) -> None:
        from geometry_msgs.msg import PoseStamped
        import rclpy
        from rclpy.executors import SingleThreadedExecutor
        from rclpy.qos import QoSProfile
        from sensor_msgs.msg import JointState
        self._process = process
        self._context = rclpy.Context()
        rclpy.init(args=[], context=self._context, domain_id=domain)
        self._node = rclpy.create_node('round_trip_client', context=self._context,
                                       enable_rosout=False)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)
        self._publisher = self._node.create_publisher(PoseStamped, 'target_pose',
                                                      QoSProfile(depth=1))
        self._answers = 0
        self._node.create_subscription(JointState, 'joint_states', self._on_answer, 10)

    def _on_answer(self, _) -> None:
        self._answers += 1

    def trip(self, pose, timeout: float) -> float:
        """Send a pose, wait for the joint state and return the time between [s]."""
        message = pose_message(pose)
        expected, began = self._answers + 1, perf_counter()
        self._publisher.publish(message)
        while self._answers < expected and perf_counter() - began < timeout:
            self._executor.spin_once(timeout_sec=timeout)
        return perf_counter() - began if self._answers >= expected else np.inf

    def wait(self, pose) -> None:
        """Send until the first answer comes."""
        deadline = monotonic() + PATIENCE
        while self.trip(pose, 0.1) == np.inf:
            if monotonic() > deadline or self._process.poll() is not None:
                raise RuntimeError(f'{self._process.args[1:]} does not answer')

    def close(self) -> None:
        """Leave the domain."""
        self._node.destroy_node()
        self._executor.shutdown()
        self._context.try_shutdown()


def pose_message(pose: Pose) -> Any:
    """Return a pose as a target."""
    from geometry_msgs.msg import PoseStamped
    message = PoseStamped()
    message.pose.position.x, message.pose.position.y, message.pose.position.z = map(
        float, pose.position)
    orientation = message.pose.orientation
    orientation.x, orientation.y, orientation.z, orientation.w = map(float, pose.quat_xyzw)
    return message


def memory(process: subprocess.Popen) -> float:
    """Return the resident memory of a process [MB]."""
    with open(f'/proc/{process.pid}/status') as lines:
        line = next(line for line in lines if line.startswith('VmRSS'))
    return int(line.split()[1]) / 1024.0


def path(count: int) -> list:
    """Return poses along a smooth path through the joints of the arm; a lap takes 1257."""
    chain = KinematicChain.from_model(parse_urdf(read_urdf(URDF)))
    phase = np.arange(chain.size)
    middle, half = chain.mid_range(), 0.5 * (chain.upper - chain.lower)
    return [chain.forward_kinematics(middle + half * (0.3 + 0.2 * np.sin(0.005 * i + phase)))
            for i in range(count)]


def run(arguments: Namespace) -> bool:
    """Print both round trips and the memory, and return whether the promises are kept."""
    try:
        import rclpy  # noqa: F401
    except ImportError:
        print('\nRound trip: skipped, rclpy is not installed')
        return True
    os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'SHM')
    first = DOMAINS[os.getpid() % (len(DOMAINS) - 1)]
    node = ['-m', 'ik_solver_node.ros', '--ros-args', '--log-level', 'error',
            '-p', f'urdf_file:={URDF}', '-p', 'publish_rate:=0.0']
    poses = path(arguments.trips)
    with server(['-m', 'benchmarks.relay'], first) as relay_process, \
            server(node, first + 1) as node_process:
        clients = {'bare relay': Client(first, relay_process),
                   'ik_solver_node': Client(first + 1, node_process)}
        for client in clients.values():
            client.wait(poses[0])
        times: dict = {name: [] for name in clients}
        for block in np.array_split(np.arange(arguments.trips), BLOCKS):
            for name, client in clients.items():
                times[name] += [1e6 * client.trip(poses[i], 1.0) for i in block]
        used = memory(node_process)
        for client in clients.values():
            client.close()
    return report(times, used)


def report(times: dict, used: float) -> bool:
    """Print the table and return whether ratio and memory stay below their ceilings."""
    print(f'\nRound trip PoseStamped to JointState, two processes, 7 joints, '
          f'{len(times["bare relay"])} trips each, in alternating blocks')
    print(f'{"node":<16}{"median us":>11}{"p95":>8}{"p99":>8}{"lost":>6}')
    for name, values in times.items():
        array = np.array(values)
        median, p95, p99 = np.percentile(array[np.isfinite(array)], [50, 95, 99])
        print(f'{name:<16}{median:>11.0f}{p95:>8.0f}{p99:>8.0f}{np.isinf(array).sum():>6}')
    ratio = np.median(times['ik_solver_node']) / np.median(times['bare relay'])
    lost = any(np.isinf(values).any() for values in times.values())
    kept = ratio <= RATIO_CEILING and used <= MEMORY_CEILING and not lost
    print(f'floor {"held" if kept else "MISSED"}: median {ratio:.2f} times the relay (at most '
          f'{RATIO_CEILING:g}), memory of the node {used:.0f} MB (at most {MEMORY_CEILING:.0f})')
    return bool(kept)
