"""CityJSON: buildings with their parts, terrain triangles, and files that are broken on purpose."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.errors import InputError, MissingError
from twin.importers.cityjson import read_cityjson

SCALE = [0.01, 0.01, 0.01]
MOVE = [80000.0, 450000.0, 0.0]


def cuboid(x, y, z, width, depth, height):
    """Vertices of a box, and its six faces: bottom first, top second."""
    corners = [(x, y), (x + width, y), (x + width, y + depth), (x, y + depth)]
    vertices = [(a, b, c) for c in (z, z + height) for a, b in corners]
    walls = [[[i, (i + 1) % 4, 4 + (i + 1) % 4, 4 + i]] for i in range(4)]
    return vertices, [[[3, 2, 1, 0]], [[4, 5, 6, 7]], *walls]


def document(version="2.0", semantics=True, crs="https://www.opengis.net/def/crs/EPSG/0/7415"):
    vertices, faces = cuboid(10, 10, 2, 8, 6, 9)
    more, _ = cuboid(18, 10, 2, 4, 6, 5)
    shifted = [[[i + 8 for i in ring] for ring in face] for face in faces]
    ground = [(0, 0, 2), (40, 0, 2), (40, 40, 6), (0, 40, 6)]
    names = ["GroundSurface", "RoofSurface", *["WallSurface"] * 4]
    meaning = {"surfaces": [{"type": n} for n in names], "values": [list(range(6))]}
    meaning = {"semantics": meaning} if semantics else {}
    solid = {"type": "Solid", "lod": "2", "boundaries": [faces], **meaning}
    other = {"type": "Solid", "lod": "2", "boundaries": [shifted], **meaning}
    tin = {"type": "CompositeSurface", "lod": "2", "boundaries": [[[16, 17, 18]], [[16, 18, 19]]]}
    every = np.array([*vertices, *more, *ground]) / SCALE
    return {
        "type": "CityJSON",
        "version": version,
        "metadata": {"referenceSystem": crs},
        "transform": {"scale": SCALE, "translate": MOVE},
        "CityObjects": {
            "house": {
                "type": "Building",
                "attributes": {"storeysAboveGround": 3, "function": "school"},
                "children": ["wing"],
                "geometry": [solid],
            },
            "wing": {"type": "BuildingPart", "parents": ["house"], "geometry": [other]},
            "tin": {"type": "TINRelief", "geometry": [tin]},
            "tree": {"type": "SolitaryVegetationObject", "geometry": []},
        },
        "vertices": np.round(every).astype(int).tolist(),
    }


def write(folder, content):
    path = folder / "city.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize("semantics", [True, False])
@pytest.mark.parametrize("version", ["1.0", "1.1", "2.0"])
def test_a_building_and_its_part_are_one_footprint(tmp_path, version, semantics):
    model = read_cityjson(write(tmp_path, document(version, semantics)))
    house = model.buildings.iloc[0]
    assert len(model.buildings) == 1 and house["building_id"] == "house"
    assert house["geometry"].area == pytest.approx(12 * 6)
    assert house["geometry"].bounds == (80010, 450010, 80022, 450016)
    assert (house["height"], house["ground"]) == (9, 2)
    assert (house["storeys"], house["use"]) == (3, "school")
    assert model.crs == "EPSG:7415" and model.broken == 0
    assert model.kept == {"Building": 1, "BuildingPart": 1, "TINRelief": 1}
    assert model.dropped == {"SolitaryVegetationObject": 1}


def test_terrain_triangles_have_their_coordinates(tmp_path):
    model = read_cityjson(write(tmp_path, document()))
    assert model.triangles.shape == (2, 3, 3)
    np.testing.assert_allclose(model.triangles[0, 2], [80040, 450040, 6])


def test_what_lies_on_the_ground_is_terrain_where_there_is_no_other(tmp_path):
    content = document()
    content["CityObjects"]["tin"]["type"] = "LandUse"
    assert len(read_cityjson(write(tmp_path, content)).triangles) == 2


def test_a_system_as_urn_is_known(tmp_path):
    model = read_cityjson(write(tmp_path, document(crs="urn:ogc:def:crs:EPSG::7415")))
    assert model.crs == "EPSG:7415"


def test_one_broken_surface_does_not_stop_the_rest(tmp_path):
    content = document()
    faces = content["CityObjects"]["house"]["geometry"][0]["boundaries"][0]
    faces[1] = [[4, 5, 999999, 7]]
    faces[2] = [[0, -1, 5, 4]]
    faces[3] = "wall"
    model = read_cityjson(write(tmp_path, content))
    assert model.broken == 3 and model.buildings.geometry[0].area == pytest.approx(72)


def test_parents_that_go_in_circles_end(tmp_path):
    content = document()
    content["CityObjects"]["wing"]["parents"] = ["loop"]
    content["CityObjects"]["loop"] = {"type": "BuildingPart", "parents": ["wing"]}
    assert len(read_cityjson(write(tmp_path, content)).buildings) == 1


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
    assert len(model.buildings) == 1


def test_the_hague_has_its_buildings_and_terrain(shared_data):
    model = read_cityjson(shared_data / "cityjson" / "DenHaag_01.city.json")
    assert len(model.buildings) == 844 and len(model.triangles) == 5595
    assert model.kept == {"Building": 844, "BuildingPart": 1653, "TINRelief": 1}
    assert model.buildings.is_valid.all() and (model.buildings.area > 0.5).all()
    assert model.buildings["height"].between(2, 40).all()
