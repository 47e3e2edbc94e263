"""The kernel on the CPU: tiles in parallel, several steps for each visit of a tile.

A tile is copied with a halo into small work arrays that stay in the cache, takes `STEPS` time
steps there, and its own cells are written to the second copy of the state. Memory is touched
once for several steps, no two threads write the same cell, and the result does not depend on
their number. Each step uses up two cells of halo, because a limited discharge looks two cells
far, and the faces right of and below the last cell need one more.

The state of a cell is its depth, its discharges and `owed`: the depth that rounding has kept
from it so far (compensated summation, Kahan, 1965, Commun. ACM 8, 40). Without it a steady
flow in float32 would lose or make water step after step, always in the same direction.

Arrays are padded by `HALO` cells of wall on each side. `qx[j, i]` is the face west of cell
(j, i), positive to the east; `qy[j, i]` is the face north of it, positive to the south.
"""

import numpy as np
from numba import get_thread_id, prange

from hydrology.solver.compiled import kernel, loop
from hydrology.solver.physics import face_discharge, flow_depth, given_share
from hydrology.solver.precision import like

STEPS = 4
"""Time steps in one visit of a tile."""

HALO = 2 * STEPS + 1
"""Cells around a tile that its visit reads."""

TILE_ROWS, TILE_COLUMNS = 64, 512
"""Cells of a tile: its work arrays fit into the second-level cache."""

WORK_ARRAYS = 10
"""Work arrays of a thread, each of a tile with its halo."""

INFLOW, HELD = 0, 1
"""What a boundary cell does in each step: gain depth at a rate, or be held at a depth."""


@loop
def _x_faces(new, q, above, below, depth, ground, manning, stop, theta, pull, per_metre, froude):
    """One row of faces between neighbours west and east."""
    side = like(theta, 0.5) * (like(theta, 1.0) - theta)
    for i in range(1, stop):
        rise = ground[i] - ground[i - 1]
        new[i] = face_discharge(
            q[i],
            theta * q[i] + side * (q[i - 1] + q[i + 1]),
            like(theta, 0.25) * ((above[i - 1] + above[i]) + (below[i - 1] + below[i])),
            flow_depth(rise, depth[i - 1], depth[i]),
            (rise + (depth[i] - depth[i - 1])) * per_metre,
            like(theta, 0.5) * (manning[i - 1] + manning[i]),
            pull,
            froude,
        )


@loop
def _y_faces(
    new, q, before, after, west, west_below, depth, depth_below, ground, ground_below,
    manning, manning_below, stop, theta, pull, per_metre, froude,
):  # fmt: skip
    """One row of faces between a row of cells and the row below it."""
    side = like(theta, 0.5) * (like(theta, 1.0) - theta)
    for i in range(1, stop):
        rise = ground_below[i] - ground[i]
        new[i] = face_discharge(
            q[i],
            theta * q[i] + side * (before[i] + after[i]),
            like(theta, 0.25) * ((west[i] + west_below[i]) + (west[i + 1] + west_below[i + 1])),
            flow_depth(rise, depth[i], depth_below[i]),
            (rise + (depth_below[i] - depth[i])) * per_metre,
            like(theta, 0.5) * (manning[i] + manning_below[i]),
            pull,
            froude,
        )


@loop
def _shares(share, depth, x_faces, y_faces, y_below, stop, ratio):
    """Share of its wanted outflow that each cell of a row can give."""
    for i in range(1, stop):
        zero = like(ratio, 0.0)
        outflow = max(x_faces[i + 1], zero) - min(x_faces[i], zero)
        outflow += max(y_below[i], zero) - min(y_faces[i], zero)
        share[i] = given_share(depth[i], ratio * outflow)


@loop
def _limit_x(x_faces, share, stop):
    for i in range(1, stop):
        zero = like(share[i], 0.0)
        x_faces[i] = max(x_faces[i], zero) * share[i - 1] + min(x_faces[i], zero) * share[i]


@loop
def _limit_y(y_faces, share_above, share, stop):
    for i in range(1, stop):
        zero = like(share[i], 0.0)
        y_faces[i] = max(y_faces[i], zero) * share_above[i] + min(y_faces[i], zero) * share[i]


