"""The scheme `inertial` on CUDA: any number of steps in one launch, the same formulas as the CPU.

A block computes the discharges through all faces of its tile and of a rim around it into shared
memory, then the share of its outflow that each cell can give, then the depth of its own cells.
Every thread gathers; none writes what another one writes. A step reads one copy of the water and
writes the other: in float32, 24 B read and 16 B written for each cell.

The water is a (4, rows, columns) array, padded by `MARGIN` cells of wall: depth [m], discharge
through the west and through the north face [m2 s-1], and what rounding owes the depth [m].
"""

import math

from hydrology.solver.cuda_grid import Block, Scheme, device, gpu
from hydrology.solver.inertial import centred, outflow
from hydrology.solver.maxima import cell_discharge
from hydrology.solver.physics import face_discharge, flow_depth, given_share, level_rise
from hydrology.solver.precision import from_bits, like, magnitude_bits


@device
def _through(part, q, mean, along, depth, bed_rise, rise, rough, pull, cap, wave_depth):
    """Discharge of a face of which a part is open, per width of the whole face [m2 s-1]."""
    wider = like(part, 1.0) / max(part, like(part, 1e-6))
    return part * face_discharge(
        q * wider, mean * wider, along, depth, bed_rise, rise, rough, pull, cap, wave_depth
    )


@device
def _west_face(water, bed, openings, j, i, root, theta, scales):
    """Discharge that wants through the face west of cell (j, i) [m2 s-1]."""
    pull, cap, wave_depth = scales
    depth, q, along, along_below = water[0, j], water[1, j], water[2, j], water[2, j + 1]
    ground, manning = bed.ground[j], bed.manning[j]
    step = ground[i] - ground[i - 1]
    mean = centred(q[i], q[i - 1], q[i + 1], theta)
    beside = (along[i - 1] + along[i]) + (along_below[i - 1] + along_below[i])
    deep = flow_depth(step, depth[i - 1], depth[i])
    rise = level_rise(step, depth[i - 1], depth[i])
    rough = (root * manning[i - 1]) * (root * manning[i])
    if openings is None:
        return face_discharge(q[i], mean, beside, deep, step, rise, rough, pull, cap, wave_depth)
    return _through(
        openings.x[j, i], q[i], mean, beside, deep, step, rise, rough, pull, cap, wave_depth
    )


@device
def _north_face(water, bed, openings, j, i, root, theta, scales):
    """Discharge that wants through the face north of cell (j, i) [m2 s-1]."""
    pull, cap, wave_depth = scales
    depth, depth_above, q = water[0, j], water[0, j - 1], water[2, j]
    along, along_above = water[1, j], water[1, j - 1]
    step = bed.ground[j, i] - bed.ground[j - 1, i]
    mean = centred(q[i], water[2, j - 1, i], water[2, j + 1, i], theta)
    beside = (along_above[i] + along[i]) + (along_above[i + 1] + along[i + 1])
    deep = flow_depth(step, depth_above[i], depth[i])
    rise = level_rise(step, depth_above[i], depth[i])
    rough = (root * bed.manning[j - 1, i]) * (root * bed.manning[j, i])
    if openings is None:
        return face_discharge(q[i], mean, beside, deep, step, rise, rough, pull, cap, wave_depth)
    return _through(
        openings.y[j, i], q[i], mean, beside, deep, step, rise, rough, pull, cap, wave_depth
    )


@device
def _fill_faces(x_faces, y_faces, water, bed, openings, tile, numbers):
    """Wanted discharges of all faces of a tile and of the cells around it."""
    top, bottom, left, right = tile
    pull = numbers.gravity * (numbers.time_step / numbers.cell_size)
    cap = numbers.gravity * numbers.froude * numbers.froude
    scales = (pull, cap, numbers.wave_depth)
    root, theta = math.sqrt(numbers.gravity * numbers.time_step), numbers.theta
    b = gpu.threadIdx.x
    i = left - 1 + b
    if i < right + 2:
        j = top - 1 + gpu.threadIdx.y
        while j < bottom + 2:
            a = j - top + 1
            x_faces[a, b] = _west_face(water, bed, openings, j, i, root, theta, scales)
            y_faces[a, b] = _north_face(water, bed, openings, j, i, root, theta, scales)
            j += gpu.blockDim.y


