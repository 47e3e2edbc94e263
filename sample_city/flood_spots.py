"""Known flood-prone spots: the low points of streets, found from the terrain alone."""

import geopandas
import numba
import numpy as np
import pandas as pd
import shapely
from scipy.ndimage import find_objects, label
from scipy.spatial import cKDTree

from sample_city.districts import district_names
from sample_city.plan import CRS
from sample_city.terrain import survey

LEAST_DEPTH = 0.10
"""Water must rise by this much before it leaves a spot [m]."""
_RANK_DEPTH = 0.6
_APART = {"small": 45.0, "district": 80.0, "metro": 120.0}
_MARGIN = 48  # cells around a tile of which the hollows in the tile may be part


def make_flood_spots(plan, roads, division, districts, progress=None):
    """The deepest low points of streets, a distance apart.

    Parameters
    ----------
    plan : Plan
    roads : geopandas.GeoDataFrame
        As `make_roads` gives them; spots are named after the nearest.
    division, districts
        As `divide` and `make_districts` give them.
    progress : callable, optional
        Called with the tiles done and all tiles.

    Returns
    -------
    geopandas.GeoDataFrame
        spot_id, name, district, ground [m], hollow: how far water rises before it leaves [m].
    """
    found, windows = [], list(tiles_of(plan))
    for done, window in enumerate(windows):
        found.append(_low_points(plan, *window))
        if progress is not None:
            progress(done + 1, len(windows))
    x, y, ground, hollow = np.concatenate(found).T
    order = np.lexsort((x, y, -hollow))
    chosen = order[_apart(x[order], y[order], _APART[plan.size.name], plan.size.flood_spots)]
    x, y = x[chosen], y[chosen]
    points = shapely.points(plan.absolute(x, y))
    nearest = roads.sindex.nearest(points, return_all=False)[1]
    road = roads.iloc[nearest]
    title = np.where(road["is_underpass"], " Underpass", "")
    return geopandas.GeoDataFrame(
        {
            "spot_id": [f"F{n + 1:04d}" for n in range(len(chosen))],
            "name": _distinct(road["name"].to_numpy() + title),
            "district": district_names(plan, division, districts, x, y),
            "ground": np.round(ground[chosen], 3),
            "hollow": np.round(hollow[chosen], 3),
        },
        geometry=points,
        crs=CRS,
    )


def tiles_of(plan):
    """Windows that cover a city, as (row, column, ny, nx)."""
    cells, tile = plan.size.cells, plan.size.tile
    for row in range(0, cells, tile):
        for column in range(0, cells, tile):
            yield row, column, min(tile, cells - row), min(tile, cells - column)


def low_points(elevation, wanted, depth):
    """Cells from which water rises by `depth` before it finds a way lower.

    Parameters
    ----------
    elevation : ndarray
        Ground level, shape (ny, nx) [m].
    wanted : ndarray of bool
        Where to look, shape (ny, nx).
    depth : float
        Least rise [m].

    Returns
    -------
    ndarray
        Row and column of the lowest cell of each hollow, shape (n, 2).

    Notes
    -----
    Morphological reconstruction (Vincent, 1993, IEEE Trans. Image Process. 2, 176-201):
    minima of less than `depth` vanish when the ground is filled from `depth` above itself.
    """
    filled = _fill(elevation, elevation + depth)
    hollows, _ = label(filled - elevation >= depth - 1e-9, structure=np.ones((3, 3)))
    cells = []
    for number, part in enumerate(find_objects(hollows), start=1):
        inside = hollows[part] == number
        lowest = np.where(inside, elevation[part], np.inf)
        row, column = np.unravel_index(int(np.argmin(lowest)), lowest.shape)
        row, column = row + part[0].start, column + part[1].start
        if wanted[row, column]:
            cells.append((row, column))
    return np.array(cells, dtype=np.int64).reshape(-1, 2)


def _low_points(plan, row, column, ny, nx):
    """Low points of streets in a tile: x, y, ground and hollow, shape (n, 4) [m]."""
    cells = plan.size.cells
    top, left = max(0, row - _MARGIN), max(0, column - _MARGIN)
    bottom, right = min(cells, row + ny + _MARGIN), min(cells, column + nx + _MARGIN)
    x, y = plan.centres(top, left, bottom - top, right - left)
    seen = survey(plan, x, y)
    if not seen["street"].any():
        return np.empty((0, 4))
    elevation = seen["elevation"]
    wanted = np.zeros(elevation.shape, dtype=bool)
    # A hollow at the very edge may go on beyond it.
    inner = slice(max(row, 2) - top, min(row + ny, cells - 2) - top)
    across = slice(max(column, 2) - left, min(column + nx, cells - 2) - left)
    wanted[inner, across] = seen["street"][inner, across]
    i, j = low_points(elevation, wanted, LEAST_DEPTH).T
    hollow = _fill(elevation, elevation + _RANK_DEPTH)[i, j] - elevation[i, j]
    return np.column_stack([x[0, j], y[i, 0], elevation[i, j], hollow])


@numba.njit(cache=True)
def _fill(ground, start):
    """Lower `start` onto `ground` as far as lower neighbours allow, by sweeps from all corners."""
    level = start.copy()
    ny, nx = ground.shape
    changed = True
    while changed:
        changed = False
        for sweep in range(4):
            for a in range(ny):
                i = a if sweep < 2 else ny - 1 - a
                for b in range(nx):
                    j = b if sweep % 2 == 0 else nx - 1 - b
                    if level[i, j] == ground[i, j]:
                        continue
                    lowest = level[i, j]
                    for di in range(-1, 2):
                        for dj in range(-1, 2):
                            if 0 <= i + di < ny and 0 <= j + dj < nx:
                                lowest = min(lowest, level[i + di, j + dj])
                    new = max(ground[i, j], lowest)
                    if new < level[i, j]:
                        level[i, j] = new
                        changed = True
    return level


def _apart(x, y, distance, count):
    """Positions of the first `count` points that are a distance from all chosen before."""
    tree = cKDTree(np.column_stack([x, y]))
    free = np.ones(x.size, dtype=bool)
    chosen = []
    for index in range(x.size):
        if len(chosen) == count:
            break
        if free[index]:
            chosen.append(index)
            free[tree.query_ball_point((x[index], y[index]), distance)] = False
    return np.array(chosen, dtype=np.int64)


def _distinct(names):
    """Names with a number where one comes again."""
    turn = pd.Series(names).groupby(names).cumcount()
    return [name if n == 0 else f"{name} ({n + 1})" for name, n in zip(names, turn, strict=True)]
