"""The time loop: chooses the time step, keeps the ledger, gives the frames."""

import math
import time
from dataclasses import asdict, dataclass, field

import numba
import numpy as np
import xarray as xr

from hydrology.solver.boundaries import BoundaryCells, FreeOutflow
from hydrology.solver.boundary_conflicts import refuse_conflicts
from hydrology.solver.device import CpuDevice
from hydrology.solver.frames import Clock, Frames, GaugeRecord, require_intervals
from hydrology.solver.ground import PAD, open_share, pad, prepare_ground
from hydrology.solver.infiltration import CONSTANT
from hydrology.solver.ledger import Ledger
from hydrology.solver.physics import fastest_wave, stable_step
from hydrology.solver.rain import RainOnGrid
from hydrology.solver.settings import Settings
from hydrology.solver.state import MODEL_VERSION, State, belonging
from hydrology.solver.structure_links import closed_faces, prepare_structures
from twin.errors import DeviceError, InputError, UnstableError
from twin.fields import require

SOURCE_SECONDS, SOURCE_VISITS = 30.0, 8
"""Sources and maxima are applied after at most so many seconds or visits of the tiles."""

LEAST_STEP = 1e-3
"""Time step below which a run is given up [s]."""

LOST = {"float32": 1e-4, "float64": 1e-9}
"""Error of the ledger, relative to all water, at which a run is given up."""

LIMIT_EVERY = 16
"""Visits between two looks at which cell limits the time step."""

LAST_TICK = 65_000
"""Ticks that a run may have."""


@dataclass(frozen=True)
class Simulation:
    """What a run gives: the flood, its ledger [m3], its cost and the state at its end.

    `limiting_cells` are rows (row, column, share): how often each cell limited the time step.
    """

    flood: xr.Dataset
    ledger: dict
    steps: int
    cells: int
    wall_seconds: float
    mcups: float
    state: State
    settings: Settings
    gauges: GaugeRecord | None = None
    limiting_cells: np.ndarray | None = None
    performance: dict = field(default_factory=dict)