@loop
def _fill(depth, owed, deepest, x_faces, y_faces, y_below, stop, ratio):
    """Continuity: the depth of a row after the step, what rounding owes it, its maximum."""
    for i in range(1, stop):
        before = depth[i]
        gain = ratio * ((x_faces[i] - x_faces[i + 1]) + (y_faces[i] - y_below[i])) + owed[i]
        after = max(before + gain, like(ratio, 0.0))
        depth[i] = after
        owed[i] = gain - (after - before)
        deepest[i] = max(deepest[i], after)


@loop
def step_tile(
    margin, depth, owed, deepest, qx, qy, new_qx, new_qy, share, ground, manning,
    time_step, cell_size, gravity, theta, froude,
):  # fmt: skip
    """Take one time step of a tile, on all cells but `margin` on each side.

    What is right afterwards is smaller by two more cells on each side. A row of cells is filled
    two rows behind the row whose faces are computed, because its faces are limited by what the
    cells on both sides can give. Row views that start at the margin let the inner loops start
    at a constant, without which they do not vectorise.
    """
    rows, columns = depth.shape
    pull = gravity * time_step
    per_metre = like(cell_size, 1.0) / cell_size
    ratio = time_step * per_metre
    stop = columns - 2 * margin - 1
    for j in range(margin + 1, rows - margin - 1):
        _x_faces(
            new_qx[j][margin:], qx[j][margin:], qy[j][margin:], qy[j + 1][margin:],
            depth[j][margin:], ground[j][margin:], manning[j][margin:],
            stop, theta, pull, per_metre, froude,
        )  # fmt: skip
        _y_faces(
            new_qy[j][margin:], qy[j][margin:], qy[j - 1][margin:], qy[j + 1][margin:],
            qx[j - 1][margin:], qx[j][margin:], depth[j - 1][margin:], depth[j][margin:],
            ground[j - 1][margin:], ground[j][margin:], manning[j - 1][margin:],
            manning[j][margin:], stop, theta, pull, per_metre, froude,
        )  # fmt: skip
        row = j - 1
        given, given_above = share[row % 2][margin:], share[j % 2][margin:]
        x_row, y_row = new_qx[row][margin:], new_qy[row][margin:]
        if row > margin:
            _shares(given, depth[row][margin:], x_row, y_row, new_qy[j][margin:], stop - 1, ratio)
            _limit_x(x_row, given, stop - 1)
        if row > margin + 1:
            _limit_y(y_row, given_above, given, stop - 1)
        if row > margin + 2:
            _fill(
                depth[row - 1][margin:], owed[row - 1][margin:], deepest[row - 1][margin:],
                new_qx[row - 1][margin:], new_qy[row - 1][margin:], y_row, stop - 2, ratio,
            )  # fmt: skip


@loop
def _load(target, source, top, left):
    """Copy a window of a padded array into a work array."""
    for j in range(target.shape[0]):
        row, from_row = target[j], source[top + j][left:]
        for i in range(row.size):
            row[i] = from_row[i]


@loop
def _store(target, source, tile):
    """Copy a tile's own cells from a work array into a padded array."""
    top, bottom, left, right = tile
    for j in range(top, bottom):
        row, from_row = target[j][left:], source[j - top + HALO - 1][HALO - 1 :]
        for i in range(right - left):
            row[i] = from_row[i]


@loop
def _is_dry(depth):
    """Whether no cell of a work array holds water."""
    for j in range(depth.shape[0]):
        row = depth[j]
        for i in range(row.size):
            if row[i] != 0:
                return False
    return True


@loop
def _deepest(depth, tile, row_of_maxima):
    """Largest depth of a tile's own cells, column by column first so that it vectorises."""
    top, bottom, left, right = tile
    count = right - left
    for i in range(count):
        row_of_maxima[i] = 0
    for j in range(HALO - 1, HALO - 1 + bottom - top):
        row = depth[j][HALO - 1 :]
        for i in range(count):
            row_of_maxima[i] = max(row_of_maxima[i], row[i])
    largest = row_of_maxima[0]
    for i in range(count):
        largest = max(largest, row_of_maxima[i])
    return largest


