"""The kernel of the scheme `dynamic`: the full shallow water equations, one step of one tile.

Finite volumes on a square grid: HLLC fluxes (`riemann`), a bed that is slope where the level
follows it and step where not (`reconstruction`), implicit friction (`friction`). Order 1 takes
the cells as they are.

The state of a cell is its depth and its momentum, `qx` to the east and `qy` to the south. The
tile is updated in place, a row as soon as the fluxes on its four sides are known. What those need
of the rows before the step lies in `scratch`, a few rows long: it never leaves the cache. The
work on a row is cut into loops of some forty operations, which the processor overlaps much
better than one of a hundred and fifty (measured: 1.7 times faster).
"""

from hydrology.solver.friction import kept_share
from hydrology.solver.precision import like
from hydrology.solver.reconstruction import STEEPEST, at_face, mirrored
from hydrology.solver.riemann import (
    carried_along,
    held_back,
    hllc,
    idle_share,
    velocity,
    wave_speeds,
)
from hydrology.solver.rowwise import row_loop

RADIUS = (0, 1)
"""Cells that one step looks far, by order."""

COURANT = (0.0, 0.45)
"""Recommended Courant number for max(|u|, |v|) + sqrt(g h) over all cells, by order."""

LANES = 16
"""Numbers in the widest vector: loops run in whole multiples of it."""

SCRATCH_ROWS = 32
"""Rows of scratch that a step needs, each `scratch_columns` long."""


