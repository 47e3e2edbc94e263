"""What a run remembers of each cell: largest depth, speed and hazard, when and how long wet."""

import math
from typing import NamedTuple

import numpy as np
from numba import prange

from hydrology.solver.compiled import formula, kernel, loop
from hydrology.solver.precision import like
from hydrology.solver.tiles import load_plain, store

NEVER = np.uint16(65535)
"""Tick at which a cell that was never wet became wet."""


class Maxima(NamedTuple):
    """Maxima of a run, arrays (rows, columns).

    Parameters
    ----------
    depth, speed, hazard : array
        [m], [m s-1], depth times speed [m2 s-1].
    arrival, duration : uint16 array
        First tick at which the cell was wet, or `NEVER`; ticks for which it was wet.
    """

    depth: np.ndarray
    speed: np.ndarray
    hazard: np.ndarray
    arrival: np.ndarray
    duration: np.ndarray


def empty_maxima(shape, dtype):
    """Maxima before anything happened."""
    deepest, speed, hazard = (np.zeros(shape, dtype) for _ in range(3))
    return Maxima(
        deepest, speed, hazard, np.full(shape, NEVER, np.uint16), np.zeros(shape, np.uint16)
    )


@formula
def cell_discharge(west, east, north, south):
    """Discharge per width through a cell, the mean of its faces [m2 s-1]."""
    x, y = west + east, north + south
    return like(x, 0.5) * math.sqrt(x * x + y * y)


@formula
def cell_speed(discharge, depth, least_depth):
    """Depth-averaged speed [m s-1]; zero below the least depth."""
    zero = like(depth, 0.0)
    return discharge / max(depth, least_depth) if depth >= least_depth else zero


@loop
def face_discharges(discharge, qx, qy, qy_below):
    """Discharge per width of each cell of a tile whose faces carry it."""
    for i in range(discharge.size):
        discharge[i] = cell_discharge(qx[i], qx[i + 1], qy[i], qy_below[i])


@loop
def cell_discharges(discharge, qx, qy):
    """Discharge per width of each cell of a tile whose cells carry it."""
    for i in range(discharge.size):
        discharge[i] = math.sqrt(qx[i] * qx[i] + qy[i] * qy[i])


@loop
def _larger_depth(largest, depth):
    for i in range(largest.size):
        largest[i] = max(largest[i], depth[i])


@loop
def _larger_speed(largest, depth, discharge, least_depth):
    for i in range(largest.size):
        largest[i] = max(largest[i], cell_speed(discharge[i], depth[i], least_depth))


@loop
def _larger_hazard(largest, depth, discharge, least_depth):
    for i in range(largest.size):
        zero = like(least_depth, 0.0)
        largest[i] = max(largest[i], discharge[i] if depth[i] >= least_depth else zero)


@loop
def _first_wet(arrival, depth, wet_depth, tick):
    for i in range(arrival.size):
        is_first = (depth[i] >= wet_depth) & (arrival[i] == NEVER)
        arrival[i] = tick if is_first else arrival[i]


@loop
def _longer_wet(duration, arrival, depth, wet_depth, ticks):
    for i in range(duration.size):
        longer = np.uint16(min(np.int32(duration[i]) + ticks, np.int32(NEVER)))
        is_still_wet = (depth[i] >= wet_depth) & (arrival[i] != NEVER)
        duration[i] = longer if is_still_wet else duration[i]


@loop
def record(maxima, depth, discharge, own, window, clock, limits, scratch, counts, more_counts):
    """Update the maxima of a tile's own cells.

    Parameters
    ----------
    maxima : Maxima
        Updated.
    depth, discharge : flat arrays
        Depth [m] and discharge per width [m2 s-1] of the cells from the first own row on.
    own : (top, bottom, left, right)
        The cells that are recorded.
    window : (top, left, rows, width)
        Place of the flat arrays, and their shape.
    clock : (tick, ticks)
        Tick now, and how many have passed since the last call.
    limits : (wet_depth, least_depth)
        Depth from which a cell counts as wet, and from which it has a speed [m].
    scratch, counts, more_counts : flat arrays
        Of the type of the depth, and of uint16.
    """
    size = window[2] * window[3]
    values, counts = scratch[:size], counts[:size]
    load_plain(values, window, maxima.depth, 0)
    _larger_depth(values, depth)
    store(maxima.depth, values, own, window)
    load_plain(values, window, maxima.speed, 0)
    _larger_speed(values, depth, discharge, limits[1])
    store(maxima.speed, values, own, window)
    load_plain(values, window, maxima.hazard, 0)
    _larger_hazard(values, depth, discharge, limits[1])
    store(maxima.hazard, values, own, window)
    arrival = more_counts[:size]
    load_plain(arrival, window, maxima.arrival, 0)
    load_plain(counts, window, maxima.duration, 0)
    _longer_wet(counts, arrival, depth, limits[0], np.int32(clock[1]))
    _first_wet(arrival, depth, limits[0], np.uint16(clock[0]))
    store(maxima.arrival, arrival, own, window)
    store(maxima.duration, counts, own, window)


@kernel
def fill_speeds(flow, speed, least_depth, on_faces):
    """Fill the depth-averaged speed of each cell but the outermost [m s-1].

    Parameters
    ----------
    flow : (3, rows, columns) array
        Depth [m] and two discharges [m2 s-1].
    speed : (rows, columns) array
        Filled.
    least_depth : float
        Depth from which a speed is given [m].
    on_faces : bool
        Whether west and north faces carry the discharges, or cells.
    """
    for j in prange(1, speed.shape[0] - 1):
        _row_speeds(
            speed[j], flow[0, j], flow[1, j], flow[2, j], flow[2, j + 1], least_depth, on_faces
        )


@loop
def _row_speeds(speed, depth, qx, qy, qy_below, least_depth, on_faces):
    for i in range(1, speed.size - 1):
        on_cell = math.sqrt(qx[i] * qx[i] + qy[i] * qy[i])
        on_face = cell_discharge(qx[i], qx[i + 1], qy[i], qy_below[i])
        speed[i] = cell_speed(on_face if on_faces else on_cell, depth[i], least_depth)
