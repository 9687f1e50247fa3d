"""Message definitions made of classes: what others make of them is what the messages are."""

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import (
    PointStamped, PoseStamped, PoseWithCovariance, QuaternionStamped, Vector3Stamped)
from ik_solver_node.ros.definitions import definition_of, kind_of
import pytest
from rcl_interfaces.msg import ParameterDescriptor, ParameterEvent
from rclpy.serialization import serialize_message
from sensor_msgs.msg import JointState
from std_msgs.msg import String

KINDS = [DiagnosticArray, JointState, ParameterDescriptor, ParameterEvent, PointStamped,
         PoseStamped, PoseWithCovariance, QuaternionStamped, String, Vector3Stamped]


@pytest.mark.parametrize('kind', KINDS)
def test_the_fields_are_those_that_others_know(kind: Any) -> None:
    """Names, types, order, and those of all types within."""
    typesys = pytest.importorskip('rosbags.typesys')
    known = typesys.get_typestore(typesys.Stores.ROS2_JAZZY)
    parsed = typesys.get_types_from_msg(definition_of(kind), kind_of(kind))
    assert kind_of(kind) in parsed
    for name, (_, fields) in parsed.items():
        assert fields == known.fielddefs[name][1]


def test_messages_are_decoded_by_them() -> None:
    """Every bit of them."""
    decoder = pytest.importorskip('mcap_ros2.decoder')
    records = pytest.importorskip('mcap.records')
    message = JointState(name=['a', 'b'], position=[0.1 + 0.2, -0.0])
    message.header.frame_id = 'base'
    schema = records.Schema(id=1, name=kind_of(JointState), encoding='ros2msg',
                            data=definition_of(JointState).encode())
    found = decoder.DecoderFactory().decoder_for('cdr', schema)(serialize_message(message))
    assert (found.header.frame_id, found.name) == ('base', ['a', 'b'])
    assert repr(found.position[:]) == repr([0.1 + 0.2, -0.0])
