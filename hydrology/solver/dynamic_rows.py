"""The loops of the scheme `dynamic` over one row: read it, its faces, its end of the step.

The work on a row is cut into loops of some forty operations on at most a dozen arrays, which the
processor overlaps much better than one of a hundred and fifty (measured: 1.7 times faster).
Rows of scratch are longer than those of the tile, so that loops between them run in whole
multiples of the widest vector; what they compute beyond the tile is never written back.
"""

from hydrology.solver.friction import kept_share
from hydrology.solver.precision import like
from hydrology.solver.reconstruction import WALL_STEP, at_blurred_face, at_face, blur, mirrored
from hydrology.solver.riemann import (
    carried_along,
    held_back,
    hllc,
    idle_share,
    velocities,
    wave_speeds,
)
from hydrology.solver.rowwise import row_loop, row_task


@row_loop
def _read_velocities(u, v, idle, depth, qx, qy, fastest):
    for i in range(depth.size):
        u_cell, v_cell = velocities(depth[i], qx[i], qy[i], fastest)
        u[i], v[i], idle[i] = u_cell, v_cell, idle_share(depth[i], u_cell, v_cell, fastest)


@row_loop
def _read_levels(h, tilt, bed, depth, ground):
    walls = 0
    for i in range(depth.size):
        z = ground[i]
        h[i], tilt[i], bed[i] = depth[i], like(z, 0.0), z
        walls += 1 if z > like(z, WALL_STEP) else 0
    return walls


@row_task
def read_row(cells, depth, ground, qx, qy, fastest):
    """Copy a row into scratch.

    Its six rows are depth, half slope of the bed (none), velocity east, velocity south, idle
    share and bed.

    Returns
    -------
    walls : int
        Cells of the row that are walls: where there are none, faces need not look for them.
    """
    _read_velocities(cells[2], cells[3], cells[4], depth, qx, qy, fastest)
    return _read_levels(cells[0], cells[1], cells[5], depth, ground)


@row_loop
def _see_rise(rise, blurred, bed, bed_next, tilt, tilt_next, h, h_next, count):
    """Rise of the bed at a row of faces, and what of the level's rise is only rounding.

    The bed on both sides is not computed: high above the datum, it would be too coarse.
    """
    for i in range(count):
        rise[i] = (bed_next[i] - bed[i]) - (tilt[i] + tilt_next[i])
        blurred[i] = blur(h[i], h_next[i])


@row_loop
def _see_walls(h_before, u_before, h_after, u_after, rise, h, u, h_next, u_next, count):
    """What a row of faces sees of its cells, walls mirrored."""
    for i in range(count):
        seen = mirrored(h[i], u[i], h_next[i], u_next[i], rise[i])
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
    blurred,
    count,
    cliff,
    gravity,
):
    """Depths above the steps of the bed, and the pull of its slopes."""
    for i in range(count):
        seen = at_blurred_face(h_before[i], h_after[i], rise[i], blurred[i], cliff, gravity)
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
def _hold_water(mass, h, u, idle, h_next, u_next, idle_next, count):
    """Hold the discharge of a row of faces to what its cells have."""
    for i in range(count):
        mass[i] = held_back(mass[i], idle[i], h[i], u[i], idle_next[i], h_next[i], u_next[i])


@row_loop
def _carry_along(sheared, mass, v, v_next, count):
    """Momentum along a row of faces that their discharge carries."""
    for i in range(count):
        sheared[i] = carried_along(mass[i], v[i], v_next[i])


@row_loop
def _see_plain_bed(
    above_before, above_after, pull_before, pull_after, h, h_next, bed, bed_next,
    count, cliff, gravity,
):  # fmt: skip
    """The same at faces without walls between cells without slopes, in one go."""
    for i in range(count):
        seen = at_face(h[i], h_next[i], bed_next[i] - bed[i], cliff, gravity)
        above_before[i], above_after[i], pull_before[i], pull_after[i] = seen


