"""Parts of a Cloud Optimized GeoTIFF at any resolution, read once and kept for a while."""

import numpy as np
import rasterio
from rasterio.windows import Window

from tiles.cache import ByteCache
from tiles.mercator import control_places, pixel_centres

CHUNK = 512
"""Rows and columns that are read at once."""

_KEPT = ByteCache(192_000_000)
_FAR = 1e8
"""Cells; what lies further away, or cannot be projected, is outside."""


class RasterWindow:
    """A raster that never changes, with its overviews.

    Parameters
    ----------
    path : path-like
        GeoTIFF with square cells, north up.

    Notes
    -----
    Chunks of values are kept as float32 between requests, for all rasters together up to
    192 MB, so that a screen that moves over the map does not read and unpack the same again.
    """

    def __init__(self, path):
        self.path = str(path)
        with rasterio.open(self.path) as raster:
            self.crs = raster.crs.to_wkt()
            self.shape = raster.shape
            self.factors = (1, *raster.overviews(1))
            self._place = raster.transform

    def mercator_tile(self, bands, bounds, size):
        """Values of the cells at the pixels of a square of the Web Mercator plane.

        Parameters
        ----------
        bands : sequence of int
            Numbers from 1.
        bounds : tuple of float
            Left, bottom, right, top [Mercator metres].
        size : int
            Pixels along a side.

        Returns
        -------
        list of numpy.ndarray of float32, or None
            For each band, shape (size, size): the nearest cell of each pixel, NaN outside; None
            where all is.

        Notes
        -----
        Where a pixel spans several cells, the overview is taken whose cells are not larger than
        a pixel.
        """
        column, row = self._cells(bounds)
        step = (abs(row[-1, 0] - row[0, 0]) + abs(column[-1, 0] - column[0, 0])) / size
        level = max(k for k, factor in enumerate(self.factors) if k == 0 or factor <= step)
        rows, columns = (-(-n // self.factors[level]) for n in self.shape)
        row = _pixels(row * (rows / self.shape[0]), size)
        column = _pixels(column * (columns / self.shape[1]), size)
        inside = _inside(row, rows) & _inside(column, columns)
        if not inside.any():
            return None
        whole = inside.all()
        if not whole:
            row, column = (np.where(inside, axis, axis[inside][0]) for axis in (row, column))
        found = self._gathered(bands, level, row.astype("int32"), column.astype("int32"))
        for values in found if not whole else ():
            values[~inside] = np.nan
        return found

    def _gathered(self, bands, level, row, column):
        """Values of cells of one overview by their row and column, (size, size), a band each."""
        first, last = (row.min(), column.min()), (row.max(), column.max())
        place = (row - first[0]) * (last[1] - first[1] + 1) + (column - first[1])
        return [part.reshape(-1).take(place) for part in self._parts(bands, level, first, last)]

    def _cells(self, bounds):
        """Column and row of the control points of a tile, as fractions, each (17, 17)."""
        x, y = control_places(bounds, self.crs)
        column, row = (x - self._place.c) / self._place.a, (y - self._place.f) / self._place.e
        return tuple(np.clip(np.nan_to_num(axis, nan=-_FAR), -_FAR, _FAR) for axis in (column, row))

    def _parts(self, bands, level, first, last):
        """Cells of one overview from a first to a last one, put together of chunks, a band each."""
        top, left = first[0] // CHUNK, first[1] // CHUNK
        bottom, right = last[0] // CHUNK, last[1] // CHUNK
        chunks = [
            [self._chunk(level, r, c) for c in range(left, right + 1)]
            for r in range(top, bottom + 1)
        ]
        rows = slice(first[0] - top * CHUNK, last[0] - top * CHUNK + 1)
        columns = slice(first[1] - left * CHUNK, last[1] - left * CHUNK + 1)
        for band in bands:
            one = [[chunk[band - 1] for chunk in line] for line in chunks]
            whole = one[0][0] if len(one) == len(one[0]) == 1 else np.block(one)
            yield whole[rows, columns]

    def _chunk(self, level, row, column):
        """All bands of a chunk, as they lie mixed in the file: one costs as much as all."""

        def read():
            options = {} if level == 0 else {"overview_level": level - 1}
            with rasterio.open(self.path, **options) as raster:
                height = min(CHUNK, raster.height - row * CHUNK)
                width = min(CHUNK, raster.width - column * CHUNK)
                window = Window(column * CHUNK, row * CHUNK, width, height)
                values = raster.read(window=window, out_dtype="float32", masked=True)
            return _Chunk(values.filled(np.nan))

        return _KEPT.get((self.path, level, row, column), read).values


def _pixels(controls, size):
    return pixel_centres(controls.astype("float32"), size)


def _inside(cells, count):
    return (cells >= 0) & (cells < count)


class _Chunk:
    """Values that a `ByteCache` can count."""

    def __init__(self, values):
        self.values = values

    def __len__(self):
        return self.values.nbytes
