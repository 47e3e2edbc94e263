"""Buildings a second that become 3D Tiles, generated ones and a real model; terrain tiles too."""

import resource
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

from benchmarks import machine
from twin.errors import InputError

LEAST, MOST = 1_000, 5_000_000
LOD2_AT_MOST = 20_000
"""More houses with roofs say nothing new."""

BOUNDS = {"LoD1": 5_000.0, "LoD2": 1_500.0}
"""Buildings a second of one core."""

TERRAIN_BOUND = 500.0
"""Terrain tiles a second of one core."""


def bench_tiles(buildings=100_000, cityjson=None, progress=None):
    """Measure how fast buildings become 3D Tiles, and how much memory that takes.

    Parameters
    ----------
    buildings : int
        Generated blocks (LoD1); of houses with roofs (LoD2) at most `LOD2_AT_MOST`.
    cityjson : path-like, optional
        A city model that is imported (validation included), tiled and checked too.
    progress : callable, optional
        Called with a few words before each part.

    Returns
    -------
    dict
        `date`, what `machine.description` says, and ``rows``: ``what``, ``lod``, ``compress``,
        ``buildings``, ``seconds`` by the clock, ``cpu_seconds``, ``per_second`` (a second of one
        core), ``bound``, ``tiles``, ``triangles``, ``bytes``, ``largest_bytes``, ``peak_bytes``
        (of the process that did it, all included), ``problems`` that `tiles.checks.tileset` found,
        and ``import_seconds`` and ``check_seconds``; ``terrain`` with ``cells``, ``tiles``,
        ``seconds``, ``cpu_seconds``, ``per_second`` (a second of one core), ``bound``,
        ``largest_bytes``, ``problems``.

    Raises
    ------
    InputError
        A number of buildings that cannot be, or a file that is no city model.

    Notes
    -----
    Each part runs in a process of its own, so that its memory is its own.
    """
    if not LEAST <= buildings <= MOST:
        raise InputError(f"{buildings} buildings, expected {LEAST:,} to {MOST:,}; take as many")
    houses = min(buildings, LOD2_AT_MOST)
    parts = [
        (f"{buildings:,} blocks", _blocks, (buildings, None)),
        (f"{houses:,} blocks, Draco", _blocks, (houses, "draco")),
        (f"{houses:,} houses with roofs", _houses, (houses, None)),
        (f"{houses:,} houses with roofs, Draco", _houses, (houses, "draco")),
    ]
    if cityjson is not None:
        parts.append((Path(cityjson).name, _model, (str(cityjson),)))
    parts.append(("terrain", _terrain, ()))
    rows = []
    for what, measure, arguments in parts:
        if progress is not None:
            progress(what)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            rows.append({"what": what, **process.submit(measure, *arguments).result()})
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        **machine.description(),
        "terrain": rows.pop(),
        "rows": rows,
    }


def _blocks(count, compress):
    from benchmarks.building_stock import write_blocks

    with tempfile.TemporaryDirectory(prefix="floodtwin-") as folder:
        began = time.perf_counter()
        city = write_blocks(Path(folder) / "city", count)
        made = time.perf_counter() - began
        return _measure(city, Path(folder), "LoD1", compress, made)


def _houses(count, compress):
    from benchmarks.building_stock import houses_city

    with tempfile.TemporaryDirectory(prefix="floodtwin-") as folder:
        began = time.perf_counter()
        city = houses_city(Path(folder) / "city", count)
        made = time.perf_counter() - began
        return _measure(city, Path(folder), "LoD2", compress, made)


def _model(cityjson):
    from twin.importers.city_import import import_city

    with tempfile.TemporaryDirectory(prefix="floodtwin-") as folder:
        began = time.perf_counter()
        city, _ = import_city(Path(folder) / "city", name="bench", cityjson=[cityjson])
        made = time.perf_counter() - began
        return _measure(city, Path(folder), "LoD2", None, made)


def _measure(city, folder, lod, compress, made):
    from tiles.checks.tileset import check_tileset
    from tiles.tiles3d.tileset import write_building_tiles

    out = folder / "tiles"
    out.mkdir()
    began, busy = time.perf_counter(), time.process_time()
    counts = write_building_tiles(city, out, compress=compress)
    seconds, cpu = time.perf_counter() - began, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    began = time.perf_counter()
    problems = check_tileset(out)
    return {
        "lod": lod,
        "compress": compress,
        "buildings": counts["buildings"],
        "seconds": seconds,
        "cpu_seconds": cpu,
        "per_second": counts["buildings"] / max(cpu, 1e-9),
        "bound": BOUNDS[lod],
        **{key: counts[key] for key in ("tiles", "triangles", "bytes", "largest_bytes")},
        "peak_bytes": peak,
        "problems": len(problems),
        "import_seconds": made,
        "check_seconds": time.perf_counter() - began,
    }


def _terrain():
    from benchmarks.building_stock import rough_city
    from tiles.checks.terrain import check_terrain
    from tiles.terrain.mesh import write_terrain

    with tempfile.TemporaryDirectory(prefix="floodtwin-") as folder:
        small = rough_city(Path(folder) / "small", side=50)
        write_terrain(small, Path(folder) / "warm")  # nothing is imported while it counts
        city, out = rough_city(Path(folder) / "city"), Path(folder) / "tiles"
        began, busy = time.perf_counter(), time.process_time()
        count = write_terrain(city, out)
        seconds, cpu = time.perf_counter() - began, time.process_time() - busy
        return {
            "cells": city.grid.nx * city.grid.ny,
            "tiles": count,
            "seconds": seconds,
            "cpu_seconds": cpu,
            "per_second": count / max(cpu, 1e-9),
            "bound": TERRAIN_BOUND,
            "largest_bytes": max(path.stat().st_size for path in out.glob("*/*/*.terrain")),
            "problems": len(check_terrain(out)[1]),
        }
