"""The kernel of the scheme `dynamic`: the full shallow water equations, one step of one tile.

Finite volumes on a square grid: HLLC fluxes (`riemann`), a bed that is slope where the level
follows it and step where not (`reconstruction`), implicit friction (`friction`). Order 1 takes
the cells as they are.

The state of a cell is its depth and its momentum, `qx` to the east and `qy` to the south. The
tile is updated in place, a row as soon as the fluxes on its four sides are known; what those
need of the rows before the step lies in rolling buffers of a few rows.
"""

from hydrology.solver.compiled import loop
from hydrology.solver.friction import kept_share
from hydrology.solver.precision import like
from hydrology.solver.reconstruction import STEEPEST, face_exchange
from hydrology.solver.riemann import velocity

RADIUS = (0, 1)
"""Cells that one step looks far, by order."""

COURANT = (0.0, 0.45)
"""Recommended Courant number for max(|u|, |v|) + sqrt(g h) over all cells, by order."""

SCRATCH_ROWS = 18
"""Rows of scratch that a step needs, each as long as a row of the tile."""


@loop
def _velocities(u, v, room, depth, qx, qy, stop, fastest):
    """Velocities of a row; what each face may take of a cell beyond what moves towards it."""
    for i in range(stop):
        u_cell = velocity(depth[i], qx[i], fastest)
        v_cell = velocity(depth[i], qy[i], fastest)
        u[i], v[i] = u_cell, v_cell
        # The four faces share the cell's water: never more leaves in a step than is there.
        idle = (fastest + fastest) - (abs(u_cell) + abs(v_cell))
        room[i] = like(fastest, 0.25) * (depth[i] * idle)


@loop
def _faces(
    mass, thrust_before, thrust_after, sheared, depth, u, v, room,
    depth_after, u_after, v_after, room_after, ground, ground_after, stop, cliff, gravity,
):  # fmt: skip
    """A row of faces between cells and those after them: to the east, or to the south."""
    for i in range(stop):
        zero = like(gravity, 0.0)
        before = (depth[i], u[i], v[i])
        after = (depth_after[i], u_after[i], v_after[i])
        given = room[i] + depth[i] * max(u[i], zero)
        taken = room_after[i] + depth_after[i] * max(-u_after[i], zero)
        rise = ground_after[i] - ground[i]
        exchange = face_exchange(before, after, rise, (given, taken), cliff, gravity)
        mass[i], thrust_before[i], thrust_after[i], sheared[i] = exchange


@loop
def _update(
    depth, owed, qx, qy, manning, x_mass, x_before, x_after, x_sheared,
    mass_above, after_above, sheared_above, mass_below, before_below, sheared_below,
    stop, ratio, time_step, gravity,
):  # fmt: skip
    """A row after the step: continuity, momentum, friction. Face i lies before cell i + 1."""
    for i in range(1, stop):
        before = depth[i]
        gain = ratio * ((x_mass[i - 1] - x_mass[i]) + (mass_above[i] - mass_below[i])) + owed[i]
        after = max(before + gain, like(ratio, 0.0))
        depth[i] = after
        owed[i] = gain - (after - before)
        x_new = (x_after[i - 1] - x_before[i]) + (sheared_above[i] - sheared_below[i])
        y_new = (after_above[i] - before_below[i]) + (x_sheared[i - 1] - x_sheared[i])
        x_new, y_new = qx[i] + ratio * x_new, qy[i] + ratio * y_new
        share = kept_share(after, x_new, y_new, manning[i], time_step, gravity)
        qx[i], qy[i] = share * x_new, share * y_new


@loop
def _step_first(
    margin, depth, owed, qx, qy, ground, manning, scratch, time_step, cell_size, gravity
):
    """One step of first order: `step_tile` without the choice."""
    rows, columns = depth.shape
    stop = columns - 2 * margin
    ratio, cliff = time_step / cell_size, like(cell_size, STEEPEST) * cell_size
    fastest = like(ratio, 0.5) / ratio
    for j in range(margin, rows - margin):
        u, v, room = scratch[3 * (j % 2)], scratch[3 * (j % 2) + 1], scratch[3 * (j % 2) + 2]
        old = 3 * ((j + 1) % 2)
        h, bed = depth[j][margin:], ground[j][margin:]
        _velocities(u, v, room, h, qx[j][margin:], qy[j][margin:], stop, fastest)
        above, below = 6 + 4 * (j % 2), 6 + 4 * ((j + 1) % 2)
        row = j - 1
        if row >= margin:
            h_row, bed_row = depth[row][margin:], ground[row][margin:]
            _faces(
                scratch[below], scratch[below + 1], scratch[below + 2], scratch[below + 3],
                h_row, scratch[old + 1], scratch[old], scratch[old + 2], h, v, u, room,
                bed_row, bed, stop, cliff, gravity,
            )  # fmt: skip
        if row > margin:
            u_row, v_row, room_row = scratch[old], scratch[old + 1], scratch[old + 2]
            _faces(
                scratch[14], scratch[15], scratch[16], scratch[17],
                h_row, u_row, v_row, room_row, h_row[1:], u_row[1:], v_row[1:], room_row[1:],
                bed_row, bed_row[1:], stop - 1, cliff, gravity,
            )  # fmt: skip
            _update(
                h_row, owed[row][margin:], qx[row][margin:], qy[row][margin:],
                manning[row][margin:], scratch[14], scratch[15], scratch[16], scratch[17],
                scratch[above], scratch[above + 2], scratch[above + 3],
                scratch[below], scratch[below + 1], scratch[below + 3],
                stop - 1, ratio, time_step, gravity,
            )  # fmt: skip


@loop
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
    """Take one time step of a tile, on all cells but `margin` on each side.

    What is right afterwards is smaller by `RADIUS[order]` more cells on each side.

    Parameters
    ----------
    margin, order : int
        Cells on each side that are not right any more; 1 or 2.
    depth, owed, qx, qy : (rows, columns) array
        Depth [m], what rounding owes it [m], momentum to the east and to the south [m2 s-1]:
        all updated in place.
    ground, manning : (rows, columns) array
        Bed [m], a wall where it rises by more than `WALL_STEP`; roughness [s m-1/3].
    scratch : (SCRATCH_ROWS, columns) array
        Overwritten.
    time_step, cell_size, gravity : float
        [s], [m], [m s-2]; of the type of the arrays.
    """
    _step_first(
        margin, depth, owed, qx, qy, ground, manning, scratch, time_step, cell_size, gravity
    )
