"""Laws that no single case file can say: the same city seen otherwise floods the same.

A city of random ground, buildings, rain, an inflow and free edges is run twice: mirrored or turned,
with another number of threads, in another precision, on another device, or stopped and resumed.
"""

from dataclasses import dataclass, field

import numba
import numpy as np
import xarray as xr

from benchmarks.checks import Check
from benchmarks.drawings import Map
from hydrology.solver.boundaries import Inflow
from hydrology.solver.settings import Settings
from hydrology.solver.simulation import simulate
from twin.grid import Grid
from twin.units import MM_PER_HOUR

CELLS, CELL_SIZE, SECONDS = 150, 5.0, 900.0
"""Cells on each side of the city, their size [m] and the length of a run [s]."""

SCHEMES = {"inertial": {"scheme": "inertial"}}
"""Schemes that must keep the laws, as settings by name."""


@dataclass(frozen=True, eq=False)
class Law:
    """One law as a job of the suite; `function` gives a value for each check, and drawings."""

    name: str
    title: str
    checks: tuple
    function: object
    settings: dict = field(default_factory=dict)
    group: str = "Laws"
    source: str = ""
    quick: bool = True
    missing: str = ""


def city(turn=None):
    """Terrain, rain and inflow of the city, changed by a function of its rasters.

    Parameters
    ----------
    turn : callable, optional
        Takes an (n, n) array and gives one of the same shape.

    Returns
    -------
    terrain : xarray.Dataset
    rain : xarray.Dataset
    boundaries : tuple of Inflow
    """
    turn = turn or np.asarray
    random = np.random.default_rng(3)
    rough = random.random((CELLS, CELLS))
    j, i = np.mgrid[:CELLS, :CELLS]
    ground = 0.02 * i + 0.01 * j + np.sin(i / 9) * np.cos(j / 7) + 0.2 * rough
    built = ((i // 6 + j // 5) % 4 == 0) & (rough > 0.2)
    source = np.zeros((CELLS, CELLS), bool)
    source[60, 80:84] = True
    ground = np.where(built & ~source, ground + 8.0, ground)
    wet = np.where((i > 100) & (j < 30), 0.4, 0.0)
    rasters = {
        "elevation": ground,
        "manning": np.where(rough > 0.5, 0.03, 0.05),
        "initial_depth": np.where(built, 0.0, wet),
    }
    grid = Grid(0.0, CELLS * CELL_SIZE, CELL_SIZE, CELLS, CELLS, "EPSG:3826")
    fields = {name: (("y", "x"), turn(raster).copy()) for name, raster in rasters.items()}
    terrain = xr.Dataset(fields, grid.coords(), {"crs": grid.crs, "edges": "free"})
    rate = turn(40 + 60 * np.cos(i / 30) * np.cos(j / 20)) * MM_PER_HOUR
    rain = xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), np.maximum(rate, 0)[None], {"units": "m s-1"})},
        {"time": np.array(["2026-01-01"], "datetime64[ns]"), "y": grid.y, "x": grid.x},
        {"crs": grid.crs},
    )
    rows, columns = np.nonzero(turn(source))
    return terrain, rain, (Inflow("spring", rows, columns, np.zeros(1), np.array([2.0])),)


def flood(turn=None, **settings):
    """Depth at the end of a run of the city, as float64 [m]."""
    terrain, rain, boundaries = city(turn)
    run = simulate(
        terrain,
        rain,
        seconds=SECONDS,
        boundaries=boundaries,
        settings=Settings(**{"dtype": "float64", "frame_seconds": SECONDS} | settings),
    )
    return np.asarray(run.state.depth, float)


def _symmetry(settings):
    """Largest change of depth when the city is mirrored, flipped and turned."""
    plain = flood(**settings)
    worst = [
        np.abs(back(flood(turn, **settings)) - plain).max()
        for turn, back in (
            (np.fliplr, np.fliplr),
            (np.flipud, np.flipud),
            (np.rot90, lambda depth: np.rot90(depth, -1)),
        )
    ]
    return worst, [_drawn(plain)]


def _threads(settings):
    """Largest change of depth between one thread and all."""
    most = numba.get_num_threads()
    try:
        numba.set_num_threads(1)
        alone = flood(**settings)
    finally:
        numba.set_num_threads(most)
    return [np.abs(flood(**settings) - alone).max()], []


def _dtype(settings):
    """Root mean square and largest distance of depth between float32 and float64."""
    wrong = np.abs(flood(dtype="float32", **settings) - flood(dtype="float64", **settings))
    return [np.sqrt((wrong**2).mean()), wrong.max()], []


def _drawn(depth):
    terrain, _, _ = city()
    edge = CELLS * CELL_SIZE
    ground = terrain["elevation"].values
    return Map(f"Depth after {SECONDS:g} s", depth, ground, (0, edge, 0, edge))


def _law(name, title, function, checks, settings):
    return Law(name, title, checks, lambda: function(settings), {"dtype": "float64"} | settings)


def _laws():
    for scheme, settings in SCHEMES.items():
        yield _law(
            f"symmetry:{scheme}",
            "A mirrored or turned city has the mirrored or turned flood",
            _symmetry,
            tuple(
                Check("difference", 1e-12, label=f"{how}: largest difference of depth [m]")
                for how in ("mirrored west-east", "mirrored north-south", "turned by 90°")
            ),
            settings,
        )
        yield _law(
            f"threads:{scheme}",
            "The number of threads changes no bit",
            _threads,
            (Check("difference", 0.0, label="1 thread or all: largest difference of depth [m]"),),
            settings,
        )
        yield _law(
            f"dtype:{scheme}",
            "Single precision gives the flood of double precision",
            _dtype,
            (
                Check("difference", 1e-4, label="float32 less float64: RMS of depth [m]"),
                Check("difference", 1e-2, label="float32 less float64: largest [m]"),
            ),
            settings,
        )


LAWS = tuple(_laws())
"""The laws, as jobs of the suite."""
