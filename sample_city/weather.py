"""Two storms over a sample city: a cloudburst that moves across it, and a typhoon."""

import numpy as np
import pandas as pd
import xarray

from sample_city.noise import fractal_noise, smoothstep, value_noise
from sample_city.plan import SOUTH_WEST
from sample_city.river import MEAN_LEVEL, SURGE_100_YEARS, TIDE_AMPLITUDE
from sample_city.terrain import natural_level
from twin.fields import describe
from twin.units import MM_PER_HOUR

PEAK_HOUR = 0.117
"""Most rain in one hour of the storm, at the worst point of the city [m]."""
STORM_START = np.datetime64("2024-06-09T06:00:00", "ns")
TYPHOON_START = np.datetime64("2024-09-21T00:00:00", "ns")
STORM_HOURS, TYPHOON_HOURS = 3.0, 48.0

_STORM_STEP, _TYPHOON_STEP = 300.0, 600.0
_TIDE_PERIOD = 12.4206 * 3600.0
_AFTER = 6.0 * 3600.0  # boundary series go on so long after the rain


def make_weather(plan):
    """Both storms: name to rainfall Dataset and boundary series, as `write_city` takes them."""
    return {
        "storm": (make_storm(plan), storm_boundaries(plan)),
        "typhoon": (make_typhoon(plan), typhoon_boundaries(plan)),
    }


def make_storm(plan):
    """A convective cell that moves over the city and brings 117 mm in one hour.

    Returns
    -------
    xarray.Dataset
        `rainfall_rate` over (time, y, x), 36 steps of 5 minutes on a coarse grid [m s-1].
    """
    x, y = _grid(plan)
    seconds = np.arange(0.0, STORM_HOURS * 3600.0, _STORM_STEP)
    edge, radius = plan.size.edge, plan.size.storm_radius
    heading = np.deg2rad(20.0 + 50.0 * plan.dice("storm heading"))
    speed = 2.6 * radius / (STORM_HOURS * 3600.0)
    aim = 0.35 + 0.3 * plan.dice("storm aim", np.arange(2))
    rates = []
    for time in seconds:
        # The cell is over its aim, and strongest, after 80 minutes.
        travelled = speed * (time - 4800.0)
        x_cell = aim[0] * edge + travelled * np.cos(heading)
        y_cell = aim[1] * edge + travelled * np.sin(heading)
        growth = np.exp(-(((time - 4800.0) / 2700.0) ** 2))
        texture = fractal_noise(plan.seed, "storm", 0.7 * radius, x - x_cell, y - y_cell, octaves=3)
        core = np.exp(-((x - x_cell) ** 2 + (y - y_cell) ** 2) / (2.0 * radius**2))
        rates.append(growth * (core * (1.0 + 0.35 * texture) + 0.03))
    rates = np.array(rates)
    hour = int(3600.0 / _STORM_STEP)
    most = _inside(_sums(rates, hour) * _STORM_STEP).max()
    title = "Cloudburst of 117 mm in one hour"
    return _dataset(plan, x, y, STORM_START, seconds, rates * (PEAK_HOUR / most), title)


def make_typhoon(plan):
    """A typhoon of 48 hours: rising rain with three bands, more of it over the hills.

    Returns
    -------
    xarray.Dataset
        `rainfall_rate` over (time, y, x), 288 steps of 10 minutes on a coarse grid [m s-1].
    """
    x, y = _grid(plan)
    seconds = np.arange(0.0, TYPHOON_HOURS * 3600.0, _TYPHOON_STEP)
    edge = plan.size.edge
    ground = natural_level(plan, np.clip(x, 0.0, edge), np.clip(y, 0.0, edge))
    uplift = 1.0 + 0.45 * smoothstep(5.0, max(60.0, 0.6 * plan.size.hill_height), ground)
    bands = 12.0 + 13.0 * np.arange(3) + 5.0 * plan.dice("band time", np.arange(3))
    rates = []
    for time in seconds:
        hours = time / 3600.0
        shield = np.exp(-(((hours - 29.0) / 11.0) ** 2))
        # A band crosses the city in about an hour, from east to west.
        crossing = hours - bands[:, None, None] - (1.0 - x / edge) - 0.3 * (y / edge)
        band = np.exp(-((crossing / 1.3) ** 2)).sum(axis=0)
        drift = 9.0 * time
        texture = value_noise(plan.seed, "typhoon", 6000.0, x + drift, y + 0.4 * drift)
        rates.append(uplift * (shield + 0.9 * band) * (1.0 + 0.3 * texture))
    rates = np.array(rates)
    total = 0.001 * (470.0 + 130.0 * plan.dice("typhoon total"))
    mean = _inside(rates.sum(axis=0)[None] * _TYPHOON_STEP).mean()
    title = "Typhoon of 48 hours with storm surge"
    return _dataset(plan, x, y, TYPHOON_START, seconds, rates * (total / mean), title)


