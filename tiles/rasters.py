"""Tiles of a raster: one band of a Cloud Optimized GeoTIFF as coloured PNG, or as its values."""

import io
from functools import lru_cache
from pathlib import Path

import morecantile
import numpy as np
import rasterio

from tiles.colours import SCALES, scale_of
from tiles.png import encode_numbers, encode_png
from tiles.raster_window import RasterWindow
from twin.errors import InputError, MissingError
from twin.hazard import UNKNOWN, arr_class

TILE_SIZE = 256
LARGEST_ZOOM = 22
HAZARD_CLASS = "hazard_class"
"""Field that is computed from three bands: depth, speed and depth x speed."""

_MERCATOR_TILES = morecantile.tms.get("WebMercatorQuad")


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
    values = tile_values(path, band, z, x, y)
    if values is None:
        return empty_tile()
    steps = scale.classify(values)
    return encode_png(steps, scale.palette) if steps.any() else empty_tile()


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
    require_tile(z, x, y)
    if not Path(path).is_file():
        raise MissingError(f"{path} is not there, expected a raster of a run; run it again")
    raster = _opened(str(path))
    bounds = _MERCATOR_TILES.xy_bounds(morecantile.Tile(x, y, z))
    bands = (band,) if isinstance(band, int) else band
    values = raster.mercator_tile(bands, bounds, TILE_SIZE)
    if values is None or len(bands) == 1:
        return None if values is None else values[0]
    classes = arr_class(*values)
    return np.where(classes == UNKNOWN, np.float32(np.nan), classes.astype("float32"))


@lru_cache(maxsize=64)
def _opened(path):
    """Header of a raster that never changes."""
    return RasterWindow(path)


@lru_cache(maxsize=1)
def empty_tile():
    """A transparent tile as PNG bytes."""
    palette = SCALES["water_depth"].palette
    return encode_png(np.zeros((TILE_SIZE, TILE_SIZE), dtype="uint8"), palette)


@lru_cache(maxsize=256)
def band_names(path):
    """Descriptions of the bands of a raster that never changes, in their order."""
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
