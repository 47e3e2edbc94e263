"""Vector layers: any format and system in, one clean layer out, each object accounted for."""

import zipfile

import geopandas
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import LineString, MultiPolygon, Point, Polygon, box

from twin.errors import InputError, MissingError
from twin.grid import Grid
from twin.importers.buildings import DEFAULT_HEIGHT, clean_buildings
from twin.importers.layer_count import LayerCount
from twin.importers.roads import WIDTHS, clean_roads
from twin.importers.vector_file import read_vector

GRID = Grid(120000.0, 480000.0, 2.0, 50, 40, "EPSG:28992")
GROUND = np.full(GRID.shape, 1.5, dtype=np.float32)
WEST, NORTH = GRID.x0, GRID.y0


def block(column, row, size=4.0):
    return box(WEST + column, NORTH - row - size, WEST + column + size, NORTH - row)


def frame_of(shapes, crs=GRID.crs, **columns):
    return geopandas.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def buildings(frame):
    count = LayerCount("buildings")
    return clean_buildings(frame, GROUND, GRID, count, "b.gpkg"), count.as_dict()


def roads(frame):
    count = LayerCount("roads")
    return clean_roads(frame, GRID, count, "r.gpkg"), count.as_dict()


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "zip", "parquet"])
def test_each_format_gives_the_same_buildings(tmp_path, suffix):
    frame = frame_of([block(0, 0), block(10, 10)], building_id=["a", "b"], height=[5.0, 9.0])
    path = tmp_path / f"b.{suffix}"
    if suffix == "parquet":
        frame.to_parquet(path)
    elif suffix == "zip":
        frame.to_file(tmp_path / "in.shp")
        with zipfile.ZipFile(path, "w") as archive:
            for part in tmp_path.glob("in.*"):
                archive.write(part, f"folder/{part.name}")
    else:
        frame.to_file(path)
    cleaned, count = buildings(read_vector(path, "buildings"))
    assert (count["read"], count["kept"]) == (2, 2)
    assert cleaned["height"].tolist() == [5.0, 9.0] and cleaned.crs == GRID.crs
    assert cleaned.geometry.area.tolist() == pytest.approx([16, 16], rel=1e-4)


def test_a_geopackage_of_many_layers_gives_the_one_that_is_asked_for(tmp_path):
    path = tmp_path / "all.gpkg"
    frame_of([Point(WEST, NORTH)]).to_file(path, layer="trees")
    frame_of([block(0, 0)]).to_file(path, layer="buildings")
    assert read_vector(path, "buildings").geom_type.tolist() == ["Polygon"]
    assert read_vector(path, "roads").geom_type.tolist() == ["Point"]


shape = st.one_of(
    st.none(),
    st.just(Polygon()),
    st.builds(block, st.integers(-50, 150), st.integers(-50, 130)),
    st.builds(lambda c: MultiPolygon([block(c, 0), block(c, 20)]), st.integers(0, 90)),
    st.just(Polygon([(WEST, NORTH), (WEST + 9, NORTH - 9), (WEST + 9, NORTH), (WEST, NORTH - 9)])),
    st.just(Point(WEST + 1, NORTH - 1)),
    st.just(LineString([(WEST, NORTH), (WEST + 9, NORTH - 9)])),
    st.just(Polygon([(np.inf, 0), (1, np.inf), (2, 2)])),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(shape, max_size=12), st.sampled_from([GRID.crs, None]))
def test_every_object_is_either_kept_or_dropped(shapes, crs):
    cleaned, count = buildings(frame_of([*shapes, block(30, 30)], crs=crs))
    assert count["read"] == count["kept"] + count["dropped"] == len(shapes) + 1
    assert 0 <= count["changed"] <= count["kept"]
    assert cleaned["building_id"].is_unique
    assert set(cleaned.geom_type) == {"Polygon"} and cleaned.is_valid.all()
    assert (cleaned["height"] > 0).all() and (cleaned["ground"] == 1.5).all()
    assert cleaned.intersects(box(*GRID.bounds)).all()


def test_what_was_dropped_and_changed_is_said():
    bow = Polygon([(WEST, NORTH), (WEST + 9, NORTH - 9), (WEST + 9, NORTH), (WEST, NORTH - 9)])
    twins = MultiPolygon([block(30, 0), block(40, 0)])
    shapes = [None, Point(WEST, NORTH), block(10, 10), block(10, 10), block(-90, 0), bow, twins]
    _, count = buildings(frame_of(shapes, height=[5.0] * 7))
    assert count["reasons"] == {
        "duplicate": 1,
        "empty": 1,
        "ground_from_terrain": 5,
        "id_made": 5,
        "not_an_area": 1,
        "outside_of_terrain": 1,
        "parts_added": 2,
        "repaired": 1,
        "split_into_parts": 2,
    }
    assert (count["read"], count["kept"], count["dropped"], count["changed"]) == (7, 3, 4, 2)


def test_other_systems_are_brought_to_that_of_the_city():
    cleaned, count = buildings(frame_of([block(10, 10)]).to_crs(4326))
    assert cleaned.crs == GRID.crs and count["reasons"]["reprojected"] == 1
    assert cleaned.geometry[0].symmetric_difference(block(10, 10)).area < 0.01


