"""A town cut in two by a band of rising water, with sensors, a scenario and a forecast."""

from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import xarray as xr

from service.flood_file import FloodFile
from service.products import write_building_depths, write_probability
from service.runs import RunStore
from twin.city import open_city, write_city
from twin.exposure import building_rings
from twin.fields import describe
from twin.grid import Grid
from twin.observations.store import ObservationStore

CITY = "islet"
GRID = Grid(304_000.0, 2_768_300.0, 10.0, 60, 30, "EPSG:3826")
START = np.datetime64("2026-11-20T12:00:00", "s")
STEPS = 7
BAND = slice(20, 25)
"""Columns that fill with water, 0.1 m deeper every ten minutes."""
OUTSIDE = 55
"""First column that is outside of the city."""


def build(data, with_roads=True):
    """Write the town, a scenario, a forecast and a store with readings."""
    city = write_city(
        data / "cities" / CITY,
        name=CITY,
        grid=GRID,
        terrain=_terrain(),
        layers=_layers(with_roads),
        buildings_as="raised",
    )
    for kind in ("simulate", "forecast"):
        publish(data, city, kind)
    fill_store(data)


def _terrain():
    elevation = np.full(GRID.shape, 5.0, "f4")
    elevation[:, OUTSIDE:] = np.nan
    field = {"elevation": (("y", "x"), elevation)}
    return describe(xr.Dataset(field, coords=GRID.coords(), attrs={"crs": GRID.crs}))


def place(column, row):
    """Middle of a cell of the town."""
    return shapely.Point(float(GRID.x[column]), float(GRID.y[row]))


def lonlat(column, row):
    """The same as ``lon,lat``."""
    point = gpd.GeoSeries([place(column, row)], crs=GRID.crs).to_crs("EPSG:4326").iloc[0]
    return f"{point.x:.6f},{point.y:.6f}"


def _house(column, row):
    return place(column, row).buffer(6, cap_style="square")


def _frame(columns, shapes):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=GRID.crs)


def _layers(with_roads):
    west, south, east, north = GRID.bounds
    layers = {
        "buildings": _frame(
            {
                "building_id": ["west", "wet", "east", "outside"],
                "use": ["residential", "residential", "school", "residential"],
                "occupants": [10, 20, 30, 40],
                "height": 6.0,
            },
            [_house(5, 5), _house(22, 5), _house(40, 5), _house(58, 5)],
        ),
        "places": _frame(
            {
                "place_id": ["h", "dry", "flooded", "void"],
                "name": ["Hospital", "West Hall", "Band Hall", "Hall outside"],
                "kind": ["hospital", "shelter", "shelter", "shelter"],
                "capacity": [0, 15, 100, 100],
            },
            [place(2, 12), place(8, 9), place(22, 14), place(58, 9)],
        ),
        "districts": _frame(
            {"district_id": ["d"], "name": ["Islet"]}, [shapely.box(west, south, east, north)]
        ),
        "flood_spots": _frame({"spot_id": ["s"], "name": ["Band"]}, [place(22, 10)]),
        "sensors": _frame(
            {
                "station_id": ["D1", "D2", "D3", "G1", "P1"],
                "name": ["Depth 1", "Depth 2", "Depth 3", "Gauge 1", "Pump 1"],
                "kind": ["road_flood", "road_flood", "road_flood", "rain_gauge", "pump_station"],
                "property": ["water_depth"] * 3 + ["rainfall_rate", "pump_state"],
                "unit": ["cm", "cm", "cm", "mm", "1"],
                "elevation": 5.0,
            },
            [place(22, 5), place(40, 6), place(5, 25), place(10, 10), place(45, 25)],
        ),
        "pump_stations": _frame(
            {"pump_station_id": ["p"], "name": ["Pump 1"], "capacity": [2.0], "start_level": 3.0},
            [place(46, 25)],
        ),
        "drains": _frame(
            {
                "drain_id": ["full", "odd"],
                "from_node": ["m1", "m1"],
                "to_node": ["m2", "m9"],
                "diameter": 1.0,
            },
            [shapely.LineString([place(10, 25), place(20, 25)])] * 2,
        ),
        "manholes": _frame(
            {"node_id": ["m1", "m2"], "invert": [3.0, 2.8]}, [place(10, 25), place(20, 25)]
        ),
        "gates": _frame({"gate_id": ["g"], "name": ["Gate 1"], "width": [2.0]}, [place(10, 27)]),
    }
    if with_roads:
        across = shapely.LineString([place(0, 8), place(50, 8)])
        bridge = shapely.LineString([place(15, 20), place(35, 20)])
        ramp_west = shapely.LineString([place(15, 8), place(15, 20)])
        ramp_east = shapely.LineString([place(35, 8), place(35, 20)])
        layers["roads"] = _frame(
            {
                "road_id": ["main", "bridge", "ramp west", "ramp east"],
                "name": ["Main Street", "High Bridge", "West Ramp", "East Ramp"],
                "kind": ["main", "street", "street", "street"],
                "is_bridge": [False, True, False, False],
                "is_underpass": False,
            },
            [across, bridge, ramp_west, ramp_east],
        )
    return layers


