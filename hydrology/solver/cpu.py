"""The kernel on the CPU: tiles in parallel, several steps for each visit of a tile.

A tile is copied with a halo into flat work arrays that stay in the cache, takes a few time steps
there, and its own cells are written back. Memory is touched once for several steps, no two threads
write the same cell, and the result depends neither on their number nor on the order of the tiles.

The state of a cell is its depth, its two discharges and `owed`: the depth that rounding has kept
from it so far (compensated summation, Kahan, 1965, Commun. ACM 8, 40). Without it a steady flow in
float32 would lose or make water step after step, always in the same direction.
"""

import math
from typing import NamedTuple

import numpy as np
from numba import get_thread_id, prange

from hydrology.solver import dynamic_tile, inertial
from hydrology.solver.compiled import kernel, loop
from hydrology.solver.maxima import record
from hydrology.solver.precision import like, packed, unpacked
from hydrology.solver.sources import apply_sources
from hydrology.solver.tiles import HALO, load, load_plain, rounded, store, wet_box
from hydrology.solver.work import (
    DEPTH,
    GROUND,
    OPEN_X,
    OPEN_Y,
    OWED,
    QX,
    QY,
    ROUGH,
    SCRATCH,
    SPREAD,
    WALL,
)

INFLOW, HELD, OPEN, FALL, LINK = 0, 1, 2, 3, 4
"""What a boundary cell does in each step: gain depth at a rate, be held at a depth, be as deep as
the cell that it drains, be an abyss, or gain or lose depth at the rate of a structure."""


class Water(NamedTuple):
    """State of all cells: depth and two discharges (3, rows, columns); owed depth, packed."""

    flow: np.ndarray
    owed: np.ndarray


class Bed(NamedTuple):
    """What does not change, arrays (rows, columns): ground [m], Manning's roughness."""

    ground: np.ndarray
    manning: np.ndarray


class Openings(NamedTuple):
    """Open share of west and north faces; one over the share of a cell that holds water."""

    x: np.ndarray
    y: np.ndarray
    spread: np.ndarray


class BoundaryTable(NamedTuple):
    """Boundary cells in the order of the tiles that read them; `first` is where a tile's begin.

    Parameters
    ----------
    first : (tiles + 1,) int array
    cells : (n, 4) int array
        Row, column, and the step in rows and columns to the cell inside of it; none of both where
        the cell does not lie at an edge.
    kinds : (n,) int array
        `INFLOW`, `HELD`, `OPEN`, `FALL` or `LINK`.
    values : (n,) array
        Rate [m s-1] or depth [m].
    exchanged : (n,) float64 array
        Depth that each has gained, counted once for each cell [m]; updated.
    lively : (tiles,) bool array
        Whether the tile has boundary cells that bring water.
    """

    first: np.ndarray
    cells: np.ndarray
    kinds: np.ndarray
    values: np.ndarray
    exchanged: np.ndarray
    lively: np.ndarray


class Scratch(NamedTuple):
    """Work arrays, the first axis for threads."""

    work: np.ndarray
    exact: np.ndarray
    packed: np.ndarray
    counts: np.ndarray


class Outcome(NamedTuple):
    """What a visit tells of each tile.

    Parameters
    ----------
    speed : (tiles,) array
        Largest signal speed [m s-1]; not a number where the water is none.
    sums : (tiles, 3) float64 array
        Rain, infiltrated and drained depth [m]; added to.
    steps : (tiles,) int array
        Cells that were computed.
    wet : (tiles,) bool array
        Whether the tile holds any water.
    """

    speed: np.ndarray
    sums: np.ndarray
    cells: np.ndarray
    wet: np.ndarray


@loop
def _unpack(owed, depth, parts):
    for i in range(owed.size):
        owed[i] = unpacked(depth[i], parts[i])


@loop
def _pack(parts, depth, owed):
    for i in range(parts.size):
        parts[i] = packed(depth[i], owed[i])


@loop
def _scale(values, factor):
    for i in range(values.size):
        values[i] *= factor


