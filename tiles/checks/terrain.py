"""Looks for what is wrong in terrain tiles: layer.json, each mesh, and the seams between them."""

import json
import struct
from dataclasses import dataclass

import numpy as np

from tiles.terrain.quantized_mesh import LARGEST
from tiles.tiles3d.tileset import LARGEST_TILE

MOST_TILES = 5_000_000
"""More are not listed of any city."""

_HEADER = struct.Struct("<3d2f7d")
_SIDES = ("west", "south", "east", "north")
_SMALL = 65536
"""Most vertices that indices of 16 bits can name."""


@dataclass(frozen=True)
class TerrainMesh:
    """One decoded tile.

    Parameters
    ----------
    centre : numpy.ndarray
        Middle of the sphere around it, Earth-centred, shape (3,) [m].
    radius : float
        Of that sphere [m].
    lowest, highest : float
        Stated range of heights over the ellipsoid [m].
    u, v, height : numpy.ndarray
        Place of each vertex from west to east, south to north and lowest to highest, 0 to 32767.
    triangles : numpy.ndarray
        Rows of vertices, shape (m, 3).
    edges : dict of str to numpy.ndarray
        Rows of the vertices on the west, south, east and north edge.
    """

    centre: np.ndarray
    radius: float
    lowest: float
    highest: float
    u: np.ndarray
    v: np.ndarray
    height: np.ndarray
    triangles: np.ndarray
    edges: dict

    @property
    def heights(self):
        """Height of each vertex over the ellipsoid [m]."""
        return self.lowest + self.height / LARGEST * (self.highest - self.lowest)


def decode_tile(data):
    """Read one quantized mesh.

    Parameters
    ----------
    data : bytes
        As `tiles.terrain.quantized_mesh.encode_tile` writes it.

    Returns
    -------
    TerrainMesh

    Raises
    ------
    ValueError
        The bytes end too soon, or go on after the last edge.

    Notes
    -----
    Cesium, quantized-mesh-1.0; written from that text and not from our encoder.
    """
    try:
        values = _HEADER.unpack_from(data)
        (count,) = struct.unpack_from("<I", data, _HEADER.size)
        at = _HEADER.size + 4
        rows = np.frombuffer(data, "<u2", 3 * count, at).astype(int).reshape(3, count)
        u, v, height = np.cumsum((rows >> 1) ^ -(rows & 1), axis=1)
        at += 6 * count
        kind = "<u2" if count <= _SMALL else "<u4"
        at += -at % np.dtype(kind).itemsize
        triangles, at = _indices(data, at, kind, 3)
        edges = {}
        for side in _SIDES:
            edges[side], at = _indices(data, at, kind, 1)
    except (struct.error, ValueError) as error:  # of numpy: more was asked for than there is
        raise ValueError(f"ends too soon ({error})") from None
    if at != len(data):
        raise ValueError(f"has {len(data) - at} bytes after its last edge")
    triangles = _unpacked(triangles).reshape(-1, 3)
    middle = np.array(values[5:8])
    return TerrainMesh(middle, values[8], values[3], values[4], u, v, height, triangles, edges)


def _indices(data, at, kind, each):
    (count,) = struct.unpack_from("<I", data, at)
    found = np.frombuffer(data, kind, each * count, at + 4).astype(int)
    return found, at + 4 + found.size * np.dtype(kind).itemsize


def _unpacked(codes):
    """Indices from their distances below the highest that was not yet used."""
    highest = np.concatenate([[0], np.cumsum(codes == 0)[:-1]])
    return highest - codes


