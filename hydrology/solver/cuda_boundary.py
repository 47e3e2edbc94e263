"""Boundary cells on CUDA, after each step: one thread for each cell, level by level.

A cell that looks at the one inside of it comes a level after that one, and between two levels the
grid waits: so what a thread reads does not depend on when the others run.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import types

from hydrology.solver.cpu import FALL, HELD, INFLOW, LINK, OPEN
from hydrology.solver.cuda_grid import MARGIN, device, gpu, own_number, raster

MOST_LEVELS = 8
"""Levels beyond which cells that look at each other in a circle are not told apart."""


class Sites(NamedTuple):
    """Cells with boundaries, sorted by level.

    Parameters
    ----------
    levels : (levels + 1,) int array
        Where the sites of each level begin.
    first : (sites + 1,) int array
        Where the boundaries of each site begin in the next four: a cell may have several.
    cells : (n, 4) int array
        Row, column, and the step in rows and columns to the cell inside.
    kinds, values, exchanged : (n,) arrays
        `INFLOW`, `HELD`, `OPEN`, `FALL` or `LINK`; rate [m s-1] or depth [m]; depth gained so far
        [m], float64, updated.
    """

    levels: np.ndarray
    first: np.ndarray
    cells: np.ndarray
    kinds: np.ndarray
    values: np.ndarray
    exchanged: np.ndarray


@device
def mark(wet, is_blank, block, across, j, i):
    """Take down that the tile of a cell holds something, if the cell is in any."""
    tile = (j // block[0]) * across + i // block[1]
    if j >= 0 and 0 <= i < across * block[1] and tile < wet.size:
        wet[tile], is_blank[tile] = 1, 0


@device
def _exchange(water, sites, k, j, i, time_step, spread):
    """Let a boundary feed, hold or open a cell of the padded water; return its gain [m].

    `spread` is one over the share of the cell that holds water; the gain is over all of it.
    """
    before, owed = np.float64(water[0, j, i]), np.float64(water[3, j, i])
    kind, gained = sites.kinds[k], -owed
    if kind in (INFLOW, LINK):
        gain = np.float64(sites.values[k]) * np.float64(time_step) * spread
        gain = max(gain + owed, -before)
        water[0, j, i] = before + gain
        water[3, j, i] = gain - (np.float64(water[0, j, i]) - before)
        gained += (np.float64(water[0, j, i]) - before) + np.float64(water[3, j, i])
    elif kind == OPEN:
        gained += np.float64(sites.values[k]) - before
        water[0, j, i] = water[0, j + sites.cells[k, 2], i + sites.cells[k, 3]]
        water[3, j, i] = 0
        sites.values[k] = water[0, j, i]
    else:
        water[0, j, i], water[3, j, i] = 0, 0
        if kind == HELD:
            water[0, j, i] = sites.values[k]
        gained += np.float64(water[0, j, i]) - before
    return gained / spread


@device
def _pass_on(water, j, i, down, right):
    """Let the face behind a boundary cell carry what the face before it does, as on the CPU."""
    field = 1 if right != 0 else 2
    passed = water[field, j + max(down, 0), i + max(right, 0)]
    water[field, j + max(-down, 0), i + max(-right, 0)] = passed


@device
def _see_to_face(water, sites, k, cell_size):
    """Set the face behind a boundary cell, which no water crosses but by a structure."""
    down, right = sites.cells[k, 2], sites.cells[k, 3]
    j, i = sites.cells[k, 0] + MARGIN, sites.cells[k, 1] + MARGIN
    if sites.kinds[k] == LINK:
        field, discharge = 1 if right != 0 else 2, sites.values[k] * cell_size * (down + right)
        water[field, j + max(-down, 0), i + max(-right, 0)] = discharge
    else:
        _pass_on(water, j, i, down, right)


@device
def _carry(water, kind, j, i, down, right, discharge, gravity):
    """Let a boundary cell that carries momentum move with the water beside it.

    As on the CPU: an inflow enters with at least its discharge per width, held and open cells
    move as the one inside of them, cells beside a structure with at least its discharge, an abyss
    stands still.
    """
    if kind == FALL:
        water[1, j, i], water[2, j, i] = 0, 0
    elif down != 0 or right != 0:
        y, x = j + down, i + right
        if kind == LINK:
            if discharge != 0:
                field, deep = 1 if right != 0 else 2, water[0, j, i]
                least, flow = (
                    min(abs(discharge), deep * math.sqrt(gravity * deep)),
                    water[field, j, i],
                )
                is_ahead = (discharge > 0) == (down + right > 0)
                water[field, j, i] = max(flow, least) if is_ahead else min(flow, -least)
        elif kind != INFLOW:
            # A thinner cell has the velocity of the one inside, not its discharge.
            depth, inside = water[0, j, i], water[0, y, x]
            share = min(depth, inside) / inside if inside > 0 else depth * 0
            water[1, j, i], water[2, j, i] = share * water[1, y, x], share * water[2, y, x]
        elif discharge > 0:
            field = 1 if right != 0 else 2
            flow = water[field, j, i]
            inward = down + right > 0
            water[field, j, i] = max(flow, discharge) if inward else min(flow, -discharge)


@device
def apply_level(
    water, wet, is_blank, block, across, sites, level, openings, has_openings, numbers, in_cells
):
    """Apply the boundaries of one level, all blocks together, and count what is exchanged.

    Parameters
    ----------
    water : (4, rows, columns) array
        Depth [m], two discharges [m2 s-1], owed depth [m], padded; updated.
    wet, is_blank : (tiles,) int8 array
        Which tiles hold water, and which nothing at all; updated.
    block : (int, int)
        Rows and columns of a tile.
    across : int
        Tiles in a row of tiles.
    sites : Sites
        The boundary cells.
    level : int
        Which of their levels.
    openings : Openings
        Open shares of faces and cells.
    has_openings : bool
        Whether there are any; else they are not looked at.
    numbers : Numbers
        Time step and the like.
    in_cells : bool
        Whether cells carry the discharges, not faces.
    """
    threads = gpu.blockDim.x * gpu.blockDim.y
    begin = sites.levels[level] + gpu.blockIdx.x * threads + own_number()
    for site in range(begin, sites.levels[level + 1], gpu.gridDim.x * threads):
        for k in range(sites.first[site], sites.first[site + 1]):
            row, column = sites.cells[k, 0], sites.cells[k, 1]
            down, right = sites.cells[k, 2], sites.cells[k, 3]
            j, i, kind = row + MARGIN, column + MARGIN, sites.kinds[k]
            if kind == LINK and sites.values[k] == 0:
                continue
            spread = np.float64(openings.spread[j, i]) if has_openings else 1.0
            gained = _exchange(water, sites, k, j, i, numbers.time_step, spread)
            sites.exchanged[k] += gained
            if in_cells:
                discharge = sites.values[k] * numbers.cell_size
                _carry(water, kind, j, i, down, right, discharge, numbers.gravity)
            elif down != 0 or right != 0:
                _see_to_face(water, sites, k, numbers.cell_size)
                mark(wet, is_blank, block, across, row + max(-down, 0), column + max(-right, 0))
            mark(wet, is_blank, block, across, row, column)


@device
def begin_open(water, sites, in_cells, cell_size):
    """Take down how deep open cells are before the steps; see to the faces behind all."""
    threads = gpu.blockDim.x * gpu.blockDim.y
    begin = gpu.blockIdx.x * threads + own_number()
    for k in range(begin, sites.kinds.size, gpu.gridDim.x * threads):
        down, right = sites.cells[k, 2], sites.cells[k, 3]
        j, i = sites.cells[k, 0] + MARGIN, sites.cells[k, 1] + MARGIN
        if sites.kinds[k] == OPEN:
            sites.values[k] = water[0, j, i]
        if not in_cells and (down != 0 or right != 0):
            _see_to_face(water, sites, k, cell_size)


def gather_sites(cells):
    """Sort boundaries by level and cell, so that one thread treats all of a cell in their order.

    Parameters
    ----------
    cells : (n, 4) int array
        Row, column, and the step to the cell inside.

    Returns
    -------
    order : (n,) int array
        Which boundary comes where.
    levels, first : int32 arrays
        As in `Sites`.

    Examples
    --------
    >>> cells = np.array([[1, 2, 0, 0], [0, 2, 1, 0], [1, 2, 0, 0]])
    >>> order, levels, first = gather_sites(cells)
    >>> order.tolist(), levels.tolist(), first.tolist()
    ([0, 2, 1], [0, 1, 2], [0, 2, 3])
    """
    level = _levels(cells)
    order = np.lexsort((cells[:, 1], cells[:, 0], level))
    keys = np.column_stack((level, cells[:, :2]))[order]
    is_new = np.ones(len(keys), bool)
    is_new[1:] = (keys[1:] != keys[:-1]).any(axis=1)
    starts = np.flatnonzero(is_new)
    levels = np.searchsorted(keys[starts, 0], np.arange(level.max(initial=-1) + 2))
    return order, levels.astype(np.int32), np.append(starts, len(keys)).astype(np.int32)


def _levels(cells):
    """Level of each boundary: one after that of the cell inside, if that has a boundary too."""
    places = [tuple(place) for place in cells[:, :2].tolist()]
    insides = [tuple(place) for place in (cells[:, :2] + cells[:, 2:]).tolist()]
    level = dict.fromkeys(places, 0)
    for _ in range(MOST_LEVELS):
        for place, inside in zip(places, insides, strict=True):
            if inside != place and inside in level:
                level[place] = max(level[place], min(level[inside] + 1, MOST_LEVELS))
    return np.array([level[place] for place in places], np.int64)


def sites_type(real):
    """Numba type of `Sites`, for a Numba type of floats."""
    starts, lines = types.int32[::1], (raster(real, 1), types.float64[::1])
    return types.NamedTuple((starts, starts, types.int32[:, ::1], starts, *lines), Sites)
