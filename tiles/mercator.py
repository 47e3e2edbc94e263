"""From the grid of a city to the Web Mercator plane that map screens draw on."""

import math
import threading
from functools import lru_cache

import numpy as np
from pyproj import Transformer

from twin.grid import Grid

WEB_MERCATOR = "EPSG:3857"
LONLAT = "EPSG:4326"
LARGEST_SIDE = 2048
_CONTROL_POINTS = 33
_TILE_PIECES = 8
_ENDS = np.linspace(0, 1, _TILE_PIECES + 1)
_HALF_GLOBE = math.pi * 6378137.0


def mercator_grid(grid, largest_side=LARGEST_SIDE):
    """Web Mercator grid that covers a city grid at about its own resolution.

    Parameters
    ----------
    grid : twin.grid.Grid
        In the CRS of the city.
    largest_side : int
        Most pixels along either side.

    Returns
    -------
    twin.grid.Grid
        In EPSG:3857, square cells [Mercator metres].
    """
    transformer = Transformer.from_crs(grid.crs, WEB_MERCATOR, always_xy=True)
    west, south, east, north = transformer.transform_bounds(*grid.bounds, densify_pts=21)
    size = max(
        math.sqrt((east - west) * (north - south) / (grid.nx * grid.ny)),
        max(east - west, north - south) / largest_side,
    )
    nx = max(1, math.ceil((east - west) / size - 1e-6))
    ny = max(1, math.ceil((north - south) / size - 1e-6))
    return Grid(west, north, size, nx, ny, WEB_MERCATOR)


def source_index(grid, target):
    """Which cell of a city grid each pixel of a Mercator grid shows (nearest).

    Parameters
    ----------
    grid, target : twin.grid.Grid
        City grid and Web Mercator grid.

    Returns
    -------
    numpy.ndarray
        Flat cell number, int32, shape `target.shape`; ``grid.nx * grid.ny`` means outside.

    Notes
    -----
    The projection is computed at 33 x 33 points and interpolated in between: over a city it is
    so smooth that the error stays far below a cell (a test holds it below 0.1).
    """
    columns = np.linspace(0, target.nx, _CONTROL_POINTS)
    rows = np.linspace(0, target.ny, _CONTROL_POINTS)
    x, y = np.meshgrid(target.x0 + columns * target.cell_size, target.y0 - rows * target.cell_size)
    transformer = Transformer.from_crs(WEB_MERCATOR, grid.crs, always_xy=True)
    x, y = transformer.transform(x, y)
    column = _between((x - grid.x0) / grid.cell_size, rows, columns, target.shape)
    row = _between((grid.y0 - y) / grid.cell_size, rows, columns, target.shape)
    inside = (column >= 0) & (column < grid.nx) & (row >= 0) & (row < grid.ny)
    flat = row.astype("int64") * grid.nx + column.astype("int64")
    return np.where(inside, flat, grid.nx * grid.ny).astype("int32")


def tile_bounds(z, x, y):
    """Left, bottom, right, top of a Web Mercator tile, y from the north [Mercator metres]."""
    side = 2 * _HALF_GLOBE / 2**z
    left, top = x * side - _HALF_GLOBE, _HALF_GLOBE - y * side
    return left, top - side, left + side, top


def pixel_places(bounds, size, transformer):
    """Where the centres of the pixels of a square of the Web Mercator plane lie.

    Parameters
    ----------
    bounds : tuple of float
        Left, bottom, right, top [Mercator metres].
    size : int
        Pixels along a side, a multiple of 8.
    transformer : pyproj.Transformer
        From Web Mercator.

    Returns
    -------
    tuple of numpy.ndarray
        x and y in the other system, each of shape (size, size), row 0 in the north.

    Notes
    -----
    Projected at 9 x 9 points and interpolated in between.
    """
    return tuple(pixel_centres(axis, size) for axis in control_places(bounds, transformer))


