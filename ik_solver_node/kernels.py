"""
All compiled code of the package: forward kinematics, slopes, step rules and the descent.

Every function here is plain numba: float64 arrays in, codes and arrays out. Nothing raises, logs
or reads a clock. All of it stands in this one file because numba's cache on disk watches only the
file of the cached function: a callee in another file could change without its caller being
compiled again.

The chain
---------
A chain is a tree of `f` frames, parents first: `k` moving joints, then one fixed frame per tip. A
serial arm is the tree with one tip. Joint frames are turned so that every joint acts along its own
z axis. Frame `i` in the base is then::

    T_i = T_parent(i) . C_i . Rz(x_i)            revolute, x_i [rad]
    T_i = T_parent(i) . C_i . Tz(x_i)            prismatic, x_i [m]
    T_i = T_parent(i) . C_i                      a tip

with ``C_i`` constant and ``x_i = multiplier_i * q[variable_i] + offset_i``; the last line is how
mimic joints follow the independent variables `q`.

What is minimised
-----------------
Each tip has six rows of residual, three for the position and three for the orientation; what is
not asked of it has rows of zeros. For a full pose they are the position error
``e_p = p_target - p`` [m] and the rotation vector ``e_o`` [rad] that turns the tip onto the
target, ``R_target . R^T = exp([e_o]x)``, both in the base frame. The weighted rows of all tips
are the residual ``e``, and::

    cost(q) = 1/2 e^T e,     e = (w_p e_p, w_o e_o)

``w_o`` [m/rad] makes the sum one of squared lengths. With the geometric Jacobian `J` (rows
weighted alike) the exact slope is ``-J^T e``: for the rotation part this holds without
approximation, because the rotation vector is an eigenvector (eigenvalue 1) of the derivative of
the logarithm map.

Where a target leaves freedom, only what exceeds it counts:

``BOX``
    The components of the error in the axes of the base or of the target, each with a tolerance;
    the excess over it is the row, and an infinite tolerance frees the axis. For the orientation
    the rows of `J` are those of the derivative of the logarithm, ``J_l^-1(phi)`` [5]_.
``AXIS``
    An axis of the tip shall point in a direction, within a cone: the rows are the shortest
    rotation onto the cone. The spin about the axis is free.

Step rules
----------
``SWEEP``
    One joint after the other moves against its own slope, ``q_j -= rate * slope_j``, with a test
    for arrival after every single joint [1]_. The squared error is used in place of the distance
    of the lesson because its slope fades at the target, so that a fixed rate can settle.
``GRADIENT``
    All joints at once, projected on the limits, with the spectral rate of Barzilai and Borwein and
    a non-monotone line search [2]_.
``DAMPED``
    The curvature-scaled (damped least squares, Levenberg-Marquardt) step
    ``dq = (J^T J + lambda I)^-1 J^T e`` with ``lambda`` proportional to the cost [3]_, [4]_: far
    from the target it is a cautious gradient step, near it a Newton step.

Limits
------
``SWEEP`` and finite differences sample the error *outside* the clamp, so a joint at its limit sees
its true slope and can leave. ``GRADIENT`` projects. ``DAMPED`` solves again for the free joints
with the joints that hit a limit held there, so that the free joints take over the leftover error.

Starts
------
A descent that stalls is given up, and another one begins elsewhere. A table of joint vectors,
spread evenly over the range, and of the tip frames they give is made once for each chain; the
entries whose tips are closest to the target come first, then random vectors. With several tips
every second start is the best so far, but for the limbs whose tips did not arrive.

If none arrives, the best one is polished: Levenberg-Marquardt steps that are kept only if they
lower the cost, with a damping that follows their success, until the closest pose is found. A
target farther from the centre of a tip's reach than its links can stretch, or nearer than they can
fold, is proven to be out of reach, and only a few starts are tried for it.

Settling
--------
What arrived is moved to where the objectives `h` are lower, in steps ``D = -W^-1 grad h`` with the
diagonal `W` of second derivatives, bent so that the tips stay::

    d = D + W^-1 J^T (J W^-1 J^T)^-1 (e - J D)

and taken only if the tips, brought back exactly, are within tolerance and `h` is lower.

Following
---------
For a stream of goals the next joints are foreseen: as the goal moves on, so do they. A step away
from the limits is added; what of it moves the tips, ``J^+ J D``, the solve undoes, so that its
part in the null space remains at no cost.

Where all goals are known beforehand, several postures are taken along the path side by side, each
for the lowest sum of squared steps, as in a search over a ladder graph [6]_. From each some more
branch off, by steps of random length and direction in the null space. Of those that lie nearer to
one another than a radius only the cheapest remains, and the radius grows until all have room. A
posture lives only as long as it can go on without a jump, so that what is left in the end has
known all along where the path leads. Momentum matters: at a singularity, where two families of
postures cross, it alone tells them apart.

References
----------
.. [1] A. Zucconi, "Inverse Kinematics for Robotic Arms", 2017.
.. [2] E. G. Birgin, J. M. Martinez, M. Raydan, "Nonmonotone Spectral Projected Gradient Methods
   on Convex Sets", SIAM J. Optim. 10(4), 2000, algorithm SPG2.
.. [3] T. Sugihara, "Solvability-Unconcerned Inverse Kinematics by the Levenberg-Marquardt Method",
   IEEE Trans. Robotics 27(5), 2011, eq. 17.
.. [4] S. K. Chan, P. D. Lawrence, "General inverse kinematics with the error damped
   pseudoinverse", Proc. ICRA, 1988.
.. [5] T. D. Barfoot, "State Estimation for Robotics", 2017, eq. 7.77.
.. [6] J. De Maeyer, B. Moyaers, E. Demeester, "Cartesian path planning for arc welding robots:
   evaluation of the Descartes algorithm", Proc. ETFA, 2017.

"""

from collections.abc import Callable
import math
from typing import Any, NamedTuple

import numba
import numpy as np

# Kinds of frame, third column of `Chain.topology`.
REVOLUTE, PRISMATIC, TIP = 0, 1, 2
# Step rules, slopes, sweep orders and which solution is wanted, as numbers in `Options`.
SWEEP, GRADIENT, DAMPED = 0, 1, 2
EXACT, FINITE_DIFFERENCE = 0, 1
TIP_TO_BASE, BASE_TO_TIP = 0, 1
FIRST, NEAREST, ALL = 0, 1, 2
# What `descend` takes and returns; the sentences for people are in result.TerminationReason.
START, RUNNING, CONVERGED, STALLED, OUT_OF_ITERATIONS = -1, 0, 1, 2, 3
OUT_OF_RESTARTS, NOT_FINITE, OUT_OF_TIME, BAD_SEED, RELAXED, IMPOSSIBLE = 4, 5, 6, 7, 8, 9

# Columns of a row of `goal`, one row per tip: position [m] and rotation row by row in the base,
# the point of the tip that is meant [m], then weights, kinds, frames and tolerances of both parts;
# the axis of the tip that shall point and its cone [rad]; the axes of the target, row by row.
G_POSITION, G_ROTATION, G_TOOL, G_WEIGHT, G_KIND, G_FRAME = 0, 3, 12, 15, 17, 19
G_TOLERANCE, G_AXIS, G_CONE, G_AXES, GOAL_SIZE = 21, 27, 30, 31, 40
# Kinds of a part of a goal, and the frames its tolerances may be in. A part of weight 0 is not
# asked for.
FULL, BOX, AXIS = 0, 1, 2
BASE_FRAME, TARGET_FRAME = 0, 1
# Rows of residual for each tip.
ROWS = 6

# Rows of `preferences`: weight of each joint in the distance between two joint vectors, pull to a
# posture, that posture, pull to the seed, push away from the limits.
P_METRIC, P_PULL, P_POSTURE, P_STAY, P_PUSH, PREFERENCES = 0, 1, 2, 3, 4, 5
# Rows of `Memory.vectors`.
V_CURRENT, V_BEST, V_SEED, V_SLOPE, V_ARRIVED, VECTORS = 0, 1, 2, 3, 4, 5
# What `descend` is busy with, entry `N_PHASE`.
SEARCHING, POLISHING = 0, 1
# Entries of `Memory.numbers`; first what the caller learns, the errors in [m] and [rad], and how
# far the target lies at least beyond the reach [m].
N_POSITION, N_ORIENTATION, N_ITERATIONS, N_RESTARTS, N_GAP, REPORT = 0, 1, 2, 3, 4, 5
N_STEPS, N_SLOW, N_BEGUN, N_FOUND, N_PHASE, N_CODE = 5, 6, 7, 8, 9, 10
N_BEST_COST, N_DISTANCE, N_REFERENCE, N_RATE = 11, 12, 13, 14
N_HISTORY, HISTORY = 15, 8
N_ORDER, ORDER = N_HISTORY + HISTORY, 16
NUMBERS = N_ORDER + ORDER
# Entries of `Work.errors`: cost, largest errors over the tips [m], [rad].
E_COST, E_POSITION, E_ORIENTATION, ERRORS = 0, 1, 2, 3

# lambda = DAMPING * cost: Sugihara's and Chan's damping, the factor found by measurement.
DAMPING = 0.1
# Keeps the normal matrix positive definite when the cost is zero to rounding [m^2].
DAMPING_FLOOR = 1e-12
# Polishing ends when even this much damping does not lower the cost [m^2].
DAMPING_MAX = 1e6
# With this much damping and more, fewer free variables than rows still give a normal matrix of the
# rows that is far enough from singular.
DAMPING_FOR_ROWS = 1e-9
# A descent is given up after `patience` steps that did not bring the cost below
# `progress` times its last mark: the damped rule either converges at once or not at all. The
# descent from the seed gets more patience, because its answer is the one near the seed.
SEED_PATIENCE, DAMPED_PATIENCE, DAMPED_PROGRESS = 3, 2, 0.7
PLAIN_PATIENCE, PLAIN_PROGRESS = 40, 0.98
# Entries of the table of starts, of which the best `ORDER` are used, and the stream they come
# from; how many random vectors are looked at for each start after them.
STARTS, TABLE_SEED, DRAWS = 256, 2**40, 8
# Share of the random positions that are at either limit: poses that need joints there are else
# the last to be found.
AT_LIMITS = 0.1
# Restarts for a target that is proven out of reach: to find the closest pose takes a few.
IMPOSSIBLE_RESTARTS = 8
# Armijo's constant and the smallest fraction of a step that the line search tries.
ARMIJO, SMALLEST_FRACTION = 1e-4, 1e-6
RATE_MIN, RATE_MAX = 1e-6, 1e6
# Polishing ends when a step lowers the cost by less than this part of it.
POLISH_STEPS, POLISH_PROGRESS = 60, 1e-9
# Settling moves joints by at most this at once, first and ever [rad or m]; it ends when a step is
# cut below the smallest, or moves less than that. Each step may take a few to come back to the
# target.
SETTLE_STEP, SETTLE_STEP_MAX, SETTLE_STEP_MIN, SETTLE_CORRECTIONS = 0.3, 1.0, 1e-6, 3
# Share of the way from the middle to a limit from which on the push is a parabola.
PUSH_EDGE = 0.98
# Least weight of a joint in the objectives, as part of the largest: keeps the step defined.
SETTLE_FLOOR = 1e-3
# Rows of what a tracker knows of the joints: where they are, how they last moved, where they will
# be, and what of that is to keep clear of the limits.
T_LAST, T_STEP, T_AHEAD, T_CLEAR, TRACKED = 0, 1, 2, 3, 4
# A goal that moved on by more than this many times its last motion is no continuation of it.
FASTEST = 2.0
# What is known of the postures that are taken along a path: how many there are, how many random
# numbers they have used, and how far they are apart.
F_COUNT, F_DRAWN, F_RADIUS, FAN_NUMBERS = 0, 1, 2, 3
# Most steps from one goal of a path to the next; places each posture may go to, two of them by
# branching off. The longest and shortest of these steps, the latter also the least distance of two
# postures, as parts of the step that counts as a jump; and the stream they come from.
PATH_CORRECTIONS, BRANCHES = 12, 4
BRANCH_LONGEST, BRANCH_SHORTEST, BRANCH_SEED = 0.75, 0.1, 2**41
# A direction in which the tip moves less than this counts as one to branch off in [m^2]: see
# `null_direction`.
BRANCH_DAMPING = 1e-4
# The square of the rate at which a path goes on where the limits say that it cannot.
SLOWEST_SQUARE = 1e-12
# Over what a difference of the manipulability is taken, and what keeps its logarithm finite.
MANIPULABILITY_SAMPLE, MANIPULABILITY_FLOOR = 1e-5, 1e-9


Array = np.ndarray


class Chain(NamedTuple):
    """
    The numbers of a kinematic tree with `f` frames, `n` independent joint variables and `m` tips.

    constants : (f, 14), rotation of C_i row by row, its position [m], multiplier, offset
    topology : (f, 3), parent frame (-1 for the base), variable (-1 for a tip), kind
    bounds : (5, n), lower, upper, lower and upper end for random draws, period of a full turn
    starts : (s, n), joint vectors to start from
    start_tips : (m, 12, s), the tip frames they give
    reach : (m, 5), centre, inner and outer radius [m] of where each tip can be: see `reach`
    """

    constants: np.ndarray
    topology: np.ndarray
    bounds: np.ndarray
    starts: np.ndarray
    start_tips: np.ndarray
    reach: np.ndarray


