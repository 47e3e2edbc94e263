"""What is written as CityJSON or CityJSONSeq comes back as it was, also in the hands of cjio."""

import json
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.model.city_model import CityModel, CityObject, Geometry
from twin.model.cityjson.writer import (
    FeatureWriter,
    reference_system_url,
    write_cityjson,
    write_cityjson_seq,
)
from twin.model.reading import open_features, read_model

CJIO = (sys.executable, "-c", "from cjio.cjio import cli; cli()")
FLAT = ("ring_ends", "surface_ends", "shell_ends", "solid_ends", "surface_semantics")


def assert_same(first, second, places=0.00051):
    """Both models hold the same objects, coordinates within half a step of the file."""
    assert first.objects.keys() == second.objects.keys() and first.counts() == second.counts()
    for name, one in first.objects.items():
        two = second.objects[name]
        for field in ("type", "attributes", "parents", "children", "other"):
            assert getattr(one, field) == getattr(two, field), (name, field)
        assert len(one.geometries) == len(two.geometries)
        for a, b in zip(one.geometries, two.geometries, strict=True):
            assert (a.kind, a.lod, a.semantics) == (b.kind, b.lod, b.semantics)
            for field in FLAT:
                np.testing.assert_array_equal(getattr(a, field), getattr(b, field))
            np.testing.assert_allclose(a.points[a.corners], b.points[b.corners], atol=places)


counts = st.lists(st.integers(1, 3), min_size=1, max_size=3)


@st.composite
def geometries(draw):
    """A geometry of any kind whose rings have three corners or more."""
    kinds = ("MultiPoint", "MultiLineString", "MultiSurface", "CompositeSurface")
    kind = draw(st.sampled_from((*kinds, "Solid", "MultiSolid", "CompositeSolid")))
    grid = st.integers(-(10**7), 10**7).map(lambda step: step / 1000)
    points = np.array(draw(st.lists(st.tuples(grid, grid, grid), min_size=8, max_size=8)))
    none = np.empty(0, np.int32)
    if kind == "MultiPoint":
        return Geometry(kind, "1", points, np.arange(8, dtype=np.int32), none, none, none, none)
    solids = draw(counts) if kind in ("MultiSolid", "CompositeSolid") else [1]
    shells = [draw(st.integers(1, 3)) for _ in range(sum(solids))]
    surfaces = [draw(st.integers(1, 2)) for _ in range(sum(shells))]
    if kind == "MultiLineString":
        surfaces = [1] * len(surfaces)
    rings = [
        draw(st.permutations(range(8)))[: draw(st.integers(3, 8))] for _ in range(sum(surfaces))
    ]
    sizes = ([len(ring) for ring in rings], surfaces, shells, solids)
    ends = [np.cumsum(some, dtype=np.int32) for some in sizes]
    if kind in kinds:
        ends[2:] = [np.array([len(surfaces)], np.int32), none]
    if kind == "MultiLineString":
        ends[2] = none
    if kind == "Solid":
        ends[3] = np.array([len(shells)], np.int32)
    meaning, rows = (), none
    if kind != "MultiLineString" and draw(st.booleans()):
        meaning = ({"type": "RoofSurface", "slope": 30.5}, {"type": "+Panel"})
        rows = np.array([draw(st.integers(-1, 1)) for _ in surfaces], np.int32)
    corners = np.concatenate(rings).astype(np.int32)
    return Geometry(kind, draw(st.sampled_from(["", "0", "1.2", "3"])), points, corners, *ends,
                    meaning, rows)  # fmt: skip


values = st.one_of(st.none(), st.booleans(), st.integers(-99, 99), st.floats(-1e6, 1e6), st.text())


@st.composite
def models(draw):
    """A model of some families; names may be any text."""
    objects, kinds = {}, ("Building", "Road", "+Gauge", "CityObjectGroup")
    names = draw(st.lists(st.text(min_size=1, max_size=6), min_size=1, max_size=4, unique=True))
    for name in names:
        name = name.encode("utf-8", "replace").decode()
        if name in objects or f"{name}/part" in objects:
            continue
        shapes = tuple(draw(st.lists(geometries(), max_size=2)))
        told = draw(
            st.dictionaries(st.sampled_from(["height", "用途", "note"]), values, max_size=2)
        )
        told = {k: v.encode("utf-8", "replace").decode() if isinstance(v, str) else v
                for k, v in told.items()}  # fmt: skip
        kind = draw(st.sampled_from(kinds))
        objects[name] = CityObject(name, kind, told, shapes)
        if kind == "Building" and draw(st.booleans()):
            part = f"{name}/part"
            objects[name] = CityObject(name, kind, told, shapes, children=(part,))
            objects[part] = CityObject(part, "BuildingPart", {}, shapes, parents=(name,))
    read = Counter(entry.type for entry in objects.values())
    return CityModel(objects, "EPSG:3826", read, metadata={"title": "town"})


