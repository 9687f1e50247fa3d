"""
The stand-in as it is, and beside it a reader, who notes when messages were published.

To publish costs more if one more process listens, or one that acknowledges what it receives. So
the reader shares the process of the arm, to which the commands go anyway, and its quality of
service; the messages of the bare timer go there as well. The service ``~/stamps`` tells what was
noted since it was asked last.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks import bare_timer
from benchmarks.arrivals import arrived
from ik_solver_node.ros.outputs import OutputKind
from ik_solver_node.ros.running import run
from ik_solver_node.ros.stand_in.node import NODE_NAME, StandInNode
import rclpy
from rclpy.qos import QoSProfile, ReliabilityPolicy
from std_srvs.srv import Trigger

READING = 0.2
"""Time between two looks at what has arrived [s]."""
DEPTH = 1000
"""Messages that may arrive between them."""


class WatchedArm(StandInNode):
    """
    The stand-in, which also tells when messages were published.

    Parameters
    ----------
    kind : OutputKind
        Of the messages.
    topics : dict of str to str
        On which they come, by what they are called.

    """

    def __init__(self, kind: OutputKind, topics: dict[str, str]) -> None:
        super().__init__()
        # Nobody spins it: nothing is woken for what it receives.
        self._reader = rclpy.create_node('reader', enable_rosout=False,
                                         start_parameter_services=False)
        self._stamps: dict[str, list[int]] = {name: [] for name in topics}
        qos = QoSProfile(depth=DEPTH, reliability=ReliabilityPolicy.SYSTEM_DEFAULT)
        self._heard = {name: self._reader.create_subscription(
            bare_timer.KINDS[kind], topic, lambda _: None, qos, raw=True)
            for name, topic in topics.items()}
        self.create_timer(READING, self._read)
        self.create_service(Trigger, '~/stamps', self._tell)

    def destroy_node(self) -> None:
        """Take the reader along."""
        self._reader.destroy_node()
        super().destroy_node()

    def _read(self) -> None:
        """Note when what has arrived was published [ns]."""
        for name, subscription in self._heard.items():
            self._stamps[name].extend(
                about['source_timestamp'] for _, about in arrived(subscription))

    def _tell(self, _: Any, response: Any) -> Any:
        """Answer with all that was noted."""
        self._read()
        response.success, response.message = True, json.dumps(self._stamps)
        for stamps in self._stamps.values():
            stamps.clear()
        return response


def main() -> int:
    """Run the arm; the command line says which kind of commands come on which topic."""
    kind, commands = OutputKind(sys.argv[1]), sys.argv[2]
    return run(NODE_NAME, lambda: WatchedArm(
        kind, {'node': commands, 'bare': bare_timer.TOPIC}))


if __name__ == '__main__':
    sys.exit(main())
