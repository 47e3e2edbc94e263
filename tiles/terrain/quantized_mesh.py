"""Meshes of ground as quantized-mesh-1.0, the terrain format of CesiumJS and others."""

import struct

import numpy as np

LARGEST = 32767
"""Of u, v and height inside of a tile."""

_SEMI_MAJOR = 6378137.0
_SEMI_MINOR = 6356752.3142451793
_LEAST_COSINE = 1e-3


def encode_tile(bounds, u, v, heights, triangles):
    """One tile as quantized mesh.

    Parameters
    ----------
    bounds : tuple of float
        West, south, east, north [degrees].
    u, v : (n,) arrays
        Place of each vertex from west to east and from south to north, 0 to 1; the edges of a
        tile are those at exactly 0 and 1.
    heights : (n,) array
        Over the WGS 84 ellipsoid [m].
    triangles : (m, 3) integer array
        Rows of vertices, anticlockwise from above; each vertex is used. At most 65,536 vertices.

    Returns
    -------
    bytes

    Notes
    -----
    Cesium, quantized-mesh-1.0 (github.com/CesiumGS/quantized-mesh): header, vertices as zigzag
    differences, indices against their high-water mark, then the vertices of the west, south,
    east and north edge. The public encoder of Python (quantized-mesh-encoder) takes degrees as
    float32, which is a metre here, so that edges of small tiles are torn.
    """
    triangles, order = _by_first_use(triangles)
    u, v, heights = u[order], v[order], np.asarray(heights, "float64")[order]
    lowest, highest = np.float32(heights.min()), np.float32(heights.max())
    span = max(float(highest) - float(lowest), 1e-6)
    share = np.clip((heights - float(lowest)) / span, 0, 1)
    rows = np.rint(np.stack([u, v, share]) * LARGEST).astype("int32")
    earth = _earth_centred(bounds, u, v, heights)
    return b"".join(
        [
            _header(earth, lowest, highest),
            struct.pack("<I", len(u)),
            _zigzag(np.diff(rows, prepend=0, axis=1)).astype("<u2").tobytes(),
            struct.pack("<I", len(triangles)),
            _high_water(triangles.reshape(-1)).astype("<u2").tobytes(),
            *(_edge(at == end, along) for at, end, along in _sides(rows[0], rows[1])),
        ]
    )


def _by_first_use(triangles):
    """Triangles over vertices renumbered as they first appear, and the old rows in new order."""
    flat = triangles.reshape(-1)
    first = np.full(flat.max() + 1, flat.size)
    first[flat[::-1]] = np.arange(flat.size)[::-1]  # of repeated rows, numpy keeps the last
    order = np.argsort(first)[: np.count_nonzero(first < flat.size)]
    renumbered = np.empty(len(first), "int32")
    renumbered[order] = np.arange(len(order), dtype="int32")
    return renumbered[triangles], order


def _zigzag(values):
    return (values << 1) ^ (values >> 31)


def _high_water(indices):
    """Distance of each index below the highest that was not yet used."""
    highest = np.maximum.accumulate(indices) + 1
    before = np.concatenate([[0], highest[:-1]])
    return before - indices


def _sides(u, v):
    """Which coordinate is constant on each edge, at which value, and the one along it."""
    return ((u, 0, v), (v, 0, u), (u, LARGEST, v), (v, LARGEST, u))


def _edge(on_edge, along):
    """Vertices of one edge, from south to north or from west to east."""
    rows = np.flatnonzero(on_edge)
    rows = rows[np.argsort(along[rows])]
    return struct.pack("<I", len(rows)) + rows.astype("<u2").tobytes()


def _header(earth, lowest, highest):
    centre = (earth.min(axis=0) + earth.max(axis=0)) / 2
    radius = np.sqrt(((earth - centre) ** 2).sum(axis=1).max())
    occlusion = _occlusion_point(earth, centre)
    return struct.pack("<3d2f7d", *centre, lowest, highest, *centre, radius, *occlusion)


def _occlusion_point(earth, centre):
    """Point that is hidden behind the horizon only when the whole tile is.

    Notes
    -----
    Ring, "Computing the horizon occlusion point" (Cesium, 2013): in space scaled to a unit
    sphere, max over vertices of 1 / (cos a cos b - sin a sin b) along the direction of the
    centre. Where the tile is too large for such a point, it is put far away.
    """
    radii = np.array([_SEMI_MAJOR, _SEMI_MAJOR, _SEMI_MINOR])
    direction = centre / radii
    direction = direction / np.linalg.norm(direction)
    scaled = earth / radii
    square = np.maximum((scaled**2).sum(axis=1), 1.0)
    length = np.sqrt(square)
    unit = scaled / np.linalg.norm(scaled, axis=1)[:, None]
    cos_a = unit @ direction
    sin_a = np.sqrt(np.maximum(1.0 - cos_a**2, 0.0))
    cos_b = 1.0 / length
    sin_b = np.sqrt(square - 1.0) * cos_b
    return direction / max((cos_a * cos_b - sin_a * sin_b).min(), _LEAST_COSINE) * radii


def _earth_centred(bounds, u, v, heights):
    """Vertices in Earth-centred metres, shape (n, 3)."""
    west, south, east, north = bounds
    lon, lat = np.radians(west + u * (east - west)), np.radians(south + v * (north - south))
    flattening = (_SEMI_MINOR / _SEMI_MAJOR) ** 2
    sin_lat, cos_lat = np.sin(lat), np.cos(lat)
    normal = _SEMI_MAJOR / np.sqrt(1 - (1 - flattening) * sin_lat**2)
    across = (normal + heights) * cos_lat
    up = (normal * flattening + heights) * sin_lat
    return np.stack([across * np.cos(lon), across * np.sin(lon), up], axis=1)