@row_task
def _see_all(seen, before, after, cells, next_cells, u, ahead, count, walls, cliff, gravity):
    """What a row of faces sees where there are slopes or walls; velocities across in 5 and 6."""
    _see_rise(
        seen[4], seen[9], cells[5], next_cells[5][ahead:], before[1], after[1][ahead:],
        cells[0], next_cells[0][ahead:], count,
    )  # fmt: skip
    h_before, h_after = before[0], after[0][ahead:]
    if walls > 0:
        u_before, u_after = before[u], after[u][ahead:]
        _see_walls(
            seen[7], seen[5], seen[8], seen[6], seen[4],
            h_before, u_before, h_after, u_after, count,
        )  # fmt: skip
        h_before, h_after = seen[7], seen[8]
    _see_bed(
        seen[0], seen[1], seen[2], seen[3], h_before, h_after, seen[4], seen[9],
        count, cliff, gravity,
    )  # fmt: skip


@row_task
def find_faces(
    flux, seen, before, after, cells, next_cells, ahead, count, walls, tilted, cliff, gravity
):
    """A row of faces: to the east of its cells (`ahead` is 1) or to the south of them (0).

    Parameters
    ----------
    flux : (4, columns) array
        Filled: discharge, momentum across that leaves the cell before and that enters the one
        after, momentum along. The flux of a face lies where the cell after it does.
    seen : (10, columns) array
        Overwritten.
    before, after : (4, columns) array
        Depth, half slope of the bed, velocity east, velocity south on the two sides of the
        faces; `after` lies where its cells do.
    cells, next_cells : (6, columns) array
        The cells themselves, see `read_row`.
    ahead, count, walls : int
        1 or 0; faces in the row; walls among the cells, at least where there are any.
    tilted : bool
        Whether the two sides differ from the cells.
    cliff, gravity : float
        [m], [m s-2]
    """
    u, v = 3 - ahead, 2 + ahead
    mass, thrust, push, sheared = flux[0][ahead:], flux[1][ahead:], flux[2][ahead:], flux[3][ahead:]
    u_before, u_after = before[u], after[u][ahead:]
    if tilted or walls > 0:
        _see_all(seen, before, after, cells, next_cells, u, ahead, count, walls, cliff, gravity)
    else:
        _see_plain_bed(
            seen[0], seen[1], seen[2], seen[3], cells[0], next_cells[0][ahead:],
            cells[5], next_cells[5][ahead:], count, cliff, gravity,
        )  # fmt: skip
    if walls > 0:
        u_before, u_after = seen[5], seen[6]
    _find_speeds(seen[4], seen[9], seen[0], u_before, seen[1], u_after, count, gravity)
    _find_fluxes(
        mass, thrust, push, seen[0], u_before, seen[1], u_after,
        seen[4], seen[9], seen[2], seen[3], count, gravity,
    )  # fmt: skip
    _hold_water(
        mass, cells[0], cells[u], cells[4],
        next_cells[0][ahead:], next_cells[u][ahead:], next_cells[4][ahead:], count,
    )  # fmt: skip
    _carry_along(sheared, mass, before[v], after[v][ahead:], count)


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


@row_task
def push_row(new, depth, owed, qx, qy, x_flux, above, below, count, ratio):
    """Depth of a row after the step, in place, and its momentum but for friction, in `new`."""
    west, east = x_flux[0], x_flux[0][1:]
    _fill(depth, owed, west, east, above[0], below[0], ratio)
    _push(
        new[0], new[1], qx, qy, x_flux[2], x_flux[1][1:], above[3], below[3],
        x_flux[3], x_flux[3][1:], above[2], below[1], count, ratio,
    )  # fmt: skip


@row_task
def brake_row(qx, qy, new, depth, manning, count, time_step, gravity):
    """Momentum of a row after the step: what friction leaves of `new`."""
    _brake(new[0], new[1], depth, manning, count, time_step, gravity)
    _write_row(qx, qy, new[0], new[1])
