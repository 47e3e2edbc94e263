"""Beds on which speed is measured: the egg box with its rain, and a lake in a dry country."""

from typing import NamedTuple

import numpy as np
import xarray as xr

from twin.grid import Grid
from twin.units import MM_PER_HOUR

CELL_SIZE = 5.0
"""Edge of a cell [m]."""

FILM = 0.1
"""Depth of the water everywhere on the egg box [m]."""

PLAIN_MANNING = 0.03
"""Roughness where it is the same everywhere [s m-1/3]."""

LAKE_SHARE = 0.1
"""Share of the dry country that is lake."""

RAIN_HOURS = 48


class Bed(NamedTuple):
    """What a run is timed on: a Terrain dataset, a Rainfall dataset or None, and its wet cells."""

    terrain: xr.Dataset
    rain: xr.Dataset | None
    wet_cells: int


def egg_box_ground(x, y, length):
    """Height of five by five bumps of 2 m on a gentle slope [m].

    Parameters
    ----------
    x, y : arrays
        Place, from 0 to `length` [m].
    length : float
        Edge of the square that holds the bumps [m].

    Notes
    -----
    The shape of the bed by which itzi-core measures itself.
    """
    turn = 2 * np.pi * 5 / length
    return 2 * np.sin(turn * x) * np.sin(turn * y) + 0.001 * x + 0.002 * y


def egg_box(cells):
    """Egg box under a film of water, with everything that a city has: no two cells are alike.

    Parameters
    ----------
    cells : int
        About as many; their number is a square.

    Returns
    -------
    Bed
        Roughness that varies from cell to cell, infiltration, drains, and rain that varies in
        space and from hour to hour and is more than they take, so that every cell stays wet.
    """
    terrain = _terrain(cells, *_varied(cells), FILM)
    return Bed(terrain, _rain(Grid.of(terrain)), terrain["elevation"].size)


def dry_egg_box(cells):
    """Egg box as in `egg_box`, all wet, on which no rain falls."""
    return egg_box(cells)._replace(rain=None)


def plain_egg_box(cells):
    """Egg box that other solvers can run too: one roughness, no rain, no losses."""
    terrain = _terrain(cells, None, None, FILM)[["elevation", "manning", "initial_depth"]]
    return Bed(terrain, None, terrain["elevation"].size)


def lake(cells):
    """Dry country with a lake at rest on `LAKE_SHARE` of it, in the middle, and no rain.

    Notes
    -----
    The lake fills a square pit in the egg box, so that no cell of it falls dry and none of the
    country is flooded, however long it is run.
    """
    side = _side(cells)
    ground = _ground(side)
    width = round(side * LAKE_SHARE**0.5)
    pit = (slice((side - width) // 2, (side - width) // 2 + width),) * 2
    level = ground[pit].max() + 1.0
    depth = np.zeros_like(ground)
    depth[pit] = level - ground[pit]
    country = np.full(ground.shape, True)
    country[pit] = False
    ground[country] += level + 10.0 - ground.min()
    terrain = _terrain(cells, *_varied(cells), depth, ground)
    return Bed(terrain, None, width * width)


def _side(cells):
    return round(cells**0.5)


def _grid(side):
    return Grid(0.0, side * CELL_SIZE, CELL_SIZE, side, side, "EPSG:3826")


def _ground(side):
    grid = _grid(side)
    return egg_box_ground(grid.x[None, :], grid.y[:, None], side * CELL_SIZE)


def _varied(cells):
    """Roughness from asphalt to shrubs, and share of sealed ground, cell by cell."""
    shape, random = (_side(cells),) * 2, np.random.default_rng(0)
    manning = 0.015 + 0.045 * random.random(shape, np.float32)
    return manning, random.random(shape, np.float32)


def _terrain(cells, manning, sealed, depth, ground=None):
    grid = _grid(_side(cells))
    fields = {
        "elevation": _ground(grid.nx) if ground is None else ground,
        "manning": PLAIN_MANNING if manning is None else manning,
        "imperviousness": 0.0 if sealed is None else sealed,
        "infiltration_rate": 5 * MM_PER_HOUR,
        "drain_capacity": 10 * MM_PER_HOUR,
        "initial_depth": depth,
    }
    data = {
        name: (("y", "x"), np.broadcast_to(values, grid.shape)) for name, values in fields.items()
    }
    return xr.Dataset(data, grid.coords(), {"crs": grid.crs})


def _rain(grid):
    """Hourly rain of 20 to 60 mm/h on a raster of eight by eight."""
    rate = (20 + 40 * np.random.default_rng(1).random((RAIN_HOURS, 8, 8))) * MM_PER_HOUR
    hours = np.arange(RAIN_HOURS) * np.timedelta64(3600 * 10**9, "ns")
    return xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), rate, {"units": "m s-1"})},
        {
            "time": np.datetime64("2026-01-01T00", "ns") + hours,
            "y": np.linspace(grid.y[0], grid.y[-1], 8),
            "x": np.linspace(grid.x[0], grid.x[-1], 8),
        },
        {"crs": grid.crs},
    )
