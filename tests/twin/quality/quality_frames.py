"""Readings and stations for the tests of quality, and an independent way to make faults."""

import geopandas as gpd
import numpy as np
import pandas as pd

START = pd.Timestamp("2026-05-01T00:00Z")
MM_PER_HOUR = 1e-3 / 3600


def readings(values, *, station="S1", name="water_depth", start=START, minutes=10, flag=1, **more):
    """A series at even steps; NaN is missing with flag 9."""
    values = np.asarray(values, float)
    times = start + pd.to_timedelta(np.arange(values.size) * minutes, unit="min")
    frame = pd.DataFrame(
        {
            "source_id": "x",
            "station_id": station,
            "property": name,
            "phenomenon_time": times,
            "received_time": times + pd.Timedelta("2min"),
            "value": values,
            "raw_value": [str(value) for value in values],
            "raw_unit": "m",
            "flag": np.where(np.isnan(values), 9, flag),
        }
    )
    return frame.assign(**more)


def rain(depths_mm, **more):
    """Gauge readings from rain per 10 minutes [mm]."""
    return readings(np.asarray(depths_mm, float) * 1e-3 / 600, name="rainfall_rate", **more)


def stations(places, **columns):
    """Stations by name -> (east, north) [km] from a point in Taiwan."""
    names = list(places)
    east = np.array([places[name][0] for name in names]) / 101.0 + 121.0
    north = np.array([places[name][1] for name in names]) / 110.6 + 25.0
    return gpd.GeoDataFrame(
        {"station_id": names, **columns}, geometry=gpd.points_from_xy(east, north), crs=4326
    )


def network(count, spacing=3.0, prefix="G"):
    """Gauges on a square grid [km]."""
    side = int(np.ceil(np.sqrt(count)))
    return {f"{prefix}{i}": (spacing * (i % side), spacing * (i // side)) for i in range(count)}


def flags_of(verdicts, station="S1", name=None):
    """Flags and tests of one station, in time."""
    own = verdicts[verdicts["station_id"] == station]
    own = own if name is None else own[own["property"] == name]
    return own["flag"].to_numpy(), own["tests"].to_numpy()
