"""The water of a run over time on the small grid of `tiles.terrain.surface`, for a shader."""

import numpy as np

from tiles.terrain.surface import OUTSIDE

_MILLIMETRES = 1000.0
_NOT_KNOWN = -1.0
_DUST = 1e-6
"""Share of a cell by which edges that should meet may miss each other."""


def depth_grid(depth, cells, surface):
    """Largest depth in each block of a surface.

    Parameters
    ----------
    depth : (ny, nx) array
        Depth of the water [m], NaN outside of the city.
    cells : twin.grid.Grid
        Where those depths lie; in the reference system of the surface, of any cell size.
    surface : twin.grid.Grid
        The blocks.

    Returns
    -------
    numpy.ndarray
        uint16 little endian [mm], shape of the surface: 0 is dry, `tiles.terrain.surface.OUTSIDE`
        is outside; what is deeper than 65.534 m counts as that.

    Notes
    -----
    The largest and not the mean, so that a street under water is not lost between houses.
    """
    size = surface.cell_size / cells.cell_size
    rows = _ranges((cells.y0 - surface.y0) / cells.cell_size, size, surface.ny, cells.ny)
    columns = _ranges((surface.x0 - cells.x0) / cells.cell_size, size, surface.nx, cells.nx)
    known = np.where(np.isfinite(depth), depth, _NOT_KNOWN).astype("float32")
    known = np.pad(known, 1, constant_values=_NOT_KNOWN)
    largest = np.maximum.reduceat(known, rows, axis=0)[::2]
    largest = np.maximum.reduceat(largest, columns, axis=1)[:, ::2]
    millimetres = np.rint(np.clip(largest * _MILLIMETRES, 0, OUTSIDE - 1))
    return np.where(largest == _NOT_KNOWN, OUTSIDE, millimetres).astype("<u2")


def _ranges(first, size, blocks, count):
    """First cell and end of each block along a side, in turn, for cells with one more around.

    Parameters
    ----------
    first, size : float
        Where the first block begins, and how long a block is [cells].
    blocks, count : int
        How many blocks and cells there are.
    """
    edges = first + size * np.arange(blocks + 1)
    starts = np.floor(edges[:-1] + _DUST).astype(int)
    ends = np.maximum(np.ceil(edges[1:] - _DUST).astype(int), starts + 1)
    pairs = np.stack([np.clip(starts, -1, count), np.clip(ends, 0, count)], axis=1)
    return pairs.reshape(-1) + 1