def scratch_columns(columns):
    """Length of a row of scratch for a tile of so many columns."""
    return -(-columns // LANES) * LANES + LANES


@row_loop
def _read_row(h, bed, u, v, idle, depth, ground, qx, qy, fastest):
    """Copy a row into scratch, as depth and velocities."""
    for i in range(depth.size):
        u_cell, v_cell = velocity(depth[i], qx[i], fastest), velocity(depth[i], qy[i], fastest)
        h[i], bed[i], u[i], v[i] = depth[i], ground[i], u_cell, v_cell
        idle[i] = idle_share(depth[i], u_cell, v_cell, fastest)


@row_loop
def _see_walls(
    h_before, u_before, h_after, u_after, rise, h, u, h_next, u_next, bed, bed_next, count
):
    """What a row of faces sees of its cells, walls mirrored."""
    for i in range(count):
        seen = mirrored(h[i], u[i], h_next[i], u_next[i], bed_next[i] - bed[i])
        h_before[i], u_before[i], h_after[i], u_after[i], rise[i] = seen


@row_loop
def _see_bed(
    above_before,
    above_after,
    pull_before,
    pull_after,
    h_before,
    h_after,
    rise,
    count,
    cliff,
    gravity,
):
    """Depths above the steps of the bed, and the pull of its slopes."""
    for i in range(count):
        seen = at_face(h_before[i], h_after[i], rise[i], cliff, gravity)
        above_before[i], above_after[i], pull_before[i], pull_after[i] = seen


@row_loop
def _find_speeds(slowest, fastest, h_before, u_before, h_after, u_after, count, gravity):
    """Slowest and fastest waves of a row of faces."""
    for i in range(count):
        speeds = wave_speeds(h_before[i], u_before[i], h_after[i], u_after[i], gravity)
        slowest[i], fastest[i] = speeds


@row_loop
def _find_fluxes(
    mass, thrust_before, thrust_after, h_before, u_before, h_after, u_after,
    slowest, fastest, pull_before, pull_after, count, gravity,
):  # fmt: skip
    """Fluxes of mass and of momentum across a row of faces, with the pull of the bed."""
    for i in range(count):
        flux = hllc(
            h_before[i], u_before[i], h_after[i], u_after[i], slowest[i], fastest[i], gravity
        )
        mass[i] = flux[0]
        thrust_before[i], thrust_after[i] = flux[1] + pull_before[i], flux[2] + pull_after[i]


@row_loop
def _share_water(mass, sheared, h, u, v, idle, h_next, u_next, v_next, idle_next, count):
    """Hold the discharge of a row of faces to what its cells have; what it carries along."""
    for i in range(count):
        held = held_back(mass[i], idle[i], h[i], u[i], idle_next[i], h_next[i], u_next[i])
        mass[i], sheared[i] = held, carried_along(held, v[i], v_next[i])


@row_loop
def _find_faces(flux, seen, cells, after, ahead, count, cliff, gravity):
    """A row of faces: to the east of its cells (`ahead` is 1) or to the south of them (0).

    `cells` and `after` are rows of depth, bed, velocity east, velocity south and idle share. The
    flux of a face lies where the cell after it does.
    """
    u, v = 3 - ahead, 2 + ahead
    h_next, u_next, v_next = after[0][ahead:], after[u][ahead:], after[v][ahead:]
    mass, thrust, push, sheared = flux[0][ahead:], flux[1][ahead:], flux[2][ahead:], flux[3][ahead:]
    _see_walls(
        seen[0], seen[1], seen[2], seen[3], seen[4],
        cells[0], cells[u], h_next, u_next, cells[1], after[1][ahead:], count,
    )  # fmt: skip
    _see_bed(seen[5], seen[6], seen[7], seen[8], seen[0], seen[2], seen[4], count, cliff, gravity)
    _find_speeds(seen[0], seen[2], seen[5], seen[1], seen[6], seen[3], count, gravity)
    _find_fluxes(
        mass, thrust, push, seen[5], seen[1], seen[6], seen[3],
        seen[0], seen[2], seen[7], seen[8], count, gravity,
    )  # fmt: skip
    _share_water(
        mass, sheared, cells[0], cells[u], cells[v], cells[4],
        h_next, u_next, v_next, after[4][ahead:], count,
    )  # fmt: skip


@row_loop
def _fill(depth, owed, west, east, above, below, ratio):
    """Continuity: the depth of a row after the step, and what rounding owes it."""
    for i in range(1, depth.size - 1):
        before = depth[i]
        gain = ratio * ((west[i] - east[i]) + (above[i] - below[i])) + owed[i]
        after = max(before + gain, like(ratio, 0.0))
        depth[i] = after
        owed[i] = gain - (after - before)


@row_loop
def _push(
    new_x, new_y, qx, qy, west_x, east_x, above_x, below_x, west_y, east_y, above_y, below_y,
    count, ratio,
):  # fmt: skip
    """Momentum of a row after the step, but for friction."""
    for i in range(count):
        new_x[i] = qx[i] + ratio * ((west_x[i] - east_x[i]) + (above_x[i] - below_x[i]))
        new_y[i] = qy[i] + ratio * ((above_y[i] - below_y[i]) + (west_y[i] - east_y[i]))


@row_loop
def _brake(new_x, new_y, depth, manning, count, time_step, gravity):
    """Friction."""
    for i in range(count):
        x, y = new_x[i], new_y[i]
        share = kept_share(depth[i], x, y, manning[i], time_step, gravity)
        new_x[i], new_y[i] = share * x, share * y


@row_loop
def _write_row(qx, qy, new_x, new_y):
    """Copy the momentum of a row out of scratch."""
    for i in range(1, qx.size - 1):
        qx[i], qy[i] = new_x[i], new_y[i]


@row_loop
def _finish_row(
    depth, owed, qx, qy, manning, x_flux, above, below, new, count, ratio, time_step, gravity
):
    """Bring a row to the end of the step; its fluxes are known."""
    west, east = x_flux[0], x_flux[0][1:]
    _fill(depth, owed, west, east, above[0], below[0], ratio)
    _push(
        new[0], new[1], qx, qy, x_flux[2], x_flux[1][1:], above[3], below[3],
        x_flux[3], x_flux[3][1:], above[2], below[1], count, ratio,
    )  # fmt: skip
    _brake(new[0], new[1], depth, manning, count, time_step, gravity)
    _write_row(qx, qy, new[0], new[1])


@row_loop
def _step_first(
    margin, depth, owed, qx, qy, ground, manning, scratch, time_step, cell_size, gravity
):
    """One step of first order: `step_tile` without the choice."""
    rows, count = depth.shape[0], scratch.shape[1] - LANES
    ratio, cliff = time_step / cell_size, like(cell_size, STEEPEST) * cell_size
    fastest = like(ratio, 0.5) / ratio
    seen, x_flux, new = scratch[18:27], scratch[27:31], scratch[18:20]
    for j in range(margin, rows - margin):
        cells, above = scratch[5 * (j % 2) :], scratch[10 + 4 * (j % 2) :]
        _read_row(
            cells[0], cells[1], cells[2], cells[3], cells[4],
            depth[j], ground[j], qx[j], qy[j], fastest,
        )  # fmt: skip
        if j > margin:
            before, below = scratch[5 * ((j + 1) % 2) :], scratch[10 + 4 * ((j + 1) % 2) :]
            _find_faces(below, seen, before, cells, 0, count, cliff, gravity)
            row = j - 1
        if j > margin + 1:
            _find_faces(x_flux, seen, before, before, 1, count, cliff, gravity)
            _finish_row(
                depth[row], owed[row], qx[row], qy[row], manning[row],
                x_flux, above, below, new, count, ratio, time_step, gravity,
            )  # fmt: skip


@row_loop
def step_tile(
    margin,
    order,  # noqa: ARG001
    depth,
    owed,
    qx,
    qy,
    ground,
    manning,
    scratch,
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
    time_step, cell_size, gravity : float
        [s], [m], [m s-2]; of the type of the arrays.
    """
    _step_first(
        margin, depth, owed, qx, qy, ground, manning, scratch, time_step, cell_size, gravity
    )
