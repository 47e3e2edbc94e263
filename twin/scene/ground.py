"""Ground and water of a picture: terrain as a mesh with an image on it, water as flat cells."""

from dataclasses import dataclass

import numpy as np

from twin.grid import Grid

MOST_CELLS = 700  # along a side of the terrain in a picture
_IMAGE = 1600  # pixels of the image on the ground, along the longer side
_OPEN, _SEALED = np.array([66, 78, 66.0]), np.array([74, 77, 80.0])
_ROAD, _STANDING = (108, 110, 112), (42, 66, 82)
_HILL = 0.35  # how much lighter the highest ground is than the lowest
_STANDING_DEPTH = 0.05
_ROAD_WIDTH = 7.0  # metres, where the layer does not say


@dataclass(frozen=True)
class Ground:
    """The terrain of a picture, coarse enough to draw.

    Parameters
    ----------
    grid : twin.grid.Grid
        Its cells, in the reference system of the city.
    elevation : numpy.ndarray
        Shape (y, x) [m]; NaN outside of the city.
    standing : numpy.ndarray of bool
        Cells with water that is always there, shape (y, x).
    block : int
        Cells of the city along a side of one of these.
    image : numpy.ndarray of uint8
        What lies on it, seen from above, shape (row, column, 3).
    """

    grid: Grid
    elevation: np.ndarray
    standing: np.ndarray
    block: int
    image: np.ndarray


