"""The grid as a value: square cells, row 0 in the north, one projected CRS."""

import math
import re
from dataclasses import dataclass

from twin.errors import InputError


@dataclass(frozen=True)
class Grid:
    """A north-up raster of square cells.

    Parameters
    ----------
    x0, y0 : float
        Outer corner in the north-west [m].
    cell_size : float
        Edge of a cell [m].
    nx, ny : int
        Columns and rows.
    crs : str
        A projected reference system in metres, for example ``"EPSG:3826"``.
    """

    x0: float
    y0: float
    cell_size: float
    nx: int
    ny: int
    crs: str

    def __post_init__(self):
        if self.nx < 1 or self.ny < 1 or not self.cell_size > 0:
            raise InputError(
                f"grid of {self.nx} x {self.ny} cells of {self.cell_size} m, "
                "expected at least one cell of positive size; check extent and cell size"
            )

    @property
    def shape(self):
        """Rows and columns, as arrays have them."""
        return self.ny, self.nx

    @property
    def bounds(self):
        """West, south, east, north [m]."""
        return (
            self.x0,
            self.y0 - self.ny * self.cell_size,
            self.x0 + self.nx * self.cell_size,
            self.y0,
        )

    @property
    def x(self):
        """Centres of the columns, west to east, shape (nx,) [m]."""
        import numpy as np

        return self.x0 + (np.arange(self.nx) + 0.5) * self.cell_size

    @property
    def y(self):
        """Centres of the rows, north to south, shape (ny,) [m]."""
        import numpy as np

        return self.y0 - (np.arange(self.ny) + 0.5) * self.cell_size

    @property
    def transform(self):
        """Affine transform from (column, row) to (x, y)."""
        from affine import Affine

        return Affine(self.cell_size, 0.0, self.x0, 0.0, -self.cell_size, self.y0)

    def cell_of(self, x, y):
        """Row and column of the cell that holds a point, or None outside.

        Examples
        --------
        >>> Grid(0, 20, 10, 2, 2, "EPSG:3826").cell_of(15, 5)
        (1, 1)
        """
        column = math.floor((x - self.x0) / self.cell_size)
        row = math.floor((self.y0 - y) / self.cell_size)
        if 0 <= column < self.nx and 0 <= row < self.ny:
            return row, column
        return None

    def unlike(self, other):
        """What another grid has, and not as this one; "" where its cells are the same.

        Corners may differ by a hundredth of a cell: files keep them rounded.

        Examples
        --------
        >>> Grid(0, 20, 10, 2, 2, "EPSG:3826").unlike(Grid(0, 25, 10, 2, 2, "EPSG:3826"))
        'its corner at 0, 25, not at 0, 20'
        """
        if self.shape != other.shape:
            return f"{other.ny} x {other.nx} cells, not {self.ny} x {self.nx}"
        near = 0.01 * self.cell_size
        if abs(self.cell_size - other.cell_size) * max(self.shape) > near:
            return f"cells of {other.cell_size:g} m, not {self.cell_size:g} m"
        if max(abs(self.x0 - other.x0), abs(self.y0 - other.y0)) > near:
            return (
                f"its corner at {other.x0:.9g}, {other.y0:.9g}, not at {self.x0:.9g}, {self.y0:.9g}"
            )
        return "" if _is_one_crs(self.crs, other.crs) else f"CRS {other.crs}, not {self.crs}"

    def window(self, row, column, ny, nx):
        """The part of this grid that starts at a cell, as a grid of its own."""
        return Grid(
            self.x0 + column * self.cell_size,
            self.y0 - row * self.cell_size,
            self.cell_size,
            nx,
            ny,
            self.crs,
        )

    def coords(self):
        """Coordinates for an xarray Dataset over (y, x), with CF attributes."""
        return {
            "y": ("y", self.y, {"units": "m", "standard_name": "projection_y_coordinate"}),
            "x": ("x", self.x, {"units": "m", "standard_name": "projection_x_coordinate"}),
        }

    @classmethod
    def of(cls, dataset):
        """Grid of a dataset that has `y`, `x` coordinates and a `crs` attribute.

        Raises
        ------
        InputError
            The coordinates are not evenly spaced, not square, or no CRS is given.
        """
        import numpy as np

        x, y = np.asarray(dataset["x"]), np.asarray(dataset["y"])
        if x.size < 2 or y.size < 2:
            raise InputError(
                f"grid of {y.size} x {x.size} cells, expected at least 2 x 2; check the file"
            )
        size = (x[-1] - x[0]) / (x.size - 1)
        size_y = (y[0] - y[-1]) / (y.size - 1)
        if not (size > 0 and size_y > 0) or abs(size - size_y) > 1e-6 * abs(size):
            raise InputError(
                f"cells of {size:g} x {size_y:g} m, expected square cells with row 0 in the "
                "north; resample the raster first"
            )
        if "crs" not in dataset.attrs:
            raise InputError("the dataset has no CRS, expected attribute 'crs'; name its CRS")
        return cls(
            float(x[0] - size / 2),
            float(y[0] + size / 2),
            float(size),
            int(x.size),
            int(y.size),
            str(dataset.attrs["crs"]),
        )


def _is_one_crs(first, second):
    """Whether two texts name one system, by their codes; the solver reads this without PROJ."""
    codes = [re.findall(r'EPSG"?\s*[:,]\s*"?(\d+)', text) for text in (first, second)]
    # the last code of a WKT is that of the whole; without one nothing can be told apart
    return first == second or not all(codes) or codes[0][-1] == codes[1][-1]
