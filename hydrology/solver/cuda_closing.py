"""What closes a visit on CUDA: sources, signal speeds and maxima, in one pass over the tiles."""

import numpy as np
from numba import float64, int32, types

from hydrology.solver.cuda_grid import (
    MARGIN,
    device,
    gpu,
    kernel,
    largest_of_block,
    openings_type,
    own_number,
    raster,
    sum_of_block,
)
from hydrology.solver.cuda_sources import rain_type, soil_type
from hydrology.solver.maxima import NEVER, Maxima, cell_speed
from hydrology.solver.precision import like
from hydrology.solver.sources import DRAINED, FALLEN, SOAKED


@device
def _record(maxima, depth, discharge, j, i, clock, limits):
    """Update what is remembered of one cell."""
    wet_depth, least_depth = limits
    speed = cell_speed(discharge, depth, least_depth)
    hazard = discharge if depth >= least_depth else like(depth, 0.0)
    maxima.depth[j, i] = max(maxima.depth[j, i], depth)
    maxima.speed[j, i] = max(maxima.speed[j, i], speed)
    maxima.hazard[j, i] = max(maxima.hazard[j, i], hazard)
    if depth >= wet_depth:
        if maxima.arrival[j, i] == NEVER:
            maxima.arrival[j, i] = np.uint16(clock[0])
        else:
            longer = np.int32(maxima.duration[j, i]) + np.int32(clock[1])
            maxima.duration[j, i] = np.uint16(min(longer, np.int32(NEVER)))


def build_closing(block, scheme, add_sources):
    """Kernel that closes a visit.

    Parameters
    ----------
    block : Block
        Size of a tile and its threads.
    scheme : Scheme
        Gives discharges and signal speeds.
    add_sources : function
        See `build_sources`.

    Returns
    -------
    kernel
        `close(tiles, water, wet, is_blank, openings, catches, rain, soil, drain, maxima, seconds,
        clock, limits, gravity, speed, sums)`: sources and maxima act where `seconds` since they
        did last is above zero, rain where `catches` is not zero. `speed` (tiles,) and `sums`
        (tiles, 3) are filled: the largest signal speed [m s-1], and rain, infiltrated and drained
        depth [m], added up in an order that is always the same. `water`, `wet` and `is_blank` are
        the present copy.
    """
    threads = block.count
    discharge, signal_bits = scheme.discharge, scheme.signal_bits
    signal_speed = scheme.signal_speed

    @kernel
    def close(
        tiles, water, wet, is_blank, openings, catches, rain, soil, drain, maxima, seconds, clock,
        limits, gravity, speed, sums,
    ):  # fmt: skip
        scratch = gpu.shared.array(threads, float64)
        bits = gpu.shared.array(threads, int32)
        acts = seconds > 0
        for t in range(gpu.blockIdx.x, tiles.shape[0], gpu.gridDim.x):
            fallen, soaked, drained, fastest = 0.0, 0.0, 0.0, np.int32(0)
            is_wet, is_active = False, wet[t] != 0 or (acts and rain.falls)
            i = tiles[t, 2] + gpu.threadIdx.x
            j = tiles[t, 0] + gpu.threadIdx.y
            while is_active and i < tiles[t, 3] and j < tiles[t, 1]:
                if acts:
                    fell, soak, took = add_sources(
                        water, openings, catches, j, i, rain, soil, drain, seconds
                    )
                    fallen, soaked, drained = fallen + fell, soaked + soak, drained + took
                    depth = water[0, j + MARGIN, i + MARGIN]
                    flow = discharge(water, j + MARGIN, i + MARGIN)
                    _record(maxima, depth, flow, j, i, clock, limits)
                fastest = max(fastest, signal_bits(water, j + MARGIN, i + MARGIN, gravity))
                is_wet = is_wet or water[0, j + MARGIN, i + MARGIN] != 0
                j += gpu.blockDim.y
            is_wet = gpu.syncthreads_or(np.int32(is_wet))
            fastest = largest_of_block(bits, fastest)
            if acts:
                fallen = sum_of_block(scratch, fallen)
                soaked = sum_of_block(scratch, soaked)
                drained = sum_of_block(scratch, drained)
            if own_number() == 0:
                speed[t] = signal_speed(fastest, gravity)
                sums[t, FALLEN], sums[t, SOAKED], sums[t, DRAINED] = fallen, soaked, drained
                if is_active:
                    wet[t], is_blank[t] = is_wet != 0, 0

    return close


def closing_type(real):
    """Numba type of `close`, for a Numba type of floats."""
    flags, counts = types.int8[::1], raster(types.uint16)
    maxima = types.NamedTuple((*(raster(real),) * 3, counts, counts), Maxima)
    return types.void(
        types.int32[:, ::1], raster(real, 3), flags, flags, openings_type(real),
        raster(types.int8), rain_type(), soil_type(real), raster(real), maxima, types.float64,
        types.UniTuple(types.int64, 2),
        types.UniTuple(real, 2), real, raster(real, 1), types.float64[:, ::1],
    )  # fmt: skip
