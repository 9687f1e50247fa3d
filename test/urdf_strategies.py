"""Random robots for property tests: URDF text as a user might write it, and chains of them."""

import math

from hypothesis import strategies as st
from ik_solver_node.chain import KinematicChain
from ik_solver_node.robot_model import parse_urdf

_NUMBER = st.floats(-1.0, 1.0).map(lambda x: round(x, 4))
_ANGLE = st.floats(-3.2, 3.2).map(lambda x: round(x, 4))
_ORIGIN = st.sampled_from([0.0, 0.0, 1e-7, 1.0, 1.0, 1.0, 30.0])
_AXES = st.sampled_from(['1 0 0', '0 1 0', '0 0 1', '-1 0 0', '0 -2 0', '0.6 0 0.8',
                         '1 1 1', '0.1 -0.7 0.3', '1e-5 0 2e-5', '3e5 0 -1e6', '1e-9 1 0'])
_WIDTHS = st.sampled_from([0.0, 1e-9, 0.01, 0.5, 3.0, 7.0, 13.0, 1e3])
_MOVABLE = ['revolute', 'revolute', 'continuous', 'prismatic']
_ENDS = [0.0, 1e-12, 0.3, 4.0, 1e4, 1e300, math.inf]


@st.composite
def _limit_xml(draw, kind, around):
    """Return a <limit> that leaves `around` some room, or any limit if `around` is None."""
    if kind not in ('revolute', 'prismatic'):
        return ''
    if around is None:
        lower = round(draw(st.floats(-7.0, 6.0)), 4)
        upper = lower + draw(_WIDTHS)
    else:
        lower, upper = (around + sign * draw(st.sampled_from([1e-3, 0.5, 2.0, 9.0]))
                        for sign in (-1.0, 1.0))
    return f'<limit lower="{lower}" upper="{upper}" effort="1" velocity="1"/>'


@st.composite
def joint_xml(draw, index, kind, followed):
    """
    Return one joint between ``link{index}`` and ``link{index + 1}`` as XML.

    It may mimic one of `followed`, a dict from names to their positions where that of the first
    joint is zero, and then becomes one of them.
    """
    scale = draw(_ORIGIN)
    xyz = ' '.join(f'{scale * draw(_NUMBER):.6g}' for _ in range(3))
    rpy = ' '.join(f'{draw(_ANGLE)}' for _ in range(3))
    name, mimic, around = f'joint{index}', '', None
    if kind != 'fixed' and draw(st.integers(0, 3)) == 0:
        source = draw(st.sampled_from(sorted(followed)))
        multiplier, offset = draw(_NUMBER), draw(_NUMBER)
        mimic = f'<mimic joint="{source}" multiplier="{multiplier}" offset="{offset}"/>'
        around = followed[name] = multiplier * followed[source] + offset
    return (f'<joint name="{name}" type="{kind}"><parent link="link{index}"/>'
            f'<child link="link{index + 1}"/><origin xyz="{xyz}" rpy="{rpy}"/>'
            f'<axis xyz="{draw(_AXES)}"/>{draw(_limit_xml(kind, around))}{mimic}</joint>')


@st.composite
def urdfs(draw, most_joints=12):
    """Return the URDF of a serial robot, ``base`` to the leaf, that has at least one joint."""
    kind, followed = draw(st.sampled_from(_MOVABLE)), {'first': 0.0}
    first = (f'<joint name="first" type="{kind}"><parent link="base"/><child link="link0"/>'
             f'<axis xyz="{draw(_AXES)}"/>{draw(_limit_xml(kind, 0.0))}</joint>')
    kinds = draw(st.lists(st.sampled_from([*_MOVABLE, 'fixed']), max_size=most_joints - 1))
    joints = ''.join(draw(joint_xml(i, kind, followed)) for i, kind in enumerate(kinds))
    links = ''.join(f'<link name="link{i}"/>' for i in range(len(kinds) + 1))
    return f'<robot name="random"><link name="base"/>{links}{first}{joints}</robot>'


@st.composite
def chains(draw, most_joints=12):
    """Return the chain of such a robot; limits from none to no room replace some of its own."""
    model = parse_urdf(draw(urdfs(most_joints)))
    limits = {}
    for name in model.movable_joint_names:
        if draw(st.integers(0, 3)) == 0:
            # Around zero, so that joints that mimic the first one keep a position.
            limits[name] = (-draw(st.sampled_from(_ENDS)), draw(st.sampled_from(_ENDS)))
    return KinematicChain.from_model(model, limits=limits)
