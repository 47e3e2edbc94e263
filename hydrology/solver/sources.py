"""Rain, infiltration and drains on the grid, and the maxima of a run: one pass, every few steps.

What a source adds in one step is so small beside the depth that float32 would round it away.
The pass works in float64 and keeps what float32 could not hold in `owed`, as the steps do.
(`np.float64(x)`, not `float(x)`: compiled, the latter leaves a float32 as it is.)
"""

import math

import numpy as np
from numba import prange

from hydrology.solver.compiled import formula, kernel
from hydrology.solver.physics import DRY, flow_depth
from hydrology.solver.precision import like


@kernel
def add_sources(depth, owed, rain, infiltration, drain, seconds, sums):
    """Add the rain of an interval to the depth, and take its losses out.

    Parameters
    ----------
    depth, owed : (rows, columns) array
        Water [m] and what rounding owes it [m]; both updated.
    rain, infiltration, drain : (rows, columns) array
        Rates [m s-1]; a loss takes at most what is there.
    seconds : float
        Length of the interval [s].
    sums : (rows, 3) float64 array
        Filled with rain, infiltrated and drained depth of each row [m].

    Notes
    -----
    Row sums are added up by the caller in their order, so that the ledger does not depend on
    the number of threads.
    """
    for j in prange(depth.shape[0]):
        fallen, infiltrated, drained = 0.0, 0.0, 0.0
        for i in range(depth.shape[1]):
            gain = np.float64(rain[j, i]) * seconds
            water = np.float64(depth[j, i]) + np.float64(owed[j, i]) + gain
            into_ground = min(max(water, 0.0), np.float64(infiltration[j, i]) * seconds)
            water -= into_ground
            into_drain = min(max(water, 0.0), np.float64(drain[j, i]) * seconds)
            water -= into_drain
            depth[j, i] = max(water, 0.0)
            owed[j, i] = water - np.float64(depth[j, i])
            fallen += gain
            infiltrated += into_ground
            drained += into_drain
        sums[j, 0], sums[j, 1], sums[j, 2] = fallen, infiltrated, drained


@formula
def face_speed(q, rise, depth_before, depth_after):
    """Speed of the water through a face [m s-1]; zero at a dry one."""
    depth = flow_depth(rise, depth_before, depth_after)
    return q / depth if depth > like(q, DRY) else like(q, 0.0)


@formula
def cell_speed(state, ground, j, i):
    """Speed of the water in a cell, from the mean over its faces [m s-1]."""
    depth, qx, qy = state[0], state[1], state[2]
    here, bed = depth[j, i], ground[j, i]
    x = face_speed(qx[j, i], bed - ground[j, i - 1], depth[j, i - 1], here)
    x += face_speed(qx[j, i + 1], ground[j, i + 1] - bed, here, depth[j, i + 1])
    y = face_speed(qy[j, i], bed - ground[j - 1, i], depth[j - 1, i], here)
    y += face_speed(qy[j + 1, i], ground[j + 1, i] - bed, here, depth[j + 1, i])
    return like(x, 0.5) * math.sqrt(x * x + y * y)


@kernel
def speeds(state, ground, least_depth, speed):
    """Fill the depth-averaged speed of each cell [m s-1]; zero below `least_depth`.

    Parameters
    ----------
    state : (4, rows, columns) array
        Depth [m], qx and qy [m2 s-1], owed depth [m].
    ground, speed : (rows, columns) array
        Ground [m]; speed, filled but for the outermost cells.
    least_depth : float
        Depth from which a speed is given [m].
    """
    for j in prange(1, ground.shape[0] - 1):
        for i in range(1, ground.shape[1] - 1):
            is_wet = state[0, j, i] >= least_depth
            speed[j, i] = cell_speed(state, ground, j, i) if is_wet else like(least_depth, 0.0)


@kernel
def record_maxima(
    state, ground, deepest, speed, hazard, arrival, duration, wet_depth, now, seconds
):
    """Update the running maxima, first arrival and duration.

    Parameters
    ----------
    state : (4, rows, columns) array
        Depth [m], qx and qy [m2 s-1], owed depth [m].
    ground : (rows, columns) array
        Ground [m].
    deepest, speed, hazard, arrival, duration : (rows, columns) array
        [m], [m s-1], depth times speed [m2 s-1], first time wet (negative: never) [s], and
        time wet [s].
    wet_depth : float
        Depth from which a cell counts as wet [m].
    now, seconds : float
        Time, and time since the last call [s].
    """
    depth = state[0]
    for j in prange(1, ground.shape[0] - 1):
        for i in range(1, ground.shape[1] - 1):
            deepest[j, i] = max(deepest[j, i], depth[j, i])
            if depth[j, i] < wet_depth:
                continue
            present = cell_speed(state, ground, j, i)
            speed[j, i] = max(speed[j, i], present)
            hazard[j, i] = max(hazard[j, i], present * depth[j, i])
            duration[j, i] += seconds
            if arrival[j, i] < 0:
                arrival[j, i] = now


@kernel
def row_volumes(depth, owed, open_cell, volumes):
    """Sum of the depths of each row of the city [m]; NaN where any cell is."""
    for j in prange(depth.shape[0]):
        volume = 0.0
        for i in range(depth.shape[1]):
            if open_cell[j, i]:
                volume += np.float64(depth[j, i]) + np.float64(owed[j, i])
        volumes[j] = volume
