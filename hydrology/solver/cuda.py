"""A GPU as the place of a run: it owns a copy of all rasters there and launches the kernels.

Imported only where the device is CUDA. The rasters of the flow are padded by walls on the GPU, so
that no kernel asks where they end. What the host looks at is fetched first, and sent back before
the next visit: so a run goes on from what was shown and saved, to the last bit.
"""

import numpy as np
from numba import config, cuda, from_dtype, prange

from hydrology.solver.compiled import kernel
from hydrology.solver.cpu import Bed, Openings, Outcome
from hydrology.solver.cuda_boundary import Sites, gather_sites
from hydrology.solver.cuda_closing import build_closing, closing_type
from hydrology.solver.cuda_dynamic import FIRST, SECOND
from hydrology.solver.cuda_grid import MARGIN, cut_for_blocks
from hydrology.solver.cuda_inertial import INERTIAL
from hydrology.solver.cuda_places import build_scatter, gather, in_one_row
from hydrology.solver.cuda_sources import build_sources
from hydrology.solver.cuda_steps import advance_type, build_advance
from hydrology.solver.device import SHALLOW, CpuDevice
from hydrology.solver.maxima import Maxima
from hydrology.solver.physics import GRAVITY
from hydrology.solver.precision import packed, unpacked
from hydrology.solver.sources import Rain, Soil
from hydrology.solver.work import WALL, Numbers, wave_limit
from twin.errors import DeviceError

SCHEMES = {("inertial", 1): INERTIAL, ("dynamic", 1): FIRST, ("dynamic", 2): SECOND}
"""Schemes and their orders."""


