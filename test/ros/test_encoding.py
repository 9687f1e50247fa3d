"""Messages as bytes: those that anyone would make of them, and no more."""

from __future__ import annotations

import random
import string
from typing import Any

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from geometry_msgs.msg import PoseStamped, PoseWithCovariance, Vector3Stamped
from ik_solver_node.ros.encoding import encoded
import pytest
from rcl_interfaces.msg import (
    FloatingPointRange, Parameter, ParameterDescriptor, ParameterEvent, ParameterValue)
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import String


def some_messages(seed: int) -> list[Any]:
    """Return messages with random texts, and lists of random length."""
    rng = random.Random(seed)

    def text() -> str:
        return ''.join(rng.choices(string.ascii_letters + 'äß', k=rng.randint(0, 20)))

    def numbers() -> list[float]:
        return [rng.random() for _ in range(rng.randint(0, 3))]

    parameters = [Parameter(name=text(), value=ParameterValue(
        type=rng.randint(0, 9), string_value=text(), double_value=rng.random(),
        bool_array_value=[True] * rng.randint(0, 3), double_array_value=numbers(),
        integer_array_value=[rng.randint(-9, 9)] * rng.randint(0, 2),
        byte_array_value=[b'x'] * rng.randint(0, 3),
        string_array_value=[text()] * rng.randint(0, 3))) for _ in range(rng.randint(0, 5))]
    messages = [
        DiagnosticArray(status=[DiagnosticStatus(
            name=text(), message=text(), hardware_id=text(),
            values=[KeyValue(key=text(), value=text()) for _ in range(rng.randint(0, 5))])
            for _ in range(rng.randint(0, 2))]),
        JointState(name=[text() for _ in range(rng.randint(0, 7))], position=numbers(),
                   velocity=numbers(), effort=numbers()),
        ParameterEvent(node=text(), new_parameters=parameters[:2],
                       changed_parameters=parameters[2:]),
        ParameterDescriptor(name=text(), floating_point_range=[FloatingPointRange(
            from_value=0.1, to_value=1.0)] * rng.randint(0, 1)),
        PoseStamped(), PoseWithCovariance(), Vector3Stamped(), String(data=text())]
    for message in messages:
        if hasattr(message, 'header'):
            message.header.frame_id = text()
    return messages


@pytest.mark.parametrize('seed', range(100))
def test_another_encoder_makes_as_many_bytes(seed: int) -> None:
    """Of what it has read of them; those between numbers may be any."""
    typesys = pytest.importorskip('rosbags.typesys')
    known = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
    for message in some_messages(seed):
        kind, _, data = encoded(message)
        again = bytes(known.serialize_cdr(known.deserialize_cdr(data, kind), kind))
        assert len(again) == len(data)
        assert deserialize_message(data, type(message)) == message
        assert deserialize_message(again, type(message)) == message