def check_terrain(folder):
    """Check a folder of terrain tiles.

    Parameters
    ----------
    folder : pathlib.Path
        With ``layer.json``.

    Returns
    -------
    tuple of (int, list of str)
        Tiles that were looked at; one line a problem.

    Notes
    -----
    That layer.json lists what is there and nothing else, each tile with the one above it; that
    each mesh is whole, faces up and states its heights; that neighbours share their edge.
    """
    try:
        layer = json.loads((folder / "layer.json").read_bytes())
        listed = _listed(layer["available"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        return 0, [f"layer.json: is none of terrain ({type(error).__name__}: {error})"]
    problems = []
    if (layer.get("format"), layer.get("scheme")) != ("quantized-mesh-1.0", "tms"):
        problems.append("layer.json: expected the format quantized-mesh-1.0 in the scheme tms")
    there = {
        tuple(map(int, (*path.parts[-3:-1], path.stem))) for path in folder.glob("*/*/*.terrain")
    }
    named = set(listed)
    problems += [f"{_name(tile)}: is listed and not there" for tile in sorted(named - there)]
    problems += [f"{_name(tile)}: is there and not listed" for tile in sorted(there - named)]
    edges = {}
    for tile in sorted(named & there):
        z, x, y = tile
        if z and (z - 1, x // 2, y // 2) not in named:
            problems.append(f"{_name(tile)}: there is no tile above it")
        data = (folder / f"{z}/{x}/{y}.terrain").read_bytes()
        problems += [f"{_name(tile)}: {problem}" for problem in _of_tile(data, tile, edges)]
    return len(named & there), problems


def _listed(available):
    blocks = [(z, block) for z, blocks in enumerate(available) for block in blocks]
    blocks = [
        (z, *(int(block[k]) for k in ("startX", "startY", "endX", "endY"))) for z, block in blocks
    ]
    count = sum((east - west + 1) * (north - south + 1) for _, west, south, east, north in blocks)
    if count > MOST_TILES:
        raise ValueError(f"it lists {count:,} tiles, expected at most {MOST_TILES:,}")
    return [
        (z, x, y)
        for z, west, south, east, north in blocks
        for x in range(west, east + 1)
        for y in range(south, north + 1)
    ]


def _name(tile):
    return "{}/{}/{}.terrain".format(*tile)


def _of_tile(data, tile, edges):
    """What is wrong with one tile; `edges` keeps those that its neighbours must share."""
    if len(data) > LARGEST_TILE:
        return [f"has {len(data):,} bytes, expected at most {LARGEST_TILE:,}"]
    try:
        mesh = decode_tile(data)
    except ValueError as error:
        return [str(error)]
    count = len(mesh.u)
    if mesh.triangles.size == 0 or mesh.triangles.min() < 0 or mesh.triangles.max() >= count:
        return ["its triangles are not of its vertices"]
    places = np.concatenate([mesh.u, mesh.v, mesh.height])
    if places.min() < 0 or places.max() > LARGEST:
        return ["has a vertex outside of itself"]
    return [*_of_shape(mesh), *_of_edges(mesh, tile, edges)]


def _of_shape(mesh):
    corner = [np.stack([mesh.u, mesh.v])[:, mesh.triangles[:, k]] for k in range(3)]
    side, other = corner[1] - corner[0], corner[2] - corner[0]
    area = side[0] * other[1] - side[1] * other[0]
    if (area < 0).any():
        yield f"{(area < 0).sum()} triangles face down"
    if area.sum() != 2 * LARGEST**2:
        yield f"its triangles cover {area.sum() / 2 / LARGEST**2:.4f} of it, expected all"
    if not np.isfinite([mesh.lowest, mesh.highest, mesh.radius, *mesh.centre]).all():
        yield "has a height or a middle that is not a number"
    elif mesh.lowest > mesh.highest:
        yield f"states heights from {mesh.lowest:g} to {mesh.highest:g} m"


def _of_edges(mesh, tile, kept):
    z, x, y = tile
    for side, along, across, end in (
        ("west", mesh.v, mesh.u, 0),
        ("south", mesh.u, mesh.v, 0),
        ("east", mesh.v, mesh.u, LARGEST),
        ("north", mesh.u, mesh.v, LARGEST),
    ):
        rows = mesh.edges[side]
        if set(rows.tolist()) != set(np.flatnonzero(across == end).tolist()):
            yield f"its {side} edge is not made of the vertices there"
            continue
        rows = rows[np.argsort(along[rows])]
        step = (mesh.highest - mesh.lowest) / LARGEST
        profile = (along[rows], mesh.heights[rows], step)
        key = (z, x + (side == "east"), y, "v") if side in ("west", "east") else (
            z, x, y + (side == "north"), "u")  # fmt: skip
        before = kept.pop(key, None)
        if before is None:
            kept[key] = profile
        elif not _same(before, profile):
            yield f"its {side} edge is torn from the tile beside it"


def _same(one, other):
    if not np.array_equal(one[0], other[0]):
        return False
    # Each tile rounds its heights to steps of its own.
    return bool((np.abs(one[1] - other[1]) <= one[2] + other[2] + 1e-3).all())