@loop
def _load_tile(water, rims, tile, cuts, window, bed, openings, parts, work, factor):
    """Copy what the steps need, but the depth; the roughness comes scaled by `factor`."""
    size = window[2] * window[3] + 1
    load(parts, window, tile, water.owed, rims.owed_rows, rims.owed_columns, cuts)
    _unpack(work[OWED][:size], work[DEPTH][:size], parts[:size])
    for field in range(1, 3):
        target = work[QX + field - 1]
        load(target, window, tile, water.flow[field], rims.rows[field], rims.columns[field], cuts)
    wall = like(factor, WALL)
    load_plain(work[GROUND], window, bed.ground, wall)
    load_plain(work[ROUGH], window, bed.manning, like(factor, 0.0))
    _scale(work[ROUGH][:size], factor)
    if openings is not None:
        load_plain(work[OPEN_X], window, openings.x, like(factor, 1.0))
        load_plain(work[OPEN_Y], window, openings.y, like(factor, 1.0))
        load_plain(work[SPREAD], window, openings.spread, like(factor, 1.0))


@loop
def _store_tile(water, own, window, work, now, parts):
    at = (own[0] - window[0]) * window[3]
    count = (own[1] - own[0]) * window[3]
    _pack(parts[at : at + count], work[DEPTH][at : at + count], work[OWED][at : at + count])
    store(water.flow[0], work[DEPTH], own, window)
    store(water.flow[1], work[QX + 2 * now], own, window)
    store(water.flow[2], work[QY + 2 * now], own, window)
    store(water.owed, parts, own, window)


@loop
def _boundaries(table, number, tile, window, work, now, openings, numbers, in_cells):
    """Feed, hold or open the boundary cells in a window; the owner counts what is exchanged."""
    depth, owed = work[DEPTH], work[OWED]
    for k in range(table.first[number], table.first[number + 1]):
        row, column = table.cells[k, 0], table.cells[k, 1]
        j, i = row - window[0], column - window[1]
        if j < 1 or j >= window[2] - 1 or i < 1 or i >= window[3] - 1:
            continue
        at = j * window[3] + i
        inside = at + table.cells[k, 2] * window[3] + table.cells[k, 3]
        before, owed_before = np.float64(depth[at]), np.float64(owed[at])
        gained = -owed_before
        spread = 1.0 if openings is None else np.float64(work[SPREAD][at])
        if table.kinds[k] == INFLOW or table.kinds[k] == LINK:
            gain = np.float64(table.values[k]) * np.float64(numbers.time_step) * spread
            gain = max(gain + owed_before, -before)
            depth[at] = before + gain
            owed[at] = gain - (np.float64(depth[at]) - before)
            gained += (np.float64(depth[at]) - before) + np.float64(owed[at])
        elif table.kinds[k] == OPEN:
            gained += np.float64(table.values[k]) - before
            depth[at], owed[at] = depth[inside], 0
            table.values[k] = depth[at]
        else:
            held = table.values[k] if table.kinds[k] == HELD else 0
            depth[at], owed[at] = held, 0
            gained += np.float64(depth[at]) - before
        if in_cells:
            _carry(
                work, at, inside, table.kinds[k], table.values[k] * numbers.cell_size,
                numbers.gravity,
            )  # fmt: skip
        elif at != inside:
            _see_to_face(table, k, work, at, inside, now, numbers)
        if tile[0] <= row < tile[1] and tile[2] <= column < tile[3]:
            table.exchanged[k] += gained / spread


@loop
def _see_to_face(table, k, work, at, inside, now, numbers):
    """Set the face behind a boundary cell, which no water crosses but by a structure."""
    in_x = table.cells[k, 3] != 0
    if table.kinds[k] == LINK:
        inward = table.cells[k, 2] + table.cells[k, 3]
        field = QX + 2 * now if in_x else QY + 2 * now
        work[field][at + max(at - inside, 0)] = table.values[k] * numbers.cell_size * inward
    else:
        _carry_on(work, at, inside, in_x, now)


@loop
def _carry_on(work, at, inside, in_x, now):
    """Let the face behind a boundary cell carry what the face before it does.

    It is a wall, and its zero would enter the mean of the face before it as a drag that no
    refinement removes.
    """
    field = QX + 2 * now if in_x else QY + 2 * now
    work[field][at + max(at - inside, 0)] = work[field][max(at, inside)]


