"""Terrain out of a city model: its own relief, else what its houses stand on."""

import numpy as np
import shapely
from rasterio.features import rasterize

from twin.errors import InputError
from twin.grid import Grid
from twin.importers.elevation import check_grid, finish_terrain
from twin.importers.layer_count import LayerCount
from twin.importers.triangles import rasterise_triangles

GUESSED = "terrain_from_building_bases"
"""The reason in the count of a terrain that no one measured."""
CELL_SIZE = 1.0
"""Edge of a cell of a terrain out of triangles, where none is asked for [m]."""
MARGIN = 20.0
"""Ground around the houses where these are all that is known of it [m]."""

_CELL_SIZES = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0)
_FARTHEST = 5000.0  # metres: between houses farther apart nobody knows the ground
_WIDEST = 500e3  # metres: more ground has no city
_MANY_CELLS = 10_000_000  # a terrain that is only guessed needs no more
_MANY_CORNERS = 400_000  # of houses that the triangles of a guess are drawn between


def terrain_of_model(triangles, rows, target, cell_size, what):
    """A terrain of the ground in a city model.

    Parameters
    ----------
    triangles : numpy.ndarray
        Ground of the model, shape (n, 3, 3) [m]; empty where it has none.
    rows : list of tuple
        Houses as `twin.model.footprints.COLUMNS`.
    target : str
        Reference system of the city.
    cell_size : float or None
        Edge of a cell [m].
    what : str or pathlib.Path
        The file, for messages.

    Returns
    -------
    tuple of (Grid, numpy.ndarray, LayerCount)
        The grid; elevation, float32 (y, x) [m], NaN outside of the city; what was done.

    Raises
    ------
    InputError
        There is neither ground nor a house, the ground is wider than a city, or the houses lie so
        far apart that the ground between them cannot be guessed.

    Notes
    -----
    Without ground in the model, the terrain runs straight from the base of each house to the
    next (Delaunay triangles), and level beyond the last ones. It knows no street and no bank: a
    measured terrain is better for a flood.
    """
    count = LayerCount("terrain")
    guessed = not len(triangles)
    if guessed:
        triangles = _between_houses(rows, what)
        size = cell_size or _fitting_size(triangles)
        count.note(GUESSED, 1)
    else:
        size = CELL_SIZE if cell_size is None else cell_size
    grid = _grid(triangles, size, target, what)
    elevation = rasterise_triangles(triangles, grid)
    if guessed:
        _lay_under_houses(rows, grid, elevation)
    return grid, finish_terrain(elevation, what, count), count


def _grid(triangles, size, target, what):
    west, south = triangles[:, :, :2].min(axis=(0, 1))
    east, north = triangles[:, :, :2].max(axis=(0, 1))
    if max(east - west, north - south) > _WIDEST:
        raise InputError(
            f"{what} and what came with it cover {(east - west) / 1000:,.0f} x "
            f"{(north - south) / 1000:,.0f} km, expected a city: a corner or a model lies far off; "
            "check the CRS of each"
        )
    x0, y0 = np.floor(west / size) * size, np.ceil(north / size) * size
    nx, ny = np.ceil((east - x0) / size), np.ceil((y0 - south) / size)
    grid = Grid(float(x0), float(y0), float(size), int(max(nx, 1)), int(max(ny, 1)), target)
    return check_grid(grid, str(what))


def _fitting_size(triangles):
    """The finest usual cell that does not make a guess absurdly large."""
    width, height = np.ptp(triangles[:, :, :2], axis=(0, 1))
    fits = (size for size in _CELL_SIZES if width * height / size**2 <= _MANY_CELLS)
    return next(fits, _CELL_SIZES[-1])


def _lay_under_houses(rows, grid, elevation):
    """Set the cells that a house touches to its base: large cells would else cut a slope."""
    houses = [(row[5], row[2]) for row in rows if row[2] is not None and row[5] is not None]
    size = {"out_shape": grid.shape, "transform": grid.transform}
    bases = rasterize(houses, fill=np.nan, all_touched=True, dtype="float32", **size)
    known = np.isfinite(bases)
    elevation[known] = bases[known]


def _between_houses(rows, what):
    """Triangles between the bases of houses and a frame around them, shape (n, 3, 3) [m]."""
    from scipy.spatial import Delaunay, KDTree

    houses = [row for row in rows if row[2] is not None and row[5] is not None]
    if not houses:
        raise InputError(
            f"{what} has neither terrain nor buildings, expected some; name a terrain with --dem"
        )
    outlines = np.array([row[5] for row in houses], dtype=object)
    corners, owner = shapely.get_coordinates(outlines, return_index=True)
    _check_together(corners, what)
    bases = np.array([row[2] for row in houses])[owner]
    west, south = corners.min(axis=0) - MARGIN
    east, north = corners.max(axis=0) + MARGIN
    frame = np.array([(west, south), (east, south), (east, north), (west, north)])
    corners, bases = _thinned(corners, bases)
    _, nearest = KDTree(corners).query(frame)
    plan = np.vstack([corners, frame])
    points = np.column_stack([plan, np.concatenate([bases, bases[nearest]])])
    return points[Delaunay(plan - plan[0]).simplices]


def _thinned(corners, bases):
    """One corner in each square of a lattice, where there are so many that they fill memory.

    Triangles between a million houses need 7 GB; the cells under houses get their bases anyway.
    """
    if len(corners) <= _MANY_CORNERS:
        return corners, bases
    width, height = np.ptp(corners, axis=0)
    across = max(int(np.sqrt(_MANY_CORNERS * width / max(height, 1.0))), 1)
    up = max(_MANY_CORNERS // across, 1)
    place = (corners - corners.min(axis=0)) / (width or 1.0, height or 1.0)
    column, row = (place * (across, up) * (1 - 1e-9)).astype(int).T
    _, kept = np.unique(column * up + row, return_index=True)
    return corners[kept], bases[kept]


def _check_together(corners, what):
    """Refuse houses with a wide empty strip between them."""
    for axis, name in enumerate(("x", "y")):
        places = np.sort(corners[:, axis])
        gaps = np.diff(places)
        if gaps.size and gaps.max() > _FARTHEST:
            at = int(gaps.argmax())
            raise InputError(
                f"{what} has no terrain, and no house from {name} {places[at]:.0f} to "
                f"{places[at + 1]:.0f}: {gaps[at] / 1000:,.0f} km, expected houses at most "
                f"{_FARTHEST / 1000:g} km apart to guess the ground between them; name a terrain "
                "with --dem or take the far houses out"
            )