class Goal(NamedTuple):
    """What is asked of the tips: rows (m, GOAL_SIZE), and the length of a radian [m/rad]."""

    rows: np.ndarray
    length: float


class Options(NamedTuple):
    """What `descend` may do; the order is that of the array it is sent in."""

    step_rule: float
    slope: float
    sweep_order: float
    rate: float
    sampling_distance: float
    position_tolerance: float
    orientation_tolerance: float
    orientation_weight: float
    max_iterations: float
    max_restarts: float
    random_seed: float
    which: float
    search_restarts: float
    separation: float
    settle_steps: float
    settle_reach: float
    manipulability: float


class Memory(NamedTuple):
    """What lives from one call of `descend` to the next."""

    numbers: np.ndarray      # (NUMBERS,)
    vectors: np.ndarray      # (VECTORS, n)


class Work(NamedTuple):
    """Scratch arrays of one call, `r` rows of residual: allocated once, before the loop."""

    frames: np.ndarray       # (f, 12) rotation row by row and position of each frame in the base
    residual: np.ndarray     # (r,)
    jacobian: np.ndarray     # (n, r), one row per variable, so that each column of J is contiguous
    task: np.ndarray         # (m, 18) per tip, what turns linear and angular velocity into rows
    normal: np.ndarray       # (r, r), of which the smaller of free variables and rows is used
    rhs: np.ndarray          # (r,)
    step: np.ndarray         # (n,)
    trial: np.ndarray        # (n,)
    slope: np.ndarray        # (n,)
    errors: np.ndarray       # (ERRORS,)
    free: np.ndarray         # (n,) bool


class Fan(NamedTuple):
    """Postures on a path: where they are, how they came there, at what cost, and from which."""

    positions: np.ndarray    # (c, n) [rad or m]
    steps: np.ndarray        # (c, n) without what branched off [rad or m]
    costs: np.ndarray        # (c,)
    parents: np.ndarray      # (c,)


def compiled(function: Callable, **more: bool) -> Any:
    """Compile `function` with numba; without a folder to cache it in, for this process only."""
    options = {'nogil': True, 'error_model': 'numpy', **more}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:
        return numba.njit(**options)(function)


def spliced(function: Callable) -> Any:
    """
    Put the code of a large `function` that is called from one place into its caller.

    Compiled by itself it would cost seconds more: numba compiles all that a function calls again
    with every function that calls it.
    """
    return numba.njit(nogil=True, error_model='numpy', inline='always')(function)


def inlined(function: Callable) -> Any:
    """
    Compile a small `function` of the inner loop into its callers.

    To call it would cost more than to run it: numba counts references to every array it is given.
    """
    return compiled(function, forceinline=True)


# Forward kinematics --------------------------------------------------------------------------


@compiled
def place_frames(constants: Array, topology: Array, q: Array, frames: Array) -> None:
    """Write rotation and position [m] of every frame in the base into `frames` (f, 12)."""
    for i in range(topology.shape[0]):
        parent, kind = topology[i, 0], topology[i, 2]
        x, cosine, sine = 0.0, 1.0, 0.0
        if kind != TIP:
            x = constants[i, 12] * q[topology[i, 1]] + constants[i, 13]
        if kind == REVOLUTE:
            cosine, sine = math.cos(x), math.sin(x)
        for row in range(3):
            k = 3 * row
            a, b, c = constants[i, k], constants[i, k + 1], constants[i, k + 2]
            d = constants[i, 9 + row]
            if parent >= 0:
                r0, r1, r2 = frames[parent, k], frames[parent, k + 1], frames[parent, k + 2]
                a = r0 * constants[i, 0] + r1 * constants[i, 3] + r2 * constants[i, 6]
                b = r0 * constants[i, 1] + r1 * constants[i, 4] + r2 * constants[i, 7]
                c = r0 * constants[i, 2] + r1 * constants[i, 5] + r2 * constants[i, 8]
                d = (r0 * constants[i, 9] + r1 * constants[i, 10] + r2 * constants[i, 11]
                     + frames[parent, 9 + row])
            if kind == PRISMATIC:
                d += c * x
            frames[i, k] = a * cosine + b * sine
            frames[i, k + 1] = b * cosine - a * sine
            frames[i, k + 2] = c
            frames[i, 9 + row] = d


@inlined
def add_columns(constants: Array, topology: Array, frames: Array, tip: int, partial: bool,
                weight_p: float, weight_o: float, task: Array, t: int, jacobian: Array) -> None:
    """
    Add the rows of `J` that belong to frame `tip`, the tip number `t`, to `jacobian` (n, r).

    The geometric Jacobian in the base frame at the tip's origin, weighted; if the target is
    `partial`, turned into rows by the two matrices in ``task[t]`` (18,) instead.
    """
    px, py, pz = frames[tip, 9], frames[tip, 10], frames[tip, 11]
    i, first = topology[tip, 0], ROWS * t
    while i >= 0:
        j, gain = topology[i, 1], constants[i, 12]
        vx, vy, vz = gain * frames[i, 2], gain * frames[i, 5], gain * frames[i, 8]
        wx, wy, wz = 0.0, 0.0, 0.0
        if topology[i, 2] == REVOLUTE:
            wx, wy, wz = vx, vy, vz
            rx, ry, rz = px - frames[i, 9], py - frames[i, 10], pz - frames[i, 11]
            vx, vy, vz = wy * rz - wz * ry, wz * rx - wx * rz, wx * ry - wy * rx
        if partial:
            for row in range(3):
                k = 3 * row
                jacobian[j, first + row] += (
                    task[t, k] * vx + task[t, k + 1] * vy + task[t, k + 2] * vz)
                jacobian[j, first + 3 + row] += (
                    task[t, k + 9] * wx + task[t, k + 10] * wy + task[t, k + 11] * wz)
        else:
            jacobian[j, first] += weight_p * vx
            jacobian[j, first + 1] += weight_p * vy
            jacobian[j, first + 2] += weight_p * vz
            jacobian[j, first + 3] += weight_o * wx
            jacobian[j, first + 4] += weight_o * wy
            jacobian[j, first + 5] += weight_o * wz
        i = topology[i, 0]


@compiled
def tip_frames(constants: Array, topology: Array, q: Array, frames: Array) -> None:
    """Write every frame in the base into `frames` (f, 12); the tips are the last rows."""
    place_frames(constants, topology, q, frames)


@compiled
def tip_jacobian(constants: Array, topology: Array, q: Array, frames: Array, tip: int,
                 jacobian: Array) -> None:
    """Write the geometric Jacobian of frame `tip`, transposed, into `jacobian` (n, 6)."""
    place_frames(constants, topology, q, frames)
    jacobian[:] = 0.0
    task = np.empty((1, 18))
    add_columns(constants, topology, frames, tip, False, 1.0, 1.0, task, 0, jacobian)


# Error and slope -----------------------------------------------------------------------------


@inlined
def rotation_vector(goal: Array, t: int, frames: Array, i: int) -> tuple[float, float, float]:
    """
    Return the rotation vector [rad] that turns frame `i` onto goal `t`, in the base.

    The angle comes from both sine and cosine, so that no rounding can leave their domain; near
    half a turn, where the sine vanishes, the axis is read off the symmetric part.
    """
    t0, t1, t2 = goal[t, 3], goal[t, 4], goal[t, 5]
    t3, t4, t5 = goal[t, 6], goal[t, 7], goal[t, 8]
    t6, t7, t8 = goal[t, 9], goal[t, 10], goal[t, 11]
    f0, f1, f2 = frames[i, 0], frames[i, 1], frames[i, 2]
    f3, f4, f5 = frames[i, 3], frames[i, 4], frames[i, 5]
    f6, f7, f8 = frames[i, 6], frames[i, 7], frames[i, 8]
    m00, m01, m02 = (t0 * f0 + t1 * f1 + t2 * f2, t0 * f3 + t1 * f4 + t2 * f5,
                     t0 * f6 + t1 * f7 + t2 * f8)
    m10, m11, m12 = (t3 * f0 + t4 * f1 + t5 * f2, t3 * f3 + t4 * f4 + t5 * f5,
                     t3 * f6 + t4 * f7 + t5 * f8)
    m20, m21, m22 = (t6 * f0 + t7 * f1 + t8 * f2, t6 * f3 + t7 * f4 + t8 * f5,
                     t6 * f6 + t7 * f7 + t8 * f8)
    x, y, z = m21 - m12, m02 - m20, m10 - m01
    sine = 0.5 * math.sqrt(x * x + y * y + z * z)
    cosine = 0.5 * (m00 + m11 + m22 - 1.0)
    angle = math.atan2(sine, cosine)
    if cosine > -0.99:
        scale = 0.5 * angle / sine if sine > 1e-12 else 0.5
        return scale * x, scale * y, scale * z
    # R + R^T = 2 cos(angle) I + 2 (1 - cos(angle)) a a^T: the longest column gives the axis a.
    if m00 >= m11 and m00 >= m22:
        a, b, c = m00 - cosine, 0.5 * (m01 + m10), 0.5 * (m02 + m20)
    elif m11 >= m22:
        a, b, c = 0.5 * (m01 + m10), m11 - cosine, 0.5 * (m12 + m21)
    else:
        a, b, c = 0.5 * (m02 + m20), 0.5 * (m12 + m21), m22 - cosine
    scale = angle / math.sqrt(a * a + b * b + c * c)
    if a * x + b * y + c * z < 0.0:
        scale = -scale
    return scale * a, scale * b, scale * c


@compiled
def excess(value: float, tolerance: float) -> float:
    """Return by how much `value` lies outside plus or minus `tolerance`."""
    if value > tolerance:
        return value - tolerance
    if value < -tolerance:
        return value + tolerance
    return 0.0 * value  # a NaN stays one


@compiled
def box_rows(goal: Array, part: int, weight: float, error: Array, derivative: Array,
             residual: Array, task: Array) -> float:
    """
    Write residual (3,) and task matrix (9,) of a part whose axes have tolerances.

    `error` (3,) is that of the part in the base, target minus tip, and `derivative` (9,) turns
    velocity into minus its rate. Return the squared excess, unweighted.
    """
    squared = 0.0
    for i in range(3):
        along = error[i]
        if goal[G_FRAME + part] == TARGET_FRAME:
            along = (goal[G_AXES + i] * error[0] + goal[G_AXES + 3 + i] * error[1]
                     + goal[G_AXES + 6 + i] * error[2])
        tolerance = goal[G_TOLERANCE + 3 * part + i]
        over = excess(along, tolerance) if tolerance < np.inf else 0.0
        squared += over * over
        residual[i] = weight * over
        counts = weight if over != 0.0 or tolerance == 0.0 else 0.0
        for column in range(3):
            entry = derivative[3 * i + column]
            if goal[G_FRAME + part] == TARGET_FRAME:
                entry = (goal[G_AXES + i] * derivative[column]
                         + goal[G_AXES + 3 + i] * derivative[3 + column]
                         + goal[G_AXES + 6 + i] * derivative[6 + column])
            task[3 * i + column] = counts * entry
    return squared


@compiled
def inverse_left_jacobian(phi: Array, out: Array) -> None:
    """Write ``J_l^-1(phi)``, the derivative of the logarithm, row by row to `out` (9,)."""
    x, y, z = phi
    squared = x * x + y * y + z * z
    factor = 1.0 / 12.0
    if squared > 1e-8:
        half = 0.5 * math.sqrt(squared)
        factor = (1.0 - half * math.cos(half) / math.sin(half)) / squared
    out[0] = 1.0 - factor * (y * y + z * z)
    out[4] = 1.0 - factor * (x * x + z * z)
    out[8] = 1.0 - factor * (x * x + y * y)
    out[1], out[3] = factor * x * y + 0.5 * z, factor * x * y - 0.5 * z
    out[2], out[6] = factor * x * z - 0.5 * y, factor * x * z + 0.5 * y
    out[5], out[7] = factor * y * z + 0.5 * x, factor * y * z - 0.5 * x


