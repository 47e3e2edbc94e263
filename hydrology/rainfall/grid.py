"""Rain from any grid and CRS onto a coarse grid over the city, bilinear."""

import math

import numpy as np
import xarray as xr

from twin.errors import InputError
from twin.fields import describe, require
from twin.grid import Grid

CELL_SIZE = 250.0
"""Default cell of the grid that rain is carried on [m]."""

MOST_PARTS = 40
"""Points to a side of a cell over which finer rain is averaged, at most."""


def covering_grid(grid, cell_size=CELL_SIZE):
    """Coarse grid in the city's CRS that covers the city.

    Parameters
    ----------
    grid : Grid
        Cells of the city.
    cell_size : float
        Edge of a coarse cell [m]; never finer than the city's own.

    Returns
    -------
    Grid
        At least 2 x 2 cells.
    """
    size = max(cell_size, grid.cell_size)
    nx = max(2, math.ceil(grid.nx * grid.cell_size / size))
    ny = max(2, math.ceil(grid.ny * grid.cell_size / size))
    return Grid(grid.x0, grid.y0, size, nx, ny, grid.crs)


def rainfall_dataset(times, rate, grid):
    """Rain as it travels between rooms.

    Parameters
    ----------
    times : (time,) array of datetime64
        Begin of each interval (UTC).
    rate : (time, y, x) array
        [m s-1].
    grid : Grid
        Cells of the rain.
    """
    dataset = xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), np.asarray(rate, np.float32))},
        coords={"time": np.asarray(times, "datetime64[ns]"), **grid.coords()},
        attrs={"crs": grid.crs},
    )
    return describe(dataset)


def regrid(rainfall, grid, cell_size=CELL_SIZE):
    """Bring rain onto the city.

    Parameters
    ----------
    rainfall : xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] with attribute ``crs``; NaN outside of its reach.
    grid : Grid
        Cells of the city.
    cell_size : float
        Edge of a cell of the result [m].

    Returns
    -------
    xarray.Dataset
        Rain on `covering_grid`, bilinear between the centres of the source and that of the
        nearest centre within half a source cell of its edge. Where the source is finer, the
        mean over each cell, so that no shower falls between two points.

    Raises
    ------
    InputError
        The rain does not cover the city, or is unknown (NaN) over it.
    """
    require(rainfall, "rainfall_rate", allow_nan=True)
    source, target = Grid.of(rainfall), covering_grid(grid, cell_size)
    x, y, row, column = _places(target, grid.bounds, source)
    parts = _parts(row, column)
    if parts > 1:
        size, shape = target.cell_size / parts, (target.nx * parts, target.ny * parts)
        fine = Grid(target.x0, target.y0, size, *shape, target.crs)
        x, y, row, column = _places(fine, grid.bounds, source)
    if not _is_inside(row, source.ny) or not _is_inside(column, source.nx):
        raise InputError(
            f"the rain covers {_span(source.bounds)}, the city needs "
            f"{_span((x.min(), y.min(), x.max(), y.max()))} in {source.crs[:40]!r}; choose rain "
            "that covers the whole city"
        )
    rates = np.asarray(rainfall["rainfall_rate"])
    rate = np.stack([_mean(_bilinear(one[None], row, column)[0], parts) for one in rates])
    unknown = np.isnan(rate).any(axis=(1, 2))
    if unknown.any():
        raise InputError(
            f"the rain over the city is unknown (NaN) at {int(unknown.sum())} of {unknown.size} "
            f"times, first {rainfall['time'].values[unknown.argmax()]}; fill the gap or choose "
            "other rain"
        )
    return rainfall_dataset(rainfall["time"].values, rate, target)


def _places(target, bounds, source):
    """Centres of the target in the source's CRS, and their rows and columns there."""
    # what lies beyond the city's own edge takes the rain of that edge
    west, south, east, north = bounds
    x, y = np.meshgrid(np.clip(target.x, west, east), np.clip(target.y, south, north))
    if source.crs != target.crs:
        x, y = _transform(x, y, target.crs, source.crs)
    row, column = (source.y0 - y) / source.cell_size, (x - source.x0) / source.cell_size
    return x, y, row - 0.5, column - 0.5


def _parts(row, column):
    """Points to a side of a target cell, so that none of the source lies between two."""
    apart = np.hypot(np.diff(row, axis=0).max(initial=0), np.diff(column, axis=1).max(initial=0))
    return int(np.clip(math.ceil(apart / math.sqrt(2)), 1, MOST_PARTS)) if apart < np.inf else 1


def _mean(values, parts):
    """Mean over blocks of `parts` x `parts` values."""
    ny, nx = values.shape
    return values.reshape(ny // parts, parts, nx // parts, parts).mean(axis=(1, 3))


def _is_inside(place, count):
    return bool(np.isfinite(place).all() and place.min() >= -0.5 and place.max() <= count - 0.5)


def _span(bounds):
    return "x {0:.0f} to {2:.0f}, y {1:.0f} to {3:.0f}".format(*bounds)


def _transform(x, y, from_crs, to_crs):
    from pyproj import Transformer
    from pyproj.exceptions import CRSError

    try:
        return Transformer.from_crs(from_crs, to_crs, always_xy=True).transform(x, y)
    except CRSError as error:
        raise InputError(
            f"the reference system of the rain or the city is not known ({str(error)[:80]}), "
            "expected for example 'EPSG:3826'; correct it"
        ) from None


def _bilinear(rate, row, column):
    """Values (time, points) between the four centres around each place."""
    row = np.clip(row, 0, rate.shape[1] - 1)
    column = np.clip(column, 0, rate.shape[2] - 1)
    top, left = np.floor(row).astype(int), np.floor(column).astype(int)
    down, right = row - top, column - left
    result = np.zeros((rate.shape[0], *row.shape))
    for step_y, weight_y in ((0, 1 - down), (1, down)):
        for step_x, weight_x in ((0, 1 - right), (1, right)):
            weight = weight_y * weight_x
            y = np.minimum(top + step_y, rate.shape[1] - 1)
            x = np.minimum(left + step_x, rate.shape[2] - 1)
            # a centre without weight must not spread its NaN
            result += np.where(weight > 0, rate[:, y, x] * weight, 0.0)
    return result