def ground_of(city):
    """Terrain of a city with its streets and waters.

    Parameters
    ----------
    city : twin.city.City
        Any.

    Returns
    -------
    Ground
    """
    cells = city.grid
    block = -(-max(cells.shape) // MOST_CELLS)
    grid = Grid(
        cells.x0,
        cells.y0,
        cells.cell_size * block,
        -(-cells.nx // block),
        -(-cells.ny // block),
        cells.crs,
    )
    elevation = blocks(city.terrain["elevation"].values, block, np.nanmean)
    standing = np.zeros(grid.shape, bool)
    if "initial_depth" in city.terrain_fields:
        depth = city.terrain["initial_depth"].values
        standing = blocks(depth, block, np.nanmax) > _STANDING_DEPTH
    return Ground(grid, elevation, standing, block, _image(city, grid, elevation, standing, block))


def blocks(values, block, reduce):
    """Blocks of cells as one, those at the south and east edge with what they have.

    Parameters
    ----------
    values : (y, x) array
        NaN where nothing is known.
    block : int
        Cells along a side of a block.
    reduce : function
        Of numpy, such as ``numpy.nanmax``.

    Returns
    -------
    numpy.ndarray of float32
        NaN for a block without a value.
    """
    values = np.asarray(values, "f4")
    if block == 1:
        return values
    missing = [(0, -size % block) for size in values.shape]
    padded = np.pad(values, missing, constant_values=np.nan)
    rows, columns = (size // block for size in padded.shape)
    parts = padded.reshape(rows, block, columns, block).transpose(0, 2, 1, 3)
    parts = parts.reshape(rows, columns, -1)
    known = np.isfinite(parts).any(axis=2)
    result = np.full((rows, columns), np.nan, "f4")
    result[known] = reduce(parts[known], axis=1)
    return result


def _image(city, grid, elevation, standing, block):
    """Land cover, height, standing water and streets from above."""
    sealed = np.full(grid.shape, 0.5)
    if "imperviousness" in city.terrain_fields:
        sealed = blocks(city.terrain["imperviousness"].values, block, np.nanmean)
    colour = _OPEN + np.nan_to_num(sealed, nan=0.5)[..., None] * (_SEALED - _OPEN)
    low, high = np.nanpercentile(elevation, (2, 98))
    rise = np.clip((np.nan_to_num(elevation, nan=low) - low) / max(high - low, 1), 0, 1)
    colour *= 1 + _HILL * rise[..., None]
    colour[standing] = _STANDING
    times = max(1, _IMAGE // max(grid.shape))
    image = np.repeat(np.repeat(colour, times, axis=0), times, axis=1)
    if city.has_layer("roads"):
        image[_road_pixels(city.layer("roads"), grid, times)] = _ROAD
    return np.clip(image, 0, 255).astype("uint8")


def _road_pixels(roads, grid, times):
    """Pixels under streets, shape (row, column) of bool."""
    from rasterio.features import rasterize
    from rasterio.transform import from_origin

    size = grid.cell_size / times
    shape = grid.ny * times, grid.nx * times
    width = roads.get("width", _ROAD_WIDTH)
    strips = [s for s in roads.geometry.buffer(width / 2, cap_style="flat") if not s.is_empty]
    if not strips:
        return np.zeros(shape, bool)
    return rasterize(strips, shape, transform=from_origin(grid.x0, grid.y0, size, size)) == 1


def ground_mesh(ground):
    """Corners and squares of the terrain between the centres of its cells.

    Parameters
    ----------
    ground : Ground
        The terrain.

    Returns
    -------
    tuple of numpy.ndarray
        Points (n, 3) in the reference system [m], places in the image (n, 2) from 0 to 1 with the
        second one from the bottom, squares (m, 4) of rows of the points.
    """
    ny, nx = ground.grid.shape
    x, y = np.meshgrid(ground.grid.x, ground.grid.y)
    known = np.isfinite(ground.elevation)
    points = np.stack([x, y, np.where(known, ground.elevation, 0)], axis=-1).reshape(-1, 3)
    across = (np.arange(nx) + 0.5) / nx
    down = 1 - (np.arange(ny) + 0.5) / ny
    places = np.stack(np.meshgrid(across, down), axis=-1).reshape(-1, 2)
    rows = np.arange(ny * nx).reshape(ny, nx)
    squares = np.stack([rows[1:, :-1], rows[1:, 1:], rows[:-1, 1:], rows[:-1, :-1]], axis=-1)
    whole = known[1:, :-1] & known[1:, 1:] & known[:-1, 1:] & known[:-1, :-1]
    return points, places, squares[whole]


def water_mesh(ground, depth, wet):
    """Squares of the water surface, one for each wet cell.

    Parameters
    ----------
    ground : Ground
        The terrain.
    depth : (y, x) array
        Depth on the cells of the terrain [m].
    wet : float
        Depth from which water is shown [m].

    Returns
    -------
    tuple of numpy.ndarray
        Points (n, 3) [m], squares (m, 4), depth of each square (m,) [m].

    Notes
    -----
    A corner has the mean level of the wet cells around it, so that the surface hangs together.
    Water that is always there is left out: it is part of the ground.
    """
    is_wet = np.isfinite(ground.elevation) & (depth >= wet) & ~ground.standing
    level = np.where(is_wet, np.nan_to_num(ground.elevation) + np.nan_to_num(depth), 0)
    sums, counts = (_at_corners(np.asarray(v, float)) for v in (level, is_wet))
    height = sums / np.maximum(counts, 1)
    ny, nx = ground.grid.shape
    size = ground.grid.cell_size
    x, y = np.meshgrid(
        ground.grid.x0 + size * np.arange(nx + 1), ground.grid.y0 - size * np.arange(ny + 1)
    )
    points = np.stack([x, y, height], axis=-1).reshape(-1, 3)
    rows = np.arange((ny + 1) * (nx + 1)).reshape(ny + 1, nx + 1)
    squares = np.stack([rows[1:, :-1], rows[1:, 1:], rows[:-1, 1:], rows[:-1, :-1]], axis=-1)
    return points, squares[is_wet], np.asarray(depth)[is_wet]


def _at_corners(values):
    """Sum over the up to four cells around each corner, shape (y + 1, x + 1)."""
    padded = np.pad(values, 1)
    return padded[1:, 1:] + padded[1:, :-1] + padded[:-1, 1:] + padded[:-1, :-1]
