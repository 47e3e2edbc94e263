"""The local inertial scheme on one tile: faces, limits, depths.

A tile is laid out as one long row: cell (j, i) of a tile of `width` columns is element
`j * width + i`, its neighbour in the south is `width` further on. So each pass over the tile is
one long loop, which costs a call and vectorises. What the ends of a row get from the row before
or after it is wrong, like everything at the rim of a tile, and stays within the halo.

`qx` of a cell is the discharge through its west face, positive to the east; `qy` through its
north face, positive to the south [m2 s-1].
"""

import math

import numpy as np

from hydrology.solver.compiled import formula, loop
from hydrology.solver.maxima import face_discharges
from hydrology.solver.physics import face_discharge, flow_depth, given_share, level_rise, most_given
from hydrology.solver.precision import from_bits, like, magnitude_bits
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
)

IN_CELLS = False
"""Whether cells carry the discharge, not faces."""

BAND = 8
"""Rows of a tile that are looked at together for cells that are asked for more than they have."""

REACH = 2
"""Cells on each side of a cell that a time step looks at: its neighbours' neighbours limit what
its neighbours can give."""


@formula
def centred(q, before, after, theta):
    """Discharge of a face, averaged with the faces up and down the line."""
    return theta * q + (like(theta, 0.5) * (like(theta, 1.0) - theta)) * (before + after)


@loop
def _x_faces(
    new, qx, qy, qy_below, depth, ground, rough, width_open, stop, theta, pull, cap, wave_depth
):
    """Discharge through the faces between neighbours west and east."""
    for i in range(1, stop):
        bed = ground[i] - ground[i - 1]
        q, mean = qx[i], centred(qx[i], qx[i - 1], qx[i + 1], theta)
        along = (qy[i - 1] + qy[i]) + (qy_below[i - 1] + qy_below[i])
        deep = flow_depth(bed, depth[i - 1], depth[i])
        level = level_rise(bed, depth[i - 1], depth[i])
        roughness = rough[i - 1] * rough[i]
        if width_open is None:
            new[i] = face_discharge(
                q, mean, along, deep, bed, level, roughness, pull, cap, wave_depth
            )
        else:
            part = width_open[i]
            wider = like(part, 1.0) / max(part, like(part, 1e-6))
            new[i] = part * face_discharge(
                q * wider, mean * wider, along, deep, bed, level, roughness, pull, cap, wave_depth
            )


@loop
def _y_faces(
    new, qy, qy_above, qy_below, qx, qx_above, depth, depth_above, ground, ground_above,
    rough, rough_above, width_open, stop, theta, pull, cap, wave_depth,
):  # fmt: skip
    """Discharge through the faces between neighbours north and south."""
    for i in range(1, stop):
        bed = ground[i] - ground_above[i]
        q, mean = qy[i], centred(qy[i], qy_above[i], qy_below[i], theta)
        along = (qx_above[i] + qx[i]) + (qx_above[i + 1] + qx[i + 1])
        deep = flow_depth(bed, depth_above[i], depth[i])
        level = level_rise(bed, depth_above[i], depth[i])
        roughness = rough_above[i] * rough[i]
        if width_open is None:
            new[i] = face_discharge(
                q, mean, along, deep, bed, level, roughness, pull, cap, wave_depth
            )
        else:
            part = width_open[i]
            wider = like(part, 1.0) / max(part, like(part, 1e-6))
            new[i] = part * face_discharge(
                q * wider, mean * wider, along, deep, bed, level, roughness, pull, cap, wave_depth
            )


@formula
def outflow(west, east, north, south):
    """What the four faces of a cell take out of it."""
    zero = like(west, 0.0)
    return (max(east, zero) - min(west, zero)) + (max(south, zero) - min(north, zero))


@loop
def _is_short(depth, qx, qy, qy_below, spread, stop, ratio):
    """Whether any cell is asked for more than it has."""
    short = np.int32(0)
    for i in range(1, stop):
        gain = ratio if spread is None else ratio * spread[i]
        wanted = gain * outflow(qx[i], qx[i + 1], qy[i], qy_below[i])
        short |= np.int32(wanted > most_given(depth[i]))
    return short != 0


@loop
def _shares(share, depth, qx, qy, qy_below, spread, stop, ratio):
    """Share of its wanted outflow that each cell can give."""
    for i in range(1, stop):
        gain = ratio if spread is None else ratio * spread[i]
        share[i] = given_share(depth[i], gain * outflow(qx[i], qx[i + 1], qy[i], qy_below[i]))


@loop
def _limit(faces, share_before, share, stop):
    """Hold each face to what the cell that it drains can give."""
    for i in range(1, stop):
        zero = like(share[i], 0.0)
        faces[i] = max(faces[i], zero) * share_before[i] + min(faces[i], zero) * share[i]


@loop
def _band_is_short(depth, x, y, spread, begin, end, width, ratio):
    part = None if spread is None else spread[begin:]
    return _is_short(
        depth[begin:], x[begin:], y[begin:], y[begin + width :], part, end - begin, ratio
    )


