"""A city on larger cells: for long forecasts and small machines, and always said in the product."""

import math

import numpy as np
import xarray as xr

from twin.errors import InputError
from twin.fields import describe
from twin.grid import Grid

FINE_HOURS = 6.0
"""A forecast up to this long runs on the city's own cells [h]."""


def cells_to_join(hours):
    """How many cells on an edge a forecast takes as one, so that it costs what `FINE_HOURS` cost.

    Parameters
    ----------
    hours : float
        Horizon [h].

    Returns
    -------
    int
        1 up to `FINE_HOURS`, 2 up to 48 h: on cells n times as large an hour takes about an n^3-th
        of the time (n^2 fewer cells, n times longer steps).
    """
    return max(1, math.ceil(round((hours / FINE_HOURS) ** (1 / 3), 6)))


def coarsen_terrain(terrain, factor):
    """Terrain on cells larger by a whole factor.

    Parameters
    ----------
    terrain : xarray.Dataset
        Terrain fields over (y, x).
    factor : int
        Cells on an edge that become one; 1 gives the terrain itself.

    Returns
    -------
    xarray.Dataset
        Means of the fields over each block; cells outside of the city do not count.

    Raises
    ------
    InputError
        The factor is no whole number from 1 on, or leaves fewer than 2 x 2 cells.

    Notes
    -----
    Streets narrower than two coarse cells lose depth and way; a run on twice the cell takes about
    an eighth of the time. `coarse_note` is what a product then has to say.
    """
    fine = Grid.of(terrain)
    if factor != int(factor) or factor < 1 or min(fine.shape) < 2 * factor:
        raise InputError(
            f"cells of {fine.ny} x {fine.nx} larger by {factor!r}, expected a whole number from 1 "
            f"to {min(fine.shape) // 2}"
        )
    if factor == 1:
        return terrain
    grid = Grid(
        fine.x0, fine.y0, fine.cell_size * factor, -(-fine.nx // factor), -(-fine.ny // factor),
        fine.crs,
    )  # fmt: skip
    spare = ((0, grid.ny * factor - fine.ny), (0, grid.nx * factor - fine.nx))
    fields = {}
    for name in terrain.data_vars:
        padded = np.pad(terrain[name].values.astype(float), spare, constant_values=np.nan)
        blocks = padded.reshape(grid.ny, factor, grid.nx, factor)
        count = np.isfinite(blocks).sum(axis=(1, 3))
        total = np.nansum(blocks, axis=(1, 3))
        mean = np.divide(total, count, out=np.full(grid.shape, np.nan), where=count > 0)
        fields[name] = (("y", "x"), mean.astype(np.float32))
    return describe(xr.Dataset(fields, grid.coords(), terrain.attrs))


def coarse_note(terrain, coarse):
    """What a product on coarser cells says of itself; empty where they are the city's own."""
    own, used = Grid.of(terrain).cell_size, Grid.of(coarse).cell_size
    return () if own == used else (f"model: cells of {used:g} m for those of {own:g} m",)
