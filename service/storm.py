"""The rain of a run as people name it: a rate, a file, a storm of the city, a design storm."""

import hashlib
import math
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from service.rain_raster import read_radar_folder, read_rain_raster
from service.rain_shapes import as_intervals, design_storm, uniform_rain
from service.rain_table import NO_DATE, read_table
from twin.errors import InputError, MissingError
from twin.fields import describe, require
from twin.units import MM_PER_HOUR

DESIGN = re.compile(r"design:([\d.]+)/([\d.]+)")


@dataclass(frozen=True)
class Storm:
    """The rain of one run.

    Parameters
    ----------
    name : str
        As it was asked for; the name of a weather of the city where it is one.
    rainfall : xarray.Dataset or None
        `rainfall_rate` over (time, y, x), or no rain at all.
    start : numpy.datetime64
        Time of second zero, UTC.
    seconds : float
        Time until the rain ends [s].
    source : pathlib.Path, optional
        File or folder that it came from.
    """

    name: str
    rainfall: object
    start: object
    seconds: float
    source: object = None


def find_rain(text, city, hours=None):
    """Rain of a run over a city.

    Parameters
    ----------
    text : str or None
        A rate [mm/h]; ``design:MM/HOURS``; the name of a weather of the city; a hyetograph
        CSV; a NetCDF or Zarr raster series; a folder of KNMI radar files. None is the first
        weather of the city.
    city : twin.city.City
        Where it rains.
    hours : float, optional
        How long a rate lasts; default 1 h.

    Returns
    -------
    Storm

    Raises
    ------
    MissingError
        There is no such file or weather.
    InputError
        The rain is not a number, negative, goes backwards or has an unknown unit.
    """
    if text is None and not city.weather_names:
        raise InputError(
            f"no rain was given and city {city.name} has no weather, expected --rain with mm/h, a "
            "file or design:MM/HOURS; --rain 0 is a run without rain"
        )
    text = city.weather_names[0] if text is None else str(text)
    storm = _find(text, city, hours)
    if storm.rainfall is not None:
        require(storm.rainfall, "rainfall_rate")
    return storm


def add_losses(terrain, losses):
    """Terrain whose drains take more, by the same rate everywhere.

    Parameters
    ----------
    terrain : xarray.Dataset (y, x)
        With or without `drain_capacity` [m s-1].
    losses : str or None
        A rate [mm/h], or a CSV of time and one constant rate.

    Returns
    -------
    xarray.Dataset
        The terrain with `drain_capacity`.

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        The rate is no number, negative or changes over time.
    """
    if losses is None:
        return terrain
    rate = _rate(losses, "losses")
    if rate is None:
        _, _, rates = read_table(_existing(losses, "mm/h or a CSV of losses"))
        rate = rates[0]
        if np.ptp(rates) > 0:
            raise InputError(
                f"the losses in {losses} change over time, expected one constant rate; split the "
                "run or give one rate"
            )
    before = terrain["drain_capacity"].values if "drain_capacity" in terrain else 0.0
    drained = np.full(terrain["elevation"].shape, rate, "f4") + before
    return describe(terrain.assign(drain_capacity=(("y", "x"), drained.astype("f4"))))


def duration(times):
    """Length of a rain series whose last interval is as long as the one before [s]."""
    if len(times) < 2:
        raise InputError(
            f"a rain series of {len(times)} time, expected at least 2 to tell how long each lasts; "
            "add the next time"
        )
    seconds = (times - times[0]) / np.timedelta64(1, "s")
    return float(2 * seconds[-1] - seconds[-2])


def digest(path):
    """SHA-256 of a file, or of the names and contents of a folder of files."""
    path = Path(path)
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    total = hashlib.sha256()
    for file in sorted(path.rglob("*")):
        if file.is_file():
            total.update(file.name.encode() + hashlib.sha256(file.read_bytes()).digest())
    return total.hexdigest()


def _find(text, city, hours):
    rate = _rate(text, "rain")
    if rate == 0:
        return Storm(text, None, NO_DATE, 3600.0 * (hours or 1.0))
    if rate is not None:
        seconds = np.array([0.0, 3600.0 * (hours or 1.0)])
        return _uniform(text, city, seconds, np.array([rate, 0.0]))
    design = DESIGN.fullmatch(text)
    if design:
        depth_mm, length = (float(number) for number in design.groups())
        return _uniform(text, city, *design_storm(depth_mm / 1000.0, 3600.0 * length))
    if text in city.weather_names:
        return _series(text, city.weather(text))
    storms = ", ".join(city.weather_names) or "it has none"
    path = _existing(
        text,
        "mm/h, design:MM/HOURS, a CSV, NetCDF or Zarr file, a folder of KNMI radar files or a "
        f"storm of the city ({storms})",
    )
    if path.suffix in (".nc", ".zarr"):
        return _series(text, read_rain_raster(path, city.grid), path)
    if path.is_dir():
        return _series(text, read_radar_folder(path, city.grid), path)
    start, seconds, rates = read_table(path)
    return _uniform(text, city, *as_intervals(seconds, rates), start, path)


def _uniform(text, city, seconds, rates, start=NO_DATE, source=None):
    rainfall = uniform_rain(start, seconds, rates, city.grid)
    return Storm(text, rainfall, start, float(seconds[-1]), source)


def _series(text, rainfall, source=None):
    times = rainfall["time"].values
    return Storm(text, rainfall, times[0], duration(times), source)


def _rate(text, what):
    """Rate of a plain number [m s-1], or None where the text is no number."""
    try:
        rate = float(text)
    except ValueError:
        return None
    if not 0 <= rate < math.inf:
        raise InputError(f"{what} of {text} mm/h, expected 0 or more; correct the rate")
    return rate * MM_PER_HOUR


def _existing(text, expected):
    path = Path(text)
    if not path.exists():
        raise MissingError(f"{text[:200]!r} is not there, expected {expected}; check the name")
    return path