@compiled
def axis_rows(goal: Array, weight: float, frame: Array, residual: Array, task: Array) -> float:
    """
    Write residual (3,) and task matrix (9,) of an axis that shall point in a direction.

    Without a cone all turns but those about the axis count; with one, and outside of it, only the
    turn towards the direction. Return the squared angle [rad^2] that is too much.
    """
    a, u, s = np.empty(3), np.empty(3), np.empty(3)
    for i in range(3):
        a[i], u[i] = 0.0, 0.0
        for k in range(3):
            a[i] += frame[3 * i + k] * goal[G_AXIS + k]
            u[i] += goal[G_ROTATION + 3 * i + k] * goal[G_AXIS + k]
    for i in range(3):
        s[i] = a[(i + 1) % 3] * u[(i + 2) % 3] - a[(i + 2) % 3] * u[(i + 1) % 3]
    sine = math.sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2])
    cosine = a[0] * u[0] + a[1] * u[1] + a[2] * u[2]
    angle = math.atan2(sine, cosine)
    if sine > 1e-9:
        s /= sine
    else:
        # Along the direction any turn is as good; against it, any turn about a perpendicular.
        k = int(np.argmin(np.abs(a)))
        s[k], s[(k + 1) % 3], s[(k + 2) % 3] = 0.0, -a[(k + 2) % 3], a[(k + 1) % 3]
        s /= math.sqrt(s[0] * s[0] + s[1] * s[1] + s[2] * s[2])
    over = max(angle - goal[G_CONE], 0.0)
    # The share of the rotation onto the direction that is left turns with the axis: all of it
    # without a cone, nothing inside of one.
    share = 1.0 if goal[G_CONE] == 0.0 else over / max(angle, goal[G_CONE])
    radial = 1.0 if share > 0.0 else 0.0
    for i in range(3):
        residual[i] = weight * over * s[i]
        for k in range(3):
            across = (1.0 if i == k else 0.0) - a[i] * a[k] - s[i] * s[k]
            task[3 * i + k] = weight * (radial * s[i] * s[k] + share * across)
    return over * over


@compiled
def partial_rows(goal: Array, t: int, part: int, weight: float, frames: Array, i: int,
                 residual: Array, task: Array) -> float:
    """Write the residual and the task matrix of one part that may leave freedom."""
    rows = residual[ROWS * t + 3 * part:ROWS * t + 3 * part + 3]
    matrix = task[t, 9 * part:9 * part + 9]
    if goal[t, G_KIND + part] == AXIS:
        return axis_rows(goal[t], weight, frames[i], rows, matrix)
    error, derivative = np.empty(3), np.zeros(9)
    if part == 0:
        for k in range(3):
            error[k] = goal[t, G_POSITION + k] - frames[i, 9 + k]
            derivative[4 * k] = 1.0
    else:
        error[0], error[1], error[2] = rotation_vector(goal, t, frames, i)
        inverse_left_jacobian(-error, derivative)
    return box_rows(goal[t], part, weight, error, derivative, rows, matrix)


@inlined
def tip_error(goal: Array, t: int, length: float, frames: Array, i: int, residual: Array,
              task: Array, errors: Array) -> float:
    """
    Fill the rows of tip `t`, whose frame is `i`, and return its cost.

    The largest squared errors of what counts, unweighted, are kept in `errors`; written so that a
    NaN stays, where max() would lose it.
    """
    weight_p, weight_o = goal[t, G_WEIGHT], length * goal[t, G_WEIGHT + 1]
    at = ROWS * t
    squared_p, squared_o = 0.0, 0.0
    if is_partial(goal, t):
        for part in range(2):
            weight = weight_p if part == 0 else weight_o
            squared = partial_rows(goal, t, part, weight, frames, i, residual, task)
            squared_p, squared_o = (squared, squared_o) if part == 0 else (squared_p, squared)
    else:
        x, y, z = (goal[t, 0] - frames[i, 9], goal[t, 1] - frames[i, 10],
                   goal[t, 2] - frames[i, 11])
        squared_p = x * x + y * y + z * z
        residual[at], residual[at + 1], residual[at + 2] = (
            weight_p * x, weight_p * y, weight_p * z)
        x, y, z = 0.0, 0.0, 0.0
        if weight_o > 0.0:
            x, y, z = rotation_vector(goal, t, frames, i)
            squared_o = x * x + y * y + z * z
        residual[at + 3], residual[at + 4], residual[at + 5] = (
            weight_o * x, weight_o * y, weight_o * z)
    if weight_p > 0.0 and not squared_p <= errors[E_POSITION]:
        errors[E_POSITION] = squared_p
    if weight_o > 0.0 and not squared_o <= errors[E_ORIENTATION]:
        errors[E_ORIENTATION] = squared_o
    return 0.5 * (weight_p * weight_p * squared_p + weight_o * weight_o * squared_o)


@inlined
def is_partial(goal: Array, t: int) -> bool:
    """Return whether goal `t` leaves freedom in a part that it asks for."""
    return goal[t, G_KIND] != FULL or goal[t, G_KIND + 1] != FULL


@inlined
def add_tool(goal: Array, t: int, frames: Array, i: int) -> None:
    """Move frame `i`, that of tip `t`, to the point of it that is meant."""
    for k in range(3):
        frames[i, 9 + k] += (frames[i, 3 * k] * goal[t, G_TOOL]
                             + frames[i, 3 * k + 1] * goal[t, G_TOOL + 1]
                             + frames[i, 3 * k + 2] * goal[t, G_TOOL + 2])


@compiled
def evaluate(constants: Array, topology: Array, goal: Array, length: float, q: Array,
             frames: Array, residual: Array, task: Array, errors: Array) -> float:
    """
    Place the frames at `q`, fill the residual and return the cost.

    `errors` gets the cost and, over all tips, the largest position error [m] and orientation
    error [rad] of what counts.
    """
    place_frames(constants, topology, q, frames)
    first_tip = topology.shape[0] - goal.shape[0]
    errors[E_POSITION], errors[E_ORIENTATION] = 0.0, 0.0
    cost = 0.0
    for t in range(goal.shape[0]):
        i = first_tip + t
        add_tool(goal, t, frames, i)
        cost += tip_error(goal, t, length, frames, i, residual, task, errors)
    errors[E_COST] = cost
    errors[E_POSITION] = math.sqrt(errors[E_POSITION])
    errors[E_ORIENTATION] = math.sqrt(errors[E_ORIENTATION])
    return cost


@compiled
def fill_jacobian(constants: Array, topology: Array, goal: Array, length: float, frames: Array,
                  task: Array, jacobian: Array) -> None:
    """Fill `jacobian` (n, r) from the frames and tasks that `evaluate` left."""
    for j in range(jacobian.shape[0]):
        for row in range(jacobian.shape[1]):
            jacobian[j, row] = 0.0
    first_tip = topology.shape[0] - goal.shape[0]
    for t in range(goal.shape[0]):
        add_columns(constants, topology, frames, first_tip + t, is_partial(goal, t),
                    goal[t, G_WEIGHT], goal[t, G_WEIGHT + 1] * length, task, t, jacobian)


@compiled
def measure(chain: Chain, goal: Goal, q: Array, work: Work) -> float:
    """Do what `evaluate` does."""
    return evaluate(chain.constants, chain.topology, goal.rows, goal.length, q, work.frames,
                    work.residual, work.task, work.errors)


@compiled
def weighted_jacobian(chain: Chain, goal: Goal, work: Work) -> None:
    """Do what `fill_jacobian` does."""
    fill_jacobian(chain.constants, chain.topology, goal.rows, goal.length, work.frames, work.task,
                  work.jacobian)


@inlined
def along(jacobian: Array, j: int, rows: Array) -> float:
    """Return entry `j` of ``J^T rows``."""
    total = (jacobian[j, 0] * rows[0] + jacobian[j, 1] * rows[1] + jacobian[j, 2] * rows[2]
             + jacobian[j, 3] * rows[3] + jacobian[j, 4] * rows[4] + jacobian[j, 5] * rows[5])
    for i in range(ROWS, rows.shape[0]):
        total += jacobian[j, i] * rows[i]
    return total


@compiled
def tip_distance(goal: Array, length: float, frames: Array) -> float:
    """Return how far the tip at ``frames[0]``, rotation row by row and position, is off [m]."""
    frames = frames.copy()
    add_tool(goal, 0, frames, 0)
    return math.sqrt(2.0 * tip_error(goal, 0, length, frames, 0, np.empty(ROWS),
                                     np.empty((1, 18)), np.zeros(ERRORS)))


@compiled
def slope_of(chain: Chain, goal: Goal, options: Options, q: Array, j: int, work: Work) -> float:
    """
    Return the slope of the cost along variable `j` at `q`, whose frames are placed.

    The finite difference samples past a limit if it must: the error is defined there, and a
    sample taken through the clamp would read no slope at all.
    """
    if options.slope == EXACT:
        return -along(work.jacobian, j, work.residual)
    here = work.errors[E_COST]
    kept = q[j]
    q[j] = kept + options.sampling_distance
    beside = measure(chain, goal, q, work)
    q[j] = kept
    work.errors[E_COST] = here
    return (beside - here) / options.sampling_distance


@compiled
def slope_vector(chain: Chain, goal: Goal, options: Options, q: Array, work: Work,
                 slope: Array) -> None:
    """Write the slope of the cost along every variable at `q` into `slope` (n,)."""
    measure(chain, goal, q, work)
    if options.slope == EXACT:
        weighted_jacobian(chain, goal, work)
    for j in range(q.shape[0]):
        slope[j] = slope_of(chain, goal, options, q, j, work)


@compiled
def assess(constants: Array, topology: Array, bounds: Array, starts: Array, start_tips: Array,
           reach: Array, goal_rows: Array, option_array: Array, q: Array, slope: Array,
           errors: Array) -> None:
    """Write the slope of the cost at `q` to `slope` (n,), and what `measure` finds to `errors`."""
    chain = Chain(constants, topology, bounds, starts, start_tips, reach)
    options = unpack_options(option_array)
    goal = Goal(goal_rows, options.orientation_weight)
    work = new_work(chain, goal)
    slope_vector(chain, goal, options, q, work, slope)
    measure(chain, goal, q, work)
    errors[:] = work.errors


@inlined
def arrived(errors: Array, options: Options) -> bool:
    """Return whether every error that was measured is within its tolerance."""
    return (errors[E_POSITION] <= options.position_tolerance
            and errors[E_ORIENTATION] <= options.orientation_tolerance)


# Step rules ----------------------------------------------------------------------------------


@inlined
def clamp(value: float, lower: float, upper: float) -> float:
    """Return `value` moved into [lower, upper]."""
    return min(max(value, lower), upper)


@compiled
def sweep_step(chain: Chain, goal: Goal, options: Options, q: Array, work: Work) -> None:
    """Move one variable after the other against its slope, until the tip has arrived."""
    n = q.shape[0]
    for k in range(n):
        j = n - 1 - k if options.sweep_order == TIP_TO_BASE else k
        if options.slope == EXACT:
            weighted_jacobian(chain, goal, work)
        moved = q[j] - options.rate * slope_of(chain, goal, options, q, j, work)
        q[j] = clamp(moved, chain.bounds[0, j], chain.bounds[1, j])
        measure(chain, goal, q, work)
        if arrived(work.errors, options):
            return


@compiled
def gradient_step(chain: Chain, goal: Goal, options: Options, q: Array, slope: Array, work: Work,
                  numbers: Array) -> None:
    """Move all variables along the projected slope, at a rate that follows the curvature."""
    n = q.shape[0]
    steps = int(numbers[N_STEPS])
    history = numbers[N_HISTORY:N_HISTORY + HISTORY]
    if steps == 0:
        slope_vector(chain, goal, options, q, work, slope)
        numbers[N_RATE] = options.rate
        history[:] = measure(chain, goal, q, work)
    downhill = 0.0
    for j in range(n):
        moved = q[j] - numbers[N_RATE] * slope[j]
        work.step[j] = clamp(moved, chain.bounds[0, j], chain.bounds[1, j]) - q[j]
        downhill += slope[j] * work.step[j]
    highest = history.max()
    fraction = 1.0
    while True:
        for j in range(n):
            work.trial[j] = clamp(q[j] + fraction * work.step[j],
                                  chain.bounds[0, j], chain.bounds[1, j])
        cost = measure(chain, goal, work.trial, work)
        if cost <= highest + ARMIJO * fraction * downhill or fraction < SMALLEST_FRACTION:
            break
        fraction *= 0.5
    slope_vector(chain, goal, options, work.trial, work, work.slope)
    squared, curvature = 0.0, 0.0
    for j in range(n):
        moved = work.trial[j] - q[j]
        squared += moved * moved
        curvature += moved * (work.slope[j] - slope[j])
        q[j] = work.trial[j]
        slope[j] = work.slope[j]
    if curvature > 0.0:
        numbers[N_RATE] = clamp(squared / curvature, RATE_MIN, RATE_MAX)
    else:
        numbers[N_RATE] = min(2.0 * numbers[N_RATE], RATE_MAX)
    history[(steps + 1) % HISTORY] = cost
    measure(chain, goal, q, work)


@compiled
def damped_step(bounds: Array, q: Array, damping: float, jacobian: Array, residual: Array,
                free: Array, normal: Array, rhs: Array, step: Array) -> None:
    """
    Fill `step` (n,) with the damped least squares step from `q`, inside the limits.

    Joints at a limit that the slope pushes further out are held before the first solve. Joints
    that the step would take past a limit go exactly to it, and the others are solved again for the
    error that is left.
    """
    n = q.shape[0]
    for j in range(n):
        downhill = along(jacobian, j, residual)
        outward = ((q[j] >= bounds[1, j] and downhill > 0.0)
                   or (q[j] <= bounds[0, j] and downhill < 0.0))
        free[j] = not outward
        step[j] = 0.0
    for _ in range(n):
        solve_free(jacobian, free, residual, damping, normal, rhs, step)
        inside = True
        for j in range(n):
            if free[j]:
                moved = q[j] + step[j]
                kept = clamp(moved, bounds[0, j], bounds[1, j])
                if kept != moved:
                    inside = False
                    free[j] = False
                    step[j] = kept - q[j]
                    for row in range(residual.shape[0]):
                        residual[row] -= jacobian[j, row] * step[j]
        if inside:
            return


