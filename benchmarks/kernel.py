"""Speed of the kernel beside the speed of the machine's memory, on a bed that is all wet."""

import platform

import numba
import numpy as np
import xarray as xr

from benchmarks.bandwidth import triad_gb_s
from hydrology.solver.simulation import Settings, simulate
from twin.grid import Grid
from twin.units import MM_PER_HOUR

SIZES = (62_500, 1_000_000, 4_000_000)
"""Cells of the beds."""

BYTES_PER_UPDATE = 32
"""What a step must move for a cell: read ground, roughness, depth, two discharges; write three."""

UPDATES = 300e6
"""Cell updates for which a bed is run at least."""


def bench_kernel(sizes=SIZES, dtypes=("float32", "float64"), progress=None):
    """Throughput of the solver with rain, losses and maxima.

    Parameters
    ----------
    sizes : sequence of int
        Cells of each bed.
    dtypes : sequence of str
        Precisions.
    progress : callable or None
        Is told in a few words what is being measured.

    Returns
    -------
    dict
        `machine`, `triad_gb_s`, `peers` and `rows`: scheme, order, dtype, device, cells, mcups,
        ratio (updates times 32 bytes over the triad) and bytes_per_cell of one state.
    """
    tell = progress or _silent
    tell("memory bandwidth")
    triad = triad_gb_s()
    rows = []
    for dtype in dtypes:
        for cells in sizes:
            tell(f"{dtype}, {cells:,} cells")
            rows.append(_row(cells, dtype, triad))
    machine = f"{platform.processor() or platform.machine()}, {numba.get_num_threads()} threads"
    return {"machine": machine, "triad_gb_s": triad, "rows": rows, "peers": []}


def _silent(_text):
    return None


def _row(cells, dtype, triad):
    terrain, rain = egg_box(round(cells**0.5))
    settings = Settings(dtype=dtype, frame_seconds=1e9)
    seconds = 1.5 * UPDATES / cells  # steps of this bed take about 1.5 s
    result = max(
        (simulate(terrain, rain, seconds=seconds, settings=settings) for _ in range(2)),
        key=lambda run: run.mcups,
    )
    ratio = result.mcups * 1e6 * BYTES_PER_UPDATE / (triad * 1e9)
    return {
        "scheme": settings.scheme,
        "order": 1,
        "dtype": dtype,
        "device": settings.device,
        "cells": result.cells,
        "mcups": result.mcups,
        "ratio": ratio,
        "bytes_per_cell": result.performance["bytes_per_cell"],
    }


def egg_box(cells_a_side, cell_size=5.0, depth=0.1):
    """Terrain of five by five bumps under a film of water, and uneven rain for an hour.

    Parameters
    ----------
    cells_a_side : int
        Rows and columns.
    cell_size, depth : float
        [m].
    """
    grid = Grid(0.0, cells_a_side * cell_size, cell_size, cells_a_side, cells_a_side, "EPSG:3826")
    x, y = grid.x[None, :], grid.y[:, None]
    turn = 2 * np.pi * 5 / (cells_a_side * cell_size)
    ground = 2 * np.sin(turn * x) * np.sin(turn * y) + 0.001 * x + 0.002 * y
    everywhere = {
        "manning": 0.03,
        "imperviousness": 0.5,
        "infiltration_rate": 5 * MM_PER_HOUR,
        "drain_capacity": 10 * MM_PER_HOUR,
        "initial_depth": depth,
    }
    data = {name: (("y", "x"), np.full(ground.shape, v)) for name, v in everywhere.items()}
    terrain = xr.Dataset(
        {"elevation": (("y", "x"), ground), **data}, grid.coords(), {"crs": grid.crs}
    )
    rate = np.random.default_rng(0).random((2, 8, 8)) * 60 * MM_PER_HOUR
    rain = xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), rate, {"units": "m s-1"})},
        {
            "time": np.array(["2026-01-01T00", "2026-01-01T01"], "datetime64[ns]"),
            "y": np.linspace(grid.y[0], grid.y[-1], 8),
            "x": np.linspace(grid.x[0], grid.x[-1], 8),
        },
        {"crs": grid.crs},
    )
    return terrain, rain
