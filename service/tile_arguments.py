"""The verb `tiles` and its flags; no import that takes time."""

from service.argument_types import add_verb, words


def add_tiles(verbs):
    """Add ``tiles``."""
    add = add_verb(
        verbs, "tiles", "write_tiles", "3D Tiles, terrain, vector and raster tiles of a city"
    ).add_argument
    add("city", metavar="CITY", help="folder of the city")
    add("--run", metavar="RUN", help="a run of the city too: its id, latest or current")
    add(
        "--only",
        type=words,
        metavar="KIND,...",
        help="some of buildings (3D Tiles 1.1), terrain (quantized mesh), dem (raster-dem, "
        "Terrarium), vectors (PMTiles), run (COG); default all that the city has",
    )
    add("--out", metavar="DIR", help="folder of the tiles (default DATA/tiles/CITY/VERSION)")