@compiled
def solve_free(jacobian: Array, free: Array, residual: Array, damping: float, normal: Array,
               rhs: Array, step: Array) -> None:
    """
    Solve the damped least squares problem over the free variables into `step` (n,).

    Of the two equivalent forms, ``J^T (J J^T + lambda I)^-1 e`` over the rows and ``(J^T J +
    lambda I)^-1 J^T e`` over the variables, the smaller one is solved, which is also the one of
    full rank. For one tip that over the rows is written out, and so much faster that it is taken
    wherever the damping keeps it accurate.
    """
    n, rows = jacobian.shape
    count = free.sum()
    one_tip = rows == ROWS
    if count > rows or (one_tip and (count == rows or damping > DAMPING_FOR_ROWS)):
        if one_tip:
            solve_six_rows(jacobian, free, residual, damping, rhs)
        else:
            solve_rows(jacobian, free, residual, damping, normal, rhs)
        for j in range(n):
            if free[j]:
                step[j] = along(jacobian, j, rhs)
    elif count > 0:
        solve_variables(jacobian, free, residual, damping, count, normal, rhs, step)


@inlined
def solve_six_rows(jacobian: Array, free: Array, e: Array, damping: float, y: Array) -> None:
    """
    Solve ``(J J^T + lambda I) y = e`` for the six rows of one tip.

    The factorisation L D L^T stands here entry by entry: in registers it takes a third of the time
    of loops over a matrix, and it is most of a step.
    """
    a00, a11, a22, a33, a44, a55 = damping, damping, damping, damping, damping, damping
    a10 = a20 = a21 = a30 = a31 = a32 = a40 = a41 = a42 = a43 = 0.0
    a50 = a51 = a52 = a53 = a54 = 0.0
    for j in range(jacobian.shape[0]):
        if free[j]:
            c0, c1, c2 = jacobian[j, 0], jacobian[j, 1], jacobian[j, 2]
            c3, c4, c5 = jacobian[j, 3], jacobian[j, 4], jacobian[j, 5]
            a00 += c0 * c0
            a10, a11 = a10 + c1 * c0, a11 + c1 * c1
            a20, a21, a22 = a20 + c2 * c0, a21 + c2 * c1, a22 + c2 * c2
            a30, a31, a32, a33 = a30 + c3 * c0, a31 + c3 * c1, a32 + c3 * c2, a33 + c3 * c3
            a40, a41, a42, a43 = a40 + c4 * c0, a41 + c4 * c1, a42 + c4 * c2, a43 + c4 * c3
            a44 += c4 * c4
            a50, a51, a52, a53 = a50 + c5 * c0, a51 + c5 * c1, a52 + c5 * c2, a53 + c5 * c3
            a54, a55 = a54 + c5 * c4, a55 + c5 * c5
    # Rounding may push a vanishing pivot below zero; the floor keeps the step finite.
    d0 = 1.0 / max(a00, DAMPING_FLOOR)
    l10, l20, l30, l40, l50 = a10 * d0, a20 * d0, a30 * d0, a40 * d0, a50 * d0
    d1 = 1.0 / max(a11 - l10 * a10, DAMPING_FLOOR)
    u21, u31, u41 = a21 - l20 * a10, a31 - l30 * a10, a41 - l40 * a10
    u51 = a51 - l50 * a10
    l21, l31, l41, l51 = u21 * d1, u31 * d1, u41 * d1, u51 * d1
    d2 = 1.0 / max(a22 - l20 * a20 - l21 * u21, DAMPING_FLOOR)
    u32, u42 = a32 - l30 * a20 - l31 * u21, a42 - l40 * a20 - l41 * u21
    u52 = a52 - l50 * a20 - l51 * u21
    l32, l42, l52 = u32 * d2, u42 * d2, u52 * d2
    d3 = 1.0 / max(a33 - l30 * a30 - l31 * u31 - l32 * u32, DAMPING_FLOOR)
    u43 = a43 - l40 * a30 - l41 * u31 - l42 * u32
    u53 = a53 - l50 * a30 - l51 * u31 - l52 * u32
    l43, l53 = u43 * d3, u53 * d3
    d4 = 1.0 / max(a44 - l40 * a40 - l41 * u41 - l42 * u42 - l43 * u43, DAMPING_FLOOR)
    u54 = a54 - l50 * a40 - l51 * u41 - l52 * u42 - l53 * u43
    l54 = u54 * d4
    d5 = 1.0 / max(a55 - l50 * a50 - l51 * u51 - l52 * u52 - l53 * u53 - l54 * u54,
                   DAMPING_FLOOR)
    z0 = e[0]
    z1 = e[1] - l10 * z0
    z2 = e[2] - l20 * z0 - l21 * z1
    z3 = e[3] - l30 * z0 - l31 * z1 - l32 * z2
    z4 = e[4] - l40 * z0 - l41 * z1 - l42 * z2 - l43 * z3
    z5 = e[5] - l50 * z0 - l51 * z1 - l52 * z2 - l53 * z3 - l54 * z4
    y[5] = z5 * d5
    y[4] = z4 * d4 - l54 * y[5]
    y[3] = z3 * d3 - l43 * y[4] - l53 * y[5]
    y[2] = z2 * d2 - l32 * y[3] - l42 * y[4] - l52 * y[5]
    y[1] = z1 * d1 - l21 * y[2] - l31 * y[3] - l41 * y[4] - l51 * y[5]
    y[0] = z0 * d0 - l10 * y[1] - l20 * y[2] - l30 * y[3] - l40 * y[4] - l50 * y[5]


@compiled
def solve_rows(jacobian: Array, free: Array, residual: Array, damping: float, normal: Array,
               rhs: Array) -> None:
    """Solve ``(J J^T + lambda I) y = e`` into `rhs`, for any number of rows."""
    n, rows = jacobian.shape
    for a in range(rows):
        for b in range(a + 1):
            normal[a, b] = 0.0
        normal[a, a] = damping
        rhs[a] = residual[a]
    for j in range(n):
        if free[j]:
            for a in range(rows):
                for b in range(a + 1):
                    normal[a, b] += jacobian[j, a] * jacobian[j, b]
    cholesky_solve(normal, rhs, rows)


@compiled
def solve_variables(jacobian: Array, free: Array, residual: Array, damping: float, count: int,
                    normal: Array, rhs: Array, step: Array) -> None:
    """Solve ``(J^T J + lambda I) x = J^T e`` for the `count` free variables into `step`."""
    n, rows = jacobian.shape
    a = 0
    for i in range(n):
        if free[i]:
            b = 0
            for j in range(i + 1):
                if free[j]:
                    total = damping if i == j else 0.0
                    for row in range(rows):
                        total += jacobian[i, row] * jacobian[j, row]
                    normal[a, b] = total
                    b += 1
            rhs[a] = along(jacobian, i, residual)
            a += 1
    cholesky_solve(normal, rhs, count)
    a = 0
    for j in range(n):
        if free[j]:
            step[j] = rhs[a]
            a += 1


@compiled
def cholesky_solve(matrix: Array, rhs: Array, size: int) -> None:
    """Solve in place for the symmetric positive definite lower triangle `matrix[:size, :size]`."""
    for i in range(size):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= matrix[i, k] * matrix[j, k]
            if i == j:
                matrix[i, i] = 1.0 / math.sqrt(max(total, DAMPING_FLOOR))
            else:
                matrix[i, j] = total * matrix[j, j]
        total = rhs[i]
        for k in range(i):
            total -= matrix[i, k] * rhs[k]
        rhs[i] = total * matrix[i, i]
    for i in range(size - 1, -1, -1):
        total = rhs[i]
        for k in range(i + 1, size):
            total -= matrix[k, i] * rhs[k]
        rhs[i] = total * matrix[i, i]


@inlined
def move(bounds: Array, q: Array, step: Array, out: Array) -> None:
    """Write ``q + step``, held inside the limits against rounding, into `out`."""
    for j in range(q.shape[0]):
        out[j] = clamp(q[j] + step[j], bounds[0, j], bounds[1, j])


# Starts --------------------------------------------------------------------------------------


@compiled
def uniform(seed: int, counter: int) -> float:
    """Return number `counter` of random stream `seed`, in [0, 1): splitmix64, without state."""
    z = np.uint64(seed) + np.uint64(counter) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) / 9007199254740992.0


@compiled
def tabulate(constants: Array, topology: Array, bounds: Array, starts: Array,
             start_tips: Array) -> None:
    """Fill `starts` (s, n) with random vectors, and `start_tips` (m, 12, s) with their tips."""
    n, tips = bounds.shape[1], start_tips.shape[0]
    frames = np.empty((topology.shape[0], 12))
    for k in range(starts.shape[0]):
        for j in range(n):
            low, high = bounds[2, j], bounds[3, j]
            starts[k, j] = low + (high - low) * uniform(TABLE_SEED, k * n + j)
        place_frames(constants, topology, starts[k], frames)
        for t in range(tips):
            for i in range(12):
                start_tips[t, i, k] = frames[topology.shape[0] - tips + t, i]


@compiled
def score_positions(goal: Array, t: int, frames: Array, scores: Array) -> None:
    """
    Add the squared position error of tip `t` at each of `frames` (m, 12, s) to `scores` (s,).

    Column by column, so that the compiler works on several entries at once.
    """
    squared = goal[t, G_WEIGHT] ** 2
    tool_x, tool_y, tool_z = goal[t, G_TOOL], goal[t, G_TOOL + 1], goal[t, G_TOOL + 2]
    points = np.empty((3, scores.shape[0]))
    for i in range(3):
        for k in range(scores.shape[0]):
            points[i, k] = (frames[t, 9 + i, k] + frames[t, 3 * i, k] * tool_x
                            + frames[t, 3 * i + 1, k] * tool_y
                            + frames[t, 3 * i + 2, k] * tool_z)
    for i in range(3):
        if goal[t, G_KIND] == BOX and goal[t, G_TOLERANCE + i] == np.inf:
            continue
        x, y, z = base_axis(goal, t, 0, i)
        wanted = (x * goal[t, G_POSITION] + y * goal[t, G_POSITION + 1]
                  + z * goal[t, G_POSITION + 2])
        for k in range(scores.shape[0]):
            off = wanted - x * points[0, k] - y * points[1, k] - z * points[2, k]
            scores[k] += squared * off * off


@compiled
def score_orientations(goal: Array, t: int, length: float, frames: Array, scores: Array) -> None:
    """
    Add about the squared orientation error of tip `t` [m] to `scores` (s,), but for a constant.

    ``2 (1 - cos(angle))``, read off the trace, stands for the squared angle.
    """
    squared, wanted = (length * goal[t, G_WEIGHT + 1]) ** 2, np.empty(9)
    free, spin = 0, 0
    if goal[t, G_KIND + 1] == BOX:
        for i in range(3):
            if goal[t, G_TOLERANCE + 3 + i] == np.inf:
                free, spin = free + 1, i
    if free > 1:
        return
    for i in range(9):
        wanted[i] = squared * goal[t, G_ROTATION + i]
    if free == 1 or goal[t, G_KIND + 1] == AXIS:
        # Only where one axis points counts: where it is in the tip, and where in the base.
        axis, base = np.empty(3), np.zeros(3)
        axis[:] = goal[t, G_AXIS:G_AXIS + 3]
        if free == 1:
            base[0], base[1], base[2] = base_axis(goal, t, 1, spin)
            for k in range(3):
                axis[k] = (goal[t, G_ROTATION + k] * base[0] + goal[t, G_ROTATION + 3 + k]
                           * base[1] + goal[t, G_ROTATION + 6 + k] * base[2])
        else:
            for i in range(3):
                for k in range(3):
                    base[i] += goal[t, G_ROTATION + 3 * i + k] * axis[k]
        for i in range(3):
            for k in range(3):
                wanted[3 * i + k] = 2.0 * squared * base[i] * axis[k]
    for i in range(9):
        for k in range(scores.shape[0]):
            scores[k] -= wanted[i] * frames[t, i, k]


@inlined
def base_axis(goal: Array, t: int, part: int, i: int) -> tuple[float, float, float]:
    """Return axis `i` of the frame that the tolerances of a part are in, in the base."""
    if goal[t, G_KIND + part] == BOX and goal[t, G_FRAME + part] == TARGET_FRAME:
        return goal[t, G_AXES + i], goal[t, G_AXES + 3 + i], goal[t, G_AXES + 6 + i]
    return (1.0 if i == 0 else 0.0), (1.0 if i == 1 else 0.0), (1.0 if i == 2 else 0.0)


