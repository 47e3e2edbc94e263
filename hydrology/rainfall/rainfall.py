"""Rain of a run: from a rate, a hyetograph, a raster series, radar or a design storm."""

import math
import re
from pathlib import Path

import numpy as np

from hydrology.rainfall.grid import covering_grid, rainfall_dataset, regrid
from hydrology.rainfall.series import NO_DATE, RateSeries, read_rates
from twin.errors import InputError, MissingError
from twin.fields import describe, require
from twin.units import MM_PER_HOUR, factor_to_si

_DESIGN = re.compile(r"design:\s*([\d.]+)\s*mm\s*/\s*([\d.]+)\s*(h|min)")


def read_rainfall(source, grid, hours=1.0, times=None):
    """Rain over a city, however it is given.

    Parameters
    ----------
    source : float, str or path
        A rate [mm/h]; ``design:117mm/1h``; a hyetograph CSV; a ``.nc`` or ``.zarr`` with
        ``rainfall_rate``; a folder of KNMI radar composites.
    grid : Grid
        Cells of the city.
    hours : float
        How long a plain rate lasts [h].
    times : str, optional
        Of a hyetograph CSV, what its times mean: "auto" (default), "begin" or "end", see
        `hydrology.rainfall.series.RateSeries.rule`.

    Returns
    -------
    xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] in the city's CRS; time is the start of each
        interval. That of a hyetograph carries the attributes of `read_hyetograph`.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        The rain is no number, negative, unknown over the city, or does not cover it; or
        `times` was given and it is no CSV.
    """
    text = str(source).strip()
    if times is not None:
        refuse_times(times, text)
    rate = _number(text)
    if rate is not None:
        return from_intensity(rate, hours, grid)
    if text.startswith("design:"):
        return _design(text, grid)
    path = Path(source)
    if path.suffix.lower() == ".csv":
        return read_hyetograph(path, grid, times or "auto")
    if not path.exists():
        raise MissingError(
            f"rain {text!r} is not there, expected mm/h, 'design:117mm/1h', a .csv, .nc or .zarr "
            "file or a folder of radar composites"
        )
    if path.suffix.lower() in (".nc", ".zarr"):
        return regrid(_open(path), grid)
    if path.is_dir():
        from twin.feeds.knmi_radar import read_series

        return regrid(read_series(path), grid)
    raise InputError(
        f"rain {path.name!r} is of a kind that is not known, expected .csv, .nc, .zarr or a folder "
        "of radar composites"
    )


def from_intensity(rain_mm_h, hours, grid):
    """Steady rain, the same everywhere.

    Parameters
    ----------
    rain_mm_h : float
        Rate [mm/h].
    hours : float
        How long it lasts [h].
    grid : Grid
        Cells of the city.
    """
    if not (math.isfinite(rain_mm_h) and rain_mm_h >= 0 and math.isfinite(hours) and hours > 0):
        raise InputError(
            f"rain of {rain_mm_h:g} mm/h for {hours:g} h, expected at least 0 mm/h for more than "
            "0 h; correct it"
        )
    rate = np.full(2, rain_mm_h * MM_PER_HOUR)
    return _uniform(RateSeries(NO_DATE, np.array([0.0, hours * 1800.0]), rate), grid)


def refuse_times(times, source):
    """Refuse a meaning of the times for rain that is no CSV.

    Raises
    ------
    InputError
        `source`, the rain as it was named, does not end with ``.csv``.
    """
    if not source.lower().endswith(".csv"):
        raise InputError(
            f"rain times {times!r} was given with the rain {source!r}, expected a hyetograph "
            "CSV; leave it out"
        )


def read_hyetograph(file, grid, times="auto"):
    """Rain of a CSV, the same everywhere.

    Parameters
    ----------
    file : path
        See `hydrology.rainfall.series.read_rates`.
    grid : Grid
        Cells of the city.
    times : str
        "auto", "begin" or "end", see `RateSeries.rule`.

    Returns
    -------
    xarray.Dataset
        As of `read_rainfall`, with the attributes ``rain_times``, the rule that was used, and
        ``rain_left_out_mm_h``, the rate of the first row where it neither falls nor only marks
        the beginning, else 0.
    """
    series = read_rates(file)
    if len(series.rate) < 2:
        raise InputError(
            f"{Path(file).name} has 1 row, expected at least 2 to tell how long a rate lasts; is "
            "it cut off?"
        )
    rule, first = series.rule(times), float(series.rate[0])
    is_left_out = rule == "end" and first not in (0, series.rate[1])
    rain = _uniform(series.as_hyetograph(rule), grid)
    return rain.assign_attrs(
        rain_times=rule, rain_left_out_mm_h=first / MM_PER_HOUR if is_left_out else 0.0
    )


