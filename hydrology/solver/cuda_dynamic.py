"""The scheme `dynamic` on CUDA, first and second order: the same formulas as the CPU.

A block computes what its faces need of the cells of its tile and of a rim around it into shared
memory: velocities in first order; slopes and the state after half a step in second order. Then
the fluxes of all faces, then its own cells. Every thread gathers.

The water is a (4, rows, columns) array, padded by walls: depth [m], momentum to the east and to
the south [m2 s-1], and what rounding owes the depth [m].
"""

import math

from hydrology.solver.cuda_grid import Block, Scheme, device, gpu
from hydrology.solver.friction import kept_share
from hydrology.solver.muscl import (
    half_slope,
    half_slope_across,
    half_slopes,
    half_step_depth,
    half_step_velocity,
)
from hydrology.solver.narrowing import wall_thrust
from hydrology.solver.precision import from_bits, like, magnitude_bits
from hydrology.solver.reconstruction import STEEPEST, at_blurred_face, blur, mirrored
from hydrology.solver.riemann import (
    DRY,
    carried_along,
    held_back,
    hllc,
    idle_share,
    velocities,
    wave_speeds,
)
from hydrology.solver.riemann import signal_speed as cell_signal_speed

DEPTH, U, V, X_SLOPES, Y_SLOPES, STATES = 0, 1, 2, 3, 7, 11
"""State of a cell after half a step; half slopes of depth, bed and the velocities across and along
the faces of either axis; and how many numbers that are."""


@device
def _read(water, bed, j, i, fastest):
    """Depth, bed, velocity east and south of a cell."""
    depth = water[0, j, i]
    u, v = velocities(depth, water[1, j, i], water[2, j, i], fastest)
    return depth, bed.ground[j, i], u, v


@device
def _flux(before, after, cell, next_cell, fastest, cliff, gravity):
    """What a face exchanges: discharge, momentum that leaves and that enters, momentum along.

    `before` and `after` are depth, half slope of the bed, velocity across and along on its sides,
    `cell` and `next_cell` depth, bed and velocities of the cells that give the water.
    """
    rise = (next_cell[1] - cell[1]) - (before[1] + after[1])
    h, u, h_next, u_next, rise = mirrored(before[0], before[2], after[0], after[2], rise)
    blurred = blur(cell[0], next_cell[0])
    h, h_next, pull, next_pull = at_blurred_face(h, h_next, rise, blurred, cliff, gravity)
    slow, fast = wave_speeds(h, u, h_next, u_next, gravity)
    mass, thrust, push = hllc(h, u, h_next, u_next, slow, fast, gravity)
    idle = idle_share(cell[0], cell[2], cell[3], fastest)
    next_idle = idle_share(next_cell[0], next_cell[2], next_cell[3], fastest)
    mass = held_back(mass, idle, cell[0], cell[2], next_idle, next_cell[0], next_cell[2])
    return mass, thrust + pull, push + next_pull, carried_along(mass, before[3], after[3])


@device
def _narrowed(flux, before, after, part, gravity):
    """Let the open part of a face carry its fluxes, and the rest be a wall."""
    closed = like(part, 1.0) - part
    wall_before = wall_thrust(before[0], before[2], gravity)
    wall_after = wall_thrust(after[0], -after[2], gravity)
    thrust = part * flux[1] + closed * wall_before
    return part * flux[0], thrust, part * flux[2] + closed * wall_after, part * flux[3]


@device
def _turned(cell, axis):
    """Depth, bed, velocity across and along the faces of an axis: those in the west, or north."""
    u, v = cell[2], cell[3]
    return cell[0], cell[1], v if axis == 1 else u, u if axis == 1 else v


@device
def _untilted(cell):
    """The state on a face of a cell that has no slopes."""
    return cell[0], like(cell[0], 0.0), cell[2], cell[3]


@device
def _keep(target, values, a, b):
    """Put four numbers into shared memory."""
    target[0, a, b], target[1, a, b], target[2, a, b], target[3, a, b] = values


@device
def _kept(source, a, b):
    """Four numbers out of shared memory."""
    return source[0, a, b], source[1, a, b], source[2, a, b], source[3, a, b]


@device
def _fill_fluxes(flux, water, bed, openings, tile, numbers):
    """Fluxes through the west and the north faces of a tile, and its last ones, first order."""
    top, bottom, left, right = tile
    fastest = like(numbers.time_step, 0.5) / (numbers.time_step / numbers.cell_size)
    cliff = like(numbers.cell_size, STEEPEST) * numbers.cell_size
    b = gpu.threadIdx.x
    i = left + b
    if i < right + 1:
        j = top + gpu.threadIdx.y
        while j < bottom + 1:
            here = _read(water, bed, j, i, fastest)
            for axis in range(2):
                next_cell = _turned(here, axis)
                cell = _turned(_read(water, bed, j - axis, i - 1 + axis, fastest), axis)
                before, after = _untilted(cell), _untilted(next_cell)
                given = _flux(before, after, cell, next_cell, fastest, cliff, numbers.gravity)
                if openings is not None:
                    part = openings.y[j, i] if axis == 1 else openings.x[j, i]
                    given = _narrowed(given, before, after, part, numbers.gravity)
                _keep(flux[axis], given, j - top, b)
            j += gpu.blockDim.y