@compiled
def rank_starts(chain: Chain, goal: Goal, numbers: Array) -> None:
    """
    Write the numbers of the `ORDER` best starts of the table into `numbers`, best first.

    Tolerances are left aside, free axes are not.
    """
    size = chain.starts.shape[0]
    scores = np.zeros(size)
    for t in range(goal.rows.shape[0]):
        if goal.rows[t, G_WEIGHT] > 0.0:
            score_positions(goal.rows, t, chain.start_tips, scores)
        if goal.rows[t, G_WEIGHT + 1] > 0.0:
            score_orientations(goal.rows, t, goal.length, chain.start_tips, scores)
    lowest = np.full(ORDER, np.inf)
    numbers[N_ORDER:N_ORDER + ORDER] = 0.0
    for k in range(size):
        score = scores[k]
        if score < lowest[ORDER - 1]:
            at = ORDER - 1
            while at > 0 and lowest[at - 1] > score:
                lowest[at], numbers[N_ORDER + at] = lowest[at - 1], numbers[N_ORDER + at - 1]
                at -= 1
            lowest[at], numbers[N_ORDER + at] = score, k


@compiled
def draw_start(chain: Chain, goal: Goal, options: Options, restart: int, free: Array, q: Array,
               work: Work) -> None:
    """Set the `free` entries of `q` to the best of a few random vectors inside the limits."""
    n = q.shape[0]
    best = np.inf
    kept = work.slope
    kept[:] = q
    work.trial[:] = q
    for draw in range(DRAWS):
        for j in range(n):
            if free[j]:
                counter = (restart * DRAWS + draw) * n + j
                low, high = chain.bounds[2, j], chain.bounds[3, j]
                share = uniform(int(options.random_seed), counter)
                share = clamp((1.0 + 2.0 * AT_LIMITS) * share - AT_LIMITS, 0.0, 1.0)
                work.trial[j] = low + (high - low) * share
        cost = measure(chain, goal, work.trial, work)
        if cost < best:
            best = cost
            kept[:] = work.trial
    q[:] = kept


@inlined
def is_asked(goal: Array, t: int) -> bool:
    """Return whether anything is asked of tip `t`."""
    return goal[t, G_WEIGHT] > 0.0 or goal[t, G_WEIGHT + 1] > 0.0


@compiled
def mark_path(topology: Array, tip: int, mark: bool, marks: Array) -> None:
    """Set the `marks` (n,) of the variables that move frame `tip`."""
    i = topology[tip, 0]
    while i >= 0:
        marks[topology[i, 1]] = mark
        i = topology[i, 0]


@compiled
def mark_asked(topology: Array, goal: Array, marks: Array) -> None:
    """Mark the variables (n,) that move a tip of which something is asked."""
    tips = goal.shape[0]
    marks[:] = tips == 1
    if tips > 1:
        for t in range(tips):
            if is_asked(goal, t):
                mark_path(topology, topology.shape[0] - tips + t, True, marks)


@compiled
def free_limbs(chain: Chain, goal: Goal, options: Options, q: Array, work: Work) -> bool:
    """
    Leave only those variables free that do not move any tip which is at its target at `q`.

    Return False, with `work.free` as it was, if none are left, or no tip is at its target.
    """
    measure(chain, goal, q, work)
    tips, count = goal.rows.shape[0], work.free.sum()
    before = work.free.copy()
    for t in range(tips):
        near = ((goal.rows[t, G_WEIGHT] * options.position_tolerance) ** 2
                + (goal.rows[t, G_WEIGHT + 1] * goal.length * options.orientation_tolerance) ** 2)
        squared = 0.0
        for i in range(ROWS * t, ROWS * t + ROWS):
            squared += work.residual[i] * work.residual[i]
        if is_asked(goal.rows, t) and squared <= near:
            mark_path(chain.topology, chain.topology.shape[0] - tips + t, False, work.free)
    if work.free.any() and work.free.sum() < count:
        return True
    work.free[:] = before
    return False


@spliced
def next_start(chain: Chain, goal: Goal, options: Options, memory: Memory, work: Work) -> None:
    """
    Begin another descent: from the table of starts, then from random vectors.

    With several tips every second one begins at the best vector so far and moves only the limbs
    whose tips did not arrive. What moves no tip that is asked for stays where it is.
    """
    numbers, q = memory.numbers, memory.vectors[V_CURRENT]
    numbers[N_RESTARTS] += 1
    numbers[N_BEGUN] = 0.0
    restart = int(numbers[N_RESTARTS])
    mark_asked(chain.topology, goal.rows, work.free)
    limbs = False
    if goal.rows.shape[0] > 1 and restart % 2 == 0:
        q[:] = memory.vectors[V_BEST]
        limbs = free_limbs(chain, goal, options, q, work)
    if restart == 1:
        rank_starts(chain, goal, numbers)
    if restart <= ORDER and not limbs:
        start = int(numbers[N_ORDER + (restart - 1 + int(options.random_seed)) % ORDER])
        for j in range(q.shape[0]):
            if work.free[j]:
                q[j] = chain.starts[start, j]
    else:
        draw_start(chain, goal, options, restart, work.free, q, work)
    measure(chain, goal, q, work)


# Descent -------------------------------------------------------------------------------------


@compiled
def keep_best(memory: Memory, work: Work) -> None:
    """Remember the current joint vector if its cost is the lowest so far."""
    if work.errors[E_COST] < memory.numbers[N_BEST_COST]:
        memory.vectors[V_BEST] = memory.vectors[V_CURRENT]
        memory.numbers[N_BEST_COST] = work.errors[E_COST]


@compiled
def unwind(bounds: Array, q: Array, seed: Array) -> bool:
    """
    Turn every joint by full turns to where it is nearest to `seed` inside its limits.

    Return whether any joint was turned.
    """
    turned = False
    for j in range(q.shape[0]):
        period = bounds[4, j]
        if period > 0.0 and abs(seed[j] - q[j]) > 0.5 * period:
            low, high = bounds[0, j], bounds[1, j]
            turns = np.round((seed[j] - q[j]) / period)
            turns = clamp(turns, np.ceil((low - q[j]) / period), np.floor((high - q[j]) / period))
            q[j] = clamp(q[j] + turns * period, low, high)
            turned = turned or turns != 0.0
    return turned


@compiled
def unpack_options(options: Array) -> Options:
    """Return the array `options` with its entries named."""
    return Options(options[0], options[1], options[2], options[3], options[4], options[5],
                   options[6], options[7], options[8], options[9], options[10], options[11],
                   options[12], options[13], options[14], options[15], options[16])


@compiled
def unpack_memory(memory: Array, n: int) -> Memory:
    """Return the array `memory`, ``NUMBERS + VECTORS * n`` entries, with its parts named."""
    return Memory(memory[:NUMBERS], memory[NUMBERS:NUMBERS + VECTORS * n].reshape(VECTORS, n))


@compiled
def new_work(chain: Chain, goal: Goal) -> Work:
    """Return scratch arrays for `chain` and `goal`, carved out of one piece of memory."""
    n, f, m = chain.bounds.shape[1], chain.topology.shape[0], goal.rows.shape[0]
    r = ROWS * m
    jacobian = r
    task = jacobian + n * r
    normal = task + 18 * m
    frames = normal + r * r
    rhs = frames + 12 * f
    step = rhs + r
    a = np.empty(step + 3 * n + ERRORS)
    return Work(a[frames:rhs].reshape(f, 12), a[:r], a[jacobian:task].reshape(n, r),
                a[task:normal].reshape(m, 18), a[normal:frames].reshape(r, r), a[rhs:step],
                a[step:step + n], a[step + n:step + 2 * n], a[step + 2 * n:step + 3 * n],
                a[step + 3 * n:], np.empty(n, dtype=np.bool_))


@compiled
def damped_descent(constants: Array, topology: Array, bounds: Array, goal: Array, options: Options,
                   steps: int, numbers: Array, q: Array, length: float, frames: Array,
                   residual: Array, task: Array, jacobian: Array, normal: Array, rhs: Array,
                   step: Array, free: Array, errors: Array) -> int:
    """
    Take up to `steps` damped steps from `q`, whose frames are placed: see `descent`.

    The arrays come one by one: to hand them on in a NamedTuple at every step would take longer
    than the step, as numba counts references to each.
    """
    patience = float(SEED_PATIENCE if numbers[N_RESTARTS] == 0.0 else DAMPED_PATIENCE)
    for _ in range(steps):
        fill_jacobian(constants, topology, goal, length, frames, task, jacobian)
        damped_step(bounds, q, DAMPING * errors[E_COST] + DAMPING_FLOOR, jacobian, residual, free,
                    normal, rhs, step)
        move(bounds, q, step, q)
        evaluate(constants, topology, goal, length, q, frames, residual, task, errors)
        numbers[N_STEPS] += 1.0
        if arrived(errors, options):
            return CONVERGED
        if slow(errors[E_COST], DAMPED_PROGRESS, patience, numbers):
            return STALLED
    return RUNNING


@spliced
def plain_descent(chain: Chain, goal: Goal, options: Options, steps: int, memory: Memory,
                  work: Work) -> int:
    """Take up to `steps` steps of the sweep or the gradient: see `descent`."""
    for _ in range(steps):
        q = memory.vectors[V_CURRENT]
        if options.step_rule == GRADIENT:
            gradient_step(chain, goal, options, q, memory.vectors[V_SLOPE], work, memory.numbers)
        else:
            sweep_step(chain, goal, options, q, work)
        memory.numbers[N_STEPS] += 1.0
        if arrived(work.errors, options):
            return CONVERGED
        keep_best(memory, work)
        if slow(work.errors[E_COST], PLAIN_PROGRESS, float(PLAIN_PATIENCE), memory.numbers):
            return STALLED
    return RUNNING


@inlined
def slow(cost: float, progress: float, patience: float, numbers: Array) -> bool:
    """Count steps without real progress and return whether this descent should be given up."""
    if cost < progress * numbers[N_REFERENCE]:
        numbers[N_REFERENCE] = cost
        numbers[N_SLOW] = 0.0
        return False
    numbers[N_SLOW] += 1.0
    return numbers[N_SLOW] >= patience or not np.isfinite(cost)


@spliced
def descent(chain: Chain, goal: Goal, options: Options, steps: int, memory: Memory,
            work: Work) -> int:
    """
    Take up to `steps` steps of the chosen rule from the current joints, whose frames are placed.

    Return `RUNNING`, `CONVERGED`, `STALLED` or `OUT_OF_ITERATIONS`; the best joints are kept.
    """
    numbers, errors = memory.numbers, work.errors
    if numbers[N_BEGUN] == 0.0:
        numbers[N_REFERENCE] = errors[E_COST]
        numbers[N_BEGUN], numbers[N_STEPS], numbers[N_SLOW] = 1.0, 0.0, 0.0
        if arrived(errors, options):
            return CONVERGED
        keep_best(memory, work)
    before = numbers[N_STEPS]
    left = min(steps, int(options.max_iterations - before))
    if options.step_rule == DAMPED:
        code = damped_descent(
            chain.constants, chain.topology, chain.bounds, goal.rows, options, left, numbers,
            memory.vectors[V_CURRENT], goal.length, work.frames, work.residual, work.task,
            work.jacobian, work.normal, work.rhs, work.step, work.free, errors)
    else:
        code = plain_descent(chain, goal, options, left, memory, work)
    numbers[N_ITERATIONS] += numbers[N_STEPS] - before
    if code == RUNNING and numbers[N_STEPS] >= options.max_iterations:
        code = OUT_OF_ITERATIONS
    # Not while it runs: where a call of `descend` ends must not change the answer.
    if code == STALLED or code == OUT_OF_ITERATIONS:
        keep_best(memory, work)
    return code


@spliced
def advance(chain: Chain, goal: Goal, options: Options, preferences: Array, steps: int,
            memory: Memory, found: Array, work: Work) -> int:
    """
    Descend for up to `steps` steps from the current joints, whose frames are placed.

    Return `RUNNING` or how the search ended; a descent that is given up sets up the next start.
    """
    numbers = memory.numbers
    code = descent(chain, goal, options, steps, memory, work)
    if code == RUNNING:
        return RUNNING
    if code == CONVERGED:
        # By full turns the tip moves by rounding, which may be too much for a tight tolerance.
        if unwind(chain.bounds, memory.vectors[V_CURRENT], memory.vectors[V_SEED]):
            measure(chain, goal, memory.vectors[V_CURRENT], work)
        if arrived(work.errors, options):
            if accept(chain, goal, options, preferences, memory, found, work):
                return CONVERGED
        else:
            keep_best(memory, work)
    if numbers[N_FOUND] > 0.0 and numbers[N_RESTARTS] >= options.search_restarts:
        return CONVERGED
    impossible = numbers[N_GAP] > options.position_tolerance
    if numbers[N_RESTARTS] < (min(IMPOSSIBLE_RESTARTS, options.max_restarts) if impossible
                              else options.max_restarts):
        next_start(chain, goal, options, memory, work)
        return RUNNING
    if numbers[N_FOUND] > 0.0:
        return CONVERGED
    if not np.isfinite(numbers[N_BEST_COST]):
        return NOT_FINITE
    if impossible:
        return IMPOSSIBLE
    if options.max_restarts > 0:
        return OUT_OF_RESTARTS
    return STALLED if code == CONVERGED else code  # arrived, but not after the full turns


