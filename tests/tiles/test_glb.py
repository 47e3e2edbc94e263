"""The container: chunks, alignment, types."""

import json
import struct

import numpy as np
import pytest

from tiles.checks.glb import open_glb
from tiles.tiles3d.glb import Glb


def document_of(data):
    return open_glb(data)[0]


@pytest.mark.parametrize("generator", ["", "a", "ab", "abc", "abcdefgh"])
def test_the_buffer_begins_at_a_multiple_of_eight_bytes(generator):
    glb = Glb(generator)
    glb.attribute(np.zeros((3, 3), "<f4"), bounds=True)
    data = glb.to_bytes()
    size = struct.unpack_from("<I", data, 12)[0]
    assert (28 + size) % 8 == 0
    assert struct.unpack_from("<I", data, 8)[0] == len(data)
    assert json.loads(data[20 : 20 + size])["asset"] == {"version": "2.0", "generator": generator}


def test_each_view_begins_at_a_multiple_of_eight_bytes_and_comes_back():
    glb = Glb()
    parts = [b"a", b"bc", b"", b"defghijk", b"l"]
    views = [glb.buffer_view(part or b"\0") for part in parts]
    document, buffer = open_glb(glb.to_bytes())
    for part, number in zip(parts, views, strict=True):
        view = document["bufferViews"][number]
        assert view["byteOffset"] % 8 == 0
        start = view["byteOffset"]
        assert buffer[start : start + view["byteLength"]] == (part or b"\0")


def test_positions_state_their_least_and_largest_value():
    glb = Glb()
    glb.attribute(np.array([[1, -2, 3], [-4, 5, 6]], "<f4"), bounds=True)
    accessor = document_of(glb.to_bytes())["accessors"][0]
    assert (accessor["min"], accessor["max"]) == ([-4, -2, 3], [1, 5, 6])
    assert accessor["type"] == "VEC3"


@pytest.mark.parametrize(("vertices", "kind"), [(3, 5123), (65_535, 5123), (65_536, 5125)])
def test_indices_take_two_bytes_where_they_suffice(vertices, kind):
    glb = Glb()
    glb.indices(np.array([[0, 1, vertices - 1]]), vertices)
    document, buffer = open_glb(glb.to_bytes())
    assert document["accessors"][0]["componentType"] == kind
    stored = np.frombuffer(buffer, "<u2" if kind == 5123 else "<u4", 3)
    assert stored.tolist() == [0, 1, vertices - 1]


def test_what_is_required_is_used_too_and_named_once():
    glb = Glb()
    glb.use("A")
    glb.use("B", required=True)
    glb.use("B")
    assert glb.document["extensionsUsed"] == ["A", "B"]
    assert glb.document["extensionsRequired"] == ["B"]
