"""Terrain fields of any window: ground, what covers it, soil, drains, buildings, first water."""

import numpy as np
import shapely
import xarray
from affine import Affine
from rasterio.features import rasterize

from sample_city.buildings import make_buildings
from sample_city.noise import value_noise
from sample_city.river import MEAN_LEVEL
from sample_city.terrain import CANAL_LEVEL, survey
from sample_city.uses import FACTORY, FARM, OPEN, PARK, POND
from twin.fields import describe
from twin.units import MM_PER_HOUR

COVERS = (
    ("water", 0.028, 0.0),
    ("road", 0.016, 0.95),
    ("built-up", 0.025, 0.85),
    ("industrial", 0.022, 0.92),
    ("park", 0.045, 0.15),
    ("farmland", 0.06, 0.05),
    ("grass", 0.035, 0.05),
    ("forest", 0.10, 0.02),
    ("railway", 0.04, 0.30),
)
"""Land covers: name, Manning roughness [s m-1/3], share that is sealed."""
WATER, ROAD, BUILT_UP, INDUSTRIAL, GARDEN, FIELDS, GRASS, FOREST, RAILWAY = range(9)

SOILS = (("clay", 1.5), ("silt loam", 6.0), ("sandy loam", 16.0), ("hill loam", 22.0))
"""Soils: name, steady infiltration [mm/h]."""

_SUBSAMPLES = 4  # blockage is counted on so many points along each edge of a cell
_DESIGN_LOW, _DESIGN_HIGH = 30.0, 65.0
_DRAIN_BLOCKS = (4, 5)  # so many columns and rows of blocks were drained by one design


def make_terrain(plan, row=0, column=0, ny=None, nx=None, buildings=None):
    """Terrain fields of a window of a city.

    Parameters
    ----------
    plan : Plan
    row, column : int
        First cell of the window.
    ny, nx : int, optional
        Its size; default the rest of the city.
    buildings : geopandas.GeoDataFrame, optional
        All buildings of the city, if they are at hand; default those needed are made.

    Returns
    -------
    xarray.Dataset
        Eight float32 fields over (y, x), the same bits whatever window they are part of.
    """
    ny = plan.size.cells - row if ny is None else ny
    nx = plan.size.cells - column if nx is None else nx
    x, y = plan.centres(row, column, ny, nx)
    seen = survey(plan, x, y)
    if buildings is None:
        buildings = buildings_near(plan, row, column, ny, nx)
    grid = plan.grid.window(row, column, ny, nx)
    blockage, height = _building_rasters(grid, buildings)
    cover, soil = cover_of(seen), soil_of(plan, seen, x, y)
    infiltration = np.array([rate for _, rate in SOILS])[soil] * MM_PER_HOUR
    fields = {
        "elevation": seen["elevation"],
        "manning": np.array([row[1] for row in COVERS])[cover],
        "imperviousness": np.array([row[2] for row in COVERS])[cover],
        "infiltration_rate": np.where(cover == WATER, 0.0, infiltration),
        "drain_capacity": np.where(is_drained(seen), _design_of(plan, seen), 0.0) * MM_PER_HOUR,
        "building_blockage": blockage,
        "building_height": height,
        "initial_depth": _first_water(plan, seen),
    }
    data = {name: (("y", "x"), field.astype(np.float32)) for name, field in fields.items()}
    attrs = {"crs": plan.grid.crs, "buildings_as": "raised", "edges": "closed"}
    return describe(xarray.Dataset(data, coords=grid.coords(), attrs=attrs))


def buildings_near(plan, row, column, ny, nx):
    """Buildings of all blocks that may reach into a window."""
    cell = plan.size.cell_size
    x = (column + np.array([0.0, nx])) * cell
    y = (plan.size.cells - row - np.array([ny, 0.0])) * cell
    reach = sum(amplitude for amplitude, _ in plan.size.warps) + 10.0
    ranges = []
    for lines, (low, high) in ((plan.streets.columns, x), (plan.streets.rows, y)):
        first = np.searchsorted(lines.position, low - reach) - 1
        last = np.searchsorted(lines.position, high + reach)
        ranges.append(range(max(0, int(first)), min(lines.count - 1, int(last))))
    return make_buildings(plan, *ranges)


