"""Real layers to a city package, and every bad input in one line that leaves nothing behind."""

import geopandas
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin
from shapely import LineString, box

from tests.twin.model.cityjson_text import document, write
from twin.city import check_city, open_city
from twin.errors import DeviceError, InputError, MissingError
from twin.importers.city_import import import_city

WEST, NORTH, CRS = 80000.0, 450000.0, "EPSG:28992"


def raster(path, values, cell_size=2.0, crs=CRS, origin=(WEST, NORTH), **options):
    values = np.asarray(values)
    transform = from_origin(*origin, cell_size, cell_size)
    profile = {"driver": "GTiff", "count": 1, "dtype": values.dtype, "crs": crs}
    profile |= {"height": values.shape[0], "width": values.shape[1], "transform": transform}
    with rasterio.open(path, "w", **profile, **options) as target:
        target.write(values, 1)
    return path


@pytest.fixture
def files(tmp_path):
    """A terrain of 60 x 80 m with one building, one road and two classes of land cover."""
    folder = tmp_path / "in"
    folder.mkdir()
    building = geopandas.GeoDataFrame(
        {"height": [8.0]}, geometry=[box(WEST + 10, NORTH - 20, WEST + 20, NORTH - 10)], crs=CRS
    )
    building.to_file(folder / "buildings.gpkg")
    line = LineString([(WEST, NORTH - 30), (WEST + 80, NORTH - 30)])
    road = geopandas.GeoDataFrame({"highway": ["residential"]}, geometry=[line], crs=CRS)
    road.to_crs(4326).to_file(folder / "roads.geojson")
    classes = np.full((6, 8), 30, dtype=np.uint8)
    classes[:, :4] = 50
    return {
        "dem": raster(folder / "dem.tif", np.full((30, 40), 1.0, dtype=np.float32)),
        "buildings": folder / "buildings.gpkg",
        "roads": folder / "roads.geojson",
        "landcover": raster(folder / "cover.tif", classes, cell_size=10.0),
    }


def run(folder, **files):
    return import_city(folder / "out" / "town", name="town", **files)


def test_all_layers_become_a_sound_city(tmp_path, files):
    told = []
    city, counts = run(tmp_path, **files, progress=told.append, title="Town")
    assert check_city(city.folder) == []
    assert [count["name"] for count in counts] == ["terrain", "buildings", "roads", "land_cover"]
    assert all(c["read"] == c["kept"] + c["dropped"] for c in counts)
    assert (city.crs, city.edges, city.buildings_as) == (CRS, "free", "raised")
    terrain = city.terrain
    assert float(terrain["building_blockage"].sum()) == 25
    assert float(terrain["building_height"].max()) == 8
    assert set(np.unique(terrain["manning"])) == {np.float32(0.03), np.float32(0.035)}
    # A roof is sealed, the yards of a built-up class only for a part, grass not at all.
    sealed = set(np.unique(terrain["imperviousness"]).tolist())
    assert sealed == {0.0, np.float32(0.7), 1.0}
    assert city.layer("roads")["kind"].tolist() == ["street"]
    assert {e["source"] for e in city.info["layers"]} == {"buildings.gpkg", "roads.geojson"}
    assert told[-1] == "writing the city"


def test_terrain_alone_is_a_city(tmp_path, files):
    city, counts = run(tmp_path, dem=files["dem"], edges="closed", buildings_as="none")
    assert city.terrain_fields == ["elevation"] and city.layer_names == []
    assert (city.edges, len(counts)) == ("closed", 1)


def test_a_city_model_gives_terrain_and_buildings(tmp_path):
    path = write(tmp_path, document())
    city, counts = run(tmp_path, cityjson=path)
    assert (city.crs, city.vertical_datum, city.grid.cell_size) == (CRS, "NAP height", 1.0)
    _, y = np.meshgrid(city.grid.x, city.grid.y)
    np.testing.assert_allclose(city.terrain["elevation"], 2 + (y - 450000) * 0.1, atol=1e-3)
    assert float(city.terrain["building_blockage"].sum()) == pytest.approx(72)
    assert [c["name"] for c in counts] == ["terrain", "cityjson", "buildings"]
    # Objects that no flood needs are kept as well, in the model.
    assert (counts[1]["read"], counts[1]["kept"], counts[1]["reasons"]) == (4, 4, {})
    assert city.info["model"]["types"]["SolitaryVegetationObject"] == 1


