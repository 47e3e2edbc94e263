"""A hollow with twenty sensors, known spots and districts: a forecast of it takes a second."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from service.cycle.issue_time import IssueTime
from service.cycle.run import Request
from service.runs import RunStore
from twin.city import open_city, write_city
from twin.fields import describe
from twin.grid import Grid
from twin.observations.store import COLUMNS, ObservationStore

GRID = Grid(250_000.0, 2_700_000.0, 20.0, 40, 30, "EPSG:3826")
NOW = pd.Timestamp("2026-06-09T07:11:00")
GAUGES = tuple(f"G{k}" for k in range(10))
DEPTHS = tuple(f"D{k}" for k in range(10))
ASKED = {"hours": 0.5, "members": 3, "seed": 4}


def build(data):
    """Write the town as ``data/cities/hollow``; its folder."""
    folder = data / "cities" / "hollow"
    write_city(
        folder,
        name="hollow",
        title="The Hollow",
        grid=GRID,
        terrain=terrain(),
        layers=layers(),
        buildings_as="none",
        edges="closed",
    )
    return folder


def terrain():
    y, x = np.mgrid[0 : GRID.ny, 0 : GRID.nx]
    elevation = 10 + 0.08 * (np.abs(x - 20) + np.abs(y - 15))
    return describe(
        xr.Dataset({"elevation": (("y", "x"), elevation.astype("f4"))}, coords=GRID.coords())
    )


def layers():
    west, south, east, north = GRID.bounds
    middle = (west + east) / 2
    dice = np.random.default_rng(3)
    x = dice.uniform(west + 20, east - 20, 20)
    y = dice.uniform(south + 20, north - 20, 20)
    spots = [(middle + 10 * k, (south + north) / 2 + 15 * k) for k in (0, 3, 9, -12)]
    return {
        "sensors": gpd.GeoDataFrame(
            {
                "station_id": [*GAUGES, *DEPTHS],
                "kind": ["rain_gauge"] * 10 + ["road_flood"] * 10,
                "property": ["rainfall_rate"] * 10 + ["water_depth"] * 10,
            },
            geometry=gpd.points_from_xy(x, y),
            crs=GRID.crs,
        ),
        "flood_spots": gpd.GeoDataFrame(
            {"spot_id": [f"F{k}" for k in range(4)], "name": ["Dip", "Gate", "=Mill", "Hill"]},
            geometry=[shapely.Point(*spot) for spot in spots],
            crs=GRID.crs,
        ),
        "districts": gpd.GeoDataFrame(
            {"district_id": ["w", "e"], "name": ["West", "East"]},
            geometry=[
                shapely.box(west, south, middle, north),
                shapely.box(middle, south, east, north),
            ],
            crs=GRID.crs,
        ),
    }


def readings(end=NOW, hours=2, stations=(*GAUGES, *DEPTHS), delay="40s"):
    """Readings every ten minutes up to a time, each received a little later."""
    last = end.floor("10min")
    times = pd.date_range(last - pd.Timedelta(hours=hours), last, freq="10min", tz="UTC")
    dice = np.random.default_rng(1)
    parts = []
    for station in stations:
        is_gauge = station in GAUGES
        value = (
            dice.uniform(8e-6, 1.2e-5, times.size)
            if is_gauge
            else dice.uniform(0, 0.02, times.size)
        )
        parts.append(
            pd.DataFrame(
                {
                    "source_id": "test",
                    "station_id": station,
                    "property": "rainfall_rate" if is_gauge else "water_depth",
                    "phenomenon_time": times,
                    "received_time": times + pd.Timedelta(delay),
                    "value": value,
                    "raw_value": value,
                    "raw_unit": "m/s" if is_gauge else "m",
                    "flag": 1,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[list(COLUMNS)]


def store_of(folder, frame):
    """Observation store with these readings."""
    store = ObservationStore(folder)
    store.append(frame)
    return store


def request(city, store, out, moment=NOW, **other):
    """One cycle as of a time."""
    asked = {**ASKED, "is_scheduled": True, **other}
    return Request(
        city=open_city(city),
        observations=store,
        runs=RunStore(out),
        issue=IssueTime(moment),
        **asked,
    )
