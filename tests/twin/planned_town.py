"""A small town for planners: a slope with a street, houses, a pump and two districts."""

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from twin.city import write_city
from twin.fields import describe
from twin.grid import Grid

GRID = Grid(250_000.0, 2_700_250.0, 5.0, 60, 50, "EPSG:3826")
WEST, SOUTH, EAST, NORTH = GRID.bounds
MM_H = 1e-3 / 3600


def town_terrain():
    """Ground that falls to the east by 1 %, sealed in the middle; the north-west is outside."""
    y, x = np.mgrid[0 : GRID.ny, 0 : GRID.nx]
    ground = 10.0 - 0.05 * x
    ground[:3, :3] = np.nan
    houses = np.zeros(GRID.shape)
    houses[20:24, 10:14] = 1.0
    houses[20:24, 30:34] = 1.0
    fields = {
        "elevation": ground,
        "manning": np.full(GRID.shape, 0.03),
        "imperviousness": np.where(np.abs(y - 25) < 10, 0.9, 0.1),
        "infiltration_rate": np.full(GRID.shape, 5 * MM_H),
        "drain_capacity": np.full(GRID.shape, 10 * MM_H),
        "building_blockage": houses,
        "building_height": houses * 8.0,
        "initial_depth": np.where(x >= 58, 0.5, 0.0),
    }
    data = {name: (("y", "x"), values.astype("f4")) for name, values in fields.items()}
    return describe(xr.Dataset(data, coords=GRID.coords()))


def town_layers():
    """Two houses, a street, a pump station, a gate, two districts."""
    houses = [
        shapely.box(*_box(row, column)) for row, column in ((20, 10), (20, 30))
    ]  # as the terrain has them
    middle = (WEST + EAST) / 2
    halves = [
        shapely.box(WEST, SOUTH, middle, NORTH),
        shapely.box(middle, SOUTH, EAST, NORTH),
    ]
    street = shapely.LineString([(WEST + 5, SOUTH + 100), (EAST - 20, SOUTH + 100)])
    layers = {
        "buildings": {
            "building_id": ["a", "b"], "height": [8.0, 8.0], "storeys": [2, 2],
            "use": ["residential", "school"], "occupants": [10, 40], "ground": [9.4, 8.4],
            "geometry": houses,
        },
        "roads": {
            "road_id": ["r1"], "name": ["Mill Street"], "kind": ["street"], "width": [12.0],
            "geometry": [street],
        },
        "districts": {
            "district_id": ["d1", "d2"], "name": ["West End", "East End"],
            "name_zh": ["西區", "東區"], "geometry": halves,
        },
        "pump_stations": {
            "pump_station_id": ["p1"], "name": ["Works"], "capacity": [0.2],
            "geometry": [shapely.Point(EAST - 20, SOUTH + 20)],
        },
        "gates": {
            "gate_id": ["g1"], "name": ["Gate"], "width": [3.0], "sill_level": [7.5],
            "geometry": [shapely.Point(EAST - 50, SOUTH + 50)],
        },
    }  # fmt: skip
    return {name: gpd.GeoDataFrame(rows, crs=GRID.crs) for name, rows in layers.items()}


def build_town(folder, terrain=None, **changed):
    """Write the town as a package; `changed` are layers in the place of its own."""
    return write_city(
        folder, name="town", title="The Town", grid=GRID,
        terrain=town_terrain() if terrain is None else terrain,
        layers=town_layers() | changed, buildings_as="raised", edges="closed",
    )  # fmt: skip


def _box(row, column):
    west, north = GRID.x0 + column * 5.0, GRID.y0 - row * 5.0
    return west, north - 20.0, west + 20.0, north
