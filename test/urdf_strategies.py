"""Random robots for property tests: URDF text as a user might write it."""

from hypothesis import strategies as st

_NUMBER = st.floats(-1.0, 1.0).map(lambda x: round(x, 4))
_ANGLE = st.floats(-3.2, 3.2).map(lambda x: round(x, 4))
_AXES = st.sampled_from(['1 0 0', '0 1 0', '0 0 1', '-1 0 0', '0 -2 0', '0.6 0 0.8',
                         '1 1 1', '0.1 -0.7 0.3'])


@st.composite
def joint_xml(draw, index):
    """Return one joint between ``link{index}`` and ``link{index + 1}`` as XML."""
    kind = draw(st.sampled_from(['revolute', 'revolute', 'continuous', 'prismatic', 'fixed']))
    origin = (f'<origin xyz="{draw(_NUMBER)} {draw(_NUMBER)} {draw(_NUMBER)}" '
              f'rpy="{draw(_ANGLE)} {draw(_ANGLE)} {draw(_ANGLE)}"/>')
    limit, mimic = '', ''
    if kind in ('revolute', 'prismatic'):
        lower = round(draw(st.floats(-7.0, 6.0)), 4)
        width = draw(st.sampled_from([0.0, 0.01, 0.5, 3.0, 7.0, 13.0]))
        limit = f'<limit lower="{lower}" upper="{lower + width}" effort="1" velocity="1"/>'
    if kind == 'continuous' and index > 0 and draw(st.booleans()):
        mimic = f'<mimic joint="first" multiplier="{draw(_NUMBER)}" offset="{draw(_NUMBER)}"/>'
    return (f'<joint name="joint{index}" type="{kind}"><parent link="link{index}"/>'
            f'<child link="link{index + 1}"/>{origin}<axis xyz="{draw(_AXES)}"/>'
            f'{limit}{mimic}</joint>')


@st.composite
def urdfs(draw, most_joints=12):
    """Return the URDF of a serial robot, ``link0`` to the leaf, that has at least one joint."""
    count = draw(st.integers(0, most_joints - 1))
    links = ''.join(f'<link name="link{i}"/>' for i in range(count + 1)) + '<link name="base"/>'
    first = ('<joint name="first" type="revolute"><parent link="base"/><child link="link0"/>'
             '<axis xyz="0 0 1"/><limit lower="-2" upper="2.5" effort="1" velocity="1"/></joint>')
    joints = ''.join(draw(joint_xml(i)) for i in range(count))
    return f'<robot name="random">{links}{first}{joints}</robot>'
