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
For each tip the position error ``e_p = p_target - p`` [m] and the rotation vector ``e_o`` [rad]
that turns the tip onto the target, ``R_target . R^T = exp([e_o]x)``, both in the base frame. The
weighted errors of all tips, stacked, are the residual ``e``, and::

    cost(q) = 1/2 e^T e,     e = (w_p e_p, w_o e_o)

``w_o`` [m/rad] makes the sum one of squared lengths. With the geometric Jacobian `J` (rows
weighted alike) the exact slope is ``-J^T e``: for the rotation part this holds without
approximation, because the rotation vector is an eigenvector (eigenvalue 1) of the derivative of
the logarithm map.

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

References
----------
.. [1] A. Zucconi, "Inverse Kinematics for Robotic Arms", 2017.
.. [2] E. G. Birgin, J. M. Martinez, M. Raydan, "Nonmonotone Spectral Projected Gradient Methods
   on Convex Sets", SIAM J. Optim. 10(4), 2000, algorithm SPG2.
.. [3] T. Sugihara, "Solvability-Unconcerned Inverse Kinematics by the Levenberg-Marquardt Method",
   IEEE Trans. Robotics 27(5), 2011, eq. 17.
.. [4] S. K. Chan, P. D. Lawrence, "General inverse kinematics with the error damped
   pseudoinverse", Proc. ICRA, 1988.

"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numba
import numpy as np

# Kinds of frame, third column of `Chain.topology`.
REVOLUTE, PRISMATIC, TIP = 0, 1, 2
# Step rules, slopes and sweep orders, as numbers in `Options`.
SWEEP, GRADIENT, DAMPED = 0, 1, 2
EXACT, FINITE_DIFFERENCE = 0, 1
TIP_TO_BASE, BASE_TO_TIP = 0, 1
# What `descend` returns; the names and sentences for people are in solver.TerminationReason.
RUNNING, CONVERGED, STALLED, OUT_OF_ITERATIONS, OUT_OF_RESTARTS, NOT_FINITE = 0, 1, 2, 3, 4, 5

# Columns of a row of `goal`: position, rotation row by row, position and orientation weight.
GOAL_SIZE = 14
GOAL_POSITION, GOAL_ROTATION, GOAL_POSITION_WEIGHT, GOAL_ORIENTATION_WEIGHT = 0, 3, 12, 13
# Rows of `vectors`, the joint vectors that live from one call of `descend` to the next.
V_CURRENT, V_BEST, V_SEED, V_SLOPE, VECTORS = 0, 1, 2, 3, 4
# Entries of `memory`, the numbers that live from one call of `descend` to the next.
M_BEST_COST, M_REFERENCE, M_RATE, M_HISTORY = 0, 1, 2, 3
HISTORY = 8
MEMORY_SIZE = M_HISTORY + HISTORY
# Entries of `counts`, the counters that live from one call of `descend` to the next.
N_ITERATIONS, N_RESTARTS, N_STEPS, N_SLOW, N_FRESH, COUNTS = 0, 1, 2, 3, 4, 5
# Entries of `errors`, what `measure` reports: cost, largest errors over the tips [m], [rad].
E_COST, E_POSITION, E_ORIENTATION, ERRORS = 0, 1, 2, 3
# Entries of `report`, what the caller learns of the answer: errors [m], [rad], joints at a limit.
R_POSITION, R_ORIENTATION, R_AT_LIMIT, REPORT = 0, 1, 2, 3

# lambda = DAMPING * cost: Sugihara's and Chan's damping, the factor found by measurement.
DAMPING = 0.1
# Keeps the normal matrix positive definite when the cost is zero to rounding [m^2].
DAMPING_FLOOR = 1e-12
# Polishing ends when even this much damping does not lower the cost [m^2].
DAMPING_MAX = 1e6
# A descent is given up after `patience` steps that did not bring the cost below
# `progress` times its last mark: the damped rule either converges at once or not at all. The
# descent from the seed gets more patience, because its answer is the one near the seed.
SEED_PATIENCE, DAMPED_PATIENCE, DAMPED_PROGRESS = 3, 2, 0.7
PLAIN_PATIENCE, PLAIN_PROGRESS = 40, 0.98
# Random vectors looked at for each restart; the one with the lowest cost is the start. A look
# costs a third of a step, and a better start saves several.
DRAWS = 8
# Armijo's constant and the smallest fraction of a step that the line search tries.
ARMIJO, SMALLEST_FRACTION = 1e-4, 1e-6
RATE_MIN, RATE_MAX = 1e-6, 1e6
# Polishing ends when a step lowers the cost by less than this part of it.
POLISH_STEPS, POLISH_PROGRESS = 60, 1e-9


