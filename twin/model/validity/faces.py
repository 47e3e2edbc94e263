"""Checks of rings and of surfaces: codes 101 to 208 of val3dity."""

import numpy as np

_LINE = 1e-10  # area over the squared length of a ring: below it, the ring is a line
_SLIVER = 0.001  # a triangle thinner than this [m] has no direction worth a word
_REASONS = {
    "Self-intersection": 201,
    "Ring Self-intersection": 201,
    "Duplicate Rings": 202,
    "Interior is disconnected": 205,
    "Hole lies outside shell": 206,
    "Holes are nested": 207,
}


def check_faces(shape, limits, found):
    """Check all rings and surfaces.

    Parameters
    ----------
    shape : twin.model.validity.findings.Shape
        The surfaces.
    limits : twin.model.validity.findings.Limits
        Tolerances.
    found : twin.model.validity.findings.Findings
        Takes what is wrong.

    Returns
    -------
    numpy.ndarray of bool
        Whether a surface has an error, shape (surface,).

    Notes
    -----
    As in val3dity a surface is only checked for planes and holes where its rings are right, and
    rings are checked in the plane that fits their surface best in the sense of least squares.
    """
    rings = shape.rings
    bad_ring = _check_points(shape, found)
    bad = _surfaces_with(rings, bad_ring)
    corners = np.bincount(rings.surface_of_corner, minlength=len(bad))
    plane, off = _fit_planes(rings, ~bad & (corners > 3))
    crossed = _crossed_rings(shape, plane) & ~bad[rings.surface_of_ring]
    found.add(104, "ring", np.flatnonzero(crossed))
    bad |= _surfaces_with(rings, crossed)
    bad |= _check_holes(shape, plane, bad, found)
    bent = ~bad & (off > limits.distance)
    found.add(203, "surface", np.flatnonzero(bent), off[bent])
    turns = _largest_turns(shape)
    folded = ~bad & ~bent & (corners > 3) & (turns > limits.angle)
    found.add(204, "surface", np.flatnonzero(folded), turns[folded])
    return bad | bent | folded


def _surfaces_with(rings, some_rings):
    """Whether a surface has one of these rings, shape (surface,)."""
    return np.bincount(rings.surface_of_ring[some_rings], minlength=rings.surface_count) > 0


def _check_points(shape, found):
    """Rings with too few, repeated or endless points, shape (ring,)."""
    rings = shape.rings
    endless = ~np.isfinite(rings.points[rings.corners]).all(axis=1)
    endless = np.bincount(rings.ring_of_corner[endless], minlength=len(rings.ring_ends)) > 0
    found.add(999, "ring", np.flatnonzero(endless))
    few = (rings.ring_sizes < 3) & ~endless
    found.add(101, "ring", np.flatnonzero(few))
    repeats = shape.nodes == shape.nodes[rings.following]
    repeated = np.bincount(rings.ring_of_corner[repeats], minlength=len(few)) > 0
    repeated &= ~few & ~endless
    found.add(102, "ring", np.flatnonzero(repeated))
    return few | repeated | endless


def _fit_planes(rings, wanted):
    """Corners in the planes that fit their surfaces, and how far the worst corner lies off.

    Parameters
    ----------
    rings : twin.model.validity.rings.Rings
        Surfaces.
    wanted : numpy.ndarray of bool
        For which surfaces, shape (surface,).

    Returns
    -------
    tuple of (numpy.ndarray, numpy.ndarray)
        Shapes (corner, 2) and (surface,) [m]; zeros for the others.
    """
    plane, off = np.zeros((len(rings.corners), 2)), np.zeros(rings.surface_count)
    here = np.flatnonzero(wanted[rings.surface_of_corner])
    surface = rings.surface_of_corner[here]
    number = (np.cumsum(wanted) - 1)[surface]
    size = np.bincount(number, minlength=wanted.sum())
    local = rings.positions[here]
    sums = [np.bincount(number, local[:, k], len(size)) / size for k in range(3)]
    local = local - np.stack(sums, axis=1)[number] if len(here) else local
    spread = np.empty((len(size), 3, 3))
    for i in range(3):
        for j in range(i + 1):
            product = np.bincount(number, local[:, i] * local[:, j], len(size))
            spread[:, i, j] = spread[:, j, i] = product
    axes = np.linalg.eigh(spread)[1]  # by rising spread: the first axis is the normal
    inside = np.einsum("ni,nik->nk", local, axes[number])
    plane[here] = inside[:, 1:]
    np.maximum.at(off, surface, np.abs(inside[:, 0]))
    return plane, off