@loop
def _apply_boundary(depth, owed, tile, first, last, cells, kinds, values, exchanged, time_step):
    """Feed or hold the boundary cells in reach of a tile; the owner counts what is exchanged."""
    top, bottom, left, right = tile
    for k in range(first, last):
        row, column = cells[k, 0], cells[k, 1]
        j, i = row - top + HALO - 1, column - left + HALO - 1
        before, owed_before = depth[j, i], owed[j, i]
        if kinds[k] == HELD:
            depth[j, i], owed[j, i] = values[k], 0
        else:
            gain = values[k] * time_step + owed_before
            depth[j, i] = before + gain
            owed[j, i] = gain - (depth[j, i] - before)
        if top <= row < bottom and left <= column < right:
            exchanged[k] += np.float64(depth[j, i]) - np.float64(before)
            exchanged[k] += np.float64(owed[j, i]) - np.float64(owed_before)


@kernel
def advance(
    tiles, old, new, deepest, tile_depth, ground, manning, work,
    first_cell, cells, kinds, values, exchanged, time_step, cell_size, gravity, theta, froude,
):  # fmt: skip
    """Take `STEPS` time steps on all tiles; return the number of cells that were computed.

    Parameters
    ----------
    tiles : (tiles, 4) int array
        Top, bottom, left and right of each tile in the padded arrays.
    old, new : (4, rows, columns) array
        Depth [m], qx and qy [m2 s-1], owed depth [m]: read from `old`, written to `new`.
    deepest, ground, manning : (rows, columns) array
        Running maximum of depth [m] (updated), ground [m], roughness [s m-1/3].
    tile_depth : (tiles,) array
        Filled with the largest depth of each tile after the steps [m].
    work : (threads, WORK_ARRAYS, cells) array
        Scratch.
    first_cell : (tiles + 1,) int array
        Where the boundary cells of each tile begin in the next four.
    cells, kinds, values, exchanged : arrays
        Row and column; `INFLOW` or `HELD`; rate [m s-1] or depth [m]; depth gained [m] (updated).
    time_step, cell_size, gravity, theta, froude : float
        [s], [m], [m s-2], weight of the q-centred scheme, largest Froude number.
    """
    computed = 0
    for t in prange(tiles.shape[0]):
        top, bottom, left, right = tiles[t]
        shape = (bottom - top + 2 * HALO - 1, right - left + 2 * HALO - 1)
        size = shape[0] * shape[1]
        scratch = work[get_thread_id()]
        depth = scratch[0][:size].reshape(shape)
        window_top, window_left = top - HALO + 1, left - HALO + 1
        _load(depth, old[0], window_top, window_left)
        qx, qy = scratch[1][:size].reshape(shape), scratch[2][:size].reshape(shape)
        first, last = first_cell[t], first_cell[t + 1]
        if first == last and _is_dry(depth):
            for k in range(4):
                new[k, top:bottom, left:right] = 0
            tile_depth[t] = 0
            continue
        _load(qx, old[1], window_top, window_left)
        _load(qy, old[2], window_top, window_left)
        owed = scratch[9][:size].reshape(shape)
        _load(owed, old[3], window_top, window_left)
        bed, rough = scratch[3][:size].reshape(shape), scratch[4][:size].reshape(shape)
        _load(bed, ground, window_top, window_left)
        _load(rough, manning, window_top, window_left)
        peak = scratch[5][:size].reshape(shape)
        _load(peak, deepest, window_top, window_left)
        new_qx, new_qy = scratch[6][:size].reshape(shape), scratch[7][:size].reshape(shape)
        share = scratch[8][: 2 * shape[1]].reshape((2, shape[1]))
        for step in range(STEPS):
            step_tile(
                2 * step, depth, owed, peak, qx, qy, new_qx, new_qy, share, bed, rough,
                time_step, cell_size, gravity, theta, froude,
            )  # fmt: skip
            _apply_boundary(
                depth, owed, tiles[t], first, last, cells, kinds, values, exchanged, time_step
            )
            qx, qy, new_qx, new_qy = new_qx, new_qy, qx, qy
        tile_depth[t] = _deepest(depth, tiles[t], share[0])
        _store(new[0], depth, tiles[t])
        _store(new[1], qx, tiles[t])
        _store(new[2], qy, tiles[t])
        _store(new[3], owed, tiles[t])
        _store(deepest, peak, tiles[t])
        computed += (bottom - top) * (right - left)
    return computed
