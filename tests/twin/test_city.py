"""The city package: what is written comes back, what is wrong is named, nothing half stays."""

import errno
import os

import geopandas
import numpy as np
import pandas
import pytest
import xarray
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from shapely import LineString, box

from twin.city import add_archive, check_city, open_city, write_city
from twin.errors import DeviceError, InputError, MissingError
from twin.grid import Grid

GRID = Grid(300000.0, 2770000.0, 4.0, 7, 5, "EPSG:3826")


def terrain_of(grid=GRID, elevation=None, **fields):
    if elevation is None:
        elevation = np.linspace(0, 10, grid.nx * grid.ny).reshape(grid.shape)
    data = {"elevation": (("y", "x"), np.asarray(elevation, dtype="float32"))}
    data |= {k: (("y", "x"), np.full(grid.shape, v, dtype="float32")) for k, v in fields.items()}
    return xarray.Dataset(data, coords=grid.coords(), attrs={"crs": grid.crs})


def layers_of(grid=GRID):
    west, _, _, north = grid.bounds
    buildings = geopandas.GeoDataFrame(
        {"building_id": ["a", "b"], "height": [3.0, np.nan]},
        geometry=[box(west, north - 4, west + 4, north), box(west + 8, north - 8, west + 9, north)],
        crs=grid.crs,
    )
    roads = geopandas.GeoDataFrame(
        {"road_id": ["r1"], "name": ["中正路"]},
        geometry=[LineString([(west, north), (west + 20, north - 20)])],
        crs=grid.crs,
    )
    return {"buildings": buildings, "roads": roads}


def storm():
    times = np.array(["2026-01-01T00:00", "2026-01-01T00:10"], dtype="datetime64[ns]")
    rate = np.full((2, 2, 2), 1e-5)
    return xarray.Dataset(
        {"rainfall_rate": (("time", "y", "x"), rate, {"units": "m s-1"})},
        coords={"time": times, "y": [2770000.0, 2769000.0], "x": [300000.0, 301000.0]},
        attrs={"crs": GRID.crs, "title": "ten minutes"},
    )


def write(folder, **changes):
    given = {"name": "town", "grid": GRID, "terrain": terrain_of(), "layers": layers_of()}
    return write_city(folder, **{**given, **changes})


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    arrays.arrays(
        np.float32,
        st.tuples(st.integers(2, 9), st.integers(2, 9)),
        elements=st.one_of(st.floats(-400, 8000, width=32), st.just(np.nan)),
    )
)
def test_what_is_written_comes_back(tmp_path_factory, elevation):
    elevation[0, 0] = 1.0
    grid = Grid(0.5, 99.25, 2.5, elevation.shape[1], elevation.shape[0], "EPSG:28992")
    terrain = terrain_of(grid, elevation, manning=0.03)
    layers = layers_of(grid)
    folder = tmp_path_factory.mktemp("round") / "town"
    write(folder, grid=grid, terrain=terrain, layers=layers)
    city = open_city(folder)
    assert city.grid == grid
    assert Grid.of(city.terrain).shape == grid.shape
    np.testing.assert_array_equal(city.terrain["elevation"], elevation)
    np.testing.assert_array_equal(city.terrain["manning"], terrain["manning"])
    np.testing.assert_allclose(city.terrain["x"], grid.x)
    for name, layer in layers.items():
        pandas.testing.assert_frame_equal(city.layer(name), layer)
    assert check_city(folder) == []


def test_a_city_knows_its_settings(tmp_path):
    sources = {"elevation": {"source": "survey", "licence": "CC0", "date": "2025"}}
    write(tmp_path / "c", title="Town", vertical_datum="TWVD2001", edges="closed", sources=sources)
    city = open_city(tmp_path / "c")
    assert (city.title, city.vertical_datum, city.edges) == ("Town", "TWVD2001", "closed")
    assert city.terrain.attrs == {"crs": "EPSG:3826", "buildings_as": "raised", "edges": "closed"}
    assert city.info["terrain"][0]["licence"] == "CC0"
    assert len(city.version) == 16 and city.has_layer("roads") and not city.has_layer("drains")


def test_tiles_give_the_same_terrain_as_the_whole(tmp_path):
    terrain = terrain_of(manning=0.05)
    tiles = (
        (r, c, terrain.isel(y=slice(r, r + 2), x=slice(c, c + 4)))
        for r in range(0, GRID.ny, 2)
        for c in range(0, GRID.nx, 4)
    )
    write(tmp_path / "tiled", terrain=tiles)
    write(tmp_path / "whole", terrain=terrain)
    xarray.testing.assert_identical(
        open_city(tmp_path / "tiled").terrain, open_city(tmp_path / "whole").terrain
    )