def test_a_city_model_gives_only_what_the_files_do_not(tmp_path, files):
    north = {"origin": (WEST, NORTH + 60)}
    dem = raster(tmp_path / "dem.tif", np.full((60, 60), 7.0, np.float32), **north)
    city, counts = run(tmp_path, dem=dem, cityjson=write(tmp_path, document()))
    assert float(city.terrain["elevation"].max()) == 7.0 and city.has_layer("buildings")
    assert counts[1]["classes"]["TINRelief"]["kept"] == 1


def test_another_system_is_given_to_a_city_model(tmp_path):
    city, _ = run(tmp_path, cityjson=write(tmp_path, document()), crs="EPSG:32631", cell_size=2)
    assert (city.crs, city.grid.cell_size) == ("EPSG:32631", 2)
    elevation = city.terrain["elevation"]
    assert float(elevation.min()) >= 2 and float(elevation.max()) <= 6
    assert check_city(city.folder) == []


def break_input(files, folder, kind):
    """Put one bad thing into good files."""
    flat = np.full((30, 40), 1.0, dtype=np.float32)
    dem, path = files["dem"], folder / "in" / "bad"
    changes = {
        "missing terrain": lambda: {"dem": path},
        "missing buildings": lambda: {"buildings": path.with_suffix(".gpkg")},
        "missing model": lambda: {"cityjson": path},
        "truncated terrain": lambda: dem.write_bytes(dem.read_bytes()[:500]) and {},
        "truncated buildings": lambda: (
            files["buildings"].write_bytes(files["buildings"].read_bytes()[:9000]) and {}
        ),
        "no CRS": lambda: {"dem": raster(path, flat, crs=None)},
        "geographic CRS": lambda: {
            "dem": raster(path, flat, 1e-4, "EPSG:4326", origin=(4.3, 52.0))
        },
        "void": lambda: {"dem": raster(path, flat * 0 - 9999, nodata=-9999)},
        "far buildings": lambda: {"dem": raster(path, flat, origin=(WEST + 5000, NORTH))},
        "far land cover": lambda: {
            "landcover": raster(path, np.ones((9, 9), np.uint8), origin=(WEST + 5000, NORTH))
        },
        "wrong table": lambda: {"landcover_table": files["dem"]},
        "no terrain": lambda: {"dem": None},
        "wrong name": lambda: {"name": "../town"},
        "wrong choice": lambda: {"buildings_as": "flying"},
        "wrong cell": lambda: {"cell_size": -2},
        "wrong CRS": lambda: {"crs": "EPSG:1"},
        "empty CRS": lambda: {"crs": " "},
        "folder as terrain": lambda: {"dem": folder},
        "folder as buildings": lambda: {"buildings": folder},
        "folder as model": lambda: {"cityjson": folder},
        "folder as table": lambda: {"landcover_table": folder},
        "table alone": lambda: {"landcover": None, "landcover_table": "table.csv"},
    }
    return {"name": "town", **files, **changes[kind]()}


