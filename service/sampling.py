"""The verb `city sample`: a generated city, its storm computed, its sensors recorded."""

import math
import shutil
import time
import uuid
from dataclasses import replace
from pathlib import Path

import numpy as np
import xarray as xr

from service.storm import duration
from service.words.progress import Progress
from twin.fields import describe
from twin.grid import Grid

MOST_CELLS = 2_000_000
"""A larger city gets its true flood on cells coarser by a whole factor."""

STORM = "storm"


def sample_city(*, size="small", seed=1, out=None, quiet=False):
    """Generate the sample city with its recorded sensor archive.

    Parameters
    ----------
    size : {"small", "district", "metro"}
        How large.
    seed : int
        The same seed gives the same city.
    out : path-like, optional
        Folder of the new city; default ``cities/sample-SIZE-SEED``.
    quiet : bool
        Whether to show no progress in a log.

    Returns
    -------
    dict
        ``city`` (folder), ``name``, ``cells``, ``cell_size_m``, ``area_km2``, ``layers``,
        ``weather``, ``readings``, ``stations``, ``faults``, ``seconds``.

    Raises
    ------
    InputError
        There is no such size, or the folder is taken.
    DeviceError
        The disk is full.
    """
    from sample_city.generate import generate_city
    from twin.city_writer import check_target

    began = time.monotonic()
    out = Path(out or Path("cities") / f"sample-{size}-{seed}")
    check_target(out, overwrite=False)
    aside = out.absolute().parent / f".{out.name}.{uuid.uuid4().hex[:8]}.partial"
    try:
        with Progress("generating the city", wanted=not quiet) as progress:
            city = generate_city(aside, size, seed, progress=progress)
        with Progress("computing the true flood", wanted=not quiet) as progress:
            archive = _record(city, seed, progress)
        from twin.city import add_archive

        city = add_archive(city, "readings", archive)
        aside.rename(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return {
        "city": str(out),
        "name": city.name,
        "cells": city.grid.nx * city.grid.ny,
        "cell_size_m": city.grid.cell_size,
        "area_km2": city.grid.nx * city.grid.ny * city.grid.cell_size**2 / 1e6,
        "layers": [{"name": e["name"], "count": e["count"]} for e in city.info["layers"]],
        "weather": city.weather_names,
        "readings": len(archive),
        "stations": int(archive["station_id"].nunique()),
        "faults": archive.attrs.get("faults", {}),
        "seconds": round(time.monotonic() - began, 1),
    }


def _record(city, seed, progress):
    """The archive of a city, out of its storm and the flood that this makes."""
    from hydrology.solver.simulation import simulate
    from sample_city.archive import record_archive
    from service.edge_water import boundaries_of, storm_series

    factor = math.ceil(math.sqrt(city.grid.nx * city.grid.ny / MOST_CELLS))
    terrain = city.terrain if factor == 1 else coarse_terrain(city, factor)
    grid, rainfall = Grid.of(terrain), city.weather(STORM)
    times = rainfall["time"].values
    elevation = terrain["elevation"].values
    result = simulate(
        terrain,
        rainfall,
        seconds=duration(rainfall),
        boundaries=boundaries_of(city, grid, elevation, times[0], storm_series(city, STORM)),
        progress=progress,
    )
    return record_archive(replace(city, grid=grid), rainfall, result.flood, seed=seed)


def coarse_terrain(city, factor):
    """Terrain of a city on cells larger by a whole factor, read strip by strip.

    Parameters
    ----------
    city : twin.city.City
        It need not fit in memory.
    factor : int
        Cells on an edge that become one.

    Returns
    -------
    xarray.Dataset (y, x)
        Means of the fields over each block; cells outside of the city do not count.
    """
    fine = city.grid
    ny, nx = math.ceil(fine.ny / factor), math.ceil(fine.nx / factor)
    grid = Grid(fine.x0, fine.y0, fine.cell_size * factor, nx, ny, fine.crs)
    fields = {name: np.full((ny, nx), np.nan, "f4") for name in city.terrain_fields}
    strip = max(1, 1024 // factor)
    for top in range(0, ny, strip):
        rows = min(strip * factor, fine.ny - top * factor)
        window = city.terrain_window(top * factor, 0, rows, fine.nx)
        blocks = window.coarsen(y=factor, x=factor, boundary="pad", coord_func="min").mean()
        for name in fields:
            part = blocks[name].values
            fields[name][top : top + len(part)] = part
    dataset = xr.Dataset({name: (("y", "x"), f) for name, f in fields.items()}, grid.coords())
    dataset.attrs = {"crs": city.crs, "buildings_as": city.buildings_as, "edges": city.edges}
    return describe(dataset)