def test_a_window_is_a_part_of_the_terrain(tmp_path):
    city = write(tmp_path / "c", terrain=terrain_of(manning=0.05))
    window = city.terrain_window(1, 2, 3, 4, ["elevation"])
    xarray.testing.assert_equal(
        window, city.terrain[["elevation"]].isel(y=slice(1, 4), x=slice(2, 6))
    )
    with pytest.raises(InputError, match="window"):
        city.terrain_window(1, 2, 5, 4)


def test_tiles_that_leave_a_gap_are_refused(tmp_path):
    tile = terrain_of().isel(y=slice(0, 2))
    with pytest.raises(InputError, match="cover each cell once"):
        write(tmp_path / "c", terrain=iter([(0, 0, tile)]))
    assert list(tmp_path.iterdir()) == []


def test_a_storm_and_its_boundaries_come_back(tmp_path):
    series = pandas.DataFrame(
        {
            "time": pandas.to_datetime(["2026-01-01T08:00+08:00"]),
            "boundary_id": ["01"],
            "value": [3.5],
        }
    )
    city = write(tmp_path / "c", weather={"burst": (storm(), series), "calm": (storm(), None)})
    assert city.weather_names == ["burst", "calm"]
    np.testing.assert_allclose(city.weather("burst")["rainfall_rate"], 1e-5)
    boundaries = city.weather_boundaries("burst")
    assert boundaries["time"][0] == pandas.Timestamp("2026-01-01")
    assert boundaries["boundary_id"][0] == "01"
    assert city.weather_boundaries("calm") is None
    assert check_city(city.folder) == []


def test_an_archive_is_added_and_replaced(tmp_path):
    city = write(tmp_path / "c")
    first = add_archive(city, "readings", pandas.DataFrame({"value": [1]}))
    plain = tmp_path / "plain.csv"
    plain.write_text("value\n2\n")
    second = add_archive(first, "readings", plain)
    assert pandas.read_csv(second.archive())["value"].tolist() == [2]
    assert second.archive_names == ["readings"]
    assert len({city.version, first.version, second.version}) == 3
    assert check_city(second.folder) == []
    assert [p.name for p in (second.folder / "archive").iterdir()] == ["readings.csv.gz"]


def test_an_archive_that_is_missing_leaves_the_city_alone(tmp_path):
    city = write(tmp_path / "c")
    with pytest.raises(MissingError, match="expected a CSV archive"):
        add_archive(city, "readings", tmp_path / "nothing.csv")
    assert open_city(city.folder).version == city.version


def test_what_is_not_there_is_named(tmp_path):
    city = write(tmp_path / "c")
    with pytest.raises(MissingError, match="it has buildings, roads"):
        city.layer("drains")
    with pytest.raises(MissingError, match="it has none"):
        city.weather("typhoon")
    with pytest.raises(MissingError, match="expected a city package"):
        open_city(tmp_path)
    (city.folder / "layers" / "roads.parquet").unlink()
    with pytest.raises(MissingError, match="restore it"):
        city.layer("roads")


