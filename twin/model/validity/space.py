"""Formulas of space for the checks of solids: boxes that meet, edges that pierce, what is inside.

All take and give arrays; a row is one case.
"""

import numpy as np

MOST_PAIRS = 10_000_000
"""Boxes that meet, of all shapes that are checked together; a city of 500 houses has a million."""

_BLOCK = 500_000


def meeting_boxes(low, high, group, other_low, other_high, other_group):
    """Pairs of boxes of the same group that touch or overlap.

    Parameters
    ----------
    low, high : (n, 3) array
        Corners of the boxes [m].
    group : (n,) array of int
        Only boxes of one group are compared.
    other_low, other_high : (m, 3) array
        Corners of the boxes to compare with [m].
    other_group : (m,) array of int
        Their groups.

    Returns
    -------
    tuple of (numpy.ndarray, numpy.ndarray)
        Rows of the first and of the second boxes, one pair a row.

    Notes
    -----
    A tree of rectangles in plan, in which each group lies in a place of its own, then height. Of
    more than `MOST_PAIRS` the rest is passed over: so many meet in no real shape.
    """
    import shapely

    if not len(low) or not len(other_low):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    count = max(group.max(), other_group.max()) + 1
    corner = np.full((count, 3), np.inf)
    np.minimum.at(corner, group, low)
    np.minimum.at(corner, other_group, other_low)
    far = max((high - corner[group]).max(), (other_high - corner[other_group]).max()) + 1
    first = _plan(low - corner[group], high - corner[group], group * far)
    other = first
    if not (other_low is low and other_high is high and other_group is group):
        local = other_low - corner[other_group], other_high - corner[other_group]
        other = _plan(*local, other_group * far)
    tree, pieces, count = shapely.STRtree(other), [], 0
    step = max(1, MOST_PAIRS // len(other))
    for start in range(0, len(first), step):
        rows, others = tree.query(first[start : start + step])
        rows += start
        meets = (low[rows, 2] <= other_high[others, 2]) & (high[rows, 2] >= other_low[others, 2])
        pieces.append((rows[meets], others[meets]))
        count += np.count_nonzero(meets)
        if count > MOST_PAIRS:
            break
    rows, others = zip(*pieces, strict=True)
    return np.concatenate(rows)[:MOST_PAIRS], np.concatenate(others)[:MOST_PAIRS]


def _plan(low, high, shift):
    """Rectangles in plan, moved east, as their diagonals: a tree takes no more of them."""
    import shapely

    ends = np.stack([low[:, :2], high[:, :2]], axis=1)
    ends[:, :, 0] += shift[:, None]
    return shapely.linestrings(ends)


def blocks(count):
    """Slices of so many rows that what is computed of them stays small."""
    return [slice(start, start + _BLOCK) for start in range(0, count, _BLOCK)]


def unit_normals(a, b, c):
    """Normals of triangles, shape (n, 3); zero where a triangle has no area."""
    normal = np.cross(b - a, c - a)
    length = np.sqrt(_dot(normal, normal))
    return normal / np.where(length > 0, length, 1)[:, None]


def within(x, a, b, c, normal, tolerance):
    """Whether points in the planes of triangles lie in them or nearer than `tolerance` [m]."""
    inside = np.ones(len(x), bool)
    for start, end in ((a, b), (b, c), (c, a)):
        along = end - start
        length = np.sqrt(_dot(along, along))
        inside &= _dot(np.cross(along, x - start), normal) >= -tolerance * length
    return inside


def pierces(p, q, a, b, c, depth, tolerance):
    """Whether segments p-q go through triangles, with each end over `depth` [m] off the plane."""
    normal = unit_normals(a, b, c)
    here, there = _dot(p - a, normal), _dot(q - a, normal)
    found = (here * there < 0) & (np.minimum(np.abs(here), np.abs(there)) > depth)
    rows = np.flatnonzero(found)
    share = (here[rows] / (here[rows] - there[rows]))[:, None]
    x = p[rows] + share * (q[rows] - p[rows])
    found[rows] = within(x, a[rows], b[rows], c[rows], normal[rows], tolerance)
    return found


def touches(p, a, b, c, tolerance):
    """Whether points lie on triangles, nearer than `tolerance` [m]."""
    normal = unit_normals(a, b, c)
    found = np.abs(_dot(p - a, normal)) <= tolerance
    rows = np.flatnonzero(found)
    found[rows] = within(p[rows], a[rows], b[rows], c[rows], normal[rows], tolerance)
    return found


def segments_meet(p, q, r, s, tolerance):
    """Whether segments p-q and r-s that are not parallel come nearer than `tolerance` [m].

    Notes
    -----
    The points nearest to each other on two lines: Ericson (2005), Real-Time Collision Detection,
    section 5.1.8; quoted from memory.
    """
    u, v, w = q - p, s - r, p - r
    uu, vv, uv, uw, vw = _dot(u, u), _dot(v, v), _dot(u, v), _dot(u, w), _dot(v, w)
    size = uu * vv - uv * uv
    usable = size > 1e-9 * uu * vv
    size = np.where(usable, size, 1)
    first, second = (uv * vw - vv * uw) / size, (uu * vw - uv * uw) / size
    gap = w + first[:, None] * u - second[:, None] * v
    crossed = (np.minimum(first, second) >= 0) & (np.maximum(first, second) <= 1)
    return usable & crossed & (_dot(gap, gap) <= tolerance**2)


def winding_numbers(points, a, b, c, pair_points, pair_triangles):
    """How often closed triangles wind around points: 1 inside, 0 outside.

    Parameters
    ----------
    points : (n, 3) array
        Where to ask [m].
    a, b, c : (m, 3) array
        Corners of the triangles, outward [m].
    pair_points, pair_triangles : (pair,) array of int
        Which triangles count for which point.

    Returns
    -------
    numpy.ndarray
        Shape (n,).

    Notes
    -----
    Sum of the solid angles of the triangles over 4 pi; the angle of one by Van Oosterom and
    Strackee (1983), IEEE Trans. Biomed. Eng. 30(2), 125-126; quoted from memory.
    """
    here = points[pair_points]
    x, y, z = (corner[pair_triangles] - here for corner in (a, b, c))
    lx, ly, lz = (np.sqrt(_dot(v, v)) for v in (x, y, z))
    over = _dot(x, np.cross(y, z))
    under = lx * ly * lz + _dot(x, y) * lz + _dot(y, z) * lx + _dot(z, x) * ly
    angles = 2 * np.arctan2(over, under)
    return np.bincount(pair_points, angles, minlength=len(points)) / (4 * np.pi)


def _dot(one, other):
    return np.einsum("ij,ij->i", one, other)
