"""Start the real node as a process of its own, and talk to it over DDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
import math
import os
from pathlib import Path
import signal
import subprocess
import sys
import threading
from time import monotonic
from typing import Any, TypeVar

from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from geometry_msgs.msg import PointStamped, PoseStamped, QuaternionStamped, Vector3Stamped
from ik_solver_node.ros.conversions import stamp_from_ns, stamp_to_text
from rcl_interfaces.srv import (
    DescribeParameters, GetParameters, SetParameters, SetParametersAtomically)
import rclpy
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter, parameter_value_to_python
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String

ROOT = Path(__file__).resolve().parents[2]
URDF = ROOT / 'urdf'

START_TIMEOUT = 180.0
"""How long a node may take to get ready: on a new machine it compiles first [s]."""

T = TypeVar('T')


class NodeProcess:
    """
    The real node in a process of its own.

    Parameters
    ----------
    *arguments : str
        What follows ``--ros-args``.
    module : str, optional
        What to run.

    """

    def __init__(self, *arguments: str, module: str = 'ik_solver_node.ros') -> None:
        path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get('PYTHONPATH')])])
        self._process = subprocess.Popen(
            [sys.executable, '-m', module, '--ros-args', *arguments],
            env={**os.environ, 'ROS_PYTHON_CHECK_FIELDS': '1', 'PYTHONPATH': path,
                 'PYTHONUNBUFFERED': '1'},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._lines: list[str] = []
        self._news = threading.Condition()
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self) -> int:
        """Its process."""
        return self._process.pid

    @property
    def output(self) -> str:
        """All that the node has written so far."""
        with self._news:
            return ''.join(self._lines)

    def wait_for(self, text: str, timeout: float = 10.0) -> str:
        """Return the first line with `text` in it, as soon as there is one."""
        def found() -> str | None:
            return next((line for line in self._lines if text in line), None)

        with self._news:
            self._news.wait_for(lambda: found() or self._ended, timeout)
            line = found()
        assert line, f'no {text!r} within {timeout} s in:\n{self.output}'
        return line

    def wait_for_end(self, timeout: float = START_TIMEOUT) -> int:
        """Return the exit code, once the node has ended by itself."""
        code = self._process.wait(timeout)
        self._reader.join(timeout)
        return code

    def stop(self, number: int = signal.SIGINT) -> int:
        """Ask the node to end and return its exit code; it must not take a second signal."""
        if self._process.poll() is None:
            self._process.send_signal(number)
        try:
            return self.wait_for_end(10.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self.wait_for_end(10.0)
            raise AssertionError(f'signal {number} did not end the node:\n{self.output}') from None

    def pause(self, wait: Callable[[], None]) -> None:
        """Let the node stand still while `wait` is called."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            wait()
        finally:
            self._process.send_signal(signal.SIGCONT)

    def _read(self) -> None:
        """Collect the output."""
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._news:
                self._lines.append(line)
                self._news.notify_all()
        with self._news:
            self._ended = True
            self._news.notify_all()


@contextmanager
def running_node(*arguments: str, until: str = '] [ik_solver_node]: ready: ',
                 module: str = 'ik_solver_node.ros') -> Iterator[NodeProcess]:
    """Start the node, wait until it says `until`, and stop it in the end; check how it ended."""
    process = NodeProcess(*arguments, module=module)
    try:
        process.wait_for(until, START_TIMEOUT)
        yield process
    finally:
        code = process.stop()
    assert code == 0, process.output
    assert 'Traceback' not in process.output