@loop
def _hold_rows(share, depth, x, y, spread, begin, end, width, count, ratio):
    """Hold back the faces of the cells of some rows, whose neighbours' cells are not short."""
    part = None if spread is None else spread[begin:]
    share[begin] = like(ratio, 1.0)
    _shares(
        share[begin:], depth[begin:], x[begin:], y[begin:], y[begin + width :], part,
        end - begin, ratio,
    )  # fmt: skip
    _limit(x[begin + 1 :], share[begin:], share[begin + 1 :], end - begin - 1)
    first, last = width, end
    if begin > 0:
        first = begin
        share[begin - width : begin] = like(ratio, 1.0)
    if end < count:
        last = end + width
        share[end:last] = like(ratio, 1.0)
    _limit(y[first:], share[first - width :], share[first:], last - first)


@loop
def _hold_back(share, depth, x, y, spread, width, count, ratio):
    """Hold faces to what their cells can give, in those bands of rows where any cell is short."""
    begin, band = 0, BAND * width
    while begin < count:
        end = begin
        while end < count and _band_is_short(
            depth, x, y, spread, end, min(end + band, count), width, ratio
        ):
            end = min(end + band, count)
        if end > begin:
            _hold_rows(share, depth, x, y, spread, begin, end, width, count, ratio)
        begin = end + band


@loop
def _fill(depth, owed, qx, qy, qy_below, spread, stop, ratio):
    """Continuity: the depth after the step, and what rounding owes it."""
    for i in range(1, stop):
        gain = ratio if spread is None else ratio * spread[i]
        before = depth[i]
        gain = gain * ((qx[i] - qx[i + 1]) + (qy[i] - qy_below[i])) + owed[i]
        after = max(before + gain, like(ratio, 0.0))
        depth[i] = after
        owed[i] = gain - (after - before)


@loop
def step(now, margin, window, work, openings, numbers):
    """Take one time step of a tile, on all rows but `margin` at its top and bottom.

    Parameters
    ----------
    now : int
        Which of the two pairs of discharges is the present one, 0 or 1.
    margin : int
        Rows that are wrong already at the top; one more is at the bottom.
    window : (top, left, rows, width)
        Place of the tile with its halo, and its shape.
    work : (n, cells) array
        The tile's arrays, in the order of `hydrology.solver.work`; the water is updated.
    openings : anything, or None
        Whether faces are narrowed and cells partly filled by buildings.
    numbers : Numbers
        Time step, cell size and the like.

    Returns
    -------
    int
        Which pair of discharges is the present one now.
    """
    rows, width = window[2], window[3]
    qx, qy, new_qx, new_qy = QX + 2 * now, QY + 2 * now, QX + 2 - 2 * now, QY + 2 - 2 * now
    ratio = numbers.time_step / numbers.cell_size
    pull, cap = numbers.gravity * ratio, numbers.gravity * numbers.froude * numbers.froude
    top = (margin + 1) * width
    up, down = top - width, top + width
    count = (rows - 2 * margin - 2) * width
    depth, ground, rough = work[DEPTH], work[GROUND], work[ROUGH]
    part_x = None if openings is None else work[OPEN_X][top:]
    part_y = None if openings is None else work[OPEN_Y][top:]
    spread = None if openings is None else work[SPREAD][top:]
    _x_faces(
        work[new_qx][top:], work[qx][top:], work[qy][top:], work[qy][down:], depth[top:],
        ground[top:], rough[top:], part_x, count, numbers.theta, pull, cap, numbers.wave_depth,
    )  # fmt: skip
    _y_faces(
        work[new_qy][top:], work[qy][top:], work[qy][up:], work[qy][down:], work[qx][top:],
        work[qx][up:], depth[top:], depth[up:], ground[top:], ground[up:], rough[top:],
        rough[up:], part_y, count, numbers.theta, pull, cap, numbers.wave_depth,
    )  # fmt: skip
    count -= width
    x, y = work[new_qx][top:], work[new_qy][top:]
    _hold_back(work[SCRATCH], depth[top:], x, y, spread, width, count, ratio)
    _fill(depth[top:], work[OWED][top:], x, y, y[width:], spread, count, ratio)
    return 1 - now


@loop
def rough_factor(numbers):
    """Factor by which the roughness of cells is scaled for the steps: see `face_discharge`."""
    return math.sqrt(numbers.gravity * numbers.time_step)


@loop
def discharges(target, work, now, at, count, width):  # noqa: ARG001
    """Discharge per width of some cells of a tile, from their faces [m2 s-1].

    Parameters
    ----------
    target : (count,) array
        Filled.
    work, now : array, int
        See `step`.
    at, count, width : int
        First cell, number of cells, and length of a row of the tile.
    """
    qx, qy = work[QX + 2 * now], work[QY + 2 * now]
    face_discharges(target, qx[at:], qy[at:], qy[at + width :])


@loop
def signal_speed(work, now, own, window, gravity):  # noqa: ARG001
    """Speed of a wave on the deepest of a tile's own cells [m s-1]; not finite if any depth is not.

    Parameters
    ----------
    work, now : array, int
        See `step`.
    own, window : tuple of int
        The tile's own cells, and place and shape of its window.
    gravity : float
        [m s-2].
    """
    deepest = np.int32(0)
    for j in range(own[0], own[1]):
        begin = (j - window[0]) * window[3] + own[2] - window[1]
        row = work[DEPTH][begin : begin + own[3] - own[2]]
        for i in range(row.size):
            deepest = max(deepest, magnitude_bits(row[i]))
    return math.sqrt(gravity * like(gravity, from_bits(deepest)))