def cover_of(seen):
    """Number in `COVERS` at each point of a survey."""
    block = seen["block"]
    cover = np.where((block == OPEN) & (seen["natural"] > 5.0), FOREST, GRASS)
    cover = np.where(block > FARM, BUILT_UP, cover)
    for use, kind in ((FARM, FIELDS), (PARK, GARDEN), (POND, GRASS), (FACTORY, INDUSTRIAL)):
        cover = np.where(block == use, kind, cover)
    cover = np.where(seen["corridor"], GRASS, cover)
    cover = np.where(seen["rail"], RAILWAY, cover)
    cover = np.where(seen["street"], ROAD, cover)
    return np.where(seen["river"] | seen["canal"] | (seen["pond"] >= 0), WATER, cover)


def soil_of(plan, seen, x, y):
    """Number in `SOILS` at each point of a survey."""
    patches = value_noise(plan.seed, "soil", max(0.08 * plan.size.edge, 180.0), x, y)
    near_river = np.abs(seen["distance"]) < 4.0 * plan.size.river_half_width
    soil = np.where(patches > 0.0, 0, 1)
    soil = np.where(near_river & (patches > -0.3), 2, soil)
    return np.where(seen["natural"] > 5.0, 3, soil)


def is_drained(seen):
    """Whether storm drains serve a point: sealed ground at a street, not water, not the rail."""
    block = seen["block"]
    built = (block > FARM) & (block != PARK) & (block != POND)
    dry = ~(seen["corridor"] | seen["canal"] | seen["rail"] | (seen["pond"] >= 0))
    return (built | (seen["street"] & (block != OPEN))) & dry


def design_rain(plan, column, row):
    """Rain that the drains of a block were designed for, 30 to 65 [mm/h]."""
    dice = plan.dice("drain design", column // _DRAIN_BLOCKS[0], row // _DRAIN_BLOCKS[1])
    return np.round(_DESIGN_LOW + (_DESIGN_HIGH - _DESIGN_LOW) * dice)


def _design_of(plan, seen):
    """`design_rain` at each point: one look into a table instead of a dice for each cell."""
    columns, rows = plan.blocks.use.shape
    table = design_rain(plan, np.arange(columns)[:, None], np.arange(rows)[None, :])
    return table[seen["column"], seen["row"]]


def _building_rasters(grid, buildings):
    """Share built on [1], and height of the building at the middle of each cell [m]."""
    west, south, east, north = grid.bounds
    near = buildings.sindex.query(shapely.box(west, south, east, north))
    if near.size == 0:
        return np.zeros(grid.shape), np.zeros(grid.shape)
    shapes = buildings.geometry.to_numpy()[np.sort(near)]
    heights = buildings["height"].to_numpy()[np.sort(near)]
    height = rasterize(
        zip(shapes, heights, strict=True), grid.shape, transform=grid.transform, dtype="float32"
    )
    fine = grid.transform @ Affine.scale(1.0 / _SUBSAMPLES)
    inside = rasterize(
        shapes,
        (grid.ny * _SUBSAMPLES, grid.nx * _SUBSAMPLES),
        transform=fine,
        dtype="uint8",
    )
    parts = inside.reshape(grid.ny, _SUBSAMPLES, grid.nx, _SUBSAMPLES)
    return parts.mean(axis=(1, 3)), height


def _first_water(plan, seen):
    """Depth at the start: the river flat at mean level, canals and ponds at theirs [m]."""
    ground = seen["elevation"]
    level = np.where(seen["river"], MEAN_LEVEL, -np.inf)
    level = np.where(seen["canal"], CANAL_LEVEL, level)
    level = np.where(seen["pond"] >= 0, plan.pond_levels[seen["pond"]], level)
    return np.maximum(level - ground, 0.0)
