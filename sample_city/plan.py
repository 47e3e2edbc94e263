"""The plan of a city: everything that its terrain and its layers are drawn from."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sample_city.blocks import make_blocks
from sample_city.noise import unit
from sample_city.river import LEVEE_ROAD, River
from sample_city.sizes import Size, size_of
from sample_city.streets import Streets, make_streets
from sample_city.uses import POND
from twin.errors import InputError
from twin.grid import Grid

CRS = "EPSG:3826"
"""TWD97 / TM2 zone 121, the projected system of Taiwan."""
SOUTH_WEST = (164000.0, 2612000.0)
"""South-western corner of every sample city; no such city stands there [m]."""
POND_DEPTH = 2.6
"""Depth of a detention pond under its rim [m]."""

_SUNK_SHARE = 0.08  # of all streets


@dataclass(frozen=True)
class Plan:
    """A city before it is drawn; the same for the same size and seed."""

    size: Size
    seed: int
    grid: Grid
    river: River
    streets: Streets

    @cached_property
    def blocks(self):
        """Uses of the blocks and the streets between them; made when asked for."""
        return make_blocks(self.size, self.seed, self.river, self.streets)

    def centres(self, row, column, ny, nx):
        """Cell centres of a window from the south-western corner, (1, nx) and (ny, 1) [m]."""
        cell = self.size.cell_size
        x = (np.arange(column, column + nx) + 0.5) * cell
        y = (self.size.cells - np.arange(row, row + ny) - 0.5) * cell
        return x[None, :], y[:, None]

    def absolute(self, x, y):
        """Coordinates in the CRS of the city, shape (..., 2) [m]."""
        return np.stack([np.asarray(x) + SOUTH_WEST[0], np.asarray(y) + SOUTH_WEST[1]], axis=-1)

    @cached_property
    def ponds(self):
        """Detention ponds as (west, south, east, north) in street coordinates, (n, 4) [m]."""
        k, m = np.nonzero(self.blocks.use == POND)
        columns, rows = self.streets.columns, self.streets.rows
        west = columns.position[k] + columns.half_width[k]
        east = columns.position[k + 1] - columns.half_width[k + 1]
        south = rows.position[m] + rows.half_width[m]
        north = rows.position[m + 1] - rows.half_width[m + 1]
        rim = 4.0
        return np.column_stack([west + rim, south + rim, east - rim, north - rim])

    @cached_property
    def pond_number(self):
        """Number of the pond in each block, -1 without one, shape (k, l)."""
        number = np.full(self.blocks.use.shape, -1)
        number[self.blocks.use == POND] = np.arange(len(self.ponds))
        return number

    @cached_property
    def pond_levels(self):
        """Water level in each pond at the start, (n,) [m]."""
        from sample_city.terrain import natural_level

        middle = self.ponds.reshape(-1, 2, 2).mean(axis=1)
        x, y = self.streets.to_ground(middle[:, 0], middle[:, 1])
        return natural_level(self, x, y) - POND_DEPTH + 0.8

    @cached_property
    def sags(self):
        """How far streets have sunk in their middle: columns (k, l), rows (k, l) [m].

        Soft ground settles under some side streets, more than the kerb is high.
        """
        tables = []
        for channel, streets in (
            ("column", self.blocks.column_street),
            ("row", self.blocks.row_street),
        ):
            k, m = np.indices(streets.shape)
            sunk = self.dice(f"sunk {channel}", k, m) < _SUNK_SHARE
            depth = 0.2 + 0.25 * self.dice(f"sag {channel}", k, m)
            tables.append(np.where(sunk & streets, depth, 0.0))
        return tuple(tables)

    def behind_levee(self, p, q):
        """Distance behind the levee road, negative towards the river, in street coordinates."""
        x, y = self.streets.to_ground(p, q)
        return np.abs(self.river.distance(x, y)) - self.river.corridor(x) - LEVEE_ROAD

    def meet_levee(self, p, landward, riverward):
        """Where columns at p meet the levee road, between two rows, by bisection (n,) [m]."""
        for _ in range(24):
            middle = 0.5 * (landward + riverward)
            behind = self.behind_levee(p, middle) > 0
            landward = np.where(behind, middle, landward)
            riverward = np.where(behind, riverward, middle)
        return 0.5 * (landward + riverward)

    def dice(self, channel, *indices):
        """Numbers in [0, 1) that belong to this city; see `noise.unit`."""
        return unit(self.seed, channel, *indices)


def make_plan(size="small", seed=1):
    """Plan of a sample city.

    Parameters
    ----------
    size : str
        ``"small"``, ``"district"`` or ``"metro"``.
    seed : int
        Another seed gives another city.

    Returns
    -------
    Plan

    Raises
    ------
    InputError
        There is no such size, or the seed is no whole number from 0 on.
    """
    size = size_of(size)
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**31:
        raise InputError(
            f"seed {seed!r}, expected a whole number from 0 to {2**31 - 1}; choose another"
        )
    grid = Grid(
        SOUTH_WEST[0],
        SOUTH_WEST[1] + size.edge,
        size.cell_size,
        size.cells,
        size.cells,
        CRS,
    )
    return Plan(size, seed, grid, River(size, seed), make_streets(size, seed))