Array = np.ndarray


class Chain(NamedTuple):
    """
    The numbers of a kinematic tree with `f` frames and `n` independent joint variables.

    constants : (f, 14), rotation of C_i row by row, its position [m], multiplier, offset
    topology : (f, 3), parent frame (-1 for the base), variable (-1 for a tip), kind
    bounds : (5, n), lower, upper, lower and upper end for random draws, period of a full turn
    """

    constants: np.ndarray
    topology: np.ndarray
    bounds: np.ndarray


class Options(NamedTuple):
    """What `descend` may do; the order is that of the array it is sent in."""

    step_rule: float
    slope: float
    sweep_order: float
    rate: float
    sampling_distance: float
    position_tolerance: float
    orientation_tolerance: float
    max_iterations: float
    max_restarts: float
    random_seed: float


class Work(NamedTuple):
    """Scratch arrays of one call, `r` rows of residual: allocated once, before the loop."""

    frames: np.ndarray       # (f, 12) rotation row by row and position of each frame in the base
    residual: np.ndarray     # (r,)
    jacobian: np.ndarray     # (n, r), one row per variable, so that each column of J is contiguous
    normal: np.ndarray       # (r, r), of which the smaller of free variables and rows is used
    rhs: np.ndarray          # (r,)
    step: np.ndarray         # (n,)
    trial: np.ndarray        # (n,)
    slope: np.ndarray        # (n,)
    free: np.ndarray         # (n,) bool
    errors: np.ndarray       # (ERRORS,)


def compiled(function: Callable) -> Any:
    """Compile `function` with numba; without a folder to cache it in, for this process only."""
    options = {'nogil': True, 'error_model': 'numpy'}
    try:
        return numba.njit(cache=True, **options)(function)
    except RuntimeError:
        return numba.njit(**options)(function)


# Forward kinematics --------------------------------------------------------------------------


@compiled
def place_frames(chain: Chain, q: Array, frames: Array) -> None:
    """Write rotation and position [m] of every frame in the base into `frames` (f, 12)."""
    for i in range(chain.topology.shape[0]):
        parent = chain.topology[i, 0]
        variable = chain.topology[i, 1]
        kind = chain.topology[i, 2]
        constant = chain.constants[i]
        frame = frames[i]
        if parent < 0:
            for c in range(12):
                frame[c] = constant[c]
        else:
            before = frames[parent]
            for row in range(3):
                a, b, c = before[3 * row], before[3 * row + 1], before[3 * row + 2]
                frame[3 * row] = a * constant[0] + b * constant[3] + c * constant[6]
                frame[3 * row + 1] = a * constant[1] + b * constant[4] + c * constant[7]
                frame[3 * row + 2] = a * constant[2] + b * constant[5] + c * constant[8]
                frame[9 + row] = (a * constant[9] + b * constant[10] + c * constant[11]
                                  + before[9 + row])
        if kind == REVOLUTE:
            x = constant[12] * q[variable] + constant[13]
            cosine, sine = np.cos(x), np.sin(x)
            for row in range(3):
                a, b = frame[3 * row], frame[3 * row + 1]
                frame[3 * row] = a * cosine + b * sine
                frame[3 * row + 1] = b * cosine - a * sine
        elif kind == PRISMATIC:
            x = constant[12] * q[variable] + constant[13]
            for row in range(3):
                frame[9 + row] += frame[3 * row + 2] * x


@compiled
def tip_frames(constants: Array, topology: Array, bounds: Array, q: Array,
               frames: Array) -> None:
    """Write every frame in the base into `frames` (f, 12); the tips are the last rows."""
    place_frames(Chain(constants, topology, bounds), q, frames)


