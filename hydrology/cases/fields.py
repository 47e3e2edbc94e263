"""Fields and series of a case: numbers, formulas or files, over the cells or over time."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hydrology.cases.csv import read_rows
from hydrology.cases.tables import is_number
from twin.errors import InputError
from twin.grid import Grid

RASTERS = (".tif", ".tiff", ".asc", ".img")
"""Ends of the names of raster files."""

SAMPLES, MOST_SAMPLES = 1000, 1_000_000
"""Values that stand for a formula of the time over a run: by default, and at most."""


@dataclass(frozen=True)
class Cells:
    """The cells of a run, as a formula sees them.

    Parameters
    ----------
    grid : Grid
        Where they lie.
    ground : (ny, nx) array or None
        Height of each [m], NaN outside of the domain; None while it is not known.
    is_open : (ny, nx) bool array or None
        Where water can be.
    """

    grid: Grid
    ground: np.ndarray | None = None
    is_open: np.ndarray | None = None

    @cached_property
    def variables(self):
        """Coordinates of the centres, and their ground where it is known [m]."""
        values = {"x": self.grid.x[None, :], "y": self.grid.y[:, None]}
        return values if self.ground is None else values | {"z": self.ground}

    def place(self, row, column):
        """Words for a cell."""
        return f"x {self.grid.x[column]:g}, y {self.grid.y[row]:g}"


@dataclass(frozen=True)
class Span:
    """How long a run takes.

    Parameters
    ----------
    own : float or None
        As the case says [s]; None where it says nothing. What is sampled or averaged in time
        follows the case, so that a run in two parts sees the same as one in one part.
    asked : float
        As it was asked for now [s].
    """

    own: float | None
    asked: float

    def of_case(self, what):
        """Length that the case says, for something that depends on it [s].

        Raises
        ------
        InputError
            It says none.
        """
        if self.own is None:
            raise InputError(
                f"{what}, and the case gives no length of the run, expected one, so that a run in "
                "two parts sees the same as one in one part; add hours or seconds to the file"
            )
        return self.own


def read_field(table, key, cells, least=-math.inf, most=math.inf, default=None, may_be_nan=False):
    """Value of each cell: a number, a formula of x, y and z, or a raster.

    Parameters
    ----------
    table : hydrology.cases.tables.Table
        Holds the key.
    key : str
        Which value.
    cells : Cells
        The cells; outside of the domain (ground NaN) nothing is checked.
    least, most : float
        Range that the values must keep.
    default : float, optional
        Everywhere, where there is no such key.
    may_be_nan : bool
        Whether a cell may have no value.

    Returns
    -------
    (ny, nx) float64 array

    Raises
    ------
    InputError
        It is none of these, not finite, or out of its range.
    MissingError
        The raster is not there.
    """
    shape = cells.grid.shape
    value = table.values.get(key, default)
    if is_number(value):
        values = np.full(shape, float(value))
    elif not isinstance(value, str):
        raise table.refusal(key, "a number, a formula of x and y or a raster file")
    elif value.lower().endswith(RASTERS):
        values = _read_raster(table.path(key), cells.grid)
    else:
        formula = table.expression(key, tuple(cells.variables))
        values = np.broadcast_to(formula.evaluate(**cells.variables), shape).copy()
    with np.errstate(invalid="ignore"):
        is_wrong = ~(np.isfinite(values) & (values >= least) & (values <= most))
    if cells.ground is not None:
        is_wrong &= np.isfinite(cells.ground)
    if may_be_nan:
        is_wrong &= ~np.isnan(values)
    if is_wrong.any():
        raise _out_of_range(table, key, cells, values, is_wrong, least, most)
    return values


def _out_of_range(table, key, cells, values, is_wrong, least, most):
    """Error that names the first cell with a wrong value."""
    bounds = [f"{least:g} or more"] * (least > -math.inf) + [f"at most {most:g}"] * (
        most < math.inf
    )
    expected = " and ".join(bounds) or "a finite number"
    if is_number(table.values.get(key)):
        return table.refusal(key, expected)
    row, column = np.unravel_index(is_wrong.argmax(), is_wrong.shape)
    text = repr(table.values[key])
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return InputError(
        f"{key} is {values[row, column]:g} at {cells.place(row, column)} in {table.where}, "
        f"expected {expected}; correct {text}"
    )


def _read_raster(path, grid):
    """Values of a raster on a grid: as they are where the cells are the same, else bilinear."""
    from rasterio.enums import Resampling
    from rasterio.errors import RasterioError
    from rasterio.warp import reproject

    from twin.importers.raster_file import open_raster

    with open_raster(path) as source:
        values = source.read(1, masked=True).astype(np.float64).filled(np.nan)
        transform, crs = source.transform, source.crs or grid.crs
    is_same = transform.almost_equals(grid.transform, 1e-6 * grid.cell_size)
    if values.shape == grid.shape and is_same:
        return values
    placed = np.full(grid.shape, np.nan)
    try:
        reproject(
            values, placed, src_transform=transform, src_crs=crs, src_nodata=np.nan,
            dst_transform=grid.transform, dst_crs=grid.crs, dst_nodata=np.nan,
            resampling=Resampling.bilinear,
        )  # fmt: skip
    except RasterioError as error:
        raise InputError(
            f"{path.name} cannot be brought onto the cells ({str(error)[:80]}), expected a raster "
            "that covers them; check its CRS"
        ) from None
    return placed


def read_series(table, key, span):
    """Times and values over a run: linear between, constant beyond.

    Parameters
    ----------
    table : hydrology.cases.tables.Table
        Holds the key, and `series_seconds` where a formula is sampled otherwise than by default.
    key : str
        A number, rows of both, a CSV of both, or a formula of t [s].
    span : Span
        Length of the run.

    Returns
    -------
    tuple of (n,) array
        Seconds and values.

    Raises
    ------
    InputError
        It is none of these, or not finite.
    MissingError
        The CSV is not there.
    """
    value = table.values.get(key)
    if is_number(value):
        return np.zeros(1), np.array([float(value)])
    if isinstance(value, str):
        if value.lower().endswith(".csv"):
            return read_rows(table.path(key), "seconds, value")
        return _sampled(table, key, span)
    return table.rows(
        key,
        "a number, or rows [[seconds, value], ...] of rising seconds, a .csv of such rows or a "
        "formula of t",
    )


def _sampled(table, key, span):
    """Values of a formula of t at even steps."""
    formula = table.expression(key, ("t",))
    if "t" not in formula.names():
        step, count = 1.0, 1
    else:
        step = _step(table, key, span)
        count = math.ceil(max(span.own or 0.0, span.asked) / step) + 1
    if count > MOST_SAMPLES:
        raise table.refusal("series_seconds", f"at most {MOST_SAMPLES:,} steps over the run")
    times = step * np.arange(count)
    values = np.broadcast_to(formula.evaluate(t=times), times.shape)
    if not np.isfinite(values).all():
        first = times[~np.isfinite(values)][0]
        raise table.refusal(key, f"a formula with a finite value at t = {first:g} s")
    return times, values


def _step(table, key, span):
    """Time between two values of a formula: as the table says, or a share of the case [s]."""
    if "series_seconds" in table:
        return table.number("series_seconds", 0)
    what = f"{key} in {table.where} is a formula of t without series_seconds"
    return span.of_case(what) / SAMPLES
