"""What CityJSON may hold, and how one thing that is wrong in it costs only that thing."""

import copy
import json

import numpy as np
import pytest

from tests.twin.model.cityjson_text import document, write
from twin.errors import InputError
from twin.model.city_object_types import TYPES
from twin.model.cityjson import text as cityjson_text
from twin.model.cityjson.reader import read_cityjson
from twin.model.families import families
from twin.model.reading import read_model

TREE = {
    "templates": [
        {"type": "MultiSurface", "lod": "2", "boundaries": [[[0, 1, 2]], [[0, 2, 3]]]},
    ],
    "vertices-templates": [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 2.5]],
}
MOVED = [2, 0, 0, 5, 0, 2, 0, 0, 0, 0, 2, 1, 0, 0, 0, 1]


def told(model):
    return {(trouble.object_id, trouble.what) for trouble in model.troubles}


def with_objects(**entries):
    content = document()
    content["CityObjects"].update(entries)
    return content


def test_all_types_of_the_specification_are_known(tmp_path):
    """All first and second level types, extensions, and nothing else without a word."""
    entries = {kind: {"type": kind} for kind in TYPES}
    model = read_cityjson(write(tmp_path, with_objects(**entries, e={"type": "+WaterGauge"})))
    assert model.troubles == () and not model.missing()
    assert len(TYPES) == 32 and model.counts()["+WaterGauge"] == 1
    model = read_cityjson(write(tmp_path, with_objects(mast={"type": "GenericCityObject"})))
    assert model.objects["mast"].type == "+GenericCityObject"  # as CityJSON 2.0 and CityGML have it
    assert model.troubles == () and not model.missing()
    model = read_cityjson(write(tmp_path, with_objects(castle={"type": "Castle"})))
    assert told(model) == {("castle", "has the unknown type 'Castle'; kept as it is")}
    assert model.counts()["Castle"] == model.read["Castle"] == 1


def test_templates_stand_where_their_instances_are(tmp_path):
    place = {"type": "GeometryInstance", "template": 0, "boundaries": [16]}
    tree = {"type": "SolitaryVegetationObject"}
    content = with_objects(
        oak={**tree, "geometry": [{**place, "transformationMatrix": MOVED}]},
        bad={**tree, "geometry": [{**place, "template": 7, "transformationMatrix": MOVED}]},
        odd={**tree, "geometry": [{**place, "transformationMatrix": [1, 2]}]},
    )
    content["geometry-templates"] = TREE
    model = read_cityjson(write(tmp_path, content))
    (oak,) = model.objects["oak"].geometries
    assert oak.lod == "2" and oak.surface_count == 2
    np.testing.assert_allclose(oak.points[3], [80000 + 5, 450000, 2 + 1 + 2 * 2.5])
    assert model.objects["bad"].geometries == model.objects["odd"].geometries == ()
    assert {name for name, _ in told(model)} == {"bad", "odd"} and not model.missing()


def test_instances_cannot_grow_without_bound(tmp_path, monkeypatch):
    monkeypatch.setattr("twin.model.cityjson.templates.MOST_POINTS", 10)
    place = {"type": "GeometryInstance", "template": 0, "boundaries": [16]}
    tree = {"type": "PlantCover", "geometry": [{**place, "transformationMatrix": MOVED}] * 5}
    content = with_objects(wood=tree)
    content["geometry-templates"] = TREE
    model = read_cityjson(write(tmp_path, content))
    assert len(model.objects["wood"].geometries) == 2 and len(model.troubles) == 3


def test_a_vertex_that_is_no_number_costs_only_its_surfaces(tmp_path):
    content = document()
    content["vertices"][4] = [1, 2, float("nan")]
    model = read_cityjson(write(tmp_path, content))
    ((name, what),) = told(model)
    assert name == "house" and what.startswith("3 surfaces of a Solid are not readable")
    assert model.objects["wing"].geometries[0].surface_count == 6


def test_repeated_ids_are_both_kept(tmp_path):
    text = json.dumps(document())
    twice = text.replace('"tree": {', '"house": {"type": "Road"}, "tree": {')
    model = read_cityjson(write(tmp_path, twice))
    assert told(model) == {("house", "a second object has this id; kept as house-2")}
    assert model.objects["house"].type == "Building"
    assert model.objects["house-2"].type == "Road" and not model.missing()


def test_an_object_without_an_id_gets_the_same_one_each_time(tmp_path):
    content = document()
    content["CityObjects"][""] = copy.deepcopy(content["CityObjects"]["tin"])
    first = read_cityjson(write(tmp_path, content))
    content["CityObjects"] = dict(reversed(content["CityObjects"].items()))
    second = read_cityjson(write(tmp_path, content))
    (made,) = set(first.objects) - set(document()["CityObjects"])
    assert made.startswith("TINRelief-") and made in second.objects