@compiled
def fill_jacobian(chain: Chain, frames: Array, tip: int, weight_p: float, weight_o: float,
                  jacobian: Array, first: int) -> None:
    """
    Add the weighted Jacobian of frame `tip` to `jacobian` (n, r), from column `first` on.

    Geometric Jacobian in the base frame at the tip's origin; three linear columns if `weight_p`
    is not zero, then three angular ones if `weight_o` is not zero.
    """
    px, py, pz = frames[tip, 9], frames[tip, 10], frames[tip, 11]
    i = chain.topology[tip, 0]
    while i >= 0:
        frame = frames[i]
        column = jacobian[chain.topology[i, 1]]
        gain = chain.constants[i, 12]
        zx, zy, zz = gain * frame[2], gain * frame[5], gain * frame[8]
        at = first
        turns = chain.topology[i, 2] == REVOLUTE
        if weight_p > 0.0:
            if turns:
                rx, ry, rz = px - frame[9], py - frame[10], pz - frame[11]
                column[at] += weight_p * (zy * rz - zz * ry)
                column[at + 1] += weight_p * (zz * rx - zx * rz)
                column[at + 2] += weight_p * (zx * ry - zy * rx)
            else:
                column[at] += weight_p * zx
                column[at + 1] += weight_p * zy
                column[at + 2] += weight_p * zz
            at += 3
        if weight_o > 0.0 and turns:
            column[at] += weight_o * zx
            column[at + 1] += weight_o * zy
            column[at + 2] += weight_o * zz
        i = chain.topology[i, 0]


@compiled
def tip_jacobian(constants: Array, topology: Array, bounds: Array, q: Array, frames: Array,
                 tip: int, jacobian: Array) -> None:
    """Write the geometric Jacobian of frame `tip`, transposed, into `jacobian` (n, 6)."""
    chain = Chain(constants, topology, bounds)
    place_frames(chain, q, frames)
    jacobian[:] = 0.0
    fill_jacobian(chain, frames, tip, 1.0, 1.0, jacobian, 0)


# Error and slope -----------------------------------------------------------------------------


@compiled
def rotation_vector(target: Array, frame: Array, out: Array) -> None:
    """
    Write the rotation vector [rad] that turns `frame` onto `target`, in the base, to `out` (3,).

    `target` and `frame` hold rotations row by row. The angle comes from both sine and cosine, so
    that no rounding can leave their domain; near half a turn, where the sine vanishes, the axis is
    read off the symmetric part.
    """
    t, f = target, frame
    m00 = t[0] * f[0] + t[1] * f[1] + t[2] * f[2]
    m11 = t[3] * f[3] + t[4] * f[4] + t[5] * f[5]
    m22 = t[6] * f[6] + t[7] * f[7] + t[8] * f[8]
    m01 = t[0] * f[3] + t[1] * f[4] + t[2] * f[5]
    m10 = t[3] * f[0] + t[4] * f[1] + t[5] * f[2]
    m02 = t[0] * f[6] + t[1] * f[7] + t[2] * f[8]
    m20 = t[6] * f[0] + t[7] * f[1] + t[8] * f[2]
    m12 = t[3] * f[6] + t[4] * f[7] + t[5] * f[8]
    m21 = t[6] * f[3] + t[7] * f[4] + t[8] * f[5]
    x, y, z = m21 - m12, m02 - m20, m10 - m01
    sine = 0.5 * np.sqrt(x * x + y * y + z * z)
    cosine = 0.5 * (m00 + m11 + m22 - 1.0)
    angle = np.arctan2(sine, cosine)
    if cosine > -0.99:
        scale = 0.5 * angle / sine if sine > 1e-12 else 0.5
        out[0], out[1], out[2] = scale * x, scale * y, scale * z
        return
    # R + R^T = 2 cos(angle) I + 2 (1 - cos(angle)) a a^T: the longest column gives the axis a.
    if m00 >= m11 and m00 >= m22:
        out[0], out[1], out[2] = m00 - cosine, 0.5 * (m01 + m10), 0.5 * (m02 + m20)
    elif m11 >= m22:
        out[0], out[1], out[2] = 0.5 * (m01 + m10), m11 - cosine, 0.5 * (m12 + m21)
    else:
        out[0], out[1], out[2] = 0.5 * (m02 + m20), 0.5 * (m12 + m21), m22 - cosine
    length = np.sqrt(out[0] * out[0] + out[1] * out[1] + out[2] * out[2])
    if out[0] * x + out[1] * y + out[2] * z < 0.0:
        length = -length
    for i in range(3):
        out[i] *= angle / length


