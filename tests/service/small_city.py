"""A small made-up harbour town on disk, with one forecast and one scenario."""

import json
from datetime import UTC, datetime, timedelta

import geopandas as gpd
import numpy as np
import shapely
import xarray as xr

from service.flood_file import MAXIMA, FloodFile
from service.products import (
    write_building_depths,
    write_hotspots,
    write_maxima,
    write_probability,
)
from service.runs import RunStore
from twin.city import open_city, write_city
from twin.fields import describe
from twin.grid import Grid

CITY = "harbour"
GRID = Grid(304000.0, 2768000.0, 10.0, 160, 120, "EPSG:3826")
STEPS = 13
PLACES = ("Dock Road", "Market Square", "=Station Underpass", "Mill Lane", "School Hill", "Quay")


def build(data, issued=None, steps=STEPS):
    """Write the town, a scenario and a forecast issued now (or at `issued`); the forecast's id."""
    layers = _layers()
    write_city(
        data / "cities" / CITY,
        name=CITY,
        grid=GRID,
        terrain=_terrain(),
        layers=layers,
        title="Harbour town",
        buildings_as="raised",
    )
    issued = issued or datetime.now(UTC).replace(microsecond=0)
    publish(data, "simulate", issued - timedelta(days=1), steps)
    return publish(data, "forecast", issued, steps)


def _terrain():
    y, x = np.mgrid[0 : GRID.ny, 0 : GRID.nx]
    elevation = 3 + 12 * np.abs(y / GRID.ny - 0.5) + 0.5 * np.sin(x / 9)
    manning = np.full(GRID.shape, 0.03)
    return describe(
        xr.Dataset(
            {
                "elevation": (("y", "x"), elevation.astype("f4")),
                "manning": (("y", "x"), manning.astype("f4")),
            },
            coords=GRID.coords(),
            attrs={"crs": GRID.crs, "buildings_as": "raised", "edges": "closed"},
        )
    )


def _frame(rows, shapes):
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=GRID.crs)


def _layers():
    west, south, east, north = GRID.bounds
    middle = (south + north) / 2
    across = np.linspace(west + 40, east - 40, 300)
    river = shapely.LineString(np.c_[across, middle + 60 * np.sin(across / 250)]).buffer(35)
    roads, kinds = _streets()
    sites = [
        shapely.box(x, y, x + 26, y + 22)
        for x in np.arange(west + 50, east - 60, 50)
        for y in np.arange(south + 45, north - 60, 45)
    ]
    sites = [s for s in sites if not s.buffer(12).intersects(river)]
    heights = np.random.default_rng(5).uniform(4, 45, len(sites)).round(1)
    halves = [shapely.box(west, south, east, middle), shapely.box(west, middle, east, north)]
    return {
        "water": _frame({"water_id": ["w1"], "name": ["Tidal River"], "kind": ["river"]}, [river]),
        "land_cover": _frame(
            {"kind": ["park"]}, [shapely.box(west + 60, north - 300, west + 400, north - 60)]
        ),
        "districts": _frame(
            {
                "district_id": ["d1", "d2"],
                "name": ["South Bank", "North Bank"],
                "name_zh": ["南岸區", "北岸區"],
                "population": [8000, 9000],
            },
            halves,
        ),
        "roads": _frame(
            {
                "road_id": [f"r{k}" for k in range(len(roads))],
                "name": [f"Street {k}" for k in range(len(roads))],
                "kind": kinds,
                "width": 8.0,
                "is_underpass": False,
            },
            roads,
        ),
        "buildings": _frame(
            {
                "building_id": [f"b{k}" for k in range(len(sites))],
                "height": heights,
                "storeys": np.ceil(heights / 3).astype(int),
                "use": "residential",
                "occupants": (heights * 2).astype(int),
            },
            sites,
        ),
        "places": _frame(
            {
                "place_id": ["p1", "p2"],
                "name": ["Harbour Hospital", "Hall"],
                "kind": ["hospital", "shelter"],
            },
            [shapely.Point(west + 500, middle + 200), shapely.Point(east - 300, middle - 250)],
        ),
    }


def _streets():
    west, south, east, north = GRID.bounds
    columns = np.arange(west + 36, east - 30, 150)
    rows = np.arange(south + 33, north - 30, 135)
    lines = [shapely.LineString([(x, south + 20), (x, north - 20)]) for x in columns]
    lines += [shapely.LineString([(west + 20, y), (east - 20, y)]) for y in rows]
    kinds = ["main" if k % 4 == 0 else "street" for k in range(len(lines))]
    return lines, kinds


def _water(step, steps):
    """Depth that rises from the river and falls again [m], shape GRID.shape."""
    y, x = np.mgrid[0 : GRID.ny, 0 : GRID.nx]
    level = 2.6 * np.sin(np.pi * step / (steps - 1)) ** 2
    away = np.abs(y - GRID.ny / 2 - 6 * np.sin(x / 25)) / 16
    pond = 1.4 * np.exp(-((x - 115) ** 2 + (y - 28) ** 2) / 120) * step / (steps - 1)
    return np.maximum(np.maximum(level - away, 0), pond).astype("f4")


