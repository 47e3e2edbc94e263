"""The time loop: owns the arrays, chooses the time step, keeps the ledger, gives the frames."""

import math
import time
from dataclasses import asdict, dataclass, field

import numba
import numpy as np
import xarray as xr

from hydrology.solver import cpu, sources
from hydrology.solver.boundaries import BoundaryCells
from hydrology.solver.frames import Frames
from hydrology.solver.ground import inner, prepare_ground
from hydrology.solver.ledger import Ledger
from hydrology.solver.physics import GRAVITY, stable_step
from hydrology.solver.rain import RainOnGrid
from hydrology.solver.settings import Settings
from twin.errors import InputError, UnstableError
from twin.fields import require

MODEL_VERSION = "inertial-1"
"""Changes whenever the same inputs would give another flood."""

SOURCE_SECONDS, SOURCE_VISITS = 10.0, 4
"""Sources and maxima are applied after at most so many seconds or visits of the tiles."""

LEAST_STEP = 1e-3
"""Time step below which a run is given up [s]."""


@dataclass(frozen=True)
class State:
    """Everything that a run needs to go on: unpadded arrays and the time reached.

    Parameters
    ----------
    water : (4, ny, nx) array
        Depth [m], discharge through the west and the north face of each cell [m2 s-1], and
        the depth that rounding owes each cell [m].
    seconds : float
        Time since the start of the run that made it [s].
    """

    water: np.ndarray
    seconds: float = 0.0

    @property
    def depth(self):
        """Depth of the water, shape (ny, nx) [m]."""
        return self.water[0]


@dataclass(frozen=True)
class Simulation:
    """What a run gives: the flood, its ledger [m3], its cost and the state at its end."""

    flood: xr.Dataset
    ledger: dict
    steps: int
    cells: int
    wall_seconds: float
    mcups: float
    state: State
    settings: Settings
    performance: dict = field(default_factory=dict)


def simulate(
    terrain,
    rainfall=None,
    *,
    seconds,
    boundaries=(),
    initial_state=None,
    start=None,
    settings=None,
    progress=None,
    sink=None,
):
    """Run one storm over one city.

    Parameters
    ----------
    terrain : xarray.Dataset
        Over (y, x): `elevation` [m] (NaN is outside) and any of the other terrain fields.
    rainfall : xarray.Dataset or None
        `rainfall_rate` (time, y, x) [m s-1]; its grid may be coarser than the terrain.
    seconds : float
        Length of the run [s].
    boundaries : sequence of Inflow or Stage
        What feeds or drains the city besides its edges.
    initial_state : State or None
        End of an earlier run; None starts from `initial_depth` of the terrain.
    start : numpy.datetime64 or None
        Time zero; by default the first time of the rain, else 2000-01-01.
    settings : Settings
        How it is computed.
    progress : callable or None
        Called with the seconds done and the seconds in all.
    sink : callable or None
        Called with the index of a frame, its time [s], depth and speed instead of keeping them.

    Returns
    -------
    Simulation

    Raises
    ------
    InputError
        Something that came in is wrong.
    UnstableError
        The water turned non-finite or the time step fell below a millisecond.
    """
    settings = settings or Settings()
    if not (math.isfinite(seconds) and seconds > 0):
        raise InputError(f"a run of {seconds} s was asked for, expected more than 0; set its hours")
    if start is None:
        start = np.datetime64("2000-01-01", "ns")
        if rainfall is not None:
            start = rainfall["time"].values[0]
    run = _Run(terrain, rainfall, boundaries, initial_state, start, settings)
    frames = Frames(run, start, sink)
    frames.take()
    began = time.perf_counter()
    while run.now < seconds - 1e-6:
        frame_end = min((len(frames.seconds)) * settings.frame_seconds, seconds)
        while run.now < frame_end - 1e-6:
            run.advance_until(min(frame_end, run.rain.next_change(run.now)))
            if progress is not None:
                progress(run.now, seconds)
        frames.take()
    return run.result(frames, time.perf_counter() - began)


