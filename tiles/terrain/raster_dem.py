"""The bare ground of a city as raster-dem tiles: Terrarium PNG in Web Mercator, as MapLibre reads.

Heights are those of the city's own vertical datum; a map without a globe needs no ellipsoid.
"""

import json
import math

import morecantile
import numpy as np

from tiles.mercator import lonlat_bounds, pixel_places, shared_transformer, tile_bounds
from tiles.png import encode_numbers
from tiles.terrain.ground import Ground

TILE_SIZE = 256
STEP = 1 / 32
"""Heights are kept to whole steps [m], so that a tile packs well; they err by half of one."""

DEEPEST_ZOOM = 18
ZOOMS = 6
"""Most levels below the finest one; a coarser tile would show the city as a few pixels."""

_MERCATOR_TILES = morecantile.tms.get("WebMercatorQuad")
_METRES_AT_ZOOM_0 = 2 * math.pi * 6378137.0 / TILE_SIZE


def write_raster_dem(city, folder, progress=None):
    """Write all raster-dem tiles of a city.

    Parameters
    ----------
    city : twin.city.City
        With its ground.
    folder : pathlib.Path
        Gets ``{z}/{x}/{y}.png`` and ``tiles.json`` (TileJSON); it is made.
    progress : callable, optional
        Called with (done, total) tiles.

    Returns
    -------
    int
        How many tiles were written.
    """
    ground = Ground.of_city(city)
    coarsest, finest = dem_zooms(city.grid)
    bounds = lonlat_bounds(city.grid)
    tiles = list(_MERCATOR_TILES.tiles(*bounds, range(coarsest, finest + 1)))
    for done, tile in enumerate(tiles, 1):
        column = folder / str(tile.z) / str(tile.x)
        column.mkdir(parents=True, exist_ok=True)
        (column / f"{tile.y}.png").write_bytes(dem_tile(ground, tile.z, tile.x, tile.y))
        if progress is not None:
            progress(done, len(tiles))
    about = {
        "tilejson": "3.0.0",
        "name": city.title,
        "tiles": [f"{{z}}/{{x}}/{{y}}.png?v={city.version}"],
        "minzoom": coarsest,
        "maxzoom": finest,
        "bounds": list(bounds),
        "encoding": "terrarium",
        "tileSize": TILE_SIZE,
    }
    (folder / "tiles.json").write_text(json.dumps(about) + "\n")
    return len(tiles)


def dem_zooms(grid):
    """Coarsest and finest zoom of a city: the finest has pixels no larger than its cells."""
    _, south, _, north = lonlat_bounds(grid)
    pixel = _METRES_AT_ZOOM_0 * math.cos(math.radians((south + north) / 2))
    finest = min(max(math.ceil(math.log2(pixel / grid.cell_size)), 0), DEEPEST_ZOOM)
    return max(finest - ZOOMS, 0), finest


def dem_tile(ground, z, x, y):
    """One tile.

    Parameters
    ----------
    ground : tiles.terrain.ground.Ground
        Of a city.
    z, x, y : int
        Web Mercator tile, y from the north.

    Returns
    -------
    bytes
        PNG of 256 x 256 pixels: height = red * 256 + green + blue / 256 - 32768.
    """
    left, bottom, right, top = tile_bounds(z, x, y)
    west, south, east, north = ground.grid.bounds
    transformer = shared_transformer(ground.grid.crs, ((west + east) / 2, (south + north) / 2))()
    x, y = pixel_places((left, bottom, right, top), TILE_SIZE, transformer)
    spacing = (right - left) / TILE_SIZE / math.cosh((bottom + top) / 2 / 6378137.0)
    heights = ground.heights(x, y, spacing)
    return encode_numbers(np.rint(heights / STEP) * STEP)