def publish(data, kind, issued, steps):
    """Publish one more run of the town; its id."""
    city = open_city(data / "cities" / CITY)
    with RunStore(data / "runs" / CITY).new_run() as run:
        start = np.datetime64(issued.replace(tzinfo=None), "s")
        flood = FloodFile(run.folder / "flood.zarr", GRID, start, {"title": "test"})
        depths = np.stack([_water(step, steps) for step in range(steps)])
        for step, depth in enumerate(depths):
            flood.write_frame(step, step * 600.0, depth, depth * 0.4)
        maxima = _maxima(depths)
        flood.finish(maxima)
        write_maxima(run.folder / "maxima.tif", maxima, GRID, {})
        write_hotspots(run.folder, _hotspots(issued))
        rows = _cells_of(city.layer("buildings"))
        times = [f"{time}Z" for time in start + np.arange(steps) * np.timedelta64(600, "s")]
        write_building_depths(run.folder, depths[:, rows[0], rows[1]], times)
        products = {
            "flood": "flood.zarr",
            "maxima": "maxima.tif",
            "hotspots": "hotspots.geojson",
            "buildings": "buildings.json",
            "depths": "depths.bin",
        }
        if kind == "forecast":
            chance = xr.DataArray(
                np.stack([depths.max(0) / 3, depths.max(0) / 4]).clip(0, 1),
                dims=("threshold", "y", "x"),
                coords={"threshold": [0.3, 0.5]},
            )
            write_probability(run.folder / "probability.tif", chance, GRID, {})
            products["probability"] = "probability.tif"
        return run.publish(_manifest(city, kind, issued, times, products)).run_id


def _maxima(depths):
    deepest = depths.max(0)
    arrival = np.where(deepest > 0.05, 600.0 * (depths > 0.05).argmax(0), np.nan)
    fields = (deepest, deepest * 0.4, deepest**2 * 0.4, arrival, (depths > 0.05).sum(0) * 600.0)
    return xr.Dataset(
        {
            name: (("y", "x"), array.astype("f4"))
            for name, array in zip(MAXIMA, fields, strict=True)
        },
        coords=GRID.coords(),
    )


def _hotspots(issued):
    west, south, _, _ = GRID.bounds
    count = len(PLACES)
    return _frame(
        {
            "place": PLACES,
            "district": ["South Bank", "North Bank"] * (count // 2),
            "depth_p10_m": np.linspace(0.8, 0.1, count),
            "depth_p50_m": np.linspace(1.6, 0.3, count),
            "depth_p90_m": np.linspace(2.1, 0.6, count),
            "probability": np.linspace(0.95, 0.3, count),
            "first_time": [np.datetime64(issued.replace(tzinfo=None), "s") + 1800] * count,
            "people": np.linspace(420, 30, count).round(),
            "cause": "river",
            "effective_lead_minutes": np.linspace(30, 55, count).round(),
        },
        [shapely.Point(west + 250 + 220 * k, south + 500 + 60 * (k % 3)) for k in range(count)],
    )


CONDITIONS = {
    "rain": "60", "losses": None, "edges": "north,east", "drains_mm_h": 57.5,
    "infiltration": "green_ampt", "infiltration_mm_h": None,
}  # fmt: skip
"""What the run without live data was computed with, see `service.conditions`."""


def _cells_of(buildings):
    centres = buildings.geometry.centroid
    cells = [GRID.cell_of(point.x, point.y) for point in centres]
    return tuple(np.array(cells).T)


def _manifest(city, kind, issued, times, products):
    forecast = kind == "forecast"
    return {
        "kind": kind,
        "city": {"name": city.name, "version": city.version, "crs": city.crs},
        "model_version": "test",
        "created": f"{issued:%Y-%m-%dT%H:%M:%SZ}",
        "issue_time": f"{issued:%Y-%m-%dT%H:%M:%SZ}",
        "valid_from": times[0],
        "valid_to": times[-1],
        "horizon_hours": 2.0,
        "members_requested": 10 if forecast else 1,
        "members_used": 9 if forecast else 1,
        "inputs_degraded": ["gauge G07 silent for 40 min"] if forecast else [],
        "inputs": [{"name": "readings", "sha256": None, "newest_time": times[0]}],
        "settings": {},
        "ledger": {},
        "performance": {},
        "twin_level": "L3" if forecast else "L1",
        "times": times,
        "products": products,
        "exercise": False,
        **({} if forecast else {"conditions": CONDITIONS}),
    }


if __name__ == "__main__":
    import sys
    from pathlib import Path

    print(json.dumps(build(Path(sys.argv[1]))))  # noqa: T201