class CudaDevice(CpuDevice):
    """All rasters of a run on a GPU, the kernels that work on them, and a copy on the host.

    Parameters
    ----------
    ground, make_cells, soil, settings
        As for `CpuDevice`.

    Raises
    ------
    DeviceError
        There is no GPU with a driver, or its memory is too small.
    """

    def __init__(self, ground, make_cells, soil, settings):
        if not cuda.is_available():
            raise DeviceError(
                "device 'cuda' was asked for, no NVIDIA GPU with a driver was found; "
                "use --device cpu"
            )
        self._is_home = True  # whether the host has what the GPU has
        super().__init__(ground, make_cells, soil, settings)
        shape, self._scheme = ground.elevation.shape, SCHEMES[settings.scheme, settings.order]
        self._block = self._scheme.blocks[self.dtype.name]
        tiles, across = cut_for_blocks(shape, self._block)
        self._tiling = self._tiling._replace(tiles=tiles, across=across)
        self.cells = make_cells(np.array([[0, shape[0], 0, shape[1]]]), self.dtype)
        self._outcome = Outcome(
            np.zeros(len(tiles), self.dtype),
            np.zeros((len(tiles), 3)),
            np.zeros(len(tiles), np.int64),
            np.zeros(len(tiles), bool),
        )
        try:
            self._copy()
        except MemoryError:
            raise DeviceError(
                f"the GPU's memory is too small for {shape[0]} x {shape[1]} cells; take larger "
                "cells or --device cpu"
            ) from None

    @property
    def _water(self):
        """Water of the host, as the GPU has it; it may be written."""
        self._bring_home()
        return self._host_water

    @_water.setter
    def _water(self, water):
        self._host_water = water

    @property
    def maxima(self):
        """What the run remembers of each cell, as the GPU has it; it may be written."""
        self._bring_home()
        return self._host_maxima

    @maxima.setter
    def maxima(self, maxima):
        self._host_maxima = maxima

    def _copy(self):
        """Copy to the GPU what does not change, and make room for what does."""
        ground, table, count = self._ground, self.cells.table, len(self._tiling.tiles)
        self._tiles = cuda.to_device(self._tiling.tiles)
        self._bed_there = Bed(self._padded(ground.elevation, WALL), self._padded(ground.manning, 0))
        openings = ground.openings or (np.ones((1, 1), self.dtype),) * 3
        self._openings_there = Openings(*(self._padded(part, 1) for part in openings))
        self._order, *starts = gather_sites(table.cells)
        self._sites = Sites(
            *(cuda.to_device(part) for part in starts),
            cuda.to_device(table.cells[self._order].astype(np.int32)),
            cuda.to_device(table.kinds[self._order].astype(np.int32)),
            cuda.to_device(table.values),
            cuda.to_device(table.exchanged),
        )
        nothing = np.zeros((1, 1), self.dtype)
        model, *rasters = self._soil or (0, *(nothing,) * 4)
        self._soil_there = Soil(model, *(cuda.to_device(raster) for raster in rasters))
        self._drain = cuda.to_device(nothing if ground.drain is None else ground.drain)
        catches = (ground.elevation < WALL).astype(np.int8)
        catches[ground.outlets[:, 0], ground.outlets[:, 1]] = 0
        self._catches = cuda.to_device(catches)
        self._rain, self._rain_there, self._linked = None, None, None
        padded = tuple(length + 2 * MARGIN for length in ground.elevation.shape)
        self._states, self._current = cuda.device_array((2, 4, *padded), self.dtype), 0
        self._states[1].copy_to_device(np.zeros((4, *padded), self.dtype))
        self._wet, self._is_blank = (cuda.device_array((2, count), np.int8) for _ in range(2))
        self._maxima_there = Maxima(*(cuda.to_device(field) for field in self._host_maxima))
        self._speed = cuda.device_array(count, self.dtype)
        self._sums = cuda.device_array((count, 3), np.float64)

    def _padded(self, raster, value):
        """Copy of a raster on the GPU with walls around it."""
        return cuda.to_device(np.pad(raster, MARGIN, constant_values=value))

    def compile(self):
        """Compile the kernels, so that no visit is timed with it."""
        block, scheme, real = self._block, self._scheme, from_dtype(self.dtype)
        has_openings = self._openings is not None
        self._take_steps = build_advance(self.dtype, block, scheme, has_openings)
        model = None if self._soil is None else self._soil.model
        sources = build_sources(model, self._ground.drain is not None, has_openings)
        self._close = build_closing(block, scheme, sources)
        self._scatter, types = build_scatter(block), advance_type(real).args
        if not config.ENABLE_CUDASIM:
            self._take_steps.compile(types)
            self._close.compile(closing_type(real).args)
        together = self._take_steps.overloads[types].max_cooperative_grid_blocks(block.count)
        self._launch = min(len(self._tiles), together), block.threads

    def _send(self):
        """Bring what the host has to the GPU."""
        flow, owed = self._host_water
        state = np.zeros(self._states.shape[1:], self.dtype)
        inner = state[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        inner[:3] = flow
        _unpack(inner[3], flow[0], owed)
        self._states[self._current].copy_to_device(state)
        self._wet.copy_to_device(np.ones(self._wet.shape, np.int8))
        self._is_blank.copy_to_device(np.zeros(self._is_blank.shape, np.int8))
        if self._soil is not None:
            self._soil_there.memory.copy_to_device(self._soil.memory)
        for field, there in zip(self._host_maxima, self._maxima_there, strict=True):
            there.copy_to_device(field)
        self._sites.exchanged.copy_to_device(self.cells.table.exchanged[self._order])

    def _bring_home(self):
        """Bring what the GPU has to the host."""
        if self._is_home:
            return
        self._is_home = True
        state = self._states[self._current].copy_to_host()
        inner = state[:, MARGIN:-MARGIN, MARGIN:-MARGIN]
        self._host_water.flow[...] = inner[:3]
        _pack(self._host_water.owed, inner[0], inner[3])
        if self._soil is not None:
            self._soil_there.memory.copy_to_host(self._soil.memory)
        for field, there in zip(self._host_maxima, self._maxima_there, strict=True):
            there.copy_to_host(field)

    def visit(self, time_step, rain, seconds, clock):
        """Take `steps` time steps; then let sources act, if their interval ends here.

        Parameters
        ----------
        time_step, rain, seconds, clock
            As for `CpuDevice`.

        Returns
        -------
        float
            Largest signal speed [m s-1]; not finite where the water is not.
        """
        if self._is_home:
            self._send()
            self._is_home = False
        if rain is not self._rain:
            self._rain = rain
            self._rain_there = Rain(*(cuda.to_device(part) for part in rain[:3]), bool(rain.falls))
        table, settings, real = self.cells.table, self._settings, self.dtype.type
        if len(self._order):
            self._sites.values.copy_to_device(table.values[self._order])
        numbers = Numbers(
            *(real(time_step), real(self._ground.grid.cell_size), real(GRAVITY)),
            *(real(settings.theta), real(settings.froude), real(wave_limit(settings))),
        )
        self._take_steps[self._launch](
            self._tiles, self._tiling.across, self._states, self._current, self._wet,
            self._is_blank, self._bed_there, self._openings_there, self._sites, self.steps, numbers,
        )  # fmt: skip
        now = self._current = (self._current + self.steps) % 2
        self._close[self._launch](
            self._tiles, self._states[now], self._wet[now], self._is_blank[now],
            self._openings_there, self._catches, self._rain_there, self._soil_there, self._drain,
            self._maxima_there, float(seconds), clock,
            (real(settings.wet_depth), real(SHALLOW)), numbers.gravity, self._speed, self._sums,
        )  # fmt: skip
        return self._read_outcome()

    def _read_outcome(self):
        """Take over what the kernels tell of each tile; return the largest signal speed [m s-1]."""
        speed, tiles = self._outcome.speed, self._tiling.tiles
        self._speed.copy_to_host(speed)
        self._sums.copy_to_host(self._outcome.sums)
        size = (tiles[:, 1] - tiles[:, 0]) * (tiles[:, 3] - tiles[:, 2])
        self._outcome.wet[:] = speed != 0
        self._outcome.cells[:] += np.where(self._outcome.wet, size, 0)
        if len(self._order):
            self.cells.table.exchanged[self._order] = self._sites.exchanged.copy_to_host()
        return float(speed.max())

    def plan_links(self, structures, state, seconds, now):
        """Find what structures move in an interval; return the levels of their cells now [m]."""
        if self._is_home:
            return super().plan_links(structures, state, seconds, now)
        _, table, ground, depth, owed, _ = self._linked_water(structures)
        levels = table.levels(depth, owed, ground)
        table.plan(state, levels, ground, seconds, now)
        return levels

    def settle_links(self, structures, state, levels, gained, seconds):
        """Take down what structures moved since the levels were `levels`; see `structure_links`."""
        cells, table, ground, depth, owed, values = self._linked_water(structures)
        rise = table.levels(depth, owed, ground) - levels
        table.settle(state, rise, gained, depth, owed, seconds)
        _unpack(values[3:], depth, owed)
        now_there = self._current
        self._scatter[1, self._block.threads](
            self._states[now_there], self._wet[now_there], self._is_blank[now_there],
            self._tiling.across, cells, cuda.to_device(values),
        )  # fmt: skip

    def _linked_water(self, structures):
        """Cells that structures link, and on a row of these cells all that the host works with."""
        if self._linked is None:
            cells, table = in_one_row(structures)
            ground = self._bed.ground[cells[:, 0], cells[:, 1]][None]
            self._linked = cuda.to_device(cells), table, ground
        cells, table, ground = self._linked
        values = self._gather(cells)
        depth, owed = values[:1], np.zeros((1, len(cells)), self._host_water.owed.dtype)
        _pack(owed, depth, values[3:])
        return cells, table, ground, depth, owed, values

    def _gather(self, cells):
        """Water of some cells, shape (4, n)."""
        values = cuda.device_array((4, len(cells)), self.dtype)
        gather[1, self._block.threads](self._states[self._current], cells, values)
        return values.copy_to_host()

    def _flow(self, rows, columns):
        """Depth and two discharges of some rows and columns, shape (3, rows, columns)."""
        if self._is_home:
            return super()._flow(rows, columns)
        lines = (
            slice(*part.indices(n))
            for part, n in zip((rows, columns), self._host_water.owed.shape, strict=True)
        )
        place = np.mgrid[tuple(lines)]
        cells = cuda.to_device(place.reshape(2, -1).T.astype(np.int32))
        return self._gather(cells)[:3].reshape(3, *place.shape[1:])

    @property
    def nbytes(self):
        """Memory of all arrays that grow with the city, on the host and on the GPU [bytes]."""
        there = [self._states, *self._bed_there, *self._openings_there, *self._maxima_there]
        there += [self._drain, *self._soil_there[1:]]
        return super().nbytes + sum(array.nbytes for array in there)


@kernel
def _pack(parts, depth, owed):
    """Pack what rounding owes each depth into bytes."""
    for j in prange(parts.shape[0]):
        for i in range(parts.shape[1]):
            parts[j, i] = packed(depth[j, i], owed[j, i])


@kernel
def _unpack(owed, depth, parts):
    """Unpack what rounding owes each depth [m]."""
    for j in prange(parts.shape[0]):
        for i in range(parts.shape[1]):
            owed[j, i] = unpacked(depth[j, i], parts[j, i])
