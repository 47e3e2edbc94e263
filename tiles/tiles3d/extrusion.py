"""Footprints raised to blocks (LoD1), thousands at once."""

import numpy as np
import shapely

from tiles.tiles3d.materials import ROOF, SURFACE_COLOURS, WALL
from tiles.tiles3d.mesh import Mesh, unit


def extrude(shapes, base, top, to_frame):
    """Blocks over footprints: walls and a flat roof, no floor.

    Parameters
    ----------
    shapes : numpy.ndarray of shapely geometries
        Shape (n,); polygons in one CRS in metres, alone or in collections.
    base, top : numpy.ndarray
        Height of both ends of the walls, shape (n,) [m].
    to_frame : callable
        From (point, 3) to east, north, up (point, 3) [m].

    Returns
    -------
    Mesh
        `features` are the rows of `shapes`. Three vertices a corner of a wall and roof: five in
        all, so that each face is flat.
    """
    corners, following, roof, owner = _footprints(shapes)
    low = to_frame(np.column_stack([corners, base[owner]]))
    high = to_frame(np.column_stack([corners, top[owner]]))
    count = len(corners)
    walls = np.stack([low, low[following], high[following], high], axis=1).reshape(-1, 3)
    along = low[following] - low
    sideways = unit(np.column_stack([along[:, 1], -along[:, 0], np.zeros(count)]))
    quads = np.array([0, 1, 2, 0, 2, 3]) + 4 * np.arange(count)[:, None]
    upwards = np.tile(np.float32([0, 0, 1]), (count, 1))
    return Mesh(
        positions=np.concatenate([walls, high]),
        normals=np.concatenate([np.repeat(sideways, 4, axis=0), upwards]),
        colours=np.repeat(
            [SURFACE_COLOURS[WALL], SURFACE_COLOURS[ROOF]], [4 * count, count], axis=0
        ),
        features=np.concatenate([np.repeat(owner, 4), owner]),
        triangles=np.concatenate([quads.reshape(-1, 3), roof + 4 * count]),
    )


def _footprints(shapes):
    """Corners of all rings, the next corner of each, triangles of the roofs, rows of `shapes`."""
    parts, row = shapely.get_parts(shapes, return_index=True)
    is_area = (shapely.get_type_id(parts) == shapely.GeometryType.POLYGON) & (
        shapely.area(parts) > 0
    )
    parts, row = shapely.orient_polygons(shapely.force_2d(parts[is_area])), row[is_area]
    _, coordinates, (ring_ends, part_ends) = shapely.to_ragged_array(parts)
    # Each ring repeats its first corner at its end; that one is left out.
    ring_ends = ring_ends.astype(np.int64)
    keep = np.ones(len(coordinates), bool)
    keep[ring_ends[1:] - 1] = False
    corners = np.ascontiguousarray(coordinates[keep])
    ring_starts = ring_ends - np.arange(len(ring_ends))
    following = np.arange(1, len(corners) + 1)
    following[ring_starts[1:] - 1] = ring_starts[:-1]
    starts = ring_starts[part_ends]
    owner = np.repeat(row, np.diff(starts))
    return corners, following, _roofs(corners, following, ring_starts, part_ends, starts), owner


def _roofs(corners, following, ring_starts, part_ends, starts):
    """Triangles of the areas: a fan where they are convex, ear cutting elsewhere."""
    if len(starts) < 2:
        return np.zeros((0, 3), np.int64)
    there = corners[following] - corners
    turn = there[:, 0] * there[following, 1] - there[:, 1] * there[following, 0]
    is_convex = (np.minimum.reduceat(turn, starts[:-1]) >= 0) & (np.diff(part_ends) == 1)
    # A star turns left at each corner as well, but more than once around.
    is_convex &= np.diff(starts) <= 4
    found = [_fans(starts[:-1][is_convex], np.diff(starts)[is_convex])]
    for part in np.flatnonzero(~is_convex):
        found.append(_cut(corners, ring_starts, part_ends[part : part + 2], starts[part]))
    return np.concatenate(found)


def _fans(starts, sizes):
    sizes = sizes - 2
    first = np.repeat(starts, sizes)
    step = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.column_stack([first, first + step + 1, first + step + 2])


def _cut(corners, ring_starts, rings, start):
    from mapbox_earcut import triangulate_float64

    ends = ring_starts[rings[0] + 1 : rings[1] + 1]
    local = corners[start : ends[-1]] - corners[start]
    found = triangulate_float64(local, (ends - start).astype(np.uint32))
    return found.reshape(-1, 3).astype(np.int64) + start
