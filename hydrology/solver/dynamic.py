"""The kernel of the scheme `dynamic`: the full shallow water equations, one step of one tile.

Finite volumes on a square grid: HLLC fluxes (`riemann`), a bed that is slope where the level
follows it and step where not (`reconstruction`), implicit friction (`friction`). Order 1 takes
the cells as they are, order 2 with limited slopes and after half a step (`muscl`).

The state of a cell is its depth and its momentum, `qx` to the east and `qy` to the south. The
tile is updated in place, a row as soon as the fluxes on its four sides are known (`dynamic_rows`).
What those need of the rows before the step lies in `scratch`, which stays in the cache.
"""

from hydrology.solver.dynamic_rows import brake_row, find_faces, push_row, read_row
from hydrology.solver.muscl import predict, slide
from hydrology.solver.narrowing import narrow_faces
from hydrology.solver.precision import like
from hydrology.solver.reconstruction import STEEPEST
from hydrology.solver.rowwise import row_task

RADIUS = (0, 1, 2)
"""Cells that one step looks far, by order."""

COURANT = (0.0, 0.45, 0.4)
"""Recommended Courant number for max(|u|, |v|) + sqrt(g h) over all cells, by order.

Second order at 0.45 lets what rounding sets in motion in a deep lake on a random bed without
friction grow, slowly; at 0.4 it does not (measured over 10,000 steps).
"""

LANES = 16
"""Numbers in the widest vector: loops run in whole multiples of it."""

SCRATCH_ROWS = 67
"""Rows of scratch that a step needs, each `scratch_columns` long."""