@loop
def _carry(work, at, inside, kind, discharge, gravity):
    """Let a boundary cell that carries momentum move with the water beside it.

    Water of an inflow enters with at least the discharge per width of the inflow, straight into
    the city; held and open cells move as the cell inside of them does; an abyss stands still.
    Cells beside a structure move with at least its discharge, as far as that is not faster than a
    wave: else the closed face would hold up the water like a wall.
    """
    qx, qy, across = work[QX], work[QY], abs(inside - at)
    if kind == FALL:
        qx[at], qy[at] = 0, 0
    elif at == inside or (kind == LINK and discharge == 0):
        return
    elif kind == LINK:
        flow, depth = qx if across == 1 else qy, work[DEPTH][at]
        least = min(abs(discharge), depth * math.sqrt(gravity * depth))
        is_ahead = (discharge > 0) == (inside > at)
        flow[at] = max(flow[at], least) if is_ahead else min(flow[at], -least)
    elif kind != INFLOW:
        # A thinner cell has the velocity of the one inside, not its discharge.
        depth, depth_inside = work[DEPTH][at], work[DEPTH][inside]
        share = min(depth, depth_inside) / depth_inside if depth_inside > 0 else depth * 0
        qx[at], qy[at] = share * qx[inside], share * qy[inside]
    elif discharge > 0:
        flow = qx if across == 1 else qy
        flow[at] = max(flow[at], discharge) if inside > at else min(flow[at], -discharge)


@loop
def _begin(table, number, window, work, numbers, in_cells):
    """Take down how deep open cells are before the steps; see to the faces behind all."""
    for k in range(table.first[number], table.first[number + 1]):
        j, i = table.cells[k, 0] - window[0], table.cells[k, 1] - window[1]
        if j < 1 or j >= window[2] - 1 or i < 1 or i >= window[3] - 1:
            continue
        at = j * window[3] + i
        inside = at + table.cells[k, 2] * window[3] + table.cells[k, 3]
        if table.kinds[k] == OPEN:
            table.values[k] = work[DEPTH][at]
        if at != inside and not in_cells:
            _see_to_face(table, k, work, at, inside, 0, numbers)


@loop
def _close_outlets(table, number, window, ground):
    """Make walls of the outlets of a tile in its work array, so that no rain falls on them."""
    for k in range(table.first[number], table.first[number + 1]):
        j, i = table.cells[k, 0] - window[0], table.cells[k, 1] - window[1]
        is_outlet = table.kinds[k] == OPEN or table.kinds[k] == FALL
        if is_outlet and 0 <= j < window[2] and 0 <= i < window[3]:
            ground[j * window[3] + i] = WALL