@compiled
def measure(chain: Chain, goal: Array, q: Array, work: Work) -> float:
    """
    Place the frames at `q`, fill the residual and return the cost.

    `work.errors` gets the cost and, over all tips, the largest position error [m] and orientation
    error [rad] of what counts (what has no weight does not).
    """
    place_frames(chain, q, work.frames)
    tips = goal.shape[0]
    first_tip = chain.topology.shape[0] - tips
    residual = work.residual
    at = 0
    cost, worst_position, worst_orientation = 0.0, 0.0, 0.0
    for t in range(tips):
        frame = work.frames[first_tip + t]
        for part in range(2):
            weight = goal[t, GOAL_POSITION_WEIGHT + part]
            if weight > 0.0:
                error = residual[at:at + 3]
                if part == 0:
                    for i in range(3):
                        error[i] = goal[t, i] - frame[9 + i]
                else:
                    rotation_vector(goal[t, GOAL_ROTATION:], frame, error)
                squared = error[0] ** 2 + error[1] ** 2 + error[2] ** 2
                cost += 0.5 * weight * weight * squared
                # Written so that a NaN stays, where max() would lose it.
                if part == 0 and not squared <= worst_position:
                    worst_position = squared
                if part == 1 and not squared <= worst_orientation:
                    worst_orientation = squared
                for i in range(3):
                    error[i] *= weight
                at += 3
    work.errors[E_COST] = cost
    work.errors[E_POSITION] = np.sqrt(worst_position)
    work.errors[E_ORIENTATION] = np.sqrt(worst_orientation)
    return cost


@compiled
def weighted_jacobian(chain: Chain, goal: Array, work: Work) -> None:
    """Fill `work.jacobian` (n, r) from the frames that `measure` placed."""
    work.jacobian[:] = 0.0
    first_tip = chain.topology.shape[0] - goal.shape[0]
    at = 0
    for t in range(goal.shape[0]):
        position, orientation = goal[t, GOAL_POSITION_WEIGHT], goal[t, GOAL_ORIENTATION_WEIGHT]
        fill_jacobian(chain, work.frames, first_tip + t, position, orientation, work.jacobian, at)
        at += 3 * (int(position > 0.0) + int(orientation > 0.0))


@compiled
def slope_of(chain: Chain, goal: Array, options: Options, q: Array, j: int, work: Work) -> float:
    """
    Return the slope of the cost along variable `j` at `q`, whose frames are placed.

    The finite difference samples past a limit if it must: the error is defined there, and a
    sample taken through the clamp would read no slope at all.
    """
    if options.slope == EXACT:
        total = 0.0
        for row in range(work.residual.shape[0]):
            total -= work.jacobian[j, row] * work.residual[row]
        return total
    here = work.errors[E_COST]
    kept = q[j]
    q[j] = kept + options.sampling_distance
    beside = measure(chain, goal, q, work)
    q[j] = kept
    work.errors[E_COST] = here
    return (beside - here) / options.sampling_distance


@compiled
def slope_vector(chain: Chain, goal: Array, options: Options, q: Array, work: Work,
                 slope: Array) -> None:
    """Write the slope of the cost along every variable at `q` into `slope` (n,)."""
    measure(chain, goal, q, work)
    if options.slope == EXACT:
        weighted_jacobian(chain, goal, work)
    for j in range(q.shape[0]):
        slope[j] = slope_of(chain, goal, options, q, j, work)


@compiled
def cost_slope(constants: Array, topology: Array, bounds: Array, goal: Array,
               option_array: Array, q: Array, slope: Array) -> float:
    """Write the slope of the cost into `slope` (n,) and return the cost, for tests."""
    chain = Chain(constants, topology, bounds)
    work = new_work(chain, goal)
    slope_vector(chain, goal, unpack_options(option_array), q, work, slope)
    return measure(chain, goal, q, work)


