"""
The node ``ik_solver_rviz``: markers, handles and a ghost, for RViz.

===========================  ====================  ================================================
target_pose                  in, PoseStamped       what the node that moves the arm gets; and out,
                                                   from a handle
target_point, _orientation,  in                    the same
_direction, _poses, _path
robot_description            in, String            latched, if no parameter of that node has it
joint_states                 in, JointState        where the joints are
<solver_node>/solution       in, DiagnosticArray   the verdict on each target
<solver_node>/destination    in, JointState        where the joints will be
<solver_node>/stop, /resume  services, Trigger     called from the menu of a handle
ik_markers                   out, MarkerArray      latched; target, tip, error, trail, lines,
                                                   verdict, in the base frame
ik_handles/...               in and out            interactive markers, where they are installed
ghost/joint_states           out, JointState       the destination, for a second
                                                   robot_state_publisher
===========================  ====================  ================================================

Which robot it is, and what of it is moved, is asked of the node that moves it.
"""

from __future__ import annotations

from collections.abc import Callable
import math
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import (
    PointStamped, PoseArray, PoseStamped, QuaternionStamped, Vector3Stamped)
from ik_solver_node.exceptions import IkSolverError, MissingDependencyError
from ik_solver_node.pose import Pose
from ik_solver_node.ros import conversions, description, parameters
from ik_solver_node.ros.frames import Frames
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.running import run
from ik_solver_node.ros.rviz.followed import FollowedParameters
from ik_solver_node.ros.rviz.handle_marker import pose_message
from ik_solver_node.ros.rviz.handles import Handles, TOPICS
from ik_solver_node.ros.rviz.markers import marker_array
from ik_solver_node.ros.rviz.scene import ghost_joints, Scene, Trail
from ik_solver_node.ros.rviz.settings import RvizSettings
from nav_msgs.msg import Path
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import Header, String
from std_srvs.srv import Trigger
from visualization_msgs.msg import MarkerArray

NODE_NAME = 'ik_solver_rviz'

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
NEWEST = QoSProfile(depth=1)

LOG_PERIOD = 1.0
"""Time between two warnings of a kind [s]."""


