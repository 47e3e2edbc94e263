"""The site as a planner sees it: ground, river and room at each block and street."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sample_city.noise import fractal_noise, smoothstep, unit
from sample_city.relief import natural_ground
from sample_city.river import LEVEE_ROAD, River
from sample_city.sizes import Size
from sample_city.streets import Streets

_REACH = 60.0  # so far beyond the edge of the city the plan goes on [m]


@dataclass(frozen=True)
class Look:
    """What is at points: arrays of one shape.

    Parameters
    ----------
    x, y : ndarray
        Coordinates from the south-western corner [m].
    ground : ndarray
        Natural ground [m].
    behind : ndarray
        Distance behind the levee road, negative towards the river [m].
    inside : ndarray of bool
        Whether it is in the city or just beside it.
    """

    x: np.ndarray
    y: np.ndarray
    ground: np.ndarray
    behind: np.ndarray
    inside: np.ndarray


@dataclass(frozen=True)
class Site:
    """The site of a city, looked at where its blocks and streets may come."""

    size: Size
    seed: int
    river: River
    streets: Streets

    @cached_property
    def in_blocks(self):
        """Look at the middles of all blocks, shape (columns - 1, rows - 1)."""
        return self._look(_middles(self.streets.columns)[:, None], _middles(self.streets.rows))

    @cached_property
    def on_columns(self):
        """Look at the middles of column streets, shape (columns, rows - 1)."""
        return self._look(self.streets.columns.position[:, None], _middles(self.streets.rows))

    @cached_property
    def on_rows(self):
        """Look at the middles of row streets, shape (columns - 1, rows)."""
        return self._look(_middles(self.streets.columns)[:, None], self.streets.rows.position)

    @cached_property
    def at_junctions(self):
        """Look at where columns and rows meet, shape (columns, rows)."""
        return self._look(self.streets.columns.position[:, None], self.streets.rows.position)

    @cached_property
    def rail_rows(self):
        """Which rows of blocks a railway runs through, shape (rows - 1,)."""
        lower, upper = self.streets.rows.position[:-1], self.streets.rows.position[1:]
        return np.any([(lower < rail) & (rail < upper) for rail in self.streets.rails], axis=0)

    @cached_property
    def density(self):
        """Density of settlement in each block, 0 to 1: towns, a centre, less on slopes."""
        look, edge = self.in_blocks, self.size.edge
        general, uneven, central = self.size.settled
        wavelength = max(0.07 * edge, 400.0)
        towns = fractal_noise(self.seed, "settlement", wavelength, look.x, look.y, octaves=3)
        wanted = general + uneven * towns + central * self.centrality(0.12)
        limit = self.size.street_limit
        slope = 1.0 - smoothstep(0.3 * limit, limit, look.ground)
        return np.where(look.behind > 22.0, slope * wanted, 0.0)

    def centrality(self, spread):
        """How central each block is: one in the centre, falling over the root of `spread`."""
        x, y = self.in_blocks.x / self.size.edge, self.in_blocks.y / self.size.edge
        return np.exp(-((x - 0.45) ** 2 + (y - 0.5) ** 2) / spread)

    def dice(self, channel, like):
        """Numbers in [0, 1) for each element of a matrix over the street net."""
        columns, rows = np.indices(like.shape)
        return unit(self.seed, channel, columns, rows)

    def _look(self, p, q):
        p, q = np.broadcast_arrays(p, q)
        x, y = self.streets.to_ground(p, q)
        distance = self.river.distance(x, y)
        edge = self.size.edge
        inside = (x > -_REACH) & (x < edge + _REACH) & (y > -_REACH) & (y < edge + _REACH)
        return Look(
            x,
            y,
            natural_ground(self.size, self.seed, x, y, distance),
            np.abs(distance) - self.river.corridor(x) - LEVEE_ROAD,
            inside,
        )


def _middles(lines):
    return 0.5 * (lines.position[1:] + lines.position[:-1])