def simulate(
    terrain,
    rainfall=None,
    *,
    seconds,
    boundaries=(),
    structures=(),
    infiltration=None,
    velocity=None,
    initial_state=None,
    resume=None,
    start=None,
    settings=None,
    gauges=((), ()),
    gauge_seconds=None,
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
        Time at the end of the run [s].
    boundaries : sequence of Inflow, Stage or FreeOutflow
        What feeds or drains the city besides its edges.
    structures : sequence of hydrology.solver.structures.Structure
        Walls, levees, weirs, bridges and culverts.
    infiltration : hydrology.solver.infiltration.Infiltration or None
        What the ground takes; None takes the constant rate of the terrain.
    velocity : tuple of two (ny, nx) arrays or None
        Velocity of the initial water to the east and to the north [m s-1].
    initial_state : State or None
        Water at the end of an earlier run, at which this one begins its own time, with what the
        soil remembers where the model is the same; None starts from `initial_depth` of the terrain.
    resume : State or None
        End of an earlier run that goes on, as if it had never stopped; rain and the series of the
        boundaries may be others from here on, nothing else. Where that run had taken a frame, the
        two runs are bitwise the one; but the wet duration only where both have the same ticks,
        which grow with the length of a run beyond 18 hours.
    start : numpy.datetime64 or None
        Time zero; by default the first time of the rain, else 2000-01-01.
    settings : Settings
        How it is computed.
    gauges : tuple of two int arrays
        Rows and columns of cells whose water is recorded.
    gauge_seconds : float or None
        Time between two records [s]; by default that between two frames.
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
        The water turned non-finite, was lost, or the time step fell below a millisecond.
    """
    settings = settings or Settings()
    began = 0.0 if resume is None else resume.seconds
    if not (math.isfinite(seconds) and seconds > began):
        raise InputError(
            f"a run to {seconds:g} s was asked for, expected more than {began:g}; set its hours"
        )
    require_intervals(seconds, settings.frame_seconds, gauge_seconds)
    if start is None:
        start = np.datetime64("2000-01-01", "ns")
        if rainfall is not None:
            start = rainfall["time"].values[0]
    run = _Run(terrain, rainfall, boundaries, structures, infiltration, start, settings, seconds)
    if resume is not None:
        run.resume(resume)
    else:
        run.begin(terrain, initial_state, velocity)
    frames = Frames(run, start, sink, _checked_gauges(gauges, run.ground.grid))
    clock = Clock(began, seconds, settings.frame_seconds, gauge_seconds)
    frames.take()
    frames.record_gauges()
    wall = time.perf_counter()
    while run.now < seconds - 1e-6:
        stop = clock.next_stop()
        run.advance_until(min(stop, run.rain.next_change(run.now)))
        if progress is not None:
            progress(run.now, seconds)
        if run.now >= stop - 1e-6:
            run.check()
            clock.take(run.now, frames)
    return run.result(frames, time.perf_counter() - wall)


def _checked_gauges(gauges, grid):
    rows, columns = np.asarray(gauges[0], int), np.asarray(gauges[1], int)
    ny, nx = grid.shape
    if not ((rows >= 0) & (rows < ny) & (columns >= 0) & (columns < nx)).all():
        raise InputError(f"a gauge is off the grid of {ny} x {nx}, expected all inside; move it")
    return rows, columns


class _Run:
    """A simulation on its device, and how it moves."""

    def __init__(
        self, terrain, rainfall, boundaries, structures, infiltration, start, settings, seconds
    ):
        self.settings = settings
        edges = settings.edges or terrain.attrs.get("edges", "closed")
        slopes = [(b.side, b.slope) for b in boundaries if isinstance(b, FreeOutflow)]
        cells = [b for b in boundaries if not isinstance(b, FreeOutflow)]
        dtype = np.dtype(settings.dtype)
        faces = closed_faces(structures)
        self.ground = prepare_ground(terrain, edges, dtype, slopes, faces)
        refuse_conflicts(boundaries, self.ground.outlets)
        self.structures = prepare_structures(structures, self.ground)
        _refuse_pores(terrain, settings, self.structures)
        soil = _soil(terrain, infiltration, self.ground, dtype)
        self.device = _device(settings)(
            self.ground,
            lambda tiles, dtype: BoundaryCells(cells, self.ground, tiles, dtype, self.structures),
            soil,
            settings,
        )
        self._soil_model = "none" if soil is None else str(soil[0])
        self._belongs_to = belonging(self.ground, boundaries, self.structures, soil)
        self.rain = RainOnGrid(rainfall, self.ground, start)
        self.ledger = Ledger(self.ground.grid.cell_size**2)
        self.links = self.structures.new_state()
        self.now, self.steps, self.visits, self.speed = 0.0, 0, 0, 0.0
        self.tick_seconds = 2 ** max(0, math.ceil(math.log2(seconds / LAST_TICK)))
        self._limits = {}

    def begin(self, terrain, initial_state, velocity):
        """Start from the water of the terrain or of another run."""
        if initial_state is not None:
            alike = ("scheme", "dtype", "shape", "grid")
            initial_state.require({name: self._about()[name] for name in alike})
            self._take_water(initial_state)
            self.device.maxima.depth[:] = self.device.arrays()["flow"][0]
        elif "initial_depth" in terrain:
            depth = require(terrain, "initial_depth", allow_nan=True)["initial_depth"]
            self.device.fill(self._level_kept(terrain, np.nan_to_num(depth.values)), velocity)
        self.ledger.initial = self._volume()
        self.speed = self.device.signal_speed()
        if initial_state is not None and self._about() == initial_state.about:
            self.speed = float(initial_state.arrays["speed"])  # so that a run goes on to the bit
        self._compile()

    def _take_water(self, state):
        """Take over the water of another run, and what the same model of the soil remembers."""
        ours, kept = self.device.arrays(), ["flow", "owed"]
        has_memory = "soil_memory" in ours and "soil_memory" in state.arrays
        if has_memory and state.about.get("soil model", self._soil_model) == self._soil_model:
            kept.append("soil_memory")
        state.require_arrays({name: ours[name] for name in kept})
        _restore(ours, state.arrays, kept)

    def _level_kept(self, terrain, depth):
        """Depth that keeps its level over the ground as the solver's type has rounded it."""
        if self.settings.dtype == "float64" or terrain.attrs.get("buildings_as") == "raised":
            return depth
        ground = self.ground.elevation[PAD:-PAD, PAD:-PAD]
        moved = terrain["elevation"].values - self.ground.datum - ground.astype(np.float64)
        is_small = np.abs(moved) < 1e-3  # more is a wall
        return np.where((depth > 0) & is_small, np.maximum(depth + moved, 0), depth)

    def resume(self, state):
        """Go on from the end of another run of the same city and settings."""
        state.require(self._about())
        limits = np.zeros((len(state.arrays.get("limits", ())), 3), int)
        state.require_arrays({**self.device.arrays(), **self._short(), "limits": limits})
        arrays = state.arrays
        _restore(self.device.arrays(), arrays, self.device.arrays())
        self.now, self.speed = state.seconds, float(arrays["speed"])
        self.steps, self.visits = int(arrays["steps"]), int(arrays["visits"])
        self.ledger.initial, self.ledger.sums[:] = float(arrays["initial"]), arrays["sums"]
        self.device.cells.exchanged = arrays["exchanged"]
        _restore(self.links.arrays(), arrays, self.links.arrays())
        self._limits = {(row, column): count for row, column, count in arrays["limits"].tolist()}
        self._rescale_ticks(state.tick_seconds)
        self._compile()

    def _rescale_ticks(self, unit):
        """Bring the times of a run that was meant to be shorter to this run's ticks."""
        factor, maxima = max(self.tick_seconds // unit, 1), self.device.maxima
        self.tick_seconds = max(unit, self.tick_seconds)
        was_wet = maxima.arrival != np.uint16(65535)
        maxima.arrival[was_wet] //= np.uint16(factor)
        maxima.duration[...] //= np.uint16(factor)

    def _about(self):
        """What a state must agree with, to go on from it here."""
        grid, settings = self.ground.grid, self.settings
        return {
            "version": MODEL_VERSION,
            "scheme": settings.scheme,
            "order": str(settings.order),
            "dtype": settings.dtype,
            "shape": "x".join(map(str, grid.shape)),
            "grid": f"{grid.x0:.3f} {grid.y0:.3f} {grid.cell_size:g} {grid.crs}",
            "wet depth": f"{settings.wet_depth:g}",
            **self._belongs_to,
            "soil model": self._soil_model,
        }

    def state(self):
        """Everything that the run needs to go on."""
        arrays = {**self.device.arrays(), **self._short()}
        return State(arrays, self.now, self.tick_seconds, self._about())

    def _short(self):
        """What it needs besides its rasters, by name."""
        short = {
            "speed": self.speed,
            "steps": self.steps,
            "visits": self.visits,
            "initial": self.ledger.initial,
            "sums": self.ledger.sums,
            "exchanged": self.device.cells.exchanged,
            **self.links.arrays(),
            "limits": np.array([(*c, n) for c, n in self._limits.items()], int).reshape(-1, 3),
        }
        return {name: np.asarray(value) for name, value in short.items()}

    def _compile(self):
        """Compile or load the kernels, so that no run is timed with it."""
        self.device.compile()

    def advance_until(self, stop):
        """Take a few steps and apply the sources of their time; never go beyond `stop`."""
        began = self.now
        latest = min(stop, began + SOURCE_SECONDS)
        for left in range(SOURCE_VISITS, 0, -1):
            if self._visit(began, latest, left == 1):
                break

    def _visit(self, began, latest, is_last):
        """Visit all tiles once; sources act in the last visit, or when `latest` is reached."""
        speed = min(self.speed, fastest_wave(self.settings.wave_depth))
        step = stable_step(self.ground.grid.cell_size, speed, self.settings.courant)
        if not step >= LEAST_STEP:
            raise self._unstable(f"the time step fell to {step:g} s")
        steps = self.device.steps
        visits = max(math.ceil((latest - self.now) / (steps * step) - 1e-9), 1)
        step = (latest - self.now) / (steps * visits)
        is_last = is_last or visits == 1
        before, self.now = self.now, latest if visits == 1 else self.now + steps * step
        levels, gained = self._plan_links(self.now - before)
        self.device.cells.set_values(before, self.now, self.links.link_rates)
        interval = self.now - began if is_last else 0.0
        ticks = self._tick(self.now) - self._tick(began)
        rain = self.rain.at(began)
        self.speed = self.device.visit(step, rain, interval, (self._tick(self.now), ticks))
        if is_last:
            self.ledger.add(self.device.sums)
        self._settle_links(levels, gained, self.now - before)
        self.steps += steps
        self.visits += 1
        if self.visits % LIMIT_EVERY == 1:
            cell = self.device.fastest_cell()
            self._limits[cell] = self._limits.get(cell, 0) + 1
        return is_last

    def _plan_links(self, seconds):
        """Find what structures move; return levels and what they have moved before, if any."""
        if not self.structures.kinds.size:
            return None, None
        gained = self.device.cells.link_gains()
        levels = self.device.plan_links(self.structures, self.links, seconds, self.now)
        return levels, gained

    def _settle_links(self, levels, gained, seconds):
        if levels is not None:
            gained = self.device.cells.link_gains() - gained
            self.device.settle_links(self.structures, self.links, levels, gained, seconds)

    def _tick(self, seconds):
        return min(int(seconds / self.tick_seconds), LAST_TICK)

    def _volume(self):
        stored = self.device.stored() - self.links.link_pending.sum()
        return stored * self.ground.grid.cell_size**2

    def check(self):
        """Close the ledger; stop a run whose water turned non-finite or was lost."""
        volume = self._volume()
        if not math.isfinite(volume):
            raise self._unstable("the water turned non-finite")
        ledger = self.ledger.close(volume, *self.device.cells.volumes())
        if abs(ledger["relative_error"]) > LOST[self.settings.dtype]:
            raise self._unstable(
                f"the run lost {-ledger['error']:.3g} m3 of {ledger['stored']:.3g} m3 of water"
            )
        return ledger

    def _unstable(self, what):
        depth = self.device.depth
        bad = np.argwhere(~np.isfinite(depth))
        row, column = bad[0] if len(bad) else self.device.fastest_cell()
        x, y = self.ground.grid.x[column], self.ground.grid.y[row]
        return UnstableError(
            f"{what} at {self.now:.1f} s, cell row {row}, column {column} (x {x:.1f}, y {y:.1f}), "
            "expected a steady run; check terrain and boundaries there or lower courant"
        )

    def result(self, frames, wall_seconds):
        """Everything that the run gives."""
        computed = self.device.computed
        return Simulation(
            flood=frames.dataset(),
            ledger=self.check(),
            steps=self.steps,
            cells=int(self.ground.open_cell.sum()),
            wall_seconds=wall_seconds,
            mcups=computed * self.device.steps / wall_seconds / 1e6,
            state=self.state(),
            settings=self.settings,
            gauges=frames.gauges(),
            limiting_cells=self._limiting_cells(),
            performance={
                "threads": numba.get_num_threads(),
                "bytes_per_cell": (self.device.nbytes + self.rain.nbytes)
                / self.ground.elevation.size,
                **asdict(self.settings),
            },
        )

    def _limiting_cells(self):
        total = sum(self._limits.values())
        ranked = sorted(self._limits.items(), key=lambda item: -item[1])
        return np.array([(*cell, count / total) for cell, count in ranked]).reshape(-1, 3)


def _device(settings):
    """Class of the device that a run asks for.

    Raises
    ------
    DeviceError
        There is no such device here.
    """
    if settings.device == "cpu":
        return CpuDevice
    try:
        from hydrology.solver.cuda import CudaDevice
    except ImportError:
        raise DeviceError(
            "device 'cuda' was asked for, numba-cuda is not installed; install floodtwin[cuda] or "
            "use --device cpu"
        ) from None
    return CudaDevice


def _refuse_pores(terrain, settings, structures):
    """Refuse cells that are partly filled where the solver does not know them."""
    if "porosity" not in terrain:
        return
    where = {
        "scheme 'dynamic'": settings.scheme == "dynamic",
        "device 'cuda'": settings.device == "cuda",
        "structures": len(structures.kinds) > 0,
    }
    for name, is_so in where.items():
        if is_so:
            raise InputError(
                f"porosity is given with {name}, which know conveyance of faces only; leave it out "
                "or use scheme 'inertial' on the CPU without structures"
            )


def _soil(terrain, infiltration, ground, dtype):
    """Model of the infiltration and its padded parameters; None where nothing soaks."""
    nothing = np.zeros((0, 0), dtype)
    if infiltration is None:
        rate = ground.infiltration
        return None if rate is None else (CONSTANT, rate, nothing, nothing)
    parameters = infiltration.rasters(ground.grid.shape, open_share(terrain))
    padded = [pad(np.asarray(values), 0.0, dtype) for values in parameters]
    for values in padded:  # what stands in an outlet has left the city already
        values[~ground.open_cell] = 0
    if infiltration.has_memory:
        return (infiltration.model, *padded)
    return (infiltration.model, padded[0], nothing, nothing)


def _restore(arrays, saved, names):
    """Copy saved arrays into those of a run."""
    for name in names:
        arrays[name][...] = saved[name]


__all__ = ["MODEL_VERSION", "PAD", "Settings", "Simulation", "State", "simulate"]
