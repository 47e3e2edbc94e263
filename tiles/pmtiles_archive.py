"""The vector tiles of a city in one file, PMTiles v3, which clients read in parts."""

import gzip
import mmap
from pathlib import Path

import morecantile
import numpy as np
from pmtiles.reader import MemorySource
from pmtiles.tile import (
    Compression,
    TileType,
    deserialize_directory,
    deserialize_header,
    zxy_to_tileid,
)
from pmtiles.writer import Writer

from tiles.mercator import lonlat_bounds
from tiles.vectors import LARGEST_ZOOM, RULES, CityTiles
from twin.errors import InputError

COARSEST_ZOOM = 6
_MERCATOR_TILES = morecantile.tms.get("WebMercatorQuad")
_LEVEL = 6
_E7 = 10_000_000


def write_archive(city, path, progress=None):
    """Write the vector tiles of a city, zoom 6 to 16, as PMTiles.

    Parameters
    ----------
    city : twin.city.City
        With its layers.
    path : pathlib.Path
        File to write.
    progress : callable, optional
        Called with (done, total) tiles.

    Returns
    -------
    int
        How many tiles have something in them.

    Raises
    ------
    InputError
        The city has nothing that vector tiles show.

    Notes
    -----
    Protomaps, PMTiles version 3: tiles in the order of the Hilbert curve, each packed with gzip.
    """
    bounds = lonlat_bounds(city.grid)
    zooms = range(COARSEST_ZOOM, LARGEST_ZOOM + 1)
    tiles = sorted((zxy_to_tileid(t.z, t.x, t.y), t) for t in _MERCATOR_TILES.tiles(*bounds, zooms))
    vectors, kept = CityTiles(city), 0
    with Path(path).open("wb") as file:
        writer = Writer(file)
        for done, (number, tile) in enumerate(tiles, 1):
            body = vectors.tile(tile.z, tile.x, tile.y)
            if body:
                writer.write_tile(number, gzip.compress(body, _LEVEL, mtime=0))
                kept += 1
            if progress is not None:
                progress(done, len(tiles))
        if not kept:
            raise InputError(
                f"city {city.name} has layers {', '.join(city.layer_names) or 'none'}, expected "
                f"some of {', '.join(RULES)}; there is nothing for vector tiles"
            )
        writer.finalize(_header(bounds), _metadata(city, vectors))
    return kept


class Archive:
    """Vector tiles of a PMTiles file on this disk.

    Parameters
    ----------
    path : path-like
        Written by `write_archive`.
    """

    def __init__(self, path):
        with Path(path).open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        header = deserialize_header(self._bytes[:127])
        self._start = header["tile_data_offset"]
        entries = list(_entries(MemorySource(self._bytes), header))
        self._first = np.array([entry.tile_id for entry in entries])
        self._last = self._first + [entry.run_length - 1 for entry in entries]
        self._places = [(entry.offset, entry.length) for entry in entries]

    def tile_numbers(self):
        """Numbers of all tiles that it has, in their order along the Hilbert curve."""
        for first, last in zip(self._first.tolist(), self._last.tolist(), strict=True):
            yield from range(first, last + 1)

    def tile(self, z, x, y):
        """One tile, packed with gzip, or None where the file has none."""
        number = zxy_to_tileid(z, x, y)
        row = int(np.searchsorted(self._first, number, "right")) - 1
        if row < 0 or number > self._last[row]:
            return None
        offset, length = self._places[row]
        return self._bytes[self._start + offset : self._start + offset + length]


def _entries(read, header):
    """All entries of the root directory and of its leaves, in the order of their tiles."""
    for entry in deserialize_directory(read(header["root_offset"], header["root_length"])):
        if entry.run_length:
            yield entry
        else:
            leaf = read(header["leaf_directory_offset"] + entry.offset, entry.length)
            yield from deserialize_directory(leaf)


def _header(bounds):
    west, south, east, north = (round(edge * _E7) for edge in bounds)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": west,
        "min_lat_e7": south,
        "max_lon_e7": east,
        "max_lat_e7": north,
        "center_zoom": 14,
        "center_lon_e7": (west + east) // 2,
        "center_lat_e7": (south + north) // 2,
    }


def _metadata(city, vectors):
    """What readers ask for: name, sources and the layers with their fields."""
    sources = {entry.get("source") for entry in city.info["layers"]} - {None, ""}
    layers = [
        {
            "id": name,
            "minzoom": max(RULES[name].from_zoom, COARSEST_ZOOM),
            "maxzoom": LARGEST_ZOOM,
            "fields": vectors.field_types(name),
        }
        for name in vectors.layer_names
    ]
    return {
        "name": city.title,
        "type": "overlay",
        "version": city.version,
        "attribution": ", ".join(sorted(sources)),
        "vector_layers": layers,
    }
