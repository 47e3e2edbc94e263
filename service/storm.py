"""The rain of a run as people name it: a storm of the city, or what `hydrology.rainfall` reads."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hydrology.rainfall import read_losses, read_rainfall
from hydrology.rainfall_grid import covering_grid, rainfall_dataset
from hydrology.rainfall_series import NO_DATE, read_rates
from twin.errors import InputError, MissingError
from twin.fields import describe
from twin.units import MM_PER_HOUR

__all__ = ["NO_DATE", "Storm", "add_losses", "as_intervals", "digest", "duration", "find_rain"]


@dataclass(frozen=True)
class Storm:
    """The rain of one run.

    Parameters
    ----------
    name : str
        As it was asked for; the name of a weather of the city where it is one.
    rainfall : xarray.Dataset
        `rainfall_rate` over (time, y, x) [m s-1].
    seconds : float
        Time until the rain ends [s].
    source : pathlib.Path, optional
        File or folder that it came from.
    """

    name: str
    rainfall: object
    seconds: float
    source: object = None

    @property
    def start(self):
        """Time of second zero, UTC; `NO_DATE` where the rain counts from zero."""
        return self.rainfall["time"].values[0]


def find_rain(text, city, hours=None):
    """Rain of a run over a city.

    Parameters
    ----------
    text : str or None
        The name of a weather of the city, or what `hydrology.rainfall.read_rainfall` takes.
        None is the first weather of the city.
    city : twin.city.City
        Where it rains.
    hours : float, optional
        How long a plain rate lasts; default 1 h.

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
            "file or design:117mm/1h; --rain 0 is a run without rain"
        )
    text = city.weather_names[0] if text is None else str(text)
    if text in city.weather_names:
        rainfall = city.weather(text)
        return Storm(text, rainfall, duration(rainfall["time"].values))
    path = Path(text)
    if path.suffix.lower() == ".csv":
        return _hyetograph(text, path, city.grid)
    try:
        rainfall = read_rainfall(text, city.grid, hours or 1.0)
    except MissingError as error:
        storms = ", ".join(city.weather_names) or "none"
        raise MissingError(f"{error}; storms of city {city.name}: {storms}") from error
    source = path if path.exists() else None
    return Storm(text, rainfall, duration(rainfall["time"].values), source)


def add_losses(terrain, losses, seconds):
    """Terrain whose drains take more, by the same rate everywhere.

    Parameters
    ----------
    terrain : xarray.Dataset (y, x)
        With or without `drain_capacity` [m s-1].
    losses : str or None
        A rate [mm/h], or a CSV of time and rate, of which the mean over the run counts.
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
    try:
        rate = float(losses) * MM_PER_HOUR
    except ValueError:
        rate = read_losses(losses).mean(seconds)
    if not 0 <= rate < np.inf:
        raise InputError(f"losses of {losses} mm/h, expected 0 or more; correct the rate")
    drained = np.full(terrain["elevation"].shape, rate, "f4")
    if "drain_capacity" in terrain:
        drained += terrain["drain_capacity"].values
    return describe(terrain.assign(drain_capacity=(("y", "x"), drained)))


def as_intervals(seconds, rates):
    """Rows of a hyetograph as intervals that begin at a time, closed by a rate of zero.

    Parameters
    ----------
    seconds, rates : ndarray (row,)
        At least two rows as they stand in the file.

    Returns
    -------
    seconds, rates : ndarray
        Start of each interval and its rate; the last row is the end, with rate 0.

    Notes
    -----
    Files come in two kinds. Where the first rate is zero or repeats in the second row, the first
    row marks the beginning and a rate belongs to the time that *ends* with its row, as a gauge
    reports it. Else a rate belongs to the time that *begins* with its row.

    Examples
    --------
    >>> as_intervals(np.array([0.0, 3600, 7200]), np.array([70.0, 70, 0]))
    (array([   0., 3600., 7200.]), array([70.,  0.,  0.]))
    >>> as_intervals(np.array([0.0, 600, 1200]), np.array([20.0, 60, 0]))
    (array([   0.,  600., 1200.]), array([20., 60.,  0.]))
    """
    if rates[0] in (0, rates[1]):
        return seconds, np.append(rates[1:], 0.0)
    if rates[-1] == 0:
        return seconds, rates
    end = 2 * seconds[-1] - seconds[-2]
    return np.append(seconds, end), np.append(rates, 0.0)


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


def _hyetograph(text, path, grid):
    series = read_rates(path)
    if len(series.rate) < 2:
        raise InputError(
            f"{path.name} has 1 row, expected at least 2 to tell how long a rate lasts; is it cut "
            "off?"
        )
    seconds, rates = as_intervals(series.seconds - series.seconds[0], series.rate)
    cover = covering_grid(grid, max(grid.nx, grid.ny) * grid.cell_size / 2)
    times = series.times[0] + (seconds * 1e9).round().astype("m8[ns]")
    everywhere = np.broadcast_to(rates[:, None, None], (len(rates), *cover.shape))
    return Storm(text, rainfall_dataset(times, everywhere, cover), float(seconds[-1]), path)


def duration(times):
    """Length of a rain series whose last interval is as long as the one before [s]."""
    if len(times) < 2:
        raise InputError(
            f"rain at {len(times)} time, expected at least 2 to tell how long a rate lasts; add "
            "the next time"
        )
    seconds = (times - times[0]) / np.timedelta64(1, "s")
    return float(2 * seconds[-1] - seconds[-2])
