"""Vector tiles carry the city: features where they are, with the ids that runs count by."""

import geopandas as gpd
import mapbox_vector_tile
import morecantile
import numpy as np
import pytest
import shapely
from pyproj import Transformer

from tiles.layers import layer_geojson
from tiles.vectors import EXTENT, CityTiles
from twin.errors import InputError

CRS = "EPSG:3826"
WEST, SOUTH = 304000.0, 2766000.0
TILES = morecantile.tms.get("WebMercatorQuad")


class Town:
    """Layers in memory; the rest of a city does not matter here."""

    def __init__(self, **layers):
        self._layers = layers
        self.layer_names = list(layers)

    def layer(self, name):
        return self._layers[name]


def _frame(shapes, **columns):
    return gpd.GeoDataFrame(columns, geometry=shapes, crs=CRS)


@pytest.fixture(scope="module")
def town():
    corners = [(x, y) for y in range(0, 1000, 50) for x in range(0, 1000, 50)]
    boxes = [shapely.box(WEST + x, SOUTH + y, WEST + x + 25, SOUTH + y + 25) for x, y in corners]
    road = shapely.LineString([(WEST - 500, SOUTH + 40), (WEST + 1500, SOUTH + 40)])
    lane = shapely.LineString([(WEST, SOUTH + 90), (WEST + 900, SOUTH + 90)])
    return Town(
        buildings=_frame(
            boxes,
            building_id=[f"b{k}" for k in range(len(boxes))],
            height=np.where(np.arange(len(boxes)) % 9 == 0, np.nan, 12.5),
            use="home",
            occupants=np.arange(len(boxes)),
        ),
        roads=_frame([road, lane], kind=["main", "path"], name=["Quay", None], is_underpass=False),
        districts=_frame(
            [shapely.union_all(boxes).convex_hull], name=["Old Town"], name_zh=["舊城"]
        ),
    )


def _decoded(tiles, zoom, x=WEST + 500, y=SOUTH + 500):
    lon, lat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True).transform(x, y)
    tile = TILES.tile(lon, lat, zoom)
    return tile, mapbox_vector_tile.decode(tiles.tile(tile.z, tile.x, tile.y))


def _all_ids(tiles, layer, zoom):
    lonlat = Transformer.from_crs(CRS, "EPSG:4326", always_xy=True)
    west, south, east, north = lonlat.transform_bounds(WEST, SOUTH, WEST + 1000, SOUTH + 1000)
    found = []
    for tile in TILES.tiles(west, south, east, north, [zoom]):
        body = tiles.tile(tile.z, tile.x, tile.y)
        features = mapbox_vector_tile.decode(body).get(layer, {}).get("features", [])
        found += [feature["id"] for feature in features]
    return set(found)


@pytest.mark.parametrize("zoom", [14, 15, 16])
def test_every_building_is_in_the_tiles_under_its_row_number(town, zoom):
    assert _all_ids(CityTiles(town), "buildings", zoom) == set(range(400))


def test_a_building_keeps_place_and_properties(town):
    tile, layers = _decoded(CityTiles(town), 16)
    feature = layers["buildings"]["features"][0]
    row = feature["id"]
    assert feature["properties"]["building_id"] == f"b{row}"
    assert feature["properties"]["occupants"] == row
    bounds = TILES.xy_bounds(tile)
    drawn = np.array(feature["geometry"]["coordinates"][0]) / EXTENT
    x = bounds.left + drawn[:, 0] * (bounds.right - bounds.left)
    y = bounds.bottom + drawn[:, 1] * (bounds.top - bounds.bottom)
    x, y = Transformer.from_crs("EPSG:3857", CRS, always_xy=True).transform(x, y)
    west, south, east, north = town.layer("buildings").geometry[row].bounds
    inside = (x > west - 1) & (x < east + 1) & (y > south - 1) & (y < north + 1)
    assert inside.all()


def test_a_height_that_is_not_known_is_left_out(town):
    _, layers = _decoded(CityTiles(town), 15)
    for feature in layers["buildings"]["features"]:
        assert ("height" in feature["properties"]) == (feature["id"] % 9 != 0)


def test_outer_rings_go_clockwise_on_the_screen(town):
    _, layers = _decoded(CityTiles(town), 15)
    for feature in layers["buildings"]["features"][:50]:
        if feature["geometry"]["type"] == "Polygon":
            assert not shapely.is_ccw(shapely.linearrings(feature["geometry"]["coordinates"][0]))


def test_coarse_zooms_leave_out_what_nobody_could_see(town):
    tiles = CityTiles(town)
    _, coarse = _decoded(tiles, 11)
    assert "buildings" not in coarse
    assert [f["properties"]["kind"] for f in coarse["roads"]["features"]] == ["main"]
    _, fine = _decoded(tiles, 16, y=SOUTH + 60)
    assert {f["properties"]["kind"] for f in fine["roads"]["features"]} == {"main", "path"}


def test_a_district_is_named_once(town):
    tiles = CityTiles(town)
    assert _all_ids(tiles, "district_labels", 12) == {0}
    _, layers = _decoded(tiles, 12)
    label = layers["district_labels"]["features"][0]
    assert label["geometry"]["type"] == "Point"
    assert label["properties"]["name_zh"] == "舊城"


def test_an_empty_sea_is_an_empty_tile(town):
    assert CityTiles(town).tile(10, 0, 0) == b""


def test_a_tile_over_the_finest_zoom_is_refused(town):
    with pytest.raises(InputError, match="zoom 17, expected 0 to 16"):
        CityTiles(town).tile(17, 0, 0)


def test_bow_ties_and_empty_shapes_do_not_stop_a_tile():
    bow = shapely.Polygon(
        [(WEST, SOUTH), (WEST + 50, SOUTH + 50), (WEST + 50, SOUTH), (WEST, SOUTH + 50)]
    )
    town = Town(buildings=_frame([bow, shapely.Polygon()], height=[3.0, 4.0]))
    _, layers = _decoded(CityTiles(town), 16, WEST + 25, SOUTH + 25)
    assert [f["id"] for f in layers["buildings"]["features"]] == [0]


def test_geojson_is_in_longitude_and_latitude(town):
    import json

    body = json.loads(layer_geojson(town, "roads"))
    lon, lat = body["features"][0]["geometry"]["coordinates"][0]
    assert 121 < lon < 122
    assert 24 < lat < 26
    assert body["features"][1]["properties"]["kind"] == "path"


def test_a_huge_layer_is_refused_as_geojson(monkeypatch, town):
    monkeypatch.setattr("tiles.layers.MOST_FEATURES", 100)
    with pytest.raises(InputError, match="has 400 features.*vector tiles"):
        layer_geojson(town, "buildings")