def test_textures_and_missing_pictures_are_told_once_a_file(tmp_path):
    content = document()
    for name in ("house", "wing"):
        shape = content["CityObjects"][name]["geometry"][0]
        shape["texture"] = {"": {"values": [[[[0, 1, 2]]]]}}
    content["appearance"] = {"textures": [{"type": "PNG", "image": "gone/roof.png"}]}
    model = read_cityjson(write(tmp_path, content))
    assert told(model) == {("", "textures or materials of 2 geometries; not kept")}


def test_semantics_that_do_not_fit_leave_the_shape(tmp_path):
    content = json.loads(json.dumps(document()))  # else both share one dict
    content["CityObjects"]["house"]["geometry"][0]["semantics"]["values"] = [[0, 1]]
    content["CityObjects"]["wing"]["geometry"][0]["semantics"]["values"] = [None]
    model = read_cityjson(write(tmp_path, content))
    assert told(model) == {("house", "semantics do not fit the surfaces; left out")}
    house, wing = model.objects["house"].geometries[0], model.objects["wing"].geometries[0]
    assert (house.surface_count, house.surface_type(0)) == (6, None)
    assert wing.surface_semantics.tolist() == [-1] * 6


def test_a_ring_that_repeats_its_first_corner_loses_the_repetition(tmp_path):
    content = document()
    faces = content["CityObjects"]["house"]["geometry"][0]["boundaries"][0]
    faces[0] = [[3, 2, 1, 0, 3]]
    model = read_cityjson(write(tmp_path, content))
    assert len(model.objects["house"].geometries[0].rings(0)[0]) == 4 and model.troubles == ()


def test_values_that_no_file_can_hold_become_none(tmp_path):
    nested = current = {}
    for _ in range(30):
        current["in"] = current = {}
    attributes = {"a": float("inf"), "b": "half \ud800", "c": [1, float("nan")], "d": nested}
    content = with_objects(x={"type": "Road", "attributes": attributes})
    kept = read_cityjson(write(tmp_path, content)).objects["x"].attributes
    assert kept["a"] is None and kept["c"] == [1, None] and kept["b"] == "half ?"
    json.dumps(kept, allow_nan=False).encode("utf-8")


def test_members_of_groups_stay_on_their_own(tmp_path):
    group = {"type": "CityObjectGroup", "children": ["house", "tree"]}
    content = with_objects(block=group)
    content["CityObjects"]["house"]["parents"] = ["block"]
    model = read_cityjson(write(tmp_path, content))
    roots = [family[0].id for family in families(model.objects)]
    assert set(roots) == {"house", "tin", "tree", "block"}


def test_a_large_list_of_vertices_is_an_array_and_not_a_list(tmp_path, monkeypatch):
    """200 MB coordinate list, small here: it takes its size in memory, not ten times that."""
    monkeypatch.setattr(cityjson_text, "_CHUNK", 1000)
    content = document()
    content["vertices"] += [[i, -i, 10**6 + i] for i in range(5000)]
    text = json.dumps(content).encode()
    found = cityjson_text.parse_document(text, "a file")["vertices"]
    assert isinstance(found, np.ndarray) and found.tolist() == content["vertices"]
    for broken in (b"[1, 2], [3, 4, 5, 6]", b"[1, 2, 3], 4"):
        hurt = text.replace(b"[0, 0, 1000000]", broken)
        with pytest.raises(InputError, match="broken vertices"):
            read_model(write(tmp_path, hurt.decode()))


def test_a_text_that_would_fill_the_memory_is_refused_before_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(cityjson_text, "MOST_MEMORY", 1_000_000)
    content = document()
    content["CityObjects"]["x"] = {"type": "Road", "a": [[0]] * 20_000}
    with pytest.raises(InputError, match="GB of memory.*CityJSONSeq") as caught:
        read_model(write(tmp_path, content))
    assert "\n" not in str(caught.value)


def test_vertices_among_the_attributes_do_not_confuse(tmp_path):
    content = document()
    content["CityObjects"]["tree"]["attributes"] = {"vertices": [[1, 2, 3]]}
    model = read_model(write(tmp_path, content))
    assert model.objects["tree"].attributes == {"vertices": [[1, 2, 3]]}
    assert model.objects["house"].geometries[0].surface_count == 6


def test_names_of_cityjson_1_0_become_those_of_today(tmp_path):
    model = read_cityjson(write(tmp_path, with_objects(e={"type": "BridgeConstructionElement"})))
    assert model.objects["e"].type == "BridgeConstructiveElement" and model.troubles == ()


def test_a_feature_without_its_first_line_is_named(tmp_path):
    """3DBAG delivers features and what they need to be read in separate files."""
    content = {**document(), "type": "CityJSONFeature", "id": "house"}
    with pytest.raises(InputError, match="one CityJSONFeature, expected before it the line"):
        read_model(write(tmp_path, content))
