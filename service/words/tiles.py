"""The verb `tiles` and its flags; no import that takes time."""

from service.words.types import add_verb, bounds, words


def add_tiles(verbs):
    """Add ``tiles``."""
    add = add_verb(
        verbs, "tiles", "tiles", "3D Tiles, terrain, vector and raster tiles of a city"
    ).add_argument
    add("city", metavar="CITY", nargs="?", help="folder of the city")
    add("--run", metavar="RUN", help="a run of the city too: its id, latest or current")
    add(
        "--only",
        type=words,
        metavar="KIND,...",
        help="some of buildings (3D Tiles 1.1), terrain (quantized mesh), dem (raster-dem, "
        "Terrarium), vectors (PMTiles), run (COG); default all that the city has",
    )
    add(
        "--compress",
        choices=("draco",),
        help="buildings a tenth of the size, for clients that decode it (default: any client)",
    )
    add(
        "--out",
        metavar="WHERE",
        help="folder of the tiles (default DATA/tiles/CITY/VERSION); of --gltf and --bounds the "
        "file (default DISTRICT.glb)",
    )
    add("--check", metavar="FOLDER", help="look for what is wrong in a folder of tiles, no more")
    add("--gltf", metavar="DISTRICT", help="in place of tiles: a district as one GLB, for VR")
    add(
        "--bounds",
        type=bounds,
        metavar="W,S,E,N",
        help="as --gltf, between these metres of the city's reference system",
    )
