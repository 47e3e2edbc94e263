"""The recorded archive: what every sensor would have sent during a storm, faults included."""

import numpy as np
import pandas as pd

from sample_city.faults import add_faults
from sample_city.noise import unit
from sample_city.river import MEAN_LEVEL
from twin.errors import InputError
from twin.fields import require

COLUMNS = ["station_id", "time", "received", "property", "value", "unit"]
"""Columns of the archive, as source ``sample`` reads them."""
CADENCE = {"rain_gauge": 600, "river_level": 600, "sewer_level": 600, "road_flood": 300}
"""Seconds between readings, by kind of sensor."""
ZONE = "Asia/Taipei"
"""Time zone in which the stations send (+08:00)."""

_RAIN_STEP = 600.0
_SEWER_MEMORY = 1800.0  # time in which a sewer follows the rain [s]
_SEWER_FULL = 1.2  # height of a full pipe [m]
_SEWER_RAIN = 45.0 / 3.6e6  # rain that fills it [m s-1]


def record_archive(city, rainfall, flood=None, *, seed=1, quiet_hours=1.0, faults=True):
    """Readings of all sensors of a city during a storm, in the order of their arrival.

    Parameters
    ----------
    city : twin.city.City
        With a layer ``sensors``.
    rainfall : xarray.Dataset
        True rain, `rainfall_rate` over (time, y, x) [m s-1]; time is the start of each interval.
    flood : xarray.Dataset, optional
        True flood, `water_depth` over (time, y, x) [m] on the grid of the city. Without it
        roads stay dry and the river at its mean level.
    seed : int
        Of noise, delays and faults.
    quiet_hours : float
        Readings before the storm begins [h].
    faults : bool
        Whether the archive has the faults of real feeds.

    Returns
    -------
    pandas.DataFrame
        station_id, time, received (ISO, +08:00), property, value (empty or -99 is missing),
        unit; sorted by `received`. ``attrs["faults"]`` counts the rows of each fault.

    Raises
    ------
    InputError
        The rain or the flood is not as declared, or the flood is on another grid.
    MissingError
        The city has no sensors.

    Notes
    -----
    A rain gauge sends the rain of the ten minutes before. A river sensor sends ground plus
    depth. A sewer follows the rain as a linear store of 30 minutes: its level is the invert
    plus 1.2 m times the square root of rain over 45 mm/h; above that it is full, and it stands
    as high as the water in the street. A road sensor sends the depth at its place.
    """
    require(rainfall, "rainfall_rate")
    sensors = city.layer("sensors")
    if flood is not None:
        _check_grid(city, require(flood, "water_depth"))
    start = rainfall["time"].values[0]
    end = _end_of(rainfall)
    frames = []
    for kind, seconds in CADENCE.items():
        chosen = sensors[sensors["kind"] == kind]
        step = np.timedelta64(seconds, "s")
        first = start - np.timedelta64(int(quiet_hours * 3600), "s")
        times = np.arange(first, end + step, step)
        values = _truth(kind, city, chosen, times, rainfall, flood)
        frames.append(_readings(chosen, times, values, kind, seed))
    table = pd.concat(frames, ignore_index=True)
    middle = start + (end - start) / 2
    counts = {}
    if faults:
        table, counts = add_faults(table, middle, seed)
    return _as_sent(table, counts)


def _check_grid(city, flood):
    shape = flood["water_depth"].shape[1:]
    if shape != city.grid.shape:
        raise InputError(
            f"the flood has {shape[0]} x {shape[1]} cells, expected {city.grid.ny} x "
            f"{city.grid.nx} of city {city.name}; run it on this city"
        )


def _end_of(rainfall):
    times = rainfall["time"].values
    last = times[-1] - times[-2] if times.size > 1 else np.timedelta64(600, "s")
    return times[-1] + last


def _rain_totals(sensors, times, rainfall, memory):
    """Mean rain over the `memory` seconds before each time, (times, sensors) [m s-1]."""
    steps = rainfall["time"].values
    at = rainfall["rainfall_rate"].interp(
        x=("station", sensors.geometry.x.to_numpy()),
        y=("station", sensors.geometry.y.to_numpy()),
        kwargs={"fill_value": None},
    )
    edges = _seconds(np.append(steps, _end_of(rainfall)), steps[0])
    amount = np.maximum(at.transpose("time", "station").values, 0.0) * np.diff(edges)[:, None]
    total = np.vstack([np.zeros(len(sensors)), np.cumsum(amount, axis=0)])
    now = _seconds(times, steps[0])
    columns = [
        np.interp(now, edges, series) - np.interp(now - memory, edges, series) for series in total.T
    ]
    return np.column_stack(columns) / memory