def test_an_existing_folder_is_not_overwritten(tmp_path):
    first = write(tmp_path / "c")
    with pytest.raises(InputError, match="exists already"):
        write(tmp_path / "c")
    assert write(tmp_path / "c", title="new", overwrite=True).version != first.version
    (tmp_path / "precious").mkdir()
    with pytest.raises(InputError, match="no city package"):
        write(tmp_path / "precious", overwrite=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["c", "precious"]


@pytest.mark.parametrize(
    "changes, message",
    [
        ({"terrain": terrain_of(elevation=np.full(GRID.shape, np.nan))}, "no elevation"),
        ({"terrain": terrain_of(manning=-1.0)}, "manning goes from -1"),
        ({"terrain": terrain_of(manning=np.nan)}, "NaN"),
        ({"terrain": terrain_of(moisture=1.0)}, "'moisture' is not known"),
        ({"grid": Grid(0, 0, 1.0, 7, 5, "EPSG:4326")}, "expected a projected system in metres"),
        ({"grid": Grid(0, 0, 1.0, 7, 5, "EPSG:2263")}, "expected a projected system in metres"),
        ({"grid": Grid(0, 0, 1.0, 7, 5, "EPSG:99999")}, "not known"),
        ({"grid": Grid(0, 0, 1.0, 70000, 50000, "EPSG:3826")}, "expected at most"),
        ({"grid": Grid(9, 9, 1.0, 4, 5, "EPSG:3826")}, "does not fit the grid"),
        ({"layers": {"../evil": layers_of()["roads"]}}, "a layer is named"),
        ({"layers": {"roads": layers_of()["roads"].to_crs(4326)}}, "reproject it"),
        ({"name": "a/b"}, "the city is named"),
        ({"edges": "open"}, "expected one of closed, free"),
        ({"weather": {"bad": (-storm(), None)}}, "rainfall_rate goes from"),
        ({"weather": {"bad": (storm(), pandas.DataFrame({"time": []}))}}, "no boundary_id"),
    ],
)
def test_wrong_input_is_one_line_and_leaves_nothing(tmp_path, changes, message):
    with pytest.raises(InputError, match=message) as caught:
        write(tmp_path / "c", **changes)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_leaves_nothing(tmp_path):
    def tiles():
        yield 0, 0, terrain_of().isel(y=slice(0, 2))
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(DeviceError, match="disk of .* is full, c was not written") as caught:
        write(tmp_path / "c", terrain=tiles())
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_nothing(tmp_path):
    def tiles():
        yield 0, 0, terrain_of().isel(y=slice(0, 2))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "c", terrain=tiles())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "old, new, message",
    [
        ("format_version = 1", "format_version = 2", "of format 2, this Floodtwin reads up to 1"),
        ("format_version = 1", "format_version = 'x'", "expected 1"),
        ("terrain/elevation.tif", "../../etc/passwd", "expected one inside the package"),
        ("terrain/elevation.tif", "/etc/passwd", "expected one inside the package"),
        ("nx = 7", "nx = -7", "expected x0, y0, cell_size"),
        ("nx = 7", "nx = 7000000000", "expected at most"),
        ("nx = 7", "nx = true", "expected x0, y0, cell_size"),
        ('buildings_as = "raised"', 'buildings_as = "gone"', "expected one of raised"),
        ('name = "roads"', 'name = "buildings"', "twice"),
        ("[grid]", "[grid", "not valid TOML"),
    ],
)
def test_a_newer_broken_or_hostile_manifest_is_refused(tmp_path, old, new, message):
    path = write(tmp_path / "c").folder / "city.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    with pytest.raises(InputError, match=message) as caught:
        open_city(tmp_path / "c")
    assert "\n" not in str(caught.value)


def test_a_link_out_of_the_package_is_refused(tmp_path):
    city = write(tmp_path / "c")
    secret = tmp_path / "secret.parquet"
    secret.write_text("secret")
    target = city.folder / "layers" / "roads.parquet"
    target.unlink()
    target.symlink_to(secret)
    with pytest.raises(InputError, match="expected one inside the package"):
        open_city(tmp_path / "c")


def test_a_virtual_raster_in_a_package_is_not_followed(tmp_path):
    city = write(tmp_path / "c")
    path = city.terrain_path("elevation")
    path.write_text(
        '<VRTDataset rasterXSize="7" rasterYSize="5"><VRTRasterBand dataType="Float32" band="1">'
        "<SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource>"
        "</VRTRasterBand></VRTDataset>"
    )
    with pytest.raises(InputError, match="expected a GeoTIFF"):
        _ = open_city(city.folder).terrain


def test_a_damaged_raster_and_layer_are_found(tmp_path):
    city = write(tmp_path / "c")
    path = city.terrain_path("elevation")
    path.write_bytes(path.read_bytes()[:300])
    layer = city.folder / "layers" / "roads.parquet"
    layer.write_bytes(layer.read_bytes()[:100])
    with pytest.raises(InputError, match="elevation.tif cannot be read"):
        _ = city.terrain
    with pytest.raises(InputError, match="roads.parquet cannot be read"):
        city.layer("roads")
    problems = check_city(city.folder)
    assert any("elevation.tif" in line for line in problems)
    assert any("roads.parquet" in line for line in problems)


def test_repeated_ids_and_strange_geometries_are_found(tmp_path):
    layers = layers_of()
    layers["buildings"]["building_id"] = "same"
    layers["districts"] = layers["roads"]
    problems = check_city(write(tmp_path / "c", layers=layers).folder)
    assert any("1 repeated building_id" in line for line in problems)
    assert any("districts has LineString, expected MultiPolygon or Polygon" in p for p in problems)


def test_a_changed_file_is_found_by_its_hash(tmp_path):
    city = write(tmp_path / "c", weather={"burst": (storm(), None)})
    layers_of()["roads"].assign(name="other").to_parquet(city.folder / "layers/roads.parquet")
    assert [p for p in check_city(city.folder) if "roads.parquet was changed" in p]
