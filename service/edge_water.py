"""The boundaries layer of a city as inflows and stages of the solver."""

import math

import numpy as np
import shapely

from twin.errors import InputError


def boundaries_of(city, grid, elevation, start, series=None):
    """Inflows and stages of a city during a run.

    Parameters
    ----------
    city : twin.city.City
        With or without a layer `boundaries`.
    grid : twin.grid.Grid
        Cells of the run, which may be coarser than those of the city.
    elevation : ndarray (y, x)
        Ground [m]; cells without ground take no water.
    start : numpy.datetime64
        Time of second zero, UTC.
    series : pandas.DataFrame, optional
        time (UTC, naive), boundary_id and value: what drives the boundaries that it names; all
        others have their steady values.

    Returns
    -------
    list of Inflow and Stage
        As `hydrology.solver.boundaries` defines them.

    Raises
    ------
    InputError
        A boundary lies outside, has no value, or is of an unknown kind.
    """
    from hydrology.solver.boundaries import Inflow, Stage

    if not city.has_layer("boundaries"):
        return []
    kinds = {"inflow": Inflow, "stage": Stage}
    boundaries = []
    for row in city.layer("boundaries").itertuples():
        if row.kind not in kinds:
            raise InputError(
                f"boundary {row.boundary_id} is of kind {row.kind!r}, expected inflow or stage; "
                "correct the layer"
            )
        rows, columns = cells_of(row.geometry, grid, elevation, row.boundary_id)
        seconds, values = _values(row, series, start)
        boundaries.append(kinds[row.kind](row.boundary_id, rows, columns, seconds, values))
    return boundaries


def storm_series(city, storm):
    """What a storm of the city does to its boundaries, as `boundaries_of` takes it, or None."""
    return city.weather_boundaries(storm) if storm in city.weather_names else None


def cells_of(geometry, grid, elevation, name):
    """Rows and columns of the cells that a point or line touches, without voids.

    Raises
    ------
    InputError
        It touches no cell with ground.
    """
    points = shapely.get_coordinates(shapely.segmentize(geometry, 0.4 * grid.cell_size))
    cells = dict.fromkeys(grid.cell_of(x, y) for x, y in points)
    cells.pop(None, None)
    found = [cell for cell in cells if np.isfinite(elevation[cell])]
    if not found:
        raise InputError(
            f"boundary {name} touches no cell with ground, expected one inside the terrain; move it"
        )
    rows, columns = np.array(found).T
    return rows, columns


def _values(row, series, start):
    """Seconds since the start and values of one boundary."""
    if series is not None:
        own = series[series["boundary_id"] == str(row.boundary_id)]
        if len(own):
            seconds = (own["time"].to_numpy() - start) / np.timedelta64(1, "s")
            return seconds.astype(float), own["value"].to_numpy(float)
    if not math.isfinite(row.value):
        raise InputError(
            f"boundary {row.boundary_id} has neither a series nor a steady value, expected one; "
            "fill its column 'value'"
        )
    return np.array([0.0]), np.array([float(row.value)])