def depths():
    """Depth at each step, shape (STEPS,) + GRID.shape [m]."""
    frames = np.zeros((STEPS, *GRID.shape), "f4")
    frames[:, :, BAND] = 0.1 * np.arange(STEPS)[:, None, None]
    frames[:, :, OUTSIDE:] = np.nan
    return frames


def publish(data, city, kind, grid=GRID, with_speed=True, version=None):
    """Publish one run of the town; its id."""
    with RunStore(data / "runs" / CITY).new_run() as run:
        frames = depths()[:, : grid.ny]
        flood = FloodFile(run.folder / "flood.zarr", grid, START, {"title": "test"})
        for step, depth in enumerate(frames):
            flood.write_frame(step, step * 600.0, depth)
        fields = _maxima(frames, kind, with_speed)
        flood.finish(xr.Dataset({name: (("y", "x"), array) for name, array in fields.items()}))
        products = {"flood": "flood.zarr"}
        rings = building_rings(city.layer("buildings"), grid)
        times = [f"{START + step * np.timedelta64(600, 's')}Z" for step in range(STEPS)]
        write_building_depths(run.folder, np.stack([rings.deepest(d) for d in frames]), times)
        products |= {"buildings": "buildings.json", "building_depths": "depths.bin"}
        if kind == "forecast":
            chance = np.clip(frames.max(axis=0, keepdims=True), 0, 1)
            chance = xr.DataArray(chance, dims=("threshold", "y", "x"), coords={"threshold": [0.3]})
            write_probability(run.folder / "probability.tif", chance, grid, {})
            products["probability"] = "probability.tif"
        about = {"name": city.name, "version": version or city.version, "crs": city.crs}
        level = "L3" if kind == "forecast" else "L1"
        return run.publish(
            {
                "kind": kind,
                "city": about,
                "model_version": "test",
                "issue_time": times[0],
                "valid_from": times[0],
                "valid_to": times[-1],
                "twin_level": level,
                "times": times,
                "products": products,
            }
        ).run_id


def _maxima(frames, kind, with_speed):
    deepest = frames.max(axis=0)
    fields = {"max_depth": deepest}
    if with_speed:
        fields |= {"max_speed": deepest, "max_hazard": deepest * deepest}
    if kind == "forecast":
        fields |= {"max_depth_p10": 0.5 * deepest, "max_depth_p50": deepest}
        fields["max_depth_p90"] = 2.0 * deepest
    return fields


def fill_store(data):
    """Readings until 12:10: one good, one failed, one of the day before, one that came late."""
    minute = "2026-11-20T12:{:02}:00Z"
    rows = [
        ("D1", "water_depth", minute.format(0), minute.format(1), 0.02, 1),
        ("D1", "water_depth", minute.format(10), minute.format(11), 0.12, 1),
        ("D2", "water_depth", minute.format(10), minute.format(11), 7.0, 4),
        ("D3", "water_depth", "2026-11-19T12:00:00Z", "2026-11-19T12:01:00Z", 0.4, 1),
        ("P1", "pump_state", minute.format(10), minute.format(11), 1.0, 1),
        ("G1", "rainfall_rate", minute.format(0), minute.format(1), 1e-5, 1),
        ("G1", "rainfall_rate", minute.format(10), minute.format(50), 3e-5, 1),
    ]
    columns = ["station_id", "property", "phenomenon_time", "received_time", "value", "flag"]
    frame = pd.DataFrame(rows, columns=columns)
    for name in ("phenomenon_time", "received_time"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    frame = frame.assign(source_id="test", raw_value=frame["value"].astype(str), raw_unit="SI")
    folder = data / "stores" / CITY
    folder.parent.mkdir(parents=True, exist_ok=True)
    ObservationStore(folder).append(frame)


def town(data):
    """The written town, opened."""
    return open_city(data / "cities" / CITY)


def at(minutes):
    """ISO time so many minutes after the start of the runs."""
    moment = START + np.timedelta64(minutes, "m")
    return f"{moment.astype(datetime):%Y-%m-%dT%H:%M:%SZ}"


def record(api, kind, name, **more):
    """What the service says of one object of the town."""
    answer = api.get(f"/api/cities/{CITY}/objects/{kind}/{name}", params=more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def value(found, quantity, kind):
    """The first value of a quantity of a kind in a record."""
    values = [v for v in found["values"] if (v["quantity"], v["kind"]) == (quantity, kind)]
    assert values, [(v["quantity"], v["kind"]) for v in found["values"]]
    return values[0]
