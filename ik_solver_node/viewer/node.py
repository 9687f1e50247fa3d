"""
The node ``ik_solver_viewer``: an arm in a browser, and something to drag.

=====================  =======================  ===================================================
robot_description      in, String               latched, if no parameter has it
joint_states           in, JointState           sensor data; where the arm is
target_pose            out and in, PoseStamped  where the tip shall be; with several tips
                                                ``<tip>/target_pose``. What others send is shown
<solver>/solution      in, DiagnosticArray      latched; how a target went
=====================  =======================  ===================================================

Of each solving node it calls the services ``stop``, ``resume``, ``get_parameters`` and
``set_parameters``. Rates are of the steady clock: a page must live while simulated time stands.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

from diagnostic_msgs.msg import DiagnosticStatus
from ik_solver_node.appearance.visuals import Colour
from ik_solver_node.exceptions import IkSolverError
from ik_solver_node.motion import Mode
from ik_solver_node.ros import conversions, description, parameters
from ik_solver_node.ros.endpoints import EventlessNode, LATCHED
from ik_solver_node.ros.parameters import NodeParameters
from ik_solver_node.ros.running import run
from ik_solver_node.viewer.panel import Panel
from ik_solver_node.viewer.robot import Robot
from ik_solver_node.viewer.settings import ViewerSettings
from ik_solver_node.viewer.solver_link import SolverLink
from ik_solver_node.viewer.target_topic import TargetTopic
from ik_solver_node.viewer.verdict import Answer
from ik_solver_node.web import address_of, open_server
from rclpy.clock import Clock, ClockType
from rclpy.qos import qos_profile_sensor_data
from sensor_msgs.msg import JointState
from std_msgs.msg import String

NODE_NAME = 'ik_solver_viewer'

PANEL_PERIOD = 0.2
"""Time between two looks at what the panel shows [s]."""

WARNING_PERIOD = 5.0
"""Time between two warnings of a kind [s]."""


class ViewerNode(EventlessNode):
    """
    Shows a robot on a page, and sends targets that are dragged there.

    Raises
    ------
    IkSolverError
        If a parameter, or the robot description it gives, is refused, or viser is missing.

    """

    def __init__(self) -> None:
        super().__init__(NODE_NAME)
        self._settings: ViewerSettings = parameters.declare(self, ViewerSettings)
        self._wishes: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._robot: Robot | None = None
        self._topics: dict[str, TargetTopic] = {}
        self._answers: dict[str, Answer] = {}
        self._said: dict[str, str] = {}
        self._followed: dict[str, NodeParameters] = {}
        self._knobs: dict[str, Any] = {}
        self._server = open_server(self._settings.host, self._settings.port)
        self._panel = Panel(self._server.gui, self)
        clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._links = [SolverLink(self, name, clock, self)
                       for name in self._settings.solver_nodes]
        self._listen()
        self._start_timers(clock)
        self.get_logger().info(
            f'ready: open {address_of(self._server, self._settings.host)} in a browser')

    def destroy_node(self) -> None:
        """Close the page, too."""
        self._server.stop()
        super().destroy_node()

    def _listen(self) -> None:
        """Get a robot, and where its joints are."""
        self.create_subscription(
            JointState, 'joint_states', self._on_joint_states, qos_profile_sensor_data)
        urdf = description.text_of(self._settings)
        if urdf is not None:
            self._use(urdf)
            return
        topic = self.create_subscription(
            String, 'robot_description', self._on_description, LATCHED).topic_name
        self.get_logger().info(f'waiting for robot_description on {topic}')

    def _start_timers(self, clock: Clock) -> None:
        """Do everything again and again."""
        for period, callback in ((1.0 / self._settings.target_rate, self._on_target_timer),
                                 (1.0 / self._settings.draw_rate, self._on_draw_timer),
                                 (PANEL_PERIOD, self._on_panel_timer)):
            self.create_timer(period, callback, clock=clock)

    # --- the robot ---------------------------------------------------------------------------

    def _on_description(self, message: String) -> None:
        """Show the robot that is described, if it can be; else keep the one there is."""
        if self._robot is not None and message.data == self._robot.chain.model.urdf:
            return
        try:
            self._use(message.data)
        except IkSolverError as error:
            problem = f'this robot_description is not shown: {error}'
            self.get_logger().error(problem)
            self._panel.show_notes([problem])

    def _use(self, urdf: str) -> None:
        """Show the robot that `urdf` describes."""
        notes: list[str] = []
        robot = Robot(self._server, urdf, self._settings, notes.append)
        for topic in self._topics.values():
            topic.close()
        chain, self._robot, self._answers = robot.chain, robot, {}
        only = len(chain.tip_links) == 1
        self._topics = {tip: TargetTopic(
            self, 'target_pose' if only else f'{tip}/target_pose', chain.base_link, scene.gizmo)
            for tip, scene in robot.tips.items()}
        self._mean_tools()
        for note in notes:
            self.get_logger().warning(note)
        self._panel.show_notes(notes)
        self.get_logger().info(f'showing robot {chain.model.name!r}, tips '
                               f'{", ".join(chain.tip_links)} in {chain.base_link}')

    def _on_joint_states(self, message: JointState) -> None:
        """Note where the joints are."""
        if self._robot is None:
            return
        try:
            self._robot.update(conversions.joint_positions(message))
        except IkSolverError as error:
            self.get_logger().warning(f'{error}; such messages are skipped',
                                      throttle_duration_sec=WARNING_PERIOD)

    # --- again and again ---------------------------------------------------------------------

    def _on_target_timer(self) -> None:
        """Do what was asked for on the panel, and send what was dragged."""
        while True:
            try:
                wish = self._wishes.get_nowait()
            except Empty:
                break
            wish()
        if self._robot is not None and self._robot.is_known:
            for tip, topic in self._topics.items():
                topic.tick(monotonic(), self._wants_stream, partial(self._robot.tip, tip))

    def _on_draw_timer(self) -> None:
        """Draw the robot."""
        if self._robot is not None:
            with self._server.atomic():
                self._robot.draw(monotonic())

    def _on_panel_timer(self) -> None:
        """Show what is new beside the robot."""
        if self._robot is not None:
            self._panel.show_joints(self._robot.limits())
        self._panel.show_parameters(self._knobs)
        self._panel.plots.draw()
        verdicts: list[tuple[Colour | None, str, list[str]]] = [
            (answer.colour, answer.verdict, answer.words()) for answer in self._answers.values()]
        lack = self._lack()
        if lack or not verdicts:
            verdicts.insert(0, (None, lack or 'Drag the arrows at the tip', []))
        self._panel.show_verdicts(verdicts)

    def _lack(self) -> str:
        """Return what is not there that is needed to move the arm, empty if all is."""
        if self._robot is None:
            return 'Waiting for a robot_description'
        if not self._robot.is_known:
            return f'Waiting for joint_states of {", ".join(self._robot.chain.joint_names)}'
        absent = [link.name for link in self._links if not link.is_there]
        return f'{", ".join(absent)} does not run' if absent else ''

    # --- what the solving nodes say ----------------------------------------------------------

    def answered(self, statuses: list[DiagnosticStatus]) -> None:
        """Hear the answer to a target: one status for each tip of the node, of one solve."""
        answers = list(map(Answer, statuses))
        self._answers.update({answer.tip: answer for answer in answers})
        if answers:
            self._panel.plots.add(monotonic(), max(answer.elapsed for answer in answers),
                                  max(answer.error for answer in answers))

    def parameters_are(self, node: str, values: NodeParameters) -> None:
        """Hear the values of parameters; with several nodes the knobs are those of the first."""
        self._followed[node] = values
        if node == self._settings.solver_nodes[0]:
            self._knobs = {known.name: known.value for known in parameters.to_ros(values)}
        self._mean_tools()

    @property
    def _wants_stream(self) -> bool:
        """Whether the first node wants a steady stream of targets."""
        first = self._followed.get(self._settings.solver_nodes[0])
        return first is not None and first.motion.mode is Mode.TRACK

    def _mean_tools(self) -> None:
        """Show, and ask for, what the solving nodes mean by their tips."""
        if self._robot is None:
            return
        for node in self._followed.values():
            # A node that does not say its tip has the only one, unless there are others.
            tips = node.tip_links or (self._robot.tips if len(self._links) == 1 else ())
            for tip in self._robot.tips.keys() & set(tips):
                self._robot.take_tool(tip, node.target.tool)

    def said(self, node: str, sentence: str) -> None:
        """Hear what came of a service or a change of parameters."""
        self._said[node] = sentence if len(self._links) == 1 else f'{node}: {sentence}'
        self.get_logger().info(self._said[node])
        self._panel.show_said(self._said.values())

    # --- what is asked for on the panel, in threads of viser ----------------------------------

    def wish_trigger(self, service: str) -> None:
        """Stop, or resume."""
        self._wishes.put(partial(self._trigger, service))

    def wish_home(self) -> None:
        """Go to the middle of the joints' ranges."""
        self._wishes.put(self._go_home)

    def wish_parameter(self, name: str, value: Any) -> None:
        """Change a parameter of the solving nodes."""
        self._wishes.put(partial(self._set, name, value))

    def _trigger(self, service: str) -> None:
        """Call a service of all solving nodes; what is dragged begins anew at the tip."""
        for link in self._links:
            link.trigger(service)
        for tip, topic in self._topics.items():
            topic.fall_silent()
            if service == 'resume' and self._robot is not None and self._robot.is_known:
                self._robot.tips[tip].gizmo.place(self._robot.tip(tip))

    def _go_home(self) -> None:
        """Send the tips to where the middle of the joints' ranges has them."""
        if self._robot is not None and self._robot.is_known:
            for tip, topic in self._topics.items():
                topic.aim(self._robot.home(tip), monotonic())

    def _set(self, name: str, value: Any) -> None:
        """Change a parameter of all solving nodes."""
        for link in self._links:
            link.set(name, value)


def main(args: list[str] | None = None) -> int:
    """
    Run the viewer until it is told to stop; return the exit code.

    Parameters
    ----------
    args : list of str, optional
        Command line; default that of the process.

    """
    return run(NODE_NAME, ViewerNode, args)