def test_a_layer_without_crs_is_taken_as_that_of_the_terrain_and_counted():
    _, count = buildings(frame_of([block(10, 10)], crs=None))
    assert (count["changed"], count["reasons"]["crs_assumed_as_of_terrain"]) == (1, 1)


def test_terrain_and_buildings_that_do_not_overlap_are_named_with_both_extents():
    far = box(0, 0, 9, 9)
    with pytest.raises(
        InputError, match="b.gpkg covers x 0 to 9, y 0 to 9, the terrain x 120000 to"
    ):
        buildings(frame_of([far]))


def test_buildings_on_void_ground_are_outside():
    ground = GROUND.copy()
    ground[:, :10] = np.nan
    count = LayerCount("buildings")
    frame = frame_of([block(0, 0), block(60, 0)])
    cleaned = clean_buildings(frame, ground, GRID, count, "b.gpkg")
    assert len(cleaned) == 1 and count.reasons["outside_of_terrain"] == 1


@pytest.mark.parametrize(
    "columns, expected, reason",
    [
        ({"height_m": [7.5]}, 7.5, None),
        ({"measuredHeight": [7.5]}, 7.5, None),
        ({"HOEHE": ["7,5 m"]}, 7.5, None),
        ({"building:levels": ["3"]}, 9.0, "height_from_storeys"),
        ({"height": [-4.0], "storeys": [2]}, 6.0, "height_from_storeys"),
        ({"height": [1e9]}, DEFAULT_HEIGHT, "height_assumed_6_m"),
        ({"height": ["tall"]}, DEFAULT_HEIGHT, "height_assumed_6_m"),
        ({}, DEFAULT_HEIGHT, "height_assumed_6_m"),
    ],
)
def test_height_is_found_or_assumed_and_said(columns, expected, reason):
    cleaned, count = buildings(frame_of([block(0, 0)], **columns))
    assert cleaned["height"].tolist() == [expected]
    assert count["changed"] == (reason is not None)
    assert reason is None or count["reasons"][reason] == 1


def test_ids_are_unique_and_made_ones_do_not_hang_on_the_order():
    frame = frame_of([block(0, 0), block(9, 0), block(20, 0)], id=["a", "a", None])
    cleaned, count = buildings(frame)
    assert cleaned["building_id"].tolist()[:2] == ["a", "a-2"]
    again, _ = buildings(frame.iloc[::-1])
    assert cleaned["building_id"][2] == again["building_id"][0]
    assert (count["reasons"]["id_made"], count["reasons"]["id_made_unique"]) == (1, 1)


def test_people_of_a_building_in_parts_are_counted_once():
    shape = MultiPolygon([block(0, 0), block(20, 0, size=8.0)])
    cleaned, _ = buildings(frame_of([shape], occupants=[50]))
    assert cleaned["occupants"].tolist() == pytest.approx([10, 40])


def test_roads_get_kind_and_width():
    line = LineString([(WEST, NORTH), (WEST + 50, NORTH - 50)])
    lines = [line, LineString([(WEST, NORTH), (WEST + 9, NORTH)]), block(0, 0)]
    frame = frame_of(
        lines, highway=["primary", "footway", "x"], width=[12.0, None, 1], tunnel=["yes", "no", ""]
    )
    cleaned, count = roads(frame)
    assert cleaned["kind"].tolist() == ["main", "path"]
    assert cleaned["width"].tolist() == [12.0, WIDTHS["path"]]
    assert cleaned["is_underpass"].tolist() == [True, False]
    assert count["reasons"] == {"id_made": 2, "not_a_line": 1, "width_from_kind": 1}


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "parquet", "zip"])
def test_a_truncated_or_foreign_file_is_one_line(tmp_path, suffix):
    path = tmp_path / f"b.{suffix}"
    if suffix == "parquet":
        frame_of([block(0, 0)]).to_parquet(path)
    elif suffix == "zip":
        frame_of([block(0, 0)]).to_file(tmp_path / "in.shp")
        with zipfile.ZipFile(path, "w") as archive:
            archive.write(tmp_path / "in.shp", "in.shp")
    else:
        frame_of([block(0, 0)]).to_file(path)
    content = path.read_bytes()
    for broken in (content[: len(content) // 2], content[:10], b"", b"<OGRVRTDataSource/>"):
        path.write_bytes(broken)
        with pytest.raises(InputError, match=rf"b\.{suffix}") as caught:
            read_vector(path, "buildings")
        assert "\n" not in str(caught.value)


def test_missing_unknown_and_empty_files_are_named(tmp_path):
    with pytest.raises(MissingError, match="is missing, expected a GeoPackage"):
        read_vector(tmp_path / "none.gpkg", "buildings")
    (tmp_path / "b.dwg").write_bytes(b"AC10")
    with pytest.raises(InputError, match="ends in '.dwg', expected a GeoPackage"):
        read_vector(tmp_path / "b.dwg", "buildings")
    (tmp_path / "b.geojson").write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(InputError, match="has no features"):
        read_vector(tmp_path / "b.geojson", "buildings")
