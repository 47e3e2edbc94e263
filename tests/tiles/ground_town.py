"""A small city with hills, a levee and a hole, in memory of its folder, for tests of the ground."""

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from twin.city import write_city
from twin.fields import describe
from twin.grid import Grid

GRID = Grid(304_000.0, 2_768_000.0, 5.0, 190, 150, "EPSG:3826")
GEOID = 18.25


def ground():
    """Hills of 30 m, a levee 2 m high, a pond that is not known, and a corner outside [m]."""
    y, x = np.mgrid[0 : GRID.ny, 0 : GRID.nx].astype(float)
    elevation = 20 + 15 * np.sin(x / 25) * np.cos(y / 20) + x * 0.02
    elevation[:, 90:93] += 2.0
    elevation[60:70, 40:60] = np.nan
    elevation[:20, :20] = np.nan
    return elevation.astype("float32")


def build(folder):
    """Write the city."""
    fields = {"elevation": (("y", "x"), ground())}
    west, _, _, north = GRID.bounds
    shapes = [
        shapely.box(west + 20 * k, north - 400 - 20 * r, west + 20 * k + 12, north - 390 - 20 * r)
        for k in range(40)
        for r in range(10)
    ]
    rows = {
        "building_id": [f"b{k}" for k in range(len(shapes))],
        "height": 9.0,
        "ground": 20.0,
        "use": "residential",
    }
    return write_city(
        folder,
        name="hills",
        grid=GRID,
        terrain=describe(xr.Dataset(fields, coords=GRID.coords())),
        layers={"buildings": gpd.GeoDataFrame(rows, geometry=shapes, crs=GRID.crs)},
        geoid_height=GEOID,
    )
