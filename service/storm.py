"""The rain of a run as people name it: a storm of the city, or what `hydrology.rainfall` reads."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hydrology.rainfall.rainfall import read_rainfall, refuse_times
from hydrology.rainfall.series import NO_DATE
from twin.errors import InputError, MissingError

__all__ = ["NO_DATE", "Storm", "digest", "duration", "find_rain"]


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


def find_rain(text, city, hours=None, times=None):
    """Rain of a run over a city.

    Parameters
    ----------
    text : str or None
        The name of a weather of the city, or what `hydrology.rainfall.rainfall.read_rainfall`
        takes. None is the first weather of the city.
    city : twin.city.City
        Where it rains.
    hours : float, optional
        How long a plain rate lasts; default 1 h.
    times : str, optional
        What the times of a hyetograph CSV mean, see `hydrology.rainfall.rainfall.read_rainfall`.

    Returns
    -------
    Storm

    Raises
    ------
    MissingError
        There is no such file or weather.
    InputError
        The rain is not a number, negative, goes backwards or has an unknown unit, or `times`
        was given and it is no CSV.
    """
    if text is None and not city.weather_names:
        raise InputError(
            f"no rain was given and city {city.name} has no weather, expected --rain with mm/h, a "
            "file or design:117mm/1h; --rain 0 is a run without rain"
        )
    text = city.weather_names[0] if text is None else str(text)
    if text in city.weather_names:
        if times is not None:
            refuse_times(times, text)
        rainfall = city.weather(text)
        return Storm(text, rainfall, duration(rainfall))
    path = Path(text)
    try:
        rainfall = read_rainfall(text, city.grid, hours or 1.0, times)
    except MissingError as error:
        storms = ", ".join(city.weather_names) or "none"
        raise MissingError(f"{error}; storms of city {city.name}: {storms}") from error
    source = path if path.exists() else None
    return Storm(text, rainfall, duration(rainfall), source)


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


def duration(rainfall):
    """Time until a rain series ends [s]; its last interval is as long as the one before.

    Parameters
    ----------
    rainfall : xarray.Dataset
        `rainfall_rate` (time, y, x); a last interval without rain only marks the end.
    """
    times = rainfall["time"].values
    if len(times) < 2:
        raise InputError(
            f"rain at {len(times)} time, expected at least 2 to tell how long a rate lasts; add "
            "the next time"
        )
    seconds = (times - times[0]) / np.timedelta64(1, "s")
    is_over = not rainfall["rainfall_rate"][-1].any()
    return float(seconds[-1] if is_over else 2 * seconds[-1] - seconds[-2])
