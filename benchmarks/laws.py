"""Laws that no single case file can say: the same city seen otherwise floods the same.

A city of random ground, buildings, rain, an inflow and free edges is run twice: mirrored or turned,
with another number of threads, in another precision, on another device, or stopped and resumed.
"""

from ctypes import CDLL
from dataclasses import dataclass, field

import numba
import numpy as np
import xarray as xr

from benchmarks.checks import Check
from benchmarks.drawings import Map
from benchmarks.running import threads_for
from hydrology.solver.boundaries import Inflow
from hydrology.solver.settings import Settings
from hydrology.solver.simulation import simulate
from twin.grid import Grid
from twin.units import MM_PER_HOUR

CELLS, CELL_SIZE, SECONDS = 150, 5.0, 900.0
"""Cells on each side of the city, their size [m] and the length of a run [s]."""

SCHEMES = {
    "inertial": {"scheme": "inertial"},
    "dynamic-1": {"scheme": "dynamic", "order": 1},
    "dynamic-2": {"scheme": "dynamic", "order": 2},
}
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
    needs_gpu: bool = False

    @property
    def missing(self):
        """Why it cannot be shown here; empty where it can."""
        return "this machine has no usable GPU" if self.needs_gpu and not has_gpu() else ""


def has_gpu():
    """Whether the driver of a CUDA GPU answers."""
    try:
        return CDLL("libcuda.so.1").cuInit(0) == 0
    except OSError:
        return False


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


def run(turn=None, seconds=None, resume=None, **settings):
    """Run the city to a time [s], from the state of an earlier run if one is given."""
    terrain, rain, boundaries = city(turn)
    return simulate(
        terrain,
        rain,
        seconds=seconds or SECONDS,
        boundaries=boundaries,
        resume=resume,
        settings=Settings(**{"dtype": "float64", "frame_seconds": SECONDS / 2} | settings),
    )


def flood(turn=None, **settings):
    """Depth at the end of a run of the city, as float64 [m]."""
    return np.asarray(run(turn, **settings).state.depth, float)


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


def _device(settings):
    """Root mean square distance of depth between CPU and GPU, in both precisions."""
    worst = []
    for dtype in ("float64", "float32"):
        both = [flood(dtype=dtype, device=device, **settings) for device in ("cpu", "cuda")]
        worst.append(np.sqrt(((both[0] - both[1]) ** 2).mean()))
    return worst, []


def _resume(settings):
    """Largest change of anything in the state when a run is stopped half way and resumed."""
    half = run(seconds=SECONDS / 2, **settings)
    resumed = run(resume=half.state, **settings).state.arrays
    whole = run(**settings).state.arrays
    apart = [
        np.abs(resumed[name].astype(float) - whole[name].astype(float)).max(initial=0.0)
        for name in whole
    ]
    return [max(apart)], []


def _drawn(depth):
    terrain, _, _ = city()
    edge = CELLS * CELL_SIZE
    ground = terrain["elevation"].values
    return Map(f"Depth after {SECONDS:g} s", depth, ground, (0, edge, 0, edge))


_KINDS = (
    (
        "symmetry",
        "A mirrored or turned city has the mirrored or turned flood",
        _symmetry,
        (
            (1e-12, "mirrored west-east: largest difference of depth [m]"),
            (1e-12, "mirrored north-south: largest difference of depth [m]"),
            (1e-12, "turned by 90°: largest difference of depth [m]"),
        ),
    ),
    (
        "threads",
        "The number of threads changes no bit",
        _threads,
        ((0.0, "1 thread or all: largest difference of depth [m]"),),
    ),
    (
        "resume",
        "A run that is stopped and resumed gives the bits of one that is not",
        _resume,
        ((0.0, "resumed or not: largest difference of the state"),),
    ),
    (
        "dtype",
        "Single precision gives the flood of double precision",
        _dtype,
        (
            (1e-4, "float32 less float64: RMS of depth [m]"),
            (1e-2, "float32 less float64: largest difference of depth [m]"),
        ),
    ),
    (
        "device",
        "The GPU gives the flood of the CPU",
        _device,
        (
            (1e-9, "CUDA less CPU, float64: RMS of depth [m]"),
            (1e-4, "CUDA less CPU, float32: RMS of depth [m]"),
        ),
    ),
)


def _measured(name, function, settings):
    """Measure a law, on one thread unless threads are what it is about."""
    cells = np.inf if name == "threads" else CELLS**2
    with threads_for(cells):
        return function(settings)


def _law(kind, scheme):
    name, title, function, bounds = kind
    settings = SCHEMES[scheme]
    return Law(
        name=f"{name}:{scheme}",
        title=title,
        checks=tuple(Check("difference", bound, label=label) for bound, label in bounds),
        function=lambda: _measured(name, function, settings),
        settings={"dtype": "float64"} | settings,
        needs_gpu=name == "device",
    )


LAWS = tuple(_law(kind, scheme) for kind in _KINDS for scheme in SCHEMES)
"""The laws, as jobs of the suite."""