class RvizNode(Node):
    """
    Shows in RViz how an arm is brought to its targets, and lets people drag them.

    Raises
    ------
    IkSolverError
        If a parameter is refused.

    """

    def __init__(self) -> None:
        super().__init__(NODE_NAME)
        self._settings: RvizSettings = parameters.declare(self, RvizSettings)
        self._solver: NodeParameters | None = None
        self._text: str | None = None
        self._scene: Scene | None = None
        self._is_afresh = True
        self._present: dict[str, float] = {}
        self._destination: dict[str, float] = {}
        # Simulated time may stand still; whoever looks must still see something.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._frames = Frames(self)
        self._markers = self.create_publisher(MarkerArray, 'ik_markers', LATCHED)
        self._ghost = self.create_publisher(JointState, 'ghost/joint_states', 10)
        self._dragged = self.create_publisher(PoseStamped, 'target_pose', NEWEST)
        self._triggers = {name: self.create_client(Trigger, f'{self._settings.solver_node}/{name}')
                          for name in ('stop', 'resume')}
        self._handles = self._made_handles()
        self._listen()
        followed = FollowedParameters(self, self._settings.solver_node, clock, self._on_parameters)
        self.create_timer(1.0 / self._settings.rate, self._on_timer, clock=clock)
        self.get_logger().info(f'waiting for {followed.other} and its robot')

    def destroy_node(self) -> None:
        """Leave all topics."""
        if self._handles is not None:
            self._handles.close()
        super().destroy_node()

    def _made_handles(self) -> Handles | None:
        """Return the handles, if they are wanted and can be had."""
        if not self._settings.handles:
            return None
        try:
            return Handles(self, 2.0 * self._settings.size, self._settings.send_while_dragging, {
                'Bring the handle to the tip': self._put_at_tip, 'Go home': self._go_home,
                'Stop': lambda _: self._call('stop'), 'Resume': lambda _: self._call('resume')})
        except MissingDependencyError as error:
            self.get_logger().warning(str(error))
            return None

    def _listen(self) -> None:
        """Subscribe to all that is shown."""
        solver = self._settings.solver_node
        kinds: tuple[tuple[Any, str, Callable[[Any], None], QoSProfile], ...] = (
            (String, 'robot_description', self._on_description, LATCHED),
            (JointState, 'joint_states', self._on_joint_states, qos_profile_sensor_data),
            (DiagnosticArray, f'{solver}/solution', self._on_solution, LATCHED),
            (JointState, f'{solver}/destination', self._on_destination, LATCHED),
            (PoseStamped, 'target_pose', self._on_target_pose, NEWEST),
            (PointStamped, 'target_point', self._on_target_point, NEWEST),
            (QuaternionStamped, 'target_orientation', self._on_target_orientation, NEWEST),
            (Vector3Stamped, 'target_direction', self._on_target_direction, NEWEST),
            (PoseArray, 'target_poses', self._on_target_poses, NEWEST),
            (Path, 'target_path', self._on_target_path, NEWEST))
        for kind, topic, callback, qos in kinds:
            self.create_subscription(kind, topic, callback, qos)

    # --- the robot ---------------------------------------------------------------------------

    def _on_parameters(self, solver: NodeParameters) -> None:
        """Show what a node with these parameters does."""
        before, self._solver = self._solver, solver
        if before is None or any(getattr(before, name) != getattr(solver, name)
                                 for name in parameters.CHAIN_FIELDS):
            self._use_robot()
        elif self._scene is not None:
            self._scene.tool = solver.target.tool

    def _on_description(self, message: String) -> None:
        """Show a robot that comes by topic."""
        if message.data != self._text:
            self._text = message.data
            if self._solver is not None and description.comes_by_topic(self._solver):
                self._use_robot()

    def _use_robot(self) -> None:
        """Begin anew with the robot that is described; a bad description changes nothing."""
        assert self._solver is not None
        try:
            chain = description.build_chain(self._solver, self._text)
        except IkSolverError as error:
            self.get_logger().error(f'this robot cannot be shown: {error}')
            return
        if chain is None:
            return
        self._scene = Scene(
            chain, Trail(self._settings.trail_length, self._settings.trail_spacing),
            self._solver.target.tool)
        self._is_afresh = True
        if self._handles is not None:
            self._handles.show(chain.base_link, {})
        topics = [self._markers.topic_name]
        if self._handles is not None:
            topics.append(self.resolve_topic_name(TOPICS))
        self.get_logger().info(
            f'ready: robot {chain.model.name!r} from {chain.base_link!r} to '
            f'{chain.tip_links[0]!r} is shown on {" and ".join(topics)}')
        if len(chain.tip_links) > 1:
            self.get_logger().warning(
                f'of {len(chain.tip_links)} tip_links only the way of {chain.tip_links[0]!r} is '
                'shown, without targets and handle; ik_solver_viewer has one at each')

    def _on_joint_states(self, message: JointState) -> None:
        """Note where the joints are; a part of them may come in each message."""
        self._present.update(self._positions(message))

    def _on_destination(self, message: JointState) -> None:
        """Note where the joints will be."""
        self._destination = self._positions(message)

    def _positions(self, message: JointState) -> dict[str, float]:
        """Return the positions in a message that are finite, by name [rad or m]."""
        try:
            positions = conversions.joint_positions(message)
        except IkSolverError as error:
            self._skip('joints', error)
            return {}
        return {name: value for name, value in positions.items() if math.isfinite(value)}

    def _skip(self, what: str, error: IkSolverError) -> None:
        """Say why something is not shown."""
        self.get_logger().warning(f'{what} not shown: {error}', throttle_duration_sec=LOG_PERIOD)

    # --- targets and answers -----------------------------------------------------------------

    def _on_target_pose(self, message: PoseStamped) -> None:
        """Show a pose, and bring the handle there."""
        def show(scene: Scene, solver: NodeParameters) -> None:
            pose = self._base_pose(scene, message.header, message.pose)
            scene.aim(solver.target.pose(pose))
            if self._handles is not None:
                self._handles.follow(scene.chain.tip_links[0], pose)

        self._show(show)

    def _on_target_point(self, message: PointStamped) -> None:
        """Show a point."""
        self._aim(message.header, message.point, conversions.point_target)

    def _on_target_orientation(self, message: QuaternionStamped) -> None:
        """Show an orientation."""
        self._aim(message.header, message.quaternion, conversions.orientation_target)

    def _on_target_direction(self, message: Vector3Stamped) -> None:
        """Show a direction."""
        self._aim(message.header, message.vector, conversions.direction_target)

    def _on_target_poses(self, message: PoseArray) -> None:
        """Show straight lines."""
        self._lead([(message.header, pose) for pose in message.poses])

    def _on_target_path(self, message: Path) -> None:
        """Show straight lines of which each pose may have a frame of its own."""
        self._lead([(stamped.header if stamped.header.frame_id else message.header, stamped.pose)
                    for stamped in message.poses])

    def _aim(self, header: Header, message: Any, convert: Callable[..., Any]) -> None:
        """Show one target."""
        self._show(lambda scene, solver: scene.aim(convert(
            message, self._frames.T_base_frame(scene.chain.base_link, header), solver.target)))

    def _lead(self, stamped: list[tuple[Header, Any]]) -> None:
        """Show straight lines, if there are any."""
        def show(scene: Scene, solver: NodeParameters) -> None:
            poses = [self._base_pose(scene, header, pose) for header, pose in stamped]
            if poses:
                scene.lead(poses, solver.target.pose(poses[-1]))

        self._show(show)

    def _base_pose(self, scene: Scene, header: Header, pose: Any) -> Pose:
        """Return a pose message in the base frame."""
        return conversions.base_pose(
            pose, self._frames.T_base_frame(scene.chain.base_link, header))

    def _show(self, show: Callable[[Scene, NodeParameters], None]) -> None:
        """Show something, or say why not."""
        if self._scene is None or self._solver is None:
            return
        try:
            show(self._scene, self._solver)
        except IkSolverError as error:
            self._skip('target', error)

    def _on_solution(self, message: DiagnosticArray) -> None:
        """Show the verdict."""
        for status in message.status[:1]:
            self._show(lambda scene, _: scene.judge(
                min(int.from_bytes(status.level, 'little'), 2), status.message))

    # --- handles -----------------------------------------------------------------------------

    def _put_at_tip(self, tip: str) -> None:
        """Bring a handle to where the tip is."""
        if self._handles is not None and self._scene is not None and self._scene.tip is not None:
            self._handles.put(tip, self._scene.tip)

    def _go_home(self, tip: str) -> None:
        """Ask for the pose in which the tip was seen first."""
        if self._handles is not None and self._scene is not None and self._scene.home is not None:
            self._handles.put(tip, self._scene.home)
            self._send(self._scene.home)

    def _send(self, pose: Pose) -> None:
        """Publish a target."""
        assert self._scene is not None
        message = PoseStamped(pose=pose_message(pose))
        message.header.stamp = self.get_clock().now().to_msg()
        message.header.frame_id = self._scene.chain.base_link
        self._dragged.publish(message)

    def _call(self, name: str) -> None:
        """Call a service of the node that moves the arm, and log what it says."""
        client, logger = self._triggers[name], self.get_logger()
        if not client.service_is_ready():
            logger.error(f'{client.srv_name} cannot be called: nobody serves it')
            return
        client.call_async(Trigger.Request()).add_done_callback(
            lambda future: logger.info(f'{client.srv_name}: {future.result().message}'))

    # --- what is shown -----------------------------------------------------------------------

    def _on_timer(self) -> None:
        """Publish what is new."""
        scene = self._scene
        if scene is None:
            return
        was_seen = scene.tip is not None
        scene.see_joints(self._present)
        if self._handles is not None:
            if scene.tip is not None and not was_seen and len(scene.chain.tip_links) == 1:
                self._handles.show(scene.chain.base_link, {scene.chain.tip_links[0]: scene.tip})
            for pose in self._handles.take_due().values():
                self._send(pose)
        stamp = self.get_clock().now().to_msg()
        if scene.changed:
            self._markers.publish(marker_array(
                scene, self._settings.size, stamp, self._is_afresh))
            scene.changed = self._is_afresh = False
        self._ghost.publish(conversions.joint_state(
            ghost_joints(scene.chain, self._destination, self._present), stamp))


def main(args: list[str] | None = None) -> int:
    """
    Run the node until it is told to stop; return the exit code.

    Parameters
    ----------
    args : list of str, optional
        Command line; default that of the process.

    """
    return run(NODE_NAME, RvizNode, args)