def control_places(bounds, transformer):
    """Where 9 x 9 points lie that are spread evenly over a square of the Web Mercator plane.

    Parameters
    ----------
    bounds : tuple of float
        Left, bottom, right, top [Mercator metres].
    transformer : pyproj.Transformer
        From Web Mercator.

    Returns
    -------
    tuple of numpy.ndarray
        x and y in the other system, each of shape (9, 9), row 0 in the north.
    """
    left, bottom, right, top = bounds
    x = np.broadcast_to(left + _ENDS * (right - left), (len(_ENDS), len(_ENDS)))
    y = np.broadcast_to((top - _ENDS * (top - bottom))[:, None], x.shape)
    return transformer.transform(x, y)


def pixel_centres(controls, size):
    """Bilinear values at the centres of the pixels of a square from those at its 9 x 9 points.

    Parameters
    ----------
    controls : (9, 9) array
        Values at the points of `control_places`.
    size : int
        Pixels along a side, a multiple of 8.

    Returns
    -------
    numpy.ndarray
        Shape (size, size), of the type of `controls`.

    Notes
    -----
    No product of matrices: for such small ones the threads of BLAS wait for each other twenty
    times as long as they compute.
    """
    pixels = size // _TILE_PIECES
    share = ((np.arange(pixels) + 0.5) / pixels)[:, None].astype(controls.dtype)
    for _ in range(2):  # along the rows, then down the columns
        controls = controls.T
        with np.errstate(invalid="ignore"):
            steps = share * (controls[1:, None] - controls[:-1, None])
            steps += controls[:-1, None]
        controls = steps.reshape(-1, controls.shape[1])
    return controls


@lru_cache(maxsize=64)
def shared_transformer(crs, middle):
    """From Web Mercator to a reference system, for any number of threads.

    Parameters
    ----------
    crs : str
        Reference system of the answer.
    middle : tuple of float
        A place in it: what is right there is taken everywhere.

    Returns
    -------
    callable
        Gives each thread a `pyproj.Transformer` of its own.

    Notes
    -----
    Each thread makes its own under the hood, and to look up in PROJ's database how one system
    leads to the other takes 50 ms. So that is done once, and the threads get the steps.
    """
    first = Transformer.from_crs(WEB_MERCATOR, crs, always_xy=True)
    first.transform(*middle, direction="INVERSE")
    steps = first.definition
    if "proj=" not in steps:  # several ways lead there
        steps = first.get_last_used_operation().definition
    local = threading.local()

    def ours():
        if not hasattr(local, "transformer"):
            local.transformer = Transformer.from_pipeline(steps)
        return local.transformer

    return ours


def corners_lonlat(target):
    """Corners of a Mercator grid as [lon, lat]: north-west, north-east, south-east, south-west."""
    west, south, east, north = target.bounds
    transformer = Transformer.from_crs(WEB_MERCATOR, LONLAT, always_xy=True)
    lon, lat = transformer.transform([west, east, east, west], [north, north, south, south])
    return [[round(a, 8), round(b, 8)] for a, b in zip(lon, lat, strict=True)]


@lru_cache(maxsize=64)
def lonlat_bounds(grid):
    """West, south, east, north of a grid [degrees], a tuple."""
    transformer = Transformer.from_crs(grid.crs, LONLAT, always_xy=True)
    return tuple(round(v, 7) for v in transformer.transform_bounds(*grid.bounds, densify_pts=21))


def _between(values, rows, columns, shape):
    """Bilinear values at the pixel centres from values at the control points, float64."""
    across = np.arange(shape[1]) + 0.5
    down = np.arange(shape[0]) + 0.5
    wide = np.stack([np.interp(across, columns, line) for line in values])
    place = np.interp(down, rows, np.arange(len(rows)))
    upper = np.minimum(place.astype(int), len(rows) - 2)
    share = (place - upper)[:, None]
    return wide[upper] * (1 - share) + wide[upper + 1] * share
