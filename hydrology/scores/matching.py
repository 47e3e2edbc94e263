"""Where and when forecast and truth are compared: cells near a point, times, windows of time."""

import numpy as np

TOLERANCE = np.timedelta64(300, "s")
"""A reading this far from a forecast time still tells of it."""

LONGEST_GAP = np.timedelta64(1200, "s")
"""A window with a longer silence cannot be called dry."""


def cells_around(grid, x, y, radius):
    """Rows and columns of the cells whose middle lies within a radius of a point.

    Parameters
    ----------
    grid : twin.grid.Grid
        Cells.
    x, y : float
        The point, in the grid's CRS [m].
    radius : float
        How far the point may be off [m].

    Returns
    -------
    rows, columns : arrays of int
        At least the cell that the point lies in; empty where that is outside of the grid.
    """
    column = int(np.floor((x - grid.x0) / grid.cell_size))
    row = int(np.floor((grid.y0 - y) / grid.cell_size))
    if not (0 <= row < grid.ny and 0 <= column < grid.nx):
        return np.array([], int), np.array([], int)
    reach = int(np.ceil(radius / grid.cell_size))
    rows = np.arange(max(row - reach, 0), min(row + reach + 1, grid.ny))
    columns = np.arange(max(column - reach, 0), min(column + reach + 1, grid.nx))
    dx = grid.x[columns] - x
    dy = grid.y[rows] - y
    near = dy[:, None] ** 2 + dx[None, :] ** 2 <= radius**2
    near |= (rows[:, None] == row) & (columns[None, :] == column)
    inside = np.nonzero(near)
    return rows[inside[0]], columns[inside[1]]


def depth_near(depth, rows, columns):
    """Largest depth over some cells, shape (...) of an array (..., y, x); NaN where all are.

    Notes
    -----
    A place that is known to a radius is forecast wet where water stands anywhere within: the
    neighbourhood approach (Ebert, 2008, Meteorol. Appl. 15, 51-64), one-sided.
    """
    near = np.asarray(depth)[..., rows, columns]
    filled = np.where(np.isnan(near), -np.inf, near).max(axis=-1)
    return np.where(np.isfinite(filled), filled, np.nan)


def nearest_values(times, values, wanted, tolerance=TOLERANCE):
    """Value of the reading nearest to each wanted time; NaN where none is near enough.

    Parameters
    ----------
    times : (n,) array of datetime64
        Of the readings, ascending.
    values : (n,) array
    wanted : (k,) array of datetime64
    tolerance : timedelta64
        How near it must be.

    Returns
    -------
    (k,) array
    """
    times, values = np.asarray(times, "datetime64[ns]"), np.asarray(values, float)
    wanted = np.asarray(wanted, "datetime64[ns]")
    if not times.size:
        return np.full(wanted.size, np.nan)
    after = np.clip(np.searchsorted(times, wanted), 0, times.size - 1)
    before = np.maximum(after - 1, 0)
    is_before = np.abs(wanted - times[before]) <= np.abs(times[after] - wanted)
    nearest = np.where(is_before, before, after)
    is_near = np.abs(times[nearest] - wanted) <= tolerance
    return np.where(is_near, values[nearest], np.nan)


def largest_in(times, values, start, end, longest_gap=LONGEST_GAP):
    """Largest reading of a window, shape (); NaN where its silences could hide a larger one.

    Parameters
    ----------
    times : (n,) array of datetime64
        Of usable readings, ascending.
    values : (n,) array
    start, end : datetime64
        The window, without its begin.
    longest_gap : timedelta64
        The longest silence in which nothing is missed.

    Returns
    -------
    largest : float
        NaN of a window without reading.
    is_whole : bool
        Whether there is no longer silence; else it was at least `largest`.
    """
    inside = (times > start) & (times <= end)
    if not inside.any():
        return np.nan, False
    moments = np.concatenate(([start], times[inside], [end]))
    is_whole = bool((np.diff(moments) <= longest_gap).all())
    return float(np.max(values[inside])), is_whole