def scratch_columns(columns):
    """Length of a row of scratch for a tile of so many columns."""
    return -(-columns // LANES) * LANES + LANES


@row_task
def _step_first(
    margin, depth, owed, qx, qy, ground, manning, scratch, open_x, open_y,
    time_step, cell_size, gravity,
):  # fmt: skip
    """One step of first order: a row is finished when the one below it has been read."""
    rows, count = depth.shape[0], scratch.shape[1] - LANES
    ratio, cliff = time_step / cell_size, like(cell_size, STEEPEST) * cell_size
    fastest = like(ratio, 0.5) / ratio
    seen, new, x_flux, old_walls = scratch, scratch, scratch[10:], 0
    for j in range(margin, rows - margin):
        cells, old = scratch[14 + 6 * (j % 2) :], scratch[14 + 6 * ((j + 1) % 2) :]
        above, below = scratch[26 + 4 * (j % 2) :], scratch[26 + 4 * ((j + 1) % 2) :]
        walls = read_row(cells, depth[j], ground[j], qx[j], qy[j], fastest)
        if j > margin:
            either = walls + old_walls
            find_faces(below, seen, old, cells, old, cells, 0, count, either, False, cliff, gravity)
            narrow_faces(below, old, cells, 0, None if open_y is None else open_y[j], gravity)
        row = j - 1
        if row > margin:
            find_faces(x_flux, seen, old, old, old, old, 1, count, old_walls, False, cliff, gravity)
            narrow_faces(x_flux, old, old, 1, None if open_x is None else open_x[row], gravity)
            push_row(
                new, depth[row], owed[row], qx[row], qy[row], x_flux, above, below, count, ratio
            )
            brake_row(qx[row], qy[row], new, depth[row], manning[row], count, time_step, gravity)
        old_walls = walls


@row_task
def _step_second(
    margin, depth, owed, qx, qy, ground, manning, scratch, open_x, open_y,
    time_step, cell_size, gravity,
):  # fmt: skip
    """One step of second order: a row is finished when the second one below it has been read."""
    rows, columns = depth.shape
    count = scratch.shape[1] - LANES
    ratio, cliff = time_step / cell_size, like(cell_size, STEEPEST) * cell_size
    fastest, half_cliff = like(ratio, 0.5) / ratio, like(ratio, 0.5) * cliff
    seen, slopes, new, x_flux, middle = scratch, scratch, scratch, scratch[10:], scratch[14:]
    west, east, north, old_walls, older_walls = scratch[17:], scratch[21:], scratch[25:], 0, 0
    for j in range(margin, rows - margin):
        cells, old = scratch[29 + 6 * (j % 3) :], scratch[29 + 6 * ((j + 2) % 3) :]
        older = scratch[29 + 6 * ((j + 1) % 3) :]
        south, south_before = scratch[47 + 4 * (j % 2) :], scratch[47 + 4 * ((j + 1) % 2) :]
        above, below = scratch[55 + 4 * (j % 2) :], scratch[55 + 4 * ((j + 1) % 2) :]
        pull, pull_before = scratch[63 + 2 * (j % 2) :], scratch[63 + 2 * ((j + 1) % 2) :]
        walls = read_row(cells, depth[j], ground[j], qx[j], qy[j], fastest)
        if j > margin + 1:
            predict(
                west, east, north, south, pull, slopes, middle, older, old, cells, manning[j - 1],
                columns, count, walls + old_walls + older_walls,
                time_step, cell_size, half_cliff, gravity,
            )  # fmt: skip
        if j > margin + 2:
            either = old_walls + older_walls
            find_faces(
                below, seen, south_before, north, older, old, 0, count, either, True, cliff, gravity
            )
            part = None if open_y is None else open_y[j - 1]
            narrow_faces(below, south_before, north, 0, part, gravity)
        row = j - 2
        if row > margin + 1:
            push_row(
                new, depth[row], owed[row], qx[row], qy[row], x_flux, above, below, count, ratio
            )
            slide(new[0], new[1], pull_before[0], pull_before[1], count, ratio)
            brake_row(qx[row], qy[row], new, depth[row], manning[row], count, time_step, gravity)
        if row > margin:
            find_faces(
                x_flux, seen, east, west, old, old, 1, count, old_walls, True, cliff, gravity
            )
            part = None if open_x is None else open_x[j - 1]
            narrow_faces(x_flux, east, west, 1, part, gravity)
        older_walls, old_walls = old_walls, walls


@row_task
def step_tile(
    margin,
    order,
    depth,
    owed,
    qx,
    qy,
    ground,
    manning,
    scratch,
    open_x,
    open_y,
    time_step,
    cell_size,
    gravity,
):
    """Take one time step of a tile, on all rows but `margin` at the top and at the bottom.

    What is right afterwards is smaller by `RADIUS[order]` more cells on each side. Columns are
    not spared: those that are not right any more step with what is there.

    Parameters
    ----------
    margin, order : int
        Rows at the top and at the bottom that are not right any more; 1 or 2.
    depth, owed, qx, qy : (rows, columns) array
        Depth [m], what rounding owes it [m], momentum to the east and to the south [m2 s-1]:
        all updated in place.
    ground, manning : (rows, columns) array
        Bed [m], a wall where it rises by more than `WALL_STEP`; roughness [s m-1/3].
    scratch : (SCRATCH_ROWS, scratch_columns(columns)) array
        Overwritten.
    open_x, open_y : (rows, columns) array, or None
        Open share of the west and of the north face of each cell; None: all are open.
    time_step, cell_size, gravity : float
        [s], [m], [m s-2]; of the type of the arrays.

    Notes
    -----
    A tile has at least `LANES` columns, because reading may run over the end of a row. It is
    fastest where each row begins at a multiple of 64 bytes (measured: by a fifth) and the columns
    are a multiple of `LANES` (by 5 %), in rows without walls (by 10 %).
    """
    if order == 1:
        _step_first(
            margin, depth, owed, qx, qy, ground, manning, scratch, open_x, open_y,
            time_step, cell_size, gravity,
        )  # fmt: skip
    else:
        _step_second(
            margin, depth, owed, qx, qy, ground, manning, scratch, open_x, open_y,
            time_step, cell_size, gravity,
        )  # fmt: skip
