"""A few cells of the GPU, to and from the host: for structures, and to look at a tile."""

from dataclasses import replace

import numpy as np
from numba import types

from hydrology.solver.cuda_boundary import mark
from hydrology.solver.cuda_grid import MARGIN, gpu, kernel, own_number, raster


@kernel
def gather(water, cells, values):
    """Read the water of some cells.

    Parameters
    ----------
    water : (4, rows, columns) array
        Depth [m], two discharges [m2 s-1], owed depth [m], padded.
    cells : (n, 2) int array
        Row and column of each.
    values : (4, n) array
        Filled.
    """
    first = gpu.blockIdx.x * gpu.blockDim.x * gpu.blockDim.y + own_number()
    for k in range(first, cells.shape[0], gpu.gridDim.x * gpu.blockDim.x * gpu.blockDim.y):
        for field in range(4):
            values[field, k] = water[field, cells[k, 0] + MARGIN, cells[k, 1] + MARGIN]


def build_scatter(block):
    """Kernel that writes the depth of some cells and what rounding owes it.

    Parameters
    ----------
    block : Block
        Size of a tile and its threads.

    Returns
    -------
    kernel
        `scatter(water, wet, is_blank, across, cells, values)`: no cell comes twice; the marks of
        their tiles are updated.
    """
    size = (block.rows, block.columns)

    @kernel
    def scatter(water, wet, is_blank, across, cells, values):
        first = gpu.blockIdx.x * gpu.blockDim.x * gpu.blockDim.y + own_number()
        for k in range(first, cells.shape[0], gpu.gridDim.x * gpu.blockDim.x * gpu.blockDim.y):
            j, i = cells[k, 0], cells[k, 1]
            water[0, j + MARGIN, i + MARGIN] = values[0, k]
            water[3, j + MARGIN, i + MARGIN] = values[3, k]
            mark(wet, is_blank, size, across, j, i)

    return scatter


def gather_type(real):
    """Numba type of `gather`, for a Numba type of floats."""
    return types.void(raster(real, 3), types.int32[:, ::1], raster(real))


def scatter_type(real):
    """Numba type of `scatter`, for a Numba type of floats."""
    flags = types.int8[::1]
    return types.void(raster(real, 3), flags, flags, types.int64, types.int32[:, ::1], raster(real))


def in_one_row(structures):
    """The cells that structures link, and the same structures on a row of these cells alone.

    Parameters
    ----------
    structures : StructureTable
        With `cells` in the padded arrays of the host.

    Returns
    -------
    cells : (n, 2) int32 array
        Row and column of each cell that is linked, once.
    structures : StructureTable
        Its cells are places in the list of `cells`, in row 0.
    """
    pairs = structures.cells.reshape(-1, 2)
    cells, place = np.unique(pairs, axis=0, return_inverse=True)
    places = np.zeros_like(pairs)
    places[:, 1] = place.ravel()
    return cells.astype(np.int32), replace(structures, cells=places.reshape(-1, 4))