@device
def _fill_shares(share, x_faces, y_faces, water, openings, tile, ratio):
    """Share of its wanted outflow that each cell of a tile and around it can give."""
    top, bottom, left, right = tile
    b = gpu.threadIdx.x
    i = left - 1 + b
    if i < right + 1:
        j = top - 1 + gpu.threadIdx.y
        while j < bottom + 1:
            a = j - top + 1
            gain = ratio if openings is None else ratio * openings.spread[j, i]
            out = outflow(x_faces[a, b], x_faces[a, b + 1], y_faces[a, b], y_faces[a + 1, b])
            share[a, b] = given_share(water[0, j, i], gain * out)
            j += gpu.blockDim.y


@device
def _limited(wanted, share_before, share_after):
    """Discharge that the cells on both sides of a face can give [m2 s-1]."""
    zero = like(wanted, 0.0)
    return max(wanted, zero) * share_before + min(wanted, zero) * share_after


@device
def _fill_cells(old, new, openings, x_faces, y_faces, share, tile, ratio):
    """Continuity on a tile's own cells; return whether the thread left any of them wet."""
    top, bottom, left, right = tile
    zero = like(ratio, 0.0)
    is_wet = False
    b = gpu.threadIdx.x + 1
    i = left - 1 + b
    if i < right:
        j = top + gpu.threadIdx.y
        while j < bottom:
            a = j - top + 1
            west = _limited(x_faces[a, b], share[a, b - 1], share[a, b])
            east = _limited(x_faces[a, b + 1], share[a, b], share[a, b + 1])
            north = _limited(y_faces[a, b], share[a - 1, b], share[a, b])
            south = _limited(y_faces[a + 1, b], share[a, b], share[a + 1, b])
            gain = ratio if openings is None else ratio * openings.spread[j, i]
            before = old[0, j, i]
            gain = gain * ((west - east) + (north - south)) + old[3, j, i]
            after = max(before + gain, zero)
            new[0, j, i], new[1, j, i], new[2, j, i] = after, west, north
            new[3, j, i] = gain - (after - before)
            is_wet = is_wet or after > zero
            j += gpu.blockDim.y
    return is_wet


@device
def _step_tile(x_faces, y_faces, share, old, new, bed, openings, tile, numbers):
    """Take one step of one tile; return whether the thread left any cell wet."""
    ratio = numbers.time_step / numbers.cell_size
    _fill_faces(x_faces, y_faces, old, bed, openings, tile, numbers)
    gpu.syncthreads()
    _fill_shares(share, x_faces, y_faces, old, openings, tile, ratio)
    gpu.syncthreads()
    return _fill_cells(old, new, openings, x_faces, y_faces, share, tile, ratio)


@device
def _step_open_tile(x_faces, y_faces, share, old, new, bed, openings, tile, numbers):  # noqa: ARG001
    """Take one step of one tile where all is open."""
    return _step_tile(x_faces, y_faces, share, old, new, bed, None, tile, numbers)


def _build_step(block, has_openings):
    """Shapes of the shared arrays, and the step of a tile."""
    faces, cells = (block.rows + 3, block.columns + 3), (block.rows + 2, block.columns + 2)
    return (faces, faces, cells), _step_tile if has_openings else _step_open_tile


@device
def _discharge(water, j, i):
    """Discharge per width of a cell, from its faces [m2 s-1]."""
    qx, qy = water[1], water[2]
    return cell_discharge(qx[j, i], qx[j, i + 1], qy[j, i], qy[j + 1, i])


@device
def _signal_bits(water, j, i, gravity):  # noqa: ARG001
    """Bits of what grows with the signal speed of a cell: its depth."""
    return magnitude_bits(water[0, j, i])


@device
def _signal_speed(bits, gravity):
    """Speed of a wave on the largest depth that a block found [m s-1]."""
    return math.sqrt(gravity * like(gravity, from_bits(bits)))


INERTIAL = Scheme(
    _build_step,
    _discharge,
    _signal_bits,
    _signal_speed,
    False,
    {"float32": Block(29, 61, (64, 4)), "float64": Block(13, 61, (64, 4))},
)
"""The scheme `inertial`."""