@compiled
def arrived(work: Work, options: Options) -> bool:
    """Return whether every error that `measure` found is within its tolerance."""
    return (work.errors[E_POSITION] <= options.position_tolerance
            and work.errors[E_ORIENTATION] <= options.orientation_tolerance)


# Step rules ----------------------------------------------------------------------------------


@compiled
def clamp(value: float, lower: float, upper: float) -> float:
    """Return `value` moved into [lower, upper]."""
    return min(max(value, lower), upper)


@compiled
def sweep_step(chain: Chain, goal: Array, options: Options, q: Array, work: Work) -> None:
    """Move one variable after the other against its slope, until the tip has arrived."""
    n = q.shape[0]
    for k in range(n):
        j = n - 1 - k if options.sweep_order == TIP_TO_BASE else k
        if options.slope == EXACT:
            weighted_jacobian(chain, goal, work)
        moved = q[j] - options.rate * slope_of(chain, goal, options, q, j, work)
        q[j] = clamp(moved, chain.bounds[0, j], chain.bounds[1, j])
        measure(chain, goal, q, work)
        if arrived(work, options):
            return


@compiled
def gradient_step(chain: Chain, goal: Array, options: Options, q: Array, slope: Array, work: Work,
                  memory: Array, steps: int) -> None:
    """Move all variables along the projected slope, at a rate that follows the curvature."""
    n = q.shape[0]
    if steps == 0:
        slope_vector(chain, goal, options, q, work, slope)
        memory[M_RATE] = options.rate
        memory[M_HISTORY:] = measure(chain, goal, q, work)
    along = 0.0
    for j in range(n):
        moved = q[j] - memory[M_RATE] * slope[j]
        work.step[j] = clamp(moved, chain.bounds[0, j], chain.bounds[1, j]) - q[j]
        along += slope[j] * work.step[j]
    highest = memory[M_HISTORY:].max()
    fraction = 1.0
    while True:
        for j in range(n):
            work.trial[j] = clamp(q[j] + fraction * work.step[j],
                                  chain.bounds[0, j], chain.bounds[1, j])
        cost = measure(chain, goal, work.trial, work)
        if cost <= highest + ARMIJO * fraction * along or fraction < SMALLEST_FRACTION:
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
        memory[M_RATE] = clamp(squared / curvature, RATE_MIN, RATE_MAX)
    else:
        memory[M_RATE] = min(2.0 * memory[M_RATE], RATE_MAX)
    memory[M_HISTORY + (steps + 1) % HISTORY] = cost
    measure(chain, goal, q, work)


@compiled
def damped_step(chain: Chain, q: Array, damping: float, work: Work) -> None:
    """
    Fill `work.step` with the damped least squares step from `q`, inside the limits.

    Joints at a limit that the slope pushes further out are held before the first solve. Joints
    that the step would take past a limit go exactly to it, and the others are solved again for the
    error that is left.
    """
    n = q.shape[0]
    residual = work.residual
    rows = residual.shape[0]
    for j in range(n):
        downhill = 0.0
        for row in range(rows):
            downhill += work.jacobian[j, row] * residual[row]
        outward = ((q[j] >= chain.bounds[1, j] and downhill > 0.0)
                   or (q[j] <= chain.bounds[0, j] and downhill < 0.0))
        work.free[j] = not outward
        work.step[j] = 0.0
    for _ in range(n):
        solve_free(work, damping)
        inside = True
        for j in range(n):
            if work.free[j]:
                moved = q[j] + work.step[j]
                kept = clamp(moved, chain.bounds[0, j], chain.bounds[1, j])
                if kept != moved:
                    inside = False
                    work.free[j] = False
                    work.step[j] = kept - q[j]
                    for row in range(rows):
                        residual[row] -= work.jacobian[j, row] * work.step[j]
        if inside:
            return


@compiled
def solve_free(work: Work, damping: float) -> None:
    """
    Solve the damped least squares problem over the free variables into `work.step`.

    Of the two equivalent forms the smaller one is solved, which is also the one of full rank.
    """
    count = 0
    for j in range(work.free.shape[0]):
        count += work.free[j]
    if count > work.residual.shape[0]:
        solve_by_rows(work, damping)
    elif count > 0:
        solve_by_variables(work, damping, count)


