"""Tiles: how the city is cut, and how a tile travels between the rasters and the cache.

A visit copies a tile with a halo into flat work arrays, takes several steps there, and writes
its own cells back to the same rasters. What its neighbours need of it is not there any more
then; so the rims of all tiles are put aside before a visit begins.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import prange

from hydrology.solver.compiled import kernel, loop
from hydrology.solver.prefetch import prefetch

HALO = 8
"""Cells around a tile that its visit reads, and one row more in the south: a scheme takes as many
steps in a visit as its reach allows."""

TILE_ROWS, TILE_COLUMNS = 128, 256
"""Cells of a tile: its work arrays about fill the second-level cache."""

LARGE = 2**25
"""Cells of a city from which tiles are twice as long and wide, to save half of the rims."""

LINE = 16
"""Cells by which the rows of a work array are rounded up: a vector of the widest kind."""

AHEAD = 4
"""Rows by which a raster is asked for before it is copied."""


class Tiling(NamedTuple):
    """How a raster is cut.

    Parameters
    ----------
    tiles : (n, 4) int array
        Top, bottom, left and right of each tile, in rows of tiles.
    row_cuts, column_cuts : int arrays
        First row of each row of tiles but the first, and the same of columns.
    across : int
        Tiles in a row of tiles.
    """

    tiles: np.ndarray
    row_cuts: np.ndarray
    column_cuts: np.ndarray
    across: int


class Rims(NamedTuple):
    """What lay on both sides of each cut between tiles before a visit: `HALO` cells and a row."""

    rows: np.ndarray
    columns: np.ndarray
    owed_rows: np.ndarray
    owed_columns: np.ndarray


def cut(shape):
    """Cut a raster into tiles as equal as they can be.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns.

    Returns
    -------
    Tiling
    """
    tile_rows, tile_columns = tile_shape(shape)
    rows, columns = _edges(shape[0], tile_rows), _edges(shape[1], tile_columns)
    tiles = [
        (top, bottom, left, right)
        for top, bottom in pairwise(rows)
        for left, right in pairwise(columns)
    ]
    return Tiling(np.array(tiles, np.int64), rows[1:-1], columns[1:-1], len(columns) - 1)


def tile_shape(shape):
    """Most rows and columns of a tile of a raster."""
    scale = 2 if shape[0] * shape[1] > LARGE else 1
    return scale * TILE_ROWS, scale * TILE_COLUMNS


def _edges(length, most):
    """Begin of each part of a length, and its end."""
    parts = -(-length // most)
    return np.linspace(0, length, parts + 1).round().astype(np.int64)


def empty_rims(tiling, shape, dtype):
    """Room for the rims of all tiles."""
    across, down = len(tiling.column_cuts), len(tiling.row_cuts)
    row_shape, column_shape = (down, 2 * HALO + 1, shape[1]), (across, shape[0], 2 * HALO)
    return Rims(
        np.zeros((3, *row_shape), dtype),
        np.zeros((3, *column_shape), dtype),
        np.zeros(row_shape, np.int16),
        np.zeros(column_shape, np.int16),
    )


def work_arrays(threads, count, shape, dtype, aligned):
    """Scratch of each thread: `count` flat arrays, element `aligned` begins a line of the cache."""
    rows, columns = tile_shape(shape)
    width = row_length(columns + 2 * HALO)
    size = (rows + 2 * HALO + 2) * width
    line = 64 // np.dtype(dtype).itemsize
    memory = np.zeros(threads * count * size + 2 * line, dtype)
    begin = (-memory.ctypes.data // memory.itemsize) % line + line - aligned
    return memory[begin : begin + threads * count * size].reshape(threads, count, size)


def row_length(columns):
    """Length of a row of a work array that holds so many columns."""
    return (columns + LINE - 1) // LINE * LINE


rounded = loop(row_length)
"""The same for kernels: the host would wait half a second for it to be compiled."""


@kernel
def save_rims(water, owed, rims, row_cuts, column_cuts):
    """Put aside what lies on both sides of each cut.

    Parameters
    ----------
    water : (3, rows, columns) array
        Depth [m] and the two discharges [m2 s-1].
    owed : (rows, columns) int16 array
        What rounding owes the depth, packed.
    rims : Rims
        Filled.
    row_cuts, column_cuts : int arrays
        See `Tiling`.
    """
    for k in prange(row_cuts.size + column_cuts.size):
        if k < row_cuts.size:
            _save_rows(water, owed, rims, k, row_cuts[k] - HALO)
        else:
            c = k - row_cuts.size
            _save_columns(water, owed, rims, c, column_cuts[c] - HALO)


@loop
def _save_rows(water, owed, rims, k, first):
    for r in range(max(0, -first), min(2 * HALO + 1, owed.shape[0] - first)):
        for field in range(3):
            store_row(rims.rows[field, k, r], water[field, first + r])
        store_row(rims.owed_rows[k, r], owed[first + r])


@loop
def store_row(target, source):
    """Copy one row onto another of the same length."""
    for i in range(target.size):
        target[i] = source[i]


@loop
def _save_columns(water, owed, rims, c, first):
    rows, columns = owed.shape
    begin, end = max(0, -first), min(2 * HALO, columns - first)
    for j in range(rows):
        for i in range(begin, end):
            rims.columns[0, c, j, i] = water[0, j, first + i]
            rims.columns[1, c, j, i] = water[1, j, first + i]
            rims.columns[2, c, j, i] = water[2, j, first + i]
            rims.owed_columns[c, j, i] = owed[j, first + i]


@loop
def load_plain(target, window, source, outside):
    """Copy a window of a raster into a flat work array, with a value beyond the raster.

    Parameters
    ----------
    target : flat array
        Filled.
    window : (top, left, rows, width)
        Place of the window in the raster and its shape.
    source : (rows, columns) array
        The raster.
    outside : float
        Value beyond it.
    """
    top, left, rows, width = window
    for j in range(rows):
        row = target[j * width : (j + 1) * width]
        if 0 <= top + j < source.shape[0]:
            _ask_for(source, top + j + AHEAD, left, width)
            _copy_row(row, source[top + j], left, outside)
        else:
            row[:] = outside


@loop
def _copy_row(row, line, left, outside):
    """Copy a row of a raster that begins at column `left`, which may lie beyond it."""
    before = min(max(-left, 0), row.size)
    until = max(min(line.size - left, row.size), before)
    row[:before] = outside
    part, from_line = row[before:until], line[left + before :]
    for i in range(part.size):
        part[i] = from_line[i]
    row[until:] = outside


@loop
def _ask_for(source, j, left, width):
    """Ask for a part of a row of a raster."""
    if j < source.shape[0]:
        for i in range(max(left, 0), min(left + width, source.shape[1]), LINE):
            prefetch(source[j], i)


@loop
def load(target, window, tile, source, row_rims, column_rims, cuts):
    """Copy a window of the water into a flat work array, its halo from the rims.

    Parameters
    ----------
    target : flat array
        Filled; zero beyond the raster.
    window : (top, left, rows, width)
        Place of the window and its shape.
    tile : (top, bottom, left, right)
        The tile whose cells nobody else writes.
    source : (rows, columns) array
        The raster.
    row_rims, column_rims : array
        Rims of this raster.
    cuts : (above, left)
        Number of the cut above the tile and of the one left of it; the next are below and right.
    """
    top, left, rows, width = window
    nothing = 0
    for j in range(rows):
        row, at = target[j * width : (j + 1) * width], top + j
        if at < 0 or at >= source.shape[0]:
            row[:] = nothing
        elif at < tile[0]:
            _copy_row(row, row_rims[cuts[0], at - tile[0] + HALO], left, nothing)
        elif at >= tile[1]:
            _copy_row(row, row_rims[cuts[0] + 1, at - tile[1] + HALO], left, nothing)
        else:
            _ask_for(source, at + AHEAD, left, width)
            _copy_row(row, source[at], left, nothing)
            _from_columns(row, left, at, tile, source.shape[1], column_rims, cuts[1])


@loop
def _from_columns(row, left, at, tile, columns, rims, cut_left):
    """Replace what lies left and right of the tile by what was there before the visit."""
    for i in range(max(left, 0), tile[2]):
        row[i - left] = rims[cut_left, at, i - tile[2] + HALO]
    end = min(left + row.size, columns, tile[3] + HALO)
    for i in range(tile[3], end):
        row[i - left] = rims[cut_left + 1, at, i - tile[3] + HALO]
    row[max(end - left, 0) :] = 0


@loop
def store(target, source, own, window):
    """Copy a tile's own cells from a flat work array back into the raster."""
    top, bottom, left, right = own
    for j in range(top, bottom):
        begin = (j - window[0]) * window[3] + left - window[1]
        row, line = target[j][left:right], source[begin:]
        for i in range(row.size):
            row[i] = line[i]


@loop
def wet_box(depth, window, tile, room):
    """Part of a tile that water may reach in a visit: around every wet cell, `room` cells wide.

    Parameters
    ----------
    depth : flat array
        Depth in the window of the whole tile [m].
    window : (top, left, rows, width)
        Place of the window and its shape.
    tile : (top, bottom, left, right)
        The tile.
    room : int
        Cells that water can travel.

    Returns
    -------
    top, bottom, left, right : int
        Empty where bottom is not beyond top.
    """
    rows, width = window[2], window[3]
    first, last, west, east = rows, -1, width, -1
    for j in range(rows):
        row = depth[j * width : (j + 1) * width]
        wet = np.int32(0)
        for i in range(row.size):
            wet |= np.int32(row[i] != 0)
        if wet == 0:
            continue
        first, last = min(first, j), j
        i = 0
        while i < west and row[i] == 0:
            i += 1
        west = min(west, i)
        i = width - 1
        while i > east and row[i] == 0:
            i -= 1
        east = max(east, i)
    return (
        max(tile[0], window[0] + first - room),
        min(tile[1], window[0] + last + 1 + room),
        max(tile[2], window[1] + west - room),
        min(tile[3], window[1] + east + 1 + room),
    )
