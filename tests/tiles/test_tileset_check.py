"""Each rule that our tiles promise is one that the check notices when it is broken."""

import json
import shutil
import struct

import numpy as np
import pytest

from tests.tiles.tiled_cities import glbs
from tiles.checks.glb import check_glb, open_glb
from tiles.checks.tileset import check_tileset
from twin.errors import MissingError


@pytest.fixture
def folder(sample_tiles, tmp_path):
    return shutil.copytree(sample_tiles, tmp_path / "tiles")


def edit(folder, change):
    """Change the root of tileset.json."""
    path = folder / "tileset.json"
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def put(entry, *keys, value):
    for key in keys[:-1]:
        entry = entry[key]
    entry[keys[-1]] = value


def repacked(data, change):
    """A GLB with other JSON; its buffer is kept."""
    document, buffer = open_glb(data)
    change(document)
    text = json.dumps(document).encode()
    text += b" " * (-(28 + len(text)) % 8)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text
    chunks += struct.pack("<I4s", len(buffer), b"BIN\0") + buffer
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


ROOT = ("root",)
FIRST = ("root", "children", 0)
FAULTS_OF_TREES = {
    "refine": (lambda d: d["root"].pop("refine"), "refine"),
    "version": (lambda d: put(d, "asset", "version", value="1.0"), "asset.version"),
    "error grows": (lambda d: put(d, *FIRST, "geometricError", value=1e6), "is over"),
    "error of a leaf": (lambda d: put(d, *FIRST, "geometricError", value=1.0), "expected 0"),
    "no error": (lambda d: put(d, *ROOT, "geometricError", value=None), "geometricError"),
    "box of a child": (
        lambda d: put(d, *FIRST, "boundingVolume", "box", 0, value=1e5),
        "reaches out of the box",
    ),
    "box of the content": (
        lambda d: put(d, *FIRST, "boundingVolume", "box", 11, value=0.5),
        "lie outside of its box",
    ),
    "no box": (lambda d: put(d, *FIRST, "boundingVolume", value={}), "boundingVolume.box"),
    "no file": (lambda d: put(d, *FIRST, "content", "uri", value="b/x.glb"), "not in the folder"),
    "outside": (lambda d: put(d, *FIRST, "content", "uri", value="../../x"), "not in the folder"),
    "not named": (lambda d: d["root"]["children"].pop(), "no tile names it"),
    "twice": (lambda d: put(d, *FIRST, "content", "uri", value="b/r.glb"), "of two tiles"),
    "bent": (lambda d: put(d, *ROOT, "transform", 0, value=3.0), "turn and move"),
}


@pytest.mark.parametrize("fault", FAULTS_OF_TREES)
def test_a_fault_of_the_tree_is_named(folder, fault):
    change, words = FAULTS_OF_TREES[fault]
    edit(folder, change)
    assert any(words in problem for problem in check_tileset(folder))


def of_primitive(*keys, value):
    return lambda d: put(d, "meshes", 0, "primitives", 0, *keys, value=value)


def of_table(*keys, value):
    place = ("extensions", "EXT_structural_metadata", "propertyTables", 0)
    return lambda d: put(d, *place, *keys, value=value)


FAULTS_OF_GLBS = {
    "min": (lambda d: put(d, "accessors", 0, "min", 0, value=-1e6), "another min"),
    "count": (lambda d: put(d, "accessors", 0, "count", value=10**7), "reaches out"),
    "fewer": (lambda d: put(d, "accessors", 1, "count", value=3), "values for"),
    "view": (lambda d: put(d, "bufferViews", 0, "byteLength", value=10**9), "out of the buffer"),
    "aligned": (lambda d: put(d, "bufferViews", 5, "byteOffset", value=4), "multiple of 8"),
    "features": (of_primitive("extensions", "EXT_mesh_features", value={}), "no glTF of ours"),
    "feature count": (
        of_primitive("extensions", "EXT_mesh_features", "featureIds", 0, "featureCount", value=9),
        "feature ids",
    ),
    "rows": (of_table("count", value=2), "property"),
    "offsets": (of_table("properties", "id", "stringOffsets", value=0), "offsets of text"),
    "attribute": (of_primitive("attributes", "NORMAL", value=0), "length 1"),
}


@pytest.mark.parametrize("fault", FAULTS_OF_GLBS)
def test_a_fault_of_a_glb_is_named(folder, fault):
    change, words = FAULTS_OF_GLBS[fault]
    data = repacked((folder / "b" / "r0.glb").read_bytes(), change)
    (folder / "b" / "r0.glb").write_bytes(data)
    assert any(words in problem for problem in check_tileset(folder))


def test_a_feature_that_no_row_describes_is_named(sample_tiles):
    data = bytearray((sample_tiles / "b" / "r0.glb").read_bytes())
    document, buffer = open_glb(bytes(data))
    number = document["meshes"][0]["primitives"][0]["attributes"]["_FEATURE_ID_0"]
    view = document["bufferViews"][document["accessors"][number]["bufferView"]]
    struct.pack_into("<f", data, len(data) - len(buffer) + view["byteOffset"], 1e6)
    assert any("not a row" in problem for problem in check_glb(bytes(data))[0])


@pytest.mark.parametrize("keep", [0, 3, 12, 40, 2000, -8])
def test_a_torn_glb_is_named_and_nothing_raises(sample_tiles, keep):
    data = glbs(sample_tiles)[0].read_bytes()[:keep]
    problems, content = check_glb(data)
    assert len(problems) >= 1
    assert content is None


def test_bytes_of_chance_are_no_glb():
    chance = np.random.default_rng(1)
    for _ in range(50):
        problems, _ = check_glb(b"glTF" + chance.bytes(200))
        assert problems


def test_a_tile_over_the_limit_is_named(folder):
    with (folder / "b" / "r0.glb").open("ab") as file:
        file.write(b"\0" * 600_000)
    assert any("expected at most 500,000" in problem for problem in check_tileset(folder))


def test_a_folder_without_tiles_is_told_in_one_line(tmp_path):
    with pytest.raises(MissingError, match=r"tileset\.json"):
        check_tileset(tmp_path)