@compiled
def solve_by_rows(work: Work, damping: float) -> None:
    """Solve ``(J J^T + lambda I) y = e`` and set the step to ``J^T y``."""
    n, rows = work.jacobian.shape
    jacobian, normal, rhs = work.jacobian, work.normal, work.rhs
    for a in range(rows):
        for b in range(a + 1):
            normal[a, b] = 0.0
        normal[a, a] = damping
        rhs[a] = work.residual[a]
    for j in range(n):
        if work.free[j]:
            for a in range(rows):
                for b in range(a + 1):
                    normal[a, b] += jacobian[j, a] * jacobian[j, b]
    cholesky_solve(normal, rhs, rows)
    for j in range(n):
        if work.free[j]:
            total = 0.0
            for row in range(rows):
                total += jacobian[j, row] * rhs[row]
            work.step[j] = total


@compiled
def solve_by_variables(work: Work, damping: float, count: int) -> None:
    """Solve ``(J^T J + lambda I) x = J^T e`` for the `count` free variables."""
    n, rows = work.jacobian.shape
    jacobian, normal, rhs = work.jacobian, work.normal, work.rhs
    a = 0
    for i in range(n):
        if work.free[i]:
            b = 0
            for j in range(i + 1):
                if work.free[j]:
                    total = damping if i == j else 0.0
                    for row in range(rows):
                        total += jacobian[i, row] * jacobian[j, row]
                    normal[a, b] = total
                    b += 1
            total = 0.0
            for row in range(rows):
                total += jacobian[i, row] * work.residual[row]
            rhs[a] = total
            a += 1
    cholesky_solve(normal, rhs, count)
    a = 0
    for j in range(n):
        if work.free[j]:
            work.step[j] = rhs[a]
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
                # Rounding may push a vanishing pivot below zero; the floor keeps the step finite.
                matrix[i, i] = 1.0 / np.sqrt(max(total, DAMPING_FLOOR))
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


@compiled
def move(chain: Chain, q: Array, step: Array, out: Array) -> None:
    """Write ``q + step``, held inside the limits against rounding, into `out`."""
    for j in range(q.shape[0]):
        out[j] = clamp(q[j] + step[j], chain.bounds[0, j], chain.bounds[1, j])


# Descent -------------------------------------------------------------------------------------


@compiled
def uniform(seed: int, counter: int) -> float:
    """Return number `counter` of random stream `seed`, in [0, 1): splitmix64, without state."""
    z = np.uint64(seed) + np.uint64(counter) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return float(z >> np.uint64(11)) / 9007199254740992.0


@compiled
def draw_start(chain: Chain, goal: Array, options: Options, restart: int, q: Array,
               work: Work) -> None:
    """Set `q` to the best of a few random joint vectors inside the limits."""
    n = q.shape[0]
    best = np.inf
    for draw in range(DRAWS):
        for j in range(n):
            counter = (restart * DRAWS + draw) * n + j
            low, high = chain.bounds[2, j], chain.bounds[3, j]
            work.trial[j] = low + (high - low) * uniform(int(options.random_seed), counter)
        cost = measure(chain, goal, work.trial, work)
        if cost < best:
            best = cost
            q[:] = work.trial


@compiled
def keep_best(vectors: Array, memory: Array, work: Work) -> None:
    """Remember the current joint vector if its cost is the lowest so far."""
    if work.errors[E_COST] < memory[M_BEST_COST]:
        vectors[V_BEST] = vectors[V_CURRENT]
        memory[M_BEST_COST] = work.errors[E_COST]


@compiled
def slow(options: Options, cost: float, memory: Array, counts: Array) -> bool:
    """Count steps without real progress and return whether this descent should be given up."""
    progress, patience = DAMPED_PROGRESS, DAMPED_PATIENCE
    if options.step_rule != DAMPED:
        progress, patience = PLAIN_PROGRESS, PLAIN_PATIENCE
    elif counts[N_RESTARTS] == 0:
        patience = SEED_PATIENCE
    if cost < progress * memory[M_REFERENCE]:
        memory[M_REFERENCE] = cost
        counts[N_SLOW] = 0
        return False
    counts[N_SLOW] += 1
    return counts[N_SLOW] >= patience


