"""Which streets, canals and underpasses there are, once the uses of the blocks are known."""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from sample_city.streets import MAIN

CANAL_LIMIT = 0.2
"""Canals lie where the natural ground is below this level [m]."""
_LEAST_JUNCTIONS = 12  # of a net of streets that hangs together
_DEAD_ENDS = 0.09  # share of side streets that were never built


def make_network(site, settled):
    """Streets, canals and underpasses as matrices over the street net.

    Parameters
    ----------
    site : Site
    settled : ndarray of bool
        Blocks that need streets, shape (columns - 1, rows - 1).

    Returns
    -------
    dict of str to ndarray of bool
        As the fields of `sample_city.blocks.Blocks`.
    """
    column_canal, row_canal = _canals(site)
    column_street, row_street = _without_fragments(
        _column_streets(site, settled) | column_canal, _row_streets(site, settled) | row_canal
    )
    return {
        "column_street": column_street,
        "row_street": row_street,
        "column_canal": column_canal,
        "row_canal": row_canal,
        "underpass": _underpasses(site, column_street),
    }


def _column_streets(site, settled):
    columns, rows = site.streets.columns, site.streets.rows
    look = site.on_columns
    beside = np.zeros((columns.count, rows.count - 1), dtype=bool)
    beside[1:] |= settled
    beside[:-1] |= settled
    main = columns.kind >= MAIN
    side_street = beside & ~site.rail_rows[None, :] & (site.dice("no column", beside) > _DEAD_ENDS)
    wanted = (
        (beside & main[:, None])
        | side_street
        | (main[:, None] & (look.ground < site.size.street_limit))
    )
    wanted &= ~(site.rail_rows[None, :] & columns.canal[:, None])
    reaches = look.behind > -0.5 * np.diff(rows.position)[None, :]
    return wanted & look.inside & (reaches | (main & ~columns.canal)[:, None])


def _row_streets(site, settled):
    columns, rows = site.streets.columns, site.streets.rows
    look = site.on_rows
    beside = np.zeros((columns.count - 1, rows.count), dtype=bool)
    beside[:, 1:] |= settled
    beside[:, :-1] |= settled
    main = (rows.kind >= MAIN)[None, :]
    side_street = beside & (site.dice("no row", beside) > _DEAD_ENDS)
    wanted = (beside & main) | side_street | (main & (look.ground < site.size.street_limit))
    ends = site.at_junctions.behind > 0.0
    return wanted & look.inside & (look.behind > 0.0) & ends[1:] & ends[:-1]


def _without_fragments(column_street, row_street):
    """Streets without the short pieces that are joined to no other street."""
    columns, rows = column_street.shape[0], row_street.shape[1]
    junction = np.arange(columns * rows).reshape(columns, rows)
    starts = np.concatenate([junction[:, :-1][column_street], junction[:-1][row_street]])
    stops = np.concatenate([junction[:, 1:][column_street], junction[1:][row_street]])
    links = coo_array((np.ones(starts.size), (starts, stops)), (junction.size, junction.size))
    part = connected_components(links, directed=False)[1]
    large = (np.bincount(part) >= _LEAST_JUNCTIONS)[part].reshape(columns, rows)
    return column_street & large[:, :-1], row_street & large[:-1]


def _canals(site):
    """Canals along low rows, and along columns from those rows to the levee."""
    columns, rows = site.streets.columns, site.streets.rows
    look = site.on_rows
    row_canal = (
        rows.canal[None, :] & (look.ground < CANAL_LIMIT) & (look.behind > 25.0) & look.inside
    )
    look = site.on_columns
    low = columns.canal[:, None] & (look.ground < CANAL_LIMIT) & look.inside
    low &= look.behind > -0.5 * np.diff(rows.position)[None, :]
    side = np.sign(site.river.distance(look.x, look.y))
    return low & _towards_river(row_canal, side), row_canal


def _towards_river(row_canal, side):
    """Whether a column segment lies between the river and a row with a canal, shape (k, l)."""
    touched = np.zeros((side.shape[0], side.shape[1] + 1), dtype=bool)
    touched[1:] |= row_canal
    touched[:-1] |= row_canal
    beyond_north = np.cumsum(touched[:, ::-1], axis=1)[:, ::-1][:, 1:] > 0
    beyond_south = np.cumsum(touched, axis=1)[:, :-1] > 0
    return np.where(side > 0, beyond_north, beyond_south)


def _underpasses(site, column_street):
    """Main columns pass under a railway where its embankment stands clear of the ground."""
    columns = site.streets.columns
    look = site.on_columns
    main = (columns.kind >= MAIN) & ~columns.canal
    low = (look.ground < 1.5) & (look.behind > 40.0) & look.inside
    return column_street & low & site.rail_rows[None, :] & main[:, None]
