"""What all CUDA kernels share: tiles and blocks, the barrier of the grid, reductions.

A block takes one tile at a time, a column of it for each thread in x. Kernels are closures,
because the size of shared memory is fixed when they are compiled. These modules are imported
only where the device is CUDA.

numba-cuda compiles a function that is called, but not inlined, for the GPU at hand. So that
kernels compile on a machine without one, everything they call is inlined, and the barrier is
reached by the intrinsics beneath `cuda.cg.this_grid().sync()`.
"""

import sys
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import config, cuda, types

from hydrology.solver.cpu import Bed, Openings
from hydrology.solver.work import Numbers

if config.ENABLE_CUDASIM:
    from numba.cuda.simulator.kernel import _get_kernel_context as simulated_kernel
    from numba.np.numpy_support import as_dtype

MARGIN = 3
"""Cells of wall around the rasters of the flow: a step looks two cells far, and one more."""


class Block(NamedTuple):
    """Cells that a block takes at a time, and its threads.

    Parameters
    ----------
    rows, columns : int
        Of a tile.
    threads : (int, int)
        Threads across, at least `columns + 3` for the rim of a tile, and down.
    """

    rows: int
    columns: int
    threads: tuple[int, int]

    @property
    def count(self):
        """Number of threads."""
        return self.threads[0] * self.threads[1]


class Scheme(NamedTuple):
    """What a scheme gives to the kernels that all share.

    Parameters
    ----------
    build_step : callable
        Of a block and of whether there are openings: shapes of three shared arrays, and the
        function of a block `step(first, second, third, old, new, bed, openings, tile, numbers)`,
        which reads the water `old`, writes `new` and returns whether the thread left any cell wet.
    discharge : function of a thread
        `discharge(water, j, i)`: discharge per width of a cell [m2 s-1].
    signal_bits : function of a thread
        `signal_bits(water, j, i, gravity)`: bits that grow with the signal speed of a cell.
    signal_speed : function of a thread
        `signal_speed(bits, gravity)`: speed that belongs to them [m s-1].
    in_cells : bool
        Whether cells carry the discharges, not faces.
    blocks : dict
        Block that suits each type, by its name: what a tile shares fits into 48 kB.
    """

    build_step: Callable
    discharge: Callable
    signal_bits: Callable
    signal_speed: Callable
    in_cells: bool
    blocks: dict


class _SimulatedShared:
    """Shared memory of a block in the simulator."""

    def array(self, shape, dtype):
        """Return the array that belongs to the line of the caller.

        The simulator's own looks for it and makes it in two steps: of two threads that ask at a
        time, each may get an array of its own. Here the one that comes first is kept.
        """
        caller = sys._getframe(1)
        line = caller.f_code.co_filename, caller.f_lineno
        made = np.empty(shape, as_dtype(dtype))
        return simulated_kernel().shared._allocations.setdefault(line, made)


class _Simulated:
    """What a thread of the simulator knows of its GPU."""

    shared = _SimulatedShared()

    def __getattr__(self, name):
        return getattr(simulated_kernel(), name)


def _as_it_is(function):
    return function


if config.ENABLE_CUDASIM:
    # The simulator puts its own `cuda` into the module of a function while one thread is in it,
    # and takes it away from all others when that thread leaves. This stand-in looks it up.
    gpu = _Simulated()
    device, kernel = _as_it_is, cuda.jit

    def wait_for_grid():
        """Wait until all blocks are here; needs a cooperative launch."""
        gpu.cg.this_grid().sync()

else:
    from numba.cuda.cg import _grid_group_sync, _this_grid

    gpu = cuda
    """What a thread knows of the GPU: `numba.cuda`, or what stands for it in the simulator."""

    device = cuda.jit(device=True, inline="always")
    """Decorator of a function of a thread, inlined where it is called."""

    kernel = cuda.jit(max_registers=128)
    """Decorator of a kernel: two blocks of 256 threads on a multiprocessor of 65,536."""

    @device
    def wait_for_grid():
        """Wait until all blocks are here; needs a cooperative launch."""
        _grid_group_sync(_this_grid())


@device
def own_number():
    """Return the number of a thread in its block."""
    return gpu.threadIdx.y * gpu.blockDim.x + gpu.threadIdx.x


@device
def any_wet_around(wet, tile, across):
    """Whether a tile or one of the eight around it holds water, asked by all threads of a block.

    Parameters
    ----------
    wet : (tiles,) int8 array
        Not zero where a tile holds water; row by row.
    tile, across : int
        Which tile; tiles in a row of them.
    """
    thread, found = own_number(), 0
    if thread < 9:
        row, column = tile // across + thread // 3 - 1, tile % across + thread % 3 - 1
        if 0 <= row < wet.size // across and 0 <= column < across:
            found = wet[row * across + column]
    return gpu.syncthreads_or(np.int32(found)) != 0


@device
def largest_of_block(scratch, value):
    """Largest value of all threads of a block; all of them have to call this.

    Parameters
    ----------
    scratch : (threads,) shared array
        Overwritten.
    value : float
        That of the thread.
    """
    count, thread = gpu.blockDim.x * gpu.blockDim.y, own_number()
    gpu.syncthreads()
    scratch[thread] = value
    gpu.syncthreads()
    while count > 1:
        half = (count + 1) // 2
        if thread < count - half:
            scratch[thread] = max(scratch[thread], scratch[thread + half])
        gpu.syncthreads()
        count = half
    return scratch[0]


@device
def sum_of_block(scratch, value):
    """Sum over all threads of a block, in an order that is always the same.

    Parameters
    ----------
    scratch : (threads,) shared array
        Overwritten.
    value : float
        That of the thread.
    """
    count, thread = gpu.blockDim.x * gpu.blockDim.y, own_number()
    gpu.syncthreads()
    scratch[thread] = value
    gpu.syncthreads()
    while count > 1:
        half = (count + 1) // 2
        if thread < count - half:
            scratch[thread] += scratch[thread + half]
        gpu.syncthreads()
        count = half
    return scratch[0]


def cut_for_blocks(shape, block):
    """Top, bottom, left and right of each tile, row by row, and the tiles in a row.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the raster.
    block : Block
        Rows and columns of a tile.
    """
    tiles = [
        (top, min(top + block.rows, shape[0]), left, min(left + block.columns, shape[1]))
        for top in range(0, shape[0], block.rows)
        for left in range(0, shape[1], block.columns)
    ]
    return np.array(tiles, np.int32), -(-shape[1] // block.columns)


def raster(real, dimensions=2):
    """Numba type of a raster."""
    return types.Array(real, dimensions, "C")


def bed_type(real):
    """Numba type of `Bed`."""
    return types.NamedUniTuple(raster(real), len(Bed._fields), Bed)


def openings_type(real):
    """Numba type of `Openings`."""
    return types.NamedUniTuple(raster(real), len(Openings._fields), Openings)


def numbers_type(real):
    """Numba type of `Numbers`."""
    return types.NamedUniTuple(real, len(Numbers._fields), Numbers)
