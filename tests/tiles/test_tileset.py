"""3D Tiles of cities: all objects, in their place, with what is known about them (TW-1, TW-5)."""

import json

import geopandas
import ground_town
import numpy as np
import pytest
import shapely
import xarray
from pyproj import Transformer

from tests.tiles.tiled_cities import glbs
from tiles.checks.glb import check_glb
from tiles.checks.tileset import check_tileset
from tiles.local_frame import LocalFrame
from tiles.tiles3d.tile_tree import MOST_TILES, Tile, write_tilesets
from tiles.tiles3d.tileset import LARGEST_TILE, write_building_tiles
from twin.city import write_city
from twin.errors import InputError
from twin.fields import describe
from twin.grid import Grid

GRID = Grid(250_000.0, 2_700_000.0, 10.0, 30, 30, "EPSG:3826")


def tables(folder):
    """All rows of all property tables, as dict by id."""
    found = {}
    for path in glbs(folder):
        table = check_glb(path.read_bytes())[1].table
        names = list(table)
        for row in zip(*table.values(), strict=True):
            entry = dict(zip(names, row, strict=True))
            assert entry["id"] not in found, "an object is in two tiles"
            found[entry["id"]] = {**entry, "file": path.name}
    return found


def small_city(folder, frame, slope=0.0):
    elevation = np.full(GRID.shape, 12.0) + slope * np.arange(GRID.nx)[None]
    terrain = describe(
        xarray.Dataset({"elevation": (("y", "x"), elevation.astype("f4"))}, coords=GRID.coords())
    )
    return write_city(folder, name="small", grid=GRID, terrain=terrain, layers={"buildings": frame})


def houses(**columns):
    shapes = [shapely.box(250_050, 2_699_850, 250_070, 2_699_860), shapely.Point(1, 1).buffer(0)]
    return geopandas.GeoDataFrame(columns, geometry=shapes, crs=GRID.crs)


def test_every_building_of_the_layer_is_in_one_tile_with_its_row(sample_package, sample_tiles):
    layer = sample_package.layer("buildings")
    found = tables(sample_tiles)
    assert set(found) == set(layer["building_id"])
    for row, (name, height) in enumerate(zip(layer["building_id"], layer["height"], strict=True)):
        assert found[name]["row"] == row
        assert found[name]["height"] == pytest.approx(height)
    assert {entry["type"] for entry in found.values()} == {"Building"}


def test_every_building_of_a_model_is_there_under_its_id(hague, hague_tiles):
    """The Hague: 844 buildings, their 1,653 parts within them."""
    found = tables(hague_tiles)
    model = hague.model()
    assert set(found) == {o.id for o in model.objects.values() if o.type == "Building"}
    layer = list(hague.layer("buildings")["building_id"])
    for name, entry in found.items():
        assert layer[entry["row"]] == name
        assert 0 < entry["height"] < 100


def test_all_classes_of_a_semantic_city_are_shown(delft, delft_tiles):
    found = tables(delft_tiles)
    kinds = {entry["type"] for entry in found.values()}
    drawn = {o.type for o in delft.model().objects.values() if o.geometries} - {"TINRelief"}
    assert kinds == drawn
    assert {"Building", "Road", "Bridge", "WaterBody"} <= kinds
    apart = {entry["file"]: entry["type"] == "Building" for entry in found.values()}
    assert all((delft_tiles / "b" / name).is_file() for name, house in apart.items() if house)


@pytest.mark.parametrize("tiles", ["sample_tiles", "hague_tiles", "delft_tiles"])
def test_our_own_check_finds_nothing(tiles, request):
    assert check_tileset(request.getfixturevalue(tiles)) == []


@pytest.mark.parametrize("tiles", ["sample_tiles", "hague_tiles", "delft_tiles"])
def test_no_tile_is_over_the_limit(tiles, request):
    sizes = [path.stat().st_size for path in glbs(request.getfixturevalue(tiles))]
    assert max(sizes) <= LARGEST_TILE


def test_the_root_stands_where_the_city_is_on_earth(hague, hague_tiles):
    document = json.loads((hague_tiles / "tileset.json").read_text())
    placed = np.array(document["root"]["transform"]).reshape(4, 4).T
    assert np.allclose(placed, LocalFrame.of_city(hague).transform)
    assert document["root"]["refine"] == "ADD"
    assert document["asset"]["version"] == "1.1"