def storm_boundaries(plan):
    """Series of the storm: the tide at the outfall, a small rise of the river."""
    seconds = np.arange(0.0, STORM_HOURS * 3600.0 + _AFTER + 1.0, 600.0)
    rise = np.exp(-(((seconds - 9000.0) / 5400.0) ** 2))
    inflow = plan.size.base_inflow * (1.0 + 1.2 * rise)
    return _series(STORM_START, seconds, inflow, _tide(seconds))


def typhoon_boundaries(plan):
    """Series of the typhoon: tide and surge at the outfall, a flood of the river."""
    seconds = np.arange(0.0, TYPHOON_HOURS * 3600.0 + _AFTER + 1.0, 600.0)
    hours = seconds / 3600.0
    surge = 0.8 * SURGE_100_YEARS * np.exp(-(((hours - 30.0) / 8.0) ** 2))
    # Faster up than down, as floods are.
    width = np.where(hours < 34.0, 9.0, 14.0)
    flood = np.exp(-(((hours - 34.0) / width) ** 2))
    base, peak = plan.size.base_inflow, 0.85 * plan.size.peak_inflow
    return _series(TYPHOON_START, seconds, base + (peak - base) * flood, _tide(seconds) + surge)


def _tide(seconds):
    """Lunar tide at the outfall, at mean level and rising at the start [m]."""
    return MEAN_LEVEL + TIDE_AMPLITUDE * np.sin(2.0 * np.pi * seconds / _TIDE_PERIOD)


def _series(start, seconds, inflow, stage):
    times = start + (seconds * 1e9).astype("timedelta64[ns]")
    parts = [
        pd.DataFrame({"time": times, "boundary_id": name, "value": np.round(values, 4)})
        for name, values in (("upstream", inflow), ("outfall", stage))
    ]
    return pd.concat(parts, ignore_index=True)


def _grid(plan):
    """Centres of coarse cells from the south-west, with one ring of cells around the city [m]."""
    cell, edge = plan.size.rain_cell, plan.size.edge
    count = int(np.ceil(edge / cell)) + 2
    x = (np.arange(count) - 0.5) * cell
    y = edge - (np.arange(count) - 0.5) * cell
    return x[None, :], y[:, None]


def _inside(field):
    """A field without the ring of cells around the city."""
    return field[..., 1:-1, 1:-1]


def _sums(rates, steps):
    total = np.concatenate([np.zeros((1, *rates.shape[1:])), np.cumsum(rates, axis=0)])
    return total[steps:] - total[:-steps]


def _dataset(plan, x, y, start, seconds, rates, title):
    # What gauges and people would call no rain is none.
    rates = np.where(rates < 0.1 * MM_PER_HOUR, 0.0, rates).astype(np.float32)
    east, north = x[0] + SOUTH_WEST[0], y[:, 0] + SOUTH_WEST[1]
    dataset = xarray.Dataset(
        {"rainfall_rate": (("time", "y", "x"), rates)},
        coords={
            "time": start + (seconds * 1e9).astype("timedelta64[ns]"),
            "y": ("y", north, {"units": "m", "standard_name": "projection_y_coordinate"}),
            "x": ("x", east, {"units": "m", "standard_name": "projection_x_coordinate"}),
        },
        attrs={"title": title, "crs": plan.grid.crs},
    )
    return describe(dataset)
