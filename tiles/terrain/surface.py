"""The ground of a city as a small grid that a 3D page draws, and where it lies in the frame."""

import math

import numpy as np

from tiles.local_frame import LocalFrame
from twin.grid import Grid

LARGEST_SIDE = 512
OUTSIDE = 65535
"""Value of a block that lies outside of the city."""

_HIGHEST = OUTSIDE - 1
_CONTROL_METRES = 1000.0
_MOST_CONTROLS = 65
_BAND_CELLS = 8_000_000


class Surface:
    """Blocks of a city's cells, few enough for a texture.

    Parameters
    ----------
    grid : twin.grid.Grid
        Cells of the city.
    frame : tiles.local_frame.LocalFrame
        Frame of the 3D view.

    Notes
    -----
    Blocks are square and equal; the last ones may reach over the edge of the city.
    """

    def __init__(self, grid, frame):
        self.block = math.ceil(max(grid.nx, grid.ny) / LARGEST_SIDE)
        self.cells = grid
        self.frame = frame
        columns, rows = (math.ceil(count / self.block) for count in (grid.nx, grid.ny))
        self.grid = Grid(grid.x0, grid.y0, grid.cell_size * self.block, columns, rows, grid.crs)

    @classmethod
    def of_city(cls, city):
        """Surface of a city in its frame."""
        return cls(city.grid, LocalFrame.of_city(city))

    def control_points(self):
        """Where the blocks lie in the frame, for a client that interpolates between.

        Returns
        -------
        numpy.ndarray of float64
            East, north, up [m] of points at height 0 of the city, shape (rows, columns, 3),
            spread evenly from the centre of the first block to that of the last one.

        Notes
        -----
        They lie at most a kilometre apart, so that what is interpolated linearly between two of
        them is within L^2 / 8R = 2 cm of the ellipsoid; 65 a side at most.
        """
        rows, columns = (_control_count(n, self.grid.cell_size) for n in self.grid.shape)
        x = np.linspace(self.grid.x[0], self.grid.x[-1], columns)
        y = np.linspace(self.grid.y[0], self.grid.y[-1], rows)
        x, y = (axis.reshape(-1) for axis in np.meshgrid(x, y))
        points = np.stack([x, y, np.zeros(x.size)], axis=1)
        return self.frame.from_city(points).reshape(rows, columns, 3)

    def elevation(self, city):
        """Mean ground of each block, without buildings.

        Parameters
        ----------
        city : twin.city.City
            On the cells of this surface.

        Returns
        -------
        numpy.ndarray
            Height in the vertical datum of the city [m], float64, shape of the grid; NaN outside.
        """
        starts = np.arange(0, self.cells.nx, self.block)
        band = max(1, _BAND_CELLS // (self.cells.nx * self.block)) * self.block
        means = [
            _block_means(self._ground(city, row, band), self.block, starts)
            for row in range(0, self.cells.ny, band)
        ]
        return np.concatenate(means)

    def _ground(self, city, row, band):
        ny = min(band, self.cells.ny - row)
        return city.terrain_window(row, 0, ny, self.cells.nx, ("elevation",))["elevation"].values


def quantised(heights):
    """Heights as whole numbers of 16 bits.

    Parameters
    ----------
    heights : numpy.ndarray
        [m], NaN outside.

    Returns
    -------
    tuple of (numpy.ndarray, float, float)
        uint16 little endian, `OUTSIDE` where there is none; offset and scale, so that
        height = offset + scale * value [m].

    Examples
    --------
    >>> values, offset, scale = quantised(np.array([2.0, np.nan, 8.0]))
    >>> values.tolist(), offset, round(offset + scale * int(values[2]), 3)
    ([0, 65535, 65534], 2.0, 8.0)
    """
    known = np.isfinite(heights)
    lowest, highest = (heights[known].min(), heights[known].max()) if known.any() else (0.0, 0.0)
    scale = max(float(highest) - float(lowest), 1e-3) / _HIGHEST
    values = np.full(heights.shape, OUTSIDE, "<u2")
    values[known] = np.rint((heights[known] - lowest) / scale)
    return values, float(lowest), scale


def _control_count(blocks, size):
    """Control points along one side, two at least."""
    length = (blocks - 1) * size
    return min(max(2, math.ceil(length / _CONTROL_METRES) + 1), _MOST_CONTROLS)


def _block_means(values, block, starts):
    """Means of the known cells of each block, NaN where there are none."""
    known = np.isfinite(values)
    rows = np.arange(0, len(values), block)

    def total(cells):
        return np.add.reduceat(np.add.reduceat(cells, rows, axis=0), starts, axis=1)

    sums = total(np.where(known, values, 0.0).astype("float64"))
    counts = total(known.astype("int32"))
    return np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