@device
def _slopes(before, here, after, half_cliff):
    """Half slopes of depth, bed and velocities along an axis: across its faces and along them."""
    depth, bed = half_slopes(before[0], here[0], after[0], before[1], here[1], after[1], half_cliff)
    across = half_slope_across(
        (before[0], before[2]),
        (here[0], here[2]),
        (after[0], after[2]),
        here[1] - before[1],
        after[1] - here[1],
    )
    along = half_slope(here[3] - before[3], after[3] - here[3])
    is_wet = min(min(before[0], after[0]), here[0]) > like(along, DRY)
    return depth, bed, across, along if is_wet else like(along, 0.0)


@device
def _predict(state, water, bed, j, i, a, b, fastest, half_cliff, numbers):
    """State of a cell after half a step, and its half slopes, into shared memory."""
    gravity, time_step = numbers.gravity, numbers.time_step
    ratio = time_step / numbers.cell_size
    here = _read(water, bed, j, i, fastest)
    for axis in range(2):
        before = _turned(_read(water, bed, j - axis, i - 1 + axis, fastest), axis)
        after = _turned(_read(water, bed, j + axis, i + 1 - axis, fastest), axis)
        slopes = _slopes(before, _turned(here, axis), after, half_cliff)
        _keep(state[X_SLOPES + 4 * axis :], slopes, a, b)
    x, y = _kept(state[X_SLOPES:], a, b), _kept(state[Y_SLOPES:], a, b)
    h, u, v = here[0], here[2], here[3]
    state[DEPTH, a, b] = half_step_depth(h, u, v, x[0], y[0], x[2], y[2], ratio)
    new_u = half_step_velocity(u, v, x[2], y[3], x[0] + x[1], ratio, gravity)
    new_v = half_step_velocity(v, u, y[2], x[3], y[0] + y[1], ratio, gravity)
    half = like(time_step, 0.5) * time_step
    share = kept_share(h, h * new_u, h * new_v, bed.manning[j, i], half, gravity)
    state[U, a, b], state[V, a, b] = share * new_u, share * new_v


@device
def _side(state, a, b, slopes, across, along, sign):
    """State on a face of a cell after half a step: as `_flux` takes it."""
    return (
        state[DEPTH, a, b] + sign * state[slopes, a, b],
        state[slopes + 1, a, b],
        state[across, a, b] + sign * state[slopes + 2, a, b],
        state[along, a, b] + sign * state[slopes + 3, a, b],
    )


@device
def _fill_states(state, water, bed, tile, numbers):
    """State after half a step of the cells of a tile and of the rim around it."""
    top, bottom, left, right = tile
    fastest = like(numbers.time_step, 0.5) / (numbers.time_step / numbers.cell_size)
    half_cliff = like(fastest, 0.5) * (like(fastest, STEEPEST) * numbers.cell_size)
    b = gpu.threadIdx.x
    i = left - 1 + b
    if i < right + 1:
        j = top - 1 + gpu.threadIdx.y
        while j < bottom + 1:
            _predict(state, water, bed, j, i, j - top + 1, b, fastest, half_cliff, numbers)
            j += gpu.blockDim.y


@device
def _fill_second_fluxes(flux, state, water, bed, openings, tile, numbers):
    """Fluxes through the west and the north faces of a tile, and its last ones, second order."""
    top, bottom, left, right = tile
    fastest = like(numbers.time_step, 0.5) / (numbers.time_step / numbers.cell_size)
    cliff = like(numbers.cell_size, STEEPEST) * numbers.cell_size
    plus, minus = like(cliff, 1.0), like(cliff, -1.0)
    b = gpu.threadIdx.x
    i = left + b
    if i < right + 1:
        j = top + gpu.threadIdx.y
        while j < bottom + 1:
            a, here = j - top, _read(water, bed, j, i, fastest)
            for axis in range(2):
                slopes, across, along = X_SLOPES + 4 * axis, U + axis, V - axis
                next_cell = _turned(here, axis)
                cell = _turned(_read(water, bed, j - axis, i - 1 + axis, fastest), axis)
                row, column = a + 1 - axis, b + axis
                before = _side(state, row, column, slopes, across, along, plus)
                after = _side(state, a + 1, b + 1, slopes, across, along, minus)
                given = _flux(before, after, cell, next_cell, fastest, cliff, numbers.gravity)
                if openings is not None:
                    part = openings.y[j, i] if axis == 1 else openings.x[j, i]
                    given = _narrowed(given, before, after, part, numbers.gravity)
                _keep(flux[axis], given, a, b)
            j += gpu.blockDim.y