@compiled
def unwind(chain: Chain, q: Array, seed: Array) -> None:
    """Turn every joint by full turns to where it is nearest to `seed` inside its limits."""
    for j in range(q.shape[0]):
        period = chain.bounds[4, j]
        if period > 0.0:
            low, high = chain.bounds[0, j], chain.bounds[1, j]
            turns = np.round((seed[j] - q[j]) / period)
            turns = clamp(turns, np.ceil((low - q[j]) / period), np.floor((high - q[j]) / period))
            q[j] = clamp(q[j] + turns * period, low, high)


@compiled
def unpack_options(options: Array) -> Options:
    """Return the array `options` with its entries named."""
    return Options(options[0], options[1], options[2], options[3], options[4], options[5],
                   options[6], options[7], options[8], options[9])


@compiled
def new_work(chain: Chain, goal: Array) -> Work:
    """Return scratch arrays for `chain` and `goal`."""
    n = chain.bounds.shape[1]
    rows = 0
    for t in range(goal.shape[0]):
        rows += 3 * (int(goal[t, GOAL_POSITION_WEIGHT] > 0.0)
                     + int(goal[t, GOAL_ORIENTATION_WEIGHT] > 0.0))
    return Work(np.empty((chain.topology.shape[0], 12)), np.empty(rows), np.empty((n, rows)),
                np.empty((rows, rows)), np.empty(rows), np.empty(n), np.empty(n), np.empty(n),
                np.empty(n, dtype=np.bool_), np.empty(ERRORS))


@compiled
def one_step(chain: Chain, goal: Array, options: Options, vectors: Array, memory: Array, counts:
             Array, work: Work) -> None:
    """Take one step of the chosen rule from the current joint vector, whose frames are placed."""
    q = vectors[V_CURRENT]
    if options.step_rule == DAMPED:
        weighted_jacobian(chain, goal, work)
        damped_step(chain, q, DAMPING * work.errors[E_COST] + DAMPING_FLOOR, work)
        move(chain, q, work.step, q)
        measure(chain, goal, q, work)
    elif options.step_rule == GRADIENT:
        gradient_step(chain, goal, options, q, vectors[V_SLOPE], work, memory, counts[N_STEPS])
    else:
        sweep_step(chain, goal, options, q, work)
    counts[N_STEPS] += 1
    counts[N_ITERATIONS] += 1


@compiled
def advance(chain: Chain, goal: Array, options: Options, vectors: Array, memory: Array, counts:
            Array, work: Work) -> int:
    """
    Look at a new start or take one step from the current joints, whose frames are placed.

    Return `RUNNING` or how the search ended; a descent that is given up sets up the next start.
    """
    if counts[N_FRESH] == 0:
        memory[M_REFERENCE] = work.errors[E_COST]
        counts[N_FRESH], counts[N_STEPS], counts[N_SLOW] = 1, 0, -1
    else:
        one_step(chain, goal, options, vectors, memory, counts, work)
    if arrived(work, options):
        # By full turns the tip moves by rounding, which may be too much for a tight tolerance.
        unwind(chain, vectors[V_CURRENT], vectors[V_SEED])
        measure(chain, goal, vectors[V_CURRENT], work)
        if arrived(work, options):
            vectors[V_BEST] = vectors[V_CURRENT]
            return CONVERGED
    keep_best(vectors, memory, work)
    cost = work.errors[E_COST]
    stalled = not np.isfinite(cost) or slow(options, cost, memory, counts)
    if not stalled and counts[N_STEPS] < options.max_iterations:
        return RUNNING
    if counts[N_RESTARTS] < options.max_restarts:
        counts[N_RESTARTS] += 1
        counts[N_FRESH] = 0
        draw_start(chain, goal, options, counts[N_RESTARTS], vectors[V_CURRENT], work)
        measure(chain, goal, vectors[V_CURRENT], work)
        return RUNNING
    if not np.isfinite(memory[M_BEST_COST]):
        return NOT_FINITE
    if options.max_restarts > 0:
        return OUT_OF_RESTARTS
    return STALLED if stalled else OUT_OF_ITERATIONS


