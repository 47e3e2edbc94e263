"""Ground that edits move, and the water that stands on it: its level stays where it was."""

import numpy as np

from twin.errors import InputError
from twin.heat.surface_cover import surface_number

STANDING = 0.05
"""Depth from which the surface of a cell is water [m]."""


def ground_of(draft, place):
    """Cells of a place whose ground is its own: what lies below the bridges of a road is not.

    Parameters
    ----------
    draft : twin.scenario.draft.Draft
    place : twin.scenario.places.Place

    Returns
    -------
    cells, below : numpy.ndarray of bool
        Ground of the place, and cells left out below its bridges, shape (y, x).

    Raises
    ------
    InputError
        The place covers no ground, or lies on bridges only.
    """
    cells = draft.cells_in(place.area(), place.where)
    decks = place.below_bridges()
    if decks is None or decks.is_empty:
        return cells, np.zeros_like(cells)
    below = draft.burnt(decks) & cells
    if not (cells & ~below).any():
        raise InputError(
            f"{place.where} lies on bridges only, expected a road that lies on the ground; give a "
            "polygon to change the ground below a bridge"
        )
    return cells & ~below, below


def left_out(draft, below):
    """That the ground below the bridges of a road stays as it is; "" where there is none."""
    area = int(below.sum()) * draft.grid.cell_size**2
    return f"; {area:,.0f} m² below bridges left as it is" if area else ""


def move_ground(draft, cells, wanted):
    """Set the ground of some cells; water on and beside them keeps its level.

    Parameters
    ----------
    draft : twin.scenario.draft.Draft
        Ground, water before the storm and cover are changed.
    cells : numpy.ndarray of bool
        Which cells, shape (y, x).
    wanted : numpy.ndarray
        Their ground from now on, shape (cell,) [m].

    Returns
    -------
    dict
        ``cut_m3``, ``fill_m3`` [m3].

    Raises
    ------
    InputError
        The ground would lie where no city has any.

    Notes
    -----
    Fill displaces water. A cut fills up to the level of the water that it reaches through cells
    that the same edit moves; water does not come through ground that stays.
    """
    if not ((wanted >= -500) & (wanted <= 9000)).all():
        raise InputError(
            f"the ground would lie at {wanted.min():g} to {wanted.max():g} m, expected -500 to "
            "9000; correct the level"
        )
    before = draft.ground[cells].astype(np.float64)
    window = _around(cells)
    level = _water_level(draft, window)
    draft.ground[cells] = wanted
    _settle(draft, cells, window, level)
    change = wanted - before
    risen = np.zeros_like(cells)
    risen[cells] = change > 0
    _cover(draft, cells, risen)
    area = draft.grid.cell_size**2
    return {
        "cut_m3": float(np.abs(change[change < 0]).sum()) * area,
        "fill_m3": float(change[change > 0].sum()) * area,
    }


def _around(cells):
    """Window of the cells and those next to them."""
    rows, columns = np.flatnonzero(cells.any(axis=1)), np.flatnonzero(cells.any(axis=0))
    return np.s_[max(rows[0] - 1, 0) : rows[-1] + 2, max(columns[0] - 1, 0) : columns[-1] + 2]


def _water_level(draft, window):
    """Level of the standing water in a window, NaN where there is none [m]."""
    depth = draft.field("initial_depth")[window]
    ground = draft.ground[window].astype(np.float64)
    return np.where(depth > 0, ground + depth, np.nan)


def _settle(draft, cells, window, level):
    """Depth on the moved cells that keeps the level of the water that stood there or beside."""
    from scipy.ndimage import binary_propagation, distance_transform_edt

    stood = np.isfinite(level)
    if not stood.any():
        return
    nearest = distance_transform_edt(~stood, return_distances=False, return_indices=True)
    room = level[tuple(nearest)] - draft.ground[window]
    moved, stays = cells[window], stood & ~cells[window]
    below = moved & (room > 0) & ~draft.is_built[window]
    wet = binary_propagation(stays | (stood & below), mask=stays | below)
    depth = draft.field("initial_depth")[window]
    depth[moved] = np.where(wet, room, 0.0)[moved]


def _cover(draft, cells, risen):
    """Open water where it stands now, bare ground where fill came out of the water."""
    water = surface_number("water")
    is_wet = draft.field("initial_depth") > STANDING
    draft.cover[cells & is_wet & ~draft.is_built] = water
    draft.cover[risen & ~is_wet & (draft.cover == water)] = surface_number("bare")