def add_losses(terrain, losses, seconds):
    """Terrain whose drains take more, by the same rate everywhere.

    Parameters
    ----------
    terrain : xarray.Dataset (y, x)
        With or without `drain_capacity` [m s-1].
    losses : float, str, path or None
        A rate [mm/h], or a CSV of times and rates, of which the mean over the run counts.
    seconds : float
        Length of the run [s].

    Returns
    -------
    xarray.Dataset
        The terrain with `drain_capacity`.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        The losses are no number, negative or of an unknown unit.
    """
    if losses is None:
        return terrain
    rate = _number(losses)
    rate = read_rates(losses).mean(seconds) if rate is None else rate * MM_PER_HOUR
    if not 0 <= rate < np.inf:
        raise InputError(f"losses of {losses} mm/h, expected 0 or more; correct the rate")
    drained = np.full(terrain["elevation"].shape, rate, "f4")
    if "drain_capacity" in terrain:
        drained += terrain["drain_capacity"].values
    return describe(terrain.assign(drain_capacity=(("y", "x"), drained)))


def design_storm(total_mm, hours, grid, *, peak_at=0.375, step_seconds=300.0):
    """Triangular design storm of a given total, the same everywhere.

    Parameters
    ----------
    total_mm : float
        Rain in all [mm].
    hours : float
        How long it lasts [h].
    grid : Grid
        Cells of the city.
    peak_at : float
        Share of the duration at which the rate is highest, above 0 and below 1.
    step_seconds : float
        Longest interval with one rate [s].

    Notes
    -----
    Yen and Chow (1980), J. Hydraul. Div. ASCE 106(HY6): a triangle of height 2 P / T. Each
    interval carries the exact mean of the triangle over it, so the total is exact.
    """
    numbers = (total_mm, hours, step_seconds)
    if not all(math.isfinite(n) and n > 0 for n in numbers) or not 0 < peak_at < 1:
        raise InputError(
            f"design storm of {total_mm:g} mm in {hours:g} h with its peak at {peak_at:g}, "
            "expected positive amounts and a peak between 0 and 1; correct it"
        )
    seconds = hours * 3600.0
    edges = np.linspace(0.0, 1.0, max(2, math.ceil(seconds / step_seconds)) + 1)
    fallen = np.where(
        edges < peak_at, edges**2 / peak_at, 1 - (1 - edges) ** 2 / (1 - peak_at)
    )  # share of the total by each edge
    rate = np.diff(fallen) / np.diff(edges) * (total_mm * 1e-3 / seconds)
    return _uniform(RateSeries(NO_DATE, edges[:-1] * seconds, rate), grid)


def _design(text, grid):
    match = _DESIGN.fullmatch(text)
    total, length = (_number(match[1]), _number(match[2])) if match else (None, None)
    if total is None or length is None:
        raise InputError(
            f"design storm {text!r} cannot be read, expected for example 'design:117mm/1h'"
        )
    return design_storm(total, length * factor_to_si(match[3], "time") / 3600.0, grid)


def _uniform(series, grid):
    """The same rate in each of the four cells that cover the city."""
    cover = covering_grid(grid, max(grid.nx, grid.ny) * grid.cell_size / 2)
    rate = np.broadcast_to(series.rate[:, None, None], (series.rate.size, *cover.shape))
    return require(rainfall_dataset(series.times, rate, cover), "rainfall_rate")


def _open(path):
    import xarray as xr

    try:
        if path.suffix.lower() == ".zarr":
            return xr.open_zarr(path, consolidated=False).load()
        with xr.open_dataset(path) as dataset:
            return dataset.load()
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        reason = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        raise InputError(
            f"{path.name} cannot be read ({reason}), expected a whole NetCDF or Zarr with "
            "rainfall_rate; write it again"
        ) from None


def _number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return None
