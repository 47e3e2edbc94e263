"""CityJSON: buildings with their parts, terrain triangles, and files that are broken on purpose."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.model.cityjson_text import document, write
from twin.errors import InputError, MissingError
from twin.model.cityjson.reader import read_cityjson
from twin.model.families import families
from twin.model.footprints import COLUMNS, building_rows, is_building


def houses(model):
    """Buildings of a model as a flood sees them, by id."""
    rows = building_rows([f for f in families(model.objects) if is_building(f)])
    return {row[0]: dict(zip(COLUMNS, row, strict=True)) for row in rows}


@pytest.mark.parametrize("semantics", [True, False])
@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
def test_a_building_and_its_part_are_one_footprint(tmp_path, version, semantics):
    model = read_cityjson(write(tmp_path, document(version, semantics)))
    ((name, house),) = houses(model).items()
    assert name == "house" and house["geometry"].area == pytest.approx(12 * 6)
    assert house["geometry"].bounds == (80010, 450010, 80022, 450016)
    assert (house["height"], house["ground"]) == (9, 2)
    assert (house["storeys"], house["use"]) == (3, "school")
    assert model.crs == "EPSG:7415" and model.troubles == () and not model.missing()
    kinds = ("Building", "BuildingPart", "SolitaryVegetationObject", "TINRelief")
    assert model.counts() == model.read == dict.fromkeys(kinds, 1)


def test_terrain_triangles_have_their_coordinates(tmp_path):
    (tin,) = read_cityjson(write(tmp_path, document())).objects["tin"].geometries
    assert tin.surface_count == 2
    np.testing.assert_allclose(tin.points[tin.rings(0)[0][2]], [80040, 450040, 6])


@pytest.mark.parametrize(
    "named, crs",
    [
        ("urn:ogc:def:crs:EPSG::7415", "EPSG:7415"),
        ("http://www.opengis.net/def/crs/EPSG/9.9.1/2263", "EPSG:2263"),
        ("urn:ogc:def:crs,crs:EPSG::6697,crs:EPSG::6695", "EPSG:6697+6695"),
        (
            "https://www.opengis.net/def/crs-compound?1=http://www.opengis.net/def/crs/EPSG/0/28992"
            "&2=http://www.opengis.net/def/crs/EPSG/0/5709",
            "EPSG:28992+5709",
        ),
        ("https://www.opengis.net/def/crs/OGC/0/CRS84h", "EPSG:4979"),
        ("the grid of our town", None),
        (None, None),
    ],
)
def test_a_reference_system_is_known_by_its_code(tmp_path, named, crs):
    model = read_cityjson(write(tmp_path, document(crs=named)))
    assert model.crs == crs
    assert len(model.troubles) == (named == "the grid of our town")


def test_one_broken_surface_does_not_stop_the_rest(tmp_path):
    content = document()
    faces = content["CityObjects"]["house"]["geometry"][0]["boundaries"][0]
    faces[1] = [[4, 5, 999999, 7]]
    faces[2] = [[0, -1, 5, 4]]
    faces[3] = "wall"
    model = read_cityjson(write(tmp_path, content))
    (trouble,) = model.troubles
    assert (trouble.object_id, trouble.what[:10]) == ("house", "3 surfaces")
    assert houses(model)["house"]["geometry"].area == pytest.approx(72)
    (solid,) = model.objects["house"].geometries
    assert [solid.surface_type(i) for i in range(3)] == [
        "GroundSurface",
        "WallSurface",
        "WallSurface",
    ]


def test_parents_that_go_in_circles_end(tmp_path):
    content = document()
    content["CityObjects"]["wing"]["parents"] = ["loop"]
    content["CityObjects"]["loop"] = {"type": "BuildingPart", "parents": ["wing"]}
    model = read_cityjson(write(tmp_path, content))
    assert len(list(families(model.objects))) == 4 and not model.missing()


@pytest.mark.parametrize(
    "change, message",
    [
        ({"type": "GeoJSON"}, "no CityJSON that is known"),
        ({"version": "3.0"}, "version '3.0'"),
        ({"version": None}, "no CityJSON that is known"),
        ({"CityObjects": [1]}, "has no CityObjects"),
        ({"CityObjects": {"a": 1}}, "has no CityObjects"),
        ({"vertices": "none"}, "broken vertices"),
        ({"vertices": [[1, 2]]}, "broken vertices"),
        ({"transform": {"scale": [1]}}, "broken vertices"),
        ({"vertices": [[1, 2, float("nan")]]}, "not finite"),
    ],
)
def test_a_file_that_is_no_cityjson_is_one_line(tmp_path, change, message):
    with pytest.raises(InputError, match=message) as caught:
        read_cityjson(write(tmp_path, {**document(), **change}))
    assert "\n" not in str(caught.value)


def test_truncated_missing_and_endlessly_nested_files_are_one_line(tmp_path):
    text = json.dumps(document())
    for broken in (text[: len(text) // 2], "", "[" * 100_000):
        with pytest.raises(InputError, match="not valid JSON"):
            read_cityjson(write(tmp_path, broken))
    with pytest.raises(MissingError, match="expected a CityJSON file"):
        read_cityjson(tmp_path / "none.json")


junk = st.recursive(
    st.one_of(st.none(), st.integers(-3, 30), st.text(max_size=3), st.floats()),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=8,
)


@settings(max_examples=100, deadline=None)
@given(junk, junk, junk)
def test_no_content_brings_the_reader_down(tmp_path_factory, boundaries, semantics, attributes):
    content = document()
    house = content["CityObjects"]["house"]
    house["geometry"][0] |= {"boundaries": boundaries, "semantics": semantics}
    house["attributes"] = attributes
    model = read_cityjson(write(tmp_path_factory.mktemp("junk"), content))
    assert "house" in houses(model) and not model.missing()


def test_the_hague_has_its_objects(shared_data):
    model = read_cityjson(shared_data / "cityjson" / "DenHaag_01.city.json")
    assert model.counts() == {"Building": 844, "BuildingPart": 1653, "TINRelief": 1}
    assert [t.object_id for t in model.troubles] == [""]  # its materials
    found = houses(model)
    assert len(found) == 844
    assert all(h["geometry"].is_valid and h["geometry"].area > 0.5 for h in found.values())
    assert all(2 <= house["height"] <= 40 for house in found.values())
