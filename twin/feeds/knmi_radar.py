"""Radar rainfall of KNMI: five-minute HDF5 composites -> rainfall rate on their own grid."""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
import xarray as xr

from twin.errors import InputError, MissingError
from twin.fields import describe
from twin.grid import Grid
from twin.input_file import require_file

ACCUMULATION = "ACCUMULATED_PRECIPITATION_[MM]"
LONGEST_GAP_SECONDS = 1.0
METRES_PER_UNIT = {"KM": 1000.0, "M": 1.0}


@dataclass(frozen=True)
class Composite:
    """One composite.

    Attributes
    ----------
    start, end : numpy.datetime64
        The interval in which the rain fell (UTC).
    rainfall_rate : numpy.ndarray
        Mean rate over the interval, shape (y, x) [m s-1]; NaN outside of the radars' reach
        and where data are missing.
    grid : Grid
        Polar stereographic grid of the radar, in metres.
    """

    start: np.datetime64
    end: np.datetime64
    rainfall_rate: np.ndarray
    grid: Grid


def read_composite(file):
    """One KNMI composite of accumulated rain.

    Parameters
    ----------
    file : path
        HDF5 of the KNMI format, one image group with calibration.

    Returns
    -------
    Composite

    Raises
    ------
    MissingError
        There is no such file.
    InputError
        The file is truncated, not of this format, or holds no accumulation.

    Notes
    -----
    KNMI HDF5 data format specification 3.5 (Roozekrans and Holleman, 2003). The images read
    here hold accumulations [mm] over the product's interval, so no Z-R relation is needed; a
    file of reflectivities is refused rather than guessed at.
    """
    import h5py

    file = Path(file)
    require_file(file, "a KNMI radar composite")
    try:
        with h5py.File(file) as content:
            return _decode(content, file.name)
    except (OSError, KeyError, RuntimeError) as error:
        raise InputError(
            f"{file.name} is no KNMI composite ({str(error)[:80]}), expected a whole HDF5 file "
            "with the groups overview, geographic and image1; fetch it again"
        ) from None


def read_series(files):
    """A series of composites as one rainfall dataset.

    Parameters
    ----------
    files : path or list of paths
        A folder (all its ``*.h5``) or the files, in any order.

    Returns
    -------
    xarray.Dataset
        ``rainfall_rate`` (time, y, x) [m s-1] on the radar's own grid; time is the start of
        each interval; attribute ``crs``. NaN outside of the radars' reach.

    Raises
    ------
    MissingError
        The folder holds no composite.
    InputError
        An interval is missing or comes twice, or the grids differ.
    """
    if isinstance(files, str | Path):
        folder = Path(files)
        files = sorted(folder.glob("*.h5"))
        if not files:
            raise MissingError(f"{folder} holds no *.h5, expected a folder of KNMI composites")
    composites = sorted((read_composite(file) for file in files), key=lambda one: one.start)
    _check_series(composites)
    grid = composites[0].grid
    rate = np.stack([one.rainfall_rate for one in composites])
    times = np.array([one.start for one in composites], "datetime64[ns]")
    dataset = xr.Dataset(
        {"rainfall_rate": (("time", "y", "x"), rate)},
        coords={"time": times, **grid.coords()},
        attrs={"crs": grid.crs, "source": "KNMI", "licence": "CC BY 4.0"},
    )
    return describe(dataset)


def _decode(content, name):
    image = content["image1"]
    quantity = _text(image.attrs["image_geo_parameter"])
    if quantity != ACCUMULATION:
        raise InputError(
            f"{name} holds {quantity!r}, expected {ACCUMULATION!r}; use the rainfall product"
        )
    start, end = (_moment(content["overview"], edge) for edge in ("start", "end"))
    seconds = (end - start) / np.timedelta64(1, "s")
    if not seconds > 0:
        raise InputError(
            f"{name} lasts {seconds:g} s, expected a positive interval; fetch it again"
        )
    millimetres = _calibrate(image)
    rate = (millimetres * (1e-3 / seconds)).astype(np.float32)
    return Composite(start, end, rate, _grid(content["geographic"], name))


def _calibrate(image):
    """Physical values of an image, NaN for missing and out-of-image pixels."""
    calibration = image["calibration"].attrs
    formula = _text(calibration["calibration_formulas"])
    number = r"([-+]?[\d.]+(?:[eE][-+]?\d+)?)"
    match = re.fullmatch(rf"GEO\s*=\s*{number}\s*\*\s*PV\s*\+?\s*{number}", formula)
    if match is None:
        raise InputError(
            f"calibration {formula!r} cannot be read, expected 'GEO=a*PV+b'; fetch the file again"
        )
    pixels = image["image_data"][:]
    values = float(match[1]) * pixels + float(match[2])
    for name in ("calibration_missing_data", "calibration_out_of_image"):
        values[pixels == int(np.ravel(calibration[name])[0])] = np.nan
    return values


def _grid(geographic, name):
    """The grid in metres; the file counts in kilometres, its ellipsoid included."""
    attrs = geographic.attrs
    scales = [METRES_PER_UNIT.get(unit) for unit in _text(attrs["geo_dim_pixel"]).split(",")]
    width, height = (float(np.ravel(attrs[f"geo_pixel_size_{axis}"])[0]) for axis in "xy")
    column, row = (float(np.ravel(attrs[f"geo_{axis}_offset"])[0]) for axis in ("column", "row"))
    if None in scales or _text(attrs["geo_pixel_def"]) != "LU" or height != -width:
        raise InputError(
            f"{name} has pixels of {width:g} x {height:g} {_text(attrs['geo_dim_pixel'])}, "
            "expected square pixels in KM or M counted from the upper left"
        )
    scale = scales[0]
    proj4 = _text(geographic["map_projection"].attrs["projection_proj4_params"])
    crs = re.sub(
        r"\+(a|b|x_0|y_0)=([-\d.]+)",
        lambda part: f"+{part[1]}={float(part[2]) * scale:.10g}",
        proj4,
    )
    return Grid(
        x0=column * width * scale,
        y0=row * height * scale,
        cell_size=width * scale,
        nx=int(np.ravel(attrs["geo_number_columns"])[0]),
        ny=int(np.ravel(attrs["geo_number_rows"])[0]),
        crs=f"{crs} +units=m +no_defs",
    )


def _check_series(composites):
    for before, after in pairwise(composites):
        gap = (after.start - before.end) / np.timedelta64(1, "s")
        if after.grid != before.grid:
            raise InputError(
                f"the composite of {after.start} has another grid than that of {before.start}, "
                "expected one grid; keep each product in its own folder"
            )
        if abs(gap) > LONGEST_GAP_SECONDS:
            what = "overlap" if gap < 0 else "leave a gap"
            raise InputError(
                f"the composites of {before.start} and {after.start} {what} of {abs(gap):g} s, "
                "expected one after the other; complete the folder or choose fewer files"
            )


def _moment(overview, edge):
    text = _text(overview.attrs[f"product_datetime_{edge}"])
    try:
        moment = datetime.strptime(text.title(), "%d-%b-%Y;%H:%M:%S.%f")
    except ValueError:
        raise InputError(
            f"time {text!r} cannot be read, expected '26-AUG-2010;00:05:00.000'"
        ) from None
    return np.datetime64(moment, "ns")


def _text(value):
    value = np.ravel(value)[0]
    return value.decode("ascii", "replace") if isinstance(value, bytes) else str(value)