def _crossed_rings(shape, plane):
    """Rings that meet themselves or are a line, shape (ring,)."""
    import shapely

    rings = shape.rings
    count = len(rings.ring_ends)
    key = np.sort(rings.ring_of_corner * (shape.nodes.max(initial=0) + 1) + shape.nodes)
    twice = key[1:][key[1:] == key[:-1]] // (shape.nodes.max(initial=0) + 1)
    crossed = np.bincount(twice, minlength=count) > 0
    edges = rings.positions[rings.following] - rings.positions
    length = np.bincount(rings.ring_of_corner, np.sqrt((edges**2).sum(axis=1)), count)
    crossed |= np.sqrt((rings.ring_areas**2).sum(axis=1)) <= _LINE * length**2
    wanted = (rings.ring_sizes > 3) & ~crossed
    here = wanted[rings.ring_of_corner]
    number = (np.cumsum(wanted) - 1)[rings.ring_of_corner[here]]
    loops = shapely.linearrings(plane[here], indices=number)
    crossed[wanted] = ~shapely.is_simple(loops)
    return crossed


def _check_holes(shape, plane, bad, found):
    """Note how inner rings lie; gives whether a surface has such an error, shape (surface,)."""
    import shapely

    rings = shape.rings
    wrong = np.zeros(len(bad), bool)
    for surface in np.flatnonzero(~bad & (rings.rings_per_surface > 1)):
        first = rings.first_ring[surface]
        numbers = range(first, first + rings.rings_per_surface[surface])
        parts = [slice(rings.ring_starts[n], rings.ring_ends[n]) for n in numbers]
        if len({tuple(sorted(shape.nodes[part])) for part in parts}) < len(parts):
            code = 202
        else:
            polygon = shapely.Polygon(plane[parts[0]], [plane[part] for part in parts[1:]])
            reason = shapely.is_valid_reason(polygon).split("[")[0]
            code = _REASONS.get(reason, None if reason == "Valid Geometry" else 201)
        turned = rings.ring_areas[numbers[1:]] @ rings.normals[surface] > 0
        if code is None and turned.any():
            code = 208
        if code is not None:
            found.add(code, "surface", [surface])
            wrong[surface] = True
    return wrong


def _largest_turns(shape):
    """Angle between the largest and any other triangle of each surface [degrees]."""
    cut = shape.cut
    turns = np.zeros(shape.rings.surface_count)
    a, b, c = (cut.points[cut.triangles[:, k]] for k in range(3))
    normal = np.cross(b - a, c - a)
    length = np.sqrt((normal**2).sum(axis=1))
    longest = np.sqrt(
        np.max([((b - a) ** 2).sum(1), ((c - a) ** 2).sum(1), ((c - b) ** 2).sum(1)], 0)
    )
    normal /= np.where(length > 0, length, 1)[:, None]
    order = np.lexsort((length, cut.surface))
    last = np.flatnonzero(np.diff(cut.surface[order], append=-1))
    largest = np.zeros(len(turns), np.int64)
    largest[cut.surface[order[last]]] = order[last]
    cosine = np.einsum("ij,ij->i", normal, normal[largest[cut.surface]])
    angle = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
    angle[length < _SLIVER * longest] = 0
    np.maximum.at(turns, cut.surface, angle)
    return turns