@compiled
def apart(bounds: Array, one: Array, other: Array) -> float:
    """Return the largest difference of a joint, whole turns aside."""
    largest = 0.0
    for j in range(other.shape[0]):
        difference = abs(one[j] - other[j])
        if bounds[4, j] > 0.0:
            difference = abs(difference - np.round(difference / bounds[4, j]) * bounds[4, j])
        largest = max(largest, difference)
    return largest


@spliced
def accept(chain: Chain, goal: Goal, options: Options, preferences: Array, memory: Memory,
           found: Array, work: Work) -> bool:
    """
    Take the current joints, which arrived, as a solution; return whether the search is over.

    Of several solutions the best is the one nearest to the seed; all that are `separation` apart
    in some joint are listed in `found`, if all are wanted.
    """
    numbers, q = memory.numbers, memory.vectors[V_CURRENT]
    memory.vectors[V_ARRIVED] = q
    if options.settle_steps > 0.0 and options.settle_reach > 0.0:
        settle(chain, goal, options, preferences, memory, work)
    distance = 0.0
    for j in range(q.shape[0]):
        moved = q[j] - memory.vectors[V_SEED, j]
        distance += preferences[P_METRIC, j] * moved * moved
    if numbers[N_FOUND] == 0.0 or distance < numbers[N_DISTANCE]:
        numbers[N_DISTANCE] = distance
        memory.vectors[V_BEST] = q
        numbers[N_BEST_COST] = -1.0  # nothing that does not arrive is better
    if options.which == ALL:
        n = q.shape[0]
        listed = int(numbers[N_FOUND])
        for k in range(listed):
            if apart(chain.bounds, found[k], q) < options.separation:
                return numbers[N_RESTARTS] >= options.search_restarts
        found[listed, :n] = q
        found[listed, n] = work.errors[E_POSITION]
        found[listed, n + 1] = work.errors[E_ORIENTATION]
    numbers[N_FOUND] += 1.0
    if options.which == ALL and numbers[N_FOUND] >= found.shape[0]:
        return True
    return options.which == FIRST or numbers[N_RESTARTS] >= options.search_restarts


# Objectives beside the target ----------------------------------------------------------------


@compiled
def log_manipulability(chain: Chain, goal: Goal, q: Array, work: Work) -> float:
    """
    Return the logarithm of Yoshikawa's manipulability of what is asked, at `q`.

    ``1/2 log det(J J^T)``, floored where a row is zero because nothing is asked of it.
    """
    measure(chain, goal, q, work)
    weighted_jacobian(chain, goal, work)
    n, rows = work.jacobian.shape
    for a in range(rows):
        for b in range(a + 1):
            total = MANIPULABILITY_FLOOR if a == b else 0.0
            for j in range(n):
                total += work.jacobian[j, a] * work.jacobian[j, b]
            work.normal[a, b] = total
        work.rhs[a] = 0.0
    cholesky_solve(work.normal, work.rhs, rows)
    total = 0.0
    for a in range(rows):
        total -= math.log(work.normal[a, a])  # the factor is left with its diagonal inverted
    return total


@compiled
def push(bounds: Array, preferences: Array, q: Array, j: int) -> tuple[float, float, float]:
    """
    Return value, slope and second derivative of the push of joint `j` away from its limits.

    ``-log(1 - x^2)`` with `x` running from -1 at one limit to 1 at the other; from `PUSH_EDGE` on
    its parabola, so that it is finite at the limits and beyond.
    """
    weight, half = preferences[P_PUSH, j], 0.5 * (bounds[1, j] - bounds[0, j])
    if weight == 0.0 or not 0.0 < half < np.inf:
        return 0.0, 0.0, 0.0
    x = (q[j] - bounds[0, j]) / half - 1.0
    edge = clamp(x, -PUSH_EDGE, PUSH_EDGE)
    room = 1.0 - edge * edge
    slope, curvature = 2.0 * edge / room, 2.0 * (1.0 + edge * edge) / (room * room)
    over = x - edge
    value = -math.log(room) + slope * over + 0.5 * curvature * over * over
    return (weight * value, weight * (slope + curvature * over) / half,
            weight * curvature / (half * half))


@compiled
def objective(chain: Chain, goal: Goal, options: Options, preferences: Array, q: Array,
              seed: Array, work: Work) -> float:
    """Return the weighted sum of the objectives at `q`: what settling lowers."""
    total = 0.0
    for j in range(q.shape[0]):
        off, moved = q[j] - preferences[P_POSTURE, j], q[j] - seed[j]
        total += 0.5 * (preferences[P_PULL, j] * off * off
                        + preferences[P_STAY, j] * moved * moved)
        total += push(chain.bounds, preferences, q, j)[0]
    if options.manipulability > 0.0:
        total -= options.manipulability * log_manipulability(chain, goal, q, work)
    return total


@compiled
def slope_of_objective(chain: Chain, goal: Goal, options: Options, preferences: Array, q: Array,
                       seed: Array, work: Work, slope: Array) -> None:
    """Write the slope of the objectives at `q` to `slope` (n,), manipulability by differences."""
    here = 0.0
    if options.manipulability > 0.0:
        here = log_manipulability(chain, goal, q, work)
    for j in range(q.shape[0]):
        slope[j] = (preferences[P_PULL, j] * (q[j] - preferences[P_POSTURE, j])
                    + preferences[P_STAY, j] * (q[j] - seed[j]))
        slope[j] += push(chain.bounds, preferences, q, j)[1]
        if options.manipulability > 0.0:
            kept = q[j]
            q[j] = kept + MANIPULABILITY_SAMPLE
            beside = log_manipulability(chain, goal, q, work)
            q[j] = kept
            slope[j] -= options.manipulability * (beside - here) / MANIPULABILITY_SAMPLE


@compiled
def weigh_joints(bounds: Array, options: Options, preferences: Array, q: Array,
                 weights: Array) -> bool:
    """Write the second derivatives of the objectives to `weights` (n,); False if all are zero."""
    largest = 0.0
    for j in range(weights.shape[0]):
        weights[j] = (preferences[P_PULL, j] + preferences[P_STAY, j] + options.manipulability
                      + push(bounds, preferences, q, j)[2])
        largest = max(largest, weights[j])
    for j in range(weights.shape[0]):
        weights[j] = max(weights[j], SETTLE_FLOOR * largest)
    return largest > 0.0


@compiled
def null_step(bounds: Array, q: Array, displacement: Array, weights: Array, work: Work) -> None:
    """
    Write the step nearest to `displacement` that keeps the tips where they are to `work.step`.

    Minimises ``(d - D)^T W (d - D)`` subject to ``J d = e`` inside the limits: with the columns of
    `J` divided by the root of the weights this is a least-norm problem for ``d - D``. Joints that
    it takes past a limit go to it and are left out, as in `damped_step`.
    """
    n = q.shape[0]
    jacobian, residual = work.jacobian, work.residual
    for j in range(n):
        work.free[j] = True
        work.slope[j] = 0.0
        for row in range(residual.shape[0]):
            residual[row] -= jacobian[j, row] * displacement[j]
            jacobian[j, row] /= math.sqrt(weights[j])
    for _ in range(n):
        solve_free(jacobian, work.free, residual, DAMPING_FOR_ROWS, work.normal, work.rhs,
                   work.slope)
        inside = True
        for j in range(n):
            if work.free[j]:
                work.step[j] = displacement[j] + work.slope[j] / math.sqrt(weights[j])
                moved = q[j] + work.step[j]
                kept = clamp(moved, bounds[0, j], bounds[1, j])
                if kept != moved:
                    inside = False
                    work.free[j] = False
                    work.step[j] = kept - q[j]
                    given = (work.step[j] - displacement[j]) * math.sqrt(weights[j])
                    for row in range(residual.shape[0]):
                        residual[row] -= jacobian[j, row] * given
        if inside:
            return


@compiled
def try_step(chain: Chain, goal: Goal, options: Options, q: Array, displacement: Array,
             weights: Array, trial: Array, work: Work) -> bool:
    """
    Step from `q`, which arrived, towards `displacement` and back to the target, to `trial` (n,).

    Return whether the tips are within tolerance there.
    """
    measure(chain, goal, q, work)
    weighted_jacobian(chain, goal, work)
    null_step(chain.bounds, q, displacement, weights, work)
    move(chain.bounds, q, work.step, trial)
    return come_back(chain, goal, options, SETTLE_CORRECTIONS, trial, work)


@compiled
def come_back(chain: Chain, goal: Goal, options: Options, steps: int, q: Array,
              work: Work) -> bool:
    """Take up to `steps` damped steps from `q`, in place; return whether the tips arrived."""
    measure(chain, goal, q, work)
    for _ in range(steps):
        if arrived(work.errors, options):
            return True
        weighted_jacobian(chain, goal, work)
        damped_step(chain.bounds, q, DAMPING * work.errors[E_COST] + DAMPING_FLOOR,
                    work.jacobian, work.residual, work.free, work.normal, work.rhs, work.step)
        move(chain.bounds, q, work.step, q)
        measure(chain, goal, q, work)
    return arrived(work.errors, options)


@spliced
def settle(chain: Chain, goal: Goal, options: Options, preferences: Array, memory: Memory,
           work: Work) -> None:
    """
    Move the current joints, which arrived, to where the objectives are lower.

    Sequential quadratic programming in the null space: a step towards what the objectives wish,
    steps back to the target, and both are kept only if the tips still are within tolerance and the
    objectives are lower. So the target never suffers.
    """
    q, seed = memory.vectors[V_CURRENT], memory.vectors[V_SEED]
    n = q.shape[0]
    weights, displacement, trial = np.empty(n), np.empty(n), np.empty(n)
    asked = np.empty(n, dtype=np.bool_)
    mark_asked(chain.topology, goal.rows, asked)
    steps = int(options.settle_steps)
    if not weigh_joints(chain.bounds, options, preferences, q, weights):
        steps = 0
    lowest = objective(chain, goal, options, preferences, q, seed, work)
    reach = min(SETTLE_STEP, options.settle_reach)
    for _ in range(steps):
        slope_of_objective(chain, goal, options, preferences, q, seed, work, displacement)
        weigh_joints(chain.bounds, options, preferences, q, weights)
        for j in range(n):
            displacement[j] = -displacement[j] / weights[j] if asked[j] else 0.0
        longest = np.abs(displacement).max()
        if longest > reach:
            displacement *= reach / longest
        value = np.inf
        if try_step(chain, goal, options, q, displacement, weights, trial, work):
            value = objective(chain, goal, options, preferences, trial, seed, work)
        moved = np.abs(trial - q).max()
        memory.numbers[N_ITERATIONS] += 1.0
        if value < lowest:
            lowest = value
            q[:] = trial
            reach = min(min(2.0 * reach, SETTLE_STEP_MAX), options.settle_reach)
        else:
            reach = 0.25 * min(reach, longest)
        if moved < SETTLE_STEP_MIN or reach < SETTLE_STEP_MIN:
            break
    measure(chain, goal, q, work)


@compiled
def objective_at(constants: Array, topology: Array, bounds: Array, starts: Array,
                 start_tips: Array, reach: Array, goal_rows: Array, option_array: Array,
                 preferences: Array, q: Array, seed: Array, slope: Array,
                 weights: Array) -> float:
    """
    Return the objectives at `q`; write their slope and second derivatives, each (n,).

    For objectives that only Python can evaluate: what it needs besides is `step_aside`.
    """
    chain = Chain(constants, topology, bounds, starts, start_tips, reach)
    options = unpack_options(option_array)
    goal = Goal(goal_rows, options.orientation_weight)
    work = new_work(chain, goal)
    slope_of_objective(chain, goal, options, preferences, q, seed, work, slope)
    weigh_joints(chain.bounds, options, preferences, q, weights)
    return objective(chain, goal, options, preferences, q, seed, work)


@compiled
def step_aside(constants: Array, topology: Array, bounds: Array, starts: Array, start_tips: Array,
               reach: Array, goal_rows: Array, option_array: Array, q: Array, displacement: Array,
               weights: Array, trial: Array) -> bool:
    """Do what `try_step` does, for objectives that only Python can evaluate."""
    chain = Chain(constants, topology, bounds, starts, start_tips, reach)
    options = unpack_options(option_array)
    goal = Goal(goal_rows, options.orientation_weight)
    return try_step(chain, goal, options, q, displacement, weights, trial, new_work(chain, goal))


# Following a stream of goals -------------------------------------------------------------------


@compiled
def what_counts(row: Array, out: Array) -> None:
    """
    Write position and rotation of a row of a goal to `out` (12,), without the parts not asked for.

    Where only an axis counts, its direction in the base and that in the tip stand in place of the
    rotation, twice as long: so the squared angle is at most pi^2 / 8 times the squared change of
    these numbers, as it is for a whole rotation.
    """
    out[:] = row[:G_TOOL]
    if row[G_KIND + 1] == AXIS:
        for i in range(3):
            in_base = 0.0
            for k in range(3):
                in_base += row[G_ROTATION + 3 * i + k] * row[G_AXIS + k]
            at = G_ROTATION + 3 * i
            out[at], out[at + 1], out[at + 2] = 2.0 * in_base, 2.0 * row[G_AXIS + i], 0.0
    if row[G_WEIGHT] == 0.0:
        out[:3] = 0.0
    if row[G_WEIGHT + 1] == 0.0:
        out[3:] = 0.0


