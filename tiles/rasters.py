"""Tiles of a raster: one band of a Cloud Optimized GeoTIFF as coloured PNG."""

from functools import lru_cache
from pathlib import Path

import numpy as np
import rasterio
from rio_tiler.errors import TileOutsideBounds
from rio_tiler.io import Reader

from tiles.colours import SCALES, scale_of
from tiles.png import encode_png
from twin.errors import InputError, MissingError

TILE_SIZE = 256
LARGEST_ZOOM = 22


def raster_tile(path, band, field, z, x, y):
    """One tile of one band, coloured by the scale of its field.

    Parameters
    ----------
    path : path-like
        A Cloud Optimized GeoTIFF in any projected CRS, values in SI units.
    band : int
        Number of the band, from 1.
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
    require_tile(z, x, y)
    scale = scale_of(field)
    if not Path(path).is_file():
        raise MissingError(f"{path} is not there, expected a raster of a run; run it again")
    try:
        with Reader(str(path)) as reader:
            image = reader.tile(x, y, z, tilesize=TILE_SIZE, indexes=band)
    except TileOutsideBounds:
        return empty_tile()
    values = image.array[0].filled(np.nan)
    return encode_png(scale.classify(values), scale.palette)


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