@settings(max_examples=25, deadline=None)
@given(models())
def test_any_model_that_is_written_comes_back(tmp_path_factory, model):
    folder = tmp_path_factory.mktemp("round")
    for write, file in ((write_cityjson, "a.json"), (write_cityjson_seq, "a.jsonl")):
        write(model, folder / file)
        again = read_model(folder / file)
        assert_same(model, again)
        assert again.crs == "EPSG:3826" and again.metadata["title"] == "town"
        assert again.troubles == () and not again.missing()
    assert sorted(path.name for path in folder.iterdir()) == ["a.json", "a.jsonl"]


@pytest.mark.parametrize("file", ["DenHaag_01.city.json", "delft.json", "zurich_subset_lod2.json"])
def test_real_cities_come_back_and_cjio_reads_them(tmp_path, shared_data, file):
    """Objects in = objects out per class; cjio as a judge from outside."""
    model = read_model(shared_data / "cityjson" / file)
    assert not model.missing()
    write_cityjson(model, tmp_path / "a.json")
    write_cityjson_seq(model, tmp_path / "a.jsonl")
    assert_same(model, read_model(tmp_path / "a.json"))
    assert_same(model, read_model(tmp_path / "a.jsonl"))
    said = cjio(tmp_path / "a.json", "info")
    for kind, count in model.counts().items():
        assert f"{kind} ({count})" in said
    assert f"EPSG = {model.crs.removeprefix('EPSG:')}" in said and "CityJSON version = 2.0" in said


def test_cjio_reads_our_sequence(tmp_path, shared_data):
    model = read_model(shared_data / "cityjson" / "zurich_subset_lod2.json")
    write_cityjson_seq(model, tmp_path / "a.jsonl")
    with (tmp_path / "a.jsonl").open("rb") as stream:
        command = [*CJIO, "stdin", "save", str(tmp_path / "b.json")]
        done = subprocess.run(command, stdin=stream, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert_same(model, read_model(tmp_path / "b.json"))


def cjio(path, *words):
    command = [*CJIO, str(path), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_model_in_degrees_keeps_its_millimetres(tmp_path):
    points = np.array([(121.5, 25.04, 3.2), (121.50001, 25.04, 3.2), (121.5, 25.04001, 3.2)])
    none = np.empty(0, np.int32)
    one = np.array([1], np.int32)
    shape = Geometry("MultiSurface", "0", points, np.arange(3, dtype=np.int32),
                     np.array([3], np.int32), one, one, none)  # fmt: skip
    entry = CityObject("a", "LandUse", {}, (shape,))
    model = CityModel({"a": entry}, "EPSG:4979", Counter(LandUse=1))
    write_cityjson(model, tmp_path / "a.json")
    assert_same(model, read_model(tmp_path / "a.json"), places=1e-8)


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("old")
    with pytest.raises(RuntimeError), FeatureWriter(path, None) as writer:
        writer.write([CityObject("a", "Road")])
        raise RuntimeError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_each_vertex_of_a_feature_is_written_once(tmp_path):
    points = np.array([(0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 0.0001)], float)
    one, none = np.array([1], np.int32), np.empty(0, np.int32)
    corners = np.array([0, 1, 2, 3, 1, 2], np.int32)
    ends = np.array([3, 6], np.int32), np.array([1, 2], np.int32), one * 2, none
    shape = Geometry("MultiSurface", "1", points, corners, *ends)
    with FeatureWriter(tmp_path / "a.jsonl", None) as writer:
        writer.write([CityObject("a", "Road", {}, (shape,))])
    feature = json.loads((tmp_path / "a.jsonl").read_text().splitlines()[1])
    assert len(feature["vertices"]) == 3


def test_a_ring_that_falls_onto_one_vertex_is_still_a_ring(tmp_path):
    """Slivers below a millimetre: else a package could not be read back as it was written."""
    points = np.array([(0, 0, 0), (0.0002, 0, 0), (0, 0.0003, 0)], float)
    one, none = np.array([1], np.int32), np.empty(0, np.int32)
    shape = Geometry("MultiSurface", "2", points, np.arange(3, dtype=np.int32), one * 3, one, one,
                     none)  # fmt: skip
    model = CityModel({"a": CityObject("a", "Road", {}, (shape,))}, None, Counter(Road=1))
    write_cityjson(model, tmp_path / "a.json")
    again = read_model(tmp_path / "a.json")
    assert again.troubles == () and again.objects["a"].geometries[0].surface_count == 1


def test_compound_systems_have_an_address_that_is_read_again(tmp_path):
    url = reference_system_url("EPSG:28992+5709")
    assert url.startswith("https://www.opengis.net/def/crs-compound?1=")
    model = CityModel({"a": CityObject("a", "Road")}, "EPSG:28992+5709", Counter(Road=1))
    write_cityjson(model, tmp_path / "a.json")
    assert read_model(tmp_path / "a.json").crs == "EPSG:28992+5709"


def test_a_sequence_is_read_feature_by_feature(tmp_path):
    with FeatureWriter(tmp_path / "a.jsonl", "EPSG:3826") as writer:
        for number in range(3000):
            writer.write([CityObject(f"b{number}", "Building")])
    with open_features(tmp_path / "a.jsonl") as source:
        features = source.features()
        assert next(features)[0].id == "b0"
        assert source.read["Building"] == 1  # the rest is still in the file
        assert sum(1 for _ in features) == 2999 and source.read["Building"] == 3000
