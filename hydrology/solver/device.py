"""The CPU as the place of a run: it owns the arrays of the water and moves them on."""

import math

import numba
import numpy as np

from hydrology.solver import cpu
from hydrology.solver.ground import PAD
from hydrology.solver.ledger import row_volumes
from hydrology.solver.maxima import NEVER, empty_maxima, fill_speeds
from hydrology.solver.physics import GRAVITY
from hydrology.solver.sources import BLOCK, Rain, Soil
from hydrology.solver.tiles import (
    HALO,
    cut,
    empty_rims,
    row_length,
    save_rims,
    tile_shape,
    work_arrays,
)
from hydrology.solver.work import Numbers, wave_limit

SHALLOW = 0.01
"""Depth below which no speed is reported [m]."""


class CpuDevice:
    """All rasters of a run in the memory of the machine, and the kernels that work on them.

    `steps` is how many time steps one visit takes.

    Parameters
    ----------
    ground : Ground
        The city.
    make_cells : callable
        Called with the tiles and the dtype; gives the `BoundaryCells`.
    soil : tuple or None
        Model of the infiltration and its three parameters, padded.
    settings : Settings
        How it is computed.
    """

    def __init__(self, ground, make_cells, soil, settings):
        dtype, shape = np.dtype(settings.dtype), ground.elevation.shape
        self.dtype, self._ground, self._settings = dtype, ground, settings
        self._tiling = cut(shape)
        self._water = cpu.Water(np.zeros((3, *shape), dtype), np.zeros(shape, np.int16))
        self._rims = empty_rims(self._tiling, shape, dtype)
        self._bed = cpu.Bed(ground.elevation, ground.manning)
        self._openings = None if ground.openings is None else cpu.Openings(*ground.openings)
        self.cells = make_cells(self._tiling.tiles, dtype)
        self._soil = None if soil is None else Soil(*soil, _memory(soil, shape, dtype))
        self.maxima = empty_maxima(shape, dtype)
        tiles = len(self._tiling.tiles)
        self._outcome = cpu.Outcome(
            np.zeros(tiles, dtype), np.zeros((tiles, 3)), np.zeros(tiles, np.int64),
            np.zeros(tiles, bool),
        )  # fmt: skip
        self.steps = cpu.STEPS[settings.scheme, settings.order]
        self._advance = cpu.KERNELS[settings.scheme, settings.order]
        self._scratch = _scratch(shape, dtype, cpu.ALIGNED[settings.scheme])
        self._volumes = np.zeros(shape[0])

    def visit(self, time_step, rain, seconds, clock):
        """Take `steps` time steps; then let sources act, if their interval ends here.

        Parameters
        ----------
        time_step : float
            [s].
        rain : Rain
            What falls.
        seconds : float
            Length of the interval of the sources [s]; 0 where they do not act now.
        clock : (int, int)
            Tick now, and ticks of the interval, for the maxima.

        Returns
        -------
        float
            Largest signal speed [m s-1]; not finite where the water is not.
        """
        real, settings = self.dtype.type, self._settings
        numbers = Numbers(
            real(time_step),
            real(self._ground.grid.cell_size),
            real(GRAVITY),
            real(settings.theta),
            real(settings.froude),
            real(wave_limit(settings)),
        )
        self._outcome.sums[:] = 0
        tiling = self._tiling
        save_rims(*self._water, self._rims, tiling.row_cuts, tiling.column_cuts)
        with numba.parallel_chunksize(1):  # a dry tile costs nothing, so let threads share tiles
            self._advance(
                tiling.tiles, tiling.across, self._water, self._rims, self._bed, self._openings,
                self.cells.table, rain, self._soil, self._ground.drain, self.maxima, numbers,
                float(seconds), clock, (real(settings.wet_depth), real(SHALLOW)), self._scratch,
                self._outcome,
            )  # fmt: skip
        return float(self._outcome.speed.max())

    def compile(self):
        """Compile or load the kernel, so that no visit is timed with it."""
        speed, tiling = self._outcome.speed.copy(), self._tiling
        self._tiling = tiling._replace(tiles=tiling.tiles[:0])
        self.visit(0.0, _no_rain(self._water.owed.shape), 0.0, (0, 0))
        self._tiling = tiling
        self._outcome.speed[:] = speed

    @property
    def sums(self):
        """Rain, infiltrated and drained depth of the last visit, summed over cells [m]."""
        return self._outcome.sums.sum(axis=0)

    @property
    def computed(self):
        """Cells that were computed so far, summed over visits."""
        return int(self._outcome.cells.sum())

    def fastest_cell(self):
        """Row and column of the cell that limits the time step."""
        top, bottom, left, right = self._tiling.tiles[int(self._outcome.speed.argmax())]
        speed = self._signal(slice(top, bottom), slice(left, right))
        row, column = np.unravel_index(int(np.nanargmax(speed)), speed.shape)
        return int(top + row - PAD), int(left + column - PAD)

    def signal_speed(self):
        """Largest signal speed on the grid [m s-1]."""
        return float(self._signal(slice(None), slice(None)).max())

    def _flow(self, rows, columns):
        """Depth and discharges of a part of the rasters."""
        return self._water.flow[:, rows, columns]

    def _signal(self, rows, columns):
        depth, qx, qy = self._flow(rows, columns)
        speed = np.sqrt(GRAVITY * depth)
        if self._settings.scheme == "dynamic":
            safe = np.maximum(depth, SHALLOW)
            speed += np.maximum(np.abs(qx), np.abs(qy)) / safe
        return speed

    def stored(self):
        """Water in the city, as a sum of depths over cells [m]; not a number where any cell is."""
        row_volumes(*self._water, self._bed.ground, self._openings, self._volumes)
        outside = self._ground.outlets[:, 0], self._ground.outlets[:, 1]
        in_void = self._inside_ring(*outside)
        return float(self._volumes.sum() - self._water.flow[0][outside][in_void].sum())

    def _inside_ring(self, rows, columns):
        last_row, last_column = self._water.owed.shape[0] - 1, self._water.owed.shape[1] - 1
        return (rows > 0) & (rows < last_row) & (columns > 0) & (columns < last_column)

    def fill(self, depth, velocity=None):
        """Put water into the city: depth [m] and, if it moves, velocity east and north [m s-1]."""
        flow = self._water.flow
        city = (slice(PAD, -PAD), slice(PAD, -PAD))
        flow[0][city] = depth
        flow[0][self._bed.ground >= cpu.WALL] = 0
        if velocity is not None:
            east, south = velocity[0], -np.asarray(velocity[1])
            flow[1][city], flow[2][city] = flow[0][city] * east, flow[0][city] * south
            if self._settings.scheme == "inertial":
                _to_faces(flow, self._bed.ground)
        self.maxima.depth[:] = flow[0]

    def frame(self):
        """Depth [m] and speed [m s-1] of the city now, float32 arrays (ny, nx)."""
        city = (slice(PAD, -PAD), slice(PAD, -PAD))
        speed = np.zeros(self._water.owed.shape, self.dtype)
        on_faces = self._settings.scheme == "inertial"
        fill_speeds(self._water.flow, speed, self.dtype.type(SHALLOW), on_faces)
        return self._water.flow[0][city].astype(np.float32), speed[city].astype(np.float32)

    def at(self, rows, columns):
        """Depth [m] and speed [m s-1] at cells of the city, float64."""
        flow = self._water.flow
        j, i = np.asarray(rows) + PAD, np.asarray(columns) + PAD
        depth, x, y = (flow[field, j, i].astype(np.float64) for field in range(3))
        if self._settings.scheme == "inertial":
            x, y = 0.5 * (x + flow[1, j, i + 1]), 0.5 * (y + flow[2, j + 1, i])
        speed = np.hypot(x, y) / np.maximum(depth, SHALLOW)
        return depth, np.where(depth >= SHALLOW, speed, 0.0)

    def arrays(self):
        """Every array that a run needs to go on, by name: views, not copies."""
        memory = {} if self._soil is None else {"soil_memory": self._soil.memory}
        maxima = {f"max_{name}": value for name, value in self.maxima._asdict().items()}
        return {"flow": self._water.flow, "owed": self._water.owed, **memory, **maxima}

    @property
    def depth(self):
        """Depth of the water in the city, a view (ny, nx) [m]."""
        return self._water.flow[0, PAD:-PAD, PAD:-PAD]

    def plan_links(self, structures, state, seconds, now):
        """Find what structures move in an interval; return the levels of their cells now [m]."""
        flow, owed = self._water
        levels = structures.levels(flow[0], owed, self._bed.ground)
        structures.plan(state, levels, self._bed.ground, seconds, now)
        return levels

    def settle_links(self, structures, state, levels, gained, seconds):
        """Take down what structures moved since the levels were `levels`; see `structure_links`."""
        flow, owed = self._water
        rise = structures.levels(flow[0], owed, self._bed.ground) - levels
        structures.settle(state, rise, gained, flow[0], owed, seconds)

    @property
    def nbytes(self):
        """Memory of all arrays that grow with the city [bytes]."""
        owned = {id(part): part for part in (*self._water, *self._rims, *self.maxima)}
        soil = () if self._soil is None else self._soil
        owned |= {id(part): part for part in soil if isinstance(part, np.ndarray)}
        owned.pop(id(self._ground.infiltration), None)  # counted with the ground
        return sum(array.nbytes for array in owned.values()) + self._ground.nbytes


