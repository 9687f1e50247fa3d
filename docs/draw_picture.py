"""Draw the picture of the README: ``pip install matplotlib; python docs/draw_picture.py``."""

from pathlib import Path

from ik_solver_node import (
    kernels, KinematicChain, parse_urdf, PointTarget, Pose, PoseTarget, read_urdf, solve)
from ik_solver_node.solver_options import SolverOptions
import matplotlib
import numpy as np

matplotlib.use('Agg')
from matplotlib import pyplot as plt  # noqa: E402, I100

HERE = Path(__file__).resolve().parent
BLUE, RED, GREY = '#1f5fa8', '#c8402f', '#9aa7b4'


def load(name):
    """Return the chain of one of our robots."""
    return KinematicChain.from_model(parse_urdf(read_urdf(HERE.parent / 'urdf' / name)))


def joints_of(chain, q):
    """Return the origins of all frames from base to tip, shape (f + 1, 3) [m]."""
    frames = np.empty((len(chain.topology), 12))
    kernels.tip_frames(chain.constants, chain.topology, q, frames)
    return np.vstack([np.zeros(3), frames[:, 9:]])


def draw_arm(axes):
    """Draw the six-axis arm following a circle with its tool pointing down."""
    chain = load('six_axis_arm.urdf')
    q = chain.clip([-1.2, 0.3, 0.6, 0.0, 0.7, 0.0])
    tips = []
    turns = np.linspace(0.0, 2.0 * np.pi, 121)
    for i, turn in enumerate(turns):
        centre = np.array([0.45, 0.0, 0.45])
        position = centre + 0.22 * np.array([0.3 * np.cos(turn), np.sin(turn), 0.6 * np.cos(turn)])
        result = solve(chain, PoseTarget(Pose.from_rpy(position, [0.0, np.pi, 0.0])), q)
        assert result.success, result
        q = result.positions
        points = joints_of(chain, q)
        tips.append(points[-1])
        if i % 15 == 0 and i < 120:
            axes.plot(*points.T, '-', color=BLUE, alpha=0.15 + 0.85 * i / 120, lw=3,
                      solid_capstyle='round')
            axes.plot(*points[1:-1].T, 'o', color=BLUE, alpha=0.15 + 0.85 * i / 120, ms=4)
    axes.plot(*np.array(tips).T, color=RED, lw=2)
    axes.set_title('a full pose followed along a closed path', fontsize=10)
    axes.set_box_aspect((1, 1, 1))
    axes.set(xlim=(-0.1, 0.9), ylim=(-0.5, 0.5), zlim=(0, 1))
    axes.set_xlabel('x [m]')
    axes.set_ylabel('y [m]')
    axes.set_zlabel('z [m]')
    axes.view_init(22, -55)


def draw_descent(axes):
    """Draw the way of each step rule down the error of the planar arm."""
    chain = load('planar_2r.urdf')
    target = chain.forward_kinematics([0.9, 1.2]).position
    first, second = np.meshgrid(np.linspace(-1.2, 1.6, 160), np.linspace(-0.2, 3.0, 160))
    x = 0.5 * np.cos(first) + 0.4 * np.cos(first + second)
    y = 0.5 * np.sin(first) + 0.4 * np.sin(first + second)
    axes.contourf(first, second, np.hypot(x - target[0], y - target[1]), 24, cmap='Blues_r')
    for rule, colour in (('sweep', GREY), ('gradient', '#e8a33d'), ('damped', RED)):
        way = [np.array([-0.9, 2.2])]
        for steps in range(1, 500):
            options = SolverOptions(step_rule=rule, max_restarts=0, max_iterations=steps, rate=1.5,
                                    position_tolerance=1e-3)
            result = solve(chain, PointTarget(target), way[0], options)
            way.append(result.positions)
            if result.success:
                break
        axes.plot(*np.array(way).T, '.-', color=colour, lw=1.8, ms=6,
                  label=f'{rule}: {len(way) - 1} steps')
    axes.plot(0.9, 1.2, '*', color='white', ms=14, mec='black')
    axes.legend(loc='lower right', fontsize=9)
    axes.set_title('down the slope of the error, three ways', fontsize=10)
    axes.set_xlabel('joint 1 [rad]')
    axes.set_ylabel('joint 2 [rad]')


def main():
    """Write docs/picture.png."""
    figure = plt.figure(figsize=(10, 4.6))
    draw_arm(figure.add_subplot(1, 2, 1, projection='3d'))
    draw_descent(figure.add_subplot(1, 2, 2))
    figure.tight_layout()
    figure.savefig(HERE / 'picture.png', dpi=110)


if __name__ == '__main__':
    main()
