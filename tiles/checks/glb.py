"""Looks for what is wrong in one GLB of our tiles: its bytes, what it draws, its property table."""

import json
import struct
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from tiles.tiles3d import draco
from tiles.tiles3d.property_table import EXTENSION as METADATA
from tiles.tiles3d.tile_content import FEATURES

_TYPES = {5120: "i1", 5121: "u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_SIZES = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_VALUES = {"INT32": "<i4", "UINT32": "<u4", "FLOAT32": "<f4", "FLOAT64": "<f8"}


@dataclass(frozen=True)
class Content:
    """What a GLB holds.

    Parameters
    ----------
    features : int
        Rows of the property table.
    box : numpy.ndarray
        Least and largest vertex as east, north, up, shape (2, 3) [m].
    table : dict of str to list or numpy.ndarray
        Columns of the property table.
    """

    features: int
    box: np.ndarray
    table: dict


class _Wrong(ValueError):
    """A rule that is not kept; the rest of the GLB cannot be looked at."""


def check_glb(data):
    """Check one GLB of a tileset.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    tuple of (list of str, Content or None)
        Problems; what it holds, None where it cannot be read.
    """
    problems = []
    try:
        document, buffer = open_glb(data)
        table, count = read_property_table(document, buffer, problems)
        boxes = [
            _primitive(document, buffer, node, primitive, count, problems)
            for node in document["nodes"]
            if "mesh" in node
            for primitive in document["meshes"][node["mesh"]]["primitives"]
        ]
        box = np.array([np.min(boxes, axis=0)[0], np.max(boxes, axis=0)[1]])
    except _Wrong as problem:
        return [*problems, str(problem)], None
    except (KeyError, IndexError, TypeError, ValueError) as problem:
        return [*problems, f"is no glTF of ours ({type(problem).__name__}: {problem})"], None
    return problems, Content(count, box, table)


def open_glb(data):
    """JSON and buffer of a GLB.

    Parameters
    ----------
    data : bytes
        The whole file.

    Returns
    -------
    tuple of (dict, bytes)

    Raises
    ------
    ValueError
        The container is broken.
    """
    if len(data) < 28 or data[:4] != b"glTF":
        raise _Wrong("is no GLB, expected one that begins with glTF")
    version, length = struct.unpack_from("<II", data, 4)
    size, kind = struct.unpack_from("<I4s", data, 12)
    if version != 2 or length != len(data) or kind != b"JSON" or 28 + size > len(data):
        raise _Wrong(f"has version {version} and length {length}, expected 2 and {len(data)}")
    rest, name = struct.unpack_from("<I4s", data, 20 + size)
    if name != b"BIN\0" or 28 + size + rest != len(data) or (28 + size) % 8 or rest % 8:
        raise _Wrong("its binary chunk is not one that begins and ends at a multiple of 8 bytes")
    document = json.loads(data[20 : 20 + size])
    if document["buffers"] != [{"byteLength": rest}]:
        raise _Wrong(f"states the buffers {document['buffers']}, expected one of {rest} bytes")
    return document, data[28 + size :]


def _primitive(document, buffer, node, primitive, count, problems):
    """Check one primitive; the box of its vertices as east, north, up."""
    names = primitive["attributes"]
    arrays, triangles = _arrays(document, buffer, primitive, problems)
    positions, features = arrays["POSITION"].astype(float), arrays["_FEATURE_ID_0"].ravel()
    for name, values in arrays.items():
        if len(values) != len(positions):
            problems.append(f"{name} has {len(values)} values for {len(positions)} vertices")
    if triangles.size % 3 or triangles.size == 0 or triangles.max() >= len(positions):
        problems.append("its indices are no triangles of its vertices")
    if not np.isfinite(positions).all():
        raise _Wrong("has a vertex that is not finite")
    stated = document["accessors"][names["POSITION"]]
    reach = draco.STEP if draco.EXTENSION in primitive.get("extensions", {}) else 1e-5
    for key, found in (("min", positions.min(axis=0)), ("max", positions.max(axis=0))):
        if not np.allclose(stated[key], found, rtol=1e-6, atol=reach):
            problems.append(f"POSITION has another {key} than it states")
    length = np.linalg.norm(arrays["NORMAL"].astype(float), axis=1)
    if not np.allclose(length, 1, atol=0.02):
        problems.append("has a normal that is not of length 1")
    ids = primitive["extensions"][FEATURES]["featureIds"]
    if ids != [{"featureCount": count, "attribute": 0, "propertyTable": 0}]:
        problems.append(f"its feature ids are {ids}, expected those of one table of {count}")
    features = features.astype(float)
    if (features < 0).any() or (features >= count).any() or (features != np.round(features)).any():
        problems.append(f"has a feature id that is not a row of the {count} of its table")
    x, y, z = (positions + node.get("translation", [0, 0, 0])).T
    return np.array([[x.min(), (-z).min(), y.min()], [x.max(), (-z).max(), y.max()]])


def _arrays(document, buffer, primitive, problems):
    """Attributes of a primitive by name, and its indices; decoded where they are compressed."""
    accessors = document["accessors"]
    packed = primitive.get("extensions", {}).get(draco.EXTENSION)
    if packed is None:
        arrays = {
            name: _accessor(document, buffer, number, problems)
            for name, number in primitive["attributes"].items()
        }
        return arrays, _accessor(document, buffer, primitive["indices"], problems)
    import DracoPy

    mesh = DracoPy.decode(_view(document, buffer, packed["bufferView"], problems))
    by_number = {entry["unique_id"]: entry["data"] for entry in mesh.attributes}
    arrays = {name: by_number[number] for name, number in packed["attributes"].items()}
    arrays["_FEATURE_ID_0"] = np.asarray(arrays["_FEATURE_ID_0"]).ravel()
    for name, number in primitive["attributes"].items():
        if accessors[number]["count"] != len(arrays[name]):
            problems.append(f"{name} decodes to {len(arrays[name])} values, not as it states")
    if accessors[primitive["indices"]]["count"] != mesh.faces.size:
        problems.append(f"its faces decode to {mesh.faces.size} indices, not as it states")
    return arrays, mesh.faces


def _accessor(document, buffer, number, problems):
    entry = document["accessors"][number]
    dtype = np.dtype(_TYPES[entry["componentType"]])
    width = _SIZES[entry["type"]]
    data = _view(document, buffer, entry["bufferView"], problems)
    offset, count = entry.get("byteOffset", 0), entry["count"]
    view = document["bufferViews"][entry["bufferView"]]
    is_attribute = view.get("target") == 34962
    if is_attribute and (dtype.itemsize * width) % 4:
        problems.append(f"accessor {number} has {dtype.itemsize * width} bytes a vertex, not 4 k")
    if offset % dtype.itemsize or offset + count * width * dtype.itemsize > len(data):
        raise _Wrong(f"accessor {number} reaches out of its buffer view, or is not aligned")
    values = np.frombuffer(data, dtype, count * width, offset)
    return values if width == 1 else values.reshape(count, width)


def _view(document, buffer, number, problems):
    view = document["bufferViews"][number]
    start, size = view.get("byteOffset", 0), view["byteLength"]
    if start % 8:
        problems.append(f"buffer view {number} begins at {start}, expected a multiple of 8")
    if start < 0 or size < 1 or start + size > len(buffer):
        raise _Wrong(f"buffer view {number} reaches out of the buffer")
    return buffer[start : start + size]


def read_property_table(document, buffer, problems):
    """Read the one property table of a GLB.

    Parameters
    ----------
    document, buffer : dict, bytes
        See `open_glb`.
    problems : list of str
        Grows by what is wrong.

    Returns
    -------
    tuple of (dict, int)
        Columns by name, list of str or numpy.ndarray; how many rows there are.

    Raises
    ------
    ValueError
        It cannot be read.
    """
    metadata = document["extensions"][METADATA]
    tables = metadata["propertyTables"]
    if len(tables) != 1 or len(metadata["schema"]["classes"]) != 1:
        raise _Wrong(f"has {len(tables)} property tables, expected one, of one class")
    count = tables[0]["count"]
    declared = metadata["schema"]["classes"][tables[0]["class"]]["properties"]
    stored = tables[0]["properties"]
    if set(declared) != set(stored) or count < 1:
        problems.append("its property table has other columns than its class, or no row")
    read = {
        name: _column(document, buffer, name, declared[name], entry, count, problems)
        for name, entry in stored.items()
    }
    return read, count


def _column(document, buffer, name, declared, stored, count, problems):
    data = _view(document, buffer, stored["values"], problems)
    if declared["type"] != "STRING":
        dtype = np.dtype(_VALUES[declared["componentType"]])
        if len(data) != count * dtype.itemsize:
            raise _Wrong(f"property {name} has {len(data)} bytes for {count} rows")
        return np.frombuffer(data, dtype)
    offsets = np.frombuffer(_view(document, buffer, stored["stringOffsets"], problems), "<u4")
    falls = len(offsets) != count + 1 or offsets[0] != 0 or (np.diff(offsets.astype(int)) < 0).any()
    if falls or offsets[-1] > len(data):
        raise _Wrong(f"property {name} has offsets of text that do not rise within its text")
    try:
        return [data[a:b].decode() for a, b in pairwise(offsets)]
    except UnicodeDecodeError:
        raise _Wrong(f"property {name} has text that is not UTF-8") from None