class Client:
    """
    The other side: sends targets, and keeps all that the node publishes.

    Parameters
    ----------
    namespace : str, optional
        Namespace of the node to talk to.
    joints_topic : str, optional
        Where its joint positions are expected.
    node_name : str, optional
        Name of the node.

    """

    def __init__(self, namespace: str = '', joints_topic: str = 'joint_states',
                 node_name: str = 'ik_solver_node') -> None:
        self._node_name = node_name
        self._context = Context()
        rclpy.init(context=self._context)
        self.node = rclpy.create_node('client', namespace=namespace, context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.joint_states: list[JointState] = []
        self.solutions: list[DiagnosticArray] = []
        self.diagnostics: list[DiagnosticArray] = []
        for kind, topic, kept in (
                (JointState, joints_topic, self.joint_states),
                (DiagnosticArray, 'ik_solver_node/solution', self.solutions),
                (DiagnosticArray, '/diagnostics', self.diagnostics)):
            self.node.create_subscription(kind, topic, kept.append, 1000)
        self.poses = self.node.create_publisher(PoseStamped, 'target_pose', 10)
        self.points = self.node.create_publisher(PointStamped, 'target_point', 10)
        self.orientations = self.node.create_publisher(QuaternionStamped, 'target_orientation', 10)
        self.directions = self.node.create_publisher(Vector3Stamped, 'target_direction', 10)
        self._last_stamp = 0

    def close(self) -> None:
        """Leave the network."""
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)

    def spin_until(self, condition: Callable[[], T], what: str, timeout: float = 20.0) -> T:
        """Handle messages until `condition` returns something, and return that."""
        end = monotonic() + timeout
        while True:
            found = condition()
            if found:
                return found
            assert monotonic() < end, f'no {what} within {timeout} s'
            self._executor.spin_once(timeout_sec=0.05)

    def spin_for(self, duration: float) -> None:
        """Handle messages for some time [s]."""
        end = monotonic() + duration
        while monotonic() < end:
            self._executor.spin_once(timeout_sec=max(0.0, min(0.05, end - monotonic())))

    def connect(self, moves: bool = True) -> None:
        """Exchange targets for answers until both directions work; joints come if it `moves`."""
        def answered() -> bool:
            self.send_point(0.6, 0.3)
            self.spin_for(0.1)
            return bool(self.solutions) and all(
                publisher.get_subscription_count() for publisher in (
                    self.poses, self.points, self.orientations, self.directions))

        self.spin_until(answered, 'answer of the node', START_TIMEOUT)
        self.spin_until(lambda: (self.joint_states or not moves) and self.diagnostics,
                        'joints and diagnostics')

    def stamp(self) -> Time:
        """Return the time, different at each call, to recognise a target by."""
        self._last_stamp = max(self.node.get_clock().now().nanoseconds, self._last_stamp + 1)
        return stamp_from_ns(self._last_stamp)

    def send_pose(self, x: float, y: float, yaw: float = 0.0, *, z: float = 0.0, frame: str = '',
                  quaternion: Sequence[float] | None = None, stamp: Time | None = None) -> Time:
        """Publish a target pose, turned about z or by `quaternion`; return its stamp."""
        message = PoseStamped()
        message.header.stamp = self.stamp() if stamp is None else stamp
        message.header.frame_id = frame
        at = message.pose.position
        at.x, at.y, at.z = float(x), float(y), float(z)
        turned = message.pose.orientation
        turned.x, turned.y, turned.z, turned.w = map(float, quaternion or (
            0.0, 0.0, math.sin(0.5 * yaw), math.cos(0.5 * yaw)))
        self.poses.publish(message)
        return message.header.stamp

    def send_point(self, x: float, y: float, z: float = 0.0, *, frame: str = '',
                   stamp: Time | None = None) -> Time:
        """Publish a target point; return its stamp."""
        message = PointStamped()
        message.header.stamp = self.stamp() if stamp is None else stamp
        message.header.frame_id = frame
        message.point.x, message.point.y, message.point.z = float(x), float(y), float(z)
        self.points.publish(message)
        return message.header.stamp

    def send_orientation(self, x: float, y: float, z: float, w: float, *, frame: str = '',
                         stamp: Time | None = None) -> Time:
        """Publish a target orientation; return its stamp."""
        message = QuaternionStamped()
        message.header.stamp = self.stamp() if stamp is None else stamp
        message.header.frame_id = frame
        turned = message.quaternion
        turned.x, turned.y, turned.z, turned.w = float(x), float(y), float(z), float(w)
        self.orientations.publish(message)
        return message.header.stamp

    def send_direction(self, x: float, y: float, z: float, *, frame: str = '',
                       stamp: Time | None = None) -> Time:
        """Publish a target direction; return its stamp."""
        message = Vector3Stamped()
        message.header.stamp = self.stamp() if stamp is None else stamp
        message.header.frame_id = frame
        along = message.vector
        along.x, along.y, along.z = float(x), float(y), float(z)
        self.directions.publish(message)
        return message.header.stamp

    def answer(self, stamp: Time, timeout: float = 10.0) -> DiagnosticStatus:
        """Return what the node says about the target with this stamp."""
        return self.spin_until(
            lambda: next((solution.status[0] for solution in self.solutions
                          if solution.header.stamp == stamp), None),
            f'answer to the target of {stamp_to_text(stamp)}', timeout)

    def joints_of(self, answer: DiagnosticStatus) -> dict[str, float]:
        """Return the joint positions that were published for a target."""
        published = values(answer)['joint_states_stamp']
        assert published, answer.message
        message = self.spin_until(
            lambda: next((message for message in self.joint_states
                          if stamp_to_text(message.header.stamp) == published), None),
            f'joint state of {published}')
        return dict(zip(message.name, message.position))

    def reach_point(self, x: float, y: float, z: float = 0.0) -> dict[str, float]:
        """Send a point that can be reached, and return the joints for it."""
        answer = self.answer(self.send_point(x, y, z))
        assert answer.level == DiagnosticStatus.OK, answer.message
        return self.joints_of(answer)

    def next_diagnostics(self, condition: Callable[[DiagnosticStatus], Any]) -> DiagnosticStatus:
        """Return the first diagnostics from now on that meet `condition`."""
        seen = len(self.diagnostics)
        return self.spin_until(
            lambda: next((message.status[0] for message in self.diagnostics[seen:]
                          if condition(message.status[0])), None), 'such diagnostics')

    def call(self, kind: Any, service: str, request: Any) -> Any:
        """Call a service of the node and return its response."""
        client = self.node.create_client(kind, f'{self._node_name}/{service}')
        self.spin_until(client.service_is_ready, service)
        future = client.call_async(request)
        self.spin_until(future.done, f'response of {service}')
        self.node.destroy_client(client)
        return future.result()

    def set_parameter(self, name: str, value: Any) -> tuple[bool, str]:
        """Set one parameter of the node; return whether it was accepted and why not."""
        request = SetParameters.Request(parameters=[Parameter(name, value=value)
                                                    .to_parameter_msg()])
        result, = self.call(SetParameters, 'set_parameters', request).results
        return result.successful, result.reason

    def get_parameter(self, name: str) -> Any:
        """Return the value of one parameter of the node."""
        values, = self.call(GetParameters, 'get_parameters',
                            GetParameters.Request(names=[name])).values
        return parameter_value_to_python(values)

    def set_together(self, **changes: Any) -> tuple[bool, str]:
        """Set several parameters at once; ``__`` in a name stands for a dot."""
        request = SetParametersAtomically.Request(parameters=[
            Parameter(name.replace('__', '.'), value=value).to_parameter_msg()
            for name, value in changes.items()])
        result = self.call(SetParametersAtomically, 'set_parameters_atomically', request).result
        return result.successful, result.reason

    def describe(self, *names: str) -> list[Any]:
        """Return the descriptors of parameters of the node."""
        return self.call(DescribeParameters, 'describe_parameters',
                         DescribeParameters.Request(names=names)).descriptors

    def description_publisher(self, topic: str = 'robot_description') -> Callable[[str], None]:
        """Return a function that publishes a latched robot description."""
        publisher = self.node.create_publisher(String, topic, QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
        return lambda text: publisher.publish(String(data=text))


@contextmanager
def connected_client(**arguments: str) -> Iterator[Client]:
    """Return a client, closed in the end."""
    client = Client(**arguments)
    try:
        yield client
    finally:
        client.close()


def values(status: DiagnosticStatus) -> dict[str, str]:
    """Return the values of a status by key."""
    return {pair.key: pair.value for pair in status.values}


def planar_tip(*angles: float, lengths: Sequence[float] = (0.5, 0.4)) -> tuple[float, float]:
    """Return where the tip of a planar arm is: sines and cosines, nothing of the package."""
    x = y = heading = 0.0
    for angle, length in zip(angles, lengths):
        heading += angle
        x += length * math.cos(heading)
        y += length * math.sin(heading)
    return x, y