def _seconds(times, origin):
    return (times - origin) / np.timedelta64(1, "s")


def _depths(city, sensors, times, flood):
    """Depth of the flood at the sensors, (times, sensors) [m]; dry without a flood."""
    if flood is None:
        return np.zeros((times.size, len(sensors)))
    points = zip(sensors.geometry.x, sensors.geometry.y, strict=True)
    rows, columns = np.array([city.grid.cell_of(x, y) for x, y in points]).T
    # Picked before they are read: the flood of a metropolis does not fit in memory.
    at = flood["water_depth"].isel(y=("station", rows), x=("station", columns))
    origin = flood["time"].values[0]
    frames, now = _seconds(flood["time"].values, origin), _seconds(times, origin)
    series = at.transpose("station", "time").values
    return np.column_stack([np.interp(now, frames, one) for one in series])


def _truth(kind, city, sensors, times, rainfall, flood):
    """What sensors of a kind would read without any error, in their unit, (times, sensors)."""
    if kind == "rain_gauge":
        return _rain_totals(sensors, times, rainfall, _RAIN_STEP) * _RAIN_STEP * 1000.0
    depth = _depths(city, sensors, times, flood)
    if kind == "road_flood":
        return depth * 100.0
    ground = sensors["elevation"].to_numpy()
    if kind == "river_level":
        return np.full(depth.shape, MEAN_LEVEL) if flood is None else ground + depth
    rain = _rain_totals(sensors, times, rainfall, _SEWER_MEMORY)
    return _sewer_level(rain, ground, sensors["invert"].to_numpy(), depth)


def _sewer_level(rain, ground, invert, depth):
    """Water level in manholes [m]; see the notes of `record_archive`."""
    partly = invert + 0.05 + _SEWER_FULL * np.sqrt(np.minimum(rain / _SEWER_RAIN, 1.0))
    return np.where((rain >= _SEWER_RAIN) | (depth > 0.03), ground + depth, partly)


# kind: (noise of a reading in its unit, digits sent)
_NOISE = {
    "rain_gauge": (0.0, 1),
    "river_level": (0.01, 2),
    "sewer_level": (0.01, 2),
    "road_flood": (0.4, 1),
}


def _readings(sensors, times, values, kind, seed):
    """Table of all readings of one kind: time, received, value as numbers."""
    noise, digits = _NOISE[kind]
    station, step = np.meshgrid(np.arange(len(sensors)), np.arange(times.size))
    dice = unit(seed, f"noise {kind}", station, step) + unit(seed, f"more {kind}", station, step)
    sent = values + noise * (dice - 1.0) * 2.0
    if kind == "rain_gauge":
        # A tipping bucket counts whole tips of half a millimetre and keeps the rest.
        tips = np.floor(np.cumsum(values, axis=0) / 0.5) * 0.5
        sent = np.diff(tips, axis=0, prepend=0.0)
    if kind == "road_flood":
        sent = np.where(values > 0.0, np.maximum(sent, 0.0), 0.0)
    delay = 60.0 + 150.0 * unit(seed, f"delay {kind}", station, step)
    ids = sensors["station_id"].to_numpy()
    when = np.repeat(times, len(sensors))
    return pd.DataFrame(
        {
            "station_id": ids[station.ravel()],
            "kind": kind,
            "time": when,
            "received": when + (delay.ravel() * 1e9).astype("timedelta64[ns]"),
            "property": sensors["property"].to_numpy()[station.ravel()],
            "value": np.round(sent.ravel(), digits),
            "unit": sensors["unit"].to_numpy()[station.ravel()],
        }
    )


def _as_sent(table, counts):
    """The archive as text in the order of arrival."""
    order = ["received", "station_id", "time", "value"]
    table = table.sort_values(order, kind="stable", ignore_index=True)
    for name in ("time", "received"):
        local = pd.DatetimeIndex(table[name]).tz_localize("UTC").tz_convert(ZONE)
        table[name] = local.strftime("%Y-%m-%dT%H:%M:%S+08:00")
    archive = table[COLUMNS].copy()
    archive.attrs["faults"] = counts
    return archive
