"""Build description; package.xml holds the same for ROS 2."""

from glob import glob

from setuptools import find_packages, setup

package_name = 'ik_solver_node'

setup(
    name=package_name,
    version='0.1.0',
    packages=find_packages(include=[package_name, f'{package_name}.*']),
    package_data={package_name: ['py.typed']},
    data_files=[
        ('share/ament_index/resource_index/packages', [f'resource/{package_name}']),
        (f'share/{package_name}', ['package.xml']),
        (f'share/{package_name}/launch', glob('launch/*.launch.py')),
        (f'share/{package_name}/config', glob('config/*')),
        (f'share/{package_name}/urdf', glob('urdf/*')),
    ],
    python_requires='>=3.10',
    install_requires=[
        'numba>=0.55',
        'numpy>=1.21',
        'pyyaml>=5.4',
        'tqdm>=4.57',
        'transforms3d>=0.3.1',
        'urdf-parser-py>=0.0.4',
    ],
    extras_require={
        'completion': ['argcomplete>=1.8'],
        'gallery': ['matplotlib>=3.6', 'pillow>=9.1', 'viser>=1.1,<1.2'],
        'motion': ['ruckig>=0.12'],
        'record': ['matplotlib>=3.6', 'mcap>=1.6', 'mcap-ros2-support>=0.5'],
        'test': ['pytest'],
        'view': ['pycollada>=0.8', 'viser>=1.1,<1.2'],
        'xacro': ['xacro'],
    },
    zip_safe=True,
    maintainer='ik_solver_node maintainers',
    maintainer_email='maintainers@ik-solver-node.example.org',
    description='A ROS 2 node that moves a robot to target poses by gradient-descent inverse '
                'kinematics, and the ROS-free library it is made of.',
    license='Apache-2.0',
    entry_points={
        'console_scripts': [
            'ik_solver = ik_solver_node.cli:main',
            'ik_solver_node = ik_solver_node.ros.__main__:main',
            'ik_solver_rviz = ik_solver_node.ros.rviz.__main__:main',
            'ik_solver_viewer = ik_solver_node.viewer.__main__:main',
            'ik_solver_stand_in = ik_solver_node.ros.stand_in.__main__:main',
            'demo_targets = ik_solver_node.ros.demo.targets:main',
            'demo_referee = ik_solver_node.ros.demo.referee:main',
        ],
    },
)