@inlined
def held_rows(goal: Array) -> int:
    """Return how many rows the parts of a goal have that leave no freedom: 0, 3 or 6 of a tip."""
    held = 0
    for t in range(goal.shape[0]):
        for part in range(2):
            if goal[t, G_WEIGHT + part] > 0.0 and goal[t, G_KIND + part] == FULL:
                held += 3
    return held


@compiled
def carry_on(goal: Array, before: Array, bounds: Array, preferences: Array, clear: float,
             furthest: float, motions: Array, joints: Array) -> tuple[float, float]:
    """
    Return how far the goal moved, of all tips, and foresee where the joints will be.

    They are taken to move as they did with the last motion of the goal, and away from their
    limits. Where a chain has joints to spare the latter is a step in the null space: what of it
    moves the tip is undone by the solve, and in advance by the next step, of which it is no part.

    Parameters
    ----------
    goal, before : ndarray, shape (m, GOAL_SIZE)
        What is asked now, and what was asked before.
    bounds, preferences : ndarray
        Those of the chain, and how much each joint shall keep clear of its limits.
    clear, furthest : float
        How far a joint may move away from its limits for a motion of the goal by one [m], and at
        most [rad or m].
    motions : ndarray, shape (2 m, 12)
        How the goal moved when the joints last did, and m rows that get how it moved now.
    joints : ndarray, shape (TRACKED, n)
        Where the joints are and how they last moved; gets where they will be, and what of that is
        to keep clear [rad or m].

    Returns
    -------
    tuple of float
        Squared motion of the position [m^2] and of the rotation matrix; both are infinite if
        other parts, tolerances or points of the tip are meant than before.

    """
    was, tips = np.empty(G_TOOL), goal.shape[0]
    squared_p, squared_o, along_last, squared_last = 0.0, 0.0, 0.0, 0.0
    for t in range(tips):
        for k in range(G_TOOL, G_AXIS):
            if goal[t, k] != before[t, k]:
                return np.inf, np.inf
        if goal[t, G_CONE] != before[t, G_CONE]:
            return np.inf, np.inf
        motion = motions[tips + t]
        what_counts(before[t], was)
        what_counts(goal[t], motion)
        for k in range(G_TOOL):
            motion[k] -= was[k]
            if k < G_ROTATION:
                squared_p += motion[k] * motion[k]
            else:
                squared_o += motion[k] * motion[k]
            along_last += motion[k] * motions[t, k]
            squared_last += motions[t, k] * motions[t, k]
    ahead = along_last / squared_last if squared_last > 0.0 else 0.0
    if not 0.0 < ahead <= FASTEST:
        ahead = 0.0
    room = 0.0
    if held_rows(goal) < joints.shape[1]:
        room = min(clear * math.sqrt(squared_p + squared_o), furthest)
    steepest, stiffest = 0.0, 0.0
    for j in range(joints.shape[1]):
        joints[T_CLEAR, j] = 0.0
        if room > 0.0:
            _, slope, curvature = push(bounds, preferences, joints[T_LAST], j)
            joints[T_CLEAR, j] = -slope
            steepest, stiffest = max(steepest, abs(slope)), max(stiffest, curvature)
    rate = min(room / steepest, 1.0 / stiffest) if steepest > 0.0 else 0.0
    for j in range(joints.shape[1]):
        joints[T_CLEAR, j] *= rate
        joints[T_AHEAD, j] = (joints[T_LAST, j] + ahead * joints[T_STEP, j]
                              + joints[T_CLEAR, j])
    return squared_p, squared_o


@compiled
def accept_step(gains: Array, q: Array, arrived_at: Array, furthest: float, motions: Array,
                joints: Array, steps: Array) -> float:
    """
    Return the largest step of a joint, times its gain, to `q` (n,); and go there, if it is small.

    `steps` (n,) gets the step of each joint. If none is larger than `furthest`, `joints` are
    those of `q`, and how they moved until they `arrived_at` (n,) is remembered with the motion of
    the goal: see `carry_on`.
    """
    largest = 0.0
    for j in range(steps.shape[0]):
        steps[j] = gains[j] * abs(q[j] - joints[T_LAST, j])
        largest = max(largest, steps[j])
    if largest <= furthest:
        tips = motions.shape[0] // 2
        moved = motions[tips:].any()
        if moved:
            motions[:tips] = motions[tips:]
        for j in range(steps.shape[0]):
            if moved:
                joints[T_STEP, j] = arrived_at[j] - joints[T_LAST, j] - joints[T_CLEAR, j]
            joints[T_LAST, j] = q[j]
    return largest


# Following a known path -------------------------------------------------------------------------


@compiled
def new_fan(size: int, n: int) -> Fan:
    """Return room for `size` postures of `n` joints."""
    return Fan(np.zeros((size, n)), np.zeros((size, n)), np.zeros(size),
               np.zeros(size, dtype=np.int64))


@compiled
def is_step(gains: Array, q: Array, last: Array, furthest: float) -> bool:
    """Return whether no joint, or what mimics it, moves further than `furthest` from `last`."""
    for j in range(q.shape[0]):
        if not gains[j] * abs(q[j] - last[j]) <= furthest:
            return False
    return True


@compiled
def reach_next(chain: Chain, goal: Goal, options: Options, gains: Array, furthest: float,
               front: Fan, i: int, momentum: float, fan: Fan, at: int, work: Work) -> bool:
    """Go from posture `i` of the front to the goal, to place `at` of the fan, if it is a step."""
    q, last = fan.positions[at], front.positions[i]
    for j in range(q.shape[0]):
        q[j] = clamp(last[j] + momentum * front.steps[i, j], chain.bounds[0, j],
                     chain.bounds[1, j])
    if not (come_back(chain, goal, options, PATH_CORRECTIONS, q, work)
            and is_step(gains, q, last, furthest)):
        return False
    fan.steps[at] = q - last
    return True


@compiled
def null_direction(chain: Chain, goal: Goal, q: Array, direction: Array, work: Work) -> float:
    """
    Take from `direction` (n,), in place, what moves the tips at `q`; return its largest entry.

    What moves them only a little remains, so that a singularity can be left to all sides.
    """
    measure(chain, goal, q, work)
    weighted_jacobian(chain, goal, work)
    for row in range(work.residual.shape[0]):
        work.residual[row] = 0.0
        for j in range(q.shape[0]):
            work.residual[row] -= work.jacobian[j, row] * direction[j]
    work.free[:] = True
    solve_free(work.jacobian, work.free, work.residual, BRANCH_DAMPING, work.normal, work.rhs,
               work.slope)
    largest = 0.0
    for j in range(q.shape[0]):
        direction[j] += work.slope[j]
        largest = max(largest, abs(direction[j]))
    return largest


@compiled
def branch_off(chain: Chain, goal: Goal, options: Options, gains: Array, furthest: float,
               last: Array, fan: Fan, at: int, numbers: Array, work: Work) -> int:
    """
    Step aside from the posture before place `at` of the fan, to both sides; return how many did.

    `last` (n,) is where it came from: no step from there may be longer than `furthest`.
    """
    n, origin, count = last.shape[0], at - 1, 0
    direction = np.empty(n)
    drawn = int(numbers[F_DRAWN])
    numbers[F_DRAWN] += n + 1
    for j in range(n):
        direction[j] = uniform(BRANCH_SEED, drawn + j) - 0.5
    largest = null_direction(chain, goal, fan.positions[origin], direction, work)
    if largest < DAMPING_FLOOR:
        return 0
    # As many short ones as long ones, on a scale of factors.
    share = uniform(BRANCH_SEED, drawn + n)
    length = furthest * BRANCH_SHORTEST * (BRANCH_LONGEST / BRANCH_SHORTEST) ** share
    for j in range(n):
        direction[j] *= length / largest
    for _ in range(2):
        q = fan.positions[at + count]
        move(chain.bounds, fan.positions[origin], direction, q)
        if (come_back(chain, goal, options, PATH_CORRECTIONS, q, work)
                and is_step(gains, q, last, furthest)
                and not is_step(gains, q, fan.positions[origin], BRANCH_SHORTEST * length)):
            fan.steps[at + count] = fan.steps[origin]
            count += 1
        for j in range(n):
            direction[j] = -direction[j]
    return count


@compiled
def fan_out(chain: Chain, goal: Goal, options: Options, gains: Array, furthest: float, width: int,
            front: Fan, fan: Fan, numbers: Array, work: Work) -> int:
    """
    Fill `fan` with where the postures of the front can go to; return how many places there are.

    Each goes on as it moved before, and as if it had stood still, where that makes a difference.
    The only one of a narrow search does not branch off.
    """
    count = 0
    for i in range(int(numbers[F_COUNT])):
        first, last = count, front.positions[i]
        if reach_next(chain, goal, options, gains, furthest, front, i, 1.0, fan, count, work):
            count += 1
        if (count == first or width > 1) and reach_next(
                chain, goal, options, gains, furthest, front, i, 0.0, fan, count, work):
            if count == first or not is_step(gains, fan.positions[count], fan.positions[first],
                                             BRANCH_SHORTEST * BRANCH_SHORTEST * furthest):
                count += 1
        if width > 1 and count > first:
            count += branch_off(chain, goal, options, gains, furthest, last, fan, count, numbers,
                                work)
        for k in range(first, count):
            fan.parents[k] = i
    return count


@compiled
def weigh_fan(bounds: Array, preferences: Array, front: Fan, fan: Fan, count: int) -> None:
    """Write the cost of the first `count` places of the fan: of the path that led there."""
    for k in range(count):
        i = fan.parents[k]
        fan.costs[k] = front.costs[i]
        for j in range(fan.positions.shape[1]):
            moved = fan.positions[k, j] - front.positions[i, j]
            fan.costs[k] += preferences[P_METRIC, j] * moved * moved
            fan.costs[k] += push(bounds, preferences, fan.positions[k], j)[0]


@compiled
def thin_out(fan: Fan, order: Array, gains: Array, radius: float, chosen: Array) -> int:
    """
    Choose places of the fan in this `order` that are more than `radius` apart, into `chosen`.

    Return how many there are; one more than `chosen` has room for, if that is not enough.
    """
    count = 0
    for k in order:
        alone = True
        for i in range(count):
            if is_step(gains, fan.positions[k], fan.positions[chosen[i]], radius):
                alone = False
                break
        if alone:
            if count == chosen.shape[0]:
                return count + 1
            chosen[count] = k
            count += 1
    return count


@compiled
def choose(fan: Fan, count: int, gains: Array, furthest: float, front: Fan, numbers: Array,
           chosen: Array) -> None:
    """Make those of the `count` places of the fan that are to go on the new front."""
    order = np.argsort(fan.costs[:count])
    least = BRANCH_SHORTEST * furthest
    radius = max(least, 0.8 * numbers[F_RADIUS])
    kept = thin_out(fan, order, gains, radius, chosen)
    while kept > chosen.shape[0]:
        radius *= 1.3
        kept = thin_out(fan, order, gains, radius, chosen)
    numbers[F_COUNT], numbers[F_RADIUS] = kept, radius
    for i in range(kept):
        k = chosen[i]
        front.positions[i], front.steps[i] = fan.positions[k], fan.steps[k]
        front.costs[i], front.parents[i] = fan.costs[k], fan.parents[k]


@compiled
def walk(constants: Array, topology: Array, bounds: Array, starts: Array, start_tips: Array,
         reach: Array, goals: Array, option_array: Array, preferences: Array, gains: Array,
         furthest: float, positions: Array, steps: Array, costs: Array, numbers: Array,
         history: Array, parents: Array) -> int:
    """
    Take postures along a path of `goals` (N, m, GOAL_SIZE); return for how many of them any lived.

    Parameters
    ----------
    constants, topology, bounds, starts, start_tips, reach : ndarray
        The chain.
    goals, option_array, preferences : ndarray
        What is asked, how exactly, and what a step costs.
    gains : ndarray, shape (n,)
        How far what mimics a joint moves with it, at least 1.
    furthest : float
        A step of a joint that is longer is a jump [rad or m].
    positions, steps : ndarray, shape (w, n)
        The postures before the first goal, and how they moved last; get those at the last one.
    costs : ndarray, shape (w,)
        What their ways have cost so far.
    numbers : ndarray, shape (FAN_NUMBERS,)
        How many they are, and more that is to be kept from one call to the next.
    history : ndarray, shape (N, w, n)
        Gets the postures at each goal; NaN where there are less than `w`.
    parents : ndarray of int, shape (N, w)
        Gets from which of the postures before each of them came.

    Returns
    -------
    int
        The number of goals that were reached.

    """
    chain = Chain(constants, topology, bounds, starts, start_tips, reach)
    options = unpack_options(option_array)
    width, n = positions.shape
    work = new_work(chain, Goal(goals[0], options.orientation_weight))
    fan, chosen = new_fan(BRANCHES * width, n), np.empty(width, dtype=np.int64)
    front = Fan(positions, steps, costs, np.zeros(width, dtype=np.int64))
    for k in range(goals.shape[0]):
        goal = Goal(goals[k], options.orientation_weight)
        count = fan_out(chain, goal, options, gains, furthest, width, front, fan, numbers, work)
        if count == 0:
            return k
        weigh_fan(bounds, preferences, front, fan, count)
        choose(fan, count, gains, furthest, front, numbers, chosen)
        history[k] = np.nan
        for i in range(int(numbers[F_COUNT])):
            history[k, i] = front.positions[i]
            parents[k, i] = front.parents[i]
    return int(goals.shape[0])