@pytest.mark.parametrize(
    "kind, error, message",
    [
        ("missing terrain", MissingError, "is missing, expected a GeoTIFF"),
        ("missing buildings", MissingError, "is missing, expected a GeoPackage"),
        ("missing model", MissingError, "is missing, expected a CityJSON file"),
        ("empty CRS", InputError, "the CRS is empty, expected one such as EPSG:3826"),
        ("folder as terrain", InputError, "is a folder, expected a GeoTIFF"),
        ("folder as buildings", InputError, "is a folder, expected a GeoPackage"),
        (
            "folder as model",
            InputError,
            "expected a CityJSON file.*and no file in it is CityJSON",
        ),
        ("folder as table", InputError, "is a folder, expected a CSV of land cover classes"),
        ("table alone", InputError, "table.csv was given without land cover.*--landcover"),
        ("truncated terrain", InputError, "may be truncated: copy it again"),
        ("truncated buildings", InputError, "may be truncated: copy it again"),
        ("no CRS", InputError, "has no CRS.*--crs EPSG:n"),
        ("geographic CRS", InputError, "in degrees, expected a projected system in metres"),
        ("void", InputError, "void in all 1200 cells, expected ground"),
        ("far buildings", InputError, "buildings.gpkg covers x 80010 .* terrain x 85000"),
        ("far land cover", InputError, "covers x 85000 .* expected them to overlap"),
        ("wrong table", InputError, "not UTF-8 text|has no column"),
        ("no terrain", InputError, "there is no terrain.*--dem or --cityjson"),
        ("wrong name", InputError, "the city is named '../town'"),
        ("wrong choice", InputError, "expected one of raised, blockage, none"),
        ("wrong cell", InputError, "cell size is -2, expected metres"),
        ("wrong CRS", InputError, "'EPSG:1', which is not known"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(tmp_path, files, kind, error, message):
    given = break_input(files, tmp_path, kind)
    (tmp_path / "out").mkdir()
    with pytest.raises(error, match=message) as caught:
        import_city(tmp_path / "out" / "town", **given)
    assert "\n" not in str(caught.value)
    assert list((tmp_path / "out").iterdir()) == []


def test_an_existing_city_is_refused_before_any_work_and_survives_a_bad_import(tmp_path, files):
    city, _ = run(tmp_path, dem=files["dem"])
    told = []
    with pytest.raises(InputError, match="exists already"):
        run(tmp_path, **files, progress=told.append)
    assert told == []
    with pytest.raises(MissingError):
        run(tmp_path, **{**files, "roads": tmp_path / "none.gpkg"}, overwrite=True)
    assert open_city(city.folder).version == city.version
    assert run(tmp_path, **files, overwrite=True)[0].version != city.version


def test_a_full_disk_is_one_line_and_leaves_nothing(disk_of, files):
    small_disk = disk_of("300k")
    with pytest.raises(DeviceError, match="is full, town was not written; free some") as caught:
        import_city(small_disk / "town", name="town", **files)
    assert "\n" not in str(caught.value)
    assert list(small_disk.iterdir()) == []


def test_newcastle(tmp_path, shared_data):
    folder = shared_data / "newcastle_centre"
    city, counts = run(tmp_path, dem=folder / "dtm_2m.tif", buildings=folder / "buildings.gpkg")
    assert (city.grid.shape, city.grid.cell_size, city.crs) == ((195, 342), 2.0, "EPSG:27700")
    assert [(c["read"], c["kept"]) for c in counts] == [(66690, 66690), (37, 37)]
    assert float(city.terrain["elevation"].min()) == pytest.approx(43.4, abs=0.1)
    assert city.layer("buildings")["height"].max() == pytest.approx(30.09)
    assert check_city(city.folder) == []


def test_newcastle_with_roofs_in_the_terrain(tmp_path, shared_data):
    path = shared_data / "newcastle_centre" / "dem_2m_with_buildings.img"
    city, _ = run(tmp_path, dem=path, buildings_as="none")
    assert float(city.terrain["elevation"].max()) == pytest.approx(81.7, abs=0.1)


def test_merewether(tmp_path, shared_data):
    folder = shared_data / "merewether"
    with pytest.raises(InputError, match="name it with --crs"):
        run(tmp_path, dem=folder / "dtm_1m.asc")
    city, counts = run(
        tmp_path, dem=folder / "dtm_1m.asc", crs="EPSG:32756", buildings=folder / "houses.gpkg"
    )
    assert city.grid.shape == (416, 321) and not np.isnan(city.terrain["elevation"]).any()
    assert counts[0]["reasons"] == {"edge_voids_filled": 73}
    assert (counts[1]["kept"], counts[1]["reasons"]["height_assumed_6_m"]) == (60, 60)
    area = float(city.terrain["building_blockage"].sum()) * city.grid.cell_size**2
    assert area == pytest.approx(city.layer("buildings").union_all().area, rel=0.01)


def test_the_hague(tmp_path, shared_data):
    city, counts = run(tmp_path, cityjson=shared_data / "cityjson" / "DenHaag_01.city.json")
    assert (city.crs, city.vertical_datum) == (CRS, "NAP height")
    by_name = {count["name"]: count for count in counts}
    assert (by_name["buildings"]["read"], by_name["buildings"]["kept"]) == (844, 844)
    assert by_name["cityjson"]["read"] == 2498
    assert check_city(city.folder) == []
    # Houses stand on the terrain of the same model.
    ground = city.layer("buildings")["ground"]
    assert ground.between(float(city.terrain["elevation"].min()) - 2, 16).all()
