"""
The node ``ik_solver_rviz``: markers, handles and a ghost, for RViz.

===========================  ====================  ================================================
target_pose                  in, PoseStamped       what the node that moves the arm gets; and out,
                                                   from a handle; with several tips, as all others
                                                   of targets, ``<tip>/target_pose``
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

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from ik_solver_node.chain import KinematicChain
from ik_solver_node.exceptions import IkSolverError, MissingDependencyError
from ik_solver_node.pose import Pose
from ik_solver_node.ros import conversions, description, parameters
from ik_solver_node.ros.endpoints import EventlessNode, LATCHED
from ik_solver_node.ros.followed import FollowedParameters
from ik_solver_node.ros.frames import Frames
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.running import run
from ik_solver_node.ros.rviz.handles import Handles, TOPICS
from ik_solver_node.ros.rviz.markers import marker_array
from ik_solver_node.ros.rviz.scene import ghost_joints, Scene, Trail
from ik_solver_node.ros.rviz.settings import RvizSettings
from ik_solver_node.ros.rviz.targets import LOG_PERIOD, TipTargets
from rclpy.clock import Clock, ClockType
from rclpy.qos import qos_profile_sensor_data, QoSProfile
from sensor_msgs.msg import JointState
from std_msgs.msg import String
from std_srvs.srv import Trigger
from visualization_msgs.msg import MarkerArray

NODE_NAME = 'ik_solver_rviz'


class RvizNode(EventlessNode):
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
        self._chain: KinematicChain | None = None
        self._scenes: dict[str, Scene] = {}
        self._targets: dict[str, TipTargets] = {}
        self._verdicts: list[DiagnosticStatus] = []
        self._is_afresh, self._has_handles = True, False
        self._present: dict[str, float] = {}
        self._destination: dict[str, float] = {}
        # Simulated time may stand still; whoever looks must still see something.
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._frames = Frames(self)
        self._markers = self.create_publisher(MarkerArray, 'ik_markers', LATCHED)
        self._ghost = self.create_publisher(JointState, 'ghost/joint_states', 10)
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
        """Subscribe to all that is shown, but targets: their topics depend on the robot."""
        solver = self._settings.solver_node
        kinds: tuple[tuple[Any, str, Callable[[Any], None], QoSProfile], ...] = (
            (String, 'robot_description', self._on_description, LATCHED),
            (JointState, 'joint_states', self._on_joint_states, qos_profile_sensor_data),
            (DiagnosticArray, f'{solver}/solution', self._on_solution, LATCHED),
            (JointState, f'{solver}/destination', self._on_destination, LATCHED))
        for kind, topic, callback, qos in kinds:
            self.create_subscription(kind, topic, callback, qos)

    # --- the robot ---------------------------------------------------------------------------

    def _on_parameters(self, solver: NodeParameters) -> None:
        """Show what a node with these parameters does."""
        before, self._solver = self._solver, solver
        if before is None or any(getattr(before, name) != getattr(solver, name)
                                 for name in parameters.CHAIN_FIELDS):
            self._use_robot()
            return
        self._show_targets()
        was, tool = before.target, solver.target
        if (was.tool_position, was.tool_rpy) != (tool.tool_position, tool.tool_rpy):
            self._has_handles = False  # they are where the last tool was

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
        trail = self._settings.trail_length, self._settings.trail_spacing
        self._chain, self._is_afresh, self._has_handles = chain, True, False
        self._scenes = {tip: Scene(chain, tip, Trail(*trail)) for tip in chain.tip_links}
        self._show_targets()
        self._show_verdicts()
        if self._handles is not None:
            self._handles.show(chain.base_link, {})
        topics = [self._markers.topic_name]
        if self._handles is not None:
            topics.append(self.resolve_topic_name(TOPICS))
        self.get_logger().info(
            f'ready: robot {chain.model.name!r} from {chain.base_link!r} to '
            f'{", ".join(map(repr, chain.tip_links))} is shown on {" and ".join(topics)}')

    def _show_targets(self) -> None:
        """Listen to the targets of all tips, and of no others."""
        assert self._solver is not None
        prefixes = {self._prefix(tip): scene for tip, scene in self._scenes.items()}
        for prefix in self._targets.keys() - prefixes.keys():
            self._targets.pop(prefix).close()
        for prefix, scene in prefixes.items():
            if prefix not in self._targets:
                self._targets[prefix] = TipTargets(self, prefix, self._frames, self._follow)
            self._targets[prefix].show_in(scene, self._solver.target)

    def _prefix(self, tip: str) -> str:
        """Return what the topics of the targets of a tip begin with."""
        return '' if len(self._scenes) == 1 else f'{tip}/'

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
            self.get_logger().warning(
                f'joints not shown: {error}', throttle_duration_sec=LOG_PERIOD)
            return {}
        return {name: value for name, value in positions.items() if math.isfinite(value)}

    def _on_solution(self, message: DiagnosticArray) -> None:
        """Show the verdicts, one for each tip."""
        self._verdicts = list(message.status)
        self._show_verdicts()

    def _show_verdicts(self) -> None:
        """Show what of the last verdicts is about this robot: they may have come before it."""
        for status in self._verdicts:
            scene = self._scenes.get(status.name.partition(': ')[2])
            if scene is not None and status.hardware_id == scene.chain.model.name:
                scene.judge(min(int.from_bytes(status.level, 'little'), 2), status.message)

    # --- handles -----------------------------------------------------------------------------

    def _follow(self, tip: str, pose: Pose) -> None:
        """Bring a handle to where others want the tip."""
        if self._handles is not None:
            self._handles.follow(tip, pose)

    def _put_at_tip(self, tip: str) -> None:
        """Bring a handle to where the tip is."""
        pose = self._scenes[tip].tip
        if self._handles is not None and pose is not None:
            self._handles.put(tip, pose)

    def _go_home(self, tip: str) -> None:
        """Ask for the pose in which the tip was seen first."""
        home = self._scenes[tip].home
        if self._handles is not None and home is not None:
            self._handles.put(tip, home)
            self._targets[self._prefix(tip)].send(home)

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
        if self._chain is None:
            return
        scenes, stamp = list(self._scenes.values()), self.get_clock().now().to_msg()
        for scene in scenes:
            scene.see_joints(self._present)
        self._serve_handles(self._chain.base_link)
        if any(scene.changed for scene in scenes):
            self._markers.publish(marker_array(
                scenes, self._settings.size, stamp, self._is_afresh))
            self._is_afresh = False
            for scene in scenes:
                scene.changed = False
        self._ghost.publish(conversions.joint_state(
            ghost_joints(self._chain, self._destination, self._present), stamp))

    def _serve_handles(self, base_link: str) -> None:
        """Have handles as soon as it is known where the tips are, and send what they are for."""
        if self._handles is None:
            return
        tips = {tip: scene.tip for tip, scene in self._scenes.items() if scene.tip is not None}
        if not self._has_handles and len(tips) == len(self._scenes):
            self._handles.show(base_link, tips)
            self._has_handles = True
        for tip, pose in self._handles.take_due().items():
            self._targets[self._prefix(tip)].send(pose)


def main(args: list[str] | None = None) -> int:
    """
    Run the node until it is told to stop; return the exit code.

    Parameters
    ----------
    args : list of str, optional
        Command line; default that of the process.

    """
    return run(NODE_NAME, RvizNode, args)
