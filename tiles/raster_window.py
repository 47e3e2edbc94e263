"""Parts of a Cloud Optimized GeoTIFF at any resolution, read once and kept for a while."""

import math

import numpy as np
import rasterio
from rasterio.windows import Window

from tiles.cache import ByteCache
from tiles.mercator import control_places, pixel_centres, shared_transformer

CHUNK = 256
"""Rows and columns that are read at once: a block of the files that runs are kept in."""

_KEPT = ByteCache(192_000_000)
_FAR = 1e8
"""Cells from the raster to where what cannot be projected is taken to lie."""


class RasterWindow:
    """A raster that never changes, with its overviews.

    Parameters
    ----------
    path : path-like
        GeoTIFF with square cells, north up.
    stamp : hashable
        What tells this file from another that comes into its place.

    Notes
    -----
    Chunks of values are kept as float32 between requests, for all rasters together up to
    192 MB, so that a screen that moves over the map does not read and unpack the same again.
    """

    def __init__(self, path, stamp=None):
        self.path = str(path)
        self._stamp = stamp
        with rasterio.open(self.path) as raster:
            self.shape = raster.shape
            self.factors = (1, *raster.overviews(1))
            self._place = raster.transform
            middle = raster.xy(raster.height / 2, raster.width / 2)
            self._transformer = shared_transformer(raster.crs.to_wkt(), middle)
        self._shapes = [self.shape, *map(self._overview_shape, range(len(self.factors) - 1))]

    def mercator_tile(self, bands, bounds, size, formula):
        """What a formula says of the cells at the pixels of a square of the Web Mercator plane.

        Parameters
        ----------
        bands : sequence of int
            Numbers from 1.
        bounds : tuple of float
            Left, bottom, right, top [Mercator metres].
        size : int
            Pixels along a side.
        formula : callable
            Takes an array of float32 for each band, NaN outside, and gives one of their shape,
            cell by cell; it is asked for cells or for pixels, whichever are fewer.

        Returns
        -------
        numpy.ndarray or None
            Shape (size, size), of the nearest cell of each pixel; None where all is outside.

        Notes
        -----
        Where a pixel spans several cells, the overview is taken whose cells are not larger than
        a pixel.
        """
        column, row = self._cells(bounds)
        step = (abs(row[-1, 0] - row[0, 0]) + abs(column[-1, 0] - column[0, 0])) / size
        level = max(k for k, factor in enumerate(self.factors) if k == 0 or factor <= step)
        rows, columns = self._shapes[level]
        top, height, row = _nearest(row * (rows / self.shape[0]), rows, size)
        left, width, column = _nearest(column * (columns / self.shape[1]), columns, size)
        if not height or not width:
            return None
        place = row
        place *= width
        place += column
        parts = self._part(bands, level, (top, left), (height, width)).reshape(len(bands), -1)
        if place.size < parts.shape[1]:
            return formula(*(part[place] for part in parts))
        return formula(*parts)[place]

    def _cells(self, bounds):
        """Column and row of the control points of a tile, as fractions, each (9, 9)."""
        x, y = control_places(bounds, self._transformer())
        column, row = (x - self._place.c) / self._place.a, (y - self._place.f) / self._place.e
        return tuple(_finite(axis) for axis in (column, row))

    def _part(self, bands, level, corner, shape):
        """Cells of one overview from a corner on, (bands, *shape) float32, NaN outside."""
        found = np.full((len(bands), *shape), np.nan, "float32")
        layers = [band - 1 for band in bands]
        (top, left), (rows, columns) = corner, self._shapes[level]
        bottom, right = min(top + shape[0], rows), min(left + shape[1], columns)
        for i in range(max(top, 0) // CHUNK, -(-bottom // CHUNK)):
            for j in range(max(left, 0) // CHUNK, -(-right // CHUNK)):
                chunk = self._chunk(level, i, j)
                above, beside = i * CHUNK - top, j * CHUNK - left
                into = found[:, max(above, 0) : above + CHUNK, max(beside, 0) : beside + CHUNK]
                out_of = chunk[layers, max(-above, 0) :, max(-beside, 0) :]
                ny, nx = np.minimum(into.shape[1:], out_of.shape[1:])
                into[:, :ny, :nx] = out_of[:, :ny, :nx]
        return found

    def _chunk(self, level, row, column):
        """All bands of a chunk, as they lie mixed in the file: one costs as much as all."""

        def read():
            options = {} if level == 0 else {"overview_level": level - 1}
            with rasterio.open(self.path, **options) as raster:
                height = min(CHUNK, raster.height - row * CHUNK)
                width = min(CHUNK, raster.width - column * CHUNK)
                window = Window(column * CHUNK, row * CHUNK, width, height)
                if raster.nodata is not None and math.isnan(raster.nodata):
                    return _Chunk(raster.read(window=window, out_dtype="float32"))
                values = raster.read(window=window, out_dtype="float32", masked=True)
            return _Chunk(values.filled(np.nan))

        return _KEPT.get((self.path, self._stamp, level, row, column), read).values

    def _overview_shape(self, number):
        with rasterio.open(self.path, overview_level=number) as raster:
            return raster.shape


def _nearest(controls, count, size):
    """The cells along one axis that the pixels of a square show.

    Parameters
    ----------
    controls : (9, 9) array
        Places along the axis [cells].
    count : int
        Cells that there are.
    size : int
        Pixels along a side.

    Returns
    -------
    tuple of (int, int, numpy.ndarray)
        First cell, -1 for what lies before all; how many there are, `count` for what lies behind,
        0 where all lie outside; the cell of each pixel, counted from the first.
    """
    lowest, highest = math.floor(controls.min()), math.floor(controls.max())
    if highest < 0 or lowest >= count:
        return 0, 0, None
    first, last = max(lowest, -1), min(highest, count)
    cells = pixel_centres((controls - first).astype("float32"), size)
    np.maximum(cells, 0, out=cells)
    np.minimum(cells, last - first, out=cells)
    return first, last - first + 1, cells.astype(np.intp)


def _finite(cells):
    """Places of which those that cannot be projected lie far away."""
    if np.isfinite(cells).all():
        return cells
    return np.nan_to_num(cells, nan=-_FAR, posinf=_FAR, neginf=-_FAR)


class _Chunk:
    """Values that a `ByteCache` can count."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return self.values.nbytes