@device
def _fill_cell(new, old, bed, x_flux, y_flux, j, i, a, b, x_pull, y_pull, numbers):
    """Continuity, momentum and friction of a cell; return its depth after the step [m]."""
    ratio = numbers.time_step / numbers.cell_size
    before = old[0, j, i]
    gain = (x_flux[0, a, b] - x_flux[0, a, b + 1]) + (y_flux[0, a, b] - y_flux[0, a + 1, b])
    gain = ratio * gain + old[3, j, i]
    after = max(before + gain, like(ratio, 0.0))
    x = (x_flux[2, a, b] - x_flux[1, a, b + 1]) + (y_flux[3, a, b] - y_flux[3, a + 1, b])
    y = (y_flux[2, a, b] - y_flux[1, a + 1, b]) + (x_flux[3, a, b] - x_flux[3, a, b + 1])
    x, y = old[1, j, i] + ratio * x, old[2, j, i] + ratio * y
    x, y = x - ratio * x_pull, y - ratio * y_pull
    share = kept_share(after, x, y, bed.manning[j, i], numbers.time_step, numbers.gravity)
    new[0, j, i], new[1, j, i], new[2, j, i] = after, share * x, share * y
    new[3, j, i] = gain - (after - before)
    return after


@device
def _step_first(flux, unused, also_unused, old, new, bed, openings, tile, numbers):  # noqa: ARG001
    """Take one step of first order of one tile; return whether the thread left any cell wet."""
    top, bottom, left, right = tile
    _fill_fluxes(flux, old, bed, openings, tile, numbers)
    gpu.syncthreads()
    zero, is_wet = like(numbers.gravity, 0.0), False
    b = gpu.threadIdx.x
    i = left + b
    if i < right:
        j = top + gpu.threadIdx.y
        while j < bottom:
            a = j - top
            after = _fill_cell(new, old, bed, flux[0], flux[1], j, i, a, b, zero, zero, numbers)
            is_wet = is_wet or after > zero
            j += gpu.blockDim.y
    return is_wet


@device
def _step_second(flux, state, unused, old, new, bed, openings, tile, numbers):  # noqa: ARG001
    """Take one step of second order of one tile; return whether the thread left any cell wet."""
    top, bottom, left, right = tile
    _fill_states(state, old, bed, tile, numbers)
    gpu.syncthreads()
    _fill_second_fluxes(flux, state, old, bed, openings, tile, numbers)
    gpu.syncthreads()
    gravity, zero, is_wet = numbers.gravity, like(numbers.gravity, 0.0), False
    b = gpu.threadIdx.x
    i = left + b
    if i < right:
        j = top + gpu.threadIdx.y
        while j < bottom:
            a = j - top
            h = state[DEPTH, a + 1, b + 1]
            x_level = state[X_SLOPES, a + 1, b + 1] + state[X_SLOPES + 1, a + 1, b + 1]
            y_level = state[Y_SLOPES, a + 1, b + 1] + state[Y_SLOPES + 1, a + 1, b + 1]
            x_pull = like(gravity, 2.0) * (gravity * (h * x_level))
            y_pull = like(gravity, 2.0) * (gravity * (h * y_level))
            after = _fill_cell(new, old, bed, flux[0], flux[1], j, i, a, b, x_pull, y_pull, numbers)
            is_wet = is_wet or after > zero
            j += gpu.blockDim.y
    return is_wet


@device
def _step_first_open(flux, unused, also_unused, old, new, bed, openings, tile, numbers):  # noqa: ARG001
    """The same where all is open."""
    return _step_first(flux, unused, also_unused, old, new, bed, None, tile, numbers)


@device
def _step_second_open(flux, state, unused, old, new, bed, openings, tile, numbers):  # noqa: ARG001
    """The same where all is open."""
    return _step_second(flux, state, unused, old, new, bed, None, tile, numbers)


def _build_first(block, has_openings):
    """Shapes of the shared arrays, and the step of a tile, first order."""
    faces = (2, 4, block.rows + 1, block.columns + 1)
    return (faces, (1, 1), (1, 1)), _step_first if has_openings else _step_first_open


def _build_second(block, has_openings):
    """Shapes of the shared arrays, and the step of a tile, second order."""
    faces, cells = (2, 4, block.rows + 1, block.columns + 1), (block.rows + 2, block.columns + 2)
    step = _step_second if has_openings else _step_second_open
    return (faces, (STATES, *cells), (1, 1)), step


@device
def _discharge(water, j, i):
    """Discharge per width of a cell [m2 s-1]."""
    qx, qy = water[1, j, i], water[2, j, i]
    return math.sqrt(qx * qx + qy * qy)


@device
def _signal_bits(water, j, i, gravity):
    """Bits of the signal speed of a cell."""
    return magnitude_bits(
        cell_signal_speed(water[0, j, i], water[1, j, i], water[2, j, i], gravity)
    )


@device
def _signal_speed(bits, gravity):
    """Largest signal speed that a block found [m s-1]."""
    return like(gravity, from_bits(bits))


FIRST = Scheme(
    _build_first,
    _discharge,
    _signal_bits,
    _signal_speed,
    True,
    {"float32": Block(15, 61, (64, 4)), "float64": Block(7, 61, (64, 4))},
)
"""First order."""

SECOND = Scheme(
    _build_second,
    _discharge,
    _signal_bits,
    _signal_speed,
    True,
    {"float32": Block(8, 61, (64, 4)), "float64": Block(8, 29, (32, 8))},
)
"""Second order."""
