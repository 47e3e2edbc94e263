"""Cities with their 3D Tiles, made once for all tests that look at them."""

import pytest

from sample_city.generate import generate_city
from tiles.tiles3d.tileset import write_building_tiles
from twin.importers.city_import import import_city


@pytest.fixture(scope="session")
def sample_package(tmp_path_factory):
    """The small sample city: blocks of its layer `buildings`."""
    return generate_city(tmp_path_factory.mktemp("cities") / "small", "small", 1)


@pytest.fixture(scope="session")
def sample_tiles(sample_package, tmp_path_factory):
    """Folder with the 3D Tiles of the sample city."""
    return _tiles(sample_package, tmp_path_factory)


@pytest.fixture(scope="session")
def hague(shared_data, tmp_path_factory):
    """The Hague: 844 buildings of 1,653 parts with roofs (LoD2)."""
    model = shared_data / "cityjson" / "DenHaag_01.city.json"
    city, _ = import_city(
        tmp_path_factory.mktemp("cities") / "hague", name="hague", cityjson=[model]
    )
    return city


@pytest.fixture(scope="session")
def hague_tiles(hague, tmp_path_factory):
    """Folder with the 3D Tiles of The Hague."""
    return _tiles(hague, tmp_path_factory)


@pytest.fixture(scope="session")
def delft(shared_data, tmp_path_factory):
    """A part of Delft: buildings, roads, plants, water and bridges (LoD1)."""
    model = shared_data / "cityjson" / "delft.json"
    city, _ = import_city(
        tmp_path_factory.mktemp("cities") / "delft", name="delft", cityjson=[model]
    )
    return city


@pytest.fixture(scope="session")
def delft_tiles(delft, tmp_path_factory):
    """Folder with the 3D Tiles of Delft."""
    return _tiles(delft, tmp_path_factory)


def _tiles(city, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"tiles-{city.name}")
    write_building_tiles(city, folder)
    return folder


def glbs(folder):
    """All GLBs of a folder of tiles."""
    return sorted(folder.glob("[bo]/*.glb"))
