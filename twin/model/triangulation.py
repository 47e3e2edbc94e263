"""Triangles of surfaces: what a screen draws and what the checks of shells compute with."""

from dataclasses import dataclass

import numpy as np

from twin.model.validity.rings import stack

_ACROSS = np.array([[1, 2], [2, 0], [0, 1]])  # axes of the plane without x, without y, without z


@dataclass(frozen=True)
class Triangulation:
    """Triangles of many geometries, ordered by surface.

    Parameters
    ----------
    triangles : numpy.ndarray of int32
        Rows of `points`, shape (triangle, 3); counterclockwise where the outer ring is.
    surface : numpy.ndarray of int32
        Surface of each triangle, counted through all geometries, shape (triangle,).
    geometry : numpy.ndarray of int32
        Geometry of each triangle, shape (triangle,).
    points : numpy.ndarray of float64
        Vertices of all geometries end to end, shape (vertex, 3) [m].
    point_starts, surface_starts : numpy.ndarray of int64
        Where points and surfaces of each geometry start, shape (geometry + 1,).
    dropped : numpy.ndarray of int64
        Surfaces without any area, which have no triangle.
    fanned : numpy.ndarray of int64
        Surfaces that could only be cut as a fan around their first corner.
    """

    triangles: np.ndarray
    surface: np.ndarray
    geometry: np.ndarray
    points: np.ndarray
    point_starts: np.ndarray
    surface_starts: np.ndarray
    dropped: np.ndarray
    fanned: np.ndarray


def triangulate(geometry):
    """Cut the surfaces of one geometry into triangles.

    Parameters
    ----------
    geometry : twin.model.city_model.Geometry
        Solids or surfaces; lines and points have no triangles.

    Returns
    -------
    tuple of (numpy.ndarray, numpy.ndarray)
        Rows of ``geometry.points``, shape (triangle, 3), int32; the surface of each, shape
        (triangle,), int32. A surface without area has none.
    """
    cut = triangulate_all([geometry])
    return cut.triangles, cut.surface


def triangulate_all(geometries):
    """Cut the surfaces of many geometries into triangles at once.

    Parameters
    ----------
    geometries : sequence of twin.model.city_model.Geometry
        In the order in which the result counts them.

    Returns
    -------
    Triangulation

    Notes
    -----
    Each surface is projected along the largest component of its Newell normal; polygons beyond
    four corners, and all with holes, are cut by mapbox_earcut, which keeps the area and may pass
    over collinear corners. Nothing raises on a bad surface: it is fanned or dropped, and named.
    """
    return triangulate_rings(stack(geometries))


def triangulate_rings(rings):
    """Cut surfaces that are stacked already; see `triangulate_all`.

    Parameters
    ----------
    rings : twin.model.validity.rings.Rings
        Surfaces of many geometries.

    Returns
    -------
    Triangulation
    """
    plane = _projected(rings)
    corners = np.bincount(rings.surface_of_corner, minlength=rings.surface_count)
    length = np.sqrt((rings.normals**2).sum(axis=1))
    usable = np.isfinite(length) & (length > 0)
    simple = usable & (rings.rings_per_surface == 1)
    start = np.zeros(rings.surface_count, np.int64)
    start[usable] = rings.ring_starts[rings.first_ring[usable]]
    three, four = (np.flatnonzero(simple & (corners == n)) for n in (3, 4))
    many = np.flatnonzero(usable & ~(simple & (corners <= 4)))
    cut, owner, fanned = _ears(rings, plane, start, corners, many)
    cut = [start[three][:, None] + np.arange(3), _quads(plane, start[four]), cut]
    owner = np.concatenate([three, np.repeat(four, 2), owner])
    cut = np.concatenate(cut)
    area = _doubled_areas(plane, cut)
    cut[area < 0] = cut[area < 0][:, ::-1]
    cut, owner = cut[area != 0], owner[area != 0]
    order = np.argsort(owner, kind="stable")
    surface = owner[order]
    present = np.bincount(surface, minlength=rings.surface_count) > 0
    return Triangulation(
        triangles=rings.corners[cut[order]].astype(np.int32),
        surface=surface.astype(np.int32),
        geometry=rings.geometry_of_surface[surface].astype(np.int32),
        points=rings.points,
        point_starts=rings.point_starts,
        surface_starts=rings.surface_starts,
        dropped=np.flatnonzero(~present),
        fanned=fanned,
    )


def _projected(rings):
    """Corners in the plane across the largest component of the normal, shape (corner, 2) [m].

    An outer ring turns counterclockwise there.
    """
    normals = np.nan_to_num(rings.normals)
    dropped = np.abs(normals).argmax(axis=1)
    across = _ACROSS[dropped]
    turned = np.take_along_axis(normals, dropped[:, None], axis=1)[:, 0] < 0
    across[turned] = across[turned][:, ::-1]
    return np.take_along_axis(rings.positions, across[rings.surface_of_corner], axis=1)


def _doubled_areas(plane, triangles):
    """Twice the signed area of triangles in the plane [m2]."""
    a, b, c = (plane[triangles[:, k]] for k in range(3))
    (x1, y1), (x2, y2) = (b - a).T, (c - a).T
    return x1 * y2 - x2 * y1


def _quads(plane, start):
    """Two triangles a quadrilateral, cut where the smaller one is largest; shape (2 n, 3)."""
    ways = [np.array(way) for way in ([[0, 1, 2], [0, 2, 3]], [[0, 1, 3], [1, 2, 3]])]
    options = [(start[:, None, None] + way).reshape(-1, 3) for way in ways]
    smaller = [_doubled_areas(plane, cut).reshape(-1, 2).min(axis=1) for cut in options]
    second = np.repeat(smaller[1] > smaller[0], 2)
    return np.where(second[:, None], options[1], options[0])


def _ears(rings, plane, start, corners, surfaces):
    """Triangles of the surfaces that need earcut, whose they are, and which were fanned."""
    from mapbox_earcut import triangulate_float64

    plane = np.ascontiguousarray(plane)
    last_ring = rings.first_ring + rings.rings_per_surface
    cut, counts, fanned = [], [], []
    for surface in surfaces:
        first, size = start[surface], corners[surface]
        ends = rings.ring_ends[rings.first_ring[surface] : last_ring[surface]] - first
        try:
            found = triangulate_float64(plane[first : first + size], ends.astype(np.uint32))
        except ValueError:
            found = ()
        if len(found) == 0:
            found = _fan(int(ends[0]))
            fanned.append(surface)
        cut.append(np.asarray(found, np.int64) + first)
        counts.append(len(found) // 3)
    joined = np.concatenate(cut) if cut else np.zeros(0, np.int64)
    return joined.reshape(-1, 3), np.repeat(surfaces, counts), np.array(fanned, np.int64)


def _fan(size):
    """Triangles from the first of `size` corners to each edge that does not touch it, flat."""
    inner = np.arange(1, size - 1)
    return np.stack([np.zeros_like(inner), inner, inner + 1], axis=1).ravel()
