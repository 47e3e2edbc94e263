"""Rain on a raster of its own, brought onto the city: NetCDF, Zarr, radar."""

import math
from pathlib import Path

import numpy as np
import xarray as xr

from twin.errors import InputError
from twin.fields import describe
from twin.grid import Grid
from twin.units import factor_to_si


def read_rain_raster(path, grid):
    """Rain of a NetCDF or Zarr series over a city.

    Parameters
    ----------
    path : path-like
        With `rainfall_rate` over (time, y, x), its unit, and a CRS as attribute ``crs`` or as
        CF grid mapping.
    grid : twin.grid.Grid
        Cells of the city.

    Returns
    -------
    xarray.Dataset
        `rainfall_rate` [m s-1] in the CRS of the city, on cells about as large as they came.

    Raises
    ------
    InputError
        The file is damaged, or has no CRS, unit or rain over the city.
    """
    dataset = _open(Path(path))
    if "rainfall_rate" not in dataset or set(dataset["rainfall_rate"].dims) != {"time", "y", "x"}:
        raise InputError(
            f"{path} has {', '.join(map(str, dataset.data_vars)) or 'no variable'}, expected "
            "rainfall_rate over (time, y, x); rename it"
        )
    field = dataset["rainfall_rate"].transpose("time", "y", "x")
    rates = field.values * factor_to_si(field.attrs.get("units", "none"), "rate")
    crs = _crs_of(dataset, field, path)
    x, y = dataset["x"].values.astype(float), dataset["y"].values.astype(float)
    times = dataset["time"].values.astype("M8[ns]")
    return onto_city(rates, times, x, y, crs, grid, path)


def read_radar_folder(folder, grid):
    """Rain of a folder of KNMI five-minute radar composites over a city.

    Parameters
    ----------
    folder : path-like
        Files of `twin.feeds.knmi_radar`, without a gap.
    grid : twin.grid.Grid
        Cells of the city.

    Returns
    -------
    xarray.Dataset
        `rainfall_rate` [m s-1] in the CRS of the city.

    Raises
    ------
    MissingError
        No such files.
    InputError
        A damaged or missing one, or no rain image over the city.
    """
    from twin.feeds.knmi_radar import read_series

    series = read_series(folder)
    rates, times = series["rainfall_rate"].values, series["time"].values
    return onto_city(
        rates, times, series["x"].values, series["y"].values, series.attrs["crs"], grid, folder
    )


def onto_city(rates, times, x, y, crs, grid, path):
    """Sample rain of any CRS at the centres of a coarse grid over the city.

    Parameters
    ----------
    rates : ndarray (time, y, x)
        Rain [m s-1], NaN where unknown.
    times : ndarray (time,) of datetime64
        Starts of the intervals, UTC.
    x, y : ndarray (x,), (y,)
        Evenly spaced centres in units of `crs`.
    crs : str
        Reference system of `x` and `y`.
    grid : twin.grid.Grid
        Cells of the city.
    path : path-like
        For messages.

    Raises
    ------
    InputError
        Times go backwards, or the rain does not cover the city, or is NaN or negative there.
    """
    if (np.diff(times) <= np.timedelta64(0)).any():
        row = int(np.flatnonzero(np.diff(times) <= np.timedelta64(0))[0]) + 2
        raise InputError(
            f"{path}: time {row} of the rain goes backwards or stands still, expected rising "
            "times; sort the series"
        )
    coarse, rows, columns = _sampling(x, y, crs, grid, path)
    sampled = _bilinear(rates, rows, columns)
    if not np.isfinite(sampled).all():
        raise InputError(
            f"{path} has {int((~np.isfinite(sampled)).sum())} NaN values over the city, expected "
            "none; fill the gaps of the rain first"
        )
    if (sampled < 0).any():
        raise InputError(
            f"{path} has rain down to {sampled.min():g} m s-1, expected 0 or more; correct it"
        )
    dataset = xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), sampled.astype("f4"))},
        coords={"time": times, **coarse.coords()},
        attrs={"crs": grid.crs},
    )
    return describe(dataset)


def _sampling(x, y, crs, grid, path):
    """Coarse grid over the city, and where its centres lie among the source's rows and columns."""
    from pyproj import Transformer

    transformer = Transformer.from_crs(grid.crs, crs, always_xy=True)
    west, south, east, north = grid.bounds
    middle = ((west + east) / 2, (south + north) / 2)
    # The source's spacing in metres of the city: two points 100 m apart, seen in the source.
    here = np.array(transformer.transform(*middle))
    there = np.array(transformer.transform(middle[0] + 100.0, middle[1]))
    size = 100.0 * abs(x[1] - x[0]) / np.hypot(*(there - here))
    size = min(max(size, grid.cell_size), max(east - west, north - south) / 2)
    nx, ny = (math.ceil(extent / size) + 1 for extent in (east - west, north - south))
    coarse = Grid(west - size / 2, north + size / 2, size, max(nx, 2), max(ny, 2), grid.crs)
    xs, ys = transformer.transform(*np.meshgrid(coarse.x, coarse.y))
    columns, rows = (xs - x[0]) / (x[1] - x[0]), (ys - y[0]) / (y[1] - y[0])
    inside = (columns > -1) & (columns < len(x)) & (rows > -1) & (rows < len(y))
    if not inside.all():
        raise InputError(
            f"{path} does not cover the city, expected rain over all of it; check its CRS and "
            "extent"
        )
    return coarse, np.clip(rows, 0, len(y) - 1), np.clip(columns, 0, len(x) - 1)


def _bilinear(rates, rows, columns):
    top = np.minimum(rows.astype(int), rates.shape[1] - 2)
    left = np.minimum(columns.astype(int), rates.shape[2] - 2)
    down, right = rows - top, columns - left
    upper = rates[:, top, left] * (1 - right) + rates[:, top, left + 1] * right
    lower = rates[:, top + 1, left] * (1 - right) + rates[:, top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def _open(path):
    try:
        if path.suffix == ".nc":
            return xr.load_dataset(path, engine="netcdf4", decode_coords=False)
        return xr.open_zarr(path, chunks=None, decode_coords=False).load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise InputError(
            f"{path} cannot be read, expected a NetCDF or Zarr series of rainfall_rate; is it cut "
            "off?"
        ) from error


def _crs_of(dataset, field, path):
    mapping = field.attrs.get("grid_mapping")
    if mapping in dataset.variables and "crs_wkt" in dataset[mapping].attrs:
        return dataset[mapping].attrs["crs_wkt"]
    if "crs" in dataset.attrs:
        return dataset.attrs["crs"]
    raise InputError(
        f"{path} has no CRS, expected attribute 'crs' or a CF grid mapping; name its CRS"
    )