def _make_visit(scheme):
    """Make the kernel of a scheme: one source, compiled for each."""
    step, discharges, signal_speed = scheme.step, scheme.discharges, scheme.signal_speed
    reach, in_cells, rough_factor = scheme.REACH, scheme.IN_CELLS, scheme.rough_factor
    steps = HALO // reach

    @loop
    def run_steps(number, tile, window, work, table, openings, numbers):
        """Take the steps of a visit; return which pair of discharges is the present one."""
        now = 0
        _begin(table, number, window, work, numbers, in_cells)
        for k in range(steps):
            now = step(now, reach * k, window, work, openings, numbers)
            _boundaries(table, number, tile, window, work, now, openings, numbers, in_cells)
        return now

    @loop
    def visit(
        number, tile, across, water, rims, bed, openings, table, rain, soil, drain, maxima,
        numbers, seconds, clock, limits, scratch, outcome,
    ):  # fmt: skip
        work, parts, exact, counts = scratch
        cuts = (number // across - 1, number % across - 1)
        own, window = tile, _window(tile)
        depth = work[DEPTH]
        load(depth, window, tile, water.flow[0], rims.rows[0], rims.columns[0], cuts)
        sources_act = seconds > 0 and rain.falls
        box = wet_box(depth, window, tile, steps)
        is_wet = box[0] < box[1] or table.lively[number]
        outcome.speed[number], outcome.wet[number] = 0, is_wet or sources_act
        if not (is_wet or sources_act):
            return
        if not (sources_act or table.lively[number]) and box != tile:
            own, window = box, _window(box)
            load(depth, window, tile, water.flow[0], rims.rows[0], rims.columns[0], cuts)
        factor = rough_factor(numbers)
        _load_tile(water, rims, tile, cuts, window, bed, openings, parts, work, factor)
        now = 0
        if is_wet:
            now = run_steps(number, tile, window, work, table, openings, numbers)
            outcome.cells[number] += (own[1] - own[0]) * (own[3] - own[2])
        if seconds > 0:
            _close_outlets(table, number, window, work[GROUND])
            apply_sources(
                depth, work[OWED], work[GROUND],
                None if openings is None else work[SPREAD], own, window, rain, soil, drain, seconds,
                exact, work[SCRATCH:], outcome.sums[number],
            )  # fmt: skip
        outcome.speed[number] = signal_speed(work, now, own, window, numbers.gravity)
        _store_tile(water, own, window, work, now, parts)
        if seconds > 0:
            at = (own[0] - window[0]) * window[3]
            count = (own[1] - own[0]) * window[3]
            flow = work[SCRATCH][:count]
            discharges(flow, work, now, at, count, window[3])
            place = (own[0], window[1], own[1] - own[0], window[3])
            record(
                maxima, depth[at : at + count], flow, own, place, clock, limits,
                work[SCRATCH + 1], counts[0], counts[1],
            )  # fmt: skip

    return visit


@loop
def _window(own):
    """Place of a tile's cells with their halo, its rows rounded up: (top, left, rows, width)."""
    return (
        own[0] - HALO,
        own[2] - HALO,
        own[1] - own[0] + 2 * HALO + 1,
        rounded(own[3] - own[2] + 2 * HALO),
    )


_visit_inertial = _make_visit(inertial)
_visit_first = _make_visit(dynamic_tile.FIRST)
_visit_second = _make_visit(dynamic_tile.SECOND)


@kernel
def _advance_inertial(
    tiles, across, water, rims, bed, openings, table, rain, soil, drain, maxima,
    numbers, seconds, clock, limits, scratch, outcome,
):  # fmt: skip
    for number in prange(tiles.shape[0]):
        tile = (tiles[number, 0], tiles[number, 1], tiles[number, 2], tiles[number, 3])
        thread = get_thread_id()
        own_scratch = (
            scratch.work[thread],
            scratch.packed[thread],
            scratch.exact[thread],
            scratch.counts[thread],
        )
        _visit_inertial(
            number, tile, across, water, rims, bed, openings, table, rain, soil, drain,
            maxima, numbers, seconds, clock, limits, own_scratch, outcome,
        )  # fmt: skip


@kernel
def _advance_first(
    tiles, across, water, rims, bed, openings, table, rain, soil, drain, maxima,
    numbers, seconds, clock, limits, scratch, outcome,
):  # fmt: skip
    for number in prange(tiles.shape[0]):
        tile = (tiles[number, 0], tiles[number, 1], tiles[number, 2], tiles[number, 3])
        thread = get_thread_id()
        own_scratch = (
            scratch.work[thread],
            scratch.packed[thread],
            scratch.exact[thread],
            scratch.counts[thread],
        )
        _visit_first(
            number, tile, across, water, rims, bed, openings, table, rain, soil, drain,
            maxima, numbers, seconds, clock, limits, own_scratch, outcome,
        )  # fmt: skip


@kernel
def _advance_second(
    tiles, across, water, rims, bed, openings, table, rain, soil, drain, maxima,
    numbers, seconds, clock, limits, scratch, outcome,
):  # fmt: skip
    for number in prange(tiles.shape[0]):
        tile = (tiles[number, 0], tiles[number, 1], tiles[number, 2], tiles[number, 3])
        thread = get_thread_id()
        own_scratch = (
            scratch.work[thread],
            scratch.packed[thread],
            scratch.exact[thread],
            scratch.counts[thread],
        )
        _visit_second(
            number, tile, across, water, rims, bed, openings, table, rain, soil, drain,
            maxima, numbers, seconds, clock, limits, own_scratch, outcome,
        )  # fmt: skip


KERNELS = {
    ("inertial", 1): _advance_inertial,
    ("dynamic", 1): _advance_first,
    ("dynamic", 2): _advance_second,
}
"""Kernel of each scheme and order."""

STEPS = {
    ("inertial", 1): HALO // inertial.REACH,
    ("dynamic", 1): HALO // dynamic_tile.FIRST.REACH,
    ("dynamic", 2): HALO // dynamic_tile.SECOND.REACH,
}
"""Time steps in one visit of a tile."""

ALIGNED = {"inertial": 1, "dynamic": 0}
"""Element of a work array that begins a line of the cache: the first that a scheme writes."""

WORK_ARRAYS = SCRATCH + 4
"""Work arrays of a thread."""