def test_the_buildings_lie_on_their_footprints_on_earth(tmp_path):
    """From the vertices of the GLBs through the root to longitude, latitude and ellipsoid."""
    city = ground_town.build(tmp_path / "city")
    write_building_tiles(city, tmp_path)
    document = json.loads((tmp_path / "tileset.json").read_text())
    to_earth = np.array(document["root"]["transform"]).reshape(4, 4).T
    boxes = [check_glb(path.read_bytes())[1].box for path in glbs(tmp_path)]
    low, high = np.min(boxes, axis=0)[0], np.max(boxes, axis=0)[1]
    corners = np.array([[x, y, low[2], 1] for x in (low[0], high[0]) for y in (low[1], high[1])])
    to_lonlat = Transformer.from_crs("EPSG:4978", "EPSG:4979", always_xy=True)
    lon, lat, height = to_lonlat.transform(*(to_earth @ corners.T)[:3])
    west, south, east, north = city.layer("buildings").to_crs("EPSG:4326").total_bounds
    metre = 1 / 111_000
    # The axes of the frame are turned against those of the map by a little.
    assert lon.min() == pytest.approx(west, abs=8 * metre)
    assert lon.max() == pytest.approx(east, abs=8 * metre)
    assert lat.min() == pytest.approx(south, abs=8 * metre)
    assert lat.max() == pytest.approx(north, abs=8 * metre)
    ground = ground_town.ground()
    assert ground_town.GEOID + np.nanmin(ground) - 0.5 < height.min()
    assert height.min() < ground_town.GEOID + np.nanmax(ground)


def test_a_block_stands_in_the_ground_on_a_slope(tmp_path):
    """Building base within 0.2 m of the terrain, and nowhere above it."""
    frame = houses(building_id=["a", "b"], height=[9.0, 5.0], ground=[14.0, 0.0])
    city = small_city(tmp_path / "city", frame, slope=0.4)
    counts = write_building_tiles(city, tmp_path)
    assert (counts["buildings"], counts["skipped"]) == (1, {"Building": 1})
    box = check_glb((tmp_path / "b" / "r.glb").read_bytes())[1].box
    lowest = 12 + 0.4 * 5
    assert box[0, 2] == pytest.approx(lowest, abs=0.2)
    assert box[1, 2] == pytest.approx(14 + 9, abs=0.1)


def test_a_layer_that_knows_little_is_drawn_with_likely_heights(tmp_path):
    frame = houses(storeys=[3.0, np.nan])
    city = small_city(tmp_path / "city", frame)
    write_building_tiles(city, tmp_path)
    content = check_glb((tmp_path / "b" / "r.glb").read_bytes())[1]
    assert np.ptp(content.box[:, 2]) == pytest.approx(3 * 3.2, abs=0.05)
    assert content.table["height"].tolist() == [-9999]
    assert content.table["storeys"].tolist() == [3]
    assert content.table["id"] == [""]


def test_a_city_without_buildings_is_told_in_one_line(tmp_path):
    city = small_city(tmp_path / "city", houses(height=[1.0, 1.0]).iloc[1:])
    with pytest.raises(InputError, match="nothing to draw"):
        write_building_tiles(city, tmp_path)


def test_draco_keeps_each_building_and_its_place(hague, hague_tiles, tmp_path):
    counts = write_building_tiles(hague, tmp_path, compress="draco")
    assert check_tileset(tmp_path) == []
    assert set(tables(tmp_path)) == set(tables(hague_tiles))
    plain = {path.name: check_glb(path.read_bytes())[1].box for path in glbs(hague_tiles)}
    packed = {path.name: check_glb(path.read_bytes())[1].box for path in glbs(tmp_path)}
    assert all(np.abs(plain[name] - packed[name]).max() < 0.01 for name in plain)
    assert counts["bytes"] < 0.2 * sum(path.stat().st_size for path in glbs(hague_tiles))


def test_a_tree_of_many_tiles_is_cut_into_files(tmp_path):
    """No file is slow to read, and each tile is still reached once."""
    leaf = np.array([[0, 0, 0], [1, 1, 1.0]])
    names = iter(range(10**6))

    def tree(levels):
        children = [tree(levels - 1) for _ in range(4)] if levels else []
        return Tile(leaf, float(4 * levels), f"b/{next(names)}.glb", children)

    root = tree(5)
    assert root.count() > MOST_TILES
    write_tilesets(tmp_path, root, np.eye(4))
    assert len(list((tmp_path / "t").glob("*.json"))) > 3
    seen = []

    def walk(tile, folder):
        uri = tile.get("content", {}).get("uri", "")
        if uri.endswith(".json"):
            below = json.loads((folder / uri).read_text())
            assert below["root"]["refine"] == "ADD"
            assert tile["geometricError"] >= below["root"]["geometricError"]
            walk(below["root"], (folder / uri).parent)
        else:
            seen.append((folder / uri).resolve().relative_to(tmp_path.resolve()))
        for child in tile.get("children", []):
            walk(child, folder)

    walk(json.loads((tmp_path / "tileset.json").read_text())["root"], tmp_path)
    assert len(seen) == len(set(seen)) == root.count()
    assert max(path.stat().st_size for path in tmp_path.rglob("*.json")) < 200_000
