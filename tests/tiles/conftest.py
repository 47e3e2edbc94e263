"""Cities that several tests of this room look at."""

from tests.tiles.tiled_cities import (  # noqa: F401  (fixtures)
    delft,
    delft_tiles,
    hague,
    hague_tiles,
    sample_package,
    sample_tiles,
)
