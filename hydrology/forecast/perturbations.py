"""What is not known of a city, member by member: factors on rain, roughness, losses and drains."""

import math
from dataclasses import dataclass

import numpy as np

from hydrology.forecast.parameter_sets import FACTORS, TERRAIN_FIELDS
from hydrology.rainfall.ensemble import CONTROL
from twin.grid import Grid

SPREAD = {"rainfall": 0.3, "roughness": 0.15, "losses": 0.3, "drain_capacity": 0.5}
"""Standard deviation of the logarithm of each factor before anything was observed."""

CORRELATION = {"rainfall": 3000.0, "roughness": 1000.0, "losses": 2000.0, "drain_capacity": 700.0}
"""Distance over which the logarithm of each factor falls to a correlation of 1/e [m]."""

SPACING = 500.0
"""Distance between the points at which the factors are drawn [m]; never more than `MOST_POINTS`."""

MOST_POINTS = 1024


@dataclass(frozen=True)
class Factors:
    """Logarithms of the factors of all members at points over the city, bilinear between them.

    Attributes
    ----------
    x, y : (nx,), (ny,) arrays
        Columns of points west to east and rows north to south [m].
    logs : dict of (member, ny, nx) arrays
        Name in `hydrology.forecast.parameter_sets.FACTORS` -> natural logarithm of the factor.
    """

    x: np.ndarray
    y: np.ndarray
    logs: dict

    @property
    def count(self):
        """Members."""
        return len(next(iter(self.logs.values())))

    @property
    def points(self):
        """Coordinates of the points, row by row, shape (ny nx, 2) [m]."""
        x, y = np.meshgrid(self.x, self.y)
        return np.column_stack((x.ravel(), y.ravel()))

    def field(self, name, member, grid):
        """Factor of a member on a grid, shape (ny, nx), within what is believed of it [1]."""
        across = _weights(grid.x, self.x)
        down = _weights(-grid.y, -self.y)
        least, most = FACTORS[name]
        log = down @ self.logs[name][member] @ across.T
        return np.clip(np.exp(log), least, most).astype(np.float32)

    def perturb_terrain(self, terrain, member):
        """The same terrain with a member's roughness, losses and drains (xarray.Dataset)."""
        grid, changed = Grid.of(terrain), {}
        for name, target in TERRAIN_FIELDS.items():
            if target in terrain and self.logs[name][member].any():
                values = terrain[target].values * self.field(name, member, grid)
                changed[target] = terrain[target].copy(data=values.astype(np.float32))
        return terrain.assign(changed) if changed else terrain

    def perturb_rain(self, rainfall, member, weight=None):
        """The same rain with a member's factor.

        Parameters
        ----------
        rainfall : xarray.Dataset
            ``rainfall_rate`` (time, y, x) [m s-1].
        member : int
        weight : (time,) array, optional
            Share of the factor's logarithm that each interval gets, 0 to 1; default all of it.

        Returns
        -------
        xarray.Dataset
        """
        if not self.logs["rainfall"][member].any():
            return rainfall
        rate = rainfall["rainfall_rate"]
        factor = self.field("rainfall", member, Grid.of(rainfall))[None]
        if weight is not None:
            factor = factor ** np.asarray(weight, np.float32)[:, None, None]
        return rainfall.assign(rainfall_rate=rate.copy(data=rate.values * factor))

    def summary(self):
        """Median over the points of the members' mean factor, and their spread, by name."""
        return {
            name: {
                "factor": float(np.exp(np.median(logs.mean(axis=0)))),
                "spread": float(np.median(logs.std(axis=0, ddof=1))) if len(logs) > 1 else 0.0,
            }
            for name, logs in self.logs.items()
        }


def draw_factors(grid, count, seed, spread=None):
    """Draw the factors of an ensemble.

    Parameters
    ----------
    grid : Grid
        Cells of the city.
    count : int
        Members; member 0 is the control, whose factors are all one.
    seed : int
        Member k is the same whatever the number of members.
    spread : dict, optional
        In the place of `SPREAD`, name by name.

    Returns
    -------
    Factors

    Notes
    -----
    Logarithms are normal with a median factor of one and an exponential correlation in space,
    drawn by the Cholesky factor of their covariance. Errors of rain estimates multiply and are
    close to lognormal (Ciach, Krajewski and Villarini, 2007, J. Hydrometeor. 8, 1325-1347); that
    the others are too, and all numbers of `SPREAD` and `CORRELATION`, are choices and not fits.
    """
    spread = SPREAD | (spread or {})
    x, y = _points(grid)
    distance = _distances(x, y)
    logs = {}
    for number, name in enumerate(FACTORS):
        covariance = np.exp(-distance / CORRELATION[name]) + 1e-9 * np.eye(len(distance))
        root = np.linalg.cholesky(covariance)
        drawn = np.zeros((count, len(y), len(x)))
        for member in range(count):
            if member != CONTROL:
                dice = np.random.default_rng([seed, member, number, 4]).standard_normal(len(root))
                drawn[member] = spread[name] * (root @ dice).reshape(len(y), len(x))
        logs[name] = drawn
    return Factors(x, y, logs)


def _points(grid):
    """Columns and rows of points that span the city, at least two of each [m]."""
    west, south, east, north = grid.bounds
    area = (east - west) * (north - south)
    spacing = max(SPACING, math.sqrt(area / MOST_POINTS))
    columns = max(2, round((east - west) / spacing) + 1)
    rows = max(2, round((north - south) / spacing) + 1)
    return np.linspace(west, east, columns), np.linspace(north, south, rows)


def _distances(x, y):
    x, y = np.meshgrid(x, y)
    x, y = x.ravel(), y.ravel()
    return np.hypot(x[:, None] - x, y[:, None] - y)


def _weights(at, points):
    """Weights of increasing points in linear interpolation, shape (n, points)."""
    place = np.clip(np.searchsorted(points, at) - 1, 0, len(points) - 2)
    share = np.clip((at - points[place]) / (points[place + 1] - points[place]), 0.0, 1.0)
    weights = np.zeros((len(at), len(points)))
    weights[np.arange(len(at)), place] = 1.0 - share
    weights[np.arange(len(at)), place + 1] = share
    return weights
