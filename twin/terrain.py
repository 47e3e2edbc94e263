"""What the terrain takes from vectors: buildings in its cells, triangles, heights at points."""

import numpy as np
import shapely
from rasterio.enums import MergeAlg
from rasterio.features import rasterize

from twin.grid import Grid

_FINE = 4  # sub-cells along an edge: a share is exact to 1/16
_TILE = 512  # cells along an edge of what is rasterised at a time
_MOST_STEPS = 10_000  # points that are sampled along one outline
_POINTS_AT_A_TIME = 2_000_000


def rasterise_buildings(buildings, grid):
    """Share of each cell that is built on, and how high.

    Parameters
    ----------
    buildings : geopandas.GeoDataFrame
        Polygons with `height` [m], in the CRS of the grid.
    grid : Grid
        The terrain.

    Returns
    -------
    tuple of numpy.ndarray
        building_blockage [1] in steps of 1/16 and building_height [m], the mean height of what
        stands in the cell, both float32 of shape (y, x). Where two overlap the highest counts.
    """
    blockage = np.zeros(grid.shape, dtype=np.float32)
    height = np.zeros(grid.shape, dtype=np.float32)
    # The highest is burnt last.
    order = np.argsort(buildings["height"].to_numpy(), kind="stable")
    shapes = buildings.geometry.to_numpy()[order]
    heights = buildings["height"].to_numpy(dtype=float)[order]
    tree = shapely.STRtree(shapes)
    for row in range(0, grid.ny, _TILE):
        for column in range(0, grid.nx, _TILE):
            part = grid.window(row, column, min(_TILE, grid.ny - row), min(_TILE, grid.nx - column))
            inside = np.sort(tree.query(shapely.box(*part.bounds)))
            if inside.size == 0:
                continue
            window = np.s_[row : row + part.ny, column : column + part.nx]
            blockage[window], height[window] = _shares(shapes[inside], heights[inside], part)
    return blockage, height


def _shares(shapes, heights, grid):
    size = grid.cell_size / _FINE
    sub = Grid(grid.x0, grid.y0, size, grid.nx * _FINE, grid.ny * _FINE, grid.crs)
    fine = rasterize(
        zip(shapes, heights, strict=True),
        out_shape=sub.shape,
        transform=sub.transform,
        fill=0,
        merge_alg=MergeAlg.replace,
        dtype="float32",
    ).reshape(grid.ny, _FINE, grid.nx, _FINE)
    built = (fine > 0).sum(axis=(1, 3))
    return built / _FINE**2, fine.sum(axis=(1, 3)) / np.maximum(built, 1)


def sample_at(values, grid, x, y):
    """Value of the cell under each point, NaN outside of the grid.

    Parameters
    ----------
    values : numpy.ndarray
        Shape (y, x) of the grid.
    grid : Grid
        Where the cells lie.
    x, y : numpy.ndarray
        Points, shape (n,) [m].

    Returns
    -------
    numpy.ndarray
        float64, shape (n,).
    """
    column = np.floor((np.asarray(x) - grid.x0) / grid.cell_size)
    row = np.floor((grid.y0 - np.asarray(y)) / grid.cell_size)
    within = (column >= 0) & (column < grid.nx) & (row >= 0) & (row < grid.ny)
    found = np.full(column.shape, np.nan)
    found[within] = values[row[within].astype(int), column[within].astype(int)]
    return found


def ground_under(shapes, elevation, grid):
    """Ground under each shape: the median elevation under its vertices and its middle.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries
        Shape (n,), in the CRS of the grid.
    elevation : numpy.ndarray
        Shape (y, x) [m], NaN outside of the city.
    grid : Grid
        Where the cells lie.

    Returns
    -------
    numpy.ndarray
        Shape (n,) [m]; NaN where no point of a shape lies on ground.
    """
    corners, index = shapely.get_coordinates(shapes, return_index=True)
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    points = np.vstack([corners, middles])
    index = np.concatenate([index, np.arange(len(shapes))])
    z = sample_at(elevation, grid, points[:, 0], points[:, 1])
    return _medians(z, index, len(shapes))


def lowest_under(shapes, elevation, grid):
    """Lowest ground along the outline of each shape, where a house would first be seen to float.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries
        Shape (n,), areas in the CRS of the grid.
    elevation : numpy.ndarray
        Shape (y, x) [m], NaN outside of the city.
    grid : Grid
        Where the cells lie.

    Returns
    -------
    numpy.ndarray
        Shape (n,) [m]; NaN where no point of an outline lies on ground.

    Notes
    -----
    Each cell along an outline counts; of one longer than `_MOST_STEPS` cells, that many points.
    """
    lowest = np.full(len(shapes), np.inf)
    length = shapely.length(shapes)
    step = np.maximum(grid.cell_size, length / _MOST_STEPS)
    points = np.cumsum(length / step + shapely.get_num_coordinates(shapes))
    portion = points // _POINTS_AT_A_TIME
    for part in np.split(np.arange(len(shapes)), np.flatnonzero(np.diff(portion)) + 1):
        dense = shapely.segmentize(shapes[part], step[part])
        points, index = shapely.get_coordinates(dense, return_index=True)
        z = sample_at(elevation, grid, points[:, 0], points[:, 1])
        np.fmin.at(lowest, part[index], z)
    return np.where(np.isfinite(lowest), lowest, np.nan)


def _medians(values, index, count):
    known = np.isfinite(values)
    values, index = values[known], index[known]
    order = np.lexsort((values, index))
    values, index = values[order], index[order]
    first = np.searchsorted(index, np.arange(count), side="left")
    last = np.searchsorted(index, np.arange(count), side="right")
    medians = np.full(count, np.nan)
    some = last > first
    low, high = (first + last - 1)[some] // 2, (first + last)[some] // 2
    medians[some] = 0.5 * (values[low] + values[high])
    return medians
