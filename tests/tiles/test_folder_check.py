"""Whatever lies in a folder of tiles is checked, and each fault that is put in is named (TW-5)."""

import gzip
import json
import shutil
import struct

import ground_town
import numpy as np
import pytest
import rasterio
from PIL import Image
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from tiles.checks.folder import check_folder
from tiles.checks.runs import check_cog
from tiles.checks.terrain import check_terrain, decode_tile
from tiles.pmtiles_archive import write_archive
from tiles.terrain.mesh import write_terrain
from tiles.terrain.raster_dem import write_raster_dem
from tiles.tile_folder import ABOUT
from tiles.tiles3d.tileset import write_building_tiles
from twin.errors import MissingError


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folder with all tiles of the hills."""
    city = ground_town.build(tmp_path_factory.mktemp("cities") / "hills")
    folder = tmp_path_factory.mktemp("tiles")
    write_building_tiles(city, folder)
    counts = {
        "terrain_tiles": write_terrain(city, folder / "terrain"),
        "dem_tiles": write_raster_dem(city, folder / "dem"),
        "vector_tiles": write_archive(city, folder / "city.pmtiles"),
    }
    (folder / ABOUT).write_text(json.dumps({"counts": counts}))
    return folder


@pytest.fixture
def folder(made, tmp_path):
    """A copy to be spoilt."""
    return shutil.copytree(made, tmp_path / "hills")


def problems(folder):
    return check_folder(folder)[1]


def test_what_was_written_has_no_fault(made):
    checked, found = check_folder(made)
    assert found == []
    assert all(count > 0 for count in checked.values())
    assert set(checked) == {"3d_tiles", "terrain_tiles", "dem_tiles", "vector_tiles"}


def test_a_folder_of_something_else_is_refused(tmp_path):
    with pytest.raises(MissingError, match="expected a folder of tiles"):
        check_folder(tmp_path)


def finest(folder, pattern):
    return max(folder.glob(pattern), key=lambda path: int(path.parts[-3]))


def change(path, edit):
    data = bytearray(path.read_bytes())
    edit(data)
    path.write_bytes(data)


def lifted(data):
    """A tile a metre higher: its neighbours stay below."""
    values = list(struct.unpack_from("<3d2f", data))
    struct.pack_into("<3d2f", data, 0, *values[:3], values[3] + 1, values[4] + 1)


def upside_down(data):
    """All triangles the other way round."""
    (count,) = struct.unpack_from("<I", data, 88)
    at = 92 + 6 * count
    (triangles,) = struct.unpack_from("<I", data, at)
    rows = np.frombuffer(bytes(data), "<u2", 3 * triangles, at + 4).astype(int)
    highest = np.concatenate([[0], np.cumsum(rows == 0)[:-1]])
    rows = (highest - rows).reshape(-1, 3)[:, [0, 2, 1]].ravel()
    before = np.concatenate([[0], np.maximum.accumulate(rows)[:-1] + 1])
    packed = (before - rows).clip(0).astype("<u2").tobytes()
    data[at + 4 : at + 4 + len(packed)] = packed


TERRAIN = "terrain/*/*/*.terrain"
FAULTS = {
    "terrain gone": (TERRAIN, lambda p: p.unlink(), "is listed and not there"),
    "terrain not listed": (
        TERRAIN,
        lambda p: p.with_name("1.terrain").write_bytes(p.read_bytes()),
        "is there and not listed",
    ),
    "terrain cut": (TERRAIN, lambda p: change(p, lambda d: d.__delitem__(slice(-9, None))), "ends"),
    "terrain longer": (TERRAIN, lambda p: change(p, lambda d: d.extend(b"12")), "after its last"),
    "terrain torn": (TERRAIN, lambda p: change(p, lifted), "is torn from the tile"),
    "terrain too large": (TERRAIN, lambda p: p.write_bytes(bytes(600_000)), "at most 500,000"),
    "layer": ("terrain/layer.json", lambda p: p.write_text("{}"), "is none of terrain"),
    "dem gone": ("dem/*/*/*.png", lambda p: p.unlink(), "is not there"),
    "dem cut": ("dem/*/*/*.png", lambda p: p.write_bytes(p.read_bytes()[:200]), "is no picture"),
    "dem grey": (
        "dem/*/*/*.png",
        lambda p: Image.new("L", (256, 256)).save(p),
        "expected RGB",
    ),
    "archive cut": ("city.pmtiles", lambda p: p.write_bytes(p.read_bytes()[:60]), "city.pmtiles"),
    "counts": (ABOUT, lambda p: p.write_text('{"counts": {"dem_tiles": 7}}'), "states 7 dem_tiles"),
    "tileset": ("tileset.json", lambda p: p.write_text("{}"), "is no tileset"),
}


WORLD = {"startX": 0, "startY": 0, "endX": 10**12, "endY": 10**12}
HOSTILE = {
    "terrain/layer.json": {"available": [[WORLD]]},
    "dem/tiles.json": {"minzoom": 0, "maxzoom": 300, "bounds": [-180, -80, 180, 80]},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_list_without_end_is_refused_at_once(folder, name):
    (folder / name).write_text(json.dumps(HOSTILE[name]))
    assert any("expected at most 5,000,000" in problem for problem in problems(folder))


def test_tiles_in_tiles_without_end_are_named(folder):
    depth = 900
    tile = '{"boundingVolume":{"box":[0,0,0,1,0,0,0,1,0,0,0,1]},"geometricError":1'
    text = f'{{"asset":{{"version":"1.1"}},"geometricError":1,"root":{tile}'
    text += f',"refine":"ADD","children":[{tile}' + f',"children":[{tile}' * depth
    (folder / "tileset.json").write_text(text + "}]" * (depth + 1) + "}}")
    assert any(
        "without end" in problem or "is no tileset" in problem for problem in problems(folder)
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named(folder, fault):
    pattern, spoil, words = FAULTS[fault]
    paths = sorted(folder.glob(pattern), key=lambda path: len(path.parts))
    spoil(finest(folder, pattern) if len(paths) > 1 else paths[0])
    assert any(words in problem for problem in problems(folder))


def test_a_mesh_that_faces_down_is_named(folder):
    path = finest(folder, TERRAIN)
    change(path, upside_down)
    assert any("face down" in problem or "not of its" in problem for problem in problems(folder))


def archive(path, bodies):
    """A PMTiles file with these bodies as tiles of zoom 6."""
    with path.open("wb") as file:
        writer = Writer(file)
        for x, body in enumerate(bodies):
            writer.write_tile(zxy_to_tileid(6, x, 0), body)
        header = {"tile_type": TileType.MVT, "tile_compression": Compression.GZIP}
        corners = dict.fromkeys(("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7"), 0)
        centre = {"center_zoom": 6, "center_lon_e7": 0, "center_lat_e7": 0}
        writer.finalize({**header, **corners, **centre}, {})


def test_vector_tiles_that_cannot_be_read_are_named(folder):
    archive(folder / "city.pmtiles", [gzip.compress(b"\xff\xff"), b"no gzip", gzip.compress(b"")])
    found = [problem for problem in problems(folder) if "city.pmtiles" in problem]
    assert sum("cannot be read" in problem for problem in found) == 2
    assert any("has the layers none" in problem for problem in found)


def test_a_plain_geotiff_is_no_cog(tmp_path):
    path = tmp_path / "hazard_class.tif"
    profile = {"driver": "GTiff", "width": 600, "height": 600, "count": 1, "dtype": "float32"}
    place = {"crs": "EPSG:3826", "transform": rasterio.Affine(1, 0, 5, 0, -1, 9)}
    with rasterio.open(path, "w", **profile, **place) as raster:
        raster.write(np.full((600, 600), 9, "f4"), 1)
    text = "\n".join(check_cog(path))
    for words in ("layout of a COG", "square tiles", "NaN", "no overviews", "a name", "0 to 6"):
        assert words in text


def test_a_decoded_mesh_has_the_heights_that_went_in(made):
    count, found = check_terrain(made / "terrain")
    assert found == []
    assert count > 20
    mesh = decode_tile(finest(made, TERRAIN).read_bytes())
    assert mesh.heights.min() == pytest.approx(mesh.lowest)
    assert np.ptp(mesh.heights) > 0
