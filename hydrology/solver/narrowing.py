"""Narrowed faces of the scheme `dynamic`: walls, and buildings that leave a part of a face open."""

import math

from hydrology.solver.compiled import formula
from hydrology.solver.precision import like
from hydrology.solver.rowwise import row_loop, row_task


@formula
def wall_thrust(depth, velocity, gravity):
    """Momentum that a wall takes from the water before it, less its pressure at rest [m3 s-2].

    Parameters
    ----------
    depth : float
        Water before the wall [m].
    velocity : float
        Its velocity towards the wall [m s-1].
    gravity : float
        [m s-2]

    Notes
    -----
    The HLL flux (Harten, Lax and van Leer, 1983) between the water and its mirror image, whose
    slowest and fastest wave are -(|u| + c) and |u| + c.
    """
    fast = abs(velocity) + math.sqrt(gravity * depth)
    discharge = depth * velocity
    return discharge * (velocity + fast)


@row_loop
def _narrow(mass, thrust_before, thrust_after, sheared, h, u, h_next, u_next, part, gravity):
    """Let the open part of each face carry its fluxes, and the rest be a wall."""
    for i in range(1, part.size):
        is_open = part[i]
        closed = like(gravity, 1.0) - is_open
        mass[i], sheared[i] = is_open * mass[i], is_open * sheared[i]
        wall_before = wall_thrust(h[i], u[i], gravity)
        wall_after = wall_thrust(h_next[i], -u_next[i], gravity)
        thrust_before[i] = is_open * thrust_before[i] + closed * wall_before
        thrust_after[i] = is_open * thrust_after[i] + closed * wall_after


@row_task
def narrow_faces(flux, before, after, ahead, part, gravity):
    """Narrow a row of faces to their open parts.

    Parameters
    ----------
    flux : (4, columns) array
        See `dynamic_rows.find_faces`; updated.
    before, after : (4, columns) array
        The two sides of the faces, see there.
    ahead : int
        1 for faces to the east of the cells before, 0 for faces to the south.
    part : (columns,) array, or None
        Open share of each face, at the place of the cell after it; None: all are open.
    gravity : float
        [m s-2]
    """
    if part is None:
        return
    u = 3 - ahead
    _narrow(
        flux[0][ahead:], flux[1][ahead:], flux[2][ahead:], flux[3][ahead:],
        before[0], before[u], after[0][ahead:], after[u][ahead:], part[ahead:], gravity,
    )  # fmt: skip
