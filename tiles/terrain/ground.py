"""The bare ground of a city at any resolution, without holes, and what lies around it."""

import numpy as np


class Ground:
    """Heights of the ground, from the cells of a city up to one mean for all of it.

    Parameters
    ----------
    elevation : (ny, nx) array
        Ground without buildings [m], NaN outside of the city.
    grid : twin.grid.Grid
        Its cells.

    Notes
    -----
    A pyramid of means of 2 x 2 cells, as map screens use it: a coarse tile that took single cells
    would flicker. Holes get the mean of the smallest block around them that has ground. Beyond
    the edge of the grid the ground goes on and comes down, within half the width of the city, to
    the mean of all ground, because clients draw the world around a city as well.
    """

    def __init__(self, elevation, grid):
        self.grid = grid
        self._levels = _filled(_pyramid(np.asarray(elevation, "float32")))
        self.mean = float(self._levels[-1].mean())
        self._apron = max(grid.shape) * grid.cell_size / 2

    @classmethod
    def of_city(cls, city):
        """Ground of a city."""
        window = city.terrain_window(0, 0, city.grid.ny, city.grid.nx, ("elevation",))
        return cls(window["elevation"].values, city.grid)

    def heights(self, x, y, spacing):
        """Height of the ground at points.

        Parameters
        ----------
        x, y : numpy.ndarray
            Places in the reference system of the city, of one shape; what is not finite counts
            as far away.
        spacing : float
            Distance between neighbouring points [m]; the means of cells of about that size are
            interpolated.

        Returns
        -------
        numpy.ndarray of float32
            Height in the vertical datum of the city [m], shape of `x`.
        """
        step = np.log2(max(spacing / self.grid.cell_size, 1.0))
        level = min(int(step), len(self._levels) - 1)
        size = self.grid.cell_size * 2**level
        values = self._levels[level]
        column = (x - self.grid.x0) / size - 0.5
        row = (self.grid.y0 - y) / size - 0.5
        heights = _bilinear(values, row, column)
        return self._faded(heights, x, y)

    def _faded(self, heights, x, y):
        west, south, east, north = self.grid.bounds
        beyond = np.maximum(np.maximum(west - x, x - east), np.maximum(south - y, y - north))
        if not np.isfinite(beyond).all():
            beyond = np.nan_to_num(beyond, nan=np.inf)
        if beyond.max(initial=0.0) <= 0:
            return heights
        share = np.clip(1.0 - beyond / self._apron, 0.0, 1.0).astype("float32")
        return np.float32(self.mean) + share * (heights - np.float32(self.mean))


def _pyramid(values):
    """A raster and its means of 2 x 2, 4 x 4 ... cells, down to one cell; NaN where none is known.

    Cells beyond an odd edge count as not known.
    """
    levels = [values]
    while max(levels[-1].shape) > 1:
        values = levels[-1]
        values = np.pad(values, [(0, n % 2) for n in values.shape], constant_values=np.nan)
        blocks = values.reshape(values.shape[0] // 2, 2, values.shape[1] // 2, 2)
        known = np.isfinite(blocks)
        counts = known.sum(axis=(1, 3), dtype="float32")
        sums = np.where(known, blocks, np.float32(0)).sum(axis=(1, 3))
        levels.append(np.where(counts > 0, sums / np.maximum(counts, 1), np.float32(np.nan)))
    return levels


def _filled(levels):
    """The same pyramid with each hole filled from the level above it."""
    filled = [np.nan_to_num(levels[-1])]
    for values in reversed(levels[:-1]):
        above = filled[-1]
        rows, columns = np.nonzero(~np.isfinite(values))
        values[rows, columns] = above[rows // 2, columns // 2]
        filled.append(values)
    return filled[::-1]


def _bilinear(values, row, column):
    """Values between the centres of cells; beyond the outermost centres, the nearest."""
    rows, columns = values.shape
    row, column = _within(row, rows), _within(column, columns)
    top = np.minimum(row.astype("int32"), max(rows - 2, 0))
    left = np.minimum(column.astype("int32"), max(columns - 2, 0))
    down, right = row - top, column - left
    flat = values.reshape(-1)
    first = top.astype("int64") * columns + left
    below = columns if rows > 1 else 0
    beside = 1 if columns > 1 else 0
    upper, lower = flat.take(first), flat.take(first + below)
    upper += (flat.take(first + beside) - upper) * right
    lower += (flat.take(first + (below + beside)) - lower) * right
    upper += (lower - upper) * down
    return upper


def _within(cells, count):
    """Places of centres along a side, float32; what is not a number is the first of them."""
    with np.errstate(invalid="ignore"):
        inside = np.clip(cells, 0, count - 1).astype("float32")
    return inside if np.isfinite(inside).all() else np.nan_to_num(inside)