def _no_rain(shape):
    rows, columns = shape
    nothing = np.zeros((1, columns), np.float32)
    return Rain(nothing, np.zeros(rows, np.int64), np.zeros(rows, np.float32), False)


def _memory(soil, shape, dtype):
    """What the soil remembers: nothing yet; no cells where the model has no memory."""
    return np.zeros(shape if soil[2].size else (0, 0), dtype)


def _scratch(shape, dtype, aligned):
    """Work arrays of all threads."""
    threads = numba.get_num_threads()
    work = work_arrays(threads, cpu.WORK_ARRAYS, shape, dtype, aligned)
    cells = work.shape[-1]
    block = BLOCK * row_length(tile_shape(shape)[1] + 2 * HALO)
    return cpu.Scratch(
        work,
        np.zeros((threads, 4, block)),
        np.zeros((threads, cells), np.int16),
        np.zeros((threads, 2, cells), np.uint16),
    )


def _to_faces(flow, ground):
    """Bring discharges from cells to their west and north faces."""
    is_open = ground < cpu.WALL
    for axis, field in ((1, flow[1]), (0, flow[2])):
        before = np.roll(field, 1, axis)
        both = is_open & np.roll(is_open, 1, axis)
        field[...] = np.where(both, 0.5 * (before + field), 0)


def seconds_of(ticks, unit):
    """Time of ticks [s]; not a number where there never was one."""
    return np.where(ticks == NEVER, math.nan, ticks * unit)