@compiled
def smooth(constants: Array, topology: Array, bounds: Array, starts: Array, start_tips: Array,
           reach: Array, goals: Array, option_array: Array, path: Array, half: int,
           smoothed: Array) -> None:
    """
    Move each place of a path (N, n) towards the mean of those around it, without leaving its goal.

    The mean is over `half` places to either side, fewer towards the ends, which stay. What comes
    of it goes to `smoothed` (N, n) [rad or m].
    """
    chain = Chain(constants, topology, bounds, starts, start_tips, reach)
    options = unpack_options(option_array)
    count, n = path.shape
    work = new_work(chain, Goal(goals[0], options.orientation_weight))
    aside, weights, mean = np.empty(n), np.ones(n), np.empty(n)
    for k in range(count):
        around = min(half, min(k, count - 1 - k))
        mean[:] = 0.0
        for i in range(k - around, k + around + 1):
            for j in range(n):
                mean[j] += path[i, j]
        for j in range(n):
            aside[j] = mean[j] / (2 * around + 1) - path[k, j]
        goal = Goal(goals[k], options.orientation_weight)
        if around == 0 or not try_step(chain, goal, options, path[k], aside, weights, smoothed[k],
                                       work):
            smoothed[k] = path[k]


@compiled
def errors_along(constants: Array, topology: Array, bounds: Array, starts: Array,
                 start_tips: Array, reach: Array, goals: Array, option_array: Array, path: Array,
                 errors: Array) -> None:
    """Write position error [m] and orientation error [rad] at each place of a path to (N, 2)."""
    chain = Chain(constants, topology, bounds, starts, start_tips, reach)
    options = unpack_options(option_array)
    work = new_work(chain, Goal(goals[0], options.orientation_weight))
    for k in range(path.shape[0]):
        measure(chain, Goal(goals[k], options.orientation_weight), path[k], work)
        errors[k, 0], errors[k, 1] = work.errors[E_POSITION], work.errors[E_ORIENTATION]


# Along a path in time ------------------------------------------------------------------------


@compiled
def gain_left(slope: Array, bend: Array, square: float, sign: float, acceleration: Array,
              slower: float) -> float:
    """Return how quickly a rate may rise (or fall, with `sign` -1) inside `acceleration` (n,)."""
    gain = np.inf
    for j in range(slope.shape[0]):
        steep = sign * slope[j]
        if steep != 0.0:
            bent = math.copysign(1.0, steep) * bend[j] * square
            gain = min(gain, (acceleration[j] / (slower * slower) - bent) / abs(steep))
    return gain


@compiled
def pace(slopes: Array, bends: Array, step: float, velocity: Array, acceleration: Array,
         slower: Array, rates: Array) -> None:
    """
    Write the highest rates at which a joint path ``q(s)`` can be passed, from rest to rest.

    The rate ``ds/dt`` is 1 at most. With ``x = (ds/dt)^2``, velocity and acceleration are
    ``q' sqrt(x)`` and ``q' a + q'' x``, and ``dx/ds = 2 a``. So the limits bound `x` at each
    place, and how fast it may rise on the way forth and fall on the way back.

    Parameters
    ----------
    slopes, bends : ndarray, shape (N, n)
        ``q'`` and ``q''`` at places `step` apart.
    step : float
        From one place to the next, in what `s` is counted in.
    velocity, acceleration : ndarray, shape (n,)
        Limits [rad/s or m/s], [rad/s^2 or m/s^2].
    slower : ndarray, shape (N,)
        How many times as slowly each place is passed, at least 1.
    rates : ndarray, shape (N,)
        Gets the rates.

    """
    count, n = slopes.shape
    for i in range(count):
        square = 1.0
        for j in range(n):
            if slopes[i, j] != 0.0:
                square = min(square, (velocity[j] / slopes[i, j]) ** 2)
            if bends[i, j] != 0.0:
                square = min(square, acceleration[j] / abs(bends[i, j]))
        rates[i] = square / (slower[i] * slower[i])
    rates[0] = rates[count - 1] = 0.0
    for i in range(1, count):
        gain = gain_left(slopes[i - 1], bends[i - 1], rates[i - 1], 1.0, acceleration,
                         slower[i - 1])
        rates[i] = min(rates[i], max(rates[i - 1] + 2.0 * gain * step, SLOWEST_SQUARE))
    for i in range(count - 2, -1, -1):
        gain = gain_left(slopes[i + 1], bends[i + 1], rates[i + 1], -1.0, acceleration,
                         slower[i + 1])
        rates[i] = min(rates[i], max(rates[i + 1] + 2.0 * gain * step, SLOWEST_SQUARE))
    for i in range(count):
        rates[i] = math.sqrt(rates[i])


# The whole search ----------------------------------------------------------------------------


@compiled
def gap_to_reach(goal: Array, reach: Array) -> float:
    """Return how far the farthest target lies at least beyond where its tip can be [m]."""
    worst = 0.0
    for t in range(goal.shape[0]):
        if goal[t, G_WEIGHT] > 0.0:
            squared, tool, slack = 0.0, 0.0, 0.0
            for i in range(3):
                off = goal[t, G_POSITION + i] - reach[t, i]
                squared += off * off
                tool += goal[t, G_TOOL + i] ** 2
                if goal[t, G_KIND] != FULL:
                    slack += goal[t, G_TOLERANCE + i] ** 2
            distance, slack = math.sqrt(squared), math.sqrt(tool) + math.sqrt(slack)
            worst = max(worst, max(reach[t, 3] - slack - distance,
                                   distance - reach[t, 4] - slack))
    return worst


@spliced
def begin(bounds: Array, seed: Array, memory: Memory) -> bool:
    """Set up the descent from `seed` (n,), moved inside the limits; False if it is not finite."""
    vectors = memory.vectors
    for j in range(seed.shape[0]):
        if not np.isfinite(seed[j]):
            return False
        vectors[V_SEED, j] = clamp(seed[j], bounds[0, j], bounds[1, j])
        vectors[V_CURRENT, j] = vectors[V_SEED, j]
        vectors[V_BEST, j] = vectors[V_SEED, j]
    memory.numbers[:N_BEST_COST] = 0.0
    memory.numbers[N_BEST_COST] = np.inf
    return True


@spliced
def polish(chain: Chain, goal: Goal, steps: int, memory: Memory, work: Work) -> bool:
    """
    Settle the best joints, which did not arrive, at the bottom of their valley.

    A descent that is given up early has not found the closest pose yet. Levenberg-Marquardt with
    rejected steps, monotone; up to `steps` of at most `POLISH_STEPS`. Return whether it is done.
    """
    q, numbers = memory.vectors[V_CURRENT], memory.numbers
    q[:] = memory.vectors[V_BEST]
    cost = measure(chain, goal, q, work)
    if numbers[N_PHASE] != POLISHING:
        numbers[N_PHASE], numbers[N_STEPS] = POLISHING, 0.0
        numbers[N_RATE] = DAMPING * cost + DAMPING_FLOOR
    for _ in range(min(steps, POLISH_STEPS - int(numbers[N_STEPS]))):
        numbers[N_STEPS] += 1.0
        weighted_jacobian(chain, goal, work)
        damped_step(chain.bounds, q, numbers[N_RATE], work.jacobian, work.residual, work.free,
                    work.normal, work.rhs, work.step)
        move(chain.bounds, q, work.step, work.trial)
        lowered = measure(chain, goal, work.trial, work)
        if lowered < cost:
            settled = cost - lowered < POLISH_PROGRESS * cost
            cost = lowered
            q[:] = work.trial
            numbers[N_RATE] = max(0.3 * numbers[N_RATE], DAMPING_FLOOR)
            keep_best(memory, work)
            if settled:
                return True
        else:
            numbers[N_RATE] *= 4.0
            if not numbers[N_RATE] <= DAMPING_MAX:
                return True
            measure(chain, goal, q, work)
    return numbers[N_STEPS] >= POLISH_STEPS


@spliced
def finish(chain: Chain, goal: Goal, memory: Memory, work: Work, positions: Array) -> None:
    """Report the best joints, unwound towards the seed, measured afresh."""
    best, numbers = memory.vectors[V_BEST], memory.numbers
    if numbers[N_FOUND] == 0.0:
        unwind(chain.bounds, best, memory.vectors[V_SEED])
    measure(chain, goal, best, work)
    numbers[N_POSITION] = work.errors[E_POSITION]
    numbers[N_ORIENTATION] = work.errors[E_ORIENTATION]
    for j in range(best.shape[0]):
        positions[j] = best[j]


@spliced
def proceed(chain: Chain, goal: Goal, options: Options, preferences: Array, positions: Array,
            memory: Memory, found: Array, work: Work, code: int, chunk: int) -> int:
    """Do what `descend` does."""
    numbers = memory.numbers
    if code == START:
        if not begin(chain.bounds, positions, memory):
            return BAD_SEED
        numbers[N_GAP] = gap_to_reach(goal.rows, chain.reach)
        code = RUNNING
    if numbers[N_PHASE] == SEARCHING:
        measure(chain, goal, memory.vectors[V_CURRENT], work)
        if code == OUT_OF_TIME:
            keep_best(memory, work)
        # A descent counts as an iteration even if it arrives where it starts.
        last = numbers[N_ITERATIONS] + numbers[N_RESTARTS] + chunk
        left = chunk
        while code == RUNNING and left > 0:
            code = advance(chain, goal, options, preferences, left, memory, found, work)
            left = int(last - numbers[N_ITERATIONS] - numbers[N_RESTARTS])
        if code == RUNNING:
            return RUNNING
        numbers[N_CODE] = code
        if numbers[N_FOUND] > 0.0:
            code = CONVERGED
        elif code != OUT_OF_ITERATIONS and options.step_rule == DAMPED:
            if not polish(chain, goal, chunk, memory, work) and code != OUT_OF_TIME:
                return RUNNING
    elif not polish(chain, goal, chunk, memory, work) and code == RUNNING:
        return RUNNING
    finish(chain, goal, memory, work, positions)
    return CONVERGED if code == CONVERGED else int(numbers[N_CODE])


@compiled
def descend(constants: Array, topology: Array, bounds: Array, starts: Array, start_tips: Array,
            reach: Array, goal_rows: Array, option_array: Array, preferences: Array,
            positions: Array, memory_array: Array, found: Array, code: int, chunk: int) -> int:
    """
    Descend for at most about `chunk` iterations and return a code; `RUNNING` means call again.

    `positions` (n,) is the seed at the first call, which is marked by the code `START`, and the
    answer when the code is no longer `RUNNING`; `memory_array` is what lives between the calls,
    and begins with the report. The code `OUT_OF_TIME` ends the search with the best so far.

    When a descent stalls, the next one starts elsewhere, until one arrives or the restarts are
    used up. The best joints met, whichever descent found them, are kept. `found` (k, n + 2) takes
    the solutions and their errors [m], [rad], if all are wanted.
    """
    chain = Chain(constants, topology, bounds, starts, start_tips, reach)
    options = unpack_options(option_array)
    goal = Goal(goal_rows, options.orientation_weight)
    memory = unpack_memory(memory_array, bounds.shape[1])
    return proceed(chain, goal, options, preferences, positions, memory, found,
                   new_work(chain, goal), code, chunk)


@compiled
def descend_many(constants: Array, topology: Array, bounds: Array, starts: Array,
                 start_tips: Array, reach: Array, goals: Array, option_array: Array,
                 preferences: Array, positions: Array, reports: Array) -> None:
    """
    Do what calls of `descend` for each of `goals` (N, m, GOAL_SIZE) would.

    `positions` (N, n) are the seeds, and then the answers; `reports` (N, REPORT + 1) gets the
    report of each and, at its end, the code.
    """
    chain = Chain(constants, topology, bounds, starts, start_tips, reach)
    options = unpack_options(option_array)
    memory_array = np.empty(NUMBERS + VECTORS * bounds.shape[1])
    memory = unpack_memory(memory_array, bounds.shape[1])
    found = np.empty((0, 1))
    work = new_work(chain, Goal(goals[0], options.orientation_weight))
    for i in range(goals.shape[0]):
        goal = Goal(goals[i], options.orientation_weight)
        code = START
        while code == START or code == RUNNING:
            code = proceed(chain, goal, options, preferences, positions[i], memory, found, work,
                           code, 1 << 30)
        reports[i, :REPORT] = memory.numbers[:REPORT]
        reports[i, REPORT] = code
