"""Tiles of a raster: one band of a Cloud Optimized GeoTIFF as coloured PNG, or as its values."""

import io
from functools import lru_cache
from pathlib import Path

import numpy as np
import rasterio

from tiles.colours import SCALES, scale_of
from tiles.mercator import tile_bounds
from tiles.png import encode_numbers, encode_png
from tiles.raster_window import RasterWindow
from twin.errors import InputError, MissingError
from twin.hazard import UNKNOWN, arr_class

TILE_SIZE = 256
LARGEST_ZOOM = 22
HAZARD_CLASS = "hazard_class"
"""Field that is computed from three bands: depth, speed and depth x speed."""


def raster_tile(path, band, field, z, x, y):
    """One tile of one band, coloured by the scale of its field.

    Parameters
    ----------
    path : path-like
        A Cloud Optimized GeoTIFF in any projected CRS, values in SI units.
    band : int or tuple of int
        Number of the band, from 1; three of them for `HAZARD_CLASS`.
    field : str
        Key of `tiles.colours.SCALES`.
    z, x, y : int
        Web Mercator tile, y from the north.

    Returns
    -------
    bytes
        PNG of 256 x 256 pixels; transparent where the raster has no water or does not reach.

    Raises
    ------
    InputError
        There is no such tile at that zoom.
    MissingError
        The file or the colour scale is not there.
    """
    scale = scale_of(field)
    steps = _tile(path, band, z, x, y, lambda *bands: scale.classify(_one(*bands)))
    if steps is None or not steps.any():
        return empty_tile()
    return encode_png(steps, scale.palette)


def number_tile(path, band, field, z, x, y):
    """One tile of one band as numbers in the colours of a PNG, in the units of its legend.

    Parameters
    ----------
    path, band, field, z, x, y
        As for `raster_tile`.

    Returns
    -------
    bytes
        PNG by Terrarium: value = red * 256 + green + blue / 256 - 32768, within 1/512;
        transparent where there is no value.
    """
    values = tile_values(path, band, z, x, y)
    if values is None:
        values = np.full((TILE_SIZE, TILE_SIZE), np.nan)
    return encode_numbers(values * scale_of(field).factor)


def array_tile(path, band, z, x, y):
    """One tile of one band as NumPy file: float32 in SI units, NaN where there is no value.

    Parameters
    ----------
    path, band, z, x, y
        As for `raster_tile`.
    """
    values = tile_values(path, band, z, x, y)
    if values is None:
        values = np.full((TILE_SIZE, TILE_SIZE), np.nan, "float32")
    out = io.BytesIO()
    np.save(out, values.astype("<f4"))
    return out.getvalue()


def tile_values(path, band, z, x, y):
    """Values at the pixels of a tile in SI units, float32 (256, 256); None where all is outside.

    Raises
    ------
    InputError
        There is no such tile at that zoom.
    MissingError
        The file is not there.
    """
    return _tile(path, band, z, x, y, _one)


def _tile(path, band, z, x, y, formula):
    """What a formula says of the cells at the pixels of a tile; None where all is outside."""
    require_tile(z, x, y)
    raster = _opened(str(path), file_stamp(path))
    bands = (band,) if isinstance(band, int) else band
    return raster.mercator_tile(bands, tile_bounds(z, x, y), TILE_SIZE, formula)


def _one(values, *others):
    """The values of one band, or the hazard class by three of them, float32."""
    if not others:
        return values
    classes = arr_class(values, *others)
    return np.where(classes == UNKNOWN, np.float32(np.nan), classes.astype("float32"))


def file_stamp(path):
    """What tells a file from another that comes into its place: its time, size and number.

    Raises
    ------
    MissingError
        The file is not there.
    """
    try:
        about = Path(path).stat()
    except FileNotFoundError:
        raise MissingError(
            f"{path} is not there, expected a raster of a run; run it again"
        ) from None
    return about.st_mtime_ns, about.st_size, about.st_ino


@lru_cache(maxsize=64)
def _opened(path, stamp):
    """Header of one state of a raster."""
    return RasterWindow(path, stamp)


@lru_cache(maxsize=1)
def empty_tile():
    """A transparent tile as PNG bytes."""
    palette = SCALES["water_depth"].palette
    return encode_png(np.zeros((TILE_SIZE, TILE_SIZE), dtype="uint8"), palette)


def band_names(path):
    """Descriptions of the bands of a raster, in their order.

    Raises
    ------
    MissingError
        The file is not there.
    """
    return _band_names(str(path), file_stamp(path))


@lru_cache(maxsize=256)
def _band_names(path, _stamp):
    with rasterio.open(path) as raster:
        return tuple(name or f"band {k}" for k, name in enumerate(raster.descriptions, 1))


def require_tile(z, x, y, largest_zoom=LARGEST_ZOOM):
    """Check that a tile number exists.

    Raises
    ------
    InputError
        The zoom is out of range, or x or y lie outside of that zoom.
    """
    if not 0 <= z <= largest_zoom:
        raise InputError(f"zoom {z}, expected 0 to {largest_zoom}; ask for a tile in that range")
    if not (0 <= x < 2**z and 0 <= y < 2**z):
        raise InputError(
            f"tile {z}/{x}/{y}, expected x and y from 0 to {2**z - 1} at zoom {z}; "
            "check the order: zoom, x, y from the north"
        )
