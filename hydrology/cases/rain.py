"""The rain of a case: a rate, rows, a file or a design storm, and the pattern that it falls in."""

import numpy as np
import xarray as xr

from hydrology.cases.fields import read_field
from hydrology.rainfall.grid import covering_grid, rainfall_dataset
from hydrology.rainfall.rainfall import from_intensity, read_rainfall
from hydrology.rainfall.series import NO_DATE, RateSeries
from twin.errors import InputError
from twin.fields import describe
from twin.units import MM_PER_HOUR

_LATEST = 3.6e9  # s, as long as a run can be


def read_rain(case, cells, hours, times):
    """Rain over the cells of a case.

    Parameters
    ----------
    case : hydrology.cases.tables.Table
        The whole file.
    cells : hydrology.cases.fields.Cells
        The cells of the run.
    hours : float
        Length of the run [h].
    times : str or None
        What the times of a hyetograph mean, in the place of what the case says.

    Returns
    -------
    xarray.Dataset or None
        `rainfall_rate` (time, y, x) [m s-1]; None where the case has no rain.

    Raises
    ------
    InputError, MissingError
        It cannot be.
    """
    if "rain" not in case:
        if times is not None:
            raise InputError(
                f"rain times {times!r} was given with a case that has no [rain], expected a "
                "hyetograph CSV there; leave it out"
            )
        return None
    table = case.table("rain").know("source", "times", "pattern")
    if times is None and "times" in table:
        times = table.text("times")
    rain = _rain(table, cells.grid, hours, times)
    return rain if "pattern" not in table else _in_pattern(table, rain, cells)


def _rain(table, grid, hours, times):
    if isinstance(table.values.get("source"), list):
        return _of_rows(table, grid)
    source = table.source("source")
    if isinstance(source, float) and times is None:
        # one row without an end: a run in two parts sees the same rain as one in one part
        return from_intensity(source, hours, grid).isel(time=[0])
    return read_rainfall(source, grid, hours, times)


def _of_rows(table, grid):
    """Rain whose rate holds from each row to the next, and from the last one on."""
    rows = np.column_stack(table.rows("source", "rows [[seconds, mm/h], ...] of rising seconds"))
    if rows[0, 0] < 0 or rows[-1, 0] > _LATEST or (rows[:, 1] < 0).any():
        raise table.refusal(
            "source", f"rows [[seconds, mm/h], ...] of 0 or more, up to {_LATEST:g} s"
        )
    if rows[0, 0] > 0:
        rows = np.vstack(([0.0, 0.0], rows))
    rows = np.vstack((rows, [rows[-1, 0] + 1e9, rows[-1, 1]]))
    series = RateSeries(NO_DATE, rows[:, 0], rows[:, 1] * MM_PER_HOUR)
    cover = covering_grid(grid, max(grid.nx, grid.ny) * grid.cell_size / 2)
    rate = np.broadcast_to(series.rate[:, None, None], (len(rows), *cover.shape))
    return rainfall_dataset(series.times, rate, cover)


def _in_pattern(table, rain, cells):
    """Rain that is the same everywhere, times a factor of each cell."""
    rate = rain["rainfall_rate"].values
    if (rate != rate[:, :1, :1]).any():
        raise table.refusal("pattern", "none with rain that has a pattern of its own")
    factor = read_field(table, "pattern", cells, least=0.0)
    factor = np.where(np.isfinite(cells.ground), factor, 0.0)
    patterned = (rate[:, 0, 0, None, None] * factor).astype(np.float32)
    fields = {"rainfall_rate": (("time", "y", "x"), patterned)}
    coords = {"time": rain["time"].values, **cells.grid.coords()}
    return describe(xr.Dataset(fields, coords, {**rain.attrs, "crs": cells.grid.crs}))
