"""Rain, infiltration and drains on the grid, and the maxima of a run: one pass, every few steps.

What a source adds in one step is so small beside the depth that float32 would round it away.
The pass works in float64 and keeps what float32 could not hold in `residual`, so that no litre
is lost (compensated summation: Kahan, 1965, Commun. ACM 8, 40).
"""

import math

from numba import prange

from hydrology.solver.compiled import formula, kernel


@kernel
def add_sources(depth, residual, rain, infiltration, drain, seconds, sums):
    """Add the rain of an interval to the depth, and take its losses out.

    Parameters
    ----------
    depth, residual : (rows, columns) array
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
            gain = float(rain[j, i]) * seconds
            water = float(depth[j, i]) + float(residual[j, i]) + gain
            into_ground = min(max(water, 0.0), float(infiltration[j, i]) * seconds)
            water -= into_ground
            into_drain = min(max(water, 0.0), float(drain[j, i]) * seconds)
            water -= into_drain
            depth[j, i] = max(water, 0.0)
            residual[j, i] = water - float(depth[j, i])
            fallen += gain
            infiltrated += into_ground
            drained += into_drain
        sums[j, 0], sums[j, 1], sums[j, 2] = fallen, infiltrated, drained


@kernel
def record_maxima(state, deepest, speed, hazard, arrival, duration, wet_depth, now, seconds):
    """Update the running maxima, first arrival and duration.

    Parameters
    ----------
    state : (3, rows, columns) array
        Depth [m], qx and qy [m2 s-1].
    deepest, speed, hazard, arrival, duration : (rows, columns) array
        [m], [m s-1], depth times speed [m2 s-1], first time wet (negative: never) [s], and
        time wet [s].
    wet_depth : float
        Depth from which a cell counts as wet [m].
    now, seconds : float
        Time, and time since the last call [s].
    """
    depth, qx, qy = state[0], state[1], state[2]
    for j in prange(depth.shape[0] - 1):
        for i in range(depth.shape[1] - 1):
            deepest[j, i] = max(deepest[j, i], depth[j, i])
            if depth[j, i] < wet_depth:
                continue
            discharge = cell_discharge(qx[j, i], qx[j, i + 1], qy[j, i], qy[j + 1, i])
            hazard[j, i] = max(hazard[j, i], discharge)
            speed[j, i] = max(speed[j, i], discharge / depth[j, i])
            duration[j, i] += seconds
            if arrival[j, i] < 0:
                arrival[j, i] = now


@formula
def cell_discharge(west, east, north, south):
    """Discharge per width in the middle of a cell, from its four faces [m2 s-1]."""
    x, y = (west + east) / 2, (north + south) / 2
    return math.sqrt(x * x + y * y)


@kernel
def cell_speed(state, least_depth, speed):
    """Depth-averaged speed of each cell [m s-1]; zero where it is shallower than `least_depth`."""
    depth, qx, qy = state[0], state[1], state[2]
    for j in prange(depth.shape[0] - 1):
        for i in range(depth.shape[1] - 1):
            discharge = cell_discharge(qx[j, i], qx[j, i + 1], qy[j, i], qy[j + 1, i])
            speed[j, i] = discharge / depth[j, i] if depth[j, i] > least_depth else 0


@kernel
def row_volumes(depth, residual, open_cell, volumes):
    """Sum of the depths of each row of the city [m]; NaN where any cell is."""
    for j in prange(depth.shape[0]):
        volume = 0.0
        for i in range(depth.shape[1]):
            if open_cell[j, i]:
                volume += float(depth[j, i]) + float(residual[j, i])
        volumes[j] = volume