@compiled
def begin(chain: Chain, vectors: Array, memory: Array, counts: Array) -> None:
    """Move the seed inside the limits and set up the descent from it."""
    for j in range(vectors.shape[1]):
        vectors[V_SEED, j] = clamp(vectors[V_SEED, j], chain.bounds[0, j], chain.bounds[1, j])
        vectors[V_CURRENT, j] = vectors[V_SEED, j]
        vectors[V_BEST, j] = vectors[V_SEED, j]
    memory[M_BEST_COST] = np.inf
    counts[:] = 0


@compiled
def report_best(chain: Chain, goal: Array, vectors: Array, work: Work, report: Array) -> None:
    """Unwind the best joints towards the seed and measure them afresh into `report`."""
    best = vectors[V_BEST]
    unwind(chain, best, vectors[V_SEED])
    measure(chain, goal, best, work)
    report[R_POSITION], report[R_ORIENTATION] = work.errors[E_POSITION], work.errors[E_ORIENTATION]
    report[R_AT_LIMIT] = 0.0
    for j in range(best.shape[0]):
        report[R_AT_LIMIT] += best[j] <= chain.bounds[0, j] or best[j] >= chain.bounds[1, j]


@compiled
def descend(constants: Array, topology: Array, bounds: Array, goal: Array, option_array: Array,
            vectors: Array, memory: Array, counts: Array, report: Array, chunk: int) -> int:
    """
    Descend for at most `chunk` iterations and return a code; `RUNNING` means call again.

    `vectors` (VECTORS, n) holds the seed, and after the first call the current joints, the best
    ones and the slope; `memory` and `counts` what else lives between calls. A negative
    ``counts[N_ITERATIONS]`` marks the first call.

    When a descent stalls, the next one starts from random joints, until one arrives or the
    restarts are used up. The best joints met, whichever descent found them, are kept. On arrival
    they are reported as by `finish`; after any other end the caller calls it, after `polish` if
    the closest pose is wanted.
    """
    chain = Chain(constants, topology, bounds)
    options = unpack_options(option_array)
    work = new_work(chain, goal)
    if counts[N_ITERATIONS] < 0:
        begin(chain, vectors, memory, counts)
    measure(chain, goal, vectors[V_CURRENT], work)
    code = RUNNING
    for _ in range(chunk):
        code = advance(chain, goal, options, vectors, memory, counts, work)
        if code != RUNNING:
            break
    if code == CONVERGED:
        report_best(chain, goal, vectors, work, report)
    return code


@compiled
def polish(constants: Array, topology: Array, bounds: Array, goal: Array, vectors: Array, memory:
           Array) -> None:
    """
    Settle the best joints, which did not arrive, at the bottom of their valley.

    A descent that is given up early has not found the closest pose yet. Levenberg-Marquardt with
    rejected steps, monotone, bounded by `POLISH_STEPS`.
    """
    chain = Chain(constants, topology, bounds)
    work = new_work(chain, goal)
    q = vectors[V_CURRENT]
    q[:] = vectors[V_BEST]
    cost = measure(chain, goal, q, work)
    damping = DAMPING * cost + DAMPING_FLOOR
    for _ in range(POLISH_STEPS):
        weighted_jacobian(chain, goal, work)
        damped_step(chain, q, damping, work)
        move(chain, q, work.step, work.trial)
        lowered = measure(chain, goal, work.trial, work)
        if lowered < cost:
            settled = cost - lowered < POLISH_PROGRESS * cost
            cost = lowered
            q[:] = work.trial
            damping = max(0.3 * damping, DAMPING_FLOOR)
            keep_best(vectors, memory, work)
            if settled:
                return
        else:
            damping *= 4.0
            if damping > DAMPING_MAX:
                return
            measure(chain, goal, q, work)


@compiled
def finish(constants: Array, topology: Array, bounds: Array, goal: Array, vectors: Array,
           report: Array) -> None:
    """Turn the best joints, as they are, into the answer: see `report_best`."""
    chain = Chain(constants, topology, bounds)
    report_best(chain, goal, vectors, new_work(chain, goal), report)