class _Run:
    """The arrays of a simulation and how they move."""

    def __init__(self, terrain, rainfall, boundaries, initial_state, start, settings):
        self.settings = settings
        self.dtype = np.dtype(settings.dtype)
        edges = settings.edges or terrain.attrs.get("edges", "closed")
        self.ground = prepare_ground(terrain, edges, self.dtype)
        shape = self.ground.elevation.shape
        self.now, self.steps, self.computed = 0.0, 0, 0
        self.old, self.new = np.zeros((4, *shape), self.dtype), np.zeros((4, *shape), self.dtype)
        self._fill(terrain, initial_state)
        self.deepest = self.old[0].copy()
        self.speed, self.hazard = np.zeros(shape, self.dtype), np.zeros(shape, self.dtype)
        self.arrival = np.full(shape, -1, np.float32)
        self.duration = np.zeros(shape, np.float32)
        self.tiles = _tiles(shape)
        self.tile_depth = np.zeros(len(self.tiles), self.dtype)
        size = (cpu.TILE_ROWS + 2 * cpu.HALO) * (cpu.TILE_COLUMNS + 2 * cpu.HALO)
        self.work = np.zeros((numba.get_num_threads(), cpu.WORK_ARRAYS, size), self.dtype)
        self.cells = BoundaryCells(boundaries, self.ground, self.tiles)
        self.rain = RainOnGrid(rainfall, self.ground, start)
        self.ledger = Ledger(self.ground)
        self.ledger.begin(self.old[0], self.old[3])
        self._row_sums = np.zeros((shape[0], 3))
        self._compile()
        self.tile_depth[:] = self.old[0].max()

    def _fill(self, terrain, initial_state):
        """Put the initial water into the padded arrays."""
        if initial_state is not None:
            if initial_state.depth.shape != self.ground.grid.shape:
                raise InputError(
                    f"the initial state has shape {initial_state.depth.shape}, expected "
                    f"{self.ground.grid.shape}; take one of the same city and cell size"
                )
            inner(self.old)[...] = initial_state.water
        elif "initial_depth" in terrain:
            depth = require(terrain, "initial_depth", allow_nan=True)["initial_depth"]
            inner(self.old[0])[...] = np.nan_to_num(depth.values)
        self.old[0][~self.ground.open_cell] = 0

    def _compile(self):
        """Compile or load the kernels, so that no run is timed with it."""
        nothing, still = np.zeros((2, 2), self.dtype), np.zeros((2, 2), np.float32)
        no_water, wet_depth = np.zeros((4, 2, 2), self.dtype), self.dtype.type(1)
        self._advance(self.tiles[:0], 0.0)
        sources.add_sources(
            nothing, nothing.copy(), nothing, nothing, nothing, 0.0, np.zeros((2, 3))
        )
        sources.record_maxima(
            no_water, nothing, nothing, nothing, nothing, still, still, wet_depth, 0.0, 0.0
        )

    def advance_until(self, stop):
        """Take a few steps and apply the sources of their time; never go beyond `stop`."""
        began = self.now
        latest = min(stop, began + SOURCE_SECONDS)
        for _ in range(SOURCE_VISITS):
            self._visit(latest)
            if self.now >= latest - 1e-9:
                break
        self._apply_sources(began)

    def _visit(self, latest):
        """Visit all tiles once: `cpu.STEPS` steps, the last of them not after `latest`."""
        step = stable_step(
            self.ground.grid.cell_size, float(self.tile_depth.max()), self.settings.courant
        )
        if not step >= LEAST_STEP:
            raise self._unstable(f"the time step fell to {step:g} s")
        visits = math.ceil((latest - self.now) / (cpu.STEPS * step) - 1e-9)
        step = (latest - self.now) / (cpu.STEPS * visits)
        self.computed += self._advance(self.tiles, step)
        self.old, self.new = self.new, self.old
        self.steps += cpu.STEPS
        self.now = latest if visits == 1 else self.now + cpu.STEPS * step

    def _advance(self, tiles, step):
        real = self.dtype.type
        values = self.cells.values(self.now, self.now + max(cpu.STEPS * step, 1e-9))
        with numba.parallel_chunksize(1):  # a dry tile costs nothing, so let threads share tiles
            return cpu.advance(
                tiles, self.old, self.new, self.deepest, self.tile_depth, self.ground.elevation,
                self.ground.manning, self.work, self.cells.first_cell, self.cells.cells,
                self.cells.kinds, values.astype(self.dtype), self.cells.exchanged, real(step),
                real(self.ground.grid.cell_size), real(GRAVITY), real(self.settings.theta),
                real(self.settings.froude),
            )  # fmt: skip

    def _apply_sources(self, began):
        elapsed = self.now - began
        sources.add_sources(
            self.old[0], self.old[3], self.rain.raster(began), self.ground.infiltration,
            self.ground.drain, elapsed, self._row_sums,
        )  # fmt: skip
        self.ledger.add(*self._row_sums.sum(axis=0))
        sources.record_maxima(
            self.old, self.ground.elevation, self.deepest, self.speed, self.hazard, self.arrival,
            self.duration, self.dtype.type(self.settings.wet_depth), self.now, elapsed,
        )  # fmt: skip

    def check(self):
        """Volume in the city; stop a run that turned non-finite."""
        volume = self.ledger.stored(self.old[0], self.old[3])
        if not math.isfinite(volume):
            raise self._unstable("the water turned non-finite")
        return volume

    def _unstable(self, what):
        depth = inner(self.old[0])
        bad = np.argwhere(~np.isfinite(depth))
        row, column = bad[0] if len(bad) else np.unravel_index(depth.argmax(), depth.shape)
        x, y = self.ground.grid.x[column], self.ground.grid.y[row]
        return UnstableError(
            f"{what} at {self.now:.1f} s, cell row {row}, column {column} (x {x:.1f}, y {y:.1f}), "
            "expected a steady run; check terrain and boundaries there or lower courant"
        )

    def _bytes(self):
        """Memory of all arrays that grow with the city."""
        rasters = [value for value in vars(self).values() if isinstance(value, np.ndarray)]
        rasters += [value for value in vars(self.ground).values() if isinstance(value, np.ndarray)]
        return sum(raster.nbytes for raster in rasters) + self.rain.nbytes

    def result(self, frames, wall_seconds):
        """Everything that the run gives."""
        entered, left = self.cells.volumes()
        ledger = self.ledger.close(self.check(), entered, left)
        cells = int(self.ground.open_cell.sum())
        rate = self.computed * cpu.STEPS / wall_seconds / 1e6
        return Simulation(
            flood=frames.dataset(),
            ledger=ledger,
            steps=self.steps,
            cells=cells,
            wall_seconds=wall_seconds,
            mcups=rate,
            state=State(inner(self.old).copy(), self.now),
            settings=self.settings,
            performance={
                "threads": numba.get_num_threads(),
                "bytes_per_cell": self._bytes() / self.ground.elevation.size,
                **asdict(self.settings),
            },
        )


def _tiles(shape):
    """Top, bottom, left and right of every tile of a padded array."""
    rows, columns = shape[0] - cpu.HALO, shape[1] - cpu.HALO
    return np.array(
        [
            (top, min(top + cpu.TILE_ROWS, rows), left, min(left + cpu.TILE_COLUMNS, columns))
            for top in range(cpu.HALO, rows, cpu.TILE_ROWS)
            for left in range(cpu.HALO, columns, cpu.TILE_COLUMNS)
        ],
        np.int64,
    )
