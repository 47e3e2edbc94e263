"""Looks for what is wrong in tiles for maps: the ground as raster-dem, the city as PMTiles."""

import gzip
import io
import json
import zlib

import mapbox_vector_tile
import morecantile
import numpy as np
from google.protobuf.message import DecodeError
from PIL import Image
from pmtiles.tile import tileid_to_zxy

from tiles.checks.terrain import MOST_TILES
from tiles.pmtiles_archive import Archive
from tiles.terrain.raster_dem import TILE_SIZE
from tiles.tiles3d.tileset import LARGEST_TILE
from tiles.vectors import EXTENT, RULES

_MERCATOR_TILES = morecantile.tms.get("WebMercatorQuad")
_HIGHEST, _LOWEST = 9_000.0, -500.0
"""Ground of the Earth, the shores of the Dead Sea included [m]."""


def check_raster_dem(folder):
    """Check a folder of raster-dem tiles.

    Parameters
    ----------
    folder : pathlib.Path
        With ``tiles.json``.

    Returns
    -------
    tuple of (int, list of str)
        Tiles that were looked at; one line a problem.
    """
    try:
        about = json.loads((folder / "tiles.json").read_bytes())
        zooms = _zooms(about)
        named = {(t.z, t.x, t.y) for t in _MERCATOR_TILES.tiles(*about["bounds"], zooms)}
    except (OSError, ValueError, KeyError, TypeError) as error:
        return 0, [f"tiles.json: is none of raster-dem ({type(error).__name__}: {error})"]
    there = {tuple(map(int, (*path.parts[-3:-1], path.stem))) for path in folder.glob("*/*/*.png")}
    problems = [] if about.get("encoding") == "terrarium" else ["tiles.json: is not terrarium"]
    problems += [f"{_name(tile)}: is not there" for tile in sorted(named - there)]
    problems += [f"{_name(tile)}: lies outside of the city" for tile in sorted(there - named)]
    for tile in sorted(named & there):
        wrong = _wrong_picture((folder / f"{_name(tile)}").read_bytes())
        if wrong:
            problems.append(f"{_name(tile)}: {wrong}")
    return len(named & there), problems


def _zooms(about):
    """Zooms of a TileJSON whose tiles are few enough to be looked at."""
    west, south, east, north = (float(edge) for edge in about["bounds"])
    count = 4.0 ** about["maxzoom"] * (east - west) / 360 * (north - south) / 180
    if not 0 <= about["minzoom"] <= about["maxzoom"] or count > MOST_TILES:
        raise ValueError(f"it stands for {count:.2g} tiles, expected at most {MOST_TILES:,}")
    return range(about["minzoom"], about["maxzoom"] + 1)


def _name(tile):
    return "{}/{}/{}.png".format(*tile)


def _wrong_picture(data):
    """What is wrong with one tile of heights, or None."""
    if len(data) > LARGEST_TILE:
        return f"has {len(data):,} bytes, expected at most {LARGEST_TILE:,}"
    try:
        picture = Image.open(io.BytesIO(data))
        pixels = np.asarray(picture).astype(float)
    except (OSError, ValueError, SyntaxError) as error:
        return f"is no picture ({error})"
    if picture.mode != "RGB" or picture.size != (TILE_SIZE, TILE_SIZE):
        return f"is {picture.mode} of {picture.size}, expected RGB of {TILE_SIZE} x {TILE_SIZE}"
    heights = pixels @ [256.0, 1.0, 1 / 256] - 32768.0
    if heights.min() < _LOWEST or heights.max() > _HIGHEST:
        return f"has ground from {heights.min():g} to {heights.max():g} m"
    return None


def check_archive(path):
    """Check a PMTiles file of vector tiles.

    Parameters
    ----------
    path : pathlib.Path
        The file.

    Returns
    -------
    tuple of (int, list of str)
        Tiles that were looked at; one line a problem.

    Notes
    -----
    Protomaps, PMTiles 3; Mapbox, Vector Tile Specification 2: extent 4096, and the layers that
    `tiles.vectors` writes; a feature of `buildings` has its row as id.
    """
    try:
        archive = Archive(path)
    except (OSError, ValueError, KeyError, IndexError, zlib.error) as error:
        return 0, [f"is no PMTiles archive ({type(error).__name__}: {error})"]
    problems, looked = [], 0
    for number in archive.tile_numbers():
        looked += 1
        place = tileid_to_zxy(number)
        problems += [f"{'/'.join(map(str, place))}: {p}" for p in _of_vectors(archive.tile(*place))]
    return looked, problems if looked else ["has no tile"]


def _of_vectors(packed):
    try:
        body = gzip.decompress(packed)
        layers = mapbox_vector_tile.decode(body)
    except (OSError, EOFError, ValueError, zlib.error, DecodeError) as error:
        yield f"cannot be read ({type(error).__name__}: {error})"
        return
    if len(body) > LARGEST_TILE:
        yield f"has {len(body):,} bytes, expected at most {LARGEST_TILE:,}"
    if not layers or layers.keys() - RULES.keys():
        yield f"has the layers {', '.join(layers) or 'none'}, expected some of {', '.join(RULES)}"
    for name, layer in layers.items():
        if layer["extent"] != EXTENT or not layer["features"]:
            yield f"layer {name} has extent {layer['extent']}, {len(layer['features'])} features"
        if name == "buildings" and any("id" not in feature for feature in layer["features"]):
            yield "a building has no id"
