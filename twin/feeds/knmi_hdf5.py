"""The HDF5 of KNMI: one radar composite -> rain or echoes with their grid."""

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from twin.errors import InputError
from twin.grid import Grid
from twin.input_file import require_file

QUANTITIES = {
    "ACCUMULATED_PRECIPITATION_[MM]": "rainfall_rate",
    "PRECIP_[MM]": "rainfall_rate",
    "REFLECTIVITY_[DBZ]": "reflectivity",
}
"""Quantity of an image -> field."""

MOST_CELLS = 4_000_000
LIMITS = {"rainfall_rate": (0.0, 1.01e-3), "reflectivity": (-64.0, 100.0)}
"""Field -> believable values [SI, dBZ]."""

METRES_PER_UNIT = {"KM": 1000.0, "M": 1.0}


@dataclass(frozen=True)
class Composite:
    """One composite.

    Attributes
    ----------
    start, end : numpy.datetime64
        The interval in which the rain fell, or the moment of the echoes (UTC).
    field : str
        ``"rainfall_rate"`` [m s-1], the mean over the interval, or ``"reflectivity"`` [dBZ].
    values : numpy.ndarray
        Shape (y, x); NaN outside of the radars' reach and where data are missing.
    grid : Grid
        Polar stereographic grid of the radar, in metres.
    """

    start: np.datetime64
    end: np.datetime64
    field: str
    values: np.ndarray
    grid: Grid


def read_composite(file):
    """One KNMI composite of accumulated rain or of echoes.

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
        The file is truncated, not of this format, or holds another quantity.

    Notes
    -----
    KNMI HDF5 data format specification 3.5 (Roozekrans and Holleman, 2003). Rain comes as
    accumulations [mm] over the product's interval, so no Z-R relation is needed.
    """
    require_file(file, "a KNMI radar composite")
    return decode(Path(file), Path(file).name)


def decode(source, name):
    """A composite from a path or from an open binary stream; see `read_composite`.

    Parameters
    ----------
    source : path or binary file
    name : str
        What messages call it.
    """
    import h5py

    try:
        with h5py.File(source) as content:
            return _decode(content, name)
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError(
            f"{name} is no KNMI composite ({str(error)[:80]}), expected a whole HDF5 file "
            "with the groups overview, geographic and image1; fetch it again"
        ) from None


def _decode(content, name):
    image = content["image1"]
    quantity = _text(image.attrs["image_geo_parameter"])
    if quantity not in QUANTITIES:
        raise InputError(
            f"{name} holds {quantity!r}, expected one of {', '.join(QUANTITIES)}; use the "
            "rainfall product"
        )
    start, end = (_moment(content["overview"], edge) for edge in ("start", "end"))
    field, grid = QUANTITIES[quantity], _grid(content["geographic"], name)
    if image["image_data"].shape != grid.shape or grid.nx * grid.ny > MOST_CELLS:
        raise InputError(
            f"{name} holds an image of {image['image_data'].shape}, expected {grid.shape} as its "
            f"grid says, at most {MOST_CELLS} cells; fetch it again"
        )
    return Composite(start, end, field, _values(image, field, end - start, name), grid)


def _values(image, field, duration, name):
    """Rain as a mean rate [m s-1], echoes as they are [dBZ]; NaN where they cannot be."""
    values = _calibrate(image)
    if field == "rainfall_rate":
        seconds = duration / np.timedelta64(1, "s")
        if not seconds > 0:
            raise InputError(
                f"{name} lasts {seconds:g} s, expected a positive interval; fetch it again"
            )
        values *= 1e-3 / seconds
    lowest, highest = LIMITS[field]
    values[(values < lowest) | (values > highest)] = np.nan
    return values.astype(np.float32)


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
